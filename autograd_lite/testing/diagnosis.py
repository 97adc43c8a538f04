"""What is probably wrong with a gradient, said only when all that was observed agrees on it.

Three questions, each a table: where is it wrong (numbers, settings, shapes), by what factor, and by
what else. An answer must explain every wrong entry; a place must also leave out every right one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.testing.evidence import Observation, known, pairs, same
from autograd_lite.testing.formulas import local, mistaken, term
from autograd_lite.testing.places import place_of

_CONSTANTS = {
    -1.0: "the sign is flipped",
    2.0: "twice the derivative",
    0.5: "half the derivative",
    -2.0: "twice the derivative, with the sign flipped",
    -0.5: "half the derivative, with the sign flipped",
}


def probable_cause(seen: Sequence[Observation]) -> str:
    """A sentence for the surest cause that explains every failure seen, or an empty string."""
    with np.errstate(all="ignore"):
        failing = [o for o in seen if o.fails]
        return _cause(seen, failing) if failing else ""


def _cause(seen: Sequence[Observation], failing: Sequence[Observation]) -> str:
    place = place_of(seen)
    if told := _summed_first(failing):
        return told
    if all(not np.isfinite(o.got[o.wrong]).any() for o in failing):
        return f"NaN or infinite{' ' + place if place else ''}, where the derivative is finite"
    what = _zeros(seen, failing) or _factor(failing) or _misplaced(failing)
    for explain in (local, mistaken, _summed, _nearly, term):
        what = what or explain(failing)
    if what and place:
        return f"{what}, {place}"
    return what or (f"wrong {place}" if place else "")


# By what factor.


def _zeros(seen: Sequence[Observation], failing: Sequence[Observation]) -> str:
    """Nothing where something should be, or the reverse."""
    got, expected = pairs(failing)
    if not got.any():
        everywhere = not any(o.got.any() for o in seen)
        return "treated as constant: the gradient is zero" if everywhere else "zero where it must not be"
    return "" if expected.any() else "not zero where it must be"


def _factor(failing: Sequence[Observation]) -> str:
    """One factor between the two, the same in all examples, or a length of each."""
    got, expected = pairs(failing)
    if not expected.all() or not np.isfinite(got).all():
        return ""
    ratio = got / expected
    middle = float(np.median(ratio))
    if np.allclose(ratio, middle, rtol=1e-5, atol=0) and (len(ratio) > 1 or middle in _CONSTANTS):
        return _constant(middle, failing)
    if len(ratio) > 2 and (same(got, np.abs(expected)) or same(got, -np.abs(expected))):
        return "the absolute value in place of the derivative"
    return _length(failing)


def _constant(ratio: float, failing: Sequence[Observation]) -> str:
    by_length = _length(failing)
    for factor, sentence in _CONSTANTS.items():
        if abs(ratio - factor) <= 1e-5 * abs(factor):
            n = max(abs(ratio), 1 / abs(ratio))
            axis = n > 1 and all(n in (*o.x.shape, *np.shape(o.run.y)) for o in failing)
            return sentence + (f"; each of these has an axis of length {n:.0f}" if axis else "")
    if abs(ratio - 1.0) < 0.05:
        return f"a relative error of {abs(ratio - 1):.1g}"
    return by_length or f"{ratio:.6g} times the derivative"


def _nearly(failing: Sequence[Observation]) -> str:
    """Almost right at ordinary numbers: a constant is rounded, or something small was added."""
    rows = [(*known(o), np.asarray(o.x, float)[o.wrong]) for o in failing]
    got, expected, x = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    ordinary = (np.abs(x) > 0.3) & (np.abs(x) < 3) & (np.abs(expected) > 1e-3)
    if np.count_nonzero(ordinary) < 3:
        return ""
    apart = np.abs(got[ordinary] / expected[ordinary] - 1.0)
    if not apart.max() < 0.01:
        return ""
    span = f"{apart.min():.0e} to {apart.max():.0e}"
    return (
        f"almost right, relative errors of {span} at ordinary numbers: something small is added, or rounded"
    )


_LENGTHS: dict[str, Callable[[Observation], float]] = {
    "the size of the input": lambda o: o.x.size,
    "the size of the output": lambda o: np.size(o.run.y),
    "the number of entries reduced to one": lambda o: o.x.size / max(np.size(o.run.y), 1),
    "the number of times the input is repeated": lambda o: np.size(o.run.y) / max(o.x.size, 1),
    "the length of the first axis": lambda o: (o.x.shape or (1,))[0],
    "the length of the last axis": lambda o: (o.x.shape or (1,))[-1],
    "the number of its axes": lambda o: np.ndim(o.x),
}


def _length(failing: Sequence[Observation]) -> str:
    """A length that each example's factor equals."""
    ratios = []
    for o in failing:
        got, expected = known(o)
        if not (expected.all() and np.allclose(got / expected, got[0] / expected[0], rtol=1e-5, atol=0)):
            return ""
        ratios.append(float(got[0] / expected[0]))
    for name, length in _LENGTHS.items():
        lengths = [float(length(o)) for o in failing]
        if len(set(lengths)) < 2 and not set(lengths) - {1.0, 2.0}:
            continue
        if np.allclose(ratios, lengths, rtol=1e-5):
            return f"off by a factor: {name}"
        if np.allclose(np.array(ratios) * lengths, 1.0, rtol=1e-5):
            return f"off by a factor: 1 / {name}"
        if np.allclose(np.array(ratios) * (np.array(lengths) - 1), lengths, rtol=1e-5):
            return f"divides by n - 1 where n is {name}"
        if np.allclose(np.array(ratios) * lengths, np.array(lengths) - 1, rtol=1e-5):
            return f"divides by n where it must by n - 1; n is {name}"
    return ""


