"""The loss surface: values and curvature against formulas, and the shading against the curvature."""

import time

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.plots import descend, loss_surface, surface, surfaces

figures = pytest.importorskip("matplotlib.figure")
Path = pytest.importorskip("matplotlib.path").Path

RNG = np.random.default_rng(7)
Y = (np.arange(120) % 2).astype(float)
X = RNG.normal(size=(120, 2)) + np.outer(2 * Y - 1, [1.0, 0.4])


def squared_error(z, y):
    return ag.mse(ag.sigmoid(z), y)


def analytic(found, X, y, loss):
    """Value and Hessian of the mean loss at each point of a grid, by formulas for the second derivative."""
    w1, w2 = np.meshgrid(found.w1, found.w2)
    z = w1[..., None] * X[:, 0] + w2[..., None] * X[:, 1]
    p, q = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z))
    if loss == "cross-entropy":
        value, d = np.logaddexp(0, z) - y * z, p * q
    else:
        value, d = (p - y) ** 2, 2 * (p * q) ** 2 + 2 * (p - y) * p * q * (q - p)
    H = np.einsum("abm,mi,mj->abij", d, X, X) / len(y)
    return value.mean(axis=-1), H


@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_value_hessian_and_the_sign_of_its_smallest_eigenvalue_are_those_of_the_formulas(loss, scale):
    found = surface(scale * X, Y, loss, w1=(-9, 10), w2=(-8, 7), n=61)
    value, H = analytic(found, scale * X, Y, loss)
    np.testing.assert_allclose(found.value, value, rtol=1e-12)
    np.testing.assert_allclose(found.hessian, H, rtol=1e-9, atol=1e-12 * np.abs(H).max())
    np.testing.assert_array_equal(found.smallest < 0, np.linalg.eigvalsh(H)[..., 0] < 0)
    np.testing.assert_array_equal(found.smallest, np.linalg.eigvalsh(found.hessian)[..., 0])
    assert (found.smallest < 0).any() == (loss == "squared error")


@pytest.mark.parametrize("loss", [ag.bce_with_logits, squared_error])
def test_the_hessian_is_that_of_autodiff_in_the_weights(loss):
    found = surface(X, Y, loss, n=9, w1=(-3, 5), w2=(-4, 4))
    for i, j in [(0, 0), (4, 4), (8, 1), (2, 7)]:
        w = np.array([found.w1[j], found.w2[i]])
        H = ag.hessian(lambda w: loss(X @ w, Y))(w)
        np.testing.assert_allclose(found.hessian[i, j], H, rtol=1e-10, atol=1e-14)
        assert found.value[i, j] == pytest.approx(float(loss(X @ w, Y)), rel=1e-13)


def test_one_example_is_not_convex_left_of_minus_log_2():
    found = surface([[1.0, 0.0]], [1.0], "squared error", w1=(-3, 3), n=121)
    np.testing.assert_array_equal(found.smallest < 0, np.broadcast_to(found.w1 < -np.log(2), (121, 121)))


@pytest.mark.parametrize("reach", [10, 50, 400])
@pytest.mark.parametrize(
    "columns",
    [X, X[:1], X[:5], 30 * X, np.c_[X[:, 0], 0.3 * X[:, 0]], np.c_[X[:, 0], 0 * Y], 4 * X + [9, 9]],
)
def test_rounding_never_makes_cross_entropy_look_concave(columns, reach):
    found = surface(columns, Y[: len(columns)], w1=(-reach, reach), w2=(-reach, reach), n=31)
    assert (found.smallest >= 0).all()


def test_it_takes_less_than_two_seconds():
    start = time.process_time()
    surface(X, Y, "squared error")
    assert time.process_time() - start < 2


# The picture.


def shaded(ax, found):
    """Return a mask of the cells in the hatched region, tested near the corners of each."""
    regions = [c for c in ax.collections if any(getattr(c, "hatches", ()))]
    edges = [np.concatenate([w[:1], (w[1:] + w[:-1]) / 2, w[-1:]]) for w in (found.w1, found.w2)]
    corners = [np.ravel([e[:-1] + part * np.diff(e) for part in (0.05, 0.95)], "F") for e in edges]
    points = np.stack(np.meshgrid(*corners), axis=-1).reshape(-1, 2)
    inside = np.zeros(len(points), int)
    for region in regions:
        for outline in (o for path in region.get_paths() for o in path.to_polygons()):
            inside += Path(outline).contains_points(points)
    cells = (inside % 2).reshape(len(found.w2), 2, len(found.w1), 2).sum(axis=(1, 3))
    assert set(np.unique(cells)) <= {0, 4}
    return cells == 4


