"""The duality gap and Newton's decrement hold at any weights, against optima found to rounding."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from autograd_lite.linear_model.bounds import decrement_bound, duality_gap
from autograd_lite.linear_model.design import Design
from autograd_lite.linear_model.losses import binary, softmax
from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.solvers import newton, proximal_newton

EPS = np.finfo(float).eps
shape = pytest.mark.parametrize("classes", [0, 2, 4], ids=["binary", "softmax2", "softmax4"])
intercept = pytest.mark.parametrize("fit_intercept", [True, False])
PENALTIES = pytest.mark.parametrize(
    ("l1", "l2"),
    [(0.0, 0.3), (0.0, 1e-3), (0.05, 0.0), (0.002, 0.0), (0.02, 0.03)],
    ids=["l2", "little l2", "l1", "little l1", "elastic net"],
)


def drawn(seed, classes=0, l1=0.0, l2=0.0, fit_intercept=True, n=60, p=4):
    """An objective of classes that overlap, in features of many sizes, and their logits' true weights."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + rng.normal(size=p)
    z = X @ rng.normal(size=(p, max(classes, 2)))
    codes = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    codes[: max(classes, 2)] = range(max(classes, 2))
    t = (codes == np.arange(classes)[:, None]).astype(float) if classes else codes * 1.0
    s = rng.lognormal(sigma=1.5, size=n) if seed % 2 else np.ones(n)
    design = Design(X * 10.0 ** rng.uniform(-1, 1, p), s / s.sum(), fit_intercept)
    return Objective(design, t, softmax if classes else binary, l1, l2)


def solved(objective, tol=1e-13):
    u = np.zeros(objective.l1s.size)
    return (proximal_newton if objective.l1 else newton)(objective, u, SolverMonitor(tol, 25))


def total(objective, u):
    return objective.total(u, objective.value_and_gradient(u)[0])


def bound(objective, u):
    """The gap as a fit asks for it, to whom overflows far from the optimum are nothing."""
    with np.errstate(all="ignore"):
        return duality_gap(objective, u)


def raw(objective, u):
    """Weights of the features as they are, without intercepts."""
    return objective.design.original_weights(u.reshape(objective.shape))[..., : objective.design.p].ravel()


@pytest.mark.long
@shape
@intercept
@PENALTIES
def test_the_gap_bounds_the_distance_to_the_lowest_value(classes, fit_intercept, l1, l2):
    for seed in range(4):
        objective = drawn(seed, classes, l1, l2, fit_intercept)
        best = solved(objective)
        lowest, rng = total(objective, best), np.random.default_rng(seed)
        for size in (1e-6, 1e-4, 1e-2, 0.3, 1, 3, 30, 1000):
            u = best + size * rng.normal(size=best.size)
            above = total(objective, u) - lowest
            found = bound(objective, u)
            assert found >= above - 8 * EPS * (1 + abs(lowest))
            if l2:
                distance = np.linalg.norm(raw(objective, u) - raw(objective, best))
                assert distance <= (2 * found / l2) ** 0.5 * (1 + 1e-9)


@pytest.mark.long
@shape
@intercept
@PENALTIES
def test_the_gap_of_the_optimum_is_tiny(classes, fit_intercept, l1, l2):
    for seed in range(4):
        objective = drawn(seed, classes, l1, l2, fit_intercept)
        assert 0 <= bound(objective, solved(objective)) <= (1e-11 if l2 == 0 else 1e-18)


@shape
@PENALTIES
def test_the_gap_of_a_wrong_intercept(classes, l1, l2):
    """If only the intercept is off, probabilities that balance the classes are nearly the optimum's."""
    for seed in range(4):
        objective = drawn(seed, classes, l1, l2)
        best = solved(objective)
        off = np.zeros(objective.shape)
        off[..., -1] = 1.0 if not classes else np.arange(classes) == 0
        for size in (-10, -3, -1, -0.1, -1e-2, -1e-3, 1e-3, 1e-2, 0.1, 1, 3, 10):
            u = best + size * off.ravel()
            above, found = total(objective, u) - total(objective, best), bound(objective, u)
            assert found >= above - 8 * EPS
            if abs(size) <= 0.01 and l2:
                assert found <= 10 * above + 1e-12


