"""What all optimisers share: gradients that are not of this step, parameters, and settings by other names."""

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.optim import LBFGS, SGD, Adam, AdamW, Newton, RMSprop

KINDS = [
    lambda p: SGD(p, 0.1),
    lambda p: SGD(p, 0.1, momentum=0.9),
    lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    lambda p: Adam(p, 0.1),
    lambda p: AdamW(p, 0.1),
    lambda p: RMSprop(p, 0.1, momentum=0.5),
]


@pytest.fixture(params=KINDS)
def make(request):
    return request.param


@pytest.fixture(params=[(), (2,), (2, 3)], ids=str)
def pair(request):
    return nn.Parameter(np.full(request.param, 2.0), name="a"), nn.Parameter(np.ones(request.param), name="b")


# Gradients that another loss left.


def refused(optimizer, late="b", early="a"):
    before = [p.data for p in optimizer.params]
    message = (
        f"step: the gradient of {late} is from an earlier backward pass than that of {early}, .*; add both"
    )
    with pytest.raises(ValueError, match=message):
        optimizer.step()
    for p, data in zip(optimizer.params, before, strict=True):
        np.testing.assert_array_equal(p.data, data)


def test_a_gradient_that_another_loss_left(pair, make):
    a, b = pair
    optimizer = make([a, b])
    for later in range(3):
        (a * b).sum().backward()
        for _ in range(1 + later):
            (a * a).sum().backward(keep="leaves")
        refused(optimizer)
        refused(make([b, a]))
        make([b]).step()  # alone it is not mixed with another
        (a * b).sum().backward()
        optimizer.step()


def test_a_gradient_that_another_loss_left_among_many():
    parts = [nn.Parameter(float(i), name=f"p{i}") for i in range(1, 6)]
    optimizer = Adam(parts)
    sum(p * p for p in parts).backward()
    sum(p * p for p in parts[:3]).backward()
    refused(optimizer, "p4", "p1")
    parts[3].requires_grad = False
    refused(optimizer, "p5", "p1")
    parts[4].requires_grad = False
    optimizer.step()
    parts[4].requires_grad = True  # its gradient is still there
    sum(p * p for p in parts[:3]).backward()
    with pytest.raises(
        ValueError, match="the gradient of p5 is from an earlier backward pass than that of p1"
    ):
        optimizer.step()


def test_losses_that_reach_other_parameters(pair, make):
    a, b = pair
    optimizer = make([a, b])
    for _ in range(3):
        (a * a).sum().backward()
        (b * b).sum().backward()
        optimizer.step()


def test_two_losses_that_are_added(pair, make):
    a, b = pair
    c, d = nn.Parameter(a.data), nn.Parameter(b.data)
    both, one = make([a, b]), make([c, d])
    for _ in range(3):
        (a * b).sum().backward()
        (a * a).sum().backward(accumulate=True)
        both.step()
        ((c * d).sum() + (c * c).sum()).backward()
        one.step()
    np.testing.assert_allclose(a.data, c.data, rtol=1e-12)
    np.testing.assert_allclose(b.data, d.data, rtol=1e-12)


@pytest.mark.parametrize("clear", ["none", "zeros", "in place"])
def test_gradients_that_are_cleared_by_hand(pair, make, clear):
    a, b = pair
    c, d = nn.Parameter(a.data), nn.Parameter(b.data)
    both, one = make([a, b]), make([c, d])
    for _ in range(3):
        for p in (a, b):
            if clear == "in place" and p.ndim and p.grad is not None:
                p.grad[:] = 0
            else:
                p.grad = None if clear == "none" else np.zeros(p.shape)[()]
        (a * a).sum().backward(accumulate=True)
        (b * b * b).sum().backward(accumulate=True)
        (a * b).sum().backward(accumulate=True)
        both.step()
        ((c * c).sum() + (d * d * d).sum() + (c * d).sum()).backward()
        one.step()
    np.testing.assert_allclose(a.data, c.data, rtol=1e-12)
    np.testing.assert_allclose(b.data, d.data, rtol=1e-12)


