"""Numbers to try: tables of 256 for each domain, so that an array of them is a string of bytes.

Byte 0 is the simplest number, which is what makes examples shrink. Two numbers of a table are equal
or at least 1e-6 apart (unless both are that small), so that a tie is a tie and no step jumps over one.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.domains import Domain

_SIMPLE = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 0.25, 0.75, 0.125, 1.5, -1.5, 4.0, -4.0)
_DECADES = tuple(10.0**-k for k in (1, 2, 3, 4, 6, 8, 12))
_LARGE = (5.0, 5.5, 7.0, 8.5, 10.0, 15.0, 25.0, 40.0, 70.0, 110.0, 200.0, 300.0)
_GOLDEN = 0.6180339887498949

PALETTES = ("simple", "ordinary", "ordinary", "mixed", "small", "large")
PATTERN = np.array([
    -0.92, 0.57, 1.31, -0.43, 0.86, -1.47, 0.69, 1.13, -0.61, -1.22, 0.48, 1.56, -0.77, 0.95, -1.08, 1.39,
    0.53,
])  # fmt: skip


@lru_cache(maxsize=4096)
def weights(shape: tuple[int, ...], k: int = 0) -> Any:
    """Numbers of either sign and of size about one: gradients of an output, coefficients of a sum."""
    made = PATTERN[(np.arange(math.prod(shape)) + k) % len(PATTERN)].reshape(shape)
    made.flags.writeable = False
    return made


def values(domain: Domain, palette: str, codes: Any, shape: tuple[int, ...]) -> Any:
    """The array that a string of bytes stands for."""
    if domain.choices:
        choices = np.array(domain.choices)
        return choices[np.frombuffer(codes, np.uint8) % len(choices)].reshape(shape)
    return table(domain, palette)[np.frombuffer(codes, np.uint8)].reshape(shape)


@lru_cache(maxsize=256)
def table(domain: Domain, palette: str) -> Any:
    """256 numbers of a domain; for a palette that it has none of, ordinary ones."""
    ordinary = _ordinary(domain)
    own = {
        "simple": simple(domain),
        "ordinary": ordinary,
        "mixed": (*simple(domain)[:9], *edges(domain), *large(domain)[:4], *ordinary[1:41]),
        "small": (*edges(domain)[:1], *edges(domain)),
        "large": (*large(domain)[:1], *large(domain)),
    }[palette]
    return np.resize(np.array(own if len(own) else ordinary), 256)


def _within(domain: Domain, numbers: Any) -> tuple[float, ...]:
    return tuple(x for x in numbers if domain.holds(x))


def simple(domain: Domain) -> tuple[float, ...]:
    """Small whole numbers, halves and quarters: where zeros and ties are frequent."""
    return _within(domain, _SIMPLE) or tuple(_ordinary(domain)[:8])


def edges(domain: Domain) -> tuple[float, ...]:
    """Numbers near 0, near the ends of the domain and near the points it avoids, a few of each decade."""
    near = [d for d in _DECADES if d >= 1e-8 or domain.low < -d]
    from_low = [domain.low + d * max(1.0, abs(domain.low)) for d in near if np.isfinite(domain.low)]
    from_high = [domain.high - d * max(1.0, abs(domain.high)) for d in near if np.isfinite(domain.high)]
    around = [s * d for d in _DECADES for s in (1.0, -1.0) if np.isinf(domain.high - domain.low)]
    beside = [p + s * d for p in domain.avoid if p for d in near[:5] for s in (1.0, -1.0)]
    return _within(domain, dict.fromkeys([*around, *from_low, *from_high, *beside]))


def large(domain: Domain) -> tuple[float, ...]:
    """Numbers up to 300, in magnitude; none for a domain that is bounded."""
    return _within(domain, [s * x for x in _LARGE for s in (1.0, -1.0)])


def special(domain: Domain) -> tuple[float, ...]:
    """What a sweep tries one by one: simple numbers, edges, large ones, and the ends that belong to it."""
    if domain.choices:
        return tuple(map(float, domain.choices))
    ends = [end for end in (domain.low, domain.high) if domain.closed and np.isfinite(end)]
    beyond = _within(domain, (600.0, -600.0, 800.0, -800.0))  # where e^x overflows
    found = (*simple(domain)[:10], *edges(domain), *large(domain), *beyond, *ends)
    return tuple(dict.fromkeys(found))


def _ordinary(domain: Domain) -> Any:
    """192 numbers of size about one, spread evenly, a distance from the ends and the points avoided."""
    low, high = max(domain.low, min(-2.5, domain.high - 5.0)), min(domain.high, max(2.5, domain.low + 5.0))
    margin = 0.04 * (high - low)
    spread = (np.arange(1, 193) * _GOLDEN) % 1.0
    x = np.round(low + margin + (high - low - 2 * margin) * spread, 4 if high - low > 0.1 else 9)
    for point in domain.avoid:
        x = np.where(np.abs(x - point) < 0.1, x + np.where(x < point, -0.1, 0.1), x)
    return x if low >= 0 or high <= 0 else _alternating(x)


def _alternating(x: Any) -> Any:
    """Negative and positive in turn, as in the other tables: a number shrinks to one of its sign."""
    positive, negative = x[x > 0], x[x <= 0]
    n = min(len(positive), len(negative))
    return np.stack([negative[:n], positive[:n]], axis=1).ravel()
