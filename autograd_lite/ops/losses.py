"""Losses: the mean over all elements unless `reduction` is "sum" or "none". They refuse to broadcast.

`sample_weight`, of the target's shape, multiplies each element's loss before the reduction; a mean
still divides by the number of elements.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import messages
from autograd_lite.domains import SIGNS
from autograd_lite.operation import case, op
from autograd_lite.protocol import holds


def _agree(op: Any, inputs: Any, values: Any, settings: Any) -> None:
    """Refuse shapes that differ, an empty batch, an unknown reduction, a weight that does not fit."""
    shapes = [messages.shape_of(v) for v in values]
    if shapes[0] != shapes[1]:
        told = f"{op.name}: {messages.shapes(inputs, op.arguments)}; a loss does not broadcast"
        told += ", so they must be equal"
        if math.prod(shapes[0]) == math.prod(shapes[1]):
            target = messages.name_of(inputs[1], op.arguments[1])
            told += f": reshape one, for example {target}.reshape{shapes[0]}"
        raise ValueError(told)
    reducible(op, inputs, shapes, settings)


def reducible(op: Any, inputs: Any, shapes: Any, settings: Any) -> None:
    """Refuse an empty batch, an unknown reduction, a weight that does not fit."""
    if 0 in shapes[0]:
        name = messages.name_of(inputs[0], op.arguments[0])
        raise ValueError(f"{op.name}: {name} has shape {shapes[0]}: the loss of no examples is undefined")
    if settings["reduction"] not in ("mean", "sum", "none"):
        raise ValueError(f'{op.name}: reduction={settings["reduction"]!r}; it is "mean", "sum" or "none"')
    weight = settings["sample_weight"]
    if weight is not None and messages.shape_of(weight) != shapes[1][: len(shapes[0])]:
        raise ValueError(
            f"{op.name}: sample_weight has shape {messages.shape_of(weight)} and the target "
            f"{shapes[1]}; they must be equal"
        )


def within(position: int, low: float, high: float, remedy: str) -> Any:
    """A check, after `_agree`, that an input lies in [low, high]; NaN does not."""

    def check(op: Any, inputs: Any, values: Any, settings: Any) -> None:
        _agree(op, inputs, values, settings)
        v = number(values[position])
        # In a third of the time of v.min() and v.max(), which set up a reduction each.
        if not (holds(v.item(v.argmin()) >= low) and holds(v.item(v.argmax()) <= high)):
            array = np.asarray(v)
            bad = ~((array >= low) & (array <= high))
            name = messages.name_of(inputs[position], op.arguments[position])
            raise ValueError(
                f"{op.name}: {name}{messages.first(bad)} is {array[bad][0]} "
                f"({np.count_nonzero(bad)} of {array.size} entries lie outside [{low:g}, {high:g}]); {remedy}"
            )

    return check


def _signs(op: Any, inputs: Any, values: Any, settings: Any) -> None:
    _agree(op, inputs, values, settings)
    array = number(values[1])
    bad = np.abs(array) != 1
    if holds(bad.any()):
        raise ValueError(
            f"{op.name}: {messages.name_of(inputs[1], 'target')}{messages.first(bad)} is {array[bad][0]}; "
            "its labels are -1 and +1: turn 0 and 1 into them by 2 * y - 1"
        )


def like(x: Any, prediction: Any) -> Any:
    """A target or weight in the prediction's dtype, so that float32 stays float32."""
    if type(x) in (int, float, bool):
        return x
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return np.asarray(x, prediction.dtype)
    return x if dtype == prediction.dtype else x.astype(prediction.dtype)


def reduced(losses: Any, reduction: str, sample_weight: Any) -> Any:
    """The losses of the elements, weighted and then averaged, added up, or as they are."""
    if sample_weight is not None:
        losses = losses * like(sample_weight, losses)
    if reduction == "none":
        return losses
    total = losses.sum()
    return total / losses.size if reduction == "mean" else total


def each(g: Any, x: Any, reduction: str, sample_weight: Any, n: int | None = None) -> Any:
    """The gradient that arrives at each element's loss."""
    if reduction == "mean":
        g = g * (1.0 / (n or x.size))
    return g if sample_weight is None else g * like(sample_weight, x)


def averaged(local: str) -> tuple[str, Callable[[Any], str]]:
    """What a lane says of an input of a loss, in general and of one result, by its reduction and weights.

    `local` is the derivative of one element's loss.
    """
    return f"× {local}/n", lambda y: scaled(local, y, np.size(y.values[0]))


def scaled(local: str, y: Any, n: int) -> str:
    """The derivative of one of n losses, weighted, and divided if they are averaged."""
    weight = "" if y.settings["sample_weight"] is None else "sample_weight·"
    return f"× {weight}{local}" + (f"/{n}" if y.settings["reduction"] == "mean" and n > 1 else "")


def number(x: Any) -> Any:
    """A Python number as a NumPy one; arrays and tensors as they are."""
    return x if hasattr(x, "dtype") else np.float64(x)


