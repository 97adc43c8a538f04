"""Constants of a program: how Python writes them, and the names of those defined before the function."""

import builtins
import keyword
import math
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

_NUMBERS = {"0.0": "zero", "0.5": "half", "1.0": "one", "2.0": "two"}
_SHORT = 64  # entries of an array that is written into the source that users read


class Constants:
    """Unique names, and the lines that define constants.

    `long` has the arrays that are too long for the source, by name.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.long: dict[str, Any] = {}
        self._taken = {"np", "run", *keyword.kwlist, *dir(builtins), *dir(math)}
        self._numbered: dict[str, Iterator[str]] = {}
        self._names: dict[Any, str] = {}

    def name(self, wanted: str) -> str:
        """Return a Python name, different from all others."""
        base = "".join(c if c.isalnum() and c.isascii() else "_" for c in wanted) or "v"
        base = f"v{base}" if base[0].isdigit() else base
        if base in self._taken:
            return next(self._numbered.setdefault(base, self.numbered(f"{base}_", 2)))
        self._taken.add(base)
        return base

    def numbered(self, prefix: str, start: int = 1) -> Iterator[str]:
        """Yield names, different from all others, of a prefix and a number."""
        for i in count(start):
            name = f"{prefix}{i}"
            if name not in self._taken:
                self._taken.add(name)
                yield name

    def number(self, x: float, dtype: np.dtype[Any]) -> str:
        """Return the name of a number as an array, which NumPy would otherwise make at each call."""
        written = str(literal(float(x)))
        array = f"np.array({written}{dtype_argument(dtype)})"
        return self._constant(_NUMBERS.get(written, "number"), array)

    def array(self, x: Any) -> str:
        """Return the name of an array."""
        if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub":
            raise TypeError(f"compile: a program cannot hold {x!r}; pass it as an argument or a number")
        x = x.astype(x.dtype.newbyteorder("="), copy=False)
        dtype = dtype_argument(x.dtype)
        if is_identity_matrix(x):
            return self._constant("eye", f"np.eye({len(x)}{dtype and f', dtype={literal(x.dtype)}'})")
        if x.size > 1 and x.tobytes() == x.flat[0].tobytes() * x.size:
            if x.ndim == 1 and x[0] == 1:
                return self._constant("ones", f"np.ones({len(x)}{dtype})")
            return self._constant("constant", f"np.full({x.shape}, {literal(x.flat[0])}{dtype})")
        if x.size <= _SHORT:
            return self._constant("constant", array_literal(x))
        shown = f"...  # of shape {x.shape} and dtype {x.dtype}; export writes it out"
        name = self._constant("constant", shown, id(x))
        self.long[name] = x
        return name

    def _constant(self, name: str, written: str, key: Any = None) -> str:
        key = key or written
        if key not in self._names:
            self._names[key] = self.name(name)
            self.lines.append(f"{self._names[key]} = {written}")
        return self._names[key]


def is_identity_matrix(x: Any) -> bool:
    """True if a constant is an identity matrix, whose rows are the unit vectors."""
    square = isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[0] == x.shape[1] and x.dtype.kind == "f"
    return square and np.array_equal(x, np.eye(len(x)))


def literal(x: Any) -> str | None:
    """Return a constant as Python writes it in a few characters, or None if it cannot."""
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return "bool" if np.dtype(x) == bool else f"np.{np.dtype(x).name}"
    if isinstance(x, np.generic) and not isinstance(x, str):
        return f"np.{x.dtype.name}({literal(x.item())})"
    if isinstance(x, type):
        return x.__name__ if x in (bool, int, float) else None
    kind: Any = next((kind for kind in (bool, int, float, str, type(None)) if isinstance(x, kind)), None)
    written: str | None = kind and kind.__repr__(x)  # not by its own repr, which may be any text
    return f"float({written!r})" if written in ("inf", "-inf", "nan") else written


def array_literal(x: Any) -> str:
    """Return Python source of exactly this array or number."""
    if not isinstance(x, np.ndarray):
        return str(literal(x))
    x = x.astype(x.dtype.newbyteorder("="), copy=False)
    if x.size <= _SHORT:
        values = ", ".join(str(literal(value)) for value in x.ravel().tolist())
        written = f"np.array([{values}], {literal(x.dtype)})"
    else:  # as bytes, which are exact and fast to read
        data = np.ascontiguousarray(x).tobytes().hex()
        written = f'np.frombuffer(bytes.fromhex("{data}"), {literal(x.dtype)})'
    return written if x.ndim == 1 else f"{written}.reshape({x.shape})"


def dtype_argument(dtype: np.dtype[Any]) -> str:
    """Return a dtype as the last argument of an array constructor. It is empty for float64."""
    return "" if dtype == np.float64 else f", {literal(dtype)}"
