"""Pictures of the coefficients of a linear model: with intervals, and along the path of an L1 penalty."""

from collections.abc import Sequence
from operator import itemgetter
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.arguments import whole_number
from autograd_lite.extras import require
from autograd_lite.plots import checks
from autograd_lite.plots.style import GRID, INK, QUIET, SMALL, Axes, axes, class_name, outer_legend, series

_LETTER = 5.6  # mean width of a letter of the axes' labels, in points
_LINE = 12.0  # height of a line of text, in points
_NAMED = 10  # features with a name in the picture of a path, at most


class _Table(NamedTuple):
    """Coefficients (K, p), the bounds of their intervals or None, and the names of features and classes."""

    coef: Any
    low: Any
    high: Any
    names: list[str]
    classes: list[str]


def coefficients(model: Any, ax: Axes | None = None, level: float = 0.95, odds: bool = False) -> Axes:
    """Draw the coefficients of a fitted linear model, the largest at the top; return the Axes.

    If the model has a `summary` with standard errors, there are confidence intervals at `level`, and a
    hollow marker means that the interval contains 0. Other models, such as those with a penalty and those
    of scikit-learn, need `coef_`, (p,) or (classes, p); then a hollow marker means exactly 0. With `odds`
    the picture shows odds ratios exp(coefficient) for one more unit of the feature, on a logarithmic axis.
    The intercept is not shown. It draws on `ax`, by default on new Axes. Raises TypeError if the model has
    no `coef_`.
    """
    table = _table(model, level)
    classes = len(table.coef)
    transform: Any = np.exp if odds else np.asarray
    rows = np.argsort(table.coef.max(axis=0), kind="stable")
    ax = axes(ax, (6.0, 1.0 + 0.24 * len(rows) * (1 + 0.3 * (classes - 1))))
    offsets = np.linspace(0.25, -0.25, classes) if classes > 1 else [0.0]
    markers = []
    for k, offset in enumerate(offsets):
        look = series(k)
        coef = table.coef[k, rows]
        y = np.arange(len(rows)) + offset
        hollow = coef == 0
        if table.low is not None:
            low = table.low[k, rows]
            high = table.high[k, rows]
            hollow = (low <= 0) & (high >= 0)
            ax.hlines(y, transform(low), transform(high), color=look.colour, linewidth=1.6)
        for mask, face in ((hollow, "white"), (~hollow, look.colour)):
            x = transform(coef[mask])
            style: Any = {"color": look.colour, "markerfacecolor": face, "label": table.classes[k]}
            markers += ax.plot(x, y[mask], look.marker, **style)
    ax.axvline(transform(0.0), color=INK, linewidth=1.0, zorder=1)
    ax.set_yticks(range(len(rows)), _wrapped(ax, [table.names[i] for i in rows]), linespacing=0.95)
    ax.set(ylim=(-0.7, len(rows) - 0.3), xscale="log" if odds else "linear")
    _label_x(ax, table, odds, level)
    ax.grid(axis="y", color=GRID)
    ax.tick_params(axis="y", length=0)
    if classes > 1:
        outer_legend(ax, markers[1::2])
    return ax


def l1_path(
    X: Any, y: Any, *, names: Sequence[str] | None = None, n: int = 50, ax: Axes | None = None
) -> Axes:
    """Draw the coefficients of logistic regression as its L1 penalty becomes weaker; return the Axes.

    X is (m, p), y (m,) with labels 0 and 1. The loss is sum_i cross-entropy_i + |w|_1 / C, with an intercept
    that is not penalised, for n values of C: from 1 / max |X^T (y - mean y)|, below which all coefficients
    are 0, to a thousand times that. Features are not standardised; if their scales differ, the penalty
    depends on their units. `names` are the names of the features, by default the columns of a data frame.
    The ten largest coefficients are named. It draws on `ax`, by default on new Axes.

    Raises ValueError for other labels or names, for an `n` below 2, and if no feature is correlated with y.
    """
    values = checks.features("l1_path", X)
    y = checks.binary_labels("l1_path", y, len(values))
    if len(np.unique(y)) != 2:
        raise ValueError(f"l1_path: all labels are {y[0]:g}; a path needs examples of both classes")
    whole_number("l1_path", "n", n, least=2, unit="values of C")
    names = _names("l1_path", values.shape[1], getattr(X, "columns", None) if names is None else names)
    strengths, path = _fit_path(values, y, n)
    ax = axes(ax, (7.0, 4.8))
    ax.plot(strengths[[0, -1]], [0, 0], color=INK, linewidth=1.0, zorder=1)
    named = []
    for rank, j in enumerate(np.argsort(-np.abs(path).max(axis=0), kind="stable")):
        look = series(rank)
        colour = look.colour if rank < _NAMED else QUIET
        first = max(np.append(np.flatnonzero(path[:, j]), n - 1)[0] - 1, 0)  # the last value that is still 0
        style: Any = {
            "color": colour,
            "linestyle": look.line,
            "label": names[j],
            "zorder": 3 - (rank >= _NAMED),
        }
        (line,) = ax.plot(strengths[first:], path[first:, j], **style)
        named += [(path[-1, j], line)] if rank < _NAMED else []
        ax.plot(strengths[first], 0, look.marker, color=colour, markersize=4)
    ax.set(xscale="log", xlim=(strengths[0], strengths[-1]), ylabel="coefficient (log odds per unit)")
    ax.set_xlabel("C = 1 / λ (log scale): weaker penalty to the right")
    in_order = sorted(named, key=itemgetter(0), reverse=True)  # from top to bottom, as the lines end
    ax.legend(
        handles=[line for _, line in in_order],
        loc="upper left",
        bbox_to_anchor=(1, 1),
        fontsize=SMALL,
        frameon=False,
    )
    return ax


