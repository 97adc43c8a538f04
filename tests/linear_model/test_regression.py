"""LogisticRegression and SoftmaxRegression: against statsmodels and scikit-learn, certified, explained."""

import pickle
import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.sparse import csr_array, csr_matrix
from sklearn import linear_model as peer
from sklearn.datasets import load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning

import autograd_lite as ag
from autograd_lite.linear_model import (
    SOLVERS,
    CollinearityWarning,
    LogisticRegression,
    SeparationWarning,
    SoftmaxRegression,
)


def standardised(X):
    return (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)


def bundled(name):
    """A data set of statsmodels: X, y."""
    data = getattr(sm.datasets, name).load_pandas()
    if name == "fair":
        return data.exog.to_numpy(), (data.endog.to_numpy() > 0).astype(int)
    return data.exog.to_numpy(), data.endog.to_numpy().astype(int)


def overlapping(n=400, p=3, seed=0, rate=0.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    return X, (rng.random(n) < 1 / (1 + np.exp(-(X @ np.arange(1, p + 1) / p + rate)))).astype(int)


BREAST = ag.datasets.breast_cancer()


# Against statsmodels: maximum likelihood and its inference.


def statsmodels_fit(kind, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own convergence, at a gradient of 1e-14
        model = kind(y, sm.add_constant(X, has_constant="add"))
        return model.fit(disp=0, method="newton", tol=1e-14, maxiter=200)


def same_inference(model, found, k):
    columns, (params, errors) = model.summary().columns, (found.params, found.bse)
    for name, expected in (("coef", params), ("std err", errors)):
        expected = np.asarray(expected).reshape(-1, k).T
        np.testing.assert_allclose(columns[name].reshape(k, -1), expected, rtol=1e-8)
    np.testing.assert_allclose(columns["z"], columns["coef"] / columns["std err"])
    np.testing.assert_allclose(columns["p"].reshape(k, -1), found.pvalues.reshape(-1, k).T, rtol=1e-6)
    intervals = found.conf_int().reshape(k, -1, 2)
    np.testing.assert_allclose(columns["low"].reshape(k, -1), intervals[..., 0], rtol=1e-7)
    np.testing.assert_allclose(columns["high"].reshape(k, -1), intervals[..., 1], rtol=1e-7)
    statistics = model.summary().statistics
    assert statistics["log-likelihood"] == pytest.approx(found.llf, rel=1e-12)
    assert statistics["McFadden's R2"] == pytest.approx(found.prsquared, rel=1e-6)
    assert statistics["p"] == pytest.approx(found.llr_pvalue, rel=1e-6)


@pytest.mark.parametrize("name", ["spector", "fair"])
def test_coefficients_and_inference_are_those_of_statsmodels_logit(name):
    X, y = bundled(name)
    same_inference(LogisticRegression(tol=1e-12).fit(X, y), statsmodels_fit(sm.Logit, X, y), 1)


def test_votes_too():
    data = sm.datasets.anes96.load_pandas()
    X = data.data[["logpopul", "selfLR", "age", "educ", "income", "PID"]].to_numpy()
    y = data.data["vote"].to_numpy().astype(int)
    same_inference(LogisticRegression(tol=1e-12).fit(X, y), statsmodels_fit(sm.Logit, X, y), 1)


@pytest.mark.parametrize("name", ["anes96", "spector"])
def test_coefficients_and_inference_are_those_of_statsmodels_mnlogit(name):
    X, y = bundled(name)
    found = statsmodels_fit(sm.MNLogit, X, y)
    same_inference(SoftmaxRegression(tol=1e-12).fit(X, y), found, len(np.unique(y)) - 1)


def test_marriages_of_five_kinds_too():
    X = bundled("fair")[0]
    same_inference(
        SoftmaxRegression(tol=1e-12).fit(X[:, 1:], X[:, 0]), statsmodels_fit(sm.MNLogit, X[:, 1:], X[:, 0]), 4
    )


def test_sample_weights_are_counts_in_the_inference_too():
    X, y = overlapping()
    counts = np.random.default_rng(1).integers(0, 4, len(y))
    weighted = LogisticRegression().fit(X, y, sample_weight=counts).summary()
    repeated = LogisticRegression().fit(np.repeat(X, counts, axis=0), np.repeat(y, counts)).summary()
    for name in weighted.columns:
        if name != "name":
            np.testing.assert_allclose(weighted.columns[name], repeated.columns[name], rtol=1e-9)
    assert weighted.statistics == pytest.approx(repeated.statistics)


def test_class_weights_get_the_standard_errors_of_the_sandwich():
    X, y = overlapping(rate=-2.0)
    weights = np.where(y == 1, 5.0, 1.0)
    model = LogisticRegression(class_weight={1: 5.0}).fit(X, y)
    found = sm.GLM(y, sm.add_constant(X), sm.families.Binomial(), var_weights=weights).fit(
        cov_type="HC0", tol=1e-14
    )
    np.testing.assert_allclose(model.summary().columns["coef"], found.params, rtol=1e-8)
    np.testing.assert_allclose(model.summary().columns["std err"], found.bse, rtol=1e-7)
    assert "robust" in str(model.summary())
    assert model.summary().statistics == {}


# Against scikit-learn: penalised fits.


def same_coefficients(model, found):
    np.testing.assert_allclose(model.coef_, found.coef_, rtol=1e-6, atol=1e-6 * np.abs(found.coef_).max())


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("scaled", [True, False])
def test_penalised_fits_of_breast_cancer_are_those_of_scikit_learn(C, scaled):
    X, y = BREAST
    X = standardised(X) if scaled else X
    model = LogisticRegression(C=C).fit(X, y)
    found = peer.LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(X, y)
    same_coefficients(model, found)
    np.testing.assert_allclose(model.intercept_, found.intercept_, rtol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X), found.predict_proba(X), rtol=1e-5, atol=1e-14)
    np.testing.assert_allclose(model.decision_function(X), found.decision_function(X), rtol=1e-5)


@pytest.mark.parametrize(
    ("load", "solver"), [(load_wine, "newton"), (load_wine, "lbfgs"), (load_digits, "auto")]
)
def test_penalised_fits_of_several_classes_are_those_of_scikit_learn(load, solver):
    X, y = load(return_X_y=True)
    X = standardised(X)
    model = SoftmaxRegression(C=1.0, solver=solver).fit(X, y)
    found = peer.LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(X, y)
    same_coefficients(model, found)
    np.testing.assert_allclose(
        model.intercept_ - model.intercept_.mean(), found.intercept_ - found.intercept_.mean(), rtol=1e-6
    )
    np.testing.assert_array_equal(model.predict(X), found.predict(X))


@pytest.mark.parametrize("l1_ratio", [1.0, 0.3])
def test_l1_fits_meet_their_conditions_and_are_those_of_scikit_learn(l1_ratio):
    X, y = BREAST
    X = standardised(X)
    model = LogisticRegression(C=0.1, l1_ratio=l1_ratio).fit(X, y)
    assert model.certificate_.gradient_norm <= 1e-8
    found = peer.LogisticRegression(C=0.1, l1_ratio=l1_ratio, solver="saga", tol=1e-10, max_iter=100_000)
    np.testing.assert_allclose(model.coef_, found.fit(X, y).coef_, rtol=1e-5, atol=1e-7)
    # The conditions by hand, in scikit-learn's scale: C times the sum of losses.
    g = 0.1 * X.T @ (model.predict_proba(X)[:, 1] - y) + (1 - l1_ratio) * model.coef_[0]
    off = model.coef_[0] != 0
    assert 0 < off.sum() < 30
    np.testing.assert_allclose(g[off], -l1_ratio * np.sign(model.coef_[0][off]), atol=1e-7)
    assert (np.abs(g[~off]) <= l1_ratio + 1e-7).all()


@pytest.mark.parametrize("solver", sorted(SOLVERS.keys() - {"gd-lipschitzlr"}))  # its step is too long here
def test_all_solvers_find_the_same(solver):
    X, y = overlapping()
    model = LogisticRegression(C=1.0, solver=solver).fit(X, y)
    found = peer.LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12).fit(X, y)
    np.testing.assert_allclose(model.coef_, found.coef_, rtol=1e-6)
    assert model.certificate_.converged


