"""Programs of single numbers as plain float arithmetic: a twentieth of the time of NumPy's scalars."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from autograd_lite.compiler.constants import Constants
from autograd_lite.compiler.emit import ATOM, Source, Writer, with_names_apart
from autograd_lite.compiler.program import GUARD, Call, Kind, Program, Ref, refs

# Python that computes what a NumPy function does of floats, or raises where that is inf or nan.
_WRITTEN = {
    "np.add": ("{} + {}", 2), "np.subtract": ("{} - {}", 2), "np.multiply": ("{} * {}", 3),
    "np.divide": ("{} / {}", 3), "np.negative": ("-{}", 4), "np.absolute": ("abs({})", ATOM),
    "np.power": ("pow({}, {})", ATOM), "np.square": ("{0} * {0}", 3), "np.reciprocal": ("1.0 / {}", 3),
    "np.maximum": ("({1} if {0} < {1} or {1} != {1} else {0})", ATOM),
    "np.minimum": ("({1} if {0} > {1} or {1} != {1} else {0})", ATOM),
    "np.where": ("({1} if {0} else {2})", ATOM), "np.signbit": ("(copysign(1.0, {}) < 0.0)", ATOM),
    "np.greater": ("({} > {})", ATOM), "np.less": ("({} < {})", ATOM),
    "np.greater_equal": ("({} >= {})", ATOM), "np.less_equal": ("({} <= {})", ATOM),
    "np.equal": ("({} == {})", ATOM), "np.not_equal": ("({} != {})", ATOM),
    "np.bitwise_and": ("({} and {})", ATOM), "np.bitwise_or": ("({} or {})", ATOM),
    "np.logical_not": ("(not {})", ATOM), "np.invert": ("(not {})", ATOM),
    "np.sign": ("(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else {0})", ATOM),
    ".sum": ("{}", ATOM), ".argmin": ("0", ATOM), ".argmax": ("0", ATOM), ".item": ("{}", ATOM),
}  # fmt: skip
_COUNTING = {
    "np.add",
    "np.subtract",
    "np.multiply",
    "np.divide",
    "np.power",
    "np.square",
    "np.negative",
    ".sum",
}
_MATH = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "copysign": "copysign", "cos": "cos", "cosh": "cosh",
    "exp": "exp", "expm1": "expm1", "hypot": "hypot", "log": "log", "log10": "log10", "log1p": "log1p",
    "log2": "log2", "sin": "sin", "sinh": "sinh", "sqrt": "sqrt", "tan": "tan", "tanh": "tanh",
}  # fmt: skip


def plain(program: Program) -> Source | None:
    """The source of a program of single numbers; None for a program of anything else."""
    inputs = all(_is_number(kind) for kind in program.kinds[: program.inputs])
    if not (inputs and all(_writable(program, ref, call) for ref, call in program.results())):
        return None
    return _Floats(with_names_apart(program), Constants()).source()


def _is_number(kind: Kind) -> bool:
    return not kind.shape and (kind.dtype.str in ("<f8", "|b1") or kind.bare)


def _writable(program: Program, ref: Ref, call: Call) -> bool:
    place = call.function in (".argmin", ".argmax")
    flags = [
        program.kinds[x].dtype.kind == "b" if isinstance(x, Ref) else isinstance(x, bool)
        for x in call.operands
    ]
    counts = all(flags) and call.function in _COUNTING  # NumPy has True + True = True
    if counts or not (_is_number(program.kinds[ref]) or place):
        return False
    known = call.function in (GUARD, *_WRITTEN) or call.function.removeprefix("np.") in _MATH
    settings = dict(call.settings)
    settings.pop("expected" if call.function == GUARD else "axis", None)
    constants = [x for x in call.operands if not isinstance(x, Ref)]
    return known and not settings and all(type(x) in (int, float, bool, np.float64) for x in constants)


class _Floats(Writer):
    """Writes calls as Python computes with floats."""

    def expression(self, ref: Ref, call: Call) -> tuple[str, int]:
        """A call as Python, and how tightly it holds together."""
        written, tightness = self._pattern(call)
        strict = tightness + 1 if tightness < ATOM else ATOM
        first, *others = call.operands
        told = [self.held(first, tightness), *(self.held(x, strict) for x in others)]
        if tightness == ATOM and written.endswith(")") and not written.startswith("("):
            told = [self.operand(x) for x in call.operands]
        return written.format(*told), tightness

    def operand(self, x: Any) -> str:
        """A reference by its name, a number as Python's."""
        return super().operand(float(x) if isinstance(x, np.float64) else x)

    def imports(self) -> list[str]:
        """The lines that import what the program needs."""
        used = " ".join(self._pattern(call)[0] for call in self.program.calls if call.function != GUARD)
        known = sorted(set(re.findall(r"\w+(?=\()", used)) & {*_MATH.values(), "pow"})
        return [f"from math import {', '.join(known)}"] if known else []

    def repeated(self) -> list[Ref]:
        """The values that the expression of a call would repeat."""
        calls = [call for call in self.program.calls if call.function != GUARD]
        return [
            r for c in calls if self._pattern(c)[0].count("{") > len(c.operands) for r in refs(c.operands)
        ]

    def _pattern(self, call: Call) -> tuple[str, int]:
        if call.function in _WRITTEN:
            written, tightness = _WRITTEN[call.function]
            constant = not isinstance(call.operands[-1], Ref) and call.operands[-1] == call.operands[-1]
            return written.replace(" or {1} != {1}", "") if constant else written, tightness
        function = _MATH[call.function.removeprefix("np.")]
        return f"{function}({', '.join('{}' for _ in call.operands)})", ATOM
