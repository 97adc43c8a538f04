"""The paths that optimisers take over the loss of two weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.arguments import one_of
from autograd_lite.optim import SGD, Adam, Newton, Optimizer, RMSprop
from autograd_lite.plots import checks
from autograd_lite.plots.curvature import Loss, loss_named
from autograd_lite.tensor import Parameter

OPTIMIZERS: dict[str, Callable[[Any], Optimizer]] = {
    "gradient descent": lambda params: SGD(params, lr=1.0),
    "momentum": lambda params: SGD(params, lr=0.3, momentum=0.9),
    "RMSprop": lambda params: RMSprop(params, lr=0.1),
    "Adam": lambda params: Adam(params, lr=0.2),
    "Newton": Newton,
}


def descend(
    X: Any,
    y: Any,
    loss: str | Loss,
    start: Any,
    optimizer: str | Callable[[Any], Any],
    steps: int = 100,
) -> np.ndarray:
    """Return the weights at `start` and after each of the `steps` of an optimiser, (steps + 1, 2).

    The loss is computed from the logits X @ w. X, y and `loss` are the same as in `surface`. `start` are
    the first two weights. `optimizer` is "gradient descent", "momentum", "RMSprop", "Adam", "Newton", or a
    function of the parameters that returns an optimiser: `lambda params: ag.optim.SGD(params, lr=0.1)`.
    Raises ValueError if the data have another shape or a name is unknown.
    """
    X = checks.features("descend", X, 2)
    y = checks.binary_labels("descend", y, len(X))
    loss = loss_named("descend", loss)
    start = np.asarray(start, float)
    if start.shape != (2,):
        raise ValueError(
            f"descend: start has shape {start.shape}; give the two weights to start from: (-8, 8)"
        )
    if not callable(optimizer):
        alternative = "a function of the parameters that returns an optimiser"
        optimizer = OPTIMIZERS[one_of("descend", "optimizer", optimizer, OPTIMIZERS, alternative)]
    w = Parameter(start, name="w")
    rule: Any = optimizer([w])
    path = [w.data]
    for _ in range(steps):
        if getattr(rule, "needs_loss", False):
            rule.step(lambda: loss(X @ w, y))
        else:
            loss(X @ w, y).backward(keep="leaves")
            rule.step()
        path.append(w.data)
    return np.array(path)
