"""Formulas of results and their local derivatives, in the names of the user's variables."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.drawing.text import MINUS, fill_template, number, shorten
from autograd_lite.tensor import Tensor

_RULE = 40  # characters of the label of an edge, at most
_SETTING = 24  # characters of a setting, at most
_SUMMED_AXES = {(0,): ("row", "rows"), (1,): ("column", "columns")}  # names for a sum over axes of a matrix
_ENTRIES = ("entry", "entries")


def formula_of(y: Tensor, inputs: Sequence[str], in_numbers: bool = False) -> str:
    """The op of y and the names of its inputs: `X @ W1 + b1`, `relu(z1)`, `sum(v1, axis=0)`.

    Settings are listed if they differ from their defaults and the op's own formula does not contain them.
    """
    op = y.op
    words = _words(y, inputs)
    template = op.template(y)
    if not template and op.infix and len(inputs) == 2:
        template = f" {op.symbol} ".join(f"{{{name}}}" for name in op.arguments)
    if in_numbers:
        template = template.replace("@", "×").partition("[")[0]  # an index selects the one number there is
    settings = [
        f"{name}={words[name]}"
        for name in y.settings
        if words[name] != setting(op.defaults[name]) and f"{{{name}}}" not in template
    ]
    if not template:
        return f"{op.name}({', '.join((*inputs, *settings))})"
    formula = fill_template(template, words)
    if callable(op.formula):
        return formula  # written for this result, its settings included
    end = ")" if formula.endswith(")") else ""
    return ", ".join((formula.removesuffix(end), *settings)) + end


def worked_formula(y: Tensor) -> str:
    """The formula with the numbers that y was computed from, `0.6 × 1.5`; "" if they are not single ones."""
    if any(np.size(v) != 1 for v in y.values):
        return ""
    return formula_of(y, [number(np.ravel(v)[0]) for v in y.values], in_numbers=True)


def _words(y: Tensor, inputs: Sequence[str]) -> dict[str, str]:
    """The op's arguments with the names of the inputs, and its settings as text."""
    words = {name: setting(value) for name, value in y.settings.items()}
    return words | dict(zip(y.op.arguments, inputs, strict=False))


def setting(value: Any) -> str:
    """A setting as code, `…` if that is long: `−1`, `(0, 2)`, `'sum'`, `float32`."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist() if value.size <= _SETTING else ...
    if isinstance(value, list | tuple):
        items = ", ".join(map(setting, value[: _SETTING + 1]))
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        text = f"[{items}]" if isinstance(value, list) else f"({items}{comma})"
    elif isinstance(value, type | np.dtype):
        text = getattr(value, "__name__", "") or str(value)
    elif isinstance(value, float):
        text = number(value)
    elif isinstance(value, int):
        text = str(value).replace("-", MINUS)
    else:
        text = "…" if value is ... else repr(value)
    return text if len(text) <= _SETTING and text.isprintable() else "…"


def rule_of(y: Tensor, position: int, inputs: Sequence[str], output: str) -> str:
    """The local derivative in one input, in the words of the op's rule: `× x1`, `X.T @ grad`.

    The sum that undoes broadcasting is added: `× x1, sum over 16 rows`. For single numbers, a rule without
    formula is given as a number. The text is at most 40 characters long.
    """
    try:
        template = y.op.words[y.op.argument_at(position)](y)
    except Exception:  # the op has no rule in this input, or a user's function of words failed
        return ""
    rule = fill_template(template, _words(y, inputs) | {"y": output})
    if y.size == np.size(y.values[position]) == 1:
        factor = None if rule[:1] in ("×", "÷") else factor_of(y, position)
        rule = rule if factor is None else f"× {number(factor)}"
    elif rule and not rule.startswith("sum ") and ", sum" not in rule:
        rule = f"{rule}{_sum_over(y, position)}".removeprefix("× 1, ")
    return shorten(rule, _RULE)


def factor_of(y: Tensor, position: int) -> float | None:
    """The local derivative between two single numbers; None for arrays, or if the rule fails."""
    if not y.size == np.size(y.values[position]) == 1:
        return None
    gradient = _apply_rule(y, position)
    return float(gradient.item()) if gradient is not None and gradient.size == 1 else None


def _apply_rule(y: Tensor, position: int) -> Any:
    """The result of the op's rule for a gradient of ones, as an array of floats; None if the rule fails."""
    ones = np.broadcast_to(np.ones((), y.dtype), y.shape)[()]
    try:
        rules = y.op.rules_by_position or y.op.variadic_rules(len(y.values))
        with np.errstate(all="ignore"):
            return np.asarray(rules[position](ones, y.data, *y.values, **y.settings), float)
    except Exception:  # backward reports a failing rule; a drawing goes without the number
        return None


def _sum_over(y: Tensor, position: int) -> str:
    """The sum by which the engine undoes the broadcasting of an input: `, sum over 16 rows`."""
    shape = np.shape(y.values[position])
    if shape == y.shape or (len(shape) >= y.ndim and 1 not in shape):
        return ""
    gradient = _apply_rule(y, position)
    if gradient is None or gradient.ndim < len(shape):
        return ""
    extra = gradient.ndim - len(shape)
    repeated = (extra + i for i, n in enumerate(shape) if n == 1 != gradient.shape[extra + i])
    axes = (*range(extra), *repeated)
    one, several = _SUMMED_AXES.get(axes, _ENTRIES) if gradient.ndim <= 2 else _ENTRIES
    count = math.prod(gradient.shape[axis] for axis in axes)
    return f", sum over {count} {one if count == 1 else several}" if axes else ""
