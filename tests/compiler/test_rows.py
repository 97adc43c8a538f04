"""Programs in blocks of rows: the same sums as all rows at once, and only where there are only sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.compiler import rows
from autograd_lite.nn import BinaryNetwork, Linear, Parameter, Sequential, Tanh

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks of 16 rows for whatever has more."""
    monkeypatch.setattr(rows, "_LARGE", 0)
    monkeypatch.setattr(rows, "_BLOCK", 0)
    monkeypatch.setattr(rows, "_FEWEST", 16)


def losses(n):
    """Losses of parameters and n rows, and data for them, all of which are sums over rows."""
    X, y = rng.normal(size=(n, 3)), (rng.random(n) > 0.5).astype(float)
    w, b = Parameter(rng.normal(size=3), name="w"), Parameter(0.3, name="b")
    net = BinaryNetwork([3, 5, 1], rng=0)
    many = Sequential(Linear(3, 4, rng=0), Tanh(), Linear(4, 3, rng=1))
    return {
        "logistic": (lambda X, y: ag.bce(ag.sigmoid(X @ w + b), y), [w, b], X, y),
        "network": (lambda X, y: ag.bce_with_logits(net.logits(X), y), net.parameters(), X, y),
        "softmax": (lambda X, y: ag.cross_entropy(many(X), y), many.parameters(), X, (3 * y).astype(int) % 3),
        "soft labels": (
            lambda X, y: ag.cross_entropy(many(X), y), many.parameters(), X, np.eye(3)[(2 * y).astype(int)],
        ),
        "squares": (lambda X, y: ag.mse(X @ w, y) + 0.1 * (w * w).sum(), [w], X, y),
    }  # fmt: skip


@pytest.mark.parametrize("name", losses(1))
@pytest.mark.parametrize("n", [33, 64, 117])
def test_steps_in_blocks_are_those_of_all_rows(name, n):
    f, parameters, X, y = losses(n)[name]
    step = ag.compile(f, optimizer=ag.optim.SGD(parameters, lr=0.1))
    expected = []
    loss = f(X, y)
    found = ag.autodiff.gradients(loss, parameters)
    for p, g in zip(parameters, found, strict=True):
        expected.append(p.data - 0.1 * g)
    assert step(X, y) == pytest.approx(loss.item(), rel=1e-14)
    assert "rows at a time" in step.source
    for p, data in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(p.data, data, rtol=1e-12, atol=1e-15)
    assert ("else rows_of" in step.source) == all(n % size for size in range(9, 17))


def test_labels_are_checked_in_every_block():
    f, parameters, X, y = losses(117)["logistic"]
    step = ag.compile(f, optimizer=ag.optim.SGD(parameters, lr=0.1))
    step(X, y)
    before = [p.data for p in parameters]
    for row in (0, 60, 116):
        bad = y.copy()
        bad[row] = 1.5
        with pytest.raises(ValueError, match=rf"y\[{row}\] is 1.5"):
            step(X, bad)
    assert all(p.data is data for p, data in zip(parameters, before, strict=True))


W = rng.normal(size=(117, 2))
WHOLE = {  # not sums over rows: what they compute of one row depends on others, or they return rows
    "centred": lambda X: ((X - X.mean(axis=0)) ** 2).sum(),
    "rows": lambda X: X * 2.0,
    "softmax over rows": lambda X: ag.softmax(X, axis=0)[:, 0].sum(),
    "columns": lambda X: ag.mse(X[:, :1] * 2.0, X[:, 1:2] * 3.0),
    "of the largest": lambda X: X[:, 0].max() * X.sum(),
    "largest": lambda X: X.max(),
    "some": lambda X: X[3:40].sum(),
    "backwards": lambda X: (X * X[::-1]).sum(),
    "pairs": lambda X: np.exp(X[:, 0] - X[:, :1]).sum(),
    "product": lambda X: (X @ X.T).sum(),
    "running": lambda X: np.cumsum(X[:, 0]).sum(),
    "constant rows": lambda X: (X[:, :2] * W).sum(),
    "prod": lambda X: np.prod(X[:, 0]),
    "norm": lambda X: np.sqrt((X * X).sum()) * X[:, 0].sum(),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_needs_all_rows_gets_them(name):
    X = 1.0 + 0.1 * rng.normal(size=(117, 3))
    fast = ag.compile(WHOLE[name])
    expected = WHOLE[name](ag.Tensor(X))
    np.testing.assert_allclose(fast(X), expected.data, rtol=1e-13)
    if expected.size == 1:
        np.testing.assert_allclose(fast.grad(X), ag.grad(WHOLE[name])(X), rtol=1e-11, atol=1e-13)


CALLS = [
    lambda v, w: v * 2.0, lambda v, w: np.exp(-v * v), lambda v, w: v @ w, lambda v, w: v + v[:, :1],
    lambda v, w: v * v.sum(axis=1, keepdims=True), lambda v, w: np.where(v > 0, v, 0.1 * v),
    lambda v, w: v - w[0], lambda v, w: ag.softmax(v),
    lambda v, w: v / (1.0 + v.max(axis=-1, keepdims=True) ** 2),
    lambda v, w: np.swapaxes(np.swapaxes(v, 0, 1), 0, 1), lambda v, w: v.reshape(v.shape[0], 3, 1)[:, :, 0],
    lambda v, w: v * v.mean(), lambda v, w: v[::-1], lambda v, w: v + (v * v).sum(axis=0),
]  # fmt: skip


@pytest.mark.long
@settings(max_examples=150)
@given(st.lists(st.integers(0, len(CALLS) - 1), min_size=1, max_size=6), st.integers(17, 80))
def test_any_calls_in_a_row(chosen, n):
    def f(X, w):
        for i in chosen:
            X = CALLS[i](X, w)
        return (X * X).sum() / n

    X, w = np.random.default_rng(n).normal(size=(n, 3)), 0.5 * np.eye(3) + 0.1
    value, (dX, dw) = ag.compile(f, (0, 1)).value_and_grad(X, w)
    expected, (gX, gw) = ag.value_and_grad(f, (0, 1))(X, w)
    np.testing.assert_allclose(value, expected, rtol=1e-11)
    np.testing.assert_allclose(dX, gX, rtol=1e-9, atol=1e-11 * np.abs(gX).max())
    np.testing.assert_allclose(dw, gw, rtol=1e-9, atol=1e-11 * np.abs(gw).max())
    dw_only = ag.compile(lambda w, X: f(X, w)).grad(w, X)
    np.testing.assert_allclose(dw_only, gw, rtol=1e-9, atol=1e-11 * np.abs(gw).max())
