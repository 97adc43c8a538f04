"""Inverses, solutions, determinants and factors of matrices that are never near singular.

A matrix that must be regular is 2 n I + arctan(x): each diagonal entry outweighs the rest of its row.
"""

from __future__ import annotations

import numpy as np

from rule_bench.entry import Entry, Rule


def _swap(x):
    return np.swapaxes(x, -1, -2)


def _regular(x):
    n = x.shape[-1]
    return 2 * n * np.eye(n, dtype=x.dtype) + np.arctan(x)


def _slope(x):
    """The derivative of arctan."""
    return 1.0 / (1.0 + x * x)


def _inv(x):
    return np.linalg.inv(_regular(x))


def _inv_with(inner, cause=""):
    """A rule: `inner(g, y)` is the gradient of the matrix."""
    return Rule(lambda g, y, x: (inner(g, y) * _slope(x),), cause)


def _solve(x, b):
    return np.linalg.solve(_regular(x), b)


def _columns(z, b):
    """Vectors as matrices of one column."""
    return z[:, None] if b.ndim == 1 else z


def _solve_with(outer, cause=""):
    """A rule: `outer(gb, z)` is the gradient of the matrix, from columns."""

    def backward(g, y, x, b):
        gb = np.linalg.solve(_regular(x).T, g)
        return outer(_columns(gb, b), _columns(y, b)) * _slope(x), gb

    return Rule(backward, cause)


def _solve_untransposed(g, y, x, b):
    gb = np.linalg.solve(_regular(x), g)
    return -_columns(gb, b) @ _columns(y, b).T * _slope(x), gb


def _det(x):
    return np.linalg.det(_regular(x))


