"""What a fitted classifier does: its decision boundary in two features, ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.plots import checks
from autograd_lite.plots.style import (
    INK,
    MUTED,
    QUIET,
    along,
    arrange,
    axes,
    dark,
    dense,
    gap,
    halo,
    note,
    series,
)  # fmt: skip

_SIDE = 201  # points of the grid in each direction
_RESULT = "result"  # the mark of a text that says what a curve comes to
_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
# From class 0 to class 1, lighter all the way, so that grey tells them apart as well.
_TWO = ("#6E9DBF", "#C9D9E4", "#F6EFE6", "#FFF1DC", "#FFE3BC")


def boundary(model: Any, X: Any, y: Any, ax: Any = None, names: Sequence[str] | None = None) -> Any:
    """The probabilities of a fitted classifier over two features, and examples; returns `ax`, or new Axes.

    X is (n, 2), y (n,). The model has `predict_proba`: of shape (n, classes), as scikit-learn's, or (n,),
    the probability of class 1 of the classes 0 and 1. For two classes the ground is the probability of the
    second, the thick line is 1/2, the thin ones are 0.1, 0.25, 0.75 and 0.9. For more, the ground has the
    colour of the most probable class, paler where it is less certain, and lines where that changes. `names`
    are those of the features, by default the columns of a data frame. Raises a ValueError or TypeError for
    data of other shapes and for a model without probabilities of these classes.
    """
    values = checks.features("boundary", X, 2)
    y = checks.labels("boundary", y, len(values))
    frame = getattr(X, "columns", None)
    default = ("x1", "x2") if frame is None else frame
    names = checks.two_names("boundary", default if names is None else names)
    margin = 0.08 * np.where(np.ptp(values, axis=0) > 0, np.ptp(values, axis=0), 1.0)
    sides = np.linspace(values.min(axis=0) - margin, values.max(axis=0) + margin, _SIDE).T
    plane = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    p = _probabilities("boundary", model, plane if frame is None else type(X)(plane, columns=frame))
    classes = np.arange(2) if p.ndim == 1 else np.asarray(getattr(model, "classes_", np.unique(y)))
    if not np.isin(y, classes).all() or p.shape[1:] not in {(), (len(classes),)}:
        raise ValueError(
            f"boundary: y has the labels {np.unique(y).tolist()}, the model the classes {classes.tolist()} "
            f"and predict_proba the shape {p.shape}; pass labels as the model was fitted with"
        )
    ax = axes(ax, (6.0, 4.8))
    for i, label in enumerate(classes):
        ax.plot(
            *values[y == label].T, series(i).marker, color=series(i).colour, markeredgecolor="white",
            markeredgewidth=0.8, markersize=6.5, label=f"class {label:g}" if y.dtype.kind in "fiu" else label,
        )  # fmt: skip
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=len(classes), frameon=False, handletextpad=0.1,
        borderpad=0, borderaxespad=0.5,
    )  # fmt: skip
    ax.set(xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]])
    if len(classes) == 2:
        _two_classes(ax, sides, (p if p.ndim == 1 else p[:, 1]).reshape(_SIDE, _SIDE), values)
    else:
        _more_classes(ax, sides, p.reshape(_SIDE, _SIDE, -1))
    ax.set(xlabel=names[0], ylabel=names[1])
    return ax


def roc(model: Any, X: Any, y: Any, ax: Any = None) -> Any:
    """The ROC curve of a fitted classifier of two classes, with the area under it; returns `ax`, or new Axes.

    X is (n, p), y (n,). It is scikit-learn's (extra `sklearn`); a model that is no estimator, as those of
    `ag.nn`, needs `predict_proba` of shape (n,) and labels 0 and 1. Another model may be drawn on the same
    Axes. Labels that are not of two classes are a ValueError. See Fawcett (2006).
    """
    ax, display, number = _curve("roc", "RocCurveDisplay", model, X, y, ax)
    ax.set(xlabel="false positive rate", ylabel="true positive rate (recall)")
    if not number:
        note(ax, "chance", (0.25, 0.25), (4, -4), MUTED, rotation=45, rotation_mode="anchor", va="top")
    _result(ax, f"{type(model).__name__}\narea {display.roc_auc:.3f}", number)
    return ax


def precision_recall(model: Any, X: Any, y: Any, ax: Any = None) -> Any:
    """The precision-recall curve of a fitted classifier of two classes; returns `ax`, or new Axes.

    X is (n, p), y (n,). With the average precision, and as a line the precision of chance: the share of
    positives. What a model needs is told at `roc`.
    """
    ax, display, number = _curve("precision_recall", "PrecisionRecallDisplay", model, X, y, ax)
    ax.set(xlabel="recall (true positive rate)", ylabel="precision")
    if not number:
        share = display.prevalence_pos_label
        note(ax, f"chance: {share:.2f}", (0.02, share), (0, 4), MUTED)
    _result(ax, f"{type(model).__name__}\naverage precision {display.average_precision:.3f}", number)
    return ax


def _probabilities(told: str, model: Any, X: Any) -> Any:
    """What `predict_proba` says of X, (n,) or (n, classes)."""
    if not hasattr(model, "predict_proba"):
        raise TypeError(
            f"{told}: {type(model).__name__} has no predict_proba; choose a model with probabilities, or "
            "wrap it in sklearn.calibration.CalibratedClassifierCV"
        )
    return np.asarray(model.predict_proba(X))


def _two_classes(ax: Any, sides: Any, p: Any, examples: Any) -> None:
    """The probability of the second class as ground, and lines where it is 1/2 and other values."""
    ground = require("matplotlib.colors", "plot").LinearSegmentedColormap.from_list("two", _TWO)
    ax.contourf(*sides, p, levels=np.linspace(0, 1, 21), cmap=ground)
    within = [level for level in _LEVELS if p.min() < level < p.max()]
    if within:
        half = [level == 0.5 for level in within]
        colours, widths = np.where(half, INK, MUTED), np.where(half, 2.0, 0.7)
        lines = ax.contour(*sides, p, levels=within, colors=colours, linewidths=widths)
        named = [(path.vertices, f"{v:g}") for path, v in zip(lines.get_paths(), within, strict=True)]
        along(ax, named, [examples])


def _more_classes(ax: Any, sides: Any, p: Any) -> None:
    """The most probable class by its colour, pale where it is hardly more probable than by chance."""
    colours = require("matplotlib.colors", "plot").to_rgba_array(
        [series(i).colour for i in range(p.shape[2])]
    )
    chance = 1 / p.shape[2]
    strength = 0.05 + 0.5 * (p.max(axis=2, keepdims=True) - chance) / (1 - chance)
    ground = 1 - strength * (1 - colours[p.argmax(axis=2), :3])
    ax.pcolormesh(*sides, ground, shading="nearest", rasterized=True)
    for k in range(p.shape[2]):
        ahead = p[..., k] - np.delete(p, k, axis=2).max(axis=2)
        if ahead.min() < 0 < ahead.max():
            ax.contour(*sides, ahead, levels=[0.0], colors=INK, linewidths=1.5)


def _curve(told: str, display: str, model: Any, X: Any, y: Any, ax: Any) -> tuple[Any, Any, int]:
    """The Axes, scikit-learn's display drawn on them, and the number of such curves that were there."""
    y = checks.labels(told, y, len(checks.features(told, X)))
    if len(np.unique(y)) != 2:
        raise ValueError(
            f"{told}: y has the labels {np.unique(y).tolist()}; the curve is that of two classes"
        )
    kind = getattr(require("sklearn.metrics", "sklearn"), display)
    estimator = hasattr(model, "__sklearn_tags__")
    p = None if estimator else _probabilities(told, model, X)
    truth = y if estimator else checks.binary(told, y, len(y))
    ax = axes(ax, (4.8, 4.8))
    number = sum(line.get_gid() == told for line in ax.lines)
    before = len(ax.lines)
    if estimator:
        made = kind.from_estimator(model, X, y, ax=ax, plot_chance_level=number == 0)
    else:
        made = kind.from_predictions(truth, p, ax=ax, plot_chance_level=number == 0)
    curve, *chance = ax.lines[before:]
    curve.set(color=series(number).colour, linestyle=series(number).line, linewidth=2.2, gid=told)
    for line in chance:
        line.set(color=QUIET, linestyle="--", linewidth=1.0)
    if ax.get_legend():
        ax.get_legend().remove()
    return ax, made, number


