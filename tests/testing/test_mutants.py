"""Mutation testing of the gradient rules: the checks find every rule with a mechanical mistake in it."""

from functools import cache

import pytest
from equivalent_mutants import EQUIVALENT
from mutation import check, installed, mutants, survives

import autograd_lite as ag

PARTS = 50  # a test each, of about 14 mutants from all over the ops

# Mistakes that the checks do not find.
NOT_FOUND = {
    (
        "norm",
        "x",
        "x.size and (not holds(((length > low) & (length < high)).all())) -> "
        "not holds(((length > low) & (length < high)).all())",
    ),  # fails only for an empty x
    (
        "abs",
        "x",
        "abs_slope(x) if isinstance(x, Tensor) else np.sign(x) -> "
        "np.sign(x) if isinstance(x, Tensor) else abs_slope(x)",
    ),  # differs only in the second derivative at 0, which does not exist
}


@cache
def all_mutants():
    return [mutant for name in list(ag.OPS) for mutant in mutants(ag.OPS[name])]


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_mutants_are_killed_and_equivalent_ones_are_not(part):
    chosen = all_mutants()[part::PARTS]
    survivors = {mutant.key for mutant in chosen if survives(mutant, check)}
    equivalent = {mutant.key for mutant in chosen} & EQUIVALENT.keys()
    assert survivors - equivalent <= NOT_FOUND, "these mutants survive"
    assert equivalent - survivors == set(), "these mutants are killed, though proved equivalent"


def test_there_are_many_mutants_and_every_listed_one_exists():
    assert len(all_mutants()) >= 600
    assert EQUIVALENT.keys() | NOT_FOUND <= {mutant.key for mutant in all_mutants()}


def test_a_mutant_is_installed_only_for_a_while():
    op = ag.OPS["sin"]
    mutant, rule = mutants(op)[0], op.rules["x"]
    with installed(mutant):
        assert op.rules["x"] is not rule
    assert op.rules["x"] is rule
