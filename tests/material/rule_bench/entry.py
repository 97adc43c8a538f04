"""Entries of the bench: an operation in plain NumPy, right rules for it, and wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from zlib import crc32


class Rule(NamedTuple):
    """One way to write `backward(g, y, *x, **params) -> tuple`, a gradient for each input.

    `cause` is what is wrong with it, a key of `CAUSES`, or "" for a right rule. `forward` replaces the
    forward of the entry, for example if it must share a state with `backward`.
    """

    backward: Callable[..., Any]
    cause: str = ""
    forward: Callable[..., Any] | None = None


class Entry(NamedTuple):
    """An operation `forward(*x, **params)`, its rules by name, and what `check_function` tries it with."""

    kind: str
    name: str
    forward: Callable[..., Any]
    right: Mapping[str, Rule]
    wrong: Mapping[str, Rule]
    domains: Sequence[Any] = ()
    shapes: Any = None
    params: Any = None


CAUSES = {
    "sign": "the sign is flipped, of the whole gradient or of a term",
    "factor": "twice or half, or another constant factor",
    "length": "off by n, 1/n or the length of an axis",
    "relative": "a small relative error everywhere",
    "sum": "a sum over an axis is missing, or over the wrong axis",
    "transposed": "transposed, or axes in the wrong order",
    "swapped": "the gradients of two inputs are swapped",
    "local": "a factor y, x or 1 - y is missing, or one too many",
    "term": "a term is missing, such as = for +=",
    "constant": "treated as a constant: gradient zero",
    "negative": "wrong for negative inputs only",
    "zero": "wrong at zero only, NaN there included",
    "large": "wrong for large inputs only, overflow included",
    "small": "wrong for small inputs only",
    "setting": "wrong for one setting only: keepdims=False, a tuple of axes, a negative axis",
    "shape": "wrong for some shapes only: not square, size 1, 0-d, empty, broadcast",
    "repeated": "wrong where indices repeat",
    "tie": "both or neither of equal entries, or of the sides of a kink",
    "writes": "modifies g, y or an input",
    "state": "depends on an earlier call, or on a buffer that is used again",
    "linear": "not linear in g",
    "contract": "None, too few gradients, a shape or dtype that does not fit",
    "float32": "right in float64 only: another dtype comes back, or digits are lost",
    "formula": "another function altogether",
}


def held_out(entry: str, rule: str) -> bool:
    """True if a rule belongs to the third of the bench that is not looked at while tuning."""
    return crc32(f"{entry}/{rule}".encode()) % 3 == 0