def test_newton_needs_at_most_12_steps_on_breast_cancer():
    X, y = BREAST
    model = LogisticRegression(C=1.0, solver="newton", tol=1e-10).fit(standardised(X), y)
    assert model.n_iter_ <= 12
    assert model.history_.metrics["gradient_norm"][-1] <= 1e-10


def test_no_penalty_is_the_default_and_the_intercept_is_never_penalised():
    X, y = overlapping(rate=3.0)
    np.testing.assert_allclose(
        LogisticRegression().fit(X, y).coef_,
        peer.LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12).fit(X, y).coef_,
        rtol=1e-6,
    )
    strict = LogisticRegression(C=1e-9).fit(X, y)
    np.testing.assert_allclose(strict.predict_proba(X)[:, 1], y.mean(), rtol=1e-5)


# Weights and priors.


def rare(n=20_000):
    """3 % of class 1."""
    X, y = overlapping(n, rate=-4.2, seed=3)
    assert 0.02 < y.mean() < 0.04
    return X, y


@pytest.mark.parametrize("labels", [(0, 1), ("common", "rare")])
def test_prior_correction_brings_probabilities_back_to_the_base_rate(labels):
    X, y = rare()
    y = np.array(labels)[y]
    base = (y == labels[1]).mean()
    shifted = LogisticRegression(class_weight="balanced").fit(X, y)
    assert shifted.predict_proba(X)[:, 1].mean() > 5 * base
    corrected = LogisticRegression(class_weight="balanced", prior_correction=True).fit(X, y)
    assert corrected.predict_proba(X)[:, 1].mean() == pytest.approx(base, rel=0.02)
    np.testing.assert_array_equal(corrected.coef_, shifted.coef_)
    assert "prior_correction" in str(shifted.summary())
    assert "taken the shift out" in str(corrected.summary())


