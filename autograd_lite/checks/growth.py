"""A graph that grows from one backward pass to the next: `w = w - lr * w.grad` keeps every step before it."""

from typing import Any

EVERY = 64  # backward passes from one count to the next
_last = [0, 0]  # results of earlier passes in the graph counted last; how often in a row they grew


def is_growing(order: Any) -> bool:
    """Return True if a graph holds more results of earlier passes than the one before, twice in a row.

    `order` are the tensors of a graph. To be called at each `EVERY`-th backward pass: an update that keeps the
    graph adds at least one result in each step. True is returned once for a row of growing graphs.
    """
    old = sum(x.op is not None and hasattr(x, "backward_pass") for x in order)
    size, grown = _last
    _last[:] = [old, grown + 1 if old >= size + EVERY else 0]
    return _last[1] == 2
