"""Bounds of the distance of weights to the optimum that hold whatever the solver did.

For penalised fits the bound is the duality gap; for the others it is Newton's decrement.

*Gap.* Any probabilities q with the right mean of each class (which the intercept asks for) are a dual
point, and J(w) - J* is at most the sum of the Fenchel-Young losses: for an example KL(q || p), for a
weight the part below. All terms are >= 0 and computed without cancellation, so a gap can be 1e-25. With
l2 > 0, J is strongly convex in the weights: |w - w*|^2 <= 2 gap / l2.

*Decrement.* With h = sqrt(g^T H^-1 g) and r the largest |x_i^T v| of a direction v of length 1 in the
norm of H (of K classes the largest difference of two logits), the logits of the optimum differ by at most
t = -log(1 - r h), and it is not farther than t / r in that norm, if r h < 1. For along a direction that
changes logits by t the curvature changes by factors between e^-t and e^t (Bach 2010, lemma 1, in the
logits). Then the optimum exists, so the classes cannot be separated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.linear_model.objective import Objective
from autograd_lite.ops.activations import log_softmax, sigmoid, softmax


def gap(objective: Objective, u: Any) -> float:
    """A bound of J(u) - J*, but for rounding, of an objective with a penalty on all weights of features."""
    design, t = objective.design, objective.t
    z = logits(objective, u)
    if objective.classes:
        p = softmax(z, axis=0)
    else:
        p, t, z = sigmoid(np.stack([-z, z])), np.stack([1.0 - t, t]), np.stack([0.0 * z, z])
    q = _balanced(z, p, t @ design.s, design.s) if design.fit_intercept else p
    v = _pulled(objective, q - t)
    if not objective.l2:  # |v| must be <= l1: q is moved towards the labels, where v is 0
        largest = np.max(np.abs(v) / np.where(objective.l1s > 0, objective.l1s, np.inf), initial=1.0)
        q, v = t + (q - t) / largest, v / largest
    return float(design.s @ _divergence(q, p, z)) + _of_weights(objective, u, -v)


def _of_weights(objective: Objective, u: Any, a: Any) -> float:
    """sum of r(u) + r*(a) - a u over weights, with r the penalty: a sum of terms that are not negative."""
    l1, l2 = objective.l1s, objective.l2s
    inside = np.minimum(np.maximum(a, -l1), l1)
    off = l2 * u - (a - inside)
    return float((l1 * np.abs(u) - inside * u + off * off / np.where(l2 > 0, 2.0 * l2, np.inf)).sum())


def _pulled(objective: Objective, difference: Any) -> Any:
    """X^T diag(s) (q - t), in the flat weights."""
    design = objective.design
    dz = design.s * (difference if objective.classes else difference[1])
    parts = zip(design.blocks, design.places, strict=True)
    return sum(design.pulled(dz[..., place], rows) for rows, place in parts).ravel()


def _balanced(z: Any, p: Any, wanted: Any, s: Any) -> Any:
    """Probabilities near p = softmax(z) whose means under s are `wanted`, which are positive.

    First the logits are shifted, by a step of Newton's method; then a constant c is mixed in, as little
    as makes the means right: (1 - e) q + e c.
    """
    q, off = p, p @ s - wanted
    if np.abs(off).max() > 1e-15:
        H = np.diag(q @ s) - (q * s) @ q.T
        shifted = softmax(z + np.linalg.lstsq(H, -off)[0][:, None], axis=0)
        if np.abs(shifted @ s - wanted).max() < np.abs(off).max():
            q, off = shifted, shifted @ s - wanted
    ratio = float((off / wanted).max())
    if not ratio > 0:
        return q
    e = ratio / (1.0 + ratio)
    return (1.0 - e) * q + e * np.maximum(wanted - off / ratio, 0.0)[:, None]


def _divergence(q: Any, p: Any, z: Any) -> Any:
    """KL(q || p) of each example as the sum of p - q + q log(q / p) >= 0 over classes, p = softmax(z).

    Where q is near p the term is bounded by (q - p)^2 / p, which nothing cancels in.
    """
    terms = (q - p) ** 2 / np.maximum(p, 1e-300)
    far = np.abs(q - p) > 0.5 * p
    if far.any():
        q, p, log_p = q[far], p[far], log_softmax(z, axis=0)[far]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms[far] = p - q + np.where(q > 0, q * (np.log(q) - log_p), 0.0)
    return np.maximum(terms, 0.0).sum(axis=0)


def decrement(objective: Objective, u: Any, total: float) -> tuple[float, float | None]:
    """r h of the module's text, and if it is < 1 the bound of all distances in standard errors, else None.

    `total` is the sum of the weights of the examples. The Hessian at u must not be singular.
    """
    _, g, H = objective.second(u)
    try:
        inverse = np.linalg.inv(H)
    except np.linalg.LinAlgError:
        return np.inf, None
    if not np.linalg.norm(H) * np.linalg.norm(inverse) < 1e13:  # a thousand times what rounding leaves
        return np.inf, None
    h = float(max(g @ inverse @ g, 0.0)) ** 0.5
    # First a bound of r, by the lengths of the x_i, that costs a tenth of r itself.
    longest = max(float(objective.design.squared_norms(rows).max()) for rows in objective.design.blocks)
    r = float((2.0 if objective.classes else 1.0) * longest * np.linalg.norm(inverse)) ** 0.5
    if not r * h < 0.4:
        r = max(_reach(objective, inverse), 0.0) ** 0.5
    if not (r * h < 1 and (inverse.diagonal() > 0).all()):
        return np.inf, None
    return r * h, float(-np.log1p(-r * h) / r * total**0.5) if r > 0 else 0.0


def logits(objective: Objective, u: Any) -> Any:
    """The logits of all examples, (n,) or (K, n)."""
    design, W = objective.design, u.reshape(objective.shape)
    return np.concatenate([design.logits(W, rows) for rows in design.blocks], axis=-1)


def _reach(objective: Objective, inverse: Any) -> float:
    """The largest x_i^T H^-1 x_i, of K classes of (e_j - e_k) x_i."""
    design, q = objective.design, objective.design.q
    blocks = inverse.reshape(objective.classes or 1, q, objective.classes or 1, q)
    if objective.classes:
        pairs = [(j, k) for j in range(objective.classes) for k in range(j)]
        kernels = [blocks[j, :, j] + blocks[k, :, k] - blocks[j, :, k] - blocks[k, :, j] for j, k in pairs]
    else:
        kernels = [blocks[0, :, 0]]
    return max(
        float(design.quadratic(kernel, rows).max(initial=0.0)) for kernel in kernels for rows in design.blocks
    )
