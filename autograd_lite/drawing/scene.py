"""A snapshot of a graph: cards, lanes and layers, of plain numbers and words. Keeps no tensor alive."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import messages
from autograd_lite.drawing.alerts import alerts_of, vanishing
from autograd_lite.drawing.naming import Names, label_of, said_names, titled
from autograd_lite.drawing.statistics import Statistics, statistics
from autograd_lite.drawing.text import plural, shape
from autograd_lite.tensor import Parameter, Tensor

_LAYOUT = 500  # cards: more take Graphviz minutes, or forever


class Card(NamedTuple):
    """A tensor or a constant: what stands on its card; `absent` is said where a gradient is missing."""

    id: str
    name: str
    title: str
    kind: str
    tag: str
    value: Statistics
    grad: Statistics | None
    absent: str
    wants_grad: bool
    symbol: str
    notes: tuple[str, ...]
    alerts: tuple[str, ...]
    layer: str


class Lane(NamedTuple):
    """A road from an input to what was made of it; `width` is None where no gradient flows."""

    source: str
    target: str
    label: str
    width: float | None


class Layer(NamedTuple):
    """A module of the model: the cards that belong to it, and its caption."""

    path: str
    caption: str


class Scene(NamedTuple):
    """All that a drawing shows."""

    cards: tuple[Card, ...]
    lanes: tuple[Lane, ...]
    layers: tuple[Layer, ...]
    scalar: bool
    ranks: int


def snapshot(
    root: Tensor, model: Any, detail: str, names: Any, show: str, max_nodes: int, marks: Any = None
) -> Scene:
    """The scene of the graph that ends in `root`, as it is now; `marks` (tensor -> words) are alerts."""
    told = {id(x): words for x, words in (marks or {}).items()}
    walked = _walk(root)
    scalar = detail == "scalar" or (detail == "auto" and all(np.size(_data(x)) <= 1 for x in walked))
    walked = _unreached(model, walked) + [x for x in walked if not _inline(x)]
    said = said_names(walked, names, messages.caller_names())
    uses = _uses(walked)
    folded = set() if scalar else _folded(walked, said, uses) - set(told)
    nodes = [x for x in walked if id(x) not in folded]
    if len(nodes) > max_nodes:
        raise ValueError(
            f"draw: the graph has {len(nodes)} tensors and max_nodes={max_nodes}; draw a tensor nearer to "
            f"the input{f', or pass max_nodes={len(nodes)}' if len(nodes) <= _LAYOUT else ''}"
        )
    label = Names(walked, said, folded, scalar)
    index = {id(x): f"n{i}" for i, x in enumerate(nodes)}
    layers = _layers(nodes, root, folded)
    lost = vanishing([(id(x), x.name or label.of(x), x.grad) for x in nodes if isinstance(x, Parameter)])
    lost |= told
    ran = any(isinstance(x, Tensor) and x.grad is not None for x in nodes)
    changed = _changed(walked)
    cards = tuple(
        _card(x, root, index[id(x)], label, uses, layers.get(id(x), ""), scalar, show, lost, ran, changed)
        for x in nodes
    )
    largest = _largest(nodes)
    lanes = tuple(
        lane for x in nodes for lane in _lanes(x, list(_parts(x, folded)), index, label, scalar, largest)
    )
    return Scene(cards, lanes, _captions(nodes, layers, model), scalar, _ranks(walked, root))


def _data(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _inline(x: Any) -> bool:
    """Whether a constant is a bare number, written into the formula rather than on a card."""
    return not isinstance(x, Tensor | np.ndarray)


def _walk(root: Any) -> list[Any]:
    """Everything that `root` was made from, itself last: tensors and constants, each once."""
    order, seen, stack = [], set(), [(root, False)]
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


def _unreached(model: Any, walked: list[Any]) -> list[Any]:
    """The parameters of the model that the graph does not depend on."""
    seen = set(map(id, walked))
    parameters = model.parameters() if model is not None else ()
    return [x for x in parameters if id(x) not in seen and x.requires_grad]


def _folded(nodes: list[Any], said: dict[int, str], uses: dict[int, int]) -> set[int]:
    """Unnamed products that only a sum of the same shape uses: `X @ w` of `z = X @ w + b`.

    The gradients of the two are the same, so one card tells all.
    """
    return {
        id(x)
        for y in nodes if isinstance(y, Tensor) and y.op is not None and y.op.name == "add"
        for x in y.inputs if isinstance(x, Tensor) and x.op is not None and x.op.name == "matmul"
        if id(x) not in said and uses[id(x)] == 1 and x.shape == y.shape
    }  # fmt: skip


def _parts(y: Any, folded: set[int]) -> Iterator[tuple[Tensor, int, Any]]:
    """What y was made of, as (op's output, position, input): through folded nodes to their inputs."""
    for i, x in enumerate(y.inputs if isinstance(y, Tensor) else ()):
        if id(x) in folded:
            yield from ((x, j, inner) for j, inner in enumerate(x.inputs))
        else:
            yield y, i, x


def _uses(nodes: list[Any]) -> dict[int, int]:
    """How often each node is an input of another."""
    uses: dict[int, int] = {}
    for x in nodes:
        for i in x.inputs if isinstance(x, Tensor) else ():
            uses[id(i)] = uses.get(id(i), 0) + 1
    return uses


def _changed(nodes: list[Any]) -> set[int]:
    """The tensors that got new data, from an optimiser say, after an op had used the old."""
    made = [y for y in nodes if isinstance(y, Tensor) and y.op is not None]
    return {
        id(x)
        for y in made
        for x, value in zip(y.inputs, y.values, strict=True)
        if isinstance(x, Tensor) and x.data is not value
    }


def _kind(x: Any, root: Any, target: bool) -> str:
    if isinstance(x, Parameter):
        return "parameter" if x.requires_grad else "frozen"
    if isinstance(x, Tensor) and x.op is not None:
        return "loss" if x is root and x.size == 1 else "tensor"
    if isinstance(x, Tensor) and x.requires_grad:
        return "tensor"
    return "target" if target else "input"


_TAGS = {
    "parameter": "param",
    "frozen": "param, frozen",
    "input": "input",
    "target": "target",
    "loss": "loss",
}


def _card(
    x: Any, root: Any, id_: str, label: Names, uses: dict[int, int], layer: str,
    scalar: bool, show: str, lost: dict[int, str], ran: bool, changed: set[int],
) -> Card:  # fmt: skip
    data, tensor = _data(x), isinstance(x, Tensor)
    made = tensor and x.op is not None
    wants = tensor and x.requires_grad and show != "values"
    kind = _kind(x, root, id(x) in label.targets)
    notes = []
    if (count := uses.get(id(x), 0)) > 1 and (wants or not made):
        notes.append(f"sum of {count} gradients" if made else f"used {count}×")
    alerts = alerts_of(data, x.grad if tensor else None, x.op.name if made else "")
    alerts += (lost[id(x)],) if id(x) in lost else ()
    absent = ""
    if wants and x is not root and not made and (not count or (ran and x.grad is None)):
        alerts += ("not reached by backward",)
    elif wants and x.grad is None:
        absent = "gradient not kept" if ran else "call backward()"
    if id(x) in changed:
        notes.append("changed since the forward pass")
    return Card(
        id=id_, name=label.full(x), title=titled(x, label, scalar), kind=kind, tag=_tag(kind, data, scalar),
        value=statistics(data), grad=statistics(x.grad) if wants and x.grad is not None else None,
        absent=absent, wants_grad=wants, symbol=(x.op.symbol or x.op.name) if made else "",
        notes=tuple(notes), alerts=alerts, layer=layer,
    )  # fmt: skip


def _tag(kind: str, data: Any, scalar: bool) -> str:
    """The small words at the right of a header: `param (2, 4)`; a loss among tensors is a `scalar`."""
    if kind == "loss" and not scalar:
        return "scalar"
    return " ".join(filter(None, (_TAGS.get(kind, ""), shape(np.shape(data)))))


def _largest(nodes: list[Any]) -> float:
    """The largest finite norm of a gradient in the graph: the widest road."""
    norms = [_norm(x.grad) for x in nodes if isinstance(x, Tensor) and x.grad is not None]
    return max((n for n in norms if math.isfinite(n)), default=0.0)


def _norm(g: Any) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(np.asarray(g, float).ravel()))


