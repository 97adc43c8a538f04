"""Where a subject is tried: shapes and settings from its declaration, values from its domains."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import chain, combinations, product
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.domains import cores_of
from autograd_lite.operation import Case
from autograd_lite.testing.subject import Subject
from autograd_lite.testing.values import PALETTES, simple, special, values

_SHAPES: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (2, 3), (2, 3, 2), (17,), (1, 2, 1, 2))
_BROADCAST: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((), (2,)), ((2,), ()), ((2, 1), (1, 3)), ((1, 2), (2, 1)), ((2, 3), (3,)), ((1,), (2, 2)),
    ((2, 3), (2, 1)), ((2, 1, 2), (3, 1)),
)  # fmt: skip
_LENGTHS = ((1, 1, 1, 1), (2, 2, 2, 2), (2, 3, 4, 5), (3, 1, 2, 4), (1, 2, 3, 1))
_REFUSALS = (ValueError, TypeError, IndexError, ArithmeticError, AttributeError, AssertionError)
LEVELS = 4
_VARIED = 24  # cases, evenly spread, at which a sweep tries more than ordinary values
ORDINARY = sum(PALETTES.index("ordinary") * len(PALETTES) ** n for n in range(4))  # for each input


class Example(NamedTuple):
    """Inputs and settings to try a subject with; `variables` are the positions it differentiates.

    `key` chooses the weights of the output, unless they are given as `g`; `level` says what is checked
    beside the numbers: 2 adds memory layout and float32, 3 tensors. `case` is its place in the plan.
    """

    inputs: tuple[Any, ...]
    settings: dict[str, Any]
    variables: tuple[int, ...]
    key: int = 0
    level: int = 0
    ordinary: bool = False
    g: Any = None
    case: int = 0

    @property
    def numbers(self) -> int:
        """How many numbers a reader has to look at."""
        return sum(x.size for x in self.inputs)


class Plan(NamedTuple):
    """A subject and the cases it accepts, the smallest first."""

    subject: Subject
    cases: tuple[Case, ...]
    declared: tuple[Case, ...] = ()

    def invented(self, example: Example) -> bool:
        """Whether shapes that somebody declared are not those of an example."""
        return bool(self.subject.declared) and self.cases[example.case] not in self.declared

    def size(self, i: int) -> int:
        """How many bytes `example` takes for case i."""
        return sum(int(np.prod(shape)) for shape in self.cases[i].shapes)

    def example(self, i: int, palette: int, codes: bytes, extra: int) -> Example:
        """The example that a few numbers stand for; all zero stands for the simplest.

        `palette` chooses the kind of values for each input in turn, `codes` the values, `extra` the rest.
        """
        shapes, settings = self.cases[i]
        names, between = set(), extra % 3 == 0
        inputs, variables, start = [], [], 0
        for position, shape in enumerate(shapes):
            argument = self.subject.argument(position)
            domain, stop = self.subject.domains[argument], start + int(np.prod(shape))
            kind = PALETTES[palette // len(PALETTES) ** (position % 4) % len(PALETTES)]
            names.add(kind)
            x = values(domain, kind, codes[start:stop], shape)
            ruled = argument in self.subject.ruled
            if domain.discrete and ruled and between:  # where it has a derivative
                low, high = min(domain.choices), max(domain.choices)
                x = low + (high - low) * (0.05 + 0.9 * np.frombuffer(codes[start:stop], np.uint8) / 255)
                x = np.asarray(x, float).reshape(shape)
            if ruled and (not domain.discrete or between):
                variables.append(position)
            inputs.append(x)
            start = stop
        return Example(
            tuple(map(np.asarray, inputs)), dict(settings), tuple(variables), extra // LEVELS, extra % LEVELS,
            names == {"ordinary"}, case=i,
        )  # fmt: skip

    def draw(self, rng: np.random.Generator) -> Example:
        """A random example, for those who have no hypothesis."""
        i = int(rng.integers(len(self.cases)))
        return self.example(i, int(rng.integers(6**4)), rng.bytes(self.size(i)), int(rng.integers(64)))


def plan_of(subject: Subject) -> Plan:
    """The cases to try: declared ones, or those of an elementwise function, and other lengths of each."""
    declared = list(_declared(subject))
    tried = chain(declared, *(_resized(case, subject) for case in declared))
    cases, refusal = {}, "no values there are finite"
    for case in tried:
        key = (case.shapes, repr(case.settings))
        if key not in cases:
            reason = refused(subject, case)
            refusal = reason or refusal
            cases[key] = None if reason else case
    accepted = [case for case in cases.values() if case]
    if not any(case in accepted for case in declared):
        how = "samples=, signature= or domain=" if subject.op else "shapes= or domains"
        raise ValueError(
            f"{subject.name} has no value for any of the shapes it was tried with ({refusal}); declare {how} "
            "so that it can be checked"
        )
    accepted.sort(key=lambda c: sum(int(np.prod(s)) for s in c.shapes))
    return Plan(subject, tuple(accepted), tuple(declared))


def refused(subject: Subject, case: Case) -> str:
    """Why the forward has no value for a case at ordinary inputs; empty when it has.

    With labels or indices among the inputs all of several draws must have one: some may fit by luck.
    """
    discrete = any(domain.discrete for domain in subject.domains.values())
    reasons = [_refusal(subject, case, seed) for seed in range(8 if discrete else 2)]
    return next(filter(None, reasons), "") if discrete or all(reasons) else ""


def _refusal(subject: Subject, case: Case, seed: int) -> str:
    plan = Plan(subject, (case,))
    example = plan.example(0, ORDINARY, np.random.default_rng(seed).bytes(plan.size(0)), 1)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            forward = subject.op or subject.forward  # an op also checks its values
            y = np.asarray(forward(*(x.copy() for x in example.inputs), **example.settings))
        except _REFUSALS as error:
            return f"{type(error).__name__}: {error}"
    if y.dtype.kind not in "fiub":
        return "it returns None: a return is missing" if y.dtype == object else f"it returns dtype {y.dtype}"
    return "" if np.isfinite(y).all() else "its value is not finite"


def _declared(subject: Subject) -> Iterator[Case]:
    """The cases that a declaration names: every shape with every setting."""
    if subject.declared:
        for case, settings in product(subject.declared, subject.settings):
            yield Case(case.shapes, {**settings, **case.settings})
        return
    if subject.signature:
        shapes = [_shapes_of(subject.signature, lengths) for lengths in _LENGTHS]
    else:
        count = 2 if subject.variadic else len(subject.arguments)
        counts = (1, 2, 3) if subject.variadic else (count,)
        shapes = [(shape,) * n for n in counts for shape in _SHAPES]
        for pair in _BROADCAST if count > 1 else ():
            shapes.append(tuple(pair[i % 2] for i in range(count)))
    for settings in subject.settings:
        for shape in shapes:
            for axes in _axes(shape, settings) if not subject.signature else ({},):
                yield Case(shape, {**settings, **axes})


def _axes(shapes: Any, settings: Any) -> Iterator[dict[str, Any]]:
    """Values for settings called `axis` and `keepdims`: all there are for one array."""
    ndim = len(shapes[0])
    numbers = [None, *range(ndim), *((-1,) if ndim else ()), *combinations(range(ndim), 2)]
    axes = [settings["axis"], *numbers] if "axis" in settings and len(shapes) == 1 else []
    kept = (False, True) if "keepdims" in settings else ()
    yield {}
    for axis in dict.fromkeys(axes):
        for keepdims in kept or (None,):
            yield {"axis": axis, **({} if keepdims is None else {"keepdims": keepdims})}


def _shapes_of(signature: str, lengths: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Shapes for `(m,k),(k,n)->(m,n)`, a length for each letter."""
    letters = cores_of(signature)
    names = list(dict.fromkeys(letter for core in letters for letter in core))
    by_name = {name: lengths[i % len(lengths)] for i, name in enumerate(names)}
    return tuple(tuple(by_name[letter] for letter in core) for core in letters)


