"""Programs of single numbers as plain float arithmetic, which is about 20 times faster than NumPy's."""

import math
import re
from typing import Any

import numpy as np

from autograd_lite.compiler.emit import ATOM, COMPARISON, INFIX, PREFIX, Expression, Source, Writer
from autograd_lite.compiler.program import GUARD, INPUT, Call, Program, Ref, refs

# Python that computes the same as a NumPy function of floats, or raises if the result is inf or nan.
_PATTERNS = {
    **{name: (f"{{}} {sign} {{}}", level) for name, (sign, level) in INFIX.items() if sign in set("+-*/")},
    **{name: (f"({{}} {sign} {{}})", ATOM) for name, (sign, level) in INFIX.items() if level == COMPARISON},
    **PREFIX,
    "np.square": ("{0} * {0}", 3),
    "np.reciprocal": ("1.0 / {}", 3),
    "np.power": ("pow({}, {})", ATOM),
    "np.maximum": ("({1} if {0} < {1} or {1} != {1} else {0})", ATOM),
    "np.minimum": ("({1} if {0} > {1} or {1} != {1} else {0})", ATOM),
    "np.where": ("({1} if {0} else {2})", ATOM),
    "np.sign": ("(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else {0})", ATOM),
    "np.signbit": ("(copysign(1.0, {}) < 0.0)", ATOM),
    "np.bitwise_and": ("({} and {})", ATOM),
    "np.bitwise_or": ("({} or {})", ATOM),
    "np.logical_not": ("(not {})", ATOM),
    "np.invert": ("(not {})", ATOM),
    ".sum": ("{}", ATOM),
    ".argmin": ("0", ATOM),
    ".argmax": ("0", ATOM),
    ".item": ("{}", ATOM),
    "[]": ("{0}", ATOM),
}
# Functions that `math` has too; np.arccos is math.acos.
_MATH = re.compile(
    r"np\.(copysign|cosh?|exp|expm1|hypot|log|log10|log1p|log2|sinh?|sqrt|tanh?|arc(cosh?|sinh?|tanh?|tan2))"
)
# Functions that NumPy computes in another way for bools: True + True is True.
_ARITHMETIC = re.compile(r"np\.(add|subtract|multiply|divide|power|square|negative)|\.sum")


def scalar_source(program: Program) -> Source | None:
    """Return the source of a program of single numbers, or None for a program of anything else."""
    has_pattern = all(_has_pattern(program, call) for call in program.calls)
    return _ScalarWriter(program).source() if has_pattern else None


def _has_pattern(program: Program, call: Call) -> bool:
    """True if plain Python computes the call on floats and bools with the same result as NumPy."""
    if call.function not in (INPUT, GUARD, *_PATTERNS) and not _MATH.fullmatch(call.function):
        return False
    are_bools = [
        program.calls[x].type.dtype.kind == "b" if isinstance(x, Ref) else isinstance(x, bool)
        for x in call.operands
    ]
    if all(are_bools) and _ARITHMETIC.fullmatch(call.function):
        return False
    shape, dtype, python_scalar = call.type
    is_number = not shape and (dtype.str in ("<f8", "|b1") or python_scalar)
    if not is_number and call.function not in (".argmin", ".argmax"):
        return False
    without_effect = "expected" if call.function == GUARD else "axis"
    constants = [x for x in call.operands if not isinstance(x, Ref)]
    known_settings = {name for name, _ in call.settings} <= {without_effect}
    numbers = (type(x) in (int, float, bool, np.float64) or (type(x) is tuple and not x) for x in constants)
    return known_settings and all(numbers)  # () is the index in x[()], which is x


class _ScalarWriter(Writer):
    """Writes calls as operations on Python floats."""

    def expression(self, ref: Ref, call: Call) -> Expression:
        pattern, precedence = self._pattern(call)
        if precedence == ATOM and pattern.endswith(")") and not pattern.startswith("("):  # a function call
            return Expression(pattern.format(*map(self.operand, call.operands)))
        first, *others = call.operands
        strict = min(precedence + 1, ATOM)
        written = [self.parenthesised(first, precedence), *(self.parenthesised(x, strict) for x in others)]
        return Expression(pattern.format(*written), precedence)

    def operand(self, x: Any) -> str:
        return super().operand(float(x) if isinstance(x, np.float64) else x)

    def imports(self) -> list[str]:
        patterns = " ".join(self._pattern(call)[0] for call in self._expressions())
        used = sorted({name for name in re.findall(r"\w+(?=\()", patterns) if hasattr(math, name)})
        return [f"from math import {', '.join(used)}"] if used else []

    def repeated(self) -> list[Ref]:
        calls = self._expressions()
        repeating = [call for call in calls if self._pattern(call)[0].count("{") > len(call.operands)]
        return [ref for call in repeating for ref in refs(call.operands)]

    def _expressions(self) -> list[Call]:
        return [call for _, call in self.program.results() if call.function != GUARD]

    def _pattern(self, call: Call) -> tuple[str, int]:
        if found := _MATH.fullmatch(call.function):
            return f"{found[1].replace('arc', 'a')}({', '.join('{}' for _ in call.operands)})", ATOM
        pattern, precedence = _PATTERNS[call.function]
        last = call.operands[-1]
        if isinstance(last, int | float) and not isinstance(last, Ref) and not np.isnan(last):
            pattern = pattern.replace(" or {1} != {1}", "")
        return pattern, precedence
