"""Activations. At the kink of a rectifier the derivative is the one from the left."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.domains import NONZERO
from autograd_lite.operation import case, op
from autograd_lite.ops.arrays import ZERO, as_float, narrowed, select, widened
from autograd_lite.protocol import holds
from autograd_lite.typing import Axis

_ROWS = (case((2, 3)), case((2, 3), axis=0), case((3,)), case((2, 3, 2), axis=1))


def two_sided_exp(z) -> tuple[Any, Any]:
    """Return e^min(z,0) and e^min(-z,0). Their ratio is e^z, and neither overflows.

    At z = 0 each `np.minimum` passes on half the gradient, so the ratio has the right derivatives there too.
    """
    z = as_float(z)
    return np.exp(np.minimum(z, 0.0)), np.exp(np.minimum(-z, 0.0))


@op("σ", formula="σ({z})", letter="p")
def sigmoid(z):
    """Logistic function 1 / (1 + e^-z), elementwise, in (0, 1), to full relative accuracy in both tails."""
    positive, negative = two_sided_exp(z)
    return positive / (positive + negative)


@sigmoid.gradient("z", "× {y}(1−{y})")
def _(g, y, z):
    return g * y * sigmoid(-z)  # 1 - y would lose its digits where y is near 1


@op("σ′", formula="σ({z})(1−σ({z}))")
def sigmoid_slope(z):
    """Derivative of the sigmoid, sigmoid(z) sigmoid(-z), elementwise, in [0, 1/4]; accurate in both tails."""
    e = np.exp(-np.abs(as_float(z)))
    odds = 1.0 + e
    return e / odds / odds


@sigmoid_slope.gradient("z", "× {y}(1−2·σ({z}))")
def _(g, y, z):
    return -g * y * np.tanh(0.5 * z)


@op("relu", domain=NONZERO, selects=True)
def relu(z):
    """Rectifier max(z, 0), elementwise (Nair and Hinton 2010); its derivative at 0 is taken as 0."""
    if type(z) is np.float64:
        return max(z, ZERO)  # np.maximum takes ten times as long for a single number
    return np.maximum(z, 0.0)


@relu.gradient("z", "× ({z} > 0)")
def _(g, y, z):
    return select(y > 0, g)


@op("leaky relu", domain=NONZERO, samples=(case((2, 3)), case((), slope=0.2)), selects=True)
def leaky_relu(z, slope: float = 0.01):
    """z where z > 0 and slope z elsewhere (Maas, Hannun and Ng 2013); the derivative at 0 is `slope`."""
    return np.where(z > 0, z, float(slope) * z)


@leaky_relu.gradient("z", "× (1 if {z} > 0 else {slope})")
def _(g, y, z, slope):
    return np.where(z > 0, g, float(slope) * g if slope else 0.0)


@op("softplus")
def softplus(z):
    """log(1 + e^z), elementwise, accurate for any z; a smooth rectifier (Dugas et al. 2001)."""
    z = as_float(z)
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


@softplus.gradient("z", "× σ({z})")
def _(g, y, z):
    return g * sigmoid(z)


def below_maximum(z, axis):
    """Return z minus its largest entry along axes, which becomes 0 even if it is infinite."""
    m = z.max(axis=axis, keepdims=True)
    if holds(np.vdot(m, m) < np.inf):
        return z - m
    with np.errstate(invalid="ignore"):
        return np.where(z == np.inf, 0.0, z - m)


@op("softmax", samples=_ROWS, letter="p")
def softmax(z, axis: Axis = -1):
    """e^z over its sum along `axis`: probabilities that add up to 1, for any size of z."""
    e = np.exp(below_maximum(widened(z), axis))
    return narrowed(e / e.sum(axis=axis, keepdims=True), z)


@softmax.gradient("z", "{y}·(grad − Σ(grad·{y}))")
def _(g, y, z, axis):
    # Σy = 1, so a constant may be taken from g. With that of the likeliest entry, 1 − y does not cancel.
    g = g - select(y > 0.75, g).sum(axis=axis, keepdims=True)
    return y * (g - (g * y).sum(axis=axis, keepdims=True))


@op("log softmax", samples=_ROWS)
def log_softmax(z, axis: int = -1):
    """Logarithm of the softmax of z along `axis`, accurate where a probability is near 0 or near 1.

    The largest term is set apart and log1p takes the rest (Blanchard, Higham and Higham 2021).
    """
    below, excess = excess_over_maximum(widened(z), axis)
    return narrowed(below - excess, z)


def excess_over_maximum(z, axis) -> tuple[Any, Any]:
    """Return z minus its largest entry along axes, and the logarithm of the sum of its exponentials."""
    below = below_maximum(z, axis)
    largest = ~(below < 0)  # NaN if all entries are -inf
    rest = np.where(largest, 0.0, np.exp(below)).sum(axis=axis, keepdims=True)
    return below, np.log1p(rest + (largest.sum(axis=axis, keepdims=True) - 1).astype(z.dtype))


@log_softmax.gradient("z", "grad − exp({y})·Σ(grad)")
def _(g, y, z, axis):
    p = np.exp(y)
    likely = p > 0.75  # at most one entry, whose 1 − p would lose its digits
    others = select(~likely, g).sum(axis=axis, keepdims=True)
    total = g.sum(axis=axis, keepdims=True)
    return np.where(likely, -np.expm1(y) * g - p * others, g - p * total)
