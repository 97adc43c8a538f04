"""What pictures ask of data, refused in words that name the function, the argument and the remedy."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.tensor import Tensor


def features(told: str, X: Any, columns: int | None = None) -> Any:
    """X as a float64 array (n, columns) of finite numbers with at least one row."""
    array = np.asarray(X.numpy() if isinstance(X, Tensor) else X)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{told}: X has dtype {array.dtype}; pass an array of numbers")
    if array.ndim != 2 or len(array) == 0 or array.shape[1] != (columns or array.shape[1]):
        wanted = f"{columns} columns: choose two, such as X[:, [0, 1]]" if columns else "a column per feature"
        raise ValueError(
            f"{told}: X has shape {array.shape}; it needs a row for each example, at least one, and {wanted}"
        )
    if what := errors.non_finite(array):
        raise ValueError(f"{told}: X is not finite: {what}; remove or replace such examples")
    return array.astype(float)


def labels(told: str, y: Any, n: int) -> Any:
    """y as an array of shape (n,), one label for each row of X."""
    array = np.asarray(y.numpy() if isinstance(y, Tensor) else y)
    if array.shape != (n,):
        raise ValueError(
            f"{told}: y has shape {array.shape} and X has {n} rows; give one label for each, "
            f"in the shape ({n},)"
        )
    return array


def binary(told: str, y: Any, n: int) -> Any:
    """y as a float64 array (n,) of the labels 0 and 1."""
    array = labels(told, y, n)
    bad = ~np.isin(array, (0, 1))
    if bad.any():
        raise ValueError(
            f"{told}: y{errors.first(bad)} is {array[bad].tolist()[0]!r}; its labels must be 0 and 1: "
            "for one class against the others pass (y == that_class).astype(float)"
        )
    return array.astype(float)


def two_names(told: str, names: Any) -> list[str]:
    """The names of two features or weights."""
    found = [str(name) for name in names]
    if isinstance(names, str) or len(found) != 2:
        raise ValueError(f"{told}: names is {names!r}; give two names, such as ('length', 'width')")
    return found
