"""Rules on tensors: the same numbers as on arrays, and the right second derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.autodiff import gradients
from autograd_lite.tensor import Tensor
from autograd_lite.testing.failure import Failure
from autograd_lite.testing.formatting import subscript
from autograd_lite.testing.run import Run
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import Finding, Tally, compare, worst_failure

Record = Callable[[Sequence[Any]], tuple[Any, list[Tensor]]]


class NoSecondOrderError(Exception):
    """The rules do not run on tensors, so there is no second derivative to check."""


def array_gradients(y: Any, variables: Sequence[Any], g: Any) -> list[Any]:
    """Return the gradients of y as arrays; zeros for what y does not depend on."""
    if not y.requires_grad:
        return [np.zeros(x.shape) for x in variables]
    found = gradients(y, variables, grad=g, allow_unused=True)
    return [np.zeros(x.shape) if v is None else np.asarray(v) for v, x in zip(found, variables, strict=True)]


class SecondOrder:
    """The weighted sum of some gradients as a function of the inputs and of g, and its own gradients.

    `record(inputs)` returns the output as a tensor, and the tensors of the variables, which are at
    `positions`. `first(g, inputs)` returns the gradients as arrays. `only` is the index of the one
    gradient to sum, None for all.
    """

    def __init__(
        self,
        record: Record,
        first: Callable[[Any, Sequence[Any]], list[Any]],
        positions: Sequence[int],
        only: int | None = None,
    ) -> None:
        self.record = record
        self.first = first
        self.positions = positions
        self.only = only

    def on_tensors(self, points: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Return the gradients as tensors (None if unused), and the gradients of their weighted sum.

        `points` are the inputs and g; the latter gradients are arrays, one for each variable and one for g.
        """
        y, variables = self.record(points[:-1])
        g = Tensor(points[-1])
        first: list[Any] = [None] * len(variables)
        if y.requires_grad:
            first = gradients(y, variables, grad=g, create_graph=True, allow_unused=True)
        total: Any = Tensor(0.0)
        for part, c in zip(first, self._coefficients(variables), strict=True):
            if part is not None and c is not None:
                total = total + (part * c).sum()
        return first, array_gradients(total, [*variables, g], 1.0)

    def _coefficients(self, variables: Sequence[Any]) -> list[Any]:
        """Return the weights of the gradients in the sum; None for those that are left out."""
        only = self.only
        return [
            weights(np.shape(x), 3 + i) if only is None or i == only else None
            for i, x in enumerate(variables)
        ]

    def findings(self, points: Sequence[Any], claimed: list[Any], **options: Any) -> list[Finding]:
        """Compare the gradients of the weighted sum with numerical derivatives of `first`."""
        chosen = [points[p] for p in self.positions]
        c = np.concatenate(
            [
                np.zeros(np.size(x)) if part is None else part.ravel()
                for part, x in zip(self._coefficients(chosen), chosen, strict=True)
            ]
        )

        def first(*points: Any) -> Any:
            return np.concatenate([np.ravel(v) for v in self.first(points[-1], points[:-1])])

        def second(points: list[Any]) -> list[Any]:
            return self.on_tensors(points)[1]

        value = first(*points)
        if not np.isfinite(value).all():
            return []
        positions = [*self.positions, len(points) - 1]
        return compare(first, points, value, c, claimed, positions, gradients=second, **options)


def unequal_entry(plain: Any, other: Any) -> tuple[int, ...] | None:
    """Return the first entry in which two gradients differ by more than rounding, or None."""
    plain = np.asarray(plain)
    allowed = 1e-10 * np.abs(plain) + 1e-13 * np.abs(plain).max(initial=0.0, where=np.isfinite(plain))
    bad = np.isfinite(plain) & ~(np.abs(plain - other) <= allowed)
    return tuple(int(i) for i in np.argwhere(bad)[0]) if bad.any() else None


def check_on_tensors(run: Run, tally: Tally, learn: bool) -> Failure | None:
    """Check that rules give the same on tensors as on arrays, and have the right second derivatives.

    Raises NoSecondOrderError if they do not run on tensors.
    """
    variables = run.example.variables
    plain = run.gradients()
    second_order = _of_run(run)
    points = [*run.inputs, np.asarray(run.g)]
    y, tensors = second_order.record(run.inputs)
    by_engine = array_gradients(y, tensors, run.g)
    try:
        first, second = second_order.on_tensors(points)
    except Exception as error:
        raise NoSecondOrderError(f"{type(error).__name__}: {error}") from error
    by_tensors = [0.0 * p if v is None else v.data for v, p in zip(first, plain, strict=True)]
    for found, how in ((by_engine, "the engine"), (by_tensors, "tensors (create_graph=True)")):
        for one, other, position in zip(plain, found, variables, strict=True):
            entry = unequal_entry(one, other)
            if entry is not None:
                got = float(np.asarray(other)[entry])
                expected = float(one[entry])
                sentence = f"is {expected} on arrays and {got} on {how}: two different computations"
                return Failure("tensors", position, sentence, entry, got, expected)
    options = {"few": 1, "directions": 1, "usual": tally.usual_size[2]}
    findings = second_order.findings(points, second, **options)
    if learn:
        tally.measure_size(2, findings)
    worst = worst_failure(findings)
    return _blamed(run, points, worst, options) if worst else None


def _of_run(run: Run, only: int | None = None) -> SecondOrder:
    """Return the second order of a run of an op."""
    variables = run.example.variables

    def record(inputs: Sequence[Any]) -> tuple[Any, list[Tensor]]:
        tensors = [Tensor(x) if i in variables else x for i, x in enumerate(inputs)]
        y = run.subject.op(*tensors, **run.example.settings)  # type: ignore[misc]
        return y, [tensors[p] for p in variables]

    return SecondOrder(record, lambda g, inputs: run.gradients_at(inputs, g), variables, only)


def _blamed(run: Run, points: Sequence[Any], worst: Finding, options: dict[str, Any]) -> Failure:
    """Return the failure of the first rule whose own derivatives are wrong."""
    for i, position in enumerate(run.example.variables):
        alone = _of_run(run, only=i)
        failed = worst_failure(alone.findings(points, alone.on_tensors(points)[1], **options))
        if failed:
            of_g = failed.position == len(run.inputs)
            by = "g" if of_g else run.subject.label(failed.position)
            sentence = f"differentiated by {by}{subscript(failed.entry)}, weighted and added up"
            return Failure(
                "second order", position, sentence, None, failed.got, failed.expected, failed.error
            )
    position = run.example.variables[0]
    return Failure("second order", position, "", worst.entry, worst.got, worst.expected, worst.error)
