"""Random numbers that a function draws while it is traced."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite.modes import recording
from autograd_lite.randomness import drawing, generator


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
            self._states.setdefault(source.bit_generator, source.bit_generator.state)
            self.values[i:] = [source.random(shape)]
        return self.values[i]

    @property
    def generators(self) -> Collection[Any]:
        """The bit generators that random numbers were drawn from."""
        return self._states.keys()

    def undo(self) -> None:
        """Return all generators to their states before the first draw."""
        for bits, state in self._states.items():
            bits.state = state


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


@contextmanager
def replayed(values: Sequence[Any]) -> Iterator[None]:
    """Let functions draw these random numbers again, until the block ends."""
    token = drawing.set(Draws(values).draw)
    try:
        yield
    finally:
        drawing.reset(token)
