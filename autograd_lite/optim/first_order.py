"""Optimisers that use the gradient alone: SGD, Adam, AdamW and RMSprop, with PyTorch's numbers.

A step is written `-lr * d + p`, which NumPy computes in one fresh array. For large parameters this is many
times faster than `p - lr * d`, with the same result.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import numpy as np

from autograd_lite.arguments import explained, fraction, positive
from autograd_lite.optim.optimizer import Optimizer, State
from autograd_lite.tensor import Parameter


def in_float32(update: Callable[..., tuple[Any, State]]) -> Callable[..., tuple[Any, State]]:
    """Decorator: update float16 parameters in float32, where squares neither vanish nor overflow."""

    @wraps(update)
    def converted(self: Any, p: Any, g: Any, state: State) -> tuple[Any, State]:
        if p.dtype != np.float16:
            return update(self, p, g, state)
        p, state = update(self, p.astype(np.float32), g.astype(np.float32), state)
        return p.astype(np.float16), state

    return converted


class SGD(Optimizer):
    """Stochastic gradient descent: p - lr g, optionally with momentum, Nesterov's form and weight decay.

    With `momentum` m a step is -lr v, where v <- m v + g. With `nesterov=True` it is -lr (g + m v).
    `weight_decay` c adds c p to g. Nesterov (1983); Sutskever et al. (2013), with lr as a factor of v as in
    PyTorch. `params` and errors are the same as in `Optimizer`. Raises ValueError also for `nesterov`
    without momentum.

    >>> from autograd_lite.tensor import Parameter
    >>> w = Parameter(1.0)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).backward(), optimizer.step(), w.item()
    (None, None, 0.8)
    """

    settings = Optimizer.settings | {"momentum": fraction}
    state_names = ("v",)

    @explained
    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr = lr
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov=True has no effect without momentum; give momentum=0.9")

    def start(self, p: Any) -> State:
        """Return the state of data p before the first step: velocity 0, or nothing without momentum."""
        return (np.zeros_like(p)[()],) if self.momentum else ()

    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """Return new data and new state (v,) for data p with gradient g and `state`."""
        if self.weight_decay:
            g = self.weight_decay * p + g
        if self.momentum:
            v = self.momentum * state[0] + g if state else g
            g = self.momentum * v + g if self.nesterov else v
            state = (v,)
        return -self.lr * g + p, state


def _two_fractions(optimizer: str, name: str, value: Any) -> tuple[float, float]:
    """Return the value as two Python floats in [0, 1)."""
    try:
        first, second = (fraction(optimizer, name, beta) for beta in value)
    except (TypeError, ValueError):
        raise ValueError(
            f"{optimizer}: {name} is {value!r}; it must be two numbers, each at least 0 and less than 1"
        ) from None
    return first, second


class Adam(Optimizer):
    """Adam: steps of size about lr, scaled by running means of gradients and of their squares.

    A step is -lr m' / (sqrt(v') + eps). m' and v' are the running means of g and g^2, which decay at the
    rates `betas`, corrected for their bias. `weight_decay` c adds c p to g. Kingma and Ba (2015), algorithm
    1, with their defaults. `params` and errors are the same as in `Optimizer`.
    """

    settings = Optimizer.settings | {"betas": _two_fractions, "eps": positive}
    state_names = ("m", "v", "t")

    @explained
    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    def start(self, p: Any) -> State:
        """Return the state of data p before the first step: both means and the number of steps 0."""
        zeros = np.zeros_like(p, np.float32 if p.dtype == np.float16 else None)[()]
        return zeros, zeros, 0

    @in_float32
    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """Return new data and new state (m, v, t) for data p with gradient g and `state`."""
        if self.weight_decay:
            g = self.weight_decay * p + g
        return self._adam(p, g, state)

    def _adam(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        beta1, beta2 = self.betas
        m, v, t = state
        t += 1
        m = beta1 * m + (1.0 - beta1) * g
        v = (1.0 - beta2) * g * g + beta2 * v
        root = np.sqrt(v) / (1.0 - beta2**t) ** 0.5 + self.eps
        return (-self.lr / (1.0 - beta1**t)) * m / root + p, (m, v, t)


class AdamW(Adam):
    """Adam with decoupled weight decay: before its step, p shrinks by the factor 1 - lr weight_decay.

    Loshchilov and Hutter (2019), algorithm 2, with PyTorch's default of `weight_decay`. `params`, `lr`,
    `betas`, `eps` and errors are the same as in `Adam`.
    """

    @explained
    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    @in_float32
    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """Return new data and new state (m, v, t) for data p with gradient g and `state`."""
        return self._adam((1.0 - self.lr * self.weight_decay) * p, g, state)


class RMSprop(Optimizer):
    """RMSprop: gradients divided by the root of a running mean of their squares.

    A step is -lr g / (sqrt(v) + eps). v is the running mean of g^2, which decays at the rate `alpha`. With
    `momentum` m the steps add up: s <- m s + g / (sqrt(v) + eps). `weight_decay` c adds c p to g. Tieleman
    and Hinton (2012), lecture 6e, with PyTorch's defaults. `params` and errors are the same as in
    `Optimizer`.
    """

    settings = Optimizer.settings | {"alpha": fraction, "eps": positive, "momentum": fraction}
    state_names = ("v", "step")

    @explained
    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.weight_decay = weight_decay
        self.momentum = momentum

    def start(self, p: Any) -> State:
        """Return the state of data p before the first step: mean and step 0."""
        zeros = np.zeros_like(p, np.float32 if p.dtype == np.float16 else None)[()]
        return zeros, zeros

    @in_float32
    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """Return new data and new state (v, step) for data p with gradient g and `state`."""
        v, step = state
        if self.weight_decay:
            g = self.weight_decay * p + g
        v = (1.0 - self.alpha) * g * g + self.alpha * v
        scaled = g / (np.sqrt(v) + self.eps)
        step = self.momentum * step + scaled if self.momentum else scaled
        return -self.lr * step + p, (v, step)
