"""The objective and its derivatives against formulas and `ag.hessian` of a plain loss of raw weights."""

import numpy as np
import pytest
from scipy import sparse

import autograd_lite as ag
from autograd_lite.linear_model.design import Design
from autograd_lite.linear_model.losses import binary, softmax
from autograd_lite.linear_model.objective import Objective

shape = pytest.mark.parametrize("classes", [0, 2, 3], ids=["binary", "softmax2", "softmax3"])
intercept = pytest.mark.parametrize("fit_intercept", [True, False])
RNG = np.random.default_rng(0)


class Problem:
    """Data of known weights, the objective of them, and the same in plain NumPy, in long formulas."""

    def __init__(self, n=60, p=4, classes=0, fit_intercept=True, l1=0.0, l2=0.0, form=np.asarray, seed=0):
        rng = np.random.default_rng(seed)
        self.X = (rng.normal(size=(n, p)) + rng.normal(size=p)) * 10.0 ** rng.uniform(-2, 2, p)
        self.s = rng.uniform(0.2, 1, n)
        self.s /= self.s.sum()
        self.classes, self.fit_intercept, self.l1, self.l2, self.p = classes, fit_intercept, l1, l2, p
        self.codes = rng.permutation(np.arange(n) % max(classes, 2))
        self.t = (self.codes == np.arange(classes)[:, None]).astype(float) if classes else self.codes * 1.0
        design = Design(form(self.X), self.s, fit_intercept)
        self.objective = Objective(design, self.t, softmax if classes else binary, l1, l2)
        self.mean = self.s @ self.X if fit_intercept else np.zeros(p)
        self.scale = np.sqrt(self.s @ (self.X - self.mean) ** 2)
        self.size = max(classes, 1) * (p + fit_intercept)

    def u(self, seed=1, size=1.0):
        return size * np.random.default_rng(seed).normal(size=self.size)

    def raw(self, u):
        """Weights (K, p) of the features as they are and intercepts (K,)."""
        u = u.reshape(max(self.classes, 1), -1)
        w = u[:, : self.p] / self.scale
        return w, (u[:, self.p] if self.fit_intercept else 0.0) - w @ self.mean

    def plain(self, u):
        """The smooth part of J of ops, on the features as they are."""
        w, b = self.raw(u)
        z = w @ self.X.T + (b[:, None] if self.fit_intercept else 0.0)
        if self.classes:
            loss = ag.cross_entropy(z.T, self.codes, reduction="none") @ self.s
        else:
            loss = ag.bce_with_logits(z[0], self.t, reduction="none") @ self.s
        return loss + 0.5 * self.l2 * (w * w).sum()

    def matrix(self):
        A = (self.X - self.mean) / self.scale
        return np.hstack([A, np.ones((len(A), 1))]) if self.fit_intercept else A

    def probabilities(self, u):
        z = u.reshape(max(self.classes, 1), -1) @ self.matrix().T
        return np.exp(z) / np.exp(z).sum(axis=0) if self.classes else 1 / (1 + np.exp(-z[0]))

    def free(self):
        """The addition to the Hessian if weights of all classes can be shifted without a penalty."""
        if not self.classes:
            return 0.0
        q = self.p + self.fit_intercept
        unpenalised = (np.arange(q) == self.p) | (self.l1 + self.l2 == 0)
        return np.kron(np.ones((self.classes, self.classes)) / self.classes, np.diag(unpenalised * 1.0))


def close(found, expected, rtol=1e-11):
    """Equal up to a part of the largest entry."""
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * np.abs(expected).max())


@shape
@intercept
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_derivatives_are_those_of_a_plain_loss(classes, fit_intercept, form, l2):
    problem = Problem(classes=classes, fit_intercept=fit_intercept, l2=l2, form=form)
    u = problem.u()
    value, g, H = problem.objective.value_gradient_hessian(u)
    assert value == pytest.approx(problem.plain(u), rel=1e-12)
    close(g, ag.grad(problem.plain)(u))
    close(H, ag.hessian(problem.plain)(u) + problem.free())
    assert problem.objective.value_and_gradient(u)[0] == pytest.approx(value, rel=1e-14)
    close(problem.objective.value_and_gradient(u)[1], g, 1e-13)
    np.testing.assert_allclose(H, H.T, atol=1e-14)


