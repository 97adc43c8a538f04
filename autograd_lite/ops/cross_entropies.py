"""Cross-entropies: negative log-likelihoods of labels, right however confident the model is.

`bce(sigmoid(z), y)` is computed as `bce_with_logits(z, y)`, in value and gradient: the identity is
declared once, at the end of the binary part, and the engine uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from autograd_lite import messages
from autograd_lite.domains import BINARY, CLASSES, UNIT
from autograd_lite.operation import case, op
from autograd_lite.ops.activations import halves, log_softmax, sigmoid, sigmoid_slope, softplus
from autograd_lite.ops.losses import each, like, number, reduced, reducible, scaled, within
from autograd_lite.protocol import holds

_labels = within(1, 0, 1, "use labels 0 and 1, or probabilities")
_unit = within(0, 0, 1, "pass probabilities, or use bce_with_logits for logits")


def _probabilities(op: Any, inputs: Any, values: Any, settings: Any) -> None:
    _labels(op, inputs, values, settings)
    if getattr(inputs[0], "op", None) is sigmoid:
        z = number(inputs[0].values[0])
        if holds(z.item(z.argmax()) <= inf):  # not nan, so all probabilities are in [0, 1]
            return
    _unit(op, inputs, values, settings)


def _xlogy(x: Any, y: Any) -> Any:
    """x log y, and 0 where x is 0."""
    with np.errstate(divide="ignore"):
        return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))


@op("BCE", formula="BCE({probability}, {target})", check=_probabilities,
    domain={"probability": UNIT, "target": BINARY}, samples=(
    case((4,), (4,)), case((2, 3), (2, 3), reduction="sum"), case((3,), (3,), pos_weight=3.0),
))  # fmt: skip
def bce(
    probability: Any,
    target: Any,
    *,
    pos_weight: Any = None,
    sample_weight: Any = None,
    reduction: str = "mean",
) -> Any:
    """Binary cross-entropy: the mean of -[y log p + (1 - y) log(1 - p)], p `probability` and y `target`.

    Minus the log-likelihood of the labels (Bishop 2006, equation 4.90). `pos_weight`, a number or an array
    that broadcasts, multiplies the first term. Infinite where a certain prediction is wrong, unless p is
    `sigmoid(z)`: then value and gradient are those of `bce_with_logits(z, y)`, finite for any z.

    >>> from autograd_lite.tensor import Tensor
    >>> bce(sigmoid(Tensor([-1000.0])), np.array([1.0])).item()
    1000.0

    Shapes, `reduction`, `sample_weight` and errors are those of `mse`; an entry outside [0, 1] is a
    ValueError too.
    """
    p = number(probability)
    y = like(target, p)
    positive = _xlogy(y, p) if pos_weight is None else like(pos_weight, p) * _xlogy(y, p)
    return reduced(-(positive + _xlogy(1.0 - y, 1.0 - p)), reduction, sample_weight)


_APART = "((1−{target})/(1−{probability}) − pos_weight·{target}/{probability})"


def _weighted(local: str, positive: str) -> tuple[str, Callable[[Any], str]]:
    """What a lane says of an input of a binary loss; `positive` where positive targets have a weight."""

    def words(y: Any) -> str:
        told = local if y.settings["pos_weight"] is None else positive
        return scaled(told, y, np.size(y.values[0]))

    return f"× {local}/n", words


_odds, _odds_words = _weighted("({probability}−{target})/({probability}(1−{probability}))", _APART)


def _certain(y: Any) -> str:
    """The words of a probability; among those of certain predictions there are terms that are absent."""
    p = y.values[0]
    if np.all((p > 0) & (p < 1)):
        return _odds_words(y)
    told = _APART if y.settings["pos_weight"] is not None else _APART.replace("pos_weight·", "")
    return f"{scaled(told, y, np.size(p))}, 0/0 as 0"


@bce.gradient("probability", _odds, _certain)
def _(
    g: Any,
    y: Any,
    probability: Any,
    target: Any,
    pos_weight: Any,
    sample_weight: Any,
    reduction: str,
) -> Any:
    p, t = probability, like(target, probability)
    never, always = t == 0, t == 1  # where 0 / 0 means that the term is absent
    for_ = np.where(never, 0.0, t / np.where(never, 1.0, p))
    against = np.where(always, 0.0, (1.0 - t) / np.where(always, 1.0, 1.0 - p))
    local = against - (for_ if pos_weight is None else like(pos_weight, p) * for_)
    return each(g, p, reduction, sample_weight) * local


@bce.gradient("target", *_weighted(
    "log((1−{probability})/{probability})", "(log(1−{probability}) − pos_weight·log({probability}))"
))  # fmt: skip
def _(
    g: Any,
    y: Any,
    probability: Any,
    target: Any,
    pos_weight: Any,
    sample_weight: Any,
    reduction: str,
) -> Any:
    for_ = np.log(probability) if pos_weight is None else pos_weight * np.log(probability)
    return each(g, target, reduction, sample_weight) * (np.log1p(-probability) - for_)


def _apart(z: Any, y: Any) -> tuple[Any, Any]:
    """What y lacks to the label that z favours, (1 or 0) - y, and e^-|z|, the odds against that label."""
    favoured = np.copysign(0.5, z) + 0.5  # as floats: NumPy makes a copy to subtract from booleans
    return favoured - y, np.exp(-np.abs(z))


@op("σ−", formula="σ({logit})−{target}", samples=(case((4,), (4,)), case((2, 3), (2, 3))))
def residual(logit: Any, target: Any) -> Any:
    """sigmoid(logit) - target, elementwise; it keeps its digits where the two are near 0 or 1 together."""
    z = number(logit)
    apart, e = _apart(z, target)
    return apart - np.copysign(e / (1.0 + e), z)


@residual.gradient("logit", "× σ({logit})(1−σ({logit}))")
def _(g: Any, y: Any, logit: Any, target: Any) -> Any:
    return g * sigmoid_slope(logit)


@residual.gradient("target", "× (−1)")
def _(g: Any, y: Any, logit: Any, target: Any) -> Any:
    return -g


@op("BCE", formula="BCE(σ({logit}), {target})", check=_labels,
    domain={"target": BINARY}, samples=(
    case((4,), (4,)), case((2, 3), (2, 3), reduction="sum"), case((3,), (3,), pos_weight=3.0),
))  # fmt: skip
def bce_with_logits(
    logit: Any,
    target: Any,
    *,
    pos_weight: Any = None,
    sample_weight: Any = None,
    reduction: str = "mean",
) -> Any:
    """Binary cross-entropy of sigmoid(z): the mean of max(z, 0) - z y + log(1 + e^-|z|).

    z is `logit`, y `target`. A sum of terms that are never negative, so nothing cancels. `pos_weight`, a
    number or an array that broadcasts, multiplies the terms of positive targets. Shapes, `reduction`,
    `sample_weight` and errors are those of `mse`; a target outside [0, 1] is a ValueError too.
    """
    z = number(logit)
    y = like(target, z)
    if pos_weight is None:
        apart, e = _apart(z, y)
        losses = z * apart + np.log1p(e)
    else:
        losses = like(pos_weight, z) * y * softplus(-z) + (1.0 - y) * softplus(z)
    return reduced(losses, reduction, sample_weight)


@bce_with_logits.gradient("logit", *_weighted(
    "(σ({logit})−{target})", "(σ({logit})(1−{target}) − pos_weight·{target}·σ(−{logit}))"
))  # fmt: skip
def _(g: Any, y: Any, logit: Any, target: Any, pos_weight: Any, sample_weight: Any, reduction: str) -> Any:
    t = like(target, logit)
    if pos_weight is None:
        local = residual(logit, t)
    else:
        for_, against = halves(logit)
        local = (for_ * (1.0 - t) - against * (like(pos_weight, logit) * t)) / (for_ + against)
    return each(g, logit, reduction, sample_weight) * local


@bce_with_logits.gradient("target", *_weighted(
    "(−{logit})", "(pos_weight·softplus(−{logit}) − softplus({logit}))"
))  # fmt: skip
def _(g: Any, y: Any, logit: Any, target: Any, pos_weight: Any, sample_weight: Any, reduction: str) -> Any:
    local = -logit if pos_weight is None else pos_weight * softplus(-logit) - softplus(logit)
    return each(g, target, reduction, sample_weight) * local


bce.sees_through(sigmoid, bce_with_logits)


def _classes(op: Any, inputs: Any, values: Any, settings: Any) -> None:
    logits, labels = map(number, values)
    name = messages.name_of(inputs[1], "labels")
    if labels.dtype.kind in "iu" and labels.shape == logits.shape[:-1]:
        bad = (labels < 0) | (labels >= logits.shape[-1])
        if holds(bad.any()):
            raise ValueError(
                f"cross_entropy: {name}{messages.first(bad)} is {labels[bad][0]}, and the logits have "
                f"{logits.shape[-1]} classes: labels run from 0 to {logits.shape[-1] - 1}"
            )
    elif labels.shape != logits.shape:
        raise ValueError(
            f"cross_entropy: {messages.shapes(inputs, op.arguments)}, {name} of dtype {labels.dtype}; "
            f"pass integer labels of shape {logits.shape[:-1]}, or probabilities of shape {logits.shape}"
        )
    elif not (
        holds(labels.min(initial=0) >= 0) and holds((np.abs(labels.sum(axis=-1) - 1.0) <= 2e-5).all())
    ):
        raise ValueError(f"cross_entropy: rows of {name} must be probabilities that add up to 1")
    reducible(op, inputs, [logits.shape[:-1] or (1,), logits.shape[:-1]], settings)


@op("cross-entropy", check=_classes, domain={"labels": CLASSES}, samples=(
    case((4, 3), (4,)), case((2, 3), (2,), reduction="sum"), case((3,), ()),
    case((2, 3), (2,), reduction="none"),
))  # fmt: skip
def cross_entropy(logits: Any, labels: Any, *, sample_weight: Any = None, reduction: str = "mean") -> Any:
    """Cross-entropy of softmax(logits) over the last axis: the mean over examples of -log p[label].

    For logits (n, K) the `labels` are integers 0 to K - 1, (n,), or rows of probabilities, (n, K), in which
    there is no gradient (Bishop 2006, equation 4.108). `reduction` is that of `mse`, `sample_weight` is
    (n,). Raises a ValueError for other shapes and labels, for rows that do not add up to 1 (to 2e-5), and
    for no examples.
    """
    log_p = log_softmax(logits)
    targets = _rows(labels, logits)
    return reduced(-np.where(targets == 0, 0.0, targets * log_p).sum(axis=-1), reduction, sample_weight)


def _examples(y: Any) -> str:
    """The derivative in the logits, a row for each example, of labels as numbers or as probabilities."""
    logits, labels = y.values
    rows = "[..., None]" if logits.ndim > 1 else ""
    told = "{labels}" if labels.ndim == logits.ndim else "onehot({labels})"
    local = scaled(f"(softmax({{logits}}) − {told})", y, logits.size // logits.shape[-1])
    local = local.replace("sample_weight", f"sample_weight{rows}")
    return f"grad{rows} {local}" if y.settings["reduction"] == "none" and rows else local


@cross_entropy.gradient("logits", "× (softmax({logits}) − onehot({labels}))/n", _examples)
def _(g: Any, y: Any, logits: Any, labels: Any, sample_weight: Any, reduction: str) -> Any:
    log_p, targets = log_softmax(logits), _rows(labels, logits)
    sure = targets == 1  # p - 1 without cancellation
    local = np.where(sure, np.expm1(np.where(sure, log_p, 0.0)), np.exp(log_p) - targets)
    n = max(logits.size // logits.shape[-1], 1)
    return each(g, logits, reduction, sample_weight, n)[..., None] * local


def _rows(labels: Any, logits: Any) -> Any:
    """Labels as rows of probabilities, in the dtype of the logits."""
    if labels.ndim == logits.ndim:
        return like(labels, logits)
    return (labels[..., None] == np.arange(logits.shape[-1])).astype(logits.dtype)
