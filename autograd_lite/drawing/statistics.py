"""What a card tells of an array: shape, extremes, norm and its first entries; at most 32 of them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.drawing.text import number

ROWS, COLUMNS = 4, 8
LEVELS = 16  # shades of a heat cell on either side of zero
_PRINTED = 6  # up to so many entries are written out

Levels = tuple[tuple[int | None, ...], ...]


class Statistics(NamedTuple):
    """An array in a few numbers; `rows` are its first entries, `scale` the largest of all in size.

    `low` and `high` are of the entries that are numbers or infinite, `mean` and `deviation` of the finite
    ones; nan where there are none.
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
    finite = entries[np.isfinite(entries)]
    low, high, mean, deviation = (math.nan,) * 4
    known = entries[~np.isnan(entries)]
    if known.size:
        low, high = float(known.min()), float(known.max())
    with np.errstate(all="ignore"):
        if finite.size:
            mean, deviation = float(finite.mean()), float(finite.std())
    return Statistics(
        shape=array.shape, dtype=str(array.dtype), size=array.size, rows=_corner(array, entries), low=low,
        high=high, mean=mean, deviation=deviation, norm=norm_of(entries),
        scale=float(np.abs(finite).max(initial=0.0)),
        zeros=array.size - int(np.count_nonzero(entries)), not_finite=array.size - finite.size,
    )  # fmt: skip


def norm_of(entries: Any) -> float:
    """The Euclidean norm of an array, which neither overflows nor underflows on the way."""
    flat = np.asarray(entries, float).ravel()
    scale = float(np.abs(flat).max(initial=0.0))
    if not 0 < scale < math.inf:
        return scale
    with np.errstate(all="ignore"):
        return scale * float(np.linalg.norm(flat / scale))


def _corner(array: Any, entries: Any) -> tuple[tuple[float, ...], ...]:
    """The first entries as rows: the corner of a matrix, the start of anything else."""
    if array.ndim >= 2 and array.shape[-1] > 1 and array.size:
        rows = entries.reshape(-1, array.shape[-1])[:ROWS, :COLUMNS]
    else:
        rows = entries[None, :COLUMNS]
    return tuple(tuple(row) for row in rows.tolist())


def summary(told: Statistics, gradient: bool) -> str:
    """An array in one line: its entries where they are few, else a norm (of a gradient) or extremes."""
    if told.size == 0:
        return "empty"
    if _printed(told):
        return ",  ".join(number(x) for x in told.rows[0])
    return f"norm {number(told.norm)}" if gradient else extremes(told)


def extremes(told: Statistics) -> str:
    """The smallest and the largest entry, or the one they both are."""
    if told.size == 0:
        return "empty"
    low, high = number(told.low), number(told.high)
    return low if low == high else f"{low} … {high}"


def levels(told: Statistics) -> Levels:
    """The first entries as shades from -16, the most negative, over 0 to 16; None is nan.

    No shades where the entries are written out.
    """
    if told.size == 0 or _printed(told):
        return ()
    return tuple(tuple(_level(x, told.scale) for x in row) for row in told.rows)


def _printed(told: Statistics) -> bool:
    return told.size <= _PRINTED and len(told.rows) == 1


def _level(x: float, scale: float) -> int | None:
    """The shade of an entry; whatever is not zero has one, so that a small entry is told from none."""
    if math.isnan(x):
        return None
    part = max(-1.0, min(1.0, x / scale)) if scale else math.copysign(1.0, x) if x else 0.0
    shade = round(LEVELS * abs(part) ** 0.75)  # small entries stay visible
    return int(math.copysign(max(shade, 1), x)) if x else 0
