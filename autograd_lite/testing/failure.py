"""What a check says when it finds a mistake: GradientError, and the report it was made from."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np


class Failure(NamedTuple):
    """A mistake at one example: what kind, in which input and entry, what came and what was expected.

    `kind` is "number", "subgradient", "second order", or an exact property: "writes", "state",
    "linear", "contract", "float32", "layout", "empty", "raises".
    """

    kind: str
    position: int
    sentence: str = ""
    entry: tuple[int, ...] | None = None
    got: float = float("nan")
    expected: float = float("nan")
    error: float = 0.0


class GradientError(AssertionError):
    """A gradient that is wrong, or that cannot be checked: a `message`, and its `facts` by name."""

    def __init__(self, message: str, facts: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {"message": message}

    def report(self) -> str:
        """The facts of the message as JSON, for programs that grade or collect."""
        return json.dumps(_strict(self.facts), allow_nan=False)

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.facts)


def _strict(value: Any) -> Any:
    """What JSON can say: arrays as lists, NaN and infinity as words, other things as Python writes them."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else repr(value)


LINES = 25
_WIDTH = 26


def table(rows: list[tuple[str, str]]) -> str:
    """Rows of a message, words on the left, in at most 24 lines: a long value is cut short."""
    lines = []
    for word, value in rows:
        for i, line in enumerate(value.split("\n")):
            lines.append(f"  {word if not i else '':{_WIDTH - 1}} {line}".rstrip())
    return "\n".join(lines[: LINES - 1])


def array(x: Any) -> str:
    """An array in one line, as Python: `array([1., 0.5])`, cut short when it is long."""
    x = np.asarray(x)
    text = np.array2string(x, separator=", ", threshold=12, edgeitems=3, max_line_width=10**6)
    return f"array({' '.join(text.split())})" + (f" of shape {x.shape}" if not x.size or x.size > 12 else "")


def literal(x: Any) -> str:
    """An array as Python that makes it again, nested lists or a call where a list would lose its shape."""
    x = np.asarray(x)
    return repr(x.tolist()) if x.size else f"np.zeros({x.shape})"


def numbers(got: float, expected: float) -> tuple[str, str]:
    """Two numbers in seven digits, or in as many as it takes to tell them apart."""
    for digits in (7, 10, 13, 17):
        told = f"{got + 0.0:.{digits}g}", f"{expected + 0.0:.{digits}g}"
        if told[0] != told[1] or got == expected:
            break
    return told
