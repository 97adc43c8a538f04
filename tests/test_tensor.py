"""Tensor, the graph and the backward pass: values, memory, depth, modes."""

import copy
import gc
import math
import pickle
import threading
import weakref

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tensor import Parameter, graph


def test_numbers_and_lists_become_float64_and_float32_stays():
    assert ag.Tensor(3).dtype == np.float64
    assert ag.Tensor([1, 2]).dtype == np.float64
    assert ag.Tensor(np.float32(1)).dtype == np.float32
    assert ag.Tensor(np.zeros(2, np.float32)).requires_grad
    assert not ag.Tensor(np.arange(3)).requires_grad
    assert not ag.Tensor(np.array([True])).requires_grad
    assert not ag.Tensor(1.0, requires_grad=False).requires_grad


def test_the_users_array_is_copied():
    mine = np.ones(3)
    x = ag.Tensor(mine)
    y = (x * x).sum()
    mine[:] = 100.0
    y.backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_every_tensor_of_the_graph_has_its_gradient():
    w, b = ag.Tensor(0.6), ag.Tensor(0.2)
    z = w * 1.5 + b
    p = ag.sigmoid(z)
    loss = ag.bce(p, 0.0)
    loss.backward()
    sigma = 1 / (1 + np.exp(-1.1))
    assert loss.grad == 1.0
    assert p.grad == pytest.approx(1 / (1 - sigma), rel=1e-15)
    assert z.grad == pytest.approx(sigma, rel=1e-15)
    assert w.grad == pytest.approx(1.5 * sigma, rel=1e-15)
    assert b.grad == pytest.approx(sigma, rel=1e-15)


def test_backward_overwrites_and_adds_only_when_asked():
    x = ag.Tensor(3.0)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad == 6.0
    y.backward(accumulate=True)
    assert x.grad == 12.0


def test_keep_leaves_forgets_intermediates():
    x = ag.Tensor(3.0)
    y = x * x
    (y + 1.0).backward(keep="leaves")
    assert x.grad == 6.0
    assert y.grad is None


def test_a_tensor_used_many_times_gets_the_sum():
    x = ag.Tensor(2.0)
    y = x + x * x + x * x * x
    y.backward()
    assert x.grad == 1 + 4 + 12


def test_order_of_a_graph_puts_inputs_first_where_paths_of_unequal_length_meet():
    x = ag.Tensor(0.5)
    short = x * 2.0
    long = np.sin(np.cos(short))
    y = short * long + long * x
    order = graph(y)
    position = {id(t): i for i, t in enumerate(order)}
    assert len(order) == len(position) == 7
    for t in order:
        assert all(position[id(i)] < position[id(t)] for i in t.inputs if isinstance(i, ag.Tensor))


def test_constants_cost_no_rule_and_get_no_gradient():
    from autograd_lite.operation import OPS, op

    @op("probe")
    def probe(a, b):
        """a b."""
        return a * b

    asked = []
    probe.gradient("a")(lambda g, y, a, b: asked.append("a") or g * b)
    probe.gradient("b")(lambda g, y, a, b: asked.append("b") or g * a)
    try:
        x, c = ag.Tensor(2.0), ag.Tensor(5.0, requires_grad=False)
        probe(c, x).backward()
    finally:
        del OPS["probe"]
    assert asked == ["b"]
    assert x.grad == 5.0
    assert c.grad is None


@pytest.mark.parametrize(
    ("a", "b"),
    [((3, 1), (1, 4)), ((), (2, 3)), ((3,), (2, 3)), ((2, 1, 3), (4, 1)), ((1,), ()), ((0, 1), (1, 2))],
)
def test_broadcasting_is_undone(a, b):
    x, y = ag.Tensor(np.full(a, 2.0)), ag.Tensor(np.full(b, 3.0))
    (x * y).sum().backward()
    n = np.broadcast(np.empty(a), np.empty(b)).size
    assert np.shape(x.grad) == a
    assert np.shape(y.grad) == b
    assert np.sum(x.grad) == 3.0 * n
    assert np.sum(y.grad) == 2.0 * n


def test_a_gradient_has_the_dtype_of_its_tensor_and_may_be_written_into():
    v, w = Parameter(np.ones(3, np.float32)), Parameter(np.zeros(3))
    (v + w).sum().backward()
    assert v.grad.dtype == np.float32
    v.grad *= 2.0
    w.grad[1] = 7.0  # addition hands the same array to both
    assert v.grad.tolist() == [2.0, 2.0, 2.0]
    assert w.grad.tolist() == [1.0, 7.0, 1.0]
    w.grad = [1, 2, 3]
    assert w.grad.dtype == np.float64
    for value, error in (([1.0], ValueError), (ag.Tensor(np.ones(3)), TypeError), (["a"] * 3, TypeError)):
        with pytest.raises(error, match=r"the tensor.grad: the new value has|is a Tensor"):
            w.grad = value


def test_an_old_graph_is_refused_after_an_update():
    w = Parameter(np.array([1.0, 2.0]), name="w")
    loss = (w * w).sum()
    w.data = w.data - 10.0
    with pytest.raises(RuntimeError, match="w got new data after multiply used it"):
        loss.backward()
    with pytest.raises(RuntimeError, match="w got new data after multiply used it"):
        ag.gradients(loss, [w], create_graph=True)


