"""Compilation: a function recorded once and run ever after as one flat, readable NumPy program."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite import messages
from autograd_lite.autodiff import gradients
from autograd_lite.compiler import record
from autograd_lite.compiler.batch import UnbatchedError
from autograd_lite.compiler.leaves import Uses, uses_of
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
            program = self._programs.get(_frozen(key))
        while program is None or (results := program(arrays, more)) is None:
            program = self._compiled(_frozen(key), arrays, told)
        if known != key or program is not self._last[1]:
            self._programs.move_to_end(_frozen(key))
            self._last = key, program
        return results

    def _compiled(self, key: Any, arrays: Any, told: Any) -> Runnable:
        with RECORDING, _uncollected():
            uses = self._uses(arrays, told)
            one, other = (self._recorded(arrays, uses, told) for _ in range(2))
            if not equal(one, other):
                raise ValueError(
                    "compile: the function computes something else the second time, so no program can stand "
                    "for it: random numbers of its own, a counter, the time; pass what changes as an argument"
                )
            program = self._programs[key] = Runnable(one, uses)
            while len(self._programs) > _PROGRAMS:
                self._programs.popitem(last=False)
        return program

    def _uses(self, arrays: Any, told: Any) -> Uses:
        raise NotImplementedError

    def _recorded(self, arrays: Any, uses: Uses, told: Any) -> Program:
        raise NotImplementedError


def _frozen(key: Any) -> Any:
    return tuple(map(_frozen, key)) if isinstance(key, list | tuple) else key


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles while a program is made: it grows with all that is kept, and finds none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


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

    def hessian(self, *arrays: Any) -> Any:
        """All second derivatives of the value, a single number, in one argument: shape x.shape + x.shape."""
        if len(self._wanted) != 1:
            raise ValueError(
                f"compile: a Hessian is that of one argument, and argnums is {self._argnums!r}; compile the "
                "function again with argnums of the one that you want"
            )
        x = _array(arrays[self._wanted[0]])
        try:
            rows = self._run(record.hessian, arrays, self._wanted)[0]
        except UnbatchedError:  # something that is made for one vector at a time
            rows = np.array([self._run(record.curvature, arrays, self._wanted, [v])[0] for v in _units(x)])
        return rows.reshape(x.shape + x.shape)

    def _run(self, recorded: Any, given: Any, argnums: Any, directions: Any = ()) -> Any:
        arrays, more = [_array(x) for x in given], [_array(v) for v in directions]
        key = recorded, argnums, tuple([(x.shape, x.dtype) for x in arrays])
        return self._results(key, arrays, more, (recorded, argnums, more))

    def _uses(self, arrays: Any, told: Any) -> Uses:
        return uses_of(self._f, arrays, told[1])

    def _recorded(self, arrays: Any, uses: Uses, told: Any) -> Program:
        recorded, argnums, directions = told
        return recorded(self._f, arrays, uses, argnums, *([directions] if directions else ()))  # type: ignore[no-any-return]


def _units(x: Any) -> Any:
    """All arrays of the shape of x with one entry 1 and the others 0."""
    return np.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)


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
        if sum("step" in vars(kind) for kind in type(optimizer).__mro__) > 1:
            raise TypeError(
                f"compile: {type(optimizer).__name__} has a step of its own, which a compiled step would not "
                "make; put what it does into update(p, g, state), or train without compile"
            )
        self._optimizer = optimizer
        plain = (bool, int, float, tuple)
        names = [k for k, v in vars(optimizer).items() if isinstance(v, plain) and k != "lr"]
        self._settings = attrgetter(*names) if names else lambda _: ()  # lr is an input of the program

    def __call__(self, *arrays: Any) -> Any:
        """Make one step on these arrays; the loss before it, and then what f returns beside it, if anything.

        Raises a ValueError naming the parameter, before any has changed, for a gradient that is not finite.
        """
        optimizer = self._optimizer
        params = optimizer.params
        states = optimizer.state or [optimizer.start(p.data) for p in params]
        given = [x if type(x) is np.ndarray else _array(x) for x in arrays]
        trained, sizes, more = [], [], [optimizer.lr]
        for p, state in zip(params, states):  # noqa: B905 - strict costs time
            if p.requires_grad:
                trained.append(id(p))
                sizes.append(len(state))
                more += state
        key = trained, sizes, self._settings(optimizer), [(x.shape, x.dtype) for x in given]
        loss, squares, outputs, *moved = self._results(key, given, more, states)
        if not isfinite(squares):
            self._refuse_what_is_not_finite(given)
        after = iter(moved)
        optimizer.state = states = states.copy()
        for i, p in enumerate(params):
            if p.requires_grad:
                p.data, *state = next(after)
                states[i] = tuple(state)
        return (loss.item(), *outputs) if outputs else loss.item()

    def _uses(self, arrays: Any, told: Any) -> Uses:
        if not record.trainable(self._optimizer):
            raise ValueError(
                "compile: every parameter of the optimiser is frozen, so there is nothing to train"
            )
        tensors, draws = uses_of(self._f, arrays, ())
        return Uses(list(dict.fromkeys([*tensors, *record.trainable(self._optimizer)])), draws)

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
    loss; if f returns a tuple, (loss, output), so does the step. Parameters and other tensors that f uses
    are read anew at every call, and `Dropout` draws anew. There is one program for each tuple of shapes
    and dtypes, kept for the 32 of them that were used last.

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
