"""First values of weights: functions of a generator and of a layer's numbers of inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.randomness import generator

Initializer = Callable[[Any, int, int], Any]  # naming np.random.Generator here would import it


def plain(rng: np.random.Generator, n_in: int, n_out: int) -> Any:
    """Normal numbers of standard deviation 0.01, from the generator `rng`, at any size; (n_in, n_out)."""
    return 0.01 * rng.standard_normal((n_in, n_out))


def xavier(rng: np.random.Generator, n_in: int, n_out: int) -> Any:
    """Uniform in ± sqrt(6 / (n_in + n_out)): keeps variances through tanh and sigmoid; (n_in, n_out).

    Glorot and Bengio (2010), equation 16; drawn from the generator `rng`.
    """
    limit = math.sqrt(6.0 / (n_in + n_out))
    return rng.uniform(-limit, limit, (n_in, n_out))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Any:
    """Normal numbers of variance 2 / n_in: keeps variances through rectifiers; (n_in, n_out).

    He, Zhang, Ren and Sun (2015), equation 10; drawn from the generator `rng`.
    """
    return math.sqrt(2.0 / n_in) * rng.standard_normal((n_in, n_out))


INITIALIZERS: dict[str, Initializer] = {"plain": plain, "xavier": xavier, "he": he}


def initial(layer: str, init: str | Initializer, rng: Any, n_in: int, n_out: int) -> Any:
    """Weights of shape (n_in, n_out) for a layer, by the name of an initialiser or by a function.

    Raises a ValueError for a size below 1, an unknown name, or a function whose result has another
    shape or an entry that is not finite.
    """
    for name, size in (("n_in", n_in), ("n_out", n_out)):
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise ValueError(f"{layer}: {name} is {size!r}; give a whole number, 1 or more")
    make = INITIALIZERS.get(init) if isinstance(init, str) else init
    if make is None or not callable(make):
        raise ValueError(
            f"{layer}: init is {init!r}; it is one of {', '.join(map(repr, INITIALIZERS))}, or a "
            "function of (rng, n_in, n_out)"
        )
    weights = np.asarray(make(generator(rng), n_in, n_out))
    if weights.shape != (n_in, n_out) or weights.dtype.kind != "f" or not np.isfinite(weights).all():
        raise ValueError(
            f"{layer}: init returned shape {weights.shape} of dtype {weights.dtype}; it must return "
            f"({n_in}, {n_out}) finite floats"
        )
    return weights
