"""Building of cards: the graph of some tensors is analysed as a whole, then each node gets its card."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.drawing import graph
from autograd_lite.drawing.alerts import alerts_of, vanishing
from autograd_lite.drawing.cards import FOREIGN_GRADIENT, Card, FoldedCard, Recipe
from autograd_lite.drawing.folding import Fold
from autograd_lite.drawing.formulas import formula_of, worked_formula
from autograd_lite.drawing.layers import layers_of, parameter_paths
from autograd_lite.drawing.naming import Names, title_of, user_names
from autograd_lite.drawing.statistics import interval, norm_of, statistics
from autograd_lite.drawing.text import plural, shape, shorten
from autograd_lite.tensor import Parameter, Tensor

_TAGS = {"parameter": "param", "frozen": "param, frozen", "tensor": ""}  # other kinds are their own tags
FOLD = "f"  # the first letter of the id of a folded card
_DECADES = 5  # of a gradient bar
_ALERTS = 3  # kinds of alerts on a card, at most


class CardBuilder:
    """The graph that ends in `roots`, and the cards of its nodes; the arguments are documented at `draw`."""

    def __init__(
        self,
        roots: Sequence[Tensor],
        model: Any,
        detail: str,
        names: Any,
        show: str,
        marks: Mapping[Any, str],
    ) -> None:
        walked = graph.walk(roots)
        reached = set(map(id, walked))
        if foreign := [x for x in marks if id(x) not in reached]:
            raise ValueError(f"draw: marks has {foreign[0]!r}, which is not a tensor of this graph")
        self.show = show
        self.model = model
        are_single = all(np.size(graph.data_of(x)) == 1 for x in walked)
        self.scalar = detail == "scalar" or (detail == "auto" and are_single)
        self.roots = set(map(id, roots))
        parameters = model.parameters() if model is not None else ()
        unused = [x for x in parameters if id(x) not in reached and x.requires_grad]
        walked = unused + [x for x in walked if not graph.is_inline(x)]
        paths = parameter_paths(walked, model)
        named = user_names(walked, names, errors.caller_names(), paths)
        self.uses = Counter(id(i) for x in walked if isinstance(x, Tensor) for i in x.inputs)
        self.merged = set() if self.scalar else graph.merged_nodes(walked, named, self.uses)
        self.merged -= self.roots.union(map(id, marks))
        self.nodes = [x for x in walked if id(x) not in self.merged]
        self.names = Names(walked, self.roots, named, self.merged, self.scalar)
        self.layers = layers_of(self.nodes, self.roots, self.merged, paths)
        self.rebound = graph.rebound(walked)
        self.foreign = graph.foreign_gradients(roots, walked)
        tensors = [x for x in self.nodes if isinstance(x, Tensor)]
        filled = [x for x in tensors if x.grad is not None and id(x) not in self.foreign]
        self.has_run = bool(filled)
        weights = [(id(x), x.name or self.names.of(x), x.grad) for x in filled if isinstance(x, Parameter)]
        self.marks = vanishing(weights) | {id(x): text for x, text in marks.items()}
        self.largest = max(filter(math.isfinite, map(gradient_norm, self.nodes)), default=0.0)

    def card(self, x: Any, id_: str) -> Card:
        """The card of a node."""
        name = self.names.of(x)
        kind = graph.kind_of(x, self.roots, id(x) in self.names.targets, graph.is_loss(x) or name == "loss")
        wants_grad = self.wants_grad(x)
        has_grad = wants_grad and x.grad is not None
        return Card(
            id=id_,
            name=self.names.named.get(id(x), name),
            short=name,
            title=title_of(x, self.names, self.scalar),
            kind=kind,
            tag=self._tag(x, kind),
            value=statistics(graph.data_of(x)),
            grad=statistics(x.grad) if has_grad else None,
            absent="" if has_grad or not wants_grad else self._absent(x),
            wants_grad=wants_grad,
            recipe=self._recipe(x) if graph.has_op(x) else None,
            notes=tuple(self._notes(x)),
            alerts=tuple(self.alerts(x)),
            layer=self.layers[id(x)],
        )

    def _tag(self, x: Any, kind: str) -> str:
        """The small text at the right of a title: `param (2, 4)`; `scalar` for the end of a tensor graph."""
        if kind in ("loss", "result") and not self.scalar:
            return "scalar"
        array = np.asarray(graph.data_of(x))
        dtype = "" if array.dtype == np.float64 else str(array.dtype)
        return " ".join(filter(None, (_TAGS.get(kind, kind), shape(array.shape), dtype)))

    def _recipe(self, x: Tensor) -> Recipe:
        summary = (x.op.forward.__doc__ or "").partition("\n")[0]
        return Recipe(
            symbol=x.op.symbol or x.op.name,
            formula=formula_of(x, self.names.inputs(x)),
            worked=worked_formula(x) if self.scalar else "",
            settings=", ".join(f"{name}={value!r:.40}" for name, value in x.settings.items()),
            about=": ".join(filter(None, (x.op.name, summary))),
        )

    def _notes(self, x: Any) -> list[str]:
        count = self.uses[id(x)]
        notes = []
        if count > 1 and not graph.has_op(x):
            notes.append(f"used {count}×")
        if count > 1 and graph.has_op(x) and self.wants_grad(x):
            notes.append(f"sum of {count} gradients")
        if id(x) in self.rebound:
            notes.append("changed since the forward pass")
        if id(x) in self.foreign and self.wants_grad(x):
            notes.append(FOREIGN_GRADIENT)
        return notes + [f"view of {self.names.of(i)}" for i in graph.viewed_inputs(x)]

    def alerts(self, x: Any) -> list[str]:
        """Everything that is wrong with a node, in words."""
        alerts = alerts_of(x)
        alerts += [self.marks[id(x)]] if id(x) in self.marks else []
        alerts += ["not reached by backward"] if self._is_missed(x) else []
        return alerts

    def wants_grad(self, x: Any) -> bool:
        """True if the card of a node has a gradient row."""
        return isinstance(x, Tensor) and x.requires_grad and self.show != "values"

    def _absent(self, x: Tensor) -> str:
        """The text in place of a missing gradient."""
        if self._is_missed(x) or (not self.has_run and hasattr(x, "derivative_order")):
            return ""
        return "gradient not kept" if self.has_run else "call backward()"

    def _is_missed(self, x: Any) -> bool:
        """True for a leaf without gradient after backward, or with no way to get one."""
        if not self.wants_grad(x) or id(x) in self.roots or graph.has_op(x):
            return False
        return not self.uses[id(x)] or (self.has_run and x.grad is None)


def gradient_norm(x: Any) -> float:
    """The norm of the gradient of a node, 0 if it has no gradient."""
    return norm_of(x.grad) if isinstance(x, Tensor) and x.grad is not None else 0.0


def folded_cards(
    folds: Sequence[Fold], descriptions: Mapping[str, str], builder: CardBuilder
) -> list[FoldedCard]:
    """The cards of the folds, still without members; `descriptions` are of the layers, by their paths."""
    all_sizes = [_gradient_sizes(fold, builder) for fold in folds]
    largest = max((size for sizes in all_sizes for size in sizes), default=0.0)
    missing = "gradient not kept" if builder.has_run else "call backward()"
    same_titles: Counter[str] = Counter()
    cards = []
    for f, (fold, sizes) in enumerate(zip(folds, all_sizes, strict=True)):
        title = fold.path or _repetitions(fold, descriptions, builder)
        same_titles[title] += 1
        wants_grad = any(map(builder.wants_grad, fold.members))
        ends = (fold.rounds[0][-1], fold.rounds[-1][-1])
        span = " … ".join(builder.layers[id(x)] or builder.names.of(x) for x in ends)
        layers = [fold.path] if fold.path else [builder.layers[id(x)] for ops in fold.rounds for x in ops]
        around = {layer.rpartition(".")[0] for layer in layers}
        alerts = ((builder.names.of(x), alert) for x in fold.members for alert in builder.alerts(x))
        cards.append(
            FoldedCard(
                id=f"{FOLD}{f}",
                title=title if same_titles[title] == 1 else f"{title} ({same_titles[title]})",
                kind="layer" if fold.path else "repeat",
                tag=_shapes(fold, builder),
                caption=descriptions.get(fold.path, "") if fold.path else span,
                grad=interval(min(sizes), max(sizes)) if wants_grad and sizes else "",
                bar=_bar(max(sizes, default=0.0), largest) if wants_grad else None,
                absent=missing if wants_grad and not sizes else "",
                notes=_notes(fold, builder),
                alerts=_summarised(alerts),
                layer=around.pop() if len(around) == 1 else "",
                members=(),
            )
        )
    return cards


def _repetitions(fold: Fold, descriptions: Mapping[str, str], builder: CardBuilder) -> str:
    """The number and the content of repetitions: `500 × (affine → tanh)`, `20 × (8 × tanh → sum)`."""
    layers = [builder.layers[id(x)] for x in fold.rounds[0]]
    ops = [graph.op_name(x, builder.merged) for x in fold.rounds[0]]
    texts = (descriptions.get(layer) or op for layer, op in zip(layers, ops, strict=True))
    parts = []
    for (layer, text), equal in groupby(zip(layers, texts, strict=True)):
        count = 1 if layer in descriptions else len(list(equal))
        parts.append(f"{count} × {text}" if count > 1 else text)
    text = " → ".join(parts)
    return f"{len(fold.rounds)} × {shorten(f'({text})' if len(parts) > 1 else text, 48)}"


def _notes(fold: Fold, builder: CardBuilder) -> tuple[str, ...]:
    parameters = sum(x.size for x in fold.members if isinstance(x, Parameter))
    counts = [plural(len(fold.members), "node")] + ([plural(parameters, "parameter")] if parameters else [])
    is_foreign = any(id(x) in builder.foreign for x in fold.members)
    return (" · ".join(counts), *[FOREIGN_GRADIENT] * is_foreign)


def _shapes(fold: Fold, builder: CardBuilder) -> str:
    """The shapes of the input and the output of a fold: `(64, 8) → (64, 16)`."""
    inside = set(map(id, fold.members))
    inputs = [x for y in fold.rounds[0] for *_, x in graph.operands(y, builder.merged) if id(x) not in inside]
    inputs = [x for x in inputs if not graph.is_inline(x) and not isinstance(x, Parameter)]
    ends = (*inputs[:1], fold.rounds[-1][-1])
    return " → ".join(filter(None, (shape(np.shape(graph.data_of(x))) for x in ends)))


def _gradient_sizes(fold: Fold, builder: CardBuilder) -> list[float]:
    """The norm of the gradient in each repetition: of its own parameters, or else of its result.

    Repetitions with an unusual number of parameters, such as the first one, are left out.
    """
    rounds_of: dict[int, set[int]] = {}
    for r, ops in enumerate(fold.rounds):
        for *_, x in (operand for y in ops for operand in graph.operands(y, builder.merged)):
            rounds_of.setdefault(id(x), set()).add(r)
    own: list[list[Any]] = [[] for _ in fold.rounds]
    for leaf in fold.leaves:
        users = rounds_of.get(id(leaf), set())
        if isinstance(leaf, Parameter) and leaf.grad is not None and len(users) == 1:
            own[min(users)].append(leaf)
    usual = Counter(map(len, own)).most_common(1)[0][0]
    chosen = [xs or [ops[-1]] for xs, ops in zip(own, fold.rounds, strict=True) if len(xs) == usual]
    return [math.hypot(*map(gradient_norm, xs)) for xs in chosen if any(x.grad is not None for x in xs)]


def _bar(size: float, largest: float) -> float | None:
    """A size as a part of the largest one, on a log scale; None without a finite largest one."""
    if not 0 < largest < math.inf:
        return None
    return min(max(1 + math.log10(size / largest) / _DECADES, 0.03), 1.0) if size > 0 else 0.0


def _summarised(alerts: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The alerts of many nodes: the first of each kind, and the number of the others."""
    kinds: dict[str, list[str]] = {}
    for name, alert in alerts:
        kinds.setdefault(alert.partition(":")[0], []).append(f"{name}: {alert}")
    texts = [f"{first}, and {len(more)} more" if more else first for first, *more in kinds.values()]
    rest = len(texts) - _ALERTS
    return (*texts[:_ALERTS], *[f"and {plural(rest, 'more alert')}"] * (rest > 0))
