"""LogisticUnit and BinaryNetwork, against hand formulas."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn import BinaryNetwork, LogisticUnit

X = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 0.0]])
y = np.array([1.0, 0.0, 1.0])


def test_the_unit_starts_undecided():
    unit = LogisticUnit(2)
    assert unit.w.shape == (2,)
    assert unit.b.shape == ()
    assert [p.name for p in unit.parameters()] == ["w", "b"]
    np.testing.assert_array_equal(unit(X).data, [0.5, 0.5, 0.5])
    np.testing.assert_array_equal(unit.predict(X), [0, 0, 0])  # a probability of 1/2 counts as 0


def test_the_unit_is_its_formula():
    unit = LogisticUnit(3)  # the student of facts.md: intercept, attendance, grade
    unit.w.data, unit.b.data = np.array([10.0, 0.05, 0.0]), np.float64(-4.0)
    student = np.array([[0.85, 75.0, 1.0]])
    assert unit(student).data == pytest.approx([0.9997388096809043], rel=1e-14)
    assert unit.logits(student).data == pytest.approx([8.25])
    proba = unit.predict_proba(student)
    assert type(proba) is np.ndarray
    assert proba == pytest.approx([0.9997388096809043], rel=1e-14)
    label = unit.predict(student)
    assert label.tolist() == [1]
    assert label.dtype.kind == "i"


def test_the_gradient_of_the_unit():
    unit = LogisticUnit(2)
    unit.w.data = np.array([0.3, -0.4])
    loss = ag.bce(unit(X), y)
    loss.backward()
    p = 1 / (1 + np.exp(-(X @ [0.3, -0.4])))
    assert loss.item() == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    np.testing.assert_allclose(unit.w.grad, X.T @ (p - y) / 3)
    assert unit.b.grad == pytest.approx(np.mean(p - y))


def test_a_unit_that_is_certain_and_wrong_still_learns():
    unit = LogisticUnit(1)
    unit.w.data = np.array([-1000.0])
    loss = ag.bce(unit(np.ones((1, 1))), np.ones(1))
    loss.backward()
    assert loss.item() == 1000.0
    assert unit.w.grad == -1.0


def test_the_network_is_its_formula():
    network = BinaryNetwork([2, 4, 1], rng=0)
    W1, b1, w2, b2 = (p.data for p in network.parameters())
    assert [p.name for p in network.parameters()] == ["layer1.W", "layer1.b", "layer2.W", "layer2.b"]
    assert W1.shape == (2, 4)
    assert w2.shape == (4,)
    assert b2.shape == ()
    z = np.tanh(X @ W1 + b1) @ w2 + b2
    np.testing.assert_allclose(network(X).data, z)
    np.testing.assert_allclose(network.logits(X).data, z)
    np.testing.assert_allclose(network.predict_proba(X), 1 / (1 + np.exp(-z)))
    np.testing.assert_array_equal(network.predict(X), z > 0)
    assert network.predict(X).dtype.kind == "i"
    assert len(set(network.predict(10 * X))) == 2


@pytest.mark.parametrize(
    ("activation", "formula"),
    [
        ("tanh", np.tanh),
        ("sigmoid", lambda z: 1 / (1 + np.exp(-z))),
        ("relu", lambda z: np.maximum(z, 0)),
        ("leaky_relu", lambda z: np.where(z > 0, z, 0.01 * z)),
    ],
)
def test_the_activation_of_the_network(activation, formula):
    network = BinaryNetwork([2, 3, 1], activation, rng=1)
    W1, b1, w2, b2 = (p.data for p in network.parameters())
    np.testing.assert_allclose(network(X).data, formula(X @ W1 + b1) @ w2 + b2)


def test_a_network_without_hidden_layer_is_a_linear_logit():
    network = BinaryNetwork([2, 1], rng=0)
    np.testing.assert_allclose(network(X).data, X @ network.layer1.W.data)


def test_a_seed_makes_the_same_network_with_different_layers():
    one, two = (BinaryNetwork([3, 3, 3, 1], rng=7) for _ in range(2))
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    assert not np.array_equal(one.layer1.W.data, one.layer2.W.data)


def test_rectifiers_start_by_he_and_the_others_by_xavier():
    rng = np.random.default_rng
    for activation, init in (("relu", nn.he), ("leaky_relu", nn.he), ("tanh", nn.xavier)):
        network = BinaryNetwork([5, 4, 1], activation, rng=2)
        np.testing.assert_array_equal(network.layer1.W.data, init(rng(2), 5, 4))
    plain = BinaryNetwork([5, 4, 1], init="plain", rng=2)
    np.testing.assert_array_equal(plain.layer1.W.data, nn.plain(rng(2), 5, 4))


def test_predictions_record_nothing():
    network = BinaryNetwork([2, 3, 1])
    assert type(network.predict_proba(X)) is np.ndarray
    assert network(X).requires_grad


def test_float32_stays_float32():
    for model in (LogisticUnit(2), BinaryNetwork([2, 3, 1])):
        model.astype(np.float32)
        x = X.astype(np.float32)
        assert model(x).dtype == model.predict_proba(x).dtype == np.float32


@pytest.mark.parametrize("sizes", [[], [1], [3, 8], [3, 8, 2]])
def test_a_network_ends_in_one_logit(sizes):
    with pytest.raises(ValueError, match=r"sizes is .*; it starts with the number of features"):
        BinaryNetwork(sizes)


def test_other_errors():
    with pytest.raises(
        ValueError, match=r"activation is 'gelu'; it must be one of 'tanh', 'sigmoid', 'relu'"
    ):
        BinaryNetwork([2, 3, 1], "gelu")
    with pytest.raises(ValueError, match=r"n_features is 0; give a whole number"):
        LogisticUnit(0)
    with pytest.raises(ValueError, match=r"LogisticUnit: X has shape \(3, 2\) and w has shape \(4,\): "):
        LogisticUnit(4)(X)
    with pytest.raises(ValueError, match=r"n_out is 0"):
        BinaryNetwork([2, 0, 1])


@pytest.mark.parametrize("model", [LogisticUnit(2), BinaryNetwork([2, 3, 1], rng=0)], ids=repr)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_predictions_of_what_is_not_finite(model, bad):
    x = np.array([[1.0, 2.0], [bad, 1.0]])
    for predict in (model.predict, model.predict_proba):
        for given in (x, x.tolist(), ag.Tensor(x), x[1], x.astype(np.float32)):
            with pytest.raises(
                ValueError, match=r"predict: .* not finite: 1 of \d entries are .*, the first"
            ):
                predict(given)
        raw = x
        with pytest.raises(
            ValueError, match=r"predict: raw is not finite: 1 of 4 entries .* at \[1, 0\]; remove"
        ):
            predict(raw)
    if np.isnan(bad):
        assert np.isnan(model(x).data[1])  # a forward pass goes on


def test_predictions_of_parameters_that_are_not_finite():
    unit = LogisticUnit(2)
    unit.w.data = np.array([np.nan, 1.0])
    for predict in (unit.predict, unit.predict_proba):
        with pytest.raises(
            ValueError, match="predict: logits are nan; look for nan and inf in the parameters"
        ):
            predict(X)
    unit.w.data = np.array([1e300, 0.0])
    with np.errstate(over="ignore"):  # an infinite logit is certain
        assert unit.predict(1e10 * X).tolist() == [1, 1, 0]
        assert unit.predict_proba([[1e10, 0.0], [-1e10, 0.0]]).tolist() == [1.0, 0.0]


def test_predictions_can_be_compiled():
    network = BinaryNetwork([2, 3, 1], rng=0)
    np.testing.assert_allclose(ag.compile(network.predict_proba)(X), network.predict_proba(X), rtol=1e-14)


def test_a_tie_is_the_class_0_in_all_models():
    z = np.array([[-1e-9], [0.0], [1e-9]])
    models = LogisticUnit(1), BinaryNetwork([1, 1], rng=0)
    for model in models:
        model.parameters()[0].data = np.ones(1)
        assert model.predict(z).tolist() == [0, 0, 1]
        history = ag.fit(
            model, z, np.array([0.0, 0.0, 1.0]), loss=ag.bce if model is models[0] else ag.bce_with_logits,
            optimizer=ag.optim.SGD(model.parameters(), 0.1), epochs=1, progress=False,
        )  # fmt: skip
        assert history.metrics["accuracy"] == [1.0]


@pytest.mark.parametrize(
    ("arguments", "example"),
    [((2, 4, 1), [2, 4, 1]), ((3, 1), [3, 1]), ((2, 8, 4, 1), [2, 8, 4, 1]), ((2, "tanh"), [2])],
)
def test_sizes_are_a_list(arguments, example):
    with pytest.raises(TypeError, match=rf"BinaryNetwork: sizes is {example[0]}; give all sizes as a list: "):
        BinaryNetwork(*arguments)
