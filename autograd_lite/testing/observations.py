"""More examples after a failure: what a rule gives and what it should give, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.testing.examples import Example, Plan, same_palette, specials
from autograd_lite.testing.run import Run, start
from autograd_lite.testing.subject import Subject, quiet
from autograd_lite.testing.verdicts import compare

_CLOSE = 1e-6  # relative difference of two numbers that count as the same
_DRAWS = 24  # examples over all cases
_MORE_DRAWS = 8  # examples of the failing case
_MOST = 12  # entries of an input; larger cases are not observed
_PALETTES = (1, 0, 1, 5, 3, 1, 5, 0)  # indices of PALETTES, in turn


@dataclass(eq=False)
class Observation:
    """The gradients at one example: what came, what was expected, and which entries are wrong.

    `got_in`, `expected_in` and `wrong_in` hold an array for each variable. An expected number is NaN if it
    is unknown, and its entry does not count as wrong. `position` is the input whose gradient failed.
    """

    run: Run
    position: int
    got_in: dict[int, Any]
    expected_in: dict[int, Any]
    wrong_in: dict[int, Any]

    @property
    def x(self) -> Any:
        """The input whose gradient failed."""
        return self.run.inputs[self.position]

    @property
    def got(self) -> Any:
        """Its gradient."""
        return self.got_in[self.position]

    @property
    def expected(self) -> Any:
        """Its expected gradient."""
        return self.expected_in[self.position]

    @property
    def wrong(self) -> Any:
        """True for its wrong entries."""
        return self.wrong_in[self.position]

    @property
    def fails(self) -> bool:
        """True if any entry is wrong."""
        return bool(self.wrong.any())


def gather(plan: Plan, position: int, failing: Example, usual: float) -> list[Observation]:
    """Observe the failing example, drawn ones, and each special number."""
    with quiet():
        examples = _examples(plan, failing)
        return [o for e in examples for o in observe(plan.subject, e, position, usual)]


def _examples(plan: Plan, failing: Example) -> Iterator[Example]:
    yield failing
    rng = np.random.default_rng(0)
    small = [i for i, case in enumerate(plan.cases) if max(map(math.prod, case.shapes)) <= _MOST] or [0]
    if len(small) > _DRAWS:
        drawn = [small[k * len(small) // _DRAWS] for k in range(_DRAWS)]
    else:
        drawn = [small[k % len(small)] for k in range(_DRAWS)]
    drawn += [failing.case] * _MORE_DRAWS if failing.case in small else []
    for k, i in enumerate(drawn):
        palette = same_palette(_PALETTES[k % len(_PALETTES)])
        yield plan.example(i, palette, rng.bytes(plan.size(i)), 4 * k + 1)
    yield from specials(plan)


def observe(subject: Subject, example: Example, position: int, usual: float = 0.0) -> Iterator[Observation]:
    """Yield the observation at an example, or nothing if there is no gradient in the input there."""
    if position not in example.variables:
        return
    try:
        run = start(subject, example)
        if not isinstance(run, Run):
            return
        claimed = run.gradients()
    except Exception:  # another mistake than the one to explain
        return
    variables = example.variables
    findings = compare(run.forward, run.inputs, run.y, run.g, claimed, variables, few=_MOST, usual=usual)
    expected = {p: np.full(np.shape(c), np.nan) for p, c in zip(variables, claimed, strict=True)}
    wrong = {p: np.zeros(np.shape(c), bool) for p, c in zip(variables, claimed, strict=True)}
    for f in findings:
        if f.entry is not None and f.verdict != "no verdict":
            expected[f.position][f.entry] = f.expected
            wrong[f.position][f.entry] = f.verdict == "fail"
    yield Observation(run, position, dict(zip(variables, claimed, strict=True)), expected, wrong)


def same(a: Any, b: Any) -> bool:
    """Return True if two arrays have the same numbers up to rounding, all of them finite."""
    a = np.asarray(a, float)
    b = np.asarray(b, float)
    if a.shape != b.shape or not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return bool(np.allclose(a, b, rtol=_CLOSE, atol=_CLOSE * 1e-3 * float(np.median(np.abs(b)))))


def at_wrong_entries(failing: Sequence[Observation], of: Callable[[Observation], Any]) -> Any:
    """Return an array of each example, at its wrong entries, as one vector."""
    return np.concatenate([np.broadcast_to(of(o), o.got.shape)[o.wrong] for o in failing])


def got_and_expected(failing: Sequence[Observation]) -> tuple[Any, Any]:
    """Return the two numbers at the wrong entries of all examples."""
    return at_wrong_entries(failing, lambda o: o.got), at_wrong_entries(failing, lambda o: o.expected)