def _train_once():
    X, y = np.random.default_rng(0).normal(size=(5, 3)), np.array([0.0, 1, 0, 1, 1])
    w, b = ag.Tensor(np.zeros(3)), ag.Tensor(0.0)
    p = ag.sigmoid(X @ w + b)
    loss = ag.bce(p, y)
    loss.backward()
    first = ag.gradients(loss, [w, b], create_graph=True)
    second = (first[0] ** 2).sum() + first[1] ** 2
    second.backward()
    ag.hessian(lambda v: ag.bce_with_logits(X @ v, y))(np.zeros(3))
    np.concatenate([w, w])[np.array([0, 0, 1])].sum().backward()
    return [weakref.ref(t) for t in (w, b, p, loss, first[0], second)]


def test_no_reference_cycle_at_any_order():
    _train_once()
    gc.collect()
    gc.disable()
    try:
        assert [ref() for ref in _train_once()] == [None] * 6
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_chain_of_300_000_operations():
    x = ag.Tensor(0.5)
    y = x
    for _ in range(300_000):
        y = y + 1e-6
    y.backward()
    assert x.grad == 1.0
    assert float(y) == pytest.approx(0.8)
    end = weakref.ref(y)
    del y
    assert end() is None


def test_the_second_derivative_of_a_chain_of_10_000_operations():
    x = ag.Tensor(2.0)
    y = x * x * x
    for _ in range(10_000):
        y = y + 0.0
    (first,) = ag.gradients(y, [x], create_graph=True)
    (second,) = ag.gradients(first, [x])
    assert first.data == 12.0
    assert second == 12.0


def test_pickle_and_deepcopy_keep_the_value_and_drop_the_graph():
    w = Parameter(np.array([1.0, 2.0]), name="w")
    y = w * 2.0
    for _ in range(20_000):
        y = y + 1.0
    twin = pickle.loads(pickle.dumps(y))
    assert twin.data.tolist() == y.data.tolist()
    assert twin.op is None
    with pytest.raises(TypeError, match="the result of add, and a copy would lose its gradient"):
        copy.deepcopy(y)
    twin = copy.deepcopy(w)
    assert type(twin) is Parameter
    assert twin.name == "w"
    assert twin.data is not w.data


def test_no_grad_records_nothing_in_this_thread_only_and_ends_with_an_exception():
    x = ag.Tensor(1.0)
    seen = []
    with ag.no_grad():
        assert not (x * x).requires_grad
        other = threading.Thread(target=lambda: seen.append((x * x).requires_grad))
        other.start()
        other.join()
    assert seen == [True]

    @ag.no_grad()
    def fails():
        raise KeyError("x")

    with pytest.raises(KeyError):
        fails()
    assert (x * x).requires_grad


def test_one_no_grad_serves_several_threads_and_may_be_nested():
    x = ag.Tensor(1.0)
    entered, leave = threading.Barrier(2), threading.Event()
    recorded = []

    @ag.no_grad()
    def waits():
        entered.wait()
        leave.wait()
        recorded.append((x * x).requires_grad)

    other = threading.Thread(target=waits)
    mode = ag.no_grad()
    with mode, mode:
        other.start()
        entered.wait()
    assert (x * x).requires_grad
    leave.set()
    other.join()
    assert recorded == [False]
    assert (x * x).requires_grad
    with pytest.raises(TypeError, match="the body of later, a generator"):

        @ag.no_grad()
        def later():
            yield x * x


def test_detach_and_numpy():
    x = ag.Tensor([1.0, 2.0])
    constant = (x * 2.0).detach()
    (x * constant).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="read-only"):
        x.numpy()[0] = 5.0


def test_what_python_asks_of_a_number_and_a_sequence():
    x = ag.Tensor([1.5, 2.5], name="x")
    with ag.no_grad():
        assert float(x[0]) == 1.5
        assert int(x[1]) == 2
    assert round(x[1]) == 2
    assert round(x[0] / 7.0, 2) == 0.21
    assert np.array_equal(round(x), [2.0, 2.0])
    assert len(x) == 2
    assert [t.item() for t in x] == [1.5, 2.5]
    assert f"{x[0]:.2f}" == "1.50"
    assert (x > 2.0).tolist() == [False, True]
    assert {x: 1}[x] == 1
    assert repr(x) == "Tensor([1.5, 2.5], name='x')"
    a, b = x
    (a * b).backward()
    assert x.grad.tolist() == [2.5, 1.5]


def test_a_plain_number_in_a_formula_is_told():
    w, row = ag.Tensor(1.0, name="w"), np.zeros(2)
    for lose in (lambda: math.exp(w), lambda: float(w * 2.0), lambda: row.__setitem__(0, w)):
        with pytest.warns(UserWarning, match=r"float\(\) of .* loses the gradient; .* Write np.exp"):
            lose()
    assert float(w.detach()) == 1.0
    loss = w * 2.0
    loss.backward()
    assert float(loss) == 2.0  # a value that is reported
    with pytest.warns(UserWarning, match=r"float\(\) of w .* w.item\(\) for the value"):
        math.exp(w)
    with pytest.warns(UserWarning, match=r"int\(\) of w"):
        int(w)


def test_scalars_stay_scalars():
    w = Parameter(np.array(2.0))
    loss = w * 3.0
    loss.backward()
    assert type(w.data) is np.float64
    assert type(w.grad) is np.float64
    held = w.data
    w.data -= 0.5
    assert held == 2.0


def test_an_infinite_derivative_is_silent_and_infinite():
    x = ag.Tensor(0.0)
    np.sqrt(x).backward()
    assert x.grad == np.inf
