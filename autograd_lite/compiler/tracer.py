"""Tracers stand for arrays while a function is traced; a Trace records the NumPy calls made on them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.compiler import errors
from autograd_lite.compiler.program import GUARD, INPUT, SCATTER, ArrayType, Call, Program, Ref, select
from autograd_lite.errors import caller_line
from autograd_lite.protocol import AbstractArray, numpy_name
from autograd_lite.tensor import Tensor

# Operators between Python numbers, whose result is a Python number and not a float64.
_PYTHON_OPERATORS: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.power: operator.pow,
    np.remainder: operator.mod,
    np.floor_divide: operator.floordiv,
    np.negative: operator.neg,
}


class Trace:
    """The NumPy calls of one run of a function, each with an example of its result."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.lines: dict[Ref, tuple[Any, int]] = {}  # code and line of the user that asked for a value
        self.closed = False  # True after the function has returned; tracers can no longer be used

    def input(self, example: Any) -> Tracer:
        """Return a tracer for an input with the shape and dtype of `example`."""
        return self.append(Call(INPUT, (), array_type(example)), example)

    def call(self, name: str, function: Callable[..., Any], operands: Any, settings: Any) -> Tracer:
        """Run a function on the examples, record the call, and return a tracer for its result."""
        if self.closed:
            raise errors.untraceable(
                "a value of a function that was compiled is used after its end",
                "return it from the function, instead of keeping it in an attribute or a variable",
            )
        operands = tuple(operands)
        try:
            example = function(*_replace(operands, _example), **_replace(settings, _example))
        except ValueError as error:
            if "read-only" in str(error):
                raise errors.written_into() from None
            raise
        if not isinstance(example, np.ndarray | np.generic | int | float):
            raise errors.untraceable(
                f"{name} returns a value of type {type(example).__name__}, not an array or a number,",
                "call it outside of the compiled function, or use functions that return an array",
            )
        recorded = as_refs(operands)
        if np.float64 in map(type, recorded):
            types = {x.type[1:] for x in operands if isinstance(x, Tracer)}
            if types == {(np.dtype(float), False)}:  # a Python float computes the same
                recorded = tuple(float(x) if type(x) is np.float64 else x for x in recorded)
        options = tuple(sorted((key, as_refs(value)) for key, value in settings.items()))
        view = _may_be_view(function, operands, settings, example)
        tracer = self.append(Call(name, recorded, array_type(example), options, view), example)
        self.lines[tracer.ref] = caller_line()
        return tracer

    def program(self, inputs: Sequence[Tracer], outputs: Any) -> Program:
        """Return the program that computes `outputs` (tracers or constants) from `inputs`."""
        results = [Ref(i) for i, call in enumerate(self.calls) if call.function != INPUT]
        return select(self.calls, [*(x.ref for x in inputs), *results], as_refs(outputs), {})

    def append(self, call: Call, example: Any) -> Tracer:
        if isinstance(example, np.ndarray):  # so that NumPy refuses to write into it
            example = example.view()
            example.flags.writeable = False
        self.calls.append(call)
        return Tracer(self, Ref(len(self.calls) - 1), example)


