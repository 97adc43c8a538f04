"""The programs of one function: each is traced when it is first needed, and kept."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.arguments import no_matrix
from autograd_lite.compiler.closure import ClosureWatcher
from autograd_lite.compiler.draws import Draws, graphs_recorded
from autograd_lite.compiler.executable import TRACING, Executable
from autograd_lite.compiler.jax_backend import JaxFunction
from autograd_lite.compiler.program import equal
from autograd_lite.compiler.simplify import simplified
from autograd_lite.compiler.trace import Inputs, Traced
from autograd_lite.compiler.vectorize import NotVectorizedError
from autograd_lite.tensor import Tensor, leaf

_ATTEMPTS = 3  # how often a call traces the function, if variables around it change meanwhile
_PROGRAMS = 32  # programs kept by a compiled function, one for each tuple of shapes and dtypes


class ProgramCache:
    """The programs of one function, the last used ones by shapes and dtypes."""

    _exports_data = True  # whether an exported program contains the parameters or takes them as arguments
    _optimizer: Any = None

    def __init__(self, f: Callable[..., Any], backend: str) -> None:
        if backend not in ("numpy", "jax"):
            raise ValueError(f'compile: backend is {backend!r}; it is "numpy" or "jax"')
        self._f = f
        self._backend = backend
        self._programs: dict[Any, Executable] = {}
        self._last: tuple[Any, Executable | None] = None, None

    @property
    def source(self) -> str:
        """The program that ran last, as Python source. Raises RuntimeError before the first call."""
        return self._last_program().source.text

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the program that ran last to `path`, as a Python file that imports only NumPy.

        The file has a function with the name of the compiled function. It takes the same arguments and
        contains the present values of the parameters. For a training step it takes the parameters, the
        learning rate and the optimiser's state as well, and returns what `run` returns. Random numbers are
        drawn from numpy.random. Raises RuntimeError before the first call.
        """
        program = self._last_program()
        name = getattr(self._f, "__name__", "")
        name = name if name.isidentifier() and name != "run" else "function"
        Path(path).write_text(program.module(name, self._exports_data), encoding="utf-8")

    def _last_program(self) -> Executable:
        program = self._last[1]
        if program is None:
            raise RuntimeError("compile: nothing is compiled yet; call the function once, with arrays")
        return program

    def _results(self, key: Any, arrays: Any, more: Any, context: Any) -> Any:
        """Return the results of the program for `key`. Trace the function first if there is no valid one."""
        last_key, program = self._last
        if last_key != key:
            program = self._programs.get(_hashable(key))
        draws: Any = program.draw() if program else ()
        attempts = 0
        while program is None or (results := program(arrays, draws, more)) is None:
            attempts += 1
            if attempts > _ATTEMPTS:
                rounding = "rounding on the device" if self._backend == "jax" else "rounding"
                raise ValueError(
                    "compile: a condition on the data differs between the program and the function, by "
                    f"{rounding}; call the function itself on such data"
                )
            program, draws = self._compile(_hashable(key), arrays, context, draws)
        program.runs += 1
        if program.runs == program.next_comparison:
            program.next_comparison *= 2
            value = self._value_of(results, context)
            # The function itself computes what is not finite: see `_checked`.
            if value is not None and np.isfinite(first_of(value)).all():
                self._compare(program, arrays, draws, context, value)
        if last_key != key or program is not self._last[1]:
            self._last = key, program
            with TRACING:  # move it to the end: the first is dropped first
                self._programs.pop(_hashable(key), None)
                self._programs[_hashable(key)] = program
        return self._checked(results, arrays, draws, context)

    def _compare(self, program: Executable, arrays: Any, draws: Any, context: Any, value: Any) -> None:
        """Raise ValueError if the function itself computes another value than its program.

        If they differ, the function is traced again: with the same program, only by rounding.
        """
        inputs = Inputs([np.asarray(x)[()] for x in arrays], Draws(draws), program.tensors)
        with TRACING, _without_garbage_collection():
            expected = self._call(inputs)
            if nearly_equal(value, expected):
                return
            traced = self._trace(inputs, context)
        if equal(simplified(traced.program), program.program) and nearly_equal(
            traced.value, first_of(expected)
        ):
            return
        self._last = None, None
        with TRACING:
            self._programs = {key: x for key, x in self._programs.items() if x is not program}
        raise ValueError(
            f"compile: the program computes {_short(value)} and the function {_short(expected)} from the "
            "same arguments. The function depends on something that has changed, which the compiler cannot "
            "see; pass it as an argument"
        )

    def _call(self, inputs: Inputs) -> Any:
        """Return the value of the function itself, with the random numbers of the program."""
        inputs.draws.sources = []
        with graphs_recorded(inputs.draws.draw):
            return data_of(self._f(*map(leaf, inputs.arrays)))

    def _value(self, *arrays: Any) -> Any:
        """Call the function, and return its value without what it returns beside it."""
        return first_of(self._f(*arrays))

    def _value_of(self, results: Any, context: Any) -> Any:
        """Return the value of the function among the results of its program, or None if it is not there."""
        raise NotImplementedError

    def _checked(self, results: Any, arrays: Any, draws: Any, context: Any) -> Any:
        """Return the results of a program, and those of the function itself if they are not finite."""
        raise NotImplementedError

    def _compile(self, key: Any, arrays: Any, context: Any, drawn: Any) -> tuple[Executable, Any]:
        """Return a program for a key, and the random numbers that it was traced with."""
        with TRACING, _without_garbage_collection():
            arrays = [np.asarray(x)[()] for x in arrays]
            for i, x in enumerate(arrays):
                as_array(x, i)
            watcher = ClosureWatcher(self._f, self._optimizer)
            draws = Draws(drawn)
            inputs = Inputs(arrays, draws, self._trained_tensors(), watcher.tensors())
            try:
                traced = self._trace_twice(inputs, context, watcher)
                watcher.settle(draws.generators)
                make_function = self._make_function(traced, len(arrays), context)
            except BaseException:
                watcher.undo()
                draws.undo()
                raise
            program = self._programs[key] = Executable(traced, watcher, len(arrays), make_function)
            while len(self._programs) > _PROGRAMS:
                del self._programs[next(iter(self._programs))]
        return program, draws.values[: len(draws.sources)]

    def _trace_twice(self, inputs: Inputs, context: Any, watcher: ClosureWatcher) -> Traced:
        """Trace the function twice, and refuse it if it does not compute the same both times.

        Tensors of unknown origin that the first run uses are traced as inputs in the second. If the second
        run uses them too, the function holds them, and it is traced a third time to compare.
        """
        try:
            first = self._trace(inputs._replace(observed=watcher.calls.observed), context)
            inputs = inputs._replace(possible=[*inputs.possible, *first.others])
            watcher.mark()
            second = self._trace(inputs, context)
            if len(second.captured) > len(first.captured):
                first = second
                watcher.mark()
                second = self._trace(inputs, context)
        except NotVectorizedError:
            raise
        except Exception:
            watcher.undo()
            self._call(inputs)  # it may raise an error of its own
            raise
        if not equal(first.program, second.program):
            pairs = zip(first.program.calls, second.program.calls, strict=False)
            comment = next((call.comment for call, other in pairs if not equal(call, other)), "")
            raise ValueError(
                "compile: the function computes something else the second time, but a program always "
                "computes the same. Look for random numbers of its own, a counter or the time; pass what "
                "changes as an argument" + (f". The first difference is in {comment}" if comment else "")
            )
        return second

    def _make_function(self, traced: Traced, arguments: int, context: Any) -> Any:
        return JaxFunction if self._backend == "jax" else None

    def _trained_tensors(self) -> list[Tensor]:
        return []

    def _trace(self, inputs: Inputs, context: Any) -> Traced:
        raise NotImplementedError


