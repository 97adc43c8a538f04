"""Compilation: a function recorded once and run ever after as one flat, readable NumPy program."""

from __future__ import annotations

import builtins
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import messages
from autograd_lite.compiler.emit import Source, emitted
from autograd_lite.compiler.record import Recording, leaves_of, recorded, recorded_step, trainable
from autograd_lite.compiler.simplify import simplified
from autograd_lite.compiler.symbols import Symbol
from autograd_lite.tensor import Tensor

_RECORDING = threading.RLock()  # held while tensors have symbols for data
_PROGRAMS = 32  # that one compiled function keeps: for so many tuples of shapes and dtypes


class _Cached:
    """Programs of one function, recorded when they are needed; `source` is the one that ran last."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._programs: OrderedDict[Any, _Runnable] = OrderedDict()
        self._last: _Runnable | None = None

    @property
    def source(self) -> str:
        """The program that ran last, as Python."""
        if self._last is None:
            raise RuntimeError("compile: nothing is compiled yet; call the function once, with arrays")
        return self._last.source.text

    def _results(self, key: Any, arrays: tuple[Any, ...], more: tuple[Any, ...], told: Any) -> list[Any]:
        """What the program returns; it is recorded again where an op of ours finds its input otherwise.

        Where that input is refused, recording raises the error that the function itself raises.
        """
        program = self._programs.get(key)
        if program is None or not program.fits():
            program = self._compiled(key, arrays, told)
        self._last = program
        results = program(arrays, more)
        while results is None:
            self._last = program = self._compiled(key, arrays, told)
            results = program(arrays, more)
        return results

    def _compiled(self, key: Any, arrays: tuple[Any, ...], told: Any) -> _Runnable:
        with _RECORDING:
            leaves = self._leaves(arrays, told)
            program, again = (_Runnable(self._recorded(arrays, leaves, told), leaves) for _ in range(2))
            _refuse_chance(program.source, again.source)
            self._programs[key] = program
            while len(self._programs) > _PROGRAMS:
                self._programs.popitem(last=False)
        return program

    def _leaves(self, arrays: tuple[Any, ...], told: Any) -> list[Tensor]:
        raise NotImplementedError

    def _recorded(self, arrays: tuple[Any, ...], leaves: list[Tensor], told: Any) -> Recording:
        raise NotImplementedError


def _refuse_chance(one: Source, other: Source) -> None:
    """An error for a function that is recorded differently the second time."""
    constants = zip(one.constants.values(), other.constants.values(), strict=False)
    if one.text != other.text or not all(np.array_equal(a, b, equal_nan=True) for a, b in constants):
        raise ValueError(
            "compile: the function computes something else the second time, so no program can stand for it: "
            "random numbers, as of Dropout in training, a counter, the time; pass what changes as an "
            "argument, or call model.eval()"
        )


class Compiled(_Cached):
    """A function of arrays as a NumPy program.

    Called with arrays it returns an array. `value_and_grad` and `grad` are those of `ag.value_and_grad`
    with the `argnums` of `compile`. What is returned is never written into again.
    """

    def __init__(self, f: Callable[..., Any], argnums: int | tuple[int, ...]) -> None:
        super().__init__(f)
        self._argnums = argnums
        self._wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def __call__(self, *arrays: Any) -> Any:
        """The value of the function; given a tensor, what the function returns, as part of its graph."""
        if any(isinstance(x, Tensor) for x in arrays):
            return self._f(*arrays)
        return self._run(arrays, ())[0]

    def value_and_grad(self, *arrays: Any) -> tuple[Any, Any]:
        """The value, a single number, and its gradient."""
        value, *gradients = self._run(arrays, self._wanted)
        return value, gradients[0] if isinstance(self._argnums, int) else tuple(gradients)

    def grad(self, *arrays: Any) -> Any:
        """The gradient of the value, a single number."""
        return self.value_and_grad(*arrays)[1]

    def _run(self, given: Sequence[Any], argnums: tuple[int, ...]) -> list[Any]:
        arrays = tuple(map(_array, given))
        return self._results((argnums, *((x.shape, x.dtype) for x in arrays)), arrays, (), argnums)

    def _leaves(self, arrays: tuple[Any, ...], told: Any) -> list[Tensor]:
        return leaves_of(self._f, arrays, told)

    def _recorded(self, arrays: tuple[Any, ...], leaves: list[Tensor], told: Any) -> Recording:
        return recorded(self._f, arrays, leaves, told)


class _Runnable:
    """A recorded program made to run: a pool of functions, each with buffers of its own."""

    def __init__(self, recording: Recording, leaves: list[Tensor]) -> None:
        self.program = simplified(recording.program)
        self.source: Source = emitted(self.program)
        self.leaves, self.guards = leaves, recording.guards
        self._kinds = [(leaf.shape, leaf.dtype) for leaf in leaves]
        self._code = builtins.compile(self.source.text, "<compiled by autograd_lite>", "exec")
        self._pool: list[Callable[..., Any]] = []

    def fits(self) -> bool:
        """Whether the tensors that are no arguments still have the shapes and dtypes they had."""
        return all((t.data.shape, t.data.dtype) == k for t, k in zip(self.leaves, self._kinds, strict=True))

    def __call__(self, arrays: tuple[Any, ...], more: tuple[Any, ...]) -> list[Any] | None:
        """The results; None where a guard has changed."""
        try:
            run = self._pool.pop()
        except IndexError:
            run = self._made()
        with np.errstate(all="ignore"):
            results = run(*arrays, *self._data(), *more)
        self._pool.append(run)
        if not self.guards:
            return list(results)
        end = len(results) - len(self.guards)
        return list(results[:end]) if all(map(_same, results[end:], self.guards)) else None

    def _data(self) -> list[Any]:
        """The data of the tensors that are no arguments, waiting for a recording that has it."""
        data = [leaf.data for leaf in self.leaves]
        if Symbol in map(type, data):
            with _RECORDING:
                data = [leaf.data for leaf in self.leaves]
        return data

    def _made(self) -> Callable[..., Any]:
        space: dict[str, Any] = {"np": np, **self.source.constants}
        space |= {name: np.empty(kind.shape, kind.dtype) for name, kind in self.source.buffers.items()}
        exec(self._code, space)
        return space["run"]  # type: ignore[no-any-return]


def _same(found: Any, expected: bool) -> bool:
    return bool(found) is expected


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

    def __call__(self, *arrays: Any) -> float:
        """Make one step on these arrays; the loss before it.

        Raises a ValueError naming the parameter, before any has changed, for a gradient that is not finite.
        """
        optimizer = self._optimizer
        trained = trainable(optimizer)
        everything = optimizer.state or [optimizer.start(p.data) for p in optimizer.params]
        pairs = zip(optimizer.params, everything, strict=True)
        states = [state for p, state in pairs if p.requires_grad]
        given = tuple(map(_array, arrays))
        key = (tuple(map(id, trained)), _settings(optimizer), *((x.shape, x.dtype) for x in given))
        loss, *results = self._results(key, given, (optimizer.lr, *(x for s in states for x in s)), states)
        moved = []
        for p, state in zip(trained, states, strict=True):
            g, data, *after = results[: 2 + len(state)]
            results = results[2 + len(state) :]
            if not (np.isfinite(np.vdot(g, g)) or np.isfinite(g).all()):
                raise ValueError(
                    f"compile: the gradient of {p.name or 'a parameter'} is not finite: "
                    f"{messages.non_finite(g)}; lower lr, standardise the features, and look for nan and inf"
                )
            moved.append((p, data, tuple(after)))
        for p, data, _ in moved:
            p.data = data
        after_all = {id(p): state for p, _, state in moved}
        pairs = zip(optimizer.params, everything, strict=True)
        optimizer.state = [after_all.get(id(p), state) for p, state in pairs]
        return float(loss)

    def _leaves(self, arrays: tuple[Any, ...], told: Any) -> list[Tensor]:
        return list(dict.fromkeys([*leaves_of(self._f, arrays, ()), *trainable(self._optimizer)]))

    def _recorded(self, arrays: tuple[Any, ...], leaves: list[Tensor], told: Any) -> Recording:
        return recorded_step(self._f, arrays, leaves, self._optimizer, told)


def _settings(optimizer: Any) -> tuple[Any, ...]:
    """All settings of an optimiser but the learning rate, which is an input of its program."""
    plain = (bool, int, float, tuple)
    return tuple((k, v) for k, v in vars(optimizer).items() if isinstance(v, plain) and k != "lr")


def compile(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, *, optimizer: Any = None
) -> Compiled | CompiledStep:
    """f, a function of arrays, as a program that is recorded at its first call and run as NumPy ever after.

    With `optimizer`, f is a loss of its parameters, and each call is a step of training that returns the
    loss. Parameters and other tensors that f uses are read anew at every call. There is one program for
    each tuple of shapes and dtypes, kept for the last 32 of them.

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
