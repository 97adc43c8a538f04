"""Hessians and products with them: those of the eager derivatives, of closed formulas, of every op."""

import numpy as np
import pytest
from graphs import graphs
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.testing.examples import plan_of
from autograd_lite.testing.subject import of_op

rng = np.random.default_rng(0)
A = rng.normal(size=(4, 4))
X, Y = rng.normal(size=(30, 4)), (rng.random(30) > 0.5).astype(float)
B = rng.normal(size=(4, 3))
LABELS = rng.integers(0, 3, 5)
INPUTS = rng.normal(size=(5, 2))
VECTOR, MATRIX = rng.normal(size=4), rng.normal(size=(2, 3))
W = ag.nn.Parameter(rng.normal(size=4), name="W")

# Functions of one array, by the shape of x, with what makes each special.
FUNCTIONS = {
    "cubes": (lambda x: (x**3).sum(), VECTOR),
    "squares": (lambda x: (x * x).sum(), VECTOR),
    "products of neighbours": (lambda x: (x[1:] * x[:-1]).sum(), VECTOR),
    "product of entries": (lambda x: x[0] * x[2] + x[1] ** 3, VECTOR),
    "entries taken twice": (lambda x: (x[np.array([0, 2, 0, 2])] ** 3).sum(), VECTOR),
    "a mask": (lambda x: (x[np.array([True, False, True, True])] ** 3).sum(), VECTOR),
    "take": (lambda x: (np.take(x, [0, 3, 3]) ** 3).sum(), VECTOR),
    "quadratic form": (lambda x: x @ A @ x, VECTOR),
    "quadratic form, and linear": (lambda x: x @ A @ x + X[0] @ x, VECTOR),
    "sigmoid of a product": (lambda x: ag.sigmoid(X @ x).sum(), VECTOR),
    "logistic loss": (lambda x: ag.bce(ag.sigmoid(X @ x), Y), VECTOR),
    "logistic loss of logits": (lambda x: ag.bce_with_logits(X @ x, Y), VECTOR),
    "weighted loss": (lambda x: ag.bce_with_logits(X @ x, Y, pos_weight=3.0), VECTOR),
    "squared error": (lambda x: ag.mse(np.tanh(X @ x), Y), VECTOR),
    "softmax": (lambda x: (ag.softmax(x) * VECTOR).sum(), VECTOR + 1.0),
    "log softmax": (lambda x: ag.log_softmax(x)[1], VECTOR),
    "logsumexp": (ag.logsumexp, VECTOR),
    "logsumexp of a product": (lambda x: ag.logsumexp(X @ x), VECTOR),
    "cross-entropy": (lambda x: ag.cross_entropy(INPUTS @ x, LABELS), MATRIX),
    "norm": (np.linalg.norm, VECTOR),
    "norm of rows": (lambda x: np.linalg.norm(x, axis=1).sum(), MATRIX),
    "std": (np.std, VECTOR),
    "var": (np.var, MATRIX),
    "mean squared": (lambda x: np.mean(x) ** 2, MATRIX),
    "product of all": (np.prod, VECTOR),
    "product of all, a zero": (np.prod, np.array([2.0, 0.0, 3.0])),
    "product of all, two zeros": (np.prod, np.array([2.0, 0.0, 0.0, 3.0])),
    "cumsum": (lambda x: (np.cumsum(x) ** 3).sum(), VECTOR),
    "matrix times itself": (lambda x: (x @ x.T).sum(), MATRIX),
    "matrix products": (lambda x: ((x.T @ x) ** 2).sum(), MATRIX),
    "matrix and others": (lambda x: (np.tanh(x @ B[:3]) ** 2).sum(), MATRIX),
    "einsum": (lambda x: (np.einsum("ij,kj->ik", x, x) ** 2).sum(), MATRIX),
    "stack": (lambda x: (np.stack([x, x * x]) ** 2).sum(), VECTOR),
    "concatenate": (lambda x: (np.concatenate([x, x * x]) ** 2).sum(), VECTOR),
    "transposed": (lambda x: (x.T[1] * x.reshape(-1)[:2]).sum(), MATRIX),
    "broadcast": (lambda x: np.exp(x[:, None] + x[None]).sum(), VECTOR),
    "where": (lambda x: np.where(x > 0, x**3, np.exp(x)).sum(), VECTOR),
    "maximum": (lambda x: (np.maximum(x, 0.1) ** 2).sum(), VECTOR),
    "a parameter beside it": (lambda x: np.exp(W * x).sum(), VECTOR),
    "scalar": (lambda x: np.sin(x) * x, np.float64(0.7)),
    "scalar in a vector": (lambda x: (np.exp(x * VECTOR)).sum(), np.float64(0.7)),
    "one entry": (lambda x: (x**3).sum(), np.array([0.7])),
    "matrix of one entry": (lambda x: (x**3).sum(), np.array([[0.7]])),
    "loss of one entry": (lambda x: (x**3).sum(keepdims=True), VECTOR),
    "linear": (lambda x: (x * VECTOR).sum(), VECTOR),
    "linear, by a product": (lambda x: (X @ x).sum(), VECTOR),
    "linear in some": (lambda x: x[0] * 2.0 + x[1] ** 2, VECTOR),
    "linear scalar": (lambda x: x * 2.0, np.float64(0.7)),
    "linear in pieces": (lambda x: ag.relu(x).sum(), VECTOR),
    "absolute values": (lambda x: np.abs(x).sum(), MATRIX),
    "constant": (lambda x: (x * 0.0).sum() + 3.0, VECTOR),
    "constant sign": (lambda x: np.sign(x).sum(), VECTOR),
    "detached": (lambda x: (x.detach() * x).sum(), VECTOR),
    "no entries": (lambda x: (x**3).sum(), np.zeros(0)),
}


