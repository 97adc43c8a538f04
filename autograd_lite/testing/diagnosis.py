"""What is probably wrong with a gradient, said only when all entries agree on it."""

from __future__ import annotations

from typing import Any

import numpy as np

_CLOSE = 1e-6

_FACTORS = {
    -1.0: "the sign is flipped",
    2.0: "twice the derivative: a factor 1/2 is missing, or one way too many is added",
    0.5: "half the derivative: a factor 2 is missing, or one of two equal ways",
    -2.0: "twice the derivative, with the sign flipped",
    -0.5: "half the derivative, with the sign flipped",
}


def probable_cause(
    got: Any, expected: Any, lengths: tuple[int, ...] = (), others: tuple[Any, ...] = ()
) -> str:
    """A sentence for the surest cause that explains every entry, or an empty string.

    `expected` has NaN where it is unknown; `lengths` are those of axes and arrays, for gradients that
    are off by one of them; `others` are the right gradients of the other inputs.
    """
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    known = np.isfinite(expected)
    if not known.any():
        return ""
    if not np.isfinite(got[known]).all():
        bad = np.count_nonzero(~np.isfinite(got[known]))
        return f"{bad} of {np.count_nonzero(known)} entries are not finite where the derivative is"
    if not got[known].any():
        return "treated as constant: the gradient is zero everywhere"
    return _factor(got[known], expected[known], lengths) or _misplaced(got, expected, others)


def _factor(got: Any, expected: Any, lengths: tuple[int, ...]) -> str:
    """The constant between the two, when it is one that a mistake explains."""
    nonzero = expected != 0
    if not nonzero.any() or not _same(got[~nonzero], expected[~nonzero]):
        return ""
    ratio = float(np.median(got[nonzero] / expected[nonzero]))
    for factor, sentence in _FACTORS.items():
        if abs(ratio - factor) < _CLOSE and _same(got, factor * expected):
            return sentence
    for n in sorted(set(lengths) - {0, 1}):
        for factor, word in ((n, f"{n} times"), (1.0 / n, f"1/{n} of")):
            if abs(ratio / factor - 1.0) < _CLOSE and _same(got, factor * expected):
                return f"{word} the derivative: off by a length of {n}"
    return ""


def _misplaced(got: Any, expected: Any, others: tuple[Any, ...]) -> str:
    if expected.ndim == 2 and expected.shape[0] == expected.shape[1] and _same(got, expected.T):
        return "transposed"
    if any(np.shape(other) == got.shape and _same(got, other) for other in others):
        return "it is the gradient of another input: the two are swapped"
    return ""


def _same(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=_CLOSE, atol=_CLOSE * float(np.abs(b).max(initial=0.0))))
