"""Inference: the coefficients of a maximum-likelihood fit and their covariance."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.linear_model.classifiers import Examples
from autograd_lite.linear_model.objective import Objective


@dataclass(frozen=True)
class Inference:
    """The numbers behind a summary; coefficients are differences to the first class.

    `coef` is (K - 1, q) with the intercept last, `covariance` the covariance matrix of its flat entries.
    `null_log_likelihood` belongs to the intercept alone, None without one. If weights rule out a likelihood
    (`robust` is True), both log-likelihoods are None, and the covariance is the sandwich of White (1980) and
    Huber (1967). `ratio` is how many times smaller a robust standard error can be than the one from the
    curvature alone, at least 1.
    """

    coef: Any
    covariance: Any
    robust: bool
    log_likelihood: float | None
    null_log_likelihood: float | None
    ratio: float = 1.0


def infer(objective: Objective, u: Any, examples: Examples) -> Inference:
    """The inference of a fit u without penalty, whose covariance is (m H)^-1, with m the sum of the weights.

    Sample weights that are whole numbers count examples. With other sample weights, and with class weights,
    the covariance is the sandwich H^-1 B H^-1, where B sums the squares of the gradients of the examples.
    """
    design = objective.design
    value, _, H = objective.value_gradient_hessian(u)
    total = float(examples.weights.sum())
    inverse = np.linalg.inv(H) / total
    whole = bool((examples.counts == np.round(examples.counts)).all())
    robust = not (whole and (examples.factors == 1).all())
    change, coef = _against_first_class(objective, u)
    covariance = change @ inverse @ change.T
    if not robust:
        null = None
        if design.fit_intercept:
            totals = np.bincount(examples.codes, examples.counts)
            null = float(totals @ np.log(totals / totals.sum()))
        return Inference(coef, covariance, robust, -total * value, null)
    repeats = examples.counts if whole else examples.counts**2
    r = np.atleast_2d(objective.residuals(u))
    squares = repeats * examples.factors[examples.codes] ** 2 * r[:, None] * r
    B = sum(objective.gram(part, X) for X, part in design.split(squares))
    sandwich = change @ (inverse @ B @ inverse) @ change.T
    ratio = max(1.0, float(np.sqrt((covariance.diagonal() / sandwich.diagonal()).max())))
    return Inference(coef, sandwich, robust, None, None, ratio)


def _against_first_class(objective: Objective, u: Any) -> tuple[Any, Any]:
    """The linear map from u to the coefficients of original features, and these coefficients, (K - 1, q)."""
    design = objective.design
    original = design.original_weights(np.eye(design.q)).T
    W = design.original_weights(u.reshape(objective.shape))
    if not objective.classes:
        return original, W[None].copy()
    identity = np.eye(objective.classes)
    return np.kron(identity[1:] - identity[0], original), W[1:] - W[0]
