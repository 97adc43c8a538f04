"""A function that cannot be compiled is refused, with line and remedy; a program is never wrong."""

import math
import random
import time
from functools import partial

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.nn import Dropout, LeakyReLU, Linear, Module, Parameter, Sequential, Tanh

rng = np.random.default_rng(0)
V, M = np.array([1.0, 2.0, 3.0]), rng.normal(size=(4, 3))
W = Parameter(np.array([0.5, -1.0, 2.0]), name="W")
HERE = r".*test_refusals\.py:\d+"
COUNT, KEPT = [0], []


def counted(x):
    COUNT[0] += 1
    return x * W * COUNT[0]


def kept(x):
    KEPT.append(x * W)
    return x.sum()


def uses_what_was_kept(x):
    return x * KEPT[-1].data


def loops(x):
    for _ in range(int(x.sum())):
        x = x * W
    return x


def halves(x):
    while x.sum() > 1.0:
        x = x * 0.5
    return x * W


# Functions that are refused: the error, and what it says beside the line.
NEEDED = TypeError, "a value is needed before the program runs in " + HERE
ANOTHER = ValueError, "computes something else the second time.*pass what changes as an argument"
FUNCTIONS = {
    "if": (lambda x: x * W if x.sum() > 0 else -x, *NEEDED),
    "if not": (lambda x: x * W if not x[0] else -x, *NEEDED),
    "and": (lambda x: (x[0] > 0 and x[1] > 0) * x * W, *NEEDED),
    "while": (halves, *NEEDED),
    "a loop over data": (loops, *NEEDED),
    "float": (lambda x: x * W * float(x.sum()), *NEEDED),
    "math": (lambda x: x * W * math.exp(x[0]), *NEEDED),
    "item": (lambda x: x * W * x.sum().item(), *NEEDED),
    "max of Python": (lambda x: max(x[0], x[1]) * W, *NEEDED),
    "sorted": (lambda x: sorted([x[0], x[1], x[2]])[1] * W, *NEEDED),
    "in": (lambda x: (x[0] in [x[1], x[2]]) * x * W, *NEEDED),
    "an integer index of data": (lambda x: (x * W)[int(np.argmax(x))], *NEEDED),
    "an assertion": (lambda x: x * W if bool((x > 0).all()) else None, *NEEDED),
    "repr": (lambda x: x * W * len(repr(x)), *NEEDED),
    "format": (lambda x: x * W * len(f"{x.sum():.3f}"), *NEEDED),
    "a parameter in an if": (lambda x: x * W if W.sum() > 0 else -x, *NEEDED),
    "a value into an array": (lambda x: np.array([1.0, x[0].data, 2.0]) * x * W, *NEEDED),
    "random numbers": (lambda x: x * W * rng.random(), *ANOTHER),
    "random numbers of Python": (lambda x: x * W * random.random(), *ANOTHER),
    "the time": (lambda x: x * W * time.perf_counter(), *ANOTHER),
    "a counter": (counted, *ANOTHER),
    "a new array": (lambda x: x * W * np.random.default_rng().random(3), *ANOTHER),
    "a list": (lambda x: [x * W, x], TypeError, r"returns (a )?list.*tuple"),
    "a dictionary": (lambda x: {"loss": x * W}, TypeError, r"returns (a )?dict.*tuple"),
    "nothing": (lambda x: (), (TypeError, ValueError), "compile: .*returns"),
}


@pytest.fixture(autouse=True)
def unchanged():
    """Nothing that a refusal leaves behind: parameters have their data, and graphs are built as before."""
    before, value = W.data, W.data.copy()
    yield
    after, values, W.data = W.data, np.array(W.data), value.copy()  # as it was for the next test
    assert after is before
    np.testing.assert_array_equal(values, value)
    loss = (W * W).sum()
    loss.backward()
    np.testing.assert_array_equal(W.grad, 2.0 * value)


@pytest.mark.filterwarnings("ignore:float\\(\\)")  # told before, by the tensor
@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_is_no_program_is_refused(name, backend):
    if backend == "jax":
        pytest.importorskip("jax")
    f, error, told = FUNCTIONS[name]
    fast = ag.compile(f, backend=backend)
    for _ in range(2):  # nothing is kept of the first attempt
        with pytest.raises(error, match=told):
            fast(V)


