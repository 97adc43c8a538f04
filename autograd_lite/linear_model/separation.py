"""Whether a linear score can separate the classes, so that there is no maximum-likelihood estimate.

The margin of row i of class y over another class k is x_i . (W_y - W_k), with the intercept's 1 in x_i.
Directions W with no margin below 0 and some above it raise the likelihood without end; if there are none,
the estimate exists (Albert and Anderson 1984). A linear programme finds the direction with as many margins
above 0 as can be (Konis 2007): maximise sum t where 0 <= t <= 1 and t <= margin. At its optimum every t is
0 or 1. The dual asks for weights m >= 0 of the rows, with A^T m = 0 for the matrix A of the margins, of
which as many as can be are >= 1: those of the rows that no direction separates.

No verdict rests on the solver's tolerances. Both answers are tested in floating point: the margins, against
the rounding errors of their sums; and that all m on the rows not separated are so far above 0 that they
can be corrected for what is left of A^T m, which proves that no direction separates any of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from autograd_lite.extras import require
from autograd_lite.linear_model.collinearity import column_names, matrix

_EPS = float(np.finfo(float).eps)
_FEW = 2000  # margins, up to which the slower programme takes seconds at most
_WIDEST = 40  # binary digits between a column's largest entry and 1: the solver refuses entries of 1e15
_SHOWN = 6  # columns in a sentence
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
        "Whether the classes can be separated cannot be told in floating point: the gap or overlap between "
        "them is too small for the scale of the columns. Standardise the columns, round them to the digits "
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
    """Whether and how classes can be separated; as a string, what that means and what to do.

    `kind`: "none", the classes overlap; "complete", a direction separates all rows; "quasi", it separates
    some and has the others on the boundary; "unclear", floating point cannot tell. `direction`: of two
    classes (p + 1,), weights and intercept of a score that is above 0 on the second class; of K classes
    (p + 1, K), a score for each; or None. `rows`: indices of the rows that it separates strictly, of K
    classes from at least one other class. `columns`: the names of the columns that it uses.
    """

    kind: Literal["none", "quasi", "complete", "unclear"]
    direction: Any = None
    rows: Any = field(default_factory=lambda: np.array([], dtype=int))
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The verdict, what it means and the remedies."""
        shown = [*self.columns[:_SHOWN], *["..."][: len(self.columns) > _SHOWN]]
        of = f" of {', '.join(shown)}" if shown else ""
        text = _SENTENCES[self.kind].format(of=of, rows=len(self.rows))
        return text + _REMEDY if self.kind in ("quasi", "complete") else text


def separation(
    X: Any, y: Any, *, fit_intercept: bool = True, names: Sequence[str] | None = None
) -> Separation:
    """Whether a linear score of X can separate the classes y: completely, in part, or not.

    X is (n, p), an array or a scipy sparse matrix; y is (n,), labels of any kind, of two classes or more;
    `names` are those of the columns, by default x0, x1, ...; `fit_intercept=False` takes scores without
    one. The estimate exists just where there is no separation (Albert and Anderson 1984). Rows count as on
    the boundary if the rounding of the sums of their scores puts them off it, and columns as collinear if
    rounding keeps them from it. Gaps and overlaps are told apart down to about 1e-7 of the columns' scale,
    and many smaller ones; the others are "unclear". Needs scipy (extra `sklearn`).

    Raises a TypeError or ValueError if X is no matrix of finite numbers, y is not one label for each row
    and of more than one class, or `names` are not one for each column.

    >>> X = [[25.0, 0.0], [64.0, 0.0], [51.0, 1.0], [38.0, 1.0], [47.0, 0.0]]
    >>> found = separation(X, ["ill", "ill", "well", "well", "well"], names=["age", "treated"])
    >>> found.kind, found.columns, found.rows.tolist()
    ('quasi', ('treated',), [2, 3])
    """
    X = matrix("separation", X)
    names = column_names("separation", X, names)
    code = _codes(X, y)
    K, p = int(code.max()) + 1, X.shape[1]
    X, shift, exponents = _scaled(X, fit_intercept)
    A, row = _margins(X, code, K, fit_intercept)
    off = np.tile(np.append(np.ldexp(np.abs(shift), -exponents), np.zeros(int(fit_intercept))), K - 1)
    for solve in (_by_dual, _by_primal)[: 1 + (len(row) <= _FEW)]:
        found = _tested(A, off, *solve(A))
        if found is not None:
            break
    else:
        return Separation("unclear")
    separated, w = found
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
        np.unique(row[separated]),
        tuple(names[j] for j in np.flatnonzero(used > 1e-9 * used.max())),
    )


