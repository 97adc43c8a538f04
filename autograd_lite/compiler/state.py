"""Copies of variables, attributes and containers: to compare them later, and to put them back."""

from collections import deque
from collections.abc import Callable
from types import CellType
from typing import Any

import numpy as np

from autograd_lite.checks.fingerprint import compared
from autograd_lite.compiler.tracer import Tracer
from autograd_lite.tensor import Tensor

_COMPARED_BY_VALUE = (bool, int, float, complex, str, bytes, type(None))


def content(owner: Any) -> dict[Any, Any]:
    """Return a copy of what a dictionary, list, set, cell or class holds."""
    if isinstance(owner, dict):
        return dict(owner)
    if isinstance(owner, CellType):
        return {"cell_contents": owner.cell_contents}
    if isinstance(owner, type):
        return dict(vars(owner))
    return dict(enumerate(owner)) if isinstance(owner, list | deque) else dict.fromkeys(owner)


def put_back(owner: Any, before: dict[Any, Any]) -> None:
    """Let an owner hold what it held before."""
    if isinstance(owner, CellType | type):
        for name in [name for name, value in content(owner).items() if before.get(name, owner) is not value]:
            setattr(owner, name, before[name]) if name in before else delattr(owner, name)
        return
    if isinstance(owner, dict):
        for key in owner.keys() - before.keys():
            del owner[key]
        owner.update(before)
        return
    owner.clear()
    owner.extend(before.values()) if isinstance(owner, list | deque) else owner.update(before)


def changes(owner: Any, before: dict[Any, Any]) -> list[Any]:
    """Return the names or positions at which an owner holds another value than before."""
    now = content(owner)
    return [key for key in (before | now) if not same(now.get(key, owner), before.get(key, owner))]


def kept_tracers(owner: Any, before: dict[Any, Any]) -> list[Any]:
    """Return the names or positions at which an owner holds a value of a trace since then."""
    now = content(owner).items()
    return [key for key, value in now if before.get(key, owner) is not value and _is_tracer(key, value)]


def _is_tracer(key: Any, value: Any) -> bool:
    """True if a key or a value is or contains a value of a trace."""
    if isinstance(value, list | tuple | deque):
        return any(_is_tracer(None, x) for x in value)
    if isinstance(value, dict):
        return any(_is_tracer(None, x) for x in value.values())
    value = key if value is None else value  # the keys of a set
    return isinstance(value._value if isinstance(value, Tensor) else value, Tracer)


def same(now: Any, before: Any) -> bool:
    """True for the same object, and for equal numbers, texts, arrays, and tuples of them."""
    if now is before:
        return True
    kind = type(now)
    if kind is not type(before):
        return False
    if kind is tuple:
        return len(now) == len(before) and all(map(same, now, before))
    if kind is np.ndarray:
        return (now.dtype, now.shape, now.tobytes()) == (before.dtype, before.shape, before.tobytes())
    is_plain = kind in _COMPARED_BY_VALUE or isinstance(now, np.generic)
    return is_plain and repr(now) == repr(before)  # 0.0 differs from -0.0, nan does not differ from nan


def reader_of_bytes(x: Any) -> Callable[[], Any]:
    """Return a function that returns type, shape and bytes of an array, or of a sample of it if it is long.

    A table is read with its labels, and its objects as they are printed; a masked array with its mask.
    """
    labels = [name for name in ("index", "columns", "mask") if hasattr(x, name) and hasattr(x, "dtypes")]
    labels += ["mask"] if isinstance(x, np.ma.MaskedArray) else []

    def read() -> Any:
        return [_bytes_of(part) for part in (x, *(getattr(x, name) for name in labels))]

    return read


def _bytes_of(x: Any) -> Any:
    array = np.asarray(x)
    view = compared(array)
    # A table makes its objects anew each time, so that their addresses differ.
    printed = array.dtype == object and not isinstance(x, np.ndarray)
    return array.dtype, array.shape, list(map(repr, view.flat)) if printed else view.tobytes()
