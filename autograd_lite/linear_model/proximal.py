"""Solvers for objectives with an L1 penalty: FISTA, and a proximal Newton method with FISTA inside.

FISTA is due to Beck and Teboulle (2009), its restart to O'Donoghue and Candes (2015). The proximal Newton
method (Lee, Sun and Saunders 2014) applies FISTA to the quadratic model of the smooth part, which needs no
pass through the data. A few models are enough.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.smooth import PATIENCE, norm
from autograd_lite.optim.second_order import backtrack


def fista(objective: Objective, u: Any, monitor: SolverMonitor) -> Any:
    """Accelerated proximal gradient descent with step 1/L, restarted when the momentum points uphill."""
    step = 1.0 / objective.gradient_lipschitz()
    value, g = objective.value_and_gradient(u)
    iterates = accelerated(lambda v: objective.value_and_gradient(v)[1], u, objective.l1s, step)
    while not monitor(objective.total(u, value), norm(objective.smallest_subgradient(u, g)), step):
        u = next(iterates)
        value, g = objective.value_and_gradient(u)
    return u


def proximal_newton(objective: Objective, u: Any, monitor: SolverMonitor) -> Any:
    """Newton's method with L1: each step goes towards the minimum of the quadratic model plus the penalty."""

    def evaluate(w: Any) -> tuple[Any, ...]:
        value, g, H = objective.value_gradient_hessian(w)
        return objective.total(w, value), g, H

    monitor.patience = PATIENCE
    point: Any = evaluate(u)
    step = 0.0
    while point is not None:
        value, g, H = point
        if monitor(value, norm(objective.smallest_subgradient(u, g)), step):
            break
        p = minimise_quadratic(H, g - H @ u, objective.l1s, u) - u
        slope = float(g @ p + objective.l1s @ (np.abs(u + p) - np.abs(u)))
        step, u, point = backtrack(evaluate, u, p, value, min(slope, 0.0))
    return u


def accelerated(gradient: Callable[[Any], Any], x: Any, l1: Any, step: float) -> Iterator[Any]:
    """The endless iterates of FISTA for sum l1 |x| plus a smooth function with this gradient."""
    v = x
    t = 1.0
    while True:
        last_x = x
        x = v - step * gradient(v)
        x = np.sign(x) * np.maximum(np.abs(x) - step * l1, 0.0)
        if (v - x) @ (x - last_x) > 0:
            t = 1.0
        last_t = t
        t = (1.0 + (1.0 + 4.0 * t * t) ** 0.5) / 2.0
        v = x + (last_t - 1.0) / t * (x - last_x)
        yield x


def minimise_quadratic(H: Any, b: Any, l1: Any, x: Any) -> Any:
    """The minimum of x^T H x / 2 + b^T x + sum l1 |x|, from the start x, up to rounding.

    FISTA finds nearly all signs. Given the signs, the minimum solves a linear system. On the way there,
    entries whose sign would change become 0. At the solution, the entry that violates its condition most gets
    a sign (the feature-sign search of Lee et al. 2006).
    """
    largest = float(np.linalg.eigvalsh(H)[-1])
    *_, x = islice(accelerated(lambda v: H @ v + b, x, l1, 1.0 / largest), 100)
    signs = np.sign(x)
    tolerance = l1 * (1.0 + 1e-12) + 1e-15 * np.abs(b).max()
    converged = False
    for _ in range(10 * len(x)):
        active = (l1 == 0) | (signs != 0)
        step = np.zeros_like(x)
        # A tiny ridge keeps the system nonsingular.
        M = H[np.ix_(active, active)] + 1e-14 * largest * np.eye(int(active.sum()))
        step[active] = np.linalg.solve(M, -(H @ x + b + l1 * signs)[active])
        crosses = (l1 != 0) & (x * step < 0)
        crossing = np.where(crosses, -x / np.where(crosses, step, 1.0), np.inf)
        t = min(1.0, float(crossing.min()))
        x = np.where(crossing <= t, 0.0, x + t * step)
        signs = np.where(crossing <= t, 0.0, signs)
        if t == 1.0:
            g = H @ x + b
            excess = np.where(active, 0.0, np.abs(g) - tolerance)
            j = int(excess.argmax())
            if excess[j] > 0:
                signs[j] = -np.sign(g[j])
                converged = False
            elif converged:
                return x
            else:
                converged = True  # once more, so that the ridge has no effect on x
    return x
