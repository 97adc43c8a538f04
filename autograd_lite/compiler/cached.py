"""Programs of one function, recorded when they are needed and kept."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.compiler.leaves import Uses, tried, undone_if_refused
from autograd_lite.compiler.program import Program, equal
from autograd_lite.compiler.run import RECORDING, Runnable
from autograd_lite.compiler.xla import Jitted
from autograd_lite.tensor import Tensor

_ATTEMPTS = 3  # to record a function for some data, while variables around it change
_PROGRAMS = 32  # that one compiled function keeps: for so many tuples of shapes and dtypes


class Cached:
    """Programs of one function, recorded when they are needed; `source` is the one that ran last."""

    _holds = True  # whether an exported program holds the parameters, rather than takes them

    def __init__(self, f: Callable[..., Any], backend: str) -> None:
        if backend not in ("numpy", "jax"):
            raise ValueError(f'compile: backend is {backend!r}; it is "numpy" or "jax"')
        self._f, self._backend = f, backend
        self._programs: dict[Any, Runnable] = {}
        self._last: tuple[Any, Runnable | None] = None, None

    @property
    def source(self) -> str:
        """The program that ran last, as Python; a RuntimeError before the first call."""
        return self._ran().source.text

    def export(self, path: Any) -> None:
        """Write the program that ran last to `path`, as a Python file that imports only NumPy.

        It has a function with the name of the function that was compiled. That takes the same arguments
        and holds the parameters as they now are; one of a step takes these too, the learning rate and the
        optimiser's state, and returns what `run` returns. Random numbers are drawn from numpy.random.
        """
        program = self._ran()
        name = getattr(self._f, "__name__", "")
        name = name if name.isidentifier() and name != "run" else "function"
        Path(path).write_text(program.module(name, self._holds), encoding="utf-8")

    def _ran(self) -> Runnable:
        """The program that ran last."""
        if (program := self._last[1]) is None:
            raise RuntimeError("compile: nothing is compiled yet; call the function once, with arrays")
        return program

    def _results(self, key: Any, arrays: Any, more: Any, told: Any = ()) -> Any:
        """What the program of a key returns; it is recorded where there is none, or none for such data.

        Where an op of ours refuses the data, recording raises the error that the function itself raises.
        """
        known, program = self._last
        if known != key:
            program = self._programs.get(_frozen(key))
        drawn: Any = program.draw() if program else None
        attempts = 0
        while program is None or (results := program(arrays, drawn, more)) is None:
            if (attempts := attempts + 1) > _ATTEMPTS:
                raise ValueError(
                    "compile: a condition on the data is another in the program than in the function, "
                    f"by rounding{' on the device' * (self._backend == 'jax')}; call the function itself on "
                    "such data"
                )
            program, drawn = self._compiled(_frozen(key), arrays, told, drawn)
        if known != key or program is not self._last[1]:
            self._last = key, program
            with RECORDING:  # the one used last is the last to be dropped
                self._programs.pop(_frozen(key), None)
                self._programs[_frozen(key)] = program
        return results

    def _compiled(self, key: Any, arrays: Any, told: Any, drawn: Any) -> tuple[Runnable, Any]:
        with RECORDING, _uncollected():
            arrays = [np.asarray(x)[()] for x in arrays]
            for i, x in enumerate(arrays):
                array(x, i)
            uses = self._uses(arrays, told)
            with undone_if_refused(uses):
                uses = uses.draw(drawn)
                if uses.draws:
                    tried(self._f, arrays, uses)
                one, other = (self._recorded(arrays, uses, told) for _ in range(2))
                if not equal(one, other):
                    raise ValueError(_differing(one, other))
                jitted = self._jitted(uses, arrays, told)
            program = self._programs[key] = Runnable(one, uses, len(arrays), jitted)
            while len(self._programs) > _PROGRAMS:
                del self._programs[next(iter(self._programs))]
        return program, uses.drawn

    def _jitted(self, uses: Uses, arrays: Any, told: Any) -> Any:
        return Jitted if self._backend == "jax" else None

    def _uses(self, arrays: Any, told: Any) -> Uses:
        raise NotImplementedError

    def _recorded(self, arrays: Any, uses: Uses, told: Any) -> Program:
        raise NotImplementedError


def _differing(one: Program, other: Program) -> str:
    """What to say of a function that is recorded as one program and then as another."""
    pairs = zip(one.results(), other.calls, strict=False)
    part = next(
        (one.parts[ref] for ref, call, now in ((*a, b) for a, b in pairs) if not equal(call, now)), ""
    )
    return (
        "compile: the function computes something else the second time, so no program can stand for it: "
        "random numbers of its own, a counter, the time; pass what changes as an argument"
        + (f". It differs first in {part}" if part else "")
    )


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


def array(x: Any, position: int = 0, jax: bool = False) -> Any:
    """An argument as the program takes it: an array or a NumPy number; whole Python numbers become floats."""
    if isinstance(x, Tensor):
        x = x.data
    if jax and hasattr(x, "addressable_data"):  # it stays on its device
        return x
    whole = not isinstance(x, np.ndarray | np.generic)
    made = np.asarray(x)
    if made.dtype.kind not in "fiub":
        raise TypeError(
            f"compile: argument {position} is {type(x).__name__} of dtype {made.dtype}; pass arrays of "
            "numbers, and what is not computed with by functools.partial"
        )
    return made.astype(float)[()] if whole and made.dtype.kind in "iu" else made[()]
