"""A view as DOT source, the same bytes each time: HTML-like labels, edges of two lines, clusters."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autograd_lite.drawing.cards import AnyCard, Card, Edge, FoldedCard
from autograd_lite.drawing.layers import Layer
from autograd_lite.drawing.scene import View
from autograd_lite.drawing.statistics import Statistics, levels, summary
from autograd_lite.drawing.text import MINUS, escape, plural
from autograd_lite.drawing.theme import BORDERS, Theme, shade

_FONT = "Inter,Helvetica,Arial,DejaVu Sans,sans-serif"
_CELL = 13  # points from a heat cell to the next
_BAR = 130  # points
_RANKS = {True: 10, False: 12}  # largest number of ranks drawn left to right, by whether the graph is scalar
_LEGEND_WIDTH = 60  # characters in a line of the legend, at least
# Characters of the legend that are as wide as one card with its gap, by direction and scalar or not.
_CARD_WIDTH = {"LR": {True: 34, False: 52}, "TB": {True: 34, False: 44}}
_LARGE = 150  # cards; with more, Graphviz gets these settings, which are faster and less careful
_FAST = "nslimit=2 nslimit1=2 mclimit=0.2 splines=line"


class Style(NamedTuple):
    """The look of a drawing: the arguments of `draw` with these names."""

    theme: str
    direction: str
    title: str | None
    show: str


def to_dot(view: View, theme: Theme, style: Style) -> str:
    """The view as DOT source, in the colours of `theme`."""
    direction = style.direction
    if direction == "auto":
        direction = "LR" if view.ranks <= _RANKS[view.scalar] else "TB"
    across = view.ranks if direction == "LR" else math.ceil(len(view.cards) / view.ranks)
    heading = _heading(view, theme, style, _CARD_WIDTH[direction][view.scalar] * across)
    computed = {edge.target for edge in view.edges} if view.scalar else set()
    cards = {}
    for card in view.cards:
        sign = _sign(card, theme) if card.id in computed and isinstance(card, Card) else ""
        cards[card.id] = _node(card, _rows(card, theme, style.show), theme) + sign
    speed = _FAST if len(view.cards) > _LARGE else "splines=true"
    lines = [
        "digraph backpropagation {",
        f'  graph [rankdir={direction} bgcolor="{theme["background"]}" fontname="{_FONT}" pad=0.3 '
        f"nodesep=0.24 ranksep=0.46 labelloc=t labeljust=l {speed} label=<{heading}>];",
        f'  node [fontname="{_FONT}" fontcolor="{theme["ink"]}"];',
        f'  edge [fontname="{_FONT}" arrowsize=0.75];',
        *_in_layers(view, cards, theme),
    ]
    if view.scalar:
        lines += _edges_through_ops(view, theme, style.show)
    else:
        lines += [_edge(edge.source, edge.target, edge, theme, style.show) for edge in view.edges]
    return "\n".join((*lines, "}", ""))


def _font(text: str, size: float, colour: str, style: str = "") -> str:
    """Text in a size in points, a colour, and a style: "B", "I" or none."""
    text = escape(text)
    if not text:
        return ""
    styled = f"<{style}>{text}</{style}>" if style else text
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}">{styled}</FONT>'


def _heading(view: View, theme: Theme, style: Style, width: int) -> str:
    """The title, and below it the legend in lines of about `width` characters."""
    legend = []
    if view.parameters and not view.scalar:
        legend.append(plural(view.parameters, "parameter"))
    if style.show != "gradients":
        legend.append("blue: value, computed forward")
    if style.show != "values":
        legend += ["orange: gradient of the result, computed backward", "thicker road: larger gradient"]
    if any(isinstance(card, Card) and levels(card.value) for card in view.cards):
        legend.append("squares: first entries, blue negative, orange positive")
    if style.show != "values" and any(isinstance(card, FoldedCard) and card.bar for card in view.cards):
        legend.append("bar: size of the gradient, 5 decades")
    rows = [_font(style.title, 22, theme["ink"], "B")] if style.title else []
    rows += [_font(line, 12, theme["muted"]) for line in _wrapped(legend, max(_LEGEND_WIDTH, width))]
    cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0">{cells}<TR><TD HEIGHT="8"></TD></TR></TABLE>'


def _wrapped(entries: Sequence[str], limit: int) -> list[str]:
    """The entries in lines of at most `limit` characters; an entry is never cut."""
    lines = [entries[0]]
    for entry in entries[1:]:
        longer = f"{lines[-1]}   —   {entry}"
        if len(longer) <= limit:
            lines[-1] = longer
        else:
            lines.append(entry)
    return lines


def _in_layers(view: View, cards: dict[str, str], theme: Theme) -> list[str]:
    """The cards, given by id, inside the clusters of their layers; clusters nest."""
    paths = [layer.path for layer in view.layers]
    inside: dict[str, list[str]] = {path: [] for path in ("", *paths)}
    for card in view.cards:
        inside[_innermost(card.layer, paths)].append(cards[card.id])
    for index, layer in reversed(list(enumerate(view.layers))):  # inner layers come after outer ones
        outer = inside[_innermost(layer.path.rpartition(".")[0], paths)]
        outer[:0] = _cluster(index, layer, inside[layer.path], theme)
    return inside[""]


def _innermost(path: str, paths: Sequence[str]) -> str:
    """The longest of `paths` that `path` is in, or an empty string."""
    while path and path not in paths:
        path = path.rpartition(".")[0]
    return path


def _cluster(index: int, layer: Layer, members: Iterable[str], theme: Theme) -> list[str]:
    kind = "backward" if layer.backward else "layer"
    colour = theme["gradient" if layer.backward else "value"]
    name = _font(layer.path, 14, colour, "B") + _font(f"   {layer.caption}", 12, theme["muted"])
    return [
        f"  subgraph cluster_{index} {{",
        f'    graph [style="rounded,filled" penwidth=1.2 margin=14 color="{theme[f"{kind}_border"]}" '
        f'fillcolor="{theme[kind]}" label=<{name}> id="{layer.id}"];',
        *members,
        "  }",
    ]


def _rows(card: AnyCard, theme: Theme, show: str) -> list[str]:
    """The rows of a card between its header and its notes: value and gradient, or what a fold contains."""
    rows = []
    if isinstance(card, FoldedCard):
        if card.caption:
            rows.append(_words(card.caption, theme["ink"]))
        if card.grad:
            bar = "" if card.bar is None else _bar(card.bar, theme)
            rows.append(_labelled("grad", card.grad, bar, theme))
    else:
        if show != "gradients" or not card.wants_grad:
            numbers = summary(card.value, gradient=False)
            rows.append(_labelled("value", numbers, _strip(card.value, theme), theme))
        if card.grad:
            numbers = summary(card.grad, gradient=True)
            rows.append(_labelled("grad", numbers, _strip(card.grad, theme), theme))
    if card.absent:
        rows.append(_words(card.absent, theme["muted"], "I"))
    return rows


def _node(card: AnyCard, rows: list[str], theme: Theme) -> str:
    """A card: its header, its rows, then notes and alerts."""
    style = "rounded,filled,dashed" if card.kind == "frozen" else "rounded,filled"
    border = theme["alert"] if card.alerts else theme[f"{card.kind}-border"]
    width = 3.0 if card.alerts else BORDERS[card.kind]
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
        f'  {card.id} [id="{card.id}" shape=box style="{style}" color="{border}" penwidth={width:g} '
        f'fillcolor="{theme[f"{card.kind}-fill"]}" margin="0.09,0.05" label=<{table}>];'
    )


def _words(text: str, colour: str, style: str = "") -> str:
    """A row of small text over the whole width of a card."""
    return f'<TR><TD COLSPAN="3" ALIGN="LEFT">{_font(text, 10, colour, style)}</TD></TR>'


def _labelled(label: str, text: str, strip: str, theme: Theme) -> str:
    """A row for a value or gradient: its label, a heat strip or a bar if it has one, and its text."""
    colour, style = (theme["value"], "") if label == "value" else (theme["gradient"], "I")
    right = _font(text, 13, colour, style)
    left = f'<TD ALIGN="LEFT" WIDTH="34">{_font(label, 10, theme["muted"])}</TD>'
    if strip:
        return f'<TR>{left}<TD ALIGN="LEFT">{strip}</TD><TD ALIGN="RIGHT">{right}</TD></TR>'
    return f'<TR>{left}<TD ALIGN="RIGHT" COLSPAN="2">{right}</TD></TR>'


def _strip(array: Statistics, theme: Theme) -> str:
    """The first entries as coloured squares, in a table of fixed size so that they stay together."""
    shades = levels(array)
    if not shades:
        return ""
    rows = "".join(f"<TR>{''.join(_cell(level, theme) for level in row)}</TR>" for row in shades)
    return (
        f'<TABLE BORDER="0" CELLBORDER="1" COLOR="{theme["cell_border"]}" CELLSPACING="1" CELLPADDING="0" '
        f'FIXEDSIZE="TRUE" WIDTH="{_CELL * len(shades[0]) + 3}" HEIGHT="{_CELL * len(shades) + 3}">{rows}'
        "</TABLE>"
    )


def _cell(level: int | None, theme: Theme) -> str:
    """One entry. A negative one has a dash, which distinguishes it from a positive one in greyscale."""
    size = 'WIDTH="12" HEIGHT="12" FIXEDSIZE="TRUE"'
    if level is None:
        return f'<TD {size} BGCOLOR="{theme["alert"]}">{_font("?", 8, theme["background"], "B")}</TD>'
    mark = _font(MINUS, 8, theme[f"dash-{-level}"]) if level < 0 else ""
    return f'<TD {size} BGCOLOR="{theme[shade(level)]}">{mark}</TD>'


def _bar(part: float, theme: Theme) -> str:
    """A bar of which `part` is filled, from 0 to 1."""
    full = round(_BAR * part)
    cells = "".join(
        f'<TD WIDTH="{width}" HEIGHT="8" FIXEDSIZE="TRUE" BGCOLOR="{theme[colour]}"></TD>'
        for width, colour in ((full, "gradient"), (_BAR - full, "track"))
        if width
    )
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE" '
        f'WIDTH="{_BAR}" HEIGHT="8"><TR>{cells}</TR></TABLE>'
    )


def _edge(source: str, target: str, edge: Edge, theme: Theme, show: str, rule: bool = True) -> str:
    """An edge: value forward and gradient backward as two lines, or one thin line without a gradient.

    `rule` writes the local derivative beside it, in a table whose padding keeps it off the lines.
    """
    if edge.width is None or show == "values":
        return f'  {source} -> {target} [color="{theme["quiet"]}" penwidth=1.2];'
    label = ""
    if edge.rule and rule:
        text = _font(f" {edge.label} ", 10, theme["gradient"], "I")
        label = f' label=<<TABLE BORDER="0" CELLPADDING="2"><TR><TD>{text}</TD></TR></TABLE>>'
    colours = theme["gradient"] if show == "gradients" else f"{theme['value']}:{theme['gradient']}"
    ends = "dir=back" if show == "gradients" else "dir=both"
    return (
        f'  {source} -> {target} [color="{colours}" {ends} arrowtail=vee penwidth={edge.width:.2f}{label}];'
    )


def _sign(card: Card, theme: Theme) -> str:
    """The op of a scalar graph: a dark sign beside the card that it computes."""
    symbol = card.recipe.symbol if card.recipe else ""
    outline = 'shape=box height=0.36 margin="0.12,0.04" style="rounded,filled"'
    if len(symbol) <= 2:
        outline = 'shape=circle width=0.44 fixedsize=true style="filled"'
    label = _font(symbol, 16 if len(symbol) <= 2 else 14, theme["op_ink"], "B")
    colours = f'fillcolor="{theme["op"]}" color="{theme["op"]}"'
    return f'\n  o{card.id} [id="o{card.id}" {outline} {colours} label=<{label}>];'


def _edges_through_ops(view: View, theme: Theme, show: str) -> list[str]:
    """The edges of a scalar graph: from the inputs to the op's sign, and from there to its result."""
    with_sign = {card.id for card in view.cards if isinstance(card, Card)}
    edges_into: dict[str, list[Edge]] = {}
    for edge in view.edges:
        edges_into.setdefault(edge.target, []).append(edge)
    lines = []
    for target, edges in edges_into.items():
        sign = f"o{target}" if target in with_sign else target
        lines += [_edge(edge.source, sign, edge, theme, show) for edge in edges]
        if sign != target:
            widest = max(edges, key=lambda edge: edge.width or 0.0)
            lines.append(_edge(sign, target, widest, theme, show, rule=False))
    return lines
