"""What a fit is worth: its certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np

from autograd_lite.linear_model.bounds import decrement, gap, logits
from autograd_lite.linear_model.collinearity import Dependence, collinear
from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.separation import Separation, separation
from autograd_lite.linear_model.watch import Watch
from autograd_lite.optim.second_order import positive_definite

_MOST = 2000  # weights up to which a Hessian is made for the bound of a fit without penalty
_SHOWN = 10  # collinear columns
_SUSPECT = 1e-9  # of a column's curvature, what the columns before it leave of it in collinear data


@dataclass(frozen=True)
class Certificate:
    """How far a fit is from the optimum at most, and whether there is one.

    `converged`: whether the solver came to its tolerance. `gradient_norm`: of J in standardised features;
    with L1 the norm of the smallest subgradient, the residual of the Karush-Kuhn-Tucker conditions.
    `duality_gap`: a bound of J - J*, None without a penalty. `distance`: a bound of |w - w*| over the
    weights of the features if l2 > 0, and without a penalty of every coefficient's distance in its standard
    errors; None where there is no bound. `separation` and `collinear` are known of fits without a penalty:
    a `Separation`, and a `Dependence` for each such column.
    """

    converged: bool
    gradient_norm: float
    duality_gap: float | None = None
    distance: float | None = None
    separation: Separation | None = None
    collinear: tuple[Dependence, ...] = ()

    def __str__(self) -> str:
        """A line for each thing that is known."""
        lines = [
            f"{'converged' if self.converged else 'NOT converged'}: gradient norm {self.gradient_norm:.1e}"
        ]
        if self.duality_gap is not None:
            lines.append(f"objective: within {self.duality_gap:.1e} of the optimum (duality gap)")
            if self.distance is not None:
                lines.append(f"weights: within {self.distance:.1e} of the optimum (strong convexity)")
        else:
            lines.append(
                "optimum: " + ("no bound" if self.distance is None else
                f"every coefficient is within {self.distance:.1e} standard errors (Newton decrement)")
            )  # fmt: skip
        lines += [] if self.separation is None else [f"classes: {self.separation}"]
        lines += [f"collinear: {each}" for each in self.collinear[:_SHOWN]]
        if len(self.collinear) > _SHOWN:
            lines.append(f"collinear: {len(self.collinear) - _SHOWN} more")
        return "\n".join(fill(line, 100, subsequent_indent="  ") for line in lines)


def certified(
    objective: Objective, u: Any, watch: Watch, codes: Any, total: float, names: Sequence[str]
) -> Certificate:
    """The certificate of a fit u that `watch` saw, of examples with classes `codes` and weights `total`."""
    converged, residual = watch.converged, watch.history.metrics["gradient_norm"][-1]
    if objective.l1 or objective.l2:
        bound = gap(objective, u)
        distance = (2.0 * bound / objective.l2) ** 0.5 if objective.l2 else None
        return Certificate(converged, residual, bound, distance)
    design, distance, reach = objective.design, None, np.inf
    dependent: tuple[Dependence, ...] = ()
    if u.size <= _MOST:
        if not positive_definite(objective.second(u)[2], _SUSPECT):
            dependent = collinear(design.X, fit_intercept=design.fit_intercept, names=names)
        if not dependent:
            reach, distance = decrement(objective, u, total)
    # Below 1 the optimum exists; of classes that can be separated it tends to 1, and rounding is not 1/2.
    found = Separation("none") if reach < 0.5 else _separated(objective, u, codes, names)
    return Certificate(
        converged, residual, None, distance if found.kind == "none" else None, found, dependent
    )


def _separated(objective: Objective, u: Any, codes: Any, names: Sequence[str]) -> Separation:
    """The verdict of the fit itself where it separates all examples, else of the linear programme."""
    design = objective.design
    z = np.atleast_2d(logits(objective, u))
    own = np.where(codes, z[0], -z[0]) if len(z) == 1 else _lead(z, codes)
    if (own > 0).all():
        w = design.weights(u.reshape(objective.shape))
        direction = w if design.fit_intercept else np.append(w, np.zeros((*w.shape[:-1], 1)), axis=-1)
        return Separation("complete", direction.T, np.arange(design.n))
    return separation(design.X, codes, fit_intercept=design.fit_intercept, names=names)


def _lead(z: Any, codes: Any) -> Any:
    """By how much the logit of each example's own class is above the others', (n,); z is (K, n)."""
    own = codes == np.arange(len(z))[:, None]
    return z[own.T.nonzero()[1], np.arange(z.shape[1])] - np.where(own, -np.inf, z).max(axis=0)
