"""Reductions over axes: `axis` is an integer, a tuple or None (all); negative numbers count from the end.

`keepdims` leaves the axes at length 1. NumPy's other arguments (`dtype`, `out`, `where`) raise TypeError.
Several entries that attain a maximum or a minimum share the gradient equally.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.operation import case, op
from autograd_lite.ops.activations import excess_over_maximum, softmax
from autograd_lite.ops.arrays import narrowed, widened
from autograd_lite.ops.elementwise import abs_slope
from autograd_lite.protocol import holds
from autograd_lite.typing import Axis

CASES = (
    case((2, 3), axis=None),
    case((2, 3), axis=0),
    case((2, 3), axis=-1, keepdims=True),
    case((2, 3, 2), axis=(0, 2)),
    case((2, 3, 2), axis=(-1, 1), keepdims=True),
    case((), axis=None),
    case((1,), axis=0),
)


def axes_of(axis, ndim: int) -> tuple[int, ...]:
    """Return the axes as non-negative integers, in order; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)) if ndim))


def keep(g, x, axis):
    """Return `g`, the gradient of a reduction of x over `axis`, with those axes back at length 1."""
    axes = axes_of(axis, x.ndim)
    return g.reshape([1 if i in axes else n for i, n in enumerate(x.shape)])


def per_entry(x, y) -> int:
    """Return the number of entries of x that each entry of its reduction y depends on; at least 1."""
    return x.size // (y.size or 1) or 1


@op("Σ", numpy=np.sum, method="sum", samples=CASES)
def sum(x, axis: Axis = None, *, keepdims: bool = False):
    """Sum over axes, as `np.sum`."""
    return x.sum(axis=axis, keepdims=keepdims)


@sum.gradient("x", "to every entry")
def _(g, y, x, axis, keepdims):
    return keep(g, x, axis)


@op("mean", numpy=np.mean, method="mean", samples=CASES)
def mean(x, axis: Axis = None, *, keepdims: bool = False):
    """Arithmetic mean over axes, as `np.mean`."""
    return x.mean(axis=axis, keepdims=keepdims)


def _per_entry(formula: str, single: str, n: str = "n") -> tuple[str, Callable[[Any], str]]:
    """Return a formula in terms of `n`, and the words for one result; `single` if n is 1."""

    def words(y) -> str:
        count = per_entry(y.values[0], y) - y.settings.get("ddof", 0)
        return single if count == 1 else formula.replace("{n}", f"{count:.12g}".replace("-", "−"))

    return formula.replace("{n}", n), words


def or_zero(words: Callable[[Any], str]) -> Callable[[Any], str]:
    """Add to the words of a quotient by y that it is taken as 0 where y is 0, if there is such a y."""
    return lambda y: f"{words(y)}, 0 where {{y}} = 0" if np.any(y.data == 0) else words(y)


@mean.gradient("x", *_per_entry("÷ {n}", "× 1"))
def _(g, y, x, axis, keepdims):
    return keep(widened(g), x, axis) * (1.0 / per_entry(x, y))


@op("max", numpy=(np.max, np.amax), method="max", samples=CASES, selects=True)
def max(x, axis: Axis = None, *, keepdims: bool = False):
    """Largest entry over axes, as `np.max`; equal largest entries share the gradient equally."""
    return x.max(axis=axis, keepdims=keepdims)


@op("min", numpy=(np.min, np.amin), method="min", samples=CASES, selects=True)
def min(x, axis: Axis = None, *, keepdims: bool = False):
    """Smallest entry over axes, as `np.min`; equal smallest entries share the gradient equally."""
    return x.min(axis=axis, keepdims=keepdims)


@max.gradient("x", "to the largest, shared by ties")
@min.gradient("x", "to the smallest, shared by ties")
def _(g, y, x, axis, keepdims):
    won = x == keep(y, x, axis)
    count = won.sum(axis=axis, keepdims=True, dtype=np.result_type(x.dtype, np.float32))
    return np.where(won, keep(g, x, axis) / count, 0.0)


@op("Π", numpy=np.prod, method="prod", samples=(*CASES, case((2, 3, 2), axis=0)))
def prod(x, axis: Axis = None, *, keepdims: bool = False):
    """Product over axes, as `np.prod`; its gradient is right at zeros too."""
    return x.prod(axis=axis, keepdims=keepdims)


@prod.gradient("x", "× product of the others")
def _(g, y, x, axis, keepdims):
    normal = (np.abs(y) >= np.finfo(x.dtype).tiny).all() & np.isfinite(y).all()
    if holds(normal):  # a zero in x makes y zero or nan
        return keep(g, x, axis) * (keep(y, x, axis) / x)
    # y / x is 0/0 at a zero, or lost where the product over- or underflows: multiply the others.
    axes = axes_of(axis, x.ndim)
    back = (*(i for i in range(x.ndim) if i not in axes), *axes)
    rows = x.transpose(back)
    inverse = tuple(int(i) for i in np.argsort(back))
    flat = rows.reshape((*rows.shape[: x.ndim - len(axes)], -1))
    return keep(g, x, axis) * _products_of_others(flat).reshape(rows.shape).transpose(inverse)


