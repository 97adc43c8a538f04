"""The default random generator of initialisers and shuffling, and what `rng=` may be."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

# What draws in the place of a generator: a function that is compiled draws at each run, not at its recording.
drawing: ContextVar[Callable[[Any, Any], Any] | None] = ContextVar("drawing", default=None)

_default: list[np.random.Generator] = []  # one, made at first use: numpy.random is slow to import


def seed(n: int) -> None:
    """Restart the default generator of initialisers and shuffling from n, so that a script repeats exactly.

    The whole process shares it. Threads that draw at the same time share its numbers in the order in
    which they come: give each its own by `rng=`. An n that is no whole number >= 0 is a ValueError.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ValueError(f"seed: n is {n!r}; give a whole number, 0 or more")
    _default[:] = [np.random.default_rng(n)]


def generator(rng: Any = None) -> np.random.Generator:
    """The generator that `rng` means: a seed makes one, a generator is itself, None is the default."""
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        if not _default:
            _default.append(np.random.default_rng())
        return _default[0]
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer) or rng < 0:
        raise TypeError(
            f"rng is {rng!r}; give a seed (a whole number, 0 or more), a generator such as "
            "np.random.default_rng(0), or None for the default one"
        )
    return np.random.default_rng(rng)


def uniform(rng: Any, shape: Any) -> Any:
    """Random numbers in [0, 1), from what `rng` means; a compiled function draws anew at each run."""
    draw = drawing.get()
    return generator(rng).random(shape) if draw is None else draw(rng, shape)
