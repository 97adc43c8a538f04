"""Rules of functions of one number: powers, exponentials, waves, sigmoids."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.domains import ABOVE_MINUS_ONE, NONZERO, OPEN_UNIT, POSITIVE, Domain
from rule_bench.entry import Entry, Rule

BEYOND_HALF = Domain("x > 1/2", low=0.5)
GELU_SCALE = math.sqrt(2.0 / math.pi)


def _d(derivative: Callable[..., Any], cause: str = "") -> Rule:
    """The rule g times derivative(x, y)."""
    return Rule(lambda g, y, x, **params: (g * derivative(x, y, **params),), cause)


def _sigmoid(x):
    """1 / (1 + exp(-x)), without overflow and to full accuracy on both sides."""
    return np.exp(-np.logaddexp(0.0, -x))


def _gelu_inner(x):
    return np.tanh(GELU_SCALE * (x + 0.044715 * x**3))


def _gelu(x):
    """x times the normal distribution function at x, as approximated with tanh."""
    return 0.5 * x * (1.0 + _gelu_inner(x))


def _gelu_derivative(x, y, inner_cubic=3 * 0.044715):
    t = _gelu_inner(x)
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * GELU_SCALE * (1.0 + inner_cubic * x * x)


def _log_three_terms(x):
    """log(1 + exp(x) + exp(2 x))."""
    return np.logaddexp(np.logaddexp(0.0, x), 2.0 * x)


ENTRIES: list[Entry] = [
    Entry(
        "unary",
        "integer_power",
        lambda x, n: x**n,
        right={
            "exponent_at_least_zero": _d(lambda x, y, n: n * x ** max(n - 1, 0)),
            "zero_by_case": _d(lambda x, y, n: n * x ** (n - 1) if n else np.zeros_like(x)),
        },
        wrong={
            "nan_for_n_0_at_zero": _d(lambda x, y, n: n * x ** float(n - 1), "zero"),
            "divides_by_x": _d(lambda x, y, n: n * y / x, "zero"),
            "absolute_base": _d(lambda x, y, n: n * np.abs(x) ** max(n - 1, 0), "negative"),
            "no_factor_n": _d(lambda x, y, n: x ** (n - 1) if n else np.zeros_like(x), "factor"),
        },
        params=[{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}],
    ),
    Entry(
        "unary",
        "cubic",
        lambda x: x**3 - 2.0 * x + 1.0,
        right={
            "termwise": _d(lambda x, y: 3.0 * x**2 - 2.0),
            "from_y": _d(lambda x, y: np.multiply(x, 3.0 * x) - 2.0),
        },
        wrong={
            "lost_linear_term": _d(lambda x, y: 3.0 * x**2, "term"),
            "signed_square": _d(lambda x, y: 3.0 * x * np.abs(x) - 2.0, "negative"),
            "kept_constant": _d(lambda x, y: 3.0 * x**2 - 2.0 + 1e-6, "term"),
        },
    ),
    Entry(
        "unary",
        "exp",
        np.exp,
        right={"y": _d(lambda x, y: y), "again": _d(lambda x, y: np.exp(x))},
        wrong={
            "power_rule": _d(lambda x, y: x * y, "local"),
            "clipped_at_20": _d(lambda x, y: np.exp(np.clip(x, -20.0, 20.0)), "large"),
            "series": _d(lambda x, y: 1.0 + x + x**2 / 2.0 + x**3 / 6.0, "large"),
            "absolute_g": Rule(lambda g, y, x: (np.abs(g) * y,), "linear"),
        },
    ),
    Entry(
        "unary",
        "exp2",
        np.exp2,
        right={"y_log_2": _d(lambda x, y: y * math.log(2.0))},
        wrong={
            "rounded_log_2": _d(lambda x, y: y * 0.6931, "relative"),
            "power_rule": _d(lambda x, y: x * np.exp2(x - 1.0), "formula"),
            "no_log_2": _d(lambda x, y: y, "factor"),
        },
    ),
    Entry(
        "unary",
        "log",
        np.log,
        right={"one_over_x": _d(lambda x, y: 1.0 / x), "from_y": _d(lambda x, y: np.exp(-y))},
        wrong={
            "epsilon": _d(lambda x, y: 1.0 / (x + 1e-5), "relative"),
            "bounded_below": _d(lambda x, y: 1.0 / np.maximum(x, 0.01), "small"),
            "base_10": _d(lambda x, y: 1.0 / (x * math.log(10.0)), "factor"),
            "of_y": _d(lambda x, y: 1.0 / y, "formula"),
        },
        domains=(POSITIVE,),
    ),
    Entry(
        "unary",
        "log1p",
        np.log1p,
        right={"one_over_1_plus_x": _d(lambda x, y: 1.0 / (1.0 + x)), "from_y": _d(lambda x, y: np.exp(-y))},
        wrong={
            "of_log": _d(lambda x, y: 1.0 / x, "formula"),
            "absolute_x": _d(lambda x, y: 1.0 / (1.0 + np.abs(x)), "negative"),
            "short_series_near_zero": _d(
                lambda x, y: np.where(np.abs(x) < 0.05, 1.0 - x + x * x, 1.0 / (1.0 + x)), "small"
            ),
        },
        domains=(ABOVE_MINUS_ONE,),
    ),
    Entry(
        "unary",
        "sin",
        np.sin,
        right={"cos": _d(lambda x, y: np.cos(x))},
        wrong={
            "sign": _d(lambda x, y: -np.cos(x), "sign"),
            "root_of_1_minus_y2": _d(lambda x, y: np.sqrt(np.maximum(1.0 - y * y, 0.0)), "large"),
            "degrees": _d(lambda x, y: np.cos(x * (math.pi / 180.0)), "formula"),
            "rounded_period": _d(lambda x, y: np.cos(np.remainder(x, 2.0 * 3.1416)), "relative"),
        },
    ),
    Entry(
        "unary",
        "x_sin_x",
        lambda x: x * np.sin(x),
        right={"product_rule": _d(lambda x, y: np.sin(x) + x * np.cos(x))},
        wrong={
            "one_factor_constant": _d(lambda x, y: x * np.cos(x), "term"),
            "difference": _d(lambda x, y: np.sin(x) - x * np.cos(x), "sign"),
            "y_over_x": _d(lambda x, y: y / x + x * np.cos(x), "zero"),
        },
    ),
    Entry(
        "unary",
        "arctan",
        np.arctan,
        right={"rational": _d(lambda x, y: 1.0 / (1.0 + x * x))},
        wrong={
            "of_arcsinh": _d(lambda x, y: 1.0 / np.sqrt(1.0 + x * x), "formula"),
            "saturates_at_20": _d(lambda x, y: np.where(np.abs(x) > 20.0, 0.0, 1.0 / (1.0 + x * x)), "large"),
            "from_x_alone": _d(lambda x, y: 1.0 / (1.0 + x), "local"),
        },
    ),
    Entry(
        "unary",
        "arcsin",
        np.arcsin,
        right={"factored": _d(lambda x, y: 1.0 / np.sqrt((1.0 - x) * (1.0 + x)))},
        wrong={
            "no_root": _d(lambda x, y: 1.0 / ((1.0 - x) * (1.0 + x)), "formula"),
            "epsilon_in_root": _d(lambda x, y: 1.0 / np.sqrt((1.0 - x) * (1.0 + x) + 1e-5), "relative"),
            "of_arccos": _d(lambda x, y: -1.0 / np.sqrt((1.0 - x) * (1.0 + x)), "sign"),
        },
        domains=(OPEN_UNIT,),
    ),
    Entry(
        "unary",
        "sigmoid",
        _sigmoid,
        right={
            "y_1_minus_y": _d(lambda x, y: y * (1.0 - y)),
            "both_sides": _d(lambda x, y: y * _sigmoid(-x)),
        },
        wrong={
            "of_x_not_y": _d(lambda x, y: x * (1.0 - x), "formula"),
            "no_1_minus_y": _d(lambda x, y: y, "local"),
            "saturates_at_8": _d(lambda x, y: np.where(np.abs(x) > 8.0, 0.0, y * (1.0 - y)), "large"),
            "sigmoid_of_y": _d(lambda x, y: _sigmoid(y) * (1.0 - _sigmoid(y)), "formula"),
        },
    ),
    Entry(
        "unary",
        "tanh",
        np.tanh,
        right={
            "1_minus_y2": _d(lambda x, y: 1.0 - y * y),
            "two_sigmoids": _d(lambda x, y: 4.0 * _sigmoid(2.0 * x) * _sigmoid(-2.0 * x)),
        },
        wrong={
            "of_x_not_y": _d(lambda x, y: 1.0 - x * x, "formula"),
            "1_minus_y": _d(lambda x, y: 1.0 - y, "local"),
            "saturates_at_3": _d(lambda x, y: np.where(np.abs(x) > 3.0, 0.0, 1.0 - y * y), "large"),
            "g_clipped": Rule(lambda g, y, x: (np.clip(g, -1.0, 1.0) * (1.0 - y * y),), "linear"),
        },
    ),
    Entry(
        "unary",
        "softplus",
        lambda x: np.logaddexp(0.0, x),
        right={"sigmoid": _d(lambda x, y: _sigmoid(x)), "from_y": _d(lambda x, y: -np.expm1(-y))},
        wrong={
            "linear_above_8": _d(lambda x, y: np.where(x > 8.0, 1.0, _sigmoid(x)), "large"),
            "zero_below_minus_8": _d(lambda x, y: np.where(x < -8.0, 0.0, _sigmoid(x)), "negative"),
            "of_y": _d(lambda x, y: _sigmoid(y), "formula"),
            "other_side": _d(lambda x, y: _sigmoid(-x), "sign"),
        },
    ),
    Entry(
        "unary",
        "gelu",
        _gelu,
        right={"product_rule": _d(_gelu_derivative)},
        wrong={
            "inner_cubic_lost": _d(lambda x, y: _gelu_derivative(x, y, 0.0), "term"),
            "inner_cubic_not_tripled": _d(lambda x, y: _gelu_derivative(x, y, 0.044715), "factor"),
            "gate_constant": _d(lambda x, y: 0.5 * (1.0 + _gelu_inner(x)), "term"),
            "of_1_702": _d(
                lambda x, y: (
                    _sigmoid(1.702 * x) + 1.702 * x * _sigmoid(1.702 * x) * (1.0 - _sigmoid(1.702 * x))
                ),
                "formula",
            ),
        },
    ),
    Entry(
        "unary",
        "swish",
        lambda x: x * _sigmoid(x),
        right={
            "y_and_s": _d(lambda x, y: y + _sigmoid(x) * (1.0 - y)),
            "product_rule": _d(lambda x, y: _sigmoid(x) * (1.0 + x * _sigmoid(-x))),
        },
        wrong={
            "gate_constant": _d(lambda x, y: _sigmoid(x), "term"),
            "no_x": _d(lambda x, y: _sigmoid(x) * (1.0 + _sigmoid(-x)), "local"),
            "s_over_x": _d(lambda x, y: y / x + y * _sigmoid(-x), "zero"),
        },
    ),
    Entry(
        "unary",
        "signed_square",
        lambda x: x * np.abs(x),
        right={
            "twice_absolute": _d(lambda x, y: 2.0 * np.abs(x)),
            "with_sign": _d(lambda x, y: 2.0 * x * np.sign(x)),
        },
        wrong={
            "of_square": _d(lambda x, y: 2.0 * x, "negative"),
            "sign_constant": _d(lambda x, y: np.abs(x), "factor"),
            "y_over_x": _d(lambda x, y: 2.0 * y / x, "zero"),
        },
    ),
    Entry(
        "unary",
        "reciprocal",
        lambda x: 1.0 / x,
        right={"minus_y2": _d(lambda x, y: -y * y), "minus_1_over_x2": _d(lambda x, y: -1.0 / (x * x))},
        wrong={
            "sign": _d(lambda x, y: y * y, "sign"),
            "sign_of_x_kept": _d(lambda x, y: -y * np.abs(y), "negative"),
            "epsilon": _d(lambda x, y: -1.0 / (x * x + 1e-6), "relative"),
            "one_y_only": _d(lambda x, y: -y, "local"),
        },
        domains=(NONZERO,),
    ),
    Entry(
        "unary",
        "sqrt",
        np.sqrt,
        right={
            "half_over_y": _d(lambda x, y: 0.5 / y),
            "y_over_2x": _d(lambda x, y: 0.5 * y / x),
        },
        wrong={
            "no_half": _d(lambda x, y: 1.0 / y, "factor"),
            "times_y": _d(lambda x, y: 0.5 * y, "local"),
            "epsilon": _d(lambda x, y: 0.5 / (y + 1e-5), "relative"),
        },
        domains=(POSITIVE,),
    ),
    Entry(
        "unary",
        "cbrt",
        np.cbrt,
        right={
            "third_over_y2": _d(lambda x, y: 1.0 / (3.0 * y * y)),
            "y_over_3x": _d(lambda x, y: y / (3.0 * x)),
        },
        wrong={
            "third_over_y": _d(lambda x, y: 1.0 / (3.0 * y), "local"),
            "exponent_sign": _d(lambda x, y: y * y / 3.0, "formula"),
            "rounded_third": _d(lambda x, y: 0.33333 / (y * y), "relative"),
        },
        domains=(POSITIVE,),
    ),
    Entry(
        "unary",
        "sinc",
        lambda x: np.sin(x) / x,
        right={"quotient_rule": _d(lambda x, y: (np.cos(x) - y) / x)},
        wrong={
            "denominator_constant": _d(lambda x, y: np.cos(x) / x, "term"),
            "sum": _d(lambda x, y: (np.cos(x) + y) / x, "sign"),
            "not_divided": _d(lambda x, y: np.cos(x) - y, "local"),
        },
        domains=(BEYOND_HALF,),
    ),
    Entry(
        "unary",
        "softsign",
        lambda x: x / (1.0 + np.abs(x)),
        right={
            "of_x": _d(lambda x, y: 1.0 / (1.0 + np.abs(x)) ** 2),
            "of_y": _d(lambda x, y: (1.0 - np.abs(y)) ** 2),
        },
        wrong={
            "not_squared": _d(lambda x, y: 1.0 / (1.0 + np.abs(x)), "local"),
            "sign_of_x": _d(lambda x, y: np.sign(x) / (1.0 + np.abs(x)) ** 2, "negative"),
            "y_over_x_squared": _d(lambda x, y: (y / x) ** 2, "zero"),
        },
    ),
    Entry(
        "unary",
        "log_three_terms",
        _log_three_terms,
        right={"weights": _d(lambda x, y: np.exp(x - y) + 2.0 * np.exp(2.0 * x - y))},
        wrong={
            "no_inner_factor": _d(lambda x, y: np.exp(x - y) + np.exp(2.0 * x - y), "factor"),
            "last_term_lost": _d(lambda x, y: np.exp(x - y), "term"),
            "not_normalised": _d(lambda x, y: np.exp(x) + 2.0 * np.exp(2.0 * x), "formula"),
        },
    ),
]
