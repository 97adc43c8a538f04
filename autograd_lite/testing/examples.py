"""Examples to try a subject with: shapes and settings, a plan of them, and values that rules get wrong."""

import math
from collections.abc import Iterator, Mapping
from itertools import chain, combinations, cycle, product
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.domains import Domain, cores_of
from autograd_lite.operation import Case
from autograd_lite.testing.subject import Subject, quiet
from autograd_lite.testing.values import PALETTES, simple, special, values

_REFUSALS = (ValueError, TypeError, IndexError, ArithmeticError, AttributeError, AssertionError)
_VARIED = 24  # cases, evenly spread, at which a sweep tries special values
_VARIANTS = 6
LEVELS = 4

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


def same_palette(index: int) -> int:
    """Return the number that chooses palette `index` for each of four inputs."""
    return sum(index * len(PALETTES) ** n for n in range(4))


ORDINARY = same_palette(PALETTES.index("ordinary"))


class Example(NamedTuple):
    """Inputs and settings to try a subject with; `variables` are the positions it differentiates.

    `g` is the gradient of the output; if it is None, `key` chooses it. `level` says what is checked:
    at 2 also memory layout and float32, at 3 also the rules on tensors. `case` is the index of the case in
    the plan, -1 for empty inputs.
    """

    inputs: tuple[Any, ...]
    settings: Mapping[str, Any]
    variables: tuple[int, ...]
    key: int = 0
    level: int = 0
    ordinary: bool = False
    g: Any = None
    case: int = 0

    @property
    def numbers(self) -> int:
        """How many numbers the inputs have."""
        return sum(x.size for x in self.inputs)


