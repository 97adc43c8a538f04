"""Solvers for objectives without an L1 penalty: Newton's method, gradient descent, L-BFGS and BFGS.

A solver is a function (objective, u, monitor). It starts from the weights u, calls the monitor with each
iterate, stops when the monitor returns True, and returns the weights of the last iterate. It sees the
objective only through its values, gradients and Hessians, which come from the graph of the loss.
"""

from math import sqrt
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import SUBSAMPLE, Objective
from autograd_lite.optim.second_order import SINGULAR, backtrack

_dposv = require("scipy.linalg.lapack", "sklearn").dposv

PATIENCE = 10  # steps of Newton's method without progress, after which rounding is the reason
_SUBSAMPLE_TOL = 1e-4  # gradient norm at which the optimum of a subsample is good enough as a start
_MOST_DENSE = 1000  # features up to which a quasi-Newton method starts from a dense Hessian


def norm(g: Any) -> float:
    """The Euclidean norm; math.sqrt and a dot take a third of the time of numpy.linalg.norm."""
    return sqrt(g.dot(g))


def newton(objective: Objective, u: Any, monitor: SolverMonitor) -> Any:
    """Newton's method with a line search, and with a gradient step if that fails."""
    monitor.patience = PATIENCE
    evaluate = objective.value_gradient_hessian
    point: Any = evaluate(u)
    step = 0.0
    while True:
        value, g, H = point
        size = norm(g)
        if monitor(value, size, step):
            return u
        p = _newton_direction(g, H)
        slope = float(g @ p)
        if step == 0:
            p, slope = _lengthen(objective, u, p, slope)
        step, w, point = backtrack(evaluate, u, p, value, slope)
        if point is None:  # p is much too long, because logits are saturated; a gradient step never is
            L = objective.gradient_lipschitz()
            step, w, point = backtrack(evaluate, u, -g / L, value, -size * size / L)
        if point is None or (step < 1 and not point[0] < value):  # the rest is rounding error
            return u
        u = w


def _newton_direction(g: Any, H: Any) -> Any:
    """Newton's direction, or the shortest one if H is singular; H never has negative eigenvalues here."""
    factor, p, failed = _dposv(H, -g)
    pivots = factor.diagonal()
    if not failed and (pivots * pivots > SINGULAR * H.diagonal()).all():
        return p
    # Curvatures above 1 come from penalties and can be huge: scaled, they do not hide the others.
    scale = 1.0 / np.sqrt(np.maximum(H.diagonal(), 1.0))
    values, vectors = np.linalg.eigh(scale[:, None] * H * scale)
    components = vectors.T @ -(scale * g)
    flat = values <= SINGULAR * values[-1]
    # Flat directions: columns are collinear, and g is rounding error there, or logits are saturated.
    components[flat & (np.abs(components) < 1e-3 * norm(components))] = 0.0
    curvatures = np.where(flat, 1e-3 * max(values[-1], 1e-100), values)
    return scale * (vectors @ (components / curvatures))


def _lengthen(objective: Objective, u: Any, p: Any, slope: float) -> tuple[Any, float]:
    """Newton's first direction p and its slope, lengthened to the minimum along p if it is too short.

    A step from zero weights is too short, because the curvature is largest there. The search saves two
    Hessians.
    """
    low = 0.0
    slope_low = slope
    t = 1.0
    while t < 64 and (slope_t := float(objective.value_and_gradient(u + t * p)[1] @ p)) < 0:
        low = t
        slope_low = slope_t
        t = 2 * t
    if low == 0 or t == 64 or not slope_t < np.inf:
        return p, slope
    t = low + (t - low) * slope_low / (slope_low - slope_t)
    return t * p, t * slope


def gradient_descent(objective: Objective, u: Any, monitor: SolverMonitor, step: float | None = None) -> Any:
    """Gradient descent with the step 1/L, L the Lipschitz constant of the gradient: J never increases."""
    step = step or 1.0 / objective.gradient_lipschitz()
    value, g = objective.value_and_gradient(u)
    while not monitor(value, norm(g), step):
        w = u - step * g
        value, g = objective.value_and_gradient(w)
        if not (value < np.inf and np.isfinite(g).all()):
            return u
        u = w
    return u


def lipschitz_lr(objective: Objective, u: Any, monitor: SolverMonitor) -> Any:
    """Gradient descent with the step of LipschitzLR, 1 / `Objective.loss_lipschitz`: J may increase."""
    return gradient_descent(objective, u, monitor, 1.0 / objective.loss_lipschitz())


