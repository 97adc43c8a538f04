"""float32 stays float32; empty and 0-d arrays keep their shapes; repeated indices add up."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tensor import Tensor


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
    square = gradient(lambda t: t[[0, 0, 1], [1, 1, 0]], np.zeros((2, 2)))
    np.testing.assert_array_equal(square, [[0.0, 2.0], [1.0, 0.0]])


def test_one_tensor_as_both_inputs_gets_both_gradients():
    assert gradient(lambda x: x * x, 3.0) == 6.0
    assert gradient(lambda x: x / x, 3.0) == pytest.approx(0.0, abs=1e-16)
    np.testing.assert_array_equal(gradient(lambda x: np.concatenate([x, x]), np.ones(2)), [2.0, 2.0])
