"""DOT through Graphviz to PNG, SVG and PDF: by the embedded engine, else by the system's `dot`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from autograd_lite import errors
from autograd_lite.drawing.engines import ENGINES, pictures
from autograd_lite.drawing.fonts import legible, ours
from autograd_lite.drawing.svg import fitted

PIXELS = 32_000_000
_BASE_DPI = 96
_WAYS = "pip install pygraphviz, which carries Graphviz, or install Graphviz so that `dot` is found"


def chosen(engine: str) -> str:
    """The engine to use: the named one, or the first that is here; an error with the ways to get one."""
    if engine not in ("auto", *ENGINES):
        raise ValueError(f'draw: engine={engine!r}; it is "auto", {", ".join(map(repr, ENGINES))}')
    for name in ENGINES if engine == "auto" else (engine,):
        if ENGINES[name].is_here():
            return name
    missing = "no Graphviz engine is here" if engine == "auto" else f"the engine {engine!r} is not here"
    raise RuntimeError(f"draw: {missing}; {_WAYS}")


def render(dot: str, fmt: str, engine: str, scale: float = 1.0) -> bytes:
    """The bytes of a picture; `scale` multiplies the pixels of a PNG, within a cap of 32 million.

    An SVG keeps every character, for the viewer's fonts to draw. In a PNG or PDF a character that no
    font here has is written as its number, such as U+1F642.
    """
    if not isinstance(scale, int | float) or not 0 < scale < math.inf:
        raise ValueError(f"draw: scale={scale!r}; give a positive number, 1 for 96 dots an inch")
    if fmt == "svg":
        return fitted(*layouts([dot], engine)[0])
    engine = chosen(engine)
    dot, fonts = legible(dot)
    if fmt == "png":
        scale = _within_cap(pictures(engine, [dot], ["svg"], fonts)[0][0], scale)
        dot = dot.replace("{", f'{{ graph [dpi="{_BASE_DPI * scale:g}"]', 1)
    return pictures(engine, [dot], [fmt], fonts)[0][0]


def layouts(dots: Sequence[str], engine: str) -> list[tuple[bytes, bytes]]:
    """SVG and JSON of each drawing as Graphviz writes them, all by one process; see `svg.fitted`."""
    fonts, _ = ours("".join(dots))
    return [(svg, layout) for svg, layout in pictures(chosen(engine), dots, ["svg", "json"], fonts)]


def _within_cap(svg: bytes, scale: float) -> float:
    """The scale, lowered with a warning where the picture would have too many pixels."""
    found = re.search(rb'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    width, height = (float(x) for x in found.groups()) if found else (0.0, 0.0)
    pixels = width * height * (_BASE_DPI / 72 * scale) ** 2
    if found and pixels < 1:
        raise ValueError(
            f"draw: scale={scale!r} leaves no pixel; a scale of 1 is {width:g} × {height:g} points"
        )
    if pixels <= PIXELS:
        return scale
    lowered = scale * math.sqrt(PIXELS / pixels)
    errors.warn(
        f"draw: {pixels / 1e6:.0f} million pixels at scale {scale:g}; drawn at scale {lowered:.2g}. "
        "An SVG or PDF has no such limit; another direction= may be smaller"
    )
    return lowered
