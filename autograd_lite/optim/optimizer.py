"""What all optimisers share: their parameters, checked settings, and a step that refuses bad gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, isfinite
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.tensor import Parameter, Tensor

State = tuple[Any, ...]

_vdot = np.vdot

_WHOLE: tuple[Callable[[float], bool], str] = (lambda v: v >= 1 and v % 1 == 0, "a whole number, 1 or more")

# What each setting must be, and how that is said.
_SETTINGS: dict[str, tuple[Callable[[float], bool], str]] = {
    "lr": (lambda v: 0 < v < inf, "positive and finite"),
    "eps": (lambda v: 0 < v < inf, "positive and finite"),
    "weight_decay": (lambda v: 0 <= v < inf, "at least 0 and finite"),
    "momentum": (lambda v: 0 <= v < 1, "at least 0 and less than 1"),
    "alpha": (lambda v: 0 <= v < 1, "at least 0 and less than 1"),
    "betas": (lambda v: 0 <= v < 1, "two numbers, each at least 0 and less than 1"),
    "damping": (lambda v: 0 <= v < inf, "at least 0 and finite"),
    "max_iter": _WHOLE,
    "memory": _WHOLE,
}


class Optimizer:
    """What gives parameters new data by `update`, a pure function of data, gradient and state.

    `params` is any iterable of `Parameter`s, such as `model.parameters()`. Settings such as `lr` may be
    assigned at any time and are checked. A frozen parameter (`requires_grad=False`) is left alone.
    Gradients are never cleared: `backward` overwrites them. Raises a TypeError for what is no `Parameter`, a
    ValueError for none, for one twice, and for a setting out of its range.
    """

    params: list[Parameter]
    state: list[State]
    state_names: tuple[str, ...] = ()  # of the parts of a state, as formulas write them
    needs_loss = False  # whether step takes a function that returns the loss, which it evaluates itself

    def __init__(self, params: Iterable[Parameter]) -> None:
        self.params = checked(type(self).__name__, params)
        self.state = []  # one for each parameter, from the first step on
        self._used: list[Any] = [None] * len(self.params)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SETTINGS:
            value = setting(type(self).__name__, name, value)
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        hint = "; leave it out: backward() overwrites gradients" * (name == "zero_grad")
        raise AttributeError(f"{type(self).__name__} has no {name}{hint}", name=name, obj=self)

    def __repr__(self) -> str:
        settings = [f"{k}={v!r}" for k, v in vars(self).items() if k in _SETTINGS]
        return f"{type(self).__name__}({len(self.params)} parameters, {', '.join(settings)})"

    def start(self, p: Any) -> State:
        """The state of a parameter with data p before its first step."""
        raise NotImplementedError

    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """New data and new state for data p with gradient g; a pure function."""
        raise NotImplementedError

    def step(self) -> None:
        """Update every parameter by its gradient, after `backward`.

        Raises a ValueError naming the parameter, before any has changed, when a gradient is missing, is
        the one of the last step again, is not finite, or has not the shape and dtype of its parameter.
        """
        states = self.state or [self.start(p.data) for p in self.params]
        update, grads, moved = self.update, [], []
        for p, state, used in zip(self.params, states, self._used):  # noqa: B905 - strict costs time
            g, data = p.grad, p.data
            grads.append(g)
            if not p.requires_grad:
                moved.append((data, state))
                continue
            if (
                g is None
                or g is used
                or g.shape != data.shape
                or g.dtype != data.dtype
                # The squares overflow where entries do not, and vdot alone does so without a warning.
                or not (isfinite(_vdot(g, g) if g.ndim else g) or np.isfinite(g).all())
            ):
                raise ValueError(f"{type(self).__name__}.step: {_refusal(p, used)}")
            moved.append(update(data, g, state))
            if moved[-1][0].dtype != data.dtype:
                raise ValueError(
                    f"{type(self).__name__}.step: {p.name or 'a parameter'} is {data.dtype} and the "
                    "optimiser's state is not; make a new optimiser after model.astype()"
                )
        for p, (data, _) in zip(self.params, moved):  # noqa: B905 - nothing changes before all is computed
            p.data = data
        self.state, self._used = [state for _, state in moved], grads


def _refusal(p: Parameter, used: Any) -> str:
    """What is wrong with the gradient of a parameter, and what to do about it."""
    name, g = p.name or f"a parameter of shape {p.shape}", p.grad
    if g is None:
        return (
            f"{name} has no gradient: the loss does not reach it or backward() was not called; compute "
            f"the loss from it, or leave it out of the optimiser"
        )
    if g is used:
        return (
            f"the gradient of {name} was used by the last step already: the last loss did not reach it, "
            "or backward() was forgotten; call loss.backward() before every step()"
        )
    if g.shape != p.shape or g.dtype != p.dtype:
        return (
            f"{name} has shape {p.shape} and dtype {p.dtype}, its gradient {g.shape} and {g.dtype}; they "
            "must be equal"
        )
    told = errors.non_finite(g)
    return (
        f"the gradient of {name} is not finite: {told}; lower lr, standardise the features, and look "
        f"for nan and inf in the data"
    )


def setting(optimizer: str, name: str, value: Any) -> Any:
    """A setting as Python numbers, which keep float32 parameters float32; a ValueError if it is not legal."""
    legal, told = _SETTINGS[name]
    try:
        values = tuple(map(float, value)) if name == "betas" else (float(value),)
    except (TypeError, ValueError):
        values = ()
    if len(values) != (2 if name == "betas" else 1) or not all(map(legal, values)):
        raise ValueError(f"{optimizer}: {name} is {value!r}; it must be {told}")
    if name == "betas":
        return values
    return int(values[0]) if legal is _WHOLE[0] else values[0]


def checked(optimizer: str, params: Any) -> list[Parameter]:
    """The parameters as a list: at least one, each once, and nothing else."""
    wanted = "give a list of ag.nn.Parameter, such as model.parameters()"
    if isinstance(params, Tensor) or not isinstance(params, Iterable):
        given = errors.name_of(params, "a tensor") if isinstance(params, Tensor) else repr(params)
        raise TypeError(f"{optimizer}: params is {given}; {wanted}")
    listed = list(params)
    seen: dict[int, int] = {}
    for i, p in enumerate(listed):
        if not isinstance(p, Parameter):
            named = f" named {p.name}" if isinstance(p, Tensor) and p.name else ""
            raise TypeError(
                f"{optimizer}: params[{i}] is a {type(p).__name__}{named}, not a Parameter; {wanted}"
            )
        if id(p) in seen:
            raise ValueError(
                f"{optimizer}: params[{i}] and params[{seen[id(p)]}] are the same parameter, "
                f"{p.name or f'of shape {p.shape}'}; give each once"
            )
        seen[id(p)] = i
    if not listed:
        raise ValueError(f"{optimizer}: params is empty; {wanted} (an iterator serves only once)")
    return listed
