"""gradcheck: the gradient of a function of tensors, at given inputs, against numerical derivatives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.domains import REAL
from autograd_lite.modes import WITH_LINES, no_grad, recording
from autograd_lite.tensor import Parameter, Tensor, graph, leaf
from autograd_lite.testing.derivatives import SecondOrder, array_gradients, unequal_entry
from autograd_lite.testing.diagnosis import probable_cause
from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import GradientError, array, subscript, table, two_numbers
from autograd_lite.testing.locate import locate
from autograd_lite.testing.numerical import Weighted
from autograd_lite.testing.observations import Observation, observe
from autograd_lite.testing.subject import Subject
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import Finding, Tally, compare, worst_failure

# Up to 6 entries of an input are all checked; for more, three directions cost less and detect as much.
_EFFORT = {"few": 6, "directions": 3}


@dataclass(frozen=True)
class Report:
    """The result of a check of a function at given inputs.

    Attributes: `verdict`, one of "pass", "fail", "no verdict" and "no entries". `checked`, how many
    derivatives were compared. `undecided`, how many of these have no verdict. `worst`, the largest
    relative difference of the others. `coverage`, what was tried in each input.

    After a failure, `worst_input` and `worst_entry` name the largest relative difference, `got` and
    `expected` are the numbers there, `cause` is the probable cause and `message` the whole text.
    """

    verdict: str
    checked: int = 0
    undecided: int = 0
    worst: float = 0.0
    coverage: dict[str, str] = field(default_factory=dict)
    worst_input: str = ""
    worst_entry: tuple[int, ...] | None = None
    got: float = float("nan")
    expected: float = float("nan")
    cause: str = ""
    message: str = ""

    def __str__(self) -> str:
        undecided = f", {self.undecided} of them without a verdict" if self.undecided else ""
        tried = [f"; {name}: {what}" for name, what in self.coverage.items()]
        return self.message or f"{self.verdict}: {self.checked} derivatives{undecided}{''.join(tried)}"


def gradcheck(
    f: Callable[..., Tensor], *inputs: Tensor | ArrayLike, order: int = 1, raises: bool = True
) -> Report:
    """Check the gradient of f at the inputs; return a report if it is right.

    `f` takes tensors and returns one of any shape; its output is weighted by numbers of either sign. An
    input with at most 6 entries is checked in every entry, a larger one along three directions that
    move all its entries. Inputs are used in float64; integers and booleans are constants. An input may
    also be a tensor that f uses without taking it as an argument, such as a parameter of a model:
    `gradcheck(lambda *_: loss(model(X), y), *model.parameters())`.

    `order=2` also checks the gradient of the gradient. `raises=False` returns the report of a failure
    instead of raising it.

    Raises GradientError if the gradient is wrong, and if over half of the derivatives have no verdict.
    Raises TypeError if no input is of floating-point numbers or f does not return a tensor, ValueError
    for another order.

    >>> gradcheck(lambda x: np.sin(1000 * x), [0.3, -2.0]).verdict
    'pass'
    """
    __tracebackhide__ = True
    if order not in (1, 2):
        raise ValueError(f"gradcheck: order={order!r}; it is 1 or 2")
    check = _Check(f, [_as_float64(x) for x in inputs], order)
    if not check.positions:
        raise TypeError(
            f"gradcheck: {check.name} got no floating-point input, so there is no gradient to check"
        )
    with np.errstate(all="ignore"), check.captured_inputs(inputs):
        report = check.run()
    if raises and report.verdict in ("fail", "no verdict"):
        raise GradientError(report.message, dict(vars(report)))
    return report


def _as_float64(x: Any) -> Any:
    data = x._value if isinstance(x, Tensor) else x
    if isinstance(data, np.ndarray | np.generic):
        return np.asarray(data, dtype=float if data.dtype.kind == "f" else None)
    return np.asarray(data, dtype=None if isinstance(data, bool) else float)


class _Check:
    """A check of one function at its inputs; `positions` lists its floating-point inputs."""

    def __init__(self, f: Callable[..., Any], xs: list[Any], order: int) -> None:
        self.f = f
        self.name = getattr(f, "__name__", "f")
        self.xs = xs
        self.order = order
        self.positions = tuple(i for i, x in enumerate(xs) if x.dtype.kind == "f")
        self.tally = Tally()
        self.captured: dict[int, Tensor] = {}  # inputs that f uses without taking them as arguments

    @contextmanager
    def captured_inputs(self, given: Sequence[Any]) -> Iterator[None]:
        """Find the given tensors that f captures; within, they move, and then get their data back.

        Within, each op also records the user's line that called it, for the message. Raises ValueError if
        f depends on parameters and on no input.
        """
        y, variables = self._record(self.xs)
        used = set(graph(y)) if y.requires_grad else set()
        for i, variable in zip(self.positions, variables, strict=True):
            if isinstance(given[i], Tensor) and given[i] in used and variable not in used:
                self.captured[i] = given[i]
        own = [t.name or "one without a name" for t in used if isinstance(t, Parameter)]
        if own and not self.captured and not used & set(variables):
            raise ValueError(
                f"gradcheck: {self.name} uses none of its arguments; it depends on parameters "
                f"({', '.join(sorted(own)[:4])}): pass them as the inputs, gradcheck(f, *model.parameters())"
            )
        before = {i: tensor._value for i, tensor in self.captured.items()}
        mode = recording.set(WITH_LINES)
        try:
            yield
        finally:
            recording.reset(mode)
            self._move_captured(before)

    def _move_captured(self, xs: Sequence[Any] | Mapping[int, Any]) -> None:
        for i, tensor in self.captured.items():
            tensor._value = xs[i] if np.ndim(xs[i]) else np.float64(xs[i])

    def _value(self, *xs: Any) -> Any:
        """Return f on constants, for which no graph is built."""
        self._move_captured(xs)
        with no_grad():
            y = self.f(*(leaf(x if x.ndim else x[()], False) for x in xs))
        return np.asarray(y._value if isinstance(y, Tensor) else y, dtype=float)

    def _record(self, xs: Sequence[Any]) -> tuple[Any, list[Tensor]]:
        self._move_captured(xs)
        tensors = [Tensor(x) if i in self.positions else x for i, x in enumerate(xs)]
        for i, tensor in self.captured.items():
            tensors[i] = tensor
        y = self.f(*tensors)
        if not isinstance(y, Tensor):
            raise TypeError(
                f"{self.name} returned {type(y).__name__}, not a tensor: compute its result from its "
                "arguments with the operations of autograd_lite or NumPy"
            )
        return y, [tensors[i] for i in self.positions]

    def _gradients(self, xs: Sequence[Any], g: Any) -> list[Any]:
        return array_gradients(*self._record(xs), g)

    def run(self) -> Report:
        """Check the first derivatives, then the second ones if they are asked for."""
        value = self._value(*self.xs)
        if not np.array_equal(np.asarray(self._record(self.xs)[0].data), value, equal_nan=True):
            message = f"{self.name} is not deterministic: two calls at the same inputs differ"
            return self._report("fail", message=message)
        g = weights(value.shape, 1)
        claimed = self._gradients(self.xs, g)
        findings = compare(
            Weighted(self._value, self.xs, value, g),
            claimed,
            self.positions,
            **_EFFORT,
            gradients=lambda xs: self._gradients(xs, g),
        )
        report = self._failure(findings, "gradient")
        if not report and self.order == 2:
            report = self._second_order_failure(g, claimed)
        if report:
            return report
        untestable = self.tally.untestable()
        if untestable:
            message = (
                f"{self.name} is {untestable}; choose inputs away from kinks and from the ends of its domain"
            )
            return self._report("no verdict", message=message)
        return self._report("pass" if self.tally.checked else "no entries")

    def _second_order_failure(self, g: Any, claimed: list[Any]) -> Report | None:
        second_order = SecondOrder(self._record, self._gradients, self.positions)
        points = [*self.xs, np.asarray(g)]
        on_tensors, second = second_order.on_tensors(points)
        for i, plain, tensor in zip(self.positions, claimed, on_tensors, strict=True):
            entry = None if tensor is None else unequal_entry(plain, tensor._value)
            if entry is not None:
                message = (
                    f"{self.name}: the gradient in {self._label(i)}{subscript(entry)} is "
                    f"{np.asarray(plain)[entry]} on arrays and {np.asarray(tensor._value)[entry]} on tensors "
                    "(create_graph=True): the rule computes different things for the two"
                )
                return self._report("fail", message=message)
        return self._failure(second_order.findings(points, second, **_EFFORT), "second-order gradient")

    def _failure(self, findings: list[Finding], what: str) -> Report | None:
        self.tally.add(findings)
        worst = worst_failure(findings)
        if not worst:
            return None
        label = self._label(worst.position)
        entry = "one direction" if worst.entry is None else f"entry {subscript(worst.entry)}"
        got, expected = two_numbers(worst.got, worst.expected)
        cause = probable_cause(self._observe_nearby(worst.position)) if what == "gradient" else ""
        y, _ = self._record(self.xs)
        wrong_node = locate(y) if y.requires_grad else None
        failures = sum(finding.verdict == "fail" for finding in findings)
        rows = [
            ("expected", f"{expected} +- {worst.error:.0e} (numerical)"),
            ("got", got),
            *([("probable cause", cause)] if cause else []),
            *([("where", str(wrong_node))] if wrong_node else []),
            ("wrong in", f"{failures} of {len(findings)} derivatives checked here"),
            *((self._label(i), array(x)) for i, x in enumerate(self.xs)),
        ]
        return self._report(
            "fail",
            worst_input=label,
            worst_entry=worst.entry,
            got=worst.got,
            expected=worst.expected,
            cause=cause,
            message=f"{self.name}: the {what} is wrong in {label}, {entry}\n{table(rows)}",
        )

    def _report(self, verdict: str, **more: Any) -> Report:
        few, directions = _EFFORT.values()
        sizes = {self._label(i): self.xs[i].size for i in self.positions}
        coverage = {
            label: f"all {n} entries" if n <= few else f"{directions} directions of {n} entries"
            for label, n in sizes.items()
        }
        return Report(verdict, self.tally.checked, self.tally.undecided, self.tally.worst, coverage, **more)

    def _label(self, i: int) -> str:
        if i == len(self.xs):
            return "the output gradient"
        code = getattr(self.f, "__code__", None)  # None for a function of NumPy itself
        return f"input {i} ({code.co_varnames[i]})" if code and i < code.co_argcount else f"input {i}"

    def _observe_nearby(self, position: int) -> list[Observation]:
        def gradients(g: Any, y: Any, inputs: Sequence[Any], settings: Mapping[str, Any]) -> list[Any]:
            found = dict(zip(self.positions, self._gradients(inputs, np.asarray(g)), strict=True))
            return [found.get(i) for i in range(len(inputs))]

        arguments = tuple(f"input {i}" for i in range(len(self.xs)))
        domains = dict.fromkeys(arguments, REAL)
        subject = Subject(self.name, arguments, self._value, gradients, domains, frozenset(arguments))
        seen: list[Observation] = []
        for k in range(9):
            offsets = [0.3 * (k > 0) * weights(x.shape, k) * (0.1 + np.abs(x)) for x in self.xs]
            moved = [x + d if x.dtype.kind == "f" else x for x, d in zip(self.xs, offsets, strict=True)]
            seen += observe(subject, Example(tuple(moved), {}, self.positions, key=k), position)
        return seen
