"""Losses of differences, with the usual settings of `reduction`."""

from __future__ import annotations

import numpy as np

from autograd_lite.domains import REAL, SIGNS
from rule_bench.entry import Entry, Rule

REDUCTIONS = [{"reduction": "mean"}, {"reduction": "sum"}, {"reduction": "none"}]
PAIRS = [((3,), (3,)), ((2, 3), (2, 3)), ((1,), (1,)), ((), ()), ((3, 1), (3, 1))]


def reduced(losses, reduction):
    """A loss, as the setting wants it."""
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


def per_entry(g, x, reduction):
    """The gradient of each single loss, where there are as many as x has entries."""
    return g / max(x.size, 1) if reduction == "mean" else g


def _mse(p, t, reduction):
    return reduced((p - t) ** 2, reduction)


def _mse_grad(g, y, p, t, reduction):
    gp = 2.0 * per_entry(g, p, reduction) * (p - t)
    return gp, -gp


def _mse_rows(g, y, p, t, reduction):
    """Divides by the length of the first axis where it should by the number of entries."""
    gp = 2.0 * (p - t) * (g / max(len(p), 1) if reduction == "mean" and p.ndim else g)
    return gp, -gp


def _mse_always_mean(g, y, p, t, reduction):
    gp = 2.0 * (p - t) * (g if reduction == "none" else g / max(p.size, 1))
    return gp, -gp


def _mse_same_sign(g, y, p, t, reduction):
    gp = 2.0 * per_entry(g, p, reduction) * (p - t)
    return gp, gp


def _mse_half(g, y, p, t, reduction):
    gp = per_entry(g, p, reduction) * (p - t)
    return gp, -gp


def _mae(p, t, reduction):
    return reduced(np.abs(p - t), reduction)


def _mae_grad(g, y, p, t, reduction):
    gp = per_entry(g, p, reduction) * np.sign(p - t)
    return gp, -gp


def _mae_one_side(g, y, p, t, reduction):
    """At a tie, the slope to the right."""
    g = per_entry(g, p, reduction)
    gp = np.where(p >= t, g, -g)
    return gp, -gp


def _mae_both(g, y, p, t, reduction):
    """At a tie, the slope to the right in p and in t: not one subgradient, but halves of two."""
    g = per_entry(g, p, reduction)
    return np.where(p >= t, g, -g), np.where(t >= p, g, -g)


def _mae_quotient(g, y, p, t, reduction):
    with np.errstate(all="ignore"):
        gp = per_entry(g, p, reduction) * (p - t) / np.abs(p - t)
    return gp, -gp


def _mae_abs_g(g, y, p, t, reduction):
    gp = np.abs(per_entry(g, p, reduction)) * np.sign(p - t)
    return gp, -gp


def _huber(p, t, delta, reduction):
    d = np.abs(p - t)
    return reduced(np.where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta)), reduction)


def _huber_grad(g, y, p, t, delta, reduction):
    gp = per_entry(g, p, reduction) * np.clip(p - t, -delta, delta)
    return gp, -gp


def _huber_where(g, y, p, t, delta, reduction):
    d = p - t
    gp = per_entry(g, p, reduction) * np.where(np.abs(d) < delta, d, delta * np.sign(d))
    return gp, -gp


def _huber_one_side(g, y, p, t, delta, reduction):
    """Forgets the absolute value: below -delta it goes on with the square."""
    gp = per_entry(g, p, reduction) * np.minimum(p - t, delta)
    return gp, -gp


def _huber_unit(g, y, p, t, delta, reduction):
    """Has slope one outside, whatever delta is."""
    d = p - t
    gp = per_entry(g, p, reduction) * np.where(np.abs(d) <= delta, d, np.sign(d))
    return gp, -gp


def _huber_clipped_late(g, y, p, t, delta, reduction):
    """Clips g times the difference."""
    gp = np.clip(per_entry(g, p, reduction) * (p - t), -delta, delta)
    return gp, -gp


def _hinge(x, t, margin):
    return np.maximum(margin - t.astype(x.dtype) * x, 0.0)


def _hinge_with(inside, slope, cause=""):
    """A rule for x: `slope(t)` where `inside(x, t, margin)`."""

    def backward(g, y, x, t, margin):
        t = t.astype(x.dtype)
        return g * np.where(inside(x, t, margin), slope(t), 0.0), None

    return Rule(backward, cause)


ENTRIES: list[Entry] = [
    Entry(
        "losses",
        "mse",
        _mse,
        right={"difference": Rule(_mse_grad)},
        wrong={
            "mean_over_first_axis": Rule(_mse_rows, "length"),
            "sum_taken_for_mean": Rule(_mse_always_mean, "setting"),
            "target_not_negated": Rule(_mse_same_sign, "sign"),
            "two_forgotten": Rule(_mse_half, "factor"),
        },
        shapes=PAIRS,
        params=REDUCTIONS,
    ),
    Entry(
        "losses",
        "mae",
        _mae,
        right={"sign": Rule(_mae_grad), "one_side": Rule(_mae_one_side)},
        wrong={
            "both_at_tie": Rule(_mae_both, "tie"),
            "nan_at_tie": Rule(_mae_quotient, "zero"),
            "abs_g": Rule(_mae_abs_g, "linear"),
        },
        shapes=PAIRS,
        params=REDUCTIONS,
    ),
    Entry(
        "losses",
        "huber_loss",
        _huber,
        right={"clip": Rule(_huber_grad), "where": Rule(_huber_where)},
        wrong={
            "one_side": Rule(_huber_one_side, "negative"),
            "slope_one": Rule(_huber_unit, "setting"),
            "clips_the_product": Rule(_huber_clipped_late, "linear"),
        },
        shapes=PAIRS,
        params=[{"delta": d, "reduction": r} for d, r in ((1.0, "mean"), (0.5, "sum"), (1.0, "none"))],
    ),
    Entry(
        "losses",
        "hinge",
        _hinge,
        right={
            "strict": _hinge_with(lambda x, t, margin: t * x < margin, lambda t: -t),
            "at_the_kink_too": _hinge_with(lambda x, t, margin: t * x <= margin, lambda t: -t),
        },
        wrong={
            "label_missing": _hinge_with(lambda x, t, margin: t * x < margin, lambda t: -1.0, "local"),
            "margin_one": _hinge_with(lambda x, t, margin: t * x < 1.0, lambda t: -t, "setting"),
            "negative_x": _hinge_with(lambda x, t, margin: np.abs(x) < margin, lambda t: -t, "negative"),
        },
        domains=(REAL, SIGNS),
        params=[{"margin": 1.0}, {"margin": 0.5}],
    ),
]
