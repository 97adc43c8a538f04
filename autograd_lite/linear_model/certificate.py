"""Certificate: how far a fit can be from the optimum, whether an optimum exists, and warnings about it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.linear_model.bounds import decrement_bound, duality_gap
from autograd_lite.linear_model.classifiers import Examples
from autograd_lite.linear_model.collinearity import Dependence, collinear
from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.separation import Separation, separation
from autograd_lite.optim.second_order import positive_definite

ConvergenceWarning = require("sklearn.exceptions", "sklearn").ConvergenceWarning
_MOST_WEIGHTS = 2000  # weights up to which the Hessian is computed for the bound of a fit without penalty
_MOST_COLUMNS = 10  # collinear columns that the text lists
_MOST_COLUMNS_WARNED = 3  # and that the warning lists
_CLOSE = 5e-4  # part of the objective that the duality gap of a trustworthy fit does not exceed
_CLOSE_ERRORS = 0.03  # standard errors that its coefficients are at most away from the optimum
_NEARLY_SINGULAR = 1e-9  # a relative pivot of the Hessian below this is a sign of collinear columns


class SeparationWarning(UserWarning):
    """The classes can be separated: coefficients tend to infinity, no maximum-likelihood estimate exists."""


class CollinearityWarning(UserWarning):
    """Columns are linear combinations of others, so there is no single maximum-likelihood estimate."""


@dataclass(frozen=True)
class Certificate:
    """Upper bounds on how far a fit is from the optimum, and whether an optimum exists.

    `converged` is True if the solver reached its tolerance. `gradient_norm` is the norm of the gradient of J
    in standardised features; with an L1 penalty, the norm of the smallest subgradient. `proven` is False if
    neither the bounds nor what follows answers how far the optimum is; the fit then warns.

    With a penalty, `duality_gap` is a bound on J - J*, and `distance` a bound on |w - w*| over the weights of
    the features, or None if l2 is 0. Without a penalty, `duality_gap` is None, and `distance` bounds the
    distance of every coefficient in its standard errors, or is None if there is no bound. Then `separation`
    is a `Separation`, and `collinear` has a `Dependence` for each column that depends on columns before it.
    """

    converged: bool
    gradient_norm: float
    duality_gap: float | None = None
    distance: float | None = None
    separation: Separation | None = None
    collinear: tuple[Dependence, ...] = ()
    proven: bool = True

    def __str__(self) -> str:
        """A line for each fact."""
        convergence = "converged" if self.converged else "NOT converged"
        lines = [f"{convergence}: gradient norm {self.gradient_norm:.1e}"]
        if self.duality_gap is not None:
            lines.append(f"objective: within {self.duality_gap:.1e} of the optimum (duality gap)")
            if self.distance is not None:
                lines.append(f"weights: within {self.distance:.1e} of the optimum (strong convexity)")
        elif self.distance is None:
            lines.append("optimum: no bound")
        else:
            bound = f"{self.distance:.1e} standard errors"
            lines.append(f"optimum: every coefficient is within {bound} (Newton decrement)")
        if self.collinear and self.separation is not None and self.separation.kind == "none":
            lines.append(
                "classes: They overlap, so the likelihood has a maximum, but at more than one point."
            )
        elif self.separation is not None:
            lines.append(f"classes: {self.separation}")
        lines += [f"collinear: {column}" for column in self.collinear[:_MOST_COLUMNS]]
        if len(self.collinear) > _MOST_COLUMNS:
            lines.append(f"collinear: {len(self.collinear) - _MOST_COLUMNS} more")
        return "\n".join(fill(line, 100, subsequent_indent="  ") for line in lines)


def certify(
    objective: Objective, u: Any, monitor: SolverMonitor, examples: Examples, names: Sequence[str]
) -> Certificate:
    """The certificate of a fit u; `names` are the names of the features."""
    converged = monitor.converged
    gradient_norm = monitor.history.metrics["gradient_norm"][-1]
    if objective.l1 or objective.l2:
        gap = duality_gap(objective, u)
        most = _CLOSE * monitor.history.loss[-1]
        if not gap <= most and not objective.l1 and u.size <= _MOST_WEIGHTS:
            rh, distance = decrement_bound(objective, u, 1.0)
            gap = gap if distance is None else min(gap, distance**2 / (2.0 * (1.0 - rh)))
        distance = (2.0 * gap / objective.l2) ** 0.5 if objective.l2 else None
        return Certificate(converged, gradient_norm, gap, distance, proven=gap <= most)
    design = objective.design
    rh = np.inf
    distance = None
    dependent: tuple[Dependence, ...] = ()
    if u.size <= _MOST_WEIGHTS:
        if not positive_definite(objective.value_gradient_hessian(u)[2], _NEARLY_SINGULAR):
            dependent = collinear(design.X, fit_intercept=design.fit_intercept, names=names)
        if not dependent:
            rh, distance = decrement_bound(objective, u, float(examples.weights.sum()))
    # rh < 1 proves that an optimum exists. For separable classes rh tends to 1; 0.5 leaves room for rounding.
    overlap = Separation("none") if rh < 0.5 else _separation(objective, u, examples.codes, names)
    if overlap.kind != "none":
        distance = None
    close = distance is not None and distance <= _CLOSE_ERRORS
    proven = close or overlap.kind != "none" or bool(dependent)
    return Certificate(converged, gradient_norm, None, distance, overlap, dependent, proven)


def _separation(objective: Objective, u: Any, codes: Any, names: Sequence[str]) -> Separation:
    """Complete separation if the fit itself separates all examples, otherwise the result of `separation`."""
    design = objective.design
    z = objective.logits(u)
    if not objective.classes:
        z = np.stack([np.zeros_like(z), z])
    own = codes == np.arange(len(z))[:, None]
    if (np.where(own, z, -np.inf).max(axis=0) > np.where(own, -np.inf, z).max(axis=0)).all():
        w = design.original_weights(u.reshape(objective.shape))
        if not design.fit_intercept:
            w = np.append(w, np.zeros((*w.shape[:-1], 1)), axis=-1)
        return Separation("complete", w.T, np.arange(design.n))
    return separation(design.X, codes, fit_intercept=design.fit_intercept, names=names)


def doubt(objective: Objective, certificate: Certificate, rows: Any, names: Sequence[str]) -> str:
    """The problem of a fit that is not proven to be near its optimum, and the remedy.

    `rows` are the indices of the design's rows in the data, and `names` the names of the features.
    """
    if certificate.duality_gap is None:
        known = "unknown: without a penalty, the curvature is too small to compute"
        remedy = "make the weights of the examples more alike, or penalise (C=1)"
    else:
        known = f"up to {certificate.duality_gap:.1e} in the objective (duality gap)"
        remedy = "or take logarithms of such features"
    design = objective.with_robust_scales().design
    i, j = design.largest_entry()
    entry = f"{design.X[i, j]:.6g}"
    typical = f"{design.scale[j]:.1e}"
    return (
        f"the distance of the fit to the optimum is {known}. The most extreme value is {entry}, of feature "
        f"{names[j]} in row {rows[i]}, where {typical} is typical: correct it if it is wrong, {remedy}. "
        "Leave out columns that are nearly collinear"
    )


def warn_about_fit(
    name: str, certificate: Certificate, monitor: SolverMonitor, solver: str, doubts: str
) -> None:
    """Issue the warnings of a fit by the estimator `name` with the setting `solver`; `doubts` of `doubt`."""
    problems: list[tuple[str, Any]] = []
    if certificate.separation is not None and certificate.separation.kind != "none":
        problems.append((str(certificate.separation), SeparationWarning))
    if certificate.collinear:
        columns = "; ".join(map(str, certificate.collinear[:_MOST_COLUMNS_WARNED]))
        more = len(certificate.collinear) - _MOST_COLUMNS_WARNED
        if more > 0:
            columns += f"; and {more} more"
        text = (
            f"columns are collinear ({columns}), so the coefficients are not unique; these are the shortest "
            "for standardised features. Leave out such columns, or penalise (C=1)"
        )
        problems.append((text, CollinearityWarning))
    out_of_steps = monitor.n_iter >= monitor.max_iter
    if doubts and not out_of_steps and not monitor.stopped:
        other = "" if solver == "auto" else ", or leave the choice of the solver to 'auto'"
        problems.append((doubts + other, ConvergenceWarning))
    elif not certificate.converged and not monitor.stopped:
        remedy = "rounding allows no better step"
        if out_of_steps:
            remedy = f"raise max_iter (now {monitor.max_iter})"
        if solver != "auto":
            remedy += ", or leave the choice of the solver to 'auto'"
        text = (
            f"not converged after {monitor.n_iter} steps: gradient norm {certificate.gradient_norm:.1e}, "
            f"wanted {monitor.tol:.1e}; {remedy}"
        )
        problems.append((text, ConvergenceWarning))
    for text, category in problems:
        warnings.warn(f"{name}: {text}", category, stacklevel=3)  # the line that calls fit
