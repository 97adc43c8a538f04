"""Separation: whether a linear score can separate the classes, so that no maximum-likelihood estimate exists.

The margin of row i of class y over another class k is x_i . (W_y - W_k), where x_i ends with a 1 for the
intercept. A direction W without negative margins and with some positive margins raises the likelihood without
end. If there is no such direction, the estimate exists (Albert and Anderson 1984). A linear programme finds
the direction with the most positive margins (Konis 2007): maximise sum t where 0 <= t <= 1 and t <= margin.
At its optimum every t is 0 or 1. With A the matrix of the margins, A W >= t, the dual programme finds weights
m >= 0 of the rows with A^T m = 0; the rows that no direction separates have m >= 1.

No verdict relies on the tolerances of the solver. The margins are compared with the rounding errors of their
sums. The weights m prove that no direction separates their rows, if they are large enough to be corrected for
the rest of A^T m. If one of the two checks fails, the verdict is "unclear".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.arguments import no_masked
from autograd_lite.extras import require
from autograd_lite.linear_model.collinearity import Matrix, blocks, column_names, matrix, triangular_factor

_EPS = float(np.finfo(float).eps)
_FEW_MARGINS = 2000  # up to here the slower programme takes a few seconds at most
_MOST_DIGITS = 40  # binary digits between a column's largest entry and 1: the solver rejects entries of 1e15
_MOST_COLUMNS = 6  # columns that the text names
_SENTENCES = {
    "none": "The classes overlap: no linear score separates them, so the maximum-likelihood estimate exists.",
    "quasi": (
        "The classes can be separated in part (quasi-complete separation): a linear score{of} puts {rows} "
        "rows strictly on their side of another class, and no row on the wrong side of any. "
    ),
    "complete": (
        "The classes can be separated (complete separation): a linear score{of} puts all rows strictly on "
        "their side of every other class. "
    ),
    "unclear": (
        "It is unclear whether the classes can be separated: the gap or overlap between them is too small "
        "for floating point at the scale of the columns. Standardise the columns, round them to the digits "
        "that mean something, or penalise the weights (C=1, say)."
    ),
}
_REMEDY = (
    "The likelihood grows without end along it, so there is no maximum-likelihood estimate. Penalise the "
    "weights (C=1, say), drop or merge the columns that separate, or collect more data; Firth's estimate is "
    "not offered here."
)


@dataclass(frozen=True, eq=False)
class Separation:
    """How a linear score separates the classes, if at all; `str()` says what it means and what to do.

    `kind` is "none" if the classes overlap, "complete" if a direction separates all rows, "quasi" if it
    separates some rows and has the others on the boundary, and "unclear" if floating point cannot decide.
    `direction` is None or the score: for two classes (p + 1,), weights and intercept, positive on the second
    class; for K classes (p + 1, K), a score for each class. `rows` are the indices of the rows that it
    separates strictly, with K classes from at least one other class. `columns` are the names of the columns
    that it uses.
    """

    kind: Literal["none", "quasi", "complete", "unclear"]
    direction: np.ndarray | None = None
    rows: np.ndarray = field(default_factory=lambda: np.array([], dtype=int))
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The verdict, its meaning and the remedies."""
        shown = list(self.columns[:_MOST_COLUMNS])
        if len(self.columns) > _MOST_COLUMNS:
            shown.append("...")
        of = f" of {', '.join(shown)}" if shown else ""
        text = _SENTENCES[self.kind].format(of=of, rows=len(self.rows))
        return text + _REMEDY if self.kind in ("quasi", "complete") else text


