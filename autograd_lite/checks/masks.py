"""The entries of a graph that a result depends on: a second backward pass keeps the zeros that a mask made.

The gradient of `np.where(x >= 0, x, np.sqrt(-x))` at 1 is 1. In plain arithmetic it is NaN, because the entry
of `np.sqrt` that was not taken has an infinite derivative, and 0 times infinity is NaN. Where a gradient is
not finite, the backward pass is repeated: entries that no path leads to, except through a mask, get harmless
values before the gradient rules run. If a derivative of a gradient is not finite, it is computed again with
`with_masks`, so that the gradient's own graph has the masks. A zero that the data made, as in
`np.sqrt(x)**2` at 0, is left alone.
"""

from contextvars import ContextVar
from math import isfinite
from typing import Any

import numpy as np

from autograd_lite.protocol import AbstractArray

_vdot = np.vdot
_unmasked = [0]  # how many differentiable gradients were computed without masks
# True while every differentiable gradient is computed with masks.
with_masks: ContextVar[bool] = ContextVar("with_masks", default=False)


class LiveEntries:
    """The entries of each tensor that a result depends on, found from the result back to the leaves."""

    def __init__(self, root: Any, seed: Any) -> None:
        self._rng = np.random.default_rng(0)
        seed = np.ones(root.shape) if getattr(seed, "requires_grad", False) else getattr(seed, "data", seed)
        self._live = {root: np.asarray(seed) != 0}

    def replaced(
        self, tensor: Any, op: Any, inputs: Any, arrays: Any, y: Any, values: Any
    ) -> tuple[Any, Any]:
        """Return the output and the inputs of an op with harmless values in entries that do not count.

        `y` and `values` are what the gradient rules are about to take: tensors if the gradient is to be
        differentiated again, else arrays.
        """
        settings = tensor.settings
        samples = [self._sample(op, i, np.asarray(x)) for i, x in enumerate(arrays)]
        masks = self._masks(tensor, op, samples, settings)
        for x, mask in zip(inputs, masks, strict=True):
            if getattr(x, "requires_grad", False):
                self._live[x] = self._live.get(x, False) | mask
        if all(mask.all() for mask in masks):
            return y, values
        values = [
            x if mask.all() else np.where(mask, x, sample)
            for x, sample, mask in zip(values, samples, masks, strict=True)
        ]
        return op(*values, **settings), tuple(values)

    def _sample(self, op: Any, i: int, x: Any) -> Any:
        """Return ordinary values for an input; its own if they decide which entries the output depends on."""
        domain = op.domains[op.argument_at(i)]
        if op.selects or domain.discrete or x.dtype.kind != "f":
            return x
        return np.asarray(domain.sample(self._rng, x.shape)).astype(x.dtype)[()]

    def _masks(self, tensor: Any, op: Any, samples: Any, settings: Any) -> list[Any]:
        """Return for each input the entries that live entries of the output depend on.

        A gradient rule run on ordinary values is zero at the other entries, and nowhere else.
        """
        live = self._live.pop(tensor)
        g = np.where(live, self._rng.uniform(0.5, 1.5, live.shape), 0.0).astype(tensor.dtype)[()]
        masks = [np.ones(x.shape, bool) for x in samples]
        if not op.selects and not op.forward.__module__.startswith("autograd_lite."):
            return masks  # a user's op, which may have a mask that it does not declare
        rules = op.rules_by_position or op.variadic_rules(len(samples))
        try:
            y = op.forward(*samples, **settings)
            for i, (rule, x) in enumerate(zip(rules, samples, strict=True)):
                if x.dtype.kind == "f" and op.argument_at(i) in op.rules:
                    gradient = np.asarray(rule(g, y, *samples, **settings))
                    masks[i] = _in_shape(gradient != 0, x.shape)
        except Exception:  # a user's op that refuses our values: all of its entries count
            return [np.ones(x.shape, bool) for x in samples]
        return masks


def _in_shape(mask: Any, shape: tuple[int, ...]) -> Any:
    """Return a mask in the shape of an input that was broadcast to it."""
    mask = mask.any(axis=tuple(range(mask.ndim - len(shape))))
    repeated = tuple(i for i, (n, m) in enumerate(zip(mask.shape, shape, strict=False)) if m == 1 != n)
    return np.broadcast_to(mask.any(axis=repeated, keepdims=True), shape)


def count_unmasked(more: int = 0) -> int:
    """Return how many differentiable gradients were computed without masks, now with `more`."""
    _unmasked[0] += more
    return _unmasked[0]


def is_finite(gradient: Any) -> bool:
    """Return True if every entry of a gradient, an array or a tensor, is finite."""
    if type(gradient) is np.float64:
        return isfinite(gradient)
    if type(gradient) is np.ndarray and isfinite(_vdot(gradient, gradient)):
        return True
    g = getattr(gradient, "_value", gradient)
    return isinstance(g, AbstractArray) or bool(np.isfinite(g).all())  # a sum of squares may overflow
