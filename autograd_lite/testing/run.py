"""A run of a subject at one example, with the checks that every rule must pass there before any number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import RuleError
from autograd_lite.testing.subject import Subject
from autograd_lite.testing.values import values, weights


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
    """Return True if an engine can bring a gradient to this shape."""
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
