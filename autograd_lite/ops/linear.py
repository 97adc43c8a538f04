"""Linear algebra: products of vectors, matrices and stacks of them; norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.operation import answer, case, op
from autograd_lite.ops.reductions import keep, or_zero
from autograd_lite.protocol import holds

_BIAS = "Did you forget to add, or to drop, a bias column?"


@op("@", numpy=np.matmul, operator="matmul", signature="(m,k),(k,n)->(m,n)", hint=_BIAS, letter="z", samples=(
    case((3, 4), (4, 2)), case((3, 4), (4,)), case((4,), (4, 2)), case((4,), (4,)),
    case((2, 3, 4), (4, 2)), case((2, 1, 3, 4), (5, 4, 2)), case((2, 3, 4), (4,)), case((4,), (2, 4, 3)),
))  # fmt: skip
def matmul(a: Any, b: Any) -> Any:
    """Matrix product a @ b over the last two axes; leading axes broadcast, vectors as in NumPy."""
    return a @ b


# The gradient of a product, as NumPy writes it, by the numbers of axes of a and of b; 3 stands for more.
_IN_A = {
    (1, 1): "× {b}", (1, 2): "grad @ {b}.T", (1, 3): "sum of {b} @ grad over the stack",
    (2, 1): "outer(grad, {b})", (2, 2): "grad @ {b}.T", (2, 3): "grad @ {b}.mT",
    (3, 1): "grad[..., None] × {b}", (3, 2): "grad @ {b}.T", (3, 3): "grad @ {b}.mT",
}  # fmt: skip
_IN_B = {
    (1, 1): "× {a}", (1, 2): "outer({a}, grad)", (1, 3): "{a}[:, None] × grad[..., None, :]",
    (2, 1): "{a}.T @ grad", (2, 2): "{a}.T @ grad", (2, 3): "{a}.T @ grad",
    (3, 1): "tensordot(grad, {a}, {n})", (3, 2): "{a}.mT @ grad", (3, 3): "{a}.mT @ grad",
}  # fmt: skip


def _product(told: Any, own: int, a: str = "a", b: str = "b") -> Callable[[Any], str]:
    """The words of a factor of a product, at position `own`; `a` and `b` are the names of both."""

    def words(y: Any) -> str:
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
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim > 1 and b.ndim > 1:
        return g @ b.swapaxes(-1, -2)
    if b.ndim == 1:
        return g[..., None] * b
    return b @ g if b.ndim == 2 else (b @ g[..., None])[..., 0]


@matmul.gradient("b", "{a}.T @ grad", _product(_IN_B, 1))
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim > 1 and b.ndim > 1:
        return a.swapaxes(-1, -2) @ g
    if a.ndim == 2:
        return g @ a
    if a.ndim > 2:
        return g.reshape(-1) @ a.reshape(g.size, b.size)
    return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]


@op("affine", formula="{x} @ {w} + {b}", signature="(m,k),(k,n),(n)->(m,n)", hint=_BIAS, letter="z", samples=(
    case((3, 4), (4, 2), (2,)), case((3, 4), (4,), ()), case((4,), (4, 2), (2,)), case((3, 4), (4,), (1,)),
))  # fmt: skip
def affine(x: Any, w: Any, b: Any) -> Any:
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
def _(g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
    return g


def _tensordot_axes(a: Any, b: Any, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The summed axes of a and of b, paired, non-negative; in NumPy's three ways of saying it."""
    if isinstance(axes, int | np.integer):
        return tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    left, right = ((pair,) if isinstance(pair, int | np.integer) else tuple(pair) for pair in axes)
    return tuple(int(i) % a.ndim for i in left), tuple(int(i) % b.ndim for i in right)


def _without(axes: Any, ndim: int) -> tuple[int, ...]:
    return tuple(i for i in range(ndim) if i not in axes)


