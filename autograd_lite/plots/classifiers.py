"""Pictures of a fitted classifier: the decision boundary in two features, ROC and precision-recall curves."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.plots import checks
from autograd_lite.plots.style import INK, MUTED, QUIET, SMALL, Axes, axes, class_name, outer_legend, series

_SIDE = 201  # points of the grid in each direction
_NARROW = 2.8  # inches; narrower axes have no room for a colour bar
_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
# From class 0 to class 1 the colours become lighter, so that the classes differ in greyscale too.
_TWO = ("#6E9DBF", "#C9D9E4", "#F6EFE6", "#FFF1DC", "#FFE3BC")


def boundary(model: Any, X: Any, y: Any, ax: Axes | None = None, names: Sequence[str] | None = None) -> Axes:
    """Draw the probabilities of a fitted classifier over two features, with examples; return the Axes.

    X is (n, 2), y (n,). `model.predict_proba` returns (n, classes), as in scikit-learn, or (n,), the
    probability of class 1. With two classes the background shows the probability of the second one, with a
    colour bar if there is room. The thick line is 1/2, thin lines are 0.1, 0.25, 0.75 and 0.9. With more
    classes the background has the colour of the most probable class, paler if its probability is lower,
    with lines between the classes. `names` are the names of the two features, by default the columns of a
    data frame. It draws on `ax`, by default on new Axes.

    Raises ValueError or TypeError if the data have another shape or the model does not return
    probabilities of these classes.
    """
    values = checks.features("boundary", X, 2)
    y = checks.labels("boundary", y, len(values))
    frame = getattr(X, "columns", None)
    if names is None:
        names = ("x1", "x2") if frame is None else frame
    names = checks.feature_names("boundary", names, 2)
    margin = 0.08 * np.where(np.ptp(values, axis=0) > 0, np.ptp(values, axis=0), 1.0)
    sides = np.linspace(values.min(axis=0) - margin, values.max(axis=0) + margin, _SIDE).T
    plane = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    p = _probabilities(
        "boundary", model, plane if frame is None else type(X)(dict(zip(frame, plane.T, strict=True)))
    )
    classes = np.arange(2) if p.ndim == 1 else np.asarray(getattr(model, "classes_", np.unique(y)))
    checks.of_classes("boundary", y, classes)
    if p.shape[1:] not in {(), (len(classes),)}:
        raise ValueError(
            f"boundary: the model has the classes {classes.tolist()} and predict_proba the shape {p.shape}; "
            "pass a model whose predict_proba has a column for each class"
        )
    ax = axes(ax, (6.0, 4.8))
    ax.set(xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]], xlabel=names[0], ylabel=names[1])
    outer_legend(ax, [_points(ax, i, values[y == label], label) for i, label in enumerate(classes)])
    if len(classes) == 2:
        p = p if p.ndim == 1 else p[:, 1]
        _draw_two_classes(ax, sides, p.reshape(_SIDE, _SIDE), class_name(classes[1]))
    else:
        _draw_more_classes(ax, sides, p.reshape(_SIDE, _SIDE, -1))
    return ax


def roc(model: Any, X: Any, y: Any, ax: Axes | None = None) -> Axes:
    """Draw the ROC curve of a fitted classifier of two classes, with the area under it; return the Axes.

    X is (n, p), y (n,). The curve is computed by scikit-learn (extra `sklearn`). A model that is not a
    scikit-learn estimator, such as a module of `ag.nn`, needs `predict_proba` of shape (n,) and labels 0
    and 1. It draws on `ax`, by default on new Axes; several models may share them. Raises ValueError if the
    labels are not of two classes. Fawcett (2006).
    """
    labels = "area {.roc_auc:.3f}", "chance"
    ax = _draw_curve("roc", "RocCurveDisplay", labels, model, X, y, ax)
    ax.set(xlabel="false positive rate", ylabel="true positive rate (recall)")
    return ax


def precision_recall(model: Any, X: Any, y: Any, ax: Axes | None = None) -> Axes:
    """Draw the precision-recall curve of a fitted classifier of two classes; return the Axes.

    The legend has the average precision. The dashed line is the precision of chance, which is the share of
    positive labels. `model`, X, y, `ax` and errors are the same as in `roc`.
    """
    labels = "average precision {.average_precision:.3f}", "chance: {.prevalence_pos_label:.2f}"
    ax = _draw_curve("precision_recall", "PrecisionRecallDisplay", labels, model, X, y, ax)
    ax.set(xlabel="recall (true positive rate)", ylabel="precision")
    return ax


def _probabilities(function: str, model: Any, X: Any) -> np.ndarray:
    """Return the result of `predict_proba`, (n,) or (n, classes)."""
    if not hasattr(model, "predict_proba"):
        raise TypeError(
            f"{function}: {type(model).__name__} has no predict_proba; choose a model with probabilities, or "
            "wrap it in sklearn.calibration.CalibratedClassifierCV"
        )
    return np.asarray(model.predict_proba(X))


def _points(ax: Axes, i: int, points: np.ndarray, label: Any) -> Any:
    """Draw the examples of class number i."""
    (drawn,) = ax.plot(
        *points.T,
        series(i).marker,
        color=series(i).colour,
        markeredgecolor="white",
        markeredgewidth=0.8,
        markersize=6.5,
        label=class_name(label),
    )
    return drawn


def _draw_two_classes(ax: Axes, sides: Any, p: np.ndarray, name: str) -> None:
    """Show the probability of the second class as background, with a bar, and lines at some values."""
    colours = require("matplotlib.colors", "plot").LinearSegmentedColormap.from_list("two", _TWO)
    filled = ax.contourf(*sides, p, levels=np.linspace(0, 1, 21), cmap=colours)
    lines = None
    levels = [level for level in _LEVELS if p.min() < level < p.max()]
    if levels:
        half = np.array(levels) == 0.5
        line_colours = list(np.where(half, INK, MUTED))
        lines = ax.contour(*sides, p, levels=levels, colors=line_colours, linewidths=np.where(half, 2.0, 0.7))
    if ax.bbox.width > _NARROW * ax.figure.dpi:
        bar = ax.figure.colorbar(filled, ax=ax, label=f"probability of {name}", ticks=[0, *_LEVELS, 1])
        bar.outline.set_visible(False)
        if lines is not None:
            bar.add_lines(lines)


def _draw_more_classes(ax: Axes, sides: Any, p: np.ndarray) -> None:
    """Show the colour of the most probable class, paler if its probability is close to that of chance."""
    classes = p.shape[2]
    to_rgba = require("matplotlib.colors", "plot").to_rgba_array
    colours = to_rgba([series(i).colour for i in range(classes)])
    chance = 1 / classes
    strength = 0.05 + 0.5 * (p.max(axis=2, keepdims=True) - chance) / (1 - chance)
    background = 1 - strength * (1 - colours[p.argmax(axis=2), :3])
    ax.pcolormesh(*sides, background, shading="nearest", rasterized=True)
    for k in range(classes):
        lead = p[..., k] - np.delete(p, k, axis=2).max(axis=2)
        if lead.min() < 0 < lead.max():
            ax.contour(*sides, lead, levels=[0.0], colors=INK, linewidths=1.5)


def _draw_curve(
    function: str, display_name: str, labels: tuple[str, str], model: Any, X: Any, y: Any, ax: Axes | None
) -> Axes:
    """Draw one of scikit-learn's curves, and chance with the first; the labels format its display."""
    values = checks.features(function, X)
    y = checks.labels(function, y, len(values))
    if len(np.unique(y)) != 2:
        raise ValueError(f"{function}: y has the labels {np.unique(y).tolist()}; the curve needs two classes")
    display_class = getattr(require("sklearn.metrics", "sklearn"), display_name)
    # Logits rank examples whose probabilities round to the same number.
    if hasattr(model, "__sklearn_tags__"):
        checks.of_classes(function, y, getattr(model, "classes_", y))
        response = "decision_function" if hasattr(model, "decision_function") else "auto"
        draw = partial(display_class.from_estimator, model, X, y, response_method=response)
    else:
        logits = getattr(model, "logits", None)
        scores = _probabilities(function, model, X) if logits is None else logits(values).numpy()
        draw = partial(display_class.from_predictions, checks.binary_labels(function, y, len(y)), scores)
    ax = axes(ax, (4.8, 4.8))
    number = sum(line.get_gid() == function for line in ax.lines)
    earlier = len(ax.lines)
    display = draw(ax=ax, plot_chance_level=number == 0)
    curve, *chance = ax.lines[earlier:]
    look = series(number)
    curve.set(color=look.colour, linestyle=look.line, linewidth=2.2, gid=function)
    curve.set_label(f"{type(model).__name__}: {labels[0].format(display)}")
    for line in chance:
        line.set(color=QUIET, linestyle="--", linewidth=1.0, label=labels[1].format(display))
    handles, _ = ax.get_legend_handles_labels()
    handles.sort(key=lambda line: line.get_gid() != function)  # chance is the last
    ax.legend(handles=handles, loc="best", fontsize=SMALL)
    return ax
