"""Kinks and ties: where there is no derivative, any subgradient is right, and nothing else.

For an output that is convex near the inputs, along every direction tried, a gradient v is right when
-D(-d) <= v d <= D(d) for every direction d, D being the one-sided derivative; for a concave one the
other way round. Elsewhere nothing is demanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.testing.failure import Failure
from autograd_lite.testing.numerical import one_sided, value_at
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import Finding, nudged

_TOLERANCE = 1e-6
_MANY = 12  # coordinates and outputs that are tried


def subgradient_fault(run: Any, findings: Sequence[Finding]) -> Failure | None:
    """What is wrong with the gradients at a kink, for one output at a time; None when nothing can be said."""
    kinked = {f.position for f in findings if f.verdict == "no verdict"}
    positions = run.example.variables
    tried = list(_directions(run, positions, kinked))
    right = np.array([_slope(run, positions, d) for d in tried])
    left = np.array([_slope(run, positions, [-part for part in d]) for d in tried])
    bend = (right[:, 0] + left[:, 0]).reshape(len(tried), -1)
    error = (right[:, 1] + left[:, 1]).reshape(len(tried), -1)
    size = np.abs(right[:, 0]).reshape(len(tried), -1) + np.abs(left[:, 0]).reshape(len(tried), -1)
    known = np.isfinite(bend) & (error <= 1e-4 * np.maximum(size, 1e-12))
    bent = known & (np.abs(bend) > _TOLERANCE * size)
    for output in np.flatnonzero(bent.any(axis=0))[:_MANY]:
        trusted = known[:, output]
        up = bool((bend[trusted, output] >= -_TOLERANCE * size[trusted, output]).all())
        down = bool((bend[trusted, output] <= _TOLERANCE * size[trusted, output]).all())
        if up == down:
            continue  # neither convex nor concave
        g = np.zeros(np.shape(run.y))
        g.flat[output] = 1.0
        claimed = run.fitted(g if g.ndim else g[()])
        for k in np.flatnonzero(trusted):
            ends = sorted((right[k, 0].flat[output], -left[k, 0].flat[output]))
            slack = _TOLERANCE * max(size[k, output], 1e-300) + 10 * error[k, output]
            got, inside = _within(claimed, tried[k], ends, slack)
            if not inside and not _noisy(run, g, got, tried[k], ends, slack):
                return _fault(run, positions, tried[k], got, ends, output)
    return None


def _within(
    claimed: Sequence[Any], direction: Any, ends: Sequence[float], slack: float
) -> tuple[float, bool]:
    """The claimed derivative along a direction, and whether it lies between the one-sided ones."""
    got = sum(float((c * d).sum()) for c, d in zip(claimed, direction, strict=True))
    return got, ends[0] - slack <= got <= ends[1] + slack


def _noisy(run: Any, g: Any, got: float, direction: Any, ends: Sequence[float], slack: float) -> bool:
    """Whether the rule gives other wrong numbers a few roundings away: near a tie, and not at one."""
    for k in (-3, -2, -1, 1, 2, 3):
        inputs = [nudged(x, k) for x in run.inputs]
        y = np.asarray(run.forward(*inputs), float)[()]
        other, inside = _within(run.fitted(g if g.ndim else g[()], inputs, y), direction, ends, slack)
        if not inside and abs(other - got) > 0.01 * abs(got):
            return True
    return False


def _slope(run: Any, positions: Sequence[int], direction: Sequence[Any]) -> Any:
    """One-sided derivatives of all outputs along a direction of all variables, and their errors."""

    def phi(t: float) -> Any:
        moved = list(run.inputs)
        for position, part in zip(positions, direction, strict=True):
            moved[position] = moved[position] + t * part
        y = value_at(run.forward, moved)
        return (y if y.shape == np.shape(run.y) else np.full(np.shape(run.y), np.nan)) - run.y

    return np.stack(np.broadcast_arrays(*one_sided(phi)))


def _directions(run: Any, positions: Sequence[int], kinked: set[int]) -> Iterator[list[Any]]:
    """Coordinates of the inputs with a kink, every group of equal numbers together, and mixed ones."""
    xs = [np.asarray(run.inputs[p], dtype=float) for p in positions]
    zero = [np.zeros(x.shape) for x in xs]
    for i, position in enumerate(positions):
        for entry in list(np.ndindex(xs[i].shape))[:_MANY] if position in kinked else ():
            unit = np.zeros(xs[i].shape)
            unit[entry] = 1.0
            yield [*zero[:i], unit, *zero[i + 1 :]]
    numbers = np.concatenate([x.ravel() for x in xs])
    for number, count in zip(*np.unique(numbers, return_counts=True), strict=True):
        if count > 1:
            yield [(x == number).astype(float) for x in xs]
    yield [np.ones(x.shape) for x in xs]
    for k in (0, 4, 9):
        yield [weights(x.shape, k + i) for i, x in enumerate(xs)]


def _fault(
    run: Any, positions: Sequence[int], direction: Any, got: float, ends: list[float], output: int
) -> Failure:
    moving = [i for i, part in enumerate(direction) if np.any(part)]
    together = sum(np.count_nonzero(part) for part in direction) > 1
    where = "along the tie" if together else "at the kink"
    low, high = ends
    span = f"{low:.6g}" if abs(high - low) < 1e-5 else f"between {low:.6g} and {high:.6g}"
    return Failure(
        "subgradient", positions[moving[0]],
        f"{where} the gradient is {got:.6g} and must be {span}",
        None if together else tuple(map(int, np.argwhere(direction[moving[0]])[0])),
        got, low if got < low else high, max(1e-9 * abs(high), 1e-12),
    )  # fmt: skip
