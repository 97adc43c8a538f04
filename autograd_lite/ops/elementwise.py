"""Elementary functions, elementwise, and the piecewise ones.

At a kink the derivative is that of the flat side (abs: 0 at 0; clip: 0 at its bounds), and equal
arguments of maximum and minimum share the gradient equally: always a valid subgradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.domains import ABOVE_MINUS_ONE, MASK, NONZERO, OPEN_UNIT, POSITIVE
from autograd_lite.operation import case, op
from autograd_lite.ops.activations import sigmoid


@op("exp", numpy=np.exp)
def exp(x: Any) -> Any:
    """Exponential e^x, elementwise."""
    return np.exp(x)


@exp.gradient("x", "× {y}")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * y


@op("expm1", numpy=np.expm1)
def expm1(x: Any) -> Any:
    """e^x - 1, elementwise, accurate for small x."""
    return np.expm1(x)


@expm1.gradient("x", "× exp({x})")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * np.exp(x)


@op("log", numpy=np.log, domain=POSITIVE)
def log(x: Any) -> Any:
    """Natural logarithm of x, elementwise."""
    return np.log(x)


@log.gradient("x", "÷ {x}")
def _(g: Any, y: Any, x: Any) -> Any:
    return g / x


@op("log1p", numpy=np.log1p, domain=ABOVE_MINUS_ONE)
def log1p(x: Any) -> Any:
    """log(1 + x), elementwise, accurate for small x."""
    return np.log1p(x)


@log1p.gradient("x", "÷ (1+{x})")
def _(g: Any, y: Any, x: Any) -> Any:
    return g / (1.0 + x)


@op("√", numpy=np.sqrt, domain=POSITIVE)
def sqrt(x: Any) -> Any:
    """Square root of x, elementwise; its derivative at 0 is infinite."""
    return np.sqrt(x)


@sqrt.gradient("x", "÷ (2·{y})")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * 0.5 / y


@op("|·|", formula="|{x}|", numpy=(np.abs, np.fabs), operator="abs")
def abs(x: Any) -> Any:
    """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    return np.abs(x)


@abs.gradient("x", "× sign({x})")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * np.sign(x)


@op("sign", numpy=np.sign, domain=NONZERO)
def sign(x: Any) -> Any:
    """Sign of x: -1, 0 or 1, elementwise; its derivative is 0 everywhere, at the jump too."""
    return np.sign(x)


@sign.gradient("x", "× 0")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * 0.0


@op("sin", numpy=np.sin)
def sin(x: Any) -> Any:
    """Sine of x in radians, elementwise."""
    return np.sin(x)


@sin.gradient("x", "× cos({x})")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * np.cos(x)


@op("cos", numpy=np.cos)
def cos(x: Any) -> Any:
    """Cosine of x in radians, elementwise."""
    return np.cos(x)


@cos.gradient("x", "× (−sin({x}))")
def _(g: Any, y: Any, x: Any) -> Any:
    return -g * np.sin(x)


@op("tan", numpy=np.tan, domain=OPEN_UNIT)
def tan(x: Any) -> Any:
    """Tangent of x in radians, elementwise."""
    return np.tan(x)


@tan.gradient("x", "× (1+{y}²)")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * (1.0 + y * y)


@op("sinh", numpy=np.sinh)
def sinh(x: Any) -> Any:
    """Hyperbolic sine of x, elementwise."""
    return np.sinh(x)


@sinh.gradient("x", "× cosh({x})")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * np.cosh(x)


@op("cosh", numpy=np.cosh)
def cosh(x: Any) -> Any:
    """Hyperbolic cosine of x, elementwise."""
    return np.cosh(x)


@cosh.gradient("x", "× sinh({x})")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * np.sinh(x)


@op("tanh", numpy=np.tanh)
def tanh(x: Any) -> Any:
    """Hyperbolic tangent of x, elementwise, in (-1, 1)."""
    return np.tanh(x)


@tanh.gradient("x", "× (1−{y}²)")
def _(g: Any, y: Any, x: Any) -> Any:
    return g * (1.0 - y * y)


