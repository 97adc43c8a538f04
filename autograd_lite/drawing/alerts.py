"""Alerts in words: what is wrong with a value or a gradient, told on its card."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.drawing.statistics import norm_of
from autograd_lite.drawing.text import number

EXPLODING, VANISHING = 1e6, 100.0


def alerts_of(value: Any, grad: Any, rectified: bool) -> tuple[str, ...]:
    """The alerts of one tensor: entries that are no numbers, dead units, an exploding gradient."""
    found = [*_not_finite("", value), *_not_finite("grad: ", grad)]
    if rectified:
        found += _dead(np.asarray(value))
    if grad is not None and not found:
        with np.errstate(all="ignore"):
            size = float(np.max(np.abs(grad), initial=0.0))
        found += [f"exploding: gradient up to {size:.1e}"] if size > EXPLODING else []
    return tuple(found)


def _not_finite(prefix: str, array: Any) -> list[str]:
    if array is None:
        return []
    array = np.asarray(array)
    if array.dtype.kind != "f":
        return []
    counts = {"NaN": np.count_nonzero(np.isnan(array)), "inf": np.count_nonzero(np.isinf(array))}
    of = f" of {array.size}" if array.size > 1 else ""
    return [
        f"{prefix}{kind} in {count}{of}" if of else f"{prefix}{kind}"
        for kind, count in counts.items()
        if count
    ]


def _dead(output: Any) -> list[str]:
    """Units of a rectifier, along its last axis, that let no example through."""
    if output.ndim < 2 or output.size < 2 * output.shape[-1]:
        return []
    examples = output.reshape(-1, output.shape[-1])
    units = np.flatnonzero((examples == 0).all(axis=0))
    if not units.size:
        return []
    listed = ", ".join(map(str, units[:4])) + (", …" if units.size > 4 else "")
    verb = f"unit {listed} is" if units.size == 1 else f"units {listed} are"
    return [f"{verb} dead: 0 on all {len(examples)} examples"]


def vanishing(parameters: list[tuple[int, str, Any]]) -> dict[int, str]:
    """Parameters with gradient entries much smaller than another's of the same role, by the given key.

    layer1.W is compared with layer2.W, never a weight with a bias.
    """
    sizes = {
        key: (name, name.rpartition(".")[2], norm_of(grad) / math.sqrt(np.size(grad)))
        for key, name, grad in parameters
        if grad is not None and np.size(grad) and np.isfinite(grad).all()
    }
    gradients = {key: grad for key, _, grad in parameters}
    largest: dict[str, tuple[float, str]] = {}
    for name, role, size in sizes.values():
        largest[role] = max(largest.get(role, (0.0, "")), (size, name))
    return {
        key: f"vanishing: {_less(size, *largest[role])}"
        for key, (_, role, size) in sizes.items()
        if size * VANISHING < largest[role][0] and (size or np.size(gradients[key]) > 1)
    }


def _less(size: float, largest: float, name: str) -> str:
    """How much smaller a gradient is than the largest one, which that parameter has."""
    if not size:
        return f"0 everywhere, unlike {name}"
    with np.errstate(over="ignore"):
        return f"{_times(float(np.float64(largest) / size))}× smaller than {name}"


def _times(ratio: float) -> str:
    if math.isinf(ratio):
        return "more than 1e308"
    return f"{ratio:.0f}" if ratio < 1e5 else number(float(f"{ratio:.1e}"))
