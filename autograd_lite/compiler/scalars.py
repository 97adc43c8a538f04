"""Programs of single numbers as plain float arithmetic: a twentieth of the time of NumPy's scalars."""

from __future__ import annotations

import re

from autograd_lite.compiler.constants import Constants
from autograd_lite.compiler.emit import ATOM, Source, Writer, with_names_apart
from autograd_lite.compiler.program import GUARD, Call, Program, Ref, refs

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
_MATH = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "copysign": "copysign", "cos": "cos", "cosh": "cosh",
    "exp": "exp", "expm1": "expm1", "hypot": "hypot", "log": "log", "log10": "log10", "log1p": "log1p",
    "log2": "log2", "sin": "sin", "sinh": "sinh", "sqrt": "sqrt", "tan": "tan", "tanh": "tanh",
}  # fmt: skip


def plain(program: Program) -> Source | None:
    """The source of a program of single numbers; None for a program of anything else."""
    numbers = all(not kind.shape and kind.dtype.str in ("<f8", "|b1", "<i8") for kind in program.kinds)
    return (
        _Floats(with_names_apart(program), Constants()).source()
        if numbers and all(map(_writable, program.calls))
        else None
    )


def _writable(call: Call) -> bool:
    known = call.function in (GUARD, *_WRITTEN) or call.function.removeprefix("np.") in _MATH
    settings = dict(call.settings)
    settings.pop("expected" if call.function == GUARD else "axis", None)
    constants = [x for x in call.operands if not isinstance(x, Ref)]
    return known and not settings and all(isinstance(x, int | float) for x in constants)


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
            constant = not isinstance(call.operands[-1], Ref)
            return written.replace(" or {1} != {1}", "") if constant else written, tightness
        function = _MATH[call.function.removeprefix("np.")]
        return f"{function}({', '.join('{}' for _ in call.operands)})", ATOM
