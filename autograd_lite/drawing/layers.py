"""Layers: which module each node belongs to, and what is said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from autograd_lite.drawing.graph import made, parts
from autograd_lite.drawing.text import plural
from autograd_lite.tensor import Parameter, Tensor

_BACKWARD = "backward graph"


class Layer(NamedTuple):
    """A box around cards: a module of the model, or a graph that computes a gradient (`backward`)."""

    id: str
    path: str
    caption: str
    backward: bool


def layers_of(nodes: Sequence[Any], roots: Collection[int], merged: set[int]) -> dict[int, str]:
    """The layer of each node: that of its parameters (`layer1` of `layer1.W`), or of its inputs.

    A node that joins layers of one module belongs to that module; one that a gradient was made of, with
    create_graph=True, to the backward graph.
    """
    layer: dict[int, str] = {}
    for x in nodes:
        if isinstance(x, Parameter) and x.name and "." in x.name:
            layer[id(x)] = x.name.rpartition(".")[0]
    for x in nodes:
        if hasattr(x, "order"):
            layer[id(x)] = _BACKWARD + (f" of order {x.order}" if x.order > 1 else "")
        elif made(x) and id(x) not in roots and (path := _of_inputs(x, layer, merged)):
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


def _of_inputs(x: Any, layer: dict[int, str], merged: set[int]) -> str:
    """The layer that the inputs of a node give it."""
    inputs = [i for *_, i in parts(x, merged)]
    own = {layer[id(i)] for i in inputs if isinstance(i, Parameter) and id(i) in layer}
    if len(own) == 1:
        return own.pop()
    paths = {layer.get(id(i), "") for i in inputs if isinstance(i, Tensor) and i.requires_grad}
    if len(inputs) > 1:  # it joins layers, so it belongs to none of them, but to what holds them
        paths = {path.rpartition(".")[0] for path in paths}
    return _common(paths)


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
    outer = {path for path, held in inside.items() if len({p[len(path) :].split(".")[1] for p in held}) > 1}
    paths = sorted({*members, *outer} - {""}, key=lambda path: path.count("."))
    return tuple(_box(f"box{i}", path, members, modules, path in outer) for i, path in enumerate(paths))


def _box(
    id_: str, path: str, members: Mapping[str, Sequence[Any]], modules: Mapping[str, Any], outer: bool
) -> Layer:
    own = members.get(path, ())
    if path.startswith(_BACKWARD):
        return Layer(id_, path, "made with create_graph=True", backward=True)
    held = [x for p, nodes in members.items() if f"{p}.".startswith(f"{path}.") for x in nodes]
    count = sum(x.size for x in held if isinstance(x, Parameter))
    words = []
    if path in modules:
        words.append(type(modules[path]).__name__ if outer else repr(modules[path]).partition("\n")[0])
    if not outer:
        words += {x.op.name: 1 for x in own if made(x) and len(x.inputs) == 1}
    told = " + ".join(words)
    return Layer(id_, path, " · ".join(filter(None, (told, plural(count, "parameter")))), backward=False)