def test_prior_correction_of_several_classes():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 2))
    z = X @ rng.normal(size=(2, 3)) + [3.0, 0.0, -1.0]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = (p.cumsum(axis=1) < rng.random((len(X), 1))).sum(axis=1)
    base = np.bincount(y) / len(y)
    model = SoftmaxRegression(class_weight="balanced", prior_correction=True).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X).mean(axis=0), base, rtol=0.02)


def test_the_weights_of_90_and_10_patients():
    X, y = np.random.default_rng(0).normal(size=(100, 1)), np.repeat([0, 1], [90, 10])
    balanced = LogisticRegression(class_weight="balanced").fit(X, y)
    given = LogisticRegression(class_weight={0: 100 / 180, 1: 100 / 20}).fit(X, y)
    np.testing.assert_allclose(balanced.coef_, given.coef_, rtol=1e-9)


# History, callbacks, warm starts.


def test_history_callback_and_early_stop():
    X, y = BREAST
    seen = []

    def stop(iteration, logs):
        seen.append((iteration, logs["loss"]))
        return iteration == 3

    model = LogisticRegression(C=1.0, callback=stop).fit(standardised(X), y)
    assert [i for i, _ in seen] == [0, 1, 2, 3]
    assert seen[0][1] == pytest.approx(np.log(2))
    assert model.history_.loss == [loss for _, loss in seen]
    assert set(model.history_.metrics) == {"gradient_norm", "step", "time"}
    assert model.n_iter_ == 3
    assert not model.certificate_.converged


