"""Looking for a mistake: a sweep over structure, then generated examples, shrunk by hypothesis."""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.testing.deeper import float32, layout
from autograd_lite.testing.examples import Example, Plan, empties, sweep
from autograd_lite.testing.failure import Failure
from autograd_lite.testing.rules import Run, SkipError, linear, numbers, start
from autograd_lite.testing.tensors import NoSecondOrderError, tensors
from autograd_lite.testing.verdicts import Tally

SHRINKING = "shrunk"
_SMALLER = 3  # cases, before the one that failed, that are tried as well
_TRIES = 40  # examples in which a failure of the sweep is looked for again, to shrink it


class Search:
    """One hunt: what was seen on the way, and the failure it ended with."""

    def __init__(self, plan: Plan, order: int | None) -> None:
        self.plan, self.order = plan, order
        self.tally = Tally()
        self.examples = self.skipped = self.second = 0
        self.no_second = "" if plan.subject.op else "a plain pair of functions"
        self.found: tuple[Example, Failure] | None = None
        self.shrunk = ""

    def examine(self, example: Example, learn: bool = False) -> Failure | None:
        """Everything that is wrong at an example, the first of it; None where it is right or has no value."""
        if not example.variables:
            return None
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.examples += 1
            try:
                run = start(self.plan.subject, example)
                failure = run if isinstance(run, Failure) else self._properties(run, learn)
                if failure and failure.kind in ("raises", "contract") and self.plan.invented(example):
                    raise SkipError("a shape that nobody declared, and that the rule refuses")
                return failure
            except SkipError:
                self.skipped += 1
                return None

    def _properties(self, run: Run, learn: bool) -> Failure | None:
        try:
            return self._first(run, learn) or self._second(run, learn)
        except Exception as error:
            kind, told = (
                ("writes", "modifies what it is given") if "read-only" in str(error) else ("raises", "raises")
            )
            return Failure(kind, run.example.variables[0], f"{told} ({type(error).__name__}: {error})")

    def _first(self, run: Run, learn: bool) -> Failure | None:
        failure = linear(run) or numbers(run, self.tally, learn)
        if not failure and run.example.level >= 2:
            failure = layout(run) or float32(run, self.tally)
        return failure

    def _second(self, run: Run, learn: bool) -> Failure | None:
        if run.example.level < 3 or self.order == 1 or self.no_second:
            return None
        try:
            failure = tensors(run, self.tally, learn)
            self.second += 1
            return failure
        except NoSecondOrderError as reason:
            self.no_second = str(reason)
            return None

    def run(self, count: int, seed: int) -> None:
        """The sweep, the empty arrays, then `count` generated examples; stops at the first failure."""
        plain = len(self.plan.cases)
        for i, example in enumerate(sweep(self.plan)):
            failure = self.examine(example, learn=i < plain)
            if failure:
                self.found = example, failure
                self._smaller(seed)
                return
        for case in empties(self.plan):
            failure = self._empty(case)
            if failure:
                return
        self._generate(count, seed)

    def only(self, example: Example) -> None:
        """One example alone, as it is; ordinary ones first tell what size of derivative is usual."""
        for ordinary in islice(sweep(self.plan), len(self.plan.cases)):
            self.examine(ordinary._replace(level=0), learn=True)
        self.tally.checked = self.tally.undecided = self.examples = self.skipped = 0
        failure = self.examine(example)
        if self.skipped:
            raise ValueError(
                f"{self.plan.subject.name} has no finite value at the example; give one that is in its domain"
            )
        if failure:
            self.found, self.shrunk = (example, failure), "as given"

    def _empty(self, case: Any) -> Failure | None:
        """Gradients of empty inputs have the inputs' shapes."""
        plan = Plan(self.plan.subject, (case,))
        example = plan.example(0, 1, bytes(plan.size(0)), 1)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                run = start(self.plan.subject, example)
            except SkipError:
                return None
            self.examples += 1
            failure, fitted = (run, []) if isinstance(run, Failure) else (None, run.fitted())
            if failure and failure.kind in ("raises", "contract") and self.plan.subject.declared:
                return None
            for g, p in zip(fitted, example.variables, strict=False):
                if not np.isfinite(g).all():
                    failure = Failure(
                        "empty", p, "is not finite where an input is empty", None, float("nan"), 0.0
                    )
        if failure:
            self.found, self.shrunk = (example, failure), SHRINKING
        return failure

    def _generate(self, count: int, seed: int) -> None:
        if find_spec("hypothesis") is None:
            rng = np.random.default_rng(seed)
            for _ in range(count):
                example = self.plan.draw(rng)
                failure = self.examine(example)
                if failure:
                    self.found, self.shrunk = (example, failure), "not shrunk: install hypothesis"
                    return
        else:
            self._find(range(len(self.plan.cases)), count, seed)

    def _smaller(self, seed: int) -> None:
        """A failure of the sweep, in smaller numbers if hypothesis finds it there too."""
        example, _ = self.found  # type: ignore[misc]
        if find_spec("hypothesis") is None:
            self.shrunk = "not shrunk: install hypothesis"
        elif example.numbers > 2 or not simple_values(example):
            shown, kept = self.found, self.examples
            some = sorted({example.case * k // _SMALLER for k in range(_SMALLER + 1)})
            self.found = None
            self._find(some, _TRIES, seed)
            self.examples = kept
            if self.found is None or self.found[0].numbers > example.numbers:
                self.found = shown
        self.shrunk = self.shrunk or SHRINKING

    def _find(self, cases: Sequence[int], count: int, seed: int) -> None:
        """Let hypothesis look for a failure in some of the cases, and shrink it."""
        hypothesis = require("hypothesis", "test")
        generated = require("autograd_lite.testing.generated", "test")
        seen: dict[Any, Failure | None] = {}

        def fails(choices: tuple[int, int, bytes, int]) -> bool:
            if choices not in seen:
                seen[choices] = self.examine(self.plan.example(*choices))
            return seen[choices] is not None

        try:
            found = generated.find(self.plan, cases, fails, count, random.Random(seed))
        except hypothesis.errors.NoSuchExample:
            return
        except hypothesis.errors.Flaky:
            found = min((c for c, failure in seen.items() if failure), key=lambda c: len(c[2]))
        self.found, self.shrunk = (self.plan.example(*found), seen[found]), SHRINKING  # type: ignore[assignment]


def simple_values(example: Example) -> bool:
    """Whether a reader can hold the numbers in mind: small multiples of 1/8."""
    return all((np.abs(x) <= 8).all() and (x * 8 == np.round(x * 8)).all() for x in example.inputs if x.size)
