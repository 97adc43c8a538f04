"""Numerical derivatives with an error of their own: central differences, extrapolated to step 0.

The steps form a ladder of ratio 3.7 (with powers of two, differences of periodic functions agree by
accident). Four neighbouring steps make a window. Windows are extrapolated from fine to coarse: a coarser
one has less rounding noise, and is used only if it agrees with the finer ones. The noise is measured.
Nothing is assumed about the function: at a kink, at a jump, and where values are not finite, there is a
reason instead of an estimate.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

RATIO = 3.7
STEPS = tuple(0.25 * RATIO**-k for k in range(11, -1, -1))  # from 1.4e-7 to 0.25
KINK = "not differentiable here"
_CONFIRMING_STEPS = tuple(0.09 * RATIO**-k for k in (2, 1, 0))
_ONE_SIDED_STEPS = tuple(1e-3 * RATIO**-k for k in (3, 2, 1, 0))
_WINDOW = 4
_EPS = float(np.finfo(float).eps)

Function = Callable[..., Any]


class Estimate(NamedTuple):
    """A numerical derivative and its error; without a derivative the error is infinite, for a `reason`."""

    value: float = np.nan
    error: float = np.inf
    reason: str = "too noisy"


def value_at(f: Function, xs: Sequence[Any]) -> Any:
    """Return f(*xs) as an array; NaN if f refuses the arguments."""
    try:
        return np.asarray(f(*xs), dtype=float)
    except (ValueError, ArithmeticError):
        return np.array(np.nan)


class Weighted:
    """The function sum(g f(*xs)) of arrays xs; `y` is f(*xs), `size` the sum of |g y|."""

    def __init__(self, f: Function, xs: Sequence[Any], y: Any, g: Any) -> None:
        self.f = f
        self.xs = xs
        self.y = y
        self.g = g
        self.size = float(np.abs(g * y).sum())

    def section(self, position: int, direction: Any) -> Callable[[float], float]:
        """Return its change when xs[position] moves: a function of the step, which is 0 at 0."""
        moved = list(self.xs)
        x = self.xs[position]

        def phi(t: float) -> float:
            moved[position] = x + t * direction
            return float(np.vdot(self.g, value_at(self.f, moved) - self.y))

        return phi


def derivative_along(function: Weighted, position: int, unit: Any, claimed: Any) -> tuple[Any, Estimate]:
    """Return a direction in xs[position], and the derivative of the function along it.

    The direction is `unit`, scaled to the size of the entries in the first of three ways that gives an
    accurate estimate. `claimed` is the gradient to check: a few steps are enough to confirm it; all steps
    are used if they do not.
    """
    floor = _EPS * function.size
    if not math.isfinite(floor):
        return unit, Estimate(reason="not finite")
    found: list[tuple[Any, Estimate]] = []
    for scale in _scales(function.xs[position], unit):
        direction = unit * scale
        phi = function.section(position, direction)
        confirmed = None if found else _confirm(phi, float(np.vdot(claimed, direction)), floor)
        if confirmed:
            return direction, confirmed
        estimate = derivative(phi, floor)
        found.append((direction, estimate))
        if estimate.error <= 1e-9 * abs(estimate.value) or estimate.reason == KINK:
            break
    return min(found, key=lambda pair: _relative_error(pair[1]))


def _confirm(phi: Callable[[float], float], claimed: float, floor: float) -> Estimate | None:
    """Return the estimate of three steps, if it is accurate and agrees with the claimed derivative."""
    if not math.isfinite(claimed):
        return None
    slopes = [(phi(h) - phi(-h)) / (2 * h) for h in _CONFIRMING_STEPS]
    value, correction = _limit(slopes, RATIO**2)
    error = correction + floor / _CONFIRMING_STEPS[0]
    if 0 < error <= 1e-7 * abs(value) and abs(claimed - value) <= 1e-8 * abs(value) + 10 * error:
        return Estimate(value, error, "")
    constant = not (claimed or any(slopes) or phi(_CONFIRMING_STEPS[0]))
    return Estimate(0.0, floor, "") if constant else None


def _relative_error(estimate: Estimate) -> float:
    if np.isinf(estimate.error):
        return np.inf
    return min(estimate.error / abs(estimate.value), 1e300) if estimate.value else 1e300


def _scales(x: Any, unit: Any) -> Iterator[Any]:
    """Yield sizes of steps: for ordinary entries, for arrays that are small as a whole, for small entries."""
    size = np.abs(x)
    first = np.maximum(size, 1.0)
    yield first
    largest = size.max()  # divides, because squares of very large or small entries overflow
    rms = largest * np.sqrt(np.mean((size / largest) ** 2)) if largest > 0 else 0.0
    seen = [unit * first]
    for scale in (np.maximum(size, rms), size):
        direction = unit * scale
        if direction.any() and not any(np.array_equal(direction, other) for other in seen):
            seen.append(direction)
            yield scale


def one_sided(phi: Callable[[float], Any]) -> tuple[Any, Any]:
    """Return the derivatives of phi at 0 from the right, and their errors, for phi(0) = 0; both arrays."""
    value, correction = _limit([phi(h) / h for h in _ONE_SIDED_STEPS], RATIO)
    tiny = [phi(j * 0.1 * STEPS[0]) for j in range(1, 5)]
    noise = np.abs(np.diff([np.zeros_like(tiny[0]), *tiny], n=3, axis=0)).max(axis=0)
    return value, correction + 1e-9 * np.abs(value) + noise / _ONE_SIDED_STEPS[0]


def _limit(slopes: Sequence[Any], ratio: float) -> tuple[Any, Any]:
    """Extrapolate slopes (fine to coarse) to step 0; return the limit and the last correction.

    From each step to the next finer one the leading error shrinks by `ratio`, the following one by its
    square, and so on.
    """
    row = list(slopes)
    previous = row[0]
    for k in range(1, len(slopes)):
        previous = row[0]
        row = [fine + (fine - coarse) / (ratio**k - 1.0) for fine, coarse in pairwise(row)]
    return row[0], abs(row[0] - previous)


def derivative(phi: Callable[[float], float], floor: float = 0.0) -> Estimate:
    """Estimate phi'(0) for phi(0) = 0; `floor` is a lower bound of the rounding noise of phi."""
    noise = max(_noise(phi), floor)
    slopes: list[float] = []
    bends: list[float] = []
    best = Estimate(reason="not finite nearby")
    for k, h in enumerate(STEPS):
        up = phi(h)
        down = phi(-h)
        if not np.isfinite(up - down):
            break
        slopes.append((up - down) / (2 * h))
        bends.append((up + down) / h)
        if k < _WINDOW - 1:
            continue
        noise_of_slopes = noise / STEPS[k - _WINDOW + 1]
        value, error = _extrapolate(slopes[-_WINDOW:], noise_of_slopes)
        difference = abs(value - best.value)
        if k == _WINDOW and (difference > 5 * (error + best.error) or error > 4 * best.error):
            return Estimate(reason="not smooth nearby")  # nothing confirms the finest window
        if difference > 5 * (error + best.error):
            break
        error = max(error, 0.5 * difference) if np.isfinite(difference) else error
        if _has_kink(bends[-_WINDOW:], noise_of_slopes, value):
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


