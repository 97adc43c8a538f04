"""SVG text held to its measured width: where a viewer lacks the font, words still stay on their card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from autograd_lite.drawing.theme import NAMES

COLUMN = 900  # pixels, about what the column of a notebook has
_SIZE = re.compile(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"')
_TEXT = re.compile(rb'<text ([^>]*? x="(-?[\d.]+)" y="(-?[\d.]+)"[^>]*)>')


def fitted(svg: bytes, layout: bytes) -> bytes:
    """The SVG with the width of every text, as Graphviz tells it in its JSON of the same picture."""
    import json  # slow to import, and `import autograd_lite` needs it not

    try:
        widths = {(x, y): width for x, y, width in _texts(json.loads(layout))}
    except ValueError:  # an engine without JSON: the picture is right, only its text is not held
        return svg

    def hold(found: re.Match[bytes]) -> bytes:
        width = widths.get((float(found[2]), -float(found[3])))
        if width is None:
            return found[0]
        return b'<text %b textLength="%.2f" lengthAdjust="spacingAndGlyphs">' % (found[1], width)

    return _TEXT.sub(hold, svg)


def _texts(layout: Any) -> Iterator[tuple[float, float, float]]:
    """Place and width of every text that the layout draws."""
    stack = [layout]
    while stack:
        told = stack.pop()
        if isinstance(told, list):
            stack += told
        elif isinstance(told, dict):
            if told.get("op") == "T":
                yield *told["pt"], told["width"]
            stack += told.values()


def for_column(svg: str) -> str:
    """An SVG for a notebook: in its own size where the column has room, and never wider than 900 pixels."""

    def sized(found: re.Match[str]) -> str:
        width, height = (float(points) * 96 / 72 for points in found.groups())
        part = min(1.0, COLUMN / width)
        size = f'width="{part * width:.0f}" height="{part * height:.0f}"'
        return f'<svg {size} style="max-width:100%;height:auto"'

    return _SIZE.sub(sized, svg, count=1)


_UNNEEDED = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<title>(?!\w+&#45;&gt;).*?</title>"
    r'| (?:xml:space|text-anchor|font-family|xmlns:xlink)="[^"]*"',
    re.DOTALL,
)
_CELL = re.compile(
    r'<polygon fill="(#\w+)" stroke="none" points="([-\d.]+),([-\d.]+) \S+ ([-\d.]+),([-\d.]+) [^"]*"/>'
    r'\s*<polygon fill="none"[^>]*/>'
)


def for_page(svg: bytes) -> str:
    """An SVG drawn in stand-in colours, as a page holds it: colours by name, roads with their two ends.

    A heat cell is one `rect`; a road says where it comes from and goes to as `data-s` and `data-t`.
    """
    text = _UNNEEDED.sub("", svg.decode())
    text = re.sub(r'<svg width="\S+" height="\S+"\s', "<svg ", text)
    text = re.sub(
        r'<g id="\w+" class="edge">\s*<title>(\w+)&#45;&gt;(\w+)</title>',
        r'<g class="edge" data-s="\1" data-t="\2">',
        text,
    )
    text = _CELL.sub(_cell, text)
    text = re.sub(r'"(#a0[0-9a-f]{4})"', lambda found: f'"var(--{NAMES[found[1].upper()]})"', text)
    return re.sub(r">\s+<", "><", text).strip()


def _cell(found: re.Match[str]) -> str:
    left, bottom, right, top = map(float, found.groups()[1:])
    size = f'x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}"'
    return f'<rect class="cell" fill="{found[1]}" {size}/>'
