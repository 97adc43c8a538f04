"""Collinear columns: found, named and described; nearly collinear ones left alone."""

import numpy as np
import pytest
from scipy import sparse

from autograd_lite.linear_model.collinearity import Dependence, collinear


def formulas(X, **settings):
    return [str(each) for each in collinear(X, **settings)]


def data(n=300, p=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n, p))


def with_column(X, x):
    return np.column_stack([X, x])


def test_independent_columns_have_nothing_to_tell():
    X = data()
    assert collinear(X) == collinear(X, fit_intercept=False) == ()
    assert collinear(np.arange(5.0)[:, None]) == ()


def test_a_formula_with_its_intercept():
    celsius = data()[:, :1] * 10 + 15
    X = with_column(celsius, 1.8 * celsius + 32)
    (found,) = collinear(X, names=["celsius", "fahrenheit"])
    assert str(found) == "fahrenheit = 1.8 celsius + 32"
    assert found.column == "fahrenheit"
    assert found.of == pytest.approx({"celsius": 1.8}, rel=1e-12)
    assert found.intercept == pytest.approx(32, rel=1e-12)
    assert collinear(X, fit_intercept=False) == ()


def test_duplicates_sums_and_differences():
    X = data()
    X = np.column_stack([X, X[:, 1], X[:, 0] + X[:, 2], X[:, 3] - X[:, 0], -X[:, 2] - 7])
    expected = ["x4 = x1", "x5 = x0 + x2", "x6 = -x0 + x3", "x7 = -x2 - 7"]
    assert formulas(X) == expected
    assert formulas(X, fit_intercept=False) == expected[:3]


def test_constant_columns():
    X = with_column(data(), np.full(300, 0.1))
    assert formulas(X) == ["x4 is constant"]
    assert collinear(X)[0].intercept == pytest.approx(0.1, rel=1e-15)
    assert formulas(X, fit_intercept=False) == []
    twice = with_column(X, np.full(300, -0.25))
    assert formulas(twice) == ["x4 is constant", "x5 is constant"]
    assert formulas(twice, fit_intercept=False) == ["x5 = -2.5 x4"]
    assert formulas(np.ones((1, 2))) == ["x0 is constant", "x1 is constant"]
    noisy = with_column(data(), 0.1 + 1e-17 * np.arange(300) / 300 + np.arange(300) % 2 * 1.4e-17)
    assert np.ptp(noisy[:, 4]) > 0
    assert formulas(noisy) == ["x4 is constant"]


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_columns_of_zeros(fit_intercept):
    X = with_column(data(), np.zeros(300))
    assert formulas(X, fit_intercept=fit_intercept) == ["x4 is 0 everywhere"]
    assert formulas(np.zeros((3, 1)), fit_intercept=fit_intercept) == ["x0 is 0 everywhere"]


def test_the_dummy_trap():
    X = np.eye(3)[np.random.default_rng(1).integers(0, 3, 200)]
    assert formulas(X, names=["red", "green", "blue"]) == ["blue = -red - green + 1"]
    assert formulas(X, fit_intercept=False) == []
    two = np.hstack([X, np.eye(2)[np.arange(200) % 2]])
    assert formulas(two) == ["x2 = -x0 - x1 + 1", "x4 = -x3 + 1"]
    assert formulas(two, fit_intercept=False) == ["x4 = x0 + x1 + x2 - x3"]


@pytest.mark.parametrize(("noise", "found"), [(0, 1), (1e-13, 1), (1e-12, 1), (1e-9, 0), (1e-6, 0)])
@pytest.mark.parametrize("unit", [1.0, 1e-8, 1e8])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_up_to_noise_that_is_rounding(noise, found, unit, fit_intercept):
    X = data(1000, 5)
    x = X @ [1.0, -2, 0, 3, 0.5]
    X = with_column(X, (x + noise * x.std() * data(1000, 1, seed=9)[:, 0]) * unit)
    assert len(collinear(X, fit_intercept=fit_intercept)) == found


def test_a_column_that_is_near_to_another_may_make_a_third():
    X = data(1000, 1)
    near = X + 1e-6 * data(1000, 1, seed=9)
    X = np.hstack([X, near, X + near])
    (found,) = collinear(X)
    assert found.column == "x2"
    assert found.of == pytest.approx({"x0": 1, "x1": 1}, abs=1e-6)


def test_badly_scaled_columns():
    X = data(500, 4) * [1e6, 1e-6, 1e120, 1e-120]
    X = np.column_stack([X, 3e-12 * X[:, 0] + X[:, 1], 1e-240 * X[:, 2], data(500, 1, seed=9) * 1e200])
    (sixth, seventh) = collinear(X)
    assert sixth.of == pytest.approx({"x0": 3e-12, "x1": 1.0}, rel=1e-9)
    assert seventh.of == pytest.approx({"x2": 1e-240}, rel=1e-9)


