"""Executables: traced programs that run, with the present data of the tensors that they captured."""

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

import numpy as np

from autograd_lite.compiler.closure import ClosureWatcher
from autograd_lite.compiler.emit import Source, Writer
from autograd_lite.compiler.export import module
from autograd_lite.compiler.program import Program, Ref
from autograd_lite.compiler.scalars import scalar_source
from autograd_lite.compiler.simplify import simplified
from autograd_lite.compiler.trace import Traced
from autograd_lite.compiler.tracer import Tracer
from autograd_lite.randomness import uniform

TRACING = threading.RLock()  # held while captured tensors have tracers for data


class Executable:
    """A program that runs as plain floats if all its values are numbers, and otherwise in NumPy.

    `make_function` makes another function of the simplified program, which runs instead.
    """

    def __init__(
        self, traced: Traced, watcher: ClosureWatcher, arguments: int, make_function: Any = None
    ) -> None:
        self.program = simplified(traced.program)
        self._arguments = arguments
        self.tensors = traced.captured
        self._sources = traced.sources
        self._watcher = watcher
        self._watcher.restart()  # tracing may have changed a counter of the function
        self._shapes = [x.shape for x in self.tensors]
        self._dtypes = [x.dtype for x in self.tensors]
        scalars = scalar_source(self.program)
        self.source = scalars or Writer(self.program).source()
        self._run: Callable[..., Any]
        if make_function is not None:
            self._run = make_function(self.program)
        elif scalars:
            self._run = _ScalarFunction(self.program, scalars)
        else:
            self._run = ReentrantFunction(self.source)

    def module(self, name: str, with_data: bool) -> str:
        """Return the program as the text of a module, with the data of the captured tensors or without."""
        source = Writer(self.program).source()  # the program of floats raises at inf
        names = source.inputs[self._arguments :]
        count = len(self.tensors)
        data = [tensor._value for tensor in self.tensors] if with_data else []
        values = dict(zip(names, data, strict=False))
        random = {x: shape for x, (_, shape) in zip(names[count:], self._sources, strict=False)}
        return module(name, source, [call.type for call in self.program.calls], values, random)

    def draw(self) -> Sequence[Any]:
        """Return the random numbers of one call."""
        return [uniform(rng, shape) for rng, shape in self._sources] if self._sources else ()

    def __call__(self, arrays: Sequence[Any], draws: Sequence[Any], more: Sequence[Any]) -> Any:
        """Return the results as a tuple, or None if the function must be traced again for these data."""
        data = [tensor._value for tensor in self.tensors]
        if Tracer in map(type, data):  # another thread is tracing: wait
            with TRACING:
                data = [tensor._value for tensor in self.tensors]
        if [x.shape for x in data] != self._shapes or [x.dtype for x in data] != self._dtypes:
            return None
        if not self._watcher.unchanged():
            return None
        return self._run([*arrays, *data, *draws, *more])


class ReentrantFunction:
    """The function of a source, for several threads: each running call has its own buffers."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._code = compile(source.text, "<compiled by autograd_lite>", "exec")
        self._free: list[tuple[Callable[..., Any], Callable[..., Any]]] = []

    def __call__(self, inputs: Sequence[Any]) -> Any:
        try:
            in_context, run = self._free.pop()
        except IndexError:
            in_context = copy_context().run
            in_context(np.seterr, all="ignore")  # np.errstate would take a microsecond at each call
            run = _run_function(self._code, self._source.constants)
        results = in_context(run, *inputs)
        self._free.append((in_context, run))
        return results


class _ScalarFunction:
    """A function of floats. NumPy computes instead if Python raises, because a result is inf or nan."""

    def __init__(self, program: Program, source: Source) -> None:
        self._program = program
        self._numpy: ReentrantFunction | None = None
        self._run = _run_function(compile(source.text, "<compiled by autograd_lite>", "exec"), {})

    def __call__(self, inputs: Sequence[Any]) -> Any:
        try:
            results = self._run(*[x.item() if isinstance(x, np.ndarray | np.generic) else x for x in inputs])
        except (ArithmeticError, ValueError):
            self._numpy = self._numpy or ReentrantFunction(Writer(self._program).source())
            return self._numpy(inputs)
        return results and self._as_numpy(results, self._program.outputs)

    def _as_numpy(self, results: Any, outputs: Any) -> Any:
        """Return the results as NumPy numbers, unless NumPy would return Python numbers."""
        if isinstance(results, tuple):
            return tuple([self._as_numpy(x, output) for x, output in zip(results, outputs, strict=True)])
        if not isinstance(outputs, Ref):
            return outputs
        kind = self._program.calls[outputs].type
        return results if kind.python_scalar else kind.dtype.type(results)


def _run_function(code: Any, constants: dict[str, Any]) -> Any:
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    namespace |= constants
    return namespace["run"]