@shape
@intercept
def test_derivatives_of_blocks_of_rows_are_the_formulas(classes, fit_intercept):
    """X^T S (p - t) and X^T S D X with D = diag(p (1 - p)), or p_i (1{i=j} - p_j) for pairs of classes."""
    problem = Problem(n=30_000, p=6, classes=classes, fit_intercept=fit_intercept, l2=0.1)
    assert len(problem.objective.design.blocks) > 1
    u, A, s = problem.u(), problem.matrix(), problem.s
    value, g, H = problem.objective.value_gradient_hessian(u)
    p = problem.probabilities(u)
    assert value == pytest.approx(problem.plain(u), rel=1e-12)
    penalty = np.where(np.arange(problem.p + fit_intercept) < problem.p, 0.1, 0)
    penalty[: problem.p] /= problem.scale**2
    if classes:
        gradient = np.concatenate([((p[i] - problem.t[i]) * s) @ A for i in range(classes)])
        rows = [[(A.T * (s * p[i] * ((i == j) - p[j]))) @ A for j in range(classes)] for i in range(classes)]
        penalty, curvature = np.tile(penalty, classes), np.block(rows)
    else:
        gradient, curvature = ((p - problem.t) * s) @ A, (A.T * (s * p * (1 - p))) @ A
    close(g, gradient + penalty * u)
    close(H, curvature + np.diag(penalty) + problem.free())
    close(problem.objective.value_and_gradient(u)[1], g, 1e-13)


def test_equal_weights_give_means_over_examples():
    """facts: (1/m) X^T (p - y) and (1/m) X^T D X; features that are standardised already."""
    X = RNG.normal(size=(50, 3))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = (RNG.random(50) < 0.4) * 1.0
    objective = Objective(Design(X, np.full(50, 1 / 50), True), y, binary)
    A, u = np.column_stack([X, np.ones(50)]), RNG.normal(size=4)
    p = 1 / (1 + np.exp(-A @ u))
    _, g, H = objective.value_gradient_hessian(u)
    close(g, A.T @ (p - y) / 50)
    close(H, (A.T * p * (1 - p)) @ A / 50)


@pytest.mark.parametrize("l2", [0.0, 0.2])
def test_weights_of_all_classes_that_are_shifted_alike_have_curvature_1(l2):
    problem = Problem(classes=3, l2=l2)
    H = problem.objective.value_gradient_hessian(problem.u())[2]
    q = problem.p + 1
    for j in range(q):
        shift = np.zeros((3, q))
        shift[:, j] = 1
        if l2 == 0 or j == problem.p:
            np.testing.assert_allclose(H @ shift.ravel(), shift.ravel(), atol=1e-13)
        else:
            np.testing.assert_allclose(
                H @ shift.ravel(), shift.ravel() * l2 / problem.scale[j] ** 2, atol=1e-12
            )
    assert np.linalg.eigvalsh(H)[0] > 0


def test_an_l1_penalty_leaves_no_weight_free_but_the_intercept():
    problem = Problem(classes=3, l1=0.1)
    u = problem.u()
    close(problem.objective.value_gradient_hessian(u)[2], ag.hessian(problem.plain)(u) + problem.free())


@shape
@intercept
def test_the_total_adds_the_sizes_of_weights_as_they_are(classes, fit_intercept):
    problem = Problem(classes=classes, fit_intercept=fit_intercept, l1=0.7, l2=0.3)
    u = problem.u()
    smooth = problem.objective.value_and_gradient(u)[0]
    assert smooth == pytest.approx(problem.plain(u), rel=1e-12)  # no l1
    expected = problem.plain(u) + 0.7 * np.abs(problem.raw(u)[0]).sum()
    assert problem.objective.total(u, smooth) == pytest.approx(expected, rel=1e-12)
    without = Problem(classes=classes)
    assert without.objective.total(without.u(), 2.5) == 2.5


