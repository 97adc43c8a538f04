"""check_op: every property of one op, over inputs drawn from its own declaration."""

from __future__ import annotations

import os
import warnings
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.autodiff import gradients
from autograd_lite.operation import Case, Op
from autograd_lite.tensor import Tensor
from autograd_lite.testing.examples import Example, cases, draw, resized
from autograd_lite.testing.gradcheck import Check
from autograd_lite.testing.probes import probe, rule_of
from autograd_lite.testing.verdicts import GradientError, Tally

BUDGETS = {"quick": 25, "normal": 60, "thorough": 300}
_FEW = 3
_PLAIN = 5  # so many ordinary examples first: they tell what size of gradient is usual


class OpReport(NamedTuple):
    """What a check of an op has seen: examples tried, derivatives checked, those without a verdict."""

    op: str
    examples: int
    checked: int
    undecided: int
    worst: float


def check_op(op: Op, *, budget: str = "normal", seed: int = 0, order: int = 2) -> OpReport:
    """Check all rules of an op over generated inputs; raises GradientError for the first that is wrong.

    The op's `domain`, `signature` and `samples` say where it is tried; an op with neither signature
    nor samples is taken as elementwise. In each example: the gradient by arrays, by tensors and by
    numbers agree, and so does the gradient's gradient (unless `order=1`); rules are linear in g, change
    nothing they are given, give the same twice, and keep float32. Lengths 0 and 1 are tried where
    the op takes them. `budget` is "quick", "normal" or "thorough".
    """
    if budget not in BUDGETS:
        raise ValueError(f"check_op: budget={budget!r}; it is {', '.join(map(repr, BUDGETS))}")
    _has_rules(op)
    rng, tally, examples = np.random.default_rng(seed), Tally(), 0
    plan = _plan(op, rng)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's remarks about empty slices
        for i in range(max(BUDGETS[budget], len(plan))):
            case = plan[i % len(plan)]
            example = draw(op, case, rng, plain=i < _PLAIN)
            if i % len(plan) >= len(op.samples) and not _accepts(op, example):
                continue  # labels for one class fewer, say
            labels = _labels(op, example)
            check = Check(op.name, _caller(op, example), labels, tally, rng, _FEW)
            twice = i < len(plan) or i % 2 == 0  # a second derivative costs as much as ten first ones
            _check(op, example, check, order if twice else 1, seed)
            examples += 1
        examples += _empty(op, plan)
    tally.demand_half(op.name, "declare domain= so that it is sampled where it has a derivative")
    return OpReport(op.name, examples, tally.checked, tally.undecided, tally.worst)


def _has_rules(op: Op) -> None:
    """Every input needs a rule, or a domain of choices, which says that it has no derivative."""
    for argument in op.arguments:
        if argument not in op.rules and not op.domains[argument].discrete:
            raise GradientError(
                f"{op.name} has no gradient in {argument!r}; give it a rule with "
                f'@{op.name}.gradient("{argument}"), or declare its domain as choices: a constant'
            )


def _plan(op: Op, rng: np.random.Generator) -> tuple[Case, ...]:
    """The cases to try: all that are declared, and of the default ones and those of length 1 what runs."""
    declared = cases(op)
    if op.samples:
        ones = {case.shapes: case for full in declared for case in resized(full, 1)}
        return declared + tuple(case for case in ones.values() if _accepts(op, draw(op, case, rng)))
    accepted = tuple(case for case in declared if _accepts(op, draw(op, case, rng)))
    if not accepted:
        raise ValueError(
            f"{op.name} accepts none of the shapes of an elementwise op; declare signature= or "
            "samples=(case((2, 3), (3,)), ...) so that it can be checked"
        )
    return accepted


def _accepts(op: Op, example: Example) -> bool:
    """Whether the op has a finite value there."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(np.isfinite(op(*example.inputs, **example.settings)).all())
        except (ValueError, TypeError, IndexError, ArithmeticError):
            return False


def _caller(op: Op, example: Example) -> Any:
    """The op as a function of its variables alone."""

    def call(*variables: Any) -> Any:
        full = list(example.inputs)
        for position, variable in zip(example.variables, variables, strict=True):
            full[position] = variable
        return op(*full, **example.settings)

    return call


def _labels(op: Op, example: Example) -> list[str]:
    return [
        f"{op.argument_at(position)}[{position}]" if op.variadic else op.argument_at(position)
        for position in example.variables
    ]


def _check(op: Op, example: Example, check: Check, order: int, seed: int) -> None:
    """One example: the exact probes first, since they name the mistake; then the numbers."""
    probe(op, example, check.rng)
    constants = [
        f"\n  {op.argument_at(i):14}  {np.array2string(x, separator=', ')}"
        for i, x in enumerate(example.inputs)
        if i not in example.variables
    ]
    trailer = (
        "".join(constants)
        + (f"\n  settings        {example.settings}" if example.settings else "")
        + f"\n  where           {_where(op, example)}\n  reproduce       check_op({op.name}, seed={seed})"
    )
    try:
        check._replace(trailer=trailer).at([example.inputs[i] for i in example.variables], order)
    except ValueError as error:
        raise GradientError(f"{error}{trailer}") from error
    except TypeError as error:
        raise GradientError(
            f"{op.name}: its rules do not run on tensors, so it has no second derivative: {error} "
            "(order=1 checks the first alone)"
        ) from error


def _where(op: Op, example: Example) -> str:
    code = getattr(rule_of(op, example.variables[0], example), "func", None)
    code = (code or rule_of(op, example.variables[0], example)).__code__
    return f"{os.path.basename(code.co_filename)}:{code.co_firstlineno}"


def _empty(op: Op, plan: tuple[Case, ...]) -> int:
    """Gradients of empty inputs have the inputs' shapes; how many cases the op accepts."""
    rng, tried = np.random.default_rng(0), 0
    for case in {empty.shapes: empty for full in plan for empty in resized(full, 0)}.values():
        example = draw(op, case, rng)
        if not _accepts(op, example):
            continue
        tried += 1
        variables = [Tensor(example.inputs[position]) for position in example.variables]
        try:
            y = _caller(op, example)(*variables)
            found = gradients(y, variables, grad=np.ones(y.shape))
        except Exception as error:
            shapes = ", ".join(str(x.shape) for x in example.inputs)
            raise GradientError(f"{op.name}: the gradient fails at empty input, {shapes}: {error}") from error
        for x, g, label in zip(variables, found, _labels(op, example), strict=True):
            if g.shape != x.shape or not np.isfinite(g).all():
                raise GradientError(f"{op.name}: the gradient in {label} of shape {x.shape} is {g} there")
    return tried
