"""Layers that normalise: layer, batch and RMS norm, softmax and its logarithm."""

from __future__ import annotations

import numpy as np

from rule_bench.entry import Entry, Rule

_LAYERS = [((2, 4), (4,), (4,)), ((3, 3), (3,), (3,)), ((1, 3), (3,), (3,)), ((2, 3, 4), (4,), (4,))]
_LAYERS += [((3, 1), (1,), (1,))]


def _norm_parts(x, axis, eps):
    """x with mean 0 and variance 1 along the axis, and the factor that it was scaled with."""
    d = x - x.mean(axis, keepdims=True)
    r = 1.0 / np.sqrt((d * d).mean(axis, keepdims=True) + eps)
    return d * r, r


def _norm_slope(gh, h, r, axis):
    """From the gradient of the normalised values to that of x."""
    return r * (gh - gh.mean(axis, keepdims=True) - h * (gh * h).mean(axis, keepdims=True))


def _layer_norm(x, w, b, eps):
    return _norm_parts(x, -1, eps)[0] * w + b


def _layer_norm_with(slope, cause=""):
    """A rule: `slope(g, w, h, r)` for x, and the right one for weight and bias."""

    def backward(g, y, x, w, b, eps):
        h, r = _norm_parts(x, -1, eps)
        return slope(g, w, h, r), g * h, g

    return Rule(backward, cause)


def _layer_norm_summed(g, y, x, w, b, eps):
    h, r = _norm_parts(x, -1, eps)
    axes = tuple(range(g.ndim - 1))
    return _norm_slope(g * w, h, r, -1), (g * h).sum(axes), g.sum(axes)


def _layer_norm_in_place(g, y, x, w, b, eps):
    h, r = _norm_parts(x, -1, eps)
    gw = g * h
    g *= w
    return _norm_slope(g, h, r, -1), gw, g / np.where(w == 0, 1.0, w).astype(w.dtype)


def _batch_norm(x, w, b, eps):
    return _norm_parts(x, 0, eps)[0] * w + b


def _batch_norm_with(slope, cause=""):
    """A rule: `slope(gh, h, r)` for x, and the right one for weight and bias."""

    def backward(g, y, x, w, b, eps):
        h, r = _norm_parts(x, 0, eps)
        return slope(g * w, h, r), (g * h).sum(0), g.sum(0)

    return Rule(backward, cause)


def _batch_norm_rows(g, y, x, w, b, eps):
    """Sums the bias over the wrong axis where both have one length."""
    h, r = _norm_parts(x, 0, eps)
    axis = 1 if x.shape[0] == x.shape[1] else 0
    return _norm_slope(g * w, h, r, 0), (g * h).sum(0), g.sum(axis)


def _batch_norm_unbiased(gh, h, r):
    n = max(len(h) - 1, 1)
    return r * (gh - gh.mean(0) - h * (gh * h).sum(0) / n)


def _rms_norm(x, w, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * w


def _rms_norm_with(second, cause=""):
    """A rule: `second(gh, h)` is what comes off the direct term."""

    def backward(g, y, x, w, eps):
        r = 1.0 / np.sqrt((x * x).mean(-1, keepdims=True) + eps)
        gh, h = g * w, x * r
        return r * (gh - second(gh, h)), g * h

    return Rule(backward, cause)


def _rms_norm_no_eps(g, y, x, w, eps):
    """Recomputes the factor without eps."""
    with np.errstate(all="ignore"):
        r = 1.0 / np.sqrt((x * x).mean(-1, keepdims=True))
        gh, h = g * w, x * r
        return r * (gh - h * (gh * h).mean(-1, keepdims=True)), g * h


def _softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis, keepdims=True)


def _log_softmax(x, axis):
    x = x - x.max(axis, keepdims=True, initial=-np.inf)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def _softmax_pairs(g, y, x, axis):
    """Sums over pairs of entries, so that nothing cancels where y is nearly one."""
    g, y = np.moveaxis(g, axis, -1), np.moveaxis(y, axis, -1)
    gx = (y[..., :, None] * y[..., None, :] * (g[..., :, None] - g[..., None, :])).sum(-1)
    return (np.moveaxis(gx, -1, axis),)


def _log_softmax_pairs(g, y, x, axis):
    """Sums over pairs of entries, so that nothing cancels where the probability is nearly one."""
    g, p = np.moveaxis(g, axis, -1), np.exp(np.moveaxis(y, axis, -1))
    gx = (p[..., None, :] * g[..., :, None] - p[..., :, None] * g[..., None, :]).sum(-1)
    return (np.moveaxis(gx, -1, axis),)