@shape
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_the_residual_is_the_steepest_slope_down(classes, l2):
    """By differences: from u, J falls by |r| a step along -r / |r|, and no faster along others."""
    problem = Problem(classes=classes, l1=0.05, l2=l2)
    objective = problem.objective

    def fall(u, d, h=1e-7):
        def total(v):
            return objective.total(v, objective.value_and_gradient(v)[0])

        return float(total(u) - total(u + h * d / np.linalg.norm(d))) / h

    for seed in range(5):
        u = problem.u(seed)
        u[np.random.default_rng(seed).random(u.size) < 0.5] = 0.0
        r = objective.smallest_subgradient(u, objective.value_and_gradient(u)[1])
        size = np.linalg.norm(r)
        assert fall(u, -r) == pytest.approx(size, abs=1e-4 * size)
        for v in np.random.default_rng(seed).normal(size=(20, u.size)):
            assert fall(u, v) <= size * (1 + 1e-4)
            assert fall(u, -r + 0.3 * size * v / np.linalg.norm(v)) <= size * (1 + 1e-4)


def test_the_residual_of_each_kind_of_weight():
    problem = Problem(p=3, l1=0.5)
    l1 = problem.objective.l1s[0]
    u, g = np.array([0.0, 2.0, -2.0, 0.0]), np.array([0.9 * l1, 0.3, 0.3, 0.7])
    l1s = 0.5 / problem.scale
    np.testing.assert_allclose(
        problem.objective.smallest_subgradient(u, g), [0, 0.3 + l1s[1], 0.3 - l1s[2], 0.7], rtol=1e-12
    )
    g[0] = -3 * l1
    assert problem.objective.smallest_subgradient(u, g)[0] == pytest.approx(-2 * l1)
    smooth = Problem(p=3, l2=0.5).objective
    np.testing.assert_array_equal(smooth.smallest_subgradient(u, g), g)


@shape
@intercept
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_lipschitz_bounds_every_curvature_and_is_near_the_largest(classes, fit_intercept, l2):
    problem = Problem(classes=classes, fit_intercept=fit_intercept, l2=l2)
    L = problem.objective.gradient_lipschitz()

    def largest(u):
        return np.linalg.eigvalsh(ag.hessian(problem.plain)(u))[-1]

    for size in (0.1, 0.5, 2.0):
        for seed in range(10):
            assert largest(problem.u(seed, size)) <= L
    at_zero = largest(np.zeros(problem.size))
    assert at_zero <= L
    if l2 == 0 and classes < 3:  # 1/4, and 1/2 of two logits, are the curvatures at zero logits
        assert pytest.approx(L, rel=1e-9) == at_zero
    elif l2 == 0:  # of three classes 1/3
        assert pytest.approx(L, rel=1e-9) == 1.5 * at_zero
    else:
        bound = L - l2 / (problem.scale**2).min()
        assert bound <= at_zero * 1.5 + 1e-12


def test_the_bound_of_three_classes_can_be_reached():
    """One class that is impossible: the logits of the other two have curvature 1/2."""
    problem = Problem(classes=3)
    u = np.zeros((3, 5))
    u[2, -1] = -40
    largest = np.linalg.eigvalsh(ag.hessian(problem.plain)(u.ravel()))[-1]
    assert problem.objective.gradient_lipschitz() == pytest.approx(largest, rel=1e-9)


def test_lipschitz_of_blocks_of_rows():
    problem = Problem(n=30_000, p=6)
    A = problem.matrix()
    largest = np.linalg.svd(A * np.sqrt(problem.s)[:, None], compute_uv=False)[0] ** 2 / 4
    assert problem.objective.gradient_lipschitz() == pytest.approx(largest, rel=1e-9)


@shape
def test_slope_is_the_constant_of_lipschitz_lr(classes):
    """(K - 1) / (K m) times the largest singular value of X, of m examples that weigh the same."""
    X, m, K = RNG.normal(size=(40, 3)), 40, max(classes, 2)
    t = (np.arange(m) % K == np.arange(classes)[:, None]) * 1.0 if classes else np.arange(m) % 2.0
    objective = Objective(Design(X, np.full(m, 1 / m), True), t, softmax if classes else binary)
    A = np.column_stack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones(m)])
    expected = (K - 1) / (K * m) * np.linalg.svd(A, compute_uv=False)[0]
    assert objective.loss_lipschitz() == pytest.approx(expected, rel=1e-9)


