"""SOLVERS: the table of all solvers, and the solvers. A new solver is a function and one row.

A solver is a function (objective, u, monitor). It starts from the weights u, calls the monitor with each
iterate, stops when the monitor returns True, and returns the weights of the last iterate. It sees the
objective only through its values, gradients and Hessians, which come from the graph of the loss.

With an L1 penalty there are FISTA (Beck and Teboulle 2009, restart by O'Donoghue and Candes 2015) and a
proximal Newton method (Lee, Sun and Saunders 2014). The latter applies FISTA to the quadratic model of the
smooth part, which needs no pass through the data. A few models are enough.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.extras import require
from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import SUBSAMPLE, Objective
from autograd_lite.optim.second_order import SINGULAR, backtrack

_dposv = require("scipy.linalg.lapack", "sklearn").dposv

_PATIENCE = 10  # steps of Newton's method without progress, after which rounding is the reason
_SUBSAMPLE_TOL = 1e-4  # gradient norm at which the optimum of a subsample is good enough as a start
_MOST_DENSE = 1000  # features up to which a quasi-Newton method starts from a dense Hessian


def norm(g: Any) -> float:
    """The Euclidean norm; math.sqrt and a dot take a third of the time of numpy.linalg.norm."""
    return sqrt(g.dot(g))


def newton(objective: Objective, u: Any, monitor: SolverMonitor) -> Any:
    """Newton's method with a line search, and with a gradient step if that fails."""
    monitor.patience = _PATIENCE
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
        search = _Round(objective, monitor, (u, value, g))
        minimize(
            search.evaluate,
            _product(search.inverse, u),
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

    def __init__(self, objective: Objective, monitor: SolverMonitor, start: tuple[Any, float, Any]) -> None:
        self.iterate: Any = None
        self.stop = False
        self._objective = objective
        self._monitor = monitor
        self._start = start
        self._last = start
        k = objective.classes or 1
        q = objective.design.q
        if q > _MOST_DENSE:
            self.inverse: Any = np.sqrt(1.0 / (2 * k + 2) + objective.l2s)
            self._A: Any = 1.0 / self.inverse
            return
        H = objective.class_hessians(start[0])
        # A ridge keeps H nonsingular. It is larger for a subsample, which may miss some of the curvature.
        ridge = 1e-10 if objective.design.n <= SUBSAMPLE else 1e-4
        mean = np.trace(H, axis1=1, axis2=2)[:, None] / q
        H[:, range(q), range(q)] += ridge * np.clip(mean, 1e-300, 1.0)  # a mean above 1 is due to penalties
        self.inverse = np.linalg.cholesky(H).transpose(0, 2, 1)
        self._A = np.linalg.inv(self.inverse)

    def evaluate(self, y: Any) -> tuple[float, Any]:
        """J at y, less J at the start of the round, and the gradient."""
        start, start_value, start_g = self._start
        u = _product(self._A, y)
        value, g = self._objective.value_and_gradient(u)
        if not (value < np.inf and np.isfinite(g).all()):  # the line search rejects a high, flat point
            return 1e6 * (1.0 + abs(start_value)), np.zeros_like(y)
        self._last = u, value, g
        # Near the optimum the values differ only by rounding errors; the gradients are still accurate.
        rise = value - start_value
        from_slopes = float((start_g + g) @ (u - start)) / 2
        if abs(rise - from_slopes) <= 1e-15 * (1.0 + abs(start_value)):
            rise = from_slopes
        return rise, _product(self._A if self._A.ndim == 1 else self._A.transpose(0, 2, 1), g)

    def accept(self, intermediate_result: Any) -> None:
        """Record an iterate that scipy accepts, and end the search if the monitor asks for it."""
        u = _product(self._A, intermediate_result.x)
        if not np.array_equal(u, self._last[0]):
            self._last = u, *self._objective.value_and_gradient(u)
        self.iterate = self._last
        _, value, g = self.iterate
        self.stop = self._monitor(value, norm(g), 1.0)
        if self.stop:
            raise StopIteration


def _product(A: Any, x: Any) -> Any:
    """A x, where A has a matrix for each class, (K, q, q), or is the diagonal of one matrix."""
    return A * x if A.ndim == 1 else np.matmul(A, x.reshape(*A.shape[:2], 1)).ravel()


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

    monitor.patience = _PATIENCE
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


class Solver(NamedTuple):
    """A solver of LogisticRegression and SoftmaxRegression.

    `minimise(objective, u, monitor)` starts from the weights u, calls the monitor with (loss, gradient norm,
    step) at each iterate until it returns True, and returns the last weights. `l1` is True if it can minimise
    an L1 penalty. `description` is one line for users.
    """

    minimise: Callable[[Objective, Any, SolverMonitor], Any]
    l1: bool
    description: str


SOLVERS: dict[str, Solver] = {
    "newton": Solver(newton, False, "Newton's method with the exact Hessian; for few features"),
    "lbfgs": Solver(lbfgs, False, "L-BFGS; for many features and examples"),
    "bfgs": Solver(bfgs, False, "BFGS, with a dense matrix"),
    "gd": Solver(gradient_descent, False, "gradient descent with step 1/L: the loss never rises"),
    "gd-lipschitzlr": Solver(
        lipschitz_lr, False, "gradient descent with the step of arXiv 1902.07399: the loss may rise"
    ),
    "proximal-newton": Solver(proximal_newton, True, "Newton's method with an L1 penalty"),
    "fista": Solver(fista, True, "accelerated proximal gradient descent; for many features"),
}


def choose(objective: Objective) -> Solver:
    """The solver for "auto": Newton's method if its Hessians are cheap."""
    size = objective.l1s.size
    if objective.l1:
        return SOLVERS["proximal-newton" if size <= 1500 else "fista"]
    return SOLVERS["newton" if size <= 500 and objective.design.n * size**2 <= 10**8 else "lbfgs"]