def _plain(x):
    return np.asarray(x.data if isinstance(x, ag.Tensor) else x)  # derivatives beside a Parameter are tensors


def close(found, expected, rtol=1e-11):
    found, expected = np.asarray(found), _plain(expected)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(
        found, expected, rtol=rtol, atol=rtol * max(1.0, np.abs(expected).max(initial=0))
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_hessian_is_that_of_the_function(name):
    f, x = FUNCTIONS[name]
    expected = ag.hessian(lambda x: f(x).reshape(()))(x)
    fast = ag.compile(f)
    close(fast.hessian(x), expected)
    close(fast.hessian(x), expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_product_is_that_of_the_function(name):
    f, x = FUNCTIONS[name]
    fast = ag.compile(f)
    for v in (rng.normal(size=x.shape)[()], np.zeros(x.shape)[()], np.ones(x.shape)[()]):
        close(fast.hvp((x,), v), ag.hvp(f, x, v))


def test_closed_formulas():
    quadratic = ag.compile(lambda x: x @ A @ x)
    close(quadratic.hessian(VECTOR), A + A.T)
    close(quadratic.hvp((VECTOR,), X[0]), (A + A.T) @ X[0])
    p = 1.0 / (1.0 + np.exp(-X @ VECTOR))
    logistic = ag.compile(lambda w, x, y: ag.bce_with_logits(x @ w, y))
    close(logistic.hessian(VECTOR, X, Y), X.T * (p * (1.0 - p) / 30) @ X)
    q = np.exp(VECTOR) / np.exp(VECTOR).sum()
    close(ag.compile(ag.logsumexp).hessian(VECTOR), np.diag(q) - np.outer(q, q))
    close(ag.compile(lambda x: x**3).hessian(2.0), np.float64(12.0))
    frobenius = ag.compile(lambda M: (M * M).sum()).hessian(MATRIX)
    close(frobenius, 2.0 * np.eye(6).reshape(2, 3, 2, 3))


def cases():
    """Every op with a few of its cases, evenly spread."""
    for name, op in sorted(ag.OPS.items()):
        plan = plan_of(of_op(op))
        chosen = sorted({i * (len(plan.cases) - 1) // 3 for i in range(4)})
        for i in chosen:
            yield pytest.param(
                op, plan.example(i, 259, bytes(range(3, 3 + plan.size(i))), 1), id=f"{name}-{i}"
            )


@pytest.mark.long
@pytest.mark.parametrize(("op", "example"), list(cases()))
def test_every_op_has_its_second_derivative(op, example):
    places = sorted(example.variables)

    def f(*xs):
        inputs = list(example.inputs)
        for place, x in zip(places, xs, strict=True):
            inputs[place] = x
        y = op(*inputs, **example.settings)
        return (y * y).sum()

    xs = tuple(np.asarray(example.inputs[i], float)[()] for i in places)
    vs = tuple(np.cos(1.0 + np.arange(x.size)).reshape(x.shape)[()] for x in xs)
    for found, expected in zip(
        ag.compile(f, tuple(range(len(xs)))).hvp(xs, vs), ag.hvp(f, xs, vs), strict=True
    ):
        close(found, expected)
    others = xs[1:]
    alone = ag.hessian(lambda x: f(x, *others))(xs[0])
    close(ag.compile(f).hessian(*xs), np.asarray(alone).reshape(xs[0].shape * 2))


@settings(max_examples=50)
@given(graphs(max_ops=6), st.integers(0, 2**32 - 1))
def test_random_graphs_have_their_second_derivatives(graph, seed):
    draw = np.random.default_rng(seed)
    xs = tuple(np.asarray(x, float)[()] for x in graph.leaves.values())
    vs = tuple(draw.normal(size=x.shape)[()] for x in xs)
    found = [*ag.compile(graph, tuple(range(len(xs)))).hvp(xs, vs), ag.compile(graph).hessian(*xs)]
    alone = ag.hessian(lambda x: graph(x, *xs[1:]))(xs[0])
    for a, b in zip(found, [*ag.hvp(graph, xs, vs), alone], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11 * max(1.0, float(np.abs(b).max(initial=0))))


def energy(x, w, y):
    """A function with second derivatives within and between its arguments."""
    return (np.tanh(x @ w) * y).sum() + (w * w).sum() * y.sum()


ARGUMENTS = (X[:5], VECTOR, Y[:5] + 0.5)


@pytest.mark.parametrize("argnums", [(0, 1, 2), (1, 0), (2,), (1,)])
def test_products_in_several_arguments(argnums):
    vs = tuple(rng.normal(size=ARGUMENTS[i].shape) for i in argnums)

    def of_wanted(*xs):
        full = list(ARGUMENTS)
        for i, x in zip(argnums, xs, strict=True):
            full[i] = x
        return energy(*full)

    found = ag.compile(energy, argnums).hvp(ARGUMENTS, vs)
    assert isinstance(found, tuple)
    for a, b in zip(found, ag.hvp(of_wanted, [ARGUMENTS[i] for i in argnums], vs), strict=True):
        close(a, b)


@pytest.mark.parametrize("argnum", [0, 1, 2, -1])
def test_the_hessian_in_any_argument(argnum):
    def alone(x):
        full = list(ARGUMENTS)
        full[argnum] = x
        return energy(*full)

    close(ag.compile(energy, argnum).hessian(*ARGUMENTS), ag.hessian(alone)(ARGUMENTS[argnum]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_have_the_dtype_of_the_argument(dtype):
    x = VECTOR.astype(dtype)
    fast = ag.compile(lambda x: np.exp(x).sum() + (x * x[::-1]).sum())
    expected = np.diag(np.exp(x)) + 2 * np.eye(4, dtype=dtype)[::-1]
    close(fast.hessian(x), expected, 1e-5)
    close(fast.hvp((x,), x), expected @ x, 1e-5)


def test_a_direction_may_be_of_any_dtype_and_layout():
    f = FUNCTIONS["matrix products"][0]
    fast = ag.compile(f)
    directions = (
        np.array([[1, 0, 0], [0, 2, 0]]),  # first: the program must also work for the next ones
        rng.normal(size=(2, 3)).astype(np.float32),
        rng.normal(size=(2, 3)),
        np.asfortranarray(rng.normal(size=(2, 3))),
        rng.normal(size=(4, 6))[::2, ::2],
        [[1, 2, 3], [4, 5, 6]],
        np.array([[True, False, True], [False, True, True]]),
    )
    for v in directions:
        close(fast.hvp((MATRIX,), v), ag.hvp(f, MATRIX, np.asarray(v, float)), 1e-6)


def test_what_was_returned_belongs_to_the_caller():
    for name in ("cubes", "quadratic form", "linear", "constant"):
        f, x = FUNCTIONS[name]
        fast = ag.compile(f)
        for found in (lambda: fast.hvp((x,), np.ones(4)), lambda: fast.hessian(x)):  # noqa: B023
            before = np.array(found())
            found()[...] = np.nan
            np.testing.assert_array_equal(found(), before)


def test_parameters_and_guards_hold_for_second_derivatives():
    w = ag.nn.Parameter(np.ones(4))
    fast = ag.compile(lambda x: (w * x**3).sum())
    close(fast.hessian(VECTOR), np.diag(6.0 * VECTOR))
    w.data = np.arange(4.0)
    close(fast.hessian(VECTOR), np.diag(6.0 * w.data * VECTOR))
    product = ag.compile(np.prod)
    for x in (np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 3.0]), np.array([0.0, 0.0, 3.0])):
        close(product.hessian(x), ag.hessian(np.prod)(x))
        close(product.hvp((x,), np.ones(3)), ag.hvp(np.prod, x, np.ones(3)))


def test_the_hessian_of_a_product_takes_matrix_products():
    fast = ag.compile(FUNCTIONS["logistic loss of logits"][0])
    fast.hessian(VECTOR)
    assert len(fast._programs) == 1  # one for all unit vectors, none for a single one
    assert ".dot(" in fast.source


def test_what_does_not_fit_is_refused():
    fast = ag.compile(energy, 1)
    with pytest.raises(
        ValueError, match=r"directions have shapes \[\(3,\)\] and the arguments have shapes \[\(4,\)\]"
    ):
        fast.hvp(ARGUMENTS, np.ones(3))
    with pytest.raises(ValueError, match="hessian differentiates one argument, and argnums is"):
        ag.compile(energy, (0, 1)).hessian(*ARGUMENTS)
    for call in (
        lambda: ag.compile(lambda x: x * x).hvp((VECTOR,), VECTOR),
        lambda: ag.compile(lambda x: x * x).hessian(VECTOR),
    ):
        with pytest.raises(TypeError, match=r"returns a tensor of shape \(4,\); only a single number"):
            call()
