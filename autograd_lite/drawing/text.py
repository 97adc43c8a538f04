"""Numbers and names as a drawing writes them."""

from __future__ import annotations

import math
from typing import Any

MINUS = "\N{MINUS SIGN}"
_WORDS = {math.inf: "inf", -math.inf: f"{MINUS}inf"}
_ESCAPES = str.maketrans(
    {
        "\\": "\N{SET MINUS}",
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&#39;",
        "\n": " ",
        "\r": " ",
        "\t": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
    }
)


def number(x: Any) -> str:
    """Four significant digits, with a true minus sign: 0.8787, −1.1, 3.2e−5, NaN."""
    x = float(x)
    if math.isnan(x):
        return "NaN"
    if x in _WORDS:
        return _WORDS[x]
    digits = f"{x:.4g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    return digits.replace("-", MINUS)


def escape(text: str) -> str:
    """Text as an HTML-like label takes it: no character of it is markup, none is a control code.

    A backslash becomes its look-alike: Graphviz would replace \\\\N and others, even here.
    """
    return "".join(c for c in text.translate(_ESCAPES) if c.isprintable() or c == " ")


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the end cut off for an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shape(lengths: tuple[int, ...]) -> str:
    """A shape as Python writes it; nothing for a single number."""
    return str(lengths) if lengths else ""


def plural(count: int, noun: str) -> str:
    """1 parameter, 12 parameters."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}".replace(",", "\N{NARROW NO-BREAK SPACE}")
