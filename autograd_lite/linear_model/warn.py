"""What a fit warns of: no optimum, no single one, or not there yet."""

from __future__ import annotations

import warnings
from typing import Any

from autograd_lite.extras import require
from autograd_lite.linear_model.certificate import Certificate
from autograd_lite.linear_model.watch import Watch

ConvergenceWarning = require("sklearn.exceptions", "sklearn").ConvergenceWarning
_SHOWN = 3  # collinear columns in a sentence


class SeparationWarning(UserWarning):
    """The classes can be separated: coefficients tend to infinity, no maximum-likelihood estimate exists."""


class CollinearityWarning(UserWarning):
    """Columns are linear combinations of others, so there is no single maximum-likelihood estimate."""


def warn(name: str, done: Certificate, watch: Watch, solver: str) -> None:
    """Warn, as the estimator `name`, of what its certificate and the watch of its solver know."""
    overlap = done.separation is None or done.separation.kind == "none"
    if not overlap:
        _warn(f"{name}: {done.separation}", SeparationWarning)
    if done.collinear:
        told = "; ".join(map(str, done.collinear[:_SHOWN]))
        more = f"; and {len(done.collinear) - _SHOWN} more" if len(done.collinear) > _SHOWN else ""
        _warn(
            f"{name}: columns are collinear ({told}{more}), so the coefficients are not unique; these are "
            "the shortest for standardised features. Leave out such columns, or penalise (C=1)",
            CollinearityWarning,
        )
    if watch.converged and overlap and not done.collinear and done.duality_gap is done.distance is None:
        _warn(
            f"{name}: how far the fit is from the optimum cannot be told: without a penalty the curvature is "
            "lost in rounding. Leave out columns that are nearly collinear, weigh the classes more alike, or "
            "penalise (C=1)",
            ConvergenceWarning,
        )
    if not watch.converged and not watch.stopped:
        out_of_steps = watch.n_iter >= watch.max_iter
        remedy = (
            f"raise max_iter (now {watch.max_iter})" if out_of_steps else "rounding allows no better step"
        )
        other = "" if solver == "auto" else ", or leave the choice of the solver to 'auto'"
        _warn(
            f"{name}: not converged after {watch.n_iter} steps: gradient norm {done.gradient_norm:.1e}, "
            f"wanted {watch.tol:.1e}; {remedy}{other}",
            ConvergenceWarning,
        )


def _warn(text: str, category: Any) -> None:
    warnings.warn(text, category, stacklevel=4)  # where fit is called
