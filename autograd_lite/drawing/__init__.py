"""Drawings of a graph: every tensor a card, every edge a road with a lane each way."""

from __future__ import annotations

import os
import sys
from typing import Any, TypeVar

from autograd_lite.drawing.dot import to_dot
from autograd_lite.drawing.render import render, write
from autograd_lite.drawing.scene import Scene, snapshot
from autograd_lite.drawing.statistics import Statistics, extremes
from autograd_lite.drawing.text import number, shape
from autograd_lite.drawing.theme import THEMES
from autograd_lite.extras import require
from autograd_lite.operation import install
from autograd_lite.tensor import Tensor

_CHOICES = {
    "detail": ("auto", "scalar", "tensor"),
    "show": ("both", "values", "gradients"),
    "direction": ("auto", "LR", "TB"),
    "theme": tuple(THEMES),
}
_SUFFIXES = ("png", "svg", "pdf", "dot")
_AnyPath = TypeVar("_AnyPath", bound="str | os.PathLike[str]")


class Drawing:
    """A snapshot of a graph, drawn: later changes of the tensors do not change it.

    `save` writes a file; in a notebook it shows itself; `print` gives a table.
    """

    def __init__(self, scene: Scene, dot: str, engine: str) -> None:
        self._scene, self._dot, self._engine = scene, dot, engine

    def save(self, path: _AnyPath, *, scale: float = 2.0) -> _AnyPath:
        """Write the picture to `path`; its suffix (.png .svg .pdf .dot) says what it is."""
        plain: str | os.PathLike[str] = path
        folder, name = os.path.split(os.fspath(plain))
        suffix = os.path.splitext(name)[1]
        kind = suffix[1:].lower()
        if kind not in _SUFFIXES:
            raise ValueError(
                f"draw: {name!r} ends in {suffix!r}; the kinds are "
                f"{', '.join('.' + suffix for suffix in _SUFFIXES)}"
            )
        if folder and not os.path.isdir(folder):
            raise FileNotFoundError(f"draw: there is no folder {folder!r} for {name!r}; make it first")
        dot = self._dot
        write(folder, name, dot.encode() if kind == "dot" else render(dot, kind, self._engine, scale))
        return path

    def to_dot(self) -> str:
        """The DOT source."""
        return self._dot

    def to_svg(self) -> str:
        """The picture as SVG text."""
        return render(self._dot, "svg", self._engine).decode()

    def to_png(self, scale: float = 2.0) -> bytes:
        """The picture as PNG bytes; scale 2 suits a screen of high density."""
        return render(self._dot, "png", self._engine, scale)

    def to_graphviz(self) -> Any:
        """The DOT source as a `graphviz.Source`."""
        return require("graphviz", "draw").Source(self._dot)

    def show(self) -> None:
        """Show the picture: below the cell in a notebook, elsewhere in the browser."""
        ipython = sys.modules.get("IPython")
        if ipython is not None and ipython.get_ipython() is not None:
            ipython.display.display(self)
        else:
            import tempfile  # both slow to import and seldom needed
            import webbrowser

            with tempfile.NamedTemporaryFile(suffix=".svg", delete=False) as file:
                file.write(self.to_svg().encode())
            webbrowser.open(f"file://{file.name}")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.to_svg(), "text/plain": str(self)}

    def __str__(self) -> str:
        rows: list[tuple[str, ...]] = [("tensor", "kind", "shape", "value", "grad", "")]
        for card in self._scene.cards:
            told = [
                _brief(card.value),
                _brief(card.grad) if card.grad else card.absent,
            ]
            remarks = "; ".join((*card.notes, *(f"! {alert}" for alert in card.alerts)))
            rows.append(
                (card.title if card.symbol else card.name, card.kind, shape(card.value.shape), *told, remarks)
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
        )


def _brief(told: Statistics) -> str:
    return number(told.rows[0][0]) if told.size == 1 else extremes(told)


def draw(
    tensor: Tensor, *, model: Any = None, detail: str = "auto", show: str = "both", names: Any = None,
    direction: str = "auto", theme: str = "light", max_nodes: int = 60, engine: str = "auto",
    title: str | None = None, marks: Any = None,
) -> Drawing:  # fmt: skip
    """A `Drawing` of the graph that ends in `tensor`, as it is now.

    `model` captions the layers by its modules; `detail` "scalar" draws each op as a sign of its own,
    "tensor" folds it into its output's card; `show` is "both", "values" or "gradients"; `names` (name
    -> tensor, such as locals(), or tensor -> name) renames; otherwise a tensor is called by its name
    or by the variable that holds it. `marks` (tensor -> words) draws tensors
    in red. `direction` is "LR" or "TB", `theme` "light" or "dark", `engine`
    "pygraphviz" or "dot". More than `max_nodes` cards are an error.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"draw: a {type(tensor).__name__} has no graph; pass the tensor that ends it")
    given = {"detail": detail, "show": show, "direction": direction, "theme": theme}
    for name, value in given.items():
        if value not in _CHOICES[name]:
            raise ValueError(f"draw: {name}={value!r}; it is {', '.join(map(repr, _CHOICES[name]))}")
    if not isinstance(max_nodes, int) or max_nodes < 1:
        raise ValueError(f"draw: max_nodes={max_nodes!r}; give a whole number, 1 or more")
    for what, value, needed in (
        ("model", model, "named_modules"),
        ("names", names, "items"),
        ("marks", marks, "items"),
    ):
        if value is not None and not hasattr(value, needed):
            wanted = "an nn.Module" if what == "model" else "a dictionary, such as locals()"
            raise TypeError(f"draw: {what} is a {type(value).__name__}; pass {wanted}")
    title = None if title is None else str(title)
    scene = snapshot(tensor, model, detail, names, show, max_nodes, marks)
    return Drawing(scene, to_dot(scene, THEMES[theme], direction, title, show), engine)


install("draw", draw)
