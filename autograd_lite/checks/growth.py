"""A graph that grows from one backward pass to the next: `w = w - lr * w.grad` keeps every step before it."""

from typing import Any

_FIRST = 16  # the first backward pass at which results are counted; the next are 32, 64, 128, ...
_last = [0, 0]  # the results of earlier passes in the graph that was counted last; how often they doubled


def is_growing(order: Any, number: int) -> bool:
    """Return True once if a graph holds twice as many results of earlier passes as before, and again.

    `order` are the tensors of the graph of backward pass `number`. To be called at passes 16, 32, 64, ...
    """
    if number < _FIRST:
        return False
    size, doubled = _last
    old = sum(x.op is not None and hasattr(x, "backward_pass") for x in order)
    doubled = doubled + 1 if old > 1.5 * size > 0 else 0
    _last[:] = [old, doubled]
    return doubled == 2
