"""The base class of optimisers: parameters, checked settings, and a step that refuses bad gradients."""

from collections.abc import Iterable
from inspect import signature
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import Check, not_negative, positive
from autograd_lite.guesses import ARGUMENTS, OPTIMIZER
from autograd_lite.tensor import Parameter, Tensor

State = tuple[Any, ...]

_vdot = np.vdot


class Parameters(list[Parameter]):
    """The parameters of an optimiser: a list that cannot be changed, because each has its own state."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(
            "optimizer.params: this list cannot be changed, because each parameter has its own state; make a "
            "new optimiser of all parameters, such as SGD([*optimizer.params, b], lr=0.1)"
        )

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self) -> Any:
        """Copy and pickle without append."""
        return type(self), (list(self),)


class Optimizer:
    """Base class of optimisers: a subclass defines `update`, a pure function of data, gradient and state.

    `params` is any iterable of `Parameter`s, such as `model.parameters()`. Settings such as `lr` may be
    assigned at any time and are checked. A parameter with `requires_grad=False` is not changed. There is
    no need to clear gradients, because `backward` overwrites them.

    A subclass lists its settings and their checks in `settings`. They are part of its `repr`. It names
    the parts of a parameter's state in `state_names`, for compiled programs.

    Raises TypeError if an entry of `params` is not a `Parameter`. Raises ValueError if it is empty, if one
    occurs twice, or if a setting is out of its range.
    """

    params: list[Parameter]
    state: list[State]  # one for each parameter; empty before the first step
    settings: ClassVar[dict[str, Check]] = {"lr": positive, "weight_decay": not_negative}
    state_names: ClassVar[tuple[str, ...]] = ()
    needs_loss: ClassVar[bool] = False  # True if step takes a function that returns the loss

    def __init__(self, params: Iterable[Parameter]) -> None:
        self.params = Parameters(check_parameters(type(self).__name__, params))
        self.state = []
        self._shapes: list[Any] = [None] * len(self.params)  # of the data in the last step

    def __setattr__(self, name: str, value: Any) -> None:
        # Checks return Python floats. A NumPy float64 would turn float32 parameters into float64.
        if name in self.settings:
            value = self.settings[name](type(self).__name__, name, value)
        elif name == "params" and "params" in vars(self) and value is not self.params:
            self.params.clear()  # raises an error
        elif name not in vars(self) and name not in ("params", "state", "_shapes"):
            ours = type(self).__module__.startswith("autograd_lite.")
            if ARGUMENTS.get(name) in vars(self) or (ours and name not in signature(type(self)).parameters):
                getattr(self, name)  # raises an error, unless the class has it
        object.__setattr__(self, name, value)

    if not TYPE_CHECKING:  # type checkers report names that do not exist

        def __getattr__(self, name):
            settings = [key for key in signature(type(self)).parameters if key != "params"]
            remedy = OPTIMIZER.get(name) or f"its settings are {', '.join(settings)}"
            if ARGUMENTS.get(name) in vars(self):
                remedy = f"it is called {ARGUMENTS[name]} here"
            raise AttributeError(f"{type(self).__name__} has no {name}; {remedy}", name=name, obj=self)

    def __repr__(self) -> str:
        settings = [f"{name}={value!r}" for name, value in vars(self).items() if name in self.settings]
        return f"{type(self).__name__}({', '.join([f'{len(self.params)} parameters', *settings])})"

    def zero_grad(self, *args: object, **kwargs: object) -> NoReturn:
        """Raise AttributeError: there is no need to clear gradients, because `backward` overwrites them."""
        raise AttributeError(
            f"{type(self).__name__} has no zero_grad; leave it out: backward() overwrites gradients",
            name="zero_grad",
            obj=self,
        )

    def start(self, p: Any) -> State:
        """Return the state of a parameter with data p before its first step."""
        raise NotImplementedError

    def update(self, p: Any, g: Any, state: State) -> tuple[Any, State]:
        """Return new data and new state for data p with gradient g; writes into none of them."""
        raise NotImplementedError

    def step(self) -> None:
        """Update every parameter with its gradient. Call it after `backward`.

        Raises ValueError, before any parameter has changed, if a gradient is missing, was already used by
        the last step, is not finite, or differs from its parameter in shape or dtype.
        """
        states = self.state or [self.start(p._value) for p in self.params]
        update = self.update
        shapes = []
        new_data = []
        new_states = []
        trained: list[Parameter] = []
        for p, state, shape in zip(self.params, states, self._shapes):  # noqa: B905 - strict costs time
            g = p._grad
            data = p._value
            shapes.append(data.shape)
            if not p.requires_grad:
                new_data.append(data)
                new_states.append(state)
                continue
            if (
                g is None
                or p.backward_pass is getattr(p, "used_pass", None)
                or (state and shape not in (None, data.shape))
                or g.shape != data.shape
                or g.dtype != data.dtype
                # The sum of squares may overflow if no entry does. vdot does so without a warning.
                or not (isfinite(_vdot(g, g) if g.ndim else g) or np.isfinite(g).all())
            ):
                raise ValueError(f"{type(self).__name__}.step: {_gradient_problem(p, shape)}")
            trained.append(p)
            updated, state = update(data, g, state)
            new_data.append(updated)
            new_states.append(state)
            if updated.dtype != data.dtype:
                raise ValueError(
                    f"{type(self).__name__}.step: {p.name or 'a parameter'} is {data.dtype} and the "
                    "optimiser's state is not; make a new optimiser after model.astype()"
                )
        if any(p.backward_pass is not trained[0].backward_pass for p in trained):
            self._refuse_overwritten(trained)
        for p, data in zip(self.params, new_data):  # noqa: B905 - nothing changes before all is computed
            p._value = data
        for p in trained:
            p.used_pass = p.backward_pass
        vars(self).update(state=new_states, _shapes=shapes)  # past __setattr__, which checks settings

    def _refuse_overwritten(self, trained: list[Parameter]) -> None:
        """Raise ValueError if a gradient is left from a backward pass whose others a later pass replaced."""
        for p in trained:
            later = [describe(q) for q in trained if q.backward_pass is not p.backward_pass]
            if later and p.backward_pass.overwritten:
                raise ValueError(
                    f"{type(self).__name__}.step: the gradient of {describe(p)} is from an earlier backward "
                    f"pass than that of {later[0]}, and the last loss does not reach it; add both losses, "
                    "(loss1 + loss2).backward(), or leave it out of the optimiser"
                )


def describe(p: Parameter) -> str:
    """Return the name of a parameter, or its shape, for a message."""
    return p.name or f"a parameter of shape {p.shape}"


def _gradient_problem(p: Parameter, shape: Any) -> str:
    """Return what is wrong with the gradient of a parameter, and what to do about it."""
    name = describe(p)
    g = p._grad
    if g is None:
        return (
            f"{name} has no gradient: the loss does not reach it or backward() was not called; compute "
            "the loss from it, or leave it out of the optimiser"
        )
    if p.backward_pass is getattr(p, "used_pass", None):
        return (
            f"the gradient of {name} was used by the last step already: the last loss did not reach it, "
            "or backward() was forgotten; call loss.backward() before every step()"
        )
    if g.shape != p.shape or g.dtype != p.dtype:
        return (
            f"{name} has shape {p.shape} and dtype {p.dtype}, its gradient {g.shape} and {g.dtype}; they "
            "must be equal"
        )
    if problem := errors.non_finite(g):
        return (
            f"the gradient of {name} is not finite: {problem}; lower lr, standardise the features, and look "
            "for nan and inf in the data"
        )
    return (
        f"{name} has shape {p.shape} and had {shape} in the last step, which the optimiser's state is "
        "from; make a new optimiser"
    )


def check_parameters(optimizer: str, params: Any) -> list[Parameter]:
    """Return the parameters as a list; raises an error unless there is at least one, each once."""
    wanted = "give a list of ag.nn.Parameter, such as model.parameters()"
    if isinstance(params, Tensor) or not isinstance(params, Iterable):
        given = errors.name_of(params, "a tensor") if isinstance(params, Tensor) else repr(params)
        raise TypeError(f"{optimizer}: params is {given}; {wanted}")
    parameters = list(params)
    positions: dict[int, int] = {}
    for i, p in enumerate(parameters):
        if not isinstance(p, Parameter):
            named = f" named {p.name}" if isinstance(p, Tensor) and p.name else ""
            raise TypeError(
                f"{optimizer}: params[{i}] is a {type(p).__name__}{named}, not a Parameter; {wanted}"
            )
        if id(p) in positions:
            raise ValueError(
                f"{optimizer}: params[{i}] and params[{positions[id(p)]}] are the same parameter, "
                f"{p.name or f'of shape {p.shape}'}; give each once"
            )
        positions[id(p)] = i
    if not parameters:
        raise ValueError(f"{optimizer}: params is empty; {wanted} (an iterator can be used only once)")
    return parameters
