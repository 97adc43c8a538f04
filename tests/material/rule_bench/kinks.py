"""Rules of functions with kinks: any subgradient is right there, but both or neither side is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rule_bench.entry import Entry, Rule


def _d(derivative: Callable[..., Any], cause: str = "") -> Rule:
    """The rule g times derivative(x, y)."""
    return Rule(lambda g, y, x, **params: (g * derivative(x, y, **params),), cause)


def _pair(derivatives: Callable[..., Any], cause: str = "") -> Rule:
    """The rule g times both of derivatives(a, b)."""

    def backward(g, y, a, b):
        left, right = derivatives(a, b)
        return g * left, g * right

    return Rule(backward, cause)


def _huber(x, delta):
    """x²/2 up to delta, and linear beyond."""
    a = np.abs(x)
    return np.where(a <= delta, 0.5 * x * x, delta * (a - 0.5 * delta))


def _elu(x, alpha):
    """x, or alpha (exp(x) - 1) where that is negative."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def _elu_derivative(x, y, alpha):
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0)))


def _soft_threshold(x, t):
    """x moved towards zero by t, and zero where |x| <= t."""
    return np.sign(x) * np.maximum(np.abs(x) - t, 0.0)


def _kept(array, axis, keepdims):
    """Return the result of a reduction with the reduced axes put back, with length one."""
    return array if keepdims else np.expand_dims(array, axis)


def _max_shared(g, y, x, axis, keepdims=False):
    at_max = x == _kept(y, axis, keepdims)
    return (_kept(g, axis, keepdims) * at_max / at_max.sum(axis, keepdims=True).astype(x.dtype),)


def _max_first(g, y, x, axis, keepdims=False):
    dx = np.zeros_like(x)
    if x.size:
        first = np.expand_dims(x.argmax(axis), axis)
        np.put_along_axis(dx, first, _kept(g, axis, keepdims), axis)
    return (dx,)


def _max_last(g, y, x, axis, keepdims=False):
    return (np.flip(_max_first(g, y, np.flip(x, axis), axis, keepdims)[0], axis),)


def _max_all_ties(g, y, x, axis, keepdims=False):
    return (_kept(g, axis, keepdims) * (x == _kept(y, axis, keepdims)),)


def _max_counts_ties_of_whole_array(g, y, x, axis, keepdims=False):
    at_max = x == _kept(y, axis, keepdims)
    return (_kept(g, axis, keepdims) * at_max * (float(y.size) / max(float(at_max.sum()), 1.0)),)


def _max_of_whole_array(g, y, x, axis, keepdims=False):
    return (_kept(g, axis, keepdims) * (x == x.max()),)


def _max_not_expanded(g, y, x, axis, keepdims=False):
    """Right with keepdims=True or axis=0, where the reduced axis comes back by broadcasting."""
    at_max = x == y
    return (g * at_max / np.maximum(at_max.sum(axis, keepdims=True), 1).astype(x.dtype),)


def _relu_guided(g, y, x):
    return (np.maximum(g, 0.0) * (x > 0),)


