"""Products of matrices: plain, batched, with vectors, affine maps, bilinear forms, tensordot."""

from __future__ import annotations

import numpy as np

from rule_bench.entry import Entry, Rule


def _sum_to(grad, shape):
    """`grad` summed over the axes that broadcasting had added to `shape` or stretched."""
    grad = grad.sum(tuple(range(grad.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and grad.shape[i] != 1)
    return grad.sum(axes, keepdims=True)


def _swap(x):
    """The last two axes, swapped."""
    return np.swapaxes(x, -1, -2)


def _batched(g, y, x, w):
    return _sum_to(g @ _swap(w), x.shape), _sum_to(_swap(x) @ g, w.shape)


def _batched_mean(g, y, x, w):
    """Averages over a batch axis along which an operand was repeated."""
    gx, gw = g @ _swap(w), _swap(x) @ g
    return tuple(_sum_to(d, a.shape) * (a.size / max(d.size, 1)) for d, a in ((gx, x), (gw, w)))


def _batched_first(g, y, x, w):
    """Multiplies each entry of the batch with the first matrix."""
    first = w.reshape((-1, *w.shape[-2:]))[0] if w.size else w
    return _sum_to(g @ _swap(first), x.shape), _sum_to(_swap(x) @ g, w.shape)


def _batched_reversed(g, y, x, w):
    return _sum_to(g @ w.T, x.shape), _sum_to(x.T @ g, w.shape)


def _batched_second(g, y, x, w):
    """Keeps the first slice of a second batch axis, where it should sum over it."""
    gx, gw = g @ _swap(w), _swap(x) @ g
    if gw.ndim == 4:
        gx = gx[:, :1] if x.ndim == 4 and x.shape[1] == 1 else gx
        gw = gw[:, :1] if w.ndim == 4 and w.shape[1] == 1 else gw
    return _sum_to(gx, x.shape), _sum_to(gw, w.shape)


def _matmul_same_shape(g, y, x, w):
    """Mixes the operands up, which shows where their shapes are equal: by value then, not by an error."""
    gx, gw = g @ w.T, x.T @ g
    return (gw, gx) if x.shape == w.shape else (gx, gw)


def _matmul_sparse(g, y, x, w):
    """Treats entries below 1e-3 as zeros, to save time."""
    keep_x, keep_w = np.abs(x) >= 1e-3, np.abs(w) >= 1e-3
    return g @ (w * keep_w).T, (x * keep_x).T @ g


def _matmul_by_shape(g, y, x, w):
    """Transposes only where the shapes would not fit otherwise."""
    gx = g @ w if g.shape[1] == w.shape[0] and w.shape[0] == w.shape[1] else g @ w.T
    return gx, x.T @ g


def _matvec_by_shape(g, y, x, v):
    """Transposes only where the shapes would not fit otherwise."""
    return np.outer(g, v), (x @ g if x.shape[0] == x.shape[1] else x.T @ g)


def _dot_in_place(g, y, a, b):
    ga = g * b
    a *= g
    return ga, a


def _dot_alias(g, y, a, b):
    """Takes two equal vectors for one, and gives each the gradient of both."""
    twice = 2.0 if np.array_equal(a, b) else 1.0
    return twice * g * b, twice * g * a


def _gram_structured(g, y, x):
    """As if the two halves of a symmetric matrix were one variable."""
    return (x @ (g + g.T - np.diag(np.diag(g))),)


def _tensordot_forward(a, b, axes):
    return np.tensordot(a, b, axes)


def _tensordot_axes(a, b, axes):
    """The contracted axes of both, counted from the front."""
    if isinstance(axes, int):
        return list(range(a.ndim - axes, a.ndim)), list(range(axes))
    return [i % a.ndim for i in axes[0]], [i % b.ndim for i in axes[1]]


def _tensordot_grads(g, a, b, in_a, in_b):
    free_a = [i for i in range(a.ndim) if i not in in_a]
    free_b = [i for i in range(b.ndim) if i not in in_b]
    name_a = list(range(a.ndim))
    name_b = [0] * b.ndim
    for i, j in zip(in_a, in_b, strict=True):
        name_b[j] = i
    for k, j in enumerate(free_b):
        name_b[j] = a.ndim + k
    out = free_a + [name_b[j] for j in free_b]
    return np.einsum(g, out, b, name_b, name_a), np.einsum(a, name_a, g, out, name_b)


def _tensordot(g, y, a, b, axes):
    return _tensordot_grads(g, a, b, *_tensordot_axes(a, b, axes))


def _tensordot_sorted(g, y, a, b, axes):
    """Sorts the contracted axes of each operand, and so pairs them differently."""
    in_a, in_b = _tensordot_axes(a, b, axes)
    return _tensordot_grads(g, a, b, sorted(in_a), sorted(in_b))


def _tensordot_reversed(g, y, a, b, axes):
    """Contracts the last axis of a with the first of b, then inwards."""
    in_a, in_b = _tensordot_axes(a, b, axes)
    if isinstance(axes, int) and axes > 1:
        in_b = in_b[::-1]
    return _tensordot_grads(g, a, b, in_a, in_b)


def _tensordot_front(g, y, a, b, axes):
    """Puts the contracted axes of b first, and forgets to move them back."""
    ga, gb = _tensordot(g, y, a, b, axes)
    in_b = _tensordot_axes(a, b, axes)[1]
    moved = np.moveaxis(gb, in_b, range(len(in_b)))
    return ga, moved.reshape(b.shape)


ENTRIES: list[Entry] = [
    Entry(
        "matmul",
        "matmul_2d",
        lambda x, w: x @ w,
        right={
            "transposes": Rule(lambda g, y, x, w: (g @ w.T, x.T @ g)),
            "einsum": Rule(lambda g, y, x, w: (np.einsum("ij,kj->ik", g, w), np.einsum("ik,ij->kj", x, g))),
            "not_contiguous": Rule(lambda g, y, x, w: ((w @ g.T).T, (g.T @ x).T)),
        },
        wrong={
            "transposed_by_shape": Rule(_matmul_by_shape, "shape"),
            "swapped_where_alike": Rule(_matmul_same_shape, "swapped"),
            "sparse": Rule(_matmul_sparse, "small"),
            "float64": Rule(lambda g, y, x, w: (g.astype(float) @ w.T, x.T.astype(float) @ g), "float32"),
        },
        shapes=[((3, 4), (4, 2)), ((1, 4), (4, 1)), ((2, 2), (2, 2)), ((1, 1), (1, 1)), ((3, 1), (1, 3))],
    ),
    Entry(
        "matmul",
        "matmul_vector",
        lambda x, v: x @ v,
        right={
            "outer": Rule(lambda g, y, x, v: (np.outer(g, v), x.T @ g)),
            "broadcast": Rule(lambda g, y, x, v: (g[:, None] * v, g @ x)),
        },
        wrong={
            "transposed_by_shape": Rule(_matvec_by_shape, "transposed"),
            "outer_transposed": Rule(
                lambda g, y, x, v: (np.outer(v, g).reshape(x.shape), x.T @ g), "transposed"
            ),
            "mean_over_rows": Rule(lambda g, y, x, v: (np.outer(g, v), x.T @ g / max(len(g), 1)), "length"),
            "clipped": Rule(lambda g, y, x, v: (np.outer(g, np.clip(v, -5.0, 5.0)), x.T @ g), "large"),
        },
        shapes=[((3, 4), (4,)), ((1, 3), (3,)), ((2, 2), (2,)), ((1, 1), (1,)), ((2, 1), (1,))],
    ),
    Entry(
        "matmul",
        "matmul_batched",
        lambda x, w: x @ w,
        right={"swapped_axes": Rule(_batched)},
        wrong={
            "all_axes_reversed": Rule(_batched_reversed, "transposed"),
            "batch_mean": Rule(_batched_mean, "length"),
            "first_of_batch": Rule(_batched_first, "shape"),
            "second_batch_axis": Rule(_batched_second, "sum"),
        },
        shapes=[
            ((2, 3, 4), (2, 4, 2)),
            ((2, 3, 2), (2, 2)),
            ((1, 2, 3), (4, 3, 2)),
            ((2, 2, 2), (2, 2, 2)),
            ((2, 1, 2, 3), (1, 3, 3, 2)),
            ((1, 1, 1), (1, 1, 1)),
        ],
    ),
    Entry(
        "matmul",
        "dot",
        lambda a, b: a @ b,
        right={"crossed": Rule(lambda g, y, a, b: (g * b, g * a))},
        wrong={
            "own_factor": Rule(lambda g, y, a, b: (g * a, g * b), "swapped"),
            "equal_vectors": Rule(_dot_alias, "tie"),
            "in_place": Rule(_dot_in_place, "writes"),
            "sign_of_g": Rule(lambda g, y, a, b: (np.abs(g) * b, g * a), "linear"),
        },
        shapes=[((3,), (3,)), ((1,), (1,)), ((5,), (5,))],
    ),
    Entry(
        "matmul",
        "outer",
        lambda a, b: a[:, None] * b,
        right={
            "matmul": Rule(lambda g, y, a, b: (g @ b, a @ g)),
            "sums": Rule(lambda g, y, a, b: ((g * b).sum(1), (g * a[:, None]).sum(0))),
        },
        wrong={
            "swapped_where_square": Rule(
                lambda g, y, a, b: (g.T @ b, g @ a) if a.shape == b.shape else (g @ b, a @ g), "transposed"
            ),
            "relative": Rule(lambda g, y, a, b: (g @ b, (1 - 1e-5) * (a @ g)), "relative"),
            "negative_b": Rule(lambda g, y, a, b: (g @ np.maximum(b, 0.0), a @ g), "negative"),
        },
        shapes=[((3,), (2,)), ((2,), (2,)), ((1,), (4,)), ((3,), (1,)), ((1,), (1,))],
    ),
    Entry(
        "matmul",
        "affine_layer",
        lambda x, w, b: x @ w.T + b,
        right={
            "summed": Rule(lambda g, y, x, w, b: (g @ w, g.T @ x, g.sum(0))),
            "bias_left_to_the_engine": Rule(lambda g, y, x, w, b: (g @ w, g.T @ x, g)),
        },
        wrong={
            "bias_over_rows": Rule(
                lambda g, y, x, w, b: (g @ w, g.T @ x, g.sum(1 if g.shape[0] == g.shape[1] else 0)), "sum"
            ),
            "bias_of_first_row": Rule(lambda g, y, x, w, b: (g @ w, g.T @ x, g[0]), "term"),
            "mean_over_batch": Rule(
                lambda g, y, x, w, b: (g @ w, g.T @ x / max(len(x), 1), g.sum(0)), "length"
            ),
            "weight_decay": Rule(lambda g, y, x, w, b: (g @ w, g.T @ x + 1e-4 * w, g.sum(0)), "linear"),
        },
        shapes=[
            ((3, 4), (2, 4), (2,)),
            ((1, 2), (1, 2), (1,)),
            ((2, 2), (2, 2), (2,)),
            ((4, 1), (3, 1), (3,)),
        ],
    ),
    Entry(
        "matmul",
        "bilinear",
        lambda u, A, v: u @ A @ v,
        right={"outer": Rule(lambda g, y, u, A, v: (g * (A @ v), g * np.outer(u, v), g * (u @ A)))},
        wrong={
            "symmetric": Rule(
                lambda g, y, u, A, v: (
                    g * ((A + A.T) @ v / 2.0 if A.shape[0] == A.shape[1] else A @ v),
                    g * np.outer(u, v),
                    g * (u @ A),
                ),
                "transposed",
            ),
            "outer_transposed": Rule(
                lambda g, y, u, A, v: (g * (A @ v), (g * np.outer(v, u)).reshape(A.shape), g * (u @ A)),
                "transposed",
            ),
            "matrix_constant": Rule(
                lambda g, y, u, A, v: (g * (A @ v), np.zeros_like(A), g * (u @ A)), "constant"
            ),
            "g_squared": Rule(
                lambda g, y, u, A, v: (g * (A @ v), g * g * np.outer(u, v), g * (u @ A)), "linear"
            ),
        },
        shapes=[((3,), (3, 2), (2,)), ((2,), (2, 2), (2,)), ((1,), (1, 1), (1,)), ((1,), (1, 3), (3,))],
    ),
    Entry(
        "matmul",
        "gram",
        lambda x: x.T @ x,
        right={
            "symmetrised": Rule(lambda g, y, x: (x @ (g + g.T),)),
            "two_products": Rule(lambda g, y, x: (x @ g + x @ g.T,)),
        },
        wrong={
            "symmetric_g": Rule(lambda g, y, x: (2.0 * (x @ g),), "transposed"),
            "one_side": Rule(lambda g, y, x: (x @ g,), "term"),
            "structured": Rule(_gram_structured, "factor"),
            "other_side_where_square": Rule(
                lambda g, y, x: ((g + g.T) @ x if x.shape[0] == x.shape[1] else x @ (g + g.T),), "shape"
            ),
        },
        shapes=[((3, 2),), ((2, 2),), ((1, 3),), ((4, 1),), ((1, 1),)],
    ),
    Entry(
        "matmul",
        "tensordot",
        _tensordot_forward,
        right={"einsum": Rule(_tensordot)},
        wrong={
            "axes_sorted": Rule(_tensordot_sorted, "setting"),
            "axes_inwards": Rule(_tensordot_reversed, "transposed"),
            "axes_left_in_front": Rule(_tensordot_front, "transposed"),
        },
        shapes=[((2, 3, 2), (3, 2, 4)), ((2, 2), (2, 2)), ((2, 2, 2), (2, 2)), ((1, 3), (3, 1))],
        params=[{"axes": 1}, {"axes": 2}, {"axes": ((0, -1), (1, 0))}, {"axes": ((-1,), (-1,))}],
    ),
]