@op("MSE", check=_agree, samples=(case((4,), (4,)), case((2, 3), (2, 3), reduction="sum")))
def mse(prediction: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None) -> Any:
    """Mean squared error: the mean of (prediction - target)^2, without a factor 1/2.

    >>> float(mse(np.array([100.0, 150.0, 200.0]), np.array([95.0, 140.0, 190.0])))
    75.0

    Both have one shape. `reduction` is "mean", "sum" or "none"; `sample_weight`, of that shape, multiplies
    each element's loss, and a mean still divides by their number. Raises a ValueError for other shapes
    (nothing broadcasts) and for no elements.
    """
    error = number(prediction) - like(target, number(prediction))
    return reduced(error * error, reduction, sample_weight)


@mse.gradient("prediction", *averaged("2({prediction}−{target})"))
def _(g: Any, y: Any, prediction: Any, target: Any, reduction: str, sample_weight: Any) -> Any:
    return each(g, prediction, reduction, sample_weight) * (2.0 * (prediction - like(target, prediction)))


@mse.gradient("target", *averaged("2({target}−{prediction})"))
def _(g: Any, y: Any, prediction: Any, target: Any, reduction: str, sample_weight: Any) -> Any:
    return each(g, target, reduction, sample_weight) * (2.0 * (target - prediction))


@op("MAE", check=_agree, samples=(case((4,), (4,)), case((2, 3), (2, 3), reduction="none")))
def mae(prediction: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None) -> Any:
    """Mean absolute error: the mean of |prediction - target|; its gradient at 0 is taken as 0.

    Shapes, `reduction`, `sample_weight` and errors are those of `mse`.
    """
    return reduced(np.abs(number(prediction) - like(target, number(prediction))), reduction, sample_weight)


@mae.gradient("prediction", *averaged("sign({prediction}−{target})"))
def _(g: Any, y: Any, prediction: Any, target: Any, reduction: str, sample_weight: Any) -> Any:
    return each(g, prediction, reduction, sample_weight) * np.sign(prediction - like(target, prediction))


@mae.gradient("target", *averaged("sign({target}−{prediction})"))
def _(g: Any, y: Any, prediction: Any, target: Any, reduction: str, sample_weight: Any) -> Any:
    return each(g, target, reduction, sample_weight) * np.sign(target - prediction)


def _delta(op: Any, inputs: Any, values: Any, settings: Any) -> None:
    _agree(op, inputs, values, settings)
    if not settings["delta"] > 0:
        raise ValueError(f"{op.name}: delta={settings['delta']!r}; it must be positive")


@op(
    "Huber",
    check=_delta,
    samples=(case((4,), (4,)), case((2, 3), (2, 3), delta=0.517, reduction="sum")),
)
def huber(
    prediction: Any,
    target: Any,
    *,
    delta: float = 1.0,
    reduction: str = "mean",
    sample_weight: Any = None,
) -> Any:
    """Huber loss: the mean of e^2 / 2 where |e| <= delta, and of delta (|e| - delta / 2) elsewhere.

    e is prediction - target (Huber 1964). Shapes, `reduction`, `sample_weight` and errors are those of
    `mse`; a `delta` that is not positive is a ValueError too.
    """
    size = np.abs(number(prediction) - like(target, number(prediction)))
    inner = np.minimum(size, float(delta))  # the square of a large error would overflow
    return reduced(inner * (size - 0.5 * inner), reduction, sample_weight)


@huber.gradient("prediction", *averaged("clip({prediction}−{target}, −{delta}, {delta})"))
def _(g: Any, y: Any, prediction: Any, target: Any, delta: float, reduction: str, sample_weight: Any) -> Any:
    return each(g, prediction, reduction, sample_weight) * np.clip(
        prediction - like(target, prediction), -delta, delta
    )


@huber.gradient("target", *averaged("clip({target}−{prediction}, −{delta}, {delta})"))
def _(g: Any, y: Any, prediction: Any, target: Any, delta: float, reduction: str, sample_weight: Any) -> Any:
    return each(g, target, reduction, sample_weight) * np.clip(
        target - prediction, -float(delta), float(delta)
    )


@op(
    "hinge",
    check=_signs,
    domain={"target": SIGNS},
    samples=(case((4,), (4,)), case((3,), (3,), reduction="sum")),
)
def hinge(score: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None) -> Any:
    """Hinge loss: the mean of max(0, 1 - target score), targets -1 and +1; gradient 0 on the margin.

    The loss of support vector machines (Cortes and Vapnik 1995). Shapes, `reduction`, `sample_weight` and
    errors are those of `mse`; another target is a ValueError too. There is no gradient in `target`.
    """
    return reduced(np.maximum(1.0 - like(target, number(score)) * score, 0.0), reduction, sample_weight)


@hinge.gradient("score", *averaged("(−{target})·({target}·{score} < 1)"))
def _(g: Any, y: Any, score: Any, target: Any, reduction: str, sample_weight: Any) -> Any:
    target = like(target, score)
    return each(g, score, reduction, sample_weight) * (-target * (target * score < 1))
