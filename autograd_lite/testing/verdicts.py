"""Gradients against numerical derivatives: pass, fail, or no verdict, and never a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.testing.numerical import Along, Function, along
from autograd_lite.testing.values import weights

MANY = 200  # entries, of which each can still be tried
TINY = 1e-6  # a few of the finest steps
TINIEST = 1e-300  # below, products lose their digits


class Finding(NamedTuple):
    """One derivative that was checked: where, what was expected within `error`, what came."""

    position: int
    entry: tuple[int, ...] | None
    expected: float
    error: float
    got: float
    verdict: str
    reason: str = ""

    @property
    def difference(self) -> float:
        """How far off, relative to what was expected; infinite for a NaN."""
        apart = abs(self.got - self.expected)
        return apart / abs(self.expected) if self.expected and np.isfinite(apart) else np.inf


class Tally:
    """Counts of checked derivatives, of those without verdict and why, and the worst relative difference."""

    def __init__(self) -> None:
        self.checked = self.undecided = self.ordinary = 0
        self.reasons: Counter[str] = Counter()  # of ordinary inputs without a verdict
        self.worst = 0.0
        self.usual: dict[str, float] = {}  # the usual size of derivatives of a kind, once it is known
        self._sizes: dict[str, list[float]] = {}

    def add(self, findings: Sequence[Finding], ordinary: bool = True) -> None:
        """Count findings; those at ordinary inputs say whether the whole is testable."""
        self.checked += len(findings)
        self.ordinary += len(findings) * ordinary
        for finding in findings:
            if finding.verdict == "no verdict":
                self.undecided += 1
                self.reasons.update([finding.reason] * ordinary)
            elif 0 < abs(finding.expected) >= 1e9 * finding.error:  # else there are no digits to compare
                apart = abs(finding.got - finding.expected) / abs(finding.expected)
                if apart < 1e-4:  # else it is below a floor
                    self.worst = max(self.worst, apart)

    def sized(self, what: str, findings: Sequence[Finding]) -> None:
        """Learn what size of derivative is usual, from ordinary inputs."""
        sizes = self._sizes.setdefault(what, [])
        sizes += [abs(f.expected) for f in findings if np.isfinite(f.expected) and f.expected]
        if sizes:
            self.usual[what] = float(np.median(sizes))

    def untestable(self) -> str:
        """Why what was checked may not be called checked: over half of it had no verdict."""
        without = self.reasons.total()
        if 2 * without <= self.ordinary:
            return ""
        why = ", ".join(f"{reason}: {n}" for reason, n in self.reasons.most_common())
        return f"untestable here: {without} of {self.ordinary} derivatives have no verdict ({why})"


def compare(
    f: Function,
    xs: Sequence[Any],
    y: Any,
    g: Any,
    found: Sequence[Any],
    positions: Sequence[int],
    *,
    few: int = 4,
    directions: int = 2,
    usual: float = 0.0,
) -> list[Finding]:
    """Findings for the gradients `found` of sum(g f(*xs)) in some of its inputs; y is f(*xs).

    Every entry of an input with at most `few` of them is checked, and else a few directions that
    move all entries; where one fails or has no verdict, entries are, so that the failure names one.
    """
    total = float(np.abs(g * y).sum())
    findings: list[Finding] = []
    for position, claimed in zip(positions, found, strict=True):
        shape = xs[position].shape
        single = xs[position].size <= few
        units = _entries(shape) if single else _directions(shape, directions)
        # Where a number is tinier than the steps, what lies within them is not seen: no floor holds there.
        tiny = bool(((xs[position] != 0) & (np.abs(xs[position]) < TINY)).any())
        size, common = (0.0, 0.0) if tiny else (total, usual)
        judged = [
            judge(along(f, xs, y, g, position, unit, total, claimed), claimed, size, common, single)
            for unit in units
        ]
        if not single and any(finding.verdict != "pass" for finding in judged):
            units = (unit for unit, _ in zip(_entries(shape), range(MANY), strict=False))
            each = [
                judge(along(f, xs, y, g, position, u, total, claimed), claimed, size, common, True)
                for u in units
            ]
            told = any(e.verdict == "fail" for e in each)
            judged = each if told or not any(j.verdict == "fail" for j in judged) else judged
        findings += judged
    return findings


def judge(a: Along, claimed: Any, size: float, usual: float, single: bool) -> Finding:
    """The verdict on the gradient along one direction; entries are told in units of the input."""
    entry, unit = None, 1.0
    got = float(np.vdot(np.where(a.direction != 0, claimed, 0.0), a.direction))
    if single:
        entry = tuple(map(int, np.unravel_index(np.argmax(a.direction != 0), a.direction.shape)))
        unit = float(a.direction[entry])
        got = float(claimed[entry]) * unit  # not nan for a nan in another entry
    n, error, reason = a.estimate
    if got == np.inf * np.sign(n) == n / unit:
        got = n  # a derivative beyond the largest float: infinite it is
    verdict = _verdict(got, n, error, usual, size)
    return Finding(a.position, entry, n / unit, error / abs(unit), got / unit, verdict, reason or "too noisy")


def _verdict(got: float, n: float, error: float, usual: float, size: float) -> str:
    """Whether the gradient agrees, when the error is small enough to tell.

    Small means: of the derivative itself, of the usual one, or of the rounding that values of this
    size cannot avoid.
    """
    if not np.isfinite(got) and error <= 1e-3 * max(abs(n), usual):
        return "fail"
    if not np.isfinite(n) or not error <= max(1e-4 * abs(n), 1e-9 * usual, 1e-12 * size):
        return "no verdict"
    if abs(got - n) <= 1e-8 * abs(n) + 10 * error + 1e-13 * usual + TINIEST:
        return "pass"
    return "no verdict" if abs(got - n) <= 1e-11 * usual else "fail"  # may be a rule's own rounding


def without_rounding(
    findings: list[Finding], xs: Sequence[Any], positions: Sequence[int], again: Callable[..., list[Any]]
) -> list[Finding]:
    """The findings, where a failure within the rule's own rounding noise becomes `no verdict`.

    The noise is measured: how the gradients `again(xs)` vary while inputs move by a few roundings.
    """
    if not any(finding.verdict == "fail" for finding in findings):
        return findings
    with np.errstate(all="ignore"):
        moved = [again([nudged(x, k) for x in xs]) for k in (-3, -2, -1, 1, 2, 3)]  # not 0: that is judged
        spread = {
            position: np.ptp(np.array(parts), axis=0)
            for position, parts in zip(positions, zip(*moved, strict=True), strict=True)
        }
    judged = []
    for finding in findings:
        noise = spread[finding.position]
        allowed = 10 * float(noise.sum() if finding.entry is None else noise[finding.entry])
        within = finding.verdict == "fail" and abs(finding.got - finding.expected) <= allowed
        judged.append(finding._replace(verdict="no verdict", reason="too noisy") if within else finding)
    return judged


def nudged(x: Any, k: int) -> Any:
    """An array with every number moved by about k roundings."""
    return x * (1.0 + k * 2.3e-16) if x.dtype.kind == "f" else x


def _entries(shape: tuple[int, ...]) -> Iterator[Any]:
    for entry in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[entry] = 1.0
        yield unit


def _directions(shape: tuple[int, ...], count: int) -> Iterator[Any]:
    for k in range(count):
        yield weights(shape, 5 * k + 2)
