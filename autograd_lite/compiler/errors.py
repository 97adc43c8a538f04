"""Errors of functions that cannot be compiled: each names the user's line and says what to write instead."""

import re
from collections.abc import Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.protocol import AbstractArray

# NumPy functions whose result has a size that depends on their data.
_DATA_SIZED = re.compile(
    r"argwhere|bincount|compress|extract|(flat)?nonzero|histogram|(intersect|setdiff|setxor|union)1d"
    r"|trim_zeros|unique\w*"
)


def untraceable(problem: str, remedy: str) -> TypeError:
    """Return the error for the line of the user's code that is running."""
    code, line = errors.caller_line()
    return TypeError(f"compile: {problem} in {errors.file_of(code.co_filename)}:{line}; {remedy}")


def value_needed() -> TypeError:
    return untraceable(
        "a value is needed before the program runs",
        "replace an `if` on data by np.where(condition, a, b), a loop over data by a fixed number of steps, "
        "an array that is filled by np.stack of its parts, and a flag by an argument of functools.partial; "
        "return a number instead of printing it",
    )


def written_into() -> TypeError:
    return untraceable(
        "a value is written into", "compute a new one, by np.where(condition, a, b) or np.stack"
    )


def size_unknown(size: str) -> TypeError:
    return untraceable(
        f"{size} depends on data",
        "a program has fixed sizes: compute all entries and use np.where(mask, x, 0)",
    )


def check_size(name: str, operands: Sequence[Any], settings: Any) -> None:
    """Refuse a NumPy function or method whose result has a size that depends on traced data."""
    refused = bool(_DATA_SIZED.fullmatch(name)) or (name == "where" and len(operands) == 1)
    if name in ("delete", "repeat"):
        second = (*operands[1:2], settings.get("repeats"), settings.get("obj"))
        refused = any(isinstance(x, AbstractArray) for x in second)
    if refused:
        raise size_unknown(f"the size of what {name} returns")
