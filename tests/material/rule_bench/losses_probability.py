"""Losses of probabilities and of logits."""

from __future__ import annotations

import numpy as np

from autograd_lite.domains import BINARY, CLASSES, POSITIVE, PROBABILITY, REAL
from rule_bench.entry import Entry, Rule
from rule_bench.losses import PAIRS, REDUCTIONS, per_entry, reduced


def _sigmoid(x):
    """Without overflow, and with all its digits where it is tiny."""
    return np.exp(-np.logaddexp(0.0, -x))


def _bce(p, t, reduction):
    t = t.astype(p.dtype)
    return reduced(-np.where(t > 0.5, np.log(p), np.log1p(-p)), reduction)


def _bce_with(slope, cause=""):
    """A rule for p: `slope(p, t)`, scaled."""

    def backward(g, y, p, t, reduction):
        return per_entry(g, p, reduction) * slope(p, t.astype(p.dtype)), None

    return Rule(backward, cause)


def _bce_eps(p, t):
    return -t / (p + 1e-5) + (1.0 - t) / (1.0 - p + 1e-5)


def _bce_clipped(p, t):
    p = np.clip(p, 1e-3, 1.0 - 1e-3)
    return (p - t) / (p * (1.0 - p))


def _logits(x, t, pos_weight):
    t = t.astype(x.dtype)
    return np.where(t > 0.5, pos_weight, 1.0).astype(x.dtype) * np.logaddexp(0.0, (1.0 - 2.0 * t) * x)


def _logits_grad(g, y, x, t, pos_weight):
    """Written with s = 1 - 2 t, so that sigmoid(x) - t never cancels."""
    s = 1.0 - 2.0 * t.astype(x.dtype)
    return g * np.where(s < 0, pos_weight, 1.0).astype(x.dtype) * s * _sigmoid(s * x), None


def _logits_with(slope, cause=""):
    """A rule for x: `slope(x, t, pos_weight)`."""

    def backward(g, y, x, t, pos_weight):
        return g * slope(x, t.astype(x.dtype), pos_weight), None

    return Rule(backward, cause)


def _logits_clipped(x, t, pos_weight):
    return np.where(t > 0.5, pos_weight, 1.0).astype(x.dtype) * (_sigmoid(np.clip(x, -15.0, 15.0)) - t)


def _logits_twice_sigmoid(x, t, pos_weight):
    """Multiplies with p (1 - p) although the logarithm has cancelled it."""
    p = _sigmoid(x)
    return np.where(t > 0.5, pos_weight, 1.0).astype(x.dtype) * (p - t) * p * (1.0 - p)


def _log_softmax(x):
    x = x - x.max(1, keepdims=True, initial=-np.inf)
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def _cross_entropy(x, labels, smoothing, reduction):
    logp = _log_softmax(x)
    losses = -(1.0 - smoothing) * logp[np.arange(len(x)), labels] - smoothing * logp.mean(1)
    return reduced(losses, reduction)


def _cross_entropy_slopes(x, labels, smoothing):
    """Softmax minus target; the entry of the label is minus the sum of the others, so nothing cancels."""
    rows = np.arange(len(x))
    d = np.exp(_log_softmax(x)) - smoothing / x.shape[1]
    d[rows, labels] = 0.0
    d[rows, labels] = -d.sum(1)
    return d


def _rows(g, x, reduction):
    """The gradient of each row's loss, as a column."""
    return np.broadcast_to(g / max(len(x), 1) if reduction == "mean" else g, len(x))[:, None]


def _cross_entropy_grad(g, y, x, labels, smoothing, reduction):
    return _rows(g, x, reduction) * _cross_entropy_slopes(x, labels, smoothing), None


def _cross_entropy_hard(g, y, x, labels, smoothing, reduction):
    return _rows(g, x, reduction) * _cross_entropy_slopes(x, labels, 0.0), None


def _cross_entropy_columns(g, y, x, labels, smoothing, reduction):
    """Subtracts the target in the column of a label for all rows."""
    d = np.exp(_log_softmax(x)) - smoothing / x.shape[1]
    d[:, labels] -= 1.0 - smoothing
    return _rows(g, x, reduction) * d, None


def _cross_entropy_padding(g, y, x, labels, smoothing, reduction):
    """Takes label 0 for padding."""
    keep = (labels != 0)[:, None]
    return _rows(g, x, reduction) * keep * _cross_entropy_slopes(x, labels, smoothing), None


def _cross_entropy_entries(g, y, x, labels, smoothing, reduction):
    """Takes the mean over the entries of x, not over its rows."""
    g = g / max(x.shape[1], 1) if reduction == "mean" else g
    return _rows(g, x, reduction) * _cross_entropy_slopes(x, labels, smoothing), None


def _kl(p, q):
    return (p * (np.log(p) - np.log(q))).sum(-1)


