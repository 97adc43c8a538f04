"""How messages of the checks write numbers, arrays and rows of facts."""

from __future__ import annotations

from typing import Any

import numpy as np

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
