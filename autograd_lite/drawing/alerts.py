"""Alerts in words: NaN and infinities, dead units, gradients that explode or vanish."""

import math
from contextlib import suppress
from typing import Any

import numpy as np

from autograd_lite.drawing.graph import data_of, has_op
from autograd_lite.drawing.statistics import norm_of
from autograd_lite.drawing.text import number
from autograd_lite.tensor import Tensor

EXPLODING = 1e6  # the largest entry of a gradient without alert
VANISHING = 100.0  # times smaller than the gradient of another parameter


def alerts_of(x: Any) -> list[str]:
    """The alerts of one node: entries that are not finite, dead units, an exploding gradient."""
    grad = x.grad if isinstance(x, Tensor) else None
    found = [*_not_finite("", data_of(x)), *_not_finite("grad: ", grad)]
    if has_op(x):
        found += _dead_units(x)
    if grad is not None and not found:
        with np.errstate(all="ignore"):
            size = float(np.max(np.abs(grad), initial=0.0))
        found += [f"exploding: gradient up to {size:.1e}"] if size > EXPLODING else []
    return found


def _not_finite(prefix: str, array: Any) -> list[str]:
    array = np.asarray(0.0 if array is None else array)
    if array.dtype.kind != "f":
        return []
    counts = {"NaN": np.count_nonzero(np.isnan(array)), "inf": np.count_nonzero(np.isinf(array))}
    of = " in {} of " + str(array.size) if array.size > 1 else ""
    return [prefix + kind + of.format(count) for kind, count in counts.items() if count]


def _dead_units(y: Tensor) -> list[str]:
    """The units of a rectifier, along the last axis of y, whose output is 0 for every example."""
    if y.ndim < 2 or y.size < 2 * y.shape[-1]:
        return []
    examples = y.data.reshape(-1, y.shape[-1])
    units = np.flatnonzero((examples == 0).all(axis=0))
    if not units.size or not _is_rectifier(y):
        return []
    listed = ", ".join(map(str, units[:4])) + (", …" if units.size > 4 else "")
    subject = f"unit {listed} is" if units.size == 1 else f"units {listed} are"
    return [f"{subject} dead: 0 on all {len(examples)} examples"]


def _is_rectifier(y: Tensor) -> bool:
    """True if the op of y maps -1 to 0 and 1 to 1 in one of its inputs, as relu(z) and maximum(z, 0) do."""
    for i, x in enumerate(y.inputs):
        probes = [(*y.values[:i], np.float64(z), *y.values[i + 1 :]) for z in (-1, 1)]
        with suppress(Exception), np.errstate(all="ignore"):  # most ops of arrays refuse a single number
            low, high = (y.op.forward(*values, **y.settings) for values in probes)
            if isinstance(x, Tensor) and np.all(low == 0) and np.all(high == 1):
                return True
    return False


def vanishing(parameters: list[tuple[int, str, Any]]) -> dict[int, str]:
    """Alerts for parameters with a gradient much smaller than another's of the same role, by their keys.

    `parameters` are (key, name, gradient). The role is the end of the name: layer1.W is compared with
    layer2.W, never a weight with a bias. The size is the root mean square of the entries.
    """
    roles: dict[str, list[tuple[float, str, int]]] = {}
    gradients = {key: grad for key, _, grad in parameters}
    for key, name, grad in parameters:
        if np.size(grad) and np.isfinite(grad).all():
            size = norm_of(grad) / math.sqrt(np.size(grad))
            roles.setdefault(name.rpartition(".")[2], []).append((size, name, key))
    alerts = {}
    for members in roles.values():
        largest, largest_name, _ = max(members)
        for size, _, key in members:
            if size * VANISHING < largest and (size or np.size(gradients[key]) > 1):
                ratio = min(largest / size, 1e308) if size else 0.0
                times = f"{ratio:.0f}" if ratio < 1e5 else number(float(f"{ratio:.1e}"))
                comparison = f"{times}× smaller than" if size else "0 everywhere, unlike"
                alerts[key] = f"vanishing: {comparison} {largest_name}"
    return alerts
