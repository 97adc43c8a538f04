"""The default random generator of initialisers and shuffling, and the values that `rng=` accepts."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd_lite.arguments import is_whole_number, whole_number

# A function (rng, shape) that draws in place of a generator. The compiler sets it while it traces a function,
# because a compiled function draws new numbers in each run.
drawing: ContextVar[Callable[[Any, Any], Any] | None] = ContextVar("drawing", default=None)

_default: list[np.random.Generator] = []  # empty until first used, because numpy.random is slow to import


def seed(n: int) -> None:
    """Restart the default generator of initialisers and shuffling from n, so that a script repeats exactly.

    All threads of the process share this generator. Threads that draw at the same time get its numbers in an
    order that may change from run to run; give each its own generator by `rng=`. Raises ValueError if n is
    not a whole number of at least 0.
    """
    _default[:] = [np.random.default_rng(whole_number("seed", "n", n, least=0))]


def generator(rng: int | np.random.Generator | None = None) -> np.random.Generator:
    """Return the generator that `rng` stands for: a new one from a seed, itself, or the default for None."""
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        if not _default:
            _default.append(np.random.default_rng())
        return _default[0]
    if not is_whole_number(rng, least=0):
        raise TypeError(
            f"rng is {rng!r}; give a seed (a whole number, 0 or more), a generator such as "
            "np.random.default_rng(0), or None for the default one"
        )
    return np.random.default_rng(rng)


def uniform(rng: int | np.random.Generator | None, shape: Any) -> Any:
    """Return random numbers in [0, 1) of this shape; a compiled function draws new ones in each run."""
    draw = drawing.get()
    return generator(rng).random(shape) if draw is None else draw(rng, shape)
