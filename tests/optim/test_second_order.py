"""Newton and LBFGS against closed forms and SciPy, on losses that are not convex, and what they refuse."""

import copy
import math
import pickle
import sys

import numpy as np
import pytest
from scipy.optimize import minimize

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.optim import LBFGS, Newton
from autograd_lite.optim.second_order import backtrack, newton_direction

BOTH = pytest.mark.parametrize("kind", [Newton, LBFGS])
RNG = np.random.default_rng(0)


def quadratic(n, rng):
    """A positive definite matrix A and a vector b: w'Aw/2 - b'w is least at A^-1 b."""
    B = rng.standard_normal((n, n))
    return B @ B.T + np.eye(n), rng.standard_normal(n)


def norm(loss, params):
    return np.sqrt(sum(np.sum(g * g) for g in ag.gradients(loss(), params)))


def walked(optimizer, loss, steps):
    """The losses before each step and after the last."""
    return np.array([*(optimizer.step(loss) for _ in range(steps)), loss().item()])


# The direction and the line search.


def test_the_direction_of_a_positive_definite_matrix_is_newtons():
    H, g = quadratic(5, RNG)
    p, damping = newton_direction(g, H)
    assert damping == 0
    np.testing.assert_allclose(p, -np.linalg.inv(H) @ g, rtol=1e-10)


@pytest.mark.parametrize(
    "H", [np.diag([2.0, -1.0]), -np.eye(2), np.zeros((2, 2)), np.ones((2, 2)), -np.ones((300, 300))]
)
def test_the_direction_descends_whatever_the_matrix(H):
    g = np.ones(len(H))
    p, damping = newton_direction(g, H)
    assert g @ p < 0 < damping
    np.testing.assert_allclose((H + damping * np.eye(len(H))) @ p, -g, atol=1e-8)


def test_a_direction_needs_a_finite_hessian():
    with pytest.raises(ValueError, match=r"newton_direction: the Hessian is not finite; standardise"):
        newton_direction(np.ones(1), np.array([[np.nan]]))


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan, 1e9])
def test_a_line_search_halves_until_the_value_falls(bad):
    tried = []

    def evaluate(w):
        tried.append(w)
        return (bad if w < 0.4 else w * w, "there")

    assert backtrack(evaluate, 2.0, -2.0, 4.0, -8.0) == (0.5, 1.0, (1.0, "there"))
    assert tried == [0.0, 1.0]


def test_a_line_search_that_fails_stays():
    assert backtrack(lambda w: (w * w,), 2.0, 1.0, 4.0, -1.0) == (0.0, 2.0, None)


# Known minima.


def test_newton_reaches_the_minimum_of_a_quadratic_in_one_step():
    A, c = quadratic(9, RNG)
    a, b, W = nn.Parameter(0.5), nn.Parameter([3.0]), nn.Parameter(RNG.standard_normal((2, 3)))
    frozen = nn.Parameter([2.0], requires_grad=False)  # the last entry of the vector

    def loss():
        w = np.concatenate([a.reshape(1), b, W.ravel(), frozen])
        return 0.5 * (w @ (A @ w)) - c @ w

    before = loss().item()
    assert Newton([a, frozen, b, W]).step(loss) == before
    expected = np.linalg.solve(A[:8, :8], c[:8] - 2.0 * A[:8, 8])
    np.testing.assert_allclose(a.data, expected[0], rtol=1e-9)
    np.testing.assert_allclose(b.data, expected[1:2], rtol=1e-9)
    np.testing.assert_allclose(W.data, expected[2:].reshape(2, 3), rtol=1e-9)
    np.testing.assert_array_equal(frozen.data, [2.0])
    assert type(a.data) is np.float64


@pytest.mark.parametrize(("weight", "steps"), [(1e-2, 8), (1e-4, 12)])
def test_logistic_regression_on_real_data(weight, steps):
    X, y = ag.datasets.breast_cancer()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    unit = nn.LogisticUnit(30)

    def loss():
        return ag.bce(unit(X), y) + 0.5 * weight * (unit.w * unit.w).sum()

    optimizer = Newton(unit.parameters())
    optimizer.step(loss)
    D = np.column_stack([X, np.ones(len(X))])  # at 0 all p are 1/2: the Hessian is D'D/4m and the penalty's
    H = D.T @ D / (4 * len(X)) + weight * np.diag([1.0] * 30 + [0.0])
    first = -np.linalg.solve(H, D.T @ (0.5 - y) / len(X))
    np.testing.assert_allclose([*unit.w.data, unit.b.data], first, rtol=1e-8)
    walked(optimizer, loss, steps - 1)
    assert norm(loss, unit.parameters()) <= 1e-10
    other = copy.deepcopy(unit)
    for p in unit.parameters():
        p.data = np.zeros_like(p.data)[()]
    walked(LBFGS(unit.parameters()), loss, 15)
    assert norm(loss, unit.parameters()) <= 1e-8
    np.testing.assert_allclose(unit.w.data, other.w.data, atol=1e-5)


