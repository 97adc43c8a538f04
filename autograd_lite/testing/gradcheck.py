"""gradcheck: the gradient of a function of tensors, at given inputs, against numerical derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.autodiff import gradients
from autograd_lite.tensor import Tensor
from autograd_lite.testing.diagnosis import probable_cause
from autograd_lite.testing.numerical import along
from autograd_lite.testing.verdicts import Finding, GradientError, Tally, compare, without_rounding

_FEW = 32


class Report(NamedTuple):
    """What a check that did not fail has seen: `worst` is the largest relative difference."""

    verdict: str
    checked: int
    undecided: int
    worst: float


def gradcheck(f: Callable[..., Any], *inputs: Any, order: int = 1) -> Report:
    """Check the gradient of f at the inputs; raises GradientError where it is wrong.

    f takes tensors and returns one, of any shape; its output is weighted by random numbers of either
    sign. Each input of at most 32 entries is checked in every entry, a larger one along two random
    directions. Inputs are taken in float64; those of integers and booleans are constants. `order=2`
    checks the gradient of the gradient too, and that gradients made with `create_graph=True` equal
    the plain ones. Over half of the derivatives without a verdict is an error as well.

    >>> gradcheck(lambda x: np.sin(1000 * x), [0.3, -2.0]).verdict
    'pass'
    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck: order={order!r}; it is 1 or 2")
    name = getattr(f, "__name__", "f")
    arrays = [_plain(x) for x in inputs]
    places = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]
    if not places:
        raise TypeError(f"gradcheck: {name} got no floating-point input, so there is no gradient to check")

    def of_variables(*variables: Any) -> Any:
        full = list(arrays)
        for i, variable in zip(places, variables, strict=True):
            full[i] = variable
        return f(*full)

    labels = [_label(f, i) for i in places]
    tally = Tally()
    check = Check(name, of_variables, labels, tally, np.random.default_rng(0), _FEW)
    check.at([arrays[i].astype(float) for i in places], order)
    tally.demand_half(name, "choose inputs away from kinks and from the ends of its domain")
    verdict = "pass" if tally.checked else "no entries"
    return Report(verdict, tally.checked, tally.undecided, tally.worst)


def _plain(x: Any) -> Any:
    data = x.data if isinstance(x, Tensor) else x
    if not isinstance(data, np.ndarray | np.generic):
        data = np.asarray(data, dtype=None if isinstance(data, bool) else float)
    return np.asarray(data)


def _label(f: Any, i: int) -> str:
    names = getattr(getattr(f, "__code__", None), "co_varnames", ())
    count = getattr(getattr(f, "__code__", None), "co_argcount", 0)
    return f"input {i} ({names[i]})" if i < count else f"input {i}"


