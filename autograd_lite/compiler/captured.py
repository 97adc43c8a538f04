"""Tensors and random numbers that a function uses in addition to its arguments."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.closure import ClosureWatcher
from autograd_lite.modes import recording
from autograd_lite.randomness import drawing, generator
from autograd_lite.tensor import Tensor, leaf


class Captured(NamedTuple):
    """Tensors and random numbers that a function uses in addition to its arguments.

    `sources` has a generator and a shape for each array of random numbers.
    """

    tensors: list[Tensor]
    sources: list[tuple[Any, Any]]
    watcher: ClosureWatcher


class Draws:
    """Random numbers for the runs of one function: each run gets the same.

    `values` are the numbers that were drawn for the present call before; they are used again if their
    shapes fit.
    """

    def __init__(self, values: Sequence[Any] = ()) -> None:
        self.values: list[Any] = list(values)
        self.sources: list[tuple[Any, Any]] = []  # generator and shape for each value, in the last run
        self._states: dict[Any, Any] = {}  # the state of each generator before its first draw

    def draw(self, rng: Any, shape: Any) -> Any:
        """Return the next random numbers of a run."""
        i = len(self.sources)
        self.sources.append((rng, shape))
        if i == len(self.values) or np.shape(self.values[i]) != np.broadcast_shapes(shape):
            source = generator(rng)
            bits = source.bit_generator
            if bits not in self._states:
                self._states[bits] = bits.state
            self.values[i:] = [source.random(shape)]
        return self.values[i]

    def undo(self) -> None:
        """Return all generators to their states before the first draw."""
        for bits, state in self._states.items():
            bits.state = state


def run_eagerly(f: Callable[..., Any], arrays: Sequence[Any], draws: Draws) -> None:
    """Run f on tensors with these data and random numbers, so that it raises its own error."""
    draws.sources = []
    with graphs_recorded(draws.draw):
        f(*(leaf(x, False) for x in arrays))


@contextmanager
def graphs_recorded(draw: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Record graphs, also within `no_grad`, and let `draw` return random numbers, until the block ends."""
    recording_before = recording.set(True)
    drawing_before = drawing.set(draw)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        recording.reset(recording_before)
        drawing.reset(drawing_before)
