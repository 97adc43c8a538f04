"""Solvers for L1: optimality conditions by formulas on real data, quadratics by brute force over signs."""

from itertools import product

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.linear_model import LogisticRegression

from autograd_lite.linear_model.design import Design
from autograd_lite.linear_model.losses import binary, softmax
from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.solvers import accelerated, fista, minimise_quadratic, proximal_newton


class Problem:
    """Classes of real data with penalties C and l1_ratio, and J in plain NumPy of the weights as they are."""

    def __init__(self, X, y, C, l1_ratio, fit_intercept=True, s=None):
        self.X, self.y, self.K = X, y, len(np.unique(y))
        self.s = np.full(len(y), 1 / len(y)) if s is None else s / s.sum()
        self.l1, self.l2 = l1_ratio / (C * len(y)), (1 - l1_ratio) / (C * len(y))
        self.one_hot = (y == np.arange(self.K)[:, None]).astype(float)
        t, loss = (self.one_hot, softmax) if self.K > 2 else (y * 1.0, binary)
        self.design = Design(X, self.s, fit_intercept)
        self.objective = Objective(self.design, t, loss, self.l1, self.l2)

    def solved(self, solver=proximal_newton, tol=1e-9, max_iter=100, start=None):
        monitor = SolverMonitor(tol, max_iter)
        u = np.zeros(self.objective.l1s.size) if start is None else start
        return solver(self.objective, u, monitor), monitor

    def raw(self, u):
        w = np.atleast_2d(self.design.original_weights(u.reshape(self.objective.shape)))
        p = self.X.shape[1]
        return w[:, :p], w[:, p] if self.design.fit_intercept else np.zeros(len(w))

    def total(self, u):
        """J by its formula."""
        w, b = self.raw(u)
        z = w @ self.X.T + b[:, None]
        z = z if self.K > 2 else np.vstack([0 * z, z])
        loss = np.log(np.exp(z - z.max(axis=0)).sum(axis=0)) + z.max(axis=0) - (z * self.one_hot).sum(axis=0)
        return self.s @ loss + self.l1 * np.abs(w).sum() + self.l2 / 2 * (w**2).sum()

    def violation(self, u):
        """The largest violation of the conditions of a minimum, of features in units of their spread.

        |dJ/dw| <= l1 where w is 0, and dJ/dw = -l1 sign(w) elsewhere; dJ/db = 0.
        """
        w, b = self.raw(u)
        z = w @ self.X.T + b[:, None]
        p = np.exp(z - z.max(axis=0)) if self.K > 2 else 1 / (1 + np.exp(-z))
        r = self.s * (p / p.sum(axis=0) - self.one_hot if self.K > 2 else p - self.y)
        mean = self.s @ self.X * self.design.fit_intercept
        scale = np.sqrt(self.s @ (self.X - mean) ** 2)
        scale = np.where(scale > 0, scale, 1)
        g = r @ (self.X - mean) + self.l2 * w
        off = np.where(w == 0, np.maximum(np.abs(g) - self.l1, 0), g + self.l1 * np.sign(w)) / scale
        return max(np.abs(off).max(), np.abs(r.sum(axis=1)).max() * self.design.fit_intercept)


def standardised(load):
    X, y = load(return_X_y=True)
    X = X - X.mean(axis=0)
    return X / np.where(X.any(axis=0), X.std(axis=0), 1), y


DATA = {
    "cancer": standardised(load_breast_cancer),
    "raw cancer": load_breast_cancer(return_X_y=True),
    "wine": standardised(load_wine),
    "raw wine": load_wine(return_X_y=True),
}


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("C", [0.01, 0.1, 1])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_conditions_of_a_minimum_hold(data, C, l1_ratio, fit_intercept):
    problem = Problem(*DATA[data], C, l1_ratio, fit_intercept)
    u, monitor = problem.solved()
    assert monitor.converged
    assert monitor.n_iter <= 60
    assert monitor.history.metrics["gradient_norm"][-1] <= 1e-9
    assert problem.violation(u) <= 1e-8
    assert monitor.history.loss[-1] == pytest.approx(problem.total(u), rel=1e-11)
    assert (np.diff(monitor.history.loss) <= 1e-14).all()


