"""Extreme inputs neither warn nor give NaN where a function is defined, and digits survive there.

Expected values come from mpmath, from derivations by hand, and from published tables.
"""

import mpmath
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tensor import Tensor

mpmath.mp.dps = 60

LOGITS = [-700.0, -100.0, -36.9, -5.25, -1e-3, -1e-17, 0.0, 1e-300, 1e-9, 0.5, 17.0, 36.5, 40.0, 350.0, 700.0]


def ulps(got, expected):
    """The distance of a float from the exact value, in units of that value's last place."""
    exact = mpmath.mpf(expected)
    return float(abs(mpmath.mpf(float(got)) - exact) / np.spacing(abs(float(exact))))


def gradient(f, *xs):
    tensors = [Tensor(x) for x in xs]
    y = f(*tensors)
    y.backward(np.ones(y.shape))
    return tensors[0].grad if len(xs) == 1 else [t.grad for t in tensors]


def exact_sigmoid(z):
    return 1 / (1 + mpmath.exp(-mpmath.mpf(z)))


def exact_bce(z, y):
    return mpmath.log1p(mpmath.exp(-mpmath.mpf(z) if y else mpmath.mpf(z)))


def exact_bce_gradient(z, y):
    return -exact_sigmoid(-mpmath.mpf(z)) if y else exact_sigmoid(z)


# Sigmoid and the binary cross-entropy.


@pytest.mark.parametrize("z", [*LOGITS, -745.0, 745.0, -708.0, 708.0])
def test_sigmoid_has_full_relative_accuracy_in_both_tails(z):
    assert ulps(ag.sigmoid(np.float64(z)), exact_sigmoid(z)) <= 4
    assert ulps(ag.sigmoid(Tensor(z)).data, exact_sigmoid(z)) <= 4
    exact = exact_sigmoid(z) * exact_sigmoid(-mpmath.mpf(z))
    assert ulps(gradient(ag.sigmoid, z), exact) <= 6


@pytest.mark.parametrize("z", LOGITS)
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_bce_with_logits_to_4_ulp(z, y):
    t = Tensor(z)
    loss = ag.bce_with_logits(t, y)
    assert ulps(loss.data, exact_bce(z, y)) <= 4
    loss.backward()
    assert ulps(t.grad, exact_bce_gradient(z, y)) <= 4


@pytest.mark.parametrize("z", LOGITS)
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_bce_of_sigmoid_is_as_good(z, y):
    t = Tensor([z, z])
    loss = ag.bce(ag.sigmoid(t), np.array([y, y]), reduction="sum")
    assert ulps(loss.data, 2 * exact_bce(z, y)) <= 4
    loss.backward()
    assert ulps(t.grad[0], exact_bce_gradient(z, y)) <= 4


@pytest.mark.parametrize("z", [-1e6, -1e4, 1e4, 1e6])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_bce_of_huge_logits_is_exact(z, y):
    expected = abs(z) if (z > 0) != bool(y) else 0.0
    slope = (1.0 if z > 0 else -1.0) if expected else 0.0
    for loss in (lambda t: ag.bce_with_logits(t, y), lambda t: ag.bce(ag.sigmoid(t), y)):
        t = Tensor(z)
        value = loss(t)
        value.backward()
        assert (value.data, t.grad) == (expected, slope)


@pytest.mark.parametrize(
    ("z", "loss", "slope"),
    [(-40.0, 40.0, -1.0), (-1000.0, 1000.0, -1.0), (40.0, 4.248354255291589e-18, -4.248354255291589e-18)],
)
def test_published_bce_values_at_label_1(z, loss, slope):
    for f in (lambda t: ag.bce_with_logits(t, 1.0), lambda t: ag.bce(ag.sigmoid(t), 1.0)):
        t = Tensor(z)
        value = f(t)
        value.backward()
        np.testing.assert_allclose([value.data, t.grad], [loss, slope], rtol=1e-15)


def test_published_loss_values():
    prices = ag.mse(np.array([100.0, 150.0, 200.0]), np.array([95.0, 140.0, 190.0]))
    assert prices == 75.0
    logits = np.log([0.8, 0.1, 0.1])
    assert ag.cross_entropy(logits, np.array([1.0, 0.0, 0.0])) == pytest.approx(
        0.22314355131420976, rel=1e-15
    )
    assert ag.sigmoid(np.float64(-4 + 10 * 0.85 + 0.05 * 75)) == pytest.approx(0.9997388096809043, rel=1e-15)


