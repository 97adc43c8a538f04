"""Kinks and ties: where there is no derivative, any subgradient is right, and nothing else.

For an output that is convex near the inputs, along every direction tried, a gradient v is right when
-D(-d) <= v d <= D(d) for every direction d, D being the one-sided derivative; for a concave one the
other way round. Elsewhere nothing is demanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.testing.failure import Failure
from autograd_lite.testing.numerical import one_sided, value_at
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import nudged

_TOLERANCE = 1e-6
_MANY = 12  # coordinates, and outputs, that are tried


def subgradient_fault(run: Any) -> Failure | None:
    """What is wrong with the gradients at a kink, for one output at a time; None when nothing can be said."""
    positions = run.example.variables
    if sum(np.size(run.inputs[p]) for p in positions) > _MANY:
        return None
    tried = list(_directions(run, positions))
    flat = (len(tried), -1)
    right = np.array([_slope(run, positions, d) for d in tried])
    left = np.array([_slope(run, positions, [-part for part in d]) for d in tried])
    up, down = right[:, 0].reshape(flat), left[:, 0].reshape(flat)
    error = (right[:, 1] + left[:, 1]).reshape(flat)
    size = np.abs(up) + np.abs(down)
    known = np.isfinite(up + down) & (error <= 1e-4 * np.maximum(size, 1e-12))
    bent = known & (np.abs(up + down) > _TOLERANCE * size)
    for output in np.flatnonzero(bent.any(axis=0))[:_MANY]:
        if not known[:, output].all() or not _curved(tried, up[:, output], down[:, output]):
            continue
        g = np.zeros(np.shape(run.y))
        g.flat[output] = 1.0
        g = g[()]
        claimed = run.fitted(g)
        for k, direction in enumerate(tried):
            ends = sorted((up[k, output], -down[k, output]))
            gross = sum(float(np.abs(c * d).sum()) for c, d in zip(claimed, direction, strict=True))
            slack = _TOLERANCE * size[k, output] + 10 * error[k, output] + 1e-12 * gross
            got, inside = _within(claimed, direction, ends, slack)
            if not inside and not _noisy(run, g, got, direction, ends, slack):
                return _fault(run, positions, direction, got, ends, int(output))
    return None


def kinked(run: Any) -> bool:
    """Whether the outputs bend along a direction of all variables, or move otherwise than coordinates add."""
    positions = run.example.variables
    xs = [np.asarray(run.inputs[p], float) for p in positions]
    d = [weights(x.shape, 1 + i) for i, x in enumerate(xs)]
    (up, e), (down, f) = _slope(run, positions, d), _slope(run, positions, [-part for part in d])
    total, error = 0.0 * up, e + f
    for single in islice(_coordinates(xs), _MANY):
        step = [u * part for u, part in zip(single, d, strict=True)]
        slope, uncertain = _slope(run, positions, step)
        total, error = total + slope, error + uncertain
    slack = 1e-4 * (np.abs(up) + np.abs(down)) + 10 * error
    whole = sum(x.size for x in xs) <= _MANY
    return bool((np.abs(up + down) > slack).any() or (whole and (np.abs(up - total) > slack).any()))


def _coordinates(xs: Sequence[Any]) -> Iterator[list[Any]]:
    """One entry of one variable after the other."""
    for i, x in enumerate(xs):
        for entry in np.ndindex(x.shape):
            unit = [np.zeros(other.shape) for other in xs]
            unit[i][entry] = 1.0
            yield unit


def _curved(tried: Sequence[Any], up: Any, down: Any) -> bool:
    """Whether D is that of a convex or of a concave function, as far as the directions tried can tell.

    Along every line it bends one way, and along a sum of coordinates it is at most (at least) the sum.
    """
    unit = range(sum(part.size for part in tried[0]))  # the coordinates come first
    slack = _TOLERANCE * (np.abs(up) + np.abs(down))
    for sign in (1.0, -1.0):
        if not (sign * (up + down) >= -slack).all():
            continue
        sums = []
        for k, d in enumerate(tried):
            steps = np.concatenate([np.ravel(part) for part in d])
            for along, ahead, back in ((up[k], up, down), (down[k], down, up)):
                moves = [(t, u) for t, u in zip(steps, unit, strict=True) if t]
                parts = [abs(t) * (ahead if t > 0 else back)[u] for t, u in moves]
                sums.append(sign * (sum(parts) - along) >= -1e-5 * sum(map(abs, parts)) - slack[k])
        return bool(all(sums))
    return False


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
        other, inside = _within(run.fitted(g, inputs, y), direction, ends, slack)
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


def _directions(run: Any, positions: Sequence[int]) -> Iterator[list[Any]]:
    """Every coordinate, every group of equal numbers together, all together, and mixed ones."""
    xs = [np.asarray(run.inputs[p], dtype=float) for p in positions]
    yield from _coordinates(xs)
    numbers = np.concatenate([x.ravel() for x in xs])
    for number, count in zip(*np.unique(numbers, return_counts=True), strict=True):
        if 1 < count < numbers.size:
            yield [(x == number).astype(float) for x in xs]
    if numbers.size > 1:
        yield [np.ones(x.shape) for x in xs]
    for k in (0, 4, 9):
        yield [weights(x.shape, k + i) for i, x in enumerate(xs)]


def _fault(
    run: Any, positions: Sequence[int], direction: Any, got: float, ends: Sequence[float], output: int
) -> Failure:
    moving = [i for i, part in enumerate(direction) if np.any(part)]
    together = sum(np.count_nonzero(part) for part in direction) > 1
    low, high = (round(end, 6) + 0.0 for end in ends)
    span = f"{low:g}" if high - low < 1e-5 else f"between {low:g} and {high:g}"
    place = np.unravel_index(output, np.shape(run.y))
    of = f"of output [{', '.join(map(str, place))}] " if place else ""
    where = "with all tied entries moving together, " if together else ""
    return Failure(
        "subgradient", positions[moving[0]],
        f"at the kink, {where}the gradient {of}for g = 1 is {got + 0.0:.6g}; it must be {span}",
        None if together else tuple(map(int, np.argwhere(direction[moving[0]])[0])),
        got, low if got < low else high,
    )  # fmt: skip
