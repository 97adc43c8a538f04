"""Curves: the sigmoid, the costs of a probability, and what a training measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.autodiff import grad
from autograd_lite.extras import require
from autograd_lite.history import History
from autograd_lite.ops.activations import sigmoid as logistic
from autograd_lite.ops.cross_entropies import bce
from autograd_lite.plots.style import GRID, INK, MUTED, at_ends, axes, note, series


def sigmoid(ax: Any = None) -> Any:
    """The sigmoid and its derivative, which is at most 1/4, at 0; returns `ax`, or new Axes."""
    ax = axes(ax)
    z = np.linspace(-8.0, 8.0, 401)
    value, slope = logistic(z), grad(lambda z: logistic(z).sum())(z)
    lines = [_line(ax, i, z, v) for i, v in enumerate((value, slope))]
    ax.set(xlabel="z, the log odds", ylabel="probability, and its change per unit of z", ylim=(0, 1.02))
    ax.set(xticks=range(-8, 9, 2), yticks=np.linspace(0, 1, 5), xlim=(-8, 8))
    ax.grid(color=GRID)
    top = slope.argmax()
    ax.plot(z[top], slope[top], series(1).marker, color=lines[1].get_color(), zorder=4)
    note(ax, "largest slope: 1/4, at z = 0", (z[top], slope[top]), (14, 8), lines[1].get_color())
    note(ax, "σ(z) = 1 / (1 + exp(−z))", (1.6, logistic(1.6)), (10, -8), lines[0].get_color(), fontsize=11)
    at = (2.0, np.interp(2.0, z, slope))
    note(ax, "σ′(z) = σ(z) (1 − σ(z))", at, (8, 2), lines[1].get_color(), fontsize=11)
    return ax


def cost(ax: Any = None) -> Any:
    """The cross-entropy of one example against its probability, for both labels; returns `ax`, or new Axes.

    It is -log p where y = 1 and -log(1 - p) where y = 0: equal, log 2, at p = 1/2, and without bound
    where the prediction is certain and wrong.
    """
    ax = axes(ax)
    p = np.linspace(0.0, 1.0, 1001)[1:-1]
    lines = [_line(ax, 1 - y, p, bce(p, np.full_like(p, y), reduction="none")) for y in (1, 0)]
    ax.set(xlim=(0, 1), ylim=(0, 5), xlabel="predicted probability p of class 1", ylabel="cost (nats)")
    ax.grid(color=GRID)
    ax.plot(0.5, np.log(2), "o", color=INK, zorder=4)
    note(ax, "both log 2 at p = 1/2", (0.5, np.log(2)), (0, -24), MUTED, ha="center")
    for line, text, x, side in zip(
        lines, ("y = 1:  −log p", "y = 0:  −log(1 − p)"), (0.05, 0.85), (1, -1), strict=True
    ):
        at = x, np.interp(x, *line.get_data())
        note(ax, text, at, (8 * side, 4), line.get_color(), ha="left" if side > 0 else "right", fontsize=11)
    return ax


def history(history: History, ax: Any = None) -> Any:
    """Learning curves: losses, and on the right accuracies, or a solver's gradient norm; returns the Axes.

    `history` is a `History` of `fit` or of a solver, drawn by its `plot` on `ax`, or on new Axes. Of a
    solver, whose columns are loss, gradient_norm, step and time, the gradient norm is on a logarithmic
    axis. Without epochs it is a ValueError.
    """
    if not isinstance(history, History) or not history.loss:
        told = "has no epochs" if isinstance(history, History) else f"is a {type(history).__name__}"
        raise ValueError(f"history: history {told}; pass the History that ag.fit returns")
    shown = History()
    shown.loss = history.loss
    shown.metrics = {k: v for k, v in history.metrics.items() if k.endswith(("loss", "accuracy"))}
    ax = axes(ax)
    before = set(ax.figure.axes)
    shown.plot(ax)
    sides = [ax, *(set(ax.figure.axes) - before)]
    sides[-1].get_legend().remove()
    if "gradient_norm" in history.metrics:
        sides.append(ax.twinx())
        norms = history.metrics["gradient_norm"]
        sides[-1].plot(range(1, len(norms) + 1), norms, "--", label="gradient norm")
        sides[-1].set(yscale="log", ylabel="gradient norm")
        ax.set_xlabel("iteration")
    lines = [line for side in sides for line in side.lines]
    for i, line in enumerate(lines):
        line.set(color=series(i).colour, linestyle=series(i).line, linewidth=2)
    for side in sides:
        side.spines["top"].set_visible(False)
    ticks = (
        require("matplotlib.ticker", "plot")
        .MaxNLocator(6, integer=True, steps=[1, 2, 5, 10])
        .tick_values(1, len(shown.loss))
    )
    ax.set_xticks([t for t in ticks if 1 <= t <= len(shown.loss)])
    at_ends([(line, str(line.get_label())) for line in lines])
    return ax


def _line(ax: Any, i: int, x: Any, y: Any) -> Any:
    look = series(i)
    return ax.plot(x, y, color=look.colour, linestyle=look.line, linewidth=2.5)[0]