class Tracer(np.lib.mixins.NDArrayOperatorsMixin, AbstractArray):
    """An array of known shape and dtype whose values are not known yet."""

    __slots__ = ("_trace", "example", "ref")
    __hash__ = object.__hash__

    def __init__(self, trace: Trace, ref: Ref, example: Any) -> None:
        self._trace = trace
        self.ref = ref
        self.example = example

    shape = property(lambda self: np.shape(self.example))
    ndim = property(lambda self: np.ndim(self.example))
    size = property(lambda self: int(np.size(self.example)))
    type = property(lambda self: array_type(self.example))
    dtype = property(lambda self: self.type.dtype)
    T = property(lambda self: self.transpose() if self.ndim > 1 else self)
    mT = property(lambda self: self.swapaxes(-1, -2))  # noqa: N815 - NumPy's name

    def __repr__(self) -> str:
        return f"Tracer(shape={self.shape}, dtype={self.dtype})"

    def holds(self) -> bool:
        """Return the present value of a condition, and make each run of the program check it."""
        expected = bool(self.example)
        settings = (("expected", expected),)
        self._trace.append(Call(GUARD, (self.ref,), array_type(expected), settings), expected)
        return expected

    def item(self, *index: Any) -> Any:
        """Return the entry at an index as a tracer. Without an index the value would be needed now."""
        if not index:
            return self._needed()
        return self._trace.call(".item", type(self.example).item, (self, *index), {})

    def __getattr__(self, name: str) -> Any:
        method: Any = getattr(type(self.example), name, None)
        if name.startswith("_") or not (method or hasattr(np.ndarray, name)):
            raise AttributeError(f"a value that is compiled has no {name!r}")
        if not callable(method):
            raise errors.untraceable(f"a value that is compiled has no {name!r}", "use NumPy functions")

        def call(*args: Any, **settings: Any) -> Any:
            errors.check_size(name, (self, *args), settings)
            return self._trace.call(f".{name}", method, (self, *args), settings)

        return call

    def __getitem__(self, index: Any) -> Tracer:
        for part in index if isinstance(index, tuple) else (index,):
            if isinstance(part, Tracer) and part.dtype.kind == "b" and part.ndim:
                raise errors.size_unknown("how many entries a mask selects")
        return self._trace.call("[]", operator.getitem, (self, index), {})

    def __deepcopy__(self, memo: Any) -> Tracer:
        return self.copy() if isinstance(self.example, np.ndarray) else self

    def __setitem__(self, index: Any, value: Any) -> None:
        raise errors.written_into()

    def __pos__(self) -> Tracer:
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **settings: Any) -> Any:
        if any(isinstance(x, Tensor) for x in operands):
            return NotImplemented  # the tensor implements it
        name: str = ufunc.__name__
        if getattr(np, name, None) is not ufunc:
            raise _not_numpy(name)
        out = settings.pop("out", None)
        function: Any = ufunc if method == "__call__" else getattr(ufunc, method)
        if ufunc in _PYTHON_OPERATORS and not settings and all(map(_is_python_scalar, operands)):
            function = _PYTHON_OPERATORS[ufunc]
        written = f"np.{name}" if method == "__call__" else f"np.{name}.{method}"
        result = self._trace.call(written, function, operands, settings)
        if out is None:
            return result
        if len(out) > 1 or not isinstance(out[0], Tracer):
            raise errors.written_into()
        return out[0]._assign(result)

    def _assign(self, result: Tracer) -> Tracer:
        """Write a result into this array, as `x += y` does, for all variables that hold this tracer."""
        if not isinstance(self.example, np.ndarray):  # a number: the variable gets a new one
            return result
        calls = self._trace.calls
        is_input = calls[self.ref].function == INPUT
        has_views = any(call.view and self.ref in (i, *call.uses()) for i, call in enumerate(calls))
        if is_input or has_views or result.shape != self.shape:
            raise errors.written_into()
        if result.dtype != self.dtype:
            result = result.astype(self.dtype)
        self.ref = result.ref
        self.example = result.example
        return self

    def __array_function__(self, function: Any, types: Any, operands: Any, settings: Any) -> Any:
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        if function in (np.shape, np.ndim, np.size):
            return function(*_replace(operands, _example), **_replace(settings, _example))
        name = function.__name__
        errors.check_size(name, operands, settings)
        if function.__module__.partition(".")[0] == "numpy":
            name = numpy_name(function)
        elif name != SCATTER:
            raise _not_numpy(name)
        return self._trace.call(name, function, operands, settings)

    def _needed(self, *_: Any, **__: Any) -> Any:
        raise errors.value_needed()

    __bool__ = __float__ = __int__ = __index__ = __complex__ = __iter__ = __array__ = tolist = _needed


def array_type(example: Any) -> ArrayType:
    """Return the type of a value."""
    if isinstance(example, np.ndarray | np.generic):
        return ArrayType(example.shape, example.dtype)
    return ArrayType((), np.dtype(type(example)), True)


def _not_numpy(name: str) -> TypeError:
    return errors.untraceable(
        f"{name} is not a NumPy function",
        "a program can call only those: replace it by NumPy functions, or call it outside",
    )


def _may_be_view(function: Callable[..., Any], operands: Any, settings: Any, example: Any) -> bool:
    """True if the result may share memory with an operand, in some memory layout of the operands.

    The layout may be another when the program runs, so the function is tried on zeros in two layouts. If it
    raises, the result is True, which is always safe because the memory is not reused.
    """
    if not isinstance(example, np.ndarray) or isinstance(function, np.ufunc):
        return False
    return any(_shares_memory(function, operands, settings, order) for order in "CF")


def _shares_memory(function: Callable[..., Any], operands: Any, settings: Any, order: Any) -> bool:
    arrays: list[Any] = []

    def zeros(tracer: Tracer) -> Any:
        if not isinstance(tracer.example, np.ndarray):
            return tracer.example
        arrays.append(np.zeros(tracer.shape, tracer.dtype, order))
        return arrays[-1]

    try:
        result = function(*_replace(operands, zeros), **_replace(settings, zeros))
    except Exception:
        return True
    return any(np.may_share_memory(result, x) for x in arrays)


def _replace(operand: Any, change: Callable[[Tracer], Any]) -> Any:
    """Return the operand with each tracer replaced by `change` of it."""
    if isinstance(operand, Tracer):
        return change(operand)
    if isinstance(operand, dict):
        return {name: _replace(value, change) for name, value in operand.items()}
    if isinstance(operand, tuple | list):
        return type(operand)([_replace(part, change) for part in operand])
    return operand


_example: Callable[[Tracer], Any] = operator.attrgetter("example")


def as_refs(operand: Any) -> Any:
    """Return the operand with the number of a value in place of its tracer."""
    return _replace(operand, operator.attrgetter("ref"))


def _is_python_scalar(x: Any) -> bool:
    return x.type.python_scalar if isinstance(x, Tracer) else type(x) in (int, float)
