"""What a function that is recorded may not do, as errors with the user's line and what to write instead."""

from __future__ import annotations

from autograd_lite import errors

# Functions whose results have sizes that depend on data.
BY_SIZE = {
    "argwhere", "bincount", "compress", "delete", "extract", "flatnonzero", "histogram", "intersect1d",
    "nonzero", "repeat", "setdiff1d", "trim_zeros", "union1d", "unique",
}  # fmt: skip


def where() -> str:
    """The user's line."""
    code, line = errors.caller_line()
    return f" in {errors.file_of(code.co_filename)}:{line}"


def needed() -> TypeError:
    """A value that is needed before the program runs."""
    return TypeError(
        f"compile: a value is needed before the program runs{where()}; an `if` on data becomes "
        "np.where(condition, a, b), a loop over data a fixed number of steps, an array that is filled "
        "np.stack of its parts, a flag an argument of functools.partial, and a number that is printed is "
        "returned"
    )


def sized(what: str) -> TypeError:
    """A size that depends on data."""
    return TypeError(
        f"compile: {what}{where()} depends on data, and the sizes in a program do not; compute all entries "
        "and use np.where(mask, x, 0)"
    )


def written() -> TypeError:
    """A value that is written into."""
    return TypeError(
        f"compile: a value is written into{where()}; make a new one, by np.where(condition, a, b) or np.stack"
    )


def foreign(name: str) -> TypeError:
    """A function that is not NumPy's."""
    return TypeError(
        f"compile: {name}{where()} is no function of NumPy, in which a program is written; compose it of "
        "those, or call it outside"
    )


def returning(function: str, kind: str) -> TypeError:
    """A function of NumPy that returns no array."""
    return TypeError(
        f"compile: {function} returns {kind}, which a program cannot hold{where()}; compute it outside, or "
        "by operations that return an array"
    )


def ended() -> TypeError:
    """A value that is used after the function has returned."""
    return TypeError(
        f"compile: a value of a function that was compiled is used after its end{where()}; return it from "
        "the function, instead of keeping it in an attribute or a variable"
    )
