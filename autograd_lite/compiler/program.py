"""A program: a flat list of NumPy calls, each of which computes one value from earlier ones."""

import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.ops.indexing import placed

GUARD = "guard"  # a call that checks a condition
SCATTER: str = placed.__name__  # a call that writes or adds an array into zeros, at an index


class Ref(int):
    """The number of a value in a program: first come the inputs, then the results of the calls."""

    __slots__ = ()


class Call(NamedTuple):
    """One call: its function as Python writes it (`np.exp`, `.sum`, `[]`), its operands and its settings.

    An operand is a `Ref`, a constant, or a tuple or list of them. The result of a `view` may share memory
    with the operands. A call of `GUARD` ends the program if its operand is not the expected value.
    """

    function: str
    operands: tuple[Any, ...]
    settings: tuple[tuple[str, Any], ...] = ()
    view: bool = False

    @property
    def ufunc(self) -> np.ufunc | None:
        """The NumPy ufunc that is called, unless it is called with another dtype than its default."""
        function = getattr(np, self.function.removeprefix("np."), None)
        return function if isinstance(function, np.ufunc) and "dtype" not in dict(self.settings) else None

    @property
    def elementwise(self) -> bool:
        """True for a ufunc each entry of whose result depends on one entry of each operand."""
        return self.ufunc is not None and self.ufunc.signature is None


class ArrayType(NamedTuple):
    """Shape and dtype of a value; `python_scalar` is True for a number that is not a NumPy number."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    python_scalar: bool = False


class Program(NamedTuple):
    """Calls that compute `outputs` from `inputs`, the number of inputs.

    `types`, `names` and `comments` have an entry for each value. A comment says what a value is computed
    for, such as `z = X @ w + b`; values with the same comment form a block of the source.
    """

    inputs: int
    calls: tuple[Call, ...]
    outputs: tuple[Any, ...]
    types: tuple[ArrayType, ...]
    names: tuple[str, ...]
    comments: tuple[str, ...]

    def results(self) -> Iterator[tuple[Ref, Call]]:
        """Yield each call with the number of its result."""
        return ((Ref(self.inputs + i), call) for i, call in enumerate(self.calls))

    def shape(self, x: Any) -> tuple[int, ...]:
        """Return the shape of an operand: a value of the program or a constant."""
        return self.types[x].shape if isinstance(x, Ref) else np.shape(x)


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
        return kind(
            [
                change(x) if type(x) is Ref else map_refs(x, change) if type(x) in _CONTAINERS else x
                for x in operand
            ]
        )
    if kind is slice:
        return slice(*map_refs((operand.start, operand.stop, operand.step), change))
    return operand


_CONTAINERS = {tuple, list, slice}


def refs(operand: Any) -> list[Ref]:
    """Return the values that an operand refers to."""
    found: list[Ref] = []
    map_refs(operand, found.append)
    return found


def used_by(call: Call) -> list[Ref]:
    """Return the values that a call uses."""
    return refs(call.operands) + (refs(call.settings) if call.settings else [])


def map_call(call: Call, change: Callable[[Ref], Any]) -> Call:
    """Return the call with each reference replaced by `change` of it."""
    settings = map_refs(call.settings, change) if call.settings else ()
    return Call(call.function, map_refs(call.operands, change), settings, call.view)


def equal(a: Any, b: Any) -> bool:
    """True if two calls or operands are the same. Constant arrays are compared by their entries."""
    if isinstance(a, np.ndarray | np.generic) or isinstance(b, np.ndarray | np.generic):
        same_type = type(a) is type(b) and a.dtype == b.dtype
        return same_type and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b) or repr(a) == repr(b)  # nan is equal to nan
