"""Pictures of curves and classifiers against formulas and scikit-learn, and what all pictures keep to."""

import subprocess
import sys

import numpy as np
import pytest
from colours import contrast

import autograd_lite as ag
from autograd_lite import nn, plots
from autograd_lite.plots import style

matplotlib = pytest.importorskip("matplotlib")
pyplot = pytest.importorskip("matplotlib.pyplot")
metrics = pytest.importorskip("sklearn.metrics")
linear = pytest.importorskip("sklearn.linear_model")
pandas = pytest.importorskip("pandas")

X, Y = ag.datasets.two_moons(80, noise=0.3)
FLOWERS, SPECIES = ag.datasets.iris()
PETALS, NAMES = FLOWERS[:, 2:], np.array(["setosa", "versicolor", "virginica"])[SPECIES]
UNIT = nn.LogisticUnit(2)
UNIT.w.data, UNIT.b.data = np.array([0.7, -2.0]), np.float64(0.3)
TUMOURS, BENIGN = ag.datasets.breast_cancer()
TUMOURS = ((TUMOURS - TUMOURS.mean(axis=0)) / TUMOURS.std(axis=0))[:, [8, 0, 4, 1]]


THREE = linear.LogisticRegression().fit(PETALS, NAMES)


def history(*columns, n=4):
    made = ag.History()
    for i in range(n):
        made.append({name: 2.0 ** -(i + k) for k, name in enumerate(columns)})
    return made


def penalised(**settings):
    return linear.LogisticRegression(**settings).fit(TUMOURS, BENIGN)


PICTURES = {
    "sigmoid": plots.sigmoid,
    "cost": plots.cost,
    "history": lambda ax=None: plots.history(history("loss", "val_loss", "accuracy"), ax),
    "solver": lambda ax=None: plots.history(history("loss", "gradient_norm", "step", "time"), ax),
    "loss_surface": lambda ax=None: plots.loss_surface(X, Y, n=11, ax=ax),
    "boundary": lambda ax=None: plots.boundary(UNIT, X, Y, ax),
    "boundary of three": lambda ax=None: plots.boundary(THREE, PETALS, NAMES, ax),
    "coefficients": lambda ax=None: plots.coefficients(penalised(), ax),
    "l1_path": lambda ax=None: plots.l1_path(TUMOURS, BENIGN, n=4, ax=ax),
    "roc": lambda ax=None: plots.roc(UNIT, X, Y, ax),
    "precision_recall": lambda ax=None: plots.precision_recall(UNIT, X, Y, ax),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_on_the_axes_given_or_on_new_ones_with_its_axes_labelled(name):
    given = matplotlib.figure.Figure(figsize=(6, 5)).subplots()
    assert PICTURES[name](ax=given) is given
    assert not pyplot.get_fignums()
    ax = PICTURES[name]()
    assert ax.figure.number in pyplot.get_fignums()
    assert ax.get_xlabel()
    assert ax.get_ylabel() or name == "coefficients"


@pytest.mark.long
@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_cut_off_or_covers_another(name):
    ax = PICTURES[name]()
    ax.figure.draw_without_rendering()
    texts = [t for a in ax.figure.axes for t in a.texts if t.get_text() and t.get_visible()]
    legends = [legend for a in ax.figure.axes if (legend := a.get_legend())]
    texts += [t for legend in legends for t in legend.get_texts()]
    boxes = [text.get_window_extent().padded(-1) for text in texts]
    for i, box in enumerate(boxes):
        assert ax.figure.bbox.contains(*box.min), texts[i]
        assert ax.figure.bbox.contains(*box.max), texts[i]
        assert not any(box.overlaps(other) for other in boxes[:i]), texts[i]


def test_series_differ_in_line_and_marker_and_their_text_can_be_read():
    looks = [style.series(i) for i in range(5)]
    assert len({look.line for look in looks}) == len({look.marker for look in looks}) == 5
    assert len({style.series(i) for i in range(25)}) == 25
    for look in looks:
        assert contrast(look.colour, "#FFFFFF") > 3
    for colour in (style.INK, style.MUTED):
        assert contrast(colour, "#FFFFFF") > 4.5
    assert style.series(27) == style.series(2)


def test_matplotlib_and_scikit_learn_are_imported_only_to_draw():
    code = "import sys, autograd_lite.plots; print({'matplotlib', 'sklearn', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# Curves.


def test_the_sigmoid_and_its_derivative():
    value, slope, top = plots.sigmoid().lines
    z = value.get_xdata()
    np.testing.assert_allclose(value.get_ydata(), 1 / (1 + np.exp(-z)), rtol=1e-14)
    np.testing.assert_allclose(slope.get_ydata(), np.exp(-z) / (1 + np.exp(-z)) ** 2, rtol=1e-12)
    np.testing.assert_array_equal(top.get_xydata(), [[0.0, 0.25]])


def test_the_costs_of_a_probability():
    of_one, of_zero, meeting = plots.cost().lines
    p = of_one.get_xdata()
    np.testing.assert_allclose(of_one.get_ydata(), -np.log(p), rtol=1e-13)
    np.testing.assert_allclose(of_zero.get_ydata(), -np.log1p(-p), rtol=1e-13)
    np.testing.assert_allclose(meeting.get_xydata(), [[0.5, np.log(2)]])


def test_learning_curves_stand_beside_accuracies():
    ax = plots.history(history("loss", "val_loss", "accuracy"))
    right = next(a for a in ax.figure.axes if a is not ax)
    assert (ax.get_ylabel(), right.get_ylabel(), ax.get_xlabel()) == ("loss", "accuracy", "epoch")
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 1], [2, 0.5], [3, 0.25], [4, 0.125]])
    assert legend_texts(right) == ["loss", "val_loss", "accuracy"]


