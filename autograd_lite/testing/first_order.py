"""The comparison of first derivatives: with numerical derivatives, and with subgradients at kinks."""

from __future__ import annotations

import numpy as np

from autograd_lite.testing.failure import Failure
from autograd_lite.testing.numerical import KINK
from autograd_lite.testing.run import Run
from autograd_lite.testing.subgradients import check_subgradients, has_kink
from autograd_lite.testing.verdicts import Tally, compare, worst_failure


def check_first_derivatives(run: Run, tally: Tally, learn: bool = False) -> Failure | None:
    """Compare the gradients with numerical derivatives, and with subgradients at kinks.

    `learn=True` uses the derivatives here to measure their usual size.
    """
    findings = compare(
        run.forward,
        run.inputs,
        run.y,
        run.g,
        run.gradients(),
        run.example.variables,
        usual=tally.usual_size[1],
        gradients=run.gradients_at,
    )
    if learn:
        tally.measure_size(1, findings)
    tally.add(findings, run.example.ordinary)
    worst = worst_failure(findings)
    if worst and not (_has_ties(run) and has_kink(run)):
        return Failure("number", worst.position, "", worst.entry, worst.got, worst.expected, worst.error)
    at_kink = any(f.reason == KINK and f.verdict == "no verdict" for f in findings)
    return check_subgradients(run) if at_kink or worst else None


def _has_ties(run: Run) -> bool:
    """Return True if two entries of the variables are equal: a kink there shows in no coordinate."""
    numbers = np.concatenate([np.ravel(run.inputs[p]) for p in run.example.variables])
    return np.unique(numbers).size < numbers.size
