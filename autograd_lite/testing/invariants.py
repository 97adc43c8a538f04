"""Properties of every correct rule that need no numerical derivative: linearity, memory layout, aliasing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite.testing.failure import Failure
from autograd_lite.testing.run import Run, read_only
from autograd_lite.testing.values import weights
from autograd_lite.testing.verdicts import TINIEST


def check_linearity(run: Run) -> Failure | None:
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
            largest = abs(c) * np.abs(one).max(initial=0.0) + abs(d) * np.abs(two).max(initial=0.0)
            allowed = 1e-9 * largest + 1e-13 * max(abs(c), abs(d)) * size + TINIEST
            if not np.abs(got - c * one - d * two).max(initial=0.0) <= allowed:
                return Failure(
                    "linear", position, "is not linear in g; g may only be multiplied, added up and moved"
                )
    return None


def check_inputs_of_other_forms(run: Run) -> Failure | None:
    """The same numbers in another form give the same gradients.

    The forms are other memory layouts, one array object for two inputs, and Python numbers.
    """
    return _check_layout(run) or _check_aliasing(run) or _check_python_numbers(run)


def _check_layout(run: Run) -> Failure | None:
    expected = run.gradients()
    most = max(np.ndim(v) for v in (run.g, *run.inputs))
    for arranged in (_strided, _fortran)[:most]:  # a number has no layout, a vector no order of axes
        got = run.gradients(arranged(run.g), [arranged(x) for x in run.inputs], arranged(run.y))
        failure = _difference(run, got, expected, "depends on the memory layout of what it is given", 1e-9)
        if failure:
            return failure
    return None


def _strided(x: Any) -> Any:
    """Return the same numbers, read-only and not contiguous."""
    if not np.ndim(x):
        return x
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype, order="F")
    wide[..., ::2] = x
    view = wide[..., ::2]
    view.flags.writeable = False
    return view


def _fortran(x: Any) -> Any:
    """Return the same numbers, read-only and in Fortran order."""
    if np.ndim(x) < 2:
        return x
    copy = np.array(x, order="F")
    copy.flags.writeable = False
    return copy


def _check_aliasing(run: Run) -> Failure | None:
    """One array object for two inputs gives the same as two equal arrays."""
    positions = [p for p in run.example.variables if np.ndim(run.inputs[p])]
    pairs = [(p, q) for p, q in pairwise(positions) if run.inputs[p].shape == run.inputs[q].shape]
    if not pairs:
        return None
    p, q = pairs[0]
    one_object = list(run.inputs)
    one_object[q] = run.inputs[p]
    two_objects = list(run.inputs)
    two_objects[q] = read_only(run.inputs[p])
    try:
        y = read_only(run.forward(*one_object))
    except (ValueError, TypeError, ArithmeticError):
        return None
    expected = run.gradients(inputs=two_objects, y=y)
    got = run.gradients(inputs=one_object, y=y)
    return _difference(run, got, expected, "differs when one array is given for two inputs", 0.0)


def _check_python_numbers(run: Run) -> Failure | None:
    """A Python number as an input, as in `t ** 3`, gives the same as a NumPy number.

    Only the rules of operators get Python numbers.
    """
    op = run.subject.op
    if op is None or not op.infix or len(run.inputs) < 2:
        return None
    expected = run.gradients()
    for i, x in enumerate(run.inputs):
        if np.ndim(x) or x.dtype.kind != "f":
            continue
        for number in (float(x), int(x)):
            if number != x:
                continue
            inputs = [*run.inputs[:i], number, *run.inputs[i + 1 :]]
            try:
                got = run.gradients(inputs=inputs)
            except AttributeError:  # a rule that uses x.ndim or x.shape: its op converts numbers
                return None
            sentence = f"differs when {run.subject.label(i)} is a Python {type(number).__name__}"
            failure = _difference(run, got, expected, sentence, 1e-9, excluded=i)
            if failure:
                return failure
    return None


def _difference(
    run: Run,
    got: Sequence[Any],
    expected: Sequence[Any],
    sentence: str,
    tolerance: float,
    excluded: int = -1,
) -> Failure | None:
    """Return the first difference of two lists of gradients, except of that in the input `excluded`."""
    for one, other, position in zip(expected, got, run.example.variables, strict=True):
        size = np.abs(one).max(initial=0.0, where=np.isfinite(one))
        allowed = tolerance * (np.abs(one) + 1e-3 * size)
        bad = np.isfinite(one) & ~(np.abs(other - one) <= allowed)
        if bad.any() and position != excluded:
            entry = tuple(int(i) for i in np.argwhere(bad)[0])
            return Failure("layout", position, sentence, entry, float(other[entry]), float(one[entry]))
    return None
