"""Shapes and settings to try: as a subject declares them, with other lengths, and with no entries."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product
from typing import Any

from autograd_lite.domains import cores_of
from autograd_lite.operation import Case
from autograd_lite.testing.subject import Subject

Shape = tuple[int, ...]

_SHAPES: tuple[Shape, ...] = ((), (1,), (3,), (2, 3), (2, 3, 2), (17,), (1, 2, 1, 2))
_BROADCAST: tuple[tuple[Shape, Shape], ...] = (
    ((), (2,)),
    ((2,), ()),
    ((2, 1), (1, 3)),
    ((1, 2), (2, 1)),
    ((2, 3), (3,)),
    ((1,), (2, 2)),
    ((2, 3), (2, 1)),
    ((2, 1, 2), (3, 1)),
)
_LENGTHS = ((1, 1, 1, 1), (2, 2, 2, 2), (2, 3, 4, 5), (3, 1, 2, 4), (1, 2, 3, 1))  # of a signature's axes


def declared_cases(subject: Subject) -> list[Case]:
    """Return every declared shape with every setting; shapes of an elementwise function by default."""
    if subject.declared:
        pairs = product(subject.declared, subject.settings)
        return [Case(case.shapes, {**settings, **case.settings}) for case, settings in pairs]
    if subject.signature:
        tried = [_shapes_of(subject.signature, lengths) for lengths in _LENGTHS]
        return [Case(shapes, dict(settings)) for settings, shapes in product(subject.settings, tried)]
    return [
        Case(shapes, {**settings, **axes})
        for settings, shapes in product(subject.settings, _elementwise(subject))
        for axes in _axes(shapes, settings)
    ]


def _elementwise(subject: Subject) -> list[tuple[Shape, ...]]:
    """Return equal shapes for all inputs, then shapes that broadcast."""
    count = 2 if subject.variadic else len(subject.arguments)
    counts = (1, 2, 3) if subject.variadic else (count,)
    equal = [(shape,) * n for n in counts for shape in _SHAPES]
    pairs = _BROADCAST if count > 1 else ()
    return equal + [tuple(pair[i % 2] for i in range(count)) for pair in pairs]


def _axes(shapes: tuple[Shape, ...], settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield values for settings named `axis` and `keepdims`: all that one array of this shape has."""
    yield {}
    if "axis" not in settings or len(shapes) > 1:
        return
    ndim = len(shapes[0])
    axes = [settings["axis"], None, *range(ndim), *((-1,) if ndim else ()), *combinations(range(ndim), 2)]
    kept: list[dict[str, Any]] = [{"keepdims": k} for k in (False, True)] if "keepdims" in settings else [{}]
    for axis, keepdims in product(dict.fromkeys(axes), kept):
        yield {"axis": axis, **keepdims}


def _shapes_of(signature: str, lengths: Shape) -> tuple[Shape, ...]:
    """Return shapes for a signature `(m,k),(k,n)->(m,n)`: its letters get these lengths in turn."""
    cores = cores_of(signature)
    letters = dict.fromkeys(letter for core in cores for letter in core)
    by_letter = {letter: lengths[i % len(lengths)] for i, letter in enumerate(letters)}
    return tuple(tuple(by_letter[letter] for letter in core) for core in cores)


def resized(case: Case, subject: Subject) -> Iterator[Case]:
    """Yield the case with every axis of one length changed to 1 or 2, in all inputs, then with all axes.

    The declared shapes of a pair of functions change to 1 only: other lengths may be wrong for it.
    """
    lengths = sorted({n for shape in case.shapes for n in shape})
    replacements = (1,) if subject.op is None and subject.declared else (1, 2)
    changes = [{old: new} for new in replacements for old in lengths]
    changes += [dict.fromkeys(lengths, new) for new in replacements]
    for change in changes:
        yield Case(tuple(tuple(change.get(n, n) for n in shape) for shape in case.shapes), case.settings)


def without_entries(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield the cases with the length of a first axis changed to 0, in all inputs."""
    seen = set()
    for case in cases:
        for old in {shape[0] for shape in case.shapes if shape}:
            shapes = tuple(tuple(0 if n == old else n for n in shape) for shape in case.shapes)
            key = (shapes, repr(case.settings))
            if key not in seen and all(shape.count(old) < 2 for shape in case.shapes):
                seen.add(key)
                yield Case(shapes, case.settings)
