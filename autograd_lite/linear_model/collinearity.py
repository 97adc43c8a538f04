"""Columns that are exact linear combinations of the columns before them, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite import errors

_EXACT = 1e-10  # what is left of a column, as a part of its spread, that counts as nothing
_ROUNDING = 8 * float(np.finfo(float).eps)  # of a term's size, what its digits may be off
_BLOCK = 1 << 17  # entries of a block of rows: 1 MB, which stays in the cache
_SHOWN = 8  # terms of a formula


@dataclass(frozen=True)
class Dependence:
    """A `column` that is a combination `of` others, coefficient by name, plus `intercept`.

    >>> print(Dependence("fahrenheit", {"celsius": 1.8}, 32.0))
    fahrenheit = 1.8 celsius + 32
    """

    column: str
    of: dict[str, float]
    intercept: float = 0.0

    def __str__(self) -> str:
        """The formula, its numbers with six digits; beyond eight terms it says how many are left out."""
        if not self.of:
            return f"{self.column} is {'constant' if self.intercept else '0 everywhere'}"
        numbers = [(c, f"{abs(c):.6g}", name) for name, c in self.of.items()]
        terms = [(c < 0, name if number == "1" else f"{number} {name}") for c, number, name in numbers]
        if self.intercept:
            terms.append((self.intercept < 0, f"{abs(self.intercept):.6g}"))
        if len(terms) > _SHOWN:
            terms[_SHOWN - 1 :] = [(False, f"{len(terms) - _SHOWN + 1} more terms")]
        (minus, first), *others = terms
        rest = "".join(f" {'-' if minus else '+'} {term}" for minus, term in others)
        return f"{self.column} = {'-' if minus else ''}{first}{rest}"


def collinear(
    X: Any, *, fit_intercept: bool = True, names: Sequence[str] | None = None
) -> tuple[Dependence, ...]:
    """The columns of X that are combinations of the columns before them and of the intercept, to rounding.

    X is (n, p), an array or a scipy sparse matrix; `names` are those of the columns, by default x0, x1,
    ...; `fit_intercept=False` leaves the intercept out. A column is reported if the combination is nowhere
    off by more than 1e-10 of the column's standard deviation (without the intercept, of its root mean
    square), or than what rounding the terms can make; without the columns reported, those that are left are
    independent. The combinations are found in a sample of rows and tested on all; rows that refute one join
    the sample. Raises a TypeError or ValueError if X is no matrix of finite numbers, or `names` are not one
    for each column.

    >>> a, b = np.array([1.0, 2.0, 4.0, 7.0]), np.array([0.5, 0.0, 3.0, 1.0])
    >>> for each in collinear(np.stack([a, b, a + b], axis=1), names=["a", "b", "total"]):
    ...     print(each)
    total = a + b
    """
    X = matrix("collinear", X)
    names, (n, p) = ["", *column_names("collinear", X, names)], X.shape
    # Column 0 is of ones, or without an intercept of zeros. Divided by powers of two, which is exact, and
    # less the first row, a constant column is exactly 0.
    largest = np.append(0.0, np.max([np.abs(rows).max(axis=0) for rows in _blocks(X)], axis=0))
    scale = np.append(1.0, np.ldexp(1.0, np.frexp(largest[1:])[1] - 1))
    first = np.append(0.0, next(_blocks(X[:1]))[0] * fit_intercept / scale[1:])

    def scaled(X: Any) -> Iterator[Any]:
        return (np.insert(rows, 0, fit_intercept, axis=1) / scale - first for rows in _blocks(X))

    rows, more = np.array([], dtype=int), np.unique(np.linspace(0, n - 1, max(64, 2 * p)).astype(int))
    while more.size:
        rows = np.union1d(rows, more)
        S = np.concatenate(list(scaled(X[rows])))
        spreads = S.std(axis=0) if fit_intercept else np.sqrt((S**2).mean(axis=0))
        columns, C, allowed = _dependent(S, spreads, _ROUNDING * largest / scale)
        more = np.setdiff1d(_refuting(scaled(X), columns, C, allowed), rows)
    shown = np.abs(C) * spreads[:, None] > allowed
    intercepts = first[columns] + C[0] - first @ (C * shown)
    intercepts = np.where(np.abs(intercepts) > allowed, intercepts, 0.0) * scale[columns]
    return tuple(
        Dependence(
            names[j],
            {names[k]: float(c[k] * (scale[j] / scale[k])) for k in np.flatnonzero(terms)},
            float(intercept),
        )
        for j, c, terms, intercept in zip(columns, C.T, shown.T, intercepts, strict=True)
        if j
    )


def _dependent(S: Any, spreads: Any, rounding: Any) -> tuple[Any, Any, Any]:
    """The columns that independent ones before them make, their coefficients (p, m), and tolerances.

    By Gram-Schmidt, each column twice, which is enough for an orthogonal basis (Giraud et al. 2005).
    `rounding` is what the digits of each column may be off.
    """
    n, p = S.shape
    Q, T, kept = np.empty((n, min(n, p))), np.zeros((min(n, p),) * 2), list[int]()
    found, C, tolerances = list[int](), np.zeros((p, p)), list[float]()
    for j in range(p):
        k, left, h = len(kept), S[:, j], 0.0
        for _ in range(2):
            part = Q[:, :k].T @ left
            left, h = left - Q[:, :k] @ part, h + part
        if np.abs(left).max() <= max(1e-3 * spreads[j], rounding[j]):
            c = np.linalg.solve(T[:k, :k], h)
            allowed = _EXACT * spreads[j] + rounding[j] + np.abs(c) @ rounding[kept]
            if k == n or not left.any() or np.abs(S[:, j] - S[:, kept] @ c).max() <= allowed:
                C[kept, len(found)] = c
                found.append(j)
                tolerances.append(allowed)
                continue
        T[:k, k], T[k, k] = h, np.linalg.norm(left)
        Q[:, k] = left / T[k, k]
        kept.append(j)
    return np.array(found, dtype=int), C[:, : len(found)], np.array(tolerances)


def _refuting(parts: Iterable[Any], columns: Any, C: Any, allowed: Any) -> Any:
    """The rows where combinations are off by most, for each that is off by more than allowed."""
    most, where, start = np.zeros(len(columns)), np.zeros(len(columns), dtype=int), 0
    for rows in parts:
        off = np.abs(rows[:, columns] - rows @ C)
        worst = off.argmax(axis=0)
        off = off.max(axis=0)
        where = np.where(off > most, start + worst, where)
        most, start = np.maximum(most, off), start + len(rows)
    return where[most > allowed]


def _blocks(X: Any) -> Iterator[Any]:
    """The rows of an array or a sparse matrix, as dense blocks."""
    step = max(1, _BLOCK // X.shape[1])
    for i in range(0, X.shape[0], step):
        rows = X[i : i + step]
        yield rows if isinstance(rows, np.ndarray) else rows.toarray()


def matrix(where: str, X: Any) -> Any:
    """X as float64, an array or a sparse matrix by rows; an error if it is no matrix of finite numbers."""
    sparse = hasattr(X, "tocsr")
    X = X.tocsr() if sparse else np.asarray(X)
    if X.dtype.kind not in "fiub":
        raise TypeError(f"{where}: X has dtype {X.dtype}; pass numbers, for example X.astype(float)")
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"{where}: X has shape {X.shape}; give a row for each example, a column a feature")
    if told := errors.non_finite(X.data if sparse else X):
        raise ValueError(f"{where}: X is not finite: {told}; remove or replace such examples")
    return X.astype(float, copy=False)


def column_names(where: str, X: Any, names: Sequence[str] | None) -> list[str]:
    """A name for each column of X: those given, or x0, x1, ..."""
    named = [f"x{j}" for j in range(X.shape[1])] if names is None else [str(name) for name in names]
    if len(named) != X.shape[1]:
        raise ValueError(f"{where}: X has {X.shape[1]} columns and names has {len(named)}; give one for each")
    return named
