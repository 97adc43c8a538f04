"""A snapshot of a graph: cards, lanes and layers, of plain numbers and words. Keeps no tensor alive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.drawing import folding, graph
from autograd_lite.drawing.cards import Card, Folded
from autograd_lite.drawing.desk import Desk, norm
from autograd_lite.drawing.layers import Layer, boxes, layers_of
from autograd_lite.drawing.naming import Names, factor_of, rule_of, said_names
from autograd_lite.drawing.roads import CARD, FOLD, Lane, joined, width_of
from autograd_lite.drawing.text import shortened
from autograd_lite.tensor import Parameter, Tensor


class Scene(NamedTuple):
    """All that a drawing can show. `open` are the folds that are shown whole, unless a view says else."""

    cards: tuple[Card, ...]
    folds: tuple[Folded, ...]
    order: tuple[str, ...]
    lanes: tuple[Lane, ...]
    layers: tuple[Layer, ...]
    scalar: bool
    parameters: int
    open: frozenset[str]

    def everything(self) -> Iterator[Card | Folded]:
        """All cards, those of folds too."""
        yield from self.cards
        yield from self.folds


class View(NamedTuple):
    """A scene with some folds open and the others closed: what one picture shows."""

    cards: tuple[Card | Folded, ...]
    lanes: tuple[Lane, ...]
    layers: tuple[Layer, ...]
    scalar: bool
    parameters: int
    ranks: int


def view(scene: Scene, opened: frozenset[str] | None = None) -> View:
    """The scene with these folds open, by default those that it opens itself."""
    opened = scene.open if opened is None else opened
    closed = [fold for fold in scene.folds if fold.id not in opened]
    home = {member: fold.id for fold in closed for member in fold.members}
    hidden = home.keys() | (opened & {fold.id for fold in scene.folds})
    known = {card.id: card for card in scene.everything()}
    cards = tuple(known[id_] for id_ in scene.order if id_ not in hidden)
    lanes = joined(scene.lanes, home)
    paths = {card.layer for card in cards}
    layers = tuple(box for box in scene.layers if any(f"{p}.".startswith(f"{box.path}.") for p in paths))
    sources: dict[str, list[str]] = {card.id: [] for card in cards}
    for lane in lanes:
        sources[lane.target].append(lane.source)
    return View(cards, lanes, layers, scene.scalar, scene.parameters, graph.ranks_of(sources))


def snapshot(
    roots: Sequence[Tensor], model: Any, detail: str, names: Any, show: str, max_nodes: int,
    marks: Any = None, unfold: Iterable[str] = (),
) -> Scene:  # fmt: skip
    """The scene of the graph that ends in `roots`, as it is now; `marks` (tensor -> words) are alerts."""
    told = {id(x): words for x, words in (marks or {}).items()}
    ends = set(map(id, roots))
    walked = graph.walk(roots)
    if strange := [x for x in marks or () if id(x) not in set(map(id, walked))]:
        raise ValueError(f"draw: marks has {strange[0]!r}, which is no tensor of this graph")
    scalar = detail == "scalar" or (detail == "auto" and all(np.size(graph.data_of(x)) == 1 for x in walked))
    walked = graph.unreached(model, walked) + [x for x in walked if not graph.inline(x)]
    said = said_names(walked, names, errors.caller_names())
    paths = _paths(walked, model)
    said |= {id(x): paths[id(x)] for x in walked if id(x) in paths and said.get(id(x)) == x.name}
    apart = set() if scalar else graph.merged(walked, said, graph.uses_of(walked)) - set(told) - ends
    nodes = [x for x in walked if id(x) not in apart]
    label = Names(walked, ends, said, apart, scalar)
    layers = layers_of(nodes, ends, apart, paths)
    desk = Desk(walked, nodes, roots, label, layers, apart, scalar, show, told)
    nodes, plan, fits = _plan(nodes, ends, layers, apart, max_nodes)
    return _built(nodes, plan, fits, desk, model, set(unfold), max_nodes)


def _paths(nodes: Sequence[Any], model: Any) -> dict[int, str]:
    """What the parameters are called: as the model finds them, unless the user named them otherwise."""
    paths = {id(x): x.name for x in nodes if isinstance(x, Parameter) and x.name}
    for path, parameter in model.named_parameters() if model is not None else ():
        if f".{path}".endswith(f".{parameter.name or path}"):
            paths[id(parameter)] = path
    return paths


def _plan(
    nodes: list[Any], roots: set[int], layers: Mapping[int, str], apart: set[int], max_nodes: int
) -> tuple[list[Any], list[folding.Fold], bool]:
    """The nodes in order, what to fold, and whether all of it can stay open.

    Raises a ValueError for a graph that nothing makes small enough.
    """
    plain = _plain(nodes, roots, layers, apart)
    if len(nodes) <= max_nodes:
        return nodes, folding.by_layers(plain), True
    nodes = [nodes[i] for i in folding.layer_by_layer(plain)]
    folds, count = folding.to_fit(_plain(nodes, roots, layers, apart), max_nodes)
    if count > max_nodes:
        folded = f", {count} when its layers and repetitions are folded," if folds else ""
        raise ValueError(
            f"draw: the graph has {len(nodes)} tensors{folded} and max_nodes={max_nodes}; draw a tensor "
            f"nearer to the input, or pass max_nodes={count}"
        )
    return nodes, folds, False


def _plain(
    nodes: list[Any], roots: set[int], layers: Mapping[int, str], apart: set[int]
) -> list[folding.Node]:
    """The nodes as folding sees them."""
    index = {id(x): i for i, x in enumerate(nodes)}
    return [
        folding.Node(
            tuple(index[id(i)] for *_, i in graph.parts(x, apart) if id(i) in index),
            _token(x, apart),
            layers.get(id(x), ""),
            isinstance(x, Parameter),
            id(x) in roots,
        )
        for x in nodes
    ]


def _token(x: Any, apart: set[int]) -> tuple[Any, ...]:
    """What repetitions have in common: the op, the shapes of its inputs and of its result."""
    inputs = [i for *_, i in graph.parts(x, apart)]
    return graph.op_name(x, apart), *(np.shape(graph.data_of(i)) for i in (*inputs, x))


def _built(
    nodes: list[Any], plan: list[folding.Fold], fits: bool, desk: Desk, model: Any,
    unfold: set[str], max_nodes: int,
) -> Scene:  # fmt: skip
    """The scene of the nodes with these folds; closed ones too large to open keep no cards."""
    members: dict[str, list[Any]] = {}
    for x in nodes:
        members.setdefault(desk.layers.get(id(x), ""), []).append(x)
    layers = boxes(members, model)
    captions = [_caption(nodes, fold, layers, desk) for fold in plan]
    titles = _titles(plan, captions)
    known = {title: f"{FOLD}{f}" for f, title in enumerate(titles)}
    if missing := unfold - known.keys():
        raise ValueError(
            f"draw: unfold has {', '.join(map(repr, sorted(missing)))}; the folds are "
            f"{', '.join(map(repr, known)) or 'none'}"
        )
    opened = frozenset(known.values() if fits else (known[name] for name in unfold))
    sealed = {
        i: f"{FOLD}{f}" for f, fold in enumerate(plan)
        if f"{FOLD}{f}" not in opened and len(fold.members) > max_nodes
        for i in fold.members
    }  # fmt: skip
    place = [sealed.get(i, f"{CARD}{i}") for i in range(len(nodes))]
    cards = tuple(desk.card(x, place[i]) for i, x in enumerate(nodes) if i not in sealed)
    folds = _folded(nodes, plan, list(zip(titles, captions, strict=True)), place, desk)
    ends = {id(x): place[i] for i, x in enumerate(nodes)}
    lanes = joined((lane for x in nodes for lane in _lanes(x, ends, desk)), {})
    last = {max(i for part in fold.rounds for i in part): f"{FOLD}{f}" for f, fold in enumerate(plan)}
    order = [id_ for i, p in enumerate(place) for id_ in (*([p] * (i not in sealed)), last.get(i)) if id_]
    parameters = sum(x.size for x in nodes if isinstance(x, Parameter))
    return Scene(cards, folds, tuple(order), lanes, layers, desk.scalar, parameters, opened)


def _folded(
    nodes: list[Any], plan: list[folding.Fold], words: list[tuple[str, str]], place: list[str], desk: Desk
) -> tuple[Folded, ...]:
    """The cards of the folds."""
    kept = [
        ([[nodes[i] for i in part] for part in fold.rounds], [nodes[i] for i in fold.leaves]) for fold in plan
    ]
    largest = max((size for rounds, leaves in kept for size in desk.sizes(rounds, leaves)), default=0.0)
    folds = []
    for f, (fold, (title, caption), (rounds, leaves)) in enumerate(zip(plan, words, kept, strict=True)):
        held = tuple(place[i] for i in fold.members)
        paths = {desk.layers.get(id(x), "") for part in rounds for x in part}
        inside = fold.path.rpartition(".")[0] if fold.path else ""
        if not fold.path and len({path.rpartition(".")[0] for path in paths}) == 1:
            inside = next(iter(paths)).rpartition(".")[0]
        members = () if held[0] == f"{FOLD}{f}" else held
        folds.append(desk.folded(rounds, leaves, title, caption, f"{FOLD}{f}", inside, members, largest))
    return tuple(folds)


def _titles(plan: list[folding.Fold], captions: list[str]) -> list[str]:
    """What the folds are called, each differently: by their layer, else by what they hold."""
    titles: list[str] = []
    for fold, caption in zip(plan, captions, strict=True):
        title, again = fold.path or caption, 1
        while title in titles:
            again += 1
            title = f"{fold.path or caption} ({again})"
        titles.append(title)
    return titles


def _caption(nodes: list[Any], fold: folding.Fold, layers: Sequence[Layer], desk: Desk) -> str:
    """What a fold holds: the caption of a layer, or `500 × (affine → tanh)`, `20 × (8 × tanh → sum)`."""
    captions = {box.path: box.words for box in layers if not box.backward}
    if fold.path:
        return captions.get(fold.path, "")
    told: list[tuple[str, str, int]] = []  # a layer and its caption, or an op, and how often in a row
    for i in fold.rounds[0]:
        path = desk.layers.get(id(nodes[i]), "")
        words = captions.get(path) or graph.op_name(nodes[i], desk.apart)
        again = told and told[-1][:2] == (path if path in captions else "", words)
        times = told.pop()[2] + (path not in captions) if again else 1
        told.append((path if path in captions else "", words, times))
    parts = " → ".join(f"{times} × {words}" if times > 1 else words for _, words, times in told)
    return f"{len(fold.rounds)} × {shortened(f'({parts})' if len(told) > 1 else parts, 48)}"


def _lanes(y: Any, ends: Mapping[int, str], desk: Desk) -> list[Lane]:
    """The lanes into y, one for each place where an input is used."""
    lanes = []
    for maker, i, x in graph.parts(y, desk.apart):
        source, target = ends.get(id(x)), ends[id(y)]
        if source is None or source == target:
            continue
        if not (isinstance(x, Tensor) and x.requires_grad):
            lanes.append(Lane(source, target, "", None, None))
            continue
        rule, factor = "", None
        if source[0] == target[0] == CARD:
            rule = rule_of(maker, i, desk.names)
            factor = factor_of(maker, i) if desk.scalar else None
        lanes.append(Lane(source, target, rule, factor, width_of(norm(x), desk.largest)))
    return lanes
