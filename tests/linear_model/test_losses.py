"""The losses in their logits and the programs of their derivatives, against mpmath and closed forms."""

import mpmath
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.linear_model.losses import PROGRAMS, binary, derivatives, softmax

EPS = np.finfo(float).eps
EXTREME = [
    0.0,
    -0.0,
    1e-300,
    -1e-8,
    0.3,
    -2.5,
    36.0,
    -37.0,
    40.0,
    -40.0,
    700.0,
    -745.0,
    1000.0,
    -1000.0,
    1e300,
]


def exact(f, *arrays):
    """f of each entry in 400 digits, as floats."""
    with mpmath.workdps(400):
        return np.array([float(f(*map(mpmath.mpf, entries))) for entries in zip(*arrays, strict=True)])


def one_hot(labels, classes):
    return (labels == np.arange(classes)[:, None]).astype(float)


def exact_softmax(z, t):
    """In 50 digits, of logits (K, n): as floats the loss of each example with labels t, and p."""
    losses, p = [], []
    with mpmath.workdps(50):
        for each, label in zip(z.T, t.argmax(axis=0), strict=True):
            powers = [mpmath.exp(mpmath.mpf(v) - each.max()) for v in each]
            total = sum(powers)
            losses.append(float(mpmath.log(total) + each.max() - each[label]))
            p.append([float(power / total) for power in powers])
    return np.array(losses), np.array(p).T


LOGITS = np.array(
    [  # an example each: ties of two and of all, and far and near
        [0.0, 0.0, 0.0],
        [1000.0, 1000.0, 1000.0],
        [1000.0, 1000.0, -1000.0],
        [1000.0, 0.0, -1000.0],
        [-1000.0, -1000.0, -999.0],
        [0.1, -0.2, 0.4],
        [40.0, 0.0, 0.0],
        [1e5, -1e5, 0.0],
    ]
).T


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("z", EXTREME)
def test_the_loss_of_two_classes(z, label):
    z, t = np.array([z]), np.array([label])
    value, dz = PROGRAMS[binary][0](z, t, np.array([0.25]))
    expected = exact(lambda z, t: mpmath.log1p(mpmath.exp(-abs(z))) + max(z, 0) - t * z, z, t)
    np.testing.assert_allclose(value, expected[0] / 4, rtol=4 * EPS, atol=0)
    slope = exact(lambda z, t: 1 / (1 + mpmath.exp(-z)) if t == 0 else -1 / (1 + mpmath.exp(z)), z, t)
    np.testing.assert_allclose(dz, slope / 4, rtol=4 * EPS, atol=5e-324)


def test_the_numbers_of_a_confident_unit():
    """facts: BCE at z = -40, -1000 and 40 with y = 1."""
    first = PROGRAMS[binary][0]
    for z, loss, slope in ((-40.0, 40.0, -1.0), (-1000.0, 1000.0, -1.0), (40.0, 4.248354255291589e-18, None)):
        value, dz = first(np.array([z]), np.ones(1), np.ones(1))
        assert value == pytest.approx(loss, rel=4 * EPS)
        assert dz[0] == pytest.approx(-loss if slope is None else slope, rel=4 * EPS)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_the_curvature_of_two_classes(label):
    z = np.array(EXTREME)
    t, s, v = np.full(len(z), label), np.linspace(0.1, 2, len(z)), np.linspace(-1, 2, len(z))
    bend = exact(lambda z: mpmath.exp(-abs(z)) / (1 + mpmath.exp(-abs(z))) ** 2, z)
    value, dz, along = PROGRAMS[binary][1](z, t, s, v)
    np.testing.assert_allclose(along, bend * s * v, rtol=8 * EPS, atol=1e-323)
    first = PROGRAMS[binary][0](z, t, s)
    assert value == first[0]
    np.testing.assert_array_equal(dz, first[1])


@pytest.mark.parametrize("label", [0, 1, 2])
def test_the_loss_of_classes(label):
    n = LOGITS.shape[1]
    s, t = np.linspace(0.1, 2, n), one_hot(np.full(n, label), 3)
    value, dz = PROGRAMS[softmax][0](LOGITS, t, s)
    losses, p = exact_softmax(LOGITS, t)
    np.testing.assert_allclose(value, losses @ s, rtol=8 * EPS)
    np.testing.assert_allclose(dz, (p - t) * s, rtol=8 * EPS, atol=8 * EPS)
    each = [PROGRAMS[softmax][0](LOGITS[:, [i]], t[:, [i]], np.ones(1))[0] for i in range(n)]
    np.testing.assert_allclose(each, losses, rtol=8 * EPS, atol=0)  # small ones too