_SOFTMAX_SHAPES = [((3,),), ((2, 3),), ((3, 3),), ((1, 4),), ((3, 1),), ((2, 1, 3),)]

ENTRIES: list[Entry] = [
    Entry(
        "norms",
        "layer_norm",
        _layer_norm,
        right={
            "left_to_the_engine": _layer_norm_with(lambda g, w, h, r: _norm_slope(g * w, h, r, -1)),
            "summed": Rule(_layer_norm_summed),
        },
        wrong={
            "mean_constant": _layer_norm_with(
                lambda g, w, h, r: r * (g * w - h * (g * w * h).mean(-1, keepdims=True)), "term"
            ),
            "weight_last": _layer_norm_with(lambda g, w, h, r: w * _norm_slope(g, h, r, -1), "local"),
            "sums_the_layer": _layer_norm_with(
                lambda g, w, h, r: r * (g * w - (g * w).mean(-1, keepdims=True) - h * (g * w * h).mean()),
                "sum",
            ),
            "scales_g_in_place": Rule(_layer_norm_in_place, "writes"),
        },
        shapes=_LAYERS,
        params={"eps": 0.01},
    ),
    Entry(
        "norms",
        "batch_norm",
        _batch_norm,
        right={"two_means": _batch_norm_with(lambda gh, h, r: _norm_slope(gh, h, r, 0))},
        wrong={
            "variance_constant": _batch_norm_with(lambda gh, h, r: r * (gh - gh.mean(0)), "term"),
            "unbiased_variance": _batch_norm_with(_batch_norm_unbiased, "length"),
            "bias_over_rows": Rule(_batch_norm_rows, "sum"),
            "second_term_added": _batch_norm_with(
                lambda gh, h, r: r * (gh - gh.mean(0) + h * (gh * h).mean(0)), "sign"
            ),
        },
        shapes=[((4, 3), (3,), (3,)), ((3, 3), (3,), (3,)), ((1, 2), (2,), (2,)), ((5, 1), (1,), (1,))],
        params={"eps": 0.01},
    ),
    Entry(
        "norms",
        "rms_norm",
        _rms_norm,
        right={"mean": _rms_norm_with(lambda gh, h: h * (gh * h).mean(-1, keepdims=True))},
        wrong={
            "sum_for_mean": _rms_norm_with(lambda gh, h: h * (gh * h).sum(-1, keepdims=True), "length"),
            "eps_forgotten": Rule(_rms_norm_no_eps, "small"),
            "own_entry_only": _rms_norm_with(lambda gh, h: h * gh * h / max(h.shape[-1], 1), "sum"),
        },
        shapes=[((2, 4), (4,)), ((1, 3), (3,)), ((3, 2), (2,)), ((3,), (3,))],
        params=[{"eps": 0.01}, {"eps": 1e-4}],
    ),
    Entry(
        "norms",
        "softmax",
        _softmax,
        right={
            "weighted_mean": Rule(lambda g, y, x, axis: (y * (g - (g * y).sum(axis, keepdims=True)),)),
            "pairs": Rule(_softmax_pairs),
        },
        wrong={
            "diagonal": Rule(lambda g, y, x, axis: (g * y * (1.0 - y),), "term"),
            "sums_everything": Rule(lambda g, y, x, axis: (y * (g - (g * y).sum()),), "sum"),
            "last_axis": Rule(lambda g, y, x, axis: (y * (g - (g * y).sum(-1, keepdims=True)),), "setting"),
            "clips_y": Rule(
                lambda g, y, x, axis: (
                    np.maximum(y, 1e-4) * (g - (g * np.maximum(y, 1e-4)).sum(axis, keepdims=True)),
                ),
                "large",
            ),
        },
        shapes=_SOFTMAX_SHAPES,
        params=[{"axis": -1}, {"axis": 0}],
    ),
    Entry(
        "norms",
        "log_softmax",
        _log_softmax,
        right={
            "exp": Rule(lambda g, y, x, axis: (g - np.exp(y) * g.sum(axis, keepdims=True),)),
            "pairs": Rule(_log_softmax_pairs),
        },
        wrong={
            "one_hot_g": Rule(lambda g, y, x, axis: (g - np.exp(y),), "linear"),
            "own_entry_only": Rule(lambda g, y, x, axis: (g - np.exp(y) * g,), "sum"),
            "mean_for_sum": Rule(
                lambda g, y, x, axis: (g - np.exp(y) * g.mean(axis, keepdims=True),), "length"
            ),
        },
        shapes=_SOFTMAX_SHAPES,
        params=[{"axis": -1}, {"axis": 0}],
    ),
]
