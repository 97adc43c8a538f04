"""Where a student's op is tried: as its reference declares, in numbers of one kind after the other."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.domains import Domain
from autograd_lite.operation import Op
from autograd_lite.testing.examples import LEVELS, Example, Plan, empties, plan_of, sweep
from autograd_lite.testing.failure import Failure
from autograd_lite.testing.hints import raised
from autograd_lite.testing.rules import Run, SkipError, fit, frozen, start
from autograd_lite.testing.subject import ContractError, Subject, of_op
from autograd_lite.testing.values import PALETTES, simple, special, weights

DRAWS = {"quick": 2, "normal": 6, "thorough": 30}
_TOLERANCES = {float: (1e-9, 1e-12), np.float32: (1e-4, 1e-5)}  # of a value, and of the largest number there
NUMBERS = ("number", "subgradient")  # failures of which the size of a number is all that is known
_CHANGED = 6  # examples at the end of a sweep: zeros, ones, ties of several kinds


class Exam:
    """A student's op or pair, and the examples to try it at, in the names of the reference."""

    def __init__(self, given: Any, op: Op, draws: int, seed: int) -> None:
        self.op, self.draws, self.rng = op, draws, np.random.default_rng(seed)
        self.own = given if isinstance(given, Op) else None
        functions: Any = (given.forward, of_op(given).gradients) if self.own else given
        self.forward, self.backward = functions
        self.name = getattr(self.forward, "__name__", "forward")
        self.faulty: set[str] = set()  # kinds of numbers at which the student's value is wrong
        self.earned = False  # whether a gradient is right, in ordinary numbers
        self.reference = of_op(op)
        self.plan = plan_of(self.reference)
        first = [repr((c.shapes, {**op.defaults, **c.settings})) for c in op.samples[:1]]
        cases = [repr(tuple(case)) for case in self.plan.cases]
        sizes = [n if (n := self.plan.size(i)) <= 12 else 0 for i in range(len(cases))]  # ties: 12 at most
        self.primary = max(range(len(cases)), key=lambda i: (cases[i] in first, sizes[i]))
        taken = range(len(self.plan.cases[self.primary].shapes))
        self.positions = [p for p in taken if self.reference.argument(p) in self.reference.ruled]
        if not self.positions:
            raise ValueError(f"grade: {op.name} has no gradient rule; pass a reference that has one")
        self.tried = {(f.name, p): list(self._tried(f, p)) for f in FAMILIES for p in self.positions}

    def _tried(self, family: Family, p: int) -> Iterator[tuple[Example, Any]]:
        """Examples with input p as their variable, and the reference's value, where that is finite."""
        for example in family.examples(self, p):
            y, _ = value(self.reference.forward, example, family.dtype)
            if p in example.variables and y is not None and np.isfinite(y).all():
                yield example._replace(variables=(p,)), y

    def made(self, p: int, i: int, palette: int = 1) -> Example:
        """Case i with drawn numbers, which are all different in the ordinary palette."""
        codes = np.resize(self.rng.permutation(192), self.plan.size(i)).astype(np.uint8).tobytes()
        inside = 0 if self.domain(p).discrete else LEVELS  # between labels, where there is a derivative
        kinds = palette * sum(len(PALETTES) ** k for k in range(4))
        return self.plan.example(i, kinds, codes, 12 * int(self.rng.integers(9)) + inside)

    def domain(self, p: int) -> Domain:
        """Where the input at a position is sampled."""
        return self.reference.domains[self.reference.argument(p)]

    def signed(self, example: Example, sign: float = 1.0, only: int | None = None) -> Example:
        """The example with every number (of one input only) of one sign, where the domain has it."""
        inputs = list(example.inputs)
        for p, x in enumerate(inputs):
            if not self.domain(p).discrete and only in (None, p):
                v = sign * np.abs(x)
                inputs[p] = np.where(_within(self.domain(p), v), v, x)
        return example._replace(inputs=tuple(inputs))

    def joint(self, example: Example) -> Example:
        """The example with all inputs as its variables, but labels."""
        kept = [
            p for p in self.positions
            if p < len(example.inputs) and (p in example.variables or not self.domain(p).discrete)
        ]  # fmt: skip
        return example._replace(variables=tuple(kept))

    def theirs(self, example: Example) -> Example:
        """The example without settings that the student lacks, where they have their default."""
        known = _parameters(self.forward) or set()
        settings = {
            k: v for k, v in example.settings.items()
            if "**" in known or k in known or repr(v) != repr(self.op.defaults.get(k))
        }  # fmt: skip
        return example._replace(settings=settings)

    def lacks(self, example: Example, backward: bool = False) -> str:
        """A setting of the example that the student's forward, or pair, does not take: `lacks: axis`."""
        settings = self.theirs(example).settings
        for function in (self.forward, self.backward)[: 2 if backward and not self.own else 1]:
            known = _parameters(function)
            for k in settings:
                if known is not None and not known & {k, "**"}:
                    return f"lacks: {k}"
        return ""

    def moves(self, example: Example, y: Any) -> bool:
        """Whether the reference's gradient in the variable is not zero."""
        g, p = weights(np.shape(y), example.key), example.variables[0]
        raw = self.reference.gradients(g, y, _copied(example.inputs), example.settings, only=p)[p]
        return bool(fit(raw, example.inputs[p].shape).any())

    def rounded(self, run: Run, settings: Any, y: Any) -> bool:
        """Whether value and gradient are the reference's but for rounding, where nothing else can be told."""
        p = run.example.variables[0]
        raw = self.reference.gradients(run.g, y, _copied(run.inputs), settings, only=p)[p]
        right, size = fit(raw, run.inputs[p].shape), float(np.abs(run.g).max(initial=0.0))
        near = np.allclose(run.fitted()[0], right, rtol=1e-4, atol=1e-5 * size)
        return near and np.shape(run.y) == np.shape(y) and np.allclose(run.y, y, rtol=1e-6, atol=1e-6)

    def subject(self, only: int | None = None, copies: bool = True) -> Subject:
        """The student's functions, given copies, so that a rule that writes does no harm.

        With `only`, the rule of that input alone; else those of all, zero for one that does not run.
        """

        def forward(*inputs: Any, **settings: Any) -> Any:
            return self.forward(*(_copied(inputs) if copies else inputs), **settings)

        def gradients(g: Any, y: Any, inputs: Any, settings: Any) -> list[Any]:
            found: list[Any] = [None if only is not None else np.zeros(np.shape(x)) for x in inputs]
            for p in self.positions if only is None else [only]:
                given = _copied([g, y, *inputs]) if copies else [g, y, *inputs]
                try:
                    found[p] = self._rule(given, settings, p)
                except Exception:
                    if only is not None:
                        raise
            return found

        return replace(self.reference, name=self.name, forward=forward, gradients=gradients, op=self.own)

    def _rule(self, given: list[Any], settings: Any, p: int) -> Any:
        """What the student's rule for one input returns."""
        if self.own:
            return self.backward(given[0], given[1], given[2:], settings, only=p)[p]
        found = self.backward(*given, **settings)
        if not isinstance(found, tuple | list) or len(found) != len(given) - 2:
            raise ContractError("returns no tuple of gradients for all inputs")
        return found[p]


