"""Initial weights: functions of a random generator and of a layer's numbers of inputs and outputs."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.arguments import one_of, whole_number
from autograd_lite.randomness import generator

Initializer = Callable[[Any, int, int], Any]  # Any, because naming np.random.Generator here would import it


def plain(rng: np.random.Generator, n_in: int, n_out: int) -> np.ndarray:
    """Normal numbers with standard deviation 0.01 from the generator `rng`, of shape (n_in, n_out)."""
    return 0.01 * rng.standard_normal((n_in, n_out))


def xavier(rng: np.random.Generator, n_in: int, n_out: int) -> np.ndarray:
    """Uniform numbers in ± sqrt(6 / (n_in + n_out)) from the generator `rng`, of shape (n_in, n_out).

    Signals keep their variance through layers with tanh or sigmoid. Glorot and Bengio (2010), equation 16.
    """
    limit = math.sqrt(6.0 / (n_in + n_out))
    return rng.uniform(-limit, limit, (n_in, n_out))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> np.ndarray:
    """Normal numbers with variance 2 / n_in from the generator `rng`, of shape (n_in, n_out).

    Signals keep their variance through layers with rectifiers. He, Zhang, Ren and Sun (2015), equation 10.
    """
    return math.sqrt(2.0 / n_in) * rng.standard_normal((n_in, n_out))


INITIALIZERS: dict[str, Initializer] = {"plain": plain, "xavier": xavier, "he": he}


def initial_weights(layer: str, init: str | Initializer, rng: Any, n_in: int, n_out: int) -> np.ndarray:
    """Return weights of shape (n_in, n_out) from an initialiser or the name of one.

    Raises ValueError if a size is below 1, if the name is unknown, or if the initialiser returns another
    shape or an entry that is not finite.
    """
    whole_number(layer, "n_in", n_in)
    whole_number(layer, "n_out", n_out)
    if not callable(init):
        init = INITIALIZERS[
            one_of(layer, "init", init, INITIALIZERS, alternative="a function of (rng, n_in, n_out)")
        ]
    weights = np.asarray(init(generator(rng), n_in, n_out))
    if weights.shape != (n_in, n_out) or weights.dtype.kind != "f" or not np.isfinite(weights).all():
        raise ValueError(
            f"{layer}: init returned shape {weights.shape} of dtype {weights.dtype}; it must return "
            f"({n_in}, {n_out}) finite floats"
        )
    return weights
