"""The @loss decorator: an op from the formula of one element's loss.

It adds the settings `reduction` and `sample_weight`, the casts and the checks that all losses share, so a
loss and its gradient rules are written for single elements.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import no_matrix
from autograd_lite.operation import Op, Rule, Words, install_op
from autograd_lite.ops.arrays import as_float
from autograd_lite.ops.elementwise import clip
from autograd_lite.ops.indexing import getitem
from autograd_lite.ops.shapes import astype, reshape, transpose
from autograd_lite.protocol import AbstractArray, holds
from autograd_lite.tensor import Tensor
from autograd_lite.typing import Reduction

_REDUCTIONS = ("mean", "sum", "none")
_REARRANGING = {reshape, transpose, getitem, clip, astype}  # probabilities remain probabilities


class Range(NamedTuple):
    """The interval [low, high] in which the input at a position must lie, and the remedy if it does not."""

    position: int
    low: float
    high: float
    remedy: str


class Loss(Op):
    """An op that computes a loss for each element and reduces them.

    With `rows=True` the last axis of the first input belongs to one element: `(n, K)` logits have n losses.
    `ordered=True` refuses inputs that were probably swapped: a constant, and a target to differentiate. The
    loss applies the first of `activations` itself, so its first input must not be the result of one.
    """

    def __init__(
        self,
        of_element: Callable[..., Any],
        symbol: str,
        *,
        rows: bool = False,
        ordered: bool = False,
        activations: Sequence[Op] = (),
        ranges: Sequence[Range] = (),
        check: Callable[..., None] | None = None,
        **declaration: Any,
    ) -> None:
        self.rows = rows
        self.ordered = ordered
        self.activations = tuple(activations)
        self.ranges = tuple(ranges)
        self.own_check = check
        super().__init__(_reduced(of_element, rows), symbol, check=self._check, **declaration)
        self.rule_settings = tuple(k for k in self.defaults if k not in ("reduction", "sample_weight"))

    def gradient(
        self, argument: str, formula: str = "", words: Words | None = None
    ) -> Callable[[Rule], Rule]:
        """Register the gradient rule of one element's loss, as in `Op.gradient`; g is what arrives at it."""
        register = super().gradient(argument, f"× {formula}/n", lambda y: _written(words, formula, y))

        def register_wrapped(rule: Rule) -> Rule:
            self.check_rule(argument, rule)
            register(per_element(rule, self.arguments.index(argument), self.rows))
            return rule

        return register_wrapped

    def _check(self, op: Any, inputs: Any, values: Any, settings: Any) -> None:
        """Raise an error for shapes that differ, an empty batch, bad settings, and values out of range.

        `op` and `inputs` are what the user called; `values` may be those of the fused op.
        """
        x, target = values
        if self.activations:
            _refuse_probabilities(op, inputs[0] if op is self else inputs[0].inputs[0], self)
        if op.ordered and isinstance(inputs[1], Tensor):
            _refuse_swapped(op, inputs, x)
        if self.rows and self.own_check:
            self.own_check(op, inputs, values, settings)
            elements = x.shape[:-1]
        else:
            elements = x.shape
            if target.shape != elements:
                raise _different_shapes(op, inputs, elements, target.shape)
        if 0 in elements or (self.rows and x.size == 0):
            name = errors.name_of(inputs[0], op.arguments[0])
            raise ValueError(f"{op.name}: {name} has shape {x.shape}: the loss of no examples is undefined")
        if settings is not op.default_settings:
            _check_settings(op, settings, elements)
        for interval in self.ranges:
            v = values[interval.position]
            # A third of the time of v.min() and v.max(), which set up a reduction each. NaN is outside.
            if not holds((v.item(v.argmin()) >= interval.low) & (v.item(v.argmax()) <= interval.high)):
                raise _out_of_range(op, inputs, v, interval)
        if op is not self and not holds(x.item(x.argmax()) <= math.inf):  # a logit of the fused op is nan
            op.check(op, inputs, (inputs[0].data, target), settings)
        if self.own_check is not None and not self.rows:
            self.own_check(op, inputs, values, settings)


def loss(symbol: str, **declaration: Any) -> Callable[[Callable[..., Any]], Loss]:
    """Turn the formula of one element's loss into a loss with `reduction` and `sample_weight`.

    `rows`, `ranges` and `check` are as in `Loss`; the rest of the declaration is as in `op`.
    """

    def decorate(of_element: Callable[..., Any]) -> Loss:
        new = Loss(of_element, symbol, **declaration)
        install_op(new)
        return new

    return decorate


def as_weight(weight: Any, like: Any) -> Any:
    """Return a weight in the dtype of `like`; a Python number is left as it is."""
    if type(weight) in (int, float, bool):
        return weight
    return as_float(weight if hasattr(weight, "dtype") else np.asarray(weight), like)


def _reduced(of_element: Callable[..., Any], rows: bool) -> Callable[..., Any]:
    """Return the forward of a loss: the loss of each element, weighted and reduced."""

    def forward(
        x: Any, target: Any, *, reduction: Reduction = "mean", sample_weight: Any = None, **settings: Any
    ) -> Any:
        if x.dtype.kind != "f":
            x = as_float(x)
        if target.dtype != x.dtype and not rows:
            target = as_float(target, x)
        losses = of_element(x, target, **settings)
        if sample_weight is not None:
            losses = losses * as_weight(sample_weight, losses)
        if reduction == "none":
            return losses
        if reduction == "mean" and losses.dtype == np.float16:
            return losses.mean()  # NumPy adds up in float32
        total = losses.sum()
        return total / losses.size if reduction == "mean" else total

    parameters = list(inspect.signature(of_element).parameters.values())
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters.append(inspect.Parameter("sample_weight", keyword, default=None, annotation="Any"))
    parameters.append(inspect.Parameter("reduction", keyword, default="mean", annotation="Reduction"))
    forward.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return functools.update_wrapper(forward, of_element)


