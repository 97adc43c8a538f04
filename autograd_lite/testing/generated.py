"""Examples drawn and shrunk by hypothesis; imported only where hypothesis is installed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from autograd_lite.testing.examples import LEVELS, Plan
from autograd_lite.testing.values import PALETTES

Choices = tuple[int, int, bytes, int]


@st.composite
def choices(draw: Any, plan: Plan, cases: Sequence[int]) -> Choices:
    """Four draws make an example, however many numbers it has: this is what keeps a search quick."""
    i = draw(st.sampled_from(cases))
    inputs = min(len(plan.cases[i].shapes), 4)
    palette = draw(st.integers(0, len(PALETTES) ** inputs - 1))
    size = plan.size(i)
    codes = draw(st.binary(min_size=size, max_size=size))
    return i, palette, codes, draw(st.integers(0, 16 * LEVELS - 1))


def find(
    plan: Plan, cases: Sequence[int], fails: Callable[[Choices], bool], count: int, rng: random.Random
) -> Choices:
    """The simplest of `count` examples, and of those near it, at which `fails` is true."""
    chosen = settings(
        max_examples=count, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False, derandomize=False,
    )  # fmt: skip
    strategy: SearchStrategy[Choices] = choices(plan, cases)
    return hypothesis.find(strategy, fails, settings=chosen, random=rng)
