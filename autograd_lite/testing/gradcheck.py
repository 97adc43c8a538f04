"""gradcheck: the gradient of a function of tensors, at given inputs, against numerical derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.autodiff import gradients
from autograd_lite.modes import no_grad
from autograd_lite.tensor import Parameter, Tensor, graph, leaf
from autograd_lite.testing.diagnosis import probable_cause
from autograd_lite.testing.evidence import Observation, observed
from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import GradientError, array, numbers, table
from autograd_lite.testing.locate import located
from autograd_lite.testing.subject import Subject, of_tensors
from autograd_lite.testing.tensors import coefficients_of, differentiated_twice, filled, unequal
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import Finding, Tally, compare, without_rounding

_FEW = 6  # entries of an input that are all checked: above, directions cost less and notice as much
_DIRECTIONS = 3
_NOTICED = 1e-5  # the mistake that `detection` speaks of, relative to the largest entry
_WIDTH = 2.4  # how long the intervals are that a coefficient of a direction is drawn from


@dataclass(frozen=True)
class Report:
    """What a check has seen, and what it found.

    `verdict` is "pass", "fail", "no verdict" or "no entries". `checked` derivatives were compared,
    `undecided` of them had no verdict, `worst` is the largest relative difference of the others.
    `coverage` says for each input what was tried, `detection` how probably an entry is noticed that is
    off by 1e-5 of the largest. Of a failure `worst_input` and `worst_entry` tell where the difference is
    largest, `got` and `expected` what is there, `cause` what is probably wrong, `message` everything.
    """

    verdict: str
    checked: int = 0
    undecided: int = 0
    worst: float = 0.0
    coverage: dict[str, str] = field(default_factory=dict)
    detection: float = 1.0
    worst_input: str = ""
    worst_entry: tuple[int, ...] | None = None
    got: float = float("nan")
    expected: float = float("nan")
    cause: str = ""
    message: str = ""

    def __str__(self) -> str:
        told = f"{self.verdict}: {self.checked} derivatives"
        told += f", {self.undecided} of them without a verdict" if self.undecided else ""
        return self.message or "; ".join([told, *(f"{x}: {seen}" for x, seen in self.coverage.items())])


def gradcheck(f: Callable[..., Any], *inputs: Any, order: int = 1, raises: bool = True) -> Report:
    """Check the gradient of f at the inputs; raises GradientError where it is wrong.

    f takes tensors and returns one, of any shape; its output is weighted by numbers of either sign.
    Each input of at most 6 entries is checked in every entry, a larger one along three directions
    that move all its entries. Inputs are taken in float64; those of integers and booleans are
    constants. A tensor that f uses by itself, such as a parameter of a model, is moved in its place:
    `gradcheck(lambda *_: loss(model(X), y), *model.parameters())`. `order=2` checks the gradient of
    the gradient too. Over half of the derivatives without a verdict is an error as well.
    `raises=False` returns the report of a failure instead. No input of floats is a TypeError.

    >>> gradcheck(lambda x: np.sin(1000 * x), [0.3, -2.0]).verdict
    'pass'
    """
    __tracebackhide__ = True
    if order not in (1, 2):
        raise ValueError(f"gradcheck: order={order!r}; it is 1 or 2")
    name = getattr(f, "__name__", "f")
    arrays = [_plain(x) for x in inputs]
    places = tuple(i for i, x in enumerate(arrays) if x.dtype.kind == "f")
    if not places:
        raise TypeError(f"gradcheck: {name} got no floating-point input, so there is no gradient to check")
    arrays = [x.astype(float) if x.dtype.kind == "f" else x for x in arrays]
    with np.errstate(all="ignore"):
        check = _Check(f, name, arrays, places, inputs)
        try:
            report = check.run(order)
        finally:
            check.restore()
    if raises and report.verdict in ("fail", "no verdict"):
        raise GradientError(report.message, dict(vars(report)))
    return report


def _plain(x: Any) -> Any:
    data = x.data if isinstance(x, Tensor) else x
    if not isinstance(data, np.ndarray | np.generic):
        data = np.asarray(data, dtype=None if isinstance(data, bool) else float)
    return np.asarray(data)


def _label(f: Any, i: int) -> str:
    names = getattr(getattr(f, "__code__", None), "co_varnames", ())
    count = getattr(getattr(f, "__code__", None), "co_argcount", 0)
    return f"input {i} ({names[i]})" if i < count else f"input {i}"


class _Check:
    """One function at its inputs."""

    def __init__(
        self, f: Callable[..., Any], name: str, xs: list[Any], places: tuple[int, ...], given: Sequence[Any]
    ) -> None:
        self.f, self.name, self.xs, self.places = f, name, xs, places
        self.tally = Tally()
        self.slack: dict[int, float] = {}
        self.held: dict[int, Tensor] = {}  # inputs that f uses by itself
        self.before: dict[int, Any] = {}
        self._find_held(given)

    def _find_held(self, given: Sequence[Any]) -> None:
        """Which inputs f does not take from its arguments: its own parameters; it may not ignore all."""
        variables, y = self._graph(self.xs)
        used = set(graph(y)) if y.requires_grad else set()
        for i, variable in zip(self.places, variables, strict=True):
            if isinstance(given[i], Tensor) and given[i] in used and variable not in used:
                self.held[i], self.before[i] = given[i], given[i].data
        own = [t.name or "one without a name" for t in used if isinstance(t, Parameter)]
        if own and not self.held and not used & set(variables):
            raise ValueError(
                f"gradcheck: {self.name} uses none of its arguments; it depends on parameters "
                f"({', '.join(sorted(own)[:4])}): pass them as the inputs, gradcheck(f, *model.parameters())"
            )

    def _place(self, xs: Sequence[Any]) -> None:
        """Move the tensors that f uses by itself."""
        for i, tensor in self.held.items():
            tensor.data = xs[i] if np.ndim(xs[i]) else np.float64(xs[i])

    def restore(self) -> None:
        """Give the tensors that were moved their data back."""
        for i, data in self.before.items():
            self.held[i].data = data

    def run(self, order: int) -> Report:
        """The report: of the first derivatives, then of the second ones."""
        variables, y = self._graph(self.xs)
        value = np.asarray(y.data, dtype=float)
        if not np.array_equal(value, self.value(*self.xs), equal_nan=True):
            return self._refused(f"{self.name} is not deterministic: two calls at the same inputs differ")
        g = weights(value.shape, 1)
        found = self._backward(variables, y, g)

        def again(xs: list[Any]) -> list[Any]:
            return self._backward(*self._graph(xs), g)

        findings = self._judged(self.value, self.xs, value, g, found, self.places, again)
        failed = [finding for finding in findings if finding.verdict == "fail"]
        if failed:
            return self._failed(failed, len(findings), "gradient", found)
        if order == 2:
            report = self._second(g, found)
            if report:
                return report
        untestable = self.tally.untestable()
        if untestable:
            remedy = "choose inputs away from kinks and from the ends of its domain"
            return self._refused(f"{self.name} is {untestable}; {remedy}", "no verdict")
        return self._report("pass" if self.tally.checked else "no entries", found)

    def value(self, *xs: Any) -> Any:
        """f on constants: no graph is built."""
        self._place(xs)
        with no_grad():
            y = self.f(*(leaf(x if x.ndim else x[()], False) for x in xs))
        return np.asarray(y.data if isinstance(y, Tensor) else y, dtype=float)

    def _graph(self, xs: Sequence[Any]) -> tuple[list[Tensor], Any]:
        full = [Tensor(x) if i in self.places else x for i, x in enumerate(xs)]
        self._place(xs)
        for i, tensor in self.held.items():
            full[i] = tensor
        y = self.f(*full)
        if not isinstance(y, Tensor):
            raise TypeError(
                f"{self.name} returned {type(y).__name__}, not a tensor: compute its result from its "
                "arguments with the operations of autograd_lite or NumPy"
            )
        return [full[i] for i in self.places], y

    def _backward(self, variables: list[Tensor], y: Any, g: Any) -> list[Any]:
        if not y.requires_grad:
            return [np.zeros(x.shape) for x in variables]
        return filled(gradients(y, variables, grad=g, allow_unused=True), variables)

    def _judged(
        self, f: Any, xs: Sequence[Any], y: Any, g: Any, found: list[Any], places: Any, again: Any
    ) -> list[Finding]:
        findings = compare(f, xs, y, g, found, places, few=_FEW, directions=_DIRECTIONS)
        findings = without_rounding(findings, xs, places, again)
        self.tally.add(findings)
        for finding in findings:
            if finding.entry is None and finding.verdict == "pass":
                slack = 1e-8 * abs(finding.expected) + 10 * finding.error
                largest = max(float(np.abs(found[places.index(finding.position)]).max()), 1e-300)
                missed = min(2 * slack / (_WIDTH * _NOTICED * largest), 1.0)
                self.slack[finding.position] = self.slack.get(finding.position, 1.0) * missed
        return findings

    def _second(self, g: Any, found: list[Any]) -> Report | None:
        """The gradient as a function of the inputs and of g: its value by tensors, and its derivatives."""

        def twice(points: Sequence[Any]) -> tuple[list[Any], list[Any]]:
            variables, y = self._graph(points[:-1])
            return differentiated_twice(y, variables, Tensor(points[-1]))

        points = [*self.xs, np.asarray(g)]
        recorded, second = twice(points)
        for place, plain, tensor in zip(self.places, found, recorded, strict=True):
            entry = None if tensor is None else unequal(plain, tensor.data)
            if entry is not None:
                return self._refused(
                    f"{self.name}: the gradient in {_label(self.f, place)}{_index(entry)} is "
                    f"{np.asarray(plain)[entry]} on arrays and {np.asarray(tensor.data)[entry]} on tensors "
                    "(create_graph=True): the rule computes different things for the two"
                )

        def gradient(*points: Any) -> Any:
            return np.concatenate(
                [np.ravel(v) for v in self._backward(*self._graph(points[:-1]), points[-1])]
            )

        c = np.concatenate([w.ravel() for w in coefficients_of(found)])
        places = (*self.places, len(self.xs))
        value = gradient(*points)
        findings = self._judged(gradient, points, value, c, second, places, lambda at: twice(at)[1])
        failed = [finding for finding in findings if finding.verdict == "fail"]
        return self._failed(failed, len(findings), "second-order gradient", found) if failed else None

    # What is said.

    def _report(self, verdict: str, found: list[Any], **more: Any) -> Report:
        coverage = {}
        for i, x in zip(self.places, found, strict=True):
            told = (
                f"all {x.size} entries" if x.size <= _FEW else f"{_DIRECTIONS} directions of {x.size} entries"
            )
            coverage[_label(self.f, i)] = told
        detection = 1.0 - max(self.slack.values(), default=0.0)
        tally = self.tally
        return Report(verdict, tally.checked, tally.undecided, tally.worst, coverage, detection, **more)

    def _refused(self, message: str, verdict: str = "fail") -> Report:
        return Report(verdict, self.tally.checked, self.tally.undecided, self.tally.worst, message=message)

    def _failed(self, failed: list[Finding], count: int, what: str, found: list[Any]) -> Report:
        first = max(failed, key=lambda f: f.difference)
        weight = first.position == len(self.xs)
        label = "the output gradient" if weight else _label(self.f, first.position)
        place = f"entry {_index(first.entry)}" if first.entry is not None else "one direction"
        got, expected = numbers(first.got, first.expected)
        cause = probable_cause(self._nearby(first.position)) if what == "gradient" else ""
        wrong = located(self._graph(self.xs)[1])
        rows = [
            ("expected", f"{expected} +- {first.error:.0e} (numerical)"),
            ("got", got),
            *([("probable cause", cause)] if cause else []),
            *([("where", wrong.sentence)] if wrong else []),
            ("wrong in", f"{len(failed)} of {count} derivatives checked here"),
            *((_label(self.f, i), array(x)) for i, x in enumerate(self.xs)),
        ]
        message = f"{self.name}: the {what} is wrong in {label}, {place}\n{table(rows)}"
        return self._report(
            "fail", found, worst_input=label, worst_entry=first.entry, got=first.got,
            expected=first.expected, cause=cause, message=message,
        )  # fmt: skip

    def _nearby(self, position: int) -> list[Observation]:
        """Observations at the inputs and around them."""
        subject: Subject = of_tensors(self.name, len(self.xs), self.value, self._gradients)
        seen: list[Observation] = []
        for k in range(9):
            moved = [
                x + 0.3 * (k > 0) * weights(x.shape, k) * (0.1 + np.abs(x)) if x.dtype.kind == "f" else x
                for x in self.xs
            ]
            seen += observed(subject, Example(tuple(moved), {}, self.places, key=k), position)
        return seen

    def _gradients(self, g: Any, y: Any, inputs: Any, settings: Any) -> list[Any]:
        found = iter(self._backward(*self._graph(inputs), np.asarray(g)))
        return [next(found) if i in self.places else None for i in range(len(inputs))]


def _index(entry: tuple[int, ...] | None) -> str:
    return f"[{', '.join(map(str, entry))}]" if entry else ""