@op("tensordot", numpy=np.tensordot, samples=(
    case((2, 3, 4), (3, 4, 2)), case((2, 3), (3, 2), axes=1), case((2, 3), (4, 2), axes=(0, 1)),
    case((2, 3, 4), (4, 2, 5), axes=((0, 2), (1, 0))), case((2,), (3,), axes=0),
    case((2, 3), (4, 2, 3), axes=((0, 1), (1, 2))),
))  # fmt: skip
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum of products over pairs of axes: the last k of a with the first k of b, or those named."""
    return np.tensordot(a, b, axes)[()]


@tensordot.gradient("a", "tensordot of grad and {b}")
def _(g: Any, y: Any, a: Any, b: Any, axes: Any) -> Any:
    left, right = _tensordot_axes(a, b, axes)
    free_a, free_b = _without(left, a.ndim), _without(right, b.ndim)
    product = np.tensordot(g, b, (tuple(range(len(free_a), g.ndim)), free_b))
    ordered = free_a + tuple(i for _, i in sorted(zip(right, left, strict=True)))
    return product.transpose(tuple(int(i) for i in np.argsort(ordered)))


@tensordot.gradient("b", "tensordot of {a} and grad")
def _(g: Any, y: Any, a: Any, b: Any, axes: Any) -> Any:
    left, right = _tensordot_axes(a, b, axes)
    free_a, free_b = _without(left, a.ndim), _without(right, b.ndim)
    product = np.tensordot(a, g, (free_a, tuple(range(len(free_a)))))
    ordered = tuple(j for _, j in sorted(zip(left, right, strict=True))) + free_b
    return product.transpose(tuple(int(i) for i in np.argsort(ordered)))


def _dot_axes(a: Any, b: Any) -> Any:
    """Which axes np.dot sums, as np.tensordot says it."""
    return ((a.ndim - 1,), (max(b.ndim - 2, 0),)) if a.ndim and b.ndim else 0


_DOT = (
    case((3,), (3,)),
    case((2, 3), (3,)),
    case((2, 3), (3, 2)),
    case((), (3,)),
    case((2, 3), (4, 3, 2)),
)


@op("·", numpy=np.dot, method="dot", hint=_BIAS, samples=_DOT)
def dot(a: Any, b: Any) -> Any:
    """NumPy's dot: last axis of a with the last but one of b (with the only one of a vector)."""
    return np.dot(a, b)


def _vectors(told: dict[tuple[int, int], str], own: int) -> Callable[[Any], str]:
    """The words of a factor of a product of numbers, vectors and matrices; of others they are vague."""
    other = "{b}" if own == 0 else "{a}"

    def words(y: Any) -> str:
        axes = tuple(v.ndim for v in y.values)
        if 0 in axes or y.size == y.values[0].size == 1:  # each entry of one times each of the other
            return f"× {other}" if axes[own] or axes == (0, 0) else f"sum(grad × {other})"
        return told[axes] if max(axes) < 3 else tensordot.formulas["ab"[own]]

    return words


dot.gradient("a", "grad @ {b}.T", _vectors(_IN_A, 0))(
    lambda g, y, a, b: tensordot.rules["a"](g, y, a, b, _dot_axes(a, b))
)
dot.gradient("b", "{a}.T @ grad", _vectors(_IN_B, 1))(
    lambda g, y, a, b: tensordot.rules["b"](g, y, a, b, _dot_axes(a, b))
)


def _inner_axes(a: Any, b: Any) -> Any:
    return ((a.ndim - 1,), (b.ndim - 1,)) if a.ndim and b.ndim else 0


@op(
    "inner",
    numpy=np.inner,
    samples=(case((3,), (3,)), case((2, 3), (4, 3)), case((), (3,)), case((2, 3), ())),
)
def inner(a: Any, b: Any) -> Any:
    """Sum of products over the last axes of a and of b."""
    return np.inner(a, b)


