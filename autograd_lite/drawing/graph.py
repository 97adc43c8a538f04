"""The graph as it is drawn: which nodes are cards, and which stand in the formula of another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.tensor import Parameter, Tensor


def data_of(x: Any) -> Any:
    """The array or number of a node."""
    return x.data if isinstance(x, Tensor) else x


def made(x: Any) -> bool:
    """Whether an op made the node."""
    return isinstance(x, Tensor) and x.op is not None


def walk(roots: Sequence[Any]) -> list[Any]:
    """All that the roots were made from, and they: tensors and constants, each once, inputs first."""
    order: list[Any] = []
    seen: set[int] = set()
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        x, done = stack.pop()
        if done:
            order.append(x)
        elif id(x) not in seen:
            seen.add(id(x))
            stack.append((x, True))
            if isinstance(x, Tensor):
                stack += [(i, False) for i in reversed(x.inputs) if id(i) not in seen]
    return order


def inline(x: Any) -> bool:
    """Whether a constant is a bare number, written into the formula rather than on a card."""
    return not isinstance(x, Tensor | np.ndarray)


def unreached(model: Any, walked: list[Any]) -> list[Any]:
    """The parameters of the model that the graph does not depend on."""
    seen = set(map(id, walked))
    parameters = model.parameters() if model is not None else ()
    return [x for x in parameters if id(x) not in seen and x.requires_grad]


def merged(nodes: list[Any], said: dict[int, str], uses: dict[int, int]) -> set[int]:
    """Unnamed products that only a sum of the same shape uses: `X @ w` of `z = X @ w + b`.

    The gradients of the two are the same, so one card tells all.
    """
    return {
        id(x)
        for y in nodes if made(y) and y.op.name == "add"
        for x in y.inputs if made(x) and x.op.name == "matmul"
        if id(x) not in said and uses[id(x)] == 1 and x.shape == y.shape
    }  # fmt: skip


def parts(y: Any, merged: set[int]) -> Iterator[tuple[Tensor, int, Any]]:
    """What y was made of, as (op's output, position, input): through merged nodes to their inputs."""
    for i, x in enumerate(y.inputs if isinstance(y, Tensor) else ()):
        if id(x) in merged:
            yield from ((x, j, inner) for j, inner in enumerate(x.inputs))
        else:
            yield y, i, x


def op_name(x: Any, merged: set[int]) -> str:
    """The op that made a node, `affine` for a product and a sum on one card."""
    if not made(x):
        return ""
    return "affine" if any(id(i) in merged for i in x.inputs) else str(x.op.name)


def uses_of(nodes: list[Any]) -> dict[int, int]:
    """How often each node is an input of another."""
    uses: dict[int, int] = {}
    for x in nodes:
        for i in x.inputs if isinstance(x, Tensor) else ():
            uses[id(i)] = uses.get(id(i), 0) + 1
    return uses


def changed(nodes: list[Any]) -> set[int]:
    """The tensors that got new data, from an optimiser say, after an op had used the old."""
    return {
        id(x)
        for y in nodes if made(y)
        for x, value in zip(y.inputs, y.values, strict=True)
        if isinstance(x, Tensor) and x.data is not value
    }  # fmt: skip


def is_loss(x: Any) -> bool:
    """Whether a loss made the node: an op with a `reduction`, ours or the user's."""
    return made(x) and "reduction" in x.op.defaults


def kind_of(x: Any, roots: Collection[int], target: bool, loss: bool) -> str:
    """What a node is, which says how its card is drawn: a key of LOOKS."""
    if isinstance(x, Parameter):
        return "parameter" if x.requires_grad else "frozen"
    if made(x):
        ends = id(x) in roots and x.size == 1 and not hasattr(x, "derivative_order")
        return "tensor" if not ends else "loss" if loss else "result"
    if isinstance(x, Tensor) and x.requires_grad:
        return "tensor"
    return "target" if target else "input"


def ranks_of(sources: dict[str, list[str]]) -> int:
    """The length of the longest path, in cards; `sources` has the inputs of each, inputs before outputs."""
    depth: dict[str, int] = {}
    for target, inputs in sources.items():
        depth[target] = 1 + max((depth.get(i, 0) for i in inputs), default=0)
    return max(depth.values(), default=1)