def test_the_gap_shrinks_with_the_value():
    """Near the optimum of an L2 fit it is about what is lost, to a small factor: it can serve to stop."""
    objective = drawn(2, l2=0.3)
    best, rng = solved(objective), np.random.default_rng(0)
    for size in (1e-3, 1e-4, 1e-5):
        u = best + size * rng.normal(size=best.size)
        above = total(objective, u) - total(objective, best)
        assert above <= bound(objective, u) + 4 * EPS <= 60 * above + 8 * EPS


@pytest.mark.parametrize(
    ("load", "C", "l1_ratio"),
    [
        (load_breast_cancer, 0.01, 0.0),
        (load_breast_cancer, 0.1, 1.0),
        (load_breast_cancer, 0.1, 0.5),
        (load_wine, 0.01, 0.0),
        (load_wine, 1.0, 0.0),
        (load_wine, 0.1, 1.0),
        (load_wine, 0.1, 0.5),
    ],
)
def test_the_gap_of_fits_to_real_data(load, C, l1_ratio):
    X, y = load(return_X_y=True)
    classes, n = len(np.unique(y)), len(y)
    t = (y == np.arange(classes)[:, None]).astype(float) if classes > 2 else y * 1.0
    design = Design(X, np.full(n, 1 / n), True)
    loss = softmax if classes > 2 else binary
    objective = Objective(design, t, loss, l1_ratio / (C * n), (1 - l1_ratio) / (C * n))
    best = solved(objective, 1e-12)
    assert bound(objective, best) <= 1e-10
    rng = np.random.default_rng(0)
    for size in (1e-6, 1e-3, 1.0):
        u = best + size * rng.normal(size=best.size)
        assert bound(objective, u) >= total(objective, u) - total(objective, best)


def test_the_gap_of_blocks_of_rows_is_that_of_one():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(20_000, 8))
    y = (X[:, 0] + rng.logistic(size=20_000) > 0) * 1.0
    blocks = Objective(Design(X, np.full(20_000, 1 / 20_000), True), y, binary, 0.0, 0.01)
    assert len(blocks.design.blocks) > 1
    u = solved(blocks) + 0.01
    above = total(blocks, u) - total(blocks, solved(blocks))
    assert above <= bound(blocks, u) <= 60 * above
    assert bound(blocks, solved(blocks)) <= 1e-18


# Newton's decrement, for fits without a penalty.


def standard_errors(objective, u, best, m):
    """The largest distance of a weight in its standard error at u, and of any combination of weights.

    The latter is |u - u*| in the norm of m H. Of K classes in differences, which the classes determine.
    """
    H, off = objective.value_gradient_hessian(u)[2], u - best
    covariance = np.linalg.inv(H) / m
    return np.abs(off / np.sqrt(covariance.diagonal())).max(), np.sqrt(m * off @ H @ off)


@shape
@intercept
def test_the_decrement_bounds_the_distance_in_standard_errors(classes, fit_intercept):
    known = 0
    for seed in range(8):
        objective = drawn(seed, classes, fit_intercept=fit_intercept, n=200)
        best, rng, m = solved(objective), np.random.default_rng(seed), 200.0
        for size in (1e-6, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0):
            off = rng.normal(size=objective.shape)
            u = best + size * (off - off.mean(axis=0) if classes else off).ravel()
            reach, distance = decrement_bound(objective, u, m)
            assert (distance is not None) == (reach < 1)
            if distance is not None:
                known += 1
                for true in standard_errors(objective, u, best, m):
                    assert true <= distance * (1 + 1e-9) + 1e-10  # what `solved` may be off
    assert known >= 20  # of 72


