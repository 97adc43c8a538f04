"""Checks of the data that pictures show; errors name the function, the argument and a remedy."""

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import no_masked
from autograd_lite.tensor import Tensor


def features(function: str, X: Any, columns: int | None = None) -> np.ndarray:
    """Return X as a float64 array (n, columns). Raises an error if it has no rows or is not finite."""
    X = X.numpy() if isinstance(X, Tensor) else X
    X = X.to_numpy() if hasattr(X, "to_numpy") else X
    no_masked(function, "X", X)
    array = np.asarray(X)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{function}: X has dtype {array.dtype}; pass an array of numbers")
    if array.ndim != 2 or len(array) == 0 or array.shape[1] != (columns or array.shape[1]):
        wanted = f"{columns} columns: choose two, such as X[:, [0, 1]]" if columns else "a column per feature"
        raise ValueError(
            f"{function}: X has shape {array.shape}; it needs a row for each example, at least one, and "
            f"{wanted}"
        )
    if problem := errors.non_finite(array):
        raise ValueError(f"{function}: X is not finite: {problem}; remove or replace such examples")
    return array.astype(float)


def labels(function: str, y: Any, n: int) -> np.ndarray:
    """Return y as an array of shape (n,), one label for each row of X."""
    y = y.numpy() if isinstance(y, Tensor) else y
    y = y.to_numpy() if hasattr(y, "to_numpy") else y
    no_masked(function, "y", y)
    array = np.asarray(y)
    if array.shape != (n,):
        raise ValueError(
            f"{function}: y has shape {array.shape} and X has {n} rows; give one label for each, "
            f"in the shape ({n},)"
        )
    if problem := errors.non_finite(array):
        raise ValueError(f"{function}: y is not finite: {problem}; leave out the rows without a label")
    return array


def of_classes(function: str, y: np.ndarray, classes: Any) -> None:
    """Raise ValueError if a label is not one of the classes of a model; 1 and "1" differ."""
    known = np.asarray(classes).tolist()
    if not set(y.tolist()) <= set(known):
        raise ValueError(
            f"{function}: y has the labels {np.unique(y).tolist()}, the model the classes {known}; "
            "pass labels as the model was fitted with"
        )


def binary_labels(function: str, y: Any, n: int) -> np.ndarray:
    """Return y as a float64 array (n,). Raises ValueError if a label is not 0 or 1."""
    array = labels(function, y, n)
    wrong = ~np.isin(array, (0, 1))
    if wrong.any():
        raise ValueError(
            f"{function}: y{errors.first(wrong)} is {array[wrong].tolist()[0]!r}; its labels must be 0 and "
            "1: for one class against the others pass (y == that_class).astype(float)"
        )
    return array.astype(float)


def feature_names(function: str, names: Any, p: int) -> list[str]:
    """Return the names of p features or weights. Raises ValueError if their number is not p."""
    texts = [str(name) for name in names]
    if isinstance(names, str) or len(texts) != p:
        raise ValueError(f"{function}: names is {names!r}; give a list of {p} names, one for each feature")
    return texts
