"""The probable cause of a wrong gradient: a sentence if all observations agree on it, else nothing.

It has two parts: what is wrong (a factor, a place, a formula) and where (numbers, settings, shapes). What
is wrong must explain every wrong entry; where it is wrong must also exclude every right one.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.testing.observations import Observation, at_wrong_entries, got_and_expected, same
from autograd_lite.testing.run import unbroadcast

Seen = Sequence[Observation]

_MANY = 6  # values of a setting that are tried one by one
_ENOUGH = 2  # entries or examples on either side that are needed to name a place
_RATIOS = {
    -1.0: "the sign is flipped",
    2.0: "twice the derivative",
    0.5: "half the derivative",
    -2.0: "twice the derivative, with the sign flipped",
    -0.5: "half the derivative, with the sign flipped",
}


def probable_cause(seen: Seen) -> str:
    """Return a sentence for the surest cause that explains every failure, or an empty string."""
    failing = [o for o in seen if o.fails]
    if not failing:
        return ""
    with np.errstate(all="ignore"):
        place = _place_of(seen)
        by_sum = _summed_too_early(failing)
        if by_sum:
            return by_sum
        if not np.isfinite(at_wrong_entries(failing, lambda o: o.got)).any():
            return f"NaN or infinite{' ' + place if place else ''}, where the derivative is finite"
        what = _zeros(seen, failing)
        for explain in _EXPLANATIONS:
            what = what or explain(failing)
    if what and place:
        return f"{what}, {place}"
    return what or (f"wrong {place}" if place else "")


def _zeros(seen: Seen, failing: Seen) -> str:
    """Zero instead of another number, or another number instead of zero."""
    got, expected = got_and_expected(failing)
    if not got.any():
        everywhere = not any(o.got.any() for o in seen)
        return "treated as constant: the gradient is zero" if everywhere else "zero where it must not be"
    return "" if expected.any() else "not zero where it must be"


def _ratio(failing: Seen) -> str:
    got, expected = got_and_expected(failing)
    if not expected.all() or not np.isfinite(got).all():
        return ""
    ratios = got / expected
    ratio = float(np.median(ratios))
    if not np.allclose(ratios, ratio, rtol=1e-5, atol=0) or (len(ratios) == 1 and ratio not in _RATIOS):
        return _length(failing)
    for number, sentence in _RATIOS.items():
        if abs(ratio - number) <= 1e-5 * abs(number):
            return sentence
    if abs(ratio - 1.0) < 0.05:
        return f"a relative error of {abs(ratio - 1):.1g}"
    return _length(failing) or f"{ratio:.6g} times the derivative"


_LENGTHS: dict[str, Callable[[Observation], float]] = {
    "the size of the input": lambda o: o.x.size,
    "the size of the output": lambda o: np.size(o.run.y),
    "the number of entries reduced to one": lambda o: o.x.size / max(np.size(o.run.y), 1),
    "the number of times the input is repeated": lambda o: np.size(o.run.y) / max(o.x.size, 1),
    "the length of the last axis": lambda o: (o.x.shape or (1,))[-1],
}


def _length(failing: Seen) -> str:
    """A length that is the factor of every example."""
    ratios = []
    for o in failing:
        expected = o.expected[o.wrong]
        ratio = o.got[o.wrong] / expected
        if not (expected.all() and np.allclose(ratio, ratio[0], rtol=1e-5, atol=0)):
            return ""
        ratios.append(ratio[0])
    ratio = np.array(ratios)
    for name, length in _LENGTHS.items():
        n = np.array([float(length(o)) for o in failing])
        if len(set(n)) < 2 and not set(n) - {1.0, 2.0}:
            continue
        for sentence, left, right in (
            (f"off by a factor: {name}", ratio, n),
            (f"off by a factor: 1 / {name}", ratio * n, np.ones(len(n))),
            (f"divides by n - 1 where n is {name}", ratio * (n - 1), n),
            (f"divides by n where it must by n - 1; n is {name}", ratio * n, n - 1),
        ):
            if np.allclose(left, right, rtol=1e-5):
                return sentence
    return ""


def _almost_right(failing: Seen) -> str:
    """A constant that is rounded, or something small that was added."""
    got, expected = got_and_expected(failing)
    x = at_wrong_entries(failing, lambda o: np.asarray(o.x, float))
    ordinary = (np.abs(x) > 0.3) & (np.abs(x) < 3) & (np.abs(expected) > 1e-3)
    if np.count_nonzero(ordinary) < 3:
        return ""
    errors = np.abs(got[ordinary] / expected[ordinary] - 1.0)
    if not errors.max() < 0.01:
        return ""
    span = f"{errors.min():.0e} to {errors.max():.0e} at ordinary numbers"
    return f"almost right, relative errors of {span}: something small is added, or rounded"


def _is_far_off(o: Observation) -> bool:
    return bool(np.abs(o.got - o.expected).max() > 1e-3 * np.abs(o.expected).max())


def _misplaced(failing: Seen) -> str:
    """The gradient of another input, or the right numbers in another order."""
    whole = [o for o in failing if np.isfinite(o.expected).all()]
    for p in sorted({p for o in whole for p in o.expected_in} - {failing[0].position}):
        alike = [o for o in whole if p in o.expected_in and o.expected_in[p].shape == o.got.shape]
        if len(alike) > 1 and all(same(o.got, o.expected_in[p]) for o in alike):
            return f"it is the gradient in {alike[0].run.subject.label(p)}: are the two swapped?"
    long = [o for o in whole if o.x.size > 1 and _is_far_off(o)]
    alike = [o for o in long if o.x.ndim < 2 or o.x.shape[-1] == o.x.shape[-2]]
    if len(alike) > 1 and all(o.x.ndim > 1 and same(o.got, o.expected.swapaxes(-1, -2)) for o in alike):
        return "transposed"
    if len(long) > 2 and all(same(np.sort(o.got, axis=None), np.sort(o.expected, axis=None)) for o in long):
        return "the right numbers in the wrong places: transposed, reversed, or axes in another order"
    return ""


def _summed_too_early(failing: Seen) -> str:
    """For an input that is one number: a product of sums instead of a sum of products."""
    if len(failing) < 3 or not all(o.x.size == 1 < np.size(o.run.y) for o in failing):
        return ""
    for o in failing:
        h = 1e-4 * max(1.0, float(np.abs(o.x).max()))
        up, down = (np.asarray(o.run.forward(*o.run.inputs_with(o.position, o.x + d))) for d in (h, -h))
        claim = np.asarray(o.run.g).sum() * (up - down).sum() / (2 * h)
        if not abs(float(o.got.sum()) - claim) <= 1e-5 * abs(claim) + 1e-12:
            return ""
    return "sums g before multiplying"


def _summed(failing: Seen) -> str:
    """Sums or means of the right numbers over an axis."""
    long = [o for o in failing if o.x.size > 1 and _is_far_off(o)]
    if len(long) < 2 or not all(np.isfinite(o.expected).all() for o in long):
        return ""
    for which, axis in (("all entries", None), ("the first axis", 0), ("the last axis", -1)):
        for verb, reduce in (("summed", np.sum), ("averaged", np.mean)):
            reduced = [reduce(o.expected, axis, keepdims=True) for o in long]
            if all(same(o.got, np.broadcast_to(r, o.got.shape)) for o, r in zip(long, reduced, strict=True)):
                return f"{verb} over {which}, over which it must not be"
    if len(long) > 2 and all(same(o.got.sum(), o.expected.sum()) for o in long):
        return "the right total, shared out wrongly among the entries"
    return ""


def _wrong_factor(failing: Seen) -> str:
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


def _wrong_term(failing: Seen) -> str:
    got, expected = got_and_expected(failing)
    if len(got) < 6 or len(failing) < 3:
        return ""
    missing = expected - got
    for text, term in _columns(failing, lambda value, o: unbroadcast(o.run.g * value, o.got.shape)):
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


def _columns(failing: Seen, fit: Callable[[Any, Observation], Any]) -> Iterator[tuple[str, Any]]:
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


_FUNCTIONS: tuple[Callable[[Any], Any], ...] = (
    lambda t: t,
    lambda t: 1.0 - t,
    lambda t: t * (1.0 - t),
    lambda t: 1.0 - t * t,
    lambda t: 1.0 + t * t,
    lambda t: t * t,
)


def _wrong_function(failing: Seen) -> str:
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


_EXPLANATIONS = (_ratio, _misplaced, _wrong_factor, _wrong_function, _summed, _almost_right, _wrong_term)


def _place_of(seen: Seen) -> str:
    """Return where a gradient is wrong ("only where it is negative"), or nothing if it is not clear."""
    return _place_by_numbers(seen) or _place_by_example(seen)


def _place_by_numbers(seen: Seen) -> str:
    """Return the sign or size of a number at an entry that separates wrong from right entries."""
    columns = [_entries(o) for o in seen]
    x, y, other, wrong, telling = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    right = ~wrong & telling
    if not wrong.any() or np.count_nonzero(right) < _ENOUGH:
        return ""
    if not x[wrong].any() and x[right].all():
        return "at zero only"
    if np.count_nonzero(wrong) < _ENOUGH:
        return ""
    for value, name in ((x, "it"), (y, "the output"), (other, "the other input")):
        separated = _range(value, wrong, right) if np.isfinite(value).all() else ""
        if separated:
            return f"only where {name} is {separated}"
    return ""


def _entries(o: Observation) -> tuple[Any, ...]:
    """Return for each entry: its number, the output, the other input, if it is wrong, if it is telling.

    A right entry is not telling if its gradient is 0, because a rule may be right there by chance.
    """
    known = np.isfinite(o.expected)
    others = [x for i, x in enumerate(o.run.inputs) if i != o.position and x.dtype.kind == "f"]
    y = _at_entries(o.run.y, o.x.shape)
    other = _at_entries(others[0] if others else np.nan, o.x.shape)
    telling = (np.abs(o.expected) > 1e-9) | o.wrong
    return tuple(part[known].ravel() for part in (np.asarray(o.x, float), y, other, o.wrong, telling))


def _at_entries(value: Any, shape: tuple[int, ...]) -> Any:
    if np.shape(value) == shape:
        return np.asarray(value)
    return np.full(shape, np.reshape(value, ()) if np.size(value) == 1 else np.nan)


def _range(value: Any, wrong: Any, right: Any) -> str:
    signs = {
        "negative": value < 0,
        "positive": value > 0,
        "zero or negative": value <= 0,
        "zero or positive": value >= 0,
    }
    for text, has_sign in signs.items():
        if has_sign[wrong].all() and not has_sign[right].any():
            return text
    if np.count_nonzero(wrong) <= _ENOUGH:
        return ""
    for text, sign, size in (
        ("far from zero", 1, np.abs(value)),
        ("large", 1, value),
        ("far below zero", -1, -value),
    ):
        low = size[wrong].min()
        high = size[right].max()
        if max(high, 0.4) < low:
            return f"{text} (wrong at {sign * low:.4g}, right up to {sign * high:.4g})"
    low = np.abs(value[right]).min()
    high = np.abs(value[wrong]).max()
    return f"small (wrong at {high:.3g}, right from {low:.3g})" if high < min(low, 0.3) else ""


def _place_by_example(seen: Seen) -> str:
    wrong = [o for o in seen if o.fails]
    right = [o for o in seen if not o.fails and np.isfinite(o.expected).any() and o.expected.any()]
    right = [o for o in right if o.x.size > 1] or right  # one number alone is often right by chance
    if len(wrong) < _ENOUGH or len(right) < _ENOUGH:
        return ""
    by_setting = _place_by_setting(seen, wrong, right)
    shapes = (text for text, has in _SHAPES.items() if all(map(has, wrong)) and not any(map(has, right)))
    return by_setting or next(shapes, "")


def _place_by_setting(seen: Seen, wrong: Seen, right: Seen) -> str:
    """Return a value of a setting that every failing example has and no right one, or the reverse."""
    for key in seen[0].run.example.settings:
        in_all, in_wrong, in_right = (
            {repr(o.run.example.settings.get(key)) for o in group} for group in (seen, wrong, right)
        )
        if len(in_all) <= _MANY and not in_wrong & in_right:
            if len(in_wrong) == 1:
                return f"only with {key}={in_wrong.pop()}"
            if len(in_right) == 1:
                return f"only with {key} other than {in_right.pop()}"
    return ""


def _has_repeated_indices(o: Observation) -> bool:
    sequences = [s for s in o.run.example.settings.values() if isinstance(s, np.ndarray | list | tuple)]
    arrays = map(np.asarray, [*o.run.inputs, *sequences])
    return any(a.dtype.kind in "iu" and np.unique(a).size < a.size for a in arrays)


def _has_equal_inputs(o: Observation) -> bool:
    return any(i != o.position and np.array_equal(x, o.x) for i, x in enumerate(o.run.inputs))


_SHAPES: dict[str, Callable[[Observation], bool]] = {
    "only where the input is broadcast": lambda o: np.shape(o.x) != np.shape(o.run.y),
    "only for square matrices": lambda o: np.ndim(o.x) > 1 and o.x.shape[-1] == o.x.shape[-2],
    "only for three or more axes": lambda o: np.ndim(o.x) > 2,
    "only where indices repeat": _has_repeated_indices,
    "only where two inputs are equal": _has_equal_inputs,
}