@shape
@intercept
def test_the_decrement_of_the_optimum_is_tiny(classes, fit_intercept):
    for seed in range(4):
        objective = drawn(seed, classes, fit_intercept=fit_intercept, n=200)
        reach, distance = decrement_bound(objective, solved(objective), 200.0)
        assert 0 <= reach <= 1e-8
        assert 0 <= distance <= 1e-8


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("size", [1e-4, 0.01, 0.02, 0.05])
def test_the_decrement_is_its_formula(classes, size):
    """-log(1 - r h) / r: r the largest |x_i|, or difference of logits, and h |g|, in the norms of H and H^-1.

    Where r h is below 0.4 a larger r, which costs less, may serve.
    """
    objective = drawn(5, classes, n=200)
    A, q, known = objective.design.blocks[0], objective.design.q, max(classes, 1)
    off = np.random.default_rng(0).normal(size=objective.shape)
    u = solved(objective) + size * (off - off.mean(axis=0) if classes else off).ravel()
    _, g, H = objective.value_gradient_hessian(u)
    inverse = np.linalg.inv(H)
    squares = []
    for j in range(known):
        for k in range(max(j, 1)):
            change = np.zeros((len(A), known, q))
            change[:, j] = A
            change[:, k] -= A if classes else 0
            change = change.reshape(len(A), -1)
            squares.append(((change @ inverse) * change).sum(axis=1).max())
    r, h = max(squares) ** 0.5, (g @ inverse @ g) ** 0.5
    reach, distance = decrement_bound(objective, u, 200.0)
    expected = -np.log1p(-r * h) / r * 200**0.5 if r * h < 1 else None
    if r * h >= 1:
        assert distance is None
        assert reach >= 1
    elif r * h >= 0.4:
        assert reach == pytest.approx(r * h, rel=1e-9)
        assert distance == pytest.approx(expected, rel=1e-9)
    else:
        assert r * h * (1 - 1e-9) <= reach < 0.4 or reach == pytest.approx(r * h, rel=1e-9)
        assert distance >= expected * (1 - 1e-9)
        assert distance <= 2 * expected


def separable(seed, classes, quasi):
    """Classes that a linear score separates, or with `quasi` all but examples on the boundary."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(50, 3))
    codes = (X @ rng.normal(size=(3, max(classes, 2)))).argmax(axis=1)
    if quasi:
        X = np.vstack([X, np.zeros((6, 3))])
        codes = np.append(codes, np.arange(6) % max(classes, 2))
    t = (codes == np.arange(classes)[:, None]).astype(float) if classes else codes * 1.0
    return Path(Design(X, np.full(len(X), 1 / len(X)), not quasi), t, softmax if classes else binary)


class Path(Objective):
    """An objective that notes where its Hessian is asked for."""

    def __init__(self, *settings):
        super().__init__(*settings)
        self.path = []

    def value_gradient_hessian(self, u):
        self.path.append(u)
        return super().value_gradient_hessian(u)


@pytest.mark.parametrize("quasi", [False, True], ids=["complete", "quasi"])
@pytest.mark.parametrize("classes", [0, 3])
def test_the_decrement_never_says_that_separated_data_have_an_optimum(classes, quasi):
    """Along the path of Newton's method r h tends to 1 from above: below 1 there would be an optimum."""
    seen = 0
    for seed in range(8):
        objective = separable(seed, classes, quasi)
        newton(objective, np.zeros(objective.l2s.size), SolverMonitor(1e-12, 25))
        for u in list(objective.path):
            condition = np.linalg.cond(objective.value_gradient_hessian(u)[2])
            if condition < 1e12:
                reach, _ = decrement_bound(objective, u, 50.0)
                assert reach >= (0.999 if condition < 1e8 else 0.5)
                seen += 1
    assert seen >= 100
