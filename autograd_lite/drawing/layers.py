"""Layers: which module each node belongs to, and what is said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.drawing.graph import inline, made, parts
from autograd_lite.drawing.text import plural
from autograd_lite.tensor import Parameter, Tensor

_BACKWARD = "backward graph"


class Layer(NamedTuple):
    """A box around cards: a module of the model, or a graph that computes a gradient (`backward`)."""

    id: str
    path: str
    words: str
    parameters: int
    backward: bool

    @property
    def caption(self) -> str:
        """What is said of it: `Linear(2 → 4) + relu · 12 parameters`."""
        count = "" if self.backward else plural(self.parameters, "parameter")
        return " · ".join(filter(None, (self.words, count)))


def layers_of(
    nodes: Sequence[Any], roots: Collection[int], merged: set[int], paths: Mapping[int, str]
) -> dict[int, str]:
    """The layer of each node, by identity: that of its parameters, or what holds its inputs' layers.

    `paths` says what the parameters are called, `layer1.W`. What is made of parameters alone, such as a
    penalty, belongs to no layer; what a gradient was made of, with create_graph=True, to the backward graph.
    """
    layer = {id(x): path for x in nodes if (path := _module(paths.get(id(x), "")))}
    fed: set[int] = set()  # what is made of more than parameters
    for x in nodes:
        inputs = [i for *_, i in parts(x, merged)]
        data = not inputs or any(id(i) in fed or (inline(i) and x.op.name == "multiply") for i in inputs)
        if data and not isinstance(x, Parameter):
            fed.add(id(x))
        if hasattr(x, "derivative_order"):
            layer[id(x)] = _BACKWARD + (f" of order {x.derivative_order}" if x.derivative_order > 1 else "")
        elif made(x) and id(x) in fed and id(x) not in roots and (path := _of_inputs(inputs, layer, merged)):
            layer[id(x)] = path
    users: dict[int, set[str]] = {}
    for y in nodes:
        for x in y.inputs if made(y) else ():
            users.setdefault(id(x), set()).add(layer.get(id(y), ""))
    for x in nodes:
        if not isinstance(x, Parameter) and not made(x) and len(users.get(id(x), ())) == 1:
            (path,) = users[id(x)]
            layer |= {id(x): path} if path.startswith(_BACKWARD) else {}
    return layer


def _module(path: str) -> str:
    """The module of a parameter's path: `a` of `a.W`, and of `a.weights.0`, one of a list."""
    names = path.split(".")[:-1]
    listed = path.rpartition(".")[2].isdigit()
    return ".".join(names[:-1] if listed else names)


def _of_inputs(inputs: Sequence[Any], layer: Mapping[int, str], merged: set[int]) -> str:
    """The layer that the inputs of a node give it."""
    own = {layer[id(i)] for i in inputs if isinstance(i, Parameter) and id(i) in layer}
    if len(own) == 1:
        return own.pop()
    flowing = [i for i in inputs if isinstance(i, Tensor) and i.requires_grad]
    paths = {layer.get(id(i), "") for i in flowing}
    if any(isinstance(i, np.ndarray) or (isinstance(i, Tensor) and not i.requires_grad) for i in inputs):
        return _common(path.rpartition(".")[0] for path in paths)  # as when x + f(x) adds the data
    for x in flowing if len(paths) > 1 else ():
        around = layer.get(id(x), "").rpartition(".")[0]
        if around and {id(i) for i in flowing if i is not x} <= _entering(x, around, layer, merged):
            return around  # x + f(x), and this x is f's
    return _common(paths)


def _entering(x: Any, path: str, layer: Mapping[int, str], merged: set[int]) -> set[int]:
    """What goes into a module on the way to a node in it, by identity."""
    entering, seen, stack = set(), set(), [x]
    while stack:
        y = stack.pop()
        if id(y) in seen:
            continue
        seen.add(id(y))
        if f"{layer.get(id(y), '')}.".startswith(f"{path}."):
            stack += [i for *_, i in parts(y, merged)]
        else:
            entering.add(id(y))
    return entering


def _common(paths: Iterable[str]) -> str:
    """The module that holds all of these layers; none for the model itself."""
    split = [path.split(".") for path in paths]
    shared = []
    for names in zip(*split, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return ".".join(shared)


def boxes(members: Mapping[str, Sequence[Any]], model: Any) -> tuple[Layer, ...]:
    """The layers with their captions, outer before inner; `members` has the nodes by their layer.

    A module around others has a box if it holds two of them, or a node of its own.
    """
    modules = dict(model.named_modules()) if model is not None else {}
    inside: dict[str, list[str]] = {}
    for path in members:
        names = path.split(".")
        for end in range(1, len(names)):
            inside.setdefault(".".join(names[:end]), []).append(path)
    outer = [path for path, held in inside.items() if len({p[len(path) :].split(".")[1] for p in held}) > 1]
    paths = sorted(filter(None, dict.fromkeys([*members, *outer])), key=lambda path: path.count("."))
    return tuple(_box(f"box{i}", path, members, modules, path in outer) for i, path in enumerate(paths))


def _box(
    id_: str, path: str, members: Mapping[str, Sequence[Any]], modules: Mapping[str, Any], outer: bool
) -> Layer:
    own = members.get(path, ())
    if path.startswith(_BACKWARD):
        return Layer(id_, path, "made with create_graph=True", 0, backward=True)
    held = [x for p, nodes in members.items() if f"{p}.".startswith(f"{path}.") for x in nodes]
    count = sum(x.size for x in held if isinstance(x, Parameter))
    module = modules.get(path)
    composite = outer or (module is not None and len(module.named_modules()) > 1)
    words = [] if module is None else [type(module).__name__ if composite else module.kind()]
    if not composite:
        words += {x.op.name: 1 for x in own if made(x) and len(x.inputs) == 1}
    return Layer(id_, path, " + ".join(words), count, backward=False)
