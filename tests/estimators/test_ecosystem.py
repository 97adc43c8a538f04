"""Every estimator in the hands of scikit-learn: its own checks, and its meta-estimators."""

import pickle

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

import autograd_lite as ag

METHODS = ["predict", "predict_proba", "decision_function"]


@pytest.fixture(scope="module")
def tumours():
    """A DataFrame of 10 measurements of tumours, and their kinds by name."""
    X, y, features, classes = ag.datasets.breast_cancer(return_names=True)
    return pd.DataFrame(X, columns=features).iloc[:, :10], pd.Series(classes).iloc[y.astype(int)].to_numpy()


@pytest.fixture
def scaled(estimator):
    """The estimator behind a scaler that keeps DataFrames."""
    return make_pipeline(StandardScaler().set_output(transform="pandas"), estimator)


def same_answers(one, other, X):
    for method in METHODS:
        np.testing.assert_array_equal(getattr(one, method)(X), getattr(other, method)(X))


# Scikit-learn's checks and small folds have classes that can be separated, and columns that repeat.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::autograd_lite.linear_model.{kind}")
    for kind in ("SeparationWarning", "CollinearityWarning")
]


@pytest.mark.long
def test_every_check_of_scikit_learn_passes_and_none_is_skipped(default, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # without it, or without pandas, checks are skipped
    results = check_estimator(default, on_skip=None, on_fail=None)
    others = {r["check_name"]: r["exception"] for r in results if r["status"] != "passed"}
    assert others == {}
    assert len(results) >= 60  # the newest scikit-learn has 64 for two classes


def test_no_tag_excuses_an_estimator_from_a_check(default):
    tags = get_tags(default)
    excuses = tags._skip_test, tags.no_validation, tags.non_deterministic, tags.classifier_tags.poor_score
    assert not any(excuses)
    assert tags.requires_fit
    assert tags.target_tags.required


def test_a_pipeline_with_a_data_frame_and_names_as_labels(scaled, tumours):
    X, y = tumours
    assert scaled.fit(X, y).score(X, y) > 0.94
    assert scaled.classes_.tolist() == ["benign", "malignant"]
    assert set(scaled.predict(X)) == {"benign", "malignant"}
    estimator = scaled[-1]
    assert estimator.n_features_in_ == 10
    assert estimator.feature_names_in_.tolist() == list(X.columns)
    likely = scaled.predict_proba(X).argmax(axis=1)
    np.testing.assert_array_equal(scaled.classes_[likely], scaled.predict(X))
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(X.rename(columns={X.columns[0]: "size"}))


def test_weights_reach_the_estimator_in_a_pipeline(scaled, tumours):
    X, y = tumours
    kept = np.arange(len(X)) % 2 == 0
    scaled.fit(X, y, **{f"{scaled.steps[-1][0]}__sample_weight": kept.astype(float)})
    inputs = scaled[:-1].transform(X)
    alone = clone(scaled[-1]).fit(inputs[kept], y[kept])
    np.testing.assert_allclose(scaled.predict_proba(X), alone.predict_proba(inputs), rtol=1e-5)


def test_a_grid_search_chooses_among_settings(scaled, tumours):
    X, y = tumours
    step = scaled.steps[-1][0]
    unfair = {"benign": 1.0, "malignant": 1e-6}
    search = GridSearchCV(scaled, {f"{step}__class_weight": [unfair, None]}, cv=3).fit(X, y)
    assert search.best_params_ == {f"{step}__class_weight": None}
    unfair_score, score = search.cv_results_["mean_test_score"]
    assert unfair_score < score
    assert score > 0.92
    assert search.score(X, y) > 0.93


@pytest.mark.long
def test_cross_validation_alone_and_in_two_threads(scaled, tumours):
    X, y = tumours
    alone = cross_val_score(scaled, X, y, cv=4)
    assert alone.mean() > 0.92
    with parallel_config("threading", n_jobs=2):
        np.testing.assert_array_equal(cross_val_score(scaled, X, y, cv=4), alone)


def test_one_against_the_rest_on_three_classes(scaled):
    X, y, features, classes = ag.datasets.iris(return_names=True)
    X, y = pd.DataFrame(X, columns=features), np.array(classes)[y]
    several = OneVsRestClassifier(scaled).fit(X, y)
    assert several.score(X, y) > 0.9
    assert several.predict_proba(X).shape == (150, 3)


@pytest.mark.long
def test_calibration_makes_the_probabilities_of_a_weighted_fit_honest(scaled, tumours):
    X, y = tumours
    unfair = scaled.set_params(**{f"{scaled.steps[-1][0]}__class_weight": "balanced"})
    kept = (y == "benign") | (np.cumsum(y == "malignant") % 8 == 0)  # 1 malignant of 14
    calibrated = CalibratedClassifierCV(unfair, cv=3)
    before, after = (
        cross_val_predict(m, X[kept], y[kept], cv=3, method="predict_proba") for m in (unfair, calibrated)
    )
    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert log_loss(y[kept], after) < 0.9 * log_loss(y[kept], before)
    assert set(calibrated.fit(X, y).predict(X)) == {"benign", "malignant"}


def test_a_pickled_copy_gives_the_same_answers(scaled, tumours):
    X, y = tumours
    scaled.fit(X, y)
    same_answers(scaled, pickle.loads(pickle.dumps(scaled)), X)


def test_a_clone_has_the_settings_and_nothing_learned(scaled, tumours):
    X, y = tumours
    fresh = clone(scaled.fit(X, y))
    assert fresh[-1].get_params() == scaled[-1].get_params()
    assert not any(name.endswith("_") for name in vars(fresh[-1]))
    same_answers(scaled, fresh.fit(X, y), X)
