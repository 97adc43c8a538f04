"""Leaves: the tensors that a function uses without being given them, found before it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_lite.modes import recording
from autograd_lite.tensor import NOTHING, Tensor, graph, node


def leaves_of(f: Callable[..., Any], arrays: Sequence[Any], argnums: Sequence[int]) -> list[Tensor]:
    """The tensors that f uses and that are none of its arguments: those of its graph, and of its closure.

    What is in the graph both times that f is run is not made by f.
    """
    first, second = _leaves(f, arrays, argnums), _leaves(f, arrays, argnums)
    again = set(second)
    held = [t for held in _held(f) for t in _tensors(held)]
    return list(dict.fromkeys([*(t for t in first if t in again), *held]))


def _leaves(f: Callable[..., Any], arrays: Sequence[Any], argnums: Sequence[int]) -> list[Tensor]:
    """The tensors without an op in the graph of f(*arrays), constants too, but for the arguments."""
    tensors = [
        node(None, (), (), NOTHING, x, i in argnums or x.dtype.kind == "f") for i, x in enumerate(arrays)
    ]
    with graphs_recorded():
        y = f(*tensors)
    made = graph(y) if isinstance(y, Tensor) else []
    found = [x for t in made for x in (t, *t.inputs) if isinstance(x, Tensor) and x.op is None]
    given = set(tensors)
    return [t for t in found if t not in given]


def _held(f: Any) -> list[Any]:
    """What a function holds: its object, the variables it closes over, the globals it names."""
    code = getattr(f, "__code__", None)
    cells = [c.cell_contents for c in getattr(f, "__closure__", None) or () if c.cell_contents is not f]
    known = getattr(f, "__globals__", {})
    named = [known[name] for name in (code.co_names if code else ()) if name in known]
    return [getattr(f, "__self__", f), *cells, *named]


def _tensors(held: Any) -> list[Tensor]:
    """The tensors that something is, has as a module, or holds in a list, tuple or dictionary."""
    if isinstance(held, Tensor):
        return [held] if held.op is None else []
    if isinstance(held, list | tuple | dict):
        parts = held.values() if isinstance(held, dict) else held
        return [t for part in parts if not isinstance(part, list | tuple | dict) for t in _tensors(part)]
    return list(held.parameters()) if hasattr(held, "named_parameters") else []


@contextmanager
def graphs_recorded() -> Iterator[None]:
    """Graphs are recorded for as long as this lasts, also within `no_grad`."""
    token = recording.set(True)
    try:
        yield
    finally:
        recording.reset(token)
