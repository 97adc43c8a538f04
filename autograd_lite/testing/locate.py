"""locate: which node of a graph has a wrong rule of its own, at the values that flow through it."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import drawing
from autograd_lite.errors import file_of
from autograd_lite.tensor import Tensor, graph
from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import Failure
from autograd_lite.testing.failure import numbers as told
from autograd_lite.testing.rules import Run, SkipError, linear, numbers, start
from autograd_lite.testing.subject import of_op
from autograd_lite.testing.verdicts import Tally

_MANY = 50  # tensors beyond which a drawing begins at the node itself


class Located(NamedTuple):
    """The node with a wrong rule: its `tensor` in the graph of `root`, its `op`, the input, and why.

    `argument` is the name of the input, `failure` what is wrong, `made` and `rule` say in which file and
    line the op was called, where that is known, and where the rule stands.
    """

    root: Tensor
    tensor: Tensor
    op: Any
    argument: str
    failure: Failure
    made: str  # file:line of the call, where it is known
    rule: str  # file:line of the rule

    @property
    def sentence(self) -> str:
        """The finding in a line."""
        name = f"{self.tensor.name!r}, " if self.tensor.name else ""
        made = f", made at {self.made}" if self.made else ""
        got, expected = told(self.failure.got, self.failure.expected)
        measured = not self.failure.sentence and np.isfinite(self.failure.expected)
        shown = f": got {got}, expected {expected}" if measured else f": {self.failure.sentence}"
        return f'{name}{self.op.name}.gradient("{self.argument}") at {self.rule}{made}{shown}'

    def __str__(self) -> str:
        return self.sentence

    def draw(self, **options: Any) -> Any:
        """The graph with this node in red (of a large one, what leads to it); options are those of `draw`."""
        marks = {self.tensor: f'wrong rule: gradient("{self.argument}")', **options.pop("marks", {})}
        few = len(graph(self.root)) <= options.get("max_nodes", _MANY)
        return drawing.draw(self.root if few else self.tensor, marks=marks, **options)


def locate(tensor: Tensor) -> Located | None:
    """The first node, from the leaves of `tensor` on, whose own rule is wrong at its values; or None.

    Each node is checked alone: its op's rules at the arrays it saw, against numerical derivatives.
    A gradient that is wrong although every node is right is a mistake of the engine, not of an op.
    Ops of your own remember the line that called them. `located.draw()` shows the node in red. A tensor
    that depends on no differentiable one is a ValueError.
    """
    if not isinstance(tensor, Tensor) or not tensor.requires_grad:
        raise ValueError("locate: it takes a tensor that was computed from differentiable ones")
    return located(tensor)


def located(root: Tensor) -> Located | None:
    """`locate` without its checks of the argument."""
    for tensor in graph(root):
        if tensor.op is None:
            continue
        failure = _checked(tensor)
        if failure is not None:
            position = max(failure.position, 0)
            subject = of_op(tensor.op)
            path, line = subject.where(position)
            return Located(
                root,
                tensor,
                tensor.op,
                subject.argument(position),
                failure,
                made_at(tensor),
                f"{path}:{line}",
            )
    return None


def made_at(tensor: Tensor) -> str:
    """File and line of the call that made a tensor, where it was noted."""
    code, line = getattr(tensor, "line", None) or (None, 0)
    return f"{os.path.basename(file_of(code.co_filename))}:{line}" if code else ""


def _checked(tensor: Tensor) -> Failure | None:
    """What is wrong with the rules of one node at its own values."""
    subject = of_op(tensor.op)
    inputs = tuple(
        np.asarray(v, float) if np.asarray(v).dtype.kind == "f" else np.asarray(v) for v in tensor.values
    )
    variables = tuple(
        i for i, x in enumerate(tensor.inputs)
        if isinstance(x, Tensor) and x.requires_grad and inputs[i].dtype.kind == "f"
    )  # fmt: skip
    with np.errstate(all="ignore"):
        for key in (0, 5):
            try:
                run = start(subject, Example(inputs, dict(tensor.settings), variables, key=key))
            except SkipError:
                return None
            failure = run if not isinstance(run, Run) else linear(run) or numbers(run, Tally(), learn=False)
            if failure:
                return failure
    return None
