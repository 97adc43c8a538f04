"""Cross-entropies: negative log-likelihoods of labels, accurate however confident the model is.

`bce(sigmoid(z), y)` is computed as `bce_with_logits(z, y)`, in value and gradient; see `bce.fuse_with`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.domains import BINARY, CLASSES, UNIT
from autograd_lite.operation import case, op
from autograd_lite.ops import activations
from autograd_lite.ops.activations import log_softmax, sigmoid, sigmoid_slope, softplus, two_sided_exp
from autograd_lite.ops.arrays import as_float
from autograd_lite.ops.loss import Range, as_weight, loss
from autograd_lite.protocol import holds

_LABELS = Range(1, 0, 1, "use labels 0 and 1, or probabilities")
_PROBABILITIES = Range(0, 0, 1, "pass probabilities, or use bce_with_logits for logits")
_BINARY_SAMPLES = (
    case((4,), (4,)),
    case((2, 3), (2, 3), reduction="sum"),
    case((3,), (3,), pos_weight=3.0),
)


def _times(factor, x):
    """Return factor x, and 0 where the factor is 0, even if x is infinite."""
    if x.shape and holds(np.vdot(x, x) < np.inf):
        return x * factor  # np.where would take a tenth of a step of logistic regression
    return np.where(factor == 0, 0.0, x) * factor


def _xlogy(x, y):
    """Return x log y, and 0 where x is 0."""
    with np.errstate(divide="ignore"):
        return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))


def _by_weight(local: str, weighted: str):
    """Return the words of a local derivative: `weighted` if `pos_weight` is set."""
    return lambda y: local if y.settings["pos_weight"] is None else weighted


@loss(
    "BCE",
    ordered=True,
    formula="BCE({probability}, {target})",
    ranges=(_LABELS, _PROBABILITIES),
    domain={"probability": UNIT, "target": BINARY},
    samples=_BINARY_SAMPLES,
)
def bce(probability, target, *, pos_weight: Any = None):
    """Binary cross-entropy: the mean of -[y log p + (1 - y) log(1 - p)], p `probability` and y `target`.

    Minus the log-likelihood of the labels (Bishop 2006, equation 4.90). `pos_weight`, a number or an array
    of the target's shape, multiplies the first term. Infinite if a certain prediction is wrong. If p is
    `sigmoid(z)`, value and gradient equal those of `bce_with_logits(z, y)`, finite for any z.

    >>> from autograd_lite.tensor import Tensor
    >>> bce(sigmoid(Tensor([-1000.0])), np.array([1.0])).item()
    1000.0

    Shapes, `reduction`, `sample_weight` and errors are the same as in `mse`; raises ValueError also for an
    entry outside [0, 1].
    """
    positive = _xlogy(target, probability)
    if pos_weight is not None:
        positive = as_weight(pos_weight, probability) * positive
    return -(positive + _xlogy(1.0 - target, 1.0 - probability))


_ODDS = "({probability}−{target})/({probability}(1−{probability}))"
_TERMS = "((1−{target})/(1−{probability}) − pos_weight·{target}/{probability})"


def _odds(y: Any) -> str:
    """Return the derivative in the probability; a certain prediction has terms that are absent."""
    p = y.values[0]
    weighted = y.settings["pos_weight"] is not None
    if np.all((p > 0) & (p < 1)):
        return _TERMS if weighted else _ODDS
    return f"{_TERMS if weighted else _TERMS.replace('pos_weight·', '')}; 0/0 as 0"


@bce.gradient("probability", _ODDS, _odds)
def _(g, y, probability, target, pos_weight: Any):
    never = target == 0  # 0 / 0 means that a term is absent
    always = target == 1
    positive = np.where(never, 0.0, target / np.where(never, 1.0, probability))
    negative = np.where(always, 0.0, (1.0 - target) / np.where(always, 1.0, 1.0 - probability))
    if pos_weight is not None:
        positive = as_weight(pos_weight, probability) * positive
    return g * (negative - positive)


_LOG_ODDS = "log((1−{probability})/{probability})"


@bce.gradient(
    "target",
    _LOG_ODDS,
    _by_weight(_LOG_ODDS, "(log(1−{probability}) − pos_weight·log({probability}))"),
)
def _(g, y, probability, target, pos_weight: Any):
    weight = 1.0 if pos_weight is None else as_weight(pos_weight, probability)
    return g * (np.log1p(-probability) - weight * np.log(probability))


def _to_likelier_label(z, target):
    """Return the distance from the target to the label that z favours, and e^-|z|, the odds against it."""
    likelier = np.copysign(0.5, z) + 0.5  # 1 or 0 as floats: NumPy makes a copy to subtract from booleans
    return likelier - target, np.exp(-np.abs(z))


@op("σ−", formula="σ({logit})−{target}", samples=(case((4,), (4,)), case((2, 3), (2, 3))))
def residual(logit, target):
    """sigmoid(logit) - target, elementwise; accurate where both are near 0 or both near 1."""
    distance, odds = _to_likelier_label(logit, target)
    return distance - np.copysign(odds / (1.0 + odds), logit)


@residual.gradient("logit", "× σ({logit})(1−σ({logit}))")
def _(g, y, logit, target):
    return g * sigmoid_slope(logit)


@residual.gradient("target", "× (−1)")
def _(g, y, logit, target):
    return -g


@loss(
    "BCE",
    formula="BCE(σ({logit}), {target})",
    ordered=True,
    activations=(sigmoid, activations.softmax),
    ranges=(_LABELS,),
    domain={"target": BINARY},
    samples=_BINARY_SAMPLES,
)
def bce_with_logits(logit, target, *, pos_weight: Any = None):
    """Binary cross-entropy of sigmoid(z): the mean of max(z, 0) - z y + log(1 + e^-|z|).

    z is `logit`, y `target`. A sum of terms that are never negative, so nothing cancels. `pos_weight`, a
    number or an array of the target's shape, multiplies the terms of positive targets. Shapes, `reduction`,
    `sample_weight` and errors are the same as in `mse`; raises ValueError also for a target outside [0, 1].
    """
    if pos_weight is None:
        distance, odds = _to_likelier_label(logit, target)
        return _times(distance, logit) + np.log1p(odds)
    positive = _times(as_weight(pos_weight, logit) * target, softplus(-logit))
    return positive + _times(1.0 - target, softplus(logit))


_RESIDUAL = "(σ({logit})−{target})"


@bce_with_logits.gradient(
    "logit",
    _RESIDUAL,
    _by_weight(_RESIDUAL, "(σ({logit})(1−{target}) − pos_weight·{target}·σ(−{logit}))"),
)
def _(g, y, logit, target, pos_weight: Any):
    if pos_weight is None:
        return g * residual(logit, target)
    positive, negative = two_sided_exp(logit)
    weighted = as_weight(pos_weight, logit) * target
    return g * ((positive * (1.0 - target) - negative * weighted) / (positive + negative))


@bce_with_logits.gradient(
    "target",
    "(−{logit})",
    _by_weight("(−{logit})", "(pos_weight·softplus(−{logit}) − softplus({logit}))"),
)
def _(g, y, logit, target, pos_weight: Any):
    if pos_weight is None:
        return g * -logit
    return g * (as_weight(pos_weight, logit) * softplus(-logit) - softplus(logit))


bce.fuse_with(sigmoid, bce_with_logits)


def _check_classes(op, inputs, values, settings):
    logits, labels = values
    name = errors.name_of(inputs[1], "labels")
    if labels.dtype.kind in "iu" and labels.shape == logits.shape[:-1]:
        bad = (labels < 0) | (labels >= logits.shape[-1])
        if holds(bad.any()):
            raise ValueError(
                f"cross_entropy: {name}{errors.first(bad)} is {labels[bad][0]}, and the logits have "
                f"{logits.shape[-1]} classes: labels run from 0 to {logits.shape[-1] - 1}"
            )
    elif labels.shape != logits.shape:
        raise ValueError(
            f"cross_entropy: {errors.shapes(inputs, op.arguments)}, {name} of dtype {labels.dtype}; pass "
            f"integer labels of shape {logits.shape[:-1]}, or probabilities of shape {logits.shape}"
        )
    elif not holds((labels.min(initial=0) >= 0) & (np.abs(labels.sum(axis=-1) - 1.0) <= 2e-5).all()):
        raise ValueError(f"cross_entropy: rows of {name} must be probabilities that add up to 1")


def _as_rows(labels, logits):
    """Return labels as rows of probabilities, in the dtype of the logits."""
    if labels.ndim == logits.ndim:
        return as_float(labels, logits)
    return (labels[..., None] == np.arange(logits.shape[-1])).astype(logits.dtype)


@loss(
    "cross-entropy",
    rows=True,
    ordered=True,
    activations=(activations.softmax, sigmoid),
    check=_check_classes,
    domain={"labels": CLASSES},
    samples=(
        case((4, 3), (4,)),
        case((2, 3), (2,), reduction="sum"),
        case((3,), ()),
        case((2, 3), (2,), reduction="none"),
    ),
)
def cross_entropy(logits, labels):
    """Cross-entropy of softmax(logits) over the last axis: the mean over examples of -log p[label].

    For logits (n, K) the `labels` are integers 0 to K - 1, (n,), or rows of probabilities, (n, K), in which
    there is no gradient (Bishop 2006, equation 4.108). `reduction` is the same as in `mse`, `sample_weight`
    is (n,). Raises ValueError for other shapes and labels, for rows that do not add up to 1 (to 2e-5), and if
    there are no examples.
    """
    targets = _as_rows(labels, logits)
    return -_times(targets, log_softmax(logits)).sum(axis=-1)


def _softmax_minus_labels(y: Any) -> str:
    logits, labels = y.values
    target = "{labels}" if labels.ndim == logits.ndim else "onehot({labels})"
    return f"(softmax({{logits}}) − {target})"


@cross_entropy.gradient("logits", "(softmax({logits}) − onehot({labels}))", _softmax_minus_labels)
def _(g, y, logits, labels):
    log_p = log_softmax(logits)
    targets = _as_rows(labels, logits)
    sure = targets == 1  # p - 1 without cancellation
    return g * np.where(sure, np.expm1(np.where(sure, log_p, 0.0)), np.exp(log_p) - targets)
