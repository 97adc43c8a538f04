"""A snapshot of a graph: cards, edges and layers, as plain numbers and text. It keeps no tensor alive."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.drawing.card_builder import CardBuilder, folded_cards, gradient_norm
from autograd_lite.drawing.cards import AnyCard, Card, Edge, FoldedCard
from autograd_lite.drawing.folding import Fold, Node, by_layers, layer_by_layer, to_fit
from autograd_lite.drawing.formulas import factor_of, rule_of
from autograd_lite.drawing.graph import data_of, op_name, operands
from autograd_lite.drawing.layers import Layer, boxes, is_within
from autograd_lite.tensor import Parameter, Tensor

CARD = "n"  # the first letter of the id of a card


class Scene(NamedTuple):
    """Everything that a drawing can show; `open` are the ids of the folds that it shows unfolded."""

    cards: tuple[Card, ...]
    folds: tuple[FoldedCard, ...]
    order: tuple[str, ...]
    edges: tuple[Edge, ...]
    layers: tuple[Layer, ...]
    scalar: bool
    parameters: int
    open: frozenset[str]

    def everything(self) -> tuple[AnyCard, ...]:
        """All cards, folded ones too."""
        return (*self.cards, *self.folds)


class View(NamedTuple):
    """The content of one picture: a scene with some folds open and the others closed."""

    cards: tuple[AnyCard, ...]
    edges: tuple[Edge, ...]
    layers: tuple[Layer, ...]
    scalar: bool
    parameters: int
    ranks: int


def view(scene: Scene, opened: frozenset[str] | None = None) -> View:
    """The scene with these folds open; by default, those that the scene has open."""
    opened = scene.open if opened is None else opened
    fold_of = {member: fold.id for fold in scene.folds if fold.id not in opened for member in fold.members}
    hidden = fold_of.keys() | (opened & {fold.id for fold in scene.folds})
    by_id = {card.id: card for card in scene.everything()}
    cards = tuple(by_id[id_] for id_ in scene.order if id_ not in hidden)
    edges = join_edges(scene.edges, fold_of)
    layers = tuple(box for box in scene.layers if any(is_within(card.layer, box.path) for card in cards))
    ranks = {card.id: 1 for card in cards}
    for edge in edges:  # in the order of their targets
        ranks[edge.target] = max(ranks[edge.target], ranks[edge.source] + 1)
    return View(cards, edges, layers, scene.scalar, scene.parameters, max(ranks.values(), default=1))


def snapshot(builder: CardBuilder, max_nodes: int, unfold: Iterable[str]) -> Scene:
    """The scene of the graph of `builder`, as it is now; the other arguments are documented at `draw`."""
    nodes, folds, all_open = _plan(builder, max_nodes)
    members: dict[str, list[Any]] = {}
    for x in nodes:
        members.setdefault(builder.layers[id(x)], []).append(x)
    layers = boxes(members, builder.model)
    descriptions = {box.path: box.description for box in layers if not box.backward}
    folded = folded_cards([fold.of(nodes) for fold in folds], descriptions, builder)
    ids = {card.title: card.id for card in folded}
    if unknown := set(unfold) - ids.keys():
        raise ValueError(
            f"draw: unfold has {', '.join(map(repr, sorted(unknown)))}; the folds are "
            f"{', '.join(map(repr, ids)) or 'none'}"
        )
    opened = frozenset(ids.values() if all_open else (ids[title] for title in unfold))
    card_ids = [f"{CARD}{i}" for i in range(len(nodes))]
    order = {id_: (i, 0) for i, id_ in enumerate(card_ids)}
    for f, fold in enumerate(folds):
        order[folded[f].id] = (fold.rounds[-1][-1], 1)
        if folded[f].id in opened or len(fold.members) <= max_nodes:
            folded[f] = folded[f]._replace(members=tuple(card_ids[i] for i in fold.members))
        else:  # too large to be opened: its members have no cards
            for i in fold.members:
                del order[card_ids[i]]
                card_ids[i] = folded[f].id
    with_cards = [(x, id_) for x, id_ in zip(nodes, card_ids, strict=True) if id_[0] == CARD]
    return Scene(
        cards=tuple(builder.card(x, id_) for x, id_ in with_cards),
        folds=tuple(folded),
        order=tuple(sorted(order, key=order.__getitem__)),
        edges=_edges(nodes, card_ids, builder),
        layers=layers,
        scalar=builder.scalar,
        parameters=sum(x.size for x in nodes if isinstance(x, Parameter)),
        open=opened,
    )


def _plan(builder: CardBuilder, max_nodes: int) -> tuple[list[Any], list[Fold], bool]:
    """The nodes in order, the folds, and True if all of the folds can be open.

    Raises ValueError if the graph is too large even when it is folded.
    """
    nodes = builder.nodes
    if len(nodes) <= max_nodes:
        return nodes, by_layers(_folding_nodes(nodes, builder)), True
    nodes = [nodes[i] for i in layer_by_layer(_folding_nodes(nodes, builder))]
    folds, count = to_fit(_folding_nodes(nodes, builder), max_nodes)
    if count > max_nodes:
        folded = f", {count} when its layers and repetitions are folded," if folds else ""
        raise ValueError(
            f"draw: the graph has {len(nodes)} tensors{folded} and max_nodes={max_nodes}; draw a tensor "
            f"nearer to the input, or pass max_nodes={count}"
        )
    return nodes, folds, False


def _folding_nodes(nodes: list[Any], builder: CardBuilder) -> list[Node]:
    """The nodes as `folding` needs them; ops are equal if their inputs and results have equal shapes."""
    index = {id(x): i for i, x in enumerate(nodes)}
    result = []
    for x in nodes:
        inputs = [i for *_, i in operands(x, builder.merged)]
        positions = tuple(index[id(i)] for i in inputs if id(i) in index)
        token = (op_name(x, builder.merged), *(np.shape(data_of(i)) for i in (*inputs, x)))
        stays = id(x) in builder.roots
        result.append(Node(positions, token, builder.layers[id(x)], isinstance(x, Parameter), stays))
    return result


def _edges(nodes: Sequence[Any], card_ids: Sequence[str], builder: CardBuilder) -> tuple[Edge, ...]:
    """The edges between the cards, one for each input of each op."""
    ids = {id(x): id_ for x, id_ in zip(nodes, card_ids, strict=True)}
    edges = []
    for card in nodes:
        for y, position, x in operands(card, builder.merged):
            if id(x) not in ids:
                continue
            edge = Edge(ids[id(x)], ids[id(card)])
            if isinstance(x, Tensor) and x.requires_grad:
                edge = edge._replace(width=edge_width(gradient_norm(x), builder.largest))
                if edge.source[0] == edge.target[0] == CARD:
                    rule = rule_of(y, position, builder.names.inputs(y), builder.names.of(y))
                    edge = edge._replace(rule=rule, factor=factor_of(y, position) if builder.scalar else None)
            edges.append(edge)
    return join_edges(edges, {})


def edge_width(size: float, largest: float) -> float:
    """The width of an edge in points, by the size of its gradient: from 1 to 2.6, on a scale of 4 decades."""
    part = 1 + math.log10(size / largest) / 4 if 0 < size <= largest < math.inf else 0.0
    return 1.0 + 1.6 * min(max(part, 0.0), 1.0)


def join_edges(edges: Iterable[Edge], fold_of: Mapping[str, str]) -> tuple[Edge, ...]:
    """The edges between drawn cards; `fold_of` has the fold that each hidden card is in.

    Of several edges between a fold and another card, the widest stays, without label.
    """
    found: dict[object, Edge] = {}
    for i, edge in enumerate(edges):
        source = fold_of.get(edge.source, edge.source)
        target = fold_of.get(edge.target, edge.target)
        other = found.get((source, target))
        if source[0] == target[0] == CARD:
            found[i] = edge
        elif source != target and (other is None or (edge.width or 0.0) > (other.width or 0.0)):
            found[source, target] = Edge(source, target, width=edge.width)
    return tuple(found.values())
