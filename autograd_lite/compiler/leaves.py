"""Leaves: what a function uses without being given it, found before it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.watch import Watch
from autograd_lite.modes import recording
from autograd_lite.randomness import drawing, generator, uniform
from autograd_lite.tensor import Tensor, graph, leaf


class Uses(NamedTuple):
    """What a function uses beside its arguments: tensors, draws of random numbers, and variables."""

    tensors: list[Tensor]
    draws: list[tuple[Any, Any]]
    watch: Watch
    drawn: Sequence[Any] = ()

    def draw(self, before: list[Any] | None) -> Uses:
        """With random numbers drawn, or those that were `before`, where they have the same shapes."""
        shapes = [shape for _, shape in self.draws]
        if before is None or [np.shape(x) for x in before] != shapes:
            before = [uniform(rng, shape) for rng, shape in self.draws]
        return self._replace(drawn=before)


def uses_of(f: Callable[..., Any], arrays: Sequence[Any], argnums: Sequence[int]) -> Uses:
    """What f uses that is none of its arguments: in its graph, in its closure, in what it draws.

    What is in the graph both times that f is run is not made by f.
    """
    (first, draws), (second, _) = _run(f, arrays, argnums), _run(f, arrays, argnums)
    again = set(second)
    watch = Watch(f)
    return Uses(list(dict.fromkeys([*watch.tensors(), *(t for t in first if t in again)])), draws, watch)


def tried(f: Callable[..., Any], arrays: Sequence[Any], uses: Uses) -> None:
    """Run f on what has been drawn: an op that refuses it raises its own error."""
    drawn = iter(uses.drawn)
    with graphs_recorded(lambda rng, shape: next(drawn)):
        f(*(leaf(x, False) for x in arrays))


def _run(
    f: Callable[..., Any], arrays: Sequence[Any], argnums: Sequence[int]
) -> tuple[list[Tensor], list[Any]]:
    """The tensors without an op in the graph of f(*arrays), constants too, and what f draws."""
    floats = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]
    try:
        return _run_once(f, arrays, floats)  # all of them, so that there is a graph in any case
    except TypeError:  # of an op without a gradient in one of them
        return _run_once(f, arrays, argnums)


def _run_once(
    f: Callable[..., Any], arrays: Sequence[Any], wanted: Sequence[int]
) -> tuple[list[Tensor], list[Any]]:
    tensors = [leaf(x, i in wanted) for i, x in enumerate(arrays)]
    draws: list[tuple[Any, Any]] = []

    def drawn(rng: Any, shape: Any) -> Any:
        draws.append((rng, shape))
        return np.full(shape, 0.5)[()]

    with graphs_recorded(drawn):
        found = f(*tensors)
    results = found if isinstance(found, tuple) else (found,)
    made = [t for y in results if isinstance(y, Tensor) for t in graph(y)]
    leaves = [x for t in made for x in (t, *t.inputs) if isinstance(x, Tensor) and x.op is None]
    given = set(tensors)
    return [t for t in leaves if t not in given], draws


@contextmanager
def graphs_recorded(drawn: Callable[[Any, Any], Any]) -> Iterator[None]:
    """While this lasts graphs are recorded, also within `no_grad`, and random numbers are `drawn`."""
    token, source = recording.set(True), drawing.set(drawn)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        recording.reset(token)
        drawing.reset(source)


@contextmanager
def undone_if_refused(uses: Uses) -> Iterator[None]:
    """Generators go back to where they are now, should an error end this."""
    sources = [generator(rng).bit_generator for rng, _ in uses.draws]
    before = [source.state for source in sources]
    try:
        yield
    except BaseException:
        for source, state in zip(sources, before, strict=True):
            source.state = state
        raise
