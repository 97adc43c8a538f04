"""Names for the types in public signatures: arrays, axes, shapes, indices, settings."""

from collections.abc import Sequence
from types import EllipsisType
from typing import Any, Literal, Protocol, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

__all__ = [
    "Array",
    "ArrayLike",
    "Axis",
    "DTypeLike",
    "FloatArray",
    "Index",
    "Number",
    "Reduction",
    "Seed",
    "Shape",
    "SupportsArray",
]

Array: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[Any]]
"""A NumPy array of any shape and dtype, the same type as `numpy.typing.NDArray[Any]`."""

FloatArray: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]
"""An array of float64. A type checker knows `X @ w` for a Tensor w only if it knows the dtype of X."""

Number: TypeAlias = float | np.number[Any] | np.bool
"""A real number: one of Python's or one of NumPy's, integers and booleans included."""


class SupportsArray(Protocol):
    """An array, or an object that NumPy converts to one, such as a pandas Series; not a Tensor."""

    def __array__(self) -> Array:
        """The values as a NumPy array."""
        ...


_Row: TypeAlias = Sequence[Number | SupportsArray]

ArrayLike: TypeAlias = Number | SupportsArray | _Row | Sequence[_Row] | Sequence[Sequence[_Row]]
"""A number, an array, or lists of them, as ops take besides tensors. A string is not one."""

Axis: TypeAlias = int | tuple[int, ...] | None
"""The axes of a reduction: one axis, a tuple of axes, or None for all."""

Shape: TypeAlias = tuple[int, ...]
"""The length of each axis."""

_IndexPart: TypeAlias = SupportsIndex | slice | EllipsisType | SupportsArray | Sequence[int] | None

Index: TypeAlias = _IndexPart | tuple[_IndexPart, ...]
"""An index of a tensor in brackets, `t[...]`: the same as in NumPy."""

Reduction: TypeAlias = Literal["mean", "sum", "none"]
"""The reduction of a loss over its elements: their mean, their sum, or "none" for an array of them."""

Seed: TypeAlias = "int | np.random.Generator | None"
"""A source of random numbers: a seed, a generator, or None for the default generator (`ag.seed`)."""
