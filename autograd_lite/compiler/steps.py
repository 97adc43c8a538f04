"""Compiled training steps: forward, backward and update as one program."""

from collections.abc import Callable
from functools import partial
from math import isfinite
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite import errors
from autograd_lite.arguments import whole_number
from autograd_lite.autodiff import gradients
from autograd_lite.compiler import trace
from autograd_lite.compiler.cache import ProgramCache, as_array, data_of
from autograd_lite.compiler.draws import replayed
from autograd_lite.compiler.jax_backend import JaxFunction
from autograd_lite.compiler.trace import Inputs, Traced, trainable
from autograd_lite.tensor import Tensor, leaf

Result = TypeVar("Result")


class CompiledStep(ProgramCache, Generic[Result]):
    """A training step that runs as one program: forward, backward and update of the parameters.

    `ag.compile` returns it if it gets an optimizer. Each call makes `steps` steps.
    """

    _exports_data = False

    def __init__(self, f: Callable[..., Any], optimizer: Any, backend: str, steps: int) -> None:
        super().__init__(f, backend)
        self._steps = whole_number("compile", "steps", steps)
        _check_optimizer(optimizer)
        self._optimizer = optimizer

    def __call__(self, *arrays: ArrayLike) -> Result:
        """Train on `arrays`, the arguments of the loss, and return the loss before the step, a float.

        With `steps` above 1, return an array of the losses before each step. If f returns a tuple, return
        (loss, ...) with the other values of f before the last step. Raises ValueError naming the parameter,
        before any has changed, if a gradient is not finite.
        """
        if self._steps == 1 or self._backend == "jax":
            return self._step(arrays)  # type: ignore[no-any-return]
        before = self._optimizer.state, [p._value for p in self._optimizer.params]
        try:
            results = [self._step(arrays) for _ in range(self._steps)]  # each has an array of one loss
        except Exception:
            self._optimizer.state = before[0]
            for p, data in zip(self._optimizer.params, before[1], strict=True):
                p._value = data
            raise
        if isinstance(results[0], tuple):
            losses = np.concatenate([loss for loss, *_ in results])
            return (losses, *results[-1][1:])  # type: ignore[return-value]
        return np.concatenate(results)  # type: ignore[return-value]

    def _step(self, arrays: Any) -> Any:
        optimizer = self._optimizer
        params = optimizer.params
        states = optimizer.state or [optimizer.start(p._value) for p in params]
        more: list[Any] = [optimizer.lr]
        key: list[Any] = []
        for p, state in zip(params, states):  # noqa: B905 - strict takes time
            if p.requires_grad:
                key += id(p), len(state)
                more += state
        for x in arrays:
            if type(x) is not np.ndarray:
                arrays = [as_array(x, i, self._backend == "jax") for i, x in enumerate(arrays)]
                break
        for x in arrays:
            key += x.shape, x.dtype
        loss, squares, outputs, *updated = self._results(key, arrays, more, states)
        if not isfinite(squares):  # several steps in JAX: step by step, to find the first at fault
            return CompiledStep(self._f, optimizer, "numpy", self._steps)(*arrays)
        states = states.copy()
        results = iter(updated)
        for i, p in enumerate(params):
            if p.requires_grad:
                result = next(results)
                p._value = result[0]
                states[i] = result[1:]
        optimizer.state = states
        loss = loss.item() if self._steps == 1 else np.ravel(loss)
        return (loss, *outputs) if outputs else loss

    def _make_function(self, traced: Traced, arguments: int, context: Any) -> Any:
        if self._backend != "jax":
            return None
        if traced.sources and self._steps > 1:
            raise ValueError("compile: Dropout draws once for each call; use steps=1 with backend='jax'")
        states = self._trained(context)
        end = traced.program.inputs - sum(map(len, states))  # the states are the last inputs
        carried = []
        for position, state in enumerate(states, start=arguments):  # the parameters follow the arguments
            carried.append([position, *range(end, end + len(state))])
            end += len(state)
        return partial(JaxFunction, steps=self._steps, carried=carried)

    def _trained_tensors(self) -> list[Tensor]:
        parameters = trainable(self._optimizer)
        if not parameters:
            raise ValueError(
                "compile: every parameter of the optimiser is frozen, so there is nothing to train"
            )
        return parameters

    def _trace(self, inputs: Inputs, context: Any) -> Traced:
        return trace.step(self._f, inputs, self._optimizer, self._trained(context))

    def _trained(self, states: Any) -> list[Any]:
        """Return the states of the parameters that are trained."""
        pairs = zip(self._optimizer.params, states, strict=True)
        return [state for p, state in pairs if p.requires_grad]

    def _value_of(self, results: Any, context: Any) -> Any:
        return None if self._backend == "jax" and self._steps > 1 else results[0]

    def _checked(self, results: Any, arrays: Any, draws: Any, context: Any) -> Any:
        loss, squares, outputs, *_ = results
        several = self._backend == "jax" and self._steps > 1
        if several or (isfinite(squares) and loss == loss):  # noqa: PLR0124 - nan differs from itself
            return results
        parameters = trainable(self._optimizer)
        updated = []
        with np.errstate(all="ignore"), replayed(draws):
            value = self._value(*map(leaf, arrays))
            found = gradients(value, parameters)
            for p, g, state in zip(parameters, found, self._trained(context), strict=True):
                if reason := errors.non_finite(g):
                    raise ValueError(
                        f"compile: the gradient of {p.name or 'a parameter'} is not finite: {reason}; lower "
                        "lr, standardise the features, and look for nan and inf"
                    )
                data, new_state = self._optimizer.update(p._value, g, state)
                updated.append((data, *new_state))
        return np.float64(data_of(value)), 0.0, outputs, *updated


def _check_optimizer(optimizer: Any) -> None:
    """Refuse an optimiser whose step is more than its update."""
    if isinstance(optimizer, type) or not hasattr(optimizer, "update"):
        raise TypeError(f"compile: optimizer is {optimizer!r}; make one: ag.optim.Adam(model.parameters())")
    name = type(optimizer).__name__
    if getattr(optimizer, "needs_loss", False):
        raise TypeError(
            f"compile: a step of {name} evaluates the loss several times, which one program cannot do; call "
            "optimizer.step(loss), or ag.fit without compile"
        )
    if sum("step" in vars(kind) for kind in type(optimizer).__mro__) > 1:
        raise TypeError(
            f"compile: {name} has a step of its own, which a compiled step would not make; put what it does "
            "into update(p, g, state), or train without compile"
        )
