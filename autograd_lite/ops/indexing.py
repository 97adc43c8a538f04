"""Indexing and repetition: an entry taken several times gets the sum of its gradients."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np

from autograd_lite.operation import answer, case, op
from autograd_lite.protocol import AbstractArray, primitive
from autograd_lite.typing import Index

_ALL = slice(None)
_MASK = np.array([[True, False, True], [False, True, False]])
_INDEXED_MODES = ("edge", "reflect", "symmetric", "wrap")


@op(
    "[ ]",
    samples=(
        case((3, 4), index=(slice(None), slice(None, None, -2))),
        case((3, 4), index=(1, None, Ellipsis)),
        case((4,), index=np.array([0, -1, 0, 2])),
        case((3, 4), index=(np.array([0, 0, 2]), np.array([1, 1, 3]))),
        case((2, 3), index=_MASK),
    ),
)  # fmt: skip
def getitem(x: Any, index: Any = ()) -> Any:
    """x[index]: slices, integers, None, integer and boolean arrays; repeated indices add up."""
    return x[index]


@getitem.gradient("x", "back to its place")
def _(g: Any, y: Any, x: Any, index: Any) -> Any:
    return scatter(g, index=index, shape=x.shape)


@op(
    "scatter",
    samples=(
        case((3,), index=np.array([0, 4, 0]), shape=(5,)),
        case((2,), index=slice(2), shape=(3,)),
    ),
)
def scatter(x: Any, index: Any = (), shape: Any = ()) -> Any:
    """Zeros of `shape` with x added at `index`: the transpose of indexing."""
    parts = index if isinstance(index, tuple) else (index,)
    return placed(x, index=index, shape=shape, adds=not all(map(_at_most_once, parts)))


@primitive
def placed(x: Any, index: Any, shape: Any, adds: bool) -> Any:
    """Zeros with x written, or added, at an index: the one forward that writes into what it makes."""
    out = np.zeros(shape, x.dtype)
    if adds:
        np.add.at(out, index, x)
    else:
        out[index] = x
    return out


def _at_most_once(part: Any) -> bool:
    """Whether this part of an index can take no entry twice."""
    if isinstance(part, AbstractArray):
        return False
    basic = isinstance(part, int | np.integer | slice | EllipsisType) or part is None
    return basic or np.asarray(part).dtype.kind == "b"


@scatter.gradient("x", "its part")
def _(g: Any, y: Any, x: Any, index: Any, shape: Any) -> Any:
    return g[index]


@op("take", numpy=np.take, method="take", samples=(
    case((4,), indices=np.array([[0, 3], [-1, 0]])), case((2, 3), indices=np.array([2, 2]), axis=1),
    case((2, 3), indices=np.array([0, -1, 0])), case((2, 3), indices=1, axis=0),
))  # fmt: skip
def take(x: Any, indices: Any = 0, axis: int | None = None) -> Any:
    """Entries (axis None: of the flattened x), or slices along an axis, by integer indices."""
    return x.take(indices, axis=axis)


@take.gradient("x", "back to its place")
def _(g: Any, y: Any, x: Any, indices: Any, axis: int | None) -> Any:
    return _put_back(g, x, indices, axis)


def _put_back(g: Any, x: Any, indices: Any, axis: int | None) -> Any:
    """The gradient of entries or slices of x taken by integer indices along an axis."""
    if axis is None:
        return scatter(g, index=np.asarray(indices), shape=(x.size,)).reshape(x.shape)
    return scatter(g, index=(_ALL,) * (axis % x.ndim) + (np.asarray(indices),), shape=x.shape)


@op("repeat", numpy=np.repeat, method="repeat", samples=(
    case((2, 3), repeats=2), case((2, 3), repeats=3, axis=-1),
    case((3,), repeats=np.array([0, 2, 1]), axis=0),
))  # fmt: skip
def repeat(x: Any, repeats: Any = 1, axis: int | None = None) -> Any:
    """Each entry (axis None: of the flattened x), or slice along an axis, repeated, as `np.repeat`."""
    return x.repeat(repeats, axis=axis)


@repeat.gradient("x", "sum of the copies")
def _(g: Any, y: Any, x: Any, repeats: Any, axis: int | None) -> Any:
    count = x.size if axis is None else x.shape[axis]
    return _put_back(g, x, np.repeat(np.arange(count), repeats), axis)


def _known_mode(op: Any, inputs: Any, values: Any, settings: Any) -> None:
    mode = settings["mode"]
    if mode not in ("constant", *_INDEXED_MODES):
        raise ValueError(
            f"pad: mode={mode!r} has no gradient here; use {', '.join(('constant', *_INDEXED_MODES))}"
        )


@op("pad", numpy=np.pad, check=_known_mode, samples=(
    case((2, 3), pad_width=1), case((3,), pad_width=(2, 0), constant_values=4.0),
    case((2, 3), pad_width=((0, 1), (2, 1)), mode="edge"), case((4,), pad_width=2, mode="reflect"),
))  # fmt: skip
def pad(x: Any, pad_width: Any = 0, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """x with a border, as `np.pad`: a constant, or its own entries by "edge", "reflect", "symmetric", "wrap".

    Another `mode` is a ValueError.
    """
    options = {"constant_values": constant_values} if mode == "constant" else {}
    return np.pad(x, pad_width, mode, **options)  # type: ignore[call-overload]


def _border(y: Any) -> str:
    """Where the gradient of a border goes: nowhere from a constant one, else to the entries copied there."""
    return "without the border" if y.settings["mode"] == "constant" else "sum of the copies"


@pad.gradient("x", "without the border", _border)
def _(g: Any, y: Any, x: Any, pad_width: Any, mode: str, constant_values: Any) -> Any:
    options = {"constant_values": -1} if mode == "constant" else {}
    source = np.pad(np.arange(x.size).reshape(x.shape), pad_width, mode, **options)  # type: ignore[call-overload]
    inside = source >= 0
    return scatter(g[inside], index=source[inside], shape=(x.size,)).reshape(x.shape)


@answer(method="__getitem__")
def _index(x: Any, index: Index) -> Any:
    """x[index], with NumPy's indices: slices, integers, None, integer and boolean arrays."""
    return getitem(x, index=tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index))


def _plain(part: Any) -> Any:
    """A part of an index as NumPy takes it: arrays copied, a constant tensor as its data."""
    part = part.data if hasattr(part, "requires_grad") else part
    return part.copy() if isinstance(part, np.ndarray) else part
