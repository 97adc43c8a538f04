"""Linear algebra: products of vectors, matrices and stacks of them; norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.operation import case, composition, implements, op
from autograd_lite.ops.arithmetic import add, multiply
from autograd_lite.ops.arrays import narrowed, widened
from autograd_lite.ops.elementwise import abs_slope
from autograd_lite.ops.reductions import keep, or_zero
from autograd_lite.ops.shapes import reshape, transpose
from autograd_lite.protocol import holds
from autograd_lite.typing import Axis

_BIAS = "Did you forget to add, or to drop, a bias column?"


@op(
    "@",
    numpy=np.matmul,
    operator="matmul",
    signature="(m,k),(k,n)->(m,n)",
    hint=_BIAS,
    letter="z",
    samples=(
        case((3, 4), (4, 2)),
        case((3, 4), (4,)),
        case((4,), (4, 2)),
        case((4,), (4,)),
        case((2, 3, 4), (4, 2)),
        case((2, 1, 3, 4), (5, 4, 2)),
        case((2, 3, 4), (4,)),
        case((4,), (2, 4, 3)),
    ),
)
def matmul(a, b):
    """Matrix product a @ b over the last two axes; leading axes broadcast, vectors as in NumPy."""
    return a @ b


# The gradient of a product in NumPy's notation, by the numbers of axes of a and b; 3 means 3 or more.
_IN_A = {
    (1, 1): "× {b}",
    (1, 2): "grad @ {b}.T",
    (1, 3): "sum of {b} @ grad over the stack",
    (2, 1): "outer(grad, {b})",
    (2, 2): "grad @ {b}.T",
    (2, 3): "grad @ {b}.mT",
    (3, 1): "grad[..., None] × {b}",
    (3, 2): "grad @ {b}.T",
    (3, 3): "grad @ {b}.mT",
}
_IN_B = {
    (1, 1): "× {a}",
    (1, 2): "outer({a}, grad)",
    (1, 3): "{a}[:, None] × grad[..., None, :]",
    (2, 1): "{a}.T @ grad",
    (2, 2): "{a}.T @ grad",
    (2, 3): "{a}.T @ grad",
    (3, 1): "tensordot(grad, {a}, {n})",
    (3, 2): "{a}.mT @ grad",
    (3, 3): "{a}.mT @ grad",
}


def _product(told, own: int, a: str = "a", b: str = "b") -> Callable[[Any], str]:
    """Return the words for the factor at position `own` of a product; `a` and `b` are the names of both."""

    def words(y) -> str:
        axes = tuple(min(v.ndim, 3) for v in y.values[:2])
        if y.size == y.values[0].size == 1:
            axes = (1, 1)
        elif y.ndim != max(v.ndim for v in y.values[:2]) - (1 in axes):
            return ""  # a bias with more axes than the product
        summed = 1 not in axes and y.values[own].shape[:-2] != y.shape[:-2]
        found = str(told[axes]).replace("{n}", str(y.ndim)) + ", summed over the stack" * summed
        return found.replace("{a}", f"{{{a}}}").replace("{b}", f"{{{b}}}")

    return words


@matmul.gradient("a", "grad @ {b}.T", _product(_IN_A, 0))
def _(g, y, a, b):
    if a.ndim > 1 and b.ndim > 1:
        return g @ b.swapaxes(-1, -2)
    if b.ndim == 1:
        return g[..., None] * b
    return b @ g if b.ndim == 2 else (b @ g[..., None])[..., 0]


@matmul.gradient("b", "{a}.T @ grad", _product(_IN_B, 1))
def _(g, y, a, b):
    if a.ndim > 1 and b.ndim > 1:
        return a.swapaxes(-1, -2) @ g
    if a.ndim == 2:
        return g @ a
    if a.ndim > 2:
        return g.reshape(-1) @ a.reshape(g.size, b.size)
    return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]


@op(
    "affine",
    formula="{x} @ {w} + {b}",
    signature="(m,k),(k,n),(n)->(m,n)",
    hint=_BIAS,
    letter="z",
    samples=(
        case((3, 4), (4, 2), (2,)),
        case((3, 4), (4,), ()),
        case((4,), (4, 2), (2,)),
        case((3, 4), (4,), (1,)),
    ),
)
def affine(x, w, b):
    """x @ w + b: examples in rows, w of shape (k, n) with b (n,), or w (k,) with b a number."""
    z = x @ w
    if getattr(b, "dtype", None) != z.dtype:
        return z + b
    z += b  # into the product just made: a second array costs page faults, 20 % of a large layer
    return z


affine.gradient("x", "grad @ {w}.T", _product(_IN_A, 0, "x", "w"))(
    lambda g, y, x, w, b: matmul.rules["a"](g, y, x, w)
)
affine.gradient("w", "{x}.T @ grad", _product(_IN_B, 1, "x", "w"))(
    lambda g, y, x, w, b: matmul.rules["b"](g, y, x, w)
)


@affine.gradient("b", "× 1")
def _(g, y, x, w, b):
    return g


add.composites[matmul] = affine  # X @ w + b, written with operators, has one card in a drawing


def _as_array(x):
    if hasattr(x, "ndim"):
        return x
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"cannot compute with {type(x).__name__}; pass numbers, arrays or tensors")
    return array[()]


@composition(np.tensordot, arrays=2)
def tensordot(a, b, axes: Any = 2):
    """Sum of products over pairs of axes, as `np.tensordot`: a product of two matrices."""
    a = _as_array(a)
    b = _as_array(b)
    if isinstance(axes, int | np.integer):
        axes = range(-axes, 0), range(axes)
    pairs: list[Any] = [(axis,) if isinstance(axis, int | np.integer) else axis for axis in axes]
    left = tuple(normalize_axis_index(i, a.ndim) for i in pairs[0])
    right = tuple(normalize_axis_index(i, b.ndim) for i in pairs[1])
    lengths = [a.shape[i] for i in left]
    if lengths != [b.shape[i] for i in right]:
        raise ValueError(f"axes {left} and {right} differ in length")
    free_a = tuple(i for i in range(a.ndim) if i not in left)
    free_b = tuple(i for i in range(b.ndim) if i not in right)
    shape_a = [a.shape[i] for i in free_a]
    shape_b = [b.shape[i] for i in free_b]
    rows = reshape(transpose(a, (*free_a, *left)), (math.prod(shape_a), math.prod(lengths)))
    columns = reshape(transpose(b, (*right, *free_b)), (math.prod(lengths), math.prod(shape_b)))
    return reshape(matmul(rows, columns), (*shape_a, *shape_b))


@composition(np.dot, method="dot", arrays=2)
def dot(a, b):
    """Product of a and b as in `np.dot`: the last axis of a with the last but one of b, or its only one."""
    a = _as_array(a)
    b = _as_array(b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return matmul(a, b) if b.ndim <= 2 else tensordot(a, b, (-1, -2))


@composition(np.inner, arrays=2)
def _inner(a, b):
    a = _as_array(a)
    b = _as_array(b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return matmul(a, b) if b.ndim == 1 else tensordot(a, b, (-1, -1))


@composition(np.outer, arrays=2)
def _outer(a, b):
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


def _letters(subscripts: str, operands) -> tuple[list[str], str]:
    """Return complete subscripts of the operands and the output: letters for `...`, an explicit output."""
    left, arrow, out = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in subscripts]
    widths = [x.ndim - len(t.replace("...", "")) for t, x in zip(terms, operands, strict=True) if "..." in t]
    widest = "".join(spare[: max(widths, default=0)])
    if not arrow:
        once = sorted({c for c in left if c.isalpha() and left.count(c) == 1})
        out = ("..." if "..." in left else "") + "".join(once)
    spelled = []
    for term, x in zip(terms, operands, strict=True):
        width = x.ndim - len(term.replace("...", ""))
        spelled.append(term.replace("...", widest[len(widest) - width :] if width else ""))
    return spelled, out.replace("...", widest)


@op(
    "einsum",
    samples=(
        case((2, 3), (3, 4), subscripts="ij,jk->ik"),
        case((3, 3), subscripts="aa"),
        case((2, 3), subscripts="ij->j"),
        case((3, 3), (3,), subscripts="ii,i->i"),
        case((2, 3, 4), (4, 5), subscripts="...j,jk->...k"),
        case((2, 3), (2, 3), (3,), subscripts="ij,ij,j"),
        case((3,), (1, 3), subscripts="i,ji"),
    ),
)
def einsum(*operands, subscripts: str = ""):
    """Sums of products of `operands` by `subscripts` in Einstein's notation, as in NumPy: `ij,jk->ik`."""
    return np.einsum(subscripts, *operands)


