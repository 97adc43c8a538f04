"""Optimisers against PyTorch's numbers, and what their step refuses."""

import copy
import math
import pickle

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.optim import SGD, Adam, AdamW, RMSprop

START = [1.0, -2.0, 0.5]
GRADIENTS = np.array([[0.5, -1.0, 2.0], [0.25, 0.75, -3.0], [-1.5, 0.1, 0.0]])

# Three steps from START along GRADIENTS, by PyTorch 2.13 in float64.
PYTORCH = [
    (SGD, {"lr": 0.1}, [1.075, -1.985, 0.6]),
    (SGD, {"lr": 0.1, "weight_decay": 0.01}, [1.072127949, -1.979130898, 0.5986012995]),
    (SGD, {"lr": 0.1, "momentum": 0.9}, [0.967, -1.8815, 0.528]),
    (
        SGD,
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        [1.037869708191, -1.863038166382, 0.6221576787705],
    ),
    (Adam, {"lr": 0.1}, [0.8415043907981822, -1.889283064791367, 0.4439176041031534]),
    (
        Adam,
        {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
        [0.8400440919283461, -1.8539380427594163, 0.44884729114407573],
    ),
    (AdamW, {"lr": 0.1}, [0.8388005077557067, -1.8834978952900074, 0.44259423342063764]),
    (
        AdamW,
        {"lr": 0.1, "weight_decay": 0.2},
        [0.7885207499494329, -1.775805714764556, 0.41797820045302797],
    ),
    (RMSprop, {}, [0.9489055109907852, -1.9682329737116504, 0.4833333360185183]),
    (
        RMSprop,
        {"lr": 0.1, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1, "momentum": 0.5},
        [0.509628437533208, -1.6458985856069923, 0.3416742811778975],
    ),
]
ALL = [(kind, settings or {"lr": 0.01}) for kind, settings, _ in PYTORCH]


def walk(optimizer, p, gradients):
    for g in gradients:
        p.grad = np.array(g, dtype=p.dtype)[()]
        optimizer.step()


@pytest.mark.parametrize(("kind", "settings", "expected"), PYTORCH)
def test_three_steps_are_those_of_pytorch(kind, settings, expected):
    p = nn.Parameter(START)
    walk(kind([p], **settings), p, GRADIENTS)
    np.testing.assert_allclose(p.data, expected, rtol=1e-13)


@pytest.mark.parametrize(("kind", "settings", "expected"), PYTORCH)
def test_a_number_steps_as_an_array_does(kind, settings, expected):
    p = nn.Parameter(START[0])
    walk(kind([p], **settings), p, GRADIENTS[:, 0])
    assert type(p.data) is np.float64
    assert p.data == pytest.approx(expected[0], rel=1e-13)


def test_hand_formulas_of_a_first_step():
    p = np.array([1.0])
    g = np.array([0.5])
    zero = np.zeros(1)
    w = nn.Parameter(p)
    assert SGD([w], 0.1).update(p, g, ())[0] == pytest.approx([0.95])
    data, (m, v, t) = Adam([w], 0.1).update(p, g, (zero, zero, 0))
    assert data == pytest.approx([0.9], abs=1e-8)
    assert t == 1
    assert m == pytest.approx([0.05])
    assert v == pytest.approx([0.00025])
    data, _ = AdamW([w], 0.1, weight_decay=0.5).update(p, g, (zero, zero, 0))
    assert data == pytest.approx([0.85], abs=1e-8)
    data, (v, step) = RMSprop([w], 0.1, alpha=0.96).update(p, g, (zero, zero))
    assert v == pytest.approx([0.01])
    assert step == pytest.approx([5.0])
    assert data == pytest.approx([0.5])


@pytest.mark.parametrize(("kind", "settings"), ALL)
def test_float32_stays_float32(kind, settings):
    for start in (START, START[0]):
        p = nn.Parameter(np.array(start, np.float32))
        optimizer = kind([p], **settings)
        optimizer.lr = np.float64(0.05)  # a NumPy float64 would turn all into float64
        walk(optimizer, p, GRADIENTS if p.ndim else GRADIENTS[:, 0])
        assert p.dtype == np.float32
        assert all(s.dtype == np.float32 for s in optimizer.state[0] if not isinstance(s, int))


@pytest.mark.parametrize(("kind", "settings"), ALL)
def test_nothing_is_written_into(kind, settings):
    p = nn.Parameter(START)
    optimizer = kind([p], **settings)
    arrays = []
    for g in GRADIENTS:
        p.data.flags.writeable = False
        p.grad = g.copy()
        p.grad.flags.writeable = False
        arrays.append((p.data, p.data.copy()))
        optimizer.step()
        for s in optimizer.state[0]:
            if isinstance(s, np.ndarray):
                s.flags.writeable = False
    for array, before in arrays:
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize(("kind", "settings"), ALL)
def test_a_copy_goes_on_as_the_original(kind, settings):
    model = nn.LogisticUnit(3)
    pair = model, kind(model.parameters(), **settings)
    walk_all(*pair, GRADIENTS[:2])
    copies = [copy.deepcopy(pair), pickle.loads(pickle.dumps(pair))]
    walk_all(*pair, GRADIENTS[2:])
    for other, optimizer in copies:
        walk_all(other, optimizer, GRADIENTS[2:])
        np.testing.assert_array_equal(other.w.data, model.w.data)


def walk_all(model, optimizer, gradients):
    for g in gradients:
        model.w.grad, model.b.grad = g.copy(), g[0]
        optimizer.step()


def test_a_parabola_is_descended():
    w = nn.Parameter([3.0, -4.0], name="w")
    optimizer = SGD([w], lr=0.25)
    for _ in range(3):
        (w * w).sum().backward(keep="leaves")
        optimizer.step()
    np.testing.assert_array_equal(w.data, [3.0 / 8, -4.0 / 8])  # each step halves


def test_a_frozen_parameter_stays_and_needs_no_gradient():
    w, c = nn.Parameter(START, name="w"), nn.Parameter(START, name="c", requires_grad=False)
    optimizer = Adam([w, c], lr=0.1)
    ((w + c) ** 2).sum().backward()
    optimizer.step()
    np.testing.assert_array_equal(c.data, START)
    assert (w.data != START).all()
    assert c.grad is None
    c.requires_grad = True
    ((w + c) ** 2).sum().backward()
    optimizer.step()
    assert (c.data != START).all()


def test_parameters_may_come_from_an_iterator():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    assert SGD(iter(model.parameters()), 0.1).params == model.parameters()
    assert repr(SGD(model.parameters(), 0.1)) == "SGD(4 parameters, lr=0.1, momentum=0.0, weight_decay=0.0)"


def test_momentum_may_start_later():
    p = nn.Parameter(START)
    optimizer = SGD([p], 0.1)
    walk(optimizer, p, GRADIENTS[:1])
    optimizer.momentum = 0.9
    walk(optimizer, p, GRADIENTS[1:])
    v = GRADIENTS[1]
    expected = np.array(START) - 0.1 * (GRADIENTS[0] + v + 0.9 * v + GRADIENTS[2])
    np.testing.assert_allclose(p.data, expected)


# Errors of step, before any parameter has changed.


@pytest.fixture
def pair():
    a, b = nn.Parameter([1.0, 2.0], name="a"), nn.Parameter([3.0, 4.0], name="b")
    return a, b, SGD([a, b], 0.1)


def refused(pair, match):
    a, b, optimizer = pair
    before, state = (a.data, b.data), list(optimizer.state)
    with pytest.raises(ValueError, match=match):
        optimizer.step()
    assert a.data is before[0]
    assert b.data is before[1]
    assert optimizer.state == state


def test_a_missing_gradient(pair):
    a, _, _ = pair
    refused(pair, "SGD.step: a has no gradient: the loss does not reach it or backward")
    a.sum().backward()
    refused(pair, "SGD.step: b has no gradient: ")


def test_a_stale_gradient(pair):
    a, b, optimizer = pair
    (a * b).sum().backward()
    optimizer.step()
    refused(pair, "the gradient of a was used by the last step already: .* or backward")
    (a * a).sum().backward()
    refused(pair, "the gradient of b was used by the last step already: the last loss did not reach it")
    (a * b).sum().backward()
    optimizer.step()


def test_a_refused_step_may_be_made_good(pair):
    a, b, optimizer = pair
    a.sum().backward()
    refused(pair, "b has no gradient")
    b.sum().backward()
    optimizer.step()
    np.testing.assert_allclose([a.data, b.data], [[0.9, 1.9], [2.9, 3.9]])


@pytest.mark.parametrize(("bad", "message"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "inf")])
def test_a_gradient_that_is_not_finite(pair, bad, message):
    a, b, _ = pair
    a.grad, b.grad = np.ones(2), np.array([1.0, bad])
    refused(
        pair, rf"the gradient of b is not finite: 1 of 2 entries are {message}, the first at \[1\]; lower lr"
    )
    b.grad, a.grad = np.ones(2), np.array([bad, bad])
    refused(pair, rf"the gradient of a is not finite: 2 of 2 entries are {message}")


