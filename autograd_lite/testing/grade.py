"""Marks for the ops of students: a score, the cases that pass, and a hint for each kind of mistake."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.operation import Op
from autograd_lite.testing.deeper import float32, layout
from autograd_lite.testing.diagnosis import probable_cause
from autograd_lite.testing.evidence import Observation, observed
from autograd_lite.testing.exam import DRAWS, FAMILIES, NUMBERS, Exam, Family, fault_at, tied, value_fault
from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import Failure
from autograd_lite.testing.hints import hint_of
from autograd_lite.testing.rules import Run, linear, numbers
from autograd_lite.testing.tensors import tensors
from autograd_lite.testing.verdicts import Tally


class Case(NamedTuple):
    """One thing that was marked; a case that passes has no hint."""

    name: str
    passed: bool
    hint: str
    weight: float


@dataclass(frozen=True)
class Grade:
    """The mark of an op: the score, from 0 to 1, is the weight of the cases that pass."""

    op: str
    score: float
    cases: tuple[Case, ...]

    @property
    def passed(self) -> tuple[Case, ...]:
        """The cases that pass."""
        return tuple(case for case in self.cases if case.passed)

    @property
    def failed(self) -> tuple[Case, ...]:
        """The cases that fail, each with a hint."""
        return tuple(case for case in self.cases if not case.passed)

    def report(self) -> str:
        """The same as JSON: keys sorted, and the same text for the same op."""
        facts = {"op": self.op, "score": self.score, "cases": [case._asdict() for case in self.cases]}
        return json.dumps(facts, sort_keys=True, allow_nan=False)

    def __str__(self) -> str:
        width, lines, above = max(len(case.name) for case in self.cases), [self.op], ""
        for name, passed, hint, weight in self.cases:
            told = "(as above)" if hint and hint == above else hint
            told += "" if weight else " (not in the score)"
            lines.append(f"  {'pass' if passed else 'FAIL'}  {name:{width}}  {told}".rstrip())
            above = hint or above
        return "\n".join([*lines, f"  {len(self.passed)} of {len(self.cases)} cases, score {self.score:.2f}"])


def grade(student_op: Any, reference_op: Op, *, budget: str = "normal", seed: int = 0) -> Grade:
    """Mark a student's op against `reference_op`: a score, the cases that pass, hints for those that fail.

    `student_op` is an op, or a plain pair of functions as `check_function` takes them,
    `forward(*inputs, **settings)` and `backward(g, y, *inputs, **settings)`, which returns a tuple.
    Inputs go by position, settings by name. What the reference declares (domain, signature, samples)
    says where both are tried; `check_op` it first.

    Values must be the reference's; gradients, derivatives of the student's own forward, so that a
    slip there costs once. Numbers are positive, where the domain has such, unless a case names others.
    `budget` ("quick", "normal", "thorough") says how many are drawn, `seed` which: the same call gives
    the same grade, of an op that keeps nothing. Second derivatives are told and not in the score.
    Nothing that the student's code raises gets out; it runs in this process, without a time limit. Other
    arguments are a TypeError or ValueError.

    >>> import autograd_lite as ag
    >>> grade((np.tanh, lambda g, y, x: (g * (1 - y * y),)), ag.OPS["tanh"]).score
    1.0
    """
    pair = isinstance(student_op, tuple | list) and len(student_op) == 2 and all(map(callable, student_op))
    for name, given, fits in (
        ("student_op", student_op, pair or isinstance(student_op, Op)),
        ("reference_op", reference_op, isinstance(reference_op, Op)),
    ):
        if not fits:
            or_pair = " or a pair (forward, backward)" if name == "student_op" else ""
            raise TypeError(f"grade: {name} is {given!r}; pass an op, made with @ag.op{or_pair}")
    if budget not in DRAWS:
        raise ValueError(f"grade: budget={budget!r}; it is {', '.join(map(repr, DRAWS))}")
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"grade: seed={seed!r}; it is a whole number, 0 or more")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exam = Exam(student_op, reference_op, DRAWS[budget], seed)
        cases = (*_values(exam), *_gradients(exam), *_rules(exam), *_second(exam))
    total = sum(case.weight for case in cases)
    return Grade(exam.name, round(sum(c.weight for c in cases if c.passed) / total, 4), cases)


LINEAR, TWICE = "rules: linear in g", "rules: same result twice"


def _again(run: Run) -> Failure | None:
    """The same gradients after the forward was called with other numbers."""
    before = run.fitted()
    run.forward(*(np.flip(x) for x in run.inputs))
    same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, run.fitted(), strict=True))
    return None if same else Failure("state", run.example.variables[0])


# What is marked beside values and gradients: the kind of failure that counts, and its test.
RULES: dict[str, tuple[str, Callable[[Run], Failure | None]]] = {
    "rules: change nothing they are given": ("writes", lambda run: None),
    LINEAR: ("linear", linear),
    TWICE: ("state", _again),
    "rules: any memory layout, one array twice": ("layout", layout),
    "rules: share out ties between inputs": ("subgradient", lambda run: _numbers(run, Tally())),
}
RULE_WEIGHT, SECOND_WEIGHT = 0.5, 0.0
VAGUE = (*NUMBERS, "noisy", "float32")  # a number is wrong: why, is another question


def _numbers(run: Run, tally: Tally, learn: bool = False) -> Failure | None:
    """The gradient against numerical derivatives; a tie is blamed only where numbers are equal."""
    failure = numbers(run, tally, learn)
    return failure._replace(kind="number") if failure and not tied(run.example) else failure


def _values(exam: Exam) -> Iterator[Case]:
    """The student's values against the reference's."""
    for family in FAMILIES:
        tried = [pair for p in exam.positions for pair in exam.tried[family.name, p]]
        fault = next((f for example, y in tried if (f := value_fault(exam, family, example, y))), "")
        if fault:
            exam.faulty.add(family.name)
            first = FAMILIES[0] if FAMILIES[0].name in exam.faulty else family
        if tried:
            hint = hint_of(fault, first.value_hint or first.hint) if fault else ""
            yield Case(f"value: {family.name}", not fault, hint, family.value)


def _gradients(exam: Exam) -> Iterator[Case]:
    """Each input's rule against numerical derivatives of the student's own forward."""
    arguments = dict.fromkeys(map(exam.reference.argument, exam.positions))
    for argument in arguments:
        faults: dict[str, str] = {}
        tally, cause = Tally(), ""
        idle = _idle(exam, argument)
        for family in FAMILIES:
            tried = [
                (example, y)
                for p in exam.positions if exam.reference.argument(p) == argument
                for example, y in exam.tried[family.name, p]
                if not (faults.get("negative numbers") and (example.inputs[p] < 0).any())
            ]  # fmt: skip
            if not tried:
                continue
            fault = "constant" if idle else _gradient_fault(exam, family, tried, tally)
            first = bool(faults.setdefault("ordinary numbers", fault))
            if family.dtype is np.float32 and first:
                fault = fault or "unearned"
            exam.earned |= not first
            faults[family.name] = fault
            if fault.partition(":")[0] in VAGUE:
                told = _exact(exam, tried[0][0])
                if not told and fault in VAGUE and (first or family.name == "every shape and setting"):
                    told = cause = cause or _cause(exam, tried[0][0].variables[0])
                fault = told or fault
            wrong = faults[family.name] != ""
            hint, weight = "", family.gradient / len(arguments)
            if wrong:
                hint = hint_of(fault, (FAMILIES[0] if first else family).hint)
            yield Case(f"gradient in {argument}: {family.name}", not wrong, hint, weight)


def _idle(exam: Exam, argument: str) -> bool:
    """Whether a wrong forward does not depend on an input: that its rule is zero earns nothing then."""
    tried = [
        (example, y) for p in exam.positions if exam.reference.argument(p) == argument
        for example, y in exam.tried["ordinary numbers", p] if exam.moves(example, y)
    ]  # fmt: skip

    def zero(run: Run) -> Failure | None:
        return None if run.fitted()[0].any() else Failure("constant", 0)

    found = [fault_at(exam.subject(e.variables[0]), exam.theirs(e), zero) for e, _ in tried if exam.faulty]
    return bool(found) and all(f.startswith("constant") for f in found)


def _gradient_fault(exam: Exam, family: Family, tried: list[tuple[Example, Any]], tally: Tally) -> str:
    """What is wrong with a gradient in one kind of numbers; empty when it is right."""
    faults, rounded = [], False
    for example, y in tried:

        def test(run: Run, example: Example = example, y: Any = y) -> Failure | None:
            nonlocal rounded
            if family.dtype is np.float32:
                return float32(run, tally)
            failure = _numbers(run, tally, family.name == "ordinary numbers")
            rounded = family.name in exam.faulty and exam.rounded(run, example.settings, y)
            return None if rounded else failure

        lacking = exam.lacks(example, backward=True)
        fault = lacking or fault_at(exam.subject(example.variables[0]), exam.theirs(example), test)
        if lacking or (fault == "no value" and any(
            repr(v) != repr(exam.op.defaults.get(k)) for k, v in example.settings.items()
        )):  # fmt: skip
            return fault
        if fault not in ("", "no value"):
            if not fault_at(exam.reference, example, test):
                return fault
            fault = ""  # no fault of the student's: the reference has it too
        faults.append(fault)
    if family.name == "ordinary numbers" and tally.untestable() and not rounded:
        known = Tally()
        for example, _ in tried:
            fault_at(exam.reference, example, lambda run: numbers(run, known, True))
        return "" if known.untestable() else "noisy"
    return "" if "" in faults else "no value"


def _exact(exam: Exam, example: Example) -> str:
    """A memory or a rule that is not linear: what makes all numbers wrong."""
    subject, theirs = exam.subject(example.variables[0]), exam.theirs(example)
    found = [fault_at(subject, theirs, test, kind == "state") for kind, test in (RULES[TWICE], RULES[LINEAR])]
    return next((f for f in found if f.startswith(("state", "linear"))), "")


def _cause(exam: Exam, p: int) -> str:
    """The probable cause of wrong numbers in one input."""
    seen = list[Observation]()
    for name, count in (("ordinary numbers", 6), ("negative numbers", 6), ("every shape and setting", 14)):
        tried = exam.tried[name, p]
        for example, _ in tried[:: max(1, len(tried) // count)]:
            seen += observed(exam.subject(), exam.theirs(exam.joint(example)), p)
    return probable_cause(seen)


def _rules(exam: Exam) -> Iterator[Case]:
    """What rules must do beside giving the right numbers."""
    for name, (kind, test) in RULES.items():
        ties = kind == "subgradient"
        if ties and len(exam.positions) < 2:
            continue
        faults: list[str] = []
        for p in exam.positions:
            subject = exam.subject(None if ties else p, copies=kind != "writes")
            for example, _ in exam.tried["zeros and ties" if ties else "ordinary numbers", p]:
                theirs = exam.theirs(exam.joint(example) if ties else example)
                faults.append(fault_at(subject, theirs, test, kind == "state"))
        found = next((f for f in faults if f.startswith(kind)), "")
        if not found and "" not in faults:
            found = next(iter(faults), "") if not ties else ""
        if not exam.earned and (ties or not found):
            found = "unearned"
        yield Case(name, not found, hint_of(found, "") if found else "", RULE_WEIGHT)


def _second(exam: Exam) -> Iterator[Case]:
    """Derivatives of the rules, where the reference's have some and the student's run on tensors at all."""
    p = exam.positions[0]
    tried = [exam.joint(example) for example, _ in exam.tried["ordinary numbers", p]]
    if exam.own is None or any(fault_at(exam.reference, example, _twice) for example in tried):
        return
    fault = next((f for e in tried if (f := fault_at(exam.subject(), exam.theirs(e), _twice))), "")
    yield Case("second derivative", not fault, hint_of(fault, "") if fault else "", SECOND_WEIGHT)


def _twice(run: Run) -> Failure | None:
    return tensors(run, Tally(), False)
