"""Norms, and what divides by one: normalised rows, cosine similarity."""

from __future__ import annotations

import numpy as np

from autograd_lite.domains import NONZERO
from rule_bench.entry import Entry, Rule

_AXES = [
    {"axis": None, "keepdims": False},
    {"axis": -1, "keepdims": False},
    {"axis": 0, "keepdims": True},
    {"axis": (0, 1), "keepdims": False},
]
_SHAPES = [((3,),), ((2, 3),), ((3, 3),), ((1,),), ((3, 1),), ((2, 1, 3),)]


def _expand(a, x, axis, keepdims):
    """`a` with the axes that a reduction of x over `axis` has removed."""
    if keepdims or axis is None:
        return a
    axes = (axis,) if isinstance(axis, int) else axis
    return np.expand_dims(a, tuple(i % x.ndim for i in axes))


def _l2(x, axis, keepdims):
    """Scaled by the largest entry, so that no square over- or underflows."""
    top = np.abs(x).max(axis, keepdims=True, initial=0.0)
    top = np.where(top == 0, 1.0, top).astype(x.dtype)
    y = top * np.sqrt(((x / top) ** 2).sum(axis, keepdims=True))
    return y if keepdims else y.sum(axis)


def _l2_with(slope, cause=""):
    """A rule: `slope(x, y)` with y expanded to the axes of x."""

    def backward(g, y, x, axis, keepdims):
        return (_expand(g, x, axis, keepdims) * slope(x, _expand(y, x, axis, keepdims)),)

    return Rule(backward, cause)


def _l2_unit(x, y):
    return x / np.where(y == 0, 1.0, y).astype(x.dtype)


def _l2_nan(x, y):
    with np.errstate(all="ignore"):
        return x / y


def _l2_last_axis(g, y, x, axis, keepdims):
    """Lets broadcasting find the axis that is gone."""
    return (g * _l2_unit(x, y) if np.ndim(g) < x.ndim else _expand(g, x, axis, True) * _l2_unit(x, y),)


def _l1(x, axis, keepdims):
    return np.abs(x).sum(axis, keepdims=keepdims)


def _l1_grad(g, y, x, axis, keepdims):
    return (_expand(g, x, axis, keepdims) * np.sign(x),)


def _l1_one_side(g, y, x, axis, keepdims):
    g = _expand(g, x, axis, keepdims)
    return (np.where(x < 0, -g, g),)


def _l1_quotient(g, y, x, axis, keepdims):
    """Guards |x| / x with an epsilon that is far too large."""
    return (_expand(g, x, axis, keepdims) * x / (np.abs(x) + 1e-4),)


def _l1_kept(g, y, x, axis, keepdims):
    """Takes keepdims for a sum over everything."""
    return (_expand(g.sum() if keepdims else g, x, axis, keepdims) * np.sign(x),)


def _l1_dead(g, y, x, axis, keepdims):
    """Rounds to three digits before it takes the sign."""
    return (_expand(g, x, axis, keepdims) * np.sign(np.round(x, 3)),)


def _p_norm(x, p):
    top = np.abs(x).max(initial=0.0)
    return top * ((np.abs(x) / top) ** p).sum() ** (1.0 / p) if top > 0 else top


def _p_norm_grad(g, y, x, p):
    unit = np.where(y == 0, 1.0, y).astype(x.dtype)
    return (g * np.sign(x) * (np.abs(x) / unit) ** (p - 1.0),)


def _p_norm_even(g, y, x, p):
    """As if p were even: x^(p - 1) has the sign of x only then."""
    unit = np.where(y == 0, 1.0, y).astype(x.dtype)
    return (
        g * np.where(p == int(p), (x / unit) ** int(p - 1), np.sign(x) * (np.abs(x) / unit) ** (p - 1.0)),
    )


def _p_norm_nan(g, y, x, p):
    with np.errstate(all="ignore"):
        return (g * np.sign(x) * np.abs(x) ** (p - 1.0) * np.float64(y) ** (1.0 - p),)


def _p_norm_no_root(g, y, x, p):
    """Forgets the root: the gradient of the sum of powers."""
    return (g * p * np.sign(x) * np.abs(x) ** (p - 1.0),)


def _normalize(x, eps):
    return x / np.sqrt((x * x).sum(-1, keepdims=True) + eps)


def _normalize_grad(g, y, x, eps):
    r = np.sqrt((x * x).sum(-1, keepdims=True) + eps)
    return ((g - y * (g * y).sum(-1, keepdims=True)) / r,)


