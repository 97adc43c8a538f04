"""Base class and helpers of all classifiers: predictions, labels, weights, and fits that fail."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Real
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd_lite.arguments import no_masked, only_numbers
from autograd_lite.extras import require
from autograd_lite.linear_model.collinearity import Matrix
from autograd_lite.ops.activations import sigmoid, softmax

_base: Any = require("sklearn.base", "sklearn")
_multiclass = require("sklearn.utils.multiclass", "sklearn")
_validation = require("sklearn.utils.validation", "sklearn")

ClassWeight = Literal["balanced"] | Mapping[Any, float] | None


class Classifier(_base.ClassifierMixin, _base.BaseEstimator):  # type: ignore[misc] # no types
    """Base class of classifiers with a `decision_function`, which is (n,) for two classes, else (n, K)."""

    classes_: np.ndarray
    _most_classes: int | None = None
    _accepts_sparse = False

    def __sklearn_tags__(self) -> Any:
        """The tags of scikit-learn."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self._most_classes is None
        tags.input_tags.sparse = self._accepts_sparse
        return tags

    def _validated(self, X: Any, *y: Any, **settings: Any) -> Any:
        """X in float64, or X and y, as scikit-learn checks them; errors name the entry that is not finite."""
        name = type(self).__name__
        if not hasattr(X, "tocsr"):
            only_numbers(name, "X", X)
        for labels in y:
            check_labels(name, labels)
        try:
            return _validation.validate_data(self, X, *y, dtype=np.float64, **settings)
        except ValueError as error:
            place = _not_finite(X) if "X contains" in str(error) else ""
            if not place:
                raise
            remedy = "leave out such rows, or replace the values (sklearn.impute)"
            raise ValueError(f"{name}: X contains NaN or inf: {place}; {remedy}") from error

    def predict(self, X: Matrix) -> np.ndarray:
        """The most probable label, (n,), of each example of X, (n, n_features)."""
        z = self.decision_function(X)
        codes = (z > 0).astype(int) if z.ndim == 1 else z.argmax(axis=1)
        labels: np.ndarray = self.classes_[codes]
        return labels

    def predict_proba(self, X: Matrix) -> np.ndarray:
        """The probabilities of the classes, (n, K), in the order of `classes_`, for X (n, n_features)."""
        z = self.decision_function(X)
        if z.ndim == 1:
            return np.column_stack([sigmoid(-z), sigmoid(z)])  # 1 - p would lose the digits of a small p
        return np.asarray(softmax(z, axis=1))


class Examples(NamedTuple):
    """Training data without features: the class index and the sample weight of each of n examples, and the
    weight of each of K classes.
    """

    codes: Any  # (n,)
    counts: Any  # (n,)
    factors: Any  # (K,)

    @property
    def weights(self) -> Any:
        """The product of sample weight and class weight of each example, (n,)."""
        return self.counts * self.factors[self.codes]


def _not_finite(X: Any) -> str:
    """The first entry of X that is not a finite number, as text."""
    entries: Any = np.ndenumerate(np.asarray(X, object)) if not hasattr(X, "tocoo") else ()
    if hasattr(X, "tocoo"):
        X = X.tocoo()
        entries = (((i, j), v) for i, j, v in zip(X.row, X.col, X.data, strict=True))
    for (i, j), value in entries:
        if not isinstance(value, Real) or not np.isfinite(float(value)):
            columns = getattr(X, "columns", None)
            feature = f"x{j}" if columns is None else columns[j]
            return f"{feature} in row {i} is {value}"
    return ""


def check_labels(function: str, y: Any) -> None:
    """Raise ValueError if labels are masked or missing, or if NumPy would turn numbers into text."""
    no_masked(function, "y", y)
    if isinstance(y, list | tuple) and {isinstance(label, str) for label in y} == {True, False}:
        raise ValueError(f"{function}: the labels in y are text and other types; give labels of one type")


def encode_labels(function: str, y: Any, most: int | None = None, remedy: str = "") -> tuple[Any, Any]:
    """The sorted classes that occur in y, (n,), and the index of the class of each example, (n,).

    `function` is the name with which errors begin. Raises ValueError if y has a single class, if it has more
    than `most` classes (the message ends with `remedy`), or if its entries cannot be labels.
    """
    try:
        classes, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(
            f"{function}: the labels in y cannot be sorted: {error}; give labels of one type, all "
            "strings or all numbers"
        ) from error
    if y.dtype.kind == "f" and (classes != np.round(classes)).any():
        _multiclass.check_classification_targets(y)  # raises scikit-learn's own error
    if len(classes) == 1:
        raise ValueError(
            f"{function}: y has one class, {classes.tolist()}; give examples of two classes or more"
        )
    if most is not None and len(classes) > most:
        raise ValueError(
            f"{function}: Only binary classification is supported. The type of the target is multiclass, y "
            f"has {len(classes)} classes; {remedy}"
        )
    return classes, codes


def check_sample_weight(function: str, sample_weight: Any, classes: Any, codes: Any) -> Any:
    """The weights of n examples, (n,) in float64, all 1 if `sample_weight` is None.

    Raises ValueError if they are not one finite number, 0 or more, for each example, or if all weights of a
    class are 0.
    """
    n = len(codes)
    if sample_weight is None:
        return np.ones(n)
    only_numbers(function, "sample_weight", sample_weight)
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n, sample_weight)
    weights = _validation.check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weights.shape != (n,):
        raise ValueError(f"sample_weight has shape {weights.shape}; give one weight for each row of X, {n}")
    if (weights < 0).any():
        raise ValueError("Negative values in data passed to `sample_weight`; weights must be 0 or more")
    if not weights.any():
        raise ValueError("sample_weight must contain at least one non-zero number")
    missing = np.bincount(codes, weights > 0) == 0
    if missing.any():
        raise ValueError(
            f"{function}: no example of class {classes[missing].tolist()} has a positive "
            "sample_weight; leave these rows out, so that the class does not occur"
        )
    return weights


def class_factors(
    function: str, class_weight: ClassWeight, classes: Any, codes: Any, sample_weight: Any
) -> Any:
    """The weight of each class, (K,), as in scikit-learn's classifiers; 1 if `class_weight` is None.

    "balanced" gives n / (K n_k), where n_k is the sum of the sample weights of class k and n that of all. A
    dictionary maps labels to weights, and a class that is not in it has weight 1. Raises ValueError for
    anything else.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str) and class_weight == "balanced":
        totals = np.bincount(codes, sample_weight)
        return sample_weight.sum() / (len(classes) * totals)
    named = classes.tolist()
    if isinstance(class_weight, Mapping) and (absent := [c for c in class_weight if c not in named]):
        raise ValueError(
            f"{function}: class_weight is {class_weight!r}; y has no class {absent[0]!r}, it has the classes "
            f"{named[:10]}"
        )
    if not isinstance(class_weight, Mapping) or not all(
        isinstance(w, Real) and 0 < float(w) < np.inf for w in class_weight.values()
    ):
        raise ValueError(
            f"{function}: class_weight is {class_weight!r}; give None, 'balanced', or positive, finite "
            f"numbers for the classes {named[:10]}, such as {{{named[1]!r}: 2.0}}; leave out the rows of a "
            "class that should not count"
        )
    return np.array([float(class_weight.get(label, 1.0)) for label in named])


@contextmanager
def restore_on_error(estimator: Any) -> Iterator[None]:
    """Context manager around a fit: if the fit raises, the estimator keeps the result of the previous fit."""
    before = estimator.__dict__.copy()
    try:
        yield
    except BaseException:
        estimator.__dict__ = before
        raise
