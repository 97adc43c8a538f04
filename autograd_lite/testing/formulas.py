"""Mistakes in the formula of a gradient: a factor or a term too many or missing, another function."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.testing.observations import Observation, at_wrong_entries, got_and_expected, same
from autograd_lite.testing.run import unbroadcast


def wrong_factor(failing: Sequence[Observation]) -> str:
    """Return the factor that is missing, or is one too many."""
    got, expected = got_and_expected(failing)
    if len(got) < 3:
        return ""
    for text, factor in _columns(failing, _as_factor):
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
    for text, term in _columns(failing, _as_term):
        if np.count_nonzero(term) < 6:
            continue
        if same(missing, term) or same(missing, -term):
            return f"a term {f'g {text}'.strip()} is missing, or one too many"
    return ""


def _factors(o: Observation) -> dict[str, Any]:
    """Return what rules multiply by, by name: functions of the output and of each input."""
    y = np.asarray(o.run.y, float)
    factors = {"": np.ones(()), "y": y, "(1 - y)": 1.0 - y, "y (1 - y)": y * (1.0 - y)}
    factors |= {"(1 + y)": 1.0 + y, "(1 - y^2)": 1.0 - y * y}
    for i, x in enumerate(o.run.inputs):
        if x.dtype.kind == "f":
            a = o.run.subject.label(i)
            factors |= {a: x, f"{a}^2": x * x, f"(1 - {a})": 1.0 - x, f"(1 + {a})": 1.0 + x}
    return factors


def _columns(
    failing: Sequence[Observation], fit: Callable[[Any, Observation], Any]
) -> Iterator[tuple[str, Any]]:
    """Yield each factor and its values at the wrong entries of all examples, if it fits their shapes."""
    of_examples = [_factors(o) for o in failing]
    for text in of_examples[0]:
        try:
            fitted = [fit(of[text], o)[o.wrong] for of, o in zip(of_examples, failing, strict=True)]
        except (KeyError, ValueError):  # a variadic op may have fewer inputs in some examples
            continue
        yield text, np.concatenate(fitted)


def _as_factor(value: Any, o: Observation) -> Any:
    """Broadcast a value to the gradient; the output of a reduction gets its last axis back."""
    try:
        return np.broadcast_to(value, o.got.shape)
    except ValueError:
        return np.broadcast_to(np.expand_dims(value, -1), o.got.shape)


def _as_term(value: Any, o: Observation) -> Any:
    """Return g times a value, summed over broadcast axes: a term of a gradient."""
    return unbroadcast(np.asarray(o.run.g, float) * value, o.got.shape)


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