def _normalize_constant(g, y, x, eps):
    return (g / np.sqrt((x * x).sum(-1, keepdims=True) + eps),)


def _normalize_whole(g, y, x, eps):
    """Sums over all rows where it should over each."""
    r = np.sqrt((x * x).sum(-1, keepdims=True) + eps)
    return ((g - y * (g * y).sum()) / r,)


def _normalize_root(g, y, x, eps):
    """Divides by the squared length in the first term."""
    s = (x * x).sum(-1, keepdims=True) + eps
    return (g / s - y * (g * y).sum(-1, keepdims=True) / np.sqrt(s),)


def _lengths(a, b):
    return np.sqrt((a * a).sum(-1, keepdims=True)), np.sqrt((b * b).sum(-1, keepdims=True))


def _cosine(a, b):
    na, nb = _lengths(a, b)
    return (a / na * (b / nb)).sum(-1)


def _cosine_grad(g, y, a, b):
    na, nb = _lengths(a, b)
    g, y, a, b = g[..., None], y[..., None], a / na, b / nb
    return g * (b - y * a) / na, g * (a - y * b) / nb


def _cosine_constant(g, y, a, b):
    """Takes both lengths for constants."""
    na, nb = _lengths(a, b)
    return g[..., None] * b / (na * nb), g[..., None] * a / (na * nb)


def _cosine_same_length(g, y, a, b):
    """Right only for vectors of one length."""
    na, nb = _lengths(a, b)
    g, y = g[..., None], y[..., None]
    return g * (b - y * a) / (na * nb), g * (a - y * b) / (na * nb)


def _cosine_eps(g, y, a, b):
    na, nb = _lengths(a, b)
    g, y = g[..., None], y[..., None]
    return g * (b / (na * nb + 1e-5) - y * a / na**2), g * (a / (na * nb + 1e-5) - y * b / nb**2)


ENTRIES: list[Entry] = [
    Entry(
        "norms",
        "l2_norm",
        _l2,
        right={"unit_vector": _l2_with(_l2_unit)},
        wrong={
            "nan_at_zero": _l2_with(_l2_nan, "zero"),
            "eps": _l2_with(lambda x, y: x / (y + 1e-5), "small"),
            "not_expanded": Rule(_l2_last_axis, "setting"),
            "absolute": _l2_with(lambda x, y: np.abs(_l2_unit(x, y)), "negative"),
        },
        shapes=_SHAPES,
        params=_AXES,
    ),
    Entry(
        "norms",
        "l1_norm",
        _l1,
        right={"sign": Rule(_l1_grad), "one_side": Rule(_l1_one_side)},
        wrong={
            "eps": Rule(_l1_quotient, "small"),
            "kept_axis_summed": Rule(_l1_kept, "setting"),
            "rounded": Rule(_l1_dead, "small"),
        },
        shapes=_SHAPES,
        params=_AXES,
    ),
    Entry(
        "norms",
        "p_norm",
        _p_norm,
        right={"ratio": Rule(_p_norm_grad)},
        wrong={
            "even_power": Rule(_p_norm_even, "negative"),
            "nan_at_zero": Rule(_p_norm_nan, "zero"),
            "root_forgotten": Rule(_p_norm_no_root, "formula"),
        },
        shapes=[((3,),), ((2, 3),), ((1,),)],
        params=[{"p": 3.0}, {"p": 2.0}, {"p": 1.5}],
    ),
    Entry(
        "norms",
        "normalize_rows",
        _normalize,
        right={"projection": Rule(_normalize_grad)},
        wrong={
            "length_constant": Rule(_normalize_constant, "term"),
            "sums_all_rows": Rule(_normalize_whole, "sum"),
            "root_forgotten": Rule(_normalize_root, "formula"),
        },
        shapes=[((2, 3),), ((3,),), ((3, 2),), ((1, 2),), ((2, 1, 3),)],
        params=[{"eps": 0.01}, {"eps": 1.0}],
    ),
    Entry(
        "norms",
        "cosine_similarity",
        _cosine,
        right={"projection": Rule(_cosine_grad)},
        wrong={
            "lengths_constant": Rule(_cosine_constant, "term"),
            "one_length": Rule(_cosine_same_length, "formula"),
            "eps": Rule(_cosine_eps, "relative"),
        },
        domains=(NONZERO, NONZERO),
        shapes=[((2, 3), (2, 3)), ((3,), (3,)), ((3, 2), (3, 2)), ((2, 1), (2, 1))],
    ),
]
