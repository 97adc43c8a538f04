"""First-order optimisers: pure updates in plain NumPy, and classes that apply them to parameters.

An update is a function (parameter, gradient, state, settings) -> (new parameter, new state) of arrays;
it writes into nothing. The numbers are PyTorch's. Steps are written `-lr * d + p`, which NumPy computes
in one fresh array: for large parameters many times faster than `p - lr * d`, with the same result.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.optim.optimizer import Optimizer, State


def sgd(
    p: Any, g: Any, state: State, lr: float, momentum: float, nesterov: bool, weight_decay: float
) -> tuple[Any, State]:
    """Gradient descent, p - lr g; with momentum p - lr v where v <- momentum v + g; state (v,).

    Nesterov's form steps along g + momentum v; weight decay adds weight_decay p to g. Sutskever et
    al. (2013), in PyTorch's arrangement: lr multiplies v, it is not part of it.
    """
    if weight_decay:
        g = weight_decay * p + g
    if momentum:
        v = momentum * state[0] + g if state else g
        g = momentum * v + g if nesterov else v
        state = (v,)
    return -lr * g + p, state


def adam(
    p: Any, g: Any, state: State, lr: float, betas: tuple[float, float], eps: float, weight_decay: float
) -> tuple[Any, State]:
    """Adam: p - lr m' / (sqrt(v') + eps), with unbiased running means m', v' of g and g^2; state (m, v, t).

    Kingma and Ba (2015), algorithm 1; `betas` are the rates of the means, weight decay adds weight_decay p
    to g.
    """
    (beta1, beta2), (m, v, t) = betas, state
    if weight_decay:
        g = weight_decay * p + g
    t += 1
    m = beta1 * m + (1.0 - beta1) * g
    v = (1.0 - beta2) * g * g + beta2 * v
    root = np.sqrt(v) / (1.0 - beta2**t) ** 0.5 + eps
    return (-lr / (1.0 - beta1**t)) * m / root + p, (m, v, t)


def adamw(
    p: Any, g: Any, state: State, lr: float, betas: tuple[float, float], eps: float, weight_decay: float
) -> tuple[Any, State]:
    """Adam with decoupled weight decay: p shrinks by the factor 1 - lr weight_decay; state (m, v, t).

    Loshchilov and Hutter (2019), algorithm 2, with lr in the place of their schedule; g, `betas` and `eps`
    are those of `adam`.
    """
    return adam((1.0 - lr * weight_decay) * p, g, state, lr, betas, eps, 0.0)


def rmsprop(
    p: Any,
    g: Any,
    state: State,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
) -> tuple[Any, State]:
    """RMSprop: p - lr g / (sqrt(v) + eps), with v the running mean of g^2; state (v, step).

    Tieleman and Hinton (2012), lecture 6e; momentum sums such steps, weight decay adds
    weight_decay p to g.
    """
    v, step = state
    if weight_decay:
        g = weight_decay * p + g
    v = (1.0 - alpha) * g * g + alpha * v
    step = momentum * step + g / (np.sqrt(v) + eps) if momentum else g / (np.sqrt(v) + eps)
    return -lr * step + p, (v, step)


class SGD(Optimizer):
    """Stochastic gradient descent: p - lr g, with (Nesterov's) momentum and weight decay on request.

    With `momentum` m a step is -lr v, where v <- m v + g, with `nesterov=True` -lr (g + m v): Sutskever et
    al. (2013), in PyTorch's arrangement, after Nesterov (1983). `weight_decay` c adds c p to g. `params`
    and errors are those of `Optimizer`; `nesterov` without momentum is a ValueError too.

    >>> from autograd_lite.tensor import Parameter
    >>> w = Parameter(1.0)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).backward(), optimizer.step(), w.item()
    (None, None, 0.8)
    """

    state_names = ("v",)

    def __init__(
        self,
        params: Any,
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov=True has no effect without momentum; give momentum=0.9")

    def start(self, p: Any) -> State:
        """The state of data p before the first step: no velocity."""
        return (np.zeros_like(p)[()],) if self.momentum else ()

    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """One step, `sgd`, from data p with gradient g and `state`: new data, new state."""
        return sgd(p, g, state, self.lr, self.momentum, self.nesterov, self.weight_decay)


class Adam(Optimizer):
    """Adam: steps of size about lr, scaled by running means of gradients and of their squares.

    A step is -lr m' / (sqrt(v') + eps), with m' and v' the means of g and g^2, free of bias, that decay at
    the rates `betas`; `weight_decay` c adds c p to g. Kingma and Ba (2015), with their defaults. `params` and
    errors are those of `Optimizer`.
    """

    rule = staticmethod(adam)
    state_names = "m", "v", "t"

    def __init__(
        self,
        params: Any,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay

    def start(self, p: Any) -> State:
        """The state of data p before the first step: both means 0, no step made."""
        zeros = np.zeros_like(p)[()]
        return zeros, zeros, 0

    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """One step, `adam` or `adamw`, from data p with gradient g and `state`: new data, new state."""
        return self.rule(p, g, state, self.lr, self.betas, self.eps, self.weight_decay)


class AdamW(Adam):
    """Adam with decoupled weight decay: before its step, p shrinks by the factor 1 - lr weight_decay.

    Loshchilov and Hutter (2019), with PyTorch's default of `weight_decay`. `params`, `betas`, `eps` and
    errors are those of `Adam`.
    """

    rule = staticmethod(adamw)

    def __init__(
        self,
        params: Any,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)


class RMSprop(Optimizer):
    """RMSprop: gradients divided by the root of a running mean of their squares.

    A step is -lr g / (sqrt(v) + eps), with v the mean of g^2 that decays at the rate `alpha`; with
    `momentum` such steps are summed, `weight_decay` c adds c p to g. Tieleman and Hinton (2012), lecture
    6e, with PyTorch's defaults. `params` and errors are those of `Optimizer`.
    """

    state_names = "v", "step"

    def __init__(
        self,
        params: Any,
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        super().__init__(params)
        self.lr, self.alpha, self.eps = lr, alpha, eps
        self.weight_decay, self.momentum = weight_decay, momentum

    def start(self, p: Any) -> State:
        """The state of data p before the first step: mean and step 0."""
        zeros = np.zeros_like(p)[()]
        return zeros, zeros

    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """One step, `rmsprop`, from data p with gradient g and `state`: new data, new state."""
        return rmsprop(p, g, state, self.lr, self.alpha, self.eps, self.weight_decay, self.momentum)