ENTRIES: list[Entry] = [
    Entry(
        "kinks",
        "relu",
        lambda x: np.maximum(x, 0.0),
        right={
            "zero_at_kink": _d(lambda x, y: x > 0),
            "one_at_kink": _d(lambda x, y: x >= 0),
            "half_at_kink": Rule(lambda g, y, x: (g * (0.5 + 0.5 * np.sign(x)),)),
        },
        wrong={
            "y_over_x": _d(lambda x, y: y / x, "zero"),
            "mask_of_g": Rule(lambda g, y, x: (g * (g > 0),), "linear"),
            "guided": Rule(_relu_guided, "linear"),
            "not_equal_zero": _d(lambda x, y: x != 0, "negative"),
        },
    ),
    Entry(
        "kinks",
        "leaky_relu",
        lambda x, slope: np.where(x > 0, x, slope * x),
        right={
            "slope_at_kink": _d(lambda x, y, slope: np.where(x > 0, 1.0, slope).astype(x.dtype)),
            "one_at_kink": Rule(lambda g, y, x, slope: (np.where(x >= 0, g, slope * g),)),
        },
        wrong={
            "neither_at_kink": Rule(lambda g, y, x, slope: (g * (x > 0) + slope * g * (x < 0),), "tie"),
            "both_at_kink": Rule(lambda g, y, x, slope: (g * (x >= 0) + slope * g * (x <= 0),), "tie"),
            "default_slope": Rule(lambda g, y, x, slope: (np.where(x > 0, g, 0.01 * g),), "setting"),
            "slope_of_y": Rule(lambda g, y, x, slope: (np.where(x > 0, g, -slope * g),), "sign"),
        },
        params=[{"slope": 0.01}, {"slope": 0.2}],
    ),
    Entry(
        "kinks",
        "abs",
        np.abs,
        right={
            "sign": _d(lambda x, y: np.sign(x)),
            "one_at_kink": Rule(lambda g, y, x: (np.where(x >= 0, g, -g),)),
        },
        wrong={
            "x_over_y": _d(lambda x, y: x / y, "zero"),
            "both_at_kink": Rule(lambda g, y, x: (g * (1.0 - 2.0 * (x < 0)) * (1.0 + (x == 0)),), "tie"),
            "one_everywhere": Rule(lambda g, y, x: (g,), "negative"),
            "sign_of_product": Rule(lambda g, y, x: (np.abs(g) * np.sign(x),), "linear"),
        },
    ),
    Entry(
        "kinks",
        "clip",
        lambda x, low, high: np.minimum(np.maximum(x, low), high),
        right={
            "open": _d(lambda x, y, low, high: (x > low) & (x < high)),
            "closed": _d(lambda x, y, low, high: (x >= low) & (x <= high)),
        },
        wrong={
            "upper_bound_only": _d(lambda x, y, low, high: x < high, "negative"),
            "symmetric_bounds": _d(lambda x, y, low, high: np.abs(x) < high, "setting"),
            "of_y_closed": _d(lambda x, y, low, high: (y >= low) & (y <= high), "large"),
            "clips_g_too": Rule(
                lambda g, y, x, low, high: (np.clip(g, low, high) * ((x > low) & (x < high)),), "linear"
            ),
        },
        params=[{"low": -1.0, "high": 1.0}, {"low": 0.0, "high": 2.0}, {"low": -0.5, "high": 6.0}],
    ),
    Entry(
        "kinks",
        "maximum",
        np.maximum,
        right={
            "first_at_tie": _pair(lambda a, b: (a >= b, a < b)),
            "second_at_tie": _pair(lambda a, b: (a > b, a <= b)),
            "shared": Rule(
                lambda g, y, a, b: (g * (0.5 + 0.5 * np.sign(a - b)), g * (0.5 - 0.5 * np.sign(a - b)))
            ),
        },
        wrong={
            "both_at_tie": _pair(lambda a, b: (a >= b, b >= a), "tie"),
            "neither_at_tie": _pair(lambda a, b: (a > b, b > a), "tie"),
            "halved_if_any_tie": Rule(
                lambda g, y, a, b: (g * (a == y) / (1.0 + float((a == b).any())), g * (b == y)), "tie"
            ),
            "larger_magnitude": _pair(
                lambda a, b: (np.abs(a) >= np.abs(b), np.abs(a) < np.abs(b)), "negative"
            ),
        },
    ),
    Entry(
        "kinks",
        "minimum",
        np.minimum,
        right={
            "first_at_tie": _pair(lambda a, b: (a <= b, a > b)),
            "equal_to_y": Rule(lambda g, y, a, b: (g * (a == y), g * (a != y))),
        },
        wrong={
            "of_maximum": _pair(lambda a, b: (a >= b, b > a), "swapped"),
            "both_at_tie": Rule(lambda g, y, a, b: (g * (a == y), g * (b == y)), "tie"),
            "close_is_tied": Rule(
                lambda g, y, a, b: (g * (a < b + 0.01), g * (b < a - 0.01)),
                "tie",
            ),
            "second_constant": Rule(lambda g, y, a, b: (g * (a <= b), np.zeros_like(b)), "constant"),
        },
    ),
    Entry(
        "kinks",
        "huber",
        _huber,
        right={
            "clipped": _d(lambda x, y, delta: np.clip(x, -delta, delta)),
            "by_branch": Rule(
                lambda g, y, x, delta: (np.where(np.abs(x) <= delta, g * x, delta * g * np.sign(x)),)
            ),
        },
        wrong={
            "delta_1": _d(lambda x, y, delta: np.clip(x, -1.0, 1.0), "setting"),
            "slope_1_beyond": _d(lambda x, y, delta: np.where(np.abs(x) <= delta, x, np.sign(x)), "large"),
            "no_sign_beyond": Rule(
                lambda g, y, x, delta: (np.where(np.abs(x) <= delta, g * x, delta * g),), "negative"
            ),
            "quadratic_everywhere": _d(lambda x, y, delta: x, "large"),
        },
        params=[{"delta": 1.0}, {"delta": 0.3}, {"delta": 5.0}],
    ),
    Entry(
        "kinks",
        "hard_tanh",
        lambda x: np.clip(x, -1.0, 1.0),
        right={
            "closed": _d(lambda x, y: np.abs(x) <= 1.0),
            "moved_within": Rule(lambda g, y, x: (np.where(x == y, g, 0.0 * g),)),
        },
        wrong={
            "of_tanh": _d(lambda x, y: 1.0 - y * y, "formula"),
            "lower_bound_forgotten": _d(lambda x, y: x < 1.0, "negative"),
            "straight_through": Rule(lambda g, y, x: (g,), "large"),
            "leaks_beyond": Rule(lambda g, y, x: (np.where(np.abs(x) <= 1.0, g, 1e-3 * g),), "large"),
        },
    ),
    Entry(
        "kinks",
        "elu",
        _elu,
        right={
            "by_branch": Rule(
                lambda g, y, x, alpha: (np.where(x > 0, g, g * alpha * np.exp(np.minimum(x, 0.0))),)
            ),
            "one_at_kink": Rule(
                lambda g, y, x, alpha: (np.where(x >= 0, g, g * alpha * np.exp(np.minimum(x, 0.0))),)
            ),
        },
        wrong={
            "y_plus_1": Rule(lambda g, y, x, alpha: (np.where(x > 0, g, g * (y + 1.0)),), "setting"),
            "y": Rule(lambda g, y, x, alpha: (np.where(x > 0, g, g * y),), "negative"),
            "flat_below_minus_3": Rule(
                lambda g, y, x, alpha: (g * _elu_derivative(x, y, alpha).astype(x.dtype) * (x > -3.0),),
                "negative",
            ),
        },
        params=[{"alpha": 1.0}, {"alpha": 0.5}],
    ),
    Entry(
        "kinks",
        "soft_threshold",
        _soft_threshold,
        right={
            "outside": _d(lambda x, y, t: np.abs(x) > t),
            "outside_or_on": _d(lambda x, y, t: np.abs(x) >= t),
        },
        wrong={
            "positive_side_only": _d(lambda x, y, t: x > t, "negative"),
            "with_sign": _d(lambda x, y, t: np.sign(x) * (np.abs(x) > t), "negative"),
            "inside": _d(lambda x, y, t: np.abs(x) <= t, "formula"),
            "threshold_twice": Rule(lambda g, y, x, t: (g * (np.abs(y) > t),), "small"),
        },
        params=[{"t": 0.5}, {"t": 1.0}],
    ),
    Entry(
        "kinks",
        "max_over_axis",
        lambda x, axis, keepdims=False: x.max(axis, keepdims=keepdims),
        right={"shared": Rule(_max_shared), "first": Rule(_max_first), "last": Rule(_max_last)},
        wrong={
            "all_ties": Rule(_max_all_ties, "tie"),
            "average_count_of_ties": Rule(_max_counts_ties_of_whole_array, "tie"),
            "not_expanded": Rule(_max_not_expanded, "setting"),
            "of_whole_array": Rule(_max_of_whole_array, "shape"),
        },
        shapes=[((3,),), ((2, 3),), ((3, 3),), ((4, 1),), ((1, 3),), ((2, 3, 2),)],
        params=[{"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": -1, "keepdims": True}],
    ),
]
