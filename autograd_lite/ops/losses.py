"""Losses for regression and margins: the mean over all elements unless `reduction` is "sum" or "none".

`sample_weight`, in the shape of the target, multiplies each element's loss before the reduction; a mean
still divides by the number of elements. Losses refuse to broadcast.
"""

from __future__ import annotations

import numpy as np

from autograd_lite import errors
from autograd_lite.domains import SIGNS
from autograd_lite.operation import case
from autograd_lite.ops.arrays import select
from autograd_lite.ops.elementwise import abs_slope
from autograd_lite.ops.loss import loss
from autograd_lite.protocol import holds


@loss("MSE", samples=(case((4,), (4,)), case((2, 3), (2, 3), reduction="sum")))
def mse(prediction, target):
    """Mean squared error: the mean of (prediction - target)^2, without a factor 1/2.

    >>> float(mse(np.array([100.0, 150.0, 200.0]), np.array([95.0, 140.0, 190.0])))
    75.0

    `prediction` and `target` have one shape. `reduction` is "mean", "sum" or "none"; `sample_weight`, of that
    shape, multiplies each element's loss. Raises ValueError if shapes differ (nothing broadcasts) or
    if both are empty.
    """
    error = prediction - target
    return error * error


@mse.gradient("prediction", "2({prediction}−{target})")
def _(g, y, prediction, target):
    return g * (2.0 * (prediction - target))


@mse.gradient("target", "2({target}−{prediction})")
def _(g, y, prediction, target):
    return g * (2.0 * (target - prediction))


@loss("MAE", samples=(case((4,), (4,)), case((2, 3), (2, 3), reduction="none")))
def mae(prediction, target):
    """Mean absolute error: the mean of |prediction - target|; its gradient at 0 is taken as 0.

    Shapes, `reduction`, `sample_weight` and errors are the same as in `mse`.
    """
    return np.abs(prediction - target)


@mae.gradient("prediction", "sign({prediction}−{target})")
def _(g, y, prediction, target):
    return g * abs_slope(prediction - target)


@mae.gradient("target", "sign({target}−{prediction})")
def _(g, y, prediction, target):
    return g * abs_slope(target - prediction)


def _check_delta(op, inputs, values, settings):
    if not settings["delta"] > 0:
        raise ValueError(f"{op.name}: delta={settings['delta']!r}; it must be positive")


@loss(
    "Huber",
    check=_check_delta,
    samples=(case((4,), (4,)), case((2, 3), (2, 3), delta=0.517, reduction="sum")),
)
def huber(prediction, target, *, delta: float = 1.0):
    """Huber loss: the mean of e^2 / 2 where |e| <= delta, and of delta (|e| - delta / 2) elsewhere.

    e is prediction - target (Huber 1964). Shapes, `reduction`, `sample_weight` and errors are the same as in
    `mse`; raises ValueError also if `delta` is not positive.
    """
    size = np.abs(prediction - target)
    inner = np.minimum(size, float(delta))  # the square of a large error would overflow
    return inner * (size - 0.5 * inner)


@huber.gradient("prediction", "clip({prediction}−{target}, −{delta}, {delta})")
def _(g, y, prediction, target, delta: float):
    return g * np.clip(prediction - target, -float(delta), float(delta))


@huber.gradient("target", "clip({target}−{prediction}, −{delta}, {delta})")
def _(g, y, prediction, target, delta: float):
    return g * np.clip(target - prediction, -float(delta), float(delta))


def _check_signs(op, inputs, values, settings):
    target = values[1]
    bad = np.abs(target) != 1
    if holds(bad.any()):
        name = errors.name_of(inputs[1], "target")
        raise ValueError(
            f"{op.name}: {name}{errors.first(bad)} is {target[bad][0]}; its labels are -1 and +1: turn 0 and "
            "1 into them by 2 * y - 1"
        )


@loss(
    "hinge",
    ordered=True,
    check=_check_signs,
    domain={"target": SIGNS},
    samples=(case((4,), (4,)), case((3,), (3,), reduction="sum")),
    selects=True,
)
def hinge(score, target):
    """Hinge loss: the mean of max(0, 1 - target score), targets -1 and +1; gradient 0 on the margin.

    The loss of support vector machines (Cortes and Vapnik 1995). Shapes, `reduction`, `sample_weight` and
    errors are the same as in `mse`; raises ValueError also for other targets. The target has no gradient.
    """
    return np.maximum(1.0 - target * score, 0.0)


@hinge.gradient("score", "(−{target})·({target}·{score} < 1)")
def _(g, y, score, target):
    return select(target * score < 1, g * -target)
