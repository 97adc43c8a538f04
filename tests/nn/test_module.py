"""Module: finding and naming parameters, state, dtype, pickling, summary."""

import copy
import pickle
import re

import numpy as np
import pytest

from autograd_lite.nn import Dropout, Linear, LogisticUnit, Module, Parameter, Sequential, Tanh
from autograd_lite.tensor import Tensor


class Block(Module):
    def __init__(self):
        self.scale = Parameter(2.0)
        self.inner = Sequential(Linear(2, 2, rng=0), Tanh())
        self.shift = Parameter([1.0, 2.0])
        self.not_learned = np.ones(3)
        self.also_not = Tensor([1.0], requires_grad=False)

    def forward(self, x):
        return self.scale * self.inner(x) + self.shift


class Pair(Module):
    """Two linear layers with one weight matrix, in a list, with a frozen bias in one."""

    def __init__(self):
        self.layers = [Linear(3, 3, rng=0), Linear(3, 3, rng=1)]
        self.layers[1].W = self.layers[0].W
        self.layers[1].b.requires_grad = False
        self.n_in = 3

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def test_parameters_are_found_in_order_of_assignment():
    assert [path for path, _ in Block().named_parameters()] == [
        "scale", "inner.layer1.W", "inner.layer1.b", "shift",
    ]  # fmt: skip
    assert [path for path, _ in Block().named_modules()] == ["", "inner", "inner.layer1", "inner.tanh1"]


def test_parameters_are_named_by_their_path():
    assert [p.name for p in Block().parameters()] == ["scale", "inner.layer1.W", "inner.layer1.b", "shift"]
    assert Linear(1, 1).W.name == "W"


def test_a_name_that_was_given_stays():
    layer = Linear(1, 1)
    layer.W = Parameter([[1.0]], name="theta")
    model = Sequential(layer)
    assert [p.name for p in model.parameters()] == ["theta", "layer1.b"]
    again = Sequential(Sequential(Linear(1, 1)), model)
    assert [p.name for p in again.parameters()][2:] == ["theta", "layer2.layer1.b"]


def test_a_module_in_two_places_keeps_its_first_name():
    layer = Linear(1, 1)
    first, second = Sequential(layer), Sequential(Linear(1, 1), layer)
    assert layer.W.name == "layer1.W"
    assert len(first.parameters()) == 2
    assert len(second.parameters()) == 4


def test_lists_tuples_and_dictionaries_are_looked_into():
    module = Module()
    module.parts = {"a": [Linear(1, 1)], "b": (Parameter(1.0), 3, "x")}
    assert [path for path, _ in module.named_parameters()] == ["parts.a.0.W", "parts.a.0.b", "parts.b.0"]
    assert module.parts["a"][0].W.name == "parts.a.0.W"


def test_a_shared_parameter_counts_once():
    assert [path for path, _ in Pair().named_parameters()] == ["layers.0.W", "layers.0.b", "layers.1.b"]


def test_modules_that_hold_each_other_end():
    a, b = Module(), Module()
    a.other, a.w = b, Parameter(1.0)
    b.other = a
    assert [path for path, _ in a.named_modules()] == ["", "other"]
    assert [path for path, _ in b.named_parameters()] == ["other.w"]


def test_state_is_a_copy_and_comes_back():
    model, other = Block(), Block()
    state = model.state_dict()
    assert list(state) == ["scale", "inner.layer1.W", "inner.layer1.b", "shift"]
    state["shift"][0] = 9.0
    np.testing.assert_array_equal(model.shift.data, [1.0, 2.0])
    other.load_state_dict(state)
    state["shift"][0] = 11.0
    np.testing.assert_array_equal(other.shift.data, [9.0, 2.0])
    assert type(other.scale.data) is np.float64


def test_loading_keeps_the_dtype_of_the_parameter():
    model = Linear(2, 2).astype(np.float32)
    model.load_state_dict({"W": np.eye(2), "b": [1, 2]})
    assert model.W.dtype == model.b.dtype == np.float32
    np.testing.assert_array_equal(model.b.data, [1.0, 2.0])


