"""A program: a flat list of calls, each an input or a NumPy call that computes a value from earlier ones."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.ops.indexing import placed

INPUT = "input"  # a call that returns an input
GUARD = "guard"  # a call that checks a condition
SCATTER: str = placed.__name__  # a call that writes or adds an array into zeros, at an index


class Ref(int):
    """The number of a value in a program: the position of the call that computes it."""

    __slots__ = ()


class ArrayType(NamedTuple):
    """Shape and dtype of a value; `python_scalar` is True for a number that is not a NumPy number."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    python_scalar: bool = False


class Call(NamedTuple):
    """One call: its function as Python writes it (`np.exp`, `.sum`, `[]`), its operands and its settings.

    An operand is a `Ref`, a constant, or a tuple or list of them. The result of a `view` may share memory
    with the operands. A call of `GUARD` ends the program if its operand is not the expected value.
    `name` is the name of the result, or "". `comment` says what the result is computed for, such as
    `z = X @ w + b`; calls with the same comment form a block of the source.
    """

    function: str
    operands: tuple[Any, ...]
    type: ArrayType  # of the result
    settings: tuple[tuple[str, Any], ...] = ()
    view: bool = False
    name: str = ""
    comment: str = ""

    @property
    def ufunc(self) -> np.ufunc | None:
        """The NumPy ufunc that is called, unless it is called with another dtype than its default."""
        function = getattr(np, self.function.removeprefix("np."), None)
        return function if isinstance(function, np.ufunc) and "dtype" not in dict(self.settings) else None

    @property
    def elementwise(self) -> bool:
        """True for a ufunc each entry of whose result depends on one entry of each operand."""
        return self.ufunc is not None and self.ufunc.signature is None

    def uses(self) -> list[Ref]:
        """Return the values that the call uses."""
        return refs(self.operands) + (refs(self.settings) if self.settings else [])

    def map(self, change: Callable[[Ref], Any]) -> "Call":
        """Return the call with each reference replaced by `change` of it."""
        operands = map_refs(self.operands, change)
        settings = map_refs(self.settings, change) if self.settings else ()
        return Call(self.function, operands, self.type, settings, self.view, self.name, self.comment)


class Program(NamedTuple):
    """Calls that compute `outputs`. The first ones are the inputs, `inputs` is their number."""

    inputs: int
    calls: tuple[Call, ...]
    outputs: tuple[Any, ...]

    def results(self) -> Iterator[tuple[Ref, Call]]:
        """Yield each call that is not an input, with the number of its result."""
        return ((Ref(i), self.calls[i]) for i in range(self.inputs, len(self.calls)))

    def shape(self, x: Any) -> tuple[int, ...]:
        """Return the shape of an operand: a value of the program or a constant."""
        return self.calls[x].type.shape if isinstance(x, Ref) else np.shape(x)


def select(calls: Sequence[Call], order: Sequence[Ref], outputs: Any, same: Mapping[Ref, Ref]) -> Program:
    """Return the program of the calls `order`, inputs first. `same` has the values that replace others."""
    number = {ref: Ref(i) for i, ref in enumerate(order)}
    number |= {ref: number[kept] for ref, kept in same.items()}
    selected = tuple(calls[ref].map(number.__getitem__) for ref in order)
    inputs = sum(call.function == INPUT for call in selected)
    return Program(inputs, selected, map_refs(outputs, number.__getitem__))


def function_of(call: Call, numpy: Any = np, array: Any = np.ndarray) -> Callable[..., Any]:
    """Return the function that a call calls, from NumPy or a library with the same names."""
    if call.function == "[]":
        return operator.getitem
    library, _, name = call.function.partition(".")
    return operator.attrgetter(name)(numpy if library else array)  # type: ignore[no-any-return]


def map_refs(operand: Any, change: Callable[[Ref], Any]) -> Any:
    """Return an operand with each reference replaced by `change` of it."""
    kind = type(operand)
    if kind is Ref:
        return change(operand)
    if kind is tuple or kind is list:
        return kind([change(x) if type(x) is Ref else map_refs(x, change) for x in operand])
    if kind is slice:
        return slice(*map_refs((operand.start, operand.stop, operand.step), change))
    return operand


def refs(operand: Any) -> list[Ref]:
    """Return the values that an operand refers to."""
    found: list[Ref] = []
    map_refs(operand, found.append)
    return found


def equal(a: Any, b: Any) -> bool:
    """True if two programs or operands are the same, apart from names. Arrays are compared by entries."""
    if isinstance(a, Call) and isinstance(b, Call):
        return a.function == b.function and equal((a.operands, a.settings), (b.operands, b.settings))
    if isinstance(a, np.ndarray | np.generic) or isinstance(b, np.ndarray | np.generic):
        same_type = type(a) is type(b) and a.dtype == b.dtype
        return same_type and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b) or repr(a) == repr(b)  # nan is equal to nan
