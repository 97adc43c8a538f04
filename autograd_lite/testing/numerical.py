"""A derivative from values alone, with an error of its own: central differences, extrapolated.

Steps form a ladder of ratio 3.7 (powers of two agree by accident on periodic functions). Windows of
four steps are extrapolated from fine to coarse: a coarser one has less rounding noise and is taken
only when it agrees with the finer ones. Noise is measured. Nothing is assumed about the function: at
a kink, a jump or a value that is not finite there is no estimate, and the reason is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

RATIO = 3.7
STEPS = tuple(0.25 * RATIO**-k for k in range(11, -1, -1))  # from 1.4e-7 up
KINK = "not differentiable here"
_CONFIRMING = tuple(0.09 * RATIO**-k for k in (2, 1, 0))
_ONE_SIDED = tuple(1e-3 * RATIO**-k for k in (3, 2, 1, 0))
_WINDOW = 4
_EPS = float(np.finfo(float).eps)

Function = Callable[..., Any]


class Estimate(NamedTuple):
    """A numerical derivative and its error; an infinite error, and the reason, when there is none."""

    value: float = np.nan
    error: float = np.inf
    reason: str = "too noisy"


class Along(NamedTuple):
    """An estimate of the derivative along `direction`, which belongs to input `position`."""

    position: int
    direction: Any
    estimate: Estimate


def value_at(f: Function, xs: Any) -> Any:
    """f(*xs) as an array; NaN where f refuses the arguments."""
    try:
        return np.asarray(f(*xs), dtype=float)
    except (ValueError, ArithmeticError):
        return np.array(np.nan)


def along(
    f: Function,
    xs: Sequence[Any],
    y: Any,
    g: Any,
    position: int,
    unit: Any,
    total: float,
    claimed: Any = None,
) -> Along:
    """The derivative of sum(g f(*xs)) along `unit`, an array shaped like xs[position].

    The direction is scaled to the size of the entries, in the first of three ways that gives an
    accurate estimate. `y` is the value at xs, `total` the sum of |g y|. A few steps are enough to see
    that a `claimed` gradient is right, all of them to see that it is wrong.
    """
    floor = _EPS * total
    if not math.isfinite(floor):
        return Along(position, unit, Estimate(reason="not finite"))
    found: list[Along] = []
    for scale in _scales(xs[position], unit):
        direction = unit * scale
        phi = section(f, xs, y, g, position, direction)
        if claimed is not None and not found:
            confirmed = _confirmed(phi, float(np.vdot(claimed, direction)), floor)
            if confirmed:
                return Along(position, direction, confirmed)
        estimate = derivative(phi, floor)
        found.append(Along(position, direction, estimate))
        if estimate.error <= 1e-9 * abs(estimate.value) or estimate.reason == KINK:
            break
    return min(found, key=lambda a: _relative(a.estimate))


def _confirmed(phi: Callable[[float], float], got: float, floor: float) -> Estimate | None:
    """The estimate of three steps, where it is accurate and agrees with `got`."""
    if not math.isfinite(got):
        return None
    row = [(phi(h) - phi(-h)) / (2 * h) for h in _CONFIRMING]
    value, correction = _limit(row, RATIO**2)
    error = correction + floor / _CONFIRMING[0]
    if 0 < error <= 1e-7 * abs(value) and abs(got - value) <= 1e-8 * abs(value) + 10 * error:
        return Estimate(value, error, "")
    return Estimate(0.0, floor, "") if not (got or any(row) or phi(_CONFIRMING[0])) else None


def _relative(estimate: Estimate) -> float:
    if np.isinf(estimate.error):
        return np.inf
    return min(estimate.error / abs(estimate.value), 1e300) if estimate.value else 1e300


def _scales(x: Any, unit: Any) -> Iterator[Any]:
    """Sizes of steps: for ordinary entries, for arrays that are small as a whole, for small entries."""
    size = np.abs(x)
    first = np.maximum(size, 1.0)
    yield first
    largest = size.max()  # the squares of very large or small entries have no mean
    rms = largest * np.sqrt(np.mean((size / largest) ** 2)) if largest > 0 else 0.0
    seen = [unit * first]
    for scale in (np.maximum(size, rms), size):
        direction = unit * scale
        if direction.any() and not any(np.array_equal(direction, other) for other in seen):
            seen.append(direction)
            yield scale


def section(f: Function, xs: Sequence[Any], y: Any, g: Any, position: int, direction: Any) -> Any:
    """t -> sum(g (f(x + t direction) - f(x))), a function of one number that is 0 at 0."""
    moved, x = list(xs), xs[position]

    def phi(t: float) -> float:
        moved[position] = x + t * direction
        return float(np.vdot(g, value_at(f, moved) - y))

    return phi


def one_sided(phi: Callable[[float], Any]) -> tuple[Any, Any]:
    """The derivatives of phi at 0 from the right, an array of them, and their errors; phi(0) = 0."""
    value, correction = _limit([phi(h) / h for h in _ONE_SIDED], RATIO)
    tiny = [phi(j * 0.1 * STEPS[0]) for j in range(1, 5)]
    noise = np.abs(np.diff([np.zeros_like(tiny[0]), *tiny], n=3, axis=0)).max(axis=0)
    return value, correction + 1e-9 * np.abs(value) + noise / _ONE_SIDED[0]


def _limit(slopes: Sequence[Any], ratio: float) -> tuple[Any, Any]:
    """The limit of slopes (fine to coarse) at step 0, and the last correction on the way to it.

    Errors shrink by `ratio` from each to the next finer one, then by its square, and so on.
    """
    row, order, previous = list(slopes), 1.0, slopes[0]
    while len(row) > 1:
        order *= ratio
        previous = row[0]
        row = [fine + (fine - coarse) / (order - 1.0) for fine, coarse in pairwise(row)]
    return row[0], abs(row[0] - previous)


def derivative(phi: Callable[[float], float], floor: float = 0.0) -> Estimate:
    """phi'(0) for phi(0) = 0; `floor` is rounding noise of phi known beforehand."""
    noise = max(_noise(phi), floor)
    slopes: list[float] = []
    bends: list[float] = []
    best = Estimate(reason="not finite nearby")
    for k, h in enumerate(STEPS):
        up, down = phi(h), phi(-h)
        if not np.isfinite(up - down):
            break
        slopes.append((up - down) / (2 * h))
        bends.append((up + down) / h)
        if k < _WINDOW - 1:
            continue
        finest = STEPS[k - _WINDOW + 1]
        value, error = _extrapolated(slopes[-_WINDOW:], noise / finest)
        apart = abs(value - best.value)
        if k == _WINDOW and (apart > 5 * (error + best.error) or error > 4 * best.error):
            return Estimate(reason="not smooth nearby")  # nothing confirms the finest window
        if apart > 5 * (error + best.error):
            break
        error = max(error, 0.5 * apart) if np.isfinite(apart) else error
        if _bent(bends[-_WINDOW:], noise / finest, value):
            if k == _WINDOW - 1:
                return Estimate(reason=KINK)
            break
        if error < best.error:
            best = Estimate(value, error, "")
        if best.error <= 1e-11 * abs(best.value):
            break
    if len(slopes) >= _WINDOW and not any(slopes) and not any(bends):
        return Estimate(0.0, noise, "")  # constant
    return best


