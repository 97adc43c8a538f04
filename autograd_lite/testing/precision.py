"""The check of rules on float32 data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.testing.failure import Failure
from autograd_lite.testing.run import Run, read_only, unbroadcast
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import Tally

_EPS32 = float(np.finfo(np.float32).eps)
_LARGEST32 = 1e37  # gradients beyond may overflow


def check_float32(run: Run, tally: Tally) -> Failure | None:
    """The gradient of float32 data is float32, and as close to that of float64 as float32 allows.

    Five digits of the usual gradient are enough: near a zero of its derivative any formula loses digits.
    """
    inputs = [_as_type(x, np.float32) for x in run.inputs]
    wide = [_as_type(x, np.float64) for x in inputs]
    g = _as_type(run.g, np.float32)
    try:
        y = read_only(run.forward(*inputs))
        y64 = read_only(run.forward(*wide))
    except (ValueError, TypeError, ArithmeticError):
        return None
    if not _forward_keeps_float32(y, y64):
        return None
    raw = run.raw_gradients(g, inputs, y)
    expected, allowed = _conditioned(run, wide, _as_type(g, np.float64), y64)
    total = float(np.abs(g * y64).sum())
    for got, right, slack, position in zip(raw, expected, allowed, run.example.variables, strict=True):
        x = inputs[position]
        usual = max(tally.usual_size[1], total / float(np.abs(x).max(initial=1.0)))
        failure = _compare(got, right, slack + 30 * _EPS32 * usual, x, position)
        if failure:
            return failure
    return None


def _as_type(x: Any, dtype: Any) -> Any:
    """Return floating-point data as read-only data of another dtype, other data as it is."""
    return read_only(x.astype(dtype) if x.dtype.kind == "f" else x)


def _forward_keeps_float32(y: Any, y64: Any) -> bool:
    """Return True if the forward computes in float32, with a few correct digits."""
    if y.dtype != np.float32 or not (np.isfinite(y).all() and np.isfinite(y64).all()):
        return False
    return bool(np.abs(y - y64).max(initial=0.0) <= 1e-3 * np.abs(y64).max(initial=0.0))


def _compare(raw: Any, expected: Any, allowed: Any, x: Any, position: int) -> Failure | None:
    """Return what is wrong with the dtype or the digits of a gradient of float32 data."""
    dtype = np.asarray(raw).dtype
    if dtype != x.dtype and type(raw) not in (int, float):
        sentence = (
            f"returns {dtype} for float32 inputs; use Python floats in rules: 2.0 / n, not a NumPy scalar or "
            "array of float64; np.where(c, g, 0.5 * g), not g * np.where(c, 1.0, 0.5)"
        )
        return Failure("float32", position, sentence)
    got = unbroadcast(raw, np.shape(x))
    comparable = np.isfinite(expected) & np.isfinite(allowed) & (np.abs(expected) < _LARGEST32)
    bad = comparable & ~(np.abs(got - expected) <= allowed)
    if not bad.any():
        return None
    entry = tuple(int(i) for i in np.argwhere(bad)[0])
    what = "loses digits" if np.isfinite(got[entry]) else "overflows"
    sentence = f"{what} on float32 data: it is right in float64"
    numbers = (float(v[entry]) for v in (got, expected, allowed))
    return Failure("float32", position, sentence, entry, *numbers)


def _conditioned(run: Run, inputs: Sequence[Any], g: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """Return the gradients in float64, and how much float32 may differ from them.

    The latter is measured: how the gradients vary while inputs and output move by a rounding of float32.
    """
    expected = run.gradients(g, inputs, y)
    tried = [expected]
    for k, sign in ((2, 1.0), (2, -1.0), (7, 1.0), (7, -1.0)):
        moved = [_rounded(x, k + 5 * i, sign) if x.dtype.kind == "f" else x for i, x in enumerate(inputs)]
        tried.append(run.gradients(g, moved, read_only(run.forward(*moved))))
        tried.append(run.gradients(_rounded(g, k + 1, sign), inputs, _rounded(y, k + 2, sign)))
    allowed = []
    for parts in zip(*tried, strict=True):
        size = np.abs(parts[0])
        rounding = _EPS32 * (100 * size + 30 * float(size.max(initial=0.0)))
        allowed.append(50 * np.ptp(np.array(parts), axis=0) + rounding + 1e-37)
    return expected, allowed


def _rounded(x: Any, k: int, sign: float) -> Any:
    """Move each entry by about a rounding of float32, up or down as k chooses."""
    return x * (1.0 + sign * _EPS32 * weights(np.shape(x), k))
