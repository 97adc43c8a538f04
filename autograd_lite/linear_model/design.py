"""Design: the linear map z = X w + b from weights to logits, its transpose and its Gram matrix."""

from typing import Any

import numpy as np

_BLOCK = 1 << 17  # entries of a block of rows: 1 MB, which stays in the cache while it is used three times


class Design:
    """The linear map of n examples with p features, as a dense array or a sparse matrix X, (n, p).

    Weights have shape (..., q) and logits shape (..., n). With an intercept q is p + 1, and the last weight
    is the intercept; without one q is p. `s`, (n,), are the weights of the examples. All weights here are
    those of standardised features, (x - mean) / scale, so that the units and origins of the features do not
    matter. Without an intercept, features are only divided by their root mean square. If `robust` is True, a
    few huge entries change neither mean nor scale: these are the median and a geometric mean.

    If X is small and dense, it is standardised once, with a column of ones. Otherwise the methods take X
    block by block (`blocks`, views of dense X) and correct for means and scales.
    """

    def __init__(self, X: Any, s: Any, fit_intercept: bool, robust: bool = False) -> None:
        self.X = X
        self.s = s
        self.fit_intercept = fit_intercept
        self.n, self.p = X.shape
        self.q = self.p + fit_intercept
        self.dense = isinstance(X, np.ndarray)
        self.small = self.dense and X.size <= _BLOCK
        step = max(1, _BLOCK // self.p) if self.dense else _BLOCK
        self.slices = [slice(i, i + step) for i in range(0, self.n, step)]
        self.shift = np.zeros(self.p)
        X = X if self.dense else self._shifted(X)
        self.blocks = [X[rows] for rows in self.slices] if step < self.n else [X]
        self.mean = np.zeros(self.p)
        self.scale = np.ones(self.q)
        self._standardise(robust)

    def split(self, *values: Any) -> list[tuple[Any, ...]]:
        """Each block of rows, followed by its part of each of the values, which have shape (..., n)."""
        return [
            (X, *(value[..., rows] for value in values))
            for X, rows in zip(self.blocks, self.slices, strict=True)
        ]

    def every_nth(self, step: int) -> "Design":
        """The design of every step-th example, with the mean and scale of all examples."""
        s = self.s[::step]
        part = Design(self.X[::step].copy(), s / s.sum(), self.fit_intercept)
        part.mean = self.mean + self.shift - part.shift
        part.scale = self.scale
        part.must_centre = self.must_centre
        if part.small:
            part.blocks = [part._standardised(part.X)]
        return part

    def original_weights(self, W: Any) -> Any:
        """The weights of the original features, (..., q), from weights W of standardised features."""
        w = W / self.scale
        if self.fit_intercept:
            w[..., -1] -= w[..., :-1] @ (self.mean + self.shift)
        return w

    def standardised_weights(self, w: Any) -> Any:
        """The weights of the standardised features, (..., q), from weights w of the original features."""
        W = w * self.scale
        if self.fit_intercept:
            W[..., -1] += w[..., :-1] @ (self.mean + self.shift)
        return W

    def logits(self, W: Any, X: Any) -> Any:
        """The logits, (..., n), of a block X of n rows."""
        if self.small:
            return W @ X.T
        p = self.p
        X, mean = self._centred(X)
        w = W[..., :p] / self.scale[:p]
        return w @ X.T + (W[..., p:].sum(axis=-1) - w @ mean)[..., None]

    def transpose_matvec(self, dz: Any, X: Any) -> Any:
        """The gradient in the weights, (..., q), from a gradient dz, (..., n), in the logits of a block X."""
        if self.small:
            return dz @ X
        X, mean = self._centred(X)
        total = dz.sum(axis=-1, keepdims=True)
        g = np.empty((*dz.shape[:-1], self.q))
        g[..., : self.p] = dz @ X - total * mean
        g[..., self.p :] = total
        return g / self.scale

    def gram(self, d: Any, X: Any) -> Any:
        """X^T diag(d) X, (q, q), of a block X as standardised features with a column of ones; d is (n,)."""
        if self.small:
            return (X.T * d) @ X
        p = self.p
        X, mean = self._centred(X)
        column = d @ X
        total = d.sum()
        H = np.empty((self.q, self.q))
        H[:p, :p] = (X.T * d) @ X if self.dense else (X.T.multiply(d[None]).tocsr() @ X).toarray()
        H[:p, :p] += np.outer(mean * total - column, mean) - np.outer(mean, column)
        column = column - total * mean
        H[p:, :p] = column
        H[:p, p:] = column[:, None]
        H[p:, p:] = total
        return H / (self.scale * self.scale[:, None])

    def quadratic_forms(self, M: Any, X: Any) -> Any:
        """x_i^T M x_i, (n,), for the rows x_i of a block X as standardised features with a 1."""
        if not self.small:
            X = self._standardised(X if self.dense else X.toarray())
        return np.einsum("ij,ij->i", X @ M, X)

    def squared_norms(self, X: Any) -> Any:
        """|x_i|^2, (n,), for the rows x_i of a block X as standardised features with a 1."""
        if self.small:
            return np.einsum("ij,ij->i", X, X)
        X, mean = self._centred(X)
        inverse = 1.0 / self.scale[: self.p] ** 2
        squares = (X * X if self.dense else X.multiply(X)) @ inverse
        return squares - 2.0 * (X @ (mean * inverse)) + mean**2 @ inverse + float(self.fit_intercept)

    def largest_entry(self) -> tuple[int, int]:
        """The row and the column of the entry that is the most scales away from the mean of its column."""
        largest = []
        for X, rows in zip(self.blocks, self.slices, strict=True):
            if not self.dense:
                X = abs(X.multiply(1.0 / self.scale[: self.p]).tocsr())
            elif self.small:
                X = np.abs(X[:, : self.p])
            else:
                X = np.abs(X - self.mean) / self.scale[: self.p]
            i, j = np.unravel_index(X.argmax(), X.shape)
            largest.append((X[i, j], rows.start + int(i), int(j)))
        return max(largest)[1:]

    def _centred(self, X: Any) -> tuple[Any, Any]:
        """X and the means of its columns, which products with X must subtract; or X - mean and zeros."""
        return (X - self.mean, np.zeros(self.p)) if self.must_centre else (X, self.mean)

    def _shifted(self, X: Any) -> Any:
        """Sparse X less the smallest entry of columns without zeros, so that large means cost no digits."""
        X = X.copy()
        X.sum_duplicates()
        if self.fit_intercept:
            low = X.min(axis=0).toarray().ravel()
            high = X.max(axis=0).toarray().ravel()
            self.shift = np.clip(0.0, low, high)
            X.data -= self.shift[X.indices]
        return X

    def _standardise(self, robust: bool) -> None:
        """Set means and scales; a feature without spread has scale 1."""
        if robust:
            self._set_robust_moments()
        else:
            self._set_moments()
        # If means are this large, products of features lose digits unless the means are subtracted first.
        self.must_centre = self.dense and bool((np.abs(self.mean) > 10.0 * self.scale[: self.p]).any())
        if self.small:
            self.blocks = [self._standardised(self.X)]

    def _set_robust_moments(self) -> None:
        """Medians, or 0 for sparse X, and the geometric mean of the nonzero distances from them."""
        if self.dense and self.fit_intercept:
            self.mean = np.median(self.X, axis=0)
        logs = np.zeros(self.p)
        counts = np.zeros(self.p)
        for X in self.blocks:
            distances = np.abs(X - self.mean) if self.dense else abs(X)
            columns = distances.nonzero()[1]
            values = distances[distances > 0] if self.dense else distances.data[distances.data > 0]
            logs += np.bincount(columns, np.log(values), self.p)
            counts += np.bincount(columns, minlength=self.p)
        self.scale[: self.p] = np.exp(logs / np.maximum(counts, 1))

    def _set_moments(self) -> None:
        blocks = self.split(self.s)
        if self.fit_intercept:
            self.mean = sum(s @ X for X, s in blocks)
        if self.dense:
            squares = sum(s @ (X - self.mean) ** 2 for X, s in blocks)
        else:
            squares = sum(s @ X.multiply(X) for X, s in blocks) - self.mean**2
        spread = np.sqrt(np.maximum(squares, 0.0))
        # The spread of a constant is rounding error; for sparse X it comes from a difference of squares.
        rounding = np.abs(self.mean) * (1e-12 if self.dense else 1e-7)
        self.scale[: self.p] = np.where(spread > rounding, spread, 1.0)

    def _standardised(self, X: Any) -> Any:
        """Dense rows as standardised features, with a column of ones if there is an intercept."""
        standardised = np.ones((len(X), self.q))
        np.subtract(X, self.mean, out=standardised[:, : self.p])
        standardised /= self.scale
        return standardised
