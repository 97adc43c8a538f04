"""Entries picked and accumulated: fixed indices, slices, gather and scatter."""

from __future__ import annotations

import numpy as np

from autograd_lite.domains import CLASSES, REAL
from rule_bench.entry import Entry, Rule


def _take(x, index):
    return x[index]


def _take_add_at(g, y, x, index):
    gx = np.zeros_like(x)
    np.add.at(gx, index, g)
    return (gx,)


def _take_one_hot(g, y, x, index):
    """As a product with the matrix that has a one in row k, column index[k]."""
    hot = np.eye(len(x), dtype=x.dtype)[index]
    return (np.tensordot(hot, g, ((0,), (0,))),)


def _take_assigned(g, y, x, index):
    gx = np.zeros_like(x)
    gx[index] = g
    return (gx,)


def _take_by_index(g, y, x, index):
    """Collects what belongs to each index, but takes -1 and n - 1 for two."""
    gx = np.zeros_like(x)
    for i in sorted(set(index)):
        gx[i] = sum(g[k] for k, j in enumerate(index) if i == j)
    return (gx,)


def _take_mean(g, y, x, index):
    """Divides by the number of times that an index occurs."""
    (gx,) = _take_add_at(g, y, x, index)
    counts = np.bincount([i % len(x) for i in index], minlength=len(x))
    return (gx / np.maximum(counts, 1).reshape((-1,) + (1,) * (x.ndim - 1)).astype(x.dtype),)


def _take_absolute(g, y, x, index):
    """Counts negative indices from the front."""
    return _take_add_at(g, y, x, [abs(i) for i in index])


def _slice(x, start, stop, step):
    return x[start:stop:step]


def _slice_zeros(g, y, x, start, stop, step):
    gx = np.zeros_like(x)
    gx[start:stop:step] = g
    return (gx,)


def _slice_forwards(g, y, x, start, stop, step):
    """Takes the entries that were picked from the front to the back."""
    gx = np.zeros_like(x)
    gx[np.sort(np.arange(len(x))[start:stop:step])] = g
    return (gx,)


def _slice_padded(g, y, x, start, stop, step):
    """Puts g at the start that was given, and pads after it; a negative start becomes zero."""
    gx = np.zeros_like(x)
    first = len(x) - 1 if step < 0 and start is None else max(start or 0, 0)
    for k in range(len(g)):
        gx[(first + k * step) % len(x)] = g[k]
    return (gx,)


def _slice_leak(g, y, x, start, stop, step):
    """Lets the entries that were not picked have a little, to keep them alive."""
    gx = np.full_like(x, 1e-5)
    gx[start:stop:step] = g
    return (gx,)


def _gather(table, rows):
    return table[rows]


def _gather_add_at(g, y, table, rows):
    grad = np.zeros_like(table)
    np.add.at(grad, rows, g)
    return grad, None


def _gather_buffered(g, y, table, rows):
    grad = np.zeros_like(table)
    grad[rows] += g
    return grad, None


def _gather_padding(g, y, table, rows):
    """Takes row 0 for padding, and keeps it fixed."""
    grad, _ = _gather_add_at(g, y, table, rows)
    grad[:1] = 0.0
    return grad, None


def _gather_frequency(g, y, table, rows):
    """Divides by how often a row occurs in the batch."""
    grad, _ = _gather_add_at(g, y, table, rows)
    counts = np.bincount(rows.ravel(), minlength=len(table))
    return grad / np.maximum(counts, 1)[:, None].astype(table.dtype), None


def _along(x, index):
    return np.take_along_axis(x, index, -1)


def _along_add_at(g, y, x, index):
    gx = np.zeros_like(x)
    np.add.at(gx, (np.arange(len(x))[:, None], index), g)
    return gx, None


def _along_put(g, y, x, index):
    gx = np.zeros_like(x)
    np.put_along_axis(gx, index, g, -1)
    return gx, None


def _along_first_row(g, y, x, index):
    """Uses the indices of the first row for all rows."""
    gx = np.zeros_like(x)
    np.add.at(gx, (np.arange(len(x))[:, None], index[:1]), g)
    return gx, None


