"""Ties, infinities and kinks: accurate first and second derivatives, and NaN where there is none.

Expected values come from mpmath and from derivations by hand.
"""

import mpmath
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tensor import Tensor

mpmath.mp.dps = 60
INF = np.inf


def tail(z):
    """p (1 - p) for p = sigmoid(z): the entries of the Hessian of logsumexp at (0, z)."""
    e = mpmath.exp(-mpmath.mpf(z))
    return float(e / (1 + e) ** 2)


# Softmax and its family.


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([1e17, 1e17], [0.5, 0.5]),
        (np.array([1e8, 1e8, 1e8], np.float32), [1 / 3, 1 / 3, 1 / 3]),
        ([-1e300, -1e300, -INF], [0.5, 0.5, 0.0]),
        ([5.0, INF], [0.0, 1.0]),
        ([800.0, INF, -INF], [0.0, 1.0, 0.0]),
        ([-INF, -INF], [0.0, 0.0]),
    ],
)
def test_gradient_of_logsumexp_at_ties_and_infinities(x, expected):
    for f in (ag.logsumexp, lambda t: ag.logsumexp(t[None], axis=(0, 1), keepdims=True).sum()):
        np.testing.assert_allclose(ag.grad(f)(x), expected, rtol=1e-7)
        np.testing.assert_allclose(ag.compile(f).value_and_grad(np.array(x))[1], expected, rtol=1e-7)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([-INF, -INF, 2.0], [0.0, 0.0, 1.0]),
        ([1e17, 1e17, -INF], [0.5, 0.5, 0.0]),
        ([-INF, INF, 3.0], [0.0, 1.0, 0.0]),
    ],
)
def test_logaddexp_of_infinities(x, expected):
    def f(t):
        return np.logaddexp(np.logaddexp(t[0], t[1]), t[2])

    np.testing.assert_array_equal(ag.grad(f)(np.array(x)), expected)
    assert not np.isnan(ag.hessian(f)(np.array(x))).any()


@pytest.mark.parametrize("z", [0.0, 0.4, 3.0, 30.0, -30.0, 300.0])
@pytest.mark.parametrize(
    ("f", "sign"),
    [
        (ag.logsumexp, 1),
        (lambda x: ag.log_softmax(x)[0], -1),
        (lambda x: ag.log_softmax(x)[1], -1),
        (lambda x: ag.cross_entropy(x, 0), 1),
        (lambda x: ag.cross_entropy(x, 1), 1),
        (lambda x: ag.cross_entropy(x, [0.25, 0.75]), 1),
    ],
)
def test_hessian_of_the_softmax_family_to_full_relative_accuracy(f, sign, z):
    exact = sign * tail(z) * np.array([[1.0, -1.0], [-1.0, 1.0]])
    np.testing.assert_allclose(ag.hessian(f)(np.array([0.0, z])), exact, rtol=1e-14)
    np.testing.assert_allclose(ag.compile(f).hessian(np.array([0.0, z])), exact, rtol=1e-14)


def test_jacobians_of_softmax_and_log_softmax_to_full_relative_accuracy():
    z = np.array([[0.0, 40.0, 1.0], [0.3, -0.2, 0.1]])
    exact = [[mpmath.exp(v) for v in row] for row in z]
    p = np.array([[float(e / sum(row)) for e in row] for row in exact])
    rest = np.array([[float((sum(row) - e) / sum(row)) for e in row] for row in exact])
    expected = -p[:, :, None] * p[:, None, :]
    log_expected = np.broadcast_to(-p[:, None, :], (2, 3, 3)).copy()
    for i in range(3):
        expected[:, i, i] = p[:, i] * rest[:, i]
        log_expected[:, i, i] = rest[:, i]
    for row in range(2):
        np.testing.assert_allclose(ag.jacobian(ag.softmax)(z[row]), expected[row], rtol=1e-14)
        np.testing.assert_allclose(ag.jacobian(ag.log_softmax)(z[row]), log_expected[row], rtol=1e-14)


def test_infinite_logits():
    np.testing.assert_array_equal(ag.softmax(np.array([INF, 1.0])), [1.0, 0.0])
    np.testing.assert_array_equal(ag.log_softmax(np.array([INF, 1.0])), [0.0, -INF])
    z, y = np.array([INF, 1.0, -INF, INF]), np.array([1.0, 0.0, 0.0, 1.0])
    expected = np.log1p(np.e) / 4
    for f in (
        lambda t: ag.bce_with_logits(t, y),
        lambda t: ag.bce(ag.sigmoid(t), y),
        lambda t: ag.bce_with_logits(t, y, pos_weight=2.0),
    ):
        for value, gradient in (ag.value_and_grad(f)(z), ag.compile(f).value_and_grad(z)):
            assert value == pytest.approx(expected, rel=1e-15)
            np.testing.assert_allclose(gradient, [0.0, ag.sigmoid(np.float64(1)) / 4, 0.0, 0.0], rtol=1e-15)
    assert ag.bce_with_logits(np.array([INF]), np.array([0.0])) == INF
    assert ag.cross_entropy(np.array([[INF, 1.0], [2.0, -INF]]), np.array([0, 0])) == 0.0


def test_a_nan_logit_is_not_hidden():
    assert np.isnan(ag.bce_with_logits(np.array([np.nan, 1.0]), np.array([1.0, 0.0])))
    assert np.isnan(ag.softmax(np.array([np.nan, 1.0]))).all()