def test_too_few_steps_warn():
    X, y = BREAST
    with pytest.warns(ConvergenceWarning, match="not converged after 2 steps: gradient norm .* max_iter"):
        model = LogisticRegression(C=1.0, max_iter=2).fit(X, y)
    assert "NOT converged" in str(model.certificate_)


@pytest.mark.parametrize("kind", [LogisticRegression, SoftmaxRegression])
def test_a_warm_start_goes_on_from_the_last_fit(kind):
    X, y = BREAST
    model = kind(C=1.0, warm_start=True, class_weight="balanced", prior_correction=True).fit(X, y)
    before = model.coef_.copy()
    model.fit(X, y)
    assert model.n_iter_ <= 1
    np.testing.assert_allclose(model.coef_, before, rtol=1e-6)
    model.fit(X[:, :5], y)  # another number of features: anew
    assert model.coef_.shape[1] == 5


# Sparse and large data, and data of any scale.


@pytest.mark.parametrize("kind", [csr_matrix, csr_array])
@pytest.mark.parametrize(
    "settings", [{}, {"C": 1.0}, {"C": 0.1, "l1_ratio": 1.0}, {"C": 1.0, "solver": "lbfgs"}]
)
def test_sparse_data_give_the_same(kind, settings):
    X, y = overlapping()
    X = np.where(np.abs(X) < 0.7, 0.0, X)
    dense, sparse = (LogisticRegression(**settings).fit(data, y) for data in (X, kind(X)))
    np.testing.assert_allclose(sparse.coef_, dense.coef_, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(sparse.predict_proba(kind(X)), dense.predict_proba(X), rtol=1e-8)


@pytest.mark.parametrize("settings", [{"C": 1.0}, {"C": 1.0, "solver": "lbfgs"}, {}])
def test_large_data_are_taken_in_blocks_with_the_same_result(settings):
    X, y = overlapping(n=60_000)
    large = LogisticRegression(**settings).fit(X, y)
    found = peer.LogisticRegression(C=settings.get("C", np.inf), solver="newton-cholesky", tol=1e-12).fit(
        X, y
    )
    np.testing.assert_allclose(large.coef_, found.coef_, rtol=1e-6)
    assert large.certificate_.distance < 1e-3


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("shift", [0.0, 1e4])
@pytest.mark.parametrize("solver", ["newton", "lbfgs", "gd"])
def test_units_and_origins_of_features_do_not_matter(scale, shift, solver):
    X, y = overlapping()
    plain = LogisticRegression(tol=1e-8).fit(X, y)
    other = LogisticRegression(solver=solver, tol=1e-8).fit(X * scale + scale * shift, y)
    np.testing.assert_allclose(other.coef_ * scale, plain.coef_, rtol=1e-6)


# Fits that do not estimate anything.


def test_separated_classes_warn_and_have_no_summary():
    X, y = ag.datasets.iris()
    y = (y == 0).astype(int)  # setosa: separated
    with pytest.warns(SeparationWarning, match="can be separated.*Penalise"):
        model = LogisticRegression().fit(X, y)
    assert model.certificate_.separation.kind == "complete"
    direction = model.certificate_.separation.direction
    assert ((2 * y - 1) * (X @ direction[:-1] + direction[-1]) > 0).all()
    assert model.score(X, y) == 1.0
    with pytest.raises(ValueError, match="no summary, because there is no maximum-likelihood estimate"):
        model.summary()
    assert LogisticRegression(C=1.0).fit(X, y).summary().columns["coef"].shape == (5,)


def test_quasi_separated_classes_name_the_column():
    X, y = overlapping(100, 2)
    dose = np.where(y == 1, np.arange(100) % 3 == 0, 0)  # only of class 1
    with pytest.warns(SeparationWarning, match="in part .*score of x2") as caught:
        model = LogisticRegression().fit(np.column_stack([X, dose]), y)
    assert len(caught) == 1
    assert model.certificate_.separation.kind == "quasi"
    np.testing.assert_array_equal(model.certificate_.separation.rows, np.flatnonzero(dose))


def test_classes_that_overlap_are_proved_to_without_a_linear_programme(monkeypatch):
    monkeypatch.setattr("autograd_lite.linear_model.certificate.separation", None)
    for kind, data in ((LogisticRegression, overlapping()), (SoftmaxRegression, bundled("anes96"))):
        assert kind().fit(*data).certificate_.separation.kind == "none"


def test_collinear_columns_are_named():
    X, y = overlapping()
    X = np.column_stack([X, X[:, 0] + X[:, 1], np.full(len(X), 3.0)])
    with pytest.warns(CollinearityWarning, match=r"x3 = x0 \+ x1; x4 is constant"):
        model = LogisticRegression().fit(X, y)
    alone = LogisticRegression().fit(X[:, :3], y)
    np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X[:, :3]), rtol=1e-6)
    with pytest.raises(ValueError, match="collinear: x3"):
        model.summary()
    assert LogisticRegression(C=1.0).fit(X, y).certificate_.collinear == ()


