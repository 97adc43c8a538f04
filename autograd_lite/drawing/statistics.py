"""What a card tells of an array: shape, extremes, norm and its first entries; at most 32 of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.drawing.text import number

ROWS, COLUMNS = 4, 8


class Statistics(NamedTuple):
    """An array in a few numbers; `rows` are its first entries, `scale` the largest of all in size."""

    shape: tuple[int, ...]
    size: int
    rows: tuple[tuple[float, ...], ...]
    low: float
    high: float
    norm: float
    scale: float


def statistics(data: Any) -> Statistics:
    """The statistics of an array or a number; extremes and scale leave out what is not finite."""
    array = np.asarray(data)
    entries = array.ravel().astype(float)
    finite = entries[np.isfinite(entries)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)
    with np.errstate(all="ignore"):
        norm = float(np.linalg.norm(entries))
    scale = max(abs(low), abs(high)) if finite.size else 0.0
    return Statistics(array.shape, array.size, _corner(array, entries), low, high, norm, scale)


def extremes(told: Statistics) -> str:
    """The smallest and the largest finite entry, or the one they both are."""
    if told.size == 0:
        return "empty"
    low, high = number(told.low), number(told.high)
    return low if low == high else f"{low} … {high}"


def _corner(array: Any, entries: Any) -> tuple[tuple[float, ...], ...]:
    """The first entries as rows: the corner of a matrix, the start of anything else."""
    if array.ndim >= 2 and array.shape[-1] > 1 and array.size:
        rows = entries.reshape(-1, array.shape[-1])[:ROWS, :COLUMNS]
    else:
        rows = entries[None, :COLUMNS]
    return tuple(tuple(float(x) for x in row) for row in rows)
