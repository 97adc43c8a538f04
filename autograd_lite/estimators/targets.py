"""What a classifier of two classes makes of labels and weights."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from autograd_lite.extras import require

_multiclass = require("sklearn.utils.multiclass", "sklearn")


def two_classes(name: str, y: Any) -> tuple[Any, Any]:
    """The two labels that occur in y, sorted, and for each example the index of its own, 0 or 1.

    Raises a ValueError, which `name` begins, for one class, for more than two, and for what is no label.
    """
    try:
        _multiclass.check_classification_targets(y)
        kind = _multiclass.type_of_target(y, input_name="y")
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(
            f"{name}: the labels in y cannot be told apart: {error}; give labels of one type, all strings "
            "or all numbers"
        ) from error
    if kind != "binary":
        raise ValueError(
            f"{name}: Only binary classification is supported. The type of the target is {kind}; wrap the "
            "estimator in sklearn.multiclass.OneVsRestClassifier"
        )
    if len(classes) == 1:
        raise ValueError(f"{name}: y has one class, {classes.tolist()}; give examples of two classes")
    return classes, codes


def weights(name: str, classes: Any, codes: Any, sample_weight: Any, class_weight: Any) -> Any:
    """The weight of each example, its own times that of its class, scaled to a mean of 1; (n,).

    `sample_weight` is (n,), numbers of which none is negative. `class_weight` is None, a dictionary by
    label, where a class that is left out has 1, or "balanced": then both weigh the same in total. Raises
    a ValueError for another one, and where no example of a class has a positive weight.
    """
    own = sample_weight / sample_weight.max()  # products of huge weights would overflow
    total = np.bincount(codes, own)
    factor = _of_classes(name, classes.tolist(), total, class_weight)
    gone = (total == 0) | (factor == 0)
    if gone.any():
        raise ValueError(
            f"{name}: no example of class {classes[gone].tolist()} has a positive weight, so not two "
            "classes are left; give examples of both a positive sample_weight and class_weight"
        )
    factor = factor / factor.max()
    return own * factor[codes] * (len(codes) / (total @ factor))


def _of_classes(name: str, classes: list[Any], total: Any, class_weight: Any) -> Any:
    """The weights of the two classes, up to a common factor; `total` is what the examples of each weigh."""
    if class_weight is None:
        return np.ones(2)
    if isinstance(class_weight, str) and class_weight == "balanced":
        return total[::-1]
    if (
        not isinstance(class_weight, Mapping)
        or not set(class_weight) <= set(classes)
        or not all(isinstance(w, Real) and 0 <= float(w) < np.inf for w in class_weight.values())
    ):
        raise ValueError(
            f"{name}: class_weight is {class_weight!r}; give None, 'balanced', or finite numbers for the "
            f"classes {classes}, 0 or more, such as {{{classes[1]!r}: 2.0}}"
        )
    return np.array([float(class_weight.get(label, 1.0)) for label in classes])
