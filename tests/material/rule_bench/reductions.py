"""Rules of sums, means, spreads and norms over axes: what n is, which axes went, what ties and zeros do."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.domains import POSITIVE
from rule_bench.entry import Entry, Rule

KEPT = {"axis": 1, "keepdims": True}
AXES = [
    {"axis": None},
    {"axis": 0},
    {"axis": 1},
    {"axis": -1},
    {"axis": (0, 1)},
    {"axis": (-2, -1)},
    {"axis": (1, 0)},
    KEPT,
]
ONE_AXIS = [{"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": -2}, KEPT]
SHAPES = [((3,),), ((2, 3),), ((3, 3),), ((1, 3),), ((3, 1),), ((2, 3, 2),), ((2, 2, 2),), ((1,),)]


def _axes(ndim, axis):
    """The axes that a reduction removes, from 0 up."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(i % ndim for i in (axis if isinstance(axis, tuple) else (axis,))))


def _kept(array, ndim, axis, keepdims):
    """Return the result of a reduction with the reduced axes put back, with length one."""
    return array if keepdims else np.expand_dims(array, _axes(ndim, axis))


def _count(shape, axis):
    """How many entries are reduced to one."""
    return math.prod(shape[i] for i in _axes(len(shape), axis))


def _rule(derivative, cause=""):
    """The rule g times derivative(x, y, n, axis), where g and y have their axes back and n is the count."""

    def backward(g, y, x, axis=None, keepdims=False, **params):
        g, y = (_kept(array, x.ndim, axis, keepdims) for array in (g, y))
        return (g * derivative(x, y, _count(x.shape, axis), _axes(x.ndim, axis), **params),)

    return Rule(backward, cause)


def _like_ones(x):
    return np.ones(x.shape, x.dtype)


def _others_product(x, axes):
    """For each entry the product of the others along the axes, zeros or not."""
    moved = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    flat = moved.reshape(*moved.shape[: x.ndim - len(axes)], math.prod(x.shape[i] for i in axes))
    ones = np.ones_like(flat[..., :1])
    before = np.cumprod(np.concatenate([ones, flat], -1)[..., :-1], -1)
    after = np.cumprod(np.concatenate([ones, flat[..., ::-1]], -1)[..., :-1], -1)[..., ::-1]
    return np.moveaxis((before * after).reshape(moved.shape), range(x.ndim - len(axes), x.ndim), axes)


def _safe(y):
    """y with ones for its zeros, to divide by."""
    return np.where(y == 0, 1.0, y).astype(y.dtype)


def _logsumexp(x, axis, keepdims=False):
    top = x.max(axis, keepdims=True)
    y = np.log(np.exp(x - top).sum(axis, keepdims=True)) + top
    return y if keepdims else y.squeeze(_axes(x.ndim, axis))


def _over_std(x, n, axes):
    """Entries less their mean, over n std: zero, and not rounding noise, where all are equal."""
    if not x.size:
        return x
    first = x[tuple(slice(0, 1) if i in axes else slice(None) for i in range(x.ndim))]
    centred = _centred(x - first, axes)
    return centred / (n * _safe(np.sqrt((centred * centred).mean(axes, keepdims=True))))


def _min_tie_count(x, y, n, axes):
    at_min = x == y
    return at_min / at_min.sum(axes, keepdims=True).astype(x.dtype)


def _expanded_one_by_one(g, y, x, axis=None, keepdims=False):
    """Expands axis after axis in the order given, which is wrong for (1, 0) and for (-2, -1)."""
    if not keepdims:
        for i in axis if isinstance(axis, tuple) else _axes(x.ndim, axis):
            g = np.expand_dims(g, i)
    return (np.broadcast_to(g, x.shape).copy(),)


def _inserted(g, y, x, axis=None, keepdims=False):
    """Lets list.insert put the axis back, and that puts -1 before the last."""
    g = np.asarray(g)
    if isinstance(axis, int) and not keepdims:
        shape = list(g.shape)
        shape.insert(axis, 1)
        g = g.reshape(shape)
    elif not keepdims:
        g = _kept(g, x.ndim, axis, keepdims)
    return (g + np.zeros_like(x),)


def _not_expanded(g, y, x, axis=None, keepdims=False):
    """Right for axis None and 0, and with keepdims=True."""
    return (np.broadcast_to(g, x.shape).copy(),)


def _mean_not_expanded(g, y, x, axis=None, keepdims=False):
    return (np.broadcast_to(g, x.shape) / _count(x.shape, axis),)


