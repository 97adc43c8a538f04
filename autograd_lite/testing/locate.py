"""locate: the node of a graph whose own rule is wrong at the values that flow through the graph."""

import os
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import drawing
from autograd_lite.drawing import Drawing
from autograd_lite.errors import file_of
from autograd_lite.operation import Op
from autograd_lite.tensor import Tensor, graph
from autograd_lite.testing.derivatives import check_first_derivatives
from autograd_lite.testing.examples import Example
from autograd_lite.testing.failure import RuleError, two_numbers
from autograd_lite.testing.run import SkipError, check_linearity, start
from autograd_lite.testing.subject import of_op
from autograd_lite.testing.verdicts import Tally

_MANY = 50  # tensors; of a larger graph, only the part up to the wrong node is drawn


class Located(NamedTuple):
    """The node with a wrong rule.

    `tensor` is the node in the graph of `root`, `op` its op, `argument` the input whose rule is wrong, and
    `failure` what is wrong. `rule` is the file and line of the rule. `made` is the file and line of the
    call of the op; it is empty if the graph was built without recorded lines.
    """

    root: Tensor
    tensor: Tensor
    op: Op
    argument: str
    failure: RuleError
    made: str
    rule: str

    def __str__(self) -> str:
        name = f"{self.tensor.name!r}, " if self.tensor.name else ""
        made = f", made at {self.made}" if self.made else ""
        what = self.failure.sentence
        if not what and np.isfinite(self.failure.expected):
            got, expected = two_numbers(self.failure.got, self.failure.expected)
            what = f"got {got}, expected {expected}"
        return f'{name}{self.op.name}.gradient("{self.argument}") at {self.rule}{made}: {what}'

    def draw(self, **options: Any) -> Drawing:
        """Draw the graph with this node in red; `options` are the same as in `draw`.

        Of a large graph, only the part that leads to the node is drawn.
        """
        marks = {self.tensor: f'wrong rule: gradient("{self.argument}")', **options.pop("marks", {})}
        few = len(graph(self.root)) <= options.get("max_nodes", _MANY)
        return drawing.draw(self.root if few else self.tensor, marks=marks, **options)


def locate(tensor: Tensor) -> Located | None:
    """Return the first node, from the leaves of `tensor` on, whose own rule is wrong, or None.

    Each node is checked alone: the rules of its op at the values in the graph, against numerical
    derivatives. If a gradient is wrong and every node is right, the mistake is in the engine.
    `located.draw()` shows the node in red. `gradcheck` also names the line that called the op.

    Raises ValueError if `tensor` does not depend on a differentiable tensor.
    """
    if not isinstance(tensor, Tensor) or not tensor.requires_grad:
        raise ValueError("locate: it takes a tensor that was computed from differentiable ones")
    for node in graph(tensor):
        try:
            if node.op:
                _check(node)
        except SkipError:
            continue
        except RuleError as failure:
            position = max(failure.position, 0)
            subject = of_op(node.op)
            path, line = subject.where(position)
            argument = subject.argument(position)
            called = getattr(node, "line", None)  # the code and the line of the call
            made = f"{os.path.basename(file_of(called[0].co_filename))}:{called[1]}" if called else ""
            return Located(tensor, node, node.op, argument, failure, made, f"{path}:{line}")
    return None


def _check(tensor: Tensor) -> None:
    """Raise the first mistake in the rules of one node at its own values."""
    arrays = map(np.asarray, tensor.values)
    inputs = tuple(x.astype(float) if x.dtype.kind == "f" else x for x in arrays)
    variables = tuple(
        i
        for i, x in enumerate(tensor.inputs)
        if isinstance(x, Tensor) and x.requires_grad and inputs[i].dtype.kind == "f"
    )
    with np.errstate(all="ignore"):
        for key in (0, 5):
            example = Example(inputs, dict(tensor.settings), variables, key)
            run = start(of_op(tensor.op), example)
            check_linearity(run)
            check_first_derivatives(run, Tally())
