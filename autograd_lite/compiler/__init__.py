"""Compilation: a function recorded once and run ever after as one flat, readable NumPy program."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import isfinite
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite import messages
from autograd_lite.autodiff import gradients
from autograd_lite.compiler import record
from autograd_lite.compiler.leaves import leaves_of
from autograd_lite.compiler.program import Program, equal
from autograd_lite.compiler.run import RECORDING, Runnable
from autograd_lite.tensor import Tensor

_PROGRAMS = 32  # that one compiled function keeps: for so many tuples of shapes and dtypes


class _Cached:
    """Programs of one function, recorded when they are needed; `source` is the one that ran last."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._programs: OrderedDict[Any, Runnable] = OrderedDict()
        self._last: tuple[Any, Runnable | None] = None, None

    @property
    def source(self) -> str:
        """The program that ran last, as Python."""
        if (program := self._last[1]) is None:
            raise RuntimeError("compile: nothing is compiled yet; call the function once, with arrays")
        return program.source.text

    def _results(self, key: Any, arrays: Any, more: Any, told: Any = ()) -> Any:
        """What the program of a key returns; it is recorded where there is none, or none for such data.

        Where an op of ours refuses the data, recording raises the error that the function itself raises.
        """
        known, program = self._last
        if known != key:
            program = self._programs.get(key)
        while program is None or (results := program(arrays, more)) is None:
            program = self._compiled(key, arrays, told)
        if known != key:
            self._programs.move_to_end(key)
            self._last = key, program
        return results

    def _compiled(self, key: Any, arrays: Any, told: Any) -> Runnable:
        with RECORDING:
            leaves = self._leaves(arrays, told)
            one, other = (self._recorded(arrays, leaves, told) for _ in range(2))
            if not equal(one, other):
                raise ValueError(
                    "compile: the function computes something else the second time, so no program can stand "
                    "for it: random numbers, as of Dropout in training, a counter, the time; pass what "
                    "changes as an argument, or call model.eval()"
                )
            program = self._programs[key] = Runnable(one, leaves)
            while len(self._programs) > _PROGRAMS:
                self._programs.popitem(last=False)
            self._last = key, program
        return program

    def _leaves(self, arrays: Any, told: Any) -> list[Tensor]:
        raise NotImplementedError

    def _recorded(self, arrays: Any, leaves: list[Tensor], told: Any) -> Program:
        raise NotImplementedError


class Compiled(_Cached):
    """A function of arrays as a NumPy program.

    Called with arrays it returns an array. `value_and_grad`, `grad` and `hvp` are those of
    `ag.value_and_grad` and `ag.hvp` with the `argnums` of `compile`. What is returned is never written
    into again.
    """

    def __init__(self, f: Callable[..., Any], argnums: int | tuple[int, ...]) -> None:
        super().__init__(f)
        self._argnums = argnums
        self._wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def __call__(self, *arrays: Any) -> Any:
        """The value of the function; given a tensor, what the function returns, as part of its graph."""
        if any(isinstance(x, Tensor) for x in arrays):
            return self._f(*arrays)
        return self._run(record.value, arrays, ())[0]

    def value_and_grad(self, *arrays: Any) -> tuple[Any, Any]:
        """The value, a single number, and its gradient."""
        value, *found = self._run(record.value, arrays, self._wanted)
        return value, found[0] if isinstance(self._argnums, int) else tuple(found)

    def grad(self, *arrays: Any) -> Any:
        """The gradient of the value, a single number."""
        return self.value_and_grad(*arrays)[1]

    def hvp(self, arrays: Any, vs: Any) -> Any:
        """The Hessian of the value, a single number, times `vs`: as `ag.hvp`, in the arguments `argnums`.

        `arrays` are all arguments, in a tuple; `vs` is an array of the shape of the argument, or a tuple
        of such for a tuple `argnums`.
        """
        directions = (vs,) if isinstance(self._argnums, int) else tuple(vs)
        xs = [np.shape(arrays[i]) for i in self._wanted]
        if xs != [np.shape(v) for v in directions]:
            raise ValueError(
                f"compile: hvp gets directions of shapes {[np.shape(v) for v in directions]} for arguments "
                f"of shapes {xs}; they must be equal"
            )
        found = self._run(record.curvature, arrays, self._wanted, directions)
        return found[0] if isinstance(self._argnums, int) else tuple(found)

    def _run(self, recorded: Any, given: Any, argnums: Any, directions: Any = ()) -> Any:
        arrays, more = [_array(x) for x in given], [_array(v) for v in directions]
        key = recorded, argnums, tuple([(x.shape, x.dtype) for x in arrays])
        return self._results(key, arrays, more, (recorded, argnums, more))

    def _leaves(self, arrays: Any, told: Any) -> list[Tensor]:
        return leaves_of(self._f, arrays, told[1])

    def _recorded(self, arrays: Any, leaves: list[Tensor], told: Any) -> Program:
        recorded, argnums, directions = told
        return recorded(self._f, arrays, leaves, argnums, *([directions] if directions else ()))  # type: ignore[no-any-return]