def _focal_parts(p, t):
    """The probability of the true class, of the other one, and the logarithm of the first."""
    positive = t > 0.5
    other = np.where(positive, 1.0 - p, p)
    return np.where(positive, p, 1.0 - p), other, np.where(positive, np.log(p), np.log1p(-p))


def _focal(p, t, gamma):
    _, other, log = _focal_parts(p, t)
    return -(other**gamma) * log


def _focal_grad(g, y, p, t, gamma):
    true, other, log = _focal_parts(p, t)
    d = gamma * other ** (gamma - 1.0) * log - other**gamma / true
    return g * d * np.where(t > 0.5, 1.0, -1.0).astype(p.dtype), None


def _focal_fixed_gamma(g, y, p, t, gamma):
    return _focal_grad(g, y, p, t, 2.0)


def _focal_constant_weight(g, y, p, t, gamma):
    """Takes the modulating factor for a constant."""
    true, other, _ = _focal_parts(p, t)
    return -g * other**gamma / true * np.where(t > 0.5, 1.0, -1.0).astype(p.dtype), None


def _focal_one_sign(g, y, p, t, gamma):
    true, other, log = _focal_parts(p, t)
    return g * (gamma * other ** (gamma - 1.0) * log - other**gamma / true), None


ENTRIES: list[Entry] = [
    Entry(
        "losses",
        "bce",
        _bce,
        right={
            "two_terms": _bce_with(lambda p, t: -t / p + (1.0 - t) / (1.0 - p)),
            "one_fraction": _bce_with(lambda p, t: (p - t) / (p * (1.0 - p))),
        },
        wrong={
            "eps": _bce_with(_bce_eps, "relative"),
            "clipped": _bce_with(_bce_clipped, "small"),
            "of_logits": _bce_with(lambda p, t: p - t, "local"),
            "positives_only": _bce_with(lambda p, t: -t / p, "term"),
        },
        domains=(PROBABILITY, BINARY),
        shapes=PAIRS,
        params=REDUCTIONS,
    ),
    Entry(
        "losses",
        "bce_with_logits",
        _logits,
        right={"stable": Rule(_logits_grad)},
        wrong={
            "clipped": _logits_with(_logits_clipped, "large"),
            "sigmoid_twice": _logits_with(_logits_twice_sigmoid, "local"),
            "weighs_both_classes": _logits_with(
                lambda x, t, pos_weight: pos_weight * (_sigmoid(x) - t), "setting"
            ),
        },
        domains=(REAL, BINARY),
        params=[{"pos_weight": 1.0}, {"pos_weight": 3.0}],
    ),
    Entry(
        "losses",
        "cross_entropy",
        _cross_entropy,
        right={"softmax_minus_target": Rule(_cross_entropy_grad)},
        wrong={
            "all_rows": Rule(_cross_entropy_columns, "shape"),
            "not_smoothed": Rule(_cross_entropy_hard, "setting"),
            "padding": Rule(_cross_entropy_padding, "constant"),
            "mean_of_entries": Rule(_cross_entropy_entries, "length"),
        },
        domains=(REAL, CLASSES),
        shapes=[((4, 3), (4,)), ((1, 3), (1,)), ((2, 5), (2,))],
        params=[
            {"smoothing": 0.0, "reduction": "mean"},
            {"smoothing": 0.1, "reduction": "sum"},
            {"smoothing": 0.0, "reduction": "none"},
        ],
    ),
    Entry(
        "losses",
        "kl_divergence",
        _kl,
        right={
            "two_logarithms": Rule(
                lambda g, y, p, q: (g[..., None] * (np.log(p) - np.log(q) + 1.0), -g[..., None] * p / q)
            ),
        },
        wrong={
            "one_missing": Rule(
                lambda g, y, p, q: (g[..., None] * (np.log(p) - np.log(q)), -g[..., None] * p / q), "term"
            ),
            "ratio_inverted": Rule(
                lambda g, y, p, q: (g[..., None] * (np.log(p) - np.log(q) + 1.0), -g[..., None] * q / p),
                "swapped",
            ),
            "eps": Rule(
                lambda g, y, p, q: (
                    g[..., None] * (np.log(p) - np.log(q) + 1.0),
                    -g[..., None] * p / (q + 1e-5),
                ),
                "small",
            ),
        },
        domains=(POSITIVE, POSITIVE),
        shapes=[((2, 3), (2, 3)), ((3,), (3,)), ((1,), (1,)), ((3, 1), (3, 1)), ((1, 4), (1, 4))],
    ),
    Entry(
        "losses",
        "focal",
        _focal,
        right={"product_rule": Rule(_focal_grad)},
        wrong={
            "factor_constant": Rule(_focal_constant_weight, "term"),
            "gamma_two": Rule(_focal_fixed_gamma, "setting"),
            "class_sign": Rule(_focal_one_sign, "sign"),
        },
        domains=(PROBABILITY, BINARY),
        params=[{"gamma": 2.0}, {"gamma": 0.0}, {"gamma": 1.5}],
    ),
]