def test_the_conditions_of_a_minimum_of_ten_classes():
    X, y = standardised(load_digits)
    problem = Problem(X[::4], y[::4], 0.04, 1.0)
    u, monitor = problem.solved(fista, tol=1e-8, max_iter=1000)
    assert monitor.converged
    assert problem.violation(u) <= 1e-8
    assert 0.5 < (problem.raw(u)[0] == 0).mean() < 1


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("data", ["cancer", "wine"])
def test_no_weights_of_scikit_learn_are_better(data, l1_ratio):
    X, y = DATA[data]
    problem = Problem(X, y, 0.3, l1_ratio)
    u, _ = problem.solved()
    peer = LogisticRegression(C=0.3, l1_ratio=l1_ratio, solver="saga", tol=1e-8, max_iter=20_000).fit(X, y)
    w = np.column_stack([peer.coef_, peer.intercept_])
    v = problem.design.standardised_weights(w.reshape(problem.objective.shape)).ravel()
    assert problem.total(u) <= problem.total(v)
    assert problem.total(u) == pytest.approx(problem.total(v), abs=1e-8)
    np.testing.assert_allclose(problem.raw(u)[0], peer.coef_, atol=1e-3)
    np.testing.assert_array_equal(problem.raw(u)[0] == 0, np.abs(peer.coef_) < 1e-9)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("data", ["cancer", "raw cancer"])
def test_all_weights_are_0_below_the_smallest_C(data, fit_intercept):
    """C max|X^T (y - mean)| = 1 is where the first weight leaves 0; without an intercept, y - 1/2."""
    X, y = DATA[data]
    base = y.mean() if fit_intercept else 0.5
    smallest = 1 / np.abs((y - base) @ X).max()
    below = Problem(X, y, smallest * (1 - 1e-6), 1.0, fit_intercept)
    u, monitor = below.solved()
    w, b = below.raw(u)
    assert monitor.converged
    assert not w.any()
    if fit_intercept:
        assert b[0] == pytest.approx(np.log(y.mean() / (1 - y.mean())), rel=1e-9)
    above = Problem(X, y, smallest * (1 + 1e-3), 1.0, fit_intercept)
    assert np.count_nonzero(above.raw(above.solved()[0])[0]) == 1


def test_weights_are_0_exactly_and_fewer_the_weaker_C():
    counts = []
    for C in (1, 0.1, 0.02):
        problem = Problem(*DATA["cancer"], C, 1.0)
        u, _ = problem.solved()
        w = problem.raw(u)[0]
        assert ((np.abs(w) > 1e-6) | (w == 0)).all()
        counts.append(np.count_nonzero(w))
    assert 30 > counts[0] > counts[1] > counts[2] > 0


def test_weights_of_examples_count_them():
    X, y = DATA["wine"]
    counts = np.arange(len(y)) % 3 + 1
    rows = np.repeat(np.arange(len(y)), counts)
    often = Problem(X[rows], y[rows], 0.05, 0.7)
    once = Problem(X, y, 0.05 * len(rows) / len(y), 0.7, s=counts * 1.0)
    np.testing.assert_allclose(once.raw(once.solved()[0])[0], often.raw(often.solved()[0])[0], atol=1e-8)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_fista_and_newton_agree(l1_ratio):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6))
    y = (X[:, 0] - X[:, 1] + rng.logistic(size=200) > 0) * 1
    problem = Problem(X, y, 0.1, l1_ratio)
    u, monitor = problem.solved(fista, max_iter=2000)
    assert monitor.converged
    assert problem.violation(u) <= 1e-9
    np.testing.assert_allclose(u, problem.solved()[0], atol=1e-8)
    assert 0 < np.count_nonzero(u) < 7
    assert monitor.history.metrics["step"][0] == 1 / problem.objective.gradient_lipschitz()


