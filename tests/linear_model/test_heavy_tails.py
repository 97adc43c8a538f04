"""Features with a few huge entries or with very different scales: a fit is near its optimum, or it warns."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning

import autograd_lite as ag
from autograd_lite.linear_model import LogisticRegression, SoftmaxRegression

PENALTIES = [(1.0, 0.0), (1e3, 0.0), (1.0, 1.0), (10.0, 0.5)]


def cauchy(rng, n, p):
    return rng.standard_cauchy((n, p))


def lognormal(rng, n, p):
    return rng.lognormal(0, 5, (n, p))


def row(rng, n, p):
    X = rng.standard_normal((n, p))
    X[rng.integers(n)] = 10.0 ** rng.uniform(8, 12)
    return X


def cell(rng, n, p):
    X = rng.standard_normal((n, p))
    X[rng.integers(n), rng.integers(p)] = 10.0 ** rng.uniform(8, 12)
    return X


def scales(rng, n, p):
    return rng.standard_normal((n, p)) * 10.0 ** rng.uniform(-8, 8, p)


def labelled(kind, seed, n=40, p=3, classes=2):
    rng = np.random.default_rng(seed)
    X = kind(rng, n, p)
    z = np.arcsinh(X / np.median(np.abs(X), axis=0)) @ rng.normal(size=(p, classes))
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    y[:classes] = range(classes)
    return X, y


def relative_gap(model):
    return model.certificate_.duality_gap / model.history_.loss[-1]


def warned(model, X, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    assert {w.category for w in caught} <= {ConvergenceWarning}
    return bool(caught)


@pytest.mark.parametrize("kind", [cauchy, lognormal, row, cell, scales])
@pytest.mark.parametrize("estimator", [LogisticRegression, SoftmaxRegression])
def test_a_fit_without_warning_is_near_its_optimum(kind, estimator):
    silent = 0
    for seed, (C, l1_ratio) in enumerate(PENALTIES):
        classes = 2 if estimator is LogisticRegression else 3
        X, y = labelled(kind, seed, classes=classes)
        model = estimator(C=C, l1_ratio=l1_ratio)
        if not warned(model, X, y):
            silent += 1
            assert relative_gap(model) < 1e-3
    assert silent >= 2


@pytest.mark.parametrize("solver", ["newton", "lbfgs", "bfgs", "proximal-newton"])
@pytest.mark.parametrize("kind", [lognormal, row, scales])
def test_every_solver_is_near_the_optimum_or_warns(kind, solver):
    for seed in range(3):
        X, y = labelled(kind, seed)
        l1_ratio = 1.0 * (solver == "proximal-newton")
        model = LogisticRegression(C=1.0, l1_ratio=l1_ratio, solver=solver, max_iter=300)
        assert warned(model, X, y) or relative_gap(model) < 1e-3


@pytest.mark.parametrize("sparse", [False, True])
def test_auto_finds_the_optimum_of_a_corrupted_row(sparse):
    X, y = labelled(row, 3, n=200)
    model = LogisticRegression(C=1.0).fit(csr_array(X) if sparse else X, y)
    assert relative_gap(model) < 1e-6
    good = np.abs(X).max(axis=1) < 1e6
    assert model.score(X[good], y[good]) > 0.6
    assert np.abs(model.coef_).max() > 0.1


def test_the_warning_names_the_entry():
    X, y = labelled(row, 0, n=60)
    i = int(np.abs(X).max(axis=1).argmax())
    model = LogisticRegression(C=1.0, solver="newton")
    with pytest.warns(ConvergenceWarning, match=rf"feature x\d in row {i}, where .* solver to 'auto'"):
        model.fit(X, y)
    assert not model.certificate_.proven


def test_extreme_entries_without_a_penalty():
    for seed in range(4):
        X, y = labelled(lognormal, seed, n=80)
        model = LogisticRegression()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, y)
        assert caught or model.certificate_.distance <= 0.03


@pytest.mark.parametrize("C", [1e-6, 1e-3, 1.0, 1e3, 1e6, 1e9])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_ordinary_data_do_not_warn(C, l1_ratio):  # warnings are errors in the tests
    X, y = ag.datasets.iris()
    SoftmaxRegression(C=C, l1_ratio=l1_ratio).fit(X, y)
    X, y = ag.datasets.two_moons(60)
    LogisticRegression(C=C, l1_ratio=l1_ratio).fit(X, y)
    LogisticRegression(C=C, l1_ratio=l1_ratio).fit(*labelled(lambda rng, n, p: rng.normal(size=(n, p)), 0))
