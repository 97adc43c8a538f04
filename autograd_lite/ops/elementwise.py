"""Elementary functions and piecewise functions, elementwise.

At a kink the derivative is a valid subgradient: 0 for abs at 0 and for clip at its bounds. Equal arguments
of maximum and minimum share the gradient equally.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.domains import ABOVE_MINUS_ONE, MASK, NONZERO, OPEN_UNIT, POSITIVE
from autograd_lite.operation import case, op
from autograd_lite.ops.activations import sigmoid
from autograd_lite.ops.arrays import select
from autograd_lite.tensor import Tensor


@op("exp", numpy=np.exp)
def exp(x):
    """Exponential e^x, elementwise."""
    return np.exp(x)


@exp.gradient("x", "× {y}")
def _(g, y, x):
    return g * y


@op("expm1", numpy=np.expm1)
def expm1(x):
    """e^x - 1, elementwise, accurate for small x."""
    return np.expm1(x)


@expm1.gradient("x", "× exp({x})")
def _(g, y, x):
    return g * np.exp(x)


@op("log", numpy=np.log, domain=POSITIVE)
def log(x):
    """Natural logarithm of x, elementwise."""
    return np.log(x)


@log.gradient("x", "÷ {x}")
def _(g, y, x):
    return g / x


@op("log1p", numpy=np.log1p, domain=ABOVE_MINUS_ONE)
def log1p(x):
    """log(1 + x), elementwise, accurate for small x."""
    return np.log1p(x)


@log1p.gradient("x", "÷ (1+{x})")
def _(g, y, x):
    return g / (1.0 + x)


@op("√", numpy=np.sqrt, domain=POSITIVE)
def sqrt(x):
    """Square root of x, elementwise; its derivative at 0 is infinite."""
    return np.sqrt(x)


@sqrt.gradient("x", "÷ (2·{y})")
def _(g, y, x):
    return g * 0.5 / y


@op("|·|", formula="|{x}|", numpy=(np.abs, np.fabs), operator="abs")
def abs(x):
    """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    return np.abs(x)


@abs.gradient("x", "× sign({x})")
def _(g, y, x):
    return g * (abs_slope(x) if isinstance(x, Tensor) else np.sign(x))


@op("sign", domain=NONZERO, selects=True)
def abs_slope(x):
    """Derivative of abs: the sign of x, elementwise. Its own derivative is 0, and NaN at the jump."""
    return np.sign(x)


@abs_slope.gradient("x", "× 0")
def _(g, y, x):
    return g * np.where(x == 0, np.nan, 0.0 * y)


@op("sign", numpy=np.sign, domain=NONZERO)
def sign(x):
    """Sign of x: -1, 0 or 1, elementwise; its derivative is 0 everywhere, at the jump too."""
    return np.sign(x)


@sign.gradient("x", "× 0")
def _(g, y, x):
    return np.zeros_like(g)[()]  # g may be infinite


@op("sin", numpy=np.sin)
def sin(x):
    """Sine of x in radians, elementwise."""
    return np.sin(x)


@sin.gradient("x", "× cos({x})")
def _(g, y, x):
    return g * np.cos(x)


@op("cos", numpy=np.cos)
def cos(x):
    """Cosine of x in radians, elementwise."""
    return np.cos(x)


@cos.gradient("x", "× (−sin({x}))")
def _(g, y, x):
    return -g * np.sin(x)


@op("tan", numpy=np.tan, domain=OPEN_UNIT)
def tan(x):
    """Tangent of x in radians, elementwise."""
    return np.tan(x)


@tan.gradient("x", "× (1+{y}²)")
def _(g, y, x):
    return g * (1.0 + y * y)


@op("sinh", numpy=np.sinh)
def sinh(x):
    """Hyperbolic sine of x, elementwise."""
    return np.sinh(x)


@sinh.gradient("x", "× cosh({x})")
def _(g, y, x):
    return g * np.cosh(x)


@op("cosh", numpy=np.cosh)
def cosh(x):
    """Hyperbolic cosine of x, elementwise."""
    return np.cosh(x)


@cosh.gradient("x", "× sinh({x})")
def _(g, y, x):
    return g * np.sinh(x)


@op("tanh", numpy=np.tanh)
def tanh(x):
    """Hyperbolic tangent of x, elementwise, in (-1, 1)."""
    return np.tanh(x)