def _bent(bends: list[float], noise: float, slope: float) -> bool:
    """Whether the second difference over h stays as h shrinks: then there is a kink."""
    fine, coarse = abs(bends[0]), abs(bends[-1])
    return fine > 0.5 * coarse and fine > 20 * noise + 1e-9 * abs(slope)


def _extrapolated(slopes: list[float], noise: float) -> tuple[float, float]:
    """The limit of central differences (fine to coarse) at step 0, and its error.

    The error is the last correction; or a difference of slopes, where those do not shrink like the
    square of the step (at a jump of the second derivative, on a staircase) and extrapolation means nothing.
    """
    apart = [abs(fine - coarse) for fine, coarse in pairwise(slopes)]
    smooth = all(fine <= max(noise, coarse / 6) for fine, coarse in pairwise(apart))
    value, correction = _limit(slopes, RATIO**2)
    return value, (correction if smooth else max(apart[:2])) + noise


def _noise(phi: Callable[[float], float]) -> float:
    """The rounding noise of phi, from third differences on either side, where a smooth phi has none."""
    tiny = 0.1 * STEPS[0]
    sides = [[0.0, *(phi(sign * j * tiny) for j in range(1, 5))] for sign in (-1, 1)]
    thirds = np.abs(np.diff(sides, n=3, axis=1))
    return float(0.5 * thirds.max()) if np.isfinite(thirds).all() else 0.0
