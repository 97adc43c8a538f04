"""The comparison of rules with numerical derivatives: first ones, and second ones by rules on tensors."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.autodiff import gradients
from autograd_lite.tensor import Tensor
from autograd_lite.testing.failure import RuleError, subscript
from autograd_lite.testing.numerical import KINK, Weighted
from autograd_lite.testing.run import Run, first_difference, largest
from autograd_lite.testing.subgradients import check_subgradients, has_kink
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import Finding, Tally, compare, worst_failure


class NoSecondOrderError(Exception):
    """The rules do not run on tensors, so there is no second derivative to check."""


def check_first_derivatives(run: Run, tally: Tally, learn: bool = False) -> None:
    """Compare the gradients with numerical derivatives, and with subgradients at kinks.

    `learn=True` uses the derivatives here to measure their usual size.
    """
    findings = compare(
        Weighted(run.forward, run.inputs, run.y, run.g),
        run.gradients(),
        run.example.variables,
        usual=tally.usual_size[1],
        gradients=run.gradients_at,
    )
    if learn:
        tally.measure_size(1, findings)
    tally.add(findings, run.example.ordinary)
    worst = worst_failure(findings)
    if worst and not (_has_ties(run) and has_kink(run)):
        raise _failure("number", worst.position, worst)
    if worst or any(f.reason == KINK and f.verdict == "no verdict" for f in findings):
        check_subgradients(run)


def _failure(kind: str, position: int, worst: Finding, sentence: str = "") -> RuleError:
    entry = None if sentence else worst.entry
    return RuleError(kind, position, sentence, entry, worst.got, worst.expected, worst.error)


def _has_ties(run: Run) -> bool:
    """Return True if two entries of the variables are equal: a kink there shows in no coordinate."""
    numbers = np.concatenate([np.ravel(run.inputs[p]) for p in run.example.variables])
    return np.unique(numbers).size < numbers.size


def array_gradients(y: Any, variables: Sequence[Any], g: Any) -> list[Any]:
    """Return the gradients of y as arrays; zeros for what y does not depend on."""
    if not y.requires_grad:
        return [np.zeros(x.shape) for x in variables]
    found = gradients(y, variables, grad=g, allow_unused=True)
    return [np.zeros(x.shape) if v is None else np.asarray(v) for v, x in zip(found, variables, strict=True)]


def unequal_entry(plain: Any, other: Any) -> tuple[int, ...] | None:
    """Return the first entry in which two gradients differ by more than rounding, or None."""
    return first_difference(other, plain, 1e-10 * np.abs(plain) + 1e-13 * largest(plain))


class SecondOrder(NamedTuple):
    """The weighted sum of gradients as a function of the inputs and of g, and its own gradients.

    `record(inputs)` returns the output as a tensor, and the tensors of the variables, which are at
    `positions`. `first(inputs, g)` returns the gradients as arrays. In the methods, `points` are the
    inputs and g, and `only` is the index of the one gradient to use; None sums all.
    """

    record: Callable[[Sequence[Any]], tuple[Any, list[Tensor]]]
    first: Callable[[Sequence[Any], Any], list[Any]]
    positions: Sequence[int]

    def on_tensors(self, points: Sequence[Any], only: int | None = None) -> tuple[list[Any], list[Any]]:
        """Return the gradients as tensors (None if unused), and the gradients of their sum as arrays."""
        y, variables = self.record(points[:-1])
        g = Tensor(points[-1])
        first: list[Any] = [None] * len(variables)
        if y.requires_grad:
            first = gradients(y, variables, grad=g, create_graph=True, allow_unused=True)
        total: Any = Tensor(0.0)
        for i, part in enumerate(first):
            if part is not None and only in (None, i):
                total = total + (part * weights(part.shape, 3 + i)).sum()
        return first, array_gradients(total, [*variables, g], 1.0)

    def findings(
        self, points: Sequence[Any], claimed: list[Any], only: int | None = None, **options: Any
    ) -> list[Finding]:
        """Compare the gradients of the sum with numerical derivatives of `first`."""
        shapes = [np.shape(points[p]) for p in self.positions]
        c = [weights(shape, 3 + i).ravel() * (only in (None, i)) for i, shape in enumerate(shapes)]

        def first(*points: Any) -> Any:
            return np.concatenate([np.ravel(v) for v in self.first(points[:-1], points[-1])])

        value = first(*points)
        if not np.isfinite(value).all():
            return []
        return compare(
            Weighted(first, points, value, np.concatenate(c)),
            claimed,
            [*self.positions, len(points) - 1],
            gradients=lambda points: self.on_tensors(points, only)[1],
            **options,
        )


def check_on_tensors(run: Run, tally: Tally, learn: bool) -> None:
    """Check that rules give the same on tensors as on arrays, and have the right second derivatives.

    Raises NoSecondOrderError if they do not run on tensors.
    """
    variables = run.example.variables

    def record(inputs: Sequence[Any]) -> tuple[Any, list[Tensor]]:
        tensors = [Tensor(x) if i in variables else x for i, x in enumerate(inputs)]
        y = run.subject.op(*tensors, **run.example.settings)  # type: ignore[misc]
        return y, [tensors[p] for p in variables]

    second_order = SecondOrder(record, run.gradients_at, variables)
    points = [*run.inputs, np.asarray(run.g)]
    plain = run.gradients()
    by_engine = array_gradients(*record(run.inputs), run.g)
    try:
        first, second = second_order.on_tensors(points)
    except Exception as error:
        raise NoSecondOrderError(f"{type(error).__name__}: {error}") from error
    by_tensors = [0.0 * p if v is None else v.data for v, p in zip(first, plain, strict=True)]
    for found, how in ((by_engine, "the engine"), (by_tensors, "tensors (create_graph=True)")):
        for one, other, position in zip(plain, found, variables, strict=True):
            entry = unequal_entry(one, other)
            if entry is not None:
                got, expected = (float(np.asarray(gradient)[entry]) for gradient in (other, one))
                sentence = f"is {expected} on arrays and {got} on {how}: two different computations"
                raise RuleError("tensors", position, sentence, entry, got, expected)
    options: dict[str, Any] = {"few": 1, "directions": 1, "usual": tally.usual_size[2]}
    findings = second_order.findings(points, second, **options)
    if learn:
        tally.measure_size(2, findings)
    worst = worst_failure(findings)
    for i, position in enumerate(variables) if worst else ():  # whose own derivatives are wrong?
        second = second_order.on_tensors(points, only=i)[1]
        alone = worst_failure(second_order.findings(points, second, only=i, **options))
        if alone:
            by = "g" if alone.position == len(run.inputs) else run.subject.label(alone.position)
            sentence = f"differentiated by {by}{subscript(alone.entry)}, weighted and added up"
            raise _failure("second order", position, alone, sentence)
    if worst:
        raise _failure("second order", variables[0], worst)
