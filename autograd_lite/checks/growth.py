"""A graph that grows from one backward pass to the next: `w = w - lr * w.grad` keeps every step before it."""

import weakref
from typing import Any

_FIRST = 16  # the backward pass at which the first size is noted; the next are at 32, 64, 128, ...
_last: list[Any] = [
    None,
    0,
    0,
]  # the first result of the graph that was noted, its size, how often it doubled


def is_growing(order: Any, number: int) -> bool:
    """Return True once if the graph of backward pass `number` has doubled twice and holds old results.

    `order` are the tensors of the graph, inputs first. It is to be called at passes 16, 32, 64, ...
    """
    if number < _FIRST:
        return False
    first, size, doubled = _last
    result = next((x for x in order if x.op is not None), None)
    is_same = first is not None and first() is result
    doubled = doubled + 1 if is_same and len(order) > 1.5 * size else 0
    _last[:] = [weakref.ref(result) if result is not None else None, len(order), doubled]
    return doubled == 2
