"""The linear map of a model, z = X w + b, its transpose and its Gram matrix, dense or sparse."""

from __future__ import annotations

from typing import Any

import numpy as np

_BLOCK = 1 << 17  # entries of a block of rows: 1 MB, which stays in the cache while it is used three times


class Design:
    """Logits z of shape (..., n) for weights of shape (..., q), of which the last is the intercept's.

    X is an array or a sparse matrix, (n, p). Weights are those of standardised features, (x - mean) /
    scale under the weights s of the examples, so that nothing depends on units and origins of the
    features; without an intercept, of features divided by their root mean square, and q is p, not
    p + 1. What is small is standardised once, with a column of ones; else rows are taken in blocks,
    which are views of dense X.
    """

    def __init__(self, X: Any, s: Any, fit_intercept: bool) -> None:
        self.X, self.s, self.fit_intercept = X, s, fit_intercept
        self.n, self.p = X.shape
        self.q = self.p + fit_intercept
        self.dense = isinstance(X, np.ndarray)
        self.small = self.dense and X.size <= _BLOCK
        step = self.n if self.small else max(1, _BLOCK // self.p) if self.dense else _BLOCK
        self.places = [slice(i, i + step) for i in range(0, self.n, step)]
        self.shift = np.zeros(self.p)
        X = X if self.dense else self._shifted(X)
        self.blocks = [X[place] for place in self.places] if step < self.n else [X]
        self.mean, self.scale = np.zeros(self.p), np.ones(self.q)
        self._standardise()

    def every(self, step: int) -> Design:
        """Every step-th example, in the same coordinates."""
        s = self.s[::step]
        part = Design(self.X[::step].copy(), s / s.sum(), self.fit_intercept)
        part.mean, part.scale, part.far = self.mean + self.shift - part.shift, self.scale, self.far
        part.blocks = [part._standardised(part.X)] if part.small else part.blocks
        return part

    def weights(self, W: Any) -> Any:
        """The weights of the features as they are, (..., q)."""
        w = W / self.scale
        if self.fit_intercept:
            w[..., -1] -= w[..., :-1] @ (self.mean + self.shift)
        return w

    def standardised_weights(self, w: Any) -> Any:
        """The weights of the standardised features, (..., q)."""
        W = w * self.scale
        if self.fit_intercept:
            W[..., -1] += w[..., :-1] @ (self.mean + self.shift)
        return W

    def logits(self, W: Any, rows: Any) -> Any:
        """z, (..., n), of weights W, (..., q), for a block of n rows."""
        if self.small:
            return W @ rows.T
        w = W[..., : self.p] / self.scale[: self.p]
        if not self.fit_intercept:
            return w @ rows.T
        if self.far:
            return w @ (rows - self.mean).T + W[..., self.p :]
        return w @ rows.T + (W[..., self.p :] - (w @ self.mean)[..., None])

    def pulled(self, dz: Any, rows: Any) -> Any:
        """The gradient in the weights, (..., q), of a gradient dz in the logits of a block."""
        if self.small:
            return dz @ rows
        g, p = np.empty((*dz.shape[:-1], self.q)), self.p
        g[..., :p] = dz @ (rows - self.mean if self.far else rows)
        if self.fit_intercept:
            g[..., p] = dz.sum(axis=-1)
            g[..., :p] -= 0.0 if self.far else g[..., p:] * self.mean
        return g / self.scale

    def gram(self, d: Any, rows: Any) -> Any:
        """X^T diag(d) X of a block of standardised features with their column of ones, (q, q)."""
        if self.small:
            return (rows.T * d) @ rows
        p, H = self.p, np.empty((self.q, self.q))
        if self.dense:
            rows = rows - self.mean if self.far else rows
            H[:p, :p] = (rows.T * d) @ rows
        else:
            H[:p, :p] = (rows.T.multiply(d[None]).tocsr() @ rows).toarray()
        if self.fit_intercept:
            first, total = d @ rows, d.sum()
            if not self.far:
                H[:p, :p] += np.outer(self.mean * total - first, self.mean) - np.outer(self.mean, first)
                first = first - total * self.mean
            H[p, :p] = H[:p, p] = first
            H[p, p] = total
        return H / (self.scale * self.scale[:, None])

    def quadratic(self, M: Any, rows: Any) -> Any:
        """x_i^T M x_i for each row x_i of a block, with its one, of standardised features."""
        if not self.small:
            rows = self._standardised(rows if self.dense else rows.toarray())
        return np.einsum("ij,ij->i", rows @ M, rows)

    def squared_norms(self, rows: Any) -> Any:
        """|x_i|^2 for each row x_i of a block, with its one, of standardised features."""
        if self.small:
            return np.einsum("ij,ij->i", rows, rows)
        inverse, ones = 1.0 / self.scale[: self.p] ** 2, float(self.fit_intercept)
        if self.far:
            return (rows - self.mean) ** 2 @ inverse + ones
        squares = (rows * rows if self.dense else rows.multiply(rows)) @ inverse
        return squares - 2.0 * (rows @ (self.mean * inverse)) + self.mean**2 @ inverse + ones

    def _shifted(self, X: Any) -> Any:
        """Sparse X with columns that have no 0 counted from their first entry: else they lose digits."""
        X = X.copy()
        X.sum_duplicates()
        if self.fit_intercept:
            full = np.bincount(X.indices, minlength=self.p) == self.n
            self.shift = np.where(full, X[[0]].toarray().ravel(), 0.0)
            X.data -= self.shift[X.indices]
        return X

    def _standardise(self) -> None:
        """Means and scales; a feature with no spread has scale 1."""
        pairs = list(zip(self.blocks, self.places, strict=True))
        if self.fit_intercept:
            self.mean = sum(self.s[place] @ rows for rows, place in pairs)
        if self.dense:
            squares = sum(self.s[place] @ (rows - self.mean) ** 2 for rows, place in pairs)
        else:
            squares = sum(self.s[place] @ rows.multiply(rows) for rows, place in pairs) - self.mean**2
        spread = np.sqrt(np.maximum(squares, 0.0))
        # What rounding leaves of a constant is no spread; sparse, its square is a difference of squares.
        least = np.abs(self.mean) * (1e-12 if self.dense else 1e-7)
        self.scale[: self.p] = np.where(spread > least, spread, 1.0)
        # Then the means must leave before the squares are taken, or these lose digits.
        self.far = self.dense and bool((np.abs(self.mean) > 10.0 * self.scale[: self.p]).any())
        if self.small:
            self.blocks = [self._standardised(self.X)]

    def _standardised(self, X: Any) -> Any:
        rows = np.ones((len(X), self.q))
        np.subtract(X, self.mean, out=rows[:, : self.p])
        rows /= self.scale
        return rows
