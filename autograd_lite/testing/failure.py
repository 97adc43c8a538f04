"""A mistake that a check has found, GradientError, and how messages write numbers and arrays."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(eq=False)
class RuleError(Exception):
    """A mistake at one example; the functions `check_...` raise it.

    `kind` is "number", "subgradient" or "second order" for a wrong derivative, else the property that a
    rule lacks: "writes", "state", "linear", "contract", "float32", "layout", "tensors", "empty", "raises".
    `position` is the input whose gradient is wrong; it is -1 if the forward is wrong. `sentence` says what
    is wrong, unless the numbers say it: `entry` of the gradient is `got` instead of `expected`, which is
    known up to `error`.
    """

    kind: str
    position: int
    sentence: str = ""
    entry: tuple[int, ...] | None = None
    got: float = float("nan")
    expected: float = float("nan")
    error: float = 0.0


class GradientError(AssertionError):
    """A gradient that is wrong, or that cannot be checked.

    `facts` holds what the message says, by name: the input, the entry, the two numbers, the example.
    """

    def __init__(self, message: str, facts: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {"message": message}

    def report(self) -> str:
        """Return the facts of the message as JSON."""
        return json.dumps(_as_json(self.facts), allow_nan=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.facts)


def _as_json(value: Any) -> Any:
    """Replace what JSON does not have: arrays by lists, NaN, infinity and other objects by text."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else repr(value)


_LINES = 24  # of a table, so that a message with its headline has at most 25
_WIDTH = 25  # of the column of names


def table(rows: list[tuple[str, str]]) -> str:
    """Format rows of a name and a value, which may have several lines; lines beyond 24 are left out."""
    lines = []
    for name, value in rows:
        for i, line in enumerate(value.split("\n")):
            lines.append(f"  {'' if i else name:{_WIDTH}} {line}".rstrip())
    return "\n".join(lines[:_LINES])


def array(x: Any) -> str:
    """Format an array in one line: `array([1., 0.5])`. The middle of a long array is left out."""
    x = np.asarray(x)
    text = np.array2string(x, separator=", ", threshold=12, edgeitems=3, max_line_width=10**6)
    return f"array({' '.join(text.split())})" + (f" of shape {x.shape}" if not x.size or x.size > 12 else "")


def literal(x: Any) -> str:
    """Return Python source for an array: nested lists, or a call for an empty array."""
    x = np.asarray(x)
    return repr(x.tolist()) if x.size else f"np.zeros({x.shape})"


def subscript(entry: tuple[int, ...] | None) -> str:
    """Format the index of an entry: `[0, 1]`; nothing for a number or for no entry."""
    return f"[{', '.join(map(str, entry))}]" if entry else ""


def two_numbers(got: float, expected: float) -> tuple[str, str]:
    """Format two numbers with seven digits, or with as many as show their difference."""
    for digits in (7, 10, 13, 17):
        texts = f"{got + 0.0:.{digits}g}", f"{expected + 0.0:.{digits}g}"
        if texts[0] != texts[1] or got == expected:
            break
    return texts
