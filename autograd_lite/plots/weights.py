"""The coefficients of a linear model: with their intervals, and along the path of an L1 penalty."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.extras import require
from autograd_lite.plots import checks
from autograd_lite.plots.style import GRID, INK, QUIET, arrange, at_ends, axes, series

_NAMES, _LEAST = 0.45, 6.0  # of the width of a picture, for names of features; points, of their letters
_LABELLED = 15  # at most so many features have a name in the picture of a path


class _Table(NamedTuple):
    """Coefficients (K, p) with the bounds of their intervals, or None; the features' and classes' names."""

    coef: Any
    low: Any
    high: Any
    names: list[str]
    classes: list[str]


def coefficients(model: Any, ax: Any = None, level: float = 0.95, odds: bool = False) -> Any:
    """The coefficients of a fitted linear model, the largest on top; returns `ax`, or new Axes.

    With confidence intervals at `level` where the model has a `summary` with standard errors: a hollow
    marker is that of an interval with 0 inside. A model without, such as one with a penalty or
    scikit-learn's, needs `coef_`, (p,) or (classes, p); then a hollow marker is an exact 0. With `odds` the
    odds ratios exp(coefficient) for one more unit of the feature, on a logarithmic axis. The
    intercept is left out. A model without `coef_` is a TypeError.
    """
    table = _table(model, level)
    classes, of = len(table.coef), np.exp if odds else np.asarray
    rows = np.argsort(table.coef.max(axis=0), kind="stable")
    ax = axes(ax, (6.0, 1.0 + 0.24 * len(rows) * (1 + 0.3 * (classes - 1))))
    lines = []
    for k, (coef, offset) in enumerate(
        zip(table.coef[:, rows], np.linspace(0.25, -0.25, classes), strict=True)
    ):
        look, hollow = series(k), coef == 0
        y = np.arange(len(rows)) + (offset if classes > 1 else 0.0)
        if table.low is not None:
            low, high = table.low[k, rows], table.high[k, rows]
            hollow = (low <= 0) & (high >= 0)
            ax.hlines(y, of(low), of(high), color=look.colour, linewidth=1.6)
        for part, face in ((hollow, "white"), (~hollow, look.colour)):
            lines += ax.plot(
                of(coef[part]), y[part], look.marker, color=look.colour, markerfacecolor=face, markersize=6
            )
    ax.axvline(of(0.0), color=INK, linewidth=1.0, zorder=1)
    ax.set_yticks(range(len(rows)), [table.names[i] for i in rows])
    ax.set(ylim=(-0.7, len(rows) - 0.3), xscale="log" if odds else "linear")
    _label_x(ax, table, odds, level)
    _fit(ax)
    ax.grid(axis="y", color=GRID)
    ax.tick_params(axis="y", length=0)
    if classes > 1:
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": classes, "handletextpad": 0.1}
        ax.legend(lines[1::2], table.classes, frameon=False, **place)
    return ax


def l1_path(X: Any, y: Any, *, names: Sequence[str] | None = None, n: int = 50, ax: Any = None) -> Any:
    """The coefficients of logistic regression under an L1 penalty, from the strongest on; returns the Axes.

    It is drawn on `ax`, or on new Axes. X is (m, p), y (m,) of 0 and 1. The loss is sum_i cross-entropy_i +
    |w|_1 / C, with an intercept without penalty, for n values of C: from 1 / max |X^T (y - mean y)|, below
    which all coefficients are 0, to a thousand times that. Nothing is standardised: features should have
    equal scales before, or the penalty chooses by their units. `names` are those of the features, by
    default the columns of a data frame. Raises a ValueError for other labels or names, for an `n` below 2,
    and where no feature goes with y.
    """
    values = checks.features("l1_path", X)
    y = checks.binary("l1_path", y, len(values))
    if len(np.unique(y)) != 2:
        raise ValueError(f"l1_path: all labels are {y[0]:g}; a path needs examples of both classes")
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
        raise ValueError(f"l1_path: n is {n!r}; give the number of values of C, 2 or more")
    names = _names("l1_path", values.shape[1], getattr(X, "columns", None) if names is None else names)
    strongest = np.abs(values.T @ (y - y.mean())).max()
    if not strongest > 1e-12 * np.abs(values).sum(axis=0).max():
        raise ValueError("l1_path: X has no feature that goes with y, so all coefficients are 0 for every C")
    strengths = np.geomspace(1, 1000, n) / strongest
    model = require("autograd_lite.linear_model", "sklearn").LogisticRegression(
        l1_ratio=1.0, warm_start=True, progress=False
    )
    path = np.array([model.set_params(C=C).fit(values, y).coef_[0] for C in strengths])
    ax = axes(ax, (7.0, 4.8))
    ax.plot(strengths[[0, -1]], [0, 0], color=INK, linewidth=1.0, zorder=1)
    lines = []
    for rank, j in enumerate(np.argsort(-np.abs(path).max(axis=0), kind="stable")):
        colour = series(rank).colour if rank < _LABELLED else QUIET
        enters = max(np.append(np.flatnonzero(path[:, j]), n - 1)[0] - 1, 0)
        (line,) = ax.plot(
            strengths[enters:], path[enters:, j], color=colour, linestyle=series(rank).line, linewidth=1.6,
            label=names[j],
        )  # fmt: skip
        ax.plot(strengths[enters], 0, series(rank).marker, color=colour, markersize=4)
        lines.append((line, names[j]))
    ax.set(xscale="log", xlim=(strengths[0], strengths[-1]), ylabel="coefficient (log odds per unit)")
    ax.set_xlabel("C = 1 / λ (log scale): weaker penalty to the right")
    at_ends(lines[:_LABELLED])
    return ax


def _fit(ax: Any) -> None:
    """Break the names of the features over two lines, or make them smaller, where they leave no room.

    The words below the axes are broken as well, so that they are no wider than it is.
    """
    arrange(ax)
    told = ax.xaxis.label
    wide = told.get_window_extent().width / (1.05 * ax.bbox.width)
    if wide > 1:
        told.set_text("\n".join(wrap(told.get_text(), int(len(told.get_text()) / wide))))
    labels = ax.get_yticklabels()
    names, widths = [x.get_text() for x in labels], [x.get_window_extent().width for x in labels]
    longest = max(widths)
    others = [a.bbox.x1 for a in ax.figure.axes if a.bbox.x1 <= ax.bbox.x0]
    room = min(ax.bbox.x0 - max(others, default=0.0) - 8, _NAMES * (longest + ax.bbox.width))
    if longest <= room:
        return
    row = ax.bbox.height / np.ptp(ax.get_ylim()) * 72 / ax.figure.dpi
    if row > 2.2 * _LEAST:
        limit = int(max(map(len, names)) * room / longest)
        parts = [wrap(name.replace("_", "_ "), max(limit, 1), break_long_words=False) for name in names]
        names = ["\n".join(lines).replace("_ ", "_") for lines in parts]
    ax.set_yticks(range(len(names)), names, linespacing=0.95)
    size, widest = labels[0].get_fontsize(), max(x.get_window_extent().width for x in labels)
    lines = 1 + max(name.count("\n") for name in names)
    ax.tick_params(axis="y", labelsize=max(min(size, size * room / widest, row / (1.1 * lines)), _LEAST))


def _label_x(ax: Any, table: _Table, odds: bool, level: float) -> None:
    """Say what is drawn, of which class, and write odds ratios as plain numbers."""
    of = f" of {table.classes[0]}" if len(table.coef) == 1 and table.classes[0] else ""
    what = f"odds ratio{of} for one more unit" if odds else f"coefficient: log odds{of} per unit"
    ax.set_xlabel(what if table.low is None else f"{what}, {level:.0%} interval")
    if odds:
        low, high = ax.get_xlim()
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter("{x:g}" if high < 10 * low else "")


def _table(model: Any, level: float) -> _Table:
    """The coefficients of a model, by its summary if it has one with intervals."""
    if not hasattr(model, "coef_"):
        raise TypeError(
            f"coefficients: {type(model).__name__} has no coef_; pass a linear model after fit, such as "
            "ag.linear_model.LogisticRegression().fit(X, y)"
        )
    coef = np.atleast_2d(np.asarray(model.coef_, float))
    names = _names("coefficients", coef.shape[1], getattr(model, "feature_names_in_", None))
    classes = [f"class {c:g}" if isinstance(c, float | int) else str(c) for c in _classes(model, len(coef))]
    if not hasattr(model, "summary"):
        return _Table(coef, None, None, names, classes[-len(coef) :])
    columns = model.summary(level).columns
    count = len(set(columns.get("class", [""])))
    told = classes[-count:]
    if 1 < count < len(classes):
        told = [f"{name} against {classes[0]}" for name in told]

    def of(name: str) -> Any:  # the intercept, if there is one, stands first
        return np.reshape(columns[name], (count, -1))[:, -len(names) :] if name in columns else None

    return _Table(of("coef"), of("low"), of("high"), names, told)


def _classes(model: Any, n: int) -> list[Any]:
    """The labels of a model's classes; numbers of the n rows of coefficients, if it does not tell them."""
    return list(np.asarray(getattr(model, "classes_", range(n) if n > 1 else [""])).tolist())


def _names(told: str, p: int, names: Any) -> list[str]:
    """The features' names, by default x0, x1, ..."""
    found = [f"x{i}" for i in range(p)] if names is None else [str(name) for name in names]
    if len(found) != p:
        raise ValueError(
            f"{told}: names has {len(found)} names for {p} features; give one for each column of X"
        )
    return found