# Second derivatives at kinks.

POINT = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.exp(-(np.linalg.norm(x - POINT) ** 2)), POINT),
        (lambda w: 5 * np.linalg.norm(w) ** 2, np.zeros(2)),
        (lambda w: np.sum(np.abs(w) ** 2), np.zeros(2)),
        (lambda w: np.sum(np.fabs(w)), np.zeros(2)),
        (lambda w: np.std(w) ** 2, np.full(3, 0.1)),
        (lambda w: np.std(w, ddof=1), np.ones(2)),
        (lambda w: ag.mae(w, np.ones(2)) ** 2, np.ones(2)),
    ],
)
def test_a_second_derivative_that_does_not_exist_is_nan(f, x):
    assert np.isnan(np.diag(ag.hessian(f)(x))).all()
    assert np.isnan(np.diag(ag.compile(f).hessian(x))).all()
    np.testing.assert_array_equal(ag.grad(f)(x), np.zeros(len(x)))


def test_second_derivatives_beside_a_kink_are_finite():
    rows = np.array([[0.0, 0.0], [3.0, 4.0]])
    hessian = ag.hessian(lambda x: np.sum(np.linalg.norm(x, axis=1)))(rows)
    u = np.array([0.6, 0.8])
    np.testing.assert_allclose(hessian[1, :, 1], (np.eye(2) - np.outer(u, u)) / 5, rtol=1e-14)
    np.testing.assert_array_equal(
        ag.hessian(lambda x: np.sum(np.abs(x)))(np.array([-2.0, 3.0])), np.zeros((2, 2))
    )
    assert ag.hessian(lambda x: np.sign(x) * x)(np.float64(0.0)) == 0.0
    one = np.array([3.0])  # the spread of a single entry is 0 everywhere
    assert ag.hessian(np.std)(one) == ag.compile(np.std).hessian(one) == 0.0


def test_the_spread_of_equal_entries_whose_mean_is_rounded():
    x = np.array([[0.1, 0.1, 0.1], [0.1, 0.2, 0.4]])
    for f in (np.std, lambda t: np.std(t, axis=1).sum(), lambda t: np.std(t, axis=-1, ddof=1).sum()):
        np.testing.assert_array_equal(ag.grad(f)(x[:1].repeat(2, 0)), np.zeros((2, 3)))
    rows = ag.grad(lambda t: np.std(t, axis=1).sum())(x)
    np.testing.assert_allclose(rows[1], (x[1] - x[1].mean()) / (3 * x[1].std()), rtol=1e-14)


# Products, powers, degrees of freedom.


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([1e-162, 3e-162, 1.0], [3e-162, 1e-162, 0.0]),
        ([0.0, 2.0, 3.0, 4.0, 5.0], [120.0, 0.0, 0.0, 0.0, 0.0]),
        ([2.0, 0.0, 0.0, 4.0], [0.0, 0.0, 0.0, 0.0]),
        ([1e200, 1e200, 1e-300], [1e-100, 1e-100, INF]),
        ([7.0], [1.0]),
        ([0.0], [1.0]),
    ],
)
def test_product_of_the_others(x, expected):
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(ag.grad(np.prod)(x), expected, rtol=1e-14, atol=1e-300)


def test_second_derivative_of_a_product_with_a_zero_along_an_axis():
    x = np.array([[0.0, 2.0], [3.0, 5.0], [7.0, 0.0]])
    hessian = ag.hessian(lambda t: np.prod(t, axis=0).sum())(x)
    for column, (a, b, c) in enumerate(x.T):
        np.testing.assert_array_equal(hessian[:, column, :, column], [[0, c, b], [c, 0, a], [b, a, 0]])


def test_powers_of_zero_in_the_exponent():
    with np.errstate(divide="ignore"):
        got = ag.grad(lambda b: np.sum(np.zeros(4) ** b))(np.array([-1.0, 0.0, 0.5, 2.0]))
    np.testing.assert_array_equal(got, [-INF, 0.0, 0.0, 0.0])  # y log a, and 0 where y is finite


@pytest.mark.parametrize("f", [np.var, np.std])
@pytest.mark.parametrize(("shape", "settings"), [((3,), {"ddof": 3}), ((2, 5), {"axis": 0, "ddof": 2.5})])
def test_too_many_degrees_of_freedom_are_refused(f, shape, settings):
    with pytest.raises(ValueError, match=rf"{f.__name__}: x has shape .* entries are reduced to one; ddof="):
        f(Tensor(np.arange(np.prod(shape)).reshape(shape) * 1.0, name="x"), **settings)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("gap", [0.0, 1e-3, 0.01, 1.0, 1.1, 1.2])
def test_derivatives_of_two_nearly_equal_classes(dtype, gap):
    """Rounding may make both probabilities larger than one half."""
    z = np.array([gap, 0.0], dtype)
    p = ag.softmax(z.astype(float))
    for f, expected in (
        (lambda t: ag.log_softmax(t) @ np.array([2.0, 3.0], dtype), [2 - 5 * p[0], 3 - 5 * p[1]]),
        (lambda t: ag.softmax(t) @ np.array([2.0, 3.0], dtype), [-p[0] * p[1], p[0] * p[1]]),
    ):
        np.testing.assert_allclose(ag.grad(f)(z), expected, atol=8 * np.finfo(dtype).eps)
