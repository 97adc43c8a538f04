"""The loss over two weights as a picture: contours, where it is not convex, and the ways of optimisers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.plots import checks
from autograd_lite.plots.curvature import LOSSES, Loss, Surface, surface
from autograd_lite.plots.descent import descend
from autograd_lite.plots.style import INK, MUTED, SMALL, along, axes, beside, dense, series

_LOW, _HIGH = "#FFFFFF", "#86A9C4"  # of the ground: all of it lighter than what is drawn on it
_BORDER, _HATCHES = "#B84A00", "#DDB9A3"  # of the region that is not convex


def loss_surface(
    X: Any, y: Any, loss: str | Loss = "cross-entropy", *,
    w1: tuple[float, float] = (-10.0, 10.0), w2: tuple[float, float] = (-10.0, 10.0), n: int = 121,
    paths: Mapping[str, Any] | None = None, names: Sequence[str] = ("w1", "w2"), ax: Any = None,
) -> Any:  # fmt: skip
    """The mean loss over two weights as contours, hatched where it is not convex; returns `ax`, or new Axes.

    Hatched is each of the n times n cells where the smallest eigenvalue of the Hessian is negative; X, y,
    `loss`, `w1`, `w2`, n and errors are those of `surface`. `paths` maps names to the weights, (steps, 2),
    that an optimiser went through, as `descend` returns them. `names` are those of the two weights.
    """
    names = checks.two_names("loss_surface", names)
    drawn = {name: _path(name, path) for name, path in (paths or {}).items()}
    found = surface(X, y, loss, w1=w1, w2=w2, n=n)
    ax = axes(ax, (6.0, 5.4))
    ax.set(xlim=found.w1[[0, -1]], ylim=found.w2[[0, -1]], xlabel=names[0], ylabel=names[1])
    levels = _contours(ax, found)
    _hatched(ax, found.w1, found.w2, found.smallest < 0)
    lines = [(_draw_path(ax, i, name, path), name) for i, (name, path) in enumerate(drawn.items())]
    starts = {tuple(path[0]) for path in drawn.values()}
    lines += [(ax.plot(*s, "o", color=INK, markerfacecolor="white", zorder=5)[0], "start") for s in starts]
    beside(ax, lines, along(ax, levels, [dense(path, 0.1) for path in drawn.values()]))
    if isinstance(loss, str):
        ax.set_title(loss, loc="left", weight="bold", color=INK, pad=20)
    part = np.mean(found.smallest < 0)
    told = f"hatched, {part:.0%}: Hessian has an eigenvalue < 0" if part else "Hessian has no eigenvalue < 0"
    at_top = {"xycoords": "axes fraction", "textcoords": "offset points"}
    ax.annotate(told, (0, 1), (0, 5), **at_top, fontsize=SMALL, color=_BORDER if part else MUTED)
    return ax


def surfaces(
    X: Any = None, y: Any = None, *, start: Sequence[float] = (4.0, -7.0), steps: int = 100,
    optimizers: Sequence[str] = ("gradient descent", "momentum", "Adam", "Newton"), axes: Any = None,
    **settings: Any,
) -> Any:  # fmt: skip
    """Cross-entropy and squared error side by side, optimisers from the same start; returns both Axes.

    X and y are as in `surface`; without them, 150 made examples of two overlapping classes. `optimizers` are
    names of `descend`, which make so many `steps` from `start`, `axes` the two Axes to draw on, by default
    of a new figure, `settings` those of `loss_surface`. From a start that is confidently wrong, squared error
    has hardly a gradient: what follows it alone stays where it is.
    """
    if X is None:
        X, y = _example()
    if axes is None:
        figure = require("matplotlib.pyplot", "plot").figure(figsize=(11.0, 5.2), layout="constrained")
        axes = np.array(figure.subplots(1, 2, sharex=True, sharey=True))
    if np.size(axes) != 2:
        raise ValueError(f"surfaces: axes has {np.size(axes)} Axes; give two, one for each loss")
    for ax, loss in zip(np.ravel(axes), LOSSES, strict=True):
        paths = {name: descend(X, y, loss, start, name, steps) for name in optimizers}
        loss_surface(X, y, loss, paths=paths, ax=ax, **settings)
    return axes


def _example() -> tuple[Any, Any]:
    """150 examples of two normal clouds, (1, 0.5) and (-1, -0.5) in their middles: the same in every call."""
    rng = np.random.default_rng(0)
    y = (np.arange(150) % 2).astype(float)
    return rng.normal(size=(150, 2)) + np.outer(2 * y - 1, [1.0, 0.5]), y


def _path(name: str, path: Any) -> Any:
    """A path as an array (steps, 2)."""
    array = np.asarray(path, float)
    if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0 or not np.isfinite(array).all():
        raise ValueError(
            f"loss_surface: the path {name!r} has shape {array.shape}; it needs a row of two finite "
            "weights for each step, as descend returns"
        )
    return array


def _contours(ax: Any, found: Surface) -> list[tuple[Any, str]]:
    """Filled contours, closer where the loss is low; returns every other line with its value."""
    colours = require("matplotlib.colors", "plot").LinearSegmentedColormap.from_list("loss", [_LOW, _HIGH])
    low, high = found.value.min(), found.value.max()
    levels = low + ((high - low) or 1.0) * np.linspace(0, 1, 14) ** 2
    ax.contourf(found.w1, found.w2, found.value, levels=levels, cmap=colours)
    lines = ax.contour(found.w1, found.w2, found.value, levels=levels[1:-1], colors=MUTED, linewidths=0.5)
    named = zip(lines.get_paths(), levels[1:-1], strict=True)
    return [(path.vertices, f"{v:.2g}") for path, v in list(named)[1::2] if len(path.vertices)]


def _hatched(ax: Any, w1: Any, w2: Any, mask: Any) -> None:
    """Hatch and outline the cells of the mask: each extends half a step to all sides of its point."""
    if not mask.any():
        return
    # Each cell by its corners, so that lines between its value and the next run along its edges.
    x, y = (np.repeat(np.concatenate([w[:1], (w[1:] + w[:-1]) / 2, w[-1:]]), 2)[1:-1] for w in (w1, w2))
    cells = mask.repeat(2, axis=0).repeat(2, axis=1)
    region = ax.contourf(x, y, cells, levels=[0.5, 1.5], colors="none", hatches=["///"])
    region.set(edgecolor=_HATCHES, linewidth=0.0)
    if not mask.all():
        ax.contour(x, y, cells, levels=[0.5], colors=_BORDER, linewidths=1.2)


def _draw_path(ax: Any, i: int, name: str, path: Any) -> Any:
    """A path with a marker at some of its steps; returns the line."""
    look = series(i)
    ax.plot(*path.T, color="white", linewidth=3.5, zorder=3)
    (line,) = ax.plot(
        *path.T, color=look.colour, linestyle=look.line, linewidth=1.8, marker=look.marker, markersize=5,
        markevery=max(1, len(path) // 12), markeredgecolor="white", markeredgewidth=0.6, zorder=4, label=name,
    )  # fmt: skip
    return line