def _result(ax: Any, text: str, number: int) -> None:
    """A text in the colour of its curve: with those of earlier ones at the right, where no curve runs."""
    ax.text(
        0.97, 0.0, text, transform=ax.transAxes, ha="right", va="bottom", ma="right", weight="bold",
        fontsize=10, color=dark(series(number).colour), path_effects=halo(), gid=_RESULT,
    )  # fmt: skip
    arrange(ax)
    point = ax.figure.dpi / 72
    results = [t for t in ax.texts if t.get_gid() == _RESULT]
    edges = [t.get_window_extent().corners()[[0, 1, 3, 2]] for t in ax.texts if t.get_gid() != _RESULT]
    lines = [line.get_transform().transform(line.get_path().vertices) for line in ax.lines]
    drawn = np.concatenate([dense(points, 3 * point) for points in (*lines, *edges)])
    width, height = np.transpose([t.get_window_extent().size for t in results])
    steps = np.append(0.0, np.cumsum(height + 5 * point))
    half = np.array([width.max(), steps[-1] - 5 * point]) / 2
    bottoms = np.linspace(0.04, 0.97, 60) * (ax.bbox.height - 2 * half[1])
    middles = np.column_stack([np.full(60, 0.97 * ax.bbox.width - half[0]), bottoms + half[1]])
    clear = np.minimum(gap(ax.bbox.min + middles, half, drawn), 8 * point)
    for shown, step in zip(reversed(results), steps[:-1], strict=True):
        shown.set_y((bottoms[clear.argmax()] + step) / ax.bbox.height)  # the lowest of the clear places