def data_of(y: Any) -> Any:
    """Return what a function has returned, a tensor or a tuple of them, as arrays."""
    if isinstance(y, tuple) and y:
        return tuple(map(data_of, y))
    return y._value if isinstance(y, Tensor) else y


def first_of(y: Any) -> Any:
    return y[0] if isinstance(y, tuple) and y else y


def nearly_equal(a: Any, b: Any) -> bool:
    """True if two values, or tuples of them, differ by rounding only: in the last third of the digits."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(nearly_equal, a, b))
    a, b = np.asarray(first_of(a)), np.asarray(first_of(b))
    precision = [np.finfo(x.dtype).eps for x in (a, b) if x.dtype.kind == "f"]
    digits = max(precision) ** (2 / 3) if precision else 0.0
    return a.shape == b.shape and np.allclose(a, b, rtol=digits, atol=0.0, equal_nan=True)


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    return np.array2string(np.asarray(value), threshold=4, edgeitems=2)


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, key)) if isinstance(key, list | tuple) else key


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Do not search for reference cycles. Traces have no cycles; the search takes a quarter of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def as_array(x: Any, position: int = 0, jax: bool = False) -> Any:
    """Return an argument as an array or a NumPy number. Python integers become floats."""
    if isinstance(x, Tensor):
        x = x._value
    if jax and hasattr(x, "addressable_data"):  # an array of JAX stays on its device
        return x
    if type(x) is not np.ndarray:
        no_matrix("compile", f"argument {position}", x)
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"compile: argument {position} is {type(x).__name__} of dtype {array.dtype}; pass arrays of "
            "numbers, and anything else by functools.partial"
        )
    from_python = not isinstance(x, np.ndarray | np.generic)
    return array.astype(float)[()] if from_python and array.dtype.kind in "iu" else array[()]