def test_mse_of_a_sigmoid_forgets_confident_mistakes_and_bce_does_not():
    """At w = -8 with x = y = 1: 2 (s - 1) s (1 - s) = -6.70e-4 against s - 1 = -0.99966."""
    s = exact_sigmoid(-8)
    mse = gradient(lambda w: ag.mse(ag.sigmoid(w), 1.0), -8.0)
    assert mse == pytest.approx(float(2 * (s - 1) * s * (1 - s)), rel=1e-14)
    assert gradient(lambda w: ag.bce(ag.sigmoid(w), 1.0), -8.0) == pytest.approx(float(s - 1), rel=1e-15)


# Softmax and its family.


@pytest.mark.parametrize("size", [745.0, 1e4, 1e300])
def test_softmax_family_of_extreme_rows(size):
    z = np.array([-size, 0.0, size])
    np.testing.assert_array_equal(ag.softmax(z), [0.0, 0.0, 1.0] if size > 745 else [0, np.exp(-745.0), 1])
    np.testing.assert_allclose(ag.log_softmax(z), [-2 * size, -size, 0.0], rtol=0, atol=5e-324)
    assert ag.logsumexp(z) == size
    for f in (ag.softmax, ag.log_softmax, ag.logsumexp):
        assert np.isfinite(gradient(f, z)).all()
    np.testing.assert_allclose(gradient(ag.logsumexp, z), [0.0, 0.0, 1.0], atol=1e-300)
    np.testing.assert_allclose(gradient(lambda t: ag.log_softmax(t)[2], z), [0.0, 0.0, 0.0], atol=5e-324)


@pytest.mark.parametrize("z", [-1e4, -745.0, -40.0, -1.0, 0.0, 1e-8, 40.0, 745.0, 1e4])
def test_softplus(z):
    exact = mpmath.log1p(mpmath.exp(mpmath.mpf(z)))
    assert ulps(ag.softplus(np.float64(z)), exact) <= 4
    assert ulps(gradient(ag.softplus, z), exact_sigmoid(z)) <= 4


def test_log_softmax_keeps_the_digits_of_a_probability_near_1():
    """-log p = log(1 + e^-40) although 1 - p has lost all its digits."""
    got = ag.log_softmax(np.array([40.0, 0.0]))
    assert ulps(got[0], -mpmath.log1p(mpmath.exp(-40))) <= 4


@pytest.mark.parametrize("size", [1e4, 1e300])
def test_cross_entropy_of_confident_logits(size):
    z = Tensor([[size, 0.0], [size, 0.0]])
    loss = ag.cross_entropy(z, np.array([0, 1]))
    loss.backward()
    assert loss.data == size / 2
    np.testing.assert_array_equal(z.grad, [[0.0, 0.0], [0.5, -0.5]])


# Kinks, zeros, ties: the published conventions.


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (np.abs, 0.0, 0.0),
        (ag.relu, 0.0, 0.0),
        (ag.leaky_relu, 0.0, 0.01),
        (np.sign, 0.0, 0.0),
        (lambda x: np.clip(x, -1.0, 1.0), 1.0, 0.0),
        (lambda x: np.clip(x, -1.0, 1.0), -1.0, 0.0),
        (lambda x: np.maximum(x, 2.0), 2.0, 0.5),
        (lambda x: np.minimum(x, 2.0), 2.0, 0.5),
        (lambda x: ag.mae(x, 3.0), 3.0, 0.0),
        (lambda x: ag.hinge(x, 1.0), 1.0, 0.0),
        (lambda x: ag.hinge(x, -1.0), -1.0, 0.0),
        (lambda x: ag.huber(x, 0.0), 1.0, 1.0),
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: x**1, 0.0, 1.0),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**3.0, 0.0, 0.0),
        (lambda x: 0.0**x, 2.0, 0.0),
        (lambda x: x**2, -3.0, -6.0),
    ],
)
def test_convention_at_a_kink(f, at, expected):
    assert gradient(f, at) == expected


