"""Solvers for L1 penalties: FISTA, and Newton's method with FISTA inside.

FISTA is that of Beck and Teboulle (2009) with the restart of O'Donoghue and Candes (2015). The proximal
Newton method (Lee, Sun and Saunders 2014) applies it to the quadratic model of the smooth part, which
costs no pass through the data, and needs a handful of models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.solvers import norm
from autograd_lite.linear_model.watch import Watch
from autograd_lite.optim.second_order import backtrack


def fista(objective: Objective, u: Any, watch: Watch) -> Any:
    """Accelerated proximal gradient descent with the step 1/L, restarted where the momentum points uphill."""
    step = 1.0 / objective.lipschitz()
    value, g = objective.first(u)
    iterates = accelerated(lambda v: objective.first(v)[1], u, objective.l1s, step)
    while not watch(objective.total(u, value), norm(objective.residual(u, g)), step):
        u = next(iterates)
        value, g = objective.first(u)
    return u


def proximal_newton(objective: Objective, u: Any, watch: Watch) -> Any:
    """Newton's method with L1: each step goes towards the minimum of the quadratic model plus the penalty."""

    def evaluate(w: Any) -> tuple[Any, ...]:
        value, g, H = objective.second(w)
        return objective.total(w, value), g, H

    watch.patience = 10
    there: Any = evaluate(u)
    step = 0.0
    while True:
        value, g, H = there
        if watch(value, norm(objective.residual(u, g)), step):
            return u
        p = minimum(H, g - H @ u, objective.l1s, u) - u
        slope = float(g @ p + objective.l1s @ (np.abs(u + p) - np.abs(u)))
        step, u, there = backtrack(evaluate, u, p, value, min(slope, 0.0))
        if there is None:
            return u


def accelerated(gradient: Callable[[Any], Any], x: Any, l1: Any, step: float) -> Iterator[Any]:
    """The iterates of FISTA, without end, for sum l1 |x| and a smooth function with this gradient."""
    v, t = x, 1.0
    while True:
        before = x
        x = v - step * gradient(v)
        x = np.sign(x) * np.maximum(np.abs(x) - step * l1, 0.0)
        if (v - x) @ (x - before) > 0:
            t = 1.0
        t, last = (1.0 + (1.0 + 4.0 * t * t) ** 0.5) / 2.0, t
        v = x + (last - 1.0) / t * (x - before)
        yield x


def minimum(H: Any, b: Any, l1: Any, x: Any, rounds: int = 20) -> Any:
    """The minimum of x^T H x / 2 + b^T x + sum l1 |x|: FISTA from x until the signs are the minimum's.

    Given the signs a minimum solves a linear system, so it is exact, unless FISTA does not find them in
    `rounds` rounds; then it is the point that it has reached.
    """
    iterates = accelerated(lambda v: H @ v + b, x, l1, 1.0 / float(np.linalg.eigvalsh(H)[-1]))
    for _ in range(rounds):
        exact = _with_signs(H, b, l1, x)
        if exact is not None:
            return exact
        *_, x = islice(iterates, 100)
    return x


def _with_signs(H: Any, b: Any, l1: Any, x: Any) -> Any:
    """The minimum if it has the signs of x, else None."""
    signs = np.sign(x)
    on = (signs != 0) | (l1 == 0)
    found = np.zeros_like(x)
    try:
        found[on] = np.linalg.solve(H[np.ix_(on, on)], -(b + l1 * signs)[on])
    except np.linalg.LinAlgError:
        return None
    same = (np.sign(found) == signs) | (l1 == 0)
    g = H @ found + b
    inside = np.abs(g) <= l1 * (1.0 + 1e-12) + 1e-15 * np.abs(b).max(initial=0.0)
    return found if (same & (inside | on)).all() else None
