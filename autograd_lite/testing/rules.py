"""One example: the exact properties of the rules first, since they name the mistake; then the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import Failure
from autograd_lite.testing.numerical import KINK
from autograd_lite.testing.subgradients import kinked, subgradient_fault
from autograd_lite.testing.subject import ContractError, Subject
from autograd_lite.testing.values import values, weights
from autograd_lite.testing.verdicts import TINIEST, Finding, Tally, compare, without_rounding


class SkipError(Exception):
    """An example that the forward refuses, or where its value is not finite."""


@dataclass(eq=False)
class Run:
    """A subject at an example: read-only inputs, the output, and the weights of the output."""

    subject: Subject
    example: Example
    inputs: list[Any]
    y: Any
    g: Any

    def gradients(self, g: Any = None, inputs: Any = None, y: Any = None) -> list[Any]:
        """What the rules return for the variables, as it comes."""
        inputs = self.inputs if inputs is None else inputs
        g, y = self.g if g is None else g, self.y if y is None else y
        with np.errstate(all="ignore"):
            found = self.subject.gradients(g, y, inputs, self.example.settings)
        return [found[position] for position in self.example.variables]

    def fitted(self, g: Any = None, inputs: Any = None, y: Any = None) -> list[Any]:
        """The gradients of the variables in their shapes, float64."""
        raw = self.gradients(g, inputs, y)
        return [fit(r, self.inputs[p].shape) for r, p in zip(raw, self.example.variables, strict=True)]

    def forward(self, *inputs: Any) -> Any:
        """The output at other inputs."""
        return self.subject.forward(*inputs, **self.example.settings)


def frozen(x: Any) -> Any:
    """A read-only copy; a number as the NumPy scalar that a graph holds."""
    array = np.array(x)
    array.flags.writeable = False
    return array if array.ndim else array[()]


def fit(raw: Any, shape: tuple[int, ...]) -> Any:
    """A gradient in the shape of its input: summed over the axes that were repeated, or repeated itself."""
    g = np.asarray(raw, dtype=float)
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    g = g.sum(axis=tuple(range(extra))) if extra > 0 else g
    repeated = tuple(i for i, n in enumerate(shape) if g.ndim == len(shape) and n == 1 != g.shape[i])
    return np.broadcast_to(g.sum(axis=repeated, keepdims=True) if repeated else g, shape)


def start(subject: Subject, example: Example) -> Run | Failure:
    """The forward at an example, which must leave its inputs alone; `SkipError` where it has no value."""
    inputs = [frozen(x) for x in example.inputs]
    try:
        y = subject.forward(*inputs, **example.settings)
    except Exception as error:
        if "read-only" in str(error):
            return Failure("writes", -1, f"{subject.name} modifies its input ({error}); compute a new array")
        raise SkipError(f"{type(error).__name__}: {error}") from error
    y = np.asarray(y)
    if y.dtype.kind not in "fiub" or not np.isfinite(y).all():
        raise SkipError("not finite")
    kept = frozen(y)
    g = weights(y.shape, example.key) if example.g is None else np.asarray(example.g, float)
    if g.shape != y.shape:
        raise ValueError(f"example: g has shape {g.shape} and the output {y.shape}; they must be equal")
    run = Run(subject, example, inputs, kept, frozen(g))
    before = _tried(run)
    if isinstance(before, Failure):
        return before
    _elsewhere(run)
    if not np.array_equal(y, kept):
        return Failure("state", -1, f"the array that {subject.name} returned changes when it is called again")
    failure = _same_again(run, before)  # while a hidden state still holds what was elsewhere
    if failure:
        return failure
    if not np.array_equal(np.asarray(run.forward(*inputs)), kept):
        return Failure(
            "state", -1, f"{subject.name} is not deterministic: two calls at the same inputs differ"
        )
    return run


def _tried(run: Run) -> Any:
    """The gradients as the rules give them, or the failure that they are."""
    try:
        raw = run.gradients()
    except ContractError as error:
        return Failure("contract", 0, str(error))
    except Exception as error:
        if "read-only" in str(error):
            return Failure(
                "writes", run.example.variables[0],
                f"modifies what it is given (g, y or an input): {error}; compute a new array",
            )  # fmt: skip
        return Failure("raises", run.example.variables[0], f"raises {type(error).__name__}: {error}")
    for found, position in zip(raw, run.example.variables, strict=True):
        fault = _misfit(run, found, position)
        if fault:
            return Failure("contract", position, fault)
    return [np.array(r) for r in raw]


def _misfit(run: Run, raw: Any, position: int) -> str:
    """What is wrong with the type, the shape or the dtype of a gradient."""
    x = run.inputs[position]
    if raw is None:
        return "returns None; return the array"
    try:
        g = np.asarray(raw)
        if g.dtype.kind not in "fiub":
            return f"returns dtype {g.dtype}; it must be {x.dtype}"
        fit(g, x.shape)
        if run.subject.op is None:
            allowed = _within(g.shape, [np.shape(v) for v in (x, run.y, *run.inputs)])
        else:
            allowed = g.ndim <= max(np.ndim(run.y), np.ndim(x))
    except ValueError:
        g, allowed = np.asarray(raw, dtype=object) if not hasattr(raw, "shape") else np.asarray(raw), False
    if not allowed or (run.subject.exact and g.shape != np.shape(x)):
        same = run.subject.exact or np.shape(run.y) == np.shape(x)
        either = "" if same else f" or the output's, {np.shape(run.y)}"
        return f"returns shape {g.shape}; it must have the input's shape, {np.shape(x)}{either}"
    if x.dtype.kind == "f" and g.dtype != x.dtype and type(raw) not in (int, float):
        return f"returns dtype {g.dtype} for an input of {x.dtype}; it must be {x.dtype}"
    return ""


def _within(shape: tuple[int, ...], others: list[tuple[int, ...]]) -> bool:
    """Whether every axis has length 1, or one that an array of the others has there."""
    if len(shape) > max(map(len, others)):
        return False
    return all(n == 1 or any(o[-i:][:1] == (n,) for o in others) for i, n in enumerate(reversed(shape), 1))


def _elsewhere(run: Run) -> None:
    """Another call of the forward, and of the rules, at other inputs: what a hidden state would remember."""
    inputs = []
    for position, x in enumerate(run.inputs):
        domain = run.subject.domains[run.subject.argument(position)]
        if position in run.example.variables and not domain.discrete:
            x = values(domain, "ordinary", bytes(11 * i % 192 for i in range(x.size)), x.shape)
        inputs.append(x)
    longer = [np.concatenate((x, x)) if np.ndim(x) else x for x in inputs]
    for tried in (inputs, longer) if run.example.level > 1 else (inputs,):
        try:
            y = frozen(run.forward(*tried))
            run.subject.gradients(weights(np.shape(y), 3), y, tried, run.example.settings)
            run.forward(*tried)
        except Exception:
            continue


def _same_again(run: Run, before: list[Any]) -> Failure | None:
    """The same gradients after calls elsewhere."""
    try:
        found = run.gradients()
    except Exception:  # a remembered array of another shape, say
        found = [None] * len(before)
    for first, again, position in zip(before, found, run.example.variables, strict=True):
        if again is None or not np.array_equal(first, again, equal_nan=True):
            return Failure(
                "state", position,
                "is not deterministic: it depends on an earlier call, the same arguments give two results",
            )  # fmt: skip
    return None


def linear(run: Run) -> Failure | None:
    """A gradient is linear in g: a rule that takes its size, sign or square is wrong."""
    second = weights(np.shape(run.y), run.example.key + 7)
    a, b = run.fitted(), run.fitted(second)
    size = float(np.abs(run.y).sum())
    sizes = ((-1000.0, 0.5), (1e-6, 0.0), (0.0, 0.0))
    for c, d in sizes if run.example.level > 1 else sizes[:1]:
        mixed = run.fitted(c * run.g + d * second)
        for one, two, got, position in zip(a, b, mixed, run.example.variables, strict=True):
            if not (np.isfinite(one).all() and np.isfinite(two).all()):
                continue  # the numbers say so better
            largest = abs(c) * np.abs(one).max(initial=0.0) + abs(d) * np.abs(two).max(initial=0.0)
            difference = np.abs(got - c * one - d * two)
            allowed = 1e-9 * largest + 1e-13 * max(abs(c), abs(d)) * size + TINIEST
            if not difference.max(initial=0.0) <= allowed:
                return Failure(
                    "linear", position, "is not linear in g; g may only be multiplied, added up and moved"
                )
    return None


def numbers(run: Run, tally: Tally, learn: bool) -> Failure | None:
    """The gradients against numerical derivatives, and against subgradients at kinks."""
    positions = run.example.variables
    claimed = run.fitted()
    usual = tally.usual.get("first", 0.0)
    findings = compare(run.forward, run.inputs, run.y, run.g, claimed, positions, usual=usual)

    def again(inputs: list[Any]) -> list[Any]:
        y = frozen(run.forward(*inputs))
        return run.fitted(inputs=inputs, y=y)

    findings = without_rounding(findings, run.inputs, positions, again)
    if learn:
        tally.sized("first", findings)
    tally.add(findings, run.example.ordinary)
    worst = worst_of(findings)
    bent = any(finding.reason == KINK and finding.verdict == "no verdict" for finding in findings)
    if worst is not None and not (_tied(run) and kinked(run)):
        return Failure("number", *worst)
    return subgradient_fault(run) if bent or worst is not None else None


def _tied(run: Run) -> bool:
    """Whether two entries of the variables are equal: there may be a kink that no coordinate shows."""
    numbers = np.concatenate([np.ravel(run.inputs[p]) for p in run.example.variables])
    return np.unique(numbers).size < numbers.size


def worst_of(findings: list[Finding]) -> Any:
    """The failure to tell about: position, no sentence, entry, got, expected, error."""
    failed = [finding for finding in findings if finding.verdict == "fail"]
    if not failed:
        return None
    f = max(failed, key=lambda f: f.difference)
    return f.position, "", f.entry, f.got, f.expected, f.error
