"""Solvers for smooth objectives: Newton-Raphson, gradient descent with a provable step, (L-)BFGS.

A solver is a function (objective, u, watch) that goes from the weights u to better ones and returns
them; it tells `watch` of every iterate and stops when that says so. Each sees the objective only
through `first` (value and gradient) and `second` (and the Hessian), which come from the graph.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.linear_model.objective import PART, Objective
from autograd_lite.linear_model.watch import Watch
from autograd_lite.optim.second_order import DISTINCT, backtrack

_dposv = require("scipy.linalg.lapack", "sklearn").dposv

_FAST = 1e-2  # of a gradient, what is left after a step that needs no new Hessian
PATIENCE = 10  # steps of Newton's method that may bring nothing
_DENSE = 1000  # features up to which a quasi-Newton method gets a metric that is a matrix


def norm(g: Any) -> float:
    """The Euclidean norm; math.sqrt and a dot are a third of the time of numpy.linalg.norm."""
    return sqrt(g.dot(g))


def newton(objective: Objective, u: Any, watch: Watch) -> Any:
    """Newton-Raphson with a line search, damped where the Hessian is not positive definite.

    Where it converges quadratically, so that the next gradient can be told from the last two, a Hessian
    serves for two steps: then its change cannot be seen.
    """
    watch.patience = PATIENCE
    there: Any = objective.second(u)
    step, start, before, H = 0.0, 0.0, 0.0, None
    while True:
        value, g, *new = there
        H = new[0] if new else H
        size = norm(g)
        if watch(value, size, step):
            return u
        p = _direction(g, H)
        # |g| of the next is about c |g|^2 with c from the last step, if that had a Hessian of its own.
        start = start or size
        known = bool(new) and 0 < before < _FAST * start and size * (size / before**2) < _FAST
        before = size
        slope = float(g @ p)
        if step == 0:
            p, slope = _longer(objective, u, p, slope)
        step, w, there = backtrack(objective.first if known else objective.second, u, p, value, slope)
        if there is None:  # a step far too long, where logits are saturated; one of gradient descent never is
            L = objective.lipschitz()
            step, w, there = backtrack(objective.second, u, -g / L, value, -size * size / L)
        if there is None or (step < 1 and not there[0] < value):  # lost in rounding
            return u
        u = w


def _direction(g: Any, H: Any) -> Any:
    """Newton's direction; where H is singular, as it is never indefinite here, the shortest one."""
    factor, p, failed = _dposv(H, -g)
    pivots = factor.diagonal()
    if not failed and (pivots * pivots > DISTINCT * H.diagonal()).all():
        return p
    # Curvatures above 1 are those of penalties, of any size: they must not hide the others.
    d = 1.0 / np.sqrt(np.maximum(H.diagonal(), 1.0))
    values, vectors = np.linalg.eigh(d[:, None] * H * d)
    along, flat = vectors.T @ -(d * g), values <= DISTINCT * values[-1]
    # Flat is where columns are collinear, and g is rounding, or where logits are saturated.
    along[flat & (np.abs(along) < 1e-3 * norm(along))] = 0.0
    return d * (vectors @ (along / np.where(flat, 1e-3 * max(values[-1], 1e-100), values)))


def _longer(objective: Objective, u: Any, p: Any, slope: float) -> tuple[Any, float]:
    """Newton's first direction p and its slope, made longer where its step would be too short.

    It is so from zero weights, where the curvature is largest: to look along p saves two Hessians.
    """
    short, before, t = 0.0, slope, 1.0
    while t < 64 and (now := float(objective.first(u + t * p)[1] @ p)) < 0:
        short, before, t = t, now, 2 * t
    if short == 0 or t == 64 or not now < np.inf:
        return p, slope
    t = short + (t - short) * before / (before - now)
    return t * p, t * slope


def gradient_descent(objective: Objective, u: Any, watch: Watch, step: float | None = None) -> Any:
    """Gradient descent with a fixed step, by default 1/L, L the bound of the curvature: J never increases."""
    step = step or 1.0 / objective.lipschitz()
    value, g = objective.first(u)
    while not watch(value, norm(g), step):
        moved = u - step * g
        value, g = objective.first(moved)
        if not (value < np.inf and np.isfinite(g).all()):
            return u
        u = moved
    return u


def lipschitz_lr(objective: Objective, u: Any, watch: Watch) -> Any:
    """Gradient descent with the step of LipschitzLR, 1 / `Objective.slope`: longer, without a guarantee."""
    return gradient_descent(objective, u, watch, 1.0 / objective.slope())


