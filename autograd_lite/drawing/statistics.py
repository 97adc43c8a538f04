"""Statistics of an array for its card: shape, extremes, norm and the first entries, 32 at most."""

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.drawing.text import number

ROWS = 4  # rows of a heat strip, at most
COLUMNS = 8
LEVELS = 16  # shades of a heat cell on either side of zero
_PRINTED = 6  # entries of an array that is written out as numbers, at most


class Statistics(NamedTuple):
    """An array in a few numbers; `scale` is the largest absolute value.

    `rows` are the first entries: the corner of a matrix, the start of any other array.
    `low` and `high` ignore nan; `mean`, `deviation` and `scale` ignore infinities too. They are nan (`scale`
    is 0) if no entry is left.
    """

    shape: tuple[int, ...]
    dtype: str
    size: int
    rows: tuple[tuple[float, ...], ...]
    low: float
    high: float
    mean: float
    deviation: float
    norm: float
    scale: float
    zeros: int
    not_finite: int


def statistics(data: Any) -> Statistics:
    """The statistics of an array or a number."""
    array = np.asarray(data)
    entries = array.ravel().astype(float)
    numbers = entries[~np.isnan(entries)]
    finite = entries[np.isfinite(entries)]
    is_matrix = array.ndim >= 2 and array.shape[-1] > 1 and array.size
    first = entries.reshape(-1, array.shape[-1])[:ROWS] if is_matrix else entries[None]
    with np.errstate(all="ignore"):
        return Statistics(
            shape=array.shape,
            dtype=str(array.dtype),
            size=array.size,
            rows=tuple(tuple(row) for row in first[:, :COLUMNS].tolist()),
            low=float(numbers.min()) if numbers.size else math.nan,
            high=float(numbers.max()) if numbers.size else math.nan,
            mean=float(finite.mean()) if finite.size else math.nan,
            deviation=float(finite.std()) if finite.size else math.nan,
            norm=norm_of(entries),
            scale=float(np.abs(finite).max(initial=0.0)),
            zeros=array.size - int(np.count_nonzero(entries)),
            not_finite=array.size - finite.size,
        )


def norm_of(entries: Any) -> float:
    """The Euclidean norm of an array, computed without overflow or underflow."""
    flat = np.asarray(entries, float).ravel()
    scale = float(np.abs(flat).max(initial=0.0))
    if not 0 < scale < math.inf:
        return scale
    with np.errstate(all="ignore"):
        return scale * float(np.linalg.norm(flat / scale))


def summary(array: Statistics, gradient: bool) -> str:
    """An array in one line: its entries if they are few, else the norm of a gradient, or the extremes."""
    if array.size and _is_printed(array):
        return ",  ".join(number(x) for x in array.rows[0])
    return f"norm {number(array.norm)}" if array.size and gradient else extremes(array)


def extremes(array: Statistics) -> str:
    """The smallest and the largest entry, or one number if they are equal."""
    return interval(array.low, array.high) if array.size else "empty"


def interval(low: float, high: float) -> str:
    """Two numbers as `1.5 … 2`, or one if they are written alike."""
    return " … ".join(dict.fromkeys((number(low), number(high))))


def levels(array: Statistics) -> tuple[tuple[int | None, ...], ...]:
    """The first entries as shades from -16 (the most negative) to 16; None for nan.

    It is empty for an array whose entries are written out.
    """
    if array.size == 0 or _is_printed(array):
        return ()
    return tuple(tuple(_level(x, array.scale) for x in row) for row in array.rows)


def _is_printed(array: Statistics) -> bool:
    return array.size <= _PRINTED and len(array.rows) == 1


def _level(x: float, scale: float) -> int | None:
    """The shade of an entry, or None for nan. Only 0 has shade 0, so a small entry differs from 0."""
    if math.isnan(x):
        return None
    if x == 0:
        return 0
    part = min(abs(x) / scale, 1.0) if scale else 1.0
    shade = round(LEVELS * part**0.75)  # a power below 1, so that small entries stay visible
    return int(math.copysign(max(shade, 1), x))