_INNER_A = {(1, 1): "× {b}", (1, 2): "grad @ {b}", (2, 1): "outer(grad, {b})", (2, 2): "grad @ {b}"}
_INNER_B = {(1, 1): "× {a}", (1, 2): "outer(grad, {a})", (2, 1): "grad @ {a}", (2, 2): "grad.T @ {a}"}
inner.gradient("a", "grad @ {b}", _vectors(_INNER_A, 0))(
    lambda g, y, a, b: tensordot.rules["a"](g, y, a, b, _inner_axes(a, b))
)
inner.gradient("b", "grad.T @ {a}", _vectors(_INNER_B, 1))(
    lambda g, y, a, b: tensordot.rules["b"](g, y, a, b, _inner_axes(a, b))
)


@op("outer", numpy=np.outer, samples=(case((2,), (3,)), case((2, 2), (3,)), case((), (3,))))
def outer(a: Any, b: Any) -> Any:
    """Every product of an entry of a with an entry of b; both are flattened."""
    return np.outer(a, b)


def _flat(matrix: str, general: str) -> Callable[[Any], str]:
    """The words of an outer product of vectors, vaguer where one was flattened."""
    return lambda y: matrix if all(v.ndim == 1 for v in y.values) else general


@outer.gradient("a", "grad @ {b}", _flat("grad @ {b}", "sums of grad × {b}"))
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    return (g @ b.reshape(-1)).reshape(a.shape)


@outer.gradient("b", "{a} @ grad", _flat("{a} @ grad", "sums of {a} × grad"))
def _(g: Any, y: Any, a: Any, b: Any) -> Any:
    return (a.reshape(-1) @ g).reshape(b.shape)


def _letters(subscripts: str, operands: Any) -> tuple[list[str], str]:
    """Subscripts of the operands and of the output, complete: `...` spelled out, the output said."""
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


@op("einsum", samples=(
    case((2, 3), (3, 4), subscripts="ij,jk->ik"), case((3, 3), subscripts="aa"),
    case((2, 3), subscripts="ij->j"),
    case((3, 3), (3,), subscripts="ii,i->i"), case((2, 3, 4), (4, 5), subscripts="...j,jk->...k"),
    case((2, 3), (2, 3), (3,), subscripts="ij,ij,j"), case((3,), (1, 3), subscripts="i,ji"),
))  # fmt: skip
def einsum(*operands: Any, subscripts: str = "") -> Any:
    """Sums of products of `operands` by `subscripts` in Einstein's notation, as NumPy's: `ij,jk->ik`."""
    return np.einsum(subscripts, *operands)


@einsum.gradient("operands", "einsum of grad and the others")
def _(g: Any, y: Any, *operands: Any, index: int, subscripts: str) -> Any:
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


@answer(np.einsum)
def _einsum(subscripts: str, *operands: Any) -> Any:
    return einsum(*operands, subscripts=subscripts)


@op("‖·‖", numpy=np.linalg.norm, samples=(
    case((4,)), case((2, 3)), case((2, 3), axis=1), case((2, 3), axis=(0, 1), keepdims=True),
    case((2, 3, 2), axis=-2),
))  # fmt: skip
def norm(x: Any, ord: None = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Euclidean (Frobenius) norm over axes, as `np.linalg.norm`; where x is zero its gradient is 0.

    Another `ord` than None is a ValueError."""
    if ord is not None:
        raise ValueError(f"ord={ord!r} has no gradient here; the Euclidean norm has ord=None")
    return np.linalg.norm(x, axis=axis, keepdims=keepdims)


@norm.gradient("x", "× {x}/{y}", or_zero(lambda y: "× {x}/{y}"))
def _(g: Any, y: Any, x: Any, ord: None, axis: Any, keepdims: bool) -> Any:
    length, kind = keep(y, x, axis), np.finfo(x.dtype)
    low, high = math.sqrt(kind.tiny), math.sqrt(kind.max)  # beyond, squares under- or overflow
    if x.size and not holds(((length > low) & (length < high)).all()):
        size = np.max(np.abs(x), axis=axis, keepdims=True)
        x = x / np.where(size == 0, 1.0, size)
        length = np.linalg.norm(x, axis=axis, keepdims=True)
    return keep(g, x, axis) * (x / np.where(length == 0, 1.0, length))
