"""Verdicts on gradients against numerical derivatives: pass, fail, or no verdict; never a guess."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.testing.numerical import Weighted, derivative_along
from autograd_lite.testing.values import weights

TINIEST = 1e-300  # smaller products lose their digits
_MANY = 200  # entries that are tried one by one after a direction has failed
_SMALL = 1e-6  # a few of the finest steps


class Finding(NamedTuple):
    """The verdict on one derivative: the input, the entry (None for a direction) and the two numbers.

    `verdict` is "pass", "fail" or "no verdict"; `expected` is known up to `error`.
    """

    position: int
    entry: tuple[int, ...] | None
    expected: float
    error: float
    got: float
    verdict: str
    reason: str = ""

    @property
    def relative_difference(self) -> float:
        """|got - expected| / |expected|; infinite for a NaN, and if 0 is expected."""
        difference = abs(self.got - self.expected)
        return difference / abs(self.expected) if self.expected and np.isfinite(difference) else np.inf


def worst_failure(findings: Iterable[Finding]) -> Finding | None:
    """Return the failure with the largest relative difference, or None."""
    failed = [finding for finding in findings if finding.verdict == "fail"]
    return max(failed, key=lambda finding: finding.relative_difference, default=None)


class Tally:
    """Counts of checked derivatives and of those without a verdict, and the worst relative difference."""

    def __init__(self) -> None:
        self.checked = 0
        self.undecided = 0
        self.ordinary = 0  # checked at ordinary inputs
        self.reasons: Counter[str] = Counter()  # why derivatives at ordinary inputs have no verdict
        self.worst = 0.0
        self.usual_size = {1: 0.0, 2: 0.0}  # of derivatives, by order; 0 until it is measured
        self._sizes: dict[int, list[float]] = {1: [], 2: []}

    def add(self, findings: Sequence[Finding], ordinary: bool = True) -> None:
        """Count findings. Those at ordinary inputs decide whether the subject is testable."""
        self.checked += len(findings)
        self.ordinary += len(findings) * ordinary
        for finding in findings:
            if finding.verdict == "no verdict":
                self.undecided += 1
                self.reasons.update([finding.reason] * ordinary)
            elif abs(finding.expected) >= 1e9 * finding.error:  # else there are no digits to compare
                difference = finding.relative_difference
                if difference < 1e-4:  # a larger one has passed because it is below a floor
                    self.worst = max(self.worst, difference)

    def measure_size(self, order: int, findings: Sequence[Finding]) -> None:
        """Learn the usual size of derivatives of an order from findings at ordinary inputs."""
        sizes = self._sizes[order]
        sizes += [abs(f.expected) for f in findings if np.isfinite(f.expected) and f.expected]
        if sizes:
            self.usual_size[order] = float(np.median(sizes))

    def untestable(self) -> str:
        """Return the reasons if over half of the derivatives had no verdict, else nothing."""
        without = self.reasons.total()
        if 2 * without <= self.ordinary:
            return ""
        why = ", ".join(f"{reason}: {n}" for reason, n in self.reasons.most_common())
        return f"untestable here: {without} of {self.ordinary} derivatives have no verdict ({why})"


def compare(
    function: Weighted,
    claimed: Sequence[Any],
    positions: Sequence[int],
    *,
    few: int = 4,
    directions: int = 2,
    usual: float = 0.0,
    gradients: Callable[[list[Any]], list[Any]] | None = None,
) -> list[Finding]:
    """Return findings for the `claimed` gradients of a function in the inputs at some positions.

    An input with at most `few` entries is checked in every entry; a larger one along directions that move
    all entries, and if one fails or has no verdict, in every entry, so that the failure names one. `usual`
    is the usual size of a derivative: differences are compared with it too. `gradients(xs)` computes the
    claimed gradients at other inputs: with it, a failure within their own rounding noise has no verdict.
    """
    findings: list[Finding] = []
    for position, gradient in zip(positions, claimed, strict=True):
        x = function.xs[position]
        check = partial(_check, function, position, gradient, usual)
        if x.size <= few:
            findings += check(_entries(x.shape), True)
            continue
        along = check((weights(x.shape, 5 * k + 2) for k in range(directions)), False)
        if any(finding.verdict != "pass" for finding in along):
            each = check(islice(_entries(x.shape), _MANY), True)
            if worst_failure(each) or not worst_failure(along):
                along = each
        findings += along
    return _excuse_rounding(findings, function.xs, positions, gradients) if gradients else findings


def _check(
    function: Weighted, position: int, claimed: Any, usual: float, units: Iterable[Any], single: bool
) -> list[Finding]:
    x = function.xs[position]
    # The numerical steps jump over what happens at tiny numbers: no floor is valid there.
    tiny = bool(((x != 0) & (np.abs(x) < _SMALL)).any())
    floors = (0.0, 0.0) if tiny else (usual, function.size)
    findings = []
    for unit in units:
        direction, (expected, error, reason) = derivative_along(function, position, unit, claimed)
        entry = None
        length = 1.0
        if single:
            entry = tuple(map(int, np.unravel_index(np.argmax(direction != 0), direction.shape)))
            length = float(direction[entry])
            got = float(claimed[entry]) * length  # not NaN because of a NaN in another entry
        else:
            got = float(np.vdot(np.where(direction != 0, claimed, 0.0), direction))
        if got == np.inf * np.sign(expected) == expected / length:
            got = expected  # a derivative beyond the largest float is infinite
        verdict = _verdict(got, expected, error, *floors)
        numbers = (expected / length, error / abs(length), got / length)
        findings.append(Finding(position, entry, *numbers, verdict, reason or "too noisy"))
    return findings


def _verdict(got: float, expected: float, error: float, usual: float, size: float) -> str:
    """Compare if the error is small: relative to the derivative, to the usual one, or to values of f."""
    if not np.isfinite(got) and error <= 1e-3 * max(abs(expected), usual):
        return "fail"
    if not np.isfinite(expected) or not error <= max(1e-4 * abs(expected), 1e-9 * usual, 1e-12 * size):
        return "no verdict"
    difference = abs(got - expected)
    if difference <= 1e-8 * abs(expected) + 10 * error + 1e-13 * usual + TINIEST:
        return "pass"
    return "no verdict" if difference <= 1e-11 * usual else "fail"  # may be a rule's own rounding


def _excuse_rounding(
    findings: list[Finding], xs: Sequence[Any], positions: Sequence[int], gradients: Callable[..., Any]
) -> list[Finding]:
    """Replace failures within the rounding noise of the gradients by `no verdict`.

    The noise is measured: how the gradients vary while inputs move by a few roundings.
    """
    if not worst_failure(findings):
        return findings
    with np.errstate(all="ignore"):
        moved = [gradients([nudge(x, k) for x in xs]) for k in (-3, -2, -1, 1, 2, 3)]
        noise = [np.ptp(np.array(parts), axis=0) for parts in zip(*moved, strict=True)]
    judged = []
    for finding in findings:
        around = noise[positions.index(finding.position)]
        allowed = 10 * float(around.sum() if finding.entry is None else around[finding.entry])
        if finding.verdict == "fail" and abs(finding.got - finding.expected) <= allowed:
            finding = finding._replace(verdict="no verdict", reason="too noisy")
        judged.append(finding)
    return judged


def nudge(x: Any, k: int) -> Any:
    """Move every number of an array by about k roundings."""
    return x * (1.0 + k * 2.3e-16) if x.dtype.kind == "f" else x


def _entries(shape: tuple[int, ...]) -> Iterator[Any]:
    """Yield an array for each entry: 1 there, else 0."""
    for entry in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[entry] = 1.0
        yield unit
