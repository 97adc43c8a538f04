"""SVG texts made ready for where they are shown: any viewer, a notebook's column, or an HTML page."""

import re
from typing import Any

from autograd_lite.drawing.theme import NAMES

_TEXT = re.compile(rb'<text ([^>]*? x="(-?[\d.]+)" y="(-?[\d.]+)"[^>]*)>')
_UNNEEDED = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<title>(?!\w+&#45;&gt;).*?</title>"
    r'| (?:xml:space|text-anchor|font-family|xmlns:xlink)="[^"]*"',
    re.DOTALL,
)
_EDGE = re.compile(r'<g id="\w+" class="edge">\s*<title>(\w+)&#45;&gt;(\w+)</title>')
_CELL = re.compile(
    r'<polygon fill="(#\w+)" stroke="none" points="([-\d.]+),([-\d.]+) \S+ ([-\d.]+),([-\d.]+) [^"]*"/>'
    r'\s*<polygon fill="none"[^>]*/>'
)


def fix_text_widths(svg: bytes, layout: bytes) -> bytes:
    """The SVG with the measured width of every text, so that it fits where the viewer lacks the font.

    `layout` is Graphviz's JSON of the same picture, which has the widths.
    """
    import json  # slow to import and seldom needed

    widths = {}

    def store_width(item: dict[str, Any]) -> None:
        if item.get("op") == "T":  # text
            widths[tuple(item["pt"])] = item["width"]

    json.loads(layout, object_hook=store_width)

    def with_width(found: re.Match[bytes]) -> bytes:
        width = widths.get((float(found[2]), -float(found[3])))
        if width is None:
            return found[0]
        return b'<text %b textLength="%.2f" lengthAdjust="spacingAndGlyphs">' % (found[1], width)

    return _TEXT.sub(with_width, svg)


def embed(svg: bytes) -> str:
    """The SVG of a drawing in STAND_INS as an HTML page holds it: its colours are CSS variables.

    A heat cell becomes one `rect`; an edge names the ids of its two cards as `data-s` and `data-t`.
    """
    text = _UNNEEDED.sub("", svg.decode())
    text = re.sub(r'<svg width="\S+" height="\S+"\s', "<svg ", text)
    text = _EDGE.sub(r'<g class="edge" data-s="\1" data-t="\2">', text)
    text = _CELL.sub(_rect, text)
    text = re.sub(r'"(#a0[0-9a-f]{4})"', lambda found: f'"var(--{NAMES[found[1].upper()]})"', text)
    return re.sub(r">\s+<", "><", text).strip()


def _rect(found: re.Match[str]) -> str:
    left, bottom, right, top = map(float, found.groups()[1:])
    size = f'x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}"'
    return f'<rect class="cell" fill="{found[1]}" {size}/>'
