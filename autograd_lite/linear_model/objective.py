"""The function that a fit minimises: mean loss plus penalties, with derivatives and curvature."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.linear_model.design import Design
from autograd_lite.linear_model.losses import PROGRAMS, Loss

PART = 1 << 13  # examples that are enough to know the curvature about


class Objective:
    """J(u) = sum_i s_i loss_i + sum_j (l1_j |u_j| + l2_j u_j^2 / 2), of the scaled weights of a Design.

    `t` are labels, (n,), or (K, n) one-hot; the weights of the examples sum to 1. Penalties `l1` and
    `l2` are those of the weights of the features as they are; the intercept has none. Weights are flat
    arrays here, `shape` says what they stand for: (q,), or (K, q).
    """

    def __init__(self, design: Design, t: Any, loss: Loss, l1: float = 0.0, l2: float = 0.0) -> None:
        self.design, self.t, self.loss, self.l1, self.l2 = design, t, loss, l1, l2
        self.shape = (*t.shape[:-1], design.q)
        self.classes = t.shape[0] if t.ndim == 2 else 0  # 0 where there is one logit
        features = np.arange(design.q) < design.p
        each = np.ones(self.shape)
        self.l1s = (each * features * l1 / design.scale).ravel()
        self.l2s = (each * features * l2 / design.scale**2).ravel()
        self._first, self._second = PROGRAMS[loss]
        self._ones = np.ones(len(design.s))
        self._known: Any = None, None
        self._parts = [
            (rows, t[..., place], design.s[place])
            for rows, place in zip(design.blocks, design.places, strict=True)
        ]

    def first(self, u: Any) -> tuple[float, Any]:
        """The smooth part of J, all but l1, and its gradient."""
        W, value, g = u.reshape(self.shape), 0.0, 0.0
        for rows, t, s in self._parts:
            loss, dz = self._first(self.design.logits(W, rows), t, s)
            value += loss
            g = g + self.design.pulled(dz, rows)
        return self._penalised(u, value, g)

    def second(self, u: Any) -> tuple[float, Any, Any]:
        """The smooth part of J, its gradient and its Hessian, X^T D X and the penalty's.

        Weights of K classes that are all shifted by the same vector give the same probabilities. Where
        no penalty chooses among them the curvature in that direction, 0, is set to 1: steps then have no
        part in it, and weights that begin with the sum 0 keep it. The last result is kept, for a solver's
        last step is what a certificate begins with.
        """
        if not np.array_equal(u, self._known[0]):
            self._known = u.copy(), self._second_at(u)
        return self._known[1]  # type: ignore[no-any-return]

    def _second_at(self, u: Any) -> tuple[float, Any, Any]:
        W, value, g = u.reshape(self.shape), 0.0, 0.0
        H: Any = None
        for rows, t, s in self._parts:
            z = self.design.logits(W, rows)
            loss, dz, d = self._bent(z, t, s)
            value += loss
            g = g + self.design.pulled(dz, rows)
            part = self.gram(d, rows)
            H = part if H is None else H + part
        if self.classes:
            free = np.flatnonzero((self.l1s + self.l2s).reshape(self.shape)[0] == 0)
            H.reshape(2 * self.shape)[:, free, :, free] += 1.0 / self.classes
        H.flat[:: len(u) + 1] += self.l2s
        return *self._penalised(u, value, g), H

    def centred(self, u: Any) -> Any:
        """The same model in weights that sum to 0 over the classes, but where an L1 penalty chooses them."""
        if not self.classes:
            return u
        W = u.reshape(self.shape)
        return (W - W.mean(axis=0) * (self.l1s.reshape(self.shape) == 0)).ravel()

    def metric(self, u: Any, rows: int = PART) -> Any:
        """The Hessian's diagonal block of each class at u, (K, q, q), on a `part` of so many examples."""
        part = self.part(rows)
        H: Any = 0.0
        for block, t, s in part._parts:
            z = part.design.logits(u.reshape(self.shape), block)
            own = (part._along(z, t, s, i)[2] for i in range(self.classes or 1))
            bends = (d[i] if self.classes else d for i, d in enumerate(own))
            H = H + np.array([part.design.gram(d, block) for d in bends])
        H[:, range(H.shape[1]), range(H.shape[1])] += self.l2s.reshape(len(H), -1)
        return H

    def every(self, step: int) -> Objective:
        """The same function of every step-th example."""
        if step == 1:
            return self
        return Objective(self.design.every(step), self.t[..., ::step], self.loss, self.l1, self.l2)

    def part(self, most: int = PART) -> Objective:
        """The same function of every k-th example, of so many at most."""
        return self.every(-(-self.design.n // most))

    def residuals(self, u: Any) -> Any:
        """The gradient of each example's own loss in its logits, p - t, of the shape of t."""
        W = u.reshape(self.shape)
        parts = [
            self._first(self.design.logits(W, rows), t, self._ones[: len(s)])[1] for rows, t, s in self._parts
        ]
        return np.concatenate(parts, axis=-1)

    def _along(self, z: Any, t: Any, s: Any, i: int) -> Any:
        """Loss, gradient in z, and its derivatives along the logit of class i, of the shape of z."""
        if not self.classes:
            return self._second(z, t, s, self._ones[: len(z)])
        v = np.zeros_like(z)
        v[i] = 1.0
        return self._second(z, t, s, v)

    def _bent(self, z: Any, t: Any, s: Any) -> tuple[Any, Any, Any]:
        """Loss, gradient in z, and d, (K, K, n), the second derivatives in the logits of each example."""
        if not self.classes:
            loss, dz, d = self._along(z, t, s, 0)
            return loss, dz, d[None, None]
        losses, gradients, columns = zip(*(self._along(z, t, s, i) for i in range(self.classes)), strict=True)
        return losses[0], gradients[0], np.array(columns)

    def gram(self, d: Any, rows: Any) -> Any:
        """X^T D X for d, (K, K, n), and a block of rows: (K q, K q)."""
        if len(d) == 1:
            return self.design.gram(d[0, 0], rows)
        k, q = self.shape
        H = np.empty((k, q, k, q))
        for i in range(k):
            for j in range(i + 1):
                H[i, :, j] = H[j, :, i] = self.design.gram(d[i, j], rows)
        return H.reshape(k * q, k * q)

    def total(self, u: Any, smooth: float) -> float:
        """J at u, where its smooth part is known."""
        return smooth + float(self.l1s @ np.abs(u)) if self.l1 else smooth

    def residual(self, u: Any, g: Any) -> Any:
        """The smallest subgradient of J at u, where the smooth part has gradient g; 0 at the minimum only."""
        if not self.l1:
            return g
        off = np.sign(g) * np.maximum(np.abs(g) - self.l1s, 0.0)
        return np.where(u == 0, off, g + self.l1s * np.sign(u))

    def lipschitz(self) -> float:
        """L, a bound of the curvature: the largest eigenvalue of X^T diag(s) X / 4, / 2 for K classes, + l2.

        The loss of one example has curvature p (1 - p) <= 1/4 in its logit; the covariance of one draw
        among K classes has eigenvalues <= 1/2. Gradient descent with step 1/L never increases J.
        """
        largest = self._largest() * (1 + 1e-12)
        return largest / (2 if self.classes else 4) + float(self.l2s.max(initial=0.0))

    def slope(self) -> float:
        """(K - 1) / (K m) times the largest singular value of X, a Lipschitz constant of the loss itself.

        Its inverse is proposed as a step by Yedida, Saha and Prashanth, LipschitzLR (arXiv 1902.07399):
        usually a longer one than 1/L, under which J may rise.
        """
        k = self.classes or 2
        return (k - 1) / k * sqrt(self._largest() / self.design.n)

    def _largest(self) -> float:
        """The largest eigenvalue of X^T diag(s) X; of over 2000 features, 1 % above Lanczos' estimate."""
        design, parts = self.design, self._parts
        if design.q <= 2000:
            G: Any = sum(design.gram(s, rows) for rows, _, s in parts)
            return float(np.linalg.eigvalsh(G)[-1])

        def times(v: Any) -> Any:
            return sum(design.pulled(s * design.logits(v.ravel(), rows), rows) for rows, _, s in parts)

        linalg = require("scipy.sparse.linalg", "sklearn")
        G = linalg.LinearOperator((design.q, design.q), times, dtype=float)
        start = np.ones(design.q)  # not drawn, so that fits repeat
        return 1.01 * float(linalg.eigsh(G, 1, v0=start, tol=1e-4, return_eigenvectors=False)[0])

    def _penalised(self, u: Any, value: Any, g: Any) -> tuple[float, Any]:
        g = g.ravel()
        if self.l2:
            shrunk = self.l2s * u
            return float(value + shrunk @ u / 2), g + shrunk
        return float(value), g
