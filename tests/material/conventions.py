"""Documented gradients where a numerical derivative is undefined: overflow, underflow, 0^0, soft labels.

Each function raises AssertionError if an op breaks the promise. Mutation testing runs it after the
generated check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.testing import gradcheck


def gradient(f: Callable[..., Any], *arrays: Any) -> Any:
    """The gradient of the sum of f in its first argument."""
    with np.errstate(all="ignore"):
        return ag.grad(lambda *xs: f(*xs).sum())(*map(np.asarray, arrays))


def power() -> None:
    """0^0 is constant in a; where a = 0 the derivative in b is 0, and -inf for negative b."""
    zero = np.zeros(2)
    np.testing.assert_array_equal(gradient(lambda b: zero**b, [0.0, 2.0]), [0.0, 0.0])
    np.testing.assert_array_equal(gradient(lambda a: a ** np.array([0.0, 2.0]), zero), [0.0, 0.0])
    np.testing.assert_array_equal(gradient(lambda b: zero**b, [-1.0, 2.0]), [-np.inf, 0.0])


def prod() -> None:
    """The product of the others, also where the product itself under- or overflows."""
    np.testing.assert_allclose(gradient(np.prod, [1e-200, 1e-200, 2.0]), [2e-200, 2e-200, 0.0], rtol=1e-12)
    np.testing.assert_allclose(gradient(np.prod, [1e200, 1e200, 3.0]), [3e200, 3e200, np.inf], rtol=1e-12)
    np.testing.assert_allclose(gradient(np.prod, [1e-162, 3e-162, 1.0]), [3e-162, 1e-162, 0.0], rtol=1e-12)


def norm() -> None:
    """x / |x| for tiny and huge x, and 0 for the zero vector beside others."""
    for size in (3e-200, -3e-200, 3e-160, 3e200, 1.0):
        found = gradient(np.linalg.norm, [size, 4 * size / 3])
        np.testing.assert_allclose(found, np.sign(size) * np.array([0.6, 0.8]), rtol=1e-12)
    rows = gradient(lambda x: np.linalg.norm(x, axis=1), [[0.0, 0.0], [-3.0, -4.0]])
    np.testing.assert_allclose(rows, [[0.0, 0.0], [-0.6, -0.8]], rtol=1e-12)
    assert np.isnan(ag.hessian(lambda x: np.linalg.norm(x) ** 2)(np.zeros(2))).all()


def cross_entropy() -> None:
    """Labels may be probabilities; a sure label loses no digits."""
    gradcheck(lambda z: ag.cross_entropy(z, np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])), np.eye(2, 3) - 0.4)
    found = gradient(lambda z: ag.cross_entropy(z, np.array([0])), [[50.0, 0.0, 0.5]])
    np.testing.assert_allclose(found[0, 0], -(np.exp(-50) + np.exp(-49.5)), rtol=1e-9)


def logsumexp() -> None:
    """A column of minus infinity has the gradient of nothing, not NaN."""
    found = gradient(lambda x: x.logsumexp(axis=0), [[-np.inf, 1.0], [-np.inf, 2.0]])
    np.testing.assert_array_equal(found[:, 0], [0.0, 0.0])


def softmax() -> None:
    """The derivative y (1 - y) of the likeliest entry keeps its digits, as do the others."""
    found = gradient(lambda z: ag.softmax(z)[:, 0], [[40.0, 0.0], [0.3, 0.1]])
    small = np.exp(-40.0) / (1 + np.exp(-40.0)) ** 2
    np.testing.assert_allclose(found[0], [small, -small], rtol=1e-12)


def log_softmax() -> None:
    """The derivative 1 - p of the likeliest entry keeps its digits."""
    found = gradient(lambda z: ag.log_softmax(z)[:, 0], [[40.0, 0.0], [0.3, 0.1]])
    small = np.exp(-40.0) / (1 + np.exp(-40.0))
    np.testing.assert_allclose(found[0], [small, -small], rtol=1e-12)


def std() -> None:
    """Equal entries have gradient 0, although their mean is rounded."""
    np.testing.assert_array_equal(gradient(np.std, [0.1, 0.1, 0.1]), np.zeros(3))
    assert np.isnan(ag.hessian(lambda x: np.std(x) ** 2)(np.ones(2))).all()


def abs_slope() -> None:
    """There is no derivative at the jump."""
    assert np.isnan(gradient(ag.OPS["abs_slope"], 0.0))


def leaky_relu() -> None:
    """With slope 0 it is a rectifier: the gradient is 0 even if an infinite one arrives."""
    np.testing.assert_array_equal(gradient(lambda x: np.sqrt(ag.leaky_relu(x, slope=0.0)), [-1.0]), [0.0])


def logaddexp() -> None:
    """The logarithm of 0 + 0 has the gradient of nothing, not NaN."""
    nothing = np.array([-np.inf])
    for f in (lambda x: np.logaddexp(x, nothing), lambda x: np.logaddexp(nothing, x)):
        np.testing.assert_array_equal(gradient(f, nothing), [0.0])


CONVENTIONS: dict[str, Callable[[], None]] = {
    f.__name__: f
    for f in (
        power,
        prod,
        norm,
        cross_entropy,
        logsumexp,
        softmax,
        log_softmax,
        std,
        abs_slope,
        leaky_relu,
        logaddexp,
    )
}
