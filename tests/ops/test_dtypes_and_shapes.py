"""float32 stays float32; empty and 0-d arrays keep their shapes; repeated indices add up."""

import tracemalloc

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tensor import Tensor, graph


def gradient(f, x):
    t = Tensor(x)
    y = f(t)
    y.backward(np.ones(y.shape))
    return t.grad


LOSSES = [
    (ag.mse, np.array([0, 1, 1])),
    (ag.mae, np.array([0, 1, 1])),
    (ag.huber, np.array([0, 1, 1])),
    (ag.hinge, np.array([-1, 1, 1])),
    (ag.bce_with_logits, np.array([0, 1, 1])),
    (lambda z, y, **k: ag.bce(ag.sigmoid(z), y, **k), np.array([0, 1, 1])),
    (lambda z, y, **k: ag.bce(z * z * 0.5, y, **k), np.array([0, 1, 1])),
]


@pytest.mark.parametrize(("loss", "labels"), LOSSES)
@pytest.mark.parametrize("label_type", [np.int64, np.float64, np.float32])
@pytest.mark.parametrize(
    "settings", [{}, {"reduction": "none"}, {"sample_weight": np.array([1.0, 2.0, 0.5])}]
)
def test_float32_stays_float32_in_losses(loss, labels, label_type, settings):
    z = Tensor(np.array([0.3, -0.7, 0.9], np.float32))
    y = loss(z, labels.astype(label_type), **settings)
    assert y.dtype == np.float32
    y.backward(np.ones(y.shape))
    assert z.grad.dtype == np.float32


@pytest.mark.parametrize("labels", [np.array([0, 2]), np.eye(3)[[0, 2]]])
def test_float32_stays_float32_in_cross_entropy(labels):
    z = Tensor(np.array([[0.3, -0.7, 0.9], [1.0, 2.0, 3.0]], np.float32))
    y = ag.cross_entropy(z, labels)
    y.backward()
    assert (y.dtype, z.grad.dtype) == (np.float32, np.float32)


def test_python_numbers_do_not_change_float32():
    x = Tensor(np.array([1.0, 2.0], np.float32))
    y = (2.0 * x + 1 - x / 3.0) ** 2 * np.maximum(x, 0.5)
    y.backward(np.ones(2))
    assert (y.dtype, x.grad.dtype) == (np.float32, np.float32)


def test_reductions_of_empty_arrays():
    np.testing.assert_array_equal(gradient(np.sum, np.zeros((0, 3))), np.zeros((0, 3)))
    np.testing.assert_array_equal(gradient(np.prod, np.zeros((0,))), np.zeros((0,)))
    assert np.sum(Tensor(np.zeros((0, 3))), axis=0).shape == (3,)
    with pytest.raises(ValueError, match="max"):
        np.max(Tensor(np.zeros((0,))))


def test_numbers_stay_numbers():
    x = Tensor(2.0)
    y = np.sum(np.exp(x)) * x
    y.backward()
    assert y.shape == x.grad.shape == ()
    assert float(x.grad) == pytest.approx(3 * np.e**2, rel=1e-15)


def test_repeated_indices_add_up():
    x = np.arange(4.0)
    np.testing.assert_array_equal(gradient(lambda t: t[[1, 1, 3, 1]], x), [0.0, 3.0, 0.0, 1.0])
    np.testing.assert_array_equal(gradient(lambda t: np.take(t, [0, -4, 2]), x), [2.0, 0.0, 1.0, 0.0])
    np.testing.assert_array_equal(gradient(lambda t: np.repeat(t, [0, 1, 2, 3]), x), [0.0, 1.0, 2.0, 3.0])
    np.testing.assert_array_equal(gradient(lambda t: np.take(t, [True, True], axis=0), x[:2]), [0.0, 2.0])
    np.testing.assert_array_equal(
        gradient(lambda t: np.repeat(t, [True, False, True, True]), x), [1, 0, 1, 1]
    )
    with pytest.raises(IndexError, match="take: t has shape"):
        gradient(lambda t: np.take(t, [-5], axis=0), x)
    square = gradient(lambda t: t[[0, 0, 1], [1, 1, 0]], np.zeros((2, 2)))
    np.testing.assert_array_equal(square, [[0.0, 2.0], [1.0, 0.0]])