def test_a_fit_that_did_not_converge_has_no_summary():
    X, y = overlapping()
    with pytest.warns(ConvergenceWarning):
        model = LogisticRegression(max_iter=1, solver="gd").fit(X, y)
    with pytest.raises(ValueError, match="NOT converged"):
        model.summary()


# Formula and summary.


def test_the_formula():
    text = LogisticRegression(C=0.5, l1_ratio=0.25, class_weight="balanced").objective()
    assert "1/S sum_i s_i [log(1 + exp(z_i)) - y_i z_i]" in text
    assert "0.75/(2 C S) sum w^2 + 0.25/(C S) sum |w|" in text
    assert "C = 0.5" in text
    assert "b is not penalised" in text
    assert repr(text) == str(text)
    plain = LogisticRegression(fit_intercept=False).objective()
    assert "no penalty" in plain
    assert "b" not in plain.splitlines()[2]


def test_the_formula_is_what_is_minimised():
    X, y = overlapping()
    C, ratio = 0.5, 0.25
    model = LogisticRegression(C=C, l1_ratio=ratio).fit(X, y)

    def J(w, b):
        z = X @ w + b
        losses = np.log1p(np.exp(z)) - y * z
        return losses.mean() + ((1 - ratio) * w @ w / 2 + ratio * np.abs(w).sum()) / (C * len(y))

    best = J(model.coef_[0], model.intercept_[0])
    assert best == pytest.approx(model.history_.loss[-1], rel=1e-12)
    rng = np.random.default_rng(0)
    for _ in range(50):
        w, b = model.coef_[0] + 1e-3 * rng.normal(size=3), model.intercept_[0] + 1e-3 * rng.normal()
        assert J(w, b) > best


def test_a_summary_of_a_penalised_fit_says_so():
    X, y = overlapping()
    summary = LogisticRegression(C=1.0).fit(X, y).summary()
    assert set(summary.columns) == {"name", "coef", "odds ratio"}
    assert "not maximum-likelihood estimates" in str(summary)