def lbfgs(objective: Objective, u: Any, watch: Watch) -> Any:
    """L-BFGS (scipy's L-BFGS-B) in rounds, each in coordinates of curvature about 1 at its start.

    The curvature is that of each class by itself, on up to 8192 examples; the first round has 5 steps,
    each later one twice as many. A round that cannot improve anything ends the search. Of many more
    examples, the start is the optimum of so many.
    """
    return _rounds(objective, u, watch, "L-BFGS-B", {"maxcor": 20, "ftol": 0.0, "gtol": 0.0, "maxfun": 10**9})


def bfgs(objective: Objective, u: Any, watch: Watch) -> Any:
    """BFGS (scipy's), in the same rounds; it keeps a dense matrix, for up to some thousand weights."""
    return _rounds(objective, u, watch, "BFGS", {"gtol": 0.0})


def _rounds(objective: Objective, u: Any, watch: Watch, method: str, options: dict[str, Any]) -> Any:
    minimize = require("scipy.optimize", "sklearn").minimize
    if objective.design.n > 4 * PART:
        u = _rounds(objective.part(), u, Watch(_FAST**2, 100), method, options)
    value, g = objective.first(u)
    stop, length = watch(value, norm(g), 0.0), 5
    while not stop:
        coordinates = _Coordinates(objective, u)
        search = _Search(objective, coordinates, watch, u, value, g)
        minimize(
            search.evaluate, coordinates.inward(u), jac=True, method=method, callback=search.step,
            options=options | {"maxiter": length},
        )  # fmt: skip
        if search.iterate is None:
            break
        value, g, u, stop = search.value, search.g, search.iterate, search.stop
        length *= 2
    return objective.centred(u)


class _Coordinates:
    """u = A y with A^T H A = 1 for the objective's metric H at u, class by class, or for its diagonal."""

    def __init__(self, objective: Objective, u: Any) -> None:
        k, q = objective.classes or 1, objective.design.q
        self._shape = k, q
        if q <= _DENSE:
            H = objective.metric(u)
            # Never singular: what no example and no penalty bends keeps its own scale, and a part of the
            # examples may not see all that there is.
            least = 1e-10 if objective.design.n <= PART else 1e-4
            mean = np.trace(H, axis1=1, axis2=2)[:, None] / q
            H[:, range(q), range(q)] += least * np.clip(mean, 1e-300, 1.0)  # above 1 are penalties
            self._R: Any = np.linalg.cholesky(H).transpose(0, 2, 1)
            self._A: Any = np.linalg.inv(self._R)
        else:
            self._R = np.sqrt(1.0 / (2 * k + 2) + objective.l2s)
            self._A = 1.0 / self._R

    def outward(self, y: Any) -> Any:
        """u of y."""
        return self._times(self._A, y)

    def inward(self, u: Any) -> Any:
        """y of u."""
        return self._times(self._R, u)

    def gradient(self, g: Any) -> Any:
        """The gradient in y of a gradient in u."""
        return self._times(self._A if self._A.ndim == 1 else self._A.transpose(0, 2, 1), g)

    def _times(self, A: Any, x: Any) -> Any:
        return A * x if A.ndim == 1 else np.matmul(A, x.reshape(*self._shape, 1)).ravel()


class _Search:
    """One call of scipy's minimize: evaluates, and knows the gradient of the iterates that are accepted."""

    def __init__(
        self, objective: Objective, coordinates: _Coordinates, watch: Watch, u: Any, value: float, g: Any
    ) -> None:
        self._objective, self._coordinates, self._watch = objective, coordinates, watch
        self._start = u, value, g
        self._last: Any = None, value, None
        self.value, self.g, self.stop = value, g, False
        self.iterate: Any = None

    def evaluate(self, y: Any) -> tuple[float, Any]:
        """How much higher J is than at the start of the round, and its gradient."""
        before, start, slope = self._start
        u = self._coordinates.outward(y)
        value, g = self._objective.first(u)
        if not (value < np.inf and np.isfinite(g).all()):  # refused: far too high, and flat
            return 1e6 * (1.0 + abs(start)), np.zeros_like(y)
        self._last = y.copy(), value, g
        # Near the optimum values are equal but for rounding, and gradients still tell them apart.
        rise, told = value - start, float((slope + g) @ (u - before)) / 2
        near = abs(rise - told) <= 1e-15 * (1.0 + abs(start))
        return told if near else rise, self._coordinates.gradient(g)

    def step(self, intermediate_result: Any) -> None:
        y = intermediate_result.x
        before, value, g = self._last
        if not np.array_equal(y, before):
            value, g = self._objective.first(self._coordinates.outward(y))
        self.value, self.g, self.iterate = value, g, self._coordinates.outward(y)
        self.stop = self._watch(value, norm(g), 1.0)
        if self.stop:
            raise StopIteration
