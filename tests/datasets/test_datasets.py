"""The data sets have the values of their sources, and nobody can spoil them for the next caller."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, make_moons

from autograd_lite import datasets

ALL = [datasets.breast_cancer, datasets.iris, datasets.xor, datasets.two_moons]


@pytest.mark.parametrize(
    ("ours", "theirs", "label"),
    [(datasets.breast_cancer, load_breast_cancer, float), (datasets.iris, load_iris, np.int64)],
)
def test_real_data_equal_those_of_scikit_learn(ours, theirs, label):
    X, y, features, classes = ours(return_names=True)
    expected = theirs()
    assert X.dtype == np.float64
    assert y.dtype == label
    np.testing.assert_array_equal(X, expected.data, strict=True)
    np.testing.assert_array_equal(y, expected.target)
    assert features == list(expected.feature_names)
    assert classes == list(expected.target_names)


def test_breast_cancer_is_as_its_source_describes_it():
    X, y, features, classes = datasets.breast_cancer(return_names=True)
    assert X.shape == (569, 30)
    assert y.shape == (569,)
    assert (np.sum(y == 0), np.sum(y == 1)) == (212, 357)
    assert classes[int(y[0])] == "malignant"
    assert X[0, :4].tolist() == [17.99, 10.38, 122.8, 1001.0]
    assert X[-1, -1] == 0.07039
    assert (features[0], features[29]) == ("mean radius", "worst fractal dimension")
    worst_radius = X[:, features.index("worst radius")]
    assert worst_radius[y == 0].mean() > worst_radius[y == 1].mean()  # benign tumours are smaller


def test_iris_is_as_fisher_published_it():
    X, y = datasets.iris()
    assert X.shape == (150, 4)
    assert y.tolist() == [0] * 50 + [1] * 50 + [2] * 50
    assert X[0].tolist() == [5.1, 3.5, 1.4, 0.2]
    # The two flowers that the copy at UCI has wrong, numbers 35 and 38.
    assert X[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert X[37].tolist() == [4.9, 3.6, 1.4, 0.1]
    np.testing.assert_allclose(X.mean(axis=0), [5.843333, 3.057333, 3.758, 1.199333], atol=1e-6)


def test_xor_is_its_truth_table():
    X, y, features, classes = datasets.xor(return_names=True)
    assert (X.dtype, y.dtype) == (np.float64, np.float64)
    assert [[*row, label] for row, label in zip(X.tolist(), y.tolist(), strict=True)] == [
        [0, 0, 0],
        [0, 1, 1],
        [1, 0, 1],
        [1, 1, 0],
    ]
    assert (features, classes) == (["a", "b"], ["equal", "different"])


@pytest.mark.parametrize("n", [2, 3, 200])
def test_two_moons_without_noise_are_those_of_scikit_learn(n):
    X, y, features, classes = datasets.two_moons(n, noise=0.0, return_names=True)
    expected_X, expected_y = make_moons(n, shuffle=False)
    order = np.lexsort((X[:, 0], y))
    expected_order = np.lexsort((expected_X[:, 0], expected_y))
    np.testing.assert_allclose(X[order], expected_X[expected_order], rtol=0, atol=1e-15)
    assert y[order].tolist() == expected_y[expected_order].tolist()
    assert (X.dtype, y.dtype) == (np.float64, np.float64)
    assert (features, classes) == (["x1", "x2"], ["upper", "lower"])


def test_noise_of_two_moons_is_the_standard_deviation_of_the_distance_per_axis():
    X, y = datasets.two_moons(20_000, noise=0.05, rng=1)
    from_centre = np.where(y[:, None] == 0, X, [1.0, 0.5] - X)
    radius = np.hypot(*from_centre.T)  # 1 plus the noise along the radius, to first order
    assert radius.std() == pytest.approx(0.05, rel=0.03)


def test_two_moons_are_in_random_order():
    _, y = datasets.two_moons(200)
    assert 30 < np.sum(y[:100]) < 70


def test_two_moons_depend_on_rng_only():
    X, y = datasets.two_moons(rng=3)
    for same in (datasets.two_moons(rng=3), datasets.two_moons(rng=np.random.default_rng(3))):
        np.testing.assert_array_equal(same[0], X)
        np.testing.assert_array_equal(same[1], y)
    assert not np.array_equal(datasets.two_moons(rng=4)[0], X)
    assert not np.array_equal(datasets.two_moons(rng=None)[0], datasets.two_moons(rng=None)[0])
    generator = np.random.default_rng(3)
    datasets.two_moons(rng=generator)
    assert not np.array_equal(datasets.two_moons(rng=generator)[0], X)  # it goes on drawing


@pytest.mark.parametrize("n", [1, 0, -3, 2.5, 200.0, True, "200", None])
def test_two_moons_refuse_a_bad_n(n):
    with pytest.raises(ValueError, match=r"two_moons: n is .*; give a whole number") as error:
        datasets.two_moons(n)
    assert repr(n) in str(error.value)


@pytest.mark.parametrize("noise", [-0.1, np.nan, np.inf])
def test_two_moons_refuse_a_bad_noise(noise):
    with pytest.raises(
        ValueError, match=r"two_moons: noise is .*; it must be at least 0 and finite"
    ) as error:
        datasets.two_moons(noise=noise)
    assert repr(noise) in str(error.value)


@pytest.mark.parametrize("load", ALL)
def test_each_call_returns_a_fresh_contiguous_copy(load):
    first = load(return_names=True)
    expected = [value.copy() for value in first]
    assert first[0].flags.c_contiguous
    assert first[1].flags.c_contiguous
    first[0][:], first[1][:] = -7, -7
    for names in first[2:]:
        names.clear()
    for value, kept in zip(load(return_names=True), expected, strict=True):
        assert np.array_equal(value, kept)


@pytest.mark.parametrize("load", ALL)
def test_names_fit_the_data(load):
    X, y, features, classes = load(return_names=True)
    assert len(features) == X.shape[1]
    assert sorted(set(y.tolist())) == list(range(len(classes)))
    assert len(load()) == 2


def test_names_of_the_folder_are_the_public_ones():
    assert sorted(datasets.__all__) == ["breast_cancer", "iris", "two_moons", "xor"]
