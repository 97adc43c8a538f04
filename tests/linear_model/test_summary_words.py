"""The texts of a summary: true for collinear columns, readable in every unit, one name for one row."""

import warnings

import numpy as np
import pandas as pd
import pytest

from autograd_lite.linear_model import CollinearityWarning, LogisticRegression, collinear

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 2))
Y = (X @ [1.0, -0.5] + RNG.logistic(size=400) > 0).astype(int)


def rows(model):
    table = str(model.summary()).split("\n\n")[1].splitlines()
    header = table[0].replace("std err", "std_err").replace("odds ratio", "ratio")
    names = header.replace("or low", "or_low").replace("or high", "or_high").split()
    return [dict(zip(names, line.split(), strict=False)) for line in table[1:]]


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_collinear_dummies_have_one_true_statement(fit_intercept):
    dummies = np.eye(3)[RNG.integers(3, size=400)]
    data = np.column_stack([dummies, dummies[:, 0] + dummies[:, 1]])
    model = LogisticRegression(fit_intercept=fit_intercept)
    with pytest.warns(CollinearityWarning):
        model.fit(data, Y)
    with pytest.raises(ValueError, match="more than one maximum-likelihood estimate") as caught:
        model.summary()
    text = " ".join(str(caught.value).split())
    assert "no maximum-likelihood estimate" not in text
    assert "estimate exists" not in text
    assert "at more than one point" in text


@pytest.mark.parametrize("unit", [1e-9, 1e-4, 1.0, 1e3, 1e6, 1e12, 1e19])
def test_printed_intervals_show_that_their_ends_differ(unit):
    data = X * unit
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LogisticRegression().fit(data, Y)
    for row in rows(model)[1:]:
        assert row["low"] != row["coef"] != row["high"] != row["low"]
        assert row["or_low"] != row["ratio"] != row["or_high"] != row["or_low"]
    if unit == 1e6:
        coef = model.coef_[0, 0]
        assert rows(model)[1]["ratio"] == f"1+{np.expm1(coef):.4g}"


def test_narrow_intervals_print_more_digits():
    model = LogisticRegression().fit(X, Y)
    inference = model._inference
    object.__setattr__(inference, "covariance", inference.covariance * 1e-12)
    for row in rows(model):
        assert row["low"] != row["high"]
        assert row.get("or_low", "a") != row.get("or_high", "b")


def test_a_feature_called_intercept_has_a_row_of_its_own():
    frame = pd.DataFrame(X, columns=["intercept", "b"])
    names = LogisticRegression().fit(frame, Y).summary().columns["name"]
    assert names == ["(intercept)", "intercept", "b"]


def test_names_that_occur_twice_are_refused():
    with pytest.raises(ValueError, match=r"\['a'\] more than once"):
        collinear(X, names=["a", "a"])
