"""Mistakes in the formula of a gradient: a factor or a term too many or missing, another function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.testing.observations import Observation, at_wrong_entries, got_and_expected, same
from autograd_lite.testing.run import unbroadcast


class _Part(NamedTuple):
    """A factor or a term of a formula: its text and its value."""

    text: str
    value: Any


def wrong_factor(failing: Sequence[Observation]) -> str:
    """Return the factor that is missing, or is one too many."""
    got, expected = got_and_expected(failing)
    if len(got) < 3:
        return ""
    for text, factor in _columns(failing, _factors):
        usable = (factor != 0) & (np.abs(expected) > 1e-12)
        if np.count_nonzero(usable & (np.abs(np.abs(factor) - 1) > 1e-3)) < 3:
            continue
        for sign, also in ((1.0, ""), (-1.0, " and the sign is flipped")):
            if same(sign * got * factor, expected):
                return f"a factor {text} is missing{also}"
            if same(sign * got, expected * factor):
                return f"a factor {text} too many{also}"
    return ""


def wrong_term(failing: Sequence[Observation]) -> str:
    """Return the term of a sum that is missing, or is one too many."""
    got, expected = got_and_expected(failing)
    if len(got) < 6 or len(failing) < 3:
        return ""
    missing = expected - got
    for text, term in _columns(failing, _terms):
        if np.count_nonzero(term) < 6:
            continue
        if same(missing, term) or same(missing, -term):
            return f"a term {text} is missing, or one too many"
    return ""


def _factors(o: Observation) -> Iterator[_Part]:
    """Yield what rules multiply by: functions of the output and of each input."""
    y = np.asarray(o.run.y, float)
    yield _Part("y", y)
    yield _Part("(1 - y)", 1.0 - y)
    yield _Part("y (1 - y)", y * (1.0 - y))
    yield _Part("(1 + y)", 1.0 + y)
    yield _Part("(1 - y^2)", 1.0 - y * y)
    for i, x in enumerate(o.run.inputs):
        if x.dtype.kind == "f":
            label = o.run.subject.label(i)
            yield _Part(label, x)
            yield _Part(f"{label}^2", x * x)
            yield _Part(f"(1 - {label})", 1.0 - x)
            yield _Part(f"(1 + {label})", 1.0 + x)


def _terms(o: Observation) -> Iterator[_Part]:
    """Yield what rules add up: g times a factor, summed over broadcast axes."""
    g = np.asarray(o.run.g, float)
    for text, factor in (_Part("g", np.ones(())), *(_Part(f"g {n}", v) for n, v in _factors(o))):
        try:
            yield _Part(text, unbroadcast(g * factor, o.got.shape))
        except ValueError:
            yield _Part(text, np.full(o.got.shape, np.nan))


def _columns(failing: Sequence[Observation], parts: Callable[[Observation], Any]) -> Iterator[_Part]:
    """Yield each part at the wrong entries of all examples, if it fits the shape of each gradient."""
    for of_examples in zip(*map(parts, failing), strict=False):  # a variadic op may have fewer inputs
        try:
            fitted = [_fit(part.value, o)[o.wrong] for part, o in zip(of_examples, failing, strict=True)]
        except ValueError:
            continue
        yield _Part(of_examples[0].text, np.concatenate(fitted))


def _fit(value: Any, o: Observation) -> Any:
    """Broadcast a value to the gradient; one of a reduced axis gets that axis back."""
    try:
        return np.broadcast_to(value, o.got.shape)
    except ValueError:
        return np.broadcast_to(
            np.expand_dims(value, -1) if np.size(value) > 1 else np.ravel(value)[0], o.got.shape
        )


_FUNCTIONS: tuple[Callable[[Any], Any], ...] = (
    lambda t: t,
    lambda t: 1.0 - t,
    lambda t: t * (1.0 - t),
    lambda t: 1.0 - t * t,
    lambda t: 1.0 + t * t,
    lambda t: t * t,
)


def wrong_function(failing: Sequence[Observation]) -> str:
    """Return the confusion of input and output, or the square or reciprocal of what is meant."""
    elementwise = [o for o in failing if np.shape(o.run.y) == o.x.shape]
    if sum(int(o.wrong.sum()) for o in elementwise) < 4:
        return ""
    got, expected = got_and_expected(elementwise)
    x = at_wrong_entries(elementwise, lambda o: np.asarray(o.x, float))
    y = at_wrong_entries(elementwise, lambda o: np.asarray(o.run.y, float))
    g = at_wrong_entries(elementwise, lambda o: o.run.g)
    slope = got / g
    right = expected / g
    claims = []
    if np.ptp(np.abs(right)) > 1e-3 * np.abs(right).max():
        claims = [
            ("the square root of what it must be: a square is missing", slope * np.abs(slope), right),
            ("the square of what it must be: a root is missing", slope, right * np.abs(right)),
            ("the reciprocal of what it must be", slope * right, np.ones(len(slope))),
        ]
    for function in _FUNCTIONS if expected.any() else ():
        if function(x).any():
            claims.append(("the input in place of y", got * function(y), expected * function(x)))
        if function(y).any():
            claims.append(("y in place of the input", got * function(x), expected * function(y)))
    return next((text for text, left, right in claims if same(left, right)), "")
