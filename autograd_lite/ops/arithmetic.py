"""Arithmetic and powers: what Python's operators mean on tensors."""

from __future__ import annotations

import numpy as np

from autograd_lite.domains import NONZERO, NOT_NEGATIVE
from autograd_lite.operation import op


@op("+", numpy=np.add, operator="add", letter="z")
def add(a, b):
    """Sum a + b, elementwise; a and b broadcast."""
    return a + b


@add.gradient("a", "× 1")
def _(g, y, a, b):
    return g


@add.gradient("b", "× 1")
def _(g, y, a, b):
    return g


@op("−", numpy=np.subtract, operator="sub")
def subtract(a, b):
    """Difference a - b, elementwise; a and b broadcast."""
    return a - b


@subtract.gradient("a", "× 1")
def _(g, y, a, b):
    return g


@subtract.gradient("b", "× (−1)")
def _(g, y, a, b):
    return -g


@op("×", numpy=np.multiply, operator="mul")
def multiply(a, b):
    """Product a b, elementwise; a and b broadcast."""
    return a * b


@multiply.gradient("a", "× {b}")
def _(g, y, a, b):
    return g * b


@multiply.gradient("b", "× {a}")
def _(g, y, a, b):
    return g * a


@op("÷", numpy=np.divide, operator="truediv", domain={"b": NONZERO})
def divide(a, b):
    """Quotient a / b, elementwise; a and b broadcast."""
    return a / b


@divide.gradient("a", "÷ {b}")
def _(g, y, a, b):
    return g / b


@divide.gradient("b", "× (−{y}/{b})")
def _(g, y, a, b):
    return -g * y / b


@op("−", formula="−{x}", numpy=np.negative, operator="neg")
def negative(x):
    """Negation -x, elementwise; as floats if x is unsigned or boolean."""
    if type(x) is np.ndarray and x.dtype.kind in "ub":
        return -x.astype(np.float64)
    return -x


@negative.gradient("x", "× (−1)")
def _(g, y, x):
    return -g


@op("+", numpy=(np.positive, np.copy), operator="pos", method="copy")
def positive(x):
    """The same value +x, as a node of its own."""
    return +x


@positive.gradient("x", "× 1")
def _(g, y, x):
    return g


@op("^", formula="{a}^{b}", numpy=np.power, operator="pow", domain={"a": NOT_NEGATIVE})
def power(a, b):
    """Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""
    return a**b


_POWERS: dict[float, str] = {0: "× 0", 1: "× 1", 2: "× 2·{a}", 3: "× 3·{a}²"}


def _powered(y) -> str:
    """The derivative of a power, shorter where the exponent is a number and no tensor."""
    exponent = y.inputs[1]
    if np.ndim(exponent) or hasattr(exponent, "requires_grad"):
        return "× {b}·{a}^({b}−1)" + (", 0 where {b} = 0" if np.any(y.values[1] == 0) else "")
    less = f"{float(exponent) - 1:.4g}".replace("-", "−")
    return _POWERS.get(float(exponent)) or f"× {{b}}·{{a}}^{f'({less})' if less[0] == '−' else less}"


@power.gradient("a", "× {b}·{a}^({b}−1)", _powered)
def _(g, y, a, b):
    if type(b) in (int, float) and b:
        return g * (b * a ** (b - 1))
    undefined = (a == 0) & (b == 0)  # 0 * 0^-1 would be nan
    return g * (b * np.where(undefined, 1.0, a) ** (b - 1.0))  # an unsigned 0 - 1 would wrap


def _logarithm(y) -> str:
    """The derivative of a power in its exponent."""
    return "× {y}·log({a})" + (", 0 where {a} = 0" if np.any(y.values[0] == 0) else "")


@power.gradient("b", "× {y}·log({a})", _logarithm)
def _(g, y, a, b):
    return g * (y * np.log(np.where((a == 0) & (b >= 0), 1.0, a)))


@op("²", formula="{x}²", numpy=np.square)
def square(x):
    """Square x^2, elementwise."""
    return x * x


@square.gradient("x", "× 2·{x}")
def _(g, y, x):
    return g * (2.0 * x)


@op("1/x", numpy=np.reciprocal, domain=NONZERO)
def reciprocal(x):
    """Reciprocal 1 / x, elementwise."""
    return 1.0 / x


@reciprocal.gradient("x", "× (−{y}²)")
def _(g, y, x):
    return -g * y * y