class Check(NamedTuple):
    """One function under examination: what it is called, its inputs' names, and what was counted."""

    name: str
    f: Callable[..., Any]
    labels: list[str]
    tally: Tally
    rng: np.random.Generator
    few: int
    trailer: str = ""

    def at(self, xs: list[Any], order: int) -> None:
        """Check the gradient at xs, float64 arrays, and with order=2 the gradient's gradient."""
        with np.errstate(all="ignore"):
            y = self._value(*xs)
            if not np.array_equal(y, self._value(*xs), equal_nan=True):
                raise GradientError(f"{self.name} is not deterministic: two calls at the same inputs differ")
            g = random_weights(self.rng, y.shape)
            found = self._gradients(xs, g)
            self._judge(self._value, xs, g, found, "gradient", lambda *at: self._gradients(at, g))
            if order == 2:
                self._second(xs, g, found)

    def _value(self, *xs: Any) -> Any:
        return np.asarray(self._tensor(xs)[1].data, dtype=float)

    def _tensor(self, xs: Any) -> tuple[list[Tensor], Tensor]:
        variables = [Tensor(x) for x in xs]
        y = self.f(*variables)
        if not isinstance(y, Tensor):
            raise TypeError(
                f"{self.name} returned {type(y).__name__}, not a tensor: compute its result from its "
                "arguments with the operations of autograd_lite or NumPy"
            )
        return variables, y

    def _gradients(self, xs: Any, g: Any) -> list[Any]:
        variables, y = self._tensor(xs)
        if not y.requires_grad:
            return [np.zeros(x.shape) for x in xs]
        return _filled(gradients(y, variables, grad=g, allow_unused=True), xs)

    def _second(self, xs: list[Any], g: Any, found: list[Any]) -> None:
        """The gradient as a function of xs and of g: its value by tensors, and its derivatives."""
        _, recorded = self._recorded(xs, g)
        for label, plain, tensor in zip(self.labels, found, recorded, strict=True):
            if tensor is not None:
                self._equal(label, plain, tensor.data)
        weights = [random_weights(self.rng, x.shape) for x in xs]

        def gradient(*at: Any) -> Any:
            return np.concatenate([np.ravel(part) for part in self._gradients(at[:-1], at[-1])])

        def second(*at: Any) -> list[Any]:
            variables, parts = self._recorded(at[:-1], at[-1])
            total: Any = Tensor(0.0)
            total = total * 0.0
            for part, w in zip(parts, weights, strict=True):
                total = total if part is None else total + (part * w).sum()
            return _filled(gradients(total, variables, grad=1.0, allow_unused=True), at)

        points = [*xs, np.asarray(g)]
        v = np.concatenate([w.ravel() for w in weights])
        labelled = self._replace(labels=[*self.labels, "output gradient"])
        labelled._judge(gradient, points, v, second(*points), "second-order gradient", second)

    def _recorded(self, xs: Any, g: Any) -> tuple[list[Tensor], list[Any]]:
        """The variables, g among them, and the gradients as tensors, None where there is none."""
        variables, y = self._tensor(xs)
        seed = Tensor(g)
        if not y.requires_grad:
            return [*variables, seed], [None] * len(variables)
        recorded = gradients(y, variables, grad=seed, create_graph=True, allow_unused=True)
        return [*variables, seed], recorded

    def _equal(self, label: str, plain: Any, recorded: Any) -> None:
        """Refuse a gradient that differs between arrays and tensors by more than rounding."""
        plain = np.asarray(plain)
        allowed = 1e-10 * np.abs(plain) + 1e-13 * np.abs(plain).max(initial=0.0)
        bad = ~((np.abs(plain - recorded) <= allowed) | ~np.isfinite(plain))
        if bad.any():
            entry = tuple(int(i) for i in np.argwhere(bad)[0])
            raise GradientError(
                f"{self.name}: the gradient in {label}{_index(entry)} is {plain[entry]} on arrays and "
                f"{np.asarray(recorded)[entry]} on tensors (create_graph=True): the rule computes "
                f"different things for the two{self.trailer}"
            )

    def _judge(
        self, f: Any, xs: list[Any], g: Any, found: list[Any], what: str, again: Callable[..., list[Any]]
    ) -> None:
        findings = compare(f, xs, g, found, self.rng, self.few, self.tally.sizes(what))
        if any(finding.verdict == "fail" for finding in findings):
            findings = without_rounding(findings, xs, again)
        for finding in findings:
            self.tally.add(finding)
        failed = [finding for finding in findings if finding.verdict == "fail"]
        if failed:
            raise GradientError(self._message(f, xs, g, found, failed, len(findings), what))

    def _message(
        self, f: Any, xs: list[Any], g: Any, found: list[Any], failed: list[Finding], n: int, what: str
    ) -> str:
        first = failed[0]
        place = f"entry {_index(first.entry)}" if first.entry is not None else "a random direction"
        expected = [_numerical(f, xs, g, i) if x.size <= 200 else None for i, x in enumerate(xs)]
        mine = expected[first.position]
        others = tuple(e for i, e in enumerate(expected) if i != first.position and e is not None)
        lengths = (*xs[first.position].shape, xs[first.position].size, np.size(g), *np.shape(g))
        cause = "" if mine is None else probable_cause(found[first.position], mine, lengths, others)
        lines = [
            f"{self.name}: the {what} is wrong in {self.labels[first.position]}, {place}",
            f"  expected        {first.expected:.10g} +- {first.error:.1g} (numerical)",
            f"  got             {first.got:.10g}",
            *([f"  probable cause  {cause}"] if cause else []),
            f"  wrong in        {len(failed)} of {n} derivatives checked here",
            *(f"  {label:14}  {_short(x)}" for label, x in zip(self.labels, xs, strict=True)),
        ]
        return "\n".join(lines) + self.trailer


def _filled(found: list[Any], xs: Any) -> list[Any]:
    """Gradients with zeros where there is none."""
    return [np.zeros(np.shape(x)) if v is None else v for v, x in zip(found, xs, strict=True)]


def _numerical(f: Any, xs: list[Any], g: Any, position: int) -> Any:
    """The whole numerical gradient in one input, NaN where there is no estimate."""
    y = np.asarray(f(*xs), dtype=float)
    expected = np.full(xs[position].shape, np.nan)
    for entry in np.ndindex(expected.shape):
        unit = np.zeros(expected.shape)
        unit[entry] = 1.0
        tried = along(f, xs, y, g, position, unit)
        size = float(tried.direction[entry])
        if tried.estimate.error <= 1e-4 * abs(tried.estimate.value) or not tried.estimate.value:
            expected[entry] = tried.estimate.value / size
    return expected


def random_weights(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers of either sign and of size about one."""
    return rng.uniform(0.4, 1.6, shape) * rng.choice([-1.0, 1.0], shape)


def _index(entry: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, entry))}]" if entry else ""


def _short(x: Any) -> str:
    return np.array2string(np.asarray(x), precision=6, threshold=12, separator=", ").replace("\n", "")
