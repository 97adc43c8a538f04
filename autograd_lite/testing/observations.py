"""More examples after a failure: what a rule gives and what it should give, entry by entry."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.testing.examples import Example, Plan, same_palette, specials
from autograd_lite.testing.numerical import Weighted
from autograd_lite.testing.run import Run, start
from autograd_lite.testing.subject import Subject, quiet
from autograd_lite.testing.verdicts import compare

_CLOSE = 1e-6  # relative difference of two numbers that count as the same
_DRAWS = 24  # examples over all cases
_MORE_DRAWS = 8  # examples of the failing case
_MOST = 12  # entries of an input; larger cases are not observed
_PALETTES = (1, 0, 1, 5, 3, 1, 5, 0)  # indices of PALETTES, in turn


class Observation(NamedTuple):
    """The gradient in the input at `position` at one example: what came, what was expected, what is wrong.

    An expected number is NaN if it is unknown, and its entry does not count as wrong. `expected_in` has
    the expected gradient in each variable, `right_in` True for those without a wrong entry.
    """

    run: Run
    position: int
    got: Any
    expected: Any
    wrong: Any
    expected_in: dict[int, Any]
    right_in: dict[int, bool]

    @property
    def x(self) -> Any:
        """The input itself."""
        return self.run.inputs[self.position]

    @property
    def fails(self) -> bool:
        """True if any entry is wrong."""
        return not self.right_in[self.position]


def gather(plan: Plan, position: int, failing: Example, usual: float) -> list[Observation]:
    """Observe the failing example, drawn ones, and each special number."""
    rng = np.random.default_rng(0)
    small = [i for i, case in enumerate(plan.cases) if max(map(math.prod, case.shapes)) <= _MOST] or [0]
    stride = max(len(small) / _DRAWS, 1)
    drawn = [small[int(k * stride) % len(small)] for k in range(_DRAWS)]
    drawn += [failing.case] * _MORE_DRAWS if failing.case in small else []
    examples = [failing]
    for k, i in enumerate(drawn):
        palette = same_palette(_PALETTES[k % len(_PALETTES)])
        examples.append(plan.example(i, palette, rng.bytes(plan.size(i)), 4 * k + 1))
    with quiet():
        return [o for e in (*examples, *specials(plan)) for o in observe(plan.subject, e, position, usual)]


def observe(subject: Subject, example: Example, position: int, usual: float = 0.0) -> Iterator[Observation]:
    """Yield the observation at an example, or nothing if there is no gradient in the input there."""
    if position not in example.variables:
        return
    try:
        run = start(subject, example)
        claimed = run.gradients()
    except Exception:  # another mistake than the one to explain
        return
    gradients = dict(zip(example.variables, claimed, strict=True))
    expected = {p: np.full(np.shape(v), np.nan) for p, v in gradients.items()}
    wrong = {p: np.zeros(np.shape(v), bool) for p, v in gradients.items()}
    function = Weighted(run.forward, run.inputs, run.y, run.g)
    for f in compare(function, claimed, example.variables, few=_MOST, usual=usual):
        if f.entry is not None and f.verdict != "no verdict":
            expected[f.position][f.entry] = f.expected
            wrong[f.position][f.entry] = f.verdict == "fail"
    right = {p: not w.any() for p, w in wrong.items()}
    yield Observation(
        run, position, gradients[position], expected[position], wrong[position], expected, right
    )


def same(a: Any, b: Any) -> bool:
    """Return True if two arrays have the same numbers up to rounding, all of them finite."""
    a = np.asarray(a, float)
    b = np.asarray(b, float)
    if a.shape != b.shape or not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return bool(np.allclose(a, b, rtol=_CLOSE, atol=_CLOSE * 1e-3 * float(np.median(np.abs(b)))))


def at_wrong_entries(failing: Sequence[Observation], of: Callable[[Observation], Any]) -> Any:
    """Return an array of each example, at its wrong entries, as one vector."""
    return np.concatenate([of(o)[o.wrong] for o in failing])


def got_and_expected(failing: Sequence[Observation]) -> tuple[Any, Any]:
    """Return the two numbers at the wrong entries of all examples."""
    return at_wrong_entries(failing, lambda o: o.got), at_wrong_entries(failing, lambda o: o.expected)
