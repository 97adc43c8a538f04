"""Layers: the module that each node belongs to, and the boxes that show the modules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise, takewhile
from typing import Any, NamedTuple

from autograd_lite.drawing.graph import has_op, is_inline, is_product, operands
from autograd_lite.drawing.text import plural
from autograd_lite.tensor import Parameter, Tensor

_BACKWARD = "backward graph"


class Layer(NamedTuple):
    """A box around cards: a module of the model, or a graph that computes a gradient (`backward`).

    `caption` is the text beside its name: the `description` and the size, `Linear(2 → 4) · 12 parameters`.
    """

    id: str
    path: str
    description: str
    caption: str
    backward: bool


def parameter_paths(nodes: Sequence[Any], model: Any) -> dict[int, str]:
    """The path of each parameter, `layer1.W`, by identity: in the model, or else its own name."""
    paths = {id(x): x.name for x in nodes if isinstance(x, Parameter) and x.name}
    for path, parameter in model.named_parameters() if model is not None else ():
        if f".{path}".endswith(f".{parameter.name or path}"):
            paths[id(parameter)] = path
    return paths


def layers_of(
    nodes: Sequence[Any], roots: Collection[int], merged: set[int], paths: Mapping[int, str]
) -> dict[int, str]:
    """The path of the layer of each node, by identity; "" for nodes outside of all layers.

    A parameter belongs to the module in its path (`paths` has `layer1.W`), a result to the layer of its
    parameters, else to the innermost module around its inputs. The results of parameters alone, such as
    a penalty, belong to no layer. Nodes that compute a gradient belong to the backward graph.
    """
    layers = {id(x): _module(paths.get(id(x), "")) for x in nodes}
    data_dependent: set[int] = set()  # data and its results; the number in `w × 2.0` counts as data
    entering: dict[str, set[int]] = {}  # the inputs of each module
    for x in nodes:
        inputs = [i for *_, i in operands(x, merged)]
        has_data = any(id(i) in data_dependent or (is_inline(i) and is_product(x)) for i in inputs)
        if not isinstance(x, Parameter) and (has_data or not inputs):
            data_dependent.add(id(x))
        if hasattr(x, "derivative_order"):
            layers[id(x)] = _BACKWARD + (f" of order {x.derivative_order}" if x.derivative_order > 1 else "")
        elif has_op(x) and id(x) in data_dependent and id(x) not in roots:
            layers[id(x)] = _layer_of_result(inputs, layers, entering)
        for path in _outer_paths(layers[id(x)]):
            outside = (id(i) for i in inputs if not is_within(layers.get(id(i), ""), path))
            entering.setdefault(path, set()).update(outside)
    users: dict[int, set[str]] = {}
    for y in nodes:
        for x in y.inputs if has_op(y) else ():
            users.setdefault(id(x), set()).add(layers[id(y)])
    for x in nodes:
        around = users.get(id(x), set())
        if not isinstance(x, Parameter) and not has_op(x) and len(around) == 1:
            layers |= {id(x): path for path in around if path.startswith(_BACKWARD)}
    return layers


def _module(path: str) -> str:
    """The module of a parameter by its path: `a` for `a.W`, and for `a.weights.0` in a list."""
    names = path.split(".")
    return ".".join(names[: -2 if names[-1].isdigit() else -1])


def _layer_of_result(
    inputs: Sequence[Any], layers: Mapping[int, str], entering: Mapping[str, set[int]]
) -> str:
    """The layer of a result by its inputs: of its parameters, else around the layers of its other inputs."""
    own = {layers[id(i)] for i in inputs if isinstance(i, Parameter)} - {""}
    if len(own) == 1:
        return own.pop()
    variables = [i for i in inputs if isinstance(i, Tensor) and i.requires_grad]
    paths = {layers.get(id(i), "") for i in variables}
    if len(variables) < sum(not is_inline(i) for i in inputs):
        return _common(path.rpartition(".")[0] for path in paths)  # x + f(x) of constant x is outside of f
    for x in variables if len(paths) > 1 else ():
        around = layers.get(id(x), "").rpartition(".")[0]
        if around and {id(i) for i in variables if i is not x} <= entering[around]:
            return around  # x + f(x), and this one is f(x)
    return _common(paths)


def _outer_paths(path: str) -> list[str]:
    """`a.b.c` as a, a.b and a.b.c; none for ""."""
    return list(accumulate(path.split("."), "{}.{}".format)) if path else []


def is_within(path: str, outer: str) -> bool:
    """True if a path is `outer` or leads into it, as `a.b` leads into `a`."""
    return f"{path}.".startswith(f"{outer}.")


def _common(paths: Iterable[str]) -> str:
    """The innermost module around all of these layers; "" for the model itself."""
    columns = zip(*(path.split(".") for path in paths), strict=False)
    return ".".join(names[0] for names in takewhile(lambda names: len(set(names)) == 1, columns))


def boxes(members: Mapping[str, Sequence[Any]], model: Any) -> tuple[Layer, ...]:
    """The layers with their captions, outer before inner; `members` has the nodes of each layer.

    A module around others has a box if it contains two of them, or a node of its own.
    """
    modules = dict(model.named_modules()) if model is not None else {}
    children: dict[str, set[str]] = {}
    for path in members:
        for parent, child in pairwise(_outer_paths(path)):
            children.setdefault(parent, set()).add(child)
    outer = [path for path, inside in children.items() if len(inside) > 1]
    paths = sorted(filter(None, dict.fromkeys([*members, *outer])), key=lambda path: path.count("."))
    layers = []
    for i, path in enumerate(paths):
        if path.startswith(_BACKWARD):
            layers.append(Layer(f"box{i}", path, "", "made with create_graph=True", backward=True))
            continue
        module = modules.get(path)
        is_composite = path in outer or (module is not None and len(module.named_modules()) > 1)
        kinds = []
        if module is not None:
            kinds.append(type(module).__name__ if is_composite else module.kind())
        if not is_composite:
            unary = (x for x in members.get(path, ()) if has_op(x) and len(x.inputs) == 1)
            kinds += dict.fromkeys(x.op.name for x in unary)
        description = " + ".join(kinds)
        inside = (x for other, nodes in members.items() if is_within(other, path) for x in nodes)
        count = plural(sum(x.size for x in inside if isinstance(x, Parameter)), "parameter")
        caption = " · ".join(filter(None, (description, count)))
        layers.append(Layer(f"box{i}", path, description, caption, backward=False))
    return tuple(layers)