@pytest.mark.filterwarnings("ignore:float\\(\\)")  # told before, by the tensor
@pytest.mark.parametrize(
    "name", [name for name in FUNCTIONS if name not in ("a list", "a dictionary", "nothing")]
)
def test_a_step_that_is_no_program_is_refused(name):
    f, error, told = FUNCTIONS[name]
    optimizer = ag.optim.SGD([W], lr=0.1)
    step = ag.compile(lambda x: f(x).sum(), optimizer=optimizer)
    with pytest.raises(error, match=told):
        step(V)
    assert optimizer.state == []


def test_a_value_kept_is_refused_where_it_is_used():
    ag.compile(kept)(V)
    with pytest.raises(TypeError, match=f"is used after its end in {HERE}; return it from the function"):
        uses_what_was_kept(V)


def test_the_remedies_work():
    f = lambda x: (x * W).sum()  # noqa: E731
    assert ag.compile(lambda x: np.where(x.sum() > 0, f(x), -f(x)))(V) == f(V).item()
    assert ag.compile(lambda x, noise: f(x) * noise)(V, rng.random()) != 0.0
    total, shown = ag.compile(lambda x: (f(x), x.sum()))(V)
    assert (total, shown) == (f(V).item(), 6.0)


# Ops of a user whose forward may not be compiled.


@ag.op("assigns")
def assigns(x):
    out = x.copy()
    out[out < 1.5] = 0.0
    return out


@ag.op("fills")
def fills(x):
    out = np.zeros(3)
    out[0] = x.sum()
    return out


@ag.op("writes")
def writes(x):
    out = np.empty(3)
    np.exp(x, out=out)
    return out


@ag.op("branches")
def branches(x):
    return x if (x > 0).all() else -x


@ag.op("splits")
def splits(x):
    return np.modf(x)[0]


@ag.op("flattens")
def flattens(x):
    return x.flatten()


@ag.op("adds in place")
def adds_in_place(x):
    out = x * 2.0
    first = out[:1]
    first += 100.0
    return out


@ag.op("special")
def special(x):
    return np.frompyfunc(math.erf, 1, 1)(x).astype(float)


def outcome(call):
    """Return the result of a call, or the error that it raises."""
    try:
        return call()
    except Exception as error:
        return error


def right_or_refused(found, expected, refusal="compile"):
    """A result that is right, or an error that is of the compiler and says so."""
    if isinstance(found, Exception):
        assert isinstance(found, TypeError | ValueError)
        assert refusal in str(found)
        return
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@ag.op("floor")
def floored(x):
    return np.floor(x)


@floored.gradient("x")
def _(g, y, x):
    return 0.0


OWN = [assigns, fills, writes, branches, splits, flattens, adds_in_place, special]
for own in (*OWN, floored):
    ag.OPS.pop(own.name)  # other tests check all ops in OPS


@pytest.mark.parametrize("op", OWN)
def test_an_op_of_ones_own_is_right_or_refused_with_its_line(op):
    found = outcome(lambda: ag.compile(lambda x: op(x) * 1.0)(V))
    right_or_refused(found, np.asarray(op(V)), "compile: ")
    if isinstance(found, Exception):
        assert "test_refusals.py:" in str(found)


@pytest.mark.parametrize("x", [np.float64(1.5), V])
def test_a_rule_may_return_a_number(x):
    np.testing.assert_array_equal(
        ag.compile(lambda x: floored(x).sum()).grad(x), ag.grad(lambda x: floored(x).sum())(x)
    )


# Arguments of compile, and of what it returns.


class Stepping(ag.optim.SGD):
    """An optimiser whose step does more than its update."""

    def step(self):
        super().step()


