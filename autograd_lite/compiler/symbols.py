"""Symbols: stand-ins for arrays that record what NumPy is asked to do with them."""

from __future__ import annotations

import operator
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler import refusals
from autograd_lite.compiler.program import GUARD, Call, Kind, Program, Ref, refs
from autograd_lite.protocol import AbstractArray, numpy_name
from autograd_lite.tensor import Tensor

_METHODS = (
    "all", "any", "argmax", "argmin", "argsort", "astype", "copy", "cumsum", "flatten", "max", "mean", "min",
    "prod", "ravel", "repeat", "reshape", "squeeze", "std", "sum", "swapaxes", "take", "transpose", "var",
)  # fmt: skip
_OPS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "ops") + os.sep
# Views or copies, as the memory of the array lies, which may be otherwise when the program runs.
_VIEWS = {
    ".ravel", ".reshape", ".squeeze", ".swapaxes", ".transpose", "[]", "np.ravel", "np.reshape",
    "np.squeeze", "np.transpose",
}  # fmt: skip
_OPERATORS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "pow": np.power,
    "matmul": np.matmul, "mod": np.remainder, "floordiv": np.floor_divide, "gt": np.greater, "lt": np.less,
    "ge": np.greater_equal, "le": np.less_equal, "eq": np.equal, "ne": np.not_equal, "and": np.bitwise_and,
    "or": np.bitwise_or, "xor": np.bitwise_xor,
}  # fmt: skip


