"""Second-order optimisation: Newton's direction and a line search, pure functions of flat arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_EPS = float(np.finfo(float).eps)
_DISTINCT = 1e-13  # of a column's curvature, what must be left when the columns before it are known


def newton_direction(g: Any, H: Any) -> tuple[Any, float]:
    """Newton's direction p = -(H + d I)^-1 g, and the damping d: 0 where H is positive definite.

    g is (n,), H (n, n). Where H is not, as where a loss is not convex or columns repeat, d is the
    smallest of 1e-10, 1e-9, ... times the largest entry of H that makes it so: p always descends.
    Raises a ValueError if H is not finite.
    """
    largest = float(np.abs(H).max(initial=0.0))
    if not largest < np.inf:
        raise ValueError(
            "newton_direction: the Hessian is not finite; standardise the features, and look for nan and inf"
        )
    for damping in (0.0, *(float(d) for d in (largest or 1.0) * 10.0 ** np.arange(-10, 3))):
        damped = H + damping * np.eye(len(g)) if damping else H
        try:
            pivots = np.linalg.cholesky(damped).diagonal() ** 2
        except np.linalg.LinAlgError:
            continue
        if (pivots > _DISTINCT * damped.diagonal()).all():
            break
    return np.linalg.solve(damped, -g), damping


def backtrack(
    evaluate: Callable[[Any], tuple[Any, ...]], w: Any, p: Any, value: float, slope: float
) -> tuple[float, Any, tuple[Any, ...] | None]:
    """The first of the steps 1, 1/2, 1/4, ... along p that lowers the value: (step, w + step p, there).

    `evaluate(w)` returns a tuple that begins with the value; `there` is what it returned. Enough is
    Armijo's 1e-4 of what `slope`, the derivative along p, promises, but for rounding. A value that is
    not finite is refused like one that is too high. (0, w, None) where no step of 50 lowers it.
    """
    step, rounding = 1.0, 4 * _EPS * abs(value)
    for _ in range(50):
        there = evaluate(w + step * p)
        if there[0] <= value + 1e-4 * step * slope + rounding:
            return step, w + step * p, there
        step /= 2
    return 0.0, w, None
