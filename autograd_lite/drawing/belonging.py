"""Whether the gradients that tensors hold are those of the graph that is drawn: it is computed again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.modes import recording
from autograd_lite.tensor import Tensor, backpropagate

_TOLERANCE = {8: 1e-6, 4: 1e-3, 2: 1e-1}  # relative, by the size of a number in bytes


def strangers(roots: Sequence[Tensor], nodes: Sequence[Any]) -> set[int]:
    """The nodes whose gradient is not that of the roots, by identity: of another graph, or added to it.

    Nothing is said against any of them where no gradient could have come from these roots, or where a
    rule fails.
    """
    held = [x for x in nodes if isinstance(x, Tensor) and x.grad is not None]
    seeds = [(root, seed) for root in roots if (seed := _seed(root)) is not None]
    if not held or not seeds:
        return set()
    found: dict[Tensor, Any] = {}
    token = recording.set(False)
    try:
        with np.errstate(all="ignore"):
            for root, seed in seeds:
                for x, g in backpropagate(root, seed).items():
                    found[x] = found[x] + g if x in found else g
    except Exception:  # a rule of the user's own
        return set()
    finally:
        recording.reset(token)
    return {id(x) for x in held if x not in found or not _close(x.grad, found[x])}


def _seed(root: Tensor) -> Any:
    """What backward started from, as far as it can be known."""
    if not root.requires_grad or root.op is None:
        return None
    if root.grad is not None:
        return root.grad
    return np.ones_like(root.data)[()] if root.size == 1 else None


def _close(grad: Any, expected: Any) -> bool:
    tolerance = _TOLERANCE.get(np.asarray(grad).dtype.itemsize, 1e-6)
    with np.errstate(all="ignore"):
        return bool(np.allclose(grad, expected, rtol=tolerance, atol=1e-300, equal_nan=True))
