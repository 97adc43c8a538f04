"""The search for a mistake: a sweep over shapes and values, then generated examples, shrunk by hypothesis."""

import random
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.testing.derivatives import NoSecondOrderError, check_first_derivatives, check_on_tensors
from autograd_lite.testing.examples import LEVELS, Example, Plan, empty_examples, sweep
from autograd_lite.testing.failure import RuleError
from autograd_lite.testing.run import (
    Run,
    SkipError,
    check_aliasing,
    check_empty,
    check_float32,
    check_layout,
    check_linearity,
    check_python_numbers,
    start,
)
from autograd_lite.testing.subject import quiet
from autograd_lite.testing.values import PALETTES
from autograd_lite.testing.verdicts import Tally

SHRUNK = "shrunk"
NOT_SHRUNK = "not shrunk: install hypothesis"
HAS_HYPOTHESIS = find_spec("hypothesis") is not None
_SMALLER_CASES = 3  # tried with the case that failed in the sweep, to shrink it
_SHRINKING_EXAMPLES = 40  # generated to find a failure of the sweep again


class Search:
    """A search for the first failure of a plan: the counts on the way, and the failure.

    `found` is the failing example, its failure, and how the example was made small.
    """

    def __init__(self, plan: Plan, order: int | None) -> None:
        self.plan = plan
        self.order = order
        self.tally = Tally()
        self.examples = 0
        self.skipped = 0
        self.second_order_examples = 0
        self.no_second_order = "" if plan.subject.op else "a plain pair of functions"
        self.found: tuple[Example, RuleError, str] | None = None

    def run(self, count: int, seed: int) -> None:
        """Try the sweep, empty arrays, then `count` generated examples; stop at the first failure."""
        for i, example in enumerate(sweep(self.plan)):
            failure = self.examine(example, learn=i < len(self.plan.cases))
            if failure:
                self._shrink(example, failure, seed)
                return
        if self._try_each(empty_examples(self.plan), SHRUNK):
            return
        if HAS_HYPOTHESIS:
            self._generate(range(len(self.plan.cases)), count, seed)
        else:
            rng = np.random.default_rng(seed)
            self._try_each((self.plan.draw(rng) for _ in range(count)), NOT_SHRUNK)

    def _try_each(self, examples: Iterable[Example], shrunk: str) -> bool:
        """Try examples up to the first failure; return True if there is one."""
        for example in examples:
            failure = self.examine(example)
            if failure:
                self.found = example, failure, shrunk
                return True
        return False

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
            self.found = example, failure, "as given"

    def examine(self, example: Example, learn: bool = False) -> RuleError | None:
        """Return the first failure at an example; None if all is right or the forward has no value."""
        if not example.variables:
            return None
        self.examples += 1
        try:
            with quiet():
                run = start(self.plan.subject, example)
                self._check(run, learn)
        except SkipError:
            self.skipped += 1
        except RuleError as failure:
            if failure.kind not in ("raises", "contract") or not self.plan.is_invented(example):
                return failure
            self.skipped += 1  # the rules may refuse shapes that nobody declared
        return None

    def _check(self, run: Run, learn: bool) -> None:
        try:
            if run.example.case < 0:
                check_empty(run)
                return
            check_linearity(run)
            check_first_derivatives(run, self.tally, learn)
            if run.example.level >= 2:
                check_layout(run)
                check_aliasing(run)
                check_python_numbers(run)
                check_float32(run, self.tally)
            if run.example.level >= 3 and self.order != 1 and not self.no_second_order:
                check_on_tensors(run, self.tally, learn)
                self.second_order_examples += 1
        except RuleError:
            raise
        except NoSecondOrderError as reason:
            self.no_second_order = str(reason)
        except Exception as error:
            writes = "read-only" in str(error)
            what = "modifies what it is given" if writes else "raises"
            sentence = f"{what} ({type(error).__name__}: {error})"
            raise RuleError("writes" if writes else "raises", run.example.variables[0], sentence) from error

    def _shrink(self, example: Example, failure: RuleError, seed: int) -> None:
        """Let hypothesis find a failure of the sweep in smaller numbers, in its case or smaller ones."""
        self.found = example, failure, SHRUNK if HAS_HYPOTHESIS else NOT_SHRUNK
        if HAS_HYPOTHESIS and (example.numbers > 2 or not _has_simple_values(example)):
            tried = self.examples
            cases = sorted({example.case * k // _SMALLER_CASES for k in range(_SMALLER_CASES + 1)})
            self._generate(cases, _SHRINKING_EXAMPLES, seed)
            self.examples = tried
            if self.found and self.found[0].numbers > example.numbers:
                self.found = example, failure, SHRUNK

    def _generate(self, cases: Sequence[int], count: int, seed: int) -> None:
        """Let hypothesis look for a failure in some of the cases, and shrink it.

        An example takes four draws, however many numbers it has: this keeps the search fast.
        """
        hypothesis = require("hypothesis", "test")
        st = hypothesis.strategies
        failures: dict[Any, RuleError | None] = {}

        def arguments_of(i: int) -> Any:
            size = self.plan.size(i)
            palettes = len(PALETTES) ** min(len(self.plan.cases[i].shapes), 4)
            codes = st.binary(min_size=size, max_size=size)
            return st.tuples(st.just(i), st.integers(0, palettes - 1), codes, st.integers(0, 16 * LEVELS - 1))

        def fails(arguments: Any) -> bool:
            if arguments not in failures:
                failures[arguments] = self.examine(self.plan.example(*arguments))
            return failures[arguments] is not None

        settings = hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            suppress_health_check=list(hypothesis.HealthCheck),
            report_multiple_bugs=False,
        )
        strategy = st.sampled_from(cases).flatmap(arguments_of)
        try:
            found = hypothesis.find(strategy, fails, settings=settings, random=random.Random(seed))
        except hypothesis.errors.NoSuchExample:
            return
        except hypothesis.errors.Flaky:
            found = min((c for c, failure in failures.items() if failure), key=lambda c: len(c[2]))
        failure = failures[found]
        assert failure is not None
        self.found = self.plan.example(*found), failure, SHRUNK


def _has_simple_values(example: Example) -> bool:
    """Return True if all numbers are small multiples of 1/8, which are easy to read."""
    return all((np.abs(x) <= 8).all() and (x * 8 == np.round(x * 8)).all() for x in example.inputs if x.size)
