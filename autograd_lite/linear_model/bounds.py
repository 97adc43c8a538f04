"""Bounds on the distance between weights and the optimum that hold whatever the solver did.

Penalised fits use the duality gap, the others Newton's decrement. The latter also helps if an L2 penalty is
so weak that rounding spoils the duality gap.

*Duality gap.* Any probabilities q that give each class its observed mean (as an intercept requires) are a
dual point. J(u) - J* is at most a sum of Fenchel-Young losses: KL(q || p) for each example and a term for
each weight. No term is negative and none suffers from cancellation, so a gap can be as small as 1e-25. With
l2 > 0, J is strongly convex in the weights: |w - w*|^2 <= 2 gap / l2.

*Newton's decrement.* Let h = sqrt(g^T H^-1 g). Let r be the largest change of a logit (with K classes, of the
difference of two logits) of any example along a direction of length 1 in the norm of H. If r h < 1, an
optimum exists, so the classes cannot be separated; its logits differ from those here by at most t = -log(1 -
r h), and its distance is at most t / r in the norm of H. The reason: along a direction that changes logits by
t, the curvature changes by a factor between e^-t and e^t (Bach 2010, lemma 1, for logits). So J(u) - J* is at
most e^t / 2 times the square of the distance.
"""

from typing import Any

import numpy as np

from autograd_lite.linear_model.objective import Objective
from autograd_lite.ops.activations import log_softmax, sigmoid, softmax


def duality_gap(objective: Objective, u: Any) -> float:
    """A bound on J(u) - J*, up to rounding, if all weights of features have a penalty."""
    design = objective.design
    t = objective.t
    z = objective.logits(u)
    if objective.classes:
        p = softmax(z, axis=0)
    else:
        p = sigmoid(np.stack([-z, z]))
        t = np.stack([1.0 - t, t])
        z = np.stack([0.0 * z, z])
    q = _match_means(z, p, t @ design.s, design.s) if design.fit_intercept else p
    dz = design.s * (q - t if objective.classes else (q - t)[1])
    v = sum(design.transpose_matvec(part, X) for X, part in design.split(dz)).ravel()
    if not objective.l2:  # |v| must be <= l1: move q towards the labels t, for which v is 0
        excess = np.max(np.abs(v) / np.where(objective.l1s > 0, objective.l1s, np.inf), initial=1.0)
        q = t + (q - t) / excess
        v = v / excess
    # For each weight r(u) + r*(-v) + v u >= 0, with r the penalty and r* its conjugate.
    l1 = objective.l1s
    l2 = objective.l2s
    inside = np.clip(-v, -l1, l1)
    rest = l2 * u + (v + inside)
    penalties = l1 * np.abs(u) - inside * u + rest * rest / np.where(l2 > 0, 2.0 * l2, np.inf)
    return float(design.s @ _divergence(q, p, z) + penalties.sum())


def _match_means(z: Any, p: Any, means: Any, s: Any) -> Any:
    """Probabilities near p = softmax(z) whose means under the weights s are `means`, which are positive.

    First a Newton step shifts the logits. Then as little as possible of a constant c is mixed in to make the
    means exact: (1 - e) q + e c.
    """
    q = p
    error = p @ s - means
    if np.abs(error).max() > 1e-15:
        H = np.diag(q @ s) - (q * s) @ q.T
        shifted = softmax(z + np.linalg.lstsq(H, -error)[0][:, None], axis=0)
        if np.abs(shifted @ s - means).max() < np.abs(error).max():
            q = shifted
            error = shifted @ s - means
    ratio = float((error / means).max())
    if not ratio > 0:
        return q
    e = ratio / (1.0 + ratio)
    return (1.0 - e) * q + e * np.maximum(means - error / ratio, 0.0)[:, None]


def _divergence(q: Any, p: Any, z: Any) -> Any:
    """KL(q || p) of each example, as the sum of p - q + q log(q / p) >= 0 over the classes; p = softmax(z).

    If q is near p, (q - p)^2 / p bounds the term and has no cancellation.
    """
    terms = (q - p) ** 2 / np.maximum(p, 1e-300)
    far = np.abs(q - p) > 0.5 * p
    if far.any():
        q = q[far]
        p = p[far]
        log_p = log_softmax(z, axis=0)[far]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms[far] = p - q + np.where(q > 0, q * (np.log(q) - log_p), 0.0)
    return np.maximum(terms, 0.0).sum(axis=0)


def decrement_bound(objective: Objective, u: Any, total: float) -> tuple[float, float | None]:
    """r h (see the module), and if r h < 1 a bound on each coefficient's distance in standard errors.

    `total` is the sum of the weights of the examples.
    """
    _, g, H = objective.value_gradient_hessian(u)
    if objective.classes and not objective.l1:  # a sum over classes is 0 and stays 0, even if l2 is tiny
        H = H + np.tile(np.eye(objective.design.q), (objective.classes, objective.classes))
    scale = 1.0 / np.sqrt(H.diagonal())  # a penalty can make some curvatures huge
    H = scale[:, None] * H * scale
    try:
        inverse = np.linalg.inv(H)
    except np.linalg.LinAlgError:
        return np.inf, None
    if not np.linalg.norm(H) * np.linalg.norm(inverse) < 1e13:  # near 1/eps: rounding dominates
        return np.inf, None
    inverse = scale[:, None] * inverse * scale
    size = np.linalg.norm(inverse)
    h = float(max(g @ inverse @ g, 0.0)) ** 0.5
    # First a bound on r from the lengths of the x_i, which costs a tenth of r itself.
    longest = max(float(objective.design.squared_norms(X).max()) for X in objective.design.blocks)
    r = float((2.0 if objective.classes else 1.0) * longest * size) ** 0.5
    if not r * h < 0.4:
        r = max(_largest_logit_change(objective, inverse), 0.0) ** 0.5
    if not (r * h < 1 and (inverse.diagonal() > 0).all()):
        return np.inf, None
    return r * h, float(-np.log1p(-r * h) / r * total**0.5) if r > 0 else 0.0


def _largest_logit_change(objective: Objective, inverse: Any) -> float:
    """The largest x_i^T H^-1 x_i, which is r^2; with K classes, of (e_j - e_k) x_i over all pairs j, k."""
    design = objective.design
    k = objective.classes or 1
    M = inverse.reshape(k, design.q, k, design.q)
    if objective.classes:
        pairs = [(i, j) for i in range(k) for j in range(i)]
        kernels = [M[i, :, i] + M[j, :, j] - M[i, :, j] - M[j, :, i] for i, j in pairs]
    else:
        kernels = [M[0, :, 0]]
    return max(
        float(design.quadratic_forms(kernel, X).max(initial=0.0)) for kernel in kernels for X in design.blocks
    )