def _array(x: Any) -> Any:
    """An argument as the program takes it: an array or a NumPy number; whole Python numbers become floats."""
    if isinstance(x, Tensor):
        x = x.data
    if isinstance(x, np.ndarray | np.generic):
        return x
    array = np.asarray(x)
    return array.astype(float)[()] if array.dtype.kind in "iu" else array[()]


class CompiledStep(_Cached):
    """Forward, backward and update of a training step as one NumPy program."""

    def __init__(self, f: Callable[..., Any], optimizer: Any) -> None:
        super().__init__(f)
        self._optimizer = optimizer
        plain = (bool, int, float, tuple)
        names = [k for k, v in vars(optimizer).items() if isinstance(v, plain) and k != "lr"]
        self._settings = attrgetter(*names) if names else lambda _: ()  # lr is an input of the program

    def __call__(self, *arrays: Any) -> float:
        """Make one step on these arrays; the loss before it.

        Raises a ValueError naming the parameter, before any has changed, for a gradient that is not finite.
        """
        optimizer = self._optimizer
        params = optimizer.params
        if len(optimizer.state) != len(params):
            optimizer.state = [optimizer.start(p.data) for p in params]
        trained, given = [], [x if type(x) is np.ndarray else _array(x) for x in arrays]
        more = [optimizer.lr]
        for p, state in zip(params, optimizer.state):  # noqa: B905 - strict costs time
            if p.requires_grad:
                trained.append(id(p))
                more += state
        key = tuple(trained), self._settings(optimizer), tuple([(x.shape, x.dtype) for x in given])
        results = self._results(key, given, more)
        if not isfinite(results[1]):
            self._refuse_what_is_not_finite(given)
        place, states = 2, []
        for p, state in zip(params, optimizer.state):  # noqa: B905
            if p.requires_grad:
                p.data = results[place]
                state, place = results[place + 1 : place + 1 + len(state)], place + 1 + len(state)
            states.append(state)
        optimizer.state = states
        return float(results[0])

    def _leaves(self, arrays: Any, told: Any) -> list[Tensor]:
        return list(dict.fromkeys([*leaves_of(self._f, arrays, ()), *record.trainable(self._optimizer)]))

    def _recorded(self, arrays: Any, leaves: list[Tensor], told: Any) -> Program:
        pairs = zip(self._optimizer.params, self._optimizer.state, strict=True)
        states = [state for p, state in pairs if p.requires_grad]
        return record.step(self._f, arrays, leaves, self._optimizer, states)

    def _refuse_what_is_not_finite(self, arrays: Any) -> None:
        """An error that names the gradient that is not finite; squares may overflow where none is."""
        trained = record.trainable(self._optimizer)
        for p, g in zip(trained, gradients(self._f(*arrays), trained), strict=True):
            if told := messages.non_finite(g):
                raise ValueError(
                    f"compile: the gradient of {p.name or 'a parameter'} is not finite: {told}; lower lr, "
                    "standardise the features, and look for nan and inf"
                )


def compile(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, *, optimizer: Any = None
) -> Compiled | CompiledStep:
    """f, a function of arrays, as a program that is recorded at its first call and run as NumPy ever after.

    With `optimizer`, f is a loss of its parameters, and each call is a step of training that returns the
    loss. Parameters and other tensors that f uses are read anew at every call. There is one program for
    each tuple of shapes and dtypes, kept for the 32 of them that were used last.

    Compiled functions may be called from several threads; while one is recorded, at its first call with
    new shapes, other threads must not use its parameters otherwise. Arrays that f takes from around it are
    used as they are: pass as an argument what you replace.
    """
    if not callable(f):
        raise TypeError(f"compile: f is {f!r}; pass a function of arrays")
    if optimizer is None:
        return Compiled(f, argnums)
    if not hasattr(optimizer, "update"):
        raise TypeError(f"compile: optimizer is {optimizer!r}; make one: ag.optim.Adam(model.parameters())")
    return CompiledStep(f, optimizer)


__all__ = ["Compiled", "CompiledStep", "Program", "compile"]
