"""Derivatives as functions, nested and of higher order."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tensor import Parameter

X = np.random.default_rng(1).normal(size=(20, 3))
Y = (np.random.default_rng(2).random(20) > 0.5).astype(float)


def logistic(w):
    return ag.bce_with_logits(X @ w, Y)


@pytest.mark.parametrize("argnums", [1, -2, (0, 3)])
def test_argnums_beyond_the_arguments_are_an_error(argnums):
    with pytest.raises(ValueError, match=r"grad: argnums=.*called with 1"):
        ag.grad(lambda x: x * x, argnums)(1.0)


def test_gradients_of_leaves_and_intermediates_leave_grad_alone():
    w = ag.Tensor(np.array([0.1, -0.2, 0.3]))
    z = X @ w
    loss = ag.bce_with_logits(z, Y)
    gw, gz = ag.gradients(loss, [w, z])
    p = 1 / (1 + np.exp(-(X @ w.data)))
    assert np.allclose(gz, (p - Y) / 20, rtol=1e-14)
    assert np.allclose(gw, X.T @ (p - Y) / 20, rtol=1e-13)
    assert w.grad is None
    assert z.grad is None


def test_gradients_with_create_graph_are_tensors_even_when_constant():
    x = ag.Tensor(2.0)
    (g,) = ag.gradients(x * 3.0, [x], create_graph=True)
    assert isinstance(g, ag.Tensor)
    assert g.data == 3.0
    assert not g.requires_grad


def test_create_graph_works_under_no_grad_and_through_the_stable_form():
    z = ag.Tensor(np.array([-40.0, 0.0, 40.0]))
    p = ag.sigmoid(z)
    loss = ag.bce(p, np.array([1.0, 1.0, 0.0]), reduction="sum")
    with ag.no_grad():
        (g,) = ag.gradients(loss, [z], create_graph=True)
    (h,) = ag.gradients(g.sum(), [z])
    s = np.exp(-40.0)
    assert g.data == pytest.approx([-1.0, -0.5, 1.0], rel=1e-15)
    assert h == pytest.approx([s, 0.25, s], rel=1e-14)


def test_labels_that_are_sigmoids_themselves_get_their_own_gradient():
    for student, teacher in ((0.7, -1.2), (-30.0, 2.0)):
        z, t = ag.Tensor(student), ag.Tensor(teacher)
        q = ag.sigmoid(t)
        dz, dt = ag.gradients(ag.bce(ag.sigmoid(z), q), [z, t])
        s = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
        assert dz == pytest.approx(s(student) - s(teacher), rel=1e-14)
        assert dt == pytest.approx(-student * s(teacher) * s(-teacher), rel=1e-13)
        p = ag.sigmoid(z)
        (both,) = ag.gradients(ag.bce(p, p), [z])  # the entropy of p
        assert both == pytest.approx(-student * s(student) * s(-student), rel=1e-12)


def test_an_unused_tensor_is_an_error_that_names_it():
    x, other = ag.Tensor(1.0, name="x"), ag.Tensor(np.ones(3), name="other")
    with pytest.raises(ValueError, match=r"does not depend on xs\[1\], other of shape \(3,\)"):
        ag.gradients(x * 2.0, [x, other])
    assert ag.gradients(x * 2.0, [x, other], allow_unused=True) == [2.0, None]


def test_only_what_leads_to_the_wanted_tensor_is_computed():
    x, y = ag.Tensor(2.0), ag.Tensor(3.0)
    product = x * y
    assert ag.gradients(np.log(product) + y, [x]) == [0.5]


@pytest.mark.parametrize(("order", "value"), [(1, 32.0), (2, 48.0), (3, 48.0), (4, 24.0), (5, 0.0)])
def test_grad_nests(order, value):
    f = lambda x: x**4  # noqa: E731
    for _ in range(order):
        f = ag.grad(f)
    assert f(2.0) == value


def test_nested_derivatives_are_not_confused():
    assert ag.grad(lambda x: x * ag.grad(lambda y: x * y)(3.0))(2.0) == 4.0
    assert ag.grad(lambda x: ag.grad(lambda y: x * y)(x))(2.0) == 1.0
    assert ag.grad(lambda x: ag.jvp(lambda y: x * y * y, (3.0,), (1.0,))[1])(2.0) == 6.0


def test_nothing_that_is_differentiable_gets_lost():
    cube, x = (lambda x: (x**3).sum()), np.array([1.0, 2.0])
    directions = (
        (lambda v: ag.jvp(cube, (x,), (v,))[1], [5.0, 14.0]),
        (lambda v: ag.hvp(cube, x, v).sum(), [8.0, 14.0]),
        (lambda v: ag.vjp(lambda x: x**3, x)[1](v)[0].sum(), [5.0, 14.0]),
    )
    for product, expected in directions:
        found = ag.grad(lambda v, product=product: product(v) + (v * v).sum())(np.ones(2))
        assert type(found) is np.ndarray
        assert found.tolist() == expected
    w = Parameter(2.0)
    penalty = ag.grad(lambda x: w * x * x)(3.0)
    (w + penalty**2).backward()
    assert w.grad == 145.0
    with ag.no_grad():
        assert type(ag.grad(lambda x: w * x)(3.0)) is np.float64


def test_a_generator_of_tensors_and_a_tensor_as_seed():
    x = ag.Tensor([1.0, 2.0])
    (g,) = ag.gradients(x * x, (t for t in [x]), grad=ag.Tensor([1.0, 1.0]))
    assert type(g) is np.ndarray
    assert g.tolist() == [2.0, 4.0]
    (x * x).backward(ag.Tensor([1.0, 1.0]))
    assert type(x.grad) is np.ndarray


def test_value_and_grad_of_several_arguments():
    value, (da, db) = ag.value_and_grad(lambda a, c, b: (a * b).sum() + c, argnums=(0, 2))(
        np.array([1.0, 2.0]), 10, np.array([3.0, 4.0])
    )
    assert value == 21.0
    assert da.tolist() == [3.0, 4.0]
    assert db.tolist() == [1.0, 2.0]


def test_jvp_vjp_and_jacobian_agree():
    f = lambda x: np.tanh(X[:4] @ x) * x[0]  # noqa: E731
    x, v, u = np.array([0.3, -0.4, 0.5]), np.array([1.0, -2.0, 0.5]), np.array([1.0, 0.0, -1.0, 2.0])
    J = ag.jacobian(f)(x)
    value, product = ag.jvp(f, (x,), (v,))
    same, pull = ag.vjp(f, x)
    t = np.tanh(X[:4] @ x)
    exact = (1 - t**2)[:, None] * X[:4] * x[0]
    exact[:, 0] += t
    assert np.allclose(J, exact, rtol=1e-14)
    assert np.allclose(product, exact @ v, rtol=1e-13)
    assert np.allclose(pull(u)[0], u @ exact, rtol=1e-13)
    assert value.tolist() == same.tolist() == (t * x[0]).tolist()


def test_hessian_of_the_logistic_loss_is_x_d_x():
    w = np.array([0.5, -1.0, 0.25])
    p = 1 / (1 + np.exp(-X @ w))
    exact = X.T @ (X * (p * (1 - p))[:, None]) / 20
    assert np.allclose(ag.hessian(logistic)(w), exact, rtol=1e-12, atol=1e-16)
    v = np.array([1.0, 2.0, 3.0])
    assert np.allclose(ag.hvp(logistic, w, v), exact @ v, rtol=1e-12)


def test_derivatives_that_vanish_are_zeros_of_the_right_shape():
    assert ag.hessian(lambda x: x.sum())(np.ones(2)).tolist() == [[0, 0], [0, 0]]
    assert ag.hvp(lambda x: x.sum(), np.ones(2), np.ones(2)).tolist() == [0, 0]
    assert ag.grad(lambda a, b: a * 2.0, argnums=(0, 1))(1.0, np.ones(2))[1].tolist() == [0, 0]
    assert ag.jvp(np.sign, (np.ones(2),), (np.ones(2),))[1].tolist() == [0, 0]


def test_float32_stays_float32():
    x = np.array([0.5, 1.5], np.float32)
    assert ag.grad(lambda v: np.exp(v).mean())(x).dtype == np.float32
    assert ag.hessian(lambda v: np.exp(v).mean())(x).dtype == np.float32
    mixed = ag.hessian(lambda v: ((X[:, :2] @ v) ** 2).sum())(x)  # float32 weights of float64 data
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, 2 * X[:, :2].T @ X[:, :2], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.grad(np.exp)(np.ones(3)), ValueError, r"exp returned shape \(3,\)"),
        (lambda: ag.grad(lambda x: x.data)(1.0), TypeError, "returned float64, not a tensor"),
        (lambda: ag.grad(np.sin)(np.arange(3)), TypeError, "argument 0 has dtype int64"),
        (lambda: ag.jvp(np.sin, (1.0,), (np.ones(2),)), ValueError, "they must be equal"),
        (lambda: ag.gradients(ag.Tensor(1.0) * 2, ag.Tensor(1.0)), TypeError, "pass a list"),
        (lambda: ag.gradients(ag.Tensor(1.0) * 2, [np.ones(2)]), TypeError, "not a differentiable tensor"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