def lbfgs(objective: Objective, u: Any, monitor: SolverMonitor) -> Any:
    """L-BFGS (scipy's L-BFGS-B) in rounds, each in coordinates in which the curvature is about 1.

    The curvature is computed for each class by itself, from up to 8192 examples. The first round has 5 steps,
    each later round twice as many as the one before. A round without any progress ends the search. With many
    more examples, the start is the optimum for a subsample.
    """
    options = {"maxcor": 20, "ftol": 0.0, "gtol": 0.0, "maxfun": 10**9}
    return _rounds(objective, u, monitor, "L-BFGS-B", options)


def bfgs(objective: Objective, u: Any, monitor: SolverMonitor) -> Any:
    """BFGS (scipy's) in the same rounds; it keeps a dense matrix, for up to some thousand weights."""
    return _rounds(objective, u, monitor, "BFGS", {"gtol": 0.0})


def _rounds(
    objective: Objective, u: Any, monitor: SolverMonitor, method: str, options: dict[str, Any]
) -> Any:
    minimize = require("scipy.optimize", "sklearn").minimize
    if objective.design.n > 4 * SUBSAMPLE:
        u = _rounds(objective.subsample(), u, SolverMonitor(_SUBSAMPLE_TOL, 100), method, options)
    value, g = objective.value_and_gradient(u)
    stop = monitor(value, norm(g), 0.0)
    length = 5
    while not stop:
        search = _Round(objective, monitor, u, value, g)
        minimize(
            search.evaluate,
            search.from_weights(u),
            jac=True,
            method=method,
            callback=search.accept,
            options=options | {"maxiter": length},
        )
        if search.iterate is None:
            break
        u, value, g = search.iterate
        stop = search.stop
        length *= 2
    return objective.centred(u)


class _Round:
    """One call of scipy's minimize, in coordinates y with u = A y; `iterate` is its last (u, value, g).

    In these coordinates, the Hessian of each class at the start is about the identity. A is a triangular
    matrix for each class, or with many features the diagonal of a matrix. `iterate` is None until scipy has
    accepted a step.
    """

    def __init__(self, objective: Objective, monitor: SolverMonitor, u: Any, value: float, g: Any) -> None:
        self.iterate: Any = None
        self.stop = False
        self._objective = objective
        self._monitor = monitor
        self._start = u, value, g
        self._last: Any = None, value, None
        k = objective.classes or 1
        q = objective.design.q
        if q > _MOST_DENSE:
            self._inverse: Any = np.sqrt(1.0 / (2 * k + 2) + objective.l2s)
            self._A: Any = 1.0 / self._inverse
            return
        H = objective.class_hessians(u)
        # A ridge keeps H nonsingular. It is larger for a subsample, which may miss some of the curvature.
        ridge = 1e-10 if objective.design.n <= SUBSAMPLE else 1e-4
        mean = np.trace(H, axis1=1, axis2=2)[:, None] / q
        H[:, range(q), range(q)] += ridge * np.clip(mean, 1e-300, 1.0)  # a mean above 1 is due to penalties
        self._inverse = np.linalg.cholesky(H).transpose(0, 2, 1)
        self._A = np.linalg.inv(self._inverse)

    def from_weights(self, u: Any) -> Any:
        """The coordinates y of weights u."""
        return _product(self._inverse, u)

    def evaluate(self, y: Any) -> tuple[float, Any]:
        """J at y, less J at the start of the round, and the gradient."""
        start, start_value, start_g = self._start
        u = _product(self._A, y)
        value, g = self._objective.value_and_gradient(u)
        if not (value < np.inf and np.isfinite(g).all()):  # the line search rejects a high, flat point
            return 1e6 * (1.0 + abs(start_value)), np.zeros_like(y)
        self._last = y.copy(), value, g
        # Near the optimum the values differ only by rounding errors; the gradients are still accurate.
        rise = value - start_value
        from_slopes = float((start_g + g) @ (u - start)) / 2
        if abs(rise - from_slopes) <= 1e-15 * (1.0 + abs(start_value)):
            rise = from_slopes
        return rise, _product(self._A if self._A.ndim == 1 else self._A.transpose(0, 2, 1), g)

    def accept(self, intermediate_result: Any) -> None:
        """Record an iterate that scipy accepts, and end the search if the monitor asks for it."""
        y = intermediate_result.x
        u = _product(self._A, y)
        last_y, value, g = self._last
        if not np.array_equal(y, last_y):
            value, g = self._objective.value_and_gradient(u)
        self.iterate = u, value, g
        self.stop = self._monitor(value, norm(g), 1.0)
        if self.stop:
            raise StopIteration


def _product(A: Any, x: Any) -> Any:
    """A x, where A has a matrix for each class, (K, q, q), or is the diagonal of one matrix."""
    return A * x if A.ndim == 1 else np.matmul(A, x.reshape(*A.shape[:2], 1)).ravel()
