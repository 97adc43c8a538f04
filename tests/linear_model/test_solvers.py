"""Solvers of smooth objectives: against the others, scipy and the theory of steps; and their monitor."""

import numpy as np
import pytest
from scipy.optimize import minimize

import autograd_lite as ag
from autograd_lite.linear_model.design import Design
from autograd_lite.linear_model.losses import binary, softmax
from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.solvers import bfgs, gradient_descent, lbfgs, newton, norm

SOLVERS = {"newton": newton, "lbfgs": lbfgs, "bfgs": bfgs, "gd": gradient_descent}
every = pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
shape = pytest.mark.parametrize("classes", [0, 3], ids=["binary", "softmax"])


def objective_of(X, codes, classes=0, l2=0.0, s=None, fit_intercept=True):
    n = len(X)
    t = (codes == np.arange(classes)[:, None]).astype(float) if classes else codes * 1.0
    design = Design(X, np.full(n, 1 / n) if s is None else s / s.sum(), fit_intercept)
    return Objective(design, t, softmax if classes else binary, 0.0, l2)


def drawn(seed, classes=0, n=200, p=4, l2=0.0):
    """An objective of classes that overlap, drawn from a model of their kind."""
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(n, p)) + rng.normal(size=p)) * 10.0 ** rng.uniform(-1, 1, p)
    z = (X - X.mean(axis=0)) / X.std(axis=0) @ rng.normal(size=(p, max(classes, 2)))
    return objective_of(X, (z + rng.gumbel(size=z.shape)).argmax(axis=1), classes, l2)


def cancer(l2):
    """Breast cancer, standardised."""
    X, y = ag.datasets.breast_cancer()
    return objective_of((X - X.mean(axis=0)) / X.std(axis=0), y, l2=l2 / len(y))


def solved(objective, solver=newton, u=None, tol=1e-10, max_iter=20_000, **settings):
    u = np.zeros(objective.l2s.size) if u is None else u
    monitor = SolverMonitor(tol, max_iter, **settings)
    return solver(objective, u, monitor), monitor


def centred(u, objective):
    """These weights with the sum 0 over the classes, which changes no probability."""
    W = u.reshape(objective.shape)
    return (W - W.mean(axis=0)).ravel() if objective.classes else u


class Trace:
    """A monitor that only writes down the loss and the gradient norm, for `steps` steps."""

    def __init__(self, steps):
        self.steps, self.loss, self.sizes, self.step = steps, [], [], None

    def __call__(self, loss, size, step):
        self.loss.append(loss)
        self.sizes.append(size)
        self.step = step
        return len(self.loss) > self.steps


def generated(seed):
    """A small problem: badly scaled, nearly collinear, off-centre or plain columns; weights; a start."""
    rng = np.random.default_rng(seed)
    n, p, classes = int(rng.integers(8, 40)), int(rng.integers(1, 6)), 3 if seed % 5 == 4 else 0
    X = rng.normal(size=(n, p))
    if seed % 4 == 1:
        X = np.exp(2 * X) * 10.0 ** rng.uniform(-9, 9, p)
    elif seed % 4 == 2:
        X = X @ rng.normal(size=(p, p))
        X[:, -1] = X[:, 0] + 1e-4 * X[:, -1]
    elif seed % 4 == 3:
        X += 10 * rng.normal(size=p)
    score = X / np.abs(X).max(axis=0) @ rng.normal(size=p) + (seed % 3) * rng.normal(size=n)
    codes = score.argsort().argsort() * max(classes, 2) // n  # where seed % 3 is 0 they can be separated
    s = rng.lognormal(sigma=2, size=n) if seed % 2 else np.ones(n)
    objective = objective_of(X, codes, classes, 1e-3 * (seed % 7 == 3), s, fit_intercept=seed % 4 != 3)
    return objective, (seed % 3) * rng.normal(size=objective.l2s.size)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(50))