def test_damping_is_added_to_the_hessian():
    w = nn.Parameter([3.0])
    assert Newton([w], damping=2.0).step(lambda: np.sum(w * w)) == 9.0
    np.testing.assert_allclose(w.data, [1.5])  # 3 - 6 / (2 + 2)


@pytest.mark.parametrize(("max_iter", "memory"), [(1, 10), (9, 10), (9, 2)])
def test_iterations_of_lbfgs_are_those_of_scipy(max_iter, memory):
    A, c = quadratic(6, np.random.default_rng(1))
    w = nn.Parameter(np.zeros(6))
    LBFGS([w], max_iter, memory).step(lambda: 0.5 * (w @ (A @ w)) - c @ w + np.sum(w**4))
    peer = minimize(
        lambda x: (0.5 * x @ A @ x - c @ x + np.sum(x**4), A @ x - c + 4 * x**3),
        np.zeros(6),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_iter, "maxcor": memory},
    )
    assert peer.nit == max_iter
    np.testing.assert_allclose(w.data, peer.x, rtol=1e-9)


def test_lbfgs_tries_a_quarter_of_the_way_to_a_point_that_is_refused():
    w, tried = nn.Parameter(0.1), []

    def loss():
        tried.append(w.item())
        return w - 1e3 * np.log(1.0 - w) - 1e3 * np.log(w)

    LBFGS([w]).step(loss)
    first = next(i for i, x in enumerate(tried) if x != 0.1)
    assert tried[first] == 1.1  # SciPy's first step has length 1
    assert tried[first + 1] == pytest.approx(0.35, abs=1e-3)
    assert max(tried[first + 1 :]) < 1  # and nothing beyond the barrier again
    assert w.item() == pytest.approx((2001 - np.sqrt(2001.0**2 - 4000)) / 2, abs=1e-6)


def test_lbfgs_ends_at_the_best_point_wherever_scipy_ends(monkeypatch):
    def search(f, w, **settings):
        x = w.copy()
        for x[:] in (w, [1.0], [-0.5], [2.0]):  # always the same array
            f(x)

    monkeypatch.setattr("scipy.optimize.minimize", search)
    w = nn.Parameter([5.0])
    LBFGS([w]).step(lambda: np.sum(w * w))
    assert w.data == [-0.5]


def test_lbfgs_takes_more_parameters_than_newton():
    w = nn.Parameter(np.linspace(-1, 1, 2001), name="w")
    with pytest.raises(
        ValueError, match=r"Newton.step: the parameters have 2001 entries, .* 2000; use .*LBFGS"
    ):
        Newton([w]).step(lambda: np.sum((w - 2.0) ** 2))
    LBFGS([w]).step(lambda: np.sum((w - 2.0) ** 2))
    np.testing.assert_allclose(w.data, 2.0, atol=1e-6)


# Losses that are not convex.


@BOTH
@pytest.mark.parametrize("start", [20.0, -20.0, 3.0, -800.0, 800.0])
def test_squared_error_of_a_sigmoid_never_rises(kind, start):
    x = np.linspace(-3.0, 3.0, 40)
    w = nn.Parameter(start)
    losses = walked(kind([w]), lambda: ag.mse(ag.sigmoid(-x * w), (x > 0).astype(float)), 25)
    assert (np.diff(losses) <= 1e-15).all()
    assert start in (800.0, -800.0) or losses[-1] < losses[0]
    assert np.isfinite(w.data)


@BOTH
@pytest.mark.parametrize("seed", range(4))
def test_xor_is_learned_and_the_loss_never_rises(kind, seed):
    X, y = ag.datasets.xor()
    network = nn.BinaryNetwork([2, 3, 1], rng=seed)
    losses = walked(kind(network.parameters()), lambda: ag.bce_with_logits(network(X), y), 25)
    assert (np.diff(losses) <= 1e-15).all()
    assert losses[-1] < 1e-3
    np.testing.assert_array_equal(network.predict(X), y)