def _softmax_over_last(x, y, n, axes):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _softmax_with_epsilon(x, y, n, axes):
    e = np.exp(x - y)
    return e / (e.sum(axes, keepdims=True) + 1e-5)


def _var(x, axis=None, ddof=0, keepdims=False):
    return x.var(axis, ddof=ddof, keepdims=keepdims)


def _centred(x, axes):
    return x - x.mean(axes, keepdims=True)


def _cumsum_back(g, axis):
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


ENTRIES: list[Entry] = [
    Entry(
        "reductions",
        "sum",
        lambda x, axis=None, keepdims=False: x.sum(axis, keepdims=keepdims),
        right={
            "full": _rule(lambda x, y, n, axes: _like_ones(x)),
            "expanded_only": Rule(
                lambda g, y, x, axis=None, keepdims=False: (_kept(g, x.ndim, axis, keepdims),),
            ),
            "read_only_view": Rule(
                lambda g, y, x, axis=None, keepdims=False: (
                    np.broadcast_to(_kept(g, x.ndim, axis, keepdims), x.shape),
                ),
            ),
        },
        wrong={
            "not_expanded": Rule(_not_expanded, "setting"),
            "expanded_one_by_one": Rule(_expanded_one_by_one, "setting"),
            "axis_inserted": Rule(_inserted, "setting"),
            "divided_by_n": _rule(lambda x, y, n, axes: _like_ones(x) / max(n, 1), "length"),
        },
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "mean",
        lambda x, axis=None, keepdims=False: x.mean(axis, keepdims=keepdims),
        right={"share": _rule(lambda x, y, n, axes: _like_ones(x) / n)},
        wrong={
            "not_divided": _rule(lambda x, y, n, axes: _like_ones(x), "length"),
            "divided_by_size": _rule(lambda x, y, n, axes: _like_ones(x) / x.size, "setting"),
            "divided_by_len": _rule(lambda x, y, n, axes: _like_ones(x) / len(x), "shape"),
            "not_expanded": Rule(_mean_not_expanded, "setting"),
        },
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "mean_of_squares",
        lambda x, axis=None, keepdims=False: (x * x).mean(axis, keepdims=keepdims),
        right={"twice_share": _rule(lambda x, y, n, axes: 2.0 * x / n)},
        wrong={
            "no_2": _rule(lambda x, y, n, axes: x / n, "factor"),
            "absolute": _rule(lambda x, y, n, axes: 2.0 * np.abs(x) / n, "negative"),
            "last_axis_length": _rule(lambda x, y, n, axes: 2.0 * x / x.shape[-1], "shape"),
            "n_minus_1": _rule(lambda x, y, n, axes: 2.0 * x / max(n - 1, 1), "length"),
        },
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "var",
        _var,
        right={
            "centred": _rule(lambda x, y, n, axes, ddof=0: 2.0 * _centred(x, axes) / (n - ddof)),
            "centred_twice": _rule(
                lambda x, y, n, axes, ddof=0: 2.0 * _centred(_centred(x, axes), axes) / (n - ddof)
            ),
        },
        wrong={
            "ddof_ignored": _rule(lambda x, y, n, axes, ddof=0: 2.0 * _centred(x, axes) / n, "setting"),
            "not_centred": _rule(lambda x, y, n, axes, ddof=0: 2.0 * x / (n - ddof), "term"),
            "mean_of_all": _rule(lambda x, y, n, axes, ddof=0: 2.0 * (x - x.mean()) / (n - ddof), "setting"),
            "one_minus_1_over_n": _rule(
                lambda x, y, n, axes, ddof=0: 2.0 * _centred(x, axes) * (1.0 - 1.0 / n) / (n - ddof), "length"
            ),
        },
        shapes=SHAPES,
        params=[
            {"axis": 0},
            {"axis": -1},
            {"axis": None, "ddof": 1},
            {"axis": (0, 1)},
            KEPT,
            KEPT | {"ddof": 1},
        ],
    ),
    Entry(
        "reductions",
        "std",
        lambda x, axis=None, keepdims=False: x.std(axis, keepdims=keepdims),
        right={"zero_if_constant": _rule(lambda x, y, n, axes: _over_std(x, n, axes))},
        wrong={
            "nan_if_constant": _rule(lambda x, y, n, axes: _centred(x, axes) / (n * y), "shape"),
            "of_variance": _rule(lambda x, y, n, axes: 2.0 * _centred(x, axes) / n, "local"),
            "epsilon": _rule(lambda x, y, n, axes: _centred(x, axes) / (n * (y + 1e-5)), "relative"),
            "n_minus_1": _rule(
                lambda x, y, n, axes: _centred(x, axes) / (max(n - 1, 1) * _safe(y)), "length"
            ),
        },
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "prod",
        lambda x, axis=None, keepdims=False: x.prod(axis, keepdims=keepdims),
        right={"of_the_others": _rule(lambda x, y, n, axes: _others_product(x, axes))},
        wrong={
            "y_over_x": _rule(lambda x, y, n, axes: y / x, "zero"),
            "zero_at_zero": _rule(lambda x, y, n, axes: np.where(x == 0, 0.0 * y, y / _safe(x)), "zero"),
            "by_logarithms": _rule(
                lambda x, y, n, axes: (
                    np.exp(np.log(np.abs(_safe(x))).sum(axes, keepdims=True)) / np.abs(_safe(x))
                ),
                "negative",
            ),
            "y": _rule(lambda x, y, n, axes: y * _like_ones(x), "local"),
        },
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "logsumexp",
        _logsumexp,
        right={
            "softmax": _rule(lambda x, y, n, axes: np.exp(x - y)),
        },
        wrong={
            "softmax_over_last": _rule(_softmax_over_last, "setting"),
            "epsilon": _rule(_softmax_with_epsilon, "relative"),
            "exp_not_shifted": _rule(
                lambda x, y, n, axes: np.exp(x) / (np.exp(x).sum(axes, keepdims=True) + 1e-9), "negative"
            ),
            "largest_only": _rule(
                lambda x, y, n, axes: np.where(x < x.max(axes, keepdims=True) - 5.0, 0.0 * x, np.exp(x - y)),
                "large",
            ),
        },
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "min",
        lambda x, axis=None, keepdims=False: x.min(axis, keepdims=keepdims),
        right={"shared": _rule(_min_tie_count)},
        wrong={
            "all_ties": _rule(lambda x, y, n, axes: x == y, "tie"),
            "of_max": _rule(lambda x, y, n, axes: x == x.max(axes, keepdims=True), "swapped"),
            "unique_only": _rule(
                lambda x, y, n, axes: (x == y) & ((x == y).sum(axes, keepdims=True) == 1), "tie"
            ),
            "ties_of_whole_array": _rule(
                lambda x, y, n, axes: (x == y) / max(float((x == y).sum()), 1.0), "setting"
            ),
        },
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "norm",
        lambda x, axis=None, keepdims=False: np.sqrt((x * x).sum(axis, keepdims=keepdims)),
        right={"zero_at_zero": _rule(lambda x, y, n, axes: x / _safe(y))},
        wrong={
            "nan_at_zero": _rule(lambda x, y, n, axes: x / y, "zero"),
            "norm_of_all": _rule(lambda x, y, n, axes: x / _safe(np.sqrt((x * x).sum())), "setting"),
            "over_square": _rule(lambda x, y, n, axes: x / _safe(y * y), "local"),
            "bounded_below": _rule(lambda x, y, n, axes: x / np.maximum(y, 0.1), "small"),
        },
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "geometric_mean",
        lambda x, axis=None, keepdims=False: np.exp(np.log(x).mean(axis, keepdims=keepdims)),
        right={"y_over_nx": _rule(lambda x, y, n, axes: y / (n * x))},
        wrong={
            "no_n": _rule(lambda x, y, n, axes: y / x, "length"),
            "no_y": _rule(lambda x, y, n, axes: 1.0 / (n * x), "local"),
            "size_for_n": _rule(lambda x, y, n, axes: y / (x.size * x), "setting"),
            "epsilon": _rule(lambda x, y, n, axes: y / (n * (x + 1e-5)), "relative"),
        },
        domains=(POSITIVE,),
        shapes=SHAPES,
        params=AXES,
    ),
    Entry(
        "reductions",
        "cumsum",
        np.cumsum,
        right={
            "from_the_end": Rule(lambda g, y, x, axis: (_cumsum_back(g, axis),)),
            "total_minus_before": Rule(
                lambda g, y, x, axis: (g.sum(axis, keepdims=True) - np.cumsum(g, axis) + g,),
            ),
        },
        wrong={
            "from_the_start": Rule(lambda g, y, x, axis: (np.cumsum(g, axis),), "transposed"),
            "last_axis_always": Rule(lambda g, y, x, axis: (_cumsum_back(g, -1),), "setting"),
            "own_entry_lost": Rule(lambda g, y, x, axis: (_cumsum_back(g, axis) - g,), "term"),
            "flipped_once": Rule(lambda g, y, x, axis: (np.cumsum(np.flip(g, axis), axis),), "transposed"),
        },
        shapes=SHAPES,
        params=ONE_AXIS[:4],
    ),
]