def separation(
    X: Matrix, y: ArrayLike, *, fit_intercept: bool = True, names: Sequence[str] | None = None
) -> Separation:
    """Decide whether a linear score of X separates the classes y: completely, in part, or not at all.

    X is an array or a scipy sparse matrix, (n, p). y are labels of any type, (n,), with two classes or more.
    `names` are the names of the columns, by default x0, x1 and so on. With `fit_intercept=False`, scores have
    no intercept. The maximum-likelihood estimate exists if and only if the verdict is "none" (Albert and
    Anderson 1984). Needs scipy (extra `sklearn`).

    A row is on the boundary if its score is 0 up to rounding. Gaps and overlaps larger than about 1e-7 of the
    scale of the columns are decided, and many smaller ones; the others are "unclear". Raises TypeError or
    ValueError if X is not a matrix of finite numbers, if y is not one label for each row with two classes or
    more, or if there is not one name for each column.

    >>> X = [[25.0, 0.0], [64.0, 0.0], [51.0, 1.0], [38.0, 1.0], [47.0, 0.0]]
    >>> found = separation(X, ["ill", "ill", "well", "well", "well"], names=["age", "treated"])
    >>> found.kind, found.columns, found.rows.tolist()
    ('quasi', ('treated',), [2, 3])
    """
    checked = matrix("separation", X)
    p = checked.shape[1]
    names = column_names("separation", checked, names)
    codes = _class_codes(checked, y)
    K = int(codes.max()) + 1
    scaled, shift, exponents = _scaled(checked, fit_intercept)
    A, rows = _margin_matrix(scaled, codes, K, fit_intercept)
    shifts = np.append(np.ldexp(np.abs(shift), -exponents), np.zeros(int(fit_intercept)))
    verdicts = (_verify(A, np.tile(shifts, K - 1), w, m) for w, m in _programmes(A))
    result = next(filter(None, verdicts), None)
    if result is None:
        return Separation("unclear")
    separated, w = result
    if not separated.any():
        return Separation("none")
    W = w.reshape(K - 1, -1)
    direction = np.zeros((p + 1, K))
    direction[:p, :-1] = np.ldexp(W[:, :p].T, -exponents[:, None])
    direction[p, :-1] = W[:, p:].sum(axis=1) - shift @ direction[:p, :-1]
    used = np.abs(W[:, :p]).max(axis=0)
    return Separation(
        "complete" if separated.all() else "quasi",
        -direction[:, 0] if K == 2 else direction,
        np.unique(rows[separated]),
        tuple(names[j] for j in np.flatnonzero(used > 1e-9 * used.max())),
    )


