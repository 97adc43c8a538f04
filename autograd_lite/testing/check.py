"""check_op and check_function: every property of gradient rules, and the message if one fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from autograd_lite.domains import Domain
from autograd_lite.operation import Op
from autograd_lite.testing.diagnosis import probable_cause
from autograd_lite.testing.examples import LEVELS, Example, plan_of
from autograd_lite.testing.failure import (
    GradientError,
    RuleError,
    array,
    literal,
    subscript,
    table,
    two_numbers,
)
from autograd_lite.testing.observations import Observation, gather
from autograd_lite.testing.run import SkipError, start
from autograd_lite.testing.search import NOT_SHRUNK, Search
from autograd_lite.testing.subject import Subject, of_op, of_pair, quiet

BUDGETS = {"quick": 25, "normal": 60, "thorough": 300}  # generated examples


@dataclass(frozen=True)
class OpReport:
    """The result of a check that found nothing wrong.

    Attributes: `op`, the name of what was checked. `examples`, how many were tried. `checked`, how many
    derivatives were compared. `undecided`, how many of these have no verdict, for example at kinks, where
    subgradients were checked instead. `worst`, the largest relative difference of the others.
    `second_order`, at how many examples second derivatives were checked. `note`, why at none of them.
    `tried_once`, the settings that were tried at one value only, such as "power=2": a rule that is wrong at
    other values would not be found.
    """

    op: str
    examples: int
    checked: int
    undecided: int
    worst: float
    second_order: int
    note: str = ""
    tried_once: tuple[str, ...] = ()

    def __str__(self) -> str:
        undecided = f", {self.undecided} without a verdict" if self.undecided else ""
        second = f"no second order: {self.note}" if self.note else f"second order at {self.second_order}"
        count = f"nothing wrong in {self.checked} derivatives at {self.examples} examples"
        once = f"; tried at one value only: {', '.join(self.tried_once)}" if self.tried_once else ""
        return f"{self.op}: {count}{undecided}; {second}{once}"


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
    nor shapes in its samples is taken as elementwise. Settings keep their defaults unless samples have other
    values, such as `samples=({"power": 3},)`; the report names the settings with one value. A sweep comes
    first: every shape and setting, with zeros, ones, ties, negative numbers, the ends of the domain and one
    number of each decade. Then come generated examples. If one fails, hypothesis shrinks it.

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
        return _error_of(search, *search.found)
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
        tuple(f"{name}={value!r}" for name, value in search.plan.tried_once().items()),
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
    rest = dict(given)
    g = rest.pop("g", None)
    missing = [a for a in subject.arguments if a not in rest and not subject.variadic]
    if missing:
        raise ValueError(
            f"{function}: example has no {', '.join(missing)}; it names every input: "
            f"example=dict({', '.join(f'{a}=...' for a in subject.arguments)}, g=...)"
        )
    named = [rest.pop(a, ()) for a in subject.arguments]
    inputs = named[-1] if subject.variadic else named
    arrays = [np.asarray(x, None if subject.domain(p).discrete else float) for p, x in enumerate(inputs)]
    variables = tuple(
        position
        for position, x in enumerate(arrays)
        if x.dtype.kind == "f" and subject.argument(position) in subject.differentiable
    )
    return Example(tuple(arrays), {**subject.settings[0], **rest}, variables, level=LEVELS - 1, g=g)


def _error_of(search: Search, example: Example, failure: RuleError, shrunk: str) -> GradientError:
    """Return the error for a failure: its cause, its example, and the line that repeats it."""
    subject = search.plan.subject
    position = max(failure.position, 0)
    seen: list[Observation] = []
    if failure.kind in ("number", "subgradient"):
        seen = gather(search.plan, position, example, search.tally.usual_size[1])
    g = _output_gradient(subject, example)
    cause = failure.sentence or probable_cause(seen)
    headline = _headline(subject, failure)
    path, line = subject.where(position)
    reproduce = _repeat_call(subject, example, g)
    shown = [f"{name} = {text}" for name, text in _as_text(subject, example, g, array).items()]
    inputs = "   ".join(shown)
    inputs = inputs if len(inputs) <= 90 else "\n".join(shown[:8])
    rows = [("smallest failing example", inputs)]
    if shrunk == NOT_SHRUNK:
        rows = [("failing example", f"{inputs}\n({NOT_SHRUNK})")]
    if failure.kind != "subgradient" and (np.isfinite(failure.expected) or failure.kind == "number"):
        rows.append(_numbers_row(subject.label(position), failure))
    if cause and cause not in headline:
        rows.append(("probable cause" if seen else "what is wrong", cause))
    rows += [("where", f"{path}:{line}"), *_seen_rows(seen, subject, position), ("reproduce", reproduce)]
    facts = {
        "subject": subject.name,
        "input": subject.label(position),
        **asdict(failure),
        "cause": cause,
        "file": path,
        "line": line,
        "shrunk": shrunk,
        "reproduce": reproduce,
        "example": {
            "inputs": {subject.label(i): x for i, x in enumerate(example.inputs)},
            "g": g,
            "settings": dict(example.settings),
            "numbers": example.numbers,
        },
        "seen": {"failing": sum(o.fails for o in seen), "of": len(seen)},
    }
    return GradientError(f"{headline}\n{table(rows)}", facts)


def _headline(subject: Subject, failure: RuleError) -> str:
    if failure.position < 0:
        return failure.sentence
    name = subject.rule_name(failure.position)
    if failure.kind in ("number", "subgradient"):
        return f"{name} is wrong"
    if failure.kind == "second order":
        return f"{name} is right, but its own derivative by tensors, the second-order gradient, is wrong"
    return f"{name} {failure.sentence}"


def _output_gradient(subject: Subject, example: Example) -> Any:
    try:
        with quiet():
            return start(subject, example).g
    except RuleError:
        return example.g
    except SkipError:
        return None


def _as_text(subject: Subject, example: Example, g: Any, form: Callable[[Any], str]) -> dict[str, str]:
    """Return the inputs by name, the settings that are not the defaults, and g."""
    defaults = {k: repr(v) for k, v in subject.op.defaults.items()} if subject.op else {}
    text = {subject.label(i): form(x) for i, x in enumerate(example.inputs)}
    text |= {k: repr(v) for k, v in example.settings.items() if defaults.get(k) != repr(v)}
    return text if g is None else {**text, "g": form(g)}


def _numbers_row(label: str, failure: RuleError) -> tuple[str, str]:
    got, expected = two_numbers(failure.got, failure.expected)
    measured = failure.kind in ("number", "second order")
    accuracy = f" (numerical, +- {max(failure.error, 1e-16):.0e})" if measured else ""
    return f"gradient in {label}{subscript(failure.entry)}", f"got {got}   expected {expected}{accuracy}"


def _seen_rows(seen: Sequence[Observation], subject: Subject, position: int) -> list[tuple[str, str]]:
    if not seen:
        return []
    fails = sum(o.fails for o in seen)
    rows = [("seen in", f"{fails} of {len(seen)} examples")] if fails else []
    others = sorted({p for o in seen for p in o.right_in} - {position})
    for p in others[:3]:
        right = [o.right_in[p] for o in seen if p in o.right_in]
        if all(right):
            rows.append(("right in", f"{subject.label(p)}: {len(right)} of {len(right)}"))
    return [*rows, ("here it is", "linear in g, the same twice, and changes nothing it is given")]


def _repeat_call(subject: Subject, example: Example, g: Any) -> str:
    text = _as_text(subject, example, g, literal)
    if subject.variadic:
        inputs = [text.pop(subject.label(i)) for i in range(len(example.inputs))]
        text = {subject.arguments[-1]: f"[{', '.join(inputs)}]", **text}
    parts = [f"{name}={value}" for name, value in text.items()]
    return f"{subject.call}, example=dict({', '.join(parts)}))"
