"""Shared parts of the pictures: colours, line styles, markers, axes and legends."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from autograd_lite.extras import require

if TYPE_CHECKING:
    import matplotlib.axes

    Axes: TypeAlias = matplotlib.axes.Axes
else:
    Axes = Any  # matplotlib is slow to import, and optional

INK = "#0F172A"
MUTED = "#56657A"
QUIET = "#94A3B8"
GRID = "#E1E8F0"
SMALL = 9.0  # font size of notes and legends, in points


class Series(NamedTuple):
    """The look of one of several curves or groups of points."""

    colour: str
    line: Any
    marker: str


COLOURS = ("#0B5F95", "#D9730D", "#0F172A", "#0E9F77", "#A2508F")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1.2)))
MARKERS = ("o", "s", "D", "^", "v")


def series(i: int) -> Series:
    """Return the look of curve i, 0, 1, ...; 25 curves differ in their colour or their line and marker."""
    form = (i + i // 5) % 5
    return Series(COLOURS[i % 5], LINES[form], MARKERS[form])


def axes(ax: Axes | None, size: tuple[float, float] = (6.0, 4.2)) -> Axes:
    """Return `ax`, or the Axes of a new figure of `size` inches, without a frame."""
    if ax is None:
        ax = require("matplotlib.pyplot", "plot").subplots(figsize=size, layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def class_name(label: Any) -> str:
    """Return the name of a class in legends and labels: `class 1`, or the label if it is not a number."""
    return f"class {label:g}" if isinstance(label, int | float | np.number) else str(label)


def outer_legend(ax: Axes, lines: Sequence[Any], *, below: bool = False) -> None:
    """Put a legend outside the axes, where it covers nothing: above them, or below them and their label."""
    handle = 2.2 if lines[0].get_linestyle() != "None" else 0.8  # its length, in font sizes
    widest = 0.55 * max(len(str(line.get_label())) for line in lines) + handle + 1.7
    settings: Any = {"fontsize": SMALL, "handlelength": handle, "handletextpad": 0.5, "columnspacing": 1.5}
    settings["ncols"] = max(1, round(ax.bbox.width * 72 / ax.figure.dpi / SMALL / widest))
    if below:
        settings |= {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "borderaxespad": 4.2}
    else:
        settings |= {"loc": "lower left", "bbox_to_anchor": (0, 1)}
    ax.legend(handles=lines, frameon=False, **settings)
