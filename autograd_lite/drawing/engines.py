"""The engines that draw DOT: pygraphviz, which carries Graphviz, and the system's `dot`."""

import importlib.util
import os
import re
import sys
from collections.abc import Sequence

from autograd_lite.drawing.fonts import bundled_fonts

SECONDS = 60.0  # time limit for pygraphviz; Ctrl-C stops `dot`
_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
_REMEDY = "pip install pygraphviz, which carries Graphviz, or install Graphviz so that `dot` is found"


def choose_engine(engine: str) -> str:
    """Return `engine`, or for "auto" the first engine that is installed.

    Raises ValueError for an unknown name, RuntimeError if the engine is not installed.
    """
    if engine not in ("auto", *ENGINES):
        raise ValueError(f'draw: engine={engine!r}; it is "auto", {", ".join(map(repr, ENGINES))}')
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
    errors = [line for line in lines if line.startswith("Error:")]
    reason = " / ".join((errors or lines)[-3:])[-500:] or "it gave no reason"
    return RuntimeError(f"draw: the engine {engine!r} {'crashed' if returncode < 0 else 'fails'}: {reason}")


ENGINES = {"pygraphviz": _draw_with_pygraphviz, "dot": _draw_with_dot}
