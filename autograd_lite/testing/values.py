"""Numbers to try: tables of 256 for each domain, so that a string of bytes stands for an array.

Byte 0 stands for the simplest number; this lets hypothesis shrink examples. Two numbers of a table are
equal or at least 1e-6 apart (except for tiny numbers), so that a numerical step never jumps over a tie.
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.domains import Domain

_SIMPLE = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 0.25, 0.75, 0.125, 1.5, -1.5, 4.0, -4.0)
_DECADES = tuple(10.0**-k for k in (1, 2, 3, 4, 6, 8, 12))
_LARGE = (5.0, 5.5, 7.0, 8.5, 10.0, 15.0, 25.0, 40.0, 70.0, 110.0, 200.0, 300.0)
_GOLDEN_RATIO = 0.6180339887498949  # its multiples modulo 1 are spread evenly

PALETTES = ("simple", "ordinary", "ordinary", "mixed", "small", "large")
_WEIGHTS = np.array([-92, 57, 131, -43, 86, -147, 69, 113, -61, -122, 48, 156, -77, 95, -108, 139, 53]) / 100


@lru_cache(maxsize=4096)
def weights(shape: tuple[int, ...], k: int = 0) -> Any:
    """Return numbers of either sign and of size about one: output gradients, coefficients of a sum.

    `k` chooses where in the list of 17 numbers the array begins. The array is read-only.
    """
    array = _WEIGHTS[(np.arange(math.prod(shape)) + k) % len(_WEIGHTS)].reshape(shape)
    array.flags.writeable = False
    return array


def values(domain: Domain, palette: str, codes: bytes, shape: tuple[int, ...]) -> Any:
    """Return the array that a string of bytes stands for."""
    numbers = np.array(domain.choices) if domain.choices else table(domain, palette)
    return np.take(numbers, np.frombuffer(codes, np.uint8), mode="wrap").reshape(shape)


@lru_cache(maxsize=256)
def table(domain: Domain, palette: str) -> Any:
    """Return 256 numbers of a domain; ordinary ones if it has no number of the palette."""
    ordinary = _ordinary(domain)
    numbers = {
        "simple": simple(domain),
        "ordinary": ordinary,
        "mixed": (*simple(domain)[:9], *edges(domain), *large(domain)[:4], *ordinary[1:41]),
        "small": (*edges(domain)[:1], *edges(domain)),
        "large": (*large(domain)[:1], *large(domain)),
    }[palette]
    return np.resize(np.array(numbers if len(numbers) else ordinary), 256)


def _within(domain: Domain, numbers: Iterable[float]) -> tuple[float, ...]:
    return tuple(x for x in numbers if domain.holds(x))


def simple(domain: Domain) -> tuple[float, ...]:
    """Return small whole numbers, halves and quarters, among which zeros and ties are frequent."""
    return _within(domain, _SIMPLE) or tuple(_ordinary(domain)[:8])


def edges(domain: Domain) -> tuple[float, ...]:
    """Return numbers near 0, near the ends of the domain and near the points it avoids, one per decade."""
    near = [d for d in _DECADES if d >= 1e-8 or domain.low < -d]
    from_low = [domain.low + d * max(1.0, abs(domain.low)) for d in near if np.isfinite(domain.low)]
    from_high = [domain.high - d * max(1.0, abs(domain.high)) for d in near if np.isfinite(domain.high)]
    around_zero = [s * d for d in _DECADES for s in (1.0, -1.0) if np.isinf(domain.high - domain.low)]
    beside = [p + s * d for p in domain.avoid if p for d in near[:5] for s in (1.0, -1.0)]
    return _within(domain, dict.fromkeys([*around_zero, *from_low, *from_high, *beside]))


def large(domain: Domain) -> tuple[float, ...]:
    """Return numbers from 5 to 300 in magnitude, those of them that the domain has."""
    return _within(domain, [s * x for x in _LARGE for s in (1.0, -1.0)])


def special(domain: Domain) -> tuple[float, ...]:
    """Return the numbers to try one by one: simple, near edges, large, and the ends of a closed domain."""
    if domain.choices:
        return tuple(map(float, domain.choices))
    ends = [end for end in (domain.low, domain.high) if domain.closed and np.isfinite(end)]
    beyond = _within(domain, (600.0, -600.0, 800.0, -800.0))  # e^800 overflows
    return tuple(dict.fromkeys((*simple(domain)[:10], *edges(domain), *large(domain), *beyond, *ends)))


def _ordinary(domain: Domain) -> Any:
    """Return 192 numbers of size about one, spread evenly, away from the ends and the points avoided."""
    low = max(domain.low, min(-2.5, domain.high - 5.0))
    high = min(domain.high, max(2.5, domain.low + 5.0))
    margin = 0.04 * (high - low)
    spread = (np.arange(1, 193) * _GOLDEN_RATIO) % 1.0
    x = np.round(low + margin + (high - low - 2 * margin) * spread, 4 if high - low > 0.1 else 9)
    for point in domain.avoid:
        x = np.where(np.abs(x - point) < 0.1, x + np.where(x < point, -0.1, 0.1), x)
    if low >= 0 or high <= 0:
        return x
    # The sign alternates, as in the other tables: a number shrinks to one of its sign.
    positive = x[x > 0]
    negative = x[x <= 0]
    n = min(len(positive), len(negative))
    return np.stack([negative[:n], positive[:n]], axis=1).ravel()