def test_power_of_arrays_at_zero():
    x, p = Tensor([0.0, 0.0, 0.0, 2.0]), Tensor([0.0, 1.0, 2.0, 0.0])
    y = x**p
    np.testing.assert_array_equal(y.data, [1.0, 0.0, 0.0, 1.0])
    y.backward(np.ones(4))
    np.testing.assert_array_equal(x.grad, [0.0, 1.0, 0.0, 0.0])
    np.testing.assert_allclose(p.grad, [0.0, 0.0, 0.0, np.log(2.0)], rtol=1e-15)


def test_power_at_exponent_zero_has_its_mixed_second_derivative():
    """d/db of b a^(b-1) at b = 0 is 1/a."""
    a, b = Tensor(4.0), Tensor(0.0)
    (da,) = ag.gradients(a**b, [a], create_graph=True)
    assert ag.gradients(da, [b])[0] == 0.25


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        ([0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
        ([1e-200, 1e-200, 3.0], [3e-200, 3e-200, 0.0]),
        ([1e200, 1e200, 1e-300], [1e-100, 1e-100, np.inf]),
    ],
)
def test_prod_with_zeros_and_extremes(x, expected):
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(gradient(np.prod, np.array(x)), expected, rtol=1e-15)


def test_ties_share_the_gradient_equally():
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    by_row = gradient(lambda t: np.max(t, axis=1), x)
    np.testing.assert_array_equal(by_row, [[0.0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_array_equal(gradient(np.max, x), [[0.0, 0.5, 0.5], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(gradient(np.min, -x), [[0.0, 0.5, 0.5], [0.0, 0.0, 0.0]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_norm_at_zero_and_of_extreme_entries(dtype):
    """Of (3, 4) times anything the gradient is (0.6, 0.8), however large or small it is."""
    sizes = (1e-200, 1e-160, 1.0, 1e150, 1e200) if dtype == np.float64 else (1e-30, 1e-22, 1.0, 1e18, 1e25)
    np.testing.assert_array_equal(gradient(np.linalg.norm, np.zeros(3, dtype)), np.zeros(3))
    for size in sizes:
        with np.errstate(over="ignore", under="ignore"):  # NumPy's own value over- and underflows
            got = gradient(np.linalg.norm, np.array([3.0, 4.0], dtype) * dtype(size))
        np.testing.assert_allclose(got, [0.6, 0.8], rtol=4e-7 if dtype == np.float32 else 1e-15)


def test_norm_of_no_entries():
    x = Tensor(np.zeros((0,)))
    y = np.linalg.norm(x)
    assert y.data == 0.0
    y.backward()
    assert x.grad.shape == (0,)


@pytest.mark.parametrize("f", [np.std, np.var])
def test_spread_of_equal_entries_has_gradient_zero(f):
    np.testing.assert_array_equal(gradient(f, np.full(4, 2.5)), np.zeros(4))


def test_variance_along_an_empty_batch():
    assert gradient(lambda t: np.var(t, axis=1), np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("f", "x", "value", "slope"),
    [
        (np.tanh, 1e4, 1.0, 0.0),
        (np.tanh, -800.0, -1.0, 0.0),
        (np.exp, -1e4, 0.0, 0.0),
        (np.expm1, -1e4, -1.0, 0.0),
        (np.log1p, 1e300, np.log(1e300), 1e-300),
        (np.arctan, 1e100, np.pi / 2, 1e-200),
        (np.sqrt, 1e300, 1e150, 5e-151),
        (ag.relu, -1e300, 0.0, 0.0),
        (np.square, 1e-200, 0.0, 2e-200),
    ],
)
def test_elementary_functions_far_out(f, x, value, slope):
    assert f(Tensor(x)).data == pytest.approx(value, rel=1e-15)
    assert gradient(f, x) == pytest.approx(slope, rel=1e-15)


def test_huber_and_mae_of_huge_errors():
    for f in (ag.huber, ag.mae):
        t = Tensor([1e300, -1e300])
        y = f(t, np.zeros(2), reduction="none")
        np.testing.assert_allclose(y.data, [1e300, 1e300])
        y.backward(np.ones(2))
        np.testing.assert_array_equal(t.grad, [1.0, -1.0])
