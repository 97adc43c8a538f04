"""SOLVERS: the table of all solvers. A new solver is a function and one row here."""

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_lite.linear_model import proximal, smooth
from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import Objective


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
    "newton": Solver(smooth.newton, False, "Newton's method with the exact Hessian; for few features"),
    "lbfgs": Solver(smooth.lbfgs, False, "L-BFGS; for many features and examples"),
    "bfgs": Solver(smooth.bfgs, False, "BFGS, with a dense matrix"),
    "gd": Solver(smooth.gradient_descent, False, "gradient descent with step 1/L: the loss never rises"),
    "gd-lipschitzlr": Solver(
        smooth.lipschitz_lr, False, "gradient descent with the step of arXiv 1902.07399: the loss may rise"
    ),
    "proximal-newton": Solver(proximal.proximal_newton, True, "Newton's method with an L1 penalty"),
    "fista": Solver(proximal.fista, True, "accelerated proximal gradient descent; for many features"),
}


def choose(objective: Objective) -> Solver:
    """The solver for "auto": Newton's method if its Hessians are cheap."""
    size = objective.l1s.size
    if objective.l1:
        return SOLVERS["proximal-newton" if size <= 1500 else "fista"]
    return SOLVERS["newton" if size <= 500 and objective.design.n * size**2 <= 10**8 else "lbfgs"]
