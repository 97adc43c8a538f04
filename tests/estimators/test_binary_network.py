"""BinaryNetworkClassifier against `fit` called by hand, rows that are repeated, and formulas."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import autograd_lite as ag
from autograd_lite.estimators import BinaryNetworkClassifier

RNG = np.random.default_rng(0)
X = RNG.standard_normal((30, 3))
y = (X @ [1.0, -2.0, 0.5] + 0.5 * RNG.standard_normal(30) > 0).astype(int)
WHOLE = RNG.integers(0, 4, 30)  # weights
assert set(WHOLE) == {0, 1, 2, 3}


def classifier(**settings):
    return BinaryNetworkClassifier(**{"hidden": (4,), "epochs": 20, "random_state": 0, **settings})


def sigma(z):
    return 1 / (1 + np.exp(-z))


def same(one, other, rtol=1e-10):
    np.testing.assert_allclose(one.decision_function(X), other.decision_function(X), rtol=rtol)


# Training


@pytest.mark.parametrize(
    ("settings", "optimizer"),
    [
        ({"hidden": (4,), "lr": 0.1}, lambda p: ag.optim.Adam(p, 0.1, weight_decay=0.001)),
        (
            {
                "hidden": [3, 2],
                "activation": "relu",
                "optimizer": "sgd",
                "lr": 0.2,
                "weight_decay": 0.01,
                "batch_size": 8,
            },
            lambda p: ag.optim.SGD(p, 0.2, weight_decay=0.01),
        ),
        (
            {"hidden": (), "optimizer": "adamw", "weight_decay": 0.5},
            lambda p: ag.optim.AdamW(p, 0.03, weight_decay=0.5),
        ),
        (
            {"hidden": (2,), "activation": "sigmoid", "optimizer": "rmsprop", "batch_size": 30},
            lambda p: ag.optim.RMSprop(p, 0.03, weight_decay=0.001),
        ),
    ],
)
def test_it_is_fit_of_a_binary_network(settings, optimizer):
    rng = np.random.default_rng(7)
    network = ag.nn.BinaryNetwork([3, *settings["hidden"], 1], settings.get("activation", "tanh"), rng=rng)
    history = ag.fit(
        network,
        X,
        y.astype(float),
        loss=ag.bce_with_logits,
        optimizer=optimizer(network.parameters()),
        epochs=20,
        batch_size=settings.get("batch_size"),
        progress=False,
        rng=rng,
    )
    ours = classifier(**settings, random_state=7).fit(X, y)
    np.testing.assert_allclose(ours.decision_function(X), network.logits(X).data, rtol=1e-9)
    np.testing.assert_allclose(ours.history_.loss, history.loss, rtol=1e-9)
    assert ours.history_.metrics == history.metrics
    assert ours.n_iter_ == 20
    assert isinstance(ours.network_, ag.nn.BinaryNetwork)


def test_the_answers_are_those_of_the_network():
    ours = classifier().fit(X, np.array(["no", "yes"])[y])
    z = ours.network_.logits(X).data
    np.testing.assert_array_equal(ours.decision_function(X), z)
    np.testing.assert_allclose(ours.predict_proba(X), np.column_stack([sigma(-z), sigma(z)]), rtol=1e-14)
    np.testing.assert_array_equal(ours.predict(X), np.where(z > 0, "yes", "no"))
    assert ours.score(X, np.array(["no", "yes"])[y]) == np.mean((z > 0) == y)


def test_a_small_probability_keeps_its_digits_on_both_sides():
    ours = classifier(hidden=()).fit(X, y)
    ours.network_.layer1.W.data, ours.network_.layer1.b.data = np.array([1.0, 0, 0]), np.float64(0)
    p = ours.predict_proba([[-50.0, 0, 0], [50.0, 0, 0]])
    np.testing.assert_allclose([p[0, 1], p[1, 0]], np.exp(-50), rtol=1e-14)
    assert ours.predict([[0.0, 0, 0], [1e-9, 0, 0]]).tolist() == [0, 1]  # a tie is the first, as for argmax


# Weights


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0}, {0: 0.5, 1: 2}])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_whole_numbers_as_weights_are_repeated_rows(class_weight, optimizer):
    ours = classifier(class_weight=class_weight, optimizer=optimizer)
    weighted = ours.fit(X, y, WHOLE).decision_function(X)
    repeated = ours.fit(X.repeat(WHOLE, axis=0), y.repeat(WHOLE)).decision_function(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9)


def test_the_weighted_loss_is_its_formula():
    w = RNG.random(30)
    ours = classifier(hidden=(), class_weight={1: 5.0}).fit(X, y, w)
    z = X @ ag.nn.BinaryNetwork([3, 1], rng=0).layer1.W.data  # as it was before the first step
    losses = np.where(y == 1, -np.log(sigma(z)), -np.log(sigma(-z)))
    w = np.where(y == 1, 5 * w, w)
    assert ours.history_.loss[0] == pytest.approx(w @ losses / w.sum(), rel=1e-12)
    assert ours.history_.metrics == {}


@pytest.mark.parametrize("factor", [1e-300, 7.0, 5e307])
def test_only_ratios_of_weights_matter(factor):
    expected = classifier(class_weight={0: 0.25, 1: 1.0}).fit(X, y, WHOLE)
    same(classifier(class_weight={0: 0.25, 1: 1.0}).fit(X, y, factor * WHOLE), expected)
    same(classifier(class_weight={0: factor / 4, 1: factor}).fit(X, y, WHOLE), expected)


def test_balanced_weighs_classes_by_inverse_frequency():
    few = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]]
    zeros = np.count_nonzero(y == 0)
    expected = classifier(class_weight={0: (zeros + 3) / (2 * zeros), 1: (zeros + 3) / 6})
    same(classifier(class_weight="balanced").fit(X[few], y[few]), expected.fit(X[few], y[few]))


def test_a_batch_in_which_all_weights_are_0_leaves_the_loss_finite():
    w = np.zeros(30)
    w[[np.argmin(y), np.argmax(y)]] = 1.0
    ours = classifier(batch_size=5).fit(X, y, w)
    assert np.isfinite(ours.history_.loss).all()
    assert ours.score(X[w > 0], y[w > 0]) == 1.0


# Labels


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["b", "a"]),
        np.array(["b", "a"], dtype=object),
        np.array([True, False]),
        np.array([-1, 1]),
        np.array([2.0, 5.0]),
        np.array([7, 250], dtype=np.uint8),
        pd.Series(["low", "high"]),
        pd.Series(["low", "high"], dtype="category"),
        ["yes", "no"],
    ],
    ids=repr,
)
def test_any_label(labels):
    given = np.asarray(labels)
    target = [labels[i] for i in y] if isinstance(labels, list) else labels[y]
    ours = classifier(epochs=100).fit(X, target)
    assert ours.classes_.tolist() == sorted(given.tolist())
    assert ours.classes_.dtype == np.unique(given).dtype
    assert np.mean(ours.predict(X) == given[y]) > 0.9
    weighted = classifier(class_weight={given[0]: 9.0}).fit(X, target)
    same(weighted, classifier().fit(X, target, np.array([9.0, 1.0])[y]))


# Chance


@pytest.mark.parametrize("batch_size", [None, 8])
def test_a_seed_repeats_a_fit_exactly(batch_size):
    kinds = [3, np.int64(3), np.random.default_rng(3)]
    fits = [classifier(random_state=s, batch_size=batch_size).fit(X, y).decision_function(X) for s in kinds]
    np.testing.assert_array_equal(fits[0], fits[1])
    np.testing.assert_array_equal(fits[0], fits[2])
    others = [classifier(random_state=np.random.RandomState(s), batch_size=batch_size) for s in (3, 3, 4)]
    one, two, three = (other.fit(X, y).decision_function(X) for other in others)
    np.testing.assert_array_equal(one, two)
    assert not np.allclose(one, three)
    assert not np.allclose(others[0].fit(X, y).decision_function(X), one)  # a RandomState goes on


def test_without_a_seed_it_draws_from_the_default_generator():
    def draw():
        return classifier(random_state=None).fit(X, y).decision_function(X)

    ag.seed(5)
    one, two = draw(), draw()
    assert not np.allclose(one, two)
    ag.seed(5)
    np.testing.assert_array_equal(draw(), one)


# Going on, stopping, watching


def test_a_warm_start_goes_on_from_the_last_weights():
    once = classifier(optimizer="sgd", lr=0.5, epochs=20).fit(X, y)
    parts = classifier(optimizer="sgd", lr=0.5, epochs=12, warm_start=True).fit(X, y)
    before = parts.network_
    values = [p.data.copy() for p in before.parameters()]
    parts.set_params(epochs=8).fit(X, y)
    same(parts, once, rtol=1e-12)
    assert parts.history_.loss == pytest.approx(once.history_.loss[12:], rel=1e-12)
    assert parts.n_iter_ == 8
    for p, value in zip(before.parameters(), values, strict=True):  # an earlier network stays as it was
        np.testing.assert_array_equal(p.data, value)


def test_without_warm_start_a_fit_begins_anew():
    ours = classifier().fit(X, y)
    before = ours.decision_function(X)
    np.testing.assert_array_equal(ours.fit(X, y).decision_function(X), before)
    assert ours.fit(X[:, :2], np.array(["a", "b"])[y]).n_features_in_ == 2


@pytest.mark.parametrize(
    ("change", "data", "message"),
    [
        ({"hidden": (5,)}, (X, y), r"hidden is \(5,\); it was another in the last fit.*warm_start=False"),
        ({}, (X, y + 1), r"classes were \[0, 1\] in the last fit, and now they are \[1, 2\]; with"),
        ({}, (X[:, :2], y), "X has 2 features, but BinaryNetworkClassifier is expecting 3"),
    ],
)
def test_a_warm_start_refuses_another_problem(change, data, message):
    ours = classifier(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=message):
        ours.set_params(**change).fit(*data)


def test_callbacks_see_every_epoch_and_may_stop():
    seen = []
    ours = classifier(callbacks=[lambda epoch, logs: seen.append((epoch, logs["loss"])) or epoch == 4])
    ours.fit(X, y)
    assert ours.n_iter_ == 4
    assert [loss for _, loss in seen] == ours.history_.loss


def test_it_stops_early_as_its_docstring_says():
    stopping = ag.EarlyStopping(20, min_delta=1e-4)
    ours = classifier(epochs=5000, hidden=(32,), callbacks=[stopping]).fit(X, y)
    assert ours.n_iter_ == stopping.best_epoch + 20 < 2000


def test_progress_is_shown_when_asked_for(capsys):
    classifier(progress=True).fit(X, y)
    assert "20/20" in capsys.readouterr().err
    classifier().fit(X, y)
    assert capsys.readouterr().err == ""


# Refusals


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"hidden": 0}, ValueError, r"BinaryNetworkClassifier: hidden is 0; give .* such as \(32,\)"),
        ({"hidden": (8, 0)}, ValueError, r"hidden is \(8, 0\); give the units, 1 or more"),
        ({"hidden": (True,)}, ValueError, r"hidden is \(True,\)"),
        ({"hidden": "8"}, ValueError, "hidden is '8'"),
        ({"activation": "swish"}, ValueError, "activation is 'swish'; it must be one of 'tanh'"),
        (
            {"optimizer": "adma"},
            ValueError,
            "optimizer is 'adma'; it must be one of 'adam', 'adamw', 'rmsprop'",
        ),
        ({"optimizer": ["adam"]}, ValueError, r"optimizer is \['adam'\]"),
        ({"lr": -1.0}, ValueError, "Adam: lr is -1.0; it must be positive"),
        ({"weight_decay": -1.0}, ValueError, "Adam: weight_decay is -1.0; it must be at least 0"),
        ({"epochs": 0}, ValueError, "fit: epochs is 0; give a whole number"),
        ({"batch_size": 0}, ValueError, "fit: batch_size is 0; give a whole number"),
        ({"callbacks": None}, TypeError, "fit: callbacks is None; pass a list"),
        ({"random_state": "x"}, ValueError, "random_state is 'x'; give a seed"),
        ({"random_state": -1}, ValueError, "random_state is -1; give a seed"),
        ({"class_weight": "balance"}, ValueError, "class_weight is 'balance'; give None, 'balanced'"),
        ({"class_weight": {2: 1.0}}, ValueError, r"class_weight is \{2: 1.0\}; .*classes \[0, 1\]"),
        ({"class_weight": {0: -1.0}}, ValueError, r"class_weight is \{0: -1.0\}; .* such as \{1: 2.0\}"),
        ({"class_weight": {0: np.nan}}, ValueError, "class_weight is {0: nan}"),
        ({"class_weight": {0: "1"}}, ValueError, "class_weight is {0: '1'}"),
        ({"class_weight": [1, 2]}, ValueError, r"class_weight is \[1, 2\]"),
        ({"class_weight": {0: 0}}, ValueError, r"class_weight is \{0: 0\}; .*leave out the rows"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_nothing_is_lost(settings, error, message):
    ours = classifier().fit(X, y)
    learned = ours.network_, ours.classes_, ours.history_
    with pytest.raises(error, match=message):
        ours.set_params(**settings).fit(X, y)
    assert (ours.network_, ours.classes_, ours.history_) == learned
    BinaryNetworkClassifier(**settings)  # scikit-learn: the constructor stores, fit checks


@pytest.mark.parametrize(
    ("y", "sample_weight", "message"),
    [
        (np.zeros(30), None, r"BinaryNetworkClassifier: y has one class, \[0.0\]; give examples of two"),
        (
            np.arange(30) % 3,
            None,
            r"Only binary .* target is multiclass, y has 3 classes; wrap .*OneVsRestClassifier",
        ),
        (np.linspace(0, 1, 30), None, "Unknown label type: continuous"),
        (["a", None] * 15, None, "labels in y cannot be sorted: .*NoneType.*; give labels of one type"),
        (y, 1.0 - y, r"no example of class \[1\] has a positive sample_weight"),
        (y, -WHOLE, "Negative values in data passed to `sample_weight`"),
        (y, np.zeros(30), "at least one non-zero"),
        (y, np.full(30, np.nan), "sample_weight contains NaN"),
        (y, WHOLE[:3], "sample_weight"),
    ],
)
def test_labels_and_weights_that_cannot_be_learned_from(y, sample_weight, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, y, sample_weight)


def test_a_training_that_overflows_says_what_to_do():
    with pytest.raises(ValueError, match=r"(?s)fit: .*not finite|standardise X"):
        classifier(hidden=(), lr=1e300).fit(1e300 * X, y)


# As a user


def test_it_learns_exclusive_or_from_every_seed():
    X, y = ag.datasets.xor()
    for seed in range(5):
        assert BinaryNetworkClassifier(random_state=seed).fit(X, y).score(X, y) == 1.0


def test_it_learns_two_moons():
    X, y = ag.datasets.two_moons(200, 0.2)
    new, answers = ag.datasets.two_moons(1000, 0.2, rng=1)
    assert BinaryNetworkClassifier(random_state=0).fit(X, y).score(new, answers) > 0.95


def test_it_tells_tumours_apart():
    X, y = ag.datasets.breast_cancer()
    model = make_pipeline(StandardScaler(), BinaryNetworkClassifier(random_state=0))
    assert cross_val_score(model, X, y, cv=3).mean() > 0.96


# The extra


def test_the_package_does_not_import_scikit_learn():
    code = "import sys, autograd_lite; print([m for m in ('sklearn', 'scipy') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_without_scikit_learn_the_error_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None; import autograd_lite.estimators"
    run = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=False)
    assert run.stderr.strip().endswith(
        "not installed; pip install scikit-learn (autograd_lite's extra 'sklearn' has it)"
    )


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        ({"hidden_layer_sizes": (8,)}, "instead of hidden_layer_sizes, give hidden$"),
        (
            {"learning_rate_init": 0.1, "max_iter": 9},
            "instead of learning_rate_init, give lr; .* give epochs$",
        ),
        (
            {"solver": "adam", "alpha": 0.1},
            "instead of solver, give optimizer; instead of alpha, give weight_decay",
        ),
        ({"penalty": "l2"}, "instead of penalty, give weight_decay$"),
        ({"C": 1.0}, "unexpected keyword argument 'C'; the arguments are hidden, activation, optimizer"),
    ],
)
def test_arguments_of_scikit_learn(guess, message):
    with pytest.raises(TypeError, match=f"^BinaryNetworkClassifier: .*{message}"):
        BinaryNetworkClassifier(**guess)


def test_predictions_of_what_is_not_finite():
    ours = classifier(activation="relu").fit(X, y)
    for predict in (ours.predict, ours.predict_proba, ours.decision_function):
        for bad in (np.nan, np.inf):
            with pytest.raises(ValueError, match="Input X contains"):
                predict([[0.0, 1.0, bad]])
    ours.network_.layer2.b.data = np.float64(np.nan)
    for predict in (ours.predict, ours.predict_proba, ours.decision_function):
        with pytest.raises(
            ValueError, match="predict: logits are nan; look for nan and inf in the parameters"
        ):
            predict(X)


@pytest.mark.parametrize("weights", [{0: 1.0, 2: 5.0}, {"1": 2.0}, {7: 1.0}])
def test_class_weights_of_a_class_that_the_data_lack(weights):
    with pytest.raises(ValueError, match=r"BinaryNetworkClassifier: .*class_weight.*\[0, 1\]"):
        classifier(class_weight=weights).fit(X, y)
