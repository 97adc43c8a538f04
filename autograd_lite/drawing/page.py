"""A drawing as one self-contained HTML page: it steps through the graph, folds layers, tells of a card."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from autograd_lite.drawing.cards import Card, FoldedCard
from autograd_lite.drawing.dot import Style, to_dot
from autograd_lite.drawing.fonts import FONTS
from autograd_lite.drawing.render import layouts
from autograd_lite.drawing.scene import Scene, view
from autograd_lite.drawing.statistics import Statistics
from autograd_lite.drawing.steps import steps
from autograd_lite.drawing.svg import fitted, for_page
from autograd_lite.drawing.text import escape, number, plural, shape
from autograd_lite.drawing.theme import DARK, LIGHT, STAND_INS

_WEB = os.path.join(os.path.dirname(__file__), "web")
_ALL = 3  # up to so many folds can be open and closed in any combination
_SINGLE = 16  # up to so many can be opened one at a time


def page(scene: Scene, style: Style, engine: str) -> str:
    """The page of a scene: forward and backward steps, folds, and the statistics of every card."""
    opened = _views(scene)
    dots = [to_dot(view(scene, folds), STAND_INS, style._replace(title=None)) for folds in opened]
    drawn = [for_page(fitted(*laid_out)) for laid_out in layouts(dots, engine)]
    told = steps(scene)
    if style.show == "gradients":
        told = [step for step in told if step.backward]
    data = {
        "kind": "page",
        "views": {_key(folds): svg for folds, svg in zip(opened, drawn, strict=True)},
        "open": _key(scene.open),
        "steps": [{"back": step.backward, "card": step.card, "text": step.text} for step in told],
        "cards": {card.id: tip(card) for card in scene.everything()},
        "lanes": list({(lane.source, lane.target): None for lane in scene.edges}),
        "home": {member: fold.id for fold in scene.folds for member in fold.members},
        "folds": {box.id: fold.id for box in scene.layers for fold in scene.folds if fold.title == box.path},
    }
    count = plural(len(scene.cards), "node")
    return document(style, f"computation graph of {count}", ["graph.js", "steps.js"], data)


def document(style: Style, label: str, scripts: Sequence[str], data: Mapping[str, Any]) -> str:
    """One HTML file with style, scripts and data inside; nothing in it asks for anything outside."""
    import json  # slow to import, and `import autograd_lite` needs it not

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    parts = {
        "title": escape(style.title or "").strip() or "Backpropagation",
        "theme": style.theme if style.theme == "dark" else "system",
        "label": escape(label),
        "style": f"{_fonts()}{_colours()}\n{_read('page.css')}",
        "data": text.replace("<", "\\u003c").encode(errors="backslashreplace").decode(),
        "script": "\n".join(_read(name) for name in scripts),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _read("page.html"))


def _read(name: str) -> str:
    with open(os.path.join(_WEB, name), encoding="utf-8") as file:
        return file.read()


def _fonts() -> str:
    """The faces of the drawings' font as CSS, the letters within."""
    import base64  # slow to import, and `import autograd_lite` needs it not

    faces = []
    for name, style in (("Regular", ""), ("Bold", "font-weight:700;"), ("Italic", "font-style:italic;")):
        with open(os.path.join(FONTS, f"Inter-{name}.woff2"), "rb") as file:
            letters = base64.b64encode(file.read()).decode()
        source = f"src:url(data:font/woff2;base64,{letters})format('woff2')"
        faces.append(f"@font-face{{font-family:Inter;{style}{source}}}\n")
    return "".join(faces)


def _colours() -> str:
    """Both palettes as CSS variables: the system says which, unless the page was made dark."""
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in theme.items()) for theme in (LIGHT, DARK)
    )
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}"
    )


def _views(scene: Scene) -> list[frozenset[str]]:
    """The combinations of open folds that the page can show; of many, each fold alone."""
    folds = [fold.id for fold in scene.folds if fold.members]
    sizes = range(len(folds) + 1) if len(folds) <= _ALL else (0, 1) if len(folds) <= _SINGLE else (0,)
    found = [frozenset(group) for size in sizes for group in combinations(folds, size)]
    return list(dict.fromkeys([scene.open, *found]))


def _key(folds: frozenset[str]) -> str:
    return " ".join(sorted(folds))


def tip(card: Card | FoldedCard) -> dict[str, Any]:
    """All that is known of a card: lines of label and text, and remarks."""
    remarks = [*card.notes, *(f"! {alert}" for alert in card.alerts)]
    if isinstance(card, FoldedCard):
        lines = [("shapes", card.tag), ("what", card.caption), ("gradient", card.grad or card.absent)]
    else:
        of = " ".join(filter(None, (card.kind, shape(card.value.shape), card.value.dtype)))
        lines = [("what", of)]
        lines += [("op", card.recipe.about), ("settings", card.recipe.settings)] if card.recipe else []
        lines += [("value", _full(card.value)), ("entries", _entries(card.value))]
        if card.wants_grad:
            lines.append(("gradient", _full(card.grad) if card.grad else card.absent))
            lines.append(("entries", _entries(card.grad) if card.grad else ""))
    return {"title": card.title, "lines": [line for line in lines if line[1]], "notes": remarks}


def _full(told: Statistics) -> str:
    """Every statistic of an array; of a single number, the number with all its digits."""
    if told.size == 0:
        return "empty"
    if told.size == 1:
        return number(told.rows[0][0]) if not math.isfinite(told.low) else f"{told.low!r}"
    names = ("min", "mean", "max", "std", "norm")
    values = (told.low, told.mean, told.high, told.deviation, told.norm)
    parts = [f"{name} {number(x)}" for name, x in zip(names, values, strict=True)]
    parts += [f"{plural(told.zeros, 'zero')} of {told.size}"] if told.zeros else []
    parts += [f"{told.not_finite} not finite"] if told.not_finite else []
    return ", ".join(parts)


def _entries(told: Statistics) -> str:
    """The entries that are known, row by row; those of a large array are its first."""
    rows = "; ".join(", ".join(number(x) for x in row) for row in told.rows)
    return rows + ("; …" if told.size > sum(map(len, told.rows)) else "") if told.size > 1 else ""