def test_gradients_that_are_assigned(pair, make):
    a, b = pair
    optimizer = make([a, b])
    for _ in range(3):
        a.grad, b.grad = ag.gradients((a * b).sum(), [a, b])
        optimizer.step()
        (a * b).sum().backward()
        a.grad, b.grad = 0.5 * a.grad, np.clip(b.grad, -1, 1)
        optimizer.step()


def test_optimisers_that_take_turns(make):
    g, d = nn.Parameter(1.0, name="g"), nn.Parameter(2.0, name="d")
    of_g, of_d = make([g]), make([d])
    for both_first in (True, False) * 2:
        (g * d).backward()
        if not both_first:
            of_g.step()
        (d * d).backward()
        of_d.step()
        if both_first:
            of_g.step()


def test_accumulating_over_steps(pair, make):
    a, b = pair
    optimizer = make([a, b])
    loss = (a * b).sum()
    loss.backward(accumulate=True)
    loss.backward(accumulate=True)  # parts of one batch
    optimizer.step()
    before = a.grad, b.grad
    match = r"^backward: accumulate=True would add to a gradient of a that a step has used; .* a.grad = None"
    with pytest.raises(RuntimeError, match=match):
        (a * b).sum().backward(accumulate=True)
    assert a.grad is before[0]
    assert b.grad is before[1]
    b.grad = None
    (b * b).sum().backward(accumulate=True)
    with pytest.raises(RuntimeError, match="a gradient of a that a step has used"):
        (a * a).sum().backward(accumulate=True)
    (a * b).sum().backward()
    (a * a).sum().backward(accumulate=True)
    optimizer.step()


# Shapes and float16.


@pytest.mark.parametrize(
    ("old", "new"), [((2,), (3,)), ((2,), ()), ((), (2,)), ((3, 1), (3, 4)), ((1,), (5,))]
)
def test_a_parameter_that_gets_another_shape(make, old, new):
    w = nn.Parameter(np.ones(old), name="w")
    optimizer = make([w])
    (w * w).sum().backward()
    optimizer.step()
    w.requires_grad = False  # then its data may have any shape
    w.data = np.ones(new)[()]
    w.requires_grad = True
    (w * w).sum().backward()
    if optimizer.state == [()]:
        optimizer.step()
        assert w.shape == new
        return
    with pytest.raises(
        ValueError, match=r"step: w has shape .* and had .* in the last step, .*new optimiser"
    ):
        optimizer.step()
    np.testing.assert_array_equal(w.data, np.ones(new))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("kind", [Adam, AdamW, RMSprop])
@pytest.mark.parametrize("size", [1e-4, 1.0, 2000.0])
def test_float16_steps_as_float32_does(kind, size, compiled):
    data = []
    for dtype in (np.float16, np.float32):
        w = nn.Parameter(np.array([1.0, -2.0], dtype), name="w")
        optimizer = kind([w], lr=0.01)
        c = np.array([size, -size / 2], np.float16).astype(dtype)
        step = ag.compile(lambda c, w=w: (w * c).sum(), optimizer=optimizer)
        for _ in range(5):
            if compiled:
                step(c)
            else:
                (w * c).sum().backward()
                optimizer.step()
        data.append(w.data)
        assert w.dtype == dtype
    np.testing.assert_allclose(data[0], data[1], rtol=5e-3)
    assert abs(data[0] - [1.0, -2.0]).min() > 0.02


# Parameters and settings that are changed.


