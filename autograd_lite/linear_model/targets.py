"""What classifiers have in common: labels, weights, two probabilities, and fits that fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Real
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.ops.activations import sigmoid

_multiclass = require("sklearn.utils.multiclass", "sklearn")


def labels(name: str, y: Any, most: int | None = None, instead: str = "") -> tuple[Any, Any]:
    """The labels that occur in y, (n,), sorted, and for each example the index of its own.

    Raises a ValueError, which `name` begins, for one label alone, for more than `most`, with what to do
    `instead`, and for what is no label.
    """
    try:
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(
            f"{name}: the labels in y cannot be told apart: {error}; give labels of one type, all strings "
            "or all numbers"
        ) from error
    if y.dtype.kind == "f" and (classes != np.round(classes)).any():
        _multiclass.check_classification_targets(y)  # raises, in the words of scikit-learn
    if len(classes) == 1:
        raise ValueError(f"{name}: y has one class, {classes.tolist()}; give examples of two classes or more")
    if most is not None and len(classes) > most:
        raise ValueError(
            f"{name}: Only binary classification is supported. The type of the target is multiclass, y has "
            f"{len(classes)} classes; {instead}"
        )
    return classes, codes


def class_factors(name: str, class_weight: Any, classes: Any, codes: Any, sample_weight: Any) -> Any:
    """The weight of each class, (K,), as scikit-learn's classifiers have it: 1 without `class_weight`.

    "balanced" gives inverse frequencies, n / (K n_k) with n_k the sum of the sample weights of class k;
    of a dictionary by label, classes that are left out have 1. Raises a ValueError for another one.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str) and class_weight == "balanced":
        return sample_weight.sum() / (len(classes) * np.bincount(codes, sample_weight))
    named = classes.tolist()
    if (
        not isinstance(class_weight, Mapping)
        or not set(class_weight) <= set(named)
        or not all(isinstance(w, Real) and 0 < float(w) < np.inf for w in class_weight.values())
    ):
        raise ValueError(
            f"{name}: class_weight is {class_weight!r}; give None, 'balanced', or positive, finite numbers "
            f"for the classes {named[:10]}, such as {{{named[1]!r}: 2.0}}; leave out the rows of a class "
            "that shall not count"
        )
    return np.array([float(class_weight.get(label, 1.0)) for label in named])


def present(name: str, classes: Any, codes: Any, counts: Any) -> Any:
    """Which examples have a positive weight, (n,); a ValueError if none of a class has."""
    kept = counts > 0
    gone = np.setdiff1d(np.arange(len(classes)), codes[kept])
    if len(gone):
        raise ValueError(
            f"{name}: no example of class {classes[gone].tolist()} has a positive sample_weight; leave "
            "these rows out, so that the class is not there"
        )
    return kept


def both(z: Any) -> Any:
    """The probabilities of two classes, (n, 2), where the second has log odds z, (n,)."""
    return np.column_stack([sigmoid(-z), sigmoid(z)])  # 1 - p would lose the digits of a small one


@contextmanager
def undone_if_it_fails(estimator: Any) -> Iterator[None]:
    """Around a fit: an estimator whose fit raises keeps what the last one learned."""
    before = estimator.__dict__.copy()
    try:
        yield
    except BaseException:
        estimator.__dict__ = before
        raise
