"""Exact linear dependences between columns: which column is a combination of the columns before it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite import errors
from autograd_lite.arguments import only_numbers

_EXACT = 1e-10  # a remainder below this fraction of a column's spread counts as zero
_ROUNDING = 8 * float(np.finfo(float).eps)  # relative rounding error of a term
_BLOCK = 1 << 17  # entries of a block of rows with few columns: 1 MB, which stays in the cache
_MOST_TERMS = 8  # terms of a formula that its text shows


class SparseMatrix(Protocol):
    """A scipy sparse matrix or array of any format."""

    def tocsr(self) -> Any:
        """The same matrix in compressed rows."""


Matrix = ArrayLike | SparseMatrix


@dataclass(frozen=True)
class Dependence:
    """The linear combination `of` other columns (name to coefficient) plus `intercept` that equals `column`.

    >>> print(Dependence("fahrenheit", {"celsius": 1.8}, 32.0))
    fahrenheit = 1.8 celsius + 32
    """

    column: str
    of: dict[str, float]
    intercept: float = 0.0

    def __str__(self) -> str:
        """The formula with six digits; after seven of more than eight terms, the number of terms left."""
        if not self.of:
            return f"{self.column} is {'constant' if self.intercept else '0 everywhere'}"
        terms = []
        for name, coefficient in self.of.items():
            size = f"{abs(coefficient):.6g}"
            terms.append((coefficient < 0, name if size == "1" else f"{size} {name}"))
        if self.intercept:
            terms.append((self.intercept < 0, f"{abs(self.intercept):.6g}"))
        if len(terms) > _MOST_TERMS:
            terms[_MOST_TERMS - 1 :] = [(False, f"{len(terms) - _MOST_TERMS + 1} more terms")]
        (negative, first), *others = terms
        rest = "".join(f" {'-' if minus else '+'} {term}" for minus, term in others)
        return f"{self.column} = {'-' if negative else ''}{first}{rest}"


def collinear(
    X: Matrix, *, fit_intercept: bool = True, names: Sequence[str] | None = None
) -> tuple[Dependence, ...]:
    """The columns of X that are linear combinations of columns before them and the intercept, up to rounding.

    X is an array or a scipy sparse matrix, (n, p). `names` are the names of the columns, by default x0, x1
    and so on. With `fit_intercept=False`, combinations have no intercept. Without the columns in the result,
    the columns of X are linearly independent.

    A combination counts if no row is off by more than 1e-10 standard deviations of the column (without an
    intercept, 1e-10 times its root mean square) plus the rounding errors of the terms. Raises TypeError or
    ValueError if X is not a matrix of finite numbers, or if there is not one name for each column.

    >>> a = np.array([1.0, 2.0, 4.0, 7.0])
    >>> b = np.array([0.5, 0.0, 3.0, 1.0])
    >>> for dependence in collinear(np.stack([a, b, a + b], axis=1), names=["a", "b", "total"]):
    ...     print(dependence)
    total = a + b
    """
    checked = matrix("collinear", X)
    names = ["", *column_names("collinear", checked, names)]
    # Column 0 is for the intercept: ones, or zeros without one. Columns are divided by powers of two, which
    # is exact, and the first row is subtracted, so that a constant column is exactly 0.
    largest = np.append(0.0, np.max([np.abs(rows).max(axis=0) for rows in blocks(checked)], axis=0))
    scale = np.append(1.0, np.ldexp(1.0, np.frexp(largest[1:])[1] - 1))
    first = np.append(0.0, next(blocks(checked[:1]))[0] * fit_intercept / scale[1:])

    def scaled() -> Iterator[Any]:
        return (np.insert(rows, 0, fit_intercept, axis=1) / scale - first for rows in blocks(checked))

    R = triangular_factor(scaled())
    spreads = np.linalg.norm(R[int(fit_intercept) :], axis=0) / checked.shape[0] ** 0.5
    result = []
    for j, c, tolerance in _dependences(R, scaled, spreads, _ROUNDING * largest / scale):
        terms = np.flatnonzero(np.abs(c) * spreads > tolerance)
        intercept = first[j] + c[0] - first[terms] @ c[terms]
        if abs(intercept) <= tolerance:
            intercept = 0.0
        if j:
            coefficients = {names[k]: float(c[k] * (scale[j] / scale[k])) for k in terms}
            result.append(Dependence(names[j], coefficients, float(intercept * scale[j])))
    return tuple(result)


def _dependences(R: Any, scaled: Any, spreads: Any, rounding: Any) -> Iterator[tuple[int, Any, float]]:
    """Each column j that depends on columns before it, its coefficients (p,), and the tolerance.

    R is the triangular factor of the data, which `scaled()` yields in blocks. A small pivot makes a column a
    candidate, and the combination must hold in every row of the data. A dependent column is then removed.
    `rounding` is the rounding error of an entry of each column.
    """
    columns = list(range(R.shape[1]))
    k = 0  # columns[:k] are linearly independent
    while k < len(columns):
        j = columns[k]
        exact = None
        if k == len(R) or abs(R[k, k]) <= max(1e-3 * np.linalg.norm(R[:, k]), 1e3 * rounding[j]):
            c = np.zeros(len(spreads))
            c[columns[:k]] = np.linalg.solve(R[:k, :k], R[:k, k])
            shown = np.where(np.abs(c) * spreads > 1e-8 * spreads[j], c, 0.0)  # smaller terms are rounding
            for candidate in (shown, c):
                tolerance = float(_EXACT * spreads[j] + rounding[j] + np.abs(candidate) @ rounding)
                if all((np.abs(rows[:, j] - rows @ candidate) <= tolerance).all() for rows in scaled()):
                    exact = candidate, tolerance
                    break
        if exact is None:
            k += 1
            continue
        yield j, *exact
        del columns[k]
        R = np.delete(R, k, axis=1)
        if k < len(R):
            R = np.linalg.qr(R, mode="r")


def triangular_factor(parts: Iterable[Any]) -> Any:
    """The factor R of the QR decomposition of a tall matrix, given in blocks of rows."""
    R: Any = None
    for rows in parts:
        R = np.linalg.qr(rows if R is None else np.vstack([R, rows]), mode="r")
    return R


def blocks(X: Any) -> Iterator[Any]:
    """The rows of an array or a sparse matrix in dense blocks."""
    step = _BLOCK // X.shape[1] + 8 * X.shape[1]
    for i in range(0, X.shape[0], step):
        rows = X[i : i + step]
        yield rows if isinstance(rows, np.ndarray) else rows.toarray()


def matrix(function: str, X: Any) -> Any:
    """X in float64, as an array or a sparse matrix of compressed rows.

    Raises TypeError or ValueError, with a message that begins with `function`, if X is not a matrix of finite
    numbers.
    """
    sparse = hasattr(X, "tocsr")
    if not sparse:
        only_numbers(function, "X", X)
    array = X.tocsr() if sparse else np.asarray(X)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{function}: X has dtype {array.dtype}; pass numbers, for example X.astype(float)")
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{function}: X has shape {array.shape}; give a row for each example")
    if problem := errors.non_finite(array.data if sparse else array):
        raise ValueError(f"{function}: X is not finite: {problem}; remove or replace such examples")
    return array.astype(float, copy=False)


def column_names(function: str, X: Any, names: Sequence[str] | None) -> list[str]:
    """The given names, or x0, x1, ...; raises ValueError if there is not one for each column of X."""
    texts = [f"x{j}" for j in range(X.shape[1])] if names is None else [str(name) for name in names]
    if len(texts) != X.shape[1]:
        raise ValueError(
            f"{function}: X has {X.shape[1]} columns and names has {len(texts)}; give one for each"
        )
    if repeated := sorted({text for text in texts if texts.count(text) > 1}):
        raise ValueError(
            f"{function}: names has {repeated} more than once; give each column a name of its own"
        )
    return texts
