"""The hypothesis strategies give what their names say."""

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.domains import ABOVE_MINUS_ONE, POSITIVE
from autograd_lite.testing import strategies


@pytest.mark.long
@given(st.data())
@pytest.mark.parametrize("name", ["multiply", "matmul", "cross_entropy", "concatenate", "log"])
def test_arrays_for_an_op_run(name, data):
    inputs, settings = data.draw(strategies.arrays_for(ag.OPS[name]))
    assert np.isfinite(ag.OPS[name](*inputs, **settings)).all()


@given(strategies.probabilities(), strategies.logits(), strategies.labels(3))
def test_values_lie_where_they_should(p, z, k):
    assert ((p >= 0) & (p <= 1)).all()
    assert (np.abs(z) <= 1e4).all()
    assert np.isin(k, [0, 1, 2]).all()


@given(strategies.broadcastable_arrays())
def test_arrays_broadcast(arrays):
    a, b = arrays
    np.testing.assert_array_equal((ag.Tensor(a) + b).data, a + b)


@given(strategies.signature("(m,k),(k,n),(n)"))
def test_signature_shares_lengths(arrays):
    a, b, c = arrays
    assert (a @ b + c).shape == (a.shape[0], b.shape[1])


@given(strategies.arrays((3, 2), kinks="avoid"), strategies.arrays((6,), POSITIVE, kinks="avoid"))
def test_arrays_that_avoid_kinks_have_neither_zeros_nor_ties(a, b):
    for x in (a, b):
        assert np.unique(x).size == 6
        assert np.abs(x).min() > 1e-3
    assert (b > 0).all()


def test_arrays_that_seek_kinks_have_zeros_and_ties():
    found = hypothesis.find(
        strategies.arrays((4,), kinks="seek"), lambda x: (x == 0).any() and (x[0] == x[1] != 0)
    )
    assert found.tolist() == [1.0, 1.0, 0.0, 0.0]


def test_unknown_kinks_are_refused():
    with pytest.raises(ValueError, match="'any', 'avoid', 'seek'"):
        strategies.arrays_for(ag.OPS["abs"], kinks="some")


@pytest.mark.parametrize("text", ["m,k", "(m,k", "(m,k),", ""])
def test_a_signature_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"as in .\(m,k\),\(k,n\)"):
        strategies.signature(text)


@given(strategies.arrays((300,), kinks="avoid"), strategies.arrays((70,), ABOVE_MINUS_ONE, kinks="avoid"))
def test_large_arrays_that_avoid_kinks_have_no_ties(a, b):
    for x in (a, b):
        assert np.unique(x).size == x.size
        assert np.abs(x - np.rint(x)).min() > 1e-3


def test_more_numbers_than_there_are_is_refused():
    with pytest.raises(ValueError, match="smaller shape"):
        hypothesis.find(strategies.arrays((1000, 1000), kinks="avoid"), lambda x: True)