@op("arctan", numpy=np.arctan)
def arctan(x: Any) -> Any:
    """Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
    return np.arctan(x)


@arctan.gradient("x", "÷ (1+{x}²)")
def _(g: Any, y: Any, x: Any) -> Any:
    return g / (1.0 + x * x)


@op("arcsin", numpy=np.arcsin, domain=OPEN_UNIT)
def arcsin(x: Any) -> Any:
    """Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""
    return np.arcsin(x)


@arcsin.gradient("x", "÷ √(1−{x}²)")
def _(g: Any, y: Any, x: Any) -> Any:
    return g / np.sqrt((1.0 - x) * (1.0 + x))


@op("arccos", numpy=np.arccos, domain=OPEN_UNIT)
def arccos(x: Any) -> Any:
    """Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""
    return np.arccos(x)


@arccos.gradient("x", "÷ (−√(1−{x}²))")
def _(g: Any, y: Any, x: Any) -> Any:
    return -g / np.sqrt((1.0 - x) * (1.0 + x))


def _share(wins: Any, ties: Any, dtype: Any) -> Any:
    """1 where an argument wins, 1/2 where two tie, 0 elsewhere."""
    return (wins + 0.5 * ties).astype(dtype)


@op("max", numpy=np.maximum)
def maximum(a: Any, b: Any) -> Any:
    """The larger of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
    return np.maximum(a, b)


@maximum.gradient("a", "× ({a} > {b}, ½ at a tie)")
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * _share(a > b, a == b, g.dtype)


@maximum.gradient("b", "× ({b} > {a}, ½ at a tie)")
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * _share(b > a, a == b, g.dtype)


@op("min", numpy=np.minimum)
def minimum(a: Any, b: Any) -> Any:
    """The smaller of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
    return np.minimum(a, b)


@minimum.gradient("a", "× ({a} < {b}, ½ at a tie)")
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * _share(a < b, a == b, g.dtype)


@minimum.gradient("b", "× ({b} < {a}, ½ at a tie)")
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * _share(b < a, a == b, g.dtype)


@op("log Σ exp", numpy=np.logaddexp)
def logaddexp(a: Any, b: Any) -> Any:
    """log(e^a + e^b), elementwise, broadcasting, as `np.logaddexp`: no exponential overflows."""
    return np.logaddexp(a, b)


@logaddexp.gradient("a", "× σ({a}−{b})")
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * sigmoid(a - b)


@logaddexp.gradient("b", "× σ({b}−{a})")
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * sigmoid(b - a)


@op("where", numpy=np.where, domain={"condition": MASK})
def where(condition: Any, a: Any, b: Any) -> Any:
    """a where `condition` holds and b elsewhere, broadcasting; what is not chosen gets gradient 0."""
    return np.where(condition, a, b)


@where.gradient("a", "where {condition}")
def _(g: Any, y: Any, condition: Any, a: Any, b: Any) -> Any:
    return np.where(condition, g, 0.0)


@where.gradient("b", "where not {condition}")
def _(g: Any, y: Any, condition: Any, a: Any, b: Any) -> Any:
    return np.where(condition, 0.0, g)


@op(
    "clip",
    numpy=np.clip,
    method="clip",
    samples=(
        case((2, 3), a_min=-1.013, a_max=0.717),
        case((4,), a_min=0.313),
        case((), a_max=0.513),
    ),
)
def clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """x held within [a_min, a_max], elementwise; the derivative is 1 inside, 0 at and beyond a bound.

    A bound that is None is none; `min` and `max` are their other names, as in `np.clip`; both is an error.
    """
    if (a_min is not None is not min) or (a_max is not None is not max):
        raise ValueError("clip: a bound is given twice; write a_min or min, and a_max or max")
    return np.clip(x, a_min if min is None else min, a_max if max is None else max)


def _inside(y: Any) -> str:
    """Between which bounds the derivative of a clip is 1."""
    low, high = (
        [f"{{{name}}}" for name in names if y.settings[name] is not None][-1:]
        for names in (("a_min", "min"), ("a_max", "max"))
    )
    return f"× ({' < '.join((*low, '{x}', *high))})" if low or high else "× 1"


@clip.gradient("x", "× (a_min < {x} < a_max)", _inside)
def _(g: Any, y: Any, x: Any, a_min: Any, a_max: Any, min: Any, max: Any) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    inside = np.ones(x.shape, bool) if low is None else x > low
    return np.where(inside if high is None else inside & (x < high), g, 0.0)
