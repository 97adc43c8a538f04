"""The same programs under jax.jit: what NumPy computes, in values, gradients, trainings and refusals."""

import signal
from contextlib import contextmanager, suppress

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.nn import BinaryNetwork, Dropout, Linear, Parameter, ReLU, Sequential
from autograd_lite.testing.examples import plan_of
from autograd_lite.testing.subject import of_op

pytest.importorskip("jax")

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(40, 3)), (rng.random(40) > 0.5).astype(float)


@contextmanager
def seconds(limit):
    """An error where a program is recorded again and again, because its guards never hold."""

    def ended(*_):
        raise TimeoutError("it takes for ever")

    before = signal.signal(signal.SIGALRM, ended)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def close(found, expected, rtol=1e-12):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * scale)


def both(f, argnums, *xs):
    """Value and gradients by JAX, and by the eager engine."""
    argnums = (argnums,) if isinstance(argnums, int) else argnums
    value, gradients = ag.compile(f, argnums, backend="jax").value_and_grad(*xs)
    expected, expected_gradients = ag.value_and_grad(f, argnums)(*xs)
    return [value, *gradients], [expected, *expected_gradients]


def agree(f, argnums, *xs, rtol=1e-12):
    for a, b in zip(*both(f, argnums, *xs), strict=True):
        close(a, b, rtol)


def cases():
    """Every op with the largest of its cases."""
    for name, op in sorted(ag.OPS.items()):
        plan = plan_of(of_op(op))
        i = max(range(len(plan.cases)), key=lambda i, plan=plan: (min(plan.size(i), 30), i))
        yield pytest.param(op, plan.example(i, 259, bytes(range(3, 3 + plan.size(i))), 1), id=name)


@pytest.mark.long
@pytest.mark.parametrize(("op", "example"), list(cases()))
def test_every_op_is_that_of_numpy(op, example):
    places = sorted(example.variables)
    shape = np.shape(op(*example.inputs, **example.settings))
    weights = np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)

    def f(*xs):
        inputs = list(example.inputs)
        for place, x in zip(places, xs, strict=True):
            inputs[place] = x
        return (op(*inputs, **example.settings) * weights).sum()

    agree(f, tuple(range(len(places))), *(np.asarray(example.inputs[i], float)[()] for i in places))


FUNCTIONS = {
    "slices": (lambda x: (x[1:, ::-2] * x[:-1, :2]).sum(), X),
    "indices": (lambda x: (x[np.array([0, 3, 0]), np.array([1, 1, 2])] ** 2).sum(), X),
    "a constant mask": (lambda x: (x[X > 0] ** 2).sum(), X),
    "conditions": (lambda x: np.where((x > 0) & (x < 1), x**3, -x).sum(), X),
    "added conditions": (lambda x: (((x > 0) + (x > 1)) * x).sum(), X),
    "powers": (lambda x: (np.abs(x) ** 2.5 + x**3 + (x * x) ** 0.5).sum(), X),
    "row by row": (lambda x: sum(np.tanh(row @ row) for row in x), X[:5]),
    "maxima with ties": (lambda x: x.max(axis=0).sum() + x.min() ** 2, np.round(X)),
    "a scalar": (lambda x: np.sin(x) * x, np.float64(0.7)),
    "a number of Python": (lambda x: np.exp(x) / (1.0 + x), 0.7),
    "one entry": (lambda x: (x**3).sum(), np.array([0.7])),
    "no entries": (lambda x: (x**3).sum() + 1.0, np.zeros((0, 3))),
    "columns first": (lambda x: (x @ x.T).reshape(-1)[::7].sum(), np.asfortranarray(X)),
    "strided": (lambda x: np.exp(x).sum(), np.repeat(X, 2, axis=0)[::2]),
    "returned as it is": (lambda x: x, np.float64(0.7)),
    "linear": (lambda x: (x * np.arange(3.0)).sum(), X),
    "constant": (lambda x: (x * 0.0).sum() + 2.0, X),
    "float32": (lambda x: np.tanh(x @ x.T).mean(), X.astype(np.float32)),
    "float16": (lambda x: np.tanh(x).sum(), X.astype(np.float16)),
    "a float64 number beside float32": (lambda x: (x * np.float64(0.1)).sum(), X.astype(np.float32)),
}