@shape
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_the_metric_is_the_diagonal_blocks_of_the_hessian(classes, form):
    problem = Problem(classes=classes, l2=0.3, form=form)
    u, q = problem.u(), problem.p + 1
    H = ag.hessian(problem.plain)(u)
    for i, block in enumerate(problem.objective.class_hessians(u)):
        close(block, H[i * q : (i + 1) * q, i * q : (i + 1) * q])
    assert problem.objective.class_hessians(u).shape == (max(classes, 1), q, q)


@shape
@pytest.mark.parametrize("n", [61, 30_000])
def test_the_metric_of_some_rows_is_that_of_every_so_many(classes, n):
    problem = Problem(n=n, classes=classes, l2=0.3)
    u = problem.u()
    A, p = problem.matrix()[::3], np.atleast_2d(problem.probabilities(u)[..., ::3])
    s = problem.s[::3] / problem.s[::3].sum()
    penalty = np.append(0.3 / problem.scale**2, 0)
    for block, each in zip(problem.objective.class_hessians(u, most=n // 3 + 1), p, strict=True):
        close(block, (A.T * (s * each * (1 - each))) @ A + np.diag(penalty))


@shape
@intercept
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_every_is_the_same_function_of_fewer_examples(classes, fit_intercept, form):
    settings = {"classes": classes, "fit_intercept": fit_intercept, "l1": 0.1, "l2": 0.2}
    problem = Problem(form=form, **settings)
    part, u = problem.objective.subsample(15), problem.u()
    fewer = Problem(**settings)
    fewer.X, fewer.t, fewer.codes = problem.X[::4], problem.t[..., ::4], problem.codes[::4]
    fewer.s = problem.s[::4] / problem.s[::4].sum()  # its mean and scale are still those of all examples
    value, g, H = part.value_gradient_hessian(u)
    assert value == pytest.approx(fewer.plain(u), rel=1e-12)
    close(g, ag.grad(fewer.plain)(u))
    close(H, ag.hessian(fewer.plain)(u) + fewer.free())
    np.testing.assert_array_equal(part.l1s, problem.objective.l1s)
    assert problem.objective.subsample(60) is problem.objective


@shape
@pytest.mark.parametrize("n", [60, 30_000])
def test_residuals_are_probabilities_less_labels(classes, n):
    problem = Problem(n=n, classes=classes, l2=0.2)
    u = problem.u()
    found = problem.objective.residuals(u)
    np.testing.assert_allclose(found, problem.probabilities(u) - problem.t, atol=1e-12)
    assert found.shape == problem.t.shape


def test_weights_count_examples():
    """An example of twice the weight is two; the function of weights that are all doubled is the same."""
    X, y = RNG.normal(size=(9, 2)), np.arange(9) % 2.0
    counts = np.array([1, 2, 1, 3, 1, 1, 2, 1, 1])
    once = Objective(Design(X, counts / counts.sum(), True), y, binary, 0.0, 0.1)
    rows = np.repeat(np.arange(9), counts)
    often = Objective(Design(X[rows], np.full(13, 1 / 13), True), y[rows], binary, 0.0, 0.1)
    u = RNG.normal(size=3)
    for a, b in zip(once.value_gradient_hessian(u), often.value_gradient_hessian(u), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("classes", [0, 3])
def test_nothing_is_changed(classes):
    problem = Problem(classes=classes, l1=0.1, l2=0.2)
    u, X = problem.u(), problem.X.copy()
    given = u.copy()
    g = problem.objective.value_and_gradient(u)[1]
    kept, values = g.copy(), [problem.objective.value_gradient_hessian(v)[0] for v in (u, -u, u)]
    assert values == [pytest.approx(problem.plain(v)) for v in (u, -u, u)]
    problem.objective.class_hessians(u)
    problem.objective.smallest_subgradient(u, g)
    np.testing.assert_array_equal(u, given)
    np.testing.assert_array_equal(g, kept)
    np.testing.assert_array_equal(problem.X, X)
