"""The paths that optimisers take over the loss of two weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.optim import SGD, Adam, Newton, RMSprop
from autograd_lite.plots import checks
from autograd_lite.plots.curvature import Loss, loss_named
from autograd_lite.tensor import Parameter

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "gradient descent": lambda params: SGD(params, lr=1.0),
    "momentum": lambda params: SGD(params, lr=0.3, momentum=0.9),
    "RMSprop": lambda params: RMSprop(params, lr=0.1),
    "Adam": lambda params: Adam(params, lr=0.2),
    "Newton": Newton,
}


def descend(
    X: Any, y: Any, loss: str | Loss, start: Any, optimizer: str | Callable[[Any], Any], steps: int = 100
) -> Any:
    """The weights w at `start` and after each step of an optimiser: (steps + 1, 2), for `loss_surface`.

    The loss is that of the logits X @ w, with X, y and `loss` as in `surface`. `optimizer` is "gradient
    descent", "momentum", "RMSprop", "Adam", "Newton", or a function that makes an optimiser from
    parameters: `lambda params: ag.optim.SGD(params, lr=0.1)`. Others are a ValueError, as is other data.
    """
    X = checks.features("descend", X, 2)
    y = checks.binary("descend", y, len(X))
    loss = loss_named("descend", loss)
    start = np.asarray(start, float)
    if start.shape != (2,):
        raise ValueError(
            f"descend: start has shape {start.shape}; give the two weights to start from: (-8, 8)"
        )
    if not callable(optimizer) and optimizer not in OPTIMIZERS:
        raise ValueError(
            f"descend: optimizer is {optimizer!r}; it is one of {', '.join(map(repr, OPTIMIZERS))}, or a "
            "function that makes an optimiser from parameters"
        )
    w = Parameter(start, name="w")
    made = (optimizer if callable(optimizer) else OPTIMIZERS[optimizer])([w])
    path = [w.data]
    for _ in range(steps):
        if getattr(made, "needs_loss", False):
            made.step(lambda: loss(X @ w, y))
        else:
            loss(X @ w, y).backward(keep="leaves")
            made.step()
        path.append(w.data)
    return np.array(path)