def _has_kink(bends: list[float], noise: float, slope: float) -> bool:
    """Return True if second differences over h do not shrink with h."""
    fine = abs(bends[0])
    coarse = abs(bends[-1])
    return fine > 0.5 * coarse and fine > 20 * noise + 1e-9 * abs(slope)


def _extrapolate(slopes: list[float], noise: float) -> tuple[float, float]:
    """Return the limit of central differences (fine to coarse) at step 0, and its error.

    The error is the last correction if the slopes converge like the square of the step. At a jump of the
    second derivative or on a staircase they do not, and the error is their difference.
    """
    differences = [abs(fine - coarse) for fine, coarse in pairwise(slopes)]
    smooth = all(fine <= max(noise, coarse / 6) for fine, coarse in pairwise(differences))
    value, correction = _limit(slopes, RATIO**2)
    return value, (correction if smooth else max(differences[:2])) + noise


def _noise(phi: Callable[[float], float]) -> float:
    """Measure the rounding noise of phi: third differences on either side; they vanish if phi is smooth."""
    tiny = 0.1 * STEPS[0]
    sides = [[0.0, *(phi(sign * j * tiny) for j in range(1, 5))] for sign in (-1, 1)]
    thirds = np.abs(np.diff(sides, n=3, axis=1))
    return float(0.5 * thirds.max()) if np.isfinite(thirds).all() else 0.0
