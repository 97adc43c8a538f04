"""Cards of folds: layers, and ops that repeat, with the sizes of their gradients and their alerts."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from autograd_lite.drawing import graph
from autograd_lite.drawing.card_builder import CardBuilder, gradient_norm
from autograd_lite.drawing.cards import FOREIGN_GRADIENT, FoldedCard
from autograd_lite.drawing.folding import Fold
from autograd_lite.drawing.statistics import interval
from autograd_lite.drawing.text import plural, shape, shorten
from autograd_lite.tensor import Parameter

FOLD = "f"  # the first letter of the id of a folded card
_DECADES = 5  # of a gradient bar
_ALERTS = 3  # kinds of alerts on a card, at most


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
        alerts = ((builder.names.of(x), alert) for x in fold.members for alert in builder.alerts(x))
        cards.append(
            FoldedCard(
                id=f"{FOLD}{f}",
                title=title if same_titles[title] == 1 else f"{title} ({same_titles[title]})",
                kind="layer" if fold.path else "repeat",
                tag=_shapes(fold, builder),
                caption=descriptions.get(fold.path, "") if fold.path else _span(fold, builder),
                grad=interval(min(sizes), max(sizes)) if wants_grad and sizes else "",
                bar=_bar(max(sizes, default=0.0), largest) if wants_grad else None,
                absent=missing if wants_grad and not sizes else "",
                notes=_notes(fold, builder),
                alerts=_summarised(alerts),
                layer=_layer_around(fold, builder),
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


def _span(fold: Fold, builder: CardBuilder) -> str:
    """The layers, or else the results, of the first and the last repetition."""
    ends = (fold.rounds[0][-1], fold.rounds[-1][-1])
    return " … ".join(builder.layers[id(x)] or builder.names.of(x) for x in ends)


def _layer_around(fold: Fold, builder: CardBuilder) -> str:
    """The module around a fold."""
    layers = [fold.path] if fold.path else [builder.layers[id(x)] for ops in fold.rounds for x in ops]
    around = {layer.rpartition(".")[0] for layer in layers}
    return around.pop() if len(around) == 1 else ""


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