# By what else.


def _apart(o: Observation) -> bool:
    """Whether a gradient is off by more than a little somewhere."""
    return bool(np.abs(o.got - o.expected).max() > 1e-3 * np.abs(o.expected).max())


def _misplaced(failing: Sequence[Observation]) -> str:
    """The right numbers in another place: of another input, transposed, reversed."""
    whole = [o for o in failing if np.isfinite(o.expected).all()]
    others = sorted({p for o in whole for p in o.expected_of} - {failing[0].position})
    for p in others:
        alike = [o for o in whole if p in o.expected_of and o.expected_of[p].shape == o.got.shape]
        if len(alike) > 1 and all(same(o.got, o.expected_of[p]) for o in alike):
            return f"it is the gradient in {alike[0].run.subject.label(p)}: are the two swapped?"
    long = [o for o in whole if o.x.size > 1 and _apart(o)]
    for name, moved in _MOVES.items():
        alike = [o for o in long if moved(o.expected).shape == o.got.shape]
        if len(alike) > 1 and all(same(o.got, moved(o.expected)) for o in alike):
            return name
    if len(long) > 2 and all(same(np.sort(o.got, axis=None), np.sort(o.expected, axis=None)) for o in long):
        return "the right numbers in the wrong places: transposed, reversed, or axes in another order"
    return ""


def _summed_first(failing: Sequence[Observation]) -> str:
    """For an input that is one number: sums of g and of the local derivative, multiplied."""
    ones = [o for o in failing if o.x.size == 1 < np.size(o.run.y)]
    if len(ones) < 3 or len(ones) < len(failing):
        return ""
    claims: dict[str, list[bool]] = {}
    for o in ones:
        g, local = np.asarray(o.run.g), _slopes(o)
        for words, claim in (
            ("sums g before multiplying", g.sum() * local.sum()),
            ("sums g before multiplying, and averages the rest", g.sum() * local.mean()),
            ("averages g before multiplying", g.mean() * local.sum()),
            ("uses one entry of what is broadcast: the last", (g * local).flat[-1]),
            ("uses one entry of what is broadcast: the first", (g * local).flat[0]),
        ):
            claims.setdefault(words, []).append(abs(float(o.got.sum()) - claim) <= 1e-5 * abs(claim) + 1e-12)
    return next((words for words, held in claims.items() if all(held)), "")


def _slopes(o: Observation) -> Any:
    """The derivative of each output in an input of one number."""
    h = 1e-4 * max(1.0, float(np.abs(o.x).max()))
    values = []
    for step in (-h, h):
        inputs = list(o.run.inputs)
        inputs[o.position] = o.x + step
        values.append(np.asarray(o.run.forward(*inputs), float))
    return (values[1] - values[0]) / (2 * h)


_MOVES: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda e: e.swapaxes(-1, -2) if e.ndim > 1 else np.full(e.shape, np.nan),
    "in reverse order": np.flip,
}


def _summed(failing: Sequence[Observation]) -> str:
    """Entries that are sums or means of the right ones over an axis."""
    long = [o for o in failing if o.x.size > 1 and _apart(o)]
    if len(long) < 2 or not all(np.isfinite(o.expected).all() for o in long):
        return ""
    for words, axis in (("all entries", None), ("the first axis", 0), ("the last axis", -1)):
        for verb, reduce in (("summed", np.sum), ("averaged", np.mean)):
            if all(
                same(o.got, np.broadcast_to(reduce(o.expected, axis, keepdims=True), o.got.shape))
                for o in long
            ):
                return f"{verb} over {words}, over which it must not be"
    if all(same(o.got.sum(), o.expected.sum()) for o in long) and len(long) > 2:
        return "the right total, shared out wrongly among the entries"
    return ""