@BOTH
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_loss_that_is_not_finite_on_the_way_is_refused(kind, bad):
    w, refused = nn.Parameter([3.0, 4.0]), []

    def loss():
        if abs(w.data[0]) < 0.5:
            refused.append(w.data)
            return np.sum(w * w) + bad  # its gradient is finite
        return np.sum(w * w)

    losses = walked(kind([w]), loss, 9)
    assert refused
    assert np.isfinite(losses).all()
    assert 0.5 <= losses[-1] <= losses[0] / 2
    assert abs(w.data[0]) >= 0.5


@BOTH
def test_a_gradient_that_is_not_finite_on_the_way_is_refused(kind):
    w = nn.Parameter(2.0)

    def loss():
        return w * w + np.sqrt(w - w.data) if abs(w.item()) < 0.5 else w * w  # the root adds 0

    assert kind([w]).step(loss) == 4.0
    assert 0.5 <= abs(w.item()) <= 1.0


@BOTH
def test_a_barrier_beside_the_start_is_kept_to(kind):
    w = nn.Parameter(0.1)
    optimizer = kind([w])
    for _ in range(10):
        optimizer.step(lambda: w - 1e3 * np.log(1.0 - w) - 1e3 * np.log(w))
    minimum = (2001 - np.sqrt(2001.0**2 - 4000)) / 2  # the derivative is 0 there
    assert w.item() == pytest.approx(minimum, abs=1e-9)


# Parameters.


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (2, 3), (0,)])
def test_shapes_and_dtypes_stay(kind, shape, dtype):
    w, c = nn.Parameter(np.full(shape, 5.0, dtype)), nn.Parameter(np.ones(2, dtype))
    optimizer = kind([w, c])
    for _ in range(3):
        value = optimizer.step(lambda: np.sum((w - 0.3) ** 2) + np.sum((c - 2.0) ** 2))
    assert type(value) is float
    assert w.dtype == c.dtype == dtype
    assert w.shape == shape
    assert isinstance(w.data, np.ndarray if shape else dtype)
    np.testing.assert_allclose(w.data, np.full(shape, 0.3), rtol=1e-6 if dtype is np.float32 else 1e-9)
    np.testing.assert_allclose(c.data, [2.0, 2.0], rtol=1e-6)


@BOTH
def test_a_float32_network_is_trained(kind):
    X = RNG.standard_normal((20, 2)).astype(np.float32)
    y = (X[:, 0] > 0).astype(np.float32)
    network = nn.BinaryNetwork([2, 3, 1], rng=0).astype(np.float32)
    optimizer = kind(network.parameters())
    losses = walked(optimizer, lambda: ag.bce_with_logits(network(X), y), 10)
    assert losses[-1] < 0.1 * losses[0]
    assert (np.diff(losses) <= 0).all()
    assert {p.dtype for p in network.parameters()} == {np.dtype(np.float32)}


@BOTH
def test_nothing_is_written_into_and_earlier_graphs_are_refused(kind):
    w = nn.Parameter([1.0, -2.0])
    w.data.flags.writeable = False
    data, copied = w.data, w.data.copy()

    def loss():
        return (w**4).sum() + w.sum()

    earlier = loss()
    optimizer = kind([w])
    optimizer.step(loss)
    optimizer.step(loss)
    assert w.grad is None
    assert w.data is not data
    np.testing.assert_array_equal(data, copied)
    with pytest.raises(RuntimeError, match="got new data after"):
        earlier.backward()


@BOTH
def test_where_nothing_lowers_the_loss_parameters_stay(kind):
    w = nn.Parameter([0.0, 0.0])
    optimizer, before = kind([w]), w.data
    assert not optimizer.moved
    assert optimizer.step(lambda: np.sum(w * w)) == 0.0
    assert w.data is before
    assert not optimizer.moved
    assert optimizer.step(lambda: np.sum((w - 1.0) ** 2)) == 2.0
    assert optimizer.moved
    before = w.data
    assert optimizer.step(lambda: np.sum(w * w) + 10.0 * (w.data != before).any()) == pytest.approx(2.0)
    np.testing.assert_array_equal(w.data, before)
    assert not optimizer.moved


