"""Labels of every type, scores that round, and data frames of other libraries, in pictures of classifiers."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, plots

matplotlib = pytest.importorskip("matplotlib")
metrics = pytest.importorskip("sklearn.metrics")
linear = pytest.importorskip("sklearn.linear_model")

X, Y = ag.datasets.two_moons(60, noise=0.3)
LABELS = {"strings": np.where(Y, "yes", "no"), "booleans": Y > 0, "signs": 2 * Y - 1, "floats": Y}
CURVES = [plots.roc, plots.precision_recall]


class Frame:
    """A data frame with the interface of polars."""

    def __init__(self, columns):
        self._columns = columns

    columns = property(lambda self: list(self._columns))

    def to_numpy(self):
        return np.column_stack(list(self._columns.values()))


class OfFrames:
    """A model that accepts frames only."""

    classes_ = np.array([0.0, 1.0])

    def predict_proba(self, frame):
        assert frame.columns == ["a", "b"]
        p = 1 / (1 + np.exp(-frame.to_numpy()[:, 0]))
        return np.column_stack([1 - p, p])


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_type_are_drawn(kind):
    y = LABELS[kind]
    model = linear.LogisticRegression().fit(X, y)
    area = metrics.roc_auc_score(Y, model.decision_function(X))
    assert f"area {area:.3f}" in plots.roc(model, X, y).lines[0].get_label()
    plots.precision_recall(model, X, y)
    drawn = plots.boundary(model, X, y).lines
    assert [len(line.get_xdata()) for line in drawn] == [30, 30]


@pytest.mark.parametrize("picture", [*CURVES, plots.boundary])
@pytest.mark.parametrize("y", [Y + 1, Y.astype(int).astype(str), np.where(Y, "yes", "no"), 2 * Y - 1])
def test_labels_that_the_model_does_not_know_are_refused(picture, y):
    model = linear.LogisticRegression().fit(X, Y)
    with pytest.raises(ValueError, match=r"y has the labels .*, the model the classes \[0.0, 1.0\]"):
        picture(model, X, y)


@pytest.mark.parametrize("picture", [*CURVES, plots.boundary])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ma.masked_array(Y, Y > 0), "y has masked entries"),
        (np.where(Y, np.nan, 0.0), "y is not finite"),
    ],
)
def test_missing_labels_are_refused(picture, y, message):
    with pytest.raises(ValueError, match=message):
        picture(linear.LogisticRegression().fit(X, Y), X, y)


def test_curves_rank_by_logits():
    unit = nn.LogisticUnit(2)
    unit.w.data, unit.b.data = np.array([200.0, -400.0]), np.float64(30.0)
    z = X @ unit.w.data + 30.0
    assert len(np.unique(unit.predict_proba(X))) < len(X)
    model = linear.LogisticRegression().fit(X, Y)
    model.coef_, model.intercept_ = np.array([[200.0, -400.0]]), np.array([30.0])
    for drawn in (plots.roc(unit, X, Y), plots.roc(model, X, Y)):
        np.testing.assert_array_equal(
            drawn.lines[0].get_xydata(), np.column_stack(metrics.roc_curve(Y, z)[:2])
        )


def test_the_boundary_of_a_frame_of_another_library():
    ax = plots.boundary(OfFrames(), Frame({"a": X[:, 0], "b": X[:, 1]}), Y)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")
