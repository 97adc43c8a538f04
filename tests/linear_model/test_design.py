"""The linear map against explicit matrices of standardised features, dense, in blocks of rows and sparse."""

import numpy as np
import pytest
from scipy import sparse

from autograd_lite.linear_model.design import Design

FORMS = {
    "small": (40, 5, np.asarray),
    "blocks": (5000, 30, np.asarray),  # more entries than a block of 2**17
    "csr_matrix": (200, 6, sparse.csr_matrix),
    "csr_array": (200, 6, sparse.csr_array),
}
form = pytest.mark.parametrize("form", FORMS)
intercept = pytest.mark.parametrize("fit_intercept", [True, False])
shape = pytest.mark.parametrize("classes", [(), (1,), (3,)])


def features(form, rng):
    """X as numbers, half of them 0 where it will be sparse."""
    n, p, _ = FORMS[form]
    X = rng.normal(size=(n, p)) * 10.0 ** rng.uniform(-3, 3, p) + rng.normal(size=p)
    return X * (rng.random((n, p)) < 0.5) if form.startswith("csr") else X


def made(X, form, fit_intercept, rng):
    """A design of X in this form, weights of its examples, and the matrix of features that it stands for."""
    s = rng.uniform(0.2, 1, len(X))
    s /= s.sum()
    return Design(FORMS[form][2](X), s, fit_intercept), s, explicit(X, s, fit_intercept)


def explicit(X, s, fit_intercept):
    """Features less their weighted means, in units of their spreads, and a column of ones; long doubles."""
    X, s = X.astype(np.longdouble), s.astype(np.longdouble)
    A = X - s @ X if fit_intercept else X
    spread = np.sqrt(s @ A**2)
    A = A / np.where(spread > 1e-12 * np.abs(s @ X), spread, 1)
    return np.hstack([A, np.ones((len(X), 1))]) if fit_intercept else A


def logits(design, W):
    return np.concatenate([design.logits(W, rows) for rows in design.blocks], axis=-1)


def pulled(design, dz):
    parts = zip(design.slices, design.blocks, strict=True)
    return sum(design.transpose_matvec(dz[..., place], rows) for place, rows in parts)


def gram(design, d):
    return sum(design.gram(d[place], rows) for place, rows in zip(design.slices, design.blocks, strict=True))


def close(found, expected, rtol=1e-11):
    """Equal up to a part of the largest entry."""
    expected = np.asarray(expected, float)
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * np.abs(expected).max(initial=0))


def check(design, A, rng, rtol=1e-11, classes=()):
    """Everything that a design computes of all rows."""
    n, q = A.shape
    W, dz, d = rng.normal(size=(*classes, q)), rng.normal(size=(*classes, n)), rng.uniform(-1, 1, n)
    M = rng.normal(size=(q, q))
    assert (design.n, design.q, design.p + design.fit_intercept) == (n, q, q)
    close(logits(design, W), W @ A.T, rtol)
    close(pulled(design, dz), dz @ A, rtol)
    close(gram(design, d), (A.T * d) @ A, rtol)
    bows = np.concatenate([design.quadratic_forms(M, rows) for rows in design.blocks])
    close(bows, ((A @ M) * A).sum(axis=1), rtol)
    lengths = np.concatenate([design.squared_norms(rows) for rows in design.blocks])
    close(lengths, (A**2).sum(axis=1), rtol)
    lengths = np.concatenate([design.squared_norms(rows) for rows in design.blocks])
    close(lengths, (A**2).sum(axis=1), rtol)


@form
@intercept
@shape
def test_it_is_the_matrix_of_standardised_features(form, fit_intercept, classes):
    rng = np.random.default_rng(1)
    X = features(form, rng)
    design, s, A = made(X, form, fit_intercept, rng)
    check(design, A, rng, classes=classes)
    np.testing.assert_allclose(s @ A[:, : design.p] ** 2, 1, rtol=1e-12)  # so coordinates have no units
    assert (len(design.blocks) > 1) is (form == "blocks")


@form
@intercept
@shape
def test_weights_give_the_same_logits_from_the_features_as_they_are(form, fit_intercept, classes):
    rng = np.random.default_rng(2)
    X = features(form, rng)
    design, _, A = made(X, form, fit_intercept, rng)
    W = rng.normal(size=(*classes, design.q))
    given = W.copy()
    w = design.original_weights(W)
    z = w[..., : design.p] @ X.T + (w[..., -1:] if fit_intercept else 0)
    close(z, W @ A.T)
    close(design.standardised_weights(w), W)
    np.testing.assert_array_equal(W, given)
    given = w.copy()
    design.standardised_weights(w)
    np.testing.assert_array_equal(w, given)


@form
def test_pulled_and_logits_are_transposes(form):
    rng = np.random.default_rng(3)
    design, *_ = made(features(form, rng), form, True, rng)
    W, dz = rng.normal(size=design.q), rng.normal(size=design.n)
    assert dz @ logits(design, W) == pytest.approx(pulled(design, dz) @ W, rel=1e-11)


