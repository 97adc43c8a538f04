"""Losses refuse probable mistakes: weights that broadcast, sigmoid twice, inputs in the wrong order."""

import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tensor import Tensor

Z = Tensor([[0.3, -0.7], [1.2, 0.4], [-0.1, 2.0]], name="z")
Y = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
LABELS = np.array([0, 1, 1])
SIGNS = 2 * Y - 1


@pytest.mark.parametrize("shape", [(2,), (3,), (3, 1), (1, 2), (1,), (6,), (3, 2, 1)])
@pytest.mark.parametrize("loss", ["bce_with_logits", "bce", "sigmoid and bce"])
def test_pos_weight_does_not_broadcast(loss, shape):
    f = {
        "bce_with_logits": ag.bce_with_logits,
        "bce": lambda z, y, **k: ag.bce(0.1 * z * z, y, **k),
        "sigmoid and bce": lambda z, y, **k: ag.bce(ag.sigmoid(z), y, **k),
    }[loss]
    with pytest.raises(ValueError, match=rf"pos_weight has shape {re.escape(str(shape))} and the target \(3"):
        f(Z, Y, pos_weight=np.ones(shape))
    assert f(Z, Y, pos_weight=np.ones((3, 2))).data == pytest.approx(f(Z, Y).data, rel=1e-15)
    assert f(Z, Y, pos_weight=np.float32(1)).data == pytest.approx(f(Z, Y).data, rel=1e-15)


@pytest.mark.parametrize("loss", [ag.mse, ag.mae, ag.huber, ag.bce_with_logits])
def test_sample_weight_does_not_broadcast(loss):
    for weight in (np.ones(2), np.ones((3, 1)), 2.0):
        with pytest.raises(ValueError, match="sample_weight has shape"):
            loss(Z, Y, sample_weight=weight)
    with pytest.raises(ValueError, match=r"sample_weight has shape \(3, 1\) and the target \(3,\)"):
        ag.cross_entropy(Z, LABELS, sample_weight=np.ones((3, 1)))


TWICE = {
    "sigmoid": (lambda: ag.bce_with_logits(ag.sigmoid(Z), Y), "result of sigmoid.*applies sigmoid itself"),
    "softmax": (lambda: ag.cross_entropy(ag.softmax(Z), LABELS), "result of softmax.*drop the softmax"),
    "sigmoid of classes": (lambda: ag.cross_entropy(ag.sigmoid(Z), LABELS), "drop the sigmoid"),
    "softmax of one class": (lambda: ag.bce_with_logits(ag.softmax(Z), Y), "drop the softmax"),
    "reshaped": (
        lambda: ag.bce_with_logits(ag.sigmoid(Z.reshape(6, 1)).reshape(3, 2), Y),
        "drop the sigmoid",
    ),
    "indexed": (lambda: ag.bce_with_logits(ag.sigmoid(Z)[:, 0], Y[:, 0]), "drop the sigmoid"),
    "clipped": (lambda: ag.bce_with_logits(np.clip(ag.sigmoid(Z), 0.01, 0.99), Y), "drop the sigmoid"),
    "compiled": (
        lambda: ag.compile(lambda z: ag.bce_with_logits(ag.sigmoid(z), Y))(Z.data),
        "drop the sigmoid",
    ),
}


