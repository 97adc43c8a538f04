"""Graphviz at work in a process of its own: neither a hang nor a crash of it reaches the user's program."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd_lite.drawing.fonts import environment

SECONDS = 60.0  # that a layout may take
_WORKER = """
import sys
formats, names = sys.argv[1].split(), sys.argv[2].split()
sys.path += sys.argv[3:]
from pygraphviz import AGraph, graphviz
context = getattr(graphviz, "gvContextWithBuiltins", graphviz.gvContext)()
for name in names:
    graph = AGraph(filename=name)
    if graphviz.gvLayout(context, graph.handle, b"dot"):
        sys.exit("Error: the layout failed")
    for format in formats:
        _, picture = graphviz.gvRenderData(context, graph.handle, format.encode())
        with open(f"{name}.{format}", "wb") as file:
            file.write(picture)
    graphviz.gvFreeLayout(context, graph.handle)
"""


class Engine(NamedTuple):
    """A way to Graphviz: whether it is here, and the command that draws files in formats.

    The command runs in the folder of the files; it writes the SVG of `0.dot` to `0.dot.svg`.
    """

    is_here: Callable[[], bool]
    command: Callable[[Sequence[str], Sequence[str]], list[str]]


def _has_embedded() -> bool:
    found = importlib.util.find_spec("pygraphviz")
    return found is not None and found.has_location  # a folder of that name has none


def _embedded(names: Sequence[str], formats: Sequence[str]) -> list[str]:
    """The worker: a bare Python that finds what this one finds, except in the current folder."""
    path = [os.path.abspath(entry) for entry in sys.path if entry]
    return [sys.executable, "-I", "-S", "-c", _WORKER, " ".join(formats), " ".join(names), *path]


def _dot() -> str | None:
    import shutil  # slow to import, and `import autograd_lite` needs it not

    return shutil.which("dot")


def _system(names: Sequence[str], formats: Sequence[str]) -> list[str]:
    return [os.path.abspath(_dot() or "dot"), *(f"-T{fmt}" for fmt in formats), "-O", *names]


ENGINES = {
    "pygraphviz": Engine(_has_embedded, _embedded),
    "dot": Engine(lambda: _dot() is not None, _system),
}


def pictures(
    engine: str, dots: Sequence[str], formats: Sequence[str], fonts: Sequence[str]
) -> list[list[bytes]]:
    """Each drawing in each of the formats, laid out once, all in one process."""
    import tempfile  # slow to import, and `import autograd_lite` needs it not

    with tempfile.TemporaryDirectory(prefix="drawing-", ignore_cleanup_errors=True) as folder:
        names = [f"{i}.dot" for i in range(len(dots))]
        for name, dot in zip(names, dots, strict=True):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(dot.encode(errors="replace"))
        _run(engine, ENGINES[engine].command(names, formats), fonts, folder)
        return [[_read(engine, folder, f"{name}.{fmt}") for fmt in formats] for name in names]


def _run(engine: str, command: list[str], fonts: Sequence[str], folder: str) -> None:
    """Run to the end, or raise a RuntimeError that says why there is no picture."""
    import signal  # both slow to import, and `import autograd_lite` needs them not
    import subprocess

    try:
        ended = subprocess.run(
            command, cwd=folder, env=environment(fonts, folder), timeout=SECONDS, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"draw: the engine {engine!r} was stopped after {SECONDS:g} seconds without a picture; "
            "a smaller max_nodes= or another direction= makes the layout easier"
        ) from None
    except OSError as error:
        raise RuntimeError(f"draw: the engine {engine!r} does not start: {error}") from error
    lines = ended.stderr.decode(errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("Error:")]
    if ended.returncode or errors:
        how = "fails" if ended.returncode >= 0 else f"crashed ({signal.strsignal(-ended.returncode)})"
        said = " / ".join((errors or lines)[-3:])[-500:] or "it said nothing"
        raise RuntimeError(f"draw: the engine {engine!r} {how}: {said}")


def _read(engine: str, folder: str, name: str) -> bytes:
    """What the engine wrote, which is something."""
    path = os.path.join(folder, name)
    if not os.path.exists(path) or not os.path.getsize(path):
        raise RuntimeError(f"draw: the engine {engine!r} made no {name.rpartition('.')[2].upper()}")
    with open(path, "rb") as file:
        return file.read()
