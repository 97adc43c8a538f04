"""Steps of training as programs: forward, backward and update in one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isfinite
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.autodiff import gradients
from autograd_lite.compiler import record
from autograd_lite.compiler.cached import Cached, array
from autograd_lite.compiler.leaves import Uses, uses_of
from autograd_lite.compiler.program import Program
from autograd_lite.compiler.xla import Jitted


class CompiledStep(Cached):
    """Forward, backward and update of a training step as one program, run `steps` times at each call.

    It is what `compile` makes of a loss `f` and an `optimizer`; `backend` is "numpy" or "jax".
    """

    _holds = False

    def __init__(self, f: Callable[..., Any], optimizer: Any, backend: str, steps: int) -> None:
        super().__init__(f, backend)
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ValueError(f"compile: steps is {steps!r}; give a whole number, 1 or more")
        self._steps = steps
        if isinstance(optimizer, type) or not hasattr(optimizer, "update"):
            raise TypeError(
                f"compile: optimizer is {optimizer!r}; make one: ag.optim.Adam(model.parameters())"
            )
        if getattr(optimizer, "needs_loss", False):
            raise TypeError(
                f"compile: a step of {type(optimizer).__name__} evaluates the loss as often as it needs, "
                "which is no one program; call optimizer.step(loss), or ag.fit without compile"
            )
        if sum("step" in vars(kind) for kind in type(optimizer).__mro__) > 1:
            raise TypeError(
                f"compile: {type(optimizer).__name__} has a step of its own, which a compiled step would not "
                "make; put what it does into update(p, g, state), or train without compile"
            )
        self._optimizer = optimizer
        plain = (bool, int, float, tuple)
        known = {"lr", "params", "state", "_used"}
        names = [k for k, v in vars(optimizer).items() if isinstance(v, plain) and k not in known]
        self._others = [k for k in vars(optimizer) if k not in {*names, *known}]
        self._settings = attrgetter(*names) if names else lambda _: ()  # lr is an input of the program

    def __call__(self, *arrays: Any) -> Any:
        """Make the steps on these arrays; the loss before the step, or an array of the losses before each.

        What f returns beside the loss follows it in a tuple, as it was before the last step. Raises a
        ValueError naming the parameter, before any has changed, for a gradient that is not finite.
        """
        if self._steps == 1 or self._backend == "jax":
            return self._step(arrays)
        before = self._optimizer.state, [p.data for p in self._optimizer.params]
        try:
            found = [self._step(arrays) for _ in range(self._steps)]  # each an array of one loss
        except Exception:
            self._optimizer.state = before[0]
            for p, data in zip(self._optimizer.params, before[1], strict=True):
                p.data = data
            raise
        if isinstance(found[0], tuple):
            return np.concatenate([loss for loss, *_ in found]), *found[-1][1:]
        return np.concatenate(found)

    def _step(self, arrays: Any) -> Any:
        optimizer = self._optimizer
        params = optimizer.params
        states = optimizer.state or [optimizer.start(p.data) for p in params]
        more: list[Any] = [optimizer.lr]
        key: list[Any] = [self._settings(optimizer)]
        if self._others:
            key += [_told(getattr(optimizer, name)) for name in self._others]
        for p, state in zip(params, states):  # noqa: B905 - strict costs time
            if p.requires_grad:
                key += id(p), len(state)
                more += state
        for x in arrays:
            if type(x) is not np.ndarray:
                arrays = [array(x, i, self._backend == "jax") for i, x in enumerate(arrays)]
                break
        for x in arrays:
            key += x.shape, x.dtype
        results = self._results(key, arrays, more, states)
        if not isfinite(results[1]):
            if self._backend == "jax" and self._steps > 1:  # one of them is at fault: make them one by one
                return CompiledStep(self._f, optimizer, "numpy", self._steps)(*arrays)
            self._refuse_what_is_not_finite(arrays)
        place, states = 3, states.copy()
        for i, p in enumerate(params):
            if p.requires_grad:
                p.data, states[i] = results[place][0], results[place][1:]
                place += 1
        optimizer.state = states
        loss = results[0].item() if self._steps == 1 else np.ravel(results[0])
        return (loss, *results[2]) if results[2] else loss

    def _jitted(self, uses: Uses, arrays: Any, told: Any) -> Any:
        if self._backend != "jax":
            return None
        if uses.draws and self._steps > 1:
            raise ValueError("compile: Dropout draws once for each call; use steps=1 with backend='jax'")
        end = len(arrays) + len(uses.tensors) + len(uses.draws) + 1  # of what comes before the states
        carried = []
        for p, state in zip(self._optimizer.params, told, strict=True):
            if p.requires_grad:
                place = next(i for i, leaf in enumerate(uses.tensors) if leaf is p)
                carried.append([len(arrays) + place, *range(end, end + len(state))])
                end += len(state)
        return partial(Jitted, steps=self._steps, carried=carried)

    def _uses(self, arrays: Any, told: Any) -> Uses:
        if not record.trainable(self._optimizer):
            raise ValueError(
                "compile: every parameter of the optimiser is frozen, so there is nothing to train"
            )
        uses = uses_of(self._f, arrays, ())
        return uses._replace(tensors=list(dict.fromkeys([*record.trainable(self._optimizer), *uses.tensors])))

    def _recorded(self, arrays: Any, uses: Uses, told: Any) -> Program:
        pairs = zip(self._optimizer.params, told, strict=True)
        states = [state for p, state in pairs if p.requires_grad]
        return record.step(self._f, arrays, uses, self._optimizer, states)

    def _refuse_what_is_not_finite(self, arrays: Any) -> None:
        """An error that names the gradient that is not finite; squares may overflow where none is."""
        trained = record.trainable(self._optimizer)
        with np.errstate(all="ignore"):
            found = self._f(*arrays)
            found = gradients(found[0] if isinstance(found, tuple) else found, trained)
        for p, g in zip(trained, found, strict=True):
            if told := errors.non_finite(g):
                raise ValueError(
                    f"compile: the gradient of {p.name or 'a parameter'} is not finite: {told}; lower lr, "
                    "standardise the features, and look for nan and inf"
                )


def _told(setting: Any) -> Any:
    """A setting of an optimiser as something that can be compared: what is in it."""
    return (setting.dtype.str, setting.tobytes()) if hasattr(setting, "tobytes") else repr(setting)
