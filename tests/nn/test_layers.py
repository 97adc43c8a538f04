"""Layers, initialisers and the default generator, against formulas."""

import math
import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, randomness
from autograd_lite.nn import Dropout, LeakyReLU, Linear, ReLU, Sequential, Sigmoid, Softmax, Tanh

X = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]])


def test_linear_is_the_formula():
    layer = Linear(2, 3, rng=0)
    W, b = layer.W.data, np.array([1.0, 2.0, 3.0])
    layer.b.data = b
    y = layer(X)
    np.testing.assert_allclose(y.data, X @ W + b)
    y.sum().backward()
    np.testing.assert_allclose(layer.W.grad, np.outer(X.sum(axis=0), np.ones(3)))
    np.testing.assert_array_equal(layer.b.grad, [3.0, 3.0, 3.0])


def test_linear_without_bias_and_without_output_axis():
    assert Linear(2, 3, bias=False).b is None
    layer = Linear(2, 3, bias=False, rng=0)
    np.testing.assert_allclose(layer(X).data, X @ layer.W.data)
    unit = Linear(2, None, rng=0)
    assert unit.W.shape == (2,)
    assert unit.b.shape == ()
    assert unit(X).shape == (3,)
    np.testing.assert_allclose(unit(X).data, X @ unit.W.data)
    np.testing.assert_array_equal(unit.W.data, Linear(2, 1, rng=0).W.data[:, 0])


@pytest.mark.parametrize("shape", [(2,), (1, 2), (0, 2), (4, 3, 2)])
def test_linear_takes_any_leading_axes(shape):
    assert Linear(2, 3)(np.ones(shape)).shape == (*shape[:-1], 3)


@pytest.mark.parametrize("bias", [True, False])
def test_a_wrong_number_of_features_names_the_layer(bias):
    model = Sequential(Linear(2, 4), Tanh(), Linear(3, 1, bias=bias))
    with pytest.raises(ValueError, match=r"layer2: .* has shape \(3, 4\) and layer2.W has shape \(3, 1\)"):
        model(X)
    features = np.ones((5, 7))
    message = (
        "layer1: features has shape (5, 7) and layer1.W has shape (2, 4): Linear(2 → 4) takes 2 features "
        "and features has 7; pass examples in rows, of shape (n, 2)"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        model(features)
    with pytest.raises(ValueError, match=r"^Linear: .* is one number"):
        Linear(2, 1)(3.0)


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (Sigmoid(), lambda z: 1 / (1 + np.exp(-z))),
        (Tanh(), np.tanh),
        (ReLU(), lambda z: z * (z > 0)),
        (LeakyReLU(), lambda z: np.where(z > 0, z, 0.01 * z)),
        (LeakyReLU(0.3), lambda z: np.where(z > 0, z, 0.3 * z)),
        (Softmax(), lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)),
        (Softmax(axis=0), lambda z: np.exp(z) / np.exp(z).sum(axis=0)),
    ],
    ids=lambda x: repr(x) if isinstance(x, nn.Module) else None,
)
def test_activations_are_their_formulas(layer, formula):
    np.testing.assert_allclose(layer(ag.Tensor(X)).data, formula(X), rtol=1e-14)
    assert layer.parameters() == []


def test_sequential_is_a_sequence():
    model = Sequential(Linear(2, 4, rng=0), Tanh(), Linear(4, 1, rng=1))
    assert len(model) == 3
    assert model[0] is model.layer1
    assert model[-1] is model.layer2
    assert [type(layer) for layer in model] == [Linear, Tanh, Linear]
    np.testing.assert_array_equal(model[:2](X).data, np.tanh(model[0](X)).data)
    assert [p.name for p in model.parameters()] == ["layer1.W", "layer1.b", "layer2.W", "layer2.b"]
    assert model.n_in == 2
    assert Sequential(Tanh()).n_in is None
    with pytest.raises(IndexError):
        model[3]


def test_a_layer_of_a_sequence_can_be_replaced():
    model = Sequential(Linear(2, 4), Tanh(), Linear(4, 1))
    model.layer2 = Linear(4, 5)
    assert model(X).shape == (3, 5)
    assert model[2] is model.layer2
    assert model[2].W.name == "layer2.W"


def test_one_layer_in_two_places_runs_twice():
    layer = Linear(2, 2, rng=0)
    model = Sequential(layer, Tanh(), layer)
    assert len(model) == 3
    assert len(model.parameters()) == 2
    np.testing.assert_array_equal(model(X).data, layer(np.tanh(layer(X))).data)
    model(X).sum().backward()
    once = np.outer(np.tanh(layer(X).data).sum(axis=0), np.ones(2))
    assert not np.allclose(layer.W.grad, once)