@pytest.mark.parametrize("loss", ["cross-entropy", "squared error", lambda z, y: -ag.bce_with_logits(z, y)])
def test_a_cell_is_hatched_exactly_where_the_smallest_eigenvalue_is_negative(loss):
    found = surface(X, Y, loss, n=41)
    ax = loss_surface(X, Y, loss, n=41, ax=figures.Figure().subplots())
    np.testing.assert_array_equal(shaded(ax, found), found.smallest < 0)


def test_paths_are_drawn_as_they_are_and_named():
    paths = {"Adam": descend(X, Y, "cross-entropy", (-4, 3), "Adam", 20), "mine": [[0, 0], [1, 2], [3, 1]]}
    ax = loss_surface(X, Y, n=21, paths=paths, names=("slope", "intercept"), ax=figures.Figure().subplots())
    drawn = {line.get_label(): line.get_xydata() for line in ax.lines}
    for name, path in paths.items():
        np.testing.assert_array_equal(drawn[name], path)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Adam", "mine", "start"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left")) == (
        "slope",
        "intercept",
        "cross-entropy",
    )


def test_both_losses_side_by_side_without_data():
    axes = surfaces(n=21)
    assert [ax.get_title(loc="left") for ax in axes] == ["cross-entropy", "squared error"]
    figure = axes[0].figure
    figure.draw_without_rendering()
    for ax in axes:
        legend = ax.get_legend().get_window_extent()
        assert legend.y0 >= 0
        assert legend.y1 < ax.xaxis.label.get_window_extent().y0


def test_from_the_same_bad_start_all_arrive_by_cross_entropy_and_only_newton_by_squared_error():
    arrived = []
    for ax in surfaces(n=5):
        ends = {line.get_label(): line.get_xydata()[-1] for line in ax.lines}
        names = ("gradient descent", "momentum", "Adam", "Newton")
        arrived.append([name for name in names if np.hypot(*(ends[name] - ends["Newton"])) < 0.5])
    assert arrived == [["gradient descent", "momentum", "Adam", "Newton"], ["Newton"]]


def test_the_first_step_of_gradient_descent_and_of_newton_are_the_formulas():
    w = np.array([0.5, -0.25])
    p = 1 / (1 + np.exp(-X @ w))
    g, H = X.T @ (p - Y) / len(Y), (X.T * (p * (1 - p))) @ X / len(Y)
    path = descend(X, Y, "cross-entropy", w, lambda params: ag.optim.SGD(params, lr=0.7), 1)
    np.testing.assert_allclose(path, [w, w - 0.7 * g], rtol=1e-12)
    np.testing.assert_allclose(
        descend(X, Y, "cross-entropy", w, "Newton", 1)[1], w - np.linalg.solve(H, g), rtol=1e-9
    )


# Errors.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: surface(X[:, :1], Y), r"X has shape \(120, 1\).*2 columns"),
        (lambda: surface(X[:0], Y[:0]), r"X has shape \(0, 2\)"),
        (lambda: surface(X, Y[:5]), r"y has shape \(5,\) and X has 120 rows"),
        (lambda: surface(X, Y + 1), r"y\[1\] is 2.0; its labels must be 0 and 1"),
        (lambda: surface(np.where(X > 1, np.nan, X), Y), "X is not finite: .* nan"),
        (lambda: surface(X.astype(str), Y), "X has dtype"),
        (lambda: surface(X, Y, "mse"), "loss is 'mse'; it must be one of 'cross-entropy', 'squared error'"),
        (lambda: surface(X, Y, w1=(1, -1)), r"w1 is \(1, -1\)"),
        (lambda: surface(X, Y, w2=3), "w2 is 3"),
        (lambda: surface(X, Y, n=1), "n is 1"),
        (lambda: surface(X, Y, lambda z, y: ag.bce_with_logits(z, y, reduction="sum")), "not the mean"),
        (lambda: surface(X, Y, lambda z, y: ag.bce_with_logits(z, y, reduction="none")), r"shape \(120,\)"),
        (lambda: surface(X, Y, lambda z, y: ((z - z.mean()) ** 2).mean()), "not the mean"),
        (lambda: surface(X, Y, lambda z, y: (z[..., 1:] * z[..., :-1]).sum() / z.size), "not the mean"),
        (lambda: surface(X, Y, lambda z, y: np.exp(50 * z**2).mean()), "the loss is not finite"),
        (lambda: descend(X, Y, "cross-entropy", (1, 2, 3), "Adam"), r"start has shape \(3,\)"),
        (lambda: descend(X, Y, "cross-entropy", (1, 2), "adam"), "optimizer is 'adam'; it must be one of"),
        (lambda: loss_surface(X, Y, paths={"a": [1, 2]}), r"path 'a' has shape \(2,\)"),
        (lambda: loss_surface(X, Y, names="w"), "names is 'w'; give a list of 2 names"),
        (lambda: surfaces(axes=[None]), "axes has 1 Axes; give two"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:overflow")
def test_what_cannot_be_drawn_is_refused_by_name(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
