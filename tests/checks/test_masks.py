"""A zero that a mask made stays zero; a zero that the data made does not."""

import numpy as np
import pytest

import autograd_lite as ag

# A function, a point, and its gradient there by hand.
MASKED = {
    "sqrt": (lambda x: np.where(x >= 0, x, np.sqrt(-x)), [1.0, -4.0], [1.0, -0.25]),
    "log": (lambda x: np.where(x > 0, np.log(x), 0.0), [1.0, 0.0, -1.0], [1.0, 0.0, 0.0]),
    "quotient": (lambda x: np.where(x != 0, 1.0 / x, 1.0), [2.0, 0.0], [-0.25, 0.0]),
    "power": (lambda x: np.where(x > 0, x**0.5, x), [4.0, -1.0], [0.25, 1.0]),
    "two ops behind a mask": (lambda x: np.where(x > 0, np.exp(np.sqrt(x)), x), [-1.0, -2.0], [1.0, 1.0]),
    "a mask of rows": (lambda x: np.sqrt(x)[np.array([0, 2])], [4.0, 0.0, 1.0], [0.25, 0.0, 0.5]),
    "a slice": (lambda x: np.log(x)[1:], [0.0, 2.0], [0.0, 0.5]),
    "a maximum": (lambda x: np.maximum(np.log(x), -5.0), [0.0, 1.0], [0.0, 1.0]),
    "clip": (lambda x: np.clip(1.0 / x, 0.0, 1.0), [0.0, 2.0], [0.0, -0.25]),
    "relu inside": (lambda x: np.sqrt(ag.relu(x)), [-1.0, 4.0], [0.0, 0.25]),
    "norms of rows": (
        lambda x: np.linalg.norm(x.reshape(2, 2), axis=1)[1:],
        [0.0, 0.0, 3.0, 4.0],
        [0.0, 0.0, 0.6, 0.8],
    ),
    "joined": (lambda x: np.concatenate([np.sqrt(x), x])[2:], [0.0, 1.0], [1.0, 1.0]),
    "broadcast": (lambda x: np.where([[True, False]] * 3, x, np.log(x - 1.0)), [1.0, 2.0], [3.0, 3.0]),
    "softmax of the rest": (lambda x: ag.logsumexp(np.where(x > 0, np.log(x), -1.0)), [0.0, 1.0], None),
}


@pytest.mark.parametrize(("f", "x", "expected"), MASKED.values(), ids=MASKED)
def test_masked_entries(f, x, expected):
    x = np.array(x)
    with np.errstate(all="ignore"):
        found = ag.grad(lambda v: f(v).sum())(x)
        if expected is None:  # by the rest alone
            expected = [0.0, np.e / (1.0 + np.e)]
    np.testing.assert_allclose(found, expected)


SECOND = {
    "sqrt": (lambda x: np.where(x >= 0, x * x, np.sqrt(-x)), [1.0, -4.0], [2.0, -1 / 32]),
    "log": (lambda x: np.where(x > 0, np.log(x), x**3), [1.0, 0.0, -1.0], [-1.0, 0.0, -6.0]),
    "power": (lambda x: np.where(x > 0, x**1.5, 0.0), [4.0, 0.0], [0.375, 0.0]),
}


@pytest.mark.parametrize(("f", "x", "expected"), SECOND.values(), ids=SECOND)
def test_masked_entries_at_second_order(f, x, expected):
    with np.errstate(all="ignore"):
        found = ag.hessian(lambda v: f(v).sum())(np.array(x))
    np.testing.assert_allclose(found, np.diag(expected))


BY_DATA = {
    "sqrt(x)^2 at 0": (lambda x: np.sqrt(x) ** 2, 0.0),
    "0 / 0": (lambda x: x / x, 0.0),
    "x log x at 0": (lambda x: x * np.log(x), 0.0),
    "inf - inf": (lambda x: np.exp(x) - np.exp(x), 1e3),
}


@pytest.mark.parametrize(("f", "x"), BY_DATA.values(), ids=BY_DATA)
def test_a_zero_of_the_data_is_not_a_mask(f, x):
    t = ag.Tensor(x)
    with np.errstate(all="ignore"):
        (g,) = ag.gradients(f(t), [t], grad=1.0)
    assert not np.isfinite(g)


def test_a_row_of_a_jacobian_is_not_that_of_another():
    with np.errstate(all="ignore"):
        found = ag.jacobian(np.sqrt)(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(found, [[np.inf, 0.0], [0.0, 0.25]])


def test_a_user_s_op_that_refuses_our_values_is_left_alone():
    @ag.op("strict")
    def strict(x):
        """x, of which no entry may be negative."""
        if (x < 0).any():
            raise ValueError("negative")
        return x * 1.0

    strict.gradient("x")(lambda g, y, x: g)
    try:
        x = ag.Tensor([0.0, 4.0])
        with np.errstate(all="ignore"):
            np.sqrt(strict(x))[1:].sum().backward()
        np.testing.assert_array_equal(x.grad, [0.0, 0.25])
    finally:
        del ag.OPS["strict"]


def test_a_graph_without_masks_and_infinities_goes_back_once(monkeypatch):
    def refuse(*_):
        raise AssertionError("a second pass")

    monkeypatch.setattr("autograd_lite.checks.masks.LiveEntries.__init__", refuse)
    x = ag.Tensor([1.0, 2.0])
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_differentiable_gradient_to_start_from_is_no_mask():
    with np.errstate(all="ignore"):
        x = np.array([0.0, 4.0])
        _, product = ag.jvp(lambda x: np.where(x > 0, np.sqrt(x), 0.0), x, np.ones(2))
        np.testing.assert_array_equal(product, [0.0, 0.25])
        with pytest.raises(ValueError, match="nan"):  # an infinite entry, which 0 times infinity cannot give
            ag.jvp(np.sqrt, x, np.ones(2))


def test_a_user_s_op_with_a_mask_that_it_does_not_declare():
    @ag.op("gate")
    def gate(x):
        """The part of x above 2."""
        return np.maximum(x - 2.0, 0.0)

    gate.gradient("x")(lambda g, y, x: g * (x > 2))
    try:
        with np.errstate(all="ignore"):
            found = ag.grad(lambda x: (gate(x) + np.where(x > 0, np.sqrt(x), 0.0)).sum())(
                np.array([0.0, 4.0, 9.0])
            )
        np.testing.assert_allclose(found, [0.0, 1.25, 7.0 / 6.0])
    finally:
        del ag.OPS["gate"]


def test_masks_inside_compiled_derivatives():
    def f(x):
        return np.where(x > 0, np.sqrt(x), 0.0).sum()

    fast = ag.compile(ag.grad(f))
    with np.errstate(all="ignore"):
        for first in (1.0, 0.0, 0.0, 1.0, 0.0, 0.0):
            expected = [0.5 if first else 0.0, 0.25]
            np.testing.assert_array_equal(fast(np.array([first, 4.0])), expected)