def test_trainings_are_compared_by_one_of_their_measurements():
    ax = plots.history({"network": history("loss", "accuracy"), "unit": history("loss", n=3)})
    assert (legend_texts(ax), ax.get_ylabel()) == (["network", "unit"], "loss")
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), [[1, 1], [2, 0.5], [3, 0.25]])
    ax = plots.history({"network": history("loss", "accuracy")}, metric="accuracy")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0.5, 0.25, 0.125, 0.0625])
    with pytest.raises(ValueError, match="metric is 'accuracy'; it must be one of 'loss'"):
        plots.history({"unit": history("loss")}, metric="accuracy")


def test_a_solvers_gradient_norm_is_on_a_logarithmic_axis_and_nothing_is_called_accuracy():
    ax = plots.history(history("loss", "gradient_norm", "step", "time"))
    (right,) = (a for a in ax.figure.axes if a is not ax)
    assert (right.get_ylabel(), right.get_yscale(), ax.get_xlabel()) == ("gradient norm", "log", "iteration")
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [0.5, 0.25, 0.125, 0.0625])


# Classifiers.


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def outlines(ax, colour):
    """The points of the contour lines of a colour."""
    found = [
        path.vertices
        for c in ax.collections
        for path, edge in zip(c.get_paths(), c.get_edgecolor(), strict=False)
        if matplotlib.colors.same_color(edge, colour)
    ]
    return np.concatenate(found)


@pytest.mark.parametrize("scikit_learn", [False, True])
def test_the_thick_line_is_where_the_probability_is_one_half(scikit_learn):
    model = linear.LogisticRegression().fit(X, Y) if scikit_learn else UNIT
    w, b = (model.coef_[0], model.intercept_[0]) if scikit_learn else (UNIT.w.data, UNIT.b.data)
    ax = plots.boundary(model, X, Y)
    points = outlines(ax, style.INK)
    assert np.abs(points @ w + b).max() < 1e-3
    for thin in outlines(ax, style.MUTED):
        assert np.abs(1 / (1 + np.exp(-thin @ w - b)) - [0.1, 0.25, 0.75, 0.9]).min() < 1e-3
    (bar,) = (a for a in ax.figure.axes if a is not ax)
    assert bar.get_ylabel() == "probability of class 1"
    assert bar.get_yticks().tolist() == [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]
    zero, one = ax.lines
    np.testing.assert_array_equal(zero.get_xydata(), X[Y == 0])
    np.testing.assert_array_equal(one.get_xydata(), X[Y == 1])
    assert zero.get_marker() != one.get_marker()