def _codes(X: Any, y: Any) -> Any:
    """The classes of the labels, 0, 1, ... in sorted order."""
    y, n = np.asarray(y), X.shape[0]
    if y.shape != (n,):
        raise ValueError(f"separation: X has shape {X.shape} and y has shape {y.shape}; give one label a row")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("separation: y is not finite; remove the rows without a label")
    try:
        labels, code = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise TypeError(
            f"separation: the labels of y have no order ({error}); make them all strings"
        ) from None
    if len(labels) < 2:
        raise ValueError(f"separation: all labels of y are {labels[0]}; give rows of two classes or more")
    return code


def _scaled(X: Any, fit_intercept: bool) -> tuple[Any, Any, Any]:
    """X by columns, less a shift and divided by a power of two, both without rounding; these two.

    Columns are shifted where entries are of one sign and no more than twice each other (Sterbenz 1974),
    as years are, and scaled to a geometric mean of about 1.
    """
    X = require("scipy.sparse", "sklearn").csc_array(X)
    low, high = X.min(axis=0).toarray().ravel(), X.max(axis=0).toarray().ravel()
    near = ((low > 0) & (high / 2 <= low)) | ((high < 0) & (low / 2 >= high))
    shift = np.where(fit_intercept & near, low, 0.0)
    X.data -= np.repeat(shift, np.diff(X.indptr))
    X.eliminate_zeros()
    count = np.diff(X.indptr)
    column, exponent = np.repeat(np.arange(len(count)), count), np.frexp(X.data)[1]
    largest = np.full(len(count), -5000)
    np.maximum.at(largest, column, exponent)
    mean = np.rint(np.bincount(column, exponent, len(count)) / np.maximum(count, 1)).astype(int)
    exponents = np.maximum(mean, largest - _WIDEST)
    X.data = np.ldexp(X.data, -exponents[column])
    return X, shift, exponents


def _margins(X: Any, code: Any, K: int, fit_intercept: bool) -> tuple[Any, Any]:
    """The matrix A whose product with a direction is the margins, and the row that each is of.

    Directions are (K - 1) (p + 1) weights, class by class, the intercept's last; the last class has none.
    """
    sparse = require("scipy.sparse", "sklearn")
    if fit_intercept:
        X = sparse.hstack([X, np.ones((len(code), 1))])
    row, other = np.nonzero(code[:, None] != np.arange(K))
    X, own = sparse.csr_array(X)[row], code[row]
    signs = [(own == k) * 1.0 - (other == k) for k in range(K - 1)]
    A = sparse.hstack([X.multiply(sign[:, None]) for sign in signs], format="csr")
    A.eliminate_zeros()
    return A, row


def _by_dual(A: Any) -> tuple[Any, Any]:
    """A direction and weights m of the rows, from: minimise sum u with A^T (v - u) = -A^T 1, u <= 1.

    m is 1 - u + v, and the direction the multipliers of the equations. None where the solver fails.
    """
    sparse, n = require("scipy.sparse", "sklearn"), A.shape[0]
    found = require("scipy.optimize", "sklearn").linprog(
        np.repeat([1.0, 0.0], n),
        A_eq=sparse.hstack([-A.T, A.T], format="csc"),
        b_eq=-A.sum(axis=0),
        bounds=np.column_stack([np.zeros(2 * n), np.repeat([1.0, np.inf], n)]),
        method="highs-ds",
        options={"presolve": False},  # half the time, as there is nothing to leave out
    )
    return (None, None) if found.x is None else (-found.eqlin.marginals, 1 - found.x[:n] + found.x[n:])