@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
def test_a_gradient_whose_square_overflows_is_finite(shape):
    p = nn.Parameter(np.zeros(shape))
    p.grad = np.full(shape, 1e300)[()]
    SGD([p], 1e-300).step()
    np.testing.assert_allclose(p.data, np.full(shape, -1.0))
    p.grad = np.full(shape, np.nan)[()]
    with pytest.raises(ValueError, match=r"not finite"):
        SGD([p], 1e-300).step()


@pytest.mark.parametrize("g", [np.ones((2, 1)), np.ones(1), np.float64(1.0), [1.0]])
def test_a_gradient_of_another_shape_cannot_be_assigned(pair, g):
    with pytest.raises(
        ValueError, match=r"b.grad: the new value has shape .* and the tensor has shape \(2,\)"
    ):
        pair[1].grad = g


def test_a_parameter_without_name_is_named_by_its_shape():
    with pytest.raises(ValueError, match=r"a parameter of shape \(2, 2\) has no gradient"):
        SGD([nn.Parameter(np.ones((2, 2)))], 0.1).step()


# Errors of the constructors.


def test_parameters_are_checked():
    w, named = nn.Parameter([1.0], name="w"), ag.Tensor([1.0], name="x")
    with pytest.raises(ValueError, match=r"SGD: params is empty; give a list"):
        SGD([], 0.1)
    with pytest.raises(
        ValueError, match=r"Adam: params\[2\] and params\[0\] are the same parameter, w; give"
    ):
        Adam([w, nn.Parameter(1.0), w])
    with pytest.raises(TypeError, match=r"SGD: params\[1\] is a Tensor named x, not a Parameter; give"):
        SGD([w, named], 0.1)
    with pytest.raises(TypeError, match=r"SGD: params is w; give a list"):
        SGD(w, 0.1)
    with pytest.raises(TypeError, match=r"SGD: params is 0.1; give a list"):
        SGD(0.1, [w])
    with pytest.raises(TypeError, match=r"params\[0\] is a Linear, not a Parameter; .* model.parameters\(\)"):
        SGD(nn.Sequential(nn.Linear(1, 1)), 0.1)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        *(
            (SGD, {"lr": bad}, "lr is .*; it must be positive")
            for bad in (0, -1.0, math.nan, math.inf, "a", None)
        ),
        *(
            (SGD, {"lr": 1, "momentum": bad}, "momentum is .*; it must be at least 0 and less")
            for bad in (-1, 1)
        ),
        (SGD, {"lr": 1, "weight_decay": -1}, "weight_decay is -1; it must be at least 0"),
        (SGD, {"lr": 1, "nesterov": True}, "nesterov=True has no effect without momentum"),
        *(
            (Adam, {"betas": bad}, "betas is .*; it must be two")
            for bad in (0.9, (0.9,), (0.9, 1), (0.9, -0.1))
        ),
        (AdamW, {"eps": 0}, "eps is 0; it must be positive"),
        (RMSprop, {"alpha": 1}, "alpha is 1; it must be at least 0"),
    ],
)
def test_settings_are_checked(kind, settings, message):
    with pytest.raises(ValueError, match=rf"^{kind.__name__}: {message}"):
        kind([nn.Parameter(1.0)], **settings)


