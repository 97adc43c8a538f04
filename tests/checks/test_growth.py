"""A graph that goes on from results of earlier steps is reported; other graphs never are."""

import warnings

import numpy as np
import pytest

import autograd_lite as ag


def steps(step, count=300):
    """Run `step` with the warnings that it gives."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for i in range(count):
            step(i)
    return [str(warning.message) for warning in found]


def test_an_update_outside_no_grad_is_reported_once():
    w = ag.Tensor(np.ones(3))

    def step(_):
        nonlocal w
        (w * w).sum().backward()
        w = w - 0.01 * w.grad

    (text,) = steps(step)
    assert text.startswith("backward: the graph grows with every step")


def test_a_total_that_is_carried_over_is_reported():
    w, total = ag.Tensor(1.0), 0.0

    def step(i):
        nonlocal total
        total = total + w * i
        total.backward()

    assert len(steps(step)) == 1


CLEAN = {
    "a new graph": lambda w, z, i: (w * w).sum(),
    "a shared part": lambda w, z, i: (z * i).sum(),
    "graphs of many sizes": lambda w, z, i: sum((w * k for k in range(i % 37)), w).sum(),
    "graphs that grow": lambda w, z, i: sum((w * k for k in range(i)), w).sum(),
}


@pytest.mark.parametrize("f", CLEAN.values(), ids=CLEAN)
def test_other_graphs_are_not(f):
    w = ag.Tensor(np.ones(3))
    z = np.exp(w)
    assert steps(lambda i: f(w, z, i).backward()) == []
