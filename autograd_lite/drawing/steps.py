"""Backpropagation as a list of steps: values forward, then gradients backward, with the arithmetic."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from autograd_lite.drawing.cards import FOREIGN_GRADIENT, AnyCard, Card, Edge, FoldedCard
from autograd_lite.drawing.scene import Scene
from autograd_lite.drawing.statistics import extremes, summary
from autograd_lite.drawing.text import number, shape

_TERMS = 3  # terms of a sum of gradients that are written out, at most


class Step(NamedTuple):
    """One value or gradient (`backward`), the id of its card, and how it is computed."""

    backward: bool
    card: str
    text: str


def steps(scene: Scene) -> list[Step]:
    """First every computed value, in order, then every gradient, in the order of backpropagation."""
    cards = {x.id: x for x in scene.everything() if isinstance(x, Card) or not x.members}
    order = [cards[id_] for id_ in scene.order if id_ in cards]
    outgoing: dict[str, list[Edge]] = {}
    for edge in scene.edges:
        if edge.width is not None:
            outgoing.setdefault(edge.source, []).append(edge)
    computed = [card for card in order if isinstance(card, FoldedCard) or card.recipe]
    with_gradient = [card for card in reversed(order) if card.grad]
    return [
        *(Step(False, card.id, _value(card)) for card in computed),
        *(Step(True, card.id, _gradient(card, outgoing.get(card.id, []), cards)) for card in with_gradient),
    ]


def _value(card: AnyCard) -> str:
    """`w1 × x1 = 0.6 × 1.5 = 0.9`, `z1 = X @ W1 + b1, (16, 4): −7.61 … 2.09`."""
    if isinstance(card, FoldedCard):
        return f"{card.title}: {card.tag}"
    assert card.recipe is not None
    parts = [card.short, card.recipe.formula]
    if card.recipe.worked:
        parts += [card.recipe.worked, number(card.value.rows[0][0])]
        return " = ".join(dict.fromkeys(parts))
    before_value = f", {shape(card.value.shape)}: " if card.value.shape else " = "
    return " = ".join(dict.fromkeys(parts)) + before_value + summary(card.value, gradient=False)


def _gradient(card: AnyCard, edges: Sequence[Edge], cards: Mapping[str, AnyCard]) -> str:
    """`grad(w1) = 0.8787 × x1 = 0.8787 × 1.5 = 1.318`, `grad(W1) = X.T @ grad(z1): norm 0.2536`."""
    if isinstance(card, FoldedCard):
        return f"grad through {card.title}: {card.grad}"
    assert card.grad
    result = f"norm {number(card.grad.norm)}" if card.grad.size > 1 else extremes(card.grad)
    name = f"grad({card.short})"
    if not edges:
        is_one = card.grad.size == 1 and card.grad.low == 1
        return f"start: ∂{card.short}/∂{card.short} = 1" if is_one else f"start: {name} = {result}"
    if any(FOREIGN_GRADIENT in other.notes for other in (card, *(cards[edge.target] for edge in edges))):
        return f"{name} = {result}"
    if card.grad.size == 1 and (worked := _worked(edges, cards, card.grad.rows[0][0])):
        return f"{name} = {worked} = {result}"
    terms = [_term(edge, cards[edge.target]) for edge in edges]
    if not all(terms):
        return f"{name} = {result}"
    rest = [f"… ({len(terms)} terms)"] if len(terms) > _TERMS else []
    return f"{name} = {' + '.join(terms[:_TERMS] + rest)}{':' if card.grad.size > 1 else ' ='} {result}"


def _term(edge: Edge, target: AnyCard) -> str:
    """The part of a gradient that comes over an edge, in words; "" for an edge without rule.

    `grad(p) × p(1−p)`, `X.T @ grad(z1)`, `grad(z1), sum over 16 rows`.
    """
    if isinstance(target, FoldedCard) or not edge.rule:
        return ""
    incoming = f"grad({target.short})"
    if edge.rule[0] in "×÷":
        return f"{incoming} {edge.rule}"
    term, count = re.subn(r"\bgrad\b", lambda _: incoming, edge.rule)
    return term if count else f"{incoming}, {edge.rule}"


def _worked(edges: Sequence[Edge], cards: Mapping[str, AnyCard], expected: float) -> str:
    """The chain rule in numbers, `0.8787 × x1 = 0.8787 × 1.5`; "" if it does not give what is expected.

    It does not if the backward pass used a numerically stable form of two ops at once.
    """
    symbols = []
    numbers = []
    total = 0.0
    for edge in edges:
        target = cards[edge.target]
        if edge.factor is None or isinstance(target, FoldedCard) or not target.grad or target.grad.size != 1:
            return ""
        incoming = target.grad.rows[0][0]
        total += incoming * edge.factor
        numbers.append(f"{number(incoming)} × {number(edge.factor)}")
        has_name = edge.rule[:1] in ("×", "÷") and any(c.isalpha() for c in edge.rule)
        symbols.append(f"{number(incoming)} {edge.rule}" if has_name else numbers[-1])
    if not math.isclose(total, expected, rel_tol=1e-3, abs_tol=1e-300) or len(edges) > _TERMS:
        return ""
    return " = ".join(dict.fromkeys((" + ".join(symbols), " + ".join(numbers))))