def _det_adjugate(g, y, x):
    """From the minors, without the value and without an inverse."""
    A, cofactors = _regular(x), np.zeros_like(x)
    for i, j in np.ndindex(x.shape):
        minor = np.delete(np.delete(A, i, 0), j, 1)
        cofactors[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return (g * cofactors * _slope(x),)


def _logdet(x):
    return np.linalg.slogdet(_regular(x))[1]


def _logdet_structured(g, y, x):
    """As if the two halves were one variable: doubles what is off the diagonal."""
    inverse = np.linalg.inv(_regular(x)).T
    return (g * (2.0 * inverse - np.diag(np.diag(inverse))) * _slope(x),)


def _trace(x, offset):
    return np.trace(x, offset)


def _trace_with(eye, cause=""):
    """A rule: g times the diagonal that `eye(x, offset)` has."""
    return Rule(lambda g, y, x, offset: (g * eye(x, offset).astype(x.dtype),), cause)


def _trace_filled(g, y, x, offset):
    """Steps through the flat array, on past the last column."""
    gx = np.zeros_like(x)
    first = offset if offset >= 0 else -offset * x.shape[1]
    gx.ravel()[first :: x.shape[1] + 1] = g
    return (gx,)


def _cholesky(x):
    b = np.arctan(x)
    return np.linalg.cholesky(b @ b.T + len(x) * np.eye(len(x), dtype=x.dtype))


def _cholesky_with(middle, outer, cause=""):
    """A rule: `middle(L' g)` between the inverses of L, `outer(S) @ x` in the end."""

    def backward(g, y, x):
        inverse = np.linalg.inv(y)
        s = inverse.T @ middle(y.T @ g) @ inverse
        return (outer(s) @ np.arctan(x) * _slope(x),)

    return Rule(backward, cause)


def _lower(p):
    """The lower half, and half of the diagonal."""
    return np.tril(p) - 0.5 * np.diag(np.diag(p))


def _kron(a, b):
    return np.kron(a, b)


def _kron_with(names, cause=""):
    """A rule: takes g apart into axes in the order of `names`, where i, j are a's and k, l are b's."""

    def backward(g, y, a, b):
        sizes = dict(zip("ijkl", (*a.shape, *b.shape), strict=True))
        parts = g.reshape([sizes[name] for name in names])
        return np.einsum(f"{names},kl->ij", parts, b), np.einsum(f"{names},ij->kl", parts, a)

    return Rule(backward, cause)


_SQUARES = [((2, 2),), ((3, 3),), ((1, 1),)]

ENTRIES: list[Entry] = [
    Entry(
        "linear_algebra",
        "inv",
        _inv,
        right={"transposes": _inv_with(lambda g, y: -(_swap(y) @ g @ _swap(y)))},
        wrong={
            "not_transposed": _inv_with(lambda g, y: -(y @ g @ y), "transposed"),
            "all_axes_reversed": _inv_with(lambda g, y: -(y.T @ g @ y.T), "shape"),
            "sign": _inv_with(lambda g, y: _swap(y) @ g @ _swap(y), "sign"),
            "elementwise": _inv_with(lambda g, y: -g * y * y, "formula"),
        },
        shapes=[*_SQUARES, ((2, 3, 3),), ((2, 2, 2),)],
    ),
    Entry(
        "linear_algebra",
        "solve",
        _solve,
        right={"outer": _solve_with(lambda gb, z: -gb @ z.T)},
        wrong={
            "not_transposed": Rule(_solve_untransposed, "transposed"),
            "outer_transposed": _solve_with(lambda gb, z: -z @ gb.T, "transposed"),
            "sign": _solve_with(lambda gb, z: gb @ z.T, "sign"),
            "matrix_constant": _solve_with(lambda gb, z: 0.0 * (gb @ z.T), "constant"),
        },
        shapes=[((3, 3), (3,)), ((2, 2), (2, 2)), ((1, 1), (1,)), ((3, 3), (3, 1)), ((2, 2), (2,))],
    ),
    Entry(
        "linear_algebra",
        "det",
        _det,
        right={
            "inverse": Rule(lambda g, y, x: (g * y * np.linalg.inv(_regular(x)).T * _slope(x),)),
            "cofactors": Rule(_det_adjugate),
        },
        wrong={
            "not_transposed": Rule(
                lambda g, y, x: (g * y * np.linalg.inv(_regular(x)) * _slope(x),), "transposed"
            ),
            "value_missing": Rule(lambda g, y, x: (g * np.linalg.inv(_regular(x)).T * _slope(x),), "local"),
            "diagonal_only": Rule(
                lambda g, y, x: (g * y * np.diag(np.diag(np.linalg.inv(_regular(x)))) * _slope(x),), "term"
            ),
        },
        shapes=_SQUARES,
    ),
    Entry(
        "linear_algebra",
        "logdet",
        _logdet,
        right={"inverse": Rule(lambda g, y, x: (g * np.linalg.inv(_regular(x)).T * _slope(x),))},
        wrong={
            "not_transposed": Rule(
                lambda g, y, x: (g * np.linalg.inv(_regular(x)) * _slope(x),), "transposed"
            ),
            "structured": Rule(_logdet_structured, "factor"),
            "positive_only": Rule(
                lambda g, y, x: (g * np.linalg.inv(_regular(np.abs(x))).T * _slope(x),), "negative"
            ),
        },
        shapes=_SQUARES,
    ),
    Entry(
        "linear_algebra",
        "trace",
        _trace,
        right={"eye": _trace_with(lambda x, offset: np.eye(*x.shape, k=offset))},
        wrong={
            "main_diagonal": _trace_with(lambda x, offset: np.eye(*x.shape), "setting"),
            "other_side": _trace_with(lambda x, offset: np.eye(*x.shape, k=-offset), "transposed"),
            "wraps_round": Rule(_trace_filled, "shape"),
        },
        shapes=[((3, 3),), ((2, 3),), ((4, 2),), ((1, 1),)],
        params=[{"offset": 0}, {"offset": 1}, {"offset": -1}],
    ),
    Entry(
        "linear_algebra",
        "cholesky",
        _cholesky,
        right={
            "lower_half": _cholesky_with(_lower, lambda s: s + s.T),
            "only_the_factor_lower": _cholesky_with(lambda p: _lower(np.tril(p)), lambda s: s + s.T),
        },
        wrong={
            "whole_diagonal": _cholesky_with(np.tril, lambda s: s + s.T, "factor"),
            "not_symmetrised": _cholesky_with(_lower, lambda s: 2.0 * s, "transposed"),
            "upper_half_kept": _cholesky_with(lambda p: 0.5 * p, lambda s: s + s.T, "term"),
        },
        shapes=[((2, 3),), ((3, 2),), ((2, 2),), ((1, 1),), ((3, 1),)],
    ),
    Entry(
        "linear_algebra",
        "quadratic_form",
        lambda A, v: v @ A @ v,
        right={"both_sides": Rule(lambda g, y, A, v: (g * np.outer(v, v), g * (A @ v + v @ A)))},
        wrong={
            "symmetric": Rule(lambda g, y, A, v: (g * np.outer(v, v), 2.0 * g * (A @ v)), "transposed"),
            "one_side": Rule(lambda g, y, A, v: (g * np.outer(v, v), g * (v @ A)), "term"),
            "diagonal": Rule(lambda g, y, A, v: (g * np.diag(v * v), g * (A @ v + v @ A)), "term"),
        },
        shapes=[((3, 3), (3,)), ((2, 2), (2,)), ((1, 1), (1,))],
    ),
    Entry(
        "linear_algebra",
        "kron",
        _kron,
        right={"axes": _kron_with("ikjl")},
        wrong={
            "blocks_apart": _kron_with("ijkl", "transposed"),
            "factors_mixed_up": _kron_with("kilj", "swapped"),
            "columns_mixed_up": _kron_with("iklj", "transposed"),
        },
        shapes=[((2, 3), (3, 2)), ((2, 2), (2, 2)), ((1, 3), (2, 1)), ((1, 1), (2, 2)), ((2, 1), (1, 3))],
    ),
]
