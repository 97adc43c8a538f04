"""The error for a failure that a search has found: a message of at most 25 lines, and its facts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from autograd_lite.testing.diagnosis import probable_cause
from autograd_lite.testing.examples import Example
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
from autograd_lite.testing.subject import Subject, quiet


def error_of(search: Search, example: Example, failure: RuleError) -> GradientError:
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
    if search.shrunk == NOT_SHRUNK:
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
        "shrunk": search.shrunk,
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
    """Return how often the failure was seen, and what is right."""
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
    """Return a line that tries this example again."""
    text = _as_text(subject, example, g, literal)
    if subject.variadic:
        inputs = [text.pop(subject.label(i)) for i in range(len(example.inputs))]
        text = {subject.arguments[-1]: f"[{', '.join(inputs)}]", **text}
    parts = [f"{name}={value}" for name, value in text.items()]
    return f"{subject.call}, example=dict({', '.join(parts)}))"
