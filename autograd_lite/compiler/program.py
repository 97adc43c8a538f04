"""A program: a flat list of NumPy calls, each of which makes one value from earlier ones. Plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Ref(int):
    """The number of a value: first the inputs, then the results of the calls, in order."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"v{int(self)}"


class Call(NamedTuple):
    """One call: the function as it is written (`np.exp`, `.sum`, `[]`), its operands and its settings.

    An operand is a `Ref`, a constant, or a tuple or list of such. The result of a `view` may share memory
    with operands. A call of `GUARD` says what its operand must be; it ends the program where it is not.
    """

    function: str
    operands: tuple[Any, ...]
    settings: tuple[tuple[str, Any], ...]
    view: bool


GUARD = "guard"
PLACED = "placed"  # zeros with an array written, or added, at an index


@dataclass(frozen=True)
class Ones:
    """A constant operand: a vector of ones, which adds up what it is multiplied with."""

    count: int
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return (self.count,)


@dataclass(frozen=True)
class Eye:
    """A constant operand: the unit vectors, as rows."""

    count: int
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.count, self.count


class Kind(NamedTuple):
    """What is known of a value before the program runs; `bare` is a Python number."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    bare: bool = False


class Program(NamedTuple):
    """Calls that make `outputs` from `inputs`; `kinds`, `names` and `parts` are those of all values.

    A part is what a value is computed for, as a reader is told: `z = X @ w + b`.
    """

    inputs: int
    calls: tuple[Call, ...]
    outputs: tuple[Any, ...]
    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    parts: tuple[str, ...]

    def results(self) -> Iterator[tuple[Ref, Call]]:
        """Every call with the number of its result."""
        return ((Ref(self.inputs + i), call) for i, call in enumerate(self.calls))


def refs(operand: Any) -> list[Ref]:
    """The values that an operand refers to."""
    kind = type(operand)
    if kind is Ref:
        return [operand]
    if kind is tuple or kind is list:
        return [ref for part in operand if type(part) in _HOLDING for ref in refs(part)]
    return refs((operand.start, operand.stop, operand.step)) if kind is slice else []


def mapped(operand: Any, change: Callable[[Ref], Any]) -> Any:
    """The operand with every reference changed."""
    kind = type(operand)
    if kind is Ref:
        return change(operand)
    if kind is tuple or kind is list:
        return kind([mapped(part, change) if type(part) in _HOLDING else part for part in operand])
    if kind is slice:
        return slice(*mapped((operand.start, operand.stop, operand.step), change))
    return operand


_HOLDING = {Ref, tuple, list, slice}  # types of operands that are, or may hold, references


def used(call: Call) -> list[Ref]:
    """The values that a call uses."""
    return refs(call.operands) + (refs(call.settings) if call.settings else [])


def changed(call: Call, change: Callable[[Ref], Any]) -> Call:
    """The call with every reference changed."""
    operands = tuple([change(x) if type(x) is Ref else mapped(x, change) for x in call.operands])
    settings = mapped(call.settings, change) if call.settings else ()
    return Call(call.function, operands, settings, call.view)


def equal(a: Any, b: Any) -> bool:
    """Whether two programs, or operands, are the same, constant arrays by their entries."""
    if type(a) is Ref or type(a) is str:
        return bool(a == b)
    if isinstance(a, np.ndarray | np.generic) or isinstance(b, np.ndarray | np.generic):
        return (
            type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        )
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b) or repr(a) == repr(b)  # nan is nan


def shape_of(program: Program, x: Any) -> tuple[int, ...]:
    """The shape of an operand: a value of the program, or a constant."""
    if isinstance(x, Ref):
        return program.kinds[x].shape
    return x.shape if isinstance(x, Ones | Eye) else np.shape(x)


def axes_of(program: Program, call: Call) -> list[int]:
    """The axes along which a call reduces its operand."""
    ndim, axis = len(shape_of(program, call.operands[0])), dict(call.settings).get("axis")
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return [a % ndim for a in axes]
