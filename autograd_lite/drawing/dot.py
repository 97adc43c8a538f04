"""A view as DOT: HTML-like labels, the two-lane roads, layers as clusters. The same bytes each time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.drawing.cards import Card, Edge, FoldedCard
from autograd_lite.drawing.layers import Layer
from autograd_lite.drawing.scene import View
from autograd_lite.drawing.statistics import Statistics, levels, summary
from autograd_lite.drawing.text import MINUS, escape, plural
from autograd_lite.drawing.theme import LOOKS, Theme, dash, shade

_FONT = "Inter,Helvetica,Arial,DejaVu Sans,sans-serif"
_CELL = 13  # points, the gap included
_BAR = 130, 8  # points
_RANKS = {True: 10, False: 12}  # of a scalar graph and of one of arrays, drawn from left to right up to here
_BETWEEN = "   —   "
_NARROW = 60  # characters in a line of the legend, at least
# As wide as a card with what is between it and the next, in a scalar graph and in one of arrays.
_ACROSS = {"LR": {True: 34, False: 52}, "TB": {True: 34, False: 44}}
_LEGENDS = {
    "values": ("blue: value, computed forward",),
    "gradients": ("orange: gradient of the result, computed backward", "thicker road: larger gradient"),
}
_LEGENDS["both"] = (*_LEGENDS["values"], *_LEGENDS["gradients"])
_STRIPS = "squares: first entries, blue negative, orange positive"
_BARS = "bar: size of the gradient, 5 decades"
_MANY = 150  # cards: from here on Graphviz is told to take less care
_HASTE = "nslimit=2 nslimit1=2 mclimit=0.2"


class Style(NamedTuple):
    """How a drawing shall look: the arguments of `draw` by these names."""

    theme: str
    direction: str
    title: str | None
    show: str


def to_dot(view: View, theme: Theme, style: Style) -> str:
    """The view as DOT source, in the colours of `theme`."""
    show, direction = style.show, style.direction
    if direction == "auto":
        direction = "LR" if view.ranks <= _RANKS[view.scalar] else "TB"
    across = view.ranks if direction == "LR" else math.ceil(len(view.cards) / view.ranks)
    heading = _heading(view, theme, style, _ACROSS[direction][view.scalar] * across)
    many = len(view.cards) > _MANY
    lines = [
        "digraph backpropagation {",
        f'  graph [rankdir={direction} bgcolor="{theme["background"]}" fontname="{_FONT}" pad=0.3 '
        f"nodesep=0.24 ranksep=0.46 labelloc=t labeljust=l splines={'line' if many else 'true'} "
        f"{_HASTE + ' ' if many else ''}label=<{heading}>];",
        f'  node [fontname="{_FONT}" fontcolor="{theme["ink"]}"];',
        f'  edge [fontname="{_FONT}" arrowsize=0.75];',
    ]
    made = {lane.target for lane in view.edges} if view.scalar else set()
    drawn = {}
    for card in view.cards:
        if isinstance(card, FoldedCard):
            drawn[card.id] = _fold(card, theme)
        else:
            drawn[card.id] = _card(card, theme, show) + (_sign(card, theme) if card.id in made else "")
    lines += _boxed(view, drawn, theme)
    if view.scalar:
        lines += _with_operators(view, theme, show)
    else:
        lines += [_road(lane.source, lane.target, lane, theme, show) for lane in view.edges]
    return "\n".join((*lines, "}", ""))


def _font(text: str, size: float, colour: str, style: str = "") -> str:
    text = escape(text)
    styled = f"<{style}>{text}</{style}>" if style else text
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}">{styled}</FONT>' if text else ""


def _heading(view: View, theme: Theme, style: Style, width: int) -> str:
    """The title, and below it the legend, in lines of about `width` characters."""
    show = style.show
    strips = any(isinstance(card, Card) and levels(card.value) for card in view.cards)
    bars = show != "values" and any(isinstance(card, FoldedCard) and card.bar for card in view.cards)
    count = [plural(view.parameters, "parameter")] if view.parameters and not view.scalar else []
    legend = (*count, *_LEGENDS[show], *[_STRIPS] * strips, *[_BARS] * bars)
    rows = [_font(style.title, 22, theme["ink"], "B")] if style.title else []
    rows += [_font(line, 12, theme["muted"]) for line in _lines(legend, max(_NARROW, width))]
    cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0">{cells}<TR><TD HEIGHT="8"></TD></TR></TABLE>'


def _lines(entries: Sequence[str], limit: int) -> list[str]:
    """The entries in lines of at most `limit` characters, or of one entry."""
    lines = [entries[0]]
    for entry in entries[1:]:
        longer = f"{lines[-1]}{_BETWEEN}{entry}"
        lines[-1:] = [longer] if len(longer) <= limit else [lines[-1], entry]
    return lines


def _boxed(view: View, drawn: dict[str, str], theme: Theme) -> list[str]:
    """The cards, those of a layer within its box, and boxes within boxes."""
    paths = [box.path for box in view.layers]
    inside: dict[str, list[str]] = {path: [] for path in ("", *paths)}
    for card in view.cards:
        inside[_home(card.layer, paths)].append(drawn[card.id])
    for index, box in reversed(list(enumerate(view.layers))):  # inner boxes come after outer ones
        outer = _home(box.path.rpartition(".")[0], paths)
        inside[outer] = [*_cluster(index, box, inside[box.path], theme), *inside[outer]]
    return inside[""]


def _home(path: str, paths: Sequence[str]) -> str:
    """The innermost box that a path is in."""
    while path and path not in paths:
        path = path.rpartition(".")[0]
    return path


def _cluster(index: int, box: Layer, members: list[str], theme: Theme) -> list[str]:
    kind = "backward" if box.backward else "layer"
    colour = theme["gradient" if box.backward else "value"]
    name = _font(box.path, 14, colour, "B") + _font(f"   {box.caption}", 12, theme["muted"])
    return [
        f"  subgraph cluster_{index} {{",
        f'    graph [style="rounded,filled" penwidth=1.2 margin=14 color="{theme[f"{kind}_border"]}" '
        f'fillcolor="{theme[kind]}" label=<{name}> id="{box.id}"];',
        *members,
        "  }",
    ]


def _card(card: Card, theme: Theme, show: str) -> str:
    rows = []
    if show != "gradients" or not card.wants_grad:
        rows.append(_row("value", card.value, theme, theme["value"], ""))
    if card.wants_grad and show != "values":
        if card.grad is not None:
            rows.append(_row("grad", card.grad, theme, theme["gradient"], "I"))
        elif card.absent:
            rows.append(_words(card.absent, theme["muted"], "I"))
    return _node(card, rows, theme)


def _fold(card: FoldedCard, theme: Theme) -> str:
    """The card of a layer or of repetitions, with the size of its gradient as a bar."""
    rows = [_words(card.caption, theme["ink"])] if card.caption else []
    if card.grad:
        bar = "" if card.bar is None else _bar(card.bar, theme)
        rows.append(_pair("grad", _font(card.grad, 13, theme["gradient"], "I"), theme, bar))
    elif card.absent:
        rows.append(_words(card.absent, theme["muted"], "I"))
    return _node(card, rows, theme)


def _node(card: Card | FoldedCard, rows: list[str], theme: Theme) -> str:
    """A card: its header, its rows, then notes and alerts."""
    look = LOOKS[card.kind]
    border, width = (theme["alert"], 3.0) if card.alerts else (theme[f"{card.kind}-border"], look.width)
    title = _font(card.title, 15, theme[f"{card.kind}-name"], "B")
    tag = _font(f"   {card.tag}" if card.tag else " ", 10, theme["muted"])
    rows = [
        f'<TR><TD ALIGN="LEFT" COLSPAN="2">{title}</TD><TD ALIGN="RIGHT">{tag}</TD></TR><HR/>',
        *rows,
        *(_words(note, theme["muted"]) for note in card.notes),
    ]
    if card.alerts:
        rows.append("<HR/>")
        rows += [_words(f"! {alert}", theme["alert"], "B") for alert in card.alerts]
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{"".join(rows)}</TABLE>'
    return (
        f'  {card.id} [id="{card.id}" shape=box style="{look.style}" color="{border}" penwidth={width:g} '
        f'fillcolor="{theme[f"{card.kind}-fill"]}" margin="0.09,0.05" label=<{table}>];'
    )


def _words(text: str, colour: str, style: str = "") -> str:
    return f'<TR><TD COLSPAN="3" ALIGN="LEFT">{_font(text, 10, colour, style)}</TD></TR>'


def _row(label: str, told: Statistics, theme: Theme, colour: str, style: str) -> str:
    """A value or gradient: its numbers where they are few, else a heat strip and a summary."""
    return _pair(label, _font(summary(told, label == "grad"), 13, colour, style), theme, _strip(told, theme))


def _pair(label: str, right: str, theme: Theme, strip: str = "") -> str:
    left = f'<TD ALIGN="LEFT" WIDTH="34">{_font(label, 10, theme["muted"])}</TD>'
    if strip:
        return f'<TR>{left}<TD ALIGN="LEFT">{strip}</TD><TD ALIGN="RIGHT">{right}</TD></TR>'
    return f'<TR>{left}<TD ALIGN="RIGHT" COLSPAN="2">{right}</TD></TR>'


def _strip(told: Statistics, theme: Theme) -> str:
    """The first entries as coloured squares, in a table of fixed size so that they stay together."""
    shades = levels(told)
    if not shades:
        return ""
    rows = "".join(f"<TR>{''.join(_cell(level, theme) for level in row)}</TR>" for row in shades)
    width, height = (_CELL * n + 3 for n in (len(shades[0]), len(shades)))
    return (
        f'<TABLE BORDER="0" CELLBORDER="1" COLOR="{theme["cell_border"]}" CELLSPACING="1" CELLPADDING="0" '
        f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}">{rows}</TABLE>'
    )


def _cell(level: int | None, theme: Theme) -> str:
    """One entry; a negative one carries a dash, so that it is told from a positive one in greyscale."""
    size = 'WIDTH="12" HEIGHT="12" FIXEDSIZE="TRUE"'
    if level is None:
        return f'<TD {size} BGCOLOR="{theme["alert"]}">{_font("?", 8, theme["background"], "B")}</TD>'
    mark = _font(MINUS, 8, theme[dash(level)]) if level < 0 else ""
    return f'<TD {size} BGCOLOR="{theme[shade(level)]}">{mark}</TD>'


def _bar(part: float, theme: Theme) -> str:
    """A bar on its track: `part` of it is filled."""
    width, height = _BAR
    full = round(width * part)
    cells = "".join(
        f'<TD WIDTH="{w}" HEIGHT="{height}" FIXEDSIZE="TRUE" BGCOLOR="{colour}"></TD>'
        for w, colour in ((full, theme["gradient"]), (width - full, theme["track"])) if w
    )  # fmt: skip
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE" '
        f'WIDTH="{width}" HEIGHT="{height}"><TR>{cells}</TR></TABLE>'
    )


def _road(source: str, target: str, lane: Edge, theme: Theme, show: str, named: bool = True) -> str:
    """An edge: two lanes where a gradient flows back, a thin grey line where none does."""
    if lane.width is None or show == "values":
        return f'  {source} -> {target} [color="{theme["quiet"]}" penwidth=1.2];'
    label = ""
    if lane.rule and named:
        text = _font(f" {lane.label} ", 10, theme["gradient"], "I")
        label = f' label=<<TABLE BORDER="0" CELLPADDING="2"><TR><TD>{text}</TD></TR></TABLE>>'  # off the road
    lanes = theme["gradient"] if show == "gradients" else f"{theme['value']}:{theme['gradient']}"
    ends = "dir=back" if show == "gradients" else "dir=both"
    return f'  {source} -> {target} [color="{lanes}" {ends} arrowtail=vee penwidth={lane.width:.2f}{label}];'


def _sign(card: Card, theme: Theme) -> str:
    """The op of a scalar graph as a dark sign, beside the card of what it made."""
    symbol = card.recipe.symbol if card.recipe else ""
    short = len(symbol) <= 2
    outline = (
        "shape=circle width=0.44 fixedsize=true" if short else 'shape=box height=0.36 margin="0.12,0.04"'
    )
    return (
        f'\n  o{card.id} [id="o{card.id}" {outline} style="{"filled" if short else "rounded,filled"}" '
        f'fillcolor="{theme["op"]}" color="{theme["op"]}" '
        f"label=<{_font(symbol, 16 if short else 14, theme['op_ink'], 'B')}>];"
    )


def _with_operators(view: View, theme: Theme, show: str) -> list[str]:
    """The roads of a scalar graph: from the inputs to the op's sign, and from there to what it made."""
    signed = {card.id for card in view.cards if isinstance(card, Card)}
    into: dict[str, list[Edge]] = {}
    for lane in view.edges:
        into.setdefault(lane.target, []).append(lane)
    lines = []
    for target, lanes in into.items():
        sign = f"o{target}" if target in signed else target
        lines += [_road(lane.source, sign, lane, theme, show) for lane in lanes]
        if sign != target:
            widest = max(lanes, key=lambda lane: lane.width or 0.0)
            lines.append(_road(sign, target, widest, theme, show, named=False))
    return lines
