"""Separation against data sets whose kind is proved by how they are made."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize, sparse

from autograd_lite.linear_model.separation import Separation, separation

SEEDS = range(100)


def points(rng, n, p, continuous):
    return rng.normal(size=(n, p)) * 5 if continuous else rng.integers(-9, 10, (n, p)).astype(float)


def complete(rng, n, p, fit_intercept, continuous):
    """Points at least 1 off a plane, their classes by its sides; the rows that are separated; any others."""
    w = rng.integers(1, 5, p) * rng.choice([-1, 1], p)
    X = np.vstack([points(rng, n, p, continuous), w * 9.0, w * -9.0])
    z = X @ w + fit_intercept * int(rng.integers(-3, 4))
    X, z = X[np.abs(z) >= 1], z[np.abs(z) >= 1]
    return X, z > 0, np.arange(len(X)), []


def quasi(rng, n, p, fit_intercept, continuous):
    """Points on a plane, each once in both classes, and others at least 1 off it, on the side of theirs."""
    plane, j = rng.integers(-3, 4, p), rng.integers(p)
    plane[j] = 1
    X = points(rng, n, p, False)
    X[:, j] += fit_intercept * int(rng.integers(-3, 4)) - X @ plane
    on, off, y = X[: n // 3], X[n // 3 :], rng.integers(0, 2, n - n // 3)
    off[:, j] += (2 * y - 1) * (rng.uniform(1, 9, len(y)) if continuous else rng.integers(1, 9, len(y)))
    m = len(on)
    y = np.concatenate([np.zeros(m), np.ones(m), y])
    return np.vstack([on, on, off]), y, np.arange(2 * m, len(y)), np.arange(2 * m)


def none(rng, n, p, fit_intercept, continuous):
    """A simplex with all corners in a class and a point inside in the other, or in both; and anything else.

    Without an intercept, of the corners off the origin; with weights above 0 they make the point inside.
    """
    corners = 6.0 * np.vstack([np.eye(p), np.zeros((int(fit_intercept), p))])
    inside = corners if rng.integers(2) else np.full((1, p), 1.0)
    X = np.vstack([corners, inside, points(rng, n, p, continuous)])
    return X, np.repeat([0, 1, 1, 0], [len(corners), len(inside), n // 2, n - n // 2]), [], np.arange(len(X))


def scaled(rng, X, exact):
    """Columns in other units; in quasi-separated data by powers of two, which round nothing."""
    if not rng.integers(2):
        return X
    return X * (
        2.0 ** rng.integers(-20, 21, X.shape[1]) if exact else 10.0 ** rng.integers(-6, 7, X.shape[1])
    )


@pytest.mark.long
@pytest.mark.parametrize("make", [complete, quasi, none])
def test_three_hundred_verdicts_are_right(make):
    wrong = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        n, p = int(rng.integers(10, 201)), int(rng.integers(1, 7))
        fit_intercept, continuous = rng.integers(0, 2, 2).astype(bool).tolist()
        X, y, apart, together = make(rng, n, p, fit_intercept, continuous)
        X, order = scaled(rng, X, make is quasi), rng.permutation(len(X))
        place = np.argsort(order)
        found = separation(
            X[order], np.array(["no", "yes"])[y.astype(int)][order], fit_intercept=fit_intercept
        )
        rows = found.rows.tolist()
        if (
            found.kind != make.__name__
            or not set(rows).issuperset(place[apart])
            or set(rows).intersection(place[together])
        ):
            wrong.append((seed, found.kind))
        if make is complete:
            assert (exact_margins(X[order], y[order], found.direction) > 0).all()
    assert wrong == []


def exact_margins(X, y, direction):
    """The margins in rational arithmetic."""
    *w, b = map(Fraction, direction.tolist())
    scores = [sum((v * Fraction(x) for v, x in zip(w, row, strict=True)), b) for row in X.tolist()]
    return np.array(scores) * np.where(y, 1, -1)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("seed", range(20))
def test_three_classes(seed, fit_intercept):
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(20, 100)), int(rng.integers(2, 5))
    X, y, *_ = none(rng, n, p, fit_intercept, bool(seed % 2))
    more = np.vstack([X, X])  # each class overlaps each other class
    labels = np.concatenate([y, 2 - y])
    assert separation(more, labels, fit_intercept=fit_intercept).kind == "none"

    third = np.hstack([np.vstack([X, X[:9]]), np.zeros((len(X) + 9, 1))])
    third[-9:, -1] = 1.0  # a column that is 1 in the third class only
    found = separation(third, [*y, *[2] * 9], fit_intercept=fit_intercept, names=[*"abcdefg"[:p], "mark"])
    assert found.kind == "quasi"
    assert found.columns == ("mark",)
    assert found.direction.shape == (p + 2, 3)
    # Without an intercept the origin has one score only; of the first two classes any is on the boundary.
    assert set(found.rows).issuperset(range(len(X), len(X) + 9))

    W = rng.integers(-4, 5, (p, 3))
    scores = X @ W
    clear = np.diff(np.sort(scores), axis=1)[:, 1] >= 1
    labels = scores.argmax(axis=1)[clear]
    if len(set(labels)) == 3:
        found = separation(X[clear], labels, fit_intercept=fit_intercept)
        assert found.kind == "complete"
        assert found.rows.tolist() == list(range(len(labels)))
        best = X[clear] @ found.direction[:-1] + found.direction[-1]
        np.testing.assert_array_equal(best.argmax(axis=1), labels)


def test_a_quasi_direction_of_three_classes_ties_those_that_overlap():
    X = np.array([[0.0, 0], [1, 0], [0, 0], [1, 0], [0, 1], [1, 1]])
    found = separation(X, list("aabbcc"))
    assert found.kind == "quasi"
    scores = X @ found.direction[:-1] + found.direction[-1]
    np.testing.assert_allclose(scores[:, 0], scores[:, 1], atol=1e-12)
    assert (scores[:4, 0] > scores[:4, 2] + 0.5).all()
    assert (scores[4:, 2] > scores[4:, 0] + 0.5).all()
    assert found.rows.tolist() == list(range(6))  # each from at least one other class


@pytest.mark.parametrize(
    ("X", "y", "kind"),
    [
        ([[1.0], [2.0]], [0, 1], "complete"),
        ([[1.0], [1.0]], [0, 1], "none"),
        ([[1.0], [2.0], [2.0], [3.0]], [0, 0, 1, 1], "quasi"),
        ([[1.0], [2.0], [2.0], [1.0]], [0, 0, 1, 1], "none"),
        ([[5.0, 1], [5, 2], [5, 3]], [0, 1, 0], "none"),  # a constant column
        ([[5.0, 1], [5, 2], [5, 3]], [0, 1, 1], "complete"),
        ([[0.0, 0], [0, 0], [0, 0]], [0, 1, 0], "none"),  # columns of zeros
        ([[2e9 + 1], [2e9 + 2], [2e9 + 3]], [0, 0, 1], "complete"),  # far from 0, as dates are
        ([[-2e9 - 1], [-2e9 - 2], [-2e9 - 3]], [0, 1, 0], "none"),
        ([[1e300], [2e300], [-3e300]], [0, 0, 1], "complete"),
        ([[1e-300], [2e-300], [-3e-300]], [1, 0, 0], "none"),
        ([[1e-9], [2e-9], [3.0], [1e9]], [0, 0, 1, 1], "complete"),
    ],
)
def test_small_and_odd_data(X, y, kind):
    found = separation(X, y)
    assert found.kind == kind
    if kind == "complete":
        assert (exact_margins(np.array(X), y, found.direction) > 0).all()


def test_repeated_rows_and_a_class_of_one_row():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = np.arange(40) == 7
    X[7] = X[np.arange(40) != 7].mean(axis=0)
    assert separation(np.repeat(X, 3, axis=0), np.repeat(y, 3)).kind == "none"
    X[7] = 9.0
    found = separation(np.repeat(X, 3, axis=0), np.repeat(y, 3))
    assert found.kind == "complete"
    assert len(found.rows) == 120


def test_fewer_rows_than_columns_are_separated_unless_they_repeat():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(20, 50)), np.arange(20) % 2
    assert separation(X, y).kind == "complete"
    assert separation(np.vstack([X, X[:1]]), [*y, 1]).kind == "quasi"
    assert separation(np.vstack([X, X]), [*y, *1 - y]).kind == "none"


def test_collinear_columns_change_nothing():
    rng = np.random.default_rng(2)
    for make in (complete, quasi, none):
        X, y, *_ = make(rng, 100, 3, True, False)
        X = np.column_stack([X, 0.1 * X[:, 0] + 0.7 * X[:, 1] - 3, X[:, 2], np.full(len(X), 0.1)])
        assert separation(X, y).kind == make.__name__


@pytest.mark.long
@pytest.mark.parametrize(("n", "seeds"), [(300, 6), (3000, 2)])
def test_data_as_they_come(n, seeds):
    """Units from 1e-3 to 1e3, dummies that sum to 1, a column in two units, totals, a constant, and leaks."""
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        X, group = rng.normal(size=(n, 8)) * 10.0 ** rng.integers(-3, 4, 8), rng.integers(0, 8, n)
        score = X / np.abs(X).max(axis=0) @ rng.normal(size=(8, 3)) * 3 + rng.gumbel(size=(n, 3))
        X = np.column_stack([X, np.eye(8)[group], 1.8 * X[:, 0] + 32, X.sum(axis=1), np.full(n, 2.5)])
        for y in (score[:, 0] > score[:, 1], score.argmax(axis=1)):
            assert separation(X, y).kind == "none"
            mark = (y == 1) & (rng.random(n) < 0.2)
            found = separation(np.column_stack([X, mark]), y)
            assert (found.kind, found.columns) == ("quasi", ("x19",))
            found = separation(X, np.where(group == 3, 0, y))
            assert found.kind == "quasi"
            assert set(np.flatnonzero(group == 3)) <= set(found.rows)


def near(rng, digits, kind):
    """Classes 2^(1 - digits) apart, or across each other by that, or at one plane, all coordinates exact.

    Pairs of the two classes lie at the corners of a simplex along the plane; one row of each class is far
    off it, on the right side. Sheared, the plane is along no axis.
    """
    gap, p, n = 2.0**-digits, int(rng.integers(1, 7)), int(rng.integers(10, 100))
    along = np.vstack([np.eye(p - 1), np.zeros(p - 1), rng.integers(-9, 10, (n, p - 1)) / 8])
    y = np.concatenate([np.zeros(p), np.ones(p), [0, 1], np.arange(n) % 2])
    off = np.concatenate(
        [np.full(2 * p, {"complete": gap, "none": -gap, "quasi": 0.0}[kind]), np.ones(2 + n)]
    )
    X = np.column_stack(
        [(2 * y - 1) * off, np.vstack([along[:p], along[:p], along[:1], along[:1], along[p:]])]
    )
    shear = np.triu(rng.integers(-2, 3, (p, p)), 1) + np.eye(p)
    return X @ shear.T, y


@pytest.mark.long
@pytest.mark.parametrize("kind", ["complete", "none", "quasi"])
def test_small_gaps_and_overlaps_are_decided_and_smaller_ones_never_guessed(kind):
    rng = np.random.default_rng(6)
    for digits in (10, 20, 23, 25, 26, 28, 30, 33, 36, 40, 44):
        for _ in range(12):
            found = separation(*near(rng, digits, kind)).kind
            assert found == kind or (found == "unclear" and digits > 25 and kind != "quasi"), digits


@pytest.mark.long
@pytest.mark.parametrize(("spread", "least"), [(3, 148), (5, 147), (12, 130)])
def test_heavy_tails(spread, least):
    """Columns over 8, 13 and 30 orders of magnitude."""
    rng, right = np.random.default_rng(9), 0
    for kind in ["complete", "none", "quasi"] * 50:
        p, n = rng.integers(1, 7), rng.integers(10, 200)
        X = np.exp(spread * rng.normal(size=(n, p)))
        y = X[:, 0] > np.median(X[:, 0])
        if kind == "none":
            X, y = (
                np.vstack([X[: p + 1]] * 2 + [X]),
                np.repeat([0, 1, 0, 1], [p + 1, p + 1, n // 2, n - n // 2]),
            )
        elif kind == "quasi":
            X, y = np.vstack([X, X[:p], X[:p]]), np.concatenate([y, np.ones(p), np.zeros(p)])
            X[n:, 0] = np.median(X[:n, 0])
        found = separation(X, y).kind
        assert found in (kind, "unclear")
        right += found == kind
    assert right >= least


def liar(weights, direction=0.0):
    """A solver that has found a direction, and certain weights of the rows that prove it the best."""

    def linprog(c, A_eq=None, A_ub=None, **_):
        if A_ub is None:
            x, w = np.concatenate([0 * weights, weights - 1]), np.zeros(A_eq.shape[0])
            return SimpleNamespace(x=x, eqlin=SimpleNamespace(marginals=w - direction))
        return SimpleNamespace(x=np.zeros(len(c)), ineqlin=SimpleNamespace(marginals=-weights))

    return linprog


def test_a_solver_that_is_wrong_is_not_believed(monkeypatch):
    """Rows in pairs, one of each class: weights of 1 balance them except for what separates."""
    rng, y = np.random.default_rng(8), np.arange(1000) % 2
    pairs = np.repeat(rng.normal(size=(500, 1)), 2, axis=0)
    rare = np.zeros((1000, 1))
    rare[501] = 1.0
    tiny = pairs + 1e-8 * (2 * y[:, None] - 1)
    for weights in (np.ones(1000), np.where(np.arange(1000) < 2, 0.0, 1.0)):
        monkeypatch.setattr(optimize, "linprog", liar(weights))
        right = "none" if weights.all() else "unclear"
        assert separation(pairs, y).kind == right
        assert separation(np.hstack([pairs, pairs]), y).kind == right
        assert separation(np.hstack([pairs, rare]), y).kind == "unclear"
        assert separation(np.hstack([pairs, tiny]), y).kind == "unclear"
        found = separation(np.hstack([pairs, 2.0 * y[:, None]]), y)
        assert (found.kind, found.direction, found.rows.size, found.columns) == ("unclear", None, 0, ())
        assert "It is unclear whether" in str(found)
    monkeypatch.setattr(optimize, "linprog", lambda *_, **__: SimpleNamespace(x=None))
    assert separation(pairs, y).kind == "unclear"


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
@pytest.mark.parametrize("make", [complete, quasi, none])
def test_sparse_is_as_dense(make, kind):
    rng = np.random.default_rng(4)
    X, y, *_ = make(rng, 150, 4, True, False)
    dense, found = separation(X, y), separation(kind(X), y)
    assert found.kind == dense.kind == make.__name__
    np.testing.assert_array_equal(found.rows, dense.rows)
    assert found.columns == dense.columns


def test_a_direction_along_which_all_is_rounding_is_not_believed(monkeypatch):
    x, y = 1.5 * 2.0 ** np.arange(8), np.arange(8) % 2
    X = np.column_stack([x, np.where(y, np.nextafter(x, 999), np.nextafter(x, 0))])
    monkeypatch.setattr(optimize, "linprog", liar(np.ones(8), np.array([2.0**60, -(2.0**60), 0.0])))
    assert separation(X, y).kind == "unclear"


def test_a_column_that_is_1_in_one_class_only_is_named():
    rng = np.random.default_rng(5)
    X, y, *_ = none(rng, 100, 3, True, True)
    mark = (rng.random(len(y)) < 0.3) & (y == 0)
    X = np.column_stack([X, mark])
    found = separation(X, y, names=["a", "b", "c", "mark"])
    assert found.kind == "quasi"
    assert found.columns == ("mark",)
    np.testing.assert_array_equal(found.rows, np.flatnonzero(mark))
    assert found.direction[3] < 0  # away from the second class
    np.testing.assert_allclose(found.direction[[0, 1, 2, 4]], 0, atol=1e-9)
    assert f"a linear score of mark puts {mark.sum()} rows strictly" in str(found)
    assert "C=1" in str(found)
    assert separation(X, y).columns == ("x3",)


def test_many_columns_are_not_all_named():
    rng = np.random.default_rng(6)
    found = separation(rng.normal(size=(20, 50)), np.arange(20) % 2)
    assert len(found.columns) > 6
    assert f"of {', '.join(found.columns[:6])}, ... puts all rows" in str(found)
    assert str(Separation("complete")).startswith(
        "The classes can be separated (complete separation): a linear score puts"
    )


def test_without_an_intercept_its_entry_is_0_and_the_origin_cannot_be_separated():
    X, y = np.array([[1.0], [2.0], [3.0]]), [0, 0, 1]
    assert separation(X, y).kind == "complete"
    assert separation(X, y, fit_intercept=False).kind == "none"
    found = separation(X - 2.5, y, fit_intercept=False)
    assert found.kind == "complete"
    assert found.direction[1] == 0
    assert separation([[0.0], [-1.0], [1.0]], y, fit_intercept=False).kind == "quasi"


@pytest.mark.parametrize("kind", [np.array, sparse.csr_array, sparse.csc_array, sparse.csr_matrix])
def test_nothing_is_written_into(kind):
    X = kind([[3.0, 0], [4, 1], [5, 0], [4, 2]])
    before = X.copy()
    separation(X, [0, 1, 0, 1])
    assert abs(X - before).max() == 0


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        ([1.0, 2.0], [0, 1], ValueError, r"X has shape \(2,\)"),
        (np.zeros((2, 0)), [0, 1], ValueError, r"X has shape \(2, 0\)"),
        ([["a"], ["b"]], [0, 1], TypeError, "X has dtype"),
        ([[np.nan], [1.0]], [0, 1], ValueError, r"X is not finite: 1 of 2 entries .* first at \[0, 0\]"),
        ([[0.0], [1.0]], [0, 1, 1], ValueError, r"X has shape \(2, 1\) and y has shape \(3,\)"),
        ([[0.0], [1.0]], [[0], [1]], ValueError, r"y has shape \(2, 1\)"),
        ([[0.0], [1.0]], [0, np.nan], ValueError, "y is not finite"),
        ([[0.0], [1.0]], [3, 3], ValueError, "all labels of y are 3;"),
        ([[0.0], [1.0]], np.array([3, "a"], dtype=object), TypeError, "labels of y have no order"),
    ],
)
def test_refusals(X, y, error, message):
    with pytest.raises(error, match=f"separation: .*{message}"):
        separation(X, y)


def test_names_must_be_one_for_each_column():
    with pytest.raises(ValueError, match="separation: X has 1 columns and names has 2"):
        separation([[0.0], [1.0]], [0, 1], names=["a", "b"])