@tanh.gradient("x", "× (1−{y}²)")
def _(g, y, x):
    return g * (1.0 - y * y)


@op("arctan", numpy=np.arctan)
def arctan(x):
    """Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
    return np.arctan(x)


@arctan.gradient("x", "÷ (1+{x}²)")
def _(g, y, x):
    return g / (1.0 + x * x)


@op("arcsin", numpy=np.arcsin, domain=OPEN_UNIT)
def arcsin(x):
    """Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""
    return np.arcsin(x)


@arcsin.gradient("x", "÷ √(1−{x}²)")
def _(g, y, x):
    return g / np.sqrt((1.0 - x) * (1.0 + x))


@op("arccos", numpy=np.arccos, domain=OPEN_UNIT)
def arccos(x):
    """Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""
    return np.arccos(x)


@arccos.gradient("x", "÷ (−√(1−{x}²))")
def _(g, y, x):
    return -g / np.sqrt((1.0 - x) * (1.0 + x))


def _shared(g, wins, ties):
    """Return g where an argument is the result, half of it where both are, and 0 elsewhere."""
    return select(wins, g) + select(ties, 0.5 * g)


@op("max", numpy=np.maximum, selects=True)
def maximum(a, b):
    """The larger of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
    return np.maximum(a, b)


@maximum.gradient("a", "× ({a} > {b}, ½ at a tie)")
def _(g, y, a, b):
    return _shared(g, a > b, a == b)


@maximum.gradient("b", "× ({b} > {a}, ½ at a tie)")
def _(g, y, a, b):
    return _shared(g, b > a, a == b)


@op("min", numpy=np.minimum, selects=True)
def minimum(a, b):
    """The smaller of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
    return np.minimum(a, b)


@minimum.gradient("a", "× ({a} < {b}, ½ at a tie)")
def _(g, y, a, b):
    return _shared(g, a < b, a == b)


@minimum.gradient("b", "× ({b} < {a}, ½ at a tie)")
def _(g, y, a, b):
    return _shared(g, b < a, a == b)


@op("log Σ exp", numpy=np.logaddexp)
def logaddexp(a, b):
    """log(e^a + e^b), elementwise, broadcasting, as `np.logaddexp`: no exponential overflows."""
    return np.logaddexp(a, b)


@logaddexp.gradient("a", "× σ({a}−{b})")
def _(g, y, a, b):
    return g * sigmoid(np.where(y == -np.inf, y, a - b))  # 0 if both are -inf


@logaddexp.gradient("b", "× σ({b}−{a})")
def _(g, y, a, b):
    return g * sigmoid(np.where(y == -np.inf, y, b - a))


@op("where", numpy=np.where, domain={"condition": MASK}, selects=True)
def where(condition, a, b):
    """a where `condition` is true and b elsewhere, broadcasting; entries not chosen get gradient 0."""
    return np.where(condition, a, b)


@where.gradient("a", "where {condition}")
def _(g, y, condition, a, b):
    return np.where(condition, g, 0.0)


@where.gradient("b", "where not {condition}")
def _(g, y, condition, a, b):
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
    selects=True,
)
def clip(x, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None):
    """x limited to [a_min, a_max], elementwise; the derivative is 1 inside, 0 at and beyond a bound.

    None means no bound. `min` and `max` are other names of the bounds, as in `np.clip`. Raises ValueError if
    a bound is given by both names.
    """
    if (a_min is not None is not min) or (a_max is not None is not max):
        raise ValueError("clip: a bound is given twice; write a_min or min, and a_max or max")
    return np.clip(x, a_min if min is None else min, a_max if max is None else max)


def _inside(y) -> str:
    """Return the condition under which the derivative of a clip is 1."""
    low, high = (
        [f"{{{name}}}" for name in names if y.settings[name] is not None][-1:]
        for names in (("a_min", "min"), ("a_max", "max"))
    )
    return f"× ({' < '.join((*low, '{x}', *high))})" if low or high else "× 1"


@clip.gradient("x", "× (a_min < {x} < a_max)", _inside)
def _(g, y, x, a_min, a_max, min, max):
    low, high = a_min if min is None else min, a_max if max is None else max
    inside = np.ones(x.shape, bool) if low is None else x > low
    return np.where(inside if high is None else inside & (x < high), g, 0.0)