def test_a_summary_is_a_table_and_a_data_frame():
    data = sm.datasets.spector.load_pandas()
    summary = LogisticRegression().fit(data.exog, data.endog).summary(level=0.9)
    frame = summary.frame()
    assert list(frame.columns) == [
        "name",
        "coef",
        "std err",
        "z",
        "p",
        "low",
        "high",
        "odds ratio",
        "or low",
        "or high",
    ]
    assert frame["name"].tolist() == ["intercept", "GPA", "TUCE", "PSI"]
    row = frame.set_index("name").loc["GPA"]
    assert row["odds ratio"] == pytest.approx(np.exp(row["coef"]))
    assert row["high"] - row["coef"] == pytest.approx(1.6448536269514722 * row["std err"])
    assert str(summary) == repr(summary)
    assert "Intervals at 90%" in str(summary)
    with pytest.raises(ValueError, match=r"level is 95.*such as 0.95"):
        LogisticRegression().fit(data.exog, data.endog).summary(level=95)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"C": 0}, "C is 0; it must be a positive number"),
        ({"C": "1"}, "C is '1'"),
        ({"l1_ratio": 1.5}, "l1_ratio is 1.5; it must be between 0"),
        ({"tol": 0}, "tol is 0"),
        ({"max_iter": 0}, "max_iter is 0"),
        ({"solver": "sgd"}, "solver is 'sgd'; it must be one of 'auto', 'newton'"),
        ({"solver": "newton", "C": 1.0, "l1_ratio": 0.5}, "cannot minimise the L1 penalty of l1_ratio=0.5"),
        ({"class_weight": "even"}, "class_weight is 'even'"),
        ({"class_weight": {1: -1.0}}, "class_weight is {1: -1.0}; give None, 'balanced', or positive"),
    ],
)
def test_settings_that_cannot_be_used(settings, message):
    X, y = overlapping()
    with pytest.raises(ValueError, match="LogisticRegression: ") as caught:
        LogisticRegression(**settings).fit(X, y)
    assert message in str(caught.value)


def test_data_that_cannot_be_used():
    X, y = overlapping()
    with pytest.raises(ValueError, match=r"one class, \[0\]"):
        LogisticRegression().fit(X, 0 * y)
    with pytest.raises(ValueError, match=r"Only binary classification.*SoftmaxRegression"):
        LogisticRegression().fit(X, np.arange(len(y)) % 3)
    with pytest.raises(ValueError, match="no example of class \\[1\\] has a positive sample_weight"):
        LogisticRegression().fit(X, y, sample_weight=1.0 - y)
    with pytest.raises(ValueError, match="Unknown label type"):
        LogisticRegression().fit(X, X[:, 0])
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        LogisticRegression().fit(X, y)


def test_a_fitted_model_is_pickled_with_its_certificate_and_summary():
    X, y = overlapping()
    model = SoftmaxRegression().fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    assert str(copy.summary()) == str(model.summary())
    assert str(copy.certificate_) == str(model.certificate_)


# Found by trying to break it.


@pytest.mark.parametrize("kind", [LogisticRegression, SoftmaxRegression])
def test_the_summary_has_the_corrected_intercept(kind):
    X, y = rare()
    model = kind(class_weight="balanced", prior_correction=True).fit(X, y)
    first = model.intercept_[-1] - (model.intercept_[0] if len(model.intercept_) > 1 else 0.0)
    assert model.summary().columns["coef"][0] == pytest.approx(first, rel=1e-12)
    assert model.intercept_.sum() == pytest.approx(0.0, abs=1e-9) or len(model.intercept_) == 1
    with pytest.raises(ValueError, match="prior_correction corrects the intercept"):
        kind(prior_correction=True, fit_intercept=False).fit(X, y)


@pytest.mark.parametrize("mean", [1e6, 1e9])
def test_sparse_columns_far_from_zero_keep_their_digits(mean):
    X, y = overlapping()
    X[:, 0] += mean
    dense, sparse = (
        LogisticRegression().fit(X, y).summary(),
        LogisticRegression().fit(csr_array(X), y).summary(),
    )
    for name in ("coef", "std err"):
        np.testing.assert_allclose(sparse.columns[name], dense.columns[name], rtol=1e-8)


@pytest.mark.parametrize("value", [0.3, 2.5, 1e-3])
def test_a_sparse_constant_is_found(value):
    X, y = overlapping()
    X = csr_array(np.column_stack([X, np.full(len(X), value)]))
    with pytest.warns(CollinearityWarning, match="x3 is constant"):
        assert abs(LogisticRegression().fit(X, y).coef_[0, 3]) < 1e-15


def test_rows_of_a_separation_are_those_of_the_data_given():
    with pytest.warns(SeparationWarning):
        model = LogisticRegression().fit([[9], [0], [1], [2], [3]], [0, 0, 0, 1, 1], [0, 1, 1, 1, 1])
    assert model.certificate_.separation.rows.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", [LogisticRegression, SoftmaxRegression])
