"""The place of a wrong gradient: numbers, settings or shapes of all wrong entries and of no right one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.testing.observations import Observation

_MANY = 6  # values of a setting that are tried one by one
_ENOUGH = 2  # entries or examples on either side that are needed to name a place


def place_of(seen: Sequence[Observation]) -> str:
    """Return where a gradient is wrong ("only where it is negative"), or nothing if it is not clear."""
    return _place_by_numbers(seen) or _place_by_example(seen)


def _place_by_numbers(seen: Sequence[Observation]) -> str:
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
    """Return the number of `value` at each entry; NaN if its shape is another one."""
    if np.shape(value) == shape:
        return np.asarray(value)
    return np.full(shape, np.reshape(value, ()) if np.size(value) == 1 else np.nan)


def _range(value: Any, wrong: Any, right: Any) -> str:
    """Return the sign or size that all wrong entries have and no right one."""
    for text, has_sign in _SIGNS.items():
        if has_sign(value)[wrong].all() and not has_sign(value)[right].any():
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


_SIGNS: dict[str, Callable[[Any], Any]] = {
    "negative": lambda v: v < 0,
    "positive": lambda v: v > 0,
    "zero or negative": lambda v: v <= 0,
    "zero or positive": lambda v: v >= 0,
}


def _place_by_example(seen: Sequence[Observation]) -> str:
    """Return a property that every failing example has and no right one."""
    wrong = [o for o in seen if o.fails]
    right = [o for o in seen if not o.fails and np.isfinite(o.expected).any() and o.expected.any()]
    right = [o for o in right if o.x.size > 1] or right  # one number alone is often right by chance
    if len(wrong) < _ENOUGH or len(right) < _ENOUGH:
        return ""
    by_setting = _place_by_setting(seen, wrong, right)
    if by_setting:
        return by_setting
    for text, condition in _SHAPES.items():
        if all(map(condition, wrong)) and not any(map(condition, right)):
            return text
    return ""


def _place_by_setting(
    seen: Sequence[Observation], wrong: Sequence[Observation], right: Sequence[Observation]
) -> str:
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
    """Return True if an integer input or setting has one index twice."""
    settings = o.run.example.settings.values()
    given = [*o.run.inputs, *(s for s in settings if isinstance(s, np.ndarray | list | tuple))]
    arrays = list(map(np.asarray, given))
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