SGD, STEPPING = ag.optim.SGD([W], lr=0.1), Stepping([W], lr=0.1)
ARGUMENTS = {
    "no function": (lambda: ag.compile(3), TypeError, "pass a function of arrays"),
    "a name": (lambda: ag.compile(np.sum, optimizer="adam"), TypeError, r"make one: ag\.optim\.Adam"),
    "a class": (lambda: ag.compile(np.sum, optimizer=ag.optim.SGD), TypeError, r"make one: ag\.optim\.Adam"),
    "steps of nothing": (lambda: ag.compile(np.sum, steps=3), ValueError, "pass optimizer="),
    "no steps": (lambda: ag.compile(np.sum, optimizer=SGD, steps=0), ValueError, "whole number, 1 or more"),
    "half a step": (lambda: ag.compile(np.sum, optimizer=SGD, steps=1.5), ValueError, "steps is 1.5"),
    "true": (lambda: ag.compile(np.sum, optimizer=SGD, steps=True), ValueError, "steps is True"),
    "backend": (lambda: ag.compile(np.sum, backend="torch"), ValueError, '"numpy" or "jax"'),
    "its own step": (lambda: ag.compile(np.sum, optimizer=STEPPING), TypeError, "step of its own"),
    "source": (lambda: ag.compile(np.sum).source, RuntimeError, "call the function once, with arrays"),
    "no such argument": (lambda: ag.compile(np.sum, 1).grad(V), (TypeError, ValueError), "compile: argnums"),
    "argnums": (lambda: ag.compile(np.sum, "x").grad(V), (TypeError, ValueError), "compile: argnums"),
    "no argument": (lambda: ag.compile(np.sum, ()).grad(V), (TypeError, ValueError), "compile: argnums"),
    "no number": (lambda: ag.compile(np.exp).grad(V), TypeError, r"shape \(3,\); only a single number"),
    "a plain number": (lambda: ag.compile(lambda x: 3.0).grad(V), TypeError, "returns float"),
    "text": (lambda: ag.compile(lambda x: x * 2.0)("text"), TypeError, "compile: argument 0"),
    "None": (lambda: ag.compile(lambda x: x * 2.0)(None), TypeError, "compile: argument 0"),
    "a dictionary": (lambda: ag.compile(lambda x: x * 2.0)({"x": V}), TypeError, "compile: argument 0"),
    "objects": (lambda: ag.compile(lambda x: x * 2.0)(np.array([1, None])), TypeError, "compile: argument 0"),
    "complex numbers": (lambda: ag.compile(lambda x: x * 2.0)(V * 1j), TypeError, "complex128"),
    "whole numbers": (
        lambda: ag.compile(lambda x: (x * 0.5).sum()).grad(np.array([1, 2])),
        TypeError,
        "int64.*pass floats",
    ),
    "conditions": (
        lambda: ag.compile(lambda x: (x * 0.5).sum()).grad(np.array([True])),
        TypeError,
        "bool.*pass floats",
    ),
    "too few": (lambda: ag.compile(lambda x, y: x * y)(V), TypeError, "missing 1 required positional"),
    "too many": (lambda: ag.compile(lambda x: x)(V, V), TypeError, "takes 1 positional argument"),
    "shapes": (lambda: ag.compile(lambda x, y: x @ y)(V, V[:2]), ValueError, r"matmul: .*\(3,\).*\(2,\)"),
    "a Hessian of several": (
        lambda: ag.compile(lambda x, y: (x * y).sum(), (0, 1)).hessian(V, V),
        ValueError,
        "one argument, and",
    ),
    "directions": (
        lambda: ag.compile(np.sum).hvp((V,), V[:2]),
        ValueError,
        r"have shapes \[\(2,\)\] and the arguments",
    ),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_that_do_not_fit_are_refused(name):
    call, error, told = ARGUMENTS[name]
    with pytest.raises(error, match=told):
        call()


def test_steps_that_cannot_be_made_name_the_parameter():
    u, frozen = Parameter(np.ones(3), name="u"), Parameter(np.ones(3), name="frozen", requires_grad=False)
    cases = [
        (lambda x: (W * x).sum(), [W, u], ValueError, "u has no gradient: .*leave it out"),
        (lambda x: (W * x).sum(), [frozen], ValueError, "every parameter of the optimiser is frozen"),
        (lambda x: np.sqrt(u - 1.0).sum() + (W * x).sum(), [W, u], ValueError, "u is not finite.*lower lr"),
        (lambda x: W * x, [W], TypeError, r"shape \(3,\); only a single number"),
        (lambda x: (W.detach() * x).sum(), [W], ValueError, "W has no gradient: the loss does not reach it"),
        (lambda x: x.sum() * 1.0, [W], ValueError, "W has no gradient: the loss does not reach it"),
    ]
    for f, params, error, told in cases:
        for steps in (1, 3):
            optimizer = ag.optim.Adam(params, lr=0.1)
            with pytest.raises(error, match=told):
                ag.compile(f, optimizer=optimizer, steps=steps)(V)
            np.testing.assert_array_equal(u.data, np.ones(3))
            assert optimizer.state == []


def test_an_error_in_the_middle_leaves_all_as_it_was():
    class StopError(Exception):
        pass

    for stop in range(1, 3):  # f runs twice when it is traced
        calls = [0]

        def f(x, calls=calls, stop=stop):
            calls[0] += 1
            if calls[0] == stop:
                raise StopError
            return (W * x).sum()

        fast = ag.compile(f)
        with pytest.raises(StopError):
            fast(V)
        assert type(W.data) is np.ndarray
        assert fast(V) == 4.5 + 0.0 * stop


def test_a_refused_call_draws_nothing():
    drop = Dropout(0.5, rng=3)
    before = drop.rng.bit_generator.state
    with pytest.raises(TypeError, match="a value is needed"):
        ag.compile(lambda x: drop(x) if x.sum() > 0 else x)(V)
    assert drop.rng.bit_generator.state == before


# Shapes that depend on data: the result is right, or an error.

MASKS = [
    np.array(m) for m in ([True, True, False], [True, False, False], [True, True, True], [False, True, False])
]
BY_MASK = {
    "mean": lambda x, m: x[m].mean(),
    "by size": lambda x, m: (x[m] ** 2).sum() / x[m].size,
    "by length": lambda x, m: np.exp(x[m]).sum() / len(x[m]),
    "a loss": lambda x, m: ag.mse(x[m], np.zeros(3)[m] if isinstance(m, np.ndarray) else x[m] * 0.0),
    "of the data": lambda x, m: (x[x > 1.5] ** 2).mean() + 0.0 * m.sum(),
}


@pytest.mark.parametrize("name", BY_MASK)
def test_shapes_that_depend_on_data_are_right_or_refused(name):
    f = BY_MASK[name]
    fast, gradient = ag.compile(f), ag.compile(f)
    for mask in MASKS:
        x = V * (1.0 + mask)
        expected = f(ag.Tensor(x), ag.Tensor(mask) if name == "a loss" else mask).item()
        right_or_refused(outcome(lambda: fast(x, mask)), expected)  # noqa: B023
        right_or_refused(
            outcome(lambda: gradient.grad(x, mask)),  # noqa: B023
            ag.grad(f)(x, mask),
        )


@pytest.mark.parametrize("name", ["sum", "square", "row"])
def test_entries_chosen_by_an_argument_have_their_gradient(name):
    f = {
        "sum": lambda x, i: x[i].sum(),
        "square": lambda x, i: (x[i] ** 2).sum(),
        "row": lambda x, i: (x[i, 1] * x[0, i]).sum(),
    }[name]
    x = M[:3, :3]
    fast = ag.compile(f)
    for i in (np.array([0, 2]), np.array([1, 1]), np.array([2, 0])):
        right_or_refused(outcome(lambda: fast.grad(x, i)), ag.grad(f)(x, i), "index")  # noqa: B023
        np.testing.assert_allclose(fast(x, i), f(x, i))


# Tensors that a function uses, however it holds them, are read anew at every call.


class Holder:
    """An object that is not a module."""

    def __init__(self, s):
        self.s = s

    def __call__(self, x):
        return (x * np.exp(self.s)).sum()

    def method(self, x):
        return (x * np.exp(self.s)).sum()


class Plain:
    """An object with attributes."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


class Scaled(Module):
    """A module with a constant."""

    def __init__(self, s):
        self.s = s

    def forward(self, x):
        return (x * np.exp(self.s)).sum()


def held_by(s):
    """Functions that use a tensor s, each in another way; all are exp(s) . x."""

    def helper():
        return np.exp(s)

    def by_default(x, s=s):
        return (x * np.exp(s)).sum()

    def by_keyword(x, *, s=s):
        return (x * np.exp(s)).sum()

    def inner(s, x):
        return (x * np.exp(s)).sum()

    nested, table = [[s]], {"a": {"b": [s]}}
    holder, scaled, plain = Holder(s), Scaled(s), Plain(s=s)
    compiled = ag.compile(lambda c: (c * np.exp(s)).sum(axis=0))
    return {
        "a closure": lambda x: (x * np.exp(s)).sum(),
        "its data": lambda x: (x * np.exp(s.data)).sum(),
        "detached": lambda x: (x * np.exp(s.detach())).sum(),
        "a helper": lambda x: (x * helper()).sum(),
        "a default": by_default,
        "a keyword with a default": by_keyword,
        "a partial": partial(inner, s),
        "an attribute": lambda x: (x * np.exp(holder.s)).sum(),
        "an attribute of a plain object": lambda x: (x * np.exp(plain.s)).sum(),
        "a callable object": holder,
        "a method": holder.method,
        "a module": scaled,
        "a function of a module": lambda x: scaled(x * 1.0),
        "a nested list": lambda x: (x * np.exp(nested[0][0])).sum(),
        "a nested dictionary": lambda x: (x * np.exp(table["a"]["b"][0])).sum(),
        "a condition": lambda x: (x * np.where(s > -100.0, np.exp(s), 0.0)).sum(),
        "a condition alone": lambda x: (x * np.where(holder.s > 0.0, 1.0, 2.0)).sum(),
        "a compiled function": lambda x: (x * compiled(np.ones((1, 3)))).sum(),
    }


@pytest.mark.parametrize("kind", ["constant", "parameter", "frozen parameter"])
@pytest.mark.parametrize("way", held_by(W))
def test_a_tensor_is_read_anew_however_it_is_held(way, kind):
    make = {
        "constant": lambda x: ag.Tensor(x, requires_grad=False),
        "parameter": Parameter,
        "frozen parameter": lambda x: Parameter(x, requires_grad=False),
    }[kind]
    s = make(np.array([0.1, 0.2, -0.3]))
    f = held_by(s)[way]
    fast = ag.compile(f)
    for value in ([0.1, 0.2, -0.3], [1.0, -1.0, 0.5], [0.0, 2.0, 0.0]):
        s.data = np.array(value)
        expected = (
            (V * np.where(s.data > 0.0, 1.0, 2.0)).sum() if "alone" in way else (V * np.exp(s.data)).sum()
        )
        found = fast(V)
        np.testing.assert_allclose(
            found.data if isinstance(found, ag.Tensor) else found, expected, rtol=1e-14
        )


CHANGES = {
    "prediction": lambda net: net.eval(),
    "a rate": lambda net: setattr(net.dropout1, "p", 0.0),
    "a setting": lambda net: setattr(net.eval().leakyrelu1, "slope", 0.5),
    "new data": lambda net: setattr(net.eval().layer1.W, "data", np.eye(3)),
    "loaded data": lambda net: net.eval().load_state_dict({k: v + 1.0 for k, v in net.state_dict().items()}),
    "a new parameter": lambda net: setattr(net.eval().layer1, "W", Parameter(np.eye(3))),
    "a new layer": lambda net: setattr(net.eval(), "layer2", Linear(3, None, rng=9)),
    "one layer more": lambda net: setattr(net.eval(), "layer3", Tanh()),
    "no bias": lambda net: setattr(net.eval().layer1, "b", None),
    "another dtype": lambda net: net.eval().astype(np.float32),
}


@pytest.mark.parametrize("first", ["training", "prediction"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_module_may_change_between_calls(change, first):
    net = Sequential(Linear(3, 3, rng=0), LeakyReLU(), Dropout(0.5, rng=1), Linear(3, None, rng=2))
    net.layer1.b.data = np.ones(3)
    fast = ag.compile(lambda x: net(x).sum())
    net.train(first == "training")
    fast(M)
    net.train()
    CHANGES[change](net)
    for _ in range(4):
        assert fast(M) == pytest.approx(net(M).sum().item(), rel=1e-12)


def test_dropout_drops_again_after_prediction():
    net = Sequential(Linear(3, 3, rng=0), Dropout(0.5, rng=1)).eval()
    fast = ag.compile(lambda x: net(x).sum())
    fast(M)
    net.train()
    assert len({fast(M) for _ in range(8)}) > 1


def test_settings_around_a_function_are_right():
    settings, table, flags = Plain(scale=1.0), {"scale": 1.0}, [True]
    scale = 1.0
    f = lambda x: (x * settings.scale * table["scale"] * scale).sum() * (1.0 if flags[0] else -1.0)  # noqa: E731
    fast = ag.compile(f)
    assert fast(V) == f(V)
    table["scale"] = 2.0
    assert fast(V) == f(V)
    flags[0] = False
    assert fast(V) == f(V)
    scale = 3.0
    assert fast(V) == f(V)
    settings.scale = 4.0
    assert fast(V) == f(V)


def test_a_program_is_recorded_once_whatever_changes_beside_it():
    calls, space = [0], {"loss": math.inf, "sum": 0.0}

    class Model(Module):
        def __init__(self):
            self.w = Parameter(np.ones(3))

        def loss(self, x):
            calls[0] += 1
            return (x * self.w).sum()

    space["model"] = Model()
    exec("def f(x): return model.loss(x).sum()", space)  # its attributes have the names of variables
    step = ag.compile(space["f"], optimizer=ag.optim.SGD([space["model"].w], lr=0.1))
    for _ in range(5):
        space["loss"] = space["sum"] = step(V)
    assert calls[0] == 2


def test_arrays_around_a_function_are_all_used_in_one_way():
    short, long = np.ones(3), np.ones(1000)
    fast = ag.compile(lambda x: (x[:3] * short, x * long))
    x = np.ones(1000)
    fast(x)
    short *= 2.0
    long *= 2.0
    one, other = fast(x)
    assert one[0] == other[0]


# Results belong to the caller.

C = np.array([3.0, 4.0, 5.0])
RETURNED = {
    "a constant": (lambda x: (x * C).sum(), 0),
    "a long constant": (lambda x: (x * np.arange(3.0).repeat(1)).sum(), 0),
    "zeros": (lambda x, y: (y * y).sum(), 0),
    "an argument": (lambda x, y: (x * y).sum(), (0, 1)),
    "a parameter": (lambda x: (x * W).sum(), 0),
    "all ones": (lambda x: x.sum(), 0),
}


@pytest.mark.parametrize("name", RETURNED)
def test_a_gradient_may_be_written_into(name):
    f, argnums = RETURNED[name]
    count = f.__code__.co_argcount
    given = [V.copy() for _ in range(count)]
    fast = ag.compile(f, argnums)
    found = fast.grad(*given)
    before = [g.copy() for g in (found if isinstance(found, tuple) else (found,))]
    for g in found if isinstance(found, tuple) else (found,):
        if g.flags.writeable:
            g[...] = -7.0
    for x in given:
        np.testing.assert_array_equal(x, V)
    again = fast.grad(*given)
    for a, b in zip(again if isinstance(again, tuple) else (again,), before, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(C, [3.0, 4.0, 5.0])


@pytest.mark.parametrize(
    "f", [lambda x: x, lambda x: x[:2], lambda x: W, lambda x: x * 1.0, lambda x: W.T[1:]]
)
def test_a_value_may_be_written_into(f):
    x = V.copy()
    fast = ag.compile(f)
    found = fast(x)
    before = found.copy()
    if found.flags.writeable:
        found[...] = -7.0
    np.testing.assert_array_equal(x, V)
    np.testing.assert_array_equal(fast(x), before)


# Arguments of every kind compute what the function computes of them.


@pytest.mark.parametrize("argnums", [-1, (-1,), (0, -1), [0, 1], np.int64(1), (1, 0), True])
def test_argnums_are_those_of_the_gradients(argnums):
    def f(a, b):
        return (a * b * b).sum()

    a, b = V, V + 1.0
    found = outcome(lambda: ag.compile(f, argnums).grad(a, b))
    if isinstance(found, Exception):
        assert "argnums" in str(found)
        return
    wanted = ag.grad(f, int(argnums) if np.ndim(argnums) == 0 else tuple(argnums))(a, b)
    for g, expected in zip(np.atleast_2d(found), np.atleast_2d(wanted), strict=True):
        np.testing.assert_allclose(g, expected)


@pytest.mark.parametrize(
    "x",
    [
        M[:3].astype(">f8"),
        M[:3].astype(">f4"),
        M[:3].astype(np.float16),
        np.broadcast_to(M[:1], (3, 3)),
        M[:3].T,
        np.asfortranarray(M[:3]),
        M[:3].tolist(),
        M[2::-1],
        np.arange(9).reshape(3, 3),
        np.arange(9).reshape(3, 3) > 4,
        M[:3].view(np.recarray),
        [[1, 2, 3]] * 3,
    ],
    ids=lambda x: f"{type(x).__name__}-{getattr(x, 'dtype', '')}",
)
def test_arrays_of_every_kind_are_arrays(x):
    def f(a, b):
        return a * b, a @ b, (a * b + a @ b).sum(axis=0) / 2.0, a[0]

    expected = f(ag.Tensor(x, requires_grad=False), ag.Tensor(x, requires_grad=False))
    for found, y in zip(ag.compile(f)(x, x), expected, strict=True):
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, y.data, rtol=1e-3 if found.dtype == np.float16 else 1e-6)


CONSTANTS = {
    "float64": np.float64(0.1),
    "float32": np.float32(0.1),
    "float16": np.float16(0.1),
    "Python": 0.1,
    "int": 3,
    "int64": np.int64(3),
    "uint8": np.uint8(3),
    "bool": np.bool(True),
    "True": True,
    "array": np.array(0.1),
    "zeros": np.array([0.0, -0.0, 0.0]),
    "nan": math.nan,
    "inf": -math.inf,
    "big": 10**30,
    "list": [1.0, -0.0, 3.0],
    "float64s": np.full(3, 0.1),
    "ints": np.arange(3),
    "float32s": np.full(3, 0.1, np.float32),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_of_every_kind_are_what_they_are(name, dtype):
    c, x = CONSTANTS[name], V.astype(dtype)
    f = lambda x: (x * c, x / c, c - x, np.exp(x * c) / 3.0)  # noqa: E731
    with np.errstate(all="ignore"):
        expected = [y.data for y in f(ag.Tensor(x))]
        found = ag.compile(f)(x)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("axes", [(0, 0), (1, 1), (-1, 1), (0, 1), (-1, -2), (1, -2)])
def test_axes_exchanged_with_themselves_stay(axes):
    f = lambda x: np.swapaxes(x, *axes) * M[:3]  # noqa: E731
    np.testing.assert_array_equal(ag.compile(f)(M[:3]), f(M[:3]))


NAMES = [
    "lambda",
    "class",
    "None",
    "a\nb",
    "my weight",
    "α",
    "1st",
    "",
    "np",
    "run",
    "x",
    "t1",
    "W.b",
    '"""',
    "abs",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_of_any_name(name):
    p = Parameter(np.full(3, 2.0), name=name)
    assert ag.compile(lambda x: np.abs(p * x).sum() * 0.1)(V) == pytest.approx(1.2)
    step = ag.compile(lambda x: (p * x).sum(), optimizer=ag.optim.Adam([p], lr=0.1))
    assert step(V) == pytest.approx(12.0)


def by_class(x):
    return (Linear(3, 2, rng=0)(x) if isinstance(x, ag.Tensor) else x).sum()


def test_a_function_may_name_classes_and_modules():
    assert ag.compile(by_class)(M) == pytest.approx(by_class(ag.Tensor(M)).item())


@pytest.mark.parametrize("names", [("abs", "x"), ("x", "exp"), ("float", "x"), ("self", "_"), ("é", "ñ")])
@pytest.mark.parametrize("x", [np.float64(0.7), V])
def test_arguments_of_any_name(names, x):
    space = {"np": np}
    exec(f"def f({', '.join(names)}): return np.abs({names[0]}) * np.exp({names[1]}) + np.inf * 0.0", space)
    f = space["f"]
    expected = f(x, x)
    np.testing.assert_array_equal(np.isnan(ag.compile(f)(x, x)), np.isnan(expected))
    exec(f"def f({', '.join(names)}): return np.abs({names[0]}) * np.exp({names[1]})", space)
    np.testing.assert_allclose(ag.compile(space["f"])(x, x), np.abs(x) * np.exp(x), rtol=1e-15)


def test_views_of_views_have_no_end():
    def f(x):
        for _ in range(1500):
            x = x[::-1].T
        return x.sum()

    assert ag.compile(f)(V) == 6.0


# Functions within functions.


def test_derivatives_within_a_function():
    gradient = ag.grad(lambda y: (y**3).sum())
    right_or_refused(outcome(lambda: ag.compile(gradient)(V)), 3.0 * V**2)

    def penalty(x):
        return (gradient(x) ** 2).sum()

    right_or_refused(outcome(lambda: ag.compile(penalty)(V)), (9.0 * V**4).sum())
    right_or_refused(outcome(lambda: ag.compile(penalty).grad(V)), 36.0 * V**3)


def test_a_compiled_function_within_another():
    w = Parameter(np.array([1.0, 2.0, 3.0]))
    inner = ag.compile(lambda x: (np.exp(x) * w).sum())
    outer = ag.compile(lambda x: (x * w * inner(np.ones(3))).sum())
    for value in ([1.0, 2.0, 3.0], [0.5, 0.0, -1.0]):
        w.data = np.array(value)
        expected = (V * w.data).sum() * (np.e * w.data.sum())
        right_or_refused(outcome(lambda: outer(V)), expected)


def test_the_gradient_of_a_compiled_gradient_is_not_lost():
    inner = ag.compile(lambda x: (x**3).sum())
    found = outcome(lambda: ag.grad(lambda x: (x * inner.grad(x)).sum())(V))
    right_or_refused(found, 9.0 * V**2)
    found = outcome(lambda: ag.grad(lambda x: x.sum() * inner.value_and_grad(x)[0])(V))
    right_or_refused(found, (V**3).sum() + 6.0 * 3.0 * V**2)


def test_conditions_on_what_is_drawn():
    drop = Dropout(0.5, rng=0)
    fast = ag.compile(lambda x: np.prod(drop(x)))
    found = outcome(lambda: [fast.value_and_grad(V)[0] for _ in range(40)])
    if not isinstance(found, Exception):
        assert 30 <= found.count(0.0) < 40  # 7 of 8 drop something
    high = Dropout(0.6, rng=0)
    probable = ag.compile(lambda p: ag.bce(high(p), np.ones(3)))
    errors = [outcome(lambda: probable(np.full(3, 0.9))) for _ in range(10)]
    assert all(isinstance(e, ValueError) or e == np.inf for e in errors)
    assert any(isinstance(e, ValueError) for e in errors)  # 2.25 is not a probability


class Scheduled(ag.optim.Optimizer):
    """An optimiser with settings of several kinds."""

    def __init__(self, params, lr):
        super().__init__(params)
        self.lr, self.factors, self.table, self.number, self.array = (
            lr,
            [1.0],
            {"a": 1.0},
            np.float32(1.0),
            np.ones(1),
        )

    def start(self, p):
        return ()

    def update(self, p, g, state):
        factor = self.factors[0] * self.table["a"] * float(self.number) * float(self.array[0])
        return -self.lr * factor * g + p, state


def test_settings_of_an_optimiser_are_read_anew():
    def run(compiled):
        w = Parameter(np.ones(3))
        optimizer = Scheduled([w], lr=0.1)
        step, data = ag.compile(lambda x: (w * x).sum(), optimizer=optimizer), []
        for i in range(6):
            if i == 1:
                optimizer.factors[0] = 0.5
            if i == 2:
                optimizer.table["a"] = 0.25
            if i == 3:
                optimizer.number = np.float32(2.0)
            if i == 4:
                optimizer.array[0] = 3.0
            if i == 5:
                optimizer.lr = 0.7
            if compiled:
                step(V)
            else:
                (w * V).sum().backward()
                optimizer.step()
            data.append(w.data)
        return data

    np.testing.assert_allclose(run(True), run(False), rtol=1e-14)


def test_sums_over_many_rows_keep_their_dtype():
    x = rng.normal(size=(70_001, 9))
    y = x[:, 0] > 0.0

    def f(w, x, y):
        return ag.mse(x @ w, y), ((x @ w > 0) == y).sum(), y.sum()

    w = np.arange(9.0)
    for found, expected in zip(ag.compile(f)(w, x, y), f(w, x, y), strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-12)
