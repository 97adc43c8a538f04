"""Where a gradient is wrong: the numbers, settings or shapes that hold every wrong entry and no right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.testing.evidence import Observation

_Holds = Callable[[Observation], bool]
_MANY = 6  # values of a setting that are each tried
_ENOUGH = 2  # entries or examples on either side before a place is named


def place_of(seen: Sequence[Observation]) -> str:
    """The surest place, or an empty string."""
    return _numbers(seen) or _example(seen)


# Where: numbers of the input itself.


def _numbers(seen: Sequence[Observation]) -> str:
    """A set of numbers that holds every wrong entry and no right one."""
    rows = [_entries(o) for o in seen]
    x, y, other, wrong, matters = (np.concatenate(column) for column in zip(*rows, strict=True))
    right = ~wrong & matters
    if not wrong.any() or np.count_nonzero(right) < _ENOUGH:
        return ""
    if not x[wrong].any() and x[right].all():
        return "at zero only"
    if np.count_nonzero(wrong) < _ENOUGH:
        return ""
    for value, name in ((x, "it"), (y, "the output"), (other, "the other input")):
        if np.isfinite(value).all() and (told := _range(value, wrong, right)):
            return f"only where {name} is {told}"
    return ""


def _range(value: Any, wrong: Any, right: Any) -> str:
    """The sign or size that all wrong entries have and no right one."""
    for words, chosen in _SIGNS.items():
        if chosen(value)[wrong].all() and not chosen(value)[right].any():
            return words
    if np.count_nonzero(wrong) <= _ENOUGH:
        return ""
    for words, sign, size in (
        ("far from zero", 1, np.abs(value)),
        ("large", 1, value),
        ("far below zero", -1, -value),
    ):
        low, high = size[wrong].min(), size[right].max()
        if max(high, 0.4) < low:
            return f"{words} (wrong at {sign * low:.4g}, right up to {sign * high:.4g})"
    low, high = np.abs(value[right]).min(), np.abs(value[wrong]).max()
    return f"small (wrong at {high:.3g}, right from {low:.3g})" if high < min(low, 0.3) else ""


_SIGNS: dict[str, Callable[[Any], Any]] = {
    "negative": lambda v: v < 0,
    "positive": lambda v: v > 0,
    "zero or negative": lambda v: v <= 0,
    "zero or positive": lambda v: v >= 0,
}


def _entries(o: Observation) -> tuple[Any, ...]:
    """Each entry's number, those of the output and of the other input there, wrong or not, telling or not."""
    known = np.isfinite(o.expected)
    others = [x for i, x in enumerate(o.run.inputs) if i != o.position and x.dtype.kind == "f"]
    columns = [
        np.asarray(o.x, float),
        *(_there(v, o.x.shape) for v in (o.run.y, others[0] if others else np.nan)),
    ]
    telling = known & (np.abs(o.expected) > 1e-9)  # a saturated zero is right by luck
    return tuple(part[known].ravel() for part in (*columns, o.wrong, telling | o.wrong))


def _there(value: Any, shape: tuple[int, ...]) -> Any:
    """The numbers that stand beside each entry; NaN where there is no such thing."""
    if np.shape(value) == shape or np.size(value) == 1:
        return np.broadcast_to(np.reshape(value, ()) if np.shape(value) != shape else value, shape)
    return np.full(shape, np.nan)


# Where: examples of some shape or setting.


def _example(seen: Sequence[Observation]) -> str:
    """A property that every failing example has and no right one."""
    wrong = [o for o in seen if o.fails]
    right = [o for o in seen if not o.fails and np.isfinite(o.expected).any() and o.expected.any()]
    right = [o for o in right if o.x.size > 1] or right  # one number alone is often right by luck
    if len(wrong) < _ENOUGH or len(right) < _ENOUGH:
        return ""
    for name, holds in (*_settings(seen), *_SHAPES.items()):
        if all(map(holds, wrong)) and not any(map(holds, right)):
            return name
    return ""


def _settings(seen: Sequence[Observation]) -> Iterator[tuple[str, _Holds]]:
    """Each value of each setting, and kinds of axes."""
    for key in seen[0].run.example.settings:
        texts = dict.fromkeys(repr(o.run.example.settings.get(key)) for o in seen)
        if 1 < len(texts) <= _MANY:
            yield from ((f"only with {key}={text}", _valued(key, text, True)) for text in texts)
        if 2 < len(texts) <= _MANY:
            yield from ((f"only with {key} other than {text}", _valued(key, text, False)) for text in texts)
        yield from ((f"only with {key} {words}", _kind(key, kind)) for words, kind in _AXES.items())
        yield from ((f"only where {key} is not the {end}", _away(key, end)) for end in ("last", "first"))


def _valued(key: str, text: str, equal: bool) -> _Holds:
    return lambda o: (repr(o.run.example.settings.get(key)) == text) == equal


def _kind(key: str, kind: Callable[[Any], bool]) -> _Holds:
    return lambda o: kind(o.run.example.settings.get(key))


def _away(key: str, end: str) -> _Holds:
    return lambda o: _other_axis(o, key, -1 if end == "last" else 0)


def _other_axis(o: Observation, key: str, end: int) -> bool:
    value, ndim = o.run.example.settings.get(key), max(np.ndim(o.x), 1)
    return isinstance(value, int) and not isinstance(value, bool) and value % ndim != end % ndim


_AXES: dict[str, Callable[[Any], bool]] = {
    "None": lambda v: v is None,
    "a tuple": lambda v: isinstance(v, tuple),
    "negative": lambda v: isinstance(v, int) and v < 0,
    "given": lambda v: v is not None,
}


def _repeats(o: Observation) -> bool:
    """Whether a discrete input or a setting holds one index twice."""
    arrays = [*o.run.inputs, *o.run.example.settings.values()]
    return any(
        isinstance(a, np.ndarray | list | tuple) and np.asarray(a).dtype.kind in "iu"
        and np.unique(np.asarray(a)).size < np.asarray(a).size
        for a in arrays
    )  # fmt: skip


_SHAPES: dict[str, Callable[[Observation], bool]] = {
    "only where the input is broadcast": lambda o: np.shape(o.x) != np.shape(o.run.y),
    "only for vectors": lambda o: np.ndim(o.x) == 1,
    "only for matrices that are not square": lambda o: np.ndim(o.x) > 1 and o.x.shape[-1] != o.x.shape[-2],
    "only for square matrices": lambda o: np.ndim(o.x) > 1 and o.x.shape[-1] == o.x.shape[-2],
    "only for three or more axes": lambda o: np.ndim(o.x) > 2,
    "only where indices repeat": _repeats,
    "only where entries are equal": lambda o: np.unique(o.x).size < o.x.size,
    "only where two inputs are equal": lambda o: any(
        i != o.position and np.shape(x) == np.shape(o.x) and np.array_equal(x, o.x)
        for i, x in enumerate(o.run.inputs)
    ),
    "only where an entry is zero": lambda o: bool((np.asarray(o.x) == 0).any()),
}