def test_loading_reports_all_that_is_wrong_and_changes_nothing():
    model = Linear(2, 3, rng=0)
    before = model.W.data
    message = "load_state_dict: W has shape (3, 2), not (2, 3); b is missing; c is unexpected. Load it"
    with pytest.raises(ValueError, match=re.escape(message)):
        model.load_state_dict({"W": np.zeros((3, 2)), "c": 1.0})
    assert model.W.data is before
    with pytest.raises(ValueError, match=r"b has dtype <U1"):
        model.load_state_dict({"W": np.zeros((2, 3)), "b": ["a", "b", "c"]})
    assert model.W.data is before


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_compute_the_same_and_share_nothing(again):
    model = Pair()
    x = np.arange(6.0).reshape(2, 3)
    other = again(model)
    np.testing.assert_array_equal(other(x).data, model(x).data)
    assert other.layers[0].W is other.layers[1].W
    assert not other.layers[1].b.requires_grad
    assert [p.name for p in other.parameters()] == [p.name for p in model.parameters()]
    assert not {id(p) for p in other.parameters()} & {id(p) for p in model.parameters()}


def test_training_and_evaluation_reach_every_module():
    model = Sequential(Sequential(Dropout()), Linear(1, 1))
    assert model.eval() is model
    assert [m.training for _, m in model.named_modules()] == [False] * 4
    assert [m.training for _, m in model.train().named_modules()] == [True] * 4


def test_astype_keeps_float32_throughout():
    model = Block().astype(np.float32)
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    y = model(np.ones((2, 2), np.float32))
    y.sum().backward()
    assert y.dtype == model.scale.grad.dtype == np.float32
    with pytest.raises(TypeError, match=r"astype: int64 is not"):
        model.astype(int)


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"Module has no forward; define it"):
        Module()(1.0)


def test_repr():
    assert repr(Linear(2, 4)) == "Linear(2 → 4)"
    assert repr(Linear(2, 4, bias=False)) == "Linear(2 → 4, bias=False)"
    assert repr(LogisticUnit(3)) == "LogisticUnit(3)"
    assert repr(Dropout(0.25)) == repr(Dropout(0.25).eval()) == "Dropout(p=0.25)"
    assert repr(Sequential(Sequential(Tanh()))) == (
        "Sequential(\n  sequential1: Sequential(\n    tanh1: Tanh()\n  )\n)"
    )


def test_summary():
    model = Sequential(Linear(2, 4), Tanh(), Linear(4, None))
    model.layer2.b.requires_grad = False
    assert model.summary().splitlines() == [
        "layer   kind           output shape  parameters",
        "───────────────────────────────────────────────",
        "layer1  Linear(2 → 4)  (n, 4)                12",
        "tanh1   Tanh()         (n, 4)                 0",
        "layer2  Linear(4 → 1)  (n,)                   5",
        "───────────────────────────────────────────────",
        "total 17: 16 trainable, 1 frozen",
    ]
    assert "(7, 4)" in model.summary(np.zeros((7, 2)))
    assert "(7,) " in model.summary(np.zeros((7, 2)))


def test_summary_counts_shared_parameters_once_and_changes_nothing():
    model = Pair()
    attributes = dict(vars(model))
    lines = model.summary().splitlines()
    assert [line.split()[-1] for line in lines[2:4]] == ["12", "3"]
    assert lines[-1] == "total 15: 12 trainable, 3 frozen"
    assert vars(model) == attributes
    assert "forward" not in vars(model.layers[0])


def test_summary_of_a_module_of_unknown_input():
    assert "?" in Block().summary()
    lines = Block().summary(np.zeros((5, 2))).splitlines()
    assert [line.split()[-3:-1] for line in lines[2:4]] == [["(5,", "2)"], ["(5,", "2)"]]
    assert lines[-1] == "total 9: 9 trainable, 0 frozen"


def test_a_tensor_that_no_optimiser_would_find_is_refused():
    class Forgetful(Module):
        def __init__(self):
            self.w = Tensor([1.0])

    with pytest.raises(TypeError, match=r"Forgetful.w is a Tensor, .* make it an ag.nn.Parameter"):
        Forgetful()
    with pytest.raises(TypeError, match="data has dtype int64 and can have no gradient"):
        Parameter(np.zeros(2, int))
