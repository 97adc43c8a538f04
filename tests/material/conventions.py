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
    """0^0 is constant in a; where a = 0 the derivative in b is 0."""
    zero = np.zeros(2)
    np.testing.assert_array_equal(gradient(lambda b: zero**b, [0.0, 2.0]), [0.0, 0.0])
    np.testing.assert_array_equal(gradient(lambda a: a ** np.array([0.0, 2.0]), zero), [0.0, 0.0])


def prod() -> None:
    """The product of the others, also where the product itself under- or overflows."""
    np.testing.assert_allclose(gradient(np.prod, [1e-200, 1e-200, 2.0]), [2e-200, 2e-200, 0.0], rtol=1e-12)
    np.testing.assert_allclose(gradient(np.prod, [1e200, 1e200, 3.0]), [3e200, 3e200, np.inf], rtol=1e-12)


def norm() -> None:
    """x / |x| for tiny and huge x, and 0 for the zero vector beside others."""
    for size in (3e-200, -3e-200, 3e-160, 3e200, 1.0):
        found = gradient(np.linalg.norm, [size, 4 * size / 3])
        np.testing.assert_allclose(found, np.sign(size) * np.array([0.6, 0.8]), rtol=1e-12)
    rows = gradient(lambda x: np.linalg.norm(x, axis=1), [[0.0, 0.0], [-3.0, -4.0]])
    np.testing.assert_allclose(rows, [[0.0, 0.0], [-0.6, -0.8]], rtol=1e-12)


def cross_entropy() -> None:
    """Labels may be probabilities; a sure label loses no digits."""
    gradcheck(lambda z: ag.cross_entropy(z, np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])), np.eye(2, 3) - 0.4)
    found = gradient(lambda z: ag.cross_entropy(z, np.array([0])), [[50.0, 0.0, 0.5]])
    np.testing.assert_allclose(found[0, 0], -(np.exp(-50) + np.exp(-49.5)), rtol=1e-9)


def logsumexp() -> None:
    """A column of minus infinity has the gradient of nothing, not NaN."""
    found = gradient(lambda x: x.logsumexp(axis=0), [[-np.inf, 1.0], [-np.inf, 2.0]])
    np.testing.assert_array_equal(found[:, 0], [0.0, 0.0])


CONVENTIONS: dict[str, Callable[[], None]] = {
    f.__name__: f for f in (power, prod, norm, cross_entropy, logsumexp)
}
