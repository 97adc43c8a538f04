"""How a drawing writes numbers, names and formulas."""

import math
import re
from collections.abc import Mapping
from typing import Any

MINUS = "\N{MINUS SIGN}"

# Precedence of the loosest sign of a term, and the one that a term needs right and left of a sign.
_ATOM = 5
_PRECEDENCE = {"+": 1, MINUS: 1, "-": 1, "@": 2, "×": 3, "*": 3, "÷": 3, "/": 3, "·": 3, "^": 4, "²": 4}
_NEEDED_AFTER = {"+": 1, MINUS: 2, "@": 4, "×": 3, "·": 3, "÷": 4, "/": 4, "^": _ATOM}
_NEEDED_BEFORE = {"@": 2, "×": 3, "·": 3, "÷": 3, "/": 3} | dict.fromkeys("^².[", _ATOM)
_EXPONENT = re.compile(rf"(?<=\de)[{MINUS}-](?=\d)")  # the minus of 1e−5 is part of the number
_SLOT = re.compile(r"\{(\w+)\}")

_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
_ESCAPES = str.maketrans(
    {"\\": "\N{SET MINUS}", "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    | dict.fromkeys(("\n", "\r", "\t", _NARROW_SPACE), " ")
)


def number(x: Any) -> str:
    """Four significant digits with a true minus sign: 0.8787, −1.1, 3.2e−5, NaN."""
    x = float(x) + 0.0  # turns -0.0 into 0.0
    if math.isnan(x):
        return "NaN"
    digits = f"{x:.4g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    return digits.replace("-", MINUS)


def escape(text: str) -> str:
    """Text for an HTML-like label of DOT, without markup and control characters.

    A backslash becomes a set minus, which looks alike: Graphviz would replace \\\\N and others.
    """
    return "".join(c for c in text.translate(_ESCAPES) if c.isprintable() or c == " ")


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis replaces the rest, but no number is cut in two."""
    if len(text) <= limit:
        return text
    start = text[: limit - 1]
    whole = start.rstrip("0123456789.") if text[limit - 1] in "0123456789." else start
    return f"{whole or start}…"


def shape(lengths: tuple[int, ...]) -> str:
    """A shape as Python writes it; nothing for a single number."""
    return str(lengths) if lengths else ""


def plural(count: int, noun: str) -> str:
    """1 parameter, 12 parameters."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}".replace(",", _NARROW_SPACE)


def fill_template(template: str, words: Mapping[str, str]) -> str:
    """The template with its slots replaced by words, in parentheses where precedence requires them.

    >>> fill_template("{a} ÷ {b}", {"a": "x × y", "b": "x × y"})
    'x × y ÷ (x × y)'
    """

    def replacement(slot: re.Match[str]) -> str:
        if slot[1] not in words:
            return slot[0]
        return parenthesise(words[slot[1]], template[: slot.start()], template[slot.end() :])

    return _SLOT.sub(replacement, template)


def parenthesise(word: str, before: str, after: str) -> str:
    """The word as it must be written between two texts: in parentheses where precedence requires them.

    >>> parenthesise("−3", "", "²"), parenthesise("−3", "2 × ", ""), parenthesise("a × b", "c ÷ ", "")
    ('(−3)', '−3', '(a × b)')
    """
    left = before.rstrip()[-1:]
    right = after.lstrip()[:1]
    needed = max(
        _ATOM if before[-1:].isalnum() or before[-1:] in {")", "}"} else _NEEDED_AFTER.get(left, 0),
        _ATOM if after[:1].isalnum() or after[:1] in {"(", "{"} else _NEEDED_BEFORE.get(right, 0),
    )
    negative = word[:1] in {MINUS, "-"} and (needed == _ATOM or left == MINUS)
    adjoining = before[-1:].isalnum() and not word[:1].isalpha()
    return f"({word})" if negative or adjoining or _precedence(word) < needed else word


def _precedence(word: str) -> int:
    """Precedence of the loosest sign outside of brackets, a leading minus not counted."""
    depth = 0
    loosest = _ATOM
    for c in _EXPONENT.sub("", word)[word[:1] in {MINUS, "-"} :]:
        depth += (c in "([") - (c in ")]")
        if depth <= 0:
            loosest = min(loosest, _PRECEDENCE.get(c, _ATOM))
    return loosest