@BOTH
def test_a_frozen_parameter_needs_no_gradient(kind):
    w, c = nn.Parameter([1.0]), nn.Parameter([5.0], requires_grad=False)
    optimizer = kind([w, c])
    before = c.data
    optimizer.step(lambda: np.sum(w * w))
    optimizer.step(lambda: np.sum((w - c) ** 2))
    assert c.data is before
    np.testing.assert_allclose(w.data, [5.0])


@BOTH
def test_a_linear_part_has_no_second_derivative(kind):
    a, b = nn.Parameter([1.0, 2.0]), nn.Parameter(3.0)
    optimizer = kind([a, b])
    before = optimizer.step(lambda: (a * a).sum() + b)
    assert ((a * a).sum() + b).item() < before


@BOTH
def test_a_copy_goes_on_as_the_original(kind):
    X, y = ag.datasets.xor()

    def stepped(pair):
        pair[1].step(lambda: ag.bce_with_logits(pair[0](X), y))
        return [p.data for p in pair[0].parameters()]

    network = nn.BinaryNetwork([2, 2, 1], rng=0)
    pair = network, kind(network.parameters())
    stepped(pair)
    copies = [copy.deepcopy(pair), pickle.loads(pickle.dumps(pair))]
    expected = stepped(pair)
    for other in copies:
        for p, q in zip(stepped(other), expected, strict=True):
            np.testing.assert_array_equal(p, q)


# Errors, which leave all parameters as they were.


@pytest.fixture
def pair():
    return nn.Parameter([1.0, 2.0], name="a"), nn.Parameter([3.0, 4.0], name="b")


def refused(kind, pair, loss, error, match):
    before = [p.data.copy() for p in pair]
    optimizer = kind(pair)
    with pytest.raises(error, match=rf"^{kind.__name__}.step: {match}"):
        optimizer.step(loss)
    assert all(np.array_equal(p.data, data) for p, data in zip(pair, before, strict=True))
    assert not optimizer.moved


@BOTH
def test_a_step_takes_a_function(kind, pair):
    call = (
        r"; a step evaluates it several times, so pass .*: optimizer.step\(lambda: ag.bce\(model\(X\), y\)\)"
    )
    refused(kind, pair, None, TypeError, f"loss is missing{call}")
    refused(kind, pair, (pair[0] * pair[1]).sum(), TypeError, f"loss is a Tensor, not a function{call}")
    refused(kind, pair, 0.5, TypeError, f"loss is a float, not a function{call}")
    with pytest.raises(TypeError, match=r"loss is missing"):
        kind(pair).step()


@BOTH
def test_the_function_returns_one_number(kind, pair):
    a, b = pair
    refused(kind, pair, lambda: None, TypeError, r"loss\(\) returned None; it must return the loss, a Tensor")
    refused(kind, pair, lambda: 1.5, TypeError, r"loss\(\) returned 1.5; it must")
    refused(kind, pair, lambda: a * b, ValueError, r"this tensor has shape \(2,\), and only a single number")


@BOTH
def test_the_loss_reaches_every_parameter(kind, pair):
    a, b = pair
    message = r"b has no gradient: the loss does not reach it; compute the loss from it, or leave it out"
    refused(kind, pair, lambda: np.sum(a * a), ValueError, message)
    a.name = None
    refused(kind, pair, lambda: np.sum(b * b), ValueError, r"a parameter of shape \(2,\) has no gradient")
    constant = ag.Tensor(1.0, requires_grad=False)
    refused(kind, pair, lambda: constant, ValueError, "this tensor depends on no differentiable tensor")
    with ag.no_grad():
        refused(kind, pair, lambda: np.sum(a * b), ValueError, "this tensor depends on no .* no_grad")
    a.requires_grad = b.requires_grad = False
    refused(kind, pair, lambda: np.sum(a * b), ValueError, "every parameter is frozen, so there is nothing")


@BOTH
def test_what_is_not_finite_before_the_step_is_named(kind, pair):
    a, b = pair
    X = np.array([1.0, np.nan])
    refused(
        kind,
        pair,
        lambda: np.sum(a * b * X),
        ValueError,
        r"this tensor is nan; nan first appears in .*: 1 of 2 entries are nan, the first at \[1\]; remove",
    )
    refused(kind, pair, lambda: np.exp(a * b * 200.0).sum(), ValueError, "the loss is inf; standardise")
    refused(kind, pair, lambda: -np.exp(a * b * 200.0).sum(), ValueError, "the loss is -inf; standardise")
    refused(
        kind,
        pair,
        lambda: a.sum() + np.sqrt(b - 3.0).sum(),
        ValueError,
        r"the gradient of b is not finite: 1 of 2 entries are inf, the first at \[0\]; standardise",
    )


