"""What somebody types first who comes from another library: it works, or the error says what it is called."""

import math
import operator

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.guesses import MODULE, TENSOR

T = ag.Tensor([1.0, 2.0], name="t")


@pytest.mark.parametrize("name", MODULE)
def test_names_of_the_module(name):
    with pytest.raises(AttributeError, match="here it is"):
        getattr(ag, name)


@pytest.mark.parametrize("name", TENSOR)
def test_names_of_a_tensor(name):
    assert not hasattr(T, name)
    with pytest.raises(AttributeError, match=f"a Tensor has no {name}; here it is"):
        getattr(T, name)


def test_every_op_has_its_name_in_the_module_and_those_of_one_array_are_methods():
    assert ag.tanh(T).op is T.tanh().op is ag.OPS["tanh"]
    assert T.relu().op is ag.OPS["relu"]
    assert T.softmax().data.sum() == pytest.approx(1.0)
    assert not hasattr(T, "bce")
    with pytest.raises(AttributeError, match=r"module 'autograd_lite' has no attribute 'unheard_of'$"):
        ag.unheard_of  # noqa: B018 - reading is what is tested


IN_PLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow]


@pytest.mark.parametrize("update", IN_PLACE)
def test_an_in_place_operator_updates_a_parameter_under_no_grad(update):
    w = ag.nn.Parameter([2.0, 4.0], name="w")
    expected = update(np.array([2.0, 4.0]), 2.0)
    with ag.no_grad():
        assert update(w, 2.0) is w
    assert w.requires_grad
    np.testing.assert_array_equal(w.data, expected)
    with pytest.raises(TypeError, match=r"w .*= ...: w has a gradient of its own.* under|with ag.no_grad"):
        update(w, 2.0)
    with ag.no_grad(), pytest.raises(ValueError, match=r"w.data: the new value has shape \(3, 2\)"):
        update(w, np.ones((3, 2)))


def test_a_step_by_hand_trains():
    w = ag.nn.Parameter([2.0, 4.0])
    for _ in range(100):
        (w * w).sum().backward()
        with ag.no_grad():
            w -= 0.1 * w.grad
    assert np.abs(w.data).max() < 1e-8


def test_an_in_place_operator_on_a_result_or_a_constant_makes_a_new_result():
    total = 0.0
    for i in range(3):
        total += (T * i).sum()
    total /= 3.0
    total.backward()
    assert T.grad.tolist() == [1.0, 1.0]
    constant = before = ag.Tensor([1.0], requires_grad=False)
    constant += T[:1]
    assert constant.requires_grad
    assert before.data.tolist() == [1.0]


@pytest.mark.parametrize("argument", ["retain_graph", "create_graph", "inputs"])
def test_arguments_of_backward(argument):
    with pytest.raises(TypeError, match=f"backward: {argument} is not an argument"):
        T.sum().backward(**{argument: True})


def test_op_without_parentheses():
    with pytest.raises(TypeError, match=r"op: cube is decorated without a symbol; write @ag.op"):

        @ag.op
        def cube(x):
            return x**3


MASKED, MATRIX = np.ma.array([1.0, 2.0], mask=[True, False]), np.array([[1.0, 2.0]]).view(np.matrix)


@pytest.mark.parametrize("x", [MASKED, MATRIX], ids=["masked", "matrix"])
@pytest.mark.parametrize(
    "f",
    [
        ag.Tensor,
        lambda x: T * x,
        lambda x: T + x,
        lambda x: x @ np.ones((2, 2)) * T,
        lambda x: np.where(x > 1.0, T, 0.0),
        lambda x: np.concatenate([T[None], x]),
        lambda x: ag.mse(T, x),
        lambda x: ag.sigmoid(x),
        lambda x: np.sum(x * T),
        lambda x: np.multiply(T, x),
    ],
)
def test_arrays_with_an_arithmetic_of_their_own_are_refused(f, x):
    with pytest.raises(
        TypeError, match=r"a masked array; pass .filled|an np.matrix; pass np.asarray|would lose"
    ):
        f(x)


def test_numbers():
    loss = (T * T).sum()
    with pytest.warns(UserWarning, match=r"float\(\) of .* loses the gradient"):
        math.sqrt(loss)
    with pytest.warns(UserWarning, match=r"int\(\) of"):
        int(loss)
    assert round(loss, 1) == 5.0
