"""A scene as DOT: HTML-like labels, the two-lane roads, layers as clusters. The same bytes each time."""

from __future__ import annotations

import math

from autograd_lite.drawing.scene import Card, Lane, Layer, Scene
from autograd_lite.drawing.statistics import Statistics, extremes
from autograd_lite.drawing.text import MINUS, escape, number
from autograd_lite.drawing.theme import Theme, shade

_FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"
_CELL = 13  # points, the gap included
_PRINTED = 6  # up to so many entries are written out
_RANKS = {True: 10, False: 12}  # of a scalar graph and of one of arrays, drawn from left to right up to here
_BETWEEN = "   —   "
_LEGENDS = {
    "values": ("blue: value, computed forward",),
    "gradients": ("orange: gradient of the result, computed backward", "thicker road: larger gradient"),
}
_LEGENDS["both"] = (*_LEGENDS["values"], *_LEGENDS["gradients"])
_STRIPS = "squares: first entries, blue negative, orange positive"


def to_dot(scene: Scene, theme: Theme, direction: str, title: str | None, show: str) -> str:
    """The drawing as DOT source."""
    if direction == "auto":
        direction = "LR" if scene.ranks <= _RANKS[scene.scalar] else "TB"
    lines = [
        "digraph backpropagation {",
        f'  graph [rankdir={direction} bgcolor="{theme.background}" fontname="{_FONT}" pad=0.3 nodesep=0.24 '
        f"ranksep=0.46 labelloc=t labeljust=l splines=true label=<{_heading(scene, theme, title, show)}>];",
        f'  node [fontname="{_FONT}" fontcolor="{theme.ink}"];',
        f'  edge [fontname="{_FONT}" arrowsize=0.75];',
    ]
    drawn = {card.id: _node(card, theme, show) for card in scene.cards}
    if scene.scalar:
        made = {lane.target for lane in scene.lanes}
        drawn |= {card.id: drawn[card.id] + _sign(card, theme) for card in scene.cards if card.id in made}
    for position, layer in enumerate(scene.layers):
        members = [drawn[card.id] for card in scene.cards if card.layer == layer.path]
        lines += _cluster(position, layer, members, theme)
    lines += [drawn[card.id] for card in scene.cards if not card.layer]
    if scene.scalar:
        lines += _with_operators(scene, theme, show)
    else:
        lines += [_road(lane.source, lane.target, lane, theme, show) for lane in scene.lanes]
    return "\n".join((*lines, "}", ""))


def _font(text: str, size: float, colour: str, style: str = "") -> str:
    text = escape(text)
    styled = f"<{style}>{text}</{style}>" if style else text
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}">{styled}</FONT>' if text else ""


def _heading(scene: Scene, theme: Theme, title: str | None, show: str) -> str:
    legend = _LEGENDS[show] + (() if scene.scalar else (_STRIPS,))
    rows = [_font(title, 22, theme.ink, "B")] if title else []
    rows.append(_font(_BETWEEN.join(legend), 12, theme.muted))
    cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0">{cells}<TR><TD HEIGHT="8"></TD></TR></TABLE>'


def _cluster(index: int, layer: Layer, members: list[str], theme: Theme) -> list[str]:
    name = _font(layer.path, 14, theme.value, "B") + _font(f"   {layer.caption}", 12, theme.muted)
    return [
        f"  subgraph cluster_{index} {{",
        f'    graph [style="rounded,filled" penwidth=1.2 margin=14 color="{theme.layer_border}" '
        f'fillcolor="{theme.layer_fill}" label=<{name}>];',
        *members,
        "  }",
    ]


def _node(card: Card, theme: Theme, show: str) -> str:
    look = theme.kinds[card.kind]
    border, width = (theme.alert, 3.0) if card.alerts else (look.border, look.width)
    rows = [
        f'<TR><TD ALIGN="LEFT" COLSPAN="2">{_font(card.title, 15, look.name, "B")}</TD>'
        f'<TD ALIGN="RIGHT">{_font(f"   {card.tag}" if card.tag else " ", 10, theme.muted)}</TD></TR><HR/>'
    ]
    if show != "gradients" or not card.wants_grad:
        rows.append(_row("value", card.value, theme, theme.value, ""))
    if card.wants_grad and show != "values":
        if card.grad is not None:
            rows.append(_row("grad", card.grad, theme, theme.gradient, "I"))
        elif card.absent:
            rows.append(_words(card.absent, theme.muted, "I"))
    rows += [_words(note, theme.muted) for note in card.notes]
    if card.alerts:
        rows.append("<HR/>")
        rows += [_words(f"! {alert}", theme.alert, "B") for alert in card.alerts]
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{"".join(rows)}</TABLE>'
    return (
        f'  {card.id} [shape=box style="{look.style}" fillcolor="{look.fill}" color="{border}" '
        f'penwidth={width:g} margin="0.09,0.05" label=<{table}>];'
    )


