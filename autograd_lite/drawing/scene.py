"""A snapshot of a graph: cards, lanes and layers, of plain numbers and words. Keeps no tensor alive."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import messages
from autograd_lite.drawing.alerts import alerts_of, vanishing
from autograd_lite.drawing.naming import Names, label_of, titled
from autograd_lite.drawing.statistics import Statistics, statistics
from autograd_lite.tensor import Parameter, Tensor


class Card(NamedTuple):
    """A tensor or a constant: what stands on its card."""

    id: str
    name: str
    title: str
    kind: str
    tag: str
    value: Statistics
    grad: Statistics | None
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
    backward: bool
    ranks: int


def snapshot(root: Tensor, model: Any, detail: str, names: Any, show: str) -> Scene:
    """The scene of the graph that ends in `root`, as it is now."""
    nodes = _walk(root)
    scalar = detail == "scalar" or (detail == "auto" and all(np.size(_data(x)) <= 1 for x in nodes))
    nodes = [x for x in nodes if not _inline(x)]
    label = Names(nodes, names, messages.caller_names(), scalar)
    index = {id(x): f"n{i}" for i, x in enumerate(nodes)}
    layers = _layers(nodes, root)
    uses = _uses(nodes)
    backward = isinstance(root, Tensor) and root.grad is not None
    lost = vanishing([(id(x), label.of(x), x.grad) for x in nodes if isinstance(x, Parameter)])
    cards = tuple(
        _card(x, root, index[id(x)], label, uses, layers.get(id(x), ""), scalar, backward, show, lost)
        for x in nodes
    )
    largest = _largest(nodes)
    lanes = tuple(
        lane for x in nodes if isinstance(x, Tensor) for lane in _lanes(x, index, label, scalar, largest)
    )
    return Scene(cards, lanes, _captions(nodes, layers, model), scalar, backward, _ranks(nodes, root))


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


def _uses(nodes: list[Any]) -> dict[int, int]:
    """How often each node is an input of another."""
    uses: dict[int, int] = {}
    for x in nodes:
        for i in x.inputs if isinstance(x, Tensor) else ():
            uses[id(i)] = uses.get(id(i), 0) + 1
    return uses


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
    scalar: bool, backward: bool, show: str, lost: dict[int, str],
) -> Card:  # fmt: skip
    data, tensor = _data(x), isinstance(x, Tensor)
    wants = tensor and x.requires_grad and show != "values"
    kind = _kind(x, root, id(x) in label.targets)
    grad = statistics(x.grad) if wants and x.grad is not None else None
    notes = []
    if (count := uses.get(id(x), 0)) > 1:
        notes.append(f"used {count}×" if not tensor or x.op is None else f"sum of {count} gradients")
    if wants and backward and x.grad is None:
        notes.append("gradient not kept")
    alerts = alerts_of(data, x.grad if tensor else None, x.op.name if tensor and x.op else "")
    alerts += (lost[id(x)],) if id(x) in lost else ()
    made = tensor and x.op is not None
    return Card(
        id=id_, name=label.of(x), title=titled(x, label, scalar), kind=kind,
        tag=" ".join(filter(None, (_TAGS.get(kind, ""), str(np.shape(data)) if np.shape(data) else ""))),
        value=statistics(data), grad=grad, wants_grad=wants, symbol=x.op.symbol if made else "",
        notes=tuple(notes), alerts=alerts, layer=layer,
    )  # fmt: skip


def _largest(nodes: list[Any]) -> float:
    """The largest finite norm of a gradient in the graph: the widest road."""
    norms = [_norm(x.grad) for x in nodes if isinstance(x, Tensor) and x.grad is not None]
    return max((n for n in norms if math.isfinite(n)), default=0.0)


def _norm(g: Any) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(np.asarray(g, float).ravel()))


def _lanes(y: Tensor, index: dict[int, str], label: Names, scalar: bool, largest: float) -> list[Lane]:
    """The roads into y, one for each place where an input is used."""
    lanes = []
    for i, x in enumerate(y.inputs):
        if id(x) not in index:
            continue
        width = None
        if isinstance(x, Tensor) and x.requires_grad:
            size = _norm(x.grad) if x.grad is not None else 0.0
            part = 1 + math.log10(size / largest) / 4 if 0 < size <= largest < math.inf else 0.0
            width = 1.0 + 1.6 * min(max(part, 0.0), 1.0)
        words = label_of(y, i, label, scalar) if width is not None else ""
        lanes.append(Lane(index[id(x)], index[id(y)], words, width))
    return lanes


def _layers(nodes: list[Any], root: Any) -> dict[int, str]:
    """The layer of each node: that of its parameters (`layer1` of `layer1.W`), or of its one input."""
    layer: dict[int, str] = {}
    for x in nodes:
        if isinstance(x, Parameter) and x.name and "." in x.name:
            layer[id(x)] = x.name.rpartition(".")[0]
    for x in nodes:
        if not isinstance(x, Tensor) or x.op is None or x is root:
            continue
        own = {layer[id(i)] for i in x.inputs if isinstance(i, Parameter) and id(i) in layer}
        flowing = [i for i in x.inputs if isinstance(i, Tensor) and i.requires_grad]
        if not own and len(flowing) == 1 and len(x.inputs) == 1:
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
        words += [x.op.name for x in members if isinstance(x, Tensor) and x.op and len(x.inputs) == 1]
        told = " + ".join(words)
        captions.append(Layer(path, " · ".join(filter(None, (told, f"{count} parameters")))))
    return tuple(captions)


def _ranks(nodes: list[Any], root: Any) -> int:
    """The length of the longest path."""
    depth: dict[int, int] = {}
    for x in nodes:
        inputs = x.inputs if isinstance(x, Tensor) else ()
        depth[id(x)] = 1 + max((depth.get(id(i), 0) for i in inputs), default=0)
    return depth.get(id(root), 1)
