"""What is checked at some examples only: float32, memory layout, one array given twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite.testing.failure import Failure
from autograd_lite.testing.rules import Run, fit, frozen
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import Tally

_EPS32 = float(np.finfo(np.float32).eps)
_HUGE32 = 1e37


def float32(run: Run, tally: Tally) -> Failure | None:
    """The gradient of float32 data is float32, and as near to that of float64 as float32 can tell.

    Five digits of the usual gradient are enough: near a zero of its derivative any formula cancels.
    """
    inputs = [frozen(x.astype(np.float32) if x.dtype.kind == "f" else x) for x in run.inputs]
    wide = [frozen(x.astype(float) if x.dtype.kind == "f" else x) for x in inputs]
    g = frozen(np.asarray(run.g, np.float32))
    try:
        y, y64 = frozen(run.forward(*inputs)), frozen(run.forward(*wide))
    except (ValueError, TypeError, ArithmeticError):
        return None
    if not _keeps_digits(y, y64):
        return None
    found = run.gradients(g, inputs, y)
    expected, allowed = _conditioned(run, wide, frozen(g.astype(float)), y64)
    usual, total = tally.usual.get("first", 0.0), float(np.abs(g * y64).sum())
    for raw, right, slack, position in zip(found, expected, allowed, run.example.variables, strict=True):
        floor = 30 * _EPS32 * max(usual, total / float(np.abs(inputs[position]).max(initial=1.0)))
        failure = _far(raw, right, slack + floor, inputs[position], position)
        if failure:
            return failure
    return None


def _keeps_digits(y: Any, y64: Any) -> bool:
    """Whether the forward itself works in float32."""
    if y.dtype != np.float32 or not (np.isfinite(y).all() and np.isfinite(y64).all()):
        return False
    return bool(np.abs(y - y64).max(initial=0.0) <= 1e-3 * np.abs(y64).max(initial=0.0))


def _far(raw: Any, right: Any, slack: Any, x: Any, position: int) -> Failure | None:
    """What is wrong with a gradient of float32 data: its dtype, or its digits."""
    dtype = np.asarray(raw).dtype
    if dtype != x.dtype and type(raw) not in (int, float):
        return Failure(
            "float32", position,
            f"returns {dtype} for float32 inputs; use Python floats in rules: 2.0 / n, not a NumPy scalar or "
            "array of float64; np.where(c, g, 0.5 * g), not g * np.where(c, 1.0, 0.5)",
        )  # fmt: skip
    got = fit(raw, np.shape(x))
    known = np.isfinite(right) & np.isfinite(slack) & (np.abs(right) < _HUGE32)
    bad = known & ~(np.abs(got - right) <= slack)
    if not bad.any():
        return None
    entry = tuple(int(i) for i in np.argwhere(bad)[0])
    kind = "overflows" if not np.isfinite(got[entry]) else "loses digits"
    return Failure(
        "float32", position, f"{kind} on float32 data: it is right in float64", entry,
        float(got[entry]), float(right[entry]), float(slack[entry]),
    )  # fmt: skip


def _conditioned(run: Run, inputs: Sequence[Any], g: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """The gradients in float64, and what float32 may differ from them.

    That is measured: how they vary while inputs and the output move by a rounding of float32.
    """
    expected = run.fitted(g, inputs, y)
    tried = [expected]
    for k, way in ((2, 1.0), (2, -1.0), (7, 1.0), (7, -1.0)):
        moved = [_rounded(x, k + 5 * i, way) if x.dtype.kind == "f" else x for i, x in enumerate(inputs)]
        tried.append(run.fitted(g, moved, frozen(run.forward(*moved))))
        tried.append(run.fitted(_rounded(g, k + 1, way), inputs, _rounded(y, k + 2, way)))
    allowed = []
    for parts in zip(*tried, strict=True):
        size = np.abs(parts[0])
        largest = float(size.max(initial=0.0))
        allowed.append(50 * np.ptp(np.array(parts), axis=0) + _EPS32 * (100 * size + 30 * largest) + 1e-37)
    return expected, allowed


def _rounded(x: Any, k: int, way: float) -> Any:
    """Each entry moved by about a rounding of float32, in a direction of its own."""
    return x * (1.0 + way * _EPS32 * weights(np.shape(x), k))


def layout(run: Run) -> Failure | None:
    """The same gradients for data in another memory layout, and for one array given twice."""
    expected = run.fitted()
    most = max(np.ndim(v) for v in (run.g, *run.inputs))
    for arranged in (_strided, _by_columns)[:most]:  # a number has no layout, a vector no order of axes
        found = run.fitted(arranged(run.g), [arranged(x) for x in run.inputs], arranged(run.y))
        for one, other, position in zip(expected, found, run.example.variables, strict=True):
            allowed = 1e-9 * np.abs(one) + 1e-12 * np.abs(one).max(initial=0.0, where=np.isfinite(one))
            bad = np.isfinite(one) & ~(np.abs(other - one) <= allowed)
            if bad.any():
                return _differs(position, bad, other, one, "depends on the memory layout of what it is given")
    return _given_twice(run) or _python_numbers(run)


def _strided(x: Any) -> Any:
    """The same numbers, not contiguous and read-only."""
    if not np.ndim(x):
        return x
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype, order="F")
    wide[..., ::2] = x
    view = wide[..., ::2]
    view.flags.writeable = False
    return view


def _by_columns(x: Any) -> Any:
    """The same numbers in Fortran's order, read-only."""
    if np.ndim(x) < 2:
        return x
    copy = np.array(x, order="F")
    copy.flags.writeable = False
    return copy


