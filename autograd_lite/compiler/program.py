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


@dataclass(frozen=True)
class Ones:
    """A constant operand: a vector of ones, which adds up what it is multiplied with."""

    count: int
    dtype: np.dtype[Any]


class Kind(NamedTuple):
    """What is known of a value before the program runs."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


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


def refs(operand: Any) -> Iterator[Ref]:
    """The values that an operand refers to."""
    if isinstance(operand, Ref):
        yield operand
    elif isinstance(operand, tuple | list):
        for part in operand:
            yield from refs(part)
    elif isinstance(operand, slice):
        yield from refs((operand.start, operand.stop, operand.step))


def mapped(operand: Any, change: Callable[[Ref], Any]) -> Any:
    """The operand with every reference changed."""
    if isinstance(operand, Ref):
        return change(operand)
    if isinstance(operand, tuple | list):
        return type(operand)(mapped(part, change) for part in operand)
    return operand


def used(call: Call) -> list[Ref]:
    """The values that a call uses."""
    return [*refs(call.operands), *refs([value for _, value in call.settings])]


def changed(call: Call, change: Callable[[Ref], Any]) -> Call:
    """The call with every reference changed."""
    settings = tuple((name, mapped(value, change)) for name, value in call.settings)
    return Call(call.function, mapped(call.operands, change), settings, call.view)
