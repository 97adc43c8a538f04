"""Every rule of every op, mutated mechanically: the checks kill all mutants that are mistakes."""

from equivalent_mutants import EQUIVALENT
from mutation import check, installed, mutants, survives

import autograd_lite as ag

KILLED = 0.995  # the share must not fall


def test_mutants_are_killed_and_equivalent_ones_are_not():
    made = [mutant for name in list(ag.OPS) for mutant in mutants(ag.OPS[name])]
    alive = [mutant for mutant in made if survives(mutant, check)]
    equivalent = [mutant for mutant in alive if mutant.key in EQUIVALENT]
    mistakes = len(made) - len(EQUIVALENT)
    killed = len(made) - len(alive)
    print(f"{killed} of {mistakes} mutants killed, {len(equivalent)} equivalent ones survive")
    assert len(made) >= 600
    assert killed >= KILLED * mistakes, [mutant.key for mutant in alive if mutant.key not in EQUIVALENT]
    assert {mutant.key for mutant in equivalent} == set(EQUIVALENT), "killed, though proved equivalent"


def test_a_mutant_is_installed_only_for_a_while():
    op = ag.OPS["sin"]
    mutant, rule = mutants(op)[0], op.rules["x"]
    with installed(mutant):
        assert op.rules["x"] is not rule
    assert op.rules["x"] is rule
