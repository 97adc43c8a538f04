"""A view as a text table, for a terminal."""

from __future__ import annotations

from autograd_lite.drawing.cards import Card, Folded
from autograd_lite.drawing.scene import View
from autograd_lite.drawing.statistics import Statistics, extremes
from autograd_lite.drawing.text import number, shape

_HEAD = ("tensor", "kind", "shape", "value", "grad", "")


def table(view: View) -> str:
    """A line for each card: name or formula, kind, shape, value, gradient, then notes and alerts."""
    rows = [_HEAD, *(_fold(card) if isinstance(card, Folded) else _row(card) for card in view.cards)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(card: Card) -> tuple[str, ...]:
    grad = _brief(card.grad) if card.grad else card.absent
    name = card.title if card.recipe else card.name
    return name, card.kind, shape(card.value.shape), _brief(card.value), grad, _remarks(card)


def _fold(card: Folded) -> tuple[str, ...]:
    remarks = "; ".join(filter(None, (card.caption, card.tag, _remarks(card))))
    return card.title, card.kind, "", "", card.grad or card.absent, remarks


def _brief(told: Statistics) -> str:
    return number(told.rows[0][0]) if told.size == 1 else extremes(told)


def _remarks(card: Card | Folded) -> str:
    return "; ".join((*card.notes, *(f"! {alert}" for alert in card.alerts)))