def per_element(rule: Rule, position: int, rows: bool) -> Rule:
    """Return the gradient rule of a loss from the rule of one element's loss."""

    @functools.wraps(rule)
    def reduced_rule(
        g: Any, y: Any, x: Any, target: Any, *, reduction: str, sample_weight: Any, **settings: Any
    ) -> Any:
        if reduction == "mean":
            n = x.size // x.shape[-1] if rows else x.size
            g = g * (np.float32(1.0 / n) if x.dtype == np.float16 else 1.0 / n)  # 1/n may underflow
        if sample_weight is not None:
            g = g * as_weight(sample_weight, x)
        if rows:
            return rule(g[..., None], y, x, target, **settings)
        if x.dtype.kind != "f":
            x = as_float(x)
        if target.dtype != x.dtype and position == 0:
            target = as_float(target, x)
        return rule(g, y, x, target, **settings)

    return reduced_rule


def _written(words: Words | None, formula: str, y: Any) -> str:
    """Return the derivative in an input for one result: weighted, and divided if the losses are averaged.

    The words of one element's derivative may end in a note: `{a}/{b}; 0/0 as 0`.
    """
    local, _, note = (formula if words is None else words(y)).partition("; ")
    x = y.values[0]
    index = "[..., None]" if y.op.rows and x.ndim > 1 else ""
    n = x.size // x.shape[-1] if y.op.rows else np.size(x)
    weight = "" if y.settings["sample_weight"] is None else f"sample_weight{index}·"
    average = f"/{n}" if y.settings["reduction"] == "mean" and n > 1 else ""
    arriving = f"grad{index} " if index and y.settings["reduction"] == "none" else ""
    return f"{arriving}× {weight}{local}{average}" + (f", {note}" if note else "")


def _refuse_probabilities(op: Any, logits: Any, used: Any) -> None:
    """Raise ValueError if `logits` are the result of an activation, perhaps rearranged or clipped.

    `op` is what the user called, and `used` what is computed: `bce_with_logits` for `bce` of a sigmoid.
    """
    x = logits
    while getattr(x, "op", None) in _REARRANGING:
        x = x.inputs[0]
    applied: Any = getattr(x, "op", None)
    if applied in used.activations:
        own = used.activations[0].name
        applies = f"{op.name} applies {own} itself" if op is used else f"{own} is applied to it"
        raise ValueError(
            f"{op.name}: {errors.name_of(logits, used.arguments[0])} is the result of {applied.name}, and "
            f"{applies}; drop the {applied.name}"
        )


def _refuse_swapped(op: Any, inputs: Any, x: Any) -> None:
    """Raise ValueError for a constant prediction and a computed target, or labels 0 and 1 as probabilities.

    Another constant prediction with a leaf as target is allowed, for the derivative in the target.
    """
    prediction, target = inputs
    if not _varies(target) or _varies(prediction):
        return
    first, second = op.arguments
    takes_probabilities = getattr(prediction, "op", None) is None and any(r.position == 0 for r in op.ranges)
    if target.op is not None or (takes_probabilities and holds(((x == 0) | (x == 1)).all())):
        raise ValueError(
            f"{op.name}: {first} is a constant and {second} a differentiable tensor: swapped? Write "
            f"{op.name}({first}, {second}); if it is meant, pass {second}.detach()"
        )


def _varies(x: Any) -> bool:
    """True for a tensor that is differentiable, or computed from arguments of a compiled function."""
    return isinstance(x, Tensor) and (x.requires_grad or isinstance(x._value, AbstractArray))


def _check_settings(op: Any, settings: Any, elements: Any) -> None:
    """Raise ValueError for another `reduction`, and for a weight that has not the shape of the losses.

    `pos_weight` may also be a number.
    """
    if settings["reduction"] not in _REDUCTIONS:
        raise ValueError(f'{op.name}: reduction={settings["reduction"]!r}; it is "mean", "sum" or "none"')
    for name in ("sample_weight", "pos_weight"):
        if settings.get(name) is None:
            continue
        no_matrix(op.name, name, settings[name])
        shape = errors.shape_of(settings[name])
        number = "a number or " if name == "pos_weight" else ""
        if shape != elements and not (number and shape == ()):
            raise ValueError(
                f"{op.name}: {name} has shape {shape} and the target {elements}; a loss does not broadcast: "
                f"pass {number}an array of the target's shape"
            )


def _different_shapes(op: Any, inputs: Any, shape: Any, other: Any) -> ValueError:
    remedy = ""
    if math.prod(shape) == math.prod(other):
        target = errors.name_of(inputs[1], op.arguments[1])
        remedy = f": reshape one, for example {target}.reshape{shape}"
    return ValueError(
        f"{op.name}: {errors.shapes(inputs, op.arguments)}; a loss does not broadcast, so they must be equal"
        + remedy
    )


def _out_of_range(op: Any, inputs: Any, v: Any, interval: Range) -> ValueError:
    array = np.asarray(v)
    bad = ~((array >= interval.low) & (array <= interval.high))
    name = errors.name_of(inputs[interval.position], op.arguments[interval.position])
    return ValueError(
        f"{op.name}: {name}{errors.first(bad)} is {array[bad][0]} ({np.count_nonzero(bad)} of {array.size} "
        f"entries lie outside [{interval.low:g}, {interval.high:g}]); {interval.remedy}"
    )