@pytest.mark.long
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_those_of_numpy(name):
    f, x = FUNCTIONS[name]
    rtol = {np.dtype(np.float32): 1e-5, np.dtype(np.float16): 1e-2}.get(np.asarray(x).dtype, 1e-12)
    agree(f, 0, x, rtol=rtol)


@pytest.mark.long
@pytest.mark.parametrize("a", ["int64", "int32", "uint8", "bool", "float16", "float32", "float64"])
@pytest.mark.parametrize("b", ["float16", "float32", "float64"])
def test_dtypes_are_those_of_numpy(a, b):
    x, w = np.arange(6).reshape(2, 3).astype(a), np.linspace(0.1, 0.9, 3).astype(b)
    rtol = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}[b]
    agree(lambda x, w: np.tanh(x @ w * 0.1).sum() + (x * w).sum() / 3.0, 1, x, w, rtol=rtol)


def test_second_derivatives_are_those_of_numpy():
    def f(w, x, y):
        return ag.bce_with_logits(x @ w, y) + (w[1:] * w[:-1]).sum()

    w, v = rng.normal(size=3), rng.normal(size=3)
    fast = ag.compile(f, backend="jax")
    close(fast.hvp((w, X, Y), v), ag.hvp(lambda w: f(w, X, Y), w, v))
    close(fast.hessian(w, X, Y), ag.hessian(lambda w: f(w, X, Y))(w))


def test_results_are_arrays_of_numpy_that_stay_as_they_are():
    fast = ag.compile(lambda x: (np.exp(x).sum(), x * 2.0, x[0] > 0, np.argmax(x)), backend="jax")
    total, twice, positive, place = fast(X[0])
    close(total, np.exp(X[0]).sum())
    close(twice, X[0] * 2.0)
    assert type(total) is np.float64
    assert isinstance(twice, np.ndarray)
    assert (positive, place) == (X[0, 0] > 0, np.argmax(X[0]))
    before = twice.copy()
    fast(X[1])
    close(fast(twice)[1], before * 2.0)  # one that comes back
    np.testing.assert_array_equal(twice, before)


def test_arrays_of_jax_are_taken():
    jax = pytest.importorskip("jax")
    for backend in ("jax", "numpy"):
        x, w = jax.numpy.ones((4, 3)), jax.numpy.full((3, 2), 0.5)
        value, gradient = ag.compile(lambda x, w: np.tanh(x @ w).sum(), 1, backend=backend).value_and_grad(
            x, w
        )
        assert float(value) == pytest.approx(8.0 * np.tanh(1.5), rel=1e-6)
        np.testing.assert_allclose(np.asarray(gradient), 4.0 * (1.0 - np.tanh(1.5) ** 2), rtol=1e-5)


OPTIMIZERS = {
    "sgd": lambda p: ag.optim.SGD(p, lr=0.1),
    "nesterov": lambda p: ag.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: ag.optim.Adam(p, lr=0.01),
    "adamw": lambda p: ag.optim.AdamW(p, lr=0.01),
    "rmsprop": lambda p: ag.optim.RMSprop(p, lr=0.01, momentum=0.5),
}


class Training:
    """A network with its optimiser, and steps that are eager or compiled."""

    def __init__(self, name, **settings):
        self.net = BinaryNetwork([3, 8, 1], rng=0)
        self.optimizer = OPTIMIZERS[name](self.net.parameters())
        self.step = ag.compile(self.loss, optimizer=self.optimizer, **settings) if settings else self.eager

    def loss(self, x, y):
        return ag.bce_with_logits(self.net(x), y)

    def eager(self, x, y):
        value = self.loss(x, y)
        value.backward(keep="leaves")
        self.optimizer.step()
        return value.item()

    @property
    def numbers(self):
        return [
            *(p.data for p in self.net.parameters()),
            *(np.asarray(v) for s in self.optimizer.state for v in s),
        ]


