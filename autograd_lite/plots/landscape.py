"""Pictures of the loss over two weights: contours, non-convex regions and the paths of optimisers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.arguments import one_of
from autograd_lite.extras import require
from autograd_lite.optim import SGD, Adam, Newton, Optimizer, RMSprop
from autograd_lite.plots import checks
from autograd_lite.plots.curvature import LOSSES, Loss, Surface, loss_named, surface
from autograd_lite.plots.style import INK, MUTED, SMALL, Axes, axes, outer_legend, series
from autograd_lite.tensor import Parameter

OPTIMIZERS: dict[str, Callable[[Any], Optimizer]] = {
    "gradient descent": lambda params: SGD(params, lr=1.0),
    "momentum": lambda params: SGD(params, lr=0.3, momentum=0.9),
    "RMSprop": lambda params: RMSprop(params, lr=0.1),
    "Adam": lambda params: Adam(params, lr=0.2),
    "Newton": Newton,
}
_LOW = "#FFFFFF"  # the background is lighter than all lines
_HIGH = "#86A9C4"
_BORDER = "#B84A00"  # of the region that is not convex
_HATCHES = "#DDB9A3"


def loss_surface(
    X: Any,
    y: Any,
    loss: str | Loss = "cross-entropy",
    *,
    w1: tuple[float, float] = (-10.0, 10.0),
    w2: tuple[float, float] = (-10.0, 10.0),
    n: int = 121,
    paths: Mapping[str, Any] | None = None,
    names: Sequence[str] = ("w1", "w2"),
    ax: Axes | None = None,
) -> Axes:
    """Draw contours of the mean loss over two weights, hatched where it is not convex; return the Axes.

    A cell of the grid is hatched if the smallest eigenvalue of the Hessian is negative there. X, y, `loss`,
    `w1`, `w2`, n and errors are the same as in `surface`. `paths` maps names to the weights, (steps, 2), of
    an optimiser, as `descend` returns them. `names` are the names of the two weights. It draws on `ax`, by
    default on new Axes.
    """
    names = checks.feature_names("loss_surface", names, 2)
    arrays = {name: _path(name, path) for name, path in (paths or {}).items()}
    grid = surface(X, y, loss, w1=w1, w2=w2, n=n)
    ax = axes(ax, (6.0, 5.4))
    ax.set(xlim=grid.w1[[0, -1]], ylim=grid.w2[[0, -1]], xlabel=names[0], ylabel=names[1])
    _draw_contours(ax, grid)
    _draw_hatches(ax, grid.w1, grid.w2, grid.smallest < 0)
    lines = [_draw_path(ax, i, name, path) for i, (name, path) in enumerate(arrays.items())]
    if lines:
        starts = np.transpose([path[0] for path in arrays.values()])
        lines += ax.plot(*starts, "o", color=INK, markerfacecolor="white", label="start", zorder=5)
        outer_legend(ax, lines, below=True)
    if isinstance(loss, str):
        ax.set_title(loss, loc="left", weight="bold", color=INK, pad=20)
    share = np.mean(grid.smallest < 0)
    text = (
        f"hatched, {share:.0%}: Hessian has an eigenvalue < 0" if share else "Hessian has no eigenvalue < 0"
    )
    colour = _BORDER if share else MUTED
    ax.annotate(text, (0, 1), (0, 5), "axes fraction", "offset points", color=colour, fontsize=SMALL)
    return ax


def surfaces(
    X: Any = None,
    y: Any = None,
    *,
    start: Sequence[float] = (4.0, -7.0),
    steps: int = 100,
    optimizers: Sequence[str] = ("gradient descent", "momentum", "Adam", "Newton"),
    axes: Any = None,
    **settings: Any,
) -> np.ndarray:
    """Draw cross-entropy and squared error side by side, with paths from the same start; return both Axes.

    X and y are as in `surface`; without them, there are 150 examples of two overlapping classes.
    `optimizers` are names that `descend` accepts. Each makes `steps` from the weights `start`. `axes` are
    the two Axes to draw on, by default of a new figure. `settings` are passed to `loss_surface`. From a
    start that is confidently wrong, the gradient of squared error is almost zero, and optimisers that follow
    it hardly move.
    """
    if X is None:
        X, y = _example()
    if axes is None:
        figure = require("matplotlib.pyplot", "plot").figure(figsize=(11.0, 5.2), layout="constrained")
        axes = figure.subplots(1, 2, sharex=True, sharey=True)
    both: np.ndarray = np.asarray(axes)
    if both.size != 2:
        raise ValueError(f"surfaces: axes has {both.size} Axes; give two, one for each loss")
    for ax, loss in zip(both.flat, LOSSES, strict=True):
        paths = {name: descend(X, y, loss, start, name, steps) for name in optimizers}
        loss_surface(X, y, loss, paths=paths, ax=ax, **settings)
    return both


def descend(
    X: Any,
    y: Any,
    loss: str | Loss,
    start: Any,
    optimizer: str | Callable[[Any], Any],
    steps: int = 100,
) -> np.ndarray:
    """Return the weights at `start` and after each of the `steps` of an optimiser, (steps + 1, 2).

    The loss is computed from the logits X @ w. X, y and `loss` are the same as in `surface`. `start` are
    the first two weights. `optimizer` is "gradient descent", "momentum", "RMSprop", "Adam", "Newton", or a
    function of the parameters that returns an optimiser: `lambda params: ag.optim.SGD(params, lr=0.1)`.
    Raises ValueError if the data have another shape or a name is unknown.
    """
    X = checks.features("descend", X, 2)
    y = checks.binary_labels("descend", y, len(X))
    loss = loss_named("descend", loss)
    start = np.asarray(start, float)
    if start.shape != (2,):
        raise ValueError(
            f"descend: start has shape {start.shape}; give the two weights to start from: (-8, 8)"
        )
    if not callable(optimizer):
        alternative = "a function of the parameters that returns an optimiser"
        optimizer = OPTIMIZERS[one_of("descend", "optimizer", optimizer, OPTIMIZERS, alternative)]
    w = Parameter(start, name="w")
    rule: Any = optimizer([w])
    path = [w.data]
    for _ in range(steps):
        if getattr(rule, "needs_loss", False):
            rule.step(lambda: loss(X @ w, y))
        else:
            loss(X @ w, y).backward(keep="leaves")
            rule.step()
        path.append(w.data)
    return np.array(path)


def _example() -> tuple[np.ndarray, np.ndarray]:
    """Return 150 examples of two normal clouds around (1, 0.5) and (-1, -0.5), the same in every call."""
    rng = np.random.default_rng(0)
    y = (np.arange(150) % 2).astype(float)
    return rng.normal(size=(150, 2)) + np.outer(2 * y - 1, [1.0, 0.5]), y


def _path(name: str, path: Any) -> np.ndarray:
    """Return a path as an array (steps, 2)."""
    array = np.asarray(path, float)
    if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0 or not np.isfinite(array).all():
        raise ValueError(
            f"loss_surface: the path {name!r} has shape {array.shape}; it needs a row of two finite "
            "weights for each step, as descend returns"
        )
    return array


def _draw_contours(ax: Axes, grid: Surface) -> None:
    """Draw filled contours, closer together where the loss is low, and a bar with their values."""
    colours = require("matplotlib.colors", "plot").LinearSegmentedColormap.from_list("loss", [_LOW, _HIGH])
    low = grid.value.min()
    high = grid.value.max()
    levels = low + ((high - low) or 1.0) * np.linspace(0, 1, 14) ** 2
    filled = ax.contourf(grid.w1, grid.w2, grid.value, levels=levels, cmap=colours)
    lines = ax.contour(grid.w1, grid.w2, grid.value, levels=levels[1:-1], colors=MUTED, linewidths=0.5)
    bar = ax.figure.colorbar(filled, ax=ax, label="mean loss", format="%.2g")
    bar.add_lines(lines)


def _draw_hatches(ax: Axes, w1: np.ndarray, w2: np.ndarray, mask: np.ndarray) -> None:
    """Hatch and outline the cells of the mask; each extends half a step to all sides of its point."""
    if not mask.any():
        return
    # Each cell is given by its corners, so that contours between two values run along the edges of cells.
    x, y = (np.repeat(np.concatenate([w[:1], (w[1:] + w[:-1]) / 2, w[-1:]]), 2)[1:-1] for w in (w1, w2))
    cells = mask.repeat(2, axis=0).repeat(2, axis=1)
    region = ax.contourf(x, y, cells, levels=[0.5, 1.5], colors="none", hatches=["///"])
    region.set(edgecolor=_HATCHES, linewidth=0.0)
    if not mask.all():
        ax.contour(x, y, cells, levels=[0.5], colors=_BORDER, linewidths=1.2)


def _draw_path(ax: Axes, i: int, name: str, path: np.ndarray) -> Any:
    """Draw a path with a marker at some of its steps; return the line."""
    look = series(i)
    ax.plot(*path.T, color="white", linewidth=3.5, zorder=3)
    (line,) = ax.plot(
        *path.T,
        color=look.colour,
        linestyle=look.line,
        linewidth=1.8,
        marker=look.marker,
        markersize=5,
        markevery=max(1, len(path) // 12),
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=4,
        label=name,
    )
    return line