def _resized(case: Case, subject: Subject) -> Iterator[Case]:
    """The case with every axis of one length changed, in all inputs alike, to 1 or 2; and all to 1 or 2.

    To 1 alone where the shapes are those of a plain pair: another length may mean another function.
    """
    lengths = sorted({n for shape in case.shapes for n in shape})
    news = (1,) if subject.op is None and subject.declared else (1, 2)
    changes = [{old: new} for new in news for old in lengths] + [dict.fromkeys(lengths, n) for n in news]
    for change in changes:
        yield Case(tuple(tuple(change.get(n, n) for n in shape) for shape in case.shapes), case.settings)


def empties(plan: Plan) -> Iterator[Case]:
    """The cases without examples: the length of the first axis changed to 0, wherever it stands."""
    seen = set()
    for case in plan.cases:
        for old in {shape[0] for shape in case.shapes if shape}:
            shapes = tuple(tuple(0 if n == old else n for n in shape) for shape in case.shapes)
            key = (shapes, repr(case.settings))
            if key not in seen and all(shape.count(old) < 2 for shape in case.shapes):
                seen.add(key)
                yield Case(shapes, case.settings)


def sweep(plan: Plan) -> Iterator[Example]:
    """What is tried first and always: every case with ordinary values, then values that rules get wrong."""
    n = len(plan.cases)
    for i in range(n):
        yield _ordinary(plan, i, 1)._replace(level=LEVELS - 1)
    yield from specials(plan)
    for i in sorted({k * n // _VARIED for k in range(_VARIED)}):
        for k in (1, 2):
            codes = bytes(k * (5 * j + 3) % 16 for j in range(plan.size(i)))
            level = LEVELS - 1 if k == 1 else 0
            yield plan.example(i, 0, codes, LEVELS * k + level)  # whole numbers and halves, zeros and ties
        example = _ordinary(plan, i, 2)
        for change in _CHANGES:
            inputs = list(example.inputs)
            for position in example.variables:
                domain = plan.subject.domains[plan.subject.argument(position)]
                inputs[position] = inputs[position] if domain.discrete else change(inputs[position], domain)
            yield example._replace(inputs=tuple(inputs), key=i, ordinary=False)


def _ordinary(plan: Plan, i: int, k: int) -> Example:
    """Case i with ordinary values; k chooses which."""
    codes = bytes((7 * k + 5 * j) % 192 for j in range(plan.size(i)))
    return plan.example(i, ORDINARY, codes, 4 * k)


def _constant(number: float) -> Any:
    """Every entry the same number, where the domain has it; else the simplest that it has."""
    return lambda x, domain: np.full(
        x.shape,
        number if domain.holds(number) else simple(domain)[0],
    )


def _tied(x: Any, domain: Any) -> Any:
    """The first and the last entry equal."""
    tied = x.copy()
    if x.size:
        tied.flat[-1] = tied.flat[0]
    return tied


def _mirrored(x: Any, domain: Any) -> Any:
    """Every entry negative, where the domain has negative numbers."""
    return -np.abs(x) if domain.low < -2.6 else x


def _tied_row(x: Any, domain: Any) -> Any:
    """The largest number twice, in neighbouring entries."""
    tied = x.copy()
    tied.flat[:2] = x.max(initial=-np.inf)
    return tied if x.size else x


def _tied_column(x: Any, domain: Any) -> Any:
    """The smallest number twice, one below the other."""
    tied = x.copy()
    if x.size:
        tied[(slice(2), *(0,) * (x.ndim - 1))[: x.ndim]] = x.min()
    return tied


_CHANGES = (_constant(0.0), _constant(1.0), _tied, _tied_row, _tied_column, _mirrored)


def specials(plan: Plan) -> Iterator[Example]:
    """One number at a time: every special value of each input's domain, then of all inputs at once."""
    example = _ordinary(plan, 0, 3)
    for position in example.variables:
        for number in special(plan.subject.domains[plan.subject.argument(position)]):
            yield _with(example, {position: number})
    domains = [plan.subject.domains[plan.subject.argument(p)] for p in example.variables]
    if len(domains) > 1 and not any(d.discrete for d in domains):
        for number in special(domains[0])[:16]:
            if all(d.holds(number) for d in domains):
                yield _with(example, dict.fromkeys(example.variables, number))


def _with(example: Example, numbers: dict[int, float]) -> Example:
    inputs = list(example.inputs)
    for position, number in numbers.items():
        x = np.array(inputs[position], dtype=float)
        if x.size:
            x.flat[-1] = number
        inputs[position] = x
    return example._replace(inputs=tuple(inputs), ordinary=False, level=LEVELS - 2)
