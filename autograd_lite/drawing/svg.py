"""SVG text held to its measured width: where a viewer lacks the font, words still stay on their card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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