@form
@intercept
@pytest.mark.parametrize("step", [1, 2, 7])
def test_every_takes_rows_and_keeps_coordinates(form, fit_intercept, step):
    rng = np.random.default_rng(4)
    X = features(form, rng)
    design, s, A = made(X, form, fit_intercept, rng)
    part = design.every_nth(step)
    check(part, A[::step], rng)
    close(part.s, s[::step] / s[::step].sum())
    W = rng.normal(size=design.q)
    close(part.original_weights(W), design.original_weights(W))


@intercept
def test_every_of_a_large_one_that_is_still_large(fit_intercept):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(30_000, 10)) + 3
    design, _, A = made(X, "blocks", fit_intercept, rng)
    part = design.every_nth(2)
    assert len(part.blocks) > 1
    check(part, A[::2], rng)


@form
def test_features_far_from_their_origin(form):
    """Means of 1e6 with spread 1, no entry 0: what is left of the digits of X is seen."""
    rng = np.random.default_rng(6)
    n, p, _ = FORMS[form]
    X = 1e6 + rng.normal(size=(n, p))
    X[:, 0] -= 1e6
    design, _, A = made(X, form, True, rng)
    check(design, A, rng, 1e-8)
    W = rng.normal(size=(3, design.q))
    w = design.original_weights(W)
    np.testing.assert_allclose(w[:, :p] @ X.T + w[:, p:], np.asarray(W @ A.T, float), atol=1e-6)
    np.testing.assert_allclose(design.standardised_weights(w), W, atol=1e-7)


def test_sparse_rows_in_blocks():
    rng = np.random.default_rng(14)
    X = rng.normal(size=(140_000, 3)) * (rng.random((140_000, 3)) < 0.3) * [1, 100, 0.01]
    X[:, 2] += 5
    for fit_intercept in (True, False):
        design, _, A = made(X, "csr_array", fit_intercept, rng)
        assert len(design.blocks) > 1
        check(design, A, rng, 1e-9, (2,))
        part = design.every_nth(3)
        check(part, A[::3], rng, 1e-9)


@form
def test_one_feature_far_from_its_origin_among_others(form):
    rng = np.random.default_rng(7)
    n, _, _ = FORMS[form]
    X = features(form, rng)
    X[:, 1] = 1e3 + rng.normal(size=n)
    design, _, A = made(X, form, True, rng)
    check(design, A, rng, 1e-8)


@pytest.mark.parametrize("form", ["small", "blocks"])
def test_constant_features_have_scale_1_and_are_0(form):
    rng = np.random.default_rng(8)
    X = features(form, rng)
    X[:, 0], X[:, 1], X[:, 2] = 0.0, 7.0, -0.1
    design, _, A = made(X, form, True, rng)
    np.testing.assert_array_equal(design.scale[[0, 1, 2, -1]], 1)
    A[:, :3] = 0
    check(design, A, rng, 1e-11)
    without, *_ = made(X, form, False, rng)
    np.testing.assert_allclose(without.scale[:3], [1, 7, 0.1], rtol=1e-12)


@form
@intercept
@pytest.mark.parametrize("exponent", [-100, 100])
def test_units_do_not_matter(form, fit_intercept, exponent):
    rng = np.random.default_rng(9)
    X = features(form, rng)
    X[:, 1] = X[:, 1] * 2.0**exponent
    X[:, 2] = X[:, 2] * 10.0**exponent
    design, _, A = made(X, form, fit_intercept, rng)
    check(design, A, rng)


@form
@intercept
def test_features_whose_squares_leave_the_range_have_scale_1(form, fit_intercept):
    rng = np.random.default_rng(10)
    X = features(form, rng)
    X[:, 1] *= 1e-200 / np.abs(X[:, 1]).max()
    design, _, A = made(X, form, fit_intercept, rng)
    assert design.scale[1] == 1
    A[:, 1] = 0
    check(design, A, rng)


@intercept
@pytest.mark.parametrize("form", ["small", "csr_array"])
def test_one_row_and_one_column(form, fit_intercept):
    rng = np.random.default_rng(11)
    to = FORMS[form][2]
    for X in (np.array([[2.0, -3.0]]), np.array([[2.0], [4.0], [7.0]]), np.array([[5.0]])):
        s = np.full(len(X), 1 / len(X))
        check(Design(to(X), s, fit_intercept), explicit(X, s, fit_intercept), rng)


def test_rows_wider_than_a_block():
    rng = np.random.default_rng(12)
    X = rng.normal(size=(3, 2**17 + 1))
    design, _, A = made(X, "blocks", True, rng)
    assert [len(rows) for rows in design.blocks] == [1, 1, 1]
    W, dz = rng.normal(size=design.q), rng.normal(size=3)
    close(logits(design, W), W @ A.T, 1e-9)
    close(pulled(design, dz), dz @ A)


def test_blocks_are_views_and_small_ones_are_made_once():
    rng = np.random.default_rng(13)
    X = features("blocks", rng)
    design, *_ = made(X, "blocks", True, rng)
    assert all(np.shares_memory(rows, X) for rows in design.blocks)
    assert sum(len(rows) for rows in design.blocks) == len(X)
    assert max(rows.size for rows in design.blocks) <= 2**17
    X = features("small", rng)
    before = X.copy()
    small, *_ = made(X, "small", True, rng)
    np.testing.assert_array_equal(X, before)
    assert small.blocks[0].shape == (40, 6)
