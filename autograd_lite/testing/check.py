"""check_op and check_function: every property of gradient rules, over inputs of their own domain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autograd_lite.domains import Domain
from autograd_lite.operation import Op
from autograd_lite.testing.examples import LEVELS, Example, plan_of
from autograd_lite.testing.failure import GradientError
from autograd_lite.testing.message import error_of
from autograd_lite.testing.search import Search
from autograd_lite.testing.subject import Subject, of_op, of_pair

BUDGETS = {"quick": 25, "normal": 60, "thorough": 300}  # generated examples


@dataclass(frozen=True)
class OpReport:
    """The result of a check that found nothing wrong.

    Attributes: `op`, the name of what was checked. `examples`, how many were tried. `checked`, how many
    derivatives were compared. `undecided`, how many of these have no verdict, for example at kinks, where
    subgradients were checked instead. `worst`, the largest relative difference of the others.
    `second_order`, at how many examples second derivatives were checked. `note`, why at none of them.
    """

    op: str
    examples: int
    checked: int
    undecided: int
    worst: float
    second_order: int
    note: str = ""

    def __str__(self) -> str:
        undecided = f", {self.undecided} without a verdict" if self.undecided else ""
        second = f"no second order: {self.note}" if self.note else f"second order at {self.second_order}"
        count = f"nothing wrong in {self.checked} derivatives at {self.examples} examples"
        return f"{self.op}: {count}{undecided}; {second}"

    def report(self) -> dict[str, Any]:
        """Return the attributes as a dictionary."""
        return asdict(self)


def check_op(
    op: Op,
    *,
    budget: str = "normal",
    seed: int = 0,
    order: int | None = None,
    example: Mapping[str, Any] | None = None,
) -> OpReport:
    """Check all rules of an op over generated inputs; return a report if nothing is wrong.

    The op's `domain`, `signature` and `samples` say where it is tried; an op with neither signature
    nor samples is taken as elementwise. A sweep comes first: every shape and setting, with zeros, ones,
    ties, negative numbers, the ends of the domain and one number of each decade. Then come generated
    examples. If one fails, hypothesis shrinks it.

    At each example the gradients are compared with numerical derivatives, which have an error bar of
    their own, or with subgradients at kinks and ties. A rule must also be linear in g, keep float32,
    modify none of its arguments, and depend neither on earlier calls nor on memory layout.

    `budget` is the number of generated examples: "quick" (25), "normal" (60) or "thorough" (300). `seed`
    chooses them. `order=None` checks second derivatives if the rules run on tensors, and the report says
    if they do not; 2 demands them; 1 leaves them out. `example`, from a message, is tried alone: a
    dictionary with the inputs, the settings and `g` by name.

    Raises GradientError for the first rule that is wrong or missing, and if most derivatives have no
    verdict. Raises TypeError if `op` is not an op, ValueError for a wrong budget, order or example.

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
    result = _check(of_op(op), "check_op", budget, seed, order, example)
    if isinstance(result, GradientError):
        raise result
    return result


def check_function(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *domains: Domain | tuple[float, float],
    shapes: str | Sequence[Any] | None = None,
    params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    budget: str = "normal",
    seed: int = 0,
    exact_shapes: bool = False,
    example: Mapping[str, Any] | None = None,
) -> OpReport:
    """Check a plain pair of NumPy functions as `check_op` checks an op; return a report.

    `forward(*x, **params)` returns an array, `backward(g, y, *x, **params)` a tuple with a gradient for
    each input; g is the gradient of the output y. `domains` has one domain for each input: one of
    `autograd_lite.domains` or a pair (low, high). Without any, inputs are real numbers. An input whose
    domain has choices (labels, indices) is a constant; its gradient is ignored.

    `shapes` is a list of cases, each with a shape for every input, `[((3, 4), (4, 2)), ((1, 2), (2, 1))]`,
    or a gufunc signature, `"(m,k),(k,n)->(m,n)"`. None means elementwise, with broadcasting. `params` is
    one dictionary of settings or several; each is tried with every shape that the forward accepts.
    `exact_shapes=True` demands gradients in the shape of their input; by default they may also have one
    that an engine can sum over broadcast axes, such as the output's. `budget`, `seed`, `example` and the
    errors are the same as in `check_op`.

    >>> check_function(np.sin, lambda g, y, x: (g * np.cos(x),)).undecided
    0
    """
    __tracebackhide__ = True
    subject = of_pair(forward, backward, domains, shapes, params, exact_shapes)
    result = _check(subject, "check_function", budget, seed, 1, example)
    if isinstance(result, GradientError):
        raise result
    return result


def _check(
    subject: Subject,
    function: str,
    budget: str,
    seed: int,
    order: int | None,
    example: Mapping[str, Any] | None,
) -> OpReport | GradientError:
    """Return the report, or the error: the caller raises it, so that its traceback is short."""
    if budget not in BUDGETS:
        raise ValueError(f"{function}: budget={budget!r}; it is {', '.join(map(repr, BUDGETS))}")
    search = Search(plan_of(subject), order)
    if example is None:
        search.run(BUDGETS[budget], seed)
    else:
        search.try_alone(_example(subject, function, example))
    if search.found:
        return error_of(search, *search.found)
    refusal = _refusal(search) if example is None else ""
    if refusal:
        return GradientError(refusal)
    return OpReport(
        subject.name,
        search.examples,
        search.tally.checked,
        search.tally.undecided,
        search.tally.worst,
        search.second_order_examples,
        search.no_second_order,
    )


def _refusal(search: Search) -> str:
    """Return why a search without failure is not a pass: no verdict, or no second derivative."""
    name = search.plan.subject.name
    why = search.tally.untestable()
    if not why and not search.tally.ordinary:
        why = "untestable: no ordinary input gave a derivative to compare"
    if why:
        return f"{name} is {why}; declare domain= so that it is sampled where it has a derivative"
    if search.order == 2 and search.no_second_order:
        return (
            f"{name}: its rules do not run on tensors, so it has no second derivative: "
            f"{search.no_second_order} (order=1 checks the first alone)"
        )
    return ""


def _example(subject: Subject, function: str, given: Mapping[str, Any]) -> Example:
    """Return the example with these inputs, settings and g."""
    rest = dict(given)
    g = rest.pop("g", None)
    if subject.variadic:
        inputs = tuple(rest.pop(subject.arguments[-1], ()))
    else:
        missing = [a for a in subject.arguments if a not in rest]
        if missing:
            raise ValueError(
                f"{function}: example has no {', '.join(missing)}; it names every input: "
                f"example=dict({', '.join(f'{a}=...' for a in subject.arguments)}, g=...)"
            )
        inputs = tuple(rest.pop(a) for a in subject.arguments)
    arrays = [np.asarray(x, None if subject.domain(p).discrete else float) for p, x in enumerate(inputs)]
    variables = tuple(
        position
        for position, x in enumerate(arrays)
        if x.dtype.kind == "f" and subject.argument(position) in subject.differentiable
    )
    return Example(tuple(arrays), {**subject.settings[0], **rest}, variables, level=LEVELS - 1, g=g)