def test_separation_in_a_large_fit_needs_no_linear_programme(kind, monkeypatch):
    monkeypatch.setattr("autograd_lite.linear_model.certificate.separation", None)
    X, _ = overlapping()
    y = (X[:, 0] > 0).astype(int)
    X[:, 0] += np.where(y, 0.5, -0.5)
    with pytest.warns(SeparationWarning):
        found = kind().fit(X, y).certificate_.separation
    z = X @ found.direction[:-1] + found.direction[-1]
    lead = z if z.ndim == 1 else z[:, 1] - z[:, 0]
    assert ((2 * y - 1) * lead > 0).all()


def test_a_rare_class_is_fitted_as_closely():
    X, y = overlapping()
    model = LogisticRegression().fit(X, y, np.where(y, 1e-10, 1.0))
    assert model.certificate_.converged
    assert np.abs(model.coef_).min() > 0.1


@pytest.mark.parametrize("scale", [1e-300, 1e200])
def test_features_out_of_range_are_named(scale):
    X, y = overlapping()
    with pytest.raises(ValueError, match="squares of feature x1 are out of the range"):
        LogisticRegression().fit(X * [1, scale, 1], y)


def test_distances_hold_for_robust_standard_errors():
    X, y = overlapping()
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(y)) / len(y)
    rough = LogisticRegression(tol=3e-3).fit(X, y, weights)
    best = LogisticRegression(tol=1e-12).fit(X, y, weights)
    columns = best.summary().columns
    off = np.abs(rough.summary().columns["coef"] - columns["coef"]) / columns["std err"]
    assert off.max() <= rough.certificate_.distance <= 10 * off.max()


def test_a_fit_that_fails_leaves_what_the_last_one_learned():
    X, y = overlapping()
    model = LogisticRegression().fit(X, y)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="one class"):
        model.fit(X[:, :2], 0 * y)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_newton_stops_where_rounding_ends_it():
    X, y = overlapping(5000)
    with pytest.warns(ConvergenceWarning, match="rounding allows no better step"):
        model = LogisticRegression(tol=1e-30).fit(X, y)
    assert model.n_iter_ < 40
    np.testing.assert_allclose(model.coef_, LogisticRegression().fit(X, y).coef_, rtol=1e-8)


def test_a_feature_may_be_called_intercept():
    data = sm.datasets.spector.load_pandas()
    X = data.exog.rename(columns={"GPA": "intercept"})
    odds = LogisticRegression().fit(X, data.endog).summary().columns["odds ratio"]
    assert np.isnan(odds).tolist() == [True, False, False, False]


def test_a_warm_start_is_not_taken_where_zeros_are_better():
    X, y = ag.datasets.iris()
    model = LogisticRegression(C=1e6, warm_start=True).fit(X, y == 0)
    model.fit(1e3 * X, y == 1)
    assert model.certificate_.converged
    np.testing.assert_allclose(model.coef_, LogisticRegression(C=1e6).fit(1e3 * X, y == 1).coef_, rtol=1e-5)


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_wide_sparse_data(l1_ratio):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2500)) * (rng.random((300, 2500)) < 0.02)
    y = (X @ rng.normal(size=2500) + rng.logistic(size=300) > 0).astype(int)
    model = LogisticRegression(C=1.0, l1_ratio=l1_ratio).fit(csr_array(X), y)
    assert model.certificate_.converged
    assert model.certificate_.duality_gap < 1e-7


def test_an_l1_ratio_without_a_penalty_warns():
    X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 1, 0, 1])
    with pytest.warns(UserWarning, match=r"LogisticRegression: l1_ratio=1 has no effect.*give C"):
        LogisticRegression(l1_ratio=1.0).fit(X, y)
    LogisticRegression(l1_ratio=1.0, C=1.0).fit(X, y)
