"""Compiled functions compute what the functions compute: every op, random graphs, whole trainings."""

import re
import threading
from functools import partial

import numpy as np
import pytest
from graphs import graphs
from hypothesis import given

import autograd_lite as ag
from autograd_lite.nn import BinaryNetwork, Dropout, Linear, Module, Parameter, Sequential
from autograd_lite.testing.examples import plan_of
from autograd_lite.testing.subject import of_op

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(40, 3)), (rng.random(40) > 0.5).astype(float)


def loss(w, b, x, y):
    """A logistic unit and its cross-entropy."""
    return ag.bce(ag.sigmoid(x @ w + b), y)


UNIT = (rng.normal(size=3), np.float64(0.2), X, Y)


def ulps(a, b):
    """The largest distance of two arrays in units in the last place of their largest entry."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    scale = np.abs(b[np.isfinite(b)]).max(initial=0.0)
    np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b))
    finite = np.isfinite(b)
    return float(np.abs(a[finite] - b[finite]).max(initial=0.0) / np.spacing(max(scale, 1e-300)))


def test_value_and_gradients_are_those_of_the_function():
    fast = ag.compile(loss, (0, 1))
    value, gradients = fast.value_and_grad(*UNIT)
    expected, expected_gradients = ag.value_and_grad(loss, (0, 1))(*UNIT)
    assert ulps(value, expected) <= 4
    assert max(ulps(a, b) for a, b in zip(gradients, expected_gradients, strict=True)) <= 4
    assert ulps(fast(*UNIT), expected) <= 4
    assert ulps(ag.compile(loss).grad(*UNIT), expected_gradients[0]) <= 4


def cases():
    """Every op with each of its cases."""
    for name, op in sorted(ag.OPS.items()):
        plan = plan_of(of_op(op))
        for i in range(len(plan.cases)):
            yield pytest.param(
                op,
                plan.example(i, 259, bytes(range(3, 3 + plan.size(i))), 1),
                id=f"{name}-{i}",
                marks=[pytest.mark.long] if i else [],
            )


@pytest.mark.parametrize(("op", "example"), list(cases()))
def test_every_op_compiles_with_its_gradient(op, example):
    places = sorted(example.variables)
    shape = np.shape(op(*example.inputs, **example.settings))
    weights = np.linspace(0.5, 1.5, max(int(np.prod(shape)), 1)).reshape(shape)

    def f(*xs):
        inputs = list(example.inputs)
        for place, x in zip(places, xs, strict=True):
            inputs[place] = x
        return (op(*inputs, **example.settings) * weights).sum()

    xs = [np.asarray(example.inputs[i], float)[()] for i in places]
    argnums = tuple(range(len(xs)))
    fast = ag.compile(f, argnums)
    value, gradients = fast.value_and_grad(*xs)
    expected, expected_gradients = ag.value_and_grad(f, argnums)(*xs)
    assert ulps(value, expected) <= 4
    assert max(ulps(a, b) for a, b in zip(gradients, expected_gradients, strict=True)) <= 8


@given(graphs())
def test_random_graphs_compile_with_their_gradients(graph):
    leaves = [np.asarray(x, float)[()] for x in graph.leaves.values()]
    argnums = tuple(range(len(leaves)))
    value, gradients = ag.compile(graph, argnums).value_and_grad(*leaves)
    expected, expected_gradients = ag.value_and_grad(graph, argnums)(*leaves)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    for a, b in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13 * max(1.0, float(np.abs(b).max(initial=0))))


OPTIMIZERS = {
    "sgd": lambda p: ag.optim.SGD(p, lr=0.1),
    "momentum": lambda p: ag.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: ag.optim.Adam(p, lr=0.01),
    "adamw": lambda p: ag.optim.AdamW(p, lr=0.01),
    "rmsprop": lambda p: ag.optim.RMSprop(p, lr=0.01, momentum=0.5),
}


def trained(make, dtype, steps, compiled):
    """Losses and network after some steps of training, with a learning rate that falls on the way."""
    net = BinaryNetwork([3, 8, 1], rng=0).astype(dtype)
    optimizer = make(net.parameters())
    x, y = X.astype(dtype), Y.astype(dtype)
    step = ag.compile(lambda x, y: ag.bce_with_logits(net(x), y), optimizer=optimizer)
    losses = []
    for i in range(steps):
        optimizer.lr = 0.05 / (1 + i)
        rows = slice(None) if i % 3 else slice(0, 17)  # batches of two sizes
        if compiled:
            losses.append(step(x[rows], y[rows]))
            continue
        value = ag.bce_with_logits(net(x[rows]), y[rows])
        value.backward(keep="leaves")
        optimizer.step()
        losses.append(value.item())
    return losses, net, step


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_compiled_training_is_that_of_the_loop(name, dtype):
    (slow, one, _), (fast, other, step) = (trained(OPTIMIZERS[name], dtype, 30, c) for c in (False, True))
    tolerance = 1e-13 if dtype is np.float64 else 1e-5
    np.testing.assert_allclose(fast, slow, rtol=tolerance)
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        assert q.data.dtype == dtype
        np.testing.assert_allclose(q.data, p.data, rtol=10 * tolerance, atol=tolerance)
    assert len(step._programs) == 2  # one for each size of batch, none for each learning rate


def test_parameters_are_read_anew_and_moved_for_everybody():
    net = BinaryNetwork([3, 4, 1], rng=0)
    value = ag.compile(lambda x, y: ag.bce_with_logits(net(x), y))
    before = value(X, Y)
    step = ag.compile(
        lambda x, y: ag.bce_with_logits(net(x), y), optimizer=ag.optim.SGD(net.parameters(), lr=0.5)
    )
    graph = ag.bce_with_logits(net(X), Y)
    assert step(X, Y) == pytest.approx(before, rel=1e-15)
    assert value(X, Y) < before
    assert value(X, Y) == pytest.approx(ag.bce_with_logits(net(X), Y).item(), rel=1e-15)
    with pytest.raises(RuntimeError, match="W got new data after"):  # the graph was built before the step
        graph.backward()


def test_what_was_returned_is_not_written_into():
    fast = ag.compile(loss)
    first = fast.value_and_grad(*UNIT)[1]
    kept = first.copy()
    fast.value_and_grad(UNIT[0] + 1.0, *UNIT[1:])
    np.testing.assert_array_equal(first, kept)
    same = ag.compile(lambda x: (x * 2.0).reshape(-1))
    first = same(X)
    kept = first.copy()
    same(X + 1.0)
    np.testing.assert_array_equal(first, kept)


def test_threads_share_a_compiled_function():
    fast = ag.compile(loss)
    expected = [fast.grad(UNIT[0] * k, *UNIT[1:]) for k in range(8)]
    wrong = []

    def work(k):
        found = (fast.grad(UNIT[0] * k, *UNIT[1:]) for _ in range(200))
        wrong.extend(k for g in found if not np.array_equal(g, expected[k]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_one_thread_records_while_another_runs():
    net = BinaryNetwork([3, 4, 1], rng=0)
    running, recording = (ag.compile(lambda x: net(x).sum()) for _ in range(2))
    expected, wrong, done = running(X), [], threading.Event()

    def record():
        for n in range(2, 38):
            recording(X[:n])  # a program for every shape
        done.set()

    thread = threading.Thread(target=record)
    thread.start()
    while not done.is_set():
        wrong += [value for value in [running(X)] if value != expected]
    thread.join()
    assert wrong == []


def test_given_a_tensor_it_is_part_of_the_graph():
    fast = ag.compile(lambda x: (x * x).sum())
    x = ag.Tensor([1.0, 2.0])
    (fast(x) * 3.0).backward()
    np.testing.assert_array_equal(x.grad, [6.0, 12.0])
    assert ag.compile(lambda x: fast(x) + 1.0)(np.array([1.0, 2.0])) == 6.0


def test_labels_are_checked_at_every_call():
    fast = ag.compile(loss)
    fast(*UNIT)
    bad = Y.copy()
    bad[3] = 2.0
    with pytest.raises(ValueError, match=r"bce: y\[3\] is 2.0 .* use labels 0 and 1"):
        fast(*UNIT[:3], bad)
    assert fast(*UNIT) == pytest.approx(loss(*map(ag.Tensor, UNIT)).item(), rel=1e-15)


def test_an_op_that_computes_differently_for_other_data_is_recorded_again():
    fast = ag.compile(np.prod)
    for x in (np.array([2.0, 3.0]), np.array([0.0, 3.0]), np.array([2.0, 0.0]), np.array([4.0, 5.0])):
        np.testing.assert_allclose(fast.grad(x), ag.grad(np.prod)(x))


def branching(x):
    """A function that looks at its data."""
    return x.sum() if x.sum() > 0 else -x.sum()


@pytest.mark.parametrize(
    "f",
    [branching, lambda x: x * int(x.sum()), lambda x: x[np.argmax(x).item()], lambda x: x * x.sum().item()],
)
def test_control_flow_on_data_is_refused_with_the_line(f):
    with pytest.raises(
        TypeError, match=r"a value is needed before the program runs in .*test_compile\.py:\d+"
    ):
        ag.compile(f)(np.array([1.0, 2.0]))


def test_random_numbers_of_the_function_are_refused():
    fast = ag.compile(lambda x: (x * rng.random(x.shape)).sum())
    with pytest.raises(ValueError, match="something else the second time"):
        fast(X)


def test_dropout_draws_at_every_call_what_it_draws_in_the_loop():
    one, other = (
        Sequential(Linear(3, 4, rng=0), Dropout(0.5, rng=7), Linear(4, None, rng=1)) for _ in range(2)
    )
    fast = ag.compile(lambda x, y: ag.bce_with_logits(one(x), y))
    values = [fast(X, Y) for _ in range(5)]
    np.testing.assert_allclose(values, [ag.bce_with_logits(other(X), Y).item() for _ in range(5)], rtol=1e-14)
    assert len(set(values)) == 5


def test_a_gradient_that_is_not_finite_moves_nothing():
    w = Parameter(np.array([1.0, 0.0]), name="w")
    step = ag.compile(lambda x: np.sqrt(w * x).sum(), optimizer=ag.optim.SGD([w], lr=0.1))
    with pytest.raises(ValueError, match="the gradient of w is not finite: 1 of 2 entries are inf"):
        step(np.ones(2))
    np.testing.assert_array_equal(w.data, [1.0, 0.0])


def test_frozen_parameters_and_constants_are_read_anew():
    class Shifted(Module):
        def __init__(self):
            self.w = Parameter(np.ones(3))
            self.shift = Parameter(1.0, requires_grad=False)

        def forward(self, x):
            return (x + self.shift) @ self.w

    model = Shifted()
    fast = ag.compile(lambda x: model(x).sum())
    assert fast(X) == pytest.approx(model(X).sum().item(), rel=1e-15)
    model.shift.data = np.float64(5.0)
    assert fast(X) == pytest.approx(model(X).sum().item(), rel=1e-15)


def test_constants_in_lists_and_in_the_graph_are_read_anew():
    held = [ag.Tensor(2.0, requires_grad=False)]
    table = {"scale": ag.Tensor(3.0, requires_grad=False)}
    w = Parameter(1.5)
    fast = ag.compile(lambda x: ((x * held[0]) * table["scale"] * w).sum())
    assert fast(X) == pytest.approx(9.0 * X.sum(), rel=1e-13)
    held[0].data, table["scale"].data, w.data = np.float64(1.0), np.float64(1.0), np.float64(1.0)
    assert fast(X) == pytest.approx(X.sum(), rel=1e-13)


def test_the_source_is_what_runs_and_imports_only_numpy():
    fast = ag.compile(loss, (0, 1))
    value, (dw, _) = fast.value_and_grad(*UNIT)
    assert "def run(w, b, x, y):" in fast.source
    assert re.findall("import .*", fast.source) == ["import numpy as np"]
    space = {}
    exec(fast.source, space)
    results = space["run"](*UNIT)
    assert results[0] == value
    np.testing.assert_array_equal(results[1], dw)


def test_equal_and_unused_calls_are_made_once_or_not_at_all():
    fast = ag.compile(lambda x: (np.exp(x) + np.exp(x) * 1.0 + 0.0).sum())
    fast.value_and_grad(X)
    assert fast.source.count("np.exp") == 1
    assert "1.0" not in fast.source
    assert "0.0" not in fast.source


def test_before_the_first_call_there_is_no_source():
    with pytest.raises(RuntimeError, match="nothing is compiled yet"):
        _ = ag.compile(loss).source
    with pytest.raises(TypeError, match="pass a function of arrays"):
        ag.compile(3)
    with pytest.raises(TypeError, match=r"make one: ag\.optim\.Adam"):
        ag.compile(loss, optimizer="adam")


def test_a_gradient_needs_a_single_number():
    with pytest.raises(TypeError, match=r"returns a tensor of shape \(40, 3\); only a single number"):
        ag.compile(lambda x: x * 2.0).grad(X)


class Scaled(Module):
    """A module with a number, a flag and a list of modules."""

    def __init__(self):
        self.scale, self.layers = 2.0, [Linear(3, 3, rng=0), Linear(3, 3, rng=1)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return (x * self.scale if self.training else x).sum()


def replaced_scale(model):
    model.scale = 3.0


def replaced_layer(model):
    model.layers[1] = Linear(3, 3, rng=7)


def replaced_weights(model):
    model.layers[0].W = Parameter(np.eye(3))


@pytest.mark.parametrize(
    "change", [replaced_scale, replaced_layer, replaced_weights, lambda m: m.eval(), lambda m: m.layers.pop()]
)
@pytest.mark.parametrize("how", ["module", "method", "closure", "helper", "partial"])
def test_what_is_replaced_around_a_function_is_noticed(change, how):
    model = Scaled()

    def helper(x):
        return model(x)

    f = {
        "module": model,
        "method": model.forward,
        "closure": lambda x: model(1.0 * x),
        "helper": lambda x: helper(1.0 * x),
        "partial": partial(lambda m, x: m(x), model),
    }[how]
    fast = ag.compile(f)
    assert fast(X) == pytest.approx(model(X).item(), rel=1e-13)
    change(model)
    assert fast(X) == pytest.approx(model(X).item(), rel=1e-13)


FACTOR = 2.0


def test_variables_that_are_assigned_are_noticed(monkeypatch):
    shift = 1.0
    fast = ag.compile(lambda x: (x * FACTOR + shift).sum())
    assert fast(X) == pytest.approx((X * 2 + 1).sum(), rel=1e-13)
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    assert fast(X) == pytest.approx((X * 5 + 1).sum(), rel=1e-13)
    shift = np.array([1.0, 2.0, 3.0])
    assert fast(X) == pytest.approx((X * 5 + shift).sum(), rel=1e-13)
    programs = len(fast._programs)
    shift = np.array([1.0, 2.0, 3.0])
    assert fast(X) == pytest.approx((X * 5 + shift).sum(), rel=1e-13)
    assert len(fast._programs) == programs


def test_a_counter_of_the_function_does_not_record_it_again_and_again():
    calls = []

    def counted(x):
        calls.append(1)
        return x.sum()

    fast = ag.compile(counted)
    for _ in range(5):
        fast(X)
    assert len(calls) == 2


def test_derivatives_compile_as_functions():
    cubes = ag.compile(ag.grad(lambda x: (x**3).sum()))
    np.testing.assert_allclose(cubes(np.arange(3.0)), [0.0, 3.0, 12.0])
    second = ag.compile(ag.hessian(lambda x: (x**3).sum()))
    np.testing.assert_allclose(second(np.arange(3.0)), np.diag([0.0, 6.0, 12.0]))


def test_a_module_compiles_with_the_names_of_its_forward():
    unit = ag.nn.LogisticUnit(3)
    predict = ag.compile(unit)
    np.testing.assert_allclose(predict(X), unit(X).data, rtol=1e-15)
    assert "def run(x, w, b):" in predict.source
    assert "(test_compile.py:" in predict.source