def _products_of_others(x):
    """Return for each entry along the last axis the product of all others, from a tree of products."""
    n = x.shape[-1]
    if n <= 1:
        return np.ones(x.shape, x.dtype)
    if n % 2:
        x = np.concatenate([x, np.ones((*x.shape[:-1], 1), x.dtype)], axis=-1)
    left, right = x[..., ::2], x[..., 1::2]
    others = _products_of_others(left * right)
    return np.stack([others * right, others * left], axis=-1).reshape(x.shape)[..., :n]


def _check_ddof(op, inputs, values, settings):
    x, ddof = values[0], settings["ddof"]
    n = math.prod(x.shape[a] for a in axes_of(settings["axis"], x.ndim))
    if 0 < n <= ddof:
        raise ValueError(
            f"{op.name}: {errors.shapes(inputs, op.arguments)}, of which {n} entries are reduced to one; "
            f"ddof={ddof} must be less than {n}"
        )


@op("var", numpy=np.var, method="var", check=_check_ddof, samples=(*CASES, case((4,), ddof=1)))
def var(x, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False):
    """Variance over axes, as `np.var`: mean squared distance from the mean, with n - ddof in place of n."""
    return narrowed(widened(x).var(axis=axis, ddof=ddof, keepdims=keepdims), x)


@var.gradient("x", *_per_entry("× 2({x}−mean)/{n}", "× 2({x}−mean)", "(n−ddof)"))
def _(g, y, x, axis, ddof, keepdims):
    centred = x - x.mean(axis=axis, keepdims=True)
    return keep(widened(g), x, axis) * (2.0 / (per_entry(x, y) - ddof)) * centred


@op("std", numpy=np.std, method="std", check=_check_ddof, samples=(*CASES[:5], case((4,), ddof=1)))
def std(x, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False):
    """Standard deviation over axes, as `np.std`: the root of `var`; the gradient of equal entries is 0."""
    return narrowed(widened(x).std(axis=axis, ddof=ddof, keepdims=keepdims), x)


_std, _std_words = _per_entry("× ({x}−mean)/({n}·{y})", "× ({x}−mean)/{y}", "(n−ddof)")


@std.gradient("x", _std, or_zero(_std_words))
def _(g, y, x, axis, ddof, keepdims):
    # The mean of equal entries may be rounded, and then y is not 0.
    differ = x.max(axis=axis, keepdims=True) != x.min(axis=axis, keepdims=True)
    spread = keep(y, x, axis) * differ
    centred = (x - x.mean(axis=axis, keepdims=True)) / np.where(spread == 0, 1.0, spread)
    kink = abs_slope(spread) if per_entry(x, y) > 1 else 0.0  # a single entry has no spread anywhere
    return keep(widened(g), x, axis) * (1.0 / (per_entry(x, y) - ddof)) * centred * kink


@op(
    "cumΣ",
    numpy=np.cumsum,
    method="cumsum",
    samples=(case((2, 3)), case((2, 3), axis=0), case((2, 3), axis=-1), case((4,), axis=0)),
)
def cumsum(x, axis: int | None = None):
    """Cumulative sum along an axis, or over all entries in order, as `np.cumsum`."""
    return x.cumsum(axis=axis)


@cumsum.gradient("x", "sum of grad from here on")
def _(g, y, x, axis):
    later = np.flip(np.flip(g, axis=axis or 0).cumsum(axis=axis or 0), axis=axis or 0)
    return later.reshape(x.shape)


@op("log Σ exp", method="logsumexp", samples=CASES)
def logsumexp(x, axis: Axis = None, *, keepdims: bool = False):
    """log of the sum of e^x over axes, for any size of x; `axis` and `keepdims` as in `np.sum`.

    >>> float(logsumexp(np.array([0.0, -50.0])))
    1.9287498479639178e-22

    The largest term is set apart and log1p takes the rest, so that small excesses over the maximum
    survive (Blanchard, Higham and Higham 2021).
    """
    wide = widened(x)
    total = narrowed(wide.max(axis=axis, keepdims=True) + excess_over_maximum(wide, axis)[1], x)
    return total if keepdims else keep_out(total, x, axis)


def keep_out(y, x, axis):
    """Return `y` without the axes that a reduction of x over `axis` left at length 1."""
    axes = axes_of(axis, x.ndim)
    return y.reshape([n for i, n in enumerate(x.shape) if i not in axes])[()]


@logsumexp.gradient("x", "× exp({x}−{y})")
def _(g, y, x, axis, keepdims):
    # Not e^(x−y), which is 1 for each of two equal large entries.
    empty = keep(y, x, axis) == -np.inf
    return keep(g, x, axis) * np.where(empty, 0.0, softmax(np.where(empty, 0.0, x), axis=axis))
