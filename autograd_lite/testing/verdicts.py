"""Gradients against numerical derivatives: pass, fail, or no verdict, and never a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.testing.numerical import Along, Function, along

_ENTRIES_TO_NAME = 200


class GradientError(AssertionError):
    """A gradient that is wrong, or that cannot be checked."""


class Finding(NamedTuple):
    """One derivative that was checked: where, what was expected within `error`, what came."""

    position: int
    entry: tuple[int, ...] | None
    expected: float
    error: float
    got: float
    verdict: str
    reason: str = ""


class Tally:
    """Counts of checked derivatives, of those without verdict and why, and the worst relative difference."""

    def __init__(self) -> None:
        self.checked = 0
        self.reasons: Counter[str] = Counter()
        self.worst = 0.0
        self._sizes: dict[str, list[float]] = {}

    def sizes(self, what: str) -> list[float]:
        """The sizes of derivatives of one kind in all examples so far, for `compare` to add to."""
        return self._sizes.setdefault(what, [])

    @property
    def undecided(self) -> int:
        return self.reasons.total()

    def add(self, finding: Finding) -> None:
        self.checked += 1
        if finding.verdict == "no verdict":
            self.reasons[finding.reason] += 1
        elif 0 < abs(finding.expected) >= 1e9 * finding.error:  # else there are no digits to compare
            self.worst = max(self.worst, abs(finding.got - finding.expected) / abs(finding.expected))

    def demand_half(self, name: str, remedy: str) -> None:
        """Refuse to call something checked when over half of it had no verdict."""
        if 2 * self.undecided > self.checked:
            why = ", ".join(f"{reason}: {n}" for reason, n in self.reasons.most_common())
            raise GradientError(
                f"{name} is untestable here: {self.undecided} of {self.checked} derivatives have no "
                f"verdict ({why}); {remedy}"
            )


def compare(
    f: Function,
    xs: list[Any],
    g: Any,
    found: list[Any],
    rng: np.random.Generator,
    few: int,
    sizes: list[float],
) -> list[Finding]:
    """Findings for the gradients `found` of sum(g f(*xs)), one per input.

    Every entry of an input with at most `few` of them is checked, and else two random directions;
    where a direction fails, entries are, so that the failure names one. `sizes` of derivatives in
    earlier examples tell what is usual; those of this one are added.
    """
    with np.errstate(all="ignore"):
        y = np.asarray(f(*xs), dtype=float)
        findings: list[Finding] = []
        for position, x in enumerate(xs):
            single = x.size <= few
            units = _entries(x.shape) if single else _directions(x.shape, rng)
            tried = [along(f, xs, y, g, position, unit) for unit in units]
            judged = _judge(tried, found[position], float(np.abs(g * y).sum()), single, sizes)
            if not single and any(finding.verdict == "fail" for finding in judged):
                judged = entry_findings(f, xs, y, g, position, found[position], sizes) or judged
            findings += judged
        return findings


def entry_findings(
    f: Function, xs: list[Any], y: Any, g: Any, position: int, found: Any, sizes: list[float]
) -> list[Finding]:
    """Findings for the entries of one input; none of them when no entry fails by itself."""
    units = _entries(xs[position].shape)
    tried = [
        along(f, xs, y, g, position, unit) for _, unit in zip(range(_ENTRIES_TO_NAME), units, strict=False)
    ]
    judged = _judge(tried, found, float(np.abs(g * y).sum()), True, sizes)
    return judged if any(finding.verdict == "fail" for finding in judged) else []


def _entries(shape: tuple[int, ...]) -> Iterator[Any]:
    for entry in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[entry] = 1.0
        yield unit


def _directions(shape: tuple[int, ...], rng: np.random.Generator) -> Iterator[Any]:
    for _ in range(2):
        yield rng.uniform(0.3, 1.0, shape) * rng.choice([-1.0, 1.0], shape)


def _judge(tried: list[Along], found: Any, size: float, single: bool, sizes: list[float]) -> list[Finding]:
    known = [abs(a.estimate.value) for a in tried if np.isfinite(a.estimate.error)]
    usual = float(np.mean(known)) if known else 0.0
    sizes.append(usual)
    usual = max(usual, float(np.median(sizes)))
    return [_finding(a, found, usual, size, single) for a in tried]


def _finding(a: Along, found: Any, usual: float, size: float, single: bool) -> Finding:
    """The verdict on the gradient along one direction; entries are told in units of the input."""
    entry, unit = None, 1.0
    if single:
        entry = tuple(map(int, np.unravel_index(np.argmax(a.direction != 0), a.direction.shape)))
        unit = float(a.direction[entry])
        got = float(found[entry]) * unit
    else:
        got = float((found * a.direction).sum())
    n, error, reason = a.estimate
    if got == np.inf * np.sign(n) == n / unit:
        got = n  # a derivative beyond the largest float: infinite it is
    verdict = _verdict(got, n, error, usual, size)
    return Finding(a.position, entry, n / unit, error / unit, got / unit, verdict, reason or "too noisy")


def _verdict(got: float, n: float, error: float, usual: float, size: float) -> str:
    """Whether the gradient agrees, when the error is small enough to tell.

    Small means: of the derivative itself, of the usual one, or of the rounding that values of this
    size cannot avoid.
    """
    if not np.isfinite(n) or not error <= max(1e-4 * abs(n), 1e-9 * usual, 1e-12 * size):
        return "no verdict"
    if abs(got - n) <= 1e-8 * abs(n) + 10 * error + 1e-13 * usual:
        return "pass"
    return "no verdict" if abs(got - n) <= 1e-11 * usual else "fail"  # may be a rule's own rounding


def without_rounding(
    findings: list[Finding], xs: list[Any], again: Callable[..., list[Any]]
) -> list[Finding]:
    """The findings, where a failure within the rule's own rounding noise becomes `no verdict`.

    The noise is measured: how the gradients `again(*xs)` vary while inputs move by a few roundings.
    """
    moved = [again(*(x * (1.0 + k * 2.3e-16) for x in xs)) for k in range(-3, 4)]
    spread = [np.ptp(np.array(parts), axis=0) for parts in zip(*moved, strict=True)]
    judged = []
    for finding in findings:
        noise = spread[finding.position]
        allowed = 10 * float(noise.sum() if finding.entry is None else noise[finding.entry])
        within = finding.verdict == "fail" and abs(finding.got - finding.expected) <= allowed
        judged.append(finding._replace(verdict="no verdict", reason="too noisy") if within else finding)
    return judged
