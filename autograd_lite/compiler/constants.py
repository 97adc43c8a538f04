"""Constants of a program: how Python writes them, and the names of those that stand before the function."""

from __future__ import annotations

import builtins
import keyword
import math
from typing import Any

import numpy as np

from autograd_lite.compiler.program import Eye, Ones

_NUMBERS = {"0.0": "zero", "0.5": "half", "1.0": "one", "2.0": "two"}
_SMALL = 64  # entries of an array that is written into the source that is shown


class Constants:
    """Names, each used once, and lines that make what they stand for; arrays too long to be shown apart."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.long: dict[str, Any] = {}
        self._taken = {"np", "run", *keyword.kwlist, *dir(builtins), *dir(math)}
        self._kept: list[Any] = []
        self._known: dict[Any, str] = {}
        self._locals: dict[str, str] = {}

    def local(self, wanted: str) -> str:
        """A Python name for a value, the same in all functions."""
        if wanted not in self._locals:
            self._locals[wanted] = self.name(wanted)
        return self._locals[wanted]

    def name(self, wanted: str) -> str:
        """A Python name, different from all others."""
        kept = "".join(c if c.isalnum() and c.isascii() else "_" for c in wanted) or "v"
        kept = unique = kept if not kept[0].isdigit() else f"v{kept}"
        count = 1
        while unique in self._taken:
            count += 1
            unique = f"{kept}_{count}"
        self._taken.add(unique)
        return unique

    def made(self, x: Ones | Eye) -> str:
        """The name of a vector of ones, or of unit vectors."""
        function = type(x).__name__.lower()
        return self._constant(
            x,
            function,
            f"np.{function}({x.count}{'' if x.dtype == float else f', dtype={literal(x.dtype)}'})",
        )

    def number(self, x: float, dtype: np.dtype[Any]) -> str:
        """The name of a number as an array, which is what NumPy would make of it at every call."""
        written = str(literal(float(x)))
        made = f"np.array({written}{dtype_argument(dtype)})"
        return self._constant(made, _NUMBERS.get(written, "number"), made)

    def array(self, x: Any) -> str:
        """The name of an array, which is written out where it is short."""
        if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub":
            raise TypeError(f"compile: a program cannot hold {x!r}; pass it as an argument or a number")
        x = x.astype(x.dtype.newbyteorder("="), copy=False)
        if x.size > 1 and x.tobytes() == x.flat[0].tobytes() * x.size:
            filled = f"np.full({x.shape}, {literal(x.flat[0])}{dtype_argument(x.dtype)})"
            return self._constant(filled, "constant", filled)
        if x.size <= _SMALL:
            return self._constant(array_literal(x), "constant", array_literal(x))
        shown = f"...  # of shape {x.shape} and dtype {x.dtype}; export writes it out"
        name = self._constant(("array", id(x)), "constant", shown)
        self._kept.append(x)  # so that nothing else gets its id
        self.long[name] = x
        return name

    def _constant(self, key: Any, name: str, written: str) -> str:
        if key not in self._known:
            self._known[key] = self.name(name)
            self.lines.append(f"{self._known[key]} = {written}")
        return self._known[key]


def literal(x: Any) -> str | None:
    """A constant that Python can write in a few characters; None for any other."""
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return "bool" if np.dtype(x) == bool else f"np.{np.dtype(x).name}"
    if isinstance(x, np.generic):
        return f"np.{x.dtype.name}({literal(x.item())})"
    if isinstance(x, float):
        return repr(x) if math.isfinite(x) else f"float({str(x)!r})"
    if isinstance(x, type):
        return x.__name__
    return repr(x) if x is None or isinstance(x, bool | int | str) else None


def array_literal(x: Any) -> str:
    """An array as Python that makes exactly this array."""
    x = x.astype(x.dtype.newbyteorder("="), copy=False)
    if x.size <= _SMALL:
        values = f"[{', '.join(str(literal(value)) for value in x.ravel().tolist())}]"
        made = f"np.array({values}, {literal(x.dtype)})"
    else:  # its bytes: exact, and read in no time
        made = (
            f'np.frombuffer(bytes.fromhex("{np.ascontiguousarray(x).tobytes().hex()}"), {literal(x.dtype)})'
        )
    return made if x.ndim == 1 else f"{made}.reshape({x.shape})"


def dtype_argument(dtype: np.dtype[Any]) -> str:
    """A dtype as the last argument of what makes arrays; float64 needs none."""
    return "" if dtype == np.float64 else f", {literal(dtype)}"