@pytest.mark.parametrize("name", TWICE)
def test_an_activation_that_the_loss_applies_itself_is_refused(name):
    call, message = TWICE[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_activations_in_training_are_refused_and_others_are_not():
    net = ag.nn.Sequential(ag.nn.Linear(2, 2), ag.nn.Sigmoid())
    with pytest.raises(ValueError, match="drop the sigmoid"):
        ag.fit(net, Y, Y, loss=ag.bce_with_logits, optimizer=ag.optim.SGD(net.parameters(), 0.1), epochs=1)
    ag.bce(np.clip(ag.sigmoid(Z), 0.01, 0.99), Y).backward()
    ag.bce_with_logits(5.0 * ag.sigmoid(Z), Y).backward()
    logits = ag.log_softmax(Z)  # softmax of logarithms of probabilities gives the probabilities
    assert ag.cross_entropy(logits, LABELS).data == pytest.approx(ag.cross_entropy(Z, LABELS).data, rel=1e-14)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ag.bce(Y, ag.sigmoid(Z)),
        lambda: ag.bce(np.abs(Y - 0.1), ag.sigmoid(Z)),
        lambda: ag.bce(Y, Tensor(np.full((3, 2), 0.5))),
        lambda: ag.bce_with_logits(Y, Z * 1.0),
        lambda: ag.hinge(SIGNS, Z * 1.0),
        lambda: ag.cross_entropy(Y, Z * 1.0),
        lambda: ag.compile(lambda z: ag.bce(Y, ag.sigmoid(z))).value_and_grad(Z.data),
    ],
)
def test_swapped_inputs_are_refused(call):
    with pytest.raises(ValueError, match=r"is a constant and .* a differentiable tensor: swapped\?"):
        call()


def test_the_derivative_in_the_target_remains():
    p = np.array([0.2, 0.9])
    t = Tensor([0.5, 0.25])
    ag.bce(p, t, reduction="sum").backward()
    np.testing.assert_allclose(t.grad, np.log((1 - p) / p), rtol=1e-15)
    for loss in (ag.mse, ag.mae, ag.huber):  # the same in both orders
        loss(p, ag.sigmoid(t)).backward()
        swapped = t.grad
        loss(ag.sigmoid(t), p).backward()
        np.testing.assert_array_equal(swapped, t.grad)


@pytest.mark.parametrize("z", [30.0, 36.0, 40.0, -800.0, 0.0])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_the_derivative_in_the_target_behind_a_sigmoid_is_minus_the_logit(z, requires_grad):
    t = Tensor([0.5])
    ag.bce(ag.sigmoid(Tensor([z], requires_grad=requires_grad)), t, reduction="sum").backward()
    assert t.grad == -z


INTEGERS = [np.uint8, np.int8, np.int64, bool, np.float32]
VALUES = {
    "mse": lambda p, t: (p - t) ** 2,
    "mae": lambda p, t: abs(p - t),
    "huber": lambda p, t: np.where(abs(p - t) <= 1, (p - t) ** 2 / 2, abs(p - t) - 0.5),
    "bce_with_logits": lambda z, t: np.logaddexp(0.0, z) - z * t,
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("kind", [*INTEGERS, list, "constant tensor"])
def test_integers_in_either_place_are_floats(name, kind):
    loss = getattr(ag, name)
    whole, part = np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.7, 0.9])
    if kind == "constant tensor":
        given = Tensor(whole.astype(np.uint8))
    else:
        given = [0, 1, 1] if kind is list else whole.astype(kind)
    for inputs, exact in (((given, part), (whole, part)), ((part, given), (part, whole))):
        expected = VALUES[name](*exact).mean()
        value = loss(*inputs)
        assert float(value.data if isinstance(value, Tensor) else value) == pytest.approx(expected, rel=1e-7)
        x = Tensor(part)
        loss(*(x if v is part else v for v in inputs)).backward()
        y = Tensor(part)
        loss(*(y if v is part else v for v in exact)).backward()
        np.testing.assert_allclose(x.grad, y.grad, rtol=1e-7)
    if kind in INTEGERS:
        fast = ag.compile(lambda x: loss(given, x))
        np.testing.assert_allclose(fast.value_and_grad(part)[0], VALUES[name](whole, part).mean(), rtol=1e-7)


def test_integer_logits_with_soft_labels():
    soft = np.array([[0.2, 0.3, 0.5]])
    expected = ag.cross_entropy(np.array([[0.0, 1.0, 2.0]]), soft)
    for dtype in (np.uint8, np.int8, np.int64):
        assert ag.cross_entropy(np.array([[0, 1, 2]], dtype), soft) == expected
        assert ag.cross_entropy(np.array([[0.0, 1.0, 2.0]]), np.array([2], dtype)) == pytest.approx(
            0.4076059644
        )
