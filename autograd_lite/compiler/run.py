"""Programs made to run: a pool of functions with buffers of their own, called with the data of leaves."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from typing import Any

import numpy as np

from autograd_lite.compiler.emit import Source, emitted
from autograd_lite.compiler.program import Program
from autograd_lite.compiler.simplify import simplified
from autograd_lite.compiler.symbols import Symbol
from autograd_lite.tensor import Tensor

RECORDING = threading.RLock()  # held while tensors have symbols for data


class Runnable:
    """A recorded program made to run; each thread that is in it has buffers of its own."""

    def __init__(self, program: Program, leaves: Sequence[Tensor]) -> None:
        self.program = simplified(program)
        self.source: Source = emitted(self.program)
        self.leaves = leaves
        self._kinds = [(leaf.shape, leaf.dtype) for leaf in leaves]
        self._code = builtins.compile(self.source.text, "<compiled by autograd_lite>", "exec")
        self._pool: list[tuple[Callable[..., Any], Callable[..., Any]]] = []

    def __call__(self, arrays: Sequence[Any], more: Sequence[Any] = ()) -> Any:
        """The results, a tuple; None where the program was recorded for data of another kind."""
        data = [leaf.data for leaf in self.leaves]
        if Symbol in map(type, data):  # somebody is recording: wait
            with RECORDING:
                data = [leaf.data for leaf in self.leaves]
        if [(x.shape, x.dtype) for x in data] != self._kinds:
            return None
        try:
            within, run = self._pool.pop()
        except IndexError:
            within, run = self._made()
        results = within(run, *arrays, *data, *more)
        self._pool.append((within, run))
        return results

    def _made(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        space: dict[str, Any] = {}
        exec(self._code, space)
        space |= self.source.constants
        return _quiet().run, space["run"]


def _quiet() -> Context:
    """A context in which NumPy does not warn: entered once, where np.errstate costs a microsecond a call."""
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context
