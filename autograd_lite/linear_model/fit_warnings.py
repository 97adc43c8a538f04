"""Warnings after a fit: there is no optimum, more than one, or the solver did not reach it."""

import warnings
from typing import Any

from autograd_lite.extras import require
from autograd_lite.linear_model.certificate import Certificate
from autograd_lite.linear_model.monitor import SolverMonitor

ConvergenceWarning = require("sklearn.exceptions", "sklearn").ConvergenceWarning
_MOST_COLUMNS = 3  # collinear columns that the warning lists


class SeparationWarning(UserWarning):
    """The classes can be separated: coefficients tend to infinity, no maximum-likelihood estimate exists."""


class CollinearityWarning(UserWarning):
    """Columns are linear combinations of others, so there is no single maximum-likelihood estimate."""


def warn_about_fit(name: str, certificate: Certificate, monitor: SolverMonitor, solver: str) -> None:
    """Issue the warnings of a fit by the estimator `name` with the setting `solver`."""
    separated = certificate.separation is not None and certificate.separation.kind != "none"
    if separated:
        _warn(f"{name}: {certificate.separation}", SeparationWarning)
    if certificate.collinear:
        columns = "; ".join(map(str, certificate.collinear[:_MOST_COLUMNS]))
        more = len(certificate.collinear) - _MOST_COLUMNS
        if more > 0:
            columns += f"; and {more} more"
        _warn(
            f"{name}: columns are collinear ({columns}), so the coefficients are not unique; these are the "
            "shortest for standardised features. Leave out such columns, or penalise (C=1)",
            CollinearityWarning,
        )
    if not monitor.converged and not monitor.stopped:
        if monitor.n_iter >= monitor.max_iter:
            remedy = f"raise max_iter (now {monitor.max_iter})"
        else:
            remedy = "rounding allows no better step"
        if solver != "auto":
            remedy += ", or leave the choice of the solver to 'auto'"
        _warn(
            f"{name}: not converged after {monitor.n_iter} steps: gradient norm "
            f"{certificate.gradient_norm:.1e}, wanted {monitor.tol:.1e}; {remedy}",
            ConvergenceWarning,
        )
    bounded = certificate.duality_gap is not None or certificate.distance is not None
    if monitor.converged and not (bounded or separated or certificate.collinear):
        _warn(
            f"{name}: the distance of the fit to the optimum is unknown: without a penalty, the curvature is "
            "too small to compute. Leave out columns that are nearly collinear, make the weights of the "
            "examples more alike, or penalise (C=1)",
            ConvergenceWarning,
        )


def _warn(text: str, category: Any) -> None:
    warnings.warn(text, category, stacklevel=4)  # the line that calls fit
