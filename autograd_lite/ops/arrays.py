"""Helpers of forwards and gradient rules: floats wide enough to compute with, and selection by a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

ZERO = np.float64(0.0)
_BITS = {2: np.int16, 4: np.int32, 8: np.int64}  # integers of the size of each float, in bytes


def as_float(x: Any, like: Any = None) -> Any:
    """Return x in the dtype of `like`, or in float64 if it is not floating point and `like` is None."""
    if like is None:
        return x if x.dtype.kind == "f" else x.astype(np.float64)
    return x if x.dtype == like.dtype else x.astype(like.dtype)


def widened(x: Any) -> Any:
    """Return x in float32 if it is float16, whose sums overflow and whose 1/n underflows; else `as_float`."""
    return x.astype(np.float32) if x.dtype == np.float16 else as_float(x)


def narrowed(y: Any, x: Any) -> Any:
    """Return y, computed from `widened(x)`, in float16 if x is."""
    return y.astype(x.dtype) if x.dtype == np.float16 else y


def select(mask: Any, g: Any) -> Any:
    """Return g where the mask is true and 0 elsewhere, even if g is infinite or NaN there."""
    if type(mask) is np.bool_ and type(g) is np.float64:
        return g if mask else ZERO
    if type(mask) is np.ndarray is type(g) and g.shape == mask.shape:
        # Bits times 0 or 1. np.where takes five times as long on a large irregular mask.
        return (g.view(_BITS[g.itemsize]) * mask).view(g.dtype)
    return np.where(mask, g, 0.0)
