"""Curves: the sigmoid, the costs of a probability, and the measurements of a training."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_lite.arguments import one_of
from autograd_lite.autodiff import grad
from autograd_lite.extras import require
from autograd_lite.history import History
from autograd_lite.ops.activations import sigmoid as logistic
from autograd_lite.ops.cross_entropies import bce
from autograd_lite.plots.style import GRID, INK, MUTED, SMALL, Axes, axes, outer_legend, series


def sigmoid(ax: Axes | None = None) -> Axes:
    """Draw the sigmoid and its derivative, which is at most 1/4, at 0, on `ax` or new Axes; return them."""
    ax = axes(ax)
    z = np.linspace(-8.0, 8.0, 401)
    slope = grad(lambda z: logistic(z).sum())(z)
    _line(ax, 0, z, logistic(z), "σ(z) = 1 / (1 + exp(−z))")
    _line(ax, 1, z, slope, "σ′(z) = σ(z) (1 − σ(z))")
    ax.set(xlabel="z, the log odds", ylabel="probability, and its change per unit of z", ylim=(0, 1.02))
    ax.set(xticks=range(-8, 9, 2), yticks=np.linspace(0, 1, 5), xlim=(-8, 8))
    ax.grid(color=GRID)
    ax.plot(0.0, 0.25, series(1).marker, color=series(1).colour, zorder=4)
    text = "largest slope: 1/4, at z = 0"
    ax.annotate(text, (0.0, 0.25), (14, 8), textcoords="offset points", fontsize=SMALL, color=MUTED)
    ax.legend(loc="upper left")
    return ax


def cost(ax: Axes | None = None) -> Axes:
    """Draw the cross-entropy of one example against its probability, for both labels; return the Axes.

    It is -log p if y = 1 and -log(1 - p) if y = 0. Both are log 2 at p = 1/2, and grow without bound as the
    prediction becomes certain and wrong. It draws on `ax`, by default on new Axes.
    """
    ax = axes(ax)
    p = np.linspace(0.0, 1.0, 1001)[1:-1]
    _line(ax, 0, p, bce(p, np.ones_like(p), reduction="none"), "y = 1: −log p")
    _line(ax, 1, p, bce(p, np.zeros_like(p), reduction="none"), "y = 0: −log(1 − p)")
    ax.set(xlim=(0, 1), ylim=(0, 5), xlabel="predicted probability p of class 1", ylabel="cost (nats)")
    ax.grid(color=GRID)
    ax.plot(0.5, np.log(2), "o", color=INK, zorder=4)
    text = "both log 2 at p = 1/2"
    ax.annotate(text, (0.5, np.log(2)), (-52, -24), textcoords="offset points", fontsize=SMALL, color=MUTED)
    ax.legend(loc="upper center")
    return ax


def history(history: History | Mapping[str, History], ax: Axes | None = None, metric: str = "loss") -> Axes:
    """Draw learning curves: losses, and accuracies on a second axis on the right; return the Axes.

    `history` is a `History` of `fit` or of a solver. For a solver, the right axis shows the gradient norm
    on a logarithmic scale. If `history` is a dictionary of trainings by name, the picture compares one
    `metric` of them, such as "loss" or "accuracy". It draws on `ax`, by default on new Axes.

    Raises ValueError if there are no epochs or the metric was not measured.
    """
    named = history if isinstance(history, Mapping) else {"history": history}
    for one in named.values():
        if not isinstance(one, History) or not one.loss:
            problem = "has no epochs" if isinstance(one, History) else f"is a {type(one).__name__}"
            raise ValueError(f"history: history {problem}; pass the History that ag.fit returns")
    if isinstance(history, Mapping):
        return _compare(axes(ax), history, metric)
    ax = axes(ax)
    before = set(ax.figure.axes)
    history.plot(ax)
    sides: list[Any] = [ax, *(set(ax.figure.axes) - before)]
    lines = [line for side in sides for line in side.lines]
    for i, line in enumerate(lines):
        line.set(color=series(i).colour, linestyle=series(i).line, linewidth=2)
    for side in sides:
        side.spines["top"].set_visible(False)
    _whole_ticks(ax)
    outer_legend(sides[-1], lines)
    return ax


def _compare(ax: Axes, histories: Mapping[str, History], metric: str) -> Axes:
    """Draw one metric of several trainings."""
    for i, (name, one) in enumerate(histories.items()):
        values = one.columns()[one_of("history", "metric", metric, one.columns())]
        _line(ax, i, range(1, len(values) + 1), values, name)
    ax.set(xlabel="epoch", ylabel=metric)
    ax.set_ylim(bottom=0)
    _whole_ticks(ax)
    outer_legend(ax, ax.lines)
    return ax


def _whole_ticks(ax: Axes) -> None:
    """Put the ticks of the epochs on whole numbers."""
    locator = require("matplotlib.ticker", "plot").MaxNLocator(6, integer=True, steps=[1, 2, 5, 10])
    ax.xaxis.set_major_locator(locator)


def _line(ax: Axes, i: int, x: Any, y: Any, label: str) -> None:
    look = series(i)
    ax.plot(x, y, color=look.colour, linestyle=look.line, linewidth=2.5, label=label)
