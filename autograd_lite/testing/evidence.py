"""More draws after a failure: what the rule gives and what it should give, entry by entry."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.testing.examples import Example, Plan, specials
from autograd_lite.testing.rules import Run, SkipError, start
from autograd_lite.testing.subject import Subject
from autograd_lite.testing.values import PALETTES
from autograd_lite.testing.verdicts import compare

CLOSE = 1e-6  # two numbers that mean the same
DRAWS, MORE = 24, 8  # over all cases, and of the failing one
_MOST = 12  # numbers in an input of which every entry is tried
_KINDS = (1, 0, 1, 5, 3, 1, 5, 0)  # palettes, in turn


@dataclass(eq=False)
class Observation:
    """The gradient in one input at one example: what came, what was expected, which entries are wrong.

    What was expected is NaN where it is unknown.
    """

    run: Run
    position: int
    got: Any
    expected: Any
    wrong: Any  # for each entry; False where nothing is known
    right: dict[int, bool] = field(default_factory=dict)  # for each input: whether all of it is right
    expected_of: dict[int, Any] = field(default_factory=dict)

    @property
    def x(self) -> Any:
        """The input itself."""
        return self.run.inputs[self.position]

    @property
    def fails(self) -> bool:
        """Whether any entry is wrong."""
        return bool(self.wrong.any())


def gather(plan: Plan, position: int, failing: Example, usual: float) -> list[Observation]:
    """Observations at the failing example, at drawn ones, and at one special number after the other."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [seen for e in _examples(plan, failing) for seen in observed(plan.subject, e, position, usual)]


def _examples(plan: Plan, failing: Example) -> Iterator[Example]:
    yield failing
    rng = np.random.default_rng(0)
    small = [i for i in range(len(plan.cases)) if max(map(_size, plan.cases[i].shapes)) <= _MOST] or [0]
    chosen = [small[k * len(small) // DRAWS if len(small) > DRAWS else k % len(small)] for k in range(DRAWS)]
    chosen += [failing.case] * MORE if failing.case in small else []
    for k, i in enumerate(chosen):
        kind = _KINDS[k % len(_KINDS)]
        palette = sum(kind * len(PALETTES) ** n for n in range(4))
        yield plan.example(i, palette, rng.bytes(plan.size(i)), 4 * k + 1)
    yield from specials(plan)


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))


def observed(subject: Subject, example: Example, position: int, usual: float = 0.0) -> Iterator[Observation]:
    """The observation at an example; none where the forward has no value or the rules cannot run."""
    if position not in example.variables:
        return
    try:
        run = start(subject, example)
    except SkipError:
        return
    if not isinstance(run, Run):
        return
    try:
        claimed = run.fitted()
    except Exception:
        return
    findings = compare(
        run.forward, run.inputs, run.y, run.g, claimed, example.variables, few=_MOST, usual=usual
    )
    expected = {p: np.full(np.shape(c), np.nan) for p, c in zip(example.variables, claimed, strict=True)}
    wrong = {p: np.zeros(np.shape(c), bool) for p, c in zip(example.variables, claimed, strict=True)}
    for f in findings:
        if f.entry is not None and f.verdict != "no verdict":
            expected[f.position][f.entry] = f.expected
            wrong[f.position][f.entry] = f.verdict == "fail"
    right = {p: not w.any() for p, w in wrong.items()}
    got = claimed[example.variables.index(position)]
    yield Observation(run, position, got, expected[position], wrong[position], right, expected)


def same(a: Any, b: Any) -> bool:
    """Whether two arrays mean the same numbers, all of them finite."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return bool(np.allclose(a, b, rtol=CLOSE, atol=CLOSE * 1e-3 * float(np.median(np.abs(b)))))


def known(o: Observation) -> tuple[Any, Any]:
    """Got and expected at the wrong entries."""
    return o.got[o.wrong], o.expected[o.wrong]


def pairs(failing: Sequence[Observation]) -> tuple[Any, Any]:
    """Got and expected at the wrong entries of all examples."""
    got, expected = (np.concatenate(parts) for parts in zip(*map(known, failing), strict=True))
    return got, expected
