"""An operation and a loss are written in one place: everything else follows from the declaration."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.domains import POSITIVE, Domain
from autograd_lite.operation import OPS, case, op
from autograd_lite.ops.loss import Range, loss

X = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.75]])


@pytest.fixture(autouse=True)
def registry():
    """Ops that a test defines are gone after it."""
    before = dict(OPS)
    yield
    for name in set(OPS) - set(before):
        del OPS[name]


def gauss():
    """An elementwise op."""

    @op("gauss", formula="exp(−{x}²)")
    def gauss(x):
        """exp(-x^2), elementwise."""
        return np.exp(-x * x)

    @gauss.gradient("x", "× (−2·{x}·{y})")
    def _(g, y, x):
        return -2.0 * g * x * y

    return gauss


def root_mean_square():
    """An op with axes."""

    @op("RMS", domain=POSITIVE, samples=(case((2, 3)), case((2, 3), axis=1), case((2, 3, 2), axis=(0, -1))))
    def rms(x, axis=None):
        """Root of the mean square over axes."""
        return np.sqrt((x * x).mean(axis=axis))

    @rms.gradient("x", "× {x}/(n·{y})")
    def _(g, y, x, axis):
        n = x.size / max(y.size, 1)
        if axis is not None:
            g, y = np.expand_dims(g, axis), np.expand_dims(y, axis)
        return g * (x / (n * y))

    return rms


def log_cosh():
    """A loss, with a check of its own."""

    @loss(
        "log cosh",
        domain={"target": Domain("|t| <= 10", -10, 10)},
        ranges=(Range(1, -10, 10, "clip the targets"),),
    )
    def log_cosh(prediction, target):
        """Mean of log cosh(prediction - target)."""
        return np.logaddexp(prediction - target, target - prediction) - np.log(2.0)

    @log_cosh.gradient("prediction", "tanh({prediction}−{target})")
    def _(g, y, prediction, target):
        return g * np.tanh(prediction - target)

    @log_cosh.gradient("target", "tanh({target}−{prediction})")
    def _(g, y, prediction, target):
        return g * np.tanh(target - prediction)

    return log_cosh


@pytest.mark.parametrize(("define", "written"), [(gauss, "exp(−x²)"), (root_mean_square, "rms(x)")])
def test_an_op_is_differentiated_checked_drawn_and_compiled(define, written):
    f = define()
    assert "nothing wrong" in str(ag.testing.check_op(f, budget="quick"))
    x = ag.Tensor(np.abs(X), name="x")
    y = f(x).sum()
    y.backward()
    assert written in ag.draw(y).to_dot()
    fast = ag.compile(lambda x: f(x).sum())
    value, gradient = fast.value_and_grad(x.data)
    assert value == pytest.approx(y.item(), rel=1e-15)
    np.testing.assert_allclose(gradient, x.grad, rtol=1e-14)
    assert ag.hessian(lambda v: f(v).sum())(x.data[0]).shape == (3, 3)


def test_a_loss_gets_reductions_weights_checks_and_compilation():
    f = log_cosh()
    assert "nothing wrong" in str(ag.testing.check_op(f, budget="quick"))
    target = np.zeros(3)
    errors = np.log(np.cosh(X[0]))
    assert f(X[0], target) == pytest.approx(errors.mean(), rel=1e-14)
    assert f(X[0], target, reduction="sum") == pytest.approx(errors.sum(), rel=1e-14)
    weights = np.array([1.0, 0.0, 3.0])
    weighted = f(X[0], target, reduction="none", sample_weight=weights)
    np.testing.assert_allclose(weighted, errors * weights, rtol=1e-14)
    with pytest.raises(ValueError, match="a loss does not broadcast"):
        f(ag.Tensor(X[0]), np.zeros((3, 1)))
    with pytest.raises(ValueError, match=r"target\[1\] is 11.0 .* clip the targets"):
        f(ag.Tensor(X[0]), np.array([0.0, 11.0, 0.0]))
    w = ag.nn.Parameter(np.ones(3), name="w")
    step = ag.compile(lambda X, y: f(X @ w, y), optimizer=ag.optim.SGD([w], lr=0.1))
    assert step(X, np.zeros(2)) > step(X, np.zeros(2))


def test_integer_predictions_are_compared_as_real_numbers():
    assert ag.mse(np.array([0, 1, 1]), ag.Tensor([0.2, 0.7, 0.9])).item() == pytest.approx(0.14 / 3)
    assert ag.mse(np.array([1, 2]), np.array([1.5, 2.5])) == 0.25
    assert ag.mae(np.array([1, 2]), np.array([1.5, 2.25])) == 0.375
    assert ag.huber(np.array([0]), np.array([0.5])) == 0.125


def test_a_rule_that_returns_one_number_serves_every_entry():
    @op("total")
    def total(x):
        """Sum of all entries."""
        return x.sum()

    total.gradient("x", "× 1")(lambda g, y, x: g)
    t = ag.Tensor([1.0, 2.0])
    total(t).backward()
    assert t.grad.tolist() == [1.0, 1.0]