def test_settings_are_checked_when_assigned():
    optimizer = Adam([nn.Parameter(1.0)])
    with pytest.raises(ValueError, match=r"Adam: lr is -1"):
        optimizer.lr = -1
    optimizer.lr = np.float64(0.5)
    assert type(optimizer.lr) is float
    assert optimizer.lr == 0.5


def test_a_state_of_another_dtype_is_refused():
    w = nn.Parameter(np.ones(2), name="w")
    optimizer = Adam([w])
    (w * w).sum().backward()
    optimizer.step()
    module = nn.Module()
    module.w = w
    module.astype(np.float32)
    (w * w).sum().backward()
    with pytest.raises(ValueError, match=r"Adam.step: w is float32 .* make a new optimiser"):
        optimizer.step()
    assert w.dtype == np.float32


def test_zero_grad_says_what_to_do_instead():
    optimizer = SGD([nn.Parameter(1.0)], lr=0.1)
    with pytest.raises(AttributeError, match=r"SGD has no zero_grad; leave it out: backward\(\) overwrites"):
        optimizer.zero_grad()
    with pytest.raises(AttributeError, match=r"^SGD has no learning_rate; it is called lr here$"):
        _ = optimizer.learning_rate
    assert copy.deepcopy(optimizer).lr == 0.1
    assert pickle.loads(pickle.dumps(optimizer)).lr == 0.1
