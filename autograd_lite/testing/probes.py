"""Exact probes of an op's rules, no numerics: what they leave alone, and what they depend on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.operation import Op
from autograd_lite.testing.examples import Example
from autograd_lite.testing.verdicts import GradientError


def probe(op: Op, example: Example, rng: np.random.Generator) -> None:
    """Run the rules of the example's variables directly: read-only, twice, linear in g, in float32."""
    y = _forward(op, example)
    if not np.isfinite(y).all():
        return
    for position in example.variables:
        rule = rule_of(op, position, example)
        first, second = rng.normal(size=(2, *y.shape))

        def at(g: Any, rule: Any = rule) -> Any:
            return np.asarray(rule(_frozen(g), y, *map(_frozen, example.inputs), **example.settings))

        name = f'{op.name}.gradient("{op.argument_at(position)}")'
        _unchanged_and_same(at, first, name)
        _linear(at, first, second, float(np.abs(y).sum()), name)
        _float32(op, example, position, name)


def rule_of(op: Op, position: int, example: Example) -> Callable[..., Any]:
    """The rule for the input at a position."""
    order = op.order or op.variadic_order(example.inputs)
    return order[position]


def _forward(op: Op, example: Example) -> Any:
    try:
        return _frozen(op.forward(*map(_frozen, example.inputs), **example.settings))
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise GradientError(f"{op.name} modifies its input: {error}; compute a new array") from error


def _frozen(x: Any) -> Any:
    """A read-only copy; a number as the NumPy scalar that a graph holds."""
    array = np.array(x)
    array.flags.writeable = False
    return array if array.ndim else array[()]


def _unchanged_and_same(at: Callable[[Any], Any], g: Any, name: str) -> None:
    try:
        once, again = at(g), at(g)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise GradientError(
            f"{name} modifies what it is given (g, y or an input): {error}; compute a new array"
        ) from error
    if not np.array_equal(once, again, equal_nan=True):
        raise GradientError(f"{name} is not deterministic: two calls with the same arguments differ")


def _linear(at: Callable[[Any], Any], first: Any, second: Any, size: float, name: str) -> None:
    """A gradient is linear in g: a rule that takes its size, sign or square is wrong."""
    a, b = at(first), at(second)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return  # the numerical check says so better
    expected, got = -1000.0 * a + 0.5 * b, at(-1000.0 * first + 0.5 * second)
    allowed = 1e-9 * (1000.0 * np.abs(a).max(initial=0.0) + np.abs(b).max(initial=0.0)) + 1e-10 * size
    difference = np.abs(got - expected).max(initial=0.0)
    if not difference <= allowed:
        raise GradientError(
            f"{name} is not linear in g: at -1000 g1 + g2 / 2 it differs from -1000 times that at g1 "
            f"plus half that at g2 by {difference:.3g}; g may only be multiplied, added up and moved"
        )


def _float32(op: Op, example: Example, position: int, name: str) -> None:
    """The gradient of float32 data is float32, unless the rule brings in a float64 of its own."""
    inputs = [_frozen(x.astype(np.float32) if x.dtype.kind == "f" else x) for x in example.inputs]
    y = op.forward(*inputs, **example.settings)
    g = np.ones_like(y)
    found = rule_of(op, position, example._replace(inputs=tuple(inputs)))(
        _frozen(g), _frozen(y), *inputs, **example.settings
    )
    if np.asarray(found).dtype != np.float32:
        raise GradientError(
            f"{name} returns {np.asarray(found).dtype} for float32 inputs; use Python floats in rules "
            "(2.0 / n, not a NumPy scalar or array of float64)"
        )