def test_the_curvature_of_classes_is_the_covariance_of_one_draw():
    n = LOGITS.shape[1]
    s, t = np.linspace(0.1, 2, n), one_hot(np.arange(n) % 3, 3)
    _, p = exact_softmax(LOGITS, t)
    for v in (*np.eye(3)[:, :, None] * np.ones(n), np.random.default_rng(0).normal(size=(3, n))):
        value, dz, along = PROGRAMS[softmax][1](LOGITS, t, s, v)
        np.testing.assert_allclose(along, (p * v - p * (p * v).sum(axis=0)) * s, rtol=8 * EPS, atol=8 * EPS)
        first = PROGRAMS[softmax][0](LOGITS, t, s)
        assert value == pytest.approx(first[0], rel=4 * EPS)
        np.testing.assert_allclose(dz, first[1], rtol=4 * EPS, atol=4 * EPS)


def test_two_classes_are_two_logits_of_which_one_is_0():
    rng = np.random.default_rng(1)
    z, t, s = 3 * rng.normal(size=9), (np.arange(9) % 2).astype(float), rng.random(9)
    one = PROGRAMS[binary][0](z, t, s)
    two = PROGRAMS[softmax][0](np.stack([0 * z, z]), np.stack([1 - t, t]), s)
    assert two[0] == pytest.approx(one[0], rel=1e-14)
    np.testing.assert_allclose(two[1], [-one[1], one[1]], atol=1e-15)


def test_all_logits_may_be_shifted_alike():
    rng = np.random.default_rng(2)
    z, t, s = rng.normal(size=(4, 7)), one_hot(np.arange(7) % 4, 4), rng.random(7)
    value, dz = PROGRAMS[softmax][0](z, t, s)
    shifted, dz_shifted = PROGRAMS[softmax][0](z + 64.0, t, s)
    assert shifted == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(dz_shifted, dz, atol=1e-14)
    np.testing.assert_allclose(dz.sum(axis=0), 0, atol=1e-15)


@pytest.mark.parametrize(("loss", "classes"), [(binary, ()), (softmax, (3,))])
def test_programs_are_the_derivatives_of_the_graph(loss, classes):
    rng = np.random.default_rng(3)
    z, s, v = rng.normal(size=(*classes, 5)), rng.random(5), rng.normal(size=(*classes, 5))
    t = one_hot(np.arange(5) % 3, 3) if classes else np.array([0, 1, 1, 0, 1.0])
    first, second = derivatives(loss)
    value, dz = first(z, t, s)
    assert value == pytest.approx(loss(z, t, s), rel=1e-15)
    np.testing.assert_allclose(dz, ag.grad(lambda z: loss(z, t, s))(z), atol=1e-15)
    H = ag.hessian(lambda z: loss(z, t, s))(z).reshape(z.size, z.size)
    np.testing.assert_allclose(second(z, t, s, v)[2].ravel(), H @ v.ravel(), atol=1e-15)
    h = 1e-6
    numeric = (first(z + h * v, t, s)[1] - first(z - h * v, t, s)[1]) / (2 * h)
    np.testing.assert_allclose(second(z, t, s, v)[2], numeric, atol=1e-9)


@pytest.mark.parametrize(("loss", "shape"), [(binary, (6,)), (softmax, (3, 6))])
def test_programs_change_no_argument(loss, shape):
    rng = np.random.default_rng(4)
    z, s, v = rng.normal(size=shape), rng.random(6), rng.normal(size=shape)
    t = one_hot(np.arange(6) % 3, 3) if len(shape) == 2 else np.arange(6) % 2.0
    before = [a.copy() for a in (z, t, s, v)]
    one = PROGRAMS[loss][0](z, t, s)
    kept = one[1].copy()
    PROGRAMS[loss][1](z, t, s, v)
    PROGRAMS[loss][0](-z, t, s)
    np.testing.assert_array_equal(one[1], kept)  # a result is not a buffer that the next call fills
    for a, b in zip((z, t, s, v), before, strict=True):
        np.testing.assert_array_equal(a, b)