def _words(text: str, colour: str, style: str = "") -> str:
    return f'<TR><TD COLSPAN="3" ALIGN="LEFT">{_font(text, 10, colour, style)}</TD></TR>'


def _row(label: str, told: Statistics, theme: Theme, colour: str, style: str) -> str:
    """A value or gradient: its numbers where they are few, else a heat strip and a summary."""
    strip = ""
    if 0 < told.size <= _PRINTED and len(told.rows) == 1:
        text = ",  ".join(number(x) for x in told.rows[0])
    else:
        strip = _strip(told, theme) if told.size else ""
        text = f"norm {number(told.norm)}" if label == "grad" and told.size else extremes(told)
    left = f'<TD ALIGN="LEFT" WIDTH="34">{_font(label, 10, theme.muted)}</TD>'
    right = _font(text, 13, colour, style)
    if strip:
        return f'<TR>{left}<TD ALIGN="LEFT">{strip}</TD><TD ALIGN="RIGHT">{right}</TD></TR>'
    return f'<TR>{left}<TD ALIGN="RIGHT" COLSPAN="2">{right}</TD></TR>'


def _strip(told: Statistics, theme: Theme) -> str:
    """The first entries as coloured squares, in a table of fixed size so that they stay together."""
    rows = "".join(f"<TR>{''.join(_cell(x, told.scale, theme) for x in row)}</TR>" for row in told.rows)
    width, height = (_CELL * n + 3 for n in (len(told.rows[0]), len(told.rows)))
    return (
        f'<TABLE BORDER="0" CELLBORDER="1" COLOR="{theme.cell_border}" CELLSPACING="1" CELLPADDING="0" '
        f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}">{rows}</TABLE>'
    )


def _cell(x: float, scale: float, theme: Theme) -> str:
    """One entry; a negative one carries a dash, so that it is told from a positive one in greyscale."""
    size = 'WIDTH="12" HEIGHT="12" FIXEDSIZE="TRUE"'
    if math.isnan(x):
        return f'<TD {size} BGCOLOR="{theme.alert}">{_font("?", 8, theme.background, "B")}</TD>'
    part = max(-1.0, min(1.0, x / scale)) if scale else math.copysign(1.0, x) if x else 0.0
    dark = abs(part) > 0.5
    ink = (theme.background if dark else theme.muted) if part < 0 else ""
    dash = _font(MINUS, 8, ink) if ink and abs(part) > 1e-3 else ""
    return f'<TD {size} BGCOLOR="{shade(theme, part)}">{dash}</TD>'


def _road(source: str, target: str, lane: Lane, theme: Theme, show: str, labelled: bool = True) -> str:
    """An edge: two lanes where a gradient flows back, a thin grey line where none does."""
    if lane.width is None or show == "values":
        return f'  {source} -> {target} [color="{theme.quiet}" penwidth=1.2];'
    label = ""
    if lane.label and labelled:
        text = _font(f" {lane.label} ", 10, theme.gradient, "I")
        label = f' label=<<TABLE BORDER="0" CELLPADDING="2"><TR><TD>{text}</TD></TR></TABLE>>'  # off the road
    return (
        f'  {source} -> {target} [color="{theme.value}:{theme.gradient}" dir=both arrowtail=vee '
        f"penwidth={lane.width:.2f}{label}];"
    )


def _sign(card: Card, theme: Theme) -> str:
    """The op of a scalar graph as a dark sign, beside the card of what it made."""
    short = len(card.symbol) <= 2
    outline = (
        "shape=circle width=0.44 fixedsize=true" if short else 'shape=box height=0.36 margin="0.12,0.04"'
    )
    return (
        f'\n  o{card.id} [{outline} style="{"filled" if short else "rounded,filled"}" fillcolor="{theme.op}" '
        f'color="{theme.op}" label=<{_font(card.symbol, 16 if short else 14, theme.op_ink, "B")}>];'
    )


def _with_operators(scene: Scene, theme: Theme, show: str) -> list[str]:
    """The roads of a scalar graph: from the inputs to the op's sign, and from there to what it made."""
    into: dict[str, list[Lane]] = {}
    for lane in scene.lanes:
        into.setdefault(lane.target, []).append(lane)
    lines = []
    for target, lanes in into.items():
        lines += [_road(lane.source, f"o{target}", lane, theme, show) for lane in lanes]
        widest = max(lanes, key=lambda lane: lane.width or 0.0)
        lines.append(_road(f"o{target}", target, widest, theme, show, labelled=False))
    return lines
