"""An entry that an op does not select gets gradient zero, even if the gradient that arrives is not finite."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.arrays import select

OUTSIDE = np.array([-1.0, 2.0])  # sqrt has an infinite derivative at the 0 that the first entry becomes

ROOTS = {
    "relu": lambda x: np.sqrt(ag.relu(x)),
    "leaky_relu": lambda x: np.sqrt(ag.leaky_relu(x, slope=0.0)),
    "maximum": lambda x: np.sqrt(np.maximum(x, 0.0)),
    "maximum, second": lambda x: np.sqrt(np.maximum(0.0, x)),
    "minimum": lambda x: np.sqrt(-np.minimum(-x, 0.0)),
    "clip": lambda x: np.sqrt(np.clip(x, 0.0, None)),
    "where": lambda x: np.sqrt(np.where(x > 0, x, 0.0)),
    "hinge": lambda x: np.sqrt(ag.hinge(-x, np.ones(2), reduction="none") - np.array([0.0, 1.0])),
    "max": lambda x: np.sqrt(np.max(np.stack([x, np.zeros(2)]), axis=0)),
    "min": lambda x: np.sqrt(-np.min(np.stack([-x, np.zeros(2)]), axis=0)),
    "indexing": lambda x: np.sqrt(x[[1]]),
}


@pytest.mark.parametrize("name", ROOTS)
def test_first_and_second_derivative_of_a_root_behind_a_mask(name):
    def f(x):
        return np.sum(ROOTS[name](x))

    fast = ag.compile(f)
    first = np.array([0.0, 0.5 / np.sqrt(2.0)])
    second = np.diag([0.0, -0.25 * 2.0**-1.5])
    for gradient in (ag.grad(f)(OUTSIDE), fast.value_and_grad(OUTSIDE)[1]):
        np.testing.assert_allclose(gradient, first, rtol=1e-15)
    for hessian in (ag.hessian(f)(OUTSIDE), fast.hessian(OUTSIDE)):
        np.testing.assert_allclose(hessian, second, rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("make", [np.array, ag.Tensor], ids=["array", "tensor"])
def test_select_keeps_dtype_and_bits(make, dtype):
    g = np.array([np.nan, np.inf, -0.0, 3.5, -np.inf], dtype)
    mask = np.array([False, False, True, True, True])
    got = select(mask, make(g))
    got = got.data if isinstance(got, ag.Tensor) else got
    assert got.dtype == g.dtype
    np.testing.assert_array_equal(got, [0.0, 0.0, -0.0, 3.5, -np.inf])
    assert np.signbit(got).tolist() == [False, False, True, False, True]


@pytest.mark.parametrize("g", [np.inf, np.nan, 2.0])
def test_select_of_numbers(g):
    assert select(np.True_, np.float64(g)) is not select(np.False_, np.float64(g))
    assert select(np.False_, np.float64(g)) == select(np.False_, np.float32(g)) == 0.0
    np.testing.assert_array_equal(select(np.array([True, False]), np.float64(g)), [g, 0.0])


def test_ops_that_select_say_so():
    selecting = {name for name, op in ag.OPS.items() if op.selects}
    assert {"maximum", "minimum", "max", "min", "clip", "where", "relu", "leaky_relu", "hinge"} <= selecting
    assert not selecting & {"abs", "huber", "sign", "sqrt", "prod"}
