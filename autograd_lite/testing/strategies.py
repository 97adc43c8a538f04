"""Hypothesis strategies for your own `@given`: inputs of ops, arrays by signature, labels.

For example, `@given(strategies.signature("(m,k),(k,n)"))` gives a test the two factors of a matrix product.
"""

import math
import re
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from autograd_lite.domains import REAL, Domain, cores_of
from autograd_lite.operation import Case, Op
from autograd_lite.testing.examples import plan_of
from autograd_lite.testing.subject import of_op
from autograd_lite.testing.values import PALETTES, table, values

__all__ = ["arrays", "arrays_for", "broadcastable_arrays", "labels", "logits", "probabilities", "signature"]

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...] | SearchStrategy[tuple[int, ...]]

_SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)
_CORE = r"\((\w+(,\w+)*)?\)"
_KINKS = {"any": tuple(dict.fromkeys(PALETTES)), "avoid": ("ordinary",), "seek": ("simple",)}


def _check_kinks(kinks: str) -> None:
    if kinks not in _KINKS:
        raise ValueError(f"strategies: kinks={kinks!r}; it is {', '.join(map(repr, _KINKS))}")


@st.composite
def arrays(draw: DrawFn, shape: Shape = _SHAPES, domain: Domain = REAL, kinks: str = "any") -> Array:
    """Generate an array of simple, ordinary, tiny and large numbers of a domain; it shrinks to zeros.

    `shape` is a shape or a strategy for one, `domain` one of `autograd_lite.domains`. `kinks` is "any",
    "avoid" (no two entries equal, none at or near a whole number, where functions tend to have kinks) or
    "seek" (small whole numbers and halves, among which zeros and ties are frequent).
    """
    _check_kinks(kinks)
    chosen = draw(shape) if isinstance(shape, SearchStrategy) else shape
    size = math.prod(chosen)
    palette = draw(st.sampled_from(_KINKS[kinks]))
    if kinks == "avoid" and not domain.discrete:
        numbers = _distinct(domain, size)
        return np.roll(numbers, -draw(st.integers(0, 191)))[:size].reshape(chosen)
    x: Array = values(domain, palette, draw(st.binary(min_size=size, max_size=size)), chosen)
    return x


def _distinct(domain: Domain, size: int) -> Array:
    """Return at least `size` different numbers: the ordinary ones of a domain, then others between them."""
    ordinary = np.array(list(dict.fromkeys(table(domain, "ordinary").tolist())))
    gap = min([0.005, *np.diff(np.sort(ordinary))])
    rounds = 1 + size // len(ordinary) if size > len(ordinary) else 0
    x: Array = np.concatenate([ordinary + gap * k / (rounds + 1) for k in range(rounds + 1)])
    x = x[(np.abs(x - np.rint(x)) > 1e-3) & (domain.low < x) & (x < domain.high)]
    if x.size < size or gap < 1e-5 * (rounds + 1):
        raise ValueError(
            f'strategies: kinks="avoid" has no {size} different numbers of domain {domain.name}; '
            'pass a smaller shape, or kinks="any"'
        )
    return x


def arrays_for(op: Op, kinks: str = "any") -> SearchStrategy[tuple[tuple[Array, ...], dict[str, Any]]]:
    """Generate inputs and settings that the declaration of `op` allows, as a tuple and a dictionary.

    `kinks` is the same as in `arrays`.
    """
    _check_kinks(kinks)
    plan = plan_of(of_op(op))

    def inputs_and_settings(case: Case) -> SearchStrategy[tuple[tuple[Array, ...], dict[str, Any]]]:
        inputs = [arrays(shape, plan.subject.domain(i), kinks) for i, shape in enumerate(case.shapes)]
        return st.tuples(st.tuples(*inputs), st.builds(dict, st.just(case.settings)))

    return st.sampled_from(plan.cases).flatmap(inputs_and_settings)


def signature(
    text: str, domain: Domain = REAL, kinks: str = "any", longest: int = 4
) -> SearchStrategy[tuple[Array, ...]]:
    """Generate a tuple of arrays for a signature such as `"(m,k),(k,n)"`.

    Each letter is a length from 1 to `longest`. `domain` and `kinks` are the same as in `arrays`. Raises
    ValueError if `text` is not a signature.
    """
    if not re.fullmatch(rf"{_CORE}(,{_CORE})*(->{_CORE}(,{_CORE})*)?", text.replace(" ", "")):
        raise ValueError(
            f'strategies: signature {text!r}; write the axes of each array in brackets, as in "(m,k),(k,n)", '
            '"()" for a number'
        )
    cores = cores_of(text)
    lengths = st.fixed_dictionaries({letter: st.integers(1, longest) for core in cores for letter in core})
    return lengths.flatmap(
        lambda n: st.tuples(*(arrays(tuple(n[letter] for letter in core), domain, kinks) for core in cores))
    )


def probabilities(shape: Shape = _SHAPES) -> SearchStrategy[Array]:
    """Generate arrays of probabilities; `shape` is the same as in `arrays`.

    0, 1 and numbers very near to them are among the probabilities.
    """
    return hnp.arrays(np.float64, shape, elements=st.floats(0.0, 1.0))


def logits(shape: Shape = _SHAPES, size: float = 1e4) -> SearchStrategy[Array]:
    """Generate arrays of logits from -size to size; `shape` is the same as in `arrays`.

    e^z overflows at 710.
    """
    return hnp.arrays(np.float64, shape, elements=st.floats(-size, size))


def labels(classes: int = 2, shape: Shape = _SHAPES) -> SearchStrategy[Array]:
    """Generate arrays of integer labels from 0 to classes - 1; `shape` is the same as in `arrays`."""
    return hnp.arrays(np.int64, shape, elements=st.integers(0, classes - 1))


@st.composite
def broadcastable_arrays(draw: DrawFn, count: int = 2, size: float = 1e3) -> tuple[Array, ...]:
    """Generate a tuple of `count` arrays whose shapes broadcast together, with numbers from -size to size."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=4))
    elements = st.floats(-size, size)
    return tuple(draw(hnp.arrays(np.float64, shape, elements=elements)) for shape in shapes.input_shapes)
