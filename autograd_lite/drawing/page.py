"""HTML pages that contain all they need: the page that steps through a graph and folds its layers."""

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from autograd_lite.drawing.cards import AnyCard, FoldedCard
from autograd_lite.drawing.dot import Style, to_dot
from autograd_lite.drawing.render import FONTS, to_svgs
from autograd_lite.drawing.scene import Scene, view
from autograd_lite.drawing.statistics import Statistics
from autograd_lite.drawing.steps import steps
from autograd_lite.drawing.svg import embed
from autograd_lite.drawing.text import escape, number, plural, shape
from autograd_lite.drawing.theme import STAND_INS, read_web

_ALL_COMBINATIONS = 3  # folds, up to which the page contains every combination of open and closed ones
_ONE_AT_A_TIME = 16  # folds, up to which the page contains each one open alone


def stepping_page(scene: Scene, style: Style, engine: str) -> str:
    """The page of a scene: forward and backward steps, folds, and the statistics of every card."""
    choices = _combinations(scene)
    untitled = style._replace(title=None)  # the page has a heading
    svgs = to_svgs([to_dot(view(scene, opened), STAND_INS, untitled) for opened in choices], engine)
    data = {
        "kind": "page",
        "views": {_key(opened): embed(svg) for opened, svg in zip(choices, svgs, strict=True)},
        "open": _key(scene.open),
        "steps": [
            {"back": step.backward, "card": step.card, "text": step.text}
            for step in steps(scene)
            if step.backward or style.show != "gradients"
        ],
        "cards": {card.id: tooltip(card) for card in scene.everything()},
        "edges": list(dict.fromkeys((edge.source, edge.target) for edge in scene.edges)),
        "foldOf": {member: fold.id for fold in scene.folds for member in fold.members},
        "folds": {
            layer.id: fold.id for layer in scene.layers for fold in scene.folds if fold.title == layer.path
        },
    }
    label = f"computation graph of {plural(len(scene.cards), 'node')}"
    return html_page(style, label, ["graph.js", "steps.js"], data)


def _combinations(scene: Scene) -> list[frozenset[str]]:
    """The combinations of open folds that the page can show; the one it starts with is first."""
    folds = [fold.id for fold in scene.folds if fold.members]
    sizes: Sequence[int] = (0,)
    if len(folds) <= _ALL_COMBINATIONS:
        sizes = range(len(folds) + 1)
    elif len(folds) <= _ONE_AT_A_TIME:
        sizes = (0, 1)
    found = [frozenset(group) for size in sizes for group in combinations(folds, size)]
    return list(dict.fromkeys([scene.open, *found]))


def _key(folds: frozenset[str]) -> str:
    return " ".join(sorted(folds))


def html_page(style: Style, label: str, scripts: Sequence[str], data: Mapping[str, Any]) -> str:
    """An HTML file with style, scripts and data inside; it loads nothing from outside.

    `label` names the drawing for screen readers; `scripts` are files of the folder web.
    """
    import json  # slow to import and seldom needed

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    parts = {
        "title": escape(style.title or "").strip() or "Backpropagation",
        "theme": "dark" if style.theme == "dark" else "system",
        "label": escape(label),
        "style": "\n".join((*_font_faces(), read_web("palette.css"), read_web("page.css"))),
        "data": text.replace("<", "\\u003c").encode(errors="backslashreplace").decode(),
        "script": "\n".join(read_web(name) for name in scripts),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], read_web("page.html"))


def _font_faces() -> Iterator[str]:
    """The faces of the font Inter as CSS, with the font files inside."""
    import base64  # slow to import and seldom needed

    for name, style in (("Regular", ""), ("Bold", "font-weight:700;"), ("Italic", "font-style:italic;")):
        with open(os.path.join(FONTS, f"Inter-{name}.woff2"), "rb") as file:
            content = base64.b64encode(file.read()).decode()
        source = f"src:url(data:font/woff2;base64,{content})format('woff2')"
        yield f"@font-face{{font-family:Inter;{style}{source}}}"


def tooltip(card: AnyCard) -> dict[str, Any]:
    """Everything about a card: its title, lines of label and text, and notes."""
    if isinstance(card, FoldedCard):
        lines = [("shapes", card.tag), ("what", card.caption), ("gradient", card.grad or card.absent)]
    else:
        lines = [("what", " ".join(filter(None, (card.kind, shape(card.value.shape), card.value.dtype))))]
        if card.recipe:
            lines += [("op", card.recipe.about), ("settings", card.recipe.settings)]
        lines += [("value", _all_statistics(card.value)), ("entries", _entries(card.value))]
        if card.grad and card.wants_grad:
            lines += [("gradient", _all_statistics(card.grad)), ("entries", _entries(card.grad))]
        elif card.wants_grad:
            lines.append(("gradient", card.absent))
    notes = [*card.notes, *(f"! {alert}" for alert in card.alerts)]
    return {"title": card.title, "lines": [line for line in lines if line[1]], "notes": notes}


def _all_statistics(array: Statistics) -> str:
    """Every statistic of an array; for a single number, the number with all its digits."""
    if array.size == 0:
        return "empty"
    if array.size == 1:
        return f"{array.low!r}" if math.isfinite(array.low) else number(array.rows[0][0])
    numbers = {"min": array.low, "mean": array.mean, "max": array.high}
    numbers |= {"std": array.deviation, "norm": array.norm}
    parts = [f"{name} {number(x)}" for name, x in numbers.items()]
    if array.zeros:
        parts.append(f"{plural(array.zeros, 'zero')} of {array.size}")
    if array.not_finite:
        parts.append(f"{array.not_finite} not finite")
    return ", ".join(parts)


def _entries(array: Statistics) -> str:
    """The stored entries, row by row; of a large array these are the first ones."""
    if array.size <= 1:
        return ""
    rows = "; ".join(", ".join(number(x) for x in row) for row in array.rows)
    return f"{rows}; …" if array.size > sum(map(len, array.rows)) else rows