class Plan(NamedTuple):
    """A subject and the cases that it accepts, the smallest first."""

    subject: Subject
    cases: tuple[Case, ...]
    declared: tuple[Case, ...] = ()

    def tried_once(self) -> dict[str, Any]:
        """Return the settings that have the same value in all cases, with this value."""
        first, *others = [case.settings for case in self.cases]
        return {name: v for name, v in first.items() if all(repr(v) == repr(o.get(name)) for o in others)}

    def is_invented(self, example: Example) -> bool:
        """Return True if the subject declares shapes, and those of an example are not among them."""
        if not self.subject.declared:
            return False
        return example.case < 0 or self.cases[example.case] not in self.declared

    def size(self, i: int) -> int:
        """Return how many bytes `example` takes for case i."""
        return sum(map(math.prod, self.cases[i].shapes))

    def example(self, i: int, palette: int, codes: bytes, extra: int) -> Example:
        """Return the example of case i that a few numbers stand for; all zero stands for the simplest.

        `palette` chooses the kind of values for each input in turn, `codes` the values, and `extra` the
        level and the gradient of the output.
        """
        shapes, settings = self.cases[i]
        names = [PALETTES[palette // len(PALETTES) ** (p % 4) % len(PALETTES)] for p in range(len(shapes))]
        inputs = []
        variables = []
        for position, shape in enumerate(shapes):
            domain = self.subject.domain(position)
            has_rule = self.subject.argument(position) in self.subject.differentiable
            own_codes = codes[: math.prod(shape)]
            codes = codes[len(own_codes) :]
            if has_rule and domain.discrete and extra % 3 == 0:
                inputs.append(_between_choices(domain, own_codes, shape))
            else:
                inputs.append(values(domain, names[position], own_codes, shape))
            if has_rule and (not domain.discrete or extra % 3 == 0):
                variables.append(position)
        ordinary = set(names) == {"ordinary"}
        key, level = divmod(extra, LEVELS)
        return Example(tuple(inputs), dict(settings), tuple(variables), key, level, ordinary, case=i)

    def draw(self, rng: np.random.Generator) -> Example:
        """Return a random example; a search uses it if hypothesis is not installed."""
        i = int(rng.integers(len(self.cases)))
        return self.example(i, int(rng.integers(6**4)), rng.bytes(self.size(i)), int(rng.integers(64)))


def _between_choices(domain: Domain, codes: bytes, shape: tuple[int, ...]) -> Any:
    """Return numbers between the choices of a domain, where a rule for such an input has a derivative."""
    low = min(domain.choices)
    x = low + (max(domain.choices) - low) * (0.05 + 0.9 * np.frombuffer(codes, np.uint8) / 255)
    return x.reshape(shape)


def plan_of(subject: Subject) -> Plan:
    """Return the cases that the subject accepts, of those declared and of these with other lengths.

    Raises ValueError if it accepts no declared case.
    """
    declared = _declared_cases(subject)
    accepted: dict[Any, Case | None] = {}
    last_reason = "no values there are finite"
    for case in chain(declared, *(_resized(case, subject) for case in declared)):
        key = (case.shapes, repr(case.settings))
        if key not in accepted:
            reason = _refusal(subject, case)
            accepted[key] = None if reason else case
            last_reason = reason or last_reason
    cases = [case for case in accepted.values() if case]
    if not any(case in cases for case in declared):
        how = "samples=, signature= or domain=" if subject.op else "shapes= or domains"
        raise ValueError(
            f"{subject.name} has no value for any of the shapes it was tried with ({last_reason}); declare "
            f"{how} so that it can be checked"
        )
    cases.sort(key=lambda c: sum(map(math.prod, c.shapes)))
    return Plan(subject, tuple(cases), tuple(declared))


def _declared_cases(subject: Subject) -> list[Case]:
    """Return every declared shape with every setting; shapes of an elementwise function by default."""
    if subject.declared:
        declared = product(subject.declared, subject.settings)
        return [Case(case.shapes, {**settings, **case.settings}) for case, settings in declared]
    if subject.signature:
        pairs = product(subject.settings, _shapes_of(subject.signature))
        return [Case(shapes, dict(settings)) for settings, shapes in pairs]
    return [
        Case(shapes, {**settings, **axes})
        for settings, shapes in product(subject.settings, _elementwise(subject))
        for axes in _axes(shapes, settings)
    ]


def _elementwise(subject: Subject) -> list[tuple[Shape, ...]]:
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


def _shapes_of(signature: str) -> Iterator[tuple[Shape, ...]]:
    """Yield shapes for a signature `(m,k),(k,n)->(m,n)`: its letters get lengths in turn."""
    cores = cores_of(signature)
    for lengths in _LENGTHS:
        by_letter = dict(zip(dict.fromkeys(chain(*cores)), cycle(lengths), strict=False))
        yield tuple(tuple(by_letter[letter] for letter in core) for core in cores)


def _resized(case: Case, subject: Subject) -> Iterator[Case]:
    """Yield the case with every axis of one length changed to 1 or 2, in all inputs, then with all axes.

    The declared shapes of a pair of functions change to 1 only: other lengths may be wrong for it.
    """
    lengths = sorted({n for shape in case.shapes for n in shape})
    replacements = (1,) if subject.op is None and subject.declared else (1, 2)
    changes = [{old: new} for new in replacements for old in lengths]
    changes += [dict.fromkeys(lengths, new) for new in replacements]
    for change in changes:
        yield Case(tuple(tuple(change.get(n, n) for n in shape) for shape in case.shapes), case.settings)


def empty_examples(plan: Plan) -> Iterator[Example]:
    """Yield an example of each case with the length of a first axis changed to 0, in all inputs."""
    cases = {}
    for case in plan.cases:
        for old in {shape[0] for shape in case.shapes if shape}:
            if all(shape.count(old) < 2 for shape in case.shapes):
                shapes = tuple(tuple(0 if n == old else n for n in shape) for shape in case.shapes)
                cases[shapes, repr(case.settings)] = Case(shapes, case.settings)
    for case in cases.values():
        alone = Plan(plan.subject, (case,))
        yield alone.example(0, 1, bytes(alone.size(0)), 1)._replace(case=-1)


def _refusal(subject: Subject, case: Case) -> str:
    """Return why the forward has no value for a case at ordinary inputs; nothing if it has one.

    With labels or indices among the inputs, each of several draws must have a value: one may by chance.
    """
    plan = Plan(subject, (case,))
    discrete = any(domain.discrete for domain in subject.domains.values())
    codes = [np.random.default_rng(seed).bytes(plan.size(0)) for seed in range(8 if discrete else 2)]
    reasons = [_refusal_at(subject, plan.example(0, ORDINARY, drawn, 1)) for drawn in codes]
    return next(filter(None, reasons), "") if discrete or all(reasons) else ""


def _refusal_at(subject: Subject, example: Example) -> str:
    forward = subject.op or subject.forward  # an op also checks values
    try:
        with quiet():
            y = np.asarray(forward(*(x.copy() for x in example.inputs), **example.settings))
    except _REFUSALS as error:
        return f"{type(error).__name__}: {error}"
    if y.dtype.kind not in "fiub":
        return "it returns None: a return is missing" if y.dtype == object else f"it returns dtype {y.dtype}"
    return "" if np.isfinite(y).all() else "its value is not finite"


def sweep(plan: Plan) -> Iterator[Example]:
    """Yield what is always tried first: every case with ordinary values, then values rules get wrong."""
    n = len(plan.cases)
    for i in range(n):
        yield _ordinary(plan, i, 1)._replace(level=LEVELS - 1)
    yield from specials(plan)
    for i in sorted({k * n // _VARIED for k in range(_VARIED)}):
        for k, level in ((1, LEVELS - 1), (2, 0)):  # whole numbers and halves, with zeros and ties
            codes = bytes(k * (5 * j + 3) % 16 for j in range(plan.size(i)))
            yield plan.example(i, 0, codes, LEVELS * k + level)
        example = _ordinary(plan, i, 2)
        variants = [
            _variants(x, plan.subject.domain(p)) if p in example.variables else [x] * _VARIANTS
            for p, x in enumerate(example.inputs)
        ]
        for inputs in zip(*variants, strict=True):
            yield example._replace(inputs=inputs, key=i, ordinary=False)


def _ordinary(plan: Plan, i: int, k: int) -> Example:
    """Return case i with ordinary values; k chooses them."""
    codes = bytes((7 * k + 5 * j) % 192 for j in range(plan.size(i)))
    return plan.example(i, ORDINARY, codes, LEVELS * k)


def _variants(x: Any, domain: Domain) -> list[Any]:
    """Return variants of an array: all 0, all 1, three kinds of ties, all negative."""
    if domain.discrete or not x.size:
        return [x] * _VARIANTS
    constants = [np.full(x.shape, n if domain.holds(n) else simple(domain)[0]) for n in (0.0, 1.0)]
    ends = x.copy()
    ends.flat[-1] = x.flat[0]
    largest = x.copy()
    largest.flat[:2] = x.max()
    smallest = x.copy()
    smallest[(slice(2), *(0,) * (x.ndim - 1))[: x.ndim]] = x.min()  # in neighbouring rows
    return [*constants, ends, largest, smallest, -np.abs(x) if domain.low < -2.6 else x]


def specials(plan: Plan) -> Iterator[Example]:
    """Yield each special number of each input's domain in one entry, then in all inputs at once."""
    example = _ordinary(plan, 0, 3)
    domains = {position: plan.subject.domain(position) for position in example.variables}
    tried: dict[tuple[int, ...], tuple[float, ...]] = {(p,): special(domain) for p, domain in domains.items()}
    if len(domains) > 1 and not any(domain.discrete for domain in domains.values()):
        first = special(domains[example.variables[0]])[:16]
        shared = [x for x in first if all(domain.holds(x) for domain in domains.values())]
        tried[example.variables] = tuple(shared)
    for positions, numbers in tried.items():
        for number in numbers:
            inputs = [np.array(x, float) if p in positions else x for p, x in enumerate(example.inputs)]
            for p in positions:
                inputs[p].flat[-1:] = number
            yield example._replace(inputs=tuple(inputs), ordinary=False, level=LEVELS - 2)
