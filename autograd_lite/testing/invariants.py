"""Properties of every correct rule that need no numerical derivative; each `check_...` raises a RuleError."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite.testing.failure import RuleError
from autograd_lite.testing.run import Run, first_difference, largest, read_only, unbroadcast
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import TINIEST, Tally

_EPS32 = float(np.finfo(np.float32).eps)
_LARGEST32 = 1e37  # gradients beyond may overflow
_REFUSALS = (ValueError, TypeError, ArithmeticError)


def check_linearity(run: Run) -> None:
    """A gradient is linear in g: a rule that uses the size, the sign or the square of g is wrong."""
    second = weights(np.shape(run.y), run.example.key + 7)
    of_g = run.gradients()
    of_second = run.gradients(second)
    size = float(np.abs(run.y).sum())
    factors = ((-1000.0, 0.5), (1e-6, 0.0), (0.0, 0.0))
    for c, d in factors if run.example.level > 1 else factors[:1]:
        of_both = run.gradients(c * run.g + d * second)
        for one, two, got, position in zip(of_g, of_second, of_both, run.example.variables, strict=True):
            if not (np.isfinite(one).all() and np.isfinite(two).all()):
                continue  # the comparison of numbers has a better message
            rounding = 1e-9 * (abs(c) * largest(one) + abs(d) * largest(two))
            allowed = rounding + 1e-13 * max(abs(c), abs(d)) * size + TINIEST
            if first_difference(got, c * one + d * two, allowed) is not None:
                sentence = "is not linear in g; g may only be multiplied, added up and moved"
                raise RuleError("linear", position, sentence)


def check_empty(run: Run) -> None:
    """Gradients are finite if an input is empty."""
    for gradient, position in zip(run.gradients(), run.example.variables, strict=True):
        if not np.isfinite(gradient).all():
            raise RuleError("empty", position, "is not finite where an input is empty", expected=0.0)


def check_layout(run: Run) -> None:
    """The same numbers in another memory layout give the same gradients."""
    expected = run.gradients()
    for g, y, *inputs in zip(*map(_layouts, (run.g, run.y, *run.inputs)), strict=True):
        sentence = "depends on the memory layout of what it is given"
        _check_same(run, run.gradients(g, inputs, y), expected, sentence, 1e-9)


def _layouts(x: Any) -> tuple[Any, Any]:
    """Return the same numbers, read-only: not contiguous, and in Fortran order."""
    if not np.ndim(x):
        return x, x
    strided = np.repeat(x, 2, axis=-1)[..., ::2]
    fortran = np.array(x, order="F")
    strided.flags.writeable = fortran.flags.writeable = False
    return strided, fortran


def check_aliasing(run: Run) -> None:
    """One array object for two inputs gives the same gradients as two equal arrays."""
    positions = [p for p in run.example.variables if np.ndim(run.inputs[p])]
    pairs = [(p, q) for p, q in pairwise(positions) if run.inputs[p].shape == run.inputs[q].shape]
    for p, q in pairs[:1]:
        one_object = run.inputs_with(q, run.inputs[p])
        two_objects = run.inputs_with(q, read_only(run.inputs[p]))
        try:
            y = read_only(run.forward(*one_object))
        except _REFUSALS:
            return
        expected = run.gradients(inputs=two_objects, y=y)
        got = run.gradients(inputs=one_object, y=y)
        _check_same(run, got, expected, "differs when one array is given for two inputs", 0.0)


def check_python_numbers(run: Run) -> None:
    """A Python number as an input, as in `t ** 3`, gives the same gradients as a NumPy number.

    Only the rules of operators get Python numbers.
    """
    op = run.subject.op
    if op is None or not op.infix:
        return
    expected = run.gradients()
    for i, x in enumerate(run.inputs):
        for number in (float(x), int(x)) if np.ndim(x) == 0 and x.dtype.kind == "f" else ():
            try:
                got = run.gradients(inputs=run.inputs_with(i, number))
            except AttributeError:  # a rule that uses x.ndim or x.shape: its op converts numbers
                return
            if i in run.example.variables:  # the gradient in the number itself is not used
                k = run.example.variables.index(i)
                got[k] = expected[k]
            if number == x:
                sentence = f"differs when {run.subject.label(i)} is a Python {type(number).__name__}"
                _check_same(run, got, expected, sentence, 1e-9)


def _check_same(
    run: Run, got: Sequence[Any], expected: Sequence[Any], sentence: str, tolerance: float
) -> None:
    for one, other, position in zip(expected, got, run.example.variables, strict=True):
        entry = first_difference(other, one, tolerance * (np.abs(one) + 1e-3 * largest(one)))
        if entry is not None:
            raise RuleError("layout", position, sentence, entry, float(other[entry]), float(one[entry]))


def check_float32(run: Run, tally: Tally) -> None:
    """The gradient of float32 data is float32, and as close to that of float64 as float32 allows.

    Five digits of the usual gradient are enough: near a zero of its derivative any formula loses digits.
    """
    inputs = [_as_type(x, np.float32) for x in run.inputs]
    wide = [_as_type(x, np.float64) for x in inputs]
    g = _as_type(run.g, np.float32)
    try:
        y = read_only(run.forward(*inputs))
        y64 = read_only(run.forward(*wide))
    except _REFUSALS:
        return
    if y.dtype != np.float32 or not (np.isfinite(y).all() and np.isfinite(y64).all()):
        return
    if not largest(y - y64) <= 1e-3 * largest(y64):
        return  # the forward itself loses the digits
    raw = run.raw_gradients(g, inputs, y)
    expected, allowed = _conditioned(run, wide, _as_type(g, np.float64), y64)
    total = float(np.abs(g * y64).sum())
    for gradient, right, slack, position in zip(raw, expected, allowed, run.example.variables, strict=True):
        x = inputs[position]
        dtype = np.asarray(gradient).dtype
        if dtype != x.dtype and type(gradient) not in (int, float):
            sentence = (
                f"returns {dtype} for float32 inputs; use Python floats in rules: 2.0 / n, not a NumPy "
                "scalar or array of float64; np.where(c, g, 0.5 * g), not g * np.where(c, 1.0, 0.5)"
            )
            raise RuleError("float32", position, sentence)
        got = unbroadcast(gradient, np.shape(x))
        usual = max(tally.usual_size[1], total / max(largest(x), 1.0))
        slack = np.where(np.abs(right) < _LARGEST32, slack + 30 * _EPS32 * usual, np.inf)
        entry = first_difference(got, right, slack)
        if entry is not None:
            what = "loses digits" if np.isfinite(got[entry]) else "overflows"
            sentence = f"{what} on float32 data: it is right in float64"
            numbers = (float(v[entry]) for v in (got, right, slack))
            raise RuleError("float32", position, sentence, entry, *numbers)


def _as_type(x: Any, dtype: Any) -> Any:
    """Return floating-point data as read-only data of another dtype, other data as it is."""
    return read_only(x.astype(dtype) if x.dtype.kind == "f" else x)


def _conditioned(run: Run, inputs: Sequence[Any], g: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """Return the gradients in float64, and how much float32 may differ from them.

    The latter is measured: how the gradients vary while inputs and output move by a rounding of float32.
    """

    def rounded(x: Any, k: int, sign: float) -> Any:
        return x * (1.0 + sign * _EPS32 * weights(np.shape(x), k)) if x.dtype.kind == "f" else x

    expected = run.gradients(g, inputs, y)
    tried = [expected]
    for k, sign in ((2, 1.0), (2, -1.0), (7, 1.0), (7, -1.0)):
        moved = [rounded(x, k + 5 * i, sign) for i, x in enumerate(inputs)]
        tried.append(run.gradients(g, moved, read_only(run.forward(*moved))))
        tried.append(run.gradients(rounded(g, k + 1, sign), inputs, rounded(y, k + 2, sign)))
    allowed = []
    for parts in zip(*tried, strict=True):
        rounding = _EPS32 * (100 * np.abs(parts[0]) + 30 * largest(parts[0]))
        allowed.append(50 * np.ptp(np.array(parts), axis=0) + rounding + 1e-37)
    return expected, allowed