def _fit_path(X: np.ndarray, y: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of C, (n,), and the coefficients of a fit with each of them, (n, p)."""
    strongest = np.abs(X.T @ (y - y.mean())).max()
    if not strongest > 1e-12 * np.abs(X).sum(axis=0).max():
        raise ValueError("l1_path: X has no feature that goes with y, so all coefficients are 0 for every C")
    strengths = np.geomspace(1, 1000, n) / strongest
    models = require("autograd_lite.linear_model", "sklearn")
    model = models.LogisticRegression(l1_ratio=1.0, warm_start=True, progress=False)
    return strengths, np.array([model.set_params(C=C).fit(X, y).coef_[0] for C in strengths])


def _wrapped(ax: Axes, names: list[str]) -> list[str]:
    """Break long names over several lines if the picture is narrow and the rows are high enough."""
    point = ax.figure.dpi / 72
    if ax.bbox.height / point / len(names) < 2.2 * _LINE:
        return names
    limit = max(int(0.45 * ax.bbox.width / point / _LETTER), 8)
    lines = [wrap(name.replace("_", "_ "), limit, break_long_words=False) for name in names]
    return ["\n".join(parts).replace("_ ", "_") for parts in lines]


def _label_x(ax: Axes, table: _Table, odds: bool, level: float) -> None:
    """Label the x axis with the quantity and its class; write odds ratios as plain numbers."""
    of_class = f" of {table.classes[0]}" if len(table.coef) == 1 and table.classes[0] else ""
    text = f"odds ratio{of_class} for one more unit" if odds else f"coefficient: log odds{of_class} per unit"
    if table.low is not None:
        text = f"{text}, {level:.0%} interval"
    width = ax.bbox.width * 72 / ax.figure.dpi
    ax.set_xlabel("\n".join(wrap(text, int(width / _LETTER))))
    if odds:
        low, high = ax.get_xlim()
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter("{x:g}" if high < 10 * low else "")


def _table(model: Any, level: float) -> _Table:
    """Return the coefficients of a model, from its summary if it has one with intervals."""
    if not hasattr(model, "coef_"):
        raise TypeError(
            f"coefficients: {type(model).__name__} has no coef_; pass a linear model after fit, such as "
            "ag.linear_model.LogisticRegression().fit(X, y)"
        )
    coef = np.atleast_2d(np.asarray(model.coef_, float))
    names = _names("coefficients", coef.shape[1], getattr(model, "feature_names_in_", None))
    labels = np.asarray(getattr(model, "classes_", range(len(coef)) if len(coef) > 1 else [""])).tolist()
    classes = list(map(class_name, labels))
    if not hasattr(model, "summary"):
        return _Table(coef, None, None, names, classes[-len(coef) :])
    columns = model.summary(level).columns
    count = len(set(columns.get("class", [""])))
    shown = classes[-count:]
    if 1 < count < len(classes):
        shown = [f"{name} against {classes[0]}" for name in shown]

    def column(name: str) -> Any:  # without the intercept, which is first if there is one
        return np.reshape(columns[name], (count, -1))[:, -len(names) :] if name in columns else None

    return _Table(column("coef"), column("low"), column("high"), names, shown)


def _names(function: str, p: int, names: Any) -> list[str]:
    """Return the names of the features, by default x0, x1, ..."""
    return checks.feature_names(function, [f"x{i}" for i in range(p)] if names is None else names, p)
