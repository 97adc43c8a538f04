"""Hypothesis strategies: inputs of ops, probabilities, logits, labels, arrays that broadcast."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from autograd_lite.operation import Op
from autograd_lite.testing.examples import cases, draw

_SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)


def arrays_for(op: Op) -> SearchStrategy[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Inputs and settings that the op's own declaration says it can be tried with."""

    def example(case: Any, seed: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
        made = draw(op, case, np.random.default_rng(seed))
        return made.inputs, made.settings

    return st.builds(example, st.sampled_from(cases(op)), st.integers(0, 2**32 - 1))


def probabilities(shape: Any = _SHAPES) -> SearchStrategy[Any]:
    """Arrays of probabilities, 0 and 1 and numbers very near them included."""
    return hnp.arrays(np.float64, shape, elements=st.floats(0.0, 1.0))


def logits(shape: Any = _SHAPES, size: float = 1e4) -> SearchStrategy[Any]:
    """Arrays of logits up to `size` either way: far beyond where e^z overflows."""
    return hnp.arrays(np.float64, shape, elements=st.floats(-size, size))


def labels(classes: int = 2, shape: Any = _SHAPES) -> SearchStrategy[Any]:
    """Arrays of integer labels from 0 to classes - 1."""
    return hnp.arrays(np.int64, shape, elements=st.integers(0, classes - 1))


@st.composite
def broadcastable_arrays(draw: Any, count: int = 2, size: float = 1e3) -> tuple[Any, ...]:
    """A tuple of arrays whose shapes broadcast against each other."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=4))
    elements = st.floats(-size, size)
    return tuple(draw(hnp.arrays(np.float64, shape, elements=elements)) for shape in shapes.input_shapes)
