"""The search for a mistake: a sweep over shapes and values, then generated examples, shrunk by hypothesis."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.operation import Case
from autograd_lite.testing.cases import without_entries
from autograd_lite.testing.examples import LEVELS, Example, Plan, sweep
from autograd_lite.testing.failure import Failure
from autograd_lite.testing.first_order import check_first_derivatives
from autograd_lite.testing.invariants import check_inputs_of_other_forms, check_linearity
from autograd_lite.testing.precision import check_float32
from autograd_lite.testing.run import Run, SkipError, start
from autograd_lite.testing.second_order import NoSecondOrderError, check_on_tensors
from autograd_lite.testing.subject import quiet
from autograd_lite.testing.values import PALETTES
from autograd_lite.testing.verdicts import Tally

SHRUNK = "shrunk"
NOT_SHRUNK = "not shrunk: install hypothesis"
_SMALLER_CASES = 3  # tried with the case that failed in the sweep, to shrink it
_SHRINKING_EXAMPLES = 40  # generated to find a failure of the sweep again

Choices = tuple[int, int, bytes, int]  # the arguments of Plan.example


class Search:
    """A search for the first failure of a plan: the counts on the way, and the failure.

    `found` is the failing example and its failure, `shrunk` says how the example was made small.
    """

    def __init__(self, plan: Plan, order: int | None) -> None:
        self.plan = plan
        self.order = order
        self.tally = Tally()
        self.examples = 0
        self.skipped = 0
        self.second_order_examples = 0
        self.no_second_order = "" if plan.subject.op else "a plain pair of functions"
        self.found: tuple[Example, Failure] | None = None
        self.shrunk = ""

    def run(self, count: int, seed: int) -> None:
        """Try the sweep, empty arrays, then `count` generated examples; stop at the first failure."""
        for i, example in enumerate(sweep(self.plan)):
            failure = self.examine(example, learn=i < len(self.plan.cases))
            if failure:
                self._shrink(example, failure, seed)
                return
        for case in without_entries(self.plan.cases):
            if self._examine_empty(case):
                return
        cases = range(len(self.plan.cases))
        if find_spec("hypothesis"):
            self._generate(cases, count, seed)
        else:
            self._draw(count, seed)

    def try_alone(self, example: Example) -> None:
        """Try one example as it is, after ordinary ones that measure the usual size of derivatives."""
        for ordinary in islice(sweep(self.plan), len(self.plan.cases)):
            self.examine(ordinary._replace(level=0), learn=True)
        self.tally.checked = self.tally.undecided = self.examples = self.skipped = 0
        failure = self.examine(example)
        if self.skipped:
            raise ValueError(
                f"{self.plan.subject.name} has no finite value at the example; give one that is in its domain"
            )
        if failure:
            self.found = example, failure
            self.shrunk = "as given"

    def examine(self, example: Example, learn: bool = False) -> Failure | None:
        """Return the first failure at an example; None if all is right or the forward has no value."""
        if not example.variables:
            return None
        self.examples += 1
        with quiet():
            try:
                run = start(self.plan.subject, example)
                failure = run if isinstance(run, Failure) else self._check(run, learn)
            except SkipError:
                self.skipped += 1
                return None
        if failure and failure.kind in ("raises", "contract") and self.plan.is_invented(example):
            self.skipped += 1  # the rules may refuse shapes that nobody declared
            return None
        return failure

    def _check(self, run: Run, learn: bool) -> Failure | None:
        level = run.example.level
        try:
            failure = check_linearity(run) or check_first_derivatives(run, self.tally, learn)
            if not failure and level >= 2:
                failure = check_inputs_of_other_forms(run) or check_float32(run, self.tally)
            if not failure and level >= 3 and self.order != 1 and not self.no_second_order:
                failure = check_on_tensors(run, self.tally, learn)
                self.second_order_examples += 1
        except NoSecondOrderError as reason:
            self.no_second_order = str(reason)
            return None
        except Exception as error:
            writes = "read-only" in str(error)
            what = "modifies what it is given" if writes else "raises"
            sentence = f"{what} ({type(error).__name__}: {error})"
            return Failure("writes" if writes else "raises", run.example.variables[0], sentence)
        return failure

    def _examine_empty(self, case: Case) -> Failure | None:
        """Check that the gradients of empty inputs have the inputs' shapes."""
        plan = Plan(self.plan.subject, (case,))
        example = plan.example(0, 1, bytes(plan.size(0)), 1)
        failure = None
        with quiet():
            try:
                run = start(self.plan.subject, example)
            except SkipError:
                return None
            self.examples += 1
            if isinstance(run, Failure):
                declared = self.plan.subject.declared and run.kind in ("raises", "contract")
                failure = None if declared else run
            else:
                for gradient, position in zip(run.gradients(), example.variables, strict=True):
                    if not np.isfinite(gradient).all():
                        sentence = "is not finite where an input is empty"
                        failure = Failure("empty", position, sentence, None, float("nan"), 0.0)
        if failure:
            self.found = example, failure
            self.shrunk = SHRUNK
        return failure

    def _draw(self, count: int, seed: int) -> None:
        """Try random examples, without hypothesis."""
        rng = np.random.default_rng(seed)
        for _ in range(count):
            example = self.plan.draw(rng)
            failure = self.examine(example)
            if failure:
                self.found = example, failure
                self.shrunk = NOT_SHRUNK
                return

    def _shrink(self, example: Example, failure: Failure, seed: int) -> None:
        """Let hypothesis find a failure of the sweep in smaller numbers, in its case or smaller ones."""
        self.found = example, failure
        if not find_spec("hypothesis"):
            self.shrunk = NOT_SHRUNK
            return
        self.shrunk = SHRUNK
        if example.numbers <= 2 and _has_simple_values(example):
            return
        tried = self.examples
        cases = sorted({example.case * k // _SMALLER_CASES for k in range(_SMALLER_CASES + 1)})
        self._generate(cases, _SHRINKING_EXAMPLES, seed)
        self.examples = tried
        if self.found[0].numbers > example.numbers:
            self.found = example, failure

    def _generate(self, cases: Sequence[int], count: int, seed: int) -> None:
        """Let hypothesis look for a failure in some of the cases, and shrink it."""
        hypothesis = require("hypothesis", "test")
        failures: dict[Choices, Failure | None] = {}

        def fails(choices: Choices) -> bool:
            if choices not in failures:
                failures[choices] = self.examine(self.plan.example(*choices))
            return failures[choices] is not None

        try:
            found = _find(self.plan, cases, fails, count, seed)
        except hypothesis.errors.NoSuchExample:
            return
        except hypothesis.errors.Flaky:
            found = min((c for c, failure in failures.items() if failure), key=lambda c: len(c[2]))
        self.found = self.plan.example(*found), failures[found]  # type: ignore[assignment]
        self.shrunk = SHRUNK


def _find(
    plan: Plan, cases: Sequence[int], fails: Callable[[Choices], bool], count: int, seed: int
) -> Choices:
    """Return the simplest of `count` examples, and of those near it, that fails.

    An example takes four draws, however many numbers it has: this keeps the search fast.
    """
    hypothesis = require("hypothesis", "test")
    st = hypothesis.strategies

    def of_case(i: int) -> Any:
        size = plan.size(i)
        palettes = len(PALETTES) ** min(len(plan.cases[i].shapes), 4)
        return st.tuples(
            st.just(i),
            st.integers(0, palettes - 1),
            st.binary(min_size=size, max_size=size),
            st.integers(0, 16 * LEVELS - 1),
        )

    settings = hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        derandomize=False,
    )
    strategy = st.sampled_from(cases).flatmap(of_case)
    choices: Choices = hypothesis.find(strategy, fails, settings=settings, random=random.Random(seed))
    return choices


def _has_simple_values(example: Example) -> bool:
    """Return True if all numbers are small multiples of 1/8, which are easy to read."""
    return all((np.abs(x) <= 8).all() and (x * 8 == np.round(x * 8)).all() for x in example.inputs if x.size)
