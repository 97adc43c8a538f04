"""Indexing, repetition and borders: an entry that is taken several times gets the sum of its gradients."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.operation import case, composition, implements, op
from autograd_lite.ops.shapes import ravel
from autograd_lite.protocol import AbstractArray, primitive
from autograd_lite.typing import Index

_ALL = slice(None)
_MASK = np.array([[True, False, True], [False, True, False]])
_INDEXED_MODES = ("edge", "reflect", "symmetric", "wrap")


def _written(index: Any) -> str:
    """An index as code: `:, 2`, `::-1`, `mask`."""
    if isinstance(index, tuple):
        return ", ".join(map(_written, index))
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop, index.step)]
        return ":".join(ends[:2] if index.step is None else ends)
    if index is Ellipsis:
        return "..."
    if index is None or isinstance(index, int | np.integer):
        return str(index)
    return "mask" if np.dtype(bool) == getattr(index, "dtype", None) else "indices"


@op(
    "[ ]",
    formula=lambda y: f"{{x}}[{_written(y.settings['index'])}]",
    selects=True,
    samples=(
        case((3, 4), index=(slice(None), slice(None, None, -2))),
        case((3, 4), index=(1, None, Ellipsis)),
        case((4,), index=np.array([0, -1, 0, 2])),
        case((3, 4), index=(np.array([0, 0, 2]), np.array([1, 1, 3]))),
        case((2, 3), index=_MASK),
    ),
)
def getitem(x, index: Any = ()):
    """x[index]: slices, integers, None, integer and boolean arrays; repeated indices add up."""
    return x[index]


@getitem.gradient("x", "back to its place")
def _(g, y, x, index):
    return scatter(g, index=index, shape=x.shape)


@op(
    "scatter",
    samples=(
        case((3,), index=np.array([0, 4, 0]), shape=(5,)),
        case((2,), index=slice(2), shape=(3,)),
    ),
)
def scatter(x, index: Any = (), shape: Any = ()):
    """Zeros of `shape` with x added at `index`: the transpose of indexing."""
    parts = index if isinstance(index, tuple) else (index,)
    return placed(x, index=index, shape=shape, adds=not all(map(_at_most_once, parts)))


@scatter.gradient("x", "its part")
def _(g, y, x, index, shape):
    return g[index]


@primitive
def placed(x, index: Any, shape: Any, adds: bool):
    """Return zeros with x written, or added, at an index."""
    out = np.zeros(shape, x.dtype)
    if adds:
        np.add.at(out, index, x)
    else:
        out[index] = x
    return out


def _at_most_once(part: Any) -> bool:
    """Return True if this part of an index cannot take an entry twice."""
    if isinstance(part, AbstractArray):
        return False
    basic = isinstance(part, int | np.integer | slice | EllipsisType) or part is None
    return basic or np.asarray(part).dtype.kind == "b"


@implements(method="__getitem__")
def _index(x, index: Index):
    """The entries at an index, as in NumPy: slices, integers, None, integer and boolean arrays."""
    if isinstance(index, tuple):
        return getitem(x, index=tuple(map(_unwrapped, index)))
    return getitem(x, index=_unwrapped(index))


def _unwrapped(part: Any) -> Any:
    """Return a part of an index as NumPy takes it: a tensor is its data. A setting is copied by the call."""
    return part.data if hasattr(part, "requires_grad") else part


@composition(np.take, method="take")
def take(x, indices, axis: int | None = None):
    """Entries of the flattened x, or slices along an axis, by integer indices, as `np.take`."""
    if axis is None or x.ndim == 0:
        x, axis = ravel(x), 0
    axis = normalize_axis_index(axis, x.ndim)
    if not isinstance(indices, AbstractArray):
        indices = np.arange(x.shape[axis]).take(indices)  # checked, and booleans as the integers 0 and 1
    return x[(_ALL,) * axis + (indices,)]


@composition(np.repeat, method="repeat")
def _repeat(x, repeats, axis: int | None = None):
    """Each entry of the flattened x, or each slice along an axis, repeated, as `np.repeat`."""
    if axis is None or x.ndim == 0:
        x, axis = ravel(x), 0
    axis = normalize_axis_index(axis, x.ndim)
    return take(x, np.arange(x.shape[axis]).repeat(repeats), axis)


def _check_mode(op, inputs, values, settings):
    mode = settings["mode"]
    if mode not in ("constant", *_INDEXED_MODES):
        raise ValueError(
            f"pad: mode={mode!r} has no gradient here; use {', '.join(('constant', *_INDEXED_MODES))}"
        )


@op(
    "pad",
    numpy=np.pad,
    check=_check_mode,
    samples=(
        case((2, 3), pad_width=1),
        case((3,), pad_width=(2, 0), constant_values=4.0),
        case((2, 3), pad_width=((0, 1), (2, 1)), mode="edge"),
        case((4,), pad_width=2, mode="reflect"),
    ),
)
def pad(x, pad_width: Any = 0, mode: str = "constant", *, constant_values: Any = 0):
    """x with a border, as `np.pad`: a constant, or its own entries by "edge", "reflect", "symmetric", "wrap".

    Raises ValueError for another `mode`.
    """
    options = {"constant_values": constant_values} if mode == "constant" else {}
    return np.pad(x, pad_width, mode, **options)


def _border(y) -> str:
    """Return the local derivative: a constant border has no gradient, another adds to what it copies."""
    return "without the border" if y.settings["mode"] == "constant" else "sum of the copies"


@pad.gradient("x", "without the border", _border)
def _(g, y, x, pad_width, mode, constant_values):
    options = {"constant_values": -1} if mode == "constant" else {}
    source = np.pad(np.arange(x.size).reshape(x.shape), pad_width, mode, **options)
    inside = source >= 0
    return scatter(g[inside], index=source[inside], shape=(x.size,)).reshape(x.shape)