def _by_primal(A: Any) -> tuple[Any, Any]:
    """The same from: maximise sum t with A w >= t <= 1. Slower; it resolves gaps ten times smaller."""
    sparse, (n, q) = require("scipy.sparse", "sklearn"), A.shape
    found = require("scipy.optimize", "sklearn").linprog(
        np.repeat([0.0, -1.0], [q, n]),
        A_ub=sparse.hstack([-A, sparse.eye_array(n)], format="csc"),
        b_ub=np.zeros(n),
        bounds=np.repeat([[-np.inf, np.inf], [0.0, 1.0]], [q, n], axis=0),
        method="highs-ds",
        options={"presolve": False},
    )
    return (None, None) if found.x is None else (found.x[:q], -found.ineqlin.marginals)


def _tested(A: Any, off: Any, w: Any, m: Any) -> tuple[Any, Any] | None:
    """Which margins are above 0, and the direction; None where floating point does not confirm them."""
    if w is None:
        return None
    separated, candidates = A @ w > 0.5, [w]
    if not separated.all():
        onto = _balanced(A[~separated], off, m[~separated])
        if onto is None or not separated.any():
            return None if onto is None else (separated, w)
        candidates.append(onto @ w)
    largest = abs(A).max(axis=0).toarray().ravel()
    for v in candidates[:]:  # what is tiny may be rounding alone
        size = largest * np.abs(v)
        candidates.append(np.where(size > 1e-11 * size.max(), v, 0.0))
    for v in candidates:
        margins, rounding = A @ v, 8 * len(v) * _EPS * (abs(A) @ np.abs(v))
        if np.where(separated, margins > rounding, np.abs(margins) <= rounding).all():
            return separated, v
    return None


def _balanced(A: Any, off: Any, m: Any) -> Any:
    """The projection onto the directions w with A w = 0; None unless those are all with A w >= 0, proved.

    They are if there are weights above 0 with A^T m = 0. A correction d of m with A^T d = A^T m has
    |d| <= |A^T m| / s, with s the smallest singular value of A that is not 0; it leaves weights above 0 if
    that is smaller than all of m. Singular values are 0 if they are no larger than what the rounding of
    entries makes, of the entries as they were before a shift by `off`.
    """
    n, q = A.shape
    for part in (A[:: max(1, n // (8 * q))], A):  # a sample of rows will do if it spans the others
        R = _triangle(part)
        size = np.linalg.norm(R, axis=0)
        size[size == 0] = 1.0
        s, V = np.linalg.svd(R / size)[1:]
        s = np.append(s, np.zeros(q - len(s)))
        nil = 32 * _EPS * np.abs(V) @ (1 + part.shape[0] ** 0.5 * off / size)
        live = s > nil
        if (np.abs(A @ (V[~live] / size).T) <= nil[~live]).all():
            break
    rest = np.linalg.norm(V[live] @ ((A.T @ m) / size))
    rest += _EPS * n * np.linalg.norm((abs(A).T @ np.abs(m)) / size)
    proved = rest < m.min() * np.min(s[live], initial=np.inf)
    return (V[~live].T / size[:, None]) @ (V[~live] * size) if proved else None


def _triangle(A: Any) -> Any:
    """The factor R of the QR decomposition of a sparse matrix, by blocks of rows."""
    q = A.shape[1]
    R, step = np.zeros((0, q)), (1 << 21) // q + 8 * q
    for i in range(0, A.shape[0], step):
        R = np.asarray(np.linalg.qr(np.vstack([R, A[i : i + step].toarray()]), mode="r"))
    return R
