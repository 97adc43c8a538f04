"""A run of a subject at one example, and the properties that every correct rule has there.

No property needs a numerical derivative. Each `check_...` raises a RuleError.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import RuleError
from autograd_lite.testing.subject import Subject
from autograd_lite.testing.values import values, weights
from autograd_lite.testing.verdicts import TINIEST, Tally

_EPS32 = float(np.finfo(np.float32).eps)
_LARGEST32 = 1e37  # gradients beyond may overflow
_REFUSALS = (ValueError, TypeError, ArithmeticError)


class SkipError(Exception):
    """An example that the forward refuses, or at which its value is not finite."""


@dataclass(eq=False)
class Run:
    """A subject at an example: its read-only inputs, the output y, and the gradient g of the output."""

    subject: Subject
    example: Example
    inputs: list[Any]
    y: Any
    g: Any

    def raw_gradients(self, g: Any = None, inputs: Any = None, y: Any = None) -> list[Any]:
        """Return what the rules of the variables return, here or at other arguments."""
        inputs = self.inputs if inputs is None else inputs
        g = self.g if g is None else g
        y = self.y if y is None else y
        with np.errstate(all="ignore"):
            found = self.subject.gradients(g, y, inputs, self.example.settings)
        return [found[position] for position in self.example.variables]

    def gradients(self, g: Any = None, inputs: Any = None, y: Any = None) -> list[Any]:
        """Return the gradients of the variables as float64 arrays of the variables' shapes."""
        raw = self.raw_gradients(g, inputs, y)
        shapes = [self.inputs[position].shape for position in self.example.variables]
        return list(map(unbroadcast, raw, shapes))

    def gradients_at(self, inputs: Sequence[Any], g: Any = None) -> list[Any]:
        """Return the gradients at other inputs and the output there."""
        return self.gradients(g, inputs, read_only(self.forward(*inputs)))

    def inputs_with(self, position: int, x: Any) -> list[Any]:
        """Return the inputs with x at a position."""
        return [*self.inputs[:position], x, *self.inputs[position + 1 :]]

    def forward(self, *inputs: Any) -> Any:
        """Return the output at other inputs."""
        return self.subject.forward(*inputs, **self.example.settings)


def read_only(x: Any) -> Any:
    """Return a read-only copy; a 0-d array becomes a NumPy scalar, as in a graph."""
    array = np.array(x)
    array.flags.writeable = False
    return array if array.ndim else array[()]


def unbroadcast(raw: Any, shape: tuple[int, ...]) -> Any:
    """Return a gradient in the shape of its input: summed over broadcast axes, or broadcast itself."""
    g = np.asarray(raw, dtype=float)
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    g = g.sum(axis=tuple(range(extra))) if extra > 0 else g
    repeated = tuple(i for i, n in enumerate(shape) if g.ndim == len(shape) and n == 1 != g.shape[i])
    return np.broadcast_to(g.sum(axis=repeated, keepdims=True) if repeated else g, shape)


def first_difference(got: Any, expected: Any, allowed: Any) -> tuple[int, ...] | None:
    """Return the first entry that is not within `allowed` of a finite expected one, or None."""
    known = np.isfinite(expected) & np.isfinite(allowed)
    bad = known & ~(np.abs(got - expected) <= allowed)
    return tuple(int(i) for i in np.argwhere(bad)[0]) if bad.any() else None


def largest(x: Any) -> float:
    """Return the largest finite magnitude of an array, or 0."""
    return float(np.abs(x).max(initial=0.0, where=np.isfinite(x)))


def start(subject: Subject, example: Example) -> Run:
    """Run the forward and the rules at an example; check that they keep their contract and have no state.

    Raises SkipError if the forward has no finite value there, ValueError if the example's g has another
    shape than the output, RuleError for a mistake.
    """
    inputs = [read_only(x) for x in example.inputs]
    try:
        y = np.asarray(subject.forward(*inputs, **example.settings))
    except Exception as error:
        if "read-only" in str(error):
            sentence = f"{subject.name} modifies its input ({error}); compute a new array"
            raise RuleError("writes", -1, sentence) from None
        raise SkipError(f"{type(error).__name__}: {error}") from error
    if y.dtype.kind not in "fiub" or not np.isfinite(y).all():
        raise SkipError("not finite")
    g = weights(y.shape, example.key) if example.g is None else np.asarray(example.g, float)
    if g.shape != y.shape:
        raise ValueError(f"example: g has shape {g.shape} and the output {y.shape}; they must be equal")
    run = Run(subject, example, inputs, read_only(y), read_only(g))
    gradients = _first_gradients(run)
    _call_elsewhere(run)
    if not np.array_equal(y, run.y):
        raise RuleError(
            "state", -1, f"the array that {subject.name} returned changes when it is called again"
        )
    _check_again(run, gradients)  # before the forward: it would refresh the state
    if not np.array_equal(np.asarray(run.forward(*run.inputs)), run.y):
        raise RuleError(
            "state", -1, f"{subject.name} is not deterministic: two calls at the same inputs differ"
        )
    return run


