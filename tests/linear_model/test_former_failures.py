"""Fits that once went wrong, found by tests of every part and by breaking them on purpose."""

import numpy as np
import pytest
from scipy import sparse

from autograd_lite.linear_model import CollinearityWarning, LogisticRegression
from autograd_lite.linear_model.design import Design

RNG = np.random.default_rng(0)


def data(n=500):
    X = RNG.normal(size=(n, 3))
    return X, (X @ [1, 2, -1] + RNG.logistic(size=n) > 0).astype(int)


# 1. A constant column of a sparse matrix is not seen as constant: its variance, E x^2 - mean^2, is rounding.


@pytest.mark.parametrize("value", [7.0, 0.1, -3e5])
def test_sparse_constant_scale(value):
    X, y = data()
    X = sparse.csr_array(np.column_stack([X, np.full(len(y), value)]))
    assert Design(X, np.full(500, 1 / 500), True).scale[3] == 1


@pytest.mark.parametrize("value", [7.0, 0.1, -3e5])
@pytest.mark.parametrize("solver", ["auto", "lbfgs"])
def test_sparse_constant_is_reported(value, solver):
    X, y = data()
    X = sparse.csr_array(np.column_stack([X, np.full(len(y), value)]))
    with pytest.warns(CollinearityWarning):
        model = LogisticRegression(solver=solver).fit(X, y)
    assert abs(model.coef_[0, 3]) < 1e-9


# Shared by what follows.

from sklearn.datasets import load_breast_cancer  # noqa: E402

from autograd_lite.linear_model import SoftmaxRegression  # noqa: E402
from autograd_lite.linear_model.bounds import duality_gap  # noqa: E402
from autograd_lite.linear_model.losses import binary, softmax  # noqa: E402
from autograd_lite.linear_model.monitor import SolverMonitor  # noqa: E402
from autograd_lite.linear_model.objective import Objective  # noqa: E402
from autograd_lite.linear_model.solvers import bfgs, lbfgs, newton  # noqa: E402


def drawn(seed, classes=0, l1=0.0, l2=0.0, n=200, p=5, scale=None):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    z = X @ rng.normal(size=(p, max(classes, 2)))
    codes = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    t = (codes == np.arange(classes)[:, None]).astype(float) if classes else codes * 1.0
    X = X if scale is None else X * scale
    return Objective(Design(X, np.full(n, 1 / n), True), t, softmax if classes else binary, l1, l2)


def solved(objective, solver=newton, tol=1e-9, u=None, max_iter=300):
    monitor = SolverMonitor(tol, max_iter)
    return solver(objective, np.zeros(objective.l2s.size) if u is None else u, monitor), monitor


# 3. The gap at the optimum of real L2 fits is 1e-7 .. 1e-6 where 1e-20 is true: chi^2 of tiny p.


@pytest.mark.parametrize(("standardised", "C"), [(False, 1.0), (True, 100.0), (True, 1000.0)])
def test_gap_of_breast_cancer(standardised, C):
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0) if standardised else X
    model = LogisticRegression(C=C, tol=1e-11).fit(X, y)
    assert model.certificate_.duality_gap <= 1e-10


# 4. The gap of weights far away overflows (RuntimeWarning from exp in _balanced).


@pytest.mark.parametrize("classes", [0, 2, 4])
@pytest.mark.parametrize("size", [30.0, 1000.0])
def test_gap_far_away(classes, size):
    for seed in range(10):
        objective = drawn(seed, classes, l2=0.03, n=60)
        best = solved(objective, tol=1e-12)[0]
        u = best + size * np.random.default_rng(seed).normal(size=best.size)
        assert (
            duality_gap(objective, u)
            >= objective.value_and_gradient(u)[0] - objective.value_and_gradient(best)[0] - 1e-12
        )


# 5. lbfgs and bfgs often do not reach the default tol=1e-9 (up to 2 of 3 fits): values are equal except for
# rounding there, and the line search stops. The user sees a ConvergenceWarning.


@pytest.mark.long
@pytest.mark.parametrize("solver", [lbfgs, bfgs])
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("l2", [0.0, 1e-4, 1e-2])
def test_quasi_newton_reaches_its_tolerance(solver, classes, l2):
    assert all(solved(drawn(seed, classes, l2=l2), solver, max_iter=2000)[1].converged for seed in range(30))


# 6. SoftmaxRegression(solver="lbfgs" or "bfgs"): intercepts (and weights without a penalty) do not sum to 0.


@pytest.mark.parametrize("solver", ["lbfgs", "bfgs"])
@pytest.mark.parametrize("C", [np.inf, 1.0])
def test_softmax_intercepts_sum_to_0(solver, C):
    X, _ = data()
    X = X + 1.0
    y = (X @ RNG.normal(size=(3, 3)) + RNG.gumbel(size=(500, 3))).argmax(axis=1)
    model = SoftmaxRegression(C=C, solver=solver, tol=1e-7).fit(X, y)
    assert abs(model.intercept_.sum()) < 1e-6
    newton_ = SoftmaxRegression(C=C, solver="newton").fit(X, y)
    np.testing.assert_allclose(model.intercept_, newton_.intercept_, atol=1e-4)


