"""The hypothesis strategies give what their names say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.testing import strategies


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
