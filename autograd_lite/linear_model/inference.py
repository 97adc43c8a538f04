"""Standard errors: the covariance of maximum-likelihood estimates, and of weighted ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.linear_model.objective import Objective


@dataclass(frozen=True)
class Inference:
    """What a summary is made of; coefficients are those of the classes but the first, against the first.

    `coef` (K - 1, q), the intercept last; `covariance` of all of them, flat; `log_likelihood` and
    `null_log_likelihood` (of the intercept alone), both None where weights make it no likelihood
    (`robust`): then the covariance is the sandwich of White (1980) and Huber (1967), and standard errors
    are up to `ratio` times smaller than those of the curvature alone.
    """

    coef: Any
    covariance: Any
    robust: bool
    log_likelihood: float | None
    null_log_likelihood: float | None
    ratio: float = 1.0


def inferred(objective: Objective, u: Any, counts: Any, factors: Any, codes: Any) -> Inference:
    """The inference of a fit u of an objective without penalty; (m H)^-1 is the covariance of u.

    `counts` are sample weights, `factors` the weights of the classes. Whole numbers count examples;
    with others, and with weights of classes, the sandwich H^-1 B H^-1 is the covariance, B the sum of
    squares of the examples' own gradients.
    """
    value, _, H = objective.second(u)
    total = float((counts * factors[codes]).sum())
    inverse = np.linalg.inv(H)
    whole = bool((counts == np.round(counts)).all())
    robust = not (whole and (factors == 1).all())
    if robust:
        times = counts if whole else counts**2
        root = inverse / total
        covariance = root @ _squares(objective, u, times * factors[codes] ** 2) @ root
    else:
        covariance = inverse / total
    coordinates = objective.design.weights(np.eye(objective.design.q)).T
    W = objective.design.weights(u.reshape(objective.shape))
    change, coef = coordinates, W[None].copy()
    if objective.classes:
        against = np.eye(objective.classes)[1:] - np.eye(objective.classes)[0]
        change, coef = np.kron(against, coordinates), W[1:] - W[0]
    present = np.bincount(codes, counts)
    null = float(present @ np.log(present / present.sum())) if objective.design.fit_intercept else None
    ratio = 1.0
    if robust:
        model = (change @ inverse @ change.T).diagonal() / total
        ratio = max(1.0, float(np.sqrt((model / (change @ covariance @ change.T).diagonal()).max())))
    return Inference(
        coef, change @ covariance @ change.T, robust,
        None if robust else -total * value, None if robust else null, ratio,
    )  # fmt: skip


def _squares(objective: Objective, u: Any, times: Any) -> Any:
    """The sum of the squares, as matrices, of the gradients of the examples, each so many times."""
    design, r = objective.design, np.atleast_2d(objective.residuals(u))
    parts = zip(design.blocks, design.places, strict=True)
    return sum(objective.gram((times * r[:, None] * r)[..., place], rows) for rows, place in parts)
