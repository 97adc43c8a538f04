"""The HTML page of a film: one layout, and for each frame what has changed since the one before."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.drawing.cards import AnyCard, Card, FoldedCard
from autograd_lite.drawing.dot import Style, to_dot
from autograd_lite.drawing.page import html_page, tooltip
from autograd_lite.drawing.render import to_svgs
from autograd_lite.drawing.scene import View
from autograd_lite.drawing.statistics import LEVELS, Statistics, levels, summary
from autograd_lite.drawing.svg import embed
from autograd_lite.drawing.text import number
from autograd_lite.drawing.theme import STAND_INS

GRID = 25  # points along each side of the plane
_POINTS = 200  # examples shown in the plane, at most
_CHANGING = ("value", "gradient", "entries")  # lines of a tooltip that differ from frame to frame
_SHADES = "ABCDEFGHIJKLMNOP0abcdefghijklmnop"  # a letter for each level, from -LEVELS to LEVELS


class Frame(NamedTuple):
    """The drawing after a step; `outputs` are the model's on the grid of the plane (GRID, GRID), or None."""

    step: int
    loss: float
    view: View
    outputs: Any


def film_page(frames: Sequence[Frame], plane: Any, style: Style, engine: str) -> str:
    """The page of one frame or more; `plane` is the result of `plane_data`, or None."""
    dot = to_dot(_widest([frame.view for frame in frames]), STAND_INS, style._replace(title=None))
    cards = {card.id: tooltip(card._replace(alerts=())) for card in frames[0].view.cards}
    for content in cards.values():
        content["lines"] = [line for line in content["lines"] if line[0] not in _CHANGING]
    data = {
        "kind": "film",
        "views": {"": embed(to_svgs([dot], engine)[0])},
        "cards": cards,
        "frames": _changes(frames),
        "plane": plane,
    }
    return html_page(style, "training film", ["graph.js", "film.js"], data)


def corners(X: Any) -> tuple[Any, Any]:
    """The lower left and the upper right corner of the plane, 20 % beyond the examples."""
    low = X.min(axis=0).astype(float)
    high = X.max(axis=0).astype(float)
    margin = np.where(high > low, 0.2 * (high - low), 1.0)
    return low - margin, high + margin


def plane_data(name: str, X: Any, y: Any, outputs: Any, threshold: float | None) -> dict[str, Any]:
    """The examples X (n, 2), called `name`, and the margins of the outputs (frames, GRID, GRID).

    `threshold` is the output at the boundary; None is 0.5 for probabilities and 0 for logits.
    """
    low, high = corners(X)
    points = ((X[:_POINTS] - low) / (high - low)).round(3).tolist()
    classes = (y.reshape(len(X), -1)[:_POINTS, 0] > 0.5).astype(int).tolist()
    if threshold is None:
        known = outputs[np.isfinite(outputs)]
        threshold = 0.5 if known.size and known.min() >= 0 and known.max() <= 1 else 0.0
    margins = 2 * (outputs - threshold) if threshold else np.tanh((outputs - threshold) / 2)
    # The square root makes levels finer near 0, where the boundary is.
    margin_levels = np.rint(LEVELS * np.sign(margins) * np.sqrt(np.minimum(1.0, np.abs(margins))))
    return {
        "name": name,
        "grid": GRID,
        "low": [number(x) for x in low],
        "high": [number(x) for x in high],
        "points": [[*point, kind] for point, kind in zip(points, classes, strict=True)],
        "margins": [_letters(frame.ravel()) for frame in margin_levels],
    }


def _widest(views: Sequence[View]) -> View:
    """A view to lay out for all: its texts are the longest ones, and what else changes is left out."""

    def longest(arrays: Iterable[Statistics | None], gradient: bool) -> Statistics | None:
        present = [array for array in arrays if array is not None]
        return max(present, key=lambda array: len(summary(array, gradient)), default=None)

    cards: list[AnyCard] = []
    for versions in zip(*(view.cards for view in views), strict=True):
        card = versions[0]._replace(alerts=())
        if isinstance(card, FoldedCard):
            grad = max((version.grad for version in versions), key=len)
            cards.append(card._replace(grad=grad, absent="", bar=None))
        else:
            value = longest((version.value for version in versions), gradient=False)
            grad = longest((version.grad for version in versions), gradient=True)
            cards.append(card._replace(value=value, grad=grad, absent="" if grad else card.absent))
    edges = tuple(edge._replace(factor=None) for edge in views[0].edges)
    return views[0]._replace(cards=tuple(cards), edges=edges)


def _changes(frames: Sequence[Frame]) -> list[dict[str, Any]]:
    """For each frame its step, its loss, and the cards that differ from the frame before."""
    changes = []
    before: Mapping[str, Any] = {}
    for frame in frames:
        text = number(frame.loss)
        loss = float(f"{frame.loss:.5g}") if math.isfinite(frame.loss) else text  # JSON has no NaN
        widths = {edge.source: edge.width for edge in frame.view.edges if edge.width is not None}
        now = {card.id: _state(card, widths.get(card.id)) for card in frame.view.cards}
        changed = {id_: state for id_, state in now.items() if state != before.get(id_)}
        changes.append({"step": frame.step, "loss": loss, "text": text, "cards": changed})
        before = now
    return changes


def _state(card: AnyCard, width: float | None) -> list[Any]:
    """A card in one frame: value, its shades, gradient, its shades, width of its edges, alerts."""
    texts = ["", "", card.grad, ""]
    if isinstance(card, Card):
        texts = []
        for array in (card.value, card.grad):
            shades = chain.from_iterable(levels(array)) if array else ()
            texts += [summary(array, array is card.grad) if array else "", _letters(shades)]
    return [*texts, None if width is None else round(width, 2), list(card.alerts)]


def _letters(shades: Iterable[float | None]) -> str:
    """A letter for each level, ? for NaN."""
    return "".join(
        "?" if level is None or math.isnan(level) else _SHADES[int(level) + LEVELS] for level in shades
    )
