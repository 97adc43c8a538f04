"""check_op and check_function: every property of gradient rules, over inputs of their own domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autograd_lite.operation import Op
from autograd_lite.testing.examples import LEVELS, Example, plan_of
from autograd_lite.testing.failure import GradientError
from autograd_lite.testing.message import error_of
from autograd_lite.testing.search import Search
from autograd_lite.testing.subject import Subject, of_op, of_pair

BUDGETS = {"quick": 25, "normal": 60, "thorough": 300}


@dataclass(frozen=True)
class OpReport:
    """What a check of `op`, a name, has seen that found nothing wrong.

    `examples` were tried and `checked` derivatives compared, of which `undecided` had no verdict (at
    kinks, subgradients were); `worst` is the largest relative difference of the others. `second_order`
    counts the examples at which second derivatives were checked, `note` says why there are none.
    """

    op: str
    examples: int
    checked: int
    undecided: int
    worst: float
    second_order: int
    note: str = ""

    def __str__(self) -> str:
        told = f"{self.op}: nothing wrong in {self.checked} derivatives at {self.examples} examples"
        told += f", {self.undecided} without a verdict" if self.undecided else ""
        return told + (
            f"; no second order: {self.note}" if self.note else f"; second order at {self.second_order}"
        )

    def report(self) -> dict[str, Any]:
        """The same as a dictionary."""
        return asdict(self)


def check_op(
    op: Op, *, budget: str = "normal", seed: int = 0, order: int | None = None,
    example: Mapping[str, Any] | None = None,
) -> OpReport:  # fmt: skip
    """Check all rules of an op over generated inputs; raises GradientError for the first that is wrong.

    The op's `domain`, `signature` and `samples` say where it is tried; an op with neither signature
    nor samples is taken as elementwise. First a sweep: every shape and setting, with zeros, ones, ties,
    negative numbers, the ends of the domain and one number of each decade. Then generated examples,
    25, 60 or 300 of them by `budget` ("quick", "normal", "thorough"); `seed` chooses them. hypothesis
    shrinks what fails.

    At each: numerical derivatives, with an error bar of their own; subgradients at kinks and ties;
    a rule is linear in g, keeps float32, writes into nothing, depends on no earlier call nor on memory
    layout. `order=None` checks second derivatives where the rules run on tensors, and says in the
    report where they do not; 2 demands them; 1 leaves them out. `example`, from a message, is tried
    alone: inputs, settings and `g` by name. Raises a TypeError for what is no op, a ValueError for other
    settings, GradientError too for a rule that is missing or has no verdict anywhere.

    >>> from autograd_lite.ops.arithmetic import square
    >>> check_op(square).worst < 1e-9
    True
    """
    __tracebackhide__ = True  # pytest shows the caller's line, not ours
    if order not in (None, 1, 2):
        raise ValueError(f"check_op: order={order!r}; it is None, 1 or 2")
    if not isinstance(op, Op):
        raise TypeError(f"check_op: {op!r} is not an op; make one with @ag.op, or use check_function")
    for argument in op.arguments:
        if argument not in op.rules and not op.domains[argument].discrete:
            raise GradientError(
                f"{op.name} has no gradient in {argument!r}; give it a rule with "
                f'@{op.name}.gradient("{argument}"), or declare its domain as choices: a constant'
            )
    result = _checked(of_op(op), "check_op", budget, seed, order, example)
    if isinstance(result, GradientError):
        raise result
    return result


def check_function(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *domains: Any,
    shapes: Any = None,
    params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    budget: str = "normal",
    seed: int = 0,
    exact_shapes: bool = False,
    example: Mapping[str, Any] | None = None,
) -> OpReport:
    """The same for a plain pair of NumPy functions, of any engine or of none.

    `forward(*x, **params)` returns an array; `backward(g, y, *x, **params)` a tuple with a gradient
    for each input, g being the gradient of the output y. `domains`, one for each input, are those of
    `autograd_lite.domains`, pairs (low, high), or none at all: any real numbers. An input whose
    domain has choices (labels, indices) is a constant; its gradient is ignored.

    `shapes` lists cases, each with a shape for every input, `[((3, 4), (4, 2)), ((1, 2), (2, 1))]`; a
    gufunc signature `"(m,k),(k,n)->(m,n)"` will do, and None means elementwise, broadcasting. `params`
    is one dictionary of settings or several; each is tried with every shape that the forward accepts.

    A gradient has the shape of its input, or one that an engine can sum over broadcast axes, such as
    the output's; `exact_shapes=True` demands the input's. `budget`, `seed`, `example` and what is raised are
    those of `check_op`.

    >>> check_function(np.sin, lambda g, y, x: (g * np.cos(x),)).undecided
    0
    """
    __tracebackhide__ = True
    subject = of_pair(forward, backward, domains, shapes, params, exact_shapes)
    result = _checked(subject, "check_function", budget, seed, 1, example)
    if isinstance(result, GradientError):
        raise result
    return result


def _checked(
    subject: Subject, verb: str, budget: str, seed: int, order: int | None, example: Mapping[str, Any] | None
) -> OpReport | GradientError:
    """The report, or the error, which the caller raises: so no other frame of ours is in its traceback."""
    if budget not in BUDGETS:
        raise ValueError(f"{verb}: budget={budget!r}; it is {', '.join(map(repr, BUDGETS))}")
    search = Search(plan_of(subject), order)
    if example is None:
        search.run(BUDGETS[budget], seed)
    else:
        search.only(_example(subject, verb, example))
    if search.found is not None:
        return error_of(search, subject.said)
    refusal = _refusal(search, order) if example is None else ""
    if refusal:
        return GradientError(refusal)
    tally = search.tally
    return OpReport(
        subject.name, search.examples, tally.checked, tally.undecided, tally.worst, search.second,
        search.no_second,
    )  # fmt: skip


def _refusal(search: Search, order: int | None) -> str:
    """Why what has no verdict, or no second derivative where one was asked for, may not be called checked."""
    name, why = search.plan.subject.name, search.tally.untestable()
    if not search.tally.ordinary and not why:
        why = "untestable: no ordinary input gave a derivative to compare"
    if why:
        return f"{name} is {why}; declare domain= so that it is sampled where it has a derivative"
    if order == 2 and search.no_second:
        return (
            f"{name}: its rules do not run on tensors, so it has no second derivative: {search.no_second} "
            "(order=1 checks the first alone)"
        )
    return ""


def _example(subject: Subject, verb: str, given: Mapping[str, Any]) -> Example:
    """An example from its inputs, settings and weights by name."""
    rest = dict(given)
    g = rest.pop("g", None)
    if subject.variadic:
        inputs = tuple(rest.pop(subject.arguments[-1], ()))
    else:
        missing = [a for a in subject.arguments if a not in rest]
        if missing:
            raise ValueError(
                f"{verb}: example has no {', '.join(missing)}; it names every input: "
                f"example=dict({', '.join(f'{a}=...' for a in subject.arguments)}, g=...)"
            )
        inputs = tuple(rest.pop(a) for a in subject.arguments)
    arrays, variables = [], []
    for position, x in enumerate(inputs):
        argument = subject.argument(position)
        discrete = subject.domains[argument].discrete
        array = np.asarray(x) if discrete else np.asarray(x, float)
        if argument in subject.ruled and not (discrete and array.dtype.kind in "iub"):
            variables.append(position)
        arrays.append(array)
    settings = {**subject.settings[0], **rest}
    return Example(
        tuple(arrays), settings, tuple(variables), level=LEVELS - 1, g=None if g is None else np.asarray(g)
    )
