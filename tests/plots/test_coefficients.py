"""Pictures of coefficients: their order, intervals and paths, against the models and scikit-learn."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import linear_model, plots

colors = pytest.importorskip("matplotlib.colors")
matplotlib_figure = pytest.importorskip("matplotlib.figure")
linear = pytest.importorskip("sklearn.linear_model")
pandas = pytest.importorskip("pandas")

TUMOURS, BENIGN, FEATURES, _ = ag.datasets.breast_cancer(return_names=True)
TUMOURS = ((TUMOURS - TUMOURS.mean(axis=0)) / TUMOURS.std(axis=0))[:, [8, 0, 4, 1]]
FEATURES = [FEATURES[i] for i in (8, 0, 4, 1)]
FLOWERS, SPECIES = ag.datasets.iris()
PETALS, NAMES = FLOWERS[:, 2:], np.array(["setosa", "versicolor", "virginica"])[SPECIES]


def drawn(ax):
    """The values by feature, from bottom to top, of the markers."""
    points = np.concatenate([line.get_xydata() for line in ax.lines if line.get_marker() not in {"None", ""}])
    names = [label.get_text() for label in ax.get_yticklabels()]
    return [(names[round(y)], x) for x, y in sorted(points.tolist(), key=lambda point: point[1])]


def test_coefficients_have_their_intervals_the_largest_on_top():
    frame = pandas.DataFrame(TUMOURS, columns=FEATURES)
    model = linear_model.LogisticRegression(progress=False).fit(frame, BENIGN)
    ax = plots.coefficients(model, level=0.9)
    shown = drawn(ax)
    assert dict(shown) == dict(zip(FEATURES, model.coef_[0], strict=True))
    assert [x for _, x in shown] == sorted(model.coef_[0])
    columns = model.summary(level=0.9).columns
    order = np.argsort(columns["coef"][1:])
    (bars,) = ax.collections
    ends = [(segment[0, 0], segment[1, 0]) for segment in bars.get_segments()]
    np.testing.assert_array_equal(ends, np.column_stack([columns["low"][1:], columns["high"][1:]])[order])
    ratios = plots.coefficients(model, odds=True)
    assert ratios.get_xscale() == "log"
    np.testing.assert_allclose([x for _, x in drawn(ratios)], np.exp(sorted(model.coef_[0])))


def test_a_hollow_marker_is_an_interval_around_zero():
    columns = {"name": ["intercept", "a", "b", "c"], "coef": [9.0, 1.0, 1.0, -1.0]}
    columns |= {"low": [8.0, 0.5, -1.0, -2.0], "high": [10.0, 2.0, 3.0, -0.5]}
    model = SimpleNamespace(coef_=np.ones((1, 3)), summary=lambda level: SimpleNamespace(columns=columns))
    hollow, filled, _ = plots.coefficients(model).lines
    assert (hollow.get_ydata().tolist(), filled.get_ydata().tolist()) == ([2], [0, 1])
    assert colors.same_color(hollow.get_markerfacecolor(), "white")


def test_coefficients_without_intervals_are_dots_hollow_where_exactly_zero():
    ax = plots.coefficients(SimpleNamespace(coef_=np.array([0.5, 0.0, -2.0])))
    assert drawn(ax) == [("x2", -2.0), ("x1", 0.0), ("x0", 0.5)]
    assert not ax.collections
    three = plots.coefficients(linear.LogisticRegression().fit(PETALS, NAMES))
    assert [text.get_text() for text in three.get_legend().get_texts()] == [
        "setosa",
        "versicolor",
        "virginica",
    ]


def test_the_l1_path_begins_where_all_coefficients_are_zero_and_ends_as_scikit_learns():
    ax = plots.l1_path(TUMOURS, BENIGN, names=FEATURES, n=5)
    strongest = np.abs(TUMOURS.T @ (BENIGN - BENIGN.mean())).max()
    paths = {line.get_label(): line.get_xydata() for line in ax.lines if line.get_label() in FEATURES}
    assert set(paths) == set(FEATURES)
    C = np.geomspace(1, 1000, 5) / strongest
    assert min(path[0, 0] for path in paths.values()) == C[0]
    peer = linear.LogisticRegression(C=C[-1], l1_ratio=1.0, solver="saga", tol=1e-10, max_iter=10**5)
    peer.fit(TUMOURS, BENIGN)
    for name, coefficient in zip(FEATURES, peer.coef_[0], strict=True):
        assert paths[name][-1] == pytest.approx([C[-1], coefficient], rel=1e-4)
        assert abs(paths[name][0, 1]) < 1e-6
    ends = {name: path[-1, 1] for name, path in paths.items()}
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == sorted(FEATURES, key=ends.get, reverse=True)


def test_in_a_narrow_picture_the_names_are_whole_and_leave_it_room():
    names = ["worst fractal dimension", "mean_concave_points_of_cells", "area"]
    coef = pandas.DataFrame(np.eye(3), columns=names)
    model = linear.LogisticRegression().fit(coef, [0, 1, 1])
    figure = matplotlib_figure.Figure(figsize=(7, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    for ax in (left, right):
        plots.coefficients(model, ax)
    figure.draw_without_rendering()
    for ax, edge in ((left, 0), (right, left.bbox.x1)):
        labels = ax.get_yticklabels()
        assert {label.get_text().replace("\n", " ").replace("_ ", "_") for label in labels} == set(names)
        boxes = [label.get_window_extent() for label in labels]
        assert min(box.x0 for box in boxes) > edge
        assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
        assert ax.bbox.width > max(box.width for box in boxes)
        assert ax.xaxis.label.get_window_extent().width < 1.2 * ax.bbox.width


def test_in_a_wide_picture_the_names_stand_as_they_are():
    frame = pandas.DataFrame(TUMOURS, columns=FEATURES)
    labels = plots.coefficients(linear.LogisticRegression().fit(frame, BENIGN)).get_yticklabels()
    assert {label.get_text() for label in labels} == set(FEATURES)
    assert len({label.get_fontsize() for label in labels} | {10.0}) == 1