@einsum.gradient("operands", "einsum of grad and the others")
def _(g, y, *operands, index, subscripts):
    terms, out = _letters(subscripts, operands)
    mine, x = terms[index], operands[index]
    fresh = iter(c for c in "abcdefghijklmnopqrstuvwxyz" if c not in "".join(terms) + out)
    others = [(t, v) for i, (t, v) in enumerate(zip(terms, operands, strict=True)) if i != index]
    wanted = ""
    for position, letter in enumerate(mine):
        n = x.shape[position]
        if letter in wanted:  # a diagonal: its gradient lies on the diagonal
            twin = next(fresh)
            others.append((letter + twin, np.eye(n, dtype=x.dtype)))
            letter = twin
        elif letter not in out + "".join(term for term, _ in others):  # summed here alone
            others.append((letter, np.ones(n, x.dtype)))
        wanted += letter
    terms_of_rule = ",".join([out, *(term for term, _ in others)])
    return np.einsum(f"{terms_of_rule}->{wanted}", g, *(value for _, value in others))


@implements(np.einsum)
def _einsum(subscripts: str, *operands):
    return einsum(*operands, subscripts=subscripts)


@op(
    "‖·‖",
    numpy=np.linalg.norm,
    samples=(
        case((4,)),
        case((2, 3)),
        case((2, 3), axis=1),
        case((2, 3), axis=(0, 1), keepdims=True),
        case((2, 3, 2), axis=-2),
    ),
)
def norm(x, ord: None = None, axis: Axis = None, keepdims: bool = False):
    """Euclidean (Frobenius) norm over axes, as `np.linalg.norm`; where x is zero its gradient is 0.

    Raises ValueError if `ord` is not None.
    """
    if ord is not None:
        raise ValueError(f"ord={ord!r} has no gradient here; the Euclidean norm has ord=None")
    return narrowed(np.linalg.norm(widened(x), axis=axis, keepdims=keepdims), x)


@norm.gradient("x", "× {x}/{y}", or_zero(lambda y: "× {x}/{y}"))
def _(g, y, x, ord, axis, keepdims):
    length, kind = keep(y, x, axis), np.finfo(x.dtype)
    low, high = math.sqrt(kind.tiny), math.sqrt(kind.max)  # beyond, squares under- or overflow
    if x.size and not holds(((length > low) & (length < high)).all()):
        size = np.max(np.abs(x), axis=axis, keepdims=True)
        x = x / np.where(size == 0, 1.0, size)
        length = np.linalg.norm(x, axis=axis, keepdims=True)
    direction = x / np.where(length == 0, 1.0, length) * abs_slope(length)
    return keep(g, x, axis) * direction
