"""What the pictures share: a palette, line styles and markers, axes, and labels that stand at their lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.extras import require

INK, MUTED, QUIET, GRID = "#0F172A", "#56657A", "#94A3B8", "#E1E8F0"
SMALL = 9.0  # points, of labels in a picture


class Series(NamedTuple):
    """How one of several curves or groups of points looks: it differs in colour, lightness and form."""

    colour: str
    line: Any
    marker: str


SERIES = (
    Series("#0B5F95", "-", "o"),
    Series("#D9730D", (0, (5, 1.5)), "s"),
    Series("#0F172A", (0, (1, 1.2)), "D"),
    Series("#0E9F77", (0, (6, 1.5, 1, 1.5)), "^"),
    Series("#A2508F", (0, (3, 1.2)), "v"),
)


def series(i: int) -> Series:
    """The look of curve i, 0, 1, ...; after five they repeat."""
    return SERIES[i % len(SERIES)]


def dark(colour: Any) -> Any:
    """The colour of text that belongs to what is drawn in `colour`: darker, for small text needs contrast."""
    return tuple(0.72 * part for part in require("matplotlib.colors", "plot").to_rgb(colour))


def axes(ax: Any, size: tuple[float, float] = (6.0, 4.2)) -> Any:
    """The Axes to draw on, of a new figure of `size` inches where `ax` is None, without a frame."""
    if ax is None:
        ax = require("matplotlib.pyplot", "plot").subplots(figsize=size, layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def halo(width: float = 3.0) -> list[Any]:
    """Path effects that keep text or a line legible on any ground: a white rim."""
    return [require("matplotlib.patheffects", "plot").withStroke(linewidth=width, foreground="white")]


def note(
    ax: Any, text: str, xy: Any, offset: tuple[float, float] = (0, 0), colour: str = INK, **settings: Any
) -> Any:
    """A small text with a rim, `offset` points from the point `xy` of the data."""
    settings = {"fontsize": SMALL, "color": dark(colour), "path_effects": halo(), **settings}
    return ax.annotate(text, xy, offset, textcoords="offset points", **settings)


def spread(wanted: Any, least: float) -> Any:
    """Positions in [0, 1] near the wanted ones, in their order, that lie `least` apart where there is room.

    >>> spread([0.5, 0.5, 0.9], 0.25)
    array([0.375, 0.625, 0.9  ])
    """
    wanted = np.asarray(wanted, float)
    order = np.argsort(wanted, kind="stable")
    steps = min(least, 1.0 / max(len(wanted) - 1, 1)) * np.arange(len(wanted))
    # With the gaps taken out, positions only have to be in order: the best ones by isotonic regression.
    blocks: list[list[float]] = []
    for value in wanted[order] - steps:
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) >= np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    flat = np.concatenate([np.full(len(b), np.mean(b)) for b in blocks] or [steps])
    found = np.empty(len(wanted))
    found[order] = np.clip(flat, 0.0, 1.0 - steps[-1:].sum()) + steps
    return found


def arrange(ax: Any) -> None:
    """Give the axes the place that the layout of their figure wants for them, so that it can be measured."""
    ax.figure.canvas.figure.draw_without_rendering()


def at_ends(lines: Sequence[tuple[Any, str]], size: float = SMALL) -> None:
    """Write each text at the right end of its line, in its colour, and make room for it there.

    The lines are on one Axes, or on two that share x. Texts that would overlap stand apart, with a
    thin line to their curve. The limits of the axes are final afterwards.
    """
    ax = lines[0][0].axes
    arrange(ax)
    width, height = (length * 72 / ax.figure.dpi for length in ax.bbox.size)
    room = min((max(len(text) for _, text in lines) * 0.62 * size + 16) / width, 0.6)
    corner = ax.transAxes.transform((1 / (1 - room), 0))
    ax.set_xlim(right=ax.transData.inverted().transform(corner)[0])
    ends = [line.axes.transData.transform(line.get_xydata()[-1]) for line, _ in lines]
    x, y = ax.transAxes.inverted().transform(ends).T
    margin = 0.7 * size / height
    places = margin + (1 - 2 * margin) * spread((y - margin) / (1 - 2 * margin), 1.35 * size / height)
    for (line, text), start, wanted, found in zip(lines, x, y, places, strict=True):
        at, colour = (x.max() + 14 / width, found), line.get_color()
        if max(at[0] - start - 14 / width, abs(found - wanted)) > 0.01:
            ends_at = [start + 2 / width, at[0] - 2 / width], [wanted, found]
            ax.plot(*ends_at, transform=ax.transAxes, color=colour, linewidth=0.6, alpha=0.7)
        ax.text(*at, text, transform=ax.transAxes, fontsize=size, color=dark(colour), va="center")


def beside(ax: Any, lines: Sequence[tuple[Any, str]], avoid: Sequence[Any] = ()) -> None:
    """Write each text, a word in a row, beside its line, clear of other lines and of the texts to `avoid`.

    The limits of `ax` must be final.
    """
    arrange(ax)
    point = ax.figure.dpi / 72
    tracks = [dense(ax.transData.transform(line.get_xydata()), 3 * point) for line, _ in lines]
    sides = np.array([(np.cos(a), np.sin(a)) for a in np.arange(16) * np.pi / 8])
    extents = [text.get_window_extent() for text in avoid]
    boxes = [((box.min + box.max) / 2, box.size / 2) for box in extents]
    for i, (line, text) in enumerate(lines):
        label = ax.text(
            0, 0, text.replace(" ", "\n"), fontsize=SMALL, linespacing=1.0, color=dark(line.get_color()),
            weight="bold", path_effects=halo(3.5), ha="center", va="center", zorder=6,
        )  # fmt: skip
        half = np.array(label.get_window_extent().size) / 2 + point
        own = tracks[i][:: max(1, len(tracks[i]) // 60)]
        middles = (own[:, None] + np.clip(1.5 * sides, -1, 1) * (half + 5 * point)).reshape(-1, 2)
        others = [track for j, track in enumerate(tracks) if j != i]
        apart = np.min([gap(own, 0.0, t) for t in others] or [np.full(len(own), np.inf)], axis=0)
        clear = np.min([gap(middles, half, t) for t in tracks], axis=0)
        taken = np.min(
            [gap(middles, half + h, m[None]) for m, h in boxes] or [np.full(len(middles), np.inf)], axis=0
        )
        score = 12 * np.minimum(np.minimum(clear, taken), 5 * point)  # clear of all that is drawn
        score += np.minimum(np.repeat(apart, len(sides)), 30 * point)  # and where only its line runs
        outside = np.abs(middles - (ax.bbox.min + ax.bbox.max) / 2) > ax.bbox.size / 2 - half - 4 * point
        middle = middles[(score - 1e6 * outside.any(axis=1)).argmax()]
        boxes.append((middle, half))
        label.set_position(ax.transData.inverted().transform(middle))


def along(ax: Any, lines: Sequence[tuple[Any, str]], avoid: Sequence[Any]) -> list[Any]:
    """Write each text on its line, an array (n, 2), clear of the edge, of points and of each other.

    `avoid` are arrays of points. The limits of `ax` must be final. Returns the texts.
    """
    arrange(ax)
    point = ax.figure.dpi / 72
    taken = [ax.transData.transform(points) for points in avoid]
    texts = []
    for points, string in lines:
        text = ax.text(
            0, 0, string, fontsize=8, color=MUTED, ha="center", va="center", path_effects=halo(2), zorder=4
        )
        half = np.array(text.get_window_extent().size) / 2 + point
        middles = ax.transData.transform(points)[:: max(1, len(points) // 200)]
        edge = (ax.bbox.size / 2 - half - np.abs(middles - (ax.bbox.min + ax.bbox.max) / 2)).min(axis=1)
        clear = np.min([edge, *(gap(middles, half, t) for t in taken)], axis=0)
        off_centre = np.abs(np.arange(len(middles)) / len(middles) - 0.5)
        middle = middles[(np.minimum(clear, 20 * point) - off_centre).argmax()]
        text.set_position(ax.transData.inverted().transform(middle))
        taken.append(middle + half * np.array([(0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)]))
        texts.append(text)
    return texts


def dense(points: Any, step: float) -> Any:
    """Points on the segments of a line, at most `step` apart."""
    parts = [points[:1]]
    for a, b in pairwise(points):
        count = min(1 + int(np.hypot(*(b - a)) / step), 2000)
        parts.append(a + (b - a) * np.linspace(0, 1, count + 1)[1:, None])
    return np.concatenate(parts)


def gap(middles: Any, half: Any, points: Any) -> Any:
    """The distance from each box, given by its middle and half its size, to the nearest of the points."""
    outside = np.maximum(np.abs(middles[:, None] - points) - half, 0.0)
    return np.hypot(outside[..., 0], outside[..., 1]).min(axis=1)
