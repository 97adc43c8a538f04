"""Where an op is tried: shapes and settings from its declaration, values from its domains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.operation import Case, Op
from autograd_lite.signature import cores_of

_SHAPES: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (2, 3))
_BROADCAST: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((2, 1), (1, 3)), ((), (3,)), ((3,), ()), ((2, 3), (3,)), ((1,), (2, 3)), ((2, 3), (2, 1)),
)  # fmt: skip
_LENGTHS = (2, 3, 4, 5)
_DECADES = (1e-6, 1e-2, 20.0)


class Example(NamedTuple):
    """Inputs and settings to try an op with; `variables` are the positions of those it differentiates."""

    inputs: tuple[Any, ...]
    settings: dict[str, Any]
    variables: tuple[int, ...]


def cases(op: Op) -> tuple[Case, ...]:
    """The cases an op declares, else those its signature asks for, else an elementwise op's."""
    settings = dict(op.defaults)
    if op.samples:
        return tuple(Case(sample.shapes, {**settings, **sample.settings}) for sample in op.samples)
    if op.signature:
        return (Case(_shapes_of(op.signature), settings),)
    count = 2 if op.variadic else len(op.arguments)
    equal = [(shape,) * count for shape in _SHAPES]
    mixed = [tuple(pair[i % 2] for i in range(count)) for pair in _BROADCAST] if count > 1 else []
    return tuple(Case(shapes, settings) for shapes in (*equal, *mixed))


def _shapes_of(signature: str) -> tuple[tuple[int, ...], ...]:
    """Shapes for `(m,k),(k,n)->(m,n)`, a length for each letter."""
    letters = cores_of(signature)
    names = list(dict.fromkeys(letter for core in letters for letter in core))
    lengths = {name: _LENGTHS[i % len(_LENGTHS)] for i, name in enumerate(names)}
    return tuple(tuple(lengths[letter] for letter in core) for core in letters)


def resized(case: Case, length: int) -> Iterator[Case]:
    """The case with every axis of one length changed to 0 or 1, in all inputs alike."""
    for old in sorted({n for shape in case.shapes for n in shape} - {length}):
        shapes = tuple(tuple(length if n == old else n for n in shape) for shape in case.shapes)
        yield Case(shapes, case.settings)


def draw(op: Op, case: Case, rng: np.random.Generator, plain: bool = False) -> Example:
    """Random values for a case: ordinary (all of them if `plain`), zeros, equal entries, other sizes.

    A discrete input (labels, masks) is a constant. If the op has a rule for it nevertheless, it is
    drawn between its choices one time in three, where it has a derivative.
    """
    inputs, variables = [], []
    for position, shape in enumerate(case.shapes):
        argument = op.argument_at(position)
        domain = op.domains[argument]
        if not domain.discrete:
            x = domain.sample(rng, shape)
            inputs.append(x if plain else _vary(x, domain, rng))
            variables.append(position)
        elif argument in op.rules and rng.random() < 1 / 3:
            inputs.append(rng.uniform(min(domain.choices), max(domain.choices), shape))
            variables.append(position)
        else:
            inputs.append(domain.sample(rng, shape))
    return Example(tuple(map(np.asarray, inputs)), dict(case.settings), tuple(variables))


def _vary(x: Any, domain: Any, rng: np.random.Generator) -> Any:
    """Half of the time the values as they are, else with one property that rules get wrong."""
    x = np.array(x)
    unbounded = np.isinf(domain.high) and domain.low in (0.0, -np.inf)
    whole = unbounded and domain.low < 0 and not domain.avoid
    match int(rng.integers(8)):
        case 0 if unbounded and not domain.avoid:
            x *= rng.choice(_DECADES)
        case 1 if whole and x.size:
            x.flat[rng.integers(x.size)] = 0.0
        case 2 if x.size > 1:
            first, second = rng.choice(x.size, 2, replace=False)
            x.flat[first] = x.flat[second]
        case 3 if whole:
            x = np.round(x)
    return x
