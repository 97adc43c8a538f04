"""DOT to SVG, PNG and PDF by an engine; the pixels of a PNG are limited."""

import math
import re
from collections.abc import Sequence

from autograd_lite import errors
from autograd_lite.drawing.engines import draw_with
from autograd_lite.drawing.fonts import replace_missing_glyphs
from autograd_lite.drawing.svg import fix_text_widths

PIXELS = 32_000_000  # of a PNG, at most: 128 MB in memory
_DPI = 96  # dots an inch at scale 1; a point is 1/72 inch


def to_svgs(dots: Sequence[str], engine: str) -> list[bytes]:
    """Each of the DOT sources as SVG, with all its characters: the viewer's fonts draw them."""
    return [fix_text_widths(svg, layout) for svg, layout in draw_with(engine, dots, ["svg", "json"])]


def to_pdf(dot: str, engine: str) -> bytes:
    """The DOT source as PDF; a character that no bundled font can draw is written as its number."""
    return draw_with(engine, [replace_missing_glyphs(dot)], ["pdf"])[0][0]


def to_png(dot: str, engine: str, scale: float) -> bytes:
    """The DOT source as PNG of 96 dots an inch times `scale`, lowered with a warning above 32 megapixels.

    A character that no bundled font can draw is written as its number.
    """
    if not isinstance(scale, int | float) or not 0 < scale < math.inf:
        raise ValueError(f"draw: scale={scale!r}; give a positive number, 1 for 96 dots an inch")
    dot = replace_missing_glyphs(dot)
    svg = draw_with(engine, [dot], ["svg"])[0][0]
    width, height = map(float, re.findall(rb'="([\d.]+)pt"', svg)[:2])  # of the whole picture
    pixels = width * height * (_DPI / 72 * scale) ** 2
    if pixels < 1:
        raise ValueError(
            f"draw: scale={scale!r} leaves no pixel; a scale of 1 is {width:g} × {height:g} points"
        )
    if pixels > PIXELS:
        lowered = scale * math.sqrt(PIXELS / pixels)
        errors.warn(
            f"draw: {pixels / 1e6:.0f} million pixels at scale {scale:g}; drawn at scale {lowered:.2g}. "
            "An SVG or PDF has no such limit; another direction= may be smaller"
        )
        scale = lowered
    dot = dot.replace("{", f'{{ graph [dpi="{_DPI * scale:g}"]', 1)
    return draw_with(engine, [dot], ["png"])[0][0]