def _parameters(function: Any) -> set[str] | None:
    """What a function takes by name, `**` for anything; None where that cannot be known."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a function of NumPy itself
        return None
    return {"**" if k.kind is k.VAR_KEYWORD else k.name for k in found}


def tied(example: Example) -> bool:
    """Whether two entries of the variables, in one input or in two, are equal."""
    x = np.concatenate([np.ravel(example.inputs[p]) for p in example.variables])
    return np.unique(x).size < x.size


def _copied(arrays: Any) -> list[Any]:
    """Writable copies in the same layout; one array that is given twice is so again."""
    made = {id(x): np.array(x, order="K") if np.ndim(x) else x for x in arrays}
    return [made[id(x)] for x in arrays]


def value(forward: Callable[..., Any], example: Example, dtype: Any = float) -> tuple[Any, str]:
    """The output at an example as an array of numbers, or None and what is the matter with it."""
    try:
        y = forward(
            *(np.array(x, dtype if x.dtype.kind == "f" else None)[()] for x in example.inputs),
            **example.settings,
        )
        y = None if y is None else np.asarray(y)
    except (Exception, SystemExit) as error:
        return None, raised(type(error).__name__, str(error))
    if y is None:
        return None, "value: none"
    return (y, "") if y.dtype.kind in "fiub" else (None, "value: kind")


def value_fault(exam: Exam, family: Family, example: Example, right: Any) -> str:
    """What is wrong with the student's value at an example; empty when it is the reference's."""
    y, fault = value(exam.forward, exam.theirs(example), family.dtype)
    if y is None:
        return exam.lacks(example) or fault
    if y.shape != right.shape:
        return "value: shape"
    if y.dtype != right.dtype and family.dtype is np.float32:
        return "float32: returns another dtype"
    if not np.isfinite(y).all():
        return "NaN"
    relative, absolute = _TOLERANCES[family.dtype]
    size = max(float(np.abs(x).max(initial=0.0)) for x in (right, *example.inputs))
    near = np.abs(y - right.astype(float)) <= relative * np.abs(right) + absolute * size
    return "" if near.all() else "value"


def fault_at(
    subject: Subject, example: Example, test: Callable[[Run], Failure | None], state: bool = False
) -> str:
    """What a test finds at an example, in a word or two; a memory counts only where it is asked for."""
    try:
        run = start(subject, example)
        if isinstance(run, Failure) and run.kind == "state" and not state:
            inputs = [frozen(x) for x in example.inputs]
            y = frozen(subject.forward(*inputs, **example.settings))
            run = Run(subject, example, inputs, y, frozen(weights(np.shape(y), example.key)))
        failure = run if isinstance(run, Failure) else test(run)
    except SkipError:
        return "no value"
    except (Exception, SystemExit) as error:
        return raised(type(error).__name__, str(error))
    if failure is None:
        return ""
    if failure.kind == "raises":
        name, _, message = failure.sentence.removeprefix("raises ").partition(": ")
        return raised(name, message)
    if failure.kind in NUMBERS:
        return failure.kind if np.isfinite(failure.got) else "NaN"
    return f"{failure.kind}: {failure.sentence}"


def _within(domain: Domain, v: Any) -> Any:
    return (domain.low < v) & (v < domain.high) & ~np.isin(v, domain.avoid)


def _ordinary(exam: Exam, p: int) -> Iterator[Example]:
    return (exam.signed(exam.made(p, exam.primary)) for _ in range(exam.draws))


def _negative(exam: Exam, p: int) -> Iterator[Example]:
    """This input negative, then all of them, then both signs."""
    domain = exam.domain(p)
    for k in range(exam.draws if domain.low < 0.0 < domain.high and not domain.discrete else 0):
        mixed = exam.made(p, exam.primary)
        yield (exam.signed(exam.signed(mixed), -1.0, p), exam.signed(mixed, -1.0), mixed)[k % 3]


def _ties(exam: Exam, p: int) -> Iterator[Example]:
    plain = Plan(exam.reference, (exam.plan.cases[exam.primary],))
    yield from map(exam.signed, list(sweep(plain))[-_CHANGED:])
    yield from (exam.signed(exam.made(p, exam.primary, 0)) for _ in range(exam.draws))


def _extremes(exam: Exam, p: int) -> Iterator[Example]:
    """One tiny or large number after the other, in one entry and, a little different, in all."""
    domain = exam.domain(p)
    for number in () if domain.discrete else sorted(set(special(domain)) - set(simple(domain)[:10])):
        example = exam.signed(exam.made(p, exam.primary))
        x = example.inputs[p]
        order = np.arange(x.size).reshape(x.shape)
        spread = number * (1.0 + 0.03 * order / max(x.size, 1))
        for changed in (
            np.where(order == x.size - 1, number, x),
            np.where(_within(domain, spread), spread, x),
        ):
            yield example._replace(inputs=(*example.inputs[:p], changed, *example.inputs[p + 1 :]))


def _shapes(exam: Exam, p: int) -> Iterator[Example]:
    for i in range(len(exam.plan.cases)):
        yield exam.signed(exam.made(p, i))
    for case in empties(exam.plan):
        plan = Plan(exam.reference, (case,))
        yield exam.signed(plan.example(0, 1, bytes(range(plan.size(0))), LEVELS))


class Family(NamedTuple):
    """A kind of numbers: its examples, what it weighs for the value and for the gradient, and hints."""

    name: str
    examples: Callable[[Exam, int], Iterator[Example]]
    value: float
    gradient: float
    hint: str
    value_hint: str = ""  # where it is another
    dtype: Any = float


FAMILIES = (
    Family("ordinary numbers", _ordinary, 2.0, 4.0,
           "Work out one small case by hand: move one entry a little, and watch the output.",
           "Work out one small case by hand, step by step. The gradients below go by your own forward."),
    Family("negative numbers", _negative, 1.0, 2.0,
           "Right for positive numbers only: try a negative one by hand."),
    Family("zeros and ties", _ties, 1.0, 1.0,
           "Look at zeros, at ones, and at entries that are equal: how much does each of them get?",
           "Look at zeros, at ones, and at entries that are equal."),
    Family("tiny and large numbers", _extremes, 1.0, 1.0,
           "Try one tiny and one very large number: does a step on the way overflow, or lose digits?"),
    Family("every shape and setting", _shapes, 2.0, 2.0,
           "Right for one shape only: try other shapes (size one, empty, broadcast), and each setting."),
    Family("float32", _ordinary, 0.5, 1.0,
           "Right in float64, not in float32: look for a step that loses digits.", dtype=np.float32),
)  # fmt: skip