# 7. newton is stuck where the logits are saturated: at once, or for all of max_iter without moving.


@pytest.mark.long
@pytest.mark.parametrize("classes", [0, 3, 4])
@pytest.mark.parametrize("l2", [0.0, 1e-3, 0.1])
def test_newton_far_away(classes, l2):
    for seed in range(10):
        objective = drawn(seed, classes, l2=l2)
        start = 50 * np.random.default_rng(seed).normal(size=objective.l2s.size)
        u, monitor = solved(objective, u=start)
        assert monitor.converged
        assert objective.value_and_gradient(u)[0] == pytest.approx(
            objective.value_and_gradient(solved(objective)[0])[0], abs=1e-12
        )


@pytest.mark.parametrize("C", [np.inf, 1, 1e-4])
@pytest.mark.parametrize("shift", [1, 5, 20])
@pytest.mark.parametrize("classes", [2, 3])
def test_warm_start_from_other_units(C, shift, classes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    y = (X @ rng.normal(size=(4, classes)) + rng.gumbel(size=(300, classes))).argmax(axis=1)
    kind = LogisticRegression if classes == 2 else SoftmaxRegression
    model = kind(C=1e4, warm_start=True, max_iter=300).fit(X, y)
    model.set_params(C=C).fit(100 * X + 100 * shift, rng.permutation(y))
    assert model.certificate_.converged


# 8. newton with features of very different units and a penalty: l2 / scale^2 of a small unit hides all other
# curvatures from `_direction` (values > DISTINCT * values[-1]); nothing moves, for all of max_iter.


@pytest.mark.parametrize("scale", [[1e-9, 1, 1e9], [1e-6, 1e8, 1], [1e-20, 1e20, 1]])
@pytest.mark.parametrize("C", [1.0, 1e-3])
def test_newton_with_units_of_all_sizes(scale, C):
    X, _ = data()
    y = (X @ RNG.normal(size=(3, 3)) + RNG.gumbel(size=(500, 3))).argmax(axis=1)
    model = SoftmaxRegression(C=C, max_iter=300).fit(X * scale, y)
    assert model.certificate_.converged


# 9. newton's first step: nan if the gradient is nan at twice a step that was good (`_longer`).


class Walled:
    def __init__(self, objective, radius):
        self._inside, self._radius = objective, radius

    def __getattr__(self, name):
        return getattr(self._inside, name)

    def value_and_gradient(self, u):
        return self.value_gradient_hessian(u)[:2]

    def value_gradient_hessian(self, u):
        if np.linalg.norm(u) <= self._radius:
            return self._inside.value_gradient_hessian(u)
        return np.inf, np.full(u.size, np.nan), np.full((u.size, u.size), np.nan)


@pytest.mark.parametrize("classes", [0, 3])
def test_newton_near_a_wall(classes):
    for seed in range(10):
        objective = drawn(seed, classes)
        best = solved(objective)[0]
        u, monitor = solved(Walled(objective, 1.02 * np.linalg.norm(best)))
        assert monitor.converged
        np.testing.assert_allclose(u, best, atol=1e-6)


# 10. proximal_newton of K classes with a little L1 never ends: `minimum` does not find the signs.


@pytest.mark.parametrize("seed", range(6))
def test_proximal_newton_with_a_little_l1(seed):
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(250, 7)) > 1) * 1.0
    y = (X @ rng.normal(size=(7, 4)) * 10 + rng.gumbel(size=(250, 4))).argmax(axis=1)
    model = SoftmaxRegression(C=1e6, l1_ratio=1.0, solver="proximal-newton", max_iter=60).fit(X, y)
    assert model.certificate_.converged


# 11. Rows in blocks with mean / spread 1e6: newton runs to max_iter, each step about 40 evaluations long.


def test_blocks_far_from_the_origin():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    y = (X @ [1, 2, -1] + rng.logistic(size=500) > 0).astype(float)
    X[:, 1] += 1e6
    X, y = np.tile(X, (100, 1)), np.tile(y, 100)
    objective = Objective(Design(X, np.full(50_000, 1 / 50_000), True), y, binary)
    monitor = solved(objective, max_iter=20)[1]
    assert monitor.converged or monitor.n_iter < 10


# 12. The bar is printed anew at every step: set_postfix_str refreshes whatever tqdm's mininterval says.


def test_the_bar_is_not_printed_at_every_step(capsys, monkeypatch):
    import autograd_lite.linear_model.monitor as module

    monkeypatch.setattr(module, "_BAR_DELAY", -1.0)
    monitor = SolverMonitor(1e-9, 1000, progress=True)
    for _ in range(500):
        monitor(0.5, 0.1, 1.0)
    monitor.close()
    assert capsys.readouterr().err.count("\r") < 50


# 13. `second` keeps the array u itself: what changes u in place gets the derivatives of the old one.


def test_second_of_weights_that_are_changed_in_place():
    objective = drawn(0)
    u = np.zeros(6)
    objective.value_gradient_hessian(u)
    u[0] = 1.0
    assert objective.value_gradient_hessian(u)[0] == pytest.approx(objective.value_and_gradient(u)[0])