def test_gradient_descent_lowers_the_loss_in_every_one_of_10_000_steps(seed):
    """By the amount that theory guarantees, |g|^2 / 2L, up to rounding."""
    objective, u = generated(seed)
    trace = Trace(10_000)
    gradient_descent(objective, u, trace)
    assert trace.step == 1 / objective.gradient_lipschitz()
    loss, sizes = np.array(trace.loss), np.array(trace.sizes)
    assert len(loss) == 10_001
    rounding = 8 * np.spacing(loss[:-1])
    promised = sizes[:-1] ** 2 * trace.step / 2
    assert (loss[1:] <= loss[:-1] - promised + rounding).all()
    if seed % 3 == 0 and objective.l2 == 0:  # without a minimum no step is lost in rounding
        assert (loss[1:] < loss[:-1]).all()


def test_a_longer_step_than_the_bound_allows_breaks_the_promise():
    """So the bound is needed: at zero weights of two classes the curvature is L."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 1))
    objective = objective_of(np.hstack([X, X + 0.01 * rng.normal(size=(50, 1))]), rng.random(50) < 0.5)
    L, (value, g) = objective.gradient_lipschitz(), objective.value_and_gradient(np.zeros(3))
    values, vectors = np.linalg.eigh(objective.value_gradient_hessian(np.zeros(3))[2])
    along = vectors[:, -1] * 1e-3
    curvature = 2 * (objective.value_and_gradient(along)[0] - value - g @ along) / 1e-6
    assert curvature == pytest.approx(values[-1], rel=1e-3)
    assert values[-1] == pytest.approx(L, rel=1e-9)


@pytest.mark.parametrize("C", [0.01, 1, 100])
def test_newton_needs_a_handful_of_steps(C):
    objective = cancer(1 / C)
    u, monitor = solved(objective, tol=1e-10)
    assert monitor.converged
    assert monitor.n_iter <= 12
    X, y = ag.datasets.breast_cancer()
    A = np.column_stack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones(len(y))])

    def plain(u):
        return ag.bce_with_logits(A @ u, y * 1.0) + 0.5 / (C * len(y)) * (u[:-1] ** 2).sum()

    assert np.linalg.norm(ag.grad(plain)(u)) <= 2e-10
    assert monitor.history.loss[-1] == pytest.approx(plain(u), rel=1e-13)
    steps = monitor.history.metrics["step"]
    assert steps[0] == 0
    assert set(steps[-3:]) == {1.0}


@every
@shape
@pytest.mark.parametrize("l2", [0.1, 0.003])
def test_solvers_agree_with_scipy(solver, classes, l2):
    for seed in range(3):
        objective = drawn(seed, classes, l2=l2)
        u, monitor = solved(objective, solver, tol=1e-7)
        assert monitor.converged
        result = minimize(
            objective.value_and_gradient,
            np.zeros_like(u),
            jac=True,
            hess=lambda u, f=objective: f.value_gradient_hessian(u)[2],
            method="trust-exact",
            options={"gtol": 1e-9},
        )
        smallest = np.linalg.eigvalsh(objective.value_gradient_hessian(result.x)[2])[0]
        expected = centred(result.x, objective)
        np.testing.assert_allclose(centred(u, objective), expected, atol=2e-7 / smallest)
        assert monitor.history.loss[-1] <= result.fun + 1e-14 / smallest


@pytest.mark.parametrize("solver", [newton, lbfgs, bfgs])
@shape
def test_unpenalised_solvers_agree(solver, classes):
    for seed in range(5):
        objective = drawn(seed, classes)
        u, monitor = solved(objective, solver, tol=1e-7)
        assert monitor.converged
        best, _ = solved(objective, tol=1e-11)
        np.testing.assert_allclose(centred(u, objective), best, atol=1e-5)
        if classes:
            np.testing.assert_allclose(best.reshape(classes, -1).sum(axis=0), 0, atol=1e-12)


def test_gradient_descent_finds_a_maximum_likelihood_estimate():
    objective = drawn(1)
    u, monitor = solved(objective, gradient_descent, tol=1e-9)
    assert monitor.converged
    np.testing.assert_allclose(u, solved(objective)[0], atol=1e-6)


@shape
def test_collinear_columns_share_their_weight(classes):
    """A column twice: the probabilities are those with it once, and the shortest weights are equal halves."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(150, 3))
    codes = (X @ rng.normal(size=(3, max(classes, 2))) + rng.gumbel(size=(150, max(classes, 2)))).argmax(
        axis=1
    )
    once, twice = objective_of(X, codes, classes), objective_of(X[:, [0, 1, 2, 0]], codes, classes)
    expected = solved(once, tol=1e-11)[0].reshape(once.shape)
    u, monitor = solved(twice)
    assert monitor.converged
    assert monitor.n_iter <= 12
    W = u.reshape(twice.shape)
    np.testing.assert_allclose(W[..., 0], W[..., 3], atol=1e-8)
    np.testing.assert_allclose(2 * W[..., 0], expected[..., 0], atol=1e-7)
    np.testing.assert_allclose(W[..., [1, 2, 4]], expected[..., 1:], atol=1e-7)
    for solver in (lbfgs, bfgs):
        u, monitor = solved(twice, solver, tol=1e-7)
        assert monitor.converged
        assert monitor.history.loss[-1] == pytest.approx(
            once.value_and_gradient(expected.ravel())[0], abs=1e-12
        )


