"""The graph to draw: its nodes, which of them share a card, and which gradients belong to it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.tensor import Parameter, Tensor, has_new_data


def data_of(x: Any) -> Any:
    """The array or number of a node."""
    return x._value if isinstance(x, Tensor) else x


def has_op(x: Any) -> bool:
    """True if the node is the result of an op."""
    return isinstance(x, Tensor) and x.op is not None


def walk(roots: Sequence[Any]) -> list[Any]:
    """Every tensor and constant that the roots depend on, and the roots: each once, inputs first."""
    order: list[Any] = []
    seen: set[int] = set()
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        x, inputs_done = stack.pop()
        if inputs_done:
            order.append(x)
        elif id(x) not in seen:
            seen.add(id(x))
            stack.append((x, True))
            if isinstance(x, Tensor):
                stack += [(i, False) for i in reversed(x.inputs) if id(i) not in seen]
    return order


def is_inline(x: Any) -> bool:
    """True for a constant number, which is written into formulas and has no card."""
    return not isinstance(x, Tensor | np.ndarray)


def is_product(y: Tensor) -> bool:
    """True if each of the op's two inputs scales the gradient of the other, as in `w × x`."""
    formulas = y.op.formulas
    others = reversed(y.op.arguments)
    return len(formulas) == 2 and list(formulas.values()) == [f"× {{{name}}}" for name in others]


def is_loss(x: Any) -> bool:
    """True if x is the result of a loss: an op with the setting `reduction`, built in or user-defined."""
    return has_op(x) and "reduction" in x.op.defaults


def merged_nodes(nodes: list[Any], named: Mapping[int, str], uses: Mapping[int, int]) -> set[int]:
    """The nodes that share the card of the op that uses them, such as `X @ w` in `X @ w + b`.

    The two ops must be declared as a composite. The inner result has no name, no other use and the shape of
    the outer one, so the gradients of the two are equal.
    """
    return {
        id(x)
        for y in nodes
        if has_op(y) and y.op.composites
        for x in y.inputs
        if has_op(x) and x.op in y.op.composites
        if id(x) not in named and uses[id(x)] == 1 and x.shape == y.shape
    }


def operands(y: Any, merged: set[int]) -> Iterator[tuple[Tensor, int, Any]]:
    """The inputs of y's card as (result, position, input of the result), those of merged nodes included."""
    for i, x in enumerate(y.inputs if isinstance(y, Tensor) else ()):
        if id(x) in merged:
            yield from ((x, j, inner) for j, inner in enumerate(x.inputs))
        else:
            yield y, i, x


def op_name(x: Any, merged: set[int]) -> str:
    """The name of the op on a card, `affine` for a matmul and an add that share it; "" without op."""
    if not has_op(x):
        return ""
    ops = [x.op.composites[i.op] for i in x.inputs if id(i) in merged] or [x.op]
    return str(ops[0].name)


def viewed_inputs(y: Any) -> list[Any]:
    """The inputs whose memory y shares."""
    inputs = y.inputs if has_op(y) and isinstance(y._value, np.ndarray) else ()
    arrays = [x for x in inputs if isinstance(data_of(x), np.ndarray)]
    return [x for x in arrays if np.may_share_memory(y._value, data_of(x))]


def rebound(nodes: list[Any]) -> set[int]:
    """The tensors, by identity, that got new data (from an optimizer, say) after an op had used the old."""
    return {
        id(x)
        for y in nodes
        if has_op(y)
        for x, value in zip(y.inputs, y.values, strict=True)
        if isinstance(x, Tensor) and has_new_data(x, value)
    }


def foreign_gradients(roots: Sequence[Tensor], walked: Sequence[Any]) -> set[int]:
    """The tensors, by identity, whose gradient is not from the backward passes of the roots alone.

    A gradient belongs to the graph if the call of backward that filled it is the one that filled the
    roots that depend on it. Below roots of several passes it must be their sum (accumulate=True). Gradients
    that the user assigned are not judged.
    """
    passes = {id(x): {x.backward_pass} for x in roots if hasattr(x, "backward_pass")}
    foreign = set()
    for x in reversed(walked):  # each node before its inputs
        if not isinstance(x, Tensor):
            continue
        expected = passes.get(id(x), set())
        for i in x.inputs:
            passes.setdefault(id(i), set()).update(expected)
        origin = getattr(x, "backward_pass", None)
        if x.grad is not None and origin is not None and origin.kind != "assigned":
            own = expected == {origin} if origin.kind == "one" else len(expected) > 1
            foreign |= set() if own else {id(x)}
    return foreign


def kind_of(x: Any, roots: Collection[int], target: bool, loss: bool) -> str:
    """The kind of a node, a key of `theme.BORDERS`, on which the look of its card depends."""
    if isinstance(x, Parameter):
        return "parameter" if x.requires_grad else "frozen"
    if has_op(x):
        is_end = id(x) in roots and x.size == 1 and not hasattr(x, "derivative_order")
        return "tensor" if not is_end else "loss" if loss else "result"
    if isinstance(x, Tensor) and x.requires_grad:
        return "tensor"
    return "target" if target else "input"