class Recorder:
    """What has been recorded: an input or a call for each value, with an example of it."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.examples: list[Any] = []
        self.lines: dict[Ref, tuple[Any, int]] = {}  # the user's code that asked for a value, and its line
        self.inputs = 0
        self.closed = False  # whether the function has ended, and its values are no more

    def input(self, example: Any) -> Symbol:
        """A symbol for an input, before anything is computed; `example` says its shape and dtype."""
        self.inputs += 1
        return self._symbol(example)

    def call(self, written: str, function: Callable[..., Any], operands: Any, settings: Any) -> Symbol:
        """Do it with the examples, note it, and return a symbol for its result."""
        if self.closed:
            raise refusals.ended()
        example = function(*_example(tuple(operands)), **_example(dict(settings)))
        if not isinstance(example, np.ndarray | np.generic | int | float):
            raise refusals.returning(written, type(example).__name__)
        told = tuple(sorted((name, _noted(value)) for name, value in settings.items()))
        noted = _noted(tuple(operands))
        if np.float64 in map(type, noted) and _all_float64(operands):
            noted = tuple(float(x) if type(x) is np.float64 else x for x in noted)  # which computes the same
        shares = np.ndim(example) and any(np.may_share_memory(example, self.examples[r]) for r in refs(noted))
        self.calls.append(Call(written, noted, told, bool(shares) or written in _VIEWS))
        symbol = self._symbol(example)
        self.lines[symbol.ref] = errors.caller_line()
        return symbol

    def is_seen_through(self, ref: Ref) -> bool:
        """Whether a value is a view of others, or others are views of it."""
        views = (i for i, call in enumerate(self.calls) if call.view)
        return any(ref == self.inputs + i or ref in refs(self.calls[i].operands) for i in views)

    def guard(self, asked: Symbol) -> bool:
        """What a condition now is, which every run of the program checks."""
        answer = bool(asked.example)
        self.calls.append(Call(GUARD, (asked.ref,), (("expected", answer),), False))
        self._symbol(answer)
        return answer

    def program(self, outputs: tuple[Any, ...], names: Sequence[str], parts: Sequence[str]) -> Program:
        """The program that ends in these symbols or constants."""
        kinds = tuple(map(_kind, self.examples))
        return Program(self.inputs, tuple(self.calls), _noted(outputs), kinds, tuple(names), tuple(parts))

    def _symbol(self, example: Any) -> Symbol:
        self.examples.append(example)
        return Symbol(self, Ref(len(self.examples) - 1), example)


class Symbol(AbstractArray):
    """A value that is not known yet, of known shape and dtype."""

    __slots__ = ("example", "recorder", "ref")
    __hash__ = object.__hash__

    def __init__(self, recorder: Recorder, ref: Ref, example: Any) -> None:
        self.recorder, self.ref, self.example = recorder, ref, example

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, which is known."""
        return np.shape(self.example)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype, which is known."""
        dtype: np.dtype[Any] = self.example.dtype
        return dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return np.ndim(self.example)

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.size(self.example))

    @property
    def T(self) -> Any:
        """The axes in reverse order."""
        return self.transpose() if self.ndim > 1 else self

    @property
    def mT(self) -> Any:
        """The last two axes exchanged."""
        return self.swapaxes(-1, -2)

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            kind = TypeError if hasattr(np.ndarray, name) and name[0] != "_" else AttributeError
            raise kind(
                f"compile: a value that is compiled has no {name!r}{refusals.where()}; use NumPy functions"
            )
        method = getattr(type(self.example), name)
        return lambda *args, **settings: self.recorder.call(f".{name}", method, (self, *args), settings)

    def __getitem__(self, index: Any) -> Symbol:
        for part in index if isinstance(index, tuple) else (index,):
            if isinstance(part, Symbol) and part.dtype.kind == "b" and part.ndim:
                raise refusals.sized("how many entries a mask selects")
        return self.recorder.call("[]", operator.getitem, (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        raise refusals.written()

    @property
    def bare(self) -> bool:
        """Whether it is a Python number, which leaves the dtype of arrays as it is."""
        return isinstance(self.example, int | float) and not isinstance(self.example, np.generic)

    def __neg__(self) -> Symbol:
        return self.recorder.call("np.negative", operator.neg if self.bare else np.negative, (self,), {})

    def __pos__(self) -> Symbol:
        return self

    def __invert__(self) -> Symbol:
        return self.recorder.call("np.invert", np.invert, (self,), {})

    def __abs__(self) -> Symbol:
        return self.recorder.call("np.absolute", np.absolute, (self,), {})

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **settings: Any) -> Any:
        if any(isinstance(x, Tensor) for x in operands):
            return NotImplemented  # it is the tensor's to answer
        name: str = ufunc.__name__
        if getattr(np, name, None) is not ufunc:
            raise refusals.foreign(name)
        if "out" in settings:
            raise refusals.written()
        written = f"np.{name}" + ("" if method == "__call__" else f".{method}")
        return self.recorder.call(written, getattr(ufunc, method), operands, settings)

    def __array_function__(self, function: Any, types: Any, operands: Any, settings: Any) -> Any:
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        if function.__name__ in refusals.BY_SIZE or (function is np.where and len(operands) == 1):
            raise refusals.sized(f"the size of what np.{function.__name__} returns")
        numpy = function.__module__.partition(".")[0] == "numpy"
        written = numpy_name(function) if numpy else function.__name__
        return self.recorder.call(written, function, operands, settings)

    def _refuse(self, *_: Any) -> Any:
        raise refusals.needed()

    def __bool__(self) -> bool:
        """The answer for the example, to an op of ours, which checks its input; to anybody else an error."""
        if sys._getframe(1).f_code.co_filename.startswith(_OPS):
            return self.recorder.guard(self)
        return bool(self._refuse())

    def item(self, *index: Any) -> Any:
        """The entry at an index, a value of the program; without an index it would be needed now."""
        if not index:
            return self._refuse()
        return self.recorder.call(".item", type(self.example).item, (self, *index), {})

    __float__ = __int__ = __index__ = __complex__ = __iter__ = tolist = _refuse

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self._refuse()


def _operator(name: str, ufunc: Any, reflected: bool) -> Any:
    python = getattr(operator, f"{name}_" if name in {"and", "or"} else name)
    written = f"np.{ufunc.__name__}"

    def operate(self: Symbol, other: Any) -> Any:
        operands = (other, self) if reflected else (self, other)
        numbers = self.bare and (other.bare if isinstance(other, Symbol) else type(other) in (int, float))
        if numbers:  # as Python computes: NumPy would make a float64 of it, and of float32 arrays after it
            return self.recorder.call(written, python, operands, {})
        if type(other) in (Symbol, float, int, np.ndarray):
            return self.recorder.call(written, ufunc, operands, {})
        return ufunc(*operands)

    return operate


def _in_place(name: str) -> Any:
    def operate(self: Symbol, other: Any) -> Symbol:
        made = getattr(self, f"__{name}__")(other)
        if made is NotImplemented or not isinstance(self.example, np.ndarray):  # numbers do not change
            return made  # type: ignore[no-any-return]
        if self.ref < self.recorder.inputs or self.recorder.is_seen_through(self.ref):
            self[...] = made
        if made.dtype != self.dtype:
            made = made.astype(self.dtype)
        self.ref, self.example = made.ref, made.example  # for all variables that hold it, as in NumPy
        return self

    return operate


for _name, _ufunc in _OPERATORS.items():
    setattr(Symbol, f"__{_name}__", _operator(_name, _ufunc, reflected=False))
    if _name in {"add", "sub", "mul", "truediv"}:
        setattr(Symbol, f"__i{_name}__", _in_place(_name))
    if _name not in {"gt", "lt", "ge", "le", "eq", "ne"}:
        setattr(Symbol, f"__r{_name}__", _operator(_name, _ufunc, reflected=True))


def _kind(example: Any) -> Kind:
    if isinstance(example, np.ndarray | np.generic):
        return Kind(example.shape, example.dtype)
    return Kind((), np.dtype(type(example)), True)


def _all_float64(operands: Any) -> bool:
    """Whether the values among operands are in float64, as a NumPy number is, and as it would make them."""
    values = [x for x in operands if isinstance(x, Symbol)]
    return bool(values) and all(not x.bare and x.dtype == np.float64 for x in values)


def _example(operand: Any) -> Any:
    """The operand with examples in the place of symbols."""
    if isinstance(operand, Symbol):
        return operand.example
    if isinstance(operand, dict):
        return {name: _example(value) for name, value in operand.items()}
    if isinstance(operand, tuple | list):
        return type(operand)(map(_example, operand))
    return operand


def _noted(operand: Any) -> Any:
    """The operand with references in the place of symbols."""
    if isinstance(operand, Symbol):
        return operand.ref
    if isinstance(operand, tuple | list):
        return type(operand)(map(_noted, operand))
    return operand