def same(one, other, rtol=1e-10):
    for a, b in zip(one.numbers, other.numbers, strict=True):
        close(a, b, rtol)


@pytest.mark.long
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_is_that_of_the_loop(name):
    slow, fast = Training(name), Training(name, backend="jax")
    for i in range(12):
        slow.optimizer.lr = fast.optimizer.lr = 0.05 / (1 + i)
        rows = slice(None) if i % 3 else slice(0, 17)  # batches of two sizes
        assert fast.step(X[rows], Y[rows]) == pytest.approx(slow.step(X[rows], Y[rows]), rel=1e-11)
    same(fast, slow)
    fast.optimizer.lr = slow.optimizer.lr = 0.02
    assert fast.eager(X, Y) == pytest.approx(slow.eager(X, Y), rel=1e-11)  # goes on where the other stopped
    assert fast.step(X, Y) == pytest.approx(slow.step(X, Y), rel=1e-11)
    same(fast, slow)


@pytest.mark.long
@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_many_steps_in_a_call_are_as_many_calls(name, backend):
    slow, fast = Training(name), Training(name, backend=backend, steps=5)
    for _ in range(2):
        losses = fast.step(X, Y)
        assert isinstance(losses, np.ndarray)
        close(losses, np.array([slow.step(X, Y) for _ in range(5)]), 1e-11)
    same(fast, slow)
    assert all(isinstance(state[-1], int) for state in slow.optimizer.state if len(state) == 3)
    assert all(type(state[-1]) is int for state in fast.optimizer.state if len(state) == 3)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_many_steps_with_outputs_and_a_frozen_parameter(backend):
    def run(steps):
        a, b = Parameter(np.ones(2), name="a"), Parameter(np.full(2, 0.5), name="b")
        optimizer = ag.optim.Adam([a, b], lr=0.1)
        step = ag.compile(
            lambda x: (((a * x + b) ** 2).sum(), a * x, (b > 0).sum()),
            optimizer=optimizer,
            backend=backend,
            steps=steps,
        )
        found = [step(np.array([1.0, -2.0])) for _ in range(6 // steps)]
        a.requires_grad = False
        found += [step(np.array([1.0, -2.0])) for _ in range(6 // steps)]
        losses = np.concatenate([np.ravel(loss) for loss, *_ in found])
        return losses, found[-1][1:], a.data, b.data, optimizer.state

    one, three = run(1), run(3)
    for (i, a), b in zip(enumerate(one[:4]), three[:4], strict=True):
        for p, q in zip(*((a, b) if i == 1 else ([a], [b])), strict=True):
            close(p, q, 1e-11)
    for s, t in zip(one[4], three[4], strict=True):
        for p, q in zip(s, t, strict=True):
            close(p, q, 1e-11)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("steps", [1, 10])
def test_a_gradient_that_is_not_finite_moves_nothing(backend, steps):
    w = Parameter(np.array([1.0, 2.0]), name="w")
    optimizer = ag.optim.SGD([w], lr=10.0, momentum=0.5)
    step = ag.compile(
        lambda x: ((w * x) ** 4).sum(), optimizer=optimizer, backend=backend, steps=steps
    )  # diverges
    before, state, raised = w.data, optimizer.state, None
    for _ in range(12):
        try:
            step(np.ones(2))
        except ValueError as error:
            raised = error
            break
        before, state = w.data, optimizer.state
    assert "the gradient of w is not finite" in str(raised)
    np.testing.assert_array_equal(w.data, before)
    assert np.isfinite(w.data).all()
    assert len(optimizer.state) == len(state)


def test_guards_choose_the_program():
    fast = ag.compile(np.prod, backend="jax")
    for x in ([2.0, 3.0], [0.0, 3.0], [4.0, 5.0], [0.0, 0.0], [2.0, 3.0]):
        x = np.array(x)
        close(fast.grad(x), ag.grad(np.prod)(x))


def test_labels_are_checked_at_every_call():
    fast = ag.compile(lambda w, x, y: ag.bce(ag.sigmoid(x @ w), y), backend="jax")
    value = fast(X[0], X, Y)
    with pytest.raises(ValueError, match=r"bce: .*\[3\] is 2.0 .* use labels 0 and 1"):
        fast(X[0], X, np.where(np.arange(40) == 3, 2.0, Y))
    assert fast(X[0], X, Y) == value
    classes = ag.compile(ag.cross_entropy, backend="jax")
    close(classes(X, np.arange(40) % 3), ag.cross_entropy(X, np.arange(40) % 3))
    with pytest.raises(ValueError, match=r"is 3, and the logits have 3 classes"):
        classes(X, np.arange(40) % 4)


@pytest.mark.parametrize("x", [[1e-310, 3.0], [5e-324, 5e-324], [-1e-309, 1.0]])
def test_numbers_too_small_for_the_device_end(x):
    x, found = np.array(x), None
    with seconds(3), suppress(ValueError):
        found = ag.compile(np.prod, backend="jax").grad(x)
    if found is not None:
        np.testing.assert_allclose(found, ag.grad(np.prod)(x), rtol=1e-12, atol=1e-307)


def test_a_condition_that_rounding_decides_ends():
    def one(v):
        return np.sin(v) ** 2 + np.cos(v) ** 2  # a probability of 1, or one unit more or less

    v = np.linspace(0.0, 3.0, 20_000)
    differs = (ag.compile(one, backend="jax")(v) > 1.0) != (one(v) > 1.0)
    for x in v[differs][:3]:
        with seconds(3), suppress(ValueError):
            value = ag.compile(lambda v, y: ag.bce(one(v), y), backend="jax")(np.array([x]), np.ones(1))
            assert 0.0 <= value <= 1e-15


@pytest.mark.parametrize("index", [[0, 3], [-4, 0], [10, 0]])
def test_an_index_out_of_range_is_no_other_entry(index):
    fast = ag.compile(lambda x, i: (x[i] ** 2).sum(), backend="jax")
    x = np.array([1.0, 2.0, 3.0])
    assert fast(x, np.array([2, -3])) == 10.0
    with pytest.raises((IndexError, ValueError), match="index"):
        fast(x, np.array(index))


def test_dropout_draws_what_it_draws_in_numpy():
    values = []
    for backend in ("numpy", "jax"):
        net = Sequential(Linear(3, 8, rng=0), ReLU(), Dropout(0.5, rng=7), Linear(8, None, rng=1))
        fast = ag.compile(lambda x, net=net: net(x).sum(), backend=backend)
        values.append([fast(X) for _ in range(3)])
    close(*values)
    assert len(set(values[0])) == 3
    step = ag.compile(
        lambda x: net(x).sum(), optimizer=ag.optim.SGD(net.parameters(), 0.1), backend="jax", steps=2
    )
    before = [p.data for p in net.parameters()]
    with pytest.raises(ValueError, match="Dropout draws once for each call; use steps=1"):
        step(X)
    assert all(p.data is data for p, data in zip(net.parameters(), before, strict=True))


def test_parameters_are_read_anew():
    net = Linear(3, None, rng=0)
    fast = ag.compile(lambda x: net(x).sum(), backend="jax")
    close(fast(X), net(X).sum().item())
    net.W.data = np.ones(3)
    close(fast(X), X.sum())
    state = net.state_dict()
    net.load_state_dict({**state, "W": np.zeros(3)})
    close(fast(X), np.float64(0.0))
    ag.compile(lambda x: net(x).sum(), optimizer=ag.optim.SGD([net.W], 0.5), backend="jax")(X)
    close(fast(X), (X @ (-0.5 * X.sum(axis=0))).sum(), 1e-11)


def test_control_flow_is_refused_as_in_numpy():
    with pytest.raises(TypeError, match=r"a value is needed before the program runs in .*test_jax\.py:\d+"):
        ag.compile(lambda x: x if x.sum() > 0 else -x, backend="jax")(X)
    with pytest.raises(ValueError, match="backend is 'torch'"):
        ag.compile(np.sum, backend="torch")
