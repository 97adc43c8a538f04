"""Errors of functions that cannot be compiled: each names the user's line and says what to write instead."""

from __future__ import annotations

from typing import Any

from autograd_lite import messages

# NumPy functions whose result has a size that depends on their data.
_DATA_SIZED = frozenset(
    "argwhere bincount compress extract flatnonzero histogram intersect1d nonzero setdiff1d trim_zeros "
    "union1d unique unique_all unique_counts unique_inverse unique_values".split()
)
_SIZED_BY_SECOND = ("delete", "repeat")  # ... on the data of their second argument


def size_depends_on_data(name: str, operands: Any, settings: Any, is_traced: Any) -> bool:
    """True if the size of the result of a NumPy function or method depends on traced data."""
    if name in _SIZED_BY_SECOND:
        return any(map(is_traced, (*operands[1:2], settings.get("repeats"), settings.get("obj"))))
    return name in _DATA_SIZED or (name == "where" and len(operands) == 1)


def user_line() -> str:
    """Return " in file:line" for the line of the user's code that is running."""
    code, line = messages.caller_line()
    return f" in {messages.file_of(code.co_filename)}:{line}"


def value_needed() -> TypeError:
    """Return the error for code that needs a value before the program runs."""
    return TypeError(
        f"compile: a value is needed before the program runs{user_line()}; replace an `if` on data by "
        "np.where(condition, a, b), a loop over data by a fixed number of steps, an array that is filled "
        "by np.stack of its parts, and a flag by an argument of functools.partial; return a number instead "
        "of printing it"
    )


def size_unknown(what: str) -> TypeError:
    """Return the error for an array whose size depends on data."""
    return TypeError(
        f"compile: {what}{user_line()} depends on data, but a program has fixed sizes; compute all entries "
        "and use np.where(mask, x, 0)"
    )


def written_into() -> TypeError:
    """Return the error for code that writes into a value."""
    return TypeError(
        f"compile: a value is written into{user_line()}; compute a new one, by np.where(condition, a, b) or "
        "np.stack"
    )


def no_attribute(name: str) -> TypeError:
    """Return the error for an attribute of arrays that traced values do not have."""
    return TypeError(f"compile: a value that is compiled has no {name!r}{user_line()}; use NumPy functions")


def not_numpy(name: str) -> TypeError:
    """Return the error for a function from another library."""
    return TypeError(
        f"compile: {name}{user_line()} is not a NumPy function, and a program can call only those; replace "
        "it by NumPy functions, or call it outside"
    )


def returns_no_array(function: str, kind: str) -> TypeError:
    """Return the error for a NumPy function that does not return an array."""
    return TypeError(
        f"compile: {function} returns {kind}, which a program cannot hold{user_line()}; compute it outside, "
        "or by operations that return an array"
    )


def used_after_end() -> TypeError:
    """Return the error for a traced value that is used after the function has returned."""
    return TypeError(
        f"compile: a value of a function that was compiled is used after its end{user_line()}; return it "
        "from the function, instead of keeping it in an attribute or a variable"
    )