@pytest.mark.parametrize("solver", [fista, proximal_newton])
def test_the_monitor_gets_the_whole_objective_and_stops(solver):
    problem = Problem(*DATA["cancer"], 0.1, 1.0)
    u, monitor = problem.solved(solver, max_iter=3)
    assert monitor.n_iter == 3
    assert not monitor.converged
    assert len(monitor.history.loss) == 4
    assert monitor.history.loss[0] == pytest.approx(np.log(2))
    assert monitor.history.loss[-1] == pytest.approx(problem.total(u), rel=1e-12)
    residual = problem.objective.smallest_subgradient(u, problem.objective.value_and_gradient(u)[1])
    assert monitor.history.metrics["gradient_norm"][-1] == pytest.approx(np.linalg.norm(residual))
    best, _ = problem.solved()
    again, monitor = problem.solved(solver, start=best, tol=1e-8)
    assert monitor.n_iter == 0
    np.testing.assert_array_equal(again, best)


# The minimum of a quadratic function plus sum l1 |x|.


def value(H, b, l1, x):
    return x @ H @ x / 2 + b @ x + l1 @ np.abs(x)


def brute(H, b, l1):
    """The lowest value over the stationary points of all 3^n patterns of signs that have their signs."""
    best = 0.0
    for signs in product([-1, 0, 1], repeat=len(b)):
        signs = np.array(signs)
        on = signs != 0
        x = np.zeros(len(b))
        x[on] = np.linalg.lstsq(H[np.ix_(on, on)], -(b + l1 * signs)[on])[0]
        best = min(best, value(H, b, l1, x))  # any point is an upper bound, the minimum is among them
    return best


def quadratics():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 6))
        A = rng.normal(size=(n + 1, n)) * 10.0 ** rng.uniform(-1, 1, n)
        l1 = rng.uniform(0, 2, n) * np.abs(rng.normal(size=n)) * (rng.random(n) < 0.8)
        yield A.T @ A, rng.normal(size=n) * 3, l1, rng.normal(size=n) * (rng.random(n) < 0.5)


def test_the_minimum_of_a_quadratic_is_that_of_the_best_signs():
    for H, b, l1, start in quadratics():
        x = minimise_quadratic(H, b, l1, start)
        lowest = brute(H, b, l1)
        assert value(H, b, l1, x) == pytest.approx(lowest, abs=1e-11 * (1 + abs(lowest)))
        g = H @ x + b
        allowed = 1e-9 * np.abs(b).max()
        assert (np.abs(g)[x == 0] <= l1[x == 0] + allowed).all()
        np.testing.assert_allclose((g + l1 * np.sign(x))[x != 0], 0, atol=allowed)


def test_a_quadratic_without_penalty_is_solved():
    for H, b, _, start in quadratics():
        np.testing.assert_allclose(minimise_quadratic(H, b, 0 * b, start), np.linalg.solve(H, -b), rtol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_the_minimum_of_a_singular_quadratic(seed):
    """H of rank 2 of 4, b in its range as gradients are: the minimum is not unique, its value is."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(2, 4))
    A[:, 3] = A[:, 0] if seed % 2 else A[:, 3]  # columns that are equal
    H, b, l1 = A.T @ A, A.T @ rng.normal(size=2) * 3, np.full(4, 0.3)
    x = minimise_quadratic(H, b, l1, np.zeros(4))
    lowest = min(brute(H, b, l1), 0.0)
    assert value(H, b, l1, x) == pytest.approx(lowest, abs=1e-7 * (1 + abs(lowest)))


def test_the_iterates_of_fista_converge_as_they_must():
    """2 |x - x*|^2 / (step (k + 1)^2) bounds the value of iterate k (Beck and Teboulle 2009, theorem 4.4)."""
    rng = np.random.default_rng(1)
    A = rng.normal(size=(20, 20))
    H, b, l1 = A.T @ A, rng.normal(size=20), np.full(20, 0.1)
    best = minimise_quadratic(H, b, l1, np.zeros(20))
    step, start = 1 / np.linalg.eigvalsh(H)[-1], rng.normal(size=20)
    iterates = accelerated(lambda x: H @ x + b, start, l1, step)
    for k in range(1, 100):
        bound = 2 * np.sum((start - best) ** 2) / (step * (k + 1) ** 2)
        assert value(H, b, l1, next(iterates)) - value(H, b, l1, best) <= bound