def _first_gradients(run: Run) -> list[Any]:
    """Return copies of the gradients as the rules give them; check their contract."""
    variables = run.example.variables
    try:
        raw = run.raw_gradients()
    except RuleError:
        raise
    except Exception as error:
        if "read-only" in str(error):
            sentence = f"modifies what it is given (g, y or an input): {error}; compute a new array"
            raise RuleError("writes", variables[0], sentence) from None
        raise RuleError("raises", variables[0], f"raises {type(error).__name__}: {error}") from error
    for gradient, position in zip(raw, variables, strict=True):
        violation = _contract_violation(run, gradient, position)
        if violation:
            raise RuleError("contract", position, violation)
    return [np.array(gradient) for gradient in raw]


def _contract_violation(run: Run, raw: Any, position: int) -> str:
    """Return what is wrong with the type, the shape or the dtype of a gradient, or nothing."""
    if raw is None:
        return "returns None; return the array"
    x = run.inputs[position]
    try:
        g = np.asarray(raw)
    except ValueError:
        return "returns lists of unequal lengths; return an array"
    if g.dtype.kind not in "fiub":
        return f"returns dtype {g.dtype}; it must be {x.dtype}"
    if not _shape_is_allowed(run, g, np.shape(x)):
        same = run.subject.exact_shapes or np.shape(run.y) == np.shape(x)
        either = "" if same else f" or the output's, {np.shape(run.y)}"
        return f"returns shape {g.shape}; it must have the input's shape, {np.shape(x)}{either}"
    if x.dtype.kind == "f" and g.dtype != x.dtype and type(raw) not in (int, float):
        return f"returns dtype {g.dtype} for an input of {x.dtype}; it must be {x.dtype}"
    return ""


def _shape_is_allowed(run: Run, g: Any, shape: tuple[int, ...]) -> bool:
    if run.subject.exact_shapes and g.shape != shape:
        return False
    try:
        unbroadcast(g, shape)
    except ValueError:
        return False
    if run.subject.op:
        return bool(g.ndim <= max(np.ndim(run.y), len(shape)))
    others = [shape, np.shape(run.y), *map(np.shape, run.inputs)]
    if g.ndim > max(map(len, others)):
        return False
    lengths = enumerate(reversed(g.shape), 1)
    return all(n == 1 or any(other[-i:][:1] == (n,) for other in others) for i, n in lengths)


def _call_elsewhere(run: Run) -> None:
    """Call the forward and the rules at other inputs, which hidden state would remember."""
    inputs = list(run.inputs)
    for position in run.example.variables:
        domain = run.subject.domain(position)
        if not domain.discrete:
            codes = bytes(11 * i % 192 for i in range(inputs[position].size))
            inputs[position] = values(domain, "ordinary", codes, inputs[position].shape)
    longer = [np.concatenate((x, x)) if np.ndim(x) else x for x in inputs]
    for tried in (inputs, longer) if run.example.level > 1 else (inputs,):
        try:
            y = read_only(run.forward(*tried))
            run.subject.gradients(weights(np.shape(y), 3), y, tried, run.example.settings)
            run.forward(*tried)
        except Exception:
            continue


def _check_again(run: Run, gradients: list[Any]) -> None:
    try:
        again = run.raw_gradients()
    except Exception:  # for example because it has kept an array of another shape
        again = [None] * len(gradients)
    for first, second, position in zip(gradients, again, run.example.variables, strict=True):
        if second is None or not np.array_equal(first, second, equal_nan=True):
            why = "is not deterministic: it depends on an earlier call, the same arguments give two results"
            raise RuleError("state", position, why)


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
    """A Python number as an input of an operator, as in `t ** 3`, gives the same as a NumPy number."""
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
