"""The function `draw`, and the class that writes a drawing in every format."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, get_args

from autograd_lite.arguments import one_of, whole_number
from autograd_lite.drawing.card_builder import CardBuilder
from autograd_lite.drawing.dot import Style, to_dot
from autograd_lite.drawing.page import stepping_page
from autograd_lite.drawing.render import to_pdf, to_png, to_svgs
from autograd_lite.drawing.scene import Scene, snapshot, view
from autograd_lite.drawing.table import table
from autograd_lite.drawing.theme import THEMES
from autograd_lite.tensor import Tensor

if TYPE_CHECKING:
    import graphviz  # slow to import, and at run time only `to_graphviz` needs it

_IN_COLUMN = "max-width:min(100%,900px);height:auto"  # of a notebook, in the picture's own size at most
AnyPath = TypeVar("AnyPath", bound="str | os.PathLike[str]")
Names = Mapping[str, Any] | Mapping[Tensor, str]
Detail = Literal["auto", "scalar", "tensor"]
Show = Literal["both", "values", "gradients"]
Direction = Literal["auto", "LR", "TB"]
ThemeName = Literal["light", "dark"]
EngineName = Literal["auto", "pygraphviz", "dot"]
CHOICES: dict[str, tuple[str, ...]] = {
    "detail": get_args(Detail),
    "show": get_args(Show),
    "direction": get_args(Direction),
    "theme": get_args(ThemeName),
}


class Settings(TypedDict, total=False):
    """The settings that `draw` and `film` share."""

    detail: Detail
    show: Show
    names: Names | None
    direction: Direction
    theme: ThemeName
    max_nodes: int
    engine: EngineName
    title: str | None


class Drawing:
    """A snapshot of a graph, drawn; later changes of the tensors do not change it. `draw` makes one.

    `save` writes a file, `print` shows a table, and a notebook shows the picture. `scene` is the snapshot,
    `style` its look, `engine` draws it. Pictures and pages raise RuntimeError if no engine is installed.
    """

    def __init__(self, scene: Scene, style: Style, engine: str) -> None:
        self._scene = scene
        self._style = style
        self._engine = engine

    def save(self, path: AnyPath, *, scale: float = 2.0) -> AnyPath:
        """Write the drawing to `path`, whose suffix selects the format, and return `path`.

        `scale` is used for .png, see `to_png`. Raises ValueError for a suffix without a format,
        FileNotFoundError if the folder does not exist.
        """
        content = FORMATS[check_path(path, FORMATS)](self, scale)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def to_dot(self) -> str:
        """The drawing as DOT source, the language of Graphviz."""
        return to_dot(view(self._scene), THEMES[self._style.theme], self._style)

    def to_svg(self) -> str:
        """The drawing as SVG text."""
        return to_svgs([self.to_dot()], self._engine)[0].decode()

    def to_png(self, scale: float = 2.0) -> bytes:
        """The drawing as PNG. A `scale` of 1 is 96 dots an inch; 2 suits a screen of high density.

        Raises ValueError if `scale` is not positive. A picture of more than 32 million pixels is drawn at a
        lower scale, with a warning.
        """
        return to_png(self.to_dot(), self._engine, scale)

    def to_pdf(self) -> bytes:
        """The drawing as PDF."""
        return to_pdf(self.to_dot(), self._engine)

    def to_html(self) -> str:
        """One HTML page that steps forward and backward and folds layers; it loads nothing from outside."""
        return stepping_page(self._scene, self._style, self._engine)

    def to_graphviz(self) -> graphviz.Source:
        """The DOT source as a `Source` of the package graphviz."""
        import graphviz

        return graphviz.Source(self.to_dot())

    def show(self) -> None:
        """Show the picture below the cell in a notebook, elsewhere the HTML page in the browser."""
        ipython = sys.modules.get("IPython")
        if ipython is not None and ipython.get_ipython() is not None:
            ipython.display.display(self)
            return
        import tempfile  # these two are slow to import and seldom needed
        import webbrowser

        with tempfile.NamedTemporaryFile(suffix=".html", delete=False) as file:
            file.write(self.to_html().encode())
        webbrowser.open(f"file://{file.name}")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        fitted = self.to_svg().replace("<svg ", f'<svg style="{_IN_COLUMN}" ', 1)
        return {"image/svg+xml": fitted, "text/plain": str(self)}

    def __str__(self) -> str:
        return table(view(self._scene))


# To add a format, write its method above and its row here, a function of the drawing and the scale.
FORMATS: dict[str, Callable[[Drawing, float], bytes]] = {
    ".png": Drawing.to_png,
    ".svg": lambda drawing, scale: drawing.to_svg().encode(),
    ".pdf": lambda drawing, scale: drawing.to_pdf(),
    ".html": lambda drawing, scale: drawing.to_html().encode(),
    ".dot": lambda drawing, scale: drawing.to_dot().encode(),
}


def check_path(path: str | os.PathLike[str], suffixes: Iterable[str]) -> str:
    """Return the suffix of `path` in lower case.

    Raises ValueError if it is not one of `suffixes`, FileNotFoundError if the folder does not exist.
    """
    folder, name = os.path.split(os.fspath(path))
    suffix = os.path.splitext(name)[1]
    if suffix.lower() not in suffixes:
        raise ValueError(f"draw: {name!r} ends in {suffix!r}; the formats are {', '.join(suffixes)}")
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"draw: there is no folder {folder!r} for {name!r}; make it first")
    return suffix.lower()


def draw(
    tensor: Tensor | Sequence[Tensor],
    *,
    model: Any = None,
    detail: Detail = "auto",
    show: Show = "both",
    names: Names | None = None,
    direction: Direction = "auto",
    theme: ThemeName = "light",
    max_nodes: int = 60,
    engine: EngineName = "auto",
    title: str | None = None,
    unfold: Iterable[str] = (),
    marks: Mapping[Tensor, str] | None = None,
) -> Drawing:
    """A `Drawing` of the graph that ends in `tensor`, or in each of a list of tensors, as it is now.

    - `model`: the nn.Module whose layers become boxes with captions.
    - `detail`: "scalar" draws each op as a sign of its own, "tensor" in the card of its result; "auto" is
      "scalar" if all values are single numbers.
    - `show`: "both", "values" or "gradients".
    - `names`: name -> tensor, such as `locals()`, or tensor -> name. Other tensors get their own name, or
      the name of the variable that holds them.
    - `direction`: "LR" is left to right, "TB" top to bottom; "auto" depends on the length of the graph.
    - `theme`: "light" or "dark"; `title`: a heading.
    - `max_nodes`: number of cards, at most. A larger graph has its layers folded into one card each, then
      its repetitions. `unfold`: titles of folded cards to draw in full.
    - `engine`: "pygraphviz", "dot", or "auto" for the first that is installed.
    - `marks`: tensor -> words, an alert on its card.

    Raises TypeError or ValueError for a wrong argument, ValueError if the folded graph is still too large.
    """
    roots: list[Any] = list(tensor) if isinstance(tensor, list | tuple) else [tensor]
    if not roots:
        raise ValueError(f"draw: the {type(tensor).__name__} of tensors is empty")
    for root in roots:
        if not isinstance(root, Tensor):
            raise TypeError(f"draw: a {type(root).__name__} has no graph; pass the tensor that ends it")
    for name, choice in (("detail", detail), ("show", show), ("direction", direction), ("theme", theme)):
        one_of("draw", name, choice, CHOICES[name])
    whole_number("draw", "max_nodes", max_nodes)
    if isinstance(unfold, str) or not isinstance(unfold, Iterable):
        raise TypeError(f"draw: unfold is {unfold!r}; pass a list of titles: unfold=['layer1']")
    for name, value, method, wanted in (
        ("model", model, "named_modules", "an nn.Module"),
        ("names", names, "items", "a dictionary, such as locals()"),
        ("marks", marks, "items", "a dictionary, such as {loss: 'too large'}"),
    ):
        if value is not None and (not hasattr(value, method) or isinstance(value, type)):
            raise TypeError(f"draw: {name} is a {type(value).__name__}; pass {wanted}")
    builder = CardBuilder(roots, model, detail, names, show, marks or {})
    scene = snapshot(builder, max_nodes, unfold)
    return Drawing(scene, Style(theme, direction, None if title is None else str(title), show), engine)