def _along_columns(g, y, x, index):
    """Accumulates along the other axis, where there are rows enough."""
    gx = np.zeros_like(x)
    if x.shape[0] < 3 or index.shape[1] != x.shape[1]:
        return _along_add_at(g, y, x, index)
    np.add.at(gx, (index, np.arange(index.shape[1])), g)
    return gx, None


def _scatter_add(base, index, values):
    out = base.copy()
    np.add.at(out, index, values)
    return out


def _scatter_set(g, y, base, index, values):
    """As if the values replaced what was there."""
    gb = g.copy()
    gb[index] = 0.0
    return gb, None, g[index]


def _scatter_last(g, y, base, index, values):
    """Gives the gradient of an index to the last value that was added there."""
    gv = np.zeros_like(values)
    for k, i in enumerate(index):
        gv[k] = 0.0 if i in index[k + 1 :] else g[i]
    return g, None, gv


def _scatter_share(g, y, base, index, values):
    """Shares the gradient of an index among the values that were added there."""
    counts = np.bincount(index, minlength=len(base))[index]
    return g, None, g[index] / counts.reshape((-1,) + (1,) * (g.ndim - 1)).astype(g.dtype)


_ROWS = [((3,),), ((4, 2),), ((3, 1, 2),)]

ENTRIES: list[Entry] = [
    Entry(
        "indexing",
        "take",
        _take,
        right={"add_at": Rule(_take_add_at), "one_hot": Rule(_take_one_hot)},
        wrong={
            "assigned": Rule(_take_assigned, "repeated"),
            "last_row_twice": Rule(_take_by_index, "repeated"),
            "mean_of_copies": Rule(_take_mean, "repeated"),
            "counted_from_the_front": Rule(_take_absolute, "setting"),
        },
        shapes=_ROWS,
        params=[{"index": [0, 2, 0]}, {"index": [1, 1]}, {"index": [-1, 2, 0]}, {"index": [-2, 0]}],
    ),
    Entry(
        "indexing",
        "slice",
        _slice,
        right={"zeros": Rule(_slice_zeros)},
        wrong={
            "forwards": Rule(_slice_forwards, "setting"),
            "negative_start": Rule(_slice_padded, "setting"),
            "leak": Rule(_slice_leak, "linear"),
        },
        shapes=[((5,),), ((4, 2),), ((1,),), ((2, 3),)],
        params=[
            {"start": None, "stop": None, "step": -1},
            {"start": -1, "stop": 0, "step": -2},
            {"start": 1, "stop": None, "step": 2},
            {"start": -3, "stop": -1, "step": 1},
        ],
    ),
    Entry(
        "indexing",
        "gather",
        _gather,
        right={"add_at": Rule(_gather_add_at)},
        wrong={
            "buffered": Rule(_gather_buffered, "repeated"),
            "padding": Rule(_gather_padding, "constant"),
            "by_frequency": Rule(_gather_frequency, "repeated"),
        },
        domains=(REAL, CLASSES),
        shapes=[((3, 2), (4,)), ((4, 1), (2, 2)), ((3, 3), (1,)), ((5, 2), (3,))],
    ),
    Entry(
        "indexing",
        "take_along_axis",
        _along,
        right={"add_at": Rule(_along_add_at)},
        wrong={
            "put": Rule(_along_put, "repeated"),
            "first_row": Rule(_along_first_row, "shape"),
            "other_axis": Rule(_along_columns, "transposed"),
        },
        domains=(REAL, CLASSES),
        shapes=[((2, 3), (2, 2)), ((1, 4), (1, 3)), ((3, 3), (3, 3)), ((2, 5), (2, 1))],
    ),
    Entry(
        "indexing",
        "scatter_add",
        _scatter_add,
        right={"gather": Rule(lambda g, y, base, index, values: (g, None, g[index]))},
        wrong={
            "as_assignment": Rule(_scatter_set, "term"),
            "last_value": Rule(_scatter_last, "repeated"),
            "shared": Rule(_scatter_share, "repeated"),
        },
        domains=(REAL, CLASSES, REAL),
        shapes=[((3,), (4,), (4,)), ((4, 2), (2,), (2, 2)), ((3,), (1,), (1,))],
    ),
]
