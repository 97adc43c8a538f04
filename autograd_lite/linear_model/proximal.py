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
from autograd_lite.linear_model.solvers import PATIENCE, norm
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

    watch.patience = PATIENCE
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


def minimum(H: Any, b: Any, l1: Any, x: Any) -> Any:
    """The minimum of x^T H x / 2 + b^T x + sum l1 |x|, from x: exact, but for rounding.

    FISTA finds nearly all signs. Given the signs the minimum solves a linear system; on the way there
    entries that would change their sign become 0 for good, and where the system is solved the entry that
    violates its condition most gets a sign (the feature-sign search of Lee et al. 2006).
    """
    largest = float(np.linalg.eigvalsh(H)[-1])
    *_, x = islice(accelerated(lambda v: H @ v + b, x, l1, 1.0 / largest), 100)
    done = False
    free, signs, allowed = l1 == 0, np.sign(x), l1 * (1.0 + 1e-12) + 1e-15 * np.abs(b).max()
    for _ in range(10 * len(x)):
        on, step = free | (signs != 0), np.zeros_like(x)
        # A hair of curvature everywhere: along a flat direction only signs end a step.
        M = H[np.ix_(on, on)] + 1e-14 * largest * np.eye(int(on.sum()))
        step[on] = np.linalg.solve(M, -(H @ x + b + l1 * signs)[on])
        crossing = ~free & (x * step < 0)
        meets = np.where(crossing, -x / np.where(crossing, step, 1.0), np.inf)
        t = min(1.0, float(meets.min()))
        x = np.where(meets <= t, 0.0, x + t * step)
        signs = np.where(meets <= t, 0.0, signs)
        if t == 1.0:
            g = H @ x + b
            excess = np.where(on, 0.0, np.abs(g) - allowed)
            j = int(excess.argmax())
            if excess[j] > 0:
                signs[j] = -np.sign(g[j])
            elif done:
                return x
            done = not excess[j] > 0  # once more: the hair is felt no longer
    return x
