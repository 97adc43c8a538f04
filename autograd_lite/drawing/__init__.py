"""Drawings of a graph: every tensor a card, every edge a road with a lane each way."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.drawing.dot import Style, to_dot
from autograd_lite.drawing.files import AnyPath, saved
from autograd_lite.drawing.film import Film
from autograd_lite.drawing.page import page
from autograd_lite.drawing.render import render
from autograd_lite.drawing.scene import Scene, snapshot, view
from autograd_lite.drawing.svg import for_column
from autograd_lite.drawing.table import table
from autograd_lite.drawing.theme import THEMES
from autograd_lite.extras import require
from autograd_lite.operation import install
from autograd_lite.tensor import Tensor

SUFFIXES = (".png", ".svg", ".pdf", ".html", ".dot")
CHOICES = {
    "detail": ("auto", "scalar", "tensor"),
    "show": ("both", "values", "gradients"),
    "direction": ("auto", "LR", "TB"),
    "theme": tuple(THEMES),
}


class Drawing:
    """A snapshot of a graph, drawn: later changes of the tensors do not change it.

    `save` writes a file; in a notebook it shows itself; `print` gives a table. `draw` makes it, of a
    `scene`, its `style` and the layout `engine`; pictures are a RuntimeError where no engine is installed.
    """

    def __init__(self, scene: Scene, style: Style, engine: str) -> None:
        self._scene, self._style, self._engine = scene, style, engine

    def save(self, path: AnyPath, *, scale: float = 2.0) -> AnyPath:
        """Write the drawing to `path`; its suffix says what it is: .png .svg .pdf .html .dot.

        The file appears whole or not at all, and no other file is written. `scale` is that of `to_png`.
        Raises a ValueError for another suffix, a FileNotFoundError where the folder is missing.
        """
        makers = (
            lambda: self.to_png(scale),
            lambda: self.to_svg().encode(),
            lambda: render(self.to_dot(), "pdf", self._engine),
            lambda: self.to_html().encode(),
            lambda: self.to_dot().encode(),
        )
        return saved(path, dict(zip(SUFFIXES, makers, strict=True)))

    def to_dot(self) -> str:
        """The DOT source."""
        return to_dot(view(self._scene), THEMES[self._style.theme], self._style)

    def to_svg(self) -> str:
        """The picture as SVG text."""
        return render(self.to_dot(), "svg", self._engine).decode()

    def to_png(self, scale: float = 2.0) -> bytes:
        """The picture as PNG bytes; `scale` 2 suits a screen of high density, 0 or less is a ValueError."""
        return render(self.to_dot(), "png", self._engine, scale)

    def to_html(self) -> str:
        """One HTML page, complete in itself, that steps forward and backward and folds layers."""
        return page(self._scene, self._style, self._engine)

    def to_graphviz(self) -> Any:
        """The DOT source as a `graphviz.Source`."""
        return require("graphviz", "draw").Source(self.to_dot())

    def show(self) -> None:
        """Show it: the picture below the cell in a notebook, elsewhere the page in the browser."""
        ipython = sys.modules.get("IPython")
        if ipython is not None and ipython.get_ipython() is not None:
            ipython.display.display(self)
        else:
            import tempfile  # both slow to import and seldom needed
            import webbrowser

            with tempfile.NamedTemporaryFile(suffix=".html", delete=False) as file:
                file.write(self.to_html().encode())
            webbrowser.open(f"file://{file.name}")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": for_column(self.to_svg()), "text/plain": str(self)}

    def __str__(self) -> str:
        return table(view(self._scene))


def draw(
    tensor: Tensor | Sequence[Tensor], *, model: Any = None, detail: str = "auto", show: str = "both",
    names: Any = None, direction: str = "auto", theme: str = "light", max_nodes: int = 60,
    engine: str = "auto", title: str | None = None, unfold: Iterable[str] = (), marks: Any = None,
) -> Drawing:  # fmt: skip
    """A `Drawing` of the graph that ends in `tensor`, or in several tensors, as it is now.

    `model` captions the layers by its modules; `detail` "scalar" draws each op as a sign of its own,
    "tensor" folds it into its output's card; `show` is "both", "values" or "gradients"; `names` (name
    -> tensor, such as locals(), or tensor -> name) renames; otherwise a tensor is called by its name
    or by the variable that holds it. `direction` is "LR" or "TB", `theme` "light" or "dark", `engine`
    "pygraphviz" or "dot"; `title` stands above. A graph of more than `max_nodes` cards has its layers, and
    then what repeats, folded into one card each, but for those whose titles `unfold` lists; one that is
    still too large is a ValueError. `marks` (tensor -> words) draws tensors in red. What is no tensor, and a
    setting that is none of these, is a TypeError or ValueError.
    """
    roots: list[Any] = list(tensor) if isinstance(tensor, list | tuple) else [tensor]
    if not roots:
        raise ValueError(f"draw: the {type(tensor).__name__} of tensors is empty")
    for root in roots:
        if not isinstance(root, Tensor):
            raise TypeError(f"draw: a {type(root).__name__} has no graph; pass the tensor that ends it")
    style = _style(theme, direction, title, show)
    options = _options(model, detail, show, names, max_nodes, marks, unfold)
    return Drawing(snapshot(roots, **options), style, engine)


def film(
    model: Any, X: Any, y: Any, *, loss: Any, every: int = 1, detail: str = "auto", show: str = "both",
    names: Any = None, direction: str = "auto", theme: str = "light", max_nodes: int = 60,
    engine: str = "auto", title: str | None = None,
) -> Film:  # fmt: skip
    """A `Film` of a training: a drawing of `loss(model(X), y)` at every so many steps.

    It is a callback: `fit(..., callbacks=[film])`; in a loop of your own call `film.record()` before it
    and `film.step()` after each step of the optimiser. Then `film.save("film.html")` writes one page with a
    slider over the steps: values, gradients, the curve of the loss, and for examples (n, 2) what the model
    says of the plane.
    Each drawing costs one forward and one backward pass over X and y. A `model` that is a Module, or a
    method of one, is drawn as it predicts and is not changed; a function around a Module with Dropout
    takes random numbers. The other settings are those of `draw`.
    """
    X, y = (np.asarray(x.data if isinstance(x, Tensor) else x) for x in (X, y))
    for name, value in (("model", model), ("loss", loss)):
        if not callable(value):
            raise TypeError(
                f"film: {name} is {value!r}; pass a function, such as ag.bce_with_logits for loss"
            )
    if X.ndim == 0 or y.ndim == 0 or not 0 < len(X) == len(y):
        raise ValueError(f"film: X has shape {X.shape} and y {y.shape}; give one label for each example")
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ValueError(f"film: every={every!r}; give a whole number of steps, 1 or more")
    style = _style(theme, direction, title, show)
    named = {"X": X, "y": y} if names is None else names
    module = model if hasattr(model, "named_modules") else getattr(model, "__self__", None)
    options = _options(module, detail, show, named, max_nodes, None, ())
    return Film(model, module, X, y, loss, every, style, options, engine)


def _style(theme: str, direction: str, title: Any, show: str) -> Style:
    """The look of a drawing; an error for what is no such look."""
    for name, value in (("show", show), ("direction", direction), ("theme", theme)):
        _one_of(name, value)
    return Style(theme, direction, None if title is None else str(title), show)


def _options(
    model: Any, detail: str, show: str, names: Any, max_nodes: int, marks: Any, unfold: Any
) -> dict[str, Any]:
    """The arguments of a snapshot; an error for what is none."""
    _one_of("detail", detail)
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, int | np.integer) or max_nodes < 1:
        raise ValueError(f"draw: max_nodes={max_nodes!r}; give a whole number, 1 or more")
    if isinstance(unfold, str) or not isinstance(unfold, Iterable):
        raise TypeError(f"draw: unfold is {unfold!r}; pass a list of titles: unfold=['layer1']")
    for what, value, needed in (
        ("model", model, "named_modules"),
        ("names", names, "items"),
        ("marks", marks, "items"),
    ):
        if value is not None and (not hasattr(value, needed) or isinstance(value, type)):
            wanted = "an nn.Module" if what == "model" else "a dictionary, such as locals()"
            raise TypeError(f"draw: {what} is a {type(value).__name__}; pass {wanted}")
    return {
        "model": model, "detail": detail, "names": names, "show": show, "max_nodes": max_nodes,
        "marks": marks, "unfold": unfold,
    }  # fmt: skip


def _one_of(name: str, value: str) -> None:
    if not isinstance(value, str) or value not in CHOICES[name]:
        raise ValueError(f"draw: {name}={value!r}; it is {', '.join(map(repr, CHOICES[name]))}")


draw.film = film  # type: ignore[attr-defined]
install("draw", draw)