def _lanes(
    y: Any, parts: list[tuple[Tensor, int, Any]], index: dict[int, str], label: Names, scalar: bool,
    largest: float,
) -> list[Lane]:  # fmt: skip
    """The roads into y, one for each place where an input is used."""
    lanes = []
    for made, i, x in parts:
        if id(x) not in index:
            continue
        width = None
        if isinstance(x, Tensor) and x.requires_grad:
            size = _norm(x.grad) if x.grad is not None else 0.0
            part = 1 + math.log10(size / largest) / 4 if 0 < size <= largest < math.inf else 0.0
            width = 1.0 + 1.6 * min(max(part, 0.0), 1.0)
        words = label_of(made, i, label, scalar) if width is not None else ""
        lanes.append(Lane(index[id(x)], index[id(y)], words, width))
    return lanes


def _layers(nodes: list[Any], root: Any, folded: set[int]) -> dict[int, str]:
    """The layer of each node: that of its parameters (`layer1` of `layer1.W`), or of its one input."""
    layer: dict[int, str] = {}
    for x in nodes:
        if isinstance(x, Parameter) and x.name and "." in x.name:
            layer[id(x)] = x.name.rpartition(".")[0]
    for x in nodes:
        if not isinstance(x, Tensor) or x.op is None or x is root:
            continue
        inputs = [i for *_, i in _parts(x, folded)]
        own = {layer[id(i)] for i in inputs if isinstance(i, Parameter) and id(i) in layer}
        flowing = [i for i in inputs if isinstance(i, Tensor) and i.requires_grad]
        if not own and len(flowing) == 1 and len(inputs) == 1:
            own = {layer[id(flowing[0])]} if id(flowing[0]) in layer else own
        if len(own) == 1:
            layer[id(x)] = own.pop()
    return layer


def _captions(nodes: list[Any], layers: dict[int, str], model: Any) -> tuple[Layer, ...]:
    """Each layer with its caption: what the module says of itself, its activations, its parameters."""
    modules = dict(model.named_modules()) if model is not None else {}
    captions = []
    for path in dict.fromkeys(layers.values()):
        members = [x for x in nodes if layers.get(id(x)) == path]
        count = sum(x.size for x in members if isinstance(x, Parameter))
        words = [repr(modules[path])] if path in modules else []
        words += {x.op.name: 1 for x in members if isinstance(x, Tensor) and x.op and len(x.inputs) == 1}
        told = " + ".join(words)
        captions.append(Layer(path, " · ".join(filter(None, (told, plural(count, "parameter"))))))
    return tuple(captions)


def _ranks(nodes: list[Any], root: Any) -> int:
    """The length of the longest path."""
    depth: dict[int, int] = {}
    for x in nodes:
        inputs = x.inputs if isinstance(x, Tensor) else ()
        depth[id(x)] = 1 + max((depth.get(id(i), 0) for i in inputs), default=0)
    return depth.get(id(root), 1)