@shape
def test_more_columns_than_rows(classes):
    rng = np.random.default_rng(4)
    codes = np.arange(12) % max(classes, 2)
    objective = objective_of(rng.normal(size=(12, 40)), codes, classes, l2=0.01)
    u, monitor = solved(objective, tol=1e-11)
    assert monitor.converged
    for solver in (lbfgs, bfgs):
        found = centred(solved(objective, solver, tol=1e-7)[0], objective)
        np.testing.assert_allclose(found, u, atol=1e-4)


@pytest.mark.parametrize(("solver", "classes"), [(newton, 0), (lbfgs, 0), (bfgs, 0), (lbfgs, 3), (bfgs, 3)])
@pytest.mark.parametrize("l2", [0.0, 1e-3])
def test_a_start_far_away(solver, classes, l2):
    """From where Newton's method by itself diverges: its full steps end in a singular Hessian."""
    for seed in range(4):
        objective = drawn(seed, classes, l2=l2)
        start = 50 * np.random.default_rng(seed).normal(size=objective.l2s.size)
        u = start
        with pytest.raises(np.linalg.LinAlgError):  # noqa: PT012 # the loop is what raises
            for _ in range(20):
                _, g, H = objective.value_gradient_hessian(u)
                u = u + np.linalg.solve(H, -g)
                np.linalg.cholesky(objective.value_gradient_hessian(u)[2])
        far, monitor = solved(objective, solver, start, tol=1e-7)
        assert monitor.converged
        near, _ = solved(objective)
        assert objective.value_and_gradient(far)[0] == pytest.approx(
            objective.value_and_gradient(near)[0], abs=1e-10
        )


class Walled:
    """An objective whose value is `beyond` outside of a ball, inf or nan, and its derivatives nan."""

    def __init__(self, objective, radius, beyond):
        self._inside, self._radius, self._beyond = objective, radius, beyond
        self.refused = 0

    def __getattr__(self, name):
        return getattr(self._inside, name)

    def value_and_gradient(self, u):
        return self.value_gradient_hessian(u)[:2]

    def value_gradient_hessian(self, u):
        if norm(u) <= self._radius:
            return self._inside.value_gradient_hessian(u)
        self.refused += 1
        return self._beyond, np.full(u.size, np.nan), np.full((u.size, u.size), np.nan)


@pytest.mark.parametrize("solver", [newton, lbfgs, bfgs])
@pytest.mark.parametrize("beyond", [np.inf, np.nan])
@shape
def test_a_step_to_where_the_loss_is_not_finite_is_refused(solver, beyond, classes):
    """The minimum is inside of the wall, and a step from the start, on the other side of it, is not."""
    objective = drawn(2, classes, l2=1e-3)
    best, _ = solved(objective)
    start = -5 * best
    walled = Walled(objective, 5.01 * norm(best), beyond)
    u, monitor = solved(walled, solver, start, tol=1e-7)
    assert walled.refused
    assert monitor.converged
    np.testing.assert_allclose(centred(u, objective), best, atol=1e-3)
    assert np.isfinite(monitor.history.loss).all()


@every
def test_a_solver_stops_at_its_tolerance(solver):
    objective = drawn(5, l2=0.01)
    u, monitor = solved(objective, solver, tol=1e-4)
    sizes = monitor.history.metrics["gradient_norm"]
    assert monitor.converged
    assert not monitor.stopped
    assert sizes[-1] <= 1e-4 < min(sizes[:-1])
    assert norm(objective.value_and_gradient(u)[1]) == sizes[-1]
    assert objective.value_and_gradient(u)[0] == monitor.history.loss[-1]


