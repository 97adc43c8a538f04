"""Shapes and places: reshaping, joining, indexing; every entry goes somewhere, its gradient comes back."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.operation import answer, case, install, op
from autograd_lite.ops.reductions import axes_of
from autograd_lite.typing import Shape

_ALL = slice(None)


@op(
    "reshape",
    numpy=np.reshape,
    samples=(case((2, 3), shape=(3, 2)), case((2, 3), shape=-1), case((), shape=(1, 1))),
)
def reshape(x: Any, shape: Any = -1) -> Any:
    """The entries of x in row-major order with another `shape`; one length may be -1."""
    return x.reshape(shape)


@reshape.gradient("x", "reshape back")
def _(g: Any, y: Any, x: Any, shape: Any) -> Any:
    return g.reshape(x.shape)


@op(
    "transpose",
    numpy=np.transpose,
    samples=(case((2, 3)), case((2, 3, 4), axes=(1, 2, 0)), case((2, 3, 4), axes=(-1, 0, 1))),
)
def transpose(x: Any, axes: Any = None) -> Any:
    """Axes in another order, reversed when none is given, as `np.transpose`."""
    return x.transpose(axes)


@transpose.gradient("x", "transpose back")
def _(g: Any, y: Any, x: Any, axes: Any) -> Any:
    if axes is None:
        return g.transpose()
    return g.transpose(tuple(int(i) for i in np.argsort([a % x.ndim for a in axes])))


@op(
    "swapaxes",
    numpy=np.swapaxes,
    method="swapaxes",
    samples=(case((2, 3, 4), axis1=0, axis2=-1), case((2, 3), axis1=0, axis2=1)),
)
def swapaxes(x: Any, axis1: int = 0, axis2: int = 1) -> Any:
    """Two axes exchanged, as `np.swapaxes`."""
    return x.swapaxes(axis1, axis2)


@swapaxes.gradient("x", "swap back")
def _(g: Any, y: Any, x: Any, axis1: int, axis2: int) -> Any:
    return g.swapaxes(axis1, axis2)


@op(
    "moveaxis",
    numpy=np.moveaxis,
    samples=(
        case((2, 3, 4), source=0, destination=-1),
        case((2, 3, 4), source=(0, 1), destination=(2, 0)),
    ),
)
def moveaxis(x: Any, source: Any = 0, destination: Any = -1) -> Any:
    """Axes moved to other places, the others in order, as `np.moveaxis`."""
    return np.moveaxis(x, source, destination)


@moveaxis.gradient("x", "move back")
def _(g: Any, y: Any, x: Any, source: Any, destination: Any) -> Any:
    return np.moveaxis(g, destination, source)


@op(
    "expand",
    numpy=np.expand_dims,
    samples=(case((2, 3), axis=1), case((3,), axis=(0, -1)), case((), axis=0)),
)
def expand_dims(x: Any, axis: Any = 0) -> Any:
    """New axes of length 1, as `np.expand_dims`."""
    return np.expand_dims(x, axis)


@expand_dims.gradient("x", "squeeze back")
def _(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return g.reshape(x.shape)


@op(
    "squeeze",
    numpy=np.squeeze,
    method="squeeze",
    samples=(case((1, 3, 1)), case((2, 1, 3), axis=1)),
)
def squeeze(x: Any, axis: Any = None) -> Any:
    """Without the axes of length 1, or without those named, as `np.squeeze`."""
    return x.squeeze(axis)


@squeeze.gradient("x", "expand back")
def _(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return g.reshape(x.shape)


@op(
    "broadcast",
    numpy=np.broadcast_to,
    samples=(case((3,), shape=(2, 3)), case((2, 1), shape=(2, 3)), case((), shape=(2,))),
)
def broadcast_to(x: Any, shape: Any = ()) -> Any:
    """Repeated along axes of length 1 to a larger `shape`, as `np.broadcast_to`."""
    return np.broadcast_to(x, shape)


@broadcast_to.gradient("x", "× 1")
def _(g: Any, y: Any, x: Any, shape: Any) -> Any:
    return g


@op(
    "concat",
    samples=(case((2, 3), (1, 3)), case((2, 1), (2, 3), axis=-1), case((2,), (2, 2), axis=None)),
)
def concatenate(*arrays: Any, axis: int | None = 0) -> Any:
    """The `arrays` joined along an existing axis, or flattened and joined when axis is None."""
    return np.concatenate(arrays, axis=axis)


@concatenate.gradient("arrays", "its part")
def _(g: Any, y: Any, *arrays: Any, index: int, axis: int | None) -> Any:
    before, x = arrays[:index], arrays[index]
    if axis is None:
        start = sum(a.size for a in before)
        return g[start : start + x.size].reshape(x.shape)
    axis %= x.ndim
    start = sum(a.shape[axis] for a in before)
    return g[(_ALL,) * axis + (slice(start, start + x.shape[axis]),)]


@op("stack", samples=(case((2, 3), (2, 3)), case((3,), (3,), axis=-1), case((), ())))
def stack(*arrays: Any, axis: int = 0) -> Any:
    """The `arrays`, of one shape, joined along a new axis."""
    return np.stack(arrays, axis=axis)


@stack.gradient("arrays", "its slice")
def _(g: Any, y: Any, *arrays: Any, index: int, axis: int) -> Any:
    return g[(_ALL,) * (axis % g.ndim) + (index,)]


@answer(np.concatenate)
def _concatenate(arrays: Any, axis: int | None = 0) -> Any:
    return concatenate(*arrays, axis=axis)


@answer(np.stack)
def _stack(arrays: Any, axis: int = 0) -> Any:
    return stack(*arrays, axis=axis)


@op("flip", numpy=np.flip, samples=(case((2, 3)), case((2, 3), axis=0), case((2, 3), axis=(0, -1))))
def flip(x: Any, axis: Any = None) -> Any:
    """Entries in reverse order along axes, or along all, as `np.flip`."""
    return np.flip(x, axis)


@flip.gradient("x", "flip back")
def _(g: Any, y: Any, x: Any, axis: Any) -> Any:
    return np.flip(g, axis)


@op(
    "tile",
    numpy=np.tile,
    samples=(case((3,), reps=2), case((2, 1), reps=(2, 1, 3)), case((), reps=(2,))),
)
def tile(x: Any, reps: Any = 1) -> Any:
    """The whole of x repeated along each axis, as often as `reps` says, as `np.tile`."""
    return np.tile(x, reps)


@tile.gradient("x", "sum of the copies")
def _(g: Any, y: Any, x: Any, reps: Any) -> Any:
    lengths = (1,) * (y.ndim - x.ndim) + x.shape
    blocks = [(total // n if n else 0, n) for total, n in zip(y.shape, lengths, strict=True)]
    split = g.reshape([length for block in blocks for length in block])
    return split.sum(axis=tuple(range(0, 2 * y.ndim, 2))).reshape(x.shape)


@op("astype", method="astype", samples=(case((2, 3), dtype=np.float64),))
def astype(x: Any, dtype: Any = np.float64) -> Any:
    """The values of x in another floating-point dtype; the gradient comes back in the old one.

    In an integer or boolean dtype the result is a constant.
    """
    return x.astype(dtype)


@astype.gradient("x", "× 1")
def _(g: Any, y: Any, x: Any, dtype: Any) -> Any:
    return g.astype(x.dtype)


@answer(method="reshape")
def _reshape(x: Any, *shape: int | Shape) -> Any:
    """As `np.reshape`: `t.reshape(2, 3)` or `t.reshape((2, 3))`; one length may be -1."""
    return reshape(x, shape[0] if len(shape) == 1 else shape)


@answer(method="transpose")
def _transpose(x: Any, *axes: int | Shape) -> Any:
    """As `np.transpose`: `t.transpose(1, 0)` or `t.transpose((1, 0))`; reversed when none is given."""
    return transpose(x, (axes[0] if len(axes) == 1 else axes) or None)


@answer(np.ravel, method="ravel")
def ravel(x: Any) -> Any:
    """All entries of x along one axis, in row-major order."""
    return reshape(x, -1)


@answer(method="flatten")
def _flatten(x: Any) -> Any:
    """All entries of x along one axis, in row-major order; as `ravel`."""
    return reshape(x, -1)


@answer(np.split)
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """A list of parts of x along an axis, as `np.split`: so many equal ones, or cut before indices."""
    (axis,) = axes_of(axis, x.ndim)
    parts = np.split(np.arange(x.shape[axis]), indices_or_sections)
    slices = [slice(int(part[0]), int(part[-1]) + 1) if part.size else slice(0) for part in parts]
    return [x[(_ALL,) * axis + (part,)] for part in slices]


install("T", property(transpose, doc="Axes reversed."))
install("mT", property(lambda x: swapaxes(x, -1, -2), doc="The last two axes exchanged."))
