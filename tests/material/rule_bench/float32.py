"""Rules that are right in float64: in float32 they overflow, lose digits, or come back as float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rule_bench.entry import Entry, Rule


def _d(derivative: Callable[..., Any], cause: str = "") -> Rule:
    """The rule g times derivative(x, y)."""
    return Rule(lambda g, y, x: (g * derivative(x, y),), cause)


def _log_cosh(x):
    a = np.abs(x)
    return a + np.log1p(np.exp(-2.0 * a)) - math.log(2.0)


def _logaddexp_rule(share, cause=""):
    """share(a, b) is the gradient in a, and share(b, a) that in b."""
    return Rule(lambda g, y, a, b: (g * share(a, b), g * share(b, a)), cause)


def _share(a, b):
    return np.exp(a - np.logaddexp(a, b))


ENTRIES: list[Entry] = [
    Entry(
        "float32",
        "log_1_plus_exp",
        lambda x: np.logaddexp(0.0, x),
        right={"stable": _d(lambda x, y: np.exp(x - y))},
        wrong={
            "exp_over_1_plus_exp": _d(lambda x, y: np.exp(x) / (1.0 + np.exp(x)), "float32"),
            "complement_of_exp": _d(lambda x, y: 1.0 - 1.0 / (1.0 + np.exp(np.minimum(x, 80.0))), "float32"),
        },
    ),
    Entry(
        "float32",
        "logaddexp",
        np.logaddexp,
        right={"with_y": _logaddexp_rule(_share)},
        wrong={
            "not_shifted": _logaddexp_rule(lambda a, b: np.exp(a) / (np.exp(a) + np.exp(b)), "float32"),
            "always_float64": _logaddexp_rule(lambda a, b: np.float64(1.0) * _share(a, b), "float32"),
            "always_float32": Rule(
                lambda g, y, a, b: tuple(
                    (g * share).astype(np.float32) for share in (_share(a, b), _share(b, a))
                ),
                "contract",
            ),
        },
    ),
    Entry(
        "float32",
        "relu6",
        lambda x: np.minimum(np.maximum(x, 0.0), 6.0),
        right={"mask": _d(lambda x, y: (x > 0) & (x < 6.0))},
        wrong={
            "where_of_floats": _d(lambda x, y: np.where((x > 0) & (x < 6.0), 1.0, 0.0), "float32"),
            "mask_as_float": _d(lambda x, y: ((x > 0) & (x < 6.0)).astype(float), "float32"),
            "mask_as_int": _d(lambda x, y: ((x > 0) & (x < 6.0)).astype(int), "float32"),
        },
    ),
    Entry(
        "float32",
        "mean_of_cubes",
        lambda x: (x * x * x).mean(),
        right={"size": _d(lambda x, y: 3.0 * x * x / x.size)},
        wrong={
            "numpy_prod_of_shape": _d(lambda x, y: 3.0 * x * x / np.prod(x.shape), "float32"),
            "array_of_ones": _d(lambda x, y: 3.0 * x * x * np.full(x.shape, 1.0 / max(x.size, 1)), "float32"),
        },
        shapes=[((3,),), ((2, 3),), ((1,),), ((1, 4),), ((2, 2, 2),)],
    ),
    Entry(
        "float32",
        "normal_density",
        lambda x: np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi),
        right={"minus_x_y": _d(lambda x, y: -x * y)},
        wrong={
            "numpy_constant": _d(lambda x, y: -x * np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi), "float32"),
            "computed_in_float64": _d(lambda x, y: -x.astype(float) * y, "float32"),
            "computed_in_float16": Rule(
                lambda g, y, x: (
                    (g * -x * y)
                    if x.dtype == np.float64
                    else (g * (-x * y).astype(np.float16).astype(x.dtype)),
                ),
                "float32",
            ),
        },
    ),
    Entry(
        "float32",
        "log_cosh",
        _log_cosh,
        right={"tanh": _d(lambda x, y: np.tanh(x))},
        wrong={
            "sinh_over_cosh": _d(lambda x, y: np.sinh(x) / np.cosh(x), "float32"),
            "double_exponential": _d(lambda x, y: 1.0 - 2.0 / (np.exp(2.0 * x) + 1.0), "float32"),
        },
    ),
    Entry(
        "float32",
        "cosh_minus_1",
        lambda x: 2.0 * np.sinh(0.5 * x) ** 2,
        right={"sinh": _d(lambda x, y: np.sinh(x))},
        wrong={
            "difference_of_exponentials": _d(lambda x, y: 0.5 * (np.exp(x) - np.exp(-x)), "float32"),
            "root_of_squares": _d(lambda x, y: np.sign(x) * np.sqrt((y + 1.0) ** 2 - 1.0), "float32"),
        },
    ),
    Entry(
        "float32",
        "x_minus_sin",
        lambda x: x - np.sin(x),
        right={"half_angle": _d(lambda x, y: 2.0 * np.sin(0.5 * x) ** 2)},
        wrong={
            "1_minus_cos": _d(lambda x, y: 1.0 - np.cos(x), "float32"),
            "series_below_1": _d(
                lambda x, y: np.where(np.abs(x) < 1.0, 0.5 * x * x - x**4 / 24.0, 1.0 - np.cos(x)), "small"
            ),
        },
    ),
]