@every
@pytest.mark.parametrize("max_iter", [1, 2, 3])
def test_a_solver_stops_after_max_iter_steps(solver, max_iter):
    u, monitor = solved(drawn(6, l2=1e-4), solver, max_iter=max_iter)
    assert monitor.n_iter == max_iter
    assert not monitor.converged
    assert len(monitor.history.loss) == max_iter + 1
    assert drawn(6, l2=1e-4).value_and_gradient(u)[0] == monitor.history.loss[-1] < monitor.history.loss[0]


@every
def test_a_callback_sees_every_iterate_and_stops(solver):
    seen = []

    def callback(iteration, logs):
        seen.append((iteration, dict(logs)))
        return iteration == 2

    u, monitor = solved(drawn(7), solver, callback=callback)
    assert [iteration for iteration, _ in seen] == [0, 1, 2]
    assert monitor.stopped
    assert not monitor.converged
    assert monitor.history.loss == [logs["loss"] for _, logs in seen]
    for name in ("gradient_norm", "step", "time"):
        assert monitor.history.metrics[name] == [logs[name] for _, logs in seen]
    assert sorted(monitor.history.columns()) == ["gradient_norm", "loss", "step", "time"]
    assert drawn(7).value_and_gradient(u)[0] == monitor.history.loss[-1]


@every
def test_a_solver_stops_below_the_floor(solver):
    """Classes that can be separated: the loss has no minimum, below the floor all examples are right."""
    X = np.arange(10.0)[:, None]
    objective = objective_of(X, X[:, 0] > 4)
    u, monitor = solved(objective, solver, loss_floor=np.log(2) / 10)
    assert monitor.stopped
    assert not monitor.converged
    assert monitor.history.loss[-1] < np.log(2) / 10 <= monitor.history.loss[-2]
    assert ((objective.design.logits(u, objective.design.blocks[0]) > 0) == (X[:, 0] > 4)).all()


@every
def test_history_begins_at_the_start_and_times_rise(solver):
    objective = drawn(8, l2=0.01)
    _, monitor = solved(objective, solver, max_iter=30)
    metrics = monitor.history.metrics
    assert monitor.history.loss[0] == pytest.approx(np.log(2))
    assert metrics["gradient_norm"][0] == norm(objective.value_and_gradient(np.zeros(5))[1])
    assert (np.diff(metrics["time"]) >= 0).all()
    assert 0 <= metrics["time"][0] < metrics["time"][-1] < 60
    assert (np.diff(monitor.history.loss) <= 4 * np.spacing(1.0)).all()


@every
def test_a_solver_stays_at_the_minimum_and_keeps_the_start(solver):
    objective = drawn(9, l2=0.01)
    best, _ = solved(objective, tol=1e-12)
    given = best.copy()
    u, monitor = solved(objective, solver, best, tol=1e-9)
    assert monitor.n_iter == 0
    assert monitor.converged
    np.testing.assert_array_equal(u, best)
    solved(objective, solver, best + 1.0 if solver is gradient_descent else best, tol=1e-9, max_iter=5)
    np.testing.assert_array_equal(best, given)


@pytest.mark.parametrize("solver", [newton, lbfgs])
def test_blocks_of_rows_are_solved_like_one(solver):
    rng = np.random.default_rng(10)
    X = rng.normal(size=(40_000, 4)) * [1, 10, 0.1, 1] + [0, 30, 0, 1]
    codes = X @ [1, 0.1, 5, -1] + rng.logistic(size=40_000) > 3
    objective = objective_of(X, codes)
    assert len(objective.design.blocks) > 1
    u, monitor = solved(objective, solver, tol=1e-9)
    assert monitor.converged
    assert monitor.n_iter <= 15
    w = objective.design.original_weights(u)
    p = 1 / (1 + np.exp(-(X @ w[:4] + w[4])))
    np.testing.assert_allclose(np.column_stack([X, np.ones(len(X))]).T @ (p - codes) / len(X), 0, atol=1e-7)