def _given_twice(run: Run) -> Failure | None:
    """One array object for two inputs of one shape gives what two equal arrays give."""
    positions = [p for p in run.example.variables if np.ndim(run.inputs[p])]
    pairs = [
        (p, q) for p, q in pairwise(positions)
        if run.inputs[p].shape == run.inputs[q].shape
    ]  # fmt: skip
    for p, q in pairs[:1]:
        once, twice = list(run.inputs), list(run.inputs)
        once[q], twice[q] = run.inputs[p], frozen(run.inputs[p])
        try:
            y = frozen(run.forward(*once))
        except (ValueError, TypeError, ArithmeticError):
            return None
        for one, other, position in zip(
            run.fitted(None, twice, y), run.fitted(None, once, y), run.example.variables, strict=True
        ):
            bad = (one != other) & ~np.isnan(one)
            if bad.any():
                what = "differs when one array is given for two inputs"
                return _differs(position, bad, other, one, what)
    return None


def _python_numbers(run: Run) -> Failure | None:
    """A Python number as an input, as in `t ** 3`, gives what a NumPy number gives."""
    op = run.subject.op
    if op is None or not op.infix or len(run.inputs) < 2:
        return None  # other ops get NumPy numbers
    expected = run.fitted()
    for other in [i for i, x in enumerate(run.inputs) if np.ndim(x) == 0 and x.dtype.kind == "f"]:
        for number in (float, int):
            given = list(run.inputs)
            given[other] = number(given[other])
            if given[other] != run.inputs[other]:
                continue
            found = run.fitted(inputs=given)
            for one, got, position in zip(expected, found, run.example.variables, strict=True):
                bad = (np.abs(one - got) > 1e-9 * np.abs(one)) | (np.isnan(got) & ~np.isnan(one))
                if bad.any() and position != other:
                    what = f"differs when {run.subject.label(other)} is a Python {number.__name__}"
                    return _differs(position, bad, got, one, what)
    return None


def _differs(position: int, bad: Any, got: Any, expected: Any, what: str) -> Failure:
    entry = tuple(int(i) for i in np.argwhere(bad)[0])
    return Failure("layout", position, what, entry, float(got[entry]), float(expected[entry]))
