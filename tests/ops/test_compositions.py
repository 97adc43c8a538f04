"""NumPy functions that are compositions of ops: their axes, indices and errors are those NumPy has."""

import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tensor import Tensor

V = Tensor([1.0, 2.0, 3.0], name="v")
M = Tensor(np.arange(6.0).reshape(2, 3), name="M")
S = Tensor(2.0, name="s")

REFUSED = {
    "flip": (lambda: np.flip(V, 5), "flip: v has shape (3,): axis 5 is out of bounds"),
    "flip twice": (lambda: np.flip(M, (0, 0)), "flip: M has shape (2, 3): repeated axis"),
    "take axis": (lambda: np.take(M, 0, axis=2), "take: M has shape (2, 3): axis 2 is out of bounds"),
    "take index": (lambda: np.take(V, 7), "take: v has shape (3,): index 7 is out of bounds"),
    "repeat": (lambda: np.repeat(M, 2, axis=2), "repeat: M has shape (2, 3): axis 2 is out of bounds"),
    "split": (lambda: np.split(V, 3, axis=4), "split: v has shape (3,): axis 4 is out of bounds"),
    "swapaxes": (lambda: np.swapaxes(M, 0, 2), "swapaxes: M has shape (2, 3): axis2: axis 2 is out of"),
    "tensordot": (lambda: np.tensordot(V, np.ones(3), (5, -2)), "tensordot: v has shape (3,)"),
    "dot": (lambda: np.dot(V, None), "cannot compute with NoneType"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_numpy_refuses_is_refused_by_name(name):
    call, message = REFUSED[name]
    with pytest.raises((ValueError, TypeError, IndexError), match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda v, m, s: np.take(v, [True, False, True]),
        lambda v, m, s: np.take(v, np.array([], int)),
        lambda v, m, s: np.take(s, 0, axis=0),
        lambda v, m, s: np.repeat(s, 2, axis=0),
        lambda v, m, s: np.flip(m, [0, 1]),
        lambda v, m, s: np.tile(v, True),
        lambda v, m, s: np.tensordot(v, v, 1),
    ],
)
def test_values_are_those_of_numpy(call):
    found = call(V, M, S)
    expected = call(V.data, M.data, S.data)
    np.testing.assert_array_equal(found.data, expected)
    assert found.data.shape or type(found.data) is np.float64


def test_a_constant_tensor_is_a_setting_and_a_differentiable_one_is_not():
    assert np.swapaxes(M, Tensor(np.array(0)), Tensor(np.array(1))).shape == (3, 2)
    with pytest.raises(TypeError, match="repeat has no gradient in 'repeats'"):
        np.repeat(V, Tensor(2.0))


def test_a_weight_of_float64_keeps_float32():
    z = Tensor(np.ones(2, np.float32))
    labels = np.array([1, 0])
    assert ag.bce_with_logits(z, labels, pos_weight=np.float64(3.0)).dtype == np.float32
    assert np.where(np.array([1.0, 0.0]), z, 0.0).dtype == np.float32


def test_a_nan_logit_behind_a_sigmoid_is_refused():
    with pytest.raises(ValueError, match=r"probability\[0\] is nan"):
        ag.bce(ag.sigmoid(Tensor([np.nan, 0.0])), np.array([1.0, 0.0]))


def test_a_probability_with_new_data_is_not_differentiated_twice():
    z = Tensor([1.0, 2.0])
    p = ag.sigmoid(z)
    loss = ag.bce(p, np.array([1.0, 0.0]))
    with pytest.raises(TypeError, match="it is the result of sigmoid"):
        p.data = p.data * 0.5
    z.data = z.data * 0.5
    for wanted in ([z], [p]):
        with pytest.raises(RuntimeError, match="got new data after bce used it"):
            ag.gradients(loss, wanted, create_graph=True)