def test_the_list_of_parameters_is_fixed(pair):
    a, b = pair
    optimizer = SGD([a], 0.1, momentum=0.9)
    match = r"^optimizer.params: this list cannot be changed, .*; make a new optimiser of all parameters"
    changes = [
        lambda: optimizer.params.append(b),
        lambda: optimizer.params.extend([b]),
        lambda: optimizer.params.insert(0, b),
        lambda: optimizer.params.__setitem__(0, b),
        lambda: optimizer.params.__iadd__([b]),
        optimizer.params.pop,
        lambda: optimizer.params.remove(a),
        lambda: setattr(optimizer, "params", [a, b]),
    ]
    for change in changes:
        with pytest.raises(TypeError, match=match):
            change()
    assert list(optimizer.params) == [a]
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert len(other.params) == 1
        assert other.params[0] is not a
        with pytest.raises(TypeError, match=match):
            other.params.append(b)
    assert copy.copy(optimizer).params[0] is a


@pytest.mark.parametrize(
    ("make", "name", "message"),
    [
        (KINDS[0], "learning_rate", "SGD has no learning_rate; it is called lr here"),
        (KINDS[3], "epsilon", "Adam has no epsilon; it is called eps here"),
        (KINDS[5], "rho", "RMSprop has no rho; it is called alpha here"),
        (KINDS[3], "beta1", "Adam has no beta1; it is called betas here"),
        (KINDS[3], "momentum", "Adam has no momentum; its settings are lr, betas, eps, weight_decay"),
        (KINDS[0], "momentun", "SGD has no momentun; its settings are lr, momentum, nesterov, weight_decay"),
        (KINDS[0], "param_groups", r"SGD has no param_groups; parameters are in .params, and settings"),
        (KINDS[0], "add_param_group", "SGD has no add_param_group; make one optimiser for each"),
        (KINDS[4], "state_dict", "AdamW has no state_dict; copy.deepcopy"),
        (LBFGS, "lr", "LBFGS has no lr; its settings are max_iter, memory"),
        (Newton, "lr", "Newton has no lr; its settings are damping"),
    ],
)
def test_settings_by_other_names(make, name, message):
    optimizer = make([nn.Parameter(1.0)])
    for use in (lambda: getattr(optimizer, name), lambda: setattr(optimizer, name, 5.0)):
        with pytest.raises(AttributeError, match=f"^{message}"):
            use()
    assert not hasattr(optimizer, name)


def test_an_optimiser_of_the_user_may_have_attributes():
    class Counting(SGD):
        def update(self, p, g, state):
            self.count = getattr(self, "count", 0) + 1
            return super().update(p, g, state)

    w = nn.Parameter(1.0)
    optimizer = Counting([w], 0.1)
    (w * w).backward()
    optimizer.step()
    assert optimizer.count == 1
    with pytest.raises(AttributeError, match="Counting has no learning_rate; it is called lr here"):
        optimizer.learning_rate = 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: SGD(p, learning_rate=0.1), "SGD: instead of learning_rate, give lr$"),
        (
            lambda p: Adam(p, beta_1=0.9, epsilon=1e-7),
            "Adam: instead of beta_1, give betas; instead of epsilon, ",
        ),
        (lambda p: RMSprop(p, rho=0.9), "RMSprop: instead of rho, give alpha$"),
        (
            lambda p: Adam(lr=0.1),
            "Adam: missing a required argument: 'params'; the arguments are params, lr, b",
        ),
        (SGD, "SGD: missing a required argument: 'lr'; the arguments are params, lr, momentum"),
        (
            lambda p: AdamW(p, amsgrad=True),
            "AdamW: .* argument 'amsgrad'; the arguments are params, lr, betas",
        ),
        (lambda p: LBFGS(p, lr=1), "LBFGS: .* argument 'lr'; the arguments are params, max_iter, memory$"),
    ],
)
def test_arguments_by_other_names(make, message):
    with pytest.raises(TypeError, match=f"^{message}"):
        make([nn.Parameter(1.0)])


def test_arguments_as_in_pytorch():
    w = nn.Parameter(1.0)
    optimizer = SGD(params=[w], lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
    assert (optimizer.lr, optimizer.nesterov) == (0.1, True)