def test_columns_far_from_0():
    """Dates: their spread is small beside them, and the rounding of their digits is not nothing in it."""
    seconds = 1.7e9 + np.random.default_rng(2).integers(0, 86_400, 400)
    X = np.column_stack([seconds, data(400, 1), seconds / 86_400])
    (found,) = collinear(X)
    assert found.of == pytest.approx({"x0": 1 / 86_400}, rel=1e-6)
    assert collinear(X[:, :2]) == ()


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_more_columns_than_rows(fit_intercept):
    X = data(6, 20)
    found = collinear(X, fit_intercept=fit_intercept)
    rank = 6 - fit_intercept
    assert [each.column for each in found] == [f"x{j}" for j in range(rank, 20)]
    for j, each in enumerate(found, rank):
        made = sum(c * X[:, int(name[1:])] for name, c in each.of.items()) + each.intercept
        np.testing.assert_allclose(made, X[:, j], rtol=1e-9, atol=1e-9)


def test_a_long_formula_is_cut():
    X = data(300, 12)
    (found,) = collinear(with_column(X, X.sum(axis=1) + 1))
    assert str(found) == "x12 = x0 + x1 + x2 + x3 + x4 + x5 + x6 + 6 more terms"
    assert len(found.of) == 12


def test_one_row_of_many_refutes():
    """No sample of rows is believed: each formula is tested on all rows."""
    X = data(50_000, 3)
    X = np.column_stack([X, X[:, 0] + X[:, 1], np.ones(50_000), np.zeros(50_000), X[:, 2]])
    assert formulas(X) == ["x3 = x0 + x1", "x4 is constant", "x5 is 0 everywhere", "x6 = x2"]
    X[12_345, 3] += 1e-6
    X[12_346, 4] += 1e-6
    X[12_347, 5] += 1e-6
    assert formulas(X) == ["x6 = x2"]


def test_what_is_not_reported_is_independent():
    """Against the singular values, on columns of whole numbers that are often collinear."""
    rng = np.random.default_rng(3)
    for _ in range(100):
        n, p = rng.integers(1, 12, 2)
        X = rng.integers(-1, 2, (n, p)).astype(float)
        for fit_intercept in (True, False):
            full = np.column_stack([np.ones(n), X]) if fit_intercept else X
            found = collinear(X, fit_intercept=fit_intercept)
            kept = [j for j in range(p) if f"x{j}" not in {each.column for each in found}]
            rank = np.linalg.matrix_rank(full)
            assert rank == len(kept) + fit_intercept
            for each in found:
                made = sum(c * X[:, int(name[1:])] for name, c in each.of.items()) + each.intercept
                np.testing.assert_allclose(made, X[:, int(each.column[1:])], atol=1e-12)
                assert set(each.of) <= {f"x{j}" for j in kept}


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_sparse_is_as_dense(kind, fit_intercept):
    rng = np.random.default_rng(4)
    X = sparse.random_array((20_000, 30), density=0.02, rng=rng).toarray()
    rare = np.zeros((20_000, 5))
    rare[rng.permutation(20_000)[:5], np.arange(5)] = 1.0  # seen by no sample
    X = np.hstack([X, rare, X[:, :1] + 2 * X[:, 1:2], np.eye(3)[rng.integers(0, 3, 20_000)]])
    found = formulas(kind(X), fit_intercept=fit_intercept)
    assert found == formulas(X, fit_intercept=fit_intercept)
    assert found == ["x35 = x0 + 2 x1", "x38 = -x36 - x37 + 1"][: 1 + fit_intercept]


def test_formulas():
    assert str(Dependence("a", {"b": -1.0, "c": 0.5}, -2.0)) == "a = -b + 0.5 c - 2"
    assert str(Dependence("a", {"b": 1.00000000001}, 0.0)) == "a = b"
    assert str(Dependence("a", {"b": 1e-7}, 1e9)) == "a = 1e-07 b + 1e+09"


def test_integers_and_booleans_are_numbers():
    X = np.array([[1, 2, 3], [4, 5, 9], [7, 8, 15], [1, 0, 1]])
    assert formulas(X) == ["x2 = x0 + x1"]
    assert formulas(X > 1) == formulas((X > 1).astype(float))


@pytest.mark.parametrize(
    ("X", "names", "error", "message"),
    [
        ([1.0, 2.0], None, ValueError, r"X has shape \(2,\)"),
        (np.zeros((0, 2)), None, ValueError, r"X has shape \(0, 2\)"),
        ([["a"]], None, TypeError, "X has dtype"),
        ([[np.inf], [0.0]], None, ValueError, "X is not finite: 1 of 2 entries are inf"),
        ([[1.0], [0.0]], ["a", "b"], ValueError, "X has 1 columns and names has 2"),
    ],
)
def test_refusals(X, names, error, message):
    with pytest.raises(error, match=f"collinear: {message}"):
        collinear(X, names=names)
