"""Data and settings that a fit cannot use, and what the errors name."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from autograd_lite.linear_model import LogisticRegression, SoftmaxRegression, collinear, separation
from autograd_lite.plots import checks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 2))
Y = (X[:, 0] + RNG.logistic(size=20) > 0).astype(int)
HOLE = X.copy()
HOLE[3, 1] = np.nan
MASKED = np.ma.masked_array(X, np.isnan(HOLE))


def fit(X, y, *weights):
    return LogisticRegression(C=1.0).fit(X, y, *weights)


USERS = {
    "fit": lambda X: fit(X, Y),
    "predict": lambda X: fit(np.zeros((20, 2)) + np.arange(20)[:, None], Y).predict(X),
    "collinear": collinear,
    "separation": lambda X: separation(X, Y),
    "plots": lambda X: checks.features("roc", X),
}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (MASKED, r"X has masked entries, the first at \[3, 1\]"),
        (X.astype(str), "dtype <U"),
        (X.astype(str).astype(object), r"at \[0, 0\]|dtype object"),
        ((1e3 * X).astype("datetime64[s]"), "datetime64"),
        ((1e3 * X).astype("timedelta64[s]"), "timedelta64"),
        (pd.DataFrame({"a": X[:, 0].astype(str), "b": X[:, 1]}), r"at \[0, 0\]|dtype object"),
        (X + 0j, "[Cc]omplex"),
    ],
    ids=["masked", "text", "objects", "dates", "times", "frame", "complex"],
)
def test_data_that_are_not_numbers_are_refused(user, data, message):
    with pytest.raises((TypeError, ValueError), match=message):
        USERS[user](data)


def test_an_array_without_masked_entries_is_an_array():
    np.testing.assert_array_equal(fit(np.ma.masked_array(X, False), Y).coef_, fit(X, Y).coef_)


@pytest.mark.parametrize(
    "data",
    [HOLE, csr_array(HOLE), pd.DataFrame(HOLE, columns=["x0", "x1"]), HOLE.astype(object)],
    ids=["array", "sparse", "frame", "objects"],
)
def test_an_entry_that_is_not_finite_is_named(data):
    with pytest.raises(ValueError, match="X contains NaN or inf: x1 in row 3 is nan"):
        fit(data, Y)
    model = fit(pd.DataFrame(X, columns=["x0", "x1"]) if isinstance(data, pd.DataFrame) else X, Y)
    with pytest.raises(ValueError, match="x1 in row 3 is nan"):
        model.predict(data)


def test_a_missing_value_of_pandas_is_named():
    frame = pd.DataFrame({"age": pd.array([1, pd.NA] * 10, dtype="Int64"), "b": X[:, 1]})
    with pytest.raises(ValueError, match="age in row 1 is <NA>"):
        fit(frame, Y)


def test_columns_in_another_order_are_refused():
    frame = pd.DataFrame(X, columns=["a", "b"])
    with pytest.raises(ValueError, match="same order"):
        fit(frame, Y).predict(frame[["b", "a"]])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.ma.masked_array(Y, Y > 0), "y has masked entries"),
        ([1, "a"] * 10, "labels in y are text and other types"),
        (np.where(Y, np.nan, 0.0), "y contains NaN"),
    ],
)
def test_labels_that_are_no_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        fit(X, labels)


def test_masked_weights_are_refused():
    with pytest.raises(ValueError, match="sample_weight has masked entries"):
        fit(X, Y, np.ma.masked_array(np.ones(20), Y > 0))


@pytest.mark.parametrize("labels", [Y.astype(bool), 2 * Y - 1, np.where(Y, "yes", "no"), Y.astype(object)])
def test_a_probability_of_one_half_is_the_first_class(labels):
    model = fit(X, labels)
    model.coef_ = np.zeros((1, 2))
    model.intercept_ = np.zeros(1)
    assert (model.predict(X) == model.classes_[0]).all()
    assert (model.predict_proba(X) == 0.5).all()


@pytest.mark.parametrize("estimator", [LogisticRegression, SoftmaxRegression])
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"penalty": "l2"}, "give C .* and l1_ratio"),
        ({"multi_class": "ovr"}, "OneVsRestClassifier"),
        ({"random_state": 0}, "no setting random_state; leave it out"),
        ({"verbose": 1}, "progress"),
    ],
)
def test_settings_of_scikit_learn_say_what_they_are_here(estimator, setting, message):
    with pytest.raises(TypeError, match=f"{estimator.__name__}: .*{message}"):
        estimator(**setting)


@pytest.mark.parametrize("weights", [{5: 2.0}, {"0": 1.0, "1": 2.0}, {0: 1.0, 1: 2.0, 2: 3.0}])
def test_weights_of_classes_that_do_not_occur_are_refused(weights):
    with pytest.raises(ValueError, match=r"y has no class .*, it has the classes \[0, 1\]"):
        LogisticRegression(C=1.0, class_weight=weights).fit(X, Y)
