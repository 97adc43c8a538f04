"""Rules on tensors: the same numbers as on arrays, and the right second derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.autodiff import gradients
from autograd_lite.tensor import Tensor
from autograd_lite.testing.failure import Failure
from autograd_lite.testing.rules import Run, frozen, worst_of
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import Tally, compare, without_rounding


class NoSecondOrderError(Exception):
    """The rules do not run on tensors, so there is no second derivative to check."""


def filled(found: Sequence[Any], like: Sequence[Any]) -> list[Any]:
    """Gradients as arrays, with zeros where there is none."""
    return [np.zeros(x.shape) if v is None else np.asarray(v) for v, x in zip(found, like, strict=True)]


def coefficients_of(variables: Sequence[Any]) -> list[Any]:
    """What the gradients are multiplied by, to have one number to differentiate again."""
    return [weights(np.shape(x), 3 + i) for i, x in enumerate(variables)]


def differentiated_twice(
    y: Any, variables: Sequence[Tensor], seed: Tensor, only: int | None = None
) -> tuple[list[Any], list[Any]]:
    """The gradients of y as tensors (None where there is none), and those of their weighted sum.

    The latter are arrays, one for each variable and one for the seed; of one gradient alone by `only`.
    """
    first = [None] * len(variables)
    if y.requires_grad:
        first = gradients(y, variables, grad=seed, create_graph=True, allow_unused=True)
    total: Any = Tensor(0.0)
    for i, (part, c) in enumerate(zip(first, coefficients_of(variables), strict=True)):
        total = total if part is None or only not in (None, i) else total + (part * c).sum()
    points = [*variables, seed]
    return first, filled(gradients(total, points, grad=1.0, allow_unused=True), points)


def unequal(plain: Any, found: Any) -> tuple[int, ...] | None:
    """The first entry in which a gradient differs by more than rounding; None where it is the same."""
    plain = np.asarray(plain)
    allowed = 1e-10 * np.abs(plain) + 1e-13 * np.abs(plain).max(initial=0.0, where=np.isfinite(plain))
    bad = np.isfinite(plain) & ~(np.abs(plain - found) <= allowed)
    return tuple(int(i) for i in np.argwhere(bad)[0]) if bad.any() else None


def tensors(run: Run, tally: Tally, learn: bool) -> Failure | None:
    """The rules on tensors give what they give on arrays, and the right second derivatives."""
    plain = run.fitted()
    y, variables = _recorded(run, run.inputs)
    engine = filled(gradients(y, variables, grad=run.g, allow_unused=True), plain)
    try:
        first, second = differentiated_twice(y, variables, Tensor(run.g))
    except Exception as error:
        raise NoSecondOrderError(f"{type(error).__name__}: {error}") from error
    recorded = [0.0 * p if r is None else r.data for r, p in zip(first, plain, strict=True)]
    for found, how in ((engine, "the engine"), (recorded, "tensors (create_graph=True)")):
        for one, other, position in zip(plain, found, run.example.variables, strict=True):
            entry = unequal(one, other)
            if entry is not None:
                got, expected = float(np.asarray(other)[entry]), float(one[entry])
                sentence = f"is {expected} on arrays and {got} on {how}: two different computations"
                return Failure("tensors", position, sentence, entry, got, expected)
    return _second(run, tally, learn, second)


def _recorded(run: Run, inputs: Sequence[Any]) -> tuple[Any, list[Tensor]]:
    """The output as a tensor, and the variables that it was made from."""
    full = [Tensor(x) if i in run.example.variables else x for i, x in enumerate(inputs)]
    y = run.subject.op(*full, **run.example.settings)  # type: ignore[misc]
    return y, [full[p] for p in run.example.variables]


def _second(run: Run, tally: Tally, learn: bool, claimed: list[Any]) -> Failure | None:
    """Derivatives of the gradients, in the inputs and in g; when they are wrong, whose fault that is."""
    usual = tally.usual.get("second", 0.0)
    findings = _findings(run, usual, claimed, None)
    if learn:
        tally.sized("second", findings)
    worst = worst_of(findings)
    if worst is None:
        return None
    for i, position in enumerate(run.example.variables):
        y, chosen = _recorded(run, run.inputs)
        alone = _findings(run, usual, differentiated_twice(y, chosen, Tensor(run.g), i)[1], i)
        if (blamed := worst_of(alone)) is not None:
            place, _, entry, got, expected, error = blamed
            by = "g" if place == len(run.inputs) else run.subject.label(place)
            index = f"[{', '.join(map(str, entry))}]" if entry else ""
            words = f"differentiated by {by}{index}, weighted and added up"
            return Failure("second order", position, words, None, got, expected, error)
    return Failure("second order", run.example.variables[0], "", *worst[2:])


def _findings(run: Run, usual: float, claimed: list[Any], only: int | None) -> list[Any]:
    variables = run.example.variables
    weighting = coefficients_of([run.inputs[p] for p in variables])
    parts = [np.ravel(c) * (only in (None, i)) for i, c in enumerate(weighting)]
    c = np.concatenate(parts)

    def first(*points: Any) -> Any:
        y = frozen(run.forward(*points[:-1]))
        return np.concatenate([part.ravel() for part in run.fitted(points[-1], points[:-1], y)])

    def again(points: Sequence[Any]) -> list[Any]:
        y, chosen = _recorded(run, points[:-1])
        return differentiated_twice(y, chosen, Tensor(points[-1]), only)[1]

    points = [*run.inputs, np.asarray(run.g)]
    where = [*variables, len(run.inputs)]
    value = first(*points)
    if not np.isfinite(value).all():
        return []
    findings = compare(first, points, value, c, claimed, where, few=1, directions=1, usual=usual)
    return without_rounding(findings, points, where, again)
