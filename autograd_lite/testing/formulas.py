"""What a wrong gradient has too much or too little of: factors, terms, other functions of the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.testing.evidence import Observation, known, pairs, same
from autograd_lite.testing.rules import fit


class _Term(NamedTuple):
    name: str
    value: Any


def _factors(o: Observation) -> Iterator[_Term]:
    """What a rule multiplies by: the output, its complement, each input."""
    y = np.asarray(o.run.y, float)
    yield _Term("y", y)
    yield _Term("(1 - y)", 1.0 - y)
    yield _Term("y (1 - y)", y * (1.0 - y))
    yield _Term("(1 + y)", 1.0 + y)
    yield _Term("(1 - y^2)", 1.0 - y * y)
    for i, x in enumerate(o.run.inputs):
        if x.dtype.kind == "f":
            label = o.run.subject.label(i)
            yield _Term(label, x)
            yield _Term(f"{label}^2", x * x)
            yield _Term(f"(1 - {label})", 1.0 - x)
            yield _Term(f"(1 + {label})", 1.0 + x)


def _shaped(term: Any, o: Observation) -> Any:
    """A term at the wrong entries; None where it does not fit them."""
    for shaped in (term, np.expand_dims(term, -1), np.reshape(term, ()) if np.size(term) == 1 else term):
        try:
            return np.broadcast_to(shaped, o.got.shape)[o.wrong]
        except ValueError:
            continue
    return None


def _columns(failing: Sequence[Observation], terms: Callable[[Observation], Any]) -> Iterator[_Term]:
    """Each term at the wrong entries of all examples; those that do not fit an example are left out."""
    for parts in zip(*map(terms, failing), strict=False):  # a variadic op has fewer inputs here and there
        shaped: list[Any] = [_shaped(part.value, o) for part, o in zip(parts, failing, strict=True)]
        if all(part is not None for part in shaped):
            yield _Term(parts[0].name, np.concatenate(shaped))


def local(failing: Sequence[Observation]) -> str:
    """A factor that is missing, or one too many."""
    got, expected = pairs(failing)
    if len(got) < 3:
        return ""
    for name, factor in _columns(failing, _factors):
        usable = (factor != 0) & (np.abs(expected) > 1e-12)
        if np.count_nonzero(usable & (np.abs(np.abs(factor) - 1) > 1e-3)) < 3:
            continue
        for sign, also in ((1.0, ""), (-1.0, " and the sign is flipped")):
            if same(sign * got * factor, expected):
                return f"a factor {name} is missing{also}"
            if same(sign * got, expected * factor):
                return f"a factor {name} too many{also}"
    return ""


def term(failing: Sequence[Observation]) -> str:
    """A term of a sum that is missing, or one too many."""
    got, expected = pairs(failing)
    if len(got) < 6 or len(failing) < 3:
        return ""
    missing = expected - got
    for name, part in _columns(failing, _terms):
        if np.count_nonzero(part) < 6:
            continue
        if same(missing, part) or same(missing, -part):
            return f"a term {name} is missing, or one too many"
        if same(missing, 2 * part) or same(missing, -2 * part):
            return f"a term {name} has the wrong sign"
    return ""


def _terms(o: Observation) -> Iterator[_Term]:
    """What a rule adds up: g times something, summed over what was broadcast."""
    g, shape = np.asarray(o.run.g, float), o.got.shape
    for name, factor in (_Term("g", np.ones(())), *(_Term(f"g {n}", v) for n, v in _factors(o))):
        try:
            yield _Term(name, fit(g * factor, shape))
        except ValueError:
            yield _Term(name, np.full(shape, np.nan))


# By another function of the same things.

_FUNCTIONS: tuple[Callable[[Any], Any], ...] = (
    lambda t: t,
    lambda t: 1.0 - t,
    lambda t: t * (1.0 - t),
    lambda t: 1.0 - t * t,
    lambda t: 1.0 + t * t,
    lambda t: t * t,
)


def mistaken(failing: Sequence[Observation]) -> str:
    """The input where the output is meant, or the reverse; a square or a reciprocal of what is meant."""
    alike = [o for o in failing if np.shape(o.run.y) == o.x.shape]
    if not alike or sum(int(o.wrong.sum()) for o in alike) < 4:
        return ""
    rows = [
        (*known(o), np.asarray(o.x, float)[o.wrong], np.asarray(o.run.y, float)[o.wrong], o.run.g[o.wrong])
        for o in alike
    ]
    got, expected, x, y, g = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    mine, right = got / g, expected / g
    if np.ptp(np.abs(right)) > 1e-3 * np.abs(right).max():
        for words, claim in (
            ("the square root of what it must be: a square is missing", (mine * np.abs(mine), right)),
            ("the square of what it must be: a root is missing", (mine, right * np.abs(right))),
            ("the reciprocal of what it must be", (mine * right, np.ones(len(mine)))),
        ):
            if same(*claim):
                return words
    for function in _FUNCTIONS:
        for used, meant, words in ((x, y, "the input in place of y"), (y, x, "y in place of the input")):
            if (
                function(used).any()
                and expected.any()
                and same(got * function(meant), expected * function(used))
            ):
                return words
    return ""