def test_of_three_classes_the_ground_shows_the_most_probable_paler_where_it_is_less_so():
    ax = plots.boundary(THREE, PETALS, NAMES, names=("length (cm)", "width (cm)"))
    (mesh,) = (c for c in ax.collections if hasattr(c, "get_coordinates"))
    ground = mesh.get_array().reshape(-1, 3)
    plane = np.stack(np.meshgrid(np.linspace(*ax.get_xlim(), 201), np.linspace(*ax.get_ylim(), 201)), -1)
    p = THREE.predict_proba(plane.reshape(-1, 2))
    colours = np.array([matplotlib.colors.to_rgb(style.series(k).colour) for k in range(3)])
    strength = 0.05 + 0.5 * (p.max(axis=1) - 1 / 3) / (2 / 3)
    np.testing.assert_allclose(1 - ground, strength[:, None] * (1 - colours[p.argmax(axis=1)]), atol=1e-8)
    p = np.sort(THREE.predict_proba(outlines(ax, style.INK)), axis=1)
    assert np.abs(p[:, 2] - p[:, 1]).max() < 0.01
    assert legend_texts(ax) == ["setosa", "versicolor", "virginica"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("length (cm)", "width (cm)")


def test_a_data_frame_gives_the_names():
    frame = pandas.DataFrame(X, columns=["length", "width"])
    ax = plots.boundary(linear.LogisticRegression().fit(frame, Y), frame, Y)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("length", "width")


@pytest.mark.parametrize("model", [UNIT, linear.LogisticRegression().fit(X, Y)], ids=["nn", "sklearn"])
def test_roc_and_precision_recall_are_those_of_scikit_learn(model):
    p = model.predict_proba(X)
    p = p if p.ndim == 1 else p[:, 1]
    ax = plots.roc(model, X, Y)
    fpr, tpr, _ = metrics.roc_curve(Y, p)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), np.column_stack([fpr, tpr]))
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), [[0, 0], [1, 1]])
    name = type(model).__name__
    assert legend_texts(ax) == [f"{name}: area {metrics.roc_auc_score(Y, p):.3f}", "chance"]
    ax = plots.precision_recall(model, X, Y)
    precision, recall, _ = metrics.precision_recall_curve(Y, p)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), np.column_stack([recall, precision]))
    np.testing.assert_allclose(ax.lines[1].get_ydata(), Y.mean())
    average = metrics.average_precision_score(Y, p)
    assert legend_texts(ax) == [f"{name}: average precision {average:.3f}", "chance: 0.50"]


def test_several_models_share_the_axes():
    ax = plots.roc(UNIT, X, Y)
    plots.roc(linear.LogisticRegression().fit(X, Y), X, Y, ax)
    first, _, second = ax.lines
    assert first.get_color() != second.get_color()
    assert [text.split(":")[0] for text in legend_texts(ax)] == [
        "LogisticUnit",
        "LogisticRegression",
        "chance",
    ]


def people(ill, gap, seed):
    """Two features of 1000 people; `ill` of them are ill, and `gap` is the difference of their means."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [1000 - ill, ill])
    return rng.normal(size=(1000, 2)) + gap * y[:, None], y


@pytest.mark.long
@pytest.mark.parametrize(("ill", "gap"), [(10, 1.0), (100, 1.0), (500, 0.3), (500, 1.5), (500, 4.0)])
@pytest.mark.parametrize("picture", [plots.roc, plots.precision_recall])
def test_the_legend_covers_no_curve(picture, ill, gap):
    model = linear.LogisticRegression().fit(*people(500, 1.5, 0))
    data = people(ill, gap, 1)
    ax = picture(model, *data)
    picture(linear.LogisticRegression().fit(*people(200, 0.1, 1)), *data, ax)
    ax.figure.draw_without_rendering()
    paths = [line.get_transform().transform_path(line.get_path()) for line in ax.lines]
    box = ax.get_legend().get_window_extent()
    assert not any(path.intersects_bbox(box, filled=False) for path in paths)


# Errors.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.history(ag.History()), "history has no epochs"),
        (lambda: plots.history([1.0]), "history is a list"),
        (lambda: plots.boundary(UNIT, TUMOURS, BENIGN), r"X has shape \(569, 4\).*2 columns"),
        (lambda: plots.boundary(UNIT, X, Y + 1), r"labels \[1.0, 2.0\], the model the classes \[0, 1\]"),
        (lambda: plots.boundary(UNIT, X, Y[1:]), r"y has shape \(79,\) and X has 80 rows"),
        (lambda: plots.boundary(linear.Perceptron(), X, Y), "Perceptron has no predict_proba"),
        (lambda: plots.boundary(UNIT, X, Y, names=["a"]), "give a list of 2 names"),
        (lambda: plots.roc(UNIT, X, 0 * Y), r"y has the labels \[0.0\]; the curve needs two classes"),
        (lambda: plots.roc(UNIT, X, Y + 1), r"y\[2\] is 2.0; its labels must be 0 and 1"),
        (lambda: plots.precision_recall(3, X, Y), "int has no predict_proba"),
        (lambda: plots.coefficients(UNIT), "LogisticUnit has no coef_"),
        (lambda: plots.l1_path(X, Y, names=["a"]), "give a list of 2 names"),
        (lambda: plots.l1_path(X, 0 * Y), "all labels are 0"),
        (lambda: plots.l1_path(0 * X, Y), "no feature that goes with y"),
        (lambda: plots.l1_path(X, Y, n=1), "n is 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_by_name(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_a_missing_extra_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install matplotlib \(autograd_lite's extra 'plot'"):
        plots.sigmoid()
