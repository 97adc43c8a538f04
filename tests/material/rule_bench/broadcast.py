"""Rules of functions of two and more numbers, whose inputs are broadcast against each other."""

from __future__ import annotations

import numpy as np

from autograd_lite.domains import MASK, NONZERO, POSITIVE, REAL, Domain
from rule_bench.entry import Entry, Rule

WEIGHT = Domain("0.1 < w < 10", low=0.1, high=10.0)
BASE = Domain("0 < a < 20", low=0.0, high=20.0)
THREE = [
    ((), (), ()),
    ((1,), (1,), (1,)),
    ((3,), (3,), (3,)),
    ((2, 3), (2, 3), (2, 3)),
    ((2, 1), (1, 3), (2, 3)),
    ((3,), (2, 1), ()),
    ((2, 2), (2,), (2, 1)),
]
ROWS = [
    ((2, 3), (3,), (3,)),
    ((1, 3), (3,), (3,)),
    ((3, 1), (1,), (1,)),
    ((3, 3), (3,), (3,)),
    ((2, 4, 3), (3,), (3,)),
]


def _reduced(g, shape, reduce=np.sum):
    """g summed over the axes along which an input of that shape was broadcast."""
    g = np.asarray(g)
    g = reduce(g, axis=tuple(range(g.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return reduce(g, axis=axes, keepdims=True)


def _summed_first(rule):
    """A mistake: g is summed to the shape of an input, and only then multiplied."""

    def backward(g, y, a, b):
        return rule(_reduced(g, a.shape), y, a, b)[0], rule(_reduced(g, b.shape), y, a, b)[1]

    return Rule(backward, "sum")


def _product(g, y, a, b):
    return g * b, g * a


def _quotient(g, y, a, b):
    return g / b, -g * y / b


def _power(g, y, a, b):
    return g * b * y / a, g * y * np.log(a)


def _hypot(g, y, a, b):
    safe = np.where(y == 0, 1.0, y).astype(y.dtype)
    return g * (a / safe), g * (b / safe)


def _arctan2(g, y, a, b):
    r2 = a * a + b * b
    return g * b / r2, -g * a / r2


def _product_mean_of_broadcast(g, y, a, b):
    """Right only where nothing is broadcast: the mean where the sum belongs."""
    return _reduced(g * b, a.shape, np.mean), _reduced(g * a, b.shape, np.mean)


def _difference_over_all(g, y, a, b):
    """Sums everything for an input with fewer entries than the output, whatever its shape."""
    return tuple(
        s * g if np.size(x) == np.size(y) else np.full_like(x, s * np.sum(g))
        for s, x in ((1.0, a), (-1.0, b))
    )


def _where_summed_then_chosen(g, y, mask, a, b):
    return None, _reduced(g, a.shape) * mask, _reduced(g, b.shape) * ~mask


def _weighted_mean(x, w):
    """The mean over the last axis of x, with weights w."""
    w = w + 0.0 * x
    return (w * x).sum(-1) / w.sum(-1)


def _weighted_mean_gradient(g, y, x, w):
    share = (g / (w + 0.0 * x).sum(-1))[..., None]
    return share * w, _reduced(share * (x - y[..., None]), w.shape)


def _weighted_mean_summed_first(g, y, x, w):
    dx, _ = _weighted_mean_gradient(g, y, x, w)
    share = (g / (w + 0.0 * x).sum(-1))[..., None] + 0.0 * x
    return dx, _reduced(share, w.shape) * _reduced(x - y[..., None], w.shape)


def _rows(gradient_of_scale, gradient_of_shift, cause):
    """A rule of x * scale + shift, right in x."""
    return Rule(
        lambda g, y, x, scale, shift: (g * scale, gradient_of_scale(g, x), gradient_of_shift(g, x)), cause
    )


def _over_rows(array):
    return array.reshape(-1, array.shape[-1]).sum(0)


ENTRIES: list[Entry] = [
    Entry(
        "broadcast",
        "multiply",
        lambda a, b: a * b,
        right={
            "not_reduced": Rule(_product),
            "reduced": Rule(lambda g, y, a, b: (_reduced(g * b, a.shape), _reduced(g * a, b.shape))),
        },
        wrong={
            "swapped": Rule(lambda g, y, a, b: (g * a, g * b), "swapped"),
            "summed_before_multiplying": _summed_first(_product),
            "mean_over_broadcast": Rule(_product_mean_of_broadcast, "length"),
            "y_over_input": Rule(lambda g, y, a, b: (g * y / a, g * y / b), "zero"),
        },
    ),
    Entry(
        "broadcast",
        "divide",
        lambda a, b: a / b,
        right={
            "with_y": Rule(_quotient),
            "square": Rule(lambda g, y, a, b: (g / b, -g * a / (b * b))),
        },
        wrong={
            "sign": Rule(lambda g, y, a, b: (g / b, g * y / b), "sign"),
            "not_squared": Rule(lambda g, y, a, b: (g / b, -g * y), "local"),
            "absolute_b": Rule(lambda g, y, a, b: (g / b, -g * y / np.abs(b)), "negative"),
            "summed_before_dividing": _summed_first(_quotient),
        },
        domains=(REAL, NONZERO),
    ),
    Entry(
        "broadcast",
        "subtract",
        lambda a, b: a - b,
        right={
            "g_itself": Rule(lambda g, y, a, b: (g, -g)),
            "reduced": Rule(lambda g, y, a, b: (_reduced(g, a.shape), -_reduced(g, b.shape))),
        },
        wrong={
            "of_sum": Rule(lambda g, y, a, b: (g, g), "sign"),
            "order": Rule(lambda g, y, a, b: (-g, g), "swapped"),
            "sums_everything": Rule(_difference_over_all, "sum"),
            "mean_over_broadcast": Rule(
                lambda g, y, a, b: (_reduced(g, a.shape, np.mean), -_reduced(g, b.shape, np.mean)), "length"
            ),
        },
    ),
    Entry(
        "broadcast",
        "power",
        lambda a, b: a**b,
        right={
            "with_y": Rule(_power),
            "with_exponent_minus_1": Rule(
                lambda g, y, a, b: (g * b * a ** (b - 1.0), g * y * np.log(a)),
            ),
        },
        wrong={
            "exponent_constant": Rule(lambda g, y, a, b: (g * b * y / a, np.zeros_like(b)), "constant"),
            "no_log": Rule(lambda g, y, a, b: (g * b * y / a, g * y), "local"),
            "precedence": Rule(lambda g, y, a, b: (g * b * (y - 1.0), g * y * np.log(a)), "formula"),
            "log_bounded_below": Rule(
                lambda g, y, a, b: (g * b * y / a, g * y * np.log(np.maximum(a, 1e-3))), "small"
            ),
        },
        domains=(BASE, REAL),
    ),
    Entry(
        "broadcast",
        "hypot",
        np.hypot,
        right={"zero_at_origin": Rule(_hypot)},
        wrong={
            "nan_at_origin": Rule(lambda g, y, a, b: (g * a / y, g * b / y), "zero"),
            "not_rooted": Rule(lambda g, y, a, b: (g * a / (y * y), g * b / (y * y)), "local"),
            "epsilon": Rule(lambda g, y, a, b: (g * a / (y + 1e-5), g * b / (y + 1e-5)), "relative"),
            "absolute_b": Rule(
                lambda g, y, a, b: (_hypot(g, y, a, b)[0], _hypot(g, y, a, np.abs(b))[1]), "negative"
            ),
        },
    ),
    Entry(
        "broadcast",
        "arctan2",
        np.arctan2,
        right={"over_square": Rule(_arctan2)},
        wrong={
            "sign": Rule(lambda g, y, a, b: (_arctan2(g, y, a, b)[0], -_arctan2(g, y, a, b)[1]), "sign"),
            "of_arctan_quotient_in_a": Rule(
                lambda g, y, a, b: (g / (1.0 + (a / b) ** 2), _arctan2(g, y, a, b)[1]), "local"
            ),
            "arguments_swapped": Rule(lambda g, y, a, b: _arctan2(g, y, b, a), "swapped"),
            "root_of_square": Rule(
                lambda g, y, a, b: (g * b / np.hypot(a, b), -g * a / np.hypot(a, b)), "local"
            ),
        },
        domains=(REAL, POSITIVE),
    ),
    Entry(
        "broadcast",
        "where",
        np.where,
        right={
            "masked": Rule(lambda g, y, mask, a, b: (None, g * mask, g * ~mask)),
            "chosen": Rule(
                lambda g, y, mask, a, b: (None, np.where(mask, g, 0.0 * g), np.where(mask, 0.0 * g, g))
            ),
        },
        wrong={
            "sides_swapped": Rule(lambda g, y, mask, a, b: (None, g * ~mask, g * mask), "swapped"),
            "second_not_masked": Rule(lambda g, y, mask, a, b: (None, g * mask, g), "term"),
            "mask_from_values": Rule(lambda g, y, mask, a, b: (None, g * (y == a), g * (y == b)), "tie"),
            "summed_then_chosen": Rule(_where_summed_then_chosen, "sum"),
        },
        domains=(MASK, REAL, REAL),
        shapes=THREE,
    ),
    Entry(
        "broadcast",
        "multiply_add",
        lambda a, b, c: a * b + c,
        right={"three_terms": Rule(lambda g, y, a, b, c: (g * b, g * a, g))},
        wrong={
            "c_constant": Rule(lambda g, y, a, b, c: (g * b, g * a, np.zeros_like(c)), "constant"),
            "c_times_itself": Rule(lambda g, y, a, b, c: (g * b, g * a, g * c), "local"),
            "factor_from_y": Rule(lambda g, y, a, b, c: (g * (y - c) / a, g * a, g), "zero"),
            "b_from_gradient_of_a": Rule(lambda g, y, a, b, c: (g * b, g * b * a, g), "local"),
        },
        shapes=THREE,
    ),
    Entry(
        "broadcast",
        "interpolate",
        lambda a, b, w: a + w * (b - a),
        right={"shares": Rule(lambda g, y, a, b, w: (g * (1.0 - w), g * w, g * (b - a)))},
        wrong={
            "ends_swapped": Rule(lambda g, y, a, b, w: (g * w, g * (1.0 - w), g * (b - a)), "swapped"),
            "a_counted_once": Rule(lambda g, y, a, b, w: (g, g * w, g * (b - a)), "term"),
            "weight_sign": Rule(lambda g, y, a, b, w: (g * (1.0 - w), g * w, g * (a - b)), "sign"),
            "weight_clipped": Rule(
                lambda g, y, a, b, w: (
                    g * (1.0 - np.clip(w, 0.0, 1.0)),
                    g * np.clip(w, 0.0, 1.0),
                    g * (b - a),
                ),
                "large",
            ),
        },
        shapes=THREE,
    ),
    Entry(
        "broadcast",
        "weighted_mean",
        _weighted_mean,
        right={"shares": Rule(_weighted_mean_gradient)},
        wrong={
            "not_normalised": Rule(
                lambda g, y, x, w: (g[..., None] * w, _weighted_mean_gradient(g, y, x, w)[1]), "length"
            ),
            "total_constant": Rule(
                lambda g, y, x, w: (
                    _weighted_mean_gradient(g, y, x, w)[0],
                    _reduced((g / (w + 0.0 * x).sum(-1))[..., None] * x, w.shape),
                ),
                "term",
            ),
            "weights_add_up_to_1": Rule(
                lambda g, y, x, w: (
                    _weighted_mean_gradient(g, y, x, w)[0],
                    _reduced(g[..., None] * (x - y[..., None]), w.shape),
                ),
                "local",
            ),
            "summed_before_multiplying": Rule(_weighted_mean_summed_first, "sum"),
        },
        domains=(REAL, WEIGHT),
        shapes=[
            ((2, 3), (2, 3)),
            ((2, 3), (3,)),
            ((3, 3), (3,)),
            ((3, 1), (1,)),
            ((2, 2, 3), (2, 3)),
            ((1, 3), (3,)),
        ],
    ),
    Entry(
        "broadcast",
        "scale_and_shift",
        lambda x, scale, shift: x * scale + shift,
        right={
            "not_reduced": Rule(lambda g, y, x, scale, shift: (g * scale, g * x, g)),
            "reduced": Rule(lambda g, y, x, scale, shift: (g * scale, _over_rows(g * x), _over_rows(g))),
        },
        wrong={
            "sums_multiplied": _rows(
                lambda g, x: _over_rows(g) * _over_rows(x), lambda g, x: _over_rows(g), "sum"
            ),
            "sum_over_columns": _rows(lambda g, x: _over_rows(g * x), lambda g, x: g.sum(-1), "sum"),
            "one_batch_axis": _rows(
                lambda g, x: (g * x).sum(0).reshape(-1, x.shape[-1])[0], lambda g, x: g, "shape"
            ),
            "mean_over_rows": _rows(
                lambda g, x: _over_rows(g * x), lambda g, x: _over_rows(g) / len(x), "length"
            ),
        },
        shapes=ROWS,
    ),
]