@pytest.mark.parametrize("wrong", [Tanh, np.tanh, [Tanh()]])
def test_sequential_refuses_what_is_no_module(wrong):
    with pytest.raises(TypeError, match=r"Sequential: layers\[1\] is .*; give modules one by one"):
        Sequential(Tanh(), wrong)


def test_dropout_keeps_the_mean_in_training_and_everything_in_prediction():
    layer, x = Dropout(0.25, rng=0), np.ones((200, 500))
    y = layer(x)
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert abs((y == 0).mean() - 0.25) < 0.005  # 5 standard deviations are 0.0068
    assert layer.eval()(x) is x


def test_dropout_gradient_is_its_mask_and_repeats_from_a_seed():
    x = ag.Tensor(np.full((4, 3), 2.0))
    y = Dropout(0.5, rng=3)(x)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.data / 2.0)
    np.testing.assert_array_equal(y.data, Dropout(0.5, rng=3)(x).data)
    assert not np.array_equal(y.data, Dropout(0.5, rng=4)(x).data)


def test_dropout_at_its_limits():
    assert Dropout(0)(X) is X
    assert Dropout(0.5)(np.ones(3, np.float32)).dtype == np.float32
    for p in (1, 1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match=rf"Dropout: p is {p}; give a probability"):
            Dropout(p)


def test_initialisers_have_their_variances():
    rng = np.random.default_rng(0)
    n_in, n_out = 300, 500
    assert nn.plain(rng, n_in, n_out).std() == pytest.approx(0.01, rel=0.01)
    assert nn.he(rng, n_in, n_out).std() == pytest.approx(math.sqrt(2 / 300), rel=0.01)
    limit, w = math.sqrt(6 / 800), nn.xavier(rng, n_in, n_out)
    assert w.std() == pytest.approx(limit / math.sqrt(3), rel=0.01)
    assert limit * 0.99 < w.max() < limit
    assert -limit < w.min() < -limit * 0.99


def test_init_may_be_a_function_and_must_fit():
    def ones(rng, n_in, n_out):
        return np.ones((n_in, n_out), np.float32)

    layer = Linear(2, 3, init=ones)
    assert layer.W.dtype == layer.b.dtype == np.float32
    assert (layer.W.data == 1).all()
    with pytest.raises(
        ValueError, match=r"init returned shape \(3, 2\) of dtype float64; it must return \(2, 3\)"
    ):
        Linear(2, 3, init=lambda rng, n_in, n_out: np.ones((n_out, n_in)))
    with pytest.raises(ValueError, match=r"finite floats"):
        Linear(2, 3, init=lambda rng, n_in, n_out: np.full((n_in, n_out), np.nan))
    with pytest.raises(ValueError, match=r"init is 'glorot'; it must be one of 'plain', 'xavier', 'he', or"):
        Linear(2, 3, init="glorot")


@pytest.mark.parametrize("size", [0, -1, 2.0, True, "3"])
def test_sizes_are_whole_numbers(size):
    with pytest.raises(ValueError, match=r"Linear: n_out is .*; give a whole number"):
        Linear(2, size)
    with pytest.raises(ValueError, match=r"Linear: n_in is .*; give a whole number"):
        Linear(size, 2)


def test_seeds_repeat_and_generators_go_on():
    weights = [Linear(2, 2, rng=rng).W.data for rng in (5, 5, np.random.default_rng(5))]
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[0], weights[2])
    rng = np.random.default_rng(5)
    assert not np.array_equal(Linear(2, 2, rng=rng).W.data, Linear(2, 2, rng=rng).W.data)


def test_seed_restarts_the_default_generator():
    randomness.seed(1)
    first = [Linear(2, 2).W.data for _ in range(2)]
    randomness.seed(1)
    np.testing.assert_array_equal(first, [Linear(2, 2).W.data for _ in range(2)])
    assert not np.array_equal(first[0], first[1])
    for n in (-1, 1.0, None, True):
        with pytest.raises(ValueError, match=r"seed: n is .*; give a whole number"):
            randomness.seed(n)


@pytest.mark.parametrize("rng", [-1, 1.5, "0", True, np.random.RandomState(0)])
def test_rng_is_a_seed_or_a_generator(rng):
    with pytest.raises(TypeError, match=r"rng is .*; give a seed"):
        Linear(2, 2, rng=rng)
