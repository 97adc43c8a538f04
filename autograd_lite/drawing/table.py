"""The cards of a drawing as a text table, for a terminal."""

from autograd_lite.drawing.cards import AnyCard, FoldedCard
from autograd_lite.drawing.scene import View
from autograd_lite.drawing.statistics import extremes
from autograd_lite.drawing.text import shape

_HEADER = ("tensor", "kind", "shape", "value", "grad", "")


def table(view: View) -> str:
    """The cards of a view, one a line: name or formula, kind, shape, value, gradient, notes and alerts."""
    rows = [_HEADER, *map(_row, view.cards)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (zip(row, widths, strict=True) for row in rows)
    return "\n".join("  ".join(cell.ljust(width) for cell, width in line).rstrip() for line in lines)


def _row(card: AnyCard) -> tuple[str, ...]:
    remarks = [*card.notes, *(f"! {alert}" for alert in card.alerts)]
    if isinstance(card, FoldedCard):
        remarks = [*filter(None, (card.caption, card.tag)), *remarks]
        return card.title, card.kind, "", "", card.grad or card.absent, "; ".join(remarks)
    name = card.title if card.recipe else card.name
    grad = extremes(card.grad) if card.grad else card.absent
    return name, card.kind, shape(card.value.shape), extremes(card.value), grad, "; ".join(remarks)
