"""Numbers and names as a drawing writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

MINUS = "\N{MINUS SIGN}"

# How tightly signs bind, and how tightly a word must hold together right of a sign, and left of one.
_WHOLE = 5
_BIND = {"+": 1, MINUS: 1, "-": 1, "@": 2, "×": 3, "*": 3, "÷": 3, "/": 3, "·": 3, "^": 4, "²": 4}
_AFTER = {"+": 1, MINUS: 2, "@": 4, "×": 3, "·": 3, "÷": 4, "/": 4, "^": _WHOLE}
_BEFORE = {"@": 2, "×": 3, "·": 3, "÷": 3, "/": 3} | dict.fromkeys("^².[", _WHOLE)
_EXPONENT = re.compile(rf"(?<=\de)[{MINUS}-](?=\d)")  # a minus that is part of a number
_SLOT = re.compile(r"\{(\w+)\}")

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
    x = float(x) + 0.0  # a negative zero is none
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
    """At most `limit` characters, the end cut off for an ellipsis, but not in the middle of a number."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    return f"{(kept.rstrip('0123456789.') if text[limit - 1] in '0123456789.' else kept) or kept}…"


def shape(lengths: tuple[int, ...]) -> str:
    """A shape as Python writes it; nothing for a single number."""
    return str(lengths) if lengths else ""


def plural(count: int, noun: str) -> str:
    """1 parameter, 12 parameters."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def filled(template: str, words: Mapping[str, str]) -> str:
    """The template with words in its slots, in parentheses where it would tear them apart.

    >>> filled("{a} ÷ {b}", {"a": "x × y", "b": "x × y"})
    'x × y ÷ (x × y)'
    """

    def word(slot: re.Match[str]) -> str:
        known = words.get(slot[1])
        return slot[0] if known is None else grouped(known, template[: slot.start()], template[slot.end() :])

    return _SLOT.sub(word, template)


def grouped(word: str, before: str, after: str) -> str:
    """The word as it must stand between two texts: in parentheses where their signs bind tighter.

    >>> grouped("−3", "", "²"), grouped("−3", "2 × ", ""), grouped("a × b", "c ÷ ", "")
    ('(−3)', '−3', '(a × b)')
    """
    signs = before.rstrip()[-1:], after.lstrip()[:1]
    needed = max(
        _WHOLE if before[-1:].isalnum() or before[-1:] in {")", "}"} else _AFTER.get(signs[0], 0),
        _WHOLE if after[:1].isalnum() or after[:1] in {"(", "{"} else _BEFORE.get(signs[1], 0),
    )
    negative = word[:1] in {MINUS, "-"} and (needed == _WHOLE or signs[0] == MINUS)
    glued = before[-1:].isalnum() and not word[:1].isalpha()
    return f"({word})" if negative or glued or _binding(word) < needed else word


def _binding(word: str) -> int:
    """How tightly a word holds together: as its loosest sign outside of brackets, but for a leading minus."""
    depth, found = 0, _WHOLE
    for c in _EXPONENT.sub("", word)[word[:1] in {MINUS, "-"} :]:
        depth += (c in "([") - (c in ")]")
        found = min(found, _BIND.get(c, _WHOLE)) if depth <= 0 else found
    return found
