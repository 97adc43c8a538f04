"""Backpropagation told step by step: the values forward, then the gradients backward, with the arithmetic."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from autograd_lite.drawing.cards import STRANGE, Card, Folded
from autograd_lite.drawing.roads import Lane
from autograd_lite.drawing.scene import Scene
from autograd_lite.drawing.statistics import Statistics, extremes, summary
from autograd_lite.drawing.text import number, shape

_TERMS = 3  # of a sum of gradients that are written out


class Step(NamedTuple):
    """One value or one gradient that appears: of which card, and how it comes about."""

    backward: bool
    card: str
    text: str


def steps(scene: Scene) -> list[Step]:
    """First every value that is computed, in order, then every gradient, in the order of backpropagation."""
    cards = {x.id: x for x in scene.everything() if isinstance(x, Card) or not x.members}
    order = [cards[id_] for id_ in scene.order if id_ in cards]
    onward: dict[str, list[Lane]] = {}
    for lane in scene.lanes:
        if lane.width is not None:
            onward.setdefault(lane.source, []).append(lane)
    forward = [
        Step(False, card.id, _value(card)) for card in order if isinstance(card, Folded) or card.recipe
    ]
    backward = [
        Step(True, card.id, _gradient(card, onward.get(card.id, []), cards))
        for card in reversed(order)
        if card.grad
    ]
    return forward + backward


def _value(card: Card | Folded) -> str:
    """`w1 × x1 = 0.6 × 1.5 = 0.9`, `z1 = X @ W1 + b1, (16, 4): −7.61 … 2.09`."""
    if isinstance(card, Folded):
        return f"{card.title}: {card.tag}"
    assert card.recipe is not None
    told = [card.short, card.recipe.formula]
    if card.recipe.worked:
        return " = ".join(dict.fromkeys([*told, card.recipe.worked, number(card.value.rows[0][0])]))
    of = f", {shape(card.value.shape)}: " if card.value.shape else " = "
    return " = ".join(dict.fromkeys(told)) + of + summary(card.value, gradient=False)


def _gradient(card: Card | Folded, lanes: list[Lane], cards: dict[str, Card | Folded]) -> str:
    """`grad(w1) = 0.8787 × x1 = 0.8787 × 1.5 = 1.318`, `grad(W1) = X.T @ grad(z1): norm 0.2536`."""
    if isinstance(card, Folded):
        return f"grad through {card.title}: {card.grad}"
    assert card.grad is not None
    result = _result(card.grad)
    told = f"grad({card.short})"
    if not lanes:
        one = card.grad.size == 1 and card.grad.low == 1
        return f"start: ∂{card.short}/∂{card.short} = 1" if one else f"start: {told} = {result}"
    if STRANGE in card.notes or any(STRANGE in cards[lane.target].notes for lane in lanes):
        return f"{told} = {result}"
    if card.grad.size == 1 and (worked := _worked(lanes, cards, card.grad.rows[0][0])):
        return f"{told} = {worked} = {result}"
    terms = [words for lane in lanes if (words := _words(lane, cards))]
    if len(terms) < len(lanes):
        return f"{told} = {result}"
    more = [f"… ({len(terms)} terms)"] if len(terms) > _TERMS else []
    return f"{told} = {' + '.join(terms[:_TERMS] + more)}{':' if card.grad.size > 1 else ' ='} {result}"


def _result(told: Statistics) -> str:
    return (
        number(told.rows[0][0])
        if told.size == 1
        else f"norm {number(told.norm)}"
        if told.size
        else extremes(told)
    )


def _words(lane: Lane, cards: dict[str, Card | Folded]) -> str:
    """What a lane adds, in words: `grad(p) × p(1−p)`, `X.T @ grad(z1)`, `grad(z1), sum over 16 rows`."""
    target = cards[lane.target]
    if isinstance(target, Folded) or not lane.rule:
        return ""
    flowing = f"grad({target.short})"
    if lane.rule[0] in "×÷":
        return f"{flowing} {lane.rule}"
    told, found = re.subn(r"\bgrad\b", lambda _: flowing, lane.rule)
    return told if found else f"{flowing}, {lane.rule}"


def _worked(lanes: list[Lane], cards: dict[str, Card | Folded], expected: float) -> str:
    """The chain rule in numbers, `0.8787 × x1 = 0.8787 × 1.5`; nothing unless it gives what is expected.

    It does not where a stable form passed an op by, or gradients of several passes were added.
    """
    symbols, numbers, total = [], [], 0.0
    for lane in lanes:
        target = cards[lane.target]
        if lane.factor is None or isinstance(target, Folded) or not (target.grad and target.grad.size == 1):
            return ""
        flowing = target.grad.rows[0][0]
        total += flowing * lane.factor
        named = lane.rule[:1] in ("×", "÷") and any(c.isalpha() for c in lane.rule)
        symbols.append(
            f"{number(flowing)} {lane.rule}" if named else f"{number(flowing)} × {number(lane.factor)}"
        )
        numbers.append(f"{number(flowing)} × {number(lane.factor)}")
    if not math.isclose(total, expected, rel_tol=1e-3, abs_tol=1e-300) or len(lanes) > _TERMS:
        return ""
    return " = ".join(dict.fromkeys((" + ".join(symbols), " + ".join(numbers))))
