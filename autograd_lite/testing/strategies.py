"""Hypothesis strategies for your own `@given`: inputs of ops, arrays by signature, labels, random graphs.

Where it makes a difference, `kinks` is "any", "avoid" (no two entries equal, none at or near a whole
number, where functions tend to have kinks) or "seek" (small whole numbers and halves: zeros and ties).

    @given(strategies.signature("(m,k),(k,n)"))
    def test_product(arrays):
        gradcheck(np.matmul, *arrays)
"""

from __future__ import annotations

import re
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from autograd_lite.domains import REAL, Domain, cores_of
from autograd_lite.operation import Op
from autograd_lite.testing.examples import plan_of
from autograd_lite.testing.graphs import Graph, graphs
from autograd_lite.testing.subject import of_op
from autograd_lite.testing.values import PALETTES, table, values

__all__ = [
    "Graph", "arrays", "arrays_for", "broadcastable_arrays", "graphs", "labels", "logits", "probabilities",
    "signature",
]  # fmt: skip

_SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)
_CORE = r"\((\w+(,\w+)*)?\)"
_KINKS = {"any": tuple(dict.fromkeys(PALETTES)), "avoid": ("ordinary",), "seek": ("simple",)}


def _palettes(kinks: str) -> tuple[str, ...]:
    if kinks not in _KINKS:
        raise ValueError(f"strategies: kinks={kinks!r}; it is {', '.join(map(repr, _KINKS))}")
    return _KINKS[kinks]


@st.composite
def arrays(draw: Any, shape: Any = _SHAPES, domain: Domain = REAL, kinks: str = "any") -> Any:
    """An array of numbers of a domain: simple ones, ordinary ones, tiny and large ones; shrinks to zeros.

    `shape` is a shape or a strategy for one, `domain` one of `autograd_lite.domains`. `kinks` is "any",
    "avoid" (no two entries equal, none at or near a whole number) or "seek" (small whole numbers, halves).
    """
    chosen = draw(shape) if isinstance(shape, SearchStrategy) else shape
    palette = draw(st.sampled_from(_palettes(kinks)))
    size = int(np.prod(chosen))
    if kinks == "avoid" and not domain.discrete:
        numbers = _distinct(domain, size)
        return np.roll(numbers, -draw(st.integers(0, 191)))[:size].reshape(chosen)
    codes = draw(st.binary(min_size=size, max_size=size))
    return values(domain, palette, codes, chosen)


def _distinct(domain: Domain, size: int) -> Any:
    """At least `size` numbers: the ordinary ones of a domain, then others between them, no two equal."""
    ordinary = np.array(tuple(dict.fromkeys(table(domain, "ordinary").tolist())))
    gap = min([0.005, *np.diff(np.sort(ordinary))])
    rounds = 1 + size // len(ordinary) if size > len(ordinary) else 0
    x = np.concatenate([ordinary, *(ordinary + gap * k / (rounds + 1) for k in range(1, rounds + 1))])
    x = x[(np.abs(x - np.rint(x)) > 1e-3) & (domain.low < x) & (x < domain.high)]
    if x.size < size or gap < 1e-5 * (rounds + 1):
        raise ValueError(
            f'strategies: kinks="avoid" has no {size} different numbers of domain {domain.name}; '
            'pass a smaller shape, or kinks="any"'
        )
    return x


def arrays_for(op: Op, kinks: str = "any") -> SearchStrategy[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Inputs and settings that the declaration of `op` says it can be tried with; `kinks` as of `arrays`."""
    plan, palettes = plan_of(of_op(op)), _palettes(kinks)

    @st.composite
    def example(draw: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        i = draw(st.integers(0, len(plan.cases) - 1))
        inputs = [
            draw(arrays(shape, op.domains[op.argument_at(position)], kinks))
            for position, shape in enumerate(plan.cases[i].shapes)
        ]
        return tuple(inputs), dict(plan.cases[i].settings)

    assert palettes
    return example()


def signature(
    text: str, domain: Domain = REAL, kinks: str = "any", longest: int = 4
) -> SearchStrategy[tuple[Any, ...]]:
    """Arrays for a signature `text` such as `"(m,k),(k,n)"`, as a tuple.

    Each letter is a length from 1 to `longest`; `domain` and `kinks` are those of `arrays`. Another text is
    a ValueError.
    """
    if not re.fullmatch(rf"{_CORE}(,{_CORE})*(->{_CORE}(,{_CORE})*)?", text.replace(" ", "")):
        raise ValueError(
            f'strategies: signature {text!r}; write the axes of each array in brackets, as in "(m,k),(k,n)", '
            '"()" for a number'
        )
    return _of_signature(text, domain, kinks, longest)


@st.composite
def _of_signature(draw: Any, text: str, domain: Domain, kinks: str, longest: int) -> Any:
    cores = cores_of(text)
    letters = dict.fromkeys(letter for core in cores for letter in core)
    lengths = {letter: draw(st.integers(1, longest)) for letter in letters}
    return tuple(draw(arrays(tuple(lengths[n] for n in core), domain, kinks)) for core in cores)


def probabilities(shape: Any = _SHAPES) -> SearchStrategy[Any]:
    """Arrays of probabilities of a `shape`, 0 and 1 and numbers very near them included."""
    return hnp.arrays(np.float64, shape, elements=st.floats(0.0, 1.0))


def logits(shape: Any = _SHAPES, size: float = 1e4) -> SearchStrategy[Any]:
    """Arrays of logits of a `shape`, up to `size` either way: far beyond where e^z overflows."""
    return hnp.arrays(np.float64, shape, elements=st.floats(-size, size))


def labels(classes: int = 2, shape: Any = _SHAPES) -> SearchStrategy[Any]:
    """Arrays of integer labels of a `shape`, from 0 to classes - 1."""
    return hnp.arrays(np.int64, shape, elements=st.integers(0, classes - 1))


@st.composite
def broadcastable_arrays(draw: Any, count: int = 2, size: float = 1e3) -> tuple[Any, ...]:
    """A tuple of `count` arrays of numbers up to `size` either way, whose shapes broadcast together."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=4))
    elements = st.floats(-size, size)
    return tuple(draw(hnp.arrays(np.float64, shape, elements=elements)) for shape in shapes.input_shapes)
