"""Small data sets that ship with the package: two real ones, two made ones; a fresh copy each call.

Each function returns `(X, y)`, float64 features of shape (n, n_features) and labels of shape (n,),
or `(X, y, feature_names, class_names)` with `return_names=True`; `class_names[int(y[i])]` is the
name of the class of example i. Labels of two classes are float64 0 and 1, as losses take them;
labels of more classes are int64. SOURCES.md in this folder has the sources and licences.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograd_lite.randomness import generator

__all__ = ["breast_cancer", "iris", "two_moons", "xor"]

_FOLDER = os.path.dirname(__file__)


def breast_cancer(*, return_names: bool = False) -> tuple[Any, ...]:
    """569 breast tumours, benign (1.0, 357 of them) or malignant (0.0, 212): 30 measurements each.

    They describe the cell nuclei in an image: mean, standard error and worst of ten properties (UCI:
    Wolberg, Mangasarian, Street and Street 1993). `return_names` adds names: (X, y, features, classes).

    >>> X, y = breast_cancer()
    >>> X.shape, int(y.sum())
    ((569, 30), 357)
    """
    X, y, features = _read("breast_cancer")
    return _dataset(X, y, features, ["malignant", "benign"], return_names)


def iris(*, return_names: bool = False) -> tuple[Any, ...]:
    """Three species of iris, 50 flowers each: four lengths in cm; labels 0, 1, 2 (int64).

    Two flowers differ from the copy at UCI, which has errors: these follow Fisher (1936). X is (150, 4), y
    (150,); `return_names` adds names: (X, y, features, classes).

    >>> X, y, features, classes = iris(return_names=True)
    >>> X.shape, classes
    ((150, 4), ['setosa', 'versicolor', 'virginica'])
    """
    X, y, features = _read("iris")
    classes = ["setosa", "versicolor", "virginica"]
    return _dataset(X, y.astype(np.int64), features, classes, return_names)


def xor(*, return_names: bool = False) -> tuple[Any, ...]:
    """The four rows of the truth table of exclusive or, which no single unit can learn.

    `return_names` adds names: (X, y, features, classes).

    >>> X, y = xor()
    >>> X.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([0.0, 1.0, 1.0, 0.0])
    return _dataset(X, y, ["a", "b"], ["equal", "different"], return_names)


def two_moons(
    n: int = 200,
    noise: float = 0.1,
    rng: int | np.random.Generator | None = 0,
    *,
    return_names: bool = False,
) -> tuple[Any, ...]:
    """Two interleaved half circles, `n` points in random order, that no straight line separates.

    The upper moon (0.0) has `n // 2` points, the lower (1.0) the others; Gaussian noise of standard
    deviation `noise` moves each point. X is (n, 2), y (n,). `rng` is a seed, a generator to draw from, or
    None for the default generator (`ag.seed`). `return_names` adds names: (X, y, features, classes).
    Raises a ValueError for an `n` below 2 and for a `noise` below 0 or not finite.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
        raise ValueError(f"two_moons: n is {n!r}; give a whole number of points, 2 or more.")
    if not 0 <= noise < np.inf:
        raise ValueError(f"two_moons: noise is {noise!r}; give a finite standard deviation >= 0.")
    source = generator(rng)
    upper, lower = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    x1 = np.concatenate([np.cos(upper), 1 - np.cos(lower)])
    x2 = np.concatenate([np.sin(upper), 0.5 - np.sin(lower)])
    y = np.repeat([0.0, 1.0], [upper.size, lower.size])
    X = np.column_stack([x1, x2]) + noise * source.standard_normal((n, 2))
    order = source.permutation(n)
    return _dataset(X[order], y[order], ["x1", "x2"], ["upper", "lower"], return_names)


def _read(name: str) -> tuple[Any, Any, list[str]]:
    """Features, labels and feature names of a CSV file of this folder."""
    with open(os.path.join(_FOLDER, f"{name}.csv"), encoding="ascii") as file:
        *features, _ = next(file).rstrip("\n").split(",")
        table = np.loadtxt(file, delimiter=",")
    # Copies: a slice of the table would keep its strides, and matrix products would be slower.
    return table[:, :-1].copy(), table[:, -1].copy(), features


def _dataset(X: Any, y: Any, features: list[str], classes: list[str], return_names: bool) -> tuple[Any, ...]:
    """`(X, y)`, with the names after them if asked for."""
    return (X, y, features, classes) if return_names else (X, y)