def test_one_tensor_as_both_inputs_gets_both_gradients():
    assert gradient(lambda x: x * x, 3.0) == 6.0
    assert gradient(lambda x: x / x, 3.0) == pytest.approx(0.0, abs=1e-16)
    np.testing.assert_array_equal(gradient(lambda x: np.concatenate([x, x]), np.ones(2)), [2.0, 2.0])


SMALL = [np.uint8, np.int8, bool, np.uint64]


@pytest.mark.parametrize("dtype", SMALL)
@pytest.mark.parametrize(
    "f",
    [ag.sigmoid, ag.relu, ag.leaky_relu, ag.softplus, ag.softmax, ag.log_softmax, ag.logsumexp]
    + [ag.OPS[name] for name in ("reciprocal", "sigmoid_slope")],
)
def test_activations_of_small_integers_are_those_of_floats(f, dtype):
    x = np.array([1, 2, 3] if dtype is not bool else [1, 1, 1]).astype(dtype)
    for values in (f(x), f(Tensor(x)).data):
        np.testing.assert_array_equal(values, f(x.astype(float)), strict=True)


@pytest.mark.parametrize("dtype", SMALL)
def test_unsigned_exponents_and_signs_do_not_wrap(dtype):
    b = np.arange(2 if dtype is bool else 3).astype(dtype)
    n = len(b)
    assert gradient(lambda x: np.sum(x**b), 20.0) == [1.0, 41.0][n == 3]
    assert ag.hessian(lambda x: np.sum(x**b))(20.0) == [0.0, 2.0][n == 3]
    np.testing.assert_array_equal((-Tensor(b)).data, -np.arange(n))


def test_means_of_many_half_precision_entries():
    n = 70_000
    x = np.ones(n, np.float16)
    for f in (ag.mse, ag.mae):
        value, slope = ag.value_and_grad(lambda t, f=f: f(t, np.zeros(n)))(x)
        assert value == 1.0
        np.testing.assert_allclose(slope[:2], (2 if f is ag.mse else 1) / n, rtol=1e-2)
    for f in (np.mean, np.max, np.min):
        value, slope = ag.value_and_grad(f)(x)
        assert (value, slope.dtype) == (1.0, np.float16)
        np.testing.assert_allclose(slope[:2], 1 / n, rtol=1e-2)
    assert ag.logsumexp(x) == np.float16(1 + np.log(n))
    assert ag.softmax(x)[0] == np.float16(1 / n)
    steep = gradient(lambda t: ag.mse(t, np.zeros(n)) * 1000.0, 3 * x)
    np.testing.assert_allclose(steep[:2], 6e3 / n, rtol=1e-3)


def test_long_inputs_take_linear_memory():
    x = np.ones(20_000)
    x[7] = 0.0
    z = np.zeros((1, 20_000))
    tracemalloc.start()
    gradient(np.prod, x)
    ag.grad(lambda t: ag.cross_entropy(t, np.array([3])))(z)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * x.nbytes


@pytest.mark.parametrize("join", [np.concatenate, np.stack])
@pytest.mark.parametrize("axis", [0, -1])
def test_many_tensors_are_joined_in_linear_time(join, axis):
    n = 4_200
    parts = [Tensor(np.full((2, 1), float(i))) for i in range(n)]
    joined = join(parts, axis=axis)
    np.testing.assert_array_equal(joined.data, join([p.data for p in parts], axis=axis), strict=True)
    np.sum(joined * joined).backward()
    np.testing.assert_array_equal([p.grad for p in parts], [2 * p.data for p in parts])
    assert max(len(t.inputs) for t in graph(joined)) <= 64  # the rule of an input takes all of them