def test_a_second_derivative_that_is_not_finite_is_named(pair):
    a, b = pair
    message = "a second derivative of the loss in b is not finite; standardise"
    refused(Newton, pair, lambda: (a * a).sum() + ((b - 3.0) ** 1.5).sum(), ValueError, message)


@BOTH
def test_a_random_loss_is_refused(kind):
    model = nn.Sequential(nn.Linear(4, None, rng=0), nn.Dropout(0.5, rng=0))
    X, y = RNG.standard_normal((9, 4)), np.ones(9)
    params = model.parameters()
    refused(
        kind, params, lambda: ag.mse(model(X), y), ValueError, r"loss\(\) returned .* and then .* Dropout"
    )
    model.eval()
    kind(params).step(lambda: ag.mse(model(X), y))


@BOTH
def test_a_loss_computed_before_is_refused(kind, pair):
    a, b = pair
    product, message = (
        a * b,
        r"loss\(\) returned what was computed from a before the step; let it compute all",
    )
    value = np.sum(product)
    refused(kind, pair, lambda: value, ValueError, message)
    refused(kind, pair, lambda: np.sum(product * product), ValueError, message)
    half = 0.5 * b
    refused(kind, pair, lambda: np.sum(a * half), ValueError, r"loss\(\) returned what was computed from b")
    one = nn.Parameter(2.0, name="one")
    number = one * one
    refused(kind, [one], lambda: number + one, ValueError, r"loss\(\) returned what was computed from one")


@BOTH
@pytest.mark.parametrize("call", [1, 2, 3])
def test_an_error_of_the_loss_leaves_parameters_as_they_were(kind, pair, call):
    calls = []

    def loss():
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt
        return (pair[0] ** 4 * pair[1] ** 2).sum()

    before = [p.data for p in pair]
    with pytest.raises(KeyboardInterrupt):
        kind(pair).step(loss)
    assert all(p.data is data for p, data in zip(pair, before, strict=True))


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        *((Newton, {"damping": bad}, "at least 0 and finite") for bad in (-1, math.inf, math.nan, "a")),
        *(
            (LBFGS, {name: bad}, "a whole number, 1 or more")
            for name in ("max_iter", "memory")
            for bad in (0, 1.5, -1, math.inf, math.nan, None)
        ),
    ],
)
def test_settings_are_checked(kind, settings, message):
    (name,) = settings
    with pytest.raises(ValueError, match=rf"^{kind.__name__}: {name} is .*; (it must be|give) {message}"):
        kind([nn.Parameter(1.0)], **settings)


def test_settings_are_shown_and_parameters_checked():
    w = nn.Parameter(1.0)
    assert repr(Newton([w])) == "Newton(1 parameters, damping=0.0)"
    assert repr(LBFGS([w], memory=np.int64(5))) == "LBFGS(1 parameters, max_iter=20, memory=5)"
    with pytest.raises(ValueError, match=r"Newton: params is empty"):
        Newton([])


def test_lbfgs_says_what_to_install(monkeypatch, pair):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    before = pair[0].data
    with pytest.raises(ImportError, match=r"scipy.optimize is not installed; pip install scipy .*'sklearn'"):
        LBFGS(pair).step(lambda: np.sum(pair[0] * pair[1]))
    assert pair[0].data is before


@BOTH
def test_a_compiled_step_is_refused(kind, pair):
    message = (
        rf"compile: a step of {kind.__name__} evaluates .*; call optimizer.step\(loss\), or ag.fit without"
    )
    with pytest.raises(TypeError, match=message):
        ag.compile(lambda: np.sum(pair[0] * pair[1]), optimizer=kind(pair))
    unit = nn.LogisticUnit(2)
    with pytest.raises(TypeError, match=message):
        ag.fit(
            unit,
            np.ones((4, 2)),
            np.ones(4),
            loss=ag.bce,
            optimizer=kind(unit.parameters()),
            epochs=1,
            progress=False,
            compile=True,
        )
    with pytest.raises(TypeError, match=r"compile: optimizer is <class .*; make one"):
        ag.compile(lambda: None, optimizer=kind)
