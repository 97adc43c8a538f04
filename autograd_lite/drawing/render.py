"""DOT to SVG, PNG and PDF by an engine: pygraphviz, which carries Graphviz, or the system's `dot`.

Both draw with the bundled fonts alone, so a picture looks the same on every machine.
"""

import importlib.util
import math
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from autograd_lite import errors
from autograd_lite.arguments import one_of
from autograd_lite.drawing.svg import fix_text_widths

PIXELS = 32_000_000  # of a PNG, at most: 128 MB in memory
_DPI = 96  # dots an inch at scale 1; a point is 1/72 inch
SECONDS = 60.0  # time limit for pygraphviz; Ctrl-C stops `dot`
_FOLDER = os.path.dirname(os.path.abspath(__file__))
_WORKER = os.path.join(_FOLDER, "worker.py")
FONTS = os.path.join(_FOLDER, "fonts_data")
_FONTS_VARIABLE = "FONTCONFIG_FILE"
_lock = threading.Lock()
_REMEDY = "pip install pygraphviz, which carries Graphviz, or install Graphviz so that `dot` is found"


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


def choose_engine(engine: str) -> str:
    """Return `engine`, or for "auto" the first engine that is installed.

    Raises ValueError for an unknown name, RuntimeError if the engine is not installed.
    """
    one_of("draw", "engine", engine, ("auto", *ENGINES))
    for name in ENGINES if engine == "auto" else (engine,):
        if _is_installed(name):
            return name
    missing = "no engine is" if engine == "auto" else f"the engine {engine!r} is not"
    raise RuntimeError(f"draw: {missing} installed; {_REMEDY}")


def _is_installed(engine: str) -> bool:
    if engine == "dot":
        import shutil  # slow to import and seldom needed

        return shutil.which("dot") is not None
    found = importlib.util.find_spec(engine)
    return found is not None and found.has_location  # a folder that happens to have this name has no location


def draw_with(engine: str, dots: Sequence[str], formats: Sequence[str]) -> list[list[bytes]]:
    """Return each of the DOT sources in each of the formats, drawn by an engine or by "auto".

    Raises RuntimeError if no engine is installed, or with Graphviz's own message if it fails.
    """
    import tempfile  # slow to import and seldom needed

    draw = ENGINES[choose_engine(engine)]
    with (
        tempfile.TemporaryDirectory(prefix="drawing-", ignore_cleanup_errors=True) as folder,
        bundled_fonts(folder),
    ):
        return draw([dot.encode(errors="replace") for dot in dots], formats, folder)


def _draw_with_pygraphviz(dots: Sequence[bytes], formats: Sequence[str], folder: str) -> list[list[bytes]]:
    """Draw everything in one process of its own, which may hang or crash, by worker.py."""
    import subprocess  # these two are slow to import and seldom needed
    from pathlib import Path

    for index, dot in enumerate(dots):
        Path(folder, f"{index}.dot").write_bytes(dot)
    packages = [os.path.abspath(entry) for entry in sys.path if entry]  # without the current folder
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-S", _WORKER, " ".join(formats), *packages],
            cwd=folder,
            timeout=SECONDS,
            check=False,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"draw: the engine 'pygraphviz' was stopped after {SECONDS:g} seconds without a picture; "
            "a smaller max_nodes= or another direction= makes the layout easier"
        ) from None
    if ended.returncode or re.search(rb"^Error:", ended.stderr, re.MULTILINE):
        raise _failure("pygraphviz", ended.returncode, ended.stderr)
    return [[Path(folder, f"{i}.{format}").read_bytes() for format in formats] for i in range(len(dots))]


def _draw_with_dot(dots: Sequence[bytes], formats: Sequence[str], folder: str) -> list[list[bytes]]:
    """Run the system's `dot` once for every picture."""
    import graphviz  # slow to import and seldom needed

    try:
        return [[graphviz.pipe("dot", format, dot, quiet=True) for format in formats] for dot in dots]
    except graphviz.CalledProcessError as error:
        raise _failure("dot", error.returncode, error.stderr) from None
    except OSError as error:
        raise RuntimeError(f"draw: the engine 'dot' does not start: {error}") from error


def _failure(engine: str, returncode: int, stderr: bytes) -> RuntimeError:
    """Error with the end of what Graphviz wrote."""
    lines = stderr.decode(errors="replace").splitlines()
    reasons = [line for line in lines if line.startswith("Error:")]
    reason = " / ".join((reasons or lines)[-3:])[-500:] or "it gave no reason"
    return RuntimeError(f"draw: the engine {engine!r} {'crashed' if returncode < 0 else 'fails'}: {reason}")


@contextmanager
def bundled_fonts(folder: str) -> Iterator[None]:
    """Make processes that start meanwhile draw with the bundled fonts; `folder` is a temporary one."""
    import html  # these two are slow to import and seldom needed
    import shutil

    # Copies, because fontconfig writes a file of its own into every folder of fonts.
    shutil.copytree(FONTS, os.path.join(folder, "fonts"), copy_function=shutil.copyfile)
    path = os.path.join(folder, "fonts", "fonts.conf")
    with open(path, encoding="utf-8") as file:
        template = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(template.replace("{folder}", html.escape(folder)))
    with _lock:  # the environment belongs to all threads
        before = os.environ.get(_FONTS_VARIABLE)
        os.environ[_FONTS_VARIABLE] = path
        try:
            yield
        finally:
            del os.environ[_FONTS_VARIABLE]
            if before is not None:
                os.environ[_FONTS_VARIABLE] = before


def replace_missing_glyphs(text: str) -> str:
    """Replace each character that no bundled font can draw by its number: 🙂 becomes U+1F642."""
    return _missing_glyphs().sub(lambda found: f"U+{ord(found[0]):04X}", text)


@cache
def _missing_glyphs() -> re.Pattern[str]:
    """Pattern of the characters that no bundled font can draw; fonts_data/SOURCES.md describes the file."""
    with open(os.path.join(FONTS, "coverage.txt"), encoding="ascii") as file:
        ranges = (block.split("-") for block in file.read().split())
    drawn = "".join("-".join(f"\\U{code:0>8}" for code in ends) for ends in ranges)
    return re.compile(f"[^{drawn}]")


ENGINES = {"pygraphviz": _draw_with_pygraphviz, "dot": _draw_with_dot}
