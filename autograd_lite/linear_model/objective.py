"""Objective: the function that a fit minimises, mean loss plus penalties, with gradient and Hessian."""

from math import sqrt
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.linear_model.design import Design
from autograd_lite.linear_model.losses import PROGRAMS, Loss

SUBSAMPLE = 1 << 13  # examples that are enough to estimate the curvature


class Objective:
    """J(u) = sum_i s_i loss_i + sum_j (l1_j |u_j| + l2_j u_j^2 / 2), for weights u of standardised features.

    `t` are the labels, (n,) for two classes or (K, n) one-hot; the weights s of the `design` sum to 1. `l1`
    and `l2` are the penalties on the weights of the original features; the intercept has no penalty. Weights
    u are flat arrays here, of `shape` (q,) or (K, q).
    """

    def __init__(self, design: Design, t: Any, loss: Loss, l1: float = 0.0, l2: float = 0.0) -> None:
        self.design = design
        self.t = t
        self.loss = loss
        self.l1 = l1
        self.l2 = l2
        self.shape = (*t.shape[:-1], design.q)
        self.classes = t.shape[0] if t.ndim == 2 else 0  # 0 if there is one logit for each example
        penalised = np.broadcast_to(np.arange(design.q) < design.p, self.shape)
        self.l1s = (penalised * l1 / design.scale).ravel()
        self.l2s = (penalised * l2 / design.scale**2).ravel()
        self._value_and_gradient, self._hessian_product = PROGRAMS[loss]
        self._cache: Any = None, None
        self._blocks = design.split(t, design.s)

    def value_and_gradient(self, u: Any) -> tuple[float, Any]:
        """The smooth part of J, without the L1 penalty, and its gradient."""
        W = u.reshape(self.shape)
        value = 0.0
        g: Any = 0.0
        for X, t, s in self._blocks:
            loss, dz = self._value_and_gradient(self.design.logits(W, X), t, s)
            value += loss
            g = g + self.design.transpose_matvec(dz, X)
        return self._add_l2(u, value, g)

    def value_gradient_hessian(self, u: Any) -> tuple[float, Any, Any]:
        """The smooth part of J, its gradient and its Hessian, X^T D X plus the L2 penalty.

        Adding the same vector to the weights of all K classes does not change the probabilities. Without a
        penalty the curvature in that direction is 0. It is set to 1, so that a Newton step has no component
        there, and the sum of the weights over the classes stays as it is. The last result is cached, because
        a certificate begins where a solver ends.
        """
        if not np.array_equal(u, self._cache[0]):
            self._cache = u.copy(), self._value_gradient_hessian(u)
        return self._cache[1]  # type: ignore[no-any-return]

    def _value_gradient_hessian(self, u: Any) -> tuple[float, Any, Any]:
        W = u.reshape(self.shape)
        value = 0.0
        g: Any = 0.0
        H: Any = None
        for X, t, s in self._blocks:
            z = self.design.logits(W, X)
            results = [self._logit_hvp(z, t, s, k) for k in range(self.classes or 1)]
            loss, dz, _ = results[0]
            value += loss
            g = g + self.design.transpose_matvec(dz, X)
            part = self.gram(np.array([column for _, _, column in results]), X)
            H = part if H is None else H + part
        if self.classes:
            free = np.flatnonzero((self.l1s + self.l2s).reshape(self.shape)[0] == 0)
            H.reshape(2 * self.shape)[:, free, :, free] += 1.0 / self.classes
        H.flat[:: len(u) + 1] += self.l2s
        return *self._add_l2(u, value, g), H

    def logits(self, u: Any) -> Any:
        """The logits of all examples, (n,) or (K, n)."""
        W = u.reshape(self.shape)
        return np.concatenate([self.design.logits(W, X) for X in self.design.blocks], axis=-1)

    def residuals(self, u: Any) -> Any:
        """The gradient of the loss of each example in its logits, p - t, in the shape of t."""
        W = u.reshape(self.shape)
        gradients = [
            self._value_and_gradient(self.design.logits(W, X), t, np.ones(len(s)))[1]
            for X, t, s in self._blocks
        ]
        return np.concatenate(gradients, axis=-1)

    def centred(self, u: Any) -> Any:
        """The same model with weights that sum to 0 over the classes, unless L1 determines the sum."""
        if not self.classes:
            return u
        W = u.reshape(self.shape)
        return (W - W.mean(axis=0) * (self.l1s.reshape(self.shape) == 0)).ravel()

    def class_hessians(self, u: Any, most: int = SUBSAMPLE) -> Any:
        """The diagonal block of the Hessian of each class at u, (K, q, q), from at most `most` examples."""
        part = self.subsample(most)
        H: Any = 0.0
        for X, t, s in part._blocks:
            z = part.design.logits(u.reshape(self.shape), X)
            columns = [np.atleast_2d(part._logit_hvp(z, t, s, k)[2]) for k in range(self.classes or 1)]
            H = H + np.array([part.design.gram(column[k], X) for k, column in enumerate(columns)])
        H[:, range(H.shape[1]), range(H.shape[1])] += self.l2s.reshape(len(H), -1)
        return H

    def subsample(self, most: int = SUBSAMPLE) -> "Objective":
        """The same function for every k-th example, with k just large enough for `most` examples."""
        step = -(-self.design.n // most)
        if step == 1:
            return self
        return Objective(self.design.every_nth(step), self.t[..., ::step], self.loss, self.l1, self.l2)

    def with_robust_scales(self) -> "Objective":
        """The same function, of the weights of features whose scales a few huge entries do not change."""
        design = self.design
        robust = Design(design.X, design.s, design.fit_intercept, robust=True)
        return Objective(robust, self.t, self.loss, self.l1, self.l2)

    def _logit_hvp(self, z: Any, t: Any, s: Any, k: int) -> Any:
        """Loss, gradient in z, and the derivative of each example's gradient in its logit of class k."""
        v = np.zeros_like(z)
        v[k if self.classes else slice(None)] = 1.0
        return self._hessian_product(z, t, s, v)

    def gram(self, d: Any, X: Any) -> Any:
        """X^T D X, (K q, K q), for a block X of rows; d are the Hessians of losses, (K, K, n) or (1, n)."""
        if not self.classes:
            return self.design.gram(d[0], X)
        k, q = self.shape
        H = np.empty((k, q, k, q))
        for i in range(k):
            for j in range(i + 1):
                H[i, :, j] = self.design.gram(d[i, j], X)
                H[j, :, i] = H[i, :, j]
        return H.reshape(k * q, k * q)

    def total(self, u: Any, smooth: float) -> float:
        """J at u, given its smooth part."""
        return smooth + float(self.l1s @ np.abs(u))

    def smallest_subgradient(self, u: Any, g: Any) -> Any:
        """The smallest subgradient of J at u, given the gradient g of the smooth part."""
        at_zero = np.sign(g) * np.maximum(np.abs(g) - self.l1s, 0.0)
        return np.where(u == 0, at_zero, g + self.l1s * np.sign(u))

    def gradient_lipschitz(self) -> float:
        """L, a bound on the curvature: the largest eigenvalue of X^T diag(s) X / 4 (/ 2 for K classes), + l2.

        The loss of one example has curvature p (1 - p) <= 1/4 in its logit; the covariance of one draw among
        K classes has eigenvalues <= 1/2. Gradient descent with step 1/L never increases J.
        """
        largest = self._largest_eigenvalue() * (1 + 1e-12)
        return largest / (2 if self.classes else 4) + float(self.l2s.max(initial=0.0))

    def loss_lipschitz(self) -> float:
        """(K - 1) / (K m) times the largest singular value of X, a Lipschitz constant of the loss itself.

        Its inverse is the step that Yedida, Saha and Prashanth propose, LipschitzLR (arXiv 1902.07399). It is
        usually longer than 1/L, and J may rise under it.
        """
        k = self.classes or 2
        return (k - 1) / k * sqrt(self._largest_eigenvalue() / self.design.n)

    def _largest_eigenvalue(self) -> float:
        """The largest eigenvalue of X^T diag(s) X; above 2000 features, Lanczos' estimate plus 1 %."""
        design = self.design
        if design.q <= 2000:
            G: Any = sum(design.gram(s, X) for X, s in design.split(design.s))
            return float(np.linalg.eigvalsh(G)[-1])

        def product(v: Any) -> Any:
            parts = design.split(design.s)
            return sum(design.transpose_matvec(s * design.logits(v.ravel(), X), X) for X, s in parts)

        linalg = require("scipy.sparse.linalg", "sklearn")
        G = linalg.LinearOperator((design.q, design.q), product, dtype=float)
        start = np.ones(design.q)  # not random, so that fits repeat exactly
        return 1.01 * float(linalg.eigsh(G, 1, v0=start, tol=1e-4, return_eigenvectors=False)[0])

    def _add_l2(self, u: Any, value: Any, g: Any) -> tuple[float, Any]:
        shrunk = self.l2s * u
        return float(value + shrunk @ u / 2), g.ravel() + shrunk
