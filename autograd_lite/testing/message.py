"""The failure as a reader sees it: at most 25 lines, and the same as facts for programs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd_lite.testing.diagnosis import probable_cause
from autograd_lite.testing.evidence import Observation, gather
from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import Failure, GradientError, array, literal, numbers, table
from autograd_lite.testing.rules import Run, SkipError, start
from autograd_lite.testing.search import Search

_INFERRED = ("number", "subgradient")
_MEASURED = ("number", "second order")


def error_of(search: Search, call: str) -> GradientError:
    """The error for what a search has found; `call` is the beginning of a line that repeats it."""
    example, failure = search.found  # type: ignore[misc]
    subject, position = search.plan.subject, max(failure.position, 0)
    usual = search.tally.usual.get("first", 0.0)
    seen = gather(search.plan, position, example, usual) if failure.kind in _INFERRED else []
    g = _weights(search, example)
    cause = failure.sentence or probable_cause(seen)
    head = _head(subject.rule_name(position) if failure.position >= 0 else subject.name, failure)
    path, line = subject.where(position)
    reproduce = _call(search, example, g, call)
    rows = [("smallest failing example", _example(search, example, g))]
    if search.shrunk.startswith("not"):
        rows[0] = ("failing example", f"{rows[0][1]}\n({search.shrunk})")
    if failure.kind != "subgradient" and (np.isfinite(failure.expected) or failure.kind == "number"):
        rows.append(_numbers(subject.label(position), failure))
    if cause and cause not in head:
        rows.append(("probable cause" if seen else "what is wrong", cause))
    rows += [("where", f"{path}:{line}"), *_seen(seen, subject, position), ("reproduce", reproduce)]
    facts = {
        "subject": subject.name, "input": subject.label(position), **failure._asdict(), "cause": cause,
        "file": path, "line": line, "shrunk": search.shrunk, "reproduce": reproduce,
        "example": {
            "inputs": {subject.label(i): x for i, x in enumerate(example.inputs)},
            "g": g, "settings": dict(example.settings), "numbers": example.numbers,
        },
        "seen": {"failing": sum(o.fails for o in seen), "of": len(seen)},
    }  # fmt: skip
    return GradientError(f"{head}\n{table(rows)}", facts)


def _numbers(label: str, failure: Failure) -> tuple[str, str]:
    """What came and what was expected, with its error bar where it was measured."""
    got, expected = numbers(failure.got, failure.expected)
    bar = f" (numerical, +- {max(failure.error, 1e-16):.0e})" if failure.kind in _MEASURED else ""
    return f"gradient in {label}{_index(failure.entry)}", f"got {got}   expected {expected}{bar}"


def _head(name: str, failure: Failure) -> str:
    if failure.kind in ("number", "subgradient"):
        return f"{name} is wrong"
    if failure.kind == "second order":
        return f"{name} is right, but its own derivative by tensors, the second-order gradient, is wrong"
    return f"{name} {failure.sentence}" if failure.position >= 0 else failure.sentence


def _weights(search: Search, example: Example) -> Any:
    """The gradient of the output that was tried; None where it never came to that."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run = start(search.plan.subject, example)
        except SkipError:
            return None
    return run.g if isinstance(run, Run) else example.g


def _index(entry: tuple[int, ...] | None) -> str:
    return f"[{', '.join(map(str, entry))}]" if entry else ""


def _example(search: Search, example: Example, g: Any) -> str:
    """The inputs by name, the settings that are not the defaults, the weights."""
    subject = search.plan.subject
    shown = [f"{subject.label(i)} = {array(x)}" for i, x in enumerate(example.inputs)]
    shown += [f"{k} = {v!r}" for k, v in _chosen(search, example).items()]
    shown += [] if g is None else [f"g = {array(g)}"]
    line = "   ".join(shown)
    return line if len(line) <= 90 else "\n".join(shown[:8])


def _chosen(search: Search, example: Example) -> dict[str, Any]:
    """The settings that differ from the defaults."""
    usual = search.plan.subject.op.defaults if search.plan.subject.op else {}
    return {k: v for k, v in example.settings.items() if k not in usual or repr(usual[k]) != repr(v)}


def _call(search: Search, example: Example, g: Any, call: str) -> str:
    """A line that tries this example again."""
    subject = search.plan.subject
    if subject.variadic:
        parts = [f"{subject.arguments[-1]}=[{', '.join(map(literal, example.inputs))}]"]
    else:
        parts = [f"{subject.label(i)}={literal(x)}" for i, x in enumerate(example.inputs)]
    parts += [f"{k}={v!r}" for k, v in _chosen(search, example).items()]
    parts += [] if g is None else [f"g={literal(g)}"]
    return f"{call}, example=dict({', '.join(parts)}))"


def _seen(seen: list[Observation], subject: Any, position: int) -> list[tuple[str, str]]:
    """How often and where it was seen, and what is right."""
    if not seen:
        return []
    fails = sum(o.fails for o in seen)
    rows = [("seen in", f"{fails} of {len(seen)} examples")] if fails else []
    others = sorted({p for o in seen for p in o.right} - {position})
    for p in others[:3]:
        tried = [o.right[p] for o in seen if p in o.right]
        if all(tried):
            rows.append(("right in", f"{subject.label(p)}: {len(tried)} of {len(tried)}"))
    rows.append(("here it is", "linear in g, the same twice, and changes nothing it is given"))
    return rows
