"""Words for errors: what a value is called where the user wrote it, and what is wrong with it."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from typing import Any

import numpy as np

_OPTIMIZED = 1  # the code flag of a function, whose f_locals is a copy
_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_NOT_THE_USERS = (_PACKAGE, contextlib.__file__, np.lib.mixins.__file__)  # our contexts and operators


def caller_names() -> dict[int, str]:
    """What the arrays and tensors in the caller's variables are called, by identity."""
    names: dict[int, str] = {}
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return names
    for name, held in {**frame.f_globals, **frame.f_locals}.items():
        if hasattr(held, "dtype") and hasattr(held, "shape") and not name.startswith("_"):
            names[id(held)] = name
    if sys.version_info < (3, 13) and frame.f_code.co_flags & _OPTIMIZED:
        frame.f_locals.clear()  # a copy of the variables, which the frame would keep alive
    return names


def caller_line() -> tuple[Any, int]:
    """The user's code that called us, and the line it is at."""
    frame, _ = _caller()
    return frame.f_code, frame.f_lineno


def file_of(path: str) -> str:
    """What a message calls a file of code: relative where it is in the current folder, a cell as `In[3]`."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = getattr(getattr(shell, "compile", None), "format_code_name", lambda path: None)(path)
    if cell:
        return str(cell[1])
    try:
        here = os.getcwd() + os.sep
    except FileNotFoundError:  # a folder that somebody has deleted
        return path
    return os.path.relpath(path) if path.startswith(here) else path


def _caller() -> tuple[Any, int]:
    """The user's frame, and the stack level that a warning of the function asking gives it."""
    frame, level = sys._getframe(2), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        frame, level = frame.f_back, level + 1
    return frame, level


def warn(text: str) -> None:
    """A UserWarning at the user's line that called us."""
    warnings.warn(text, stacklevel=_caller()[1])


def name_of(value: Any, default: str) -> str:
    """The tensor's own name, else the variable that holds it where the user wrote it, else `default`."""
    own = getattr(value, "name", None)
    if isinstance(own, str):
        return own
    return default if isinstance(value, np.generic) else caller_names().get(id(value), default)


def shape_of(value: Any) -> Any:
    """The shape of an array, a tensor or a number; None, which a rule may forget to return, has none."""
    try:
        return value.shape
    except AttributeError:
        return None if value is None else np.shape(value)


def shapes(values: Any, defaults: Any) -> str:
    """A sentence such as `X has shape (569, 30) and w has shape (31,)`."""
    return " and ".join(
        f"{name_of(value, default)} has shape {shape_of(value)}"
        for value, default in zip(values, defaults, strict=False)
    )


def first(mask: Any) -> str:
    """Where a boolean mask is first true, as an index to paste: `[3]`, `[0, 2]`, or nothing for a number."""
    where = np.argwhere(np.asarray(mask))[0]
    return f"[{', '.join(map(str, where))}]" if where.size else ""


def non_finite(value: Any) -> str:
    """`3 of 64 entries are nan, the first at [0, 2]`, or an empty string when every entry is finite."""
    array = np.asarray(value)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    bad = np.isnan(array)
    kind = "nan" if bad.any() else "inf"
    bad = bad if bad.any() else np.isinf(array)
    if array.ndim == 0:
        return f"is {kind}"
    return f"{np.count_nonzero(bad)} of {array.size} entries are {kind}, the first at {first(bad)}"
