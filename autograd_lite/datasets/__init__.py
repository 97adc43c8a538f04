"""Small data sets in the package: two from the world, two artificial. Each call returns new arrays.

Each function returns `(X, y)`: float64 features of shape (n, n_features) and labels of shape (n,). With
`return_names=True` it returns `(X, y, feature_names, class_names)`; `class_names[int(y[i])]` is the name
of the class of example i. Labels of two classes are float64 0 and 1, as losses expect. Labels of more
classes are int64. SOURCES.md in this folder has the sources and licences.
"""

import os
from typing import Any, Literal, overload

import numpy as np

from autograd_lite.arguments import not_negative, whole_number
from autograd_lite.randomness import generator
from autograd_lite.typing import Array, FloatArray

__all__ = ["breast_cancer", "iris", "two_moons", "xor"]

Data = tuple[FloatArray, FloatArray]
NamedData = tuple[FloatArray, FloatArray, list[str], list[str]]

_FOLDER = os.path.dirname(__file__)


@overload
def breast_cancer(*, return_names: Literal[False] = False) -> Data: ...
@overload
def breast_cancer(*, return_names: Literal[True]) -> NamedData: ...
def breast_cancer(*, return_names: bool = False) -> Any:
    """Return 30 measurements of 569 breast tumours: X (569, 30), y (569,), malignant 0.0 or benign 1.0.

    They describe the cell nuclei in an image by the mean, standard error and worst value of ten properties.
    212 tumours are malignant, 357 benign. With `return_names` it returns (X, y, feature names, class names).
    UCI: Wolberg, Mangasarian, Street and Street (1993).

    >>> X, y = breast_cancer()
    >>> X.shape, int(y.sum())
    ((569, 30), 357)
    """
    X, y, features = _read("breast_cancer")
    return _dataset(X, y, features, ["malignant", "benign"], return_names)


@overload
def iris(*, return_names: Literal[False] = False) -> tuple[FloatArray, Array]: ...
@overload
def iris(*, return_names: Literal[True]) -> tuple[FloatArray, Array, list[str], list[str]]: ...
def iris(*, return_names: bool = False) -> Any:
    """Return four lengths in cm of 150 iris flowers: X (150, 4), y (150,), species 0, 1 and 2 (int64).

    There are 50 flowers of each species. Two of them differ from the copy at UCI, which has errors; here
    they are as in Fisher (1936). With `return_names` it returns (X, y, feature names, class names).

    >>> X, y, features, classes = iris(return_names=True)
    >>> X.shape, classes
    ((150, 4), ['setosa', 'versicolor', 'virginica'])
    """
    X, y, features = _read("iris")
    classes = ["setosa", "versicolor", "virginica"]
    return _dataset(X, y.astype(np.int64), features, classes, return_names)


@overload
def xor(*, return_names: Literal[False] = False) -> Data: ...
@overload
def xor(*, return_names: Literal[True]) -> NamedData: ...
def xor(*, return_names: bool = False) -> Any:
    """Return the truth table of exclusive or, which no single unit can learn: X (4, 2), y (4,).

    With `return_names` it returns (X, y, feature names, class names).

    >>> X, y = xor()
    >>> X.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([0.0, 1.0, 1.0, 0.0])
    return _dataset(X, y, ["a", "b"], ["equal", "different"], return_names)


@overload
def two_moons(
    n: int = 200,
    noise: float = 0.1,
    rng: int | np.random.Generator | None = 0,
    *,
    return_names: Literal[False] = False,
) -> Data: ...
@overload
def two_moons(
    n: int = 200,
    noise: float = 0.1,
    rng: int | np.random.Generator | None = 0,
    *,
    return_names: Literal[True],
) -> NamedData: ...
def two_moons(
    n: int = 200, noise: float = 0.1, rng: int | np.random.Generator | None = 0, *, return_names: bool = False
) -> Any:
    """Return `n` points on two interleaved half circles, in random order: X (n, 2), y (n,).

    No straight line separates them. The upper moon, class 0.0, has `n // 2` points; the lower one, class
    1.0, has the others. Each point is moved by Gaussian noise of standard deviation `noise`. `rng` is a
    seed, a generator, or None for the default generator (`ag.seed`). With `return_names` it returns
    (X, y, feature names, class names). Raises ValueError if `n` is below 2, or `noise` is below 0 or not
    finite.
    """
    n = whole_number("two_moons", "n", n, least=2, unit="points")
    noise = not_negative("two_moons", "noise", noise)
    source = generator(rng)
    upper = np.linspace(0, np.pi, n // 2)
    lower = np.linspace(0, np.pi, n - n // 2)
    x1 = np.concatenate([np.cos(upper), 1 - np.cos(lower)])
    x2 = np.concatenate([np.sin(upper), 0.5 - np.sin(lower)])
    y = np.repeat([0.0, 1.0], [upper.size, lower.size])
    X = np.column_stack([x1, x2]) + noise * source.standard_normal((n, 2))
    order = source.permutation(n)
    return _dataset(X[order], y[order], ["x1", "x2"], ["upper", "lower"], return_names)


def _read(name: str) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return features, labels and feature names of a CSV file in this folder."""
    with open(os.path.join(_FOLDER, f"{name}.csv"), encoding="ascii") as file:
        *features, _ = next(file).rstrip("\n").split(",")
        table = np.loadtxt(file, delimiter=",")
    # Copies are contiguous. Slices keep the strides of the table, which makes matrix products slower.
    return table[:, :-1].copy(), table[:, -1].copy(), features


def _dataset(X: Array, y: Array, features: list[str], classes: list[str], return_names: bool) -> Any:
    """Return `(X, y)`, or `(X, y, features, classes)` with `return_names`."""
    return (X, y, features, classes) if return_names else (X, y)
