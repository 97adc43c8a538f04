"""Reshaping, reordering and joining: every entry keeps its value and gets its gradient back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd_lite.operation import case, composition, implements, install, op
from autograd_lite.typing import Axis, DTypeLike, Shape

_ALL = slice(None)


@op(
    "reshape",
    numpy=np.reshape,
    samples=(case((2, 3), shape=(3, 2)), case((2, 3), shape=-1), case((), shape=(1, 1))),
)
def reshape(x, shape: int | Shape = -1):
    """The entries of x in row-major order with another `shape`; one length may be -1."""
    y = x.reshape(shape)
    return y if y.shape else y[()]


@reshape.gradient("x", "reshape back")
def _(g, y, x, shape):
    return g.reshape(x.shape)


@op(
    "transpose",
    numpy=np.transpose,
    samples=(case((2, 3)), case((2, 3, 4), axes=(1, 2, 0)), case((2, 3, 4), axes=(-1, 0, 1))),
)
def transpose(x, axes: Any = None):
    """The axes of x in another order, as `np.transpose`; reversed by default."""
    return x.transpose(axes)


@transpose.gradient("x", "transpose back")
def _(g, y, x, axes):
    if axes is None:
        return g.transpose()
    return g.transpose(tuple(int(i) for i in np.argsort([a % x.ndim for a in axes])))


@op(
    "broadcast",
    numpy=np.broadcast_to,
    samples=(case((3,), shape=(2, 3)), case((2, 1), shape=(2, 3)), case((), shape=(2,))),
)
def broadcast_to(x, shape: int | Shape = ()):
    """x repeated along axes of length 1 to a larger `shape`, as `np.broadcast_to`."""
    return np.broadcast_to(x, shape)


@broadcast_to.gradient("x", "× 1")
def _(g, y, x, shape):
    return g


@op("concat", samples=(case((2, 3), (1, 3)), case((2, 1), (2, 3), axis=-1), case((2,), (2, 2), axis=None)))
def concatenate(*arrays, axis: int | None = 0):
    """The `arrays` joined along an existing axis, or flattened and joined if axis is None."""
    return np.concatenate(arrays, axis=axis)


@concatenate.gradient("arrays", "its part")
def _(g, y, *arrays, index, axis):
    before = arrays[:index]
    x = arrays[index]
    if axis is None:
        start = sum(a.size for a in before)
        return g[start : start + x.size].reshape(x.shape)
    axis %= x.ndim
    start = sum(a.shape[axis] for a in before)
    return g[(_ALL,) * axis + (slice(start, start + x.shape[axis]),)]


@op("stack", samples=(case((2, 3), (2, 3)), case((3,), (3,), axis=-1), case((), ())))
def stack(*arrays, axis: int = 0):
    """The `arrays`, of one shape, joined along a new axis."""
    return np.stack(arrays, axis=axis)


@stack.gradient("arrays", "its slice")
def _(g, y, *arrays, index, axis):
    return g[(_ALL,) * (axis % g.ndim) + (index,)]


_MOST = 64  # inputs of one op: the gradient rule of each input takes all of them


@implements(np.concatenate)
def _concatenate(arrays, axis: int | None = 0):
    arrays = list(arrays)
    while len(arrays) > _MOST:
        arrays = [concatenate(*arrays[i : i + _MOST], axis=axis) for i in range(0, len(arrays), _MOST)]
    return concatenate(*arrays, axis=axis)


@implements(np.stack)
def _stack(arrays, axis: int = 0):
    arrays = list(arrays)
    parts = [stack(*arrays[i : i + _MOST], axis=axis) for i in range(0, len(arrays) or 1, _MOST)]
    return parts[0] if len(parts) == 1 else _concatenate(parts, axis)


@op("astype", method="astype", samples=(case((2, 3), dtype=np.float64),))
def astype(x, dtype: DTypeLike = np.float64):
    """The values of x in another dtype; the gradient comes back in the old one.

    In an integer or boolean dtype the result is a constant.
    """
    return x.astype(dtype)


@astype.gradient("x", "× 1")
def _(g, y, x, dtype):
    return g.astype(x.dtype)


# NumPy's functions that are one of these operations.


@implements(method="reshape")
def _reshape(x, *shape: int | Shape):
    """The entries of x in another shape: `t.reshape(2, 3)` or `t.reshape((2, 3))`; one length may be -1."""
    return reshape(x, shape[0] if len(shape) == 1 else shape)


@implements(method="transpose")
def _transpose(x, *axes: int | Shape):
    """x with its `axes` in another order, `t.transpose(1, 0)` or `t.transpose((1, 0))`; default: reversed."""
    return transpose(x, (axes[0] if len(axes) == 1 else axes) or None)


@implements(method="flatten")
@implements(np.ravel, method="ravel")
def ravel(x):
    """All entries of x along one axis, in row-major order."""
    return reshape(x, -1)


@composition(np.expand_dims)
def _expand_dims(x, axis):
    return reshape(x, np.expand_dims(np.broadcast_to(0.0, x.shape), axis).shape)


@composition(np.squeeze, method="squeeze")
def _squeeze(x, axis: Axis = None):
    """x without its axes of length 1, or without the given ones, as `np.squeeze`."""
    return reshape(x, np.squeeze(np.broadcast_to(0.0, x.shape), axis).shape)


@composition(np.swapaxes, method="swapaxes")
def swapaxes(x, axis1: int, axis2: int):
    """x with two axes exchanged, as `np.swapaxes`."""
    return transpose(x, np.swapaxes(_axis_numbers(x), axis1, axis2).shape)


@composition(np.moveaxis)
def _moveaxis(x, source, destination):
    return transpose(x, np.moveaxis(_axis_numbers(x), source, destination).shape)


def _axis_numbers(x):
    """Return an array whose lengths are the numbers of the axes of x, so that its shape shows their order."""
    return np.empty(range(x.ndim))


@composition(np.flip)
def _flip(x, axis: Axis = None):
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    return x[tuple(slice(None, None, -1) if i in axes else _ALL for i in range(x.ndim))]


@composition(np.tile)
def _tile(x, reps):
    reps = tuple(int(n) for n in np.atleast_1d(reps))
    reps = (1,) * (x.ndim - len(reps)) + reps
    lengths = (1,) * (len(reps) - x.ndim) + x.shape
    apart = [n for length in lengths for n in (1, length)]
    repeated = [n for pair in zip(reps, lengths, strict=True) for n in pair]
    total = [math.prod(pair) for pair in zip(reps, lengths, strict=True)]
    return reshape(broadcast_to(reshape(x, apart), repeated), total)


@composition(np.split)
def _split(x, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    axis = normalize_axis_index(axis, x.ndim)
    parts = np.split(np.arange(x.shape[axis]), indices_or_sections)
    slices = [slice(int(part[0]), int(part[-1]) + 1) if part.size else slice(0) for part in parts]
    return [x[(_ALL,) * axis + (part,)] for part in slices]


install("T", property(transpose, doc="The axes in reverse order."))
install("mT", property(lambda x: swapaxes(x, -1, -2), doc="The last two axes exchanged."))
