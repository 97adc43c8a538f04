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


def local(failing: Sequence[Observation]) -> str:
    """A factor that is missing, or one too many."""
    if sum(int(o.wrong.sum()) for o in failing) < 3:
        return ""
    for k, (name, _) in enumerate(_factors(failing[0])):
        terms = [_shaped(list(_factors(o))[k].value, o) for o in failing]
        if any(t is None for t in terms):
            continue
        got, expected = pairs(failing)
        term = np.concatenate(terms)
        usable = (term != 0) & (np.abs(expected) > 1e-12)
        if np.count_nonzero(usable & (np.abs(np.abs(term) - 1) > 1e-3)) < 3:
            continue
        for sign, also in ((1.0, ""), (-1.0, " and the sign is flipped")):
            if same(sign * got * term, expected):
                return f"a factor {name} is missing{also}"
            if same(sign * got, expected * term):
                return f"a factor {name} too many{also}"
    return ""


def term(failing: Sequence[Observation]) -> str:
    """A term of a sum that is missing, or one too many."""
    if sum(int(o.wrong.sum()) for o in failing) < 6 or len(failing) < 3:
        return ""
    rows = [list(_terms(o)) for o in failing]
    for k, (name, _) in enumerate(rows[0]):
        parts: list[Any] = [_shaped(row[k].value, o) for row, o in zip(rows, failing, strict=True)]
        if any(part is None for part in parts):
            continue
        got, expected = pairs(failing)
        term = np.concatenate(parts)
        if np.count_nonzero(term) < 6:
            continue
        missing = expected - got
        if same(missing, term) or same(missing, -term):
            return f"a term {name} is missing, or one too many"
        if same(missing, 2 * term) or same(missing, -2 * term):
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

_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "t": lambda t: t,
    "1 - t": lambda t: 1.0 - t,
    "t (1 - t)": lambda t: t * (1.0 - t),
    "1 - t^2": lambda t: 1.0 - t * t,
    "1 + t^2": lambda t: 1.0 + t * t,
    "t^2": lambda t: t * t,
}


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
    for function in _FUNCTIONS.values():
        for used, meant, words in ((x, y, "the input in place of y"), (y, x, "y in place of the input")):
            if (
                function(used).any()
                and expected.any()
                and same(got * function(meant), expected * function(used))
            ):
                return words
    return ""