def _class_codes(X: Any, y: Any) -> Any:
    """The index of the class of each label, (n,), in sorted order."""
    no_masked("separation", "y", y)
    y = np.asarray(y)
    if y.shape != (X.shape[0],):
        raise ValueError(
            f"separation: X has shape {X.shape} and y has shape {y.shape}; give one label for each row"
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("separation: y is not finite; remove the rows without a label")
    try:
        labels, codes = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise TypeError(
            f"separation: the labels of y have no order ({error}); make them all strings"
        ) from None
    if len(labels) < 2:
        raise ValueError(f"separation: all labels of y are {labels[0]}; give rows of two classes or more")
    return codes


def _scaled(X: Any, fit_intercept: bool) -> tuple[Any, Any, Any]:
    """X less a shift of each column and divided by 2^exponent, both without rounding; shifts and exponents.

    A column is shifted if its entries have one sign and differ at most by a factor of 2, as years do
    (Sterbenz 1974). The exponent gives it a geometric mean of about 1.
    """
    X = require("scipy.sparse", "sklearn").csc_array(X)
    low = X.min(axis=0).toarray().ravel()
    high = X.max(axis=0).toarray().ravel()
    narrow = ((low > 0) & (high / 2 <= low)) | ((high < 0) & (low / 2 >= high))
    shift = np.where(fit_intercept & narrow, low, 0.0)
    X.data -= np.repeat(shift, np.diff(X.indptr))
    X.eliminate_zeros()
    counts = np.diff(X.indptr)
    columns = np.repeat(np.arange(len(counts)), counts)
    digits = np.frexp(X.data)[1]
    largest = np.full(len(counts), -5000)
    np.maximum.at(largest, columns, digits)
    mean = np.rint(np.bincount(columns, digits, len(counts)) / np.maximum(counts, 1)).astype(int)
    exponents = np.maximum(mean, largest - _MOST_DIGITS)
    X.data = np.ldexp(X.data, -exponents[columns])
    return X, shift, exponents


def _margin_matrix(X: Any, codes: Any, K: int, fit_intercept: bool) -> tuple[Any, Any]:
    """The matrix A with A @ direction = margins, and the row of X of each margin.

    A direction has (K - 1) (p + 1) weights, class by class with the intercept last; the last class has
    weights 0.
    """
    sparse = require("scipy.sparse", "sklearn")
    if fit_intercept:
        X = sparse.hstack([X, np.ones((len(codes), 1))])
    rows, others = np.nonzero(codes[:, None] != np.arange(K))
    X = sparse.csr_array(X)[rows]
    signs = [(codes[rows] == k) * 1.0 - (others == k) for k in range(K - 1)]
    A = sparse.hstack([X.multiply(sign[:, None]) for sign in signs], format="csr")
    A.eliminate_zeros()
    return A, rows


def _programmes(A: Any) -> Iterator[tuple[Any, Any]]:
    """A direction w and weights m of the rows from each of two programmes, if the solver finds its optimum.

    Dual: minimise sum u with A^T (v - u) = -A^T 1 and u <= 1; m = 1 - u + v, and w are the multipliers of the
    equations. Primal, only for few rows: maximise sum t with A w >= t, 0 <= t <= 1; slower, and finer by a
    factor of 10.
    """
    sparse = require("scipy.sparse", "sklearn")
    n, q = A.shape
    bounds = np.column_stack([np.zeros(2 * n), np.repeat([1.0, np.inf], n)])
    equations = sparse.hstack([-A.T, A.T], format="csc")
    dual = _linprog(np.repeat([1.0, 0.0], n), bounds, A_eq=equations, b_eq=-A.sum(axis=0))
    if dual.x is not None:
        yield -dual.eqlin.marginals, 1 - dual.x[:n] + dual.x[n:]
    if n > _FEW_MARGINS:
        return
    bounds = np.repeat([[-np.inf, np.inf], [0.0, 1.0]], [q, n], axis=0)
    inequalities = sparse.hstack([-A, sparse.eye_array(n)], format="csc")
    primal = _linprog(np.repeat([0.0, -1.0], [q, n]), bounds, A_ub=inequalities, b_ub=np.zeros(n))
    if primal.x is not None:
        yield primal.x[:q], -primal.ineqlin.marginals


def _linprog(costs: Any, bounds: Any, **constraints: Any) -> Any:
    linprog = require("scipy.optimize", "sklearn").linprog
    options = {"presolve": False}  # it finds nothing to remove, and takes half of the time
    return linprog(costs, bounds=bounds, method="highs-ds", options=options, **constraints)


def _verify(A: Any, shifts: Any, w: Any, m: Any) -> tuple[Any, Any] | None:
    """The rows with positive margins and a direction that has them, or None if rounding leaves doubts."""
    separated = A @ w > 0.5
    candidates = [w]
    if not separated.all():
        project = _boundary_projection(A[~separated], shifts, m[~separated])
        if project is None:
            return None
        if not separated.any():
            return separated, w
        candidates.append(project @ w)
    largest = abs(A).max(axis=0).toarray().ravel()
    for v in candidates[:]:  # tiny entries may be rounding errors: also try without them
        size = largest * np.abs(v)
        candidates.append(np.where(size > 1e-11 * size.max(), v, 0.0))
    for v in candidates:
        margins = A @ v
        rounding = 8 * len(v) * _EPS * (abs(A) @ np.abs(v))
        if np.where(separated, margins > rounding, np.abs(margins) <= rounding).all():
            return separated, v
    return None


def _boundary_projection(A: Any, shifts: Any, m: Any) -> Any:
    """The projection onto directions w with A w = 0; None without a proof that A w >= 0 implies A w = 0.

    Weights m > 0 with A^T m = 0 prove it. m need not be exact: it has a correction d with A^T d = A^T m and
    |d| <= |A^T m| / s, where s is the smallest nonzero singular value of A, and m - d is positive if that
    bound is below the smallest weight. A singular value counts as 0 if it is not larger than the rounding
    errors of the entries cause; these are relative to the entries before the shifts.
    """
    n, q = A.shape
    R = triangular_factor(blocks(A))
    size = np.linalg.norm(R, axis=0)
    size[size == 0] = 1.0
    _, s, V = np.linalg.svd(R / size)
    s = np.append(s, np.zeros(q - len(s)))
    nonzero = s > 32 * _EPS * np.abs(V) @ (1 + n**0.5 * shifts / size)
    rest = np.linalg.norm(V[nonzero] @ ((A.T @ m) / size))
    rest += _EPS * n * np.linalg.norm((abs(A).T @ np.abs(m)) / size)
    if not rest < m.min() * np.min(s[nonzero], initial=np.inf):
        return None
    return (V[~nonzero].T / size[:, None]) @ (V[~nonzero] * size)
