"""Programs made to run: a pool of functions with buffers of their own, called with the data of leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from typing import Any

import numpy as np

from autograd_lite.compiler.emit import Source, emitted
from autograd_lite.compiler.export import Drawn, module
from autograd_lite.compiler.leaves import Uses
from autograd_lite.compiler.program import Program, Ref
from autograd_lite.compiler.scalars import plain
from autograd_lite.compiler.simplify import simplified
from autograd_lite.compiler.symbols import Symbol
from autograd_lite.randomness import uniform

_NOTHING: Sequence[Any] = ()
RECORDING = threading.RLock()  # held while tensors have symbols for data


class Runnable:
    """A recorded program made to run: in plain floats where all its values are numbers, else in NumPy.

    `jitted` makes another function of the simplified program, which runs in their place.
    """

    def __init__(self, program: Program, uses: Uses, arguments: int, jitted: Any = None) -> None:
        self.program, self._arguments = simplified(program), arguments
        self.leaves, self._draws, self._watch, _ = uses
        self._watch.again()  # a counter of the function's has counted its recordings
        self._shapes, self._dtypes = ([getattr(x, k) for x in self.leaves] for k in ("shape", "dtype"))
        self._numbers = plain(self.program)
        self.source: Source = self._numbers or emitted(self.program)
        self._run: Callable[..., Any]
        if jitted is not None:
            self._run = jitted(self.program)
        elif self._numbers:
            self._run = _Floats(self.program, self.source)
        else:
            self._run = _Pool(self.source)

    def module(self, name: str, fixed: bool) -> str:
        """The program as a module of its own; `fixed` where the leaves are to stay as they are."""
        source = emitted(self.program) if self._numbers else self.source  # floats raise where NumPy has inf
        data: list[Any] = [leaf.data for leaf in self.leaves if fixed]
        names, count = source.inputs[self._arguments :], len(self.leaves)
        held = dict(zip(names, data, strict=False))
        held |= zip(names[count:], (Drawn(shape) for _, shape in self._draws), strict=False)
        return module(name, source, self.program.kinds, held)

    def draw(self) -> Sequence[Any]:
        """The random numbers of one call."""
        return [uniform(rng, shape) for rng, shape in self._draws] if self._draws else _NOTHING

    def __call__(self, arrays: Sequence[Any], drawn: Sequence[Any], more: Sequence[Any]) -> Any:
        """The results, a tuple; None where the program was recorded for data of another kind."""
        data = [leaf.data for leaf in self.leaves]
        if Symbol in map(type, data):  # somebody is recording: wait
            with RECORDING:
                data = [leaf.data for leaf in self.leaves]
        if [x.shape for x in data] != self._shapes or [x.dtype for x in data] != self._dtypes:
            return None
        if not self._watch.unchanged():
            return None
        return self._run(arrays, data, drawn, more)


class _Pool:
    """A function that threads may call: each that is in it has buffers of its own."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._code = compile(source.text, "<compiled by autograd_lite>", "exec")
        self._free: list[tuple[Callable[..., Any], Callable[..., Any]]] = []

    def __call__(self, arrays: Any, data: Any = (), drawn: Any = (), more: Any = ()) -> Any:
        try:
            within, run = self._free.pop()
        except IndexError:
            within, run = _quiet().run, _function(self._code, self._source.constants)
        results = within(run, *arrays, *data, *drawn, *more)
        self._free.append((within, run))
        return results


class _Floats:
    """A function of numbers; NumPy computes where Python raises for a result that is inf or nan."""

    def __init__(self, program: Program, source: Source) -> None:
        self._program = program
        self._numpy: _Pool | None = None
        self._run = _function(compile(source.text, "<compiled by autograd_lite>", "exec"), {})

    def __call__(self, *parts: Sequence[Any]) -> Any:
        given = [x for part in parts for x in part]
        try:
            found = self._run(*[x.item() if isinstance(x, np.ndarray | np.generic) else x for x in given])
        except (ArithmeticError, ValueError):
            self._numpy = self._numpy or _Pool(emitted(self._program))
            return self._numpy(given)
        return found and self._of_numpy(found, self._program.outputs)

    def _of_numpy(self, found: Any, outputs: Any) -> Any:
        """The results as NumPy's numbers, but for those that NumPy has as Python's."""
        if isinstance(found, tuple):
            return tuple([self._of_numpy(x, output) for x, output in zip(found, outputs, strict=True)])
        if not isinstance(outputs, Ref):
            return outputs
        kind = self._program.kinds[outputs]
        return found if kind.bare else kind.dtype.type(found)


def _function(code: Any, constants: dict[str, Any]) -> Any:
    space: dict[str, Any] = {}
    exec(code, space)
    space |= constants
    return space["run"]


def _quiet() -> Context:
    """A context in which NumPy does not warn: entered once, where np.errstate costs a microsecond a call."""
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context
