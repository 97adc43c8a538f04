"""Programs of single numbers, which run as Python's floats: what NumPy computes, at extreme values too."""

import math
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag

ORDINARY = (0.5, 2.0, -1.5, 0.3, -0.7, 1.0, -1.0, 3.0)
EXTREME = (
    0.0,
    -0.0,
    5e-324,
    -1e-310,
    1e-17,
    709.0,
    710.0,
    -745.0,
    -746.0,
    1e16,
    1e154,
    1e155,
    1e308,
    -1e308,
    math.inf,
    -math.inf,
    math.nan,
)
VALUES = (*ORDINARY, *EXTREME)

UNARY = {
    **{
        name: ag.OPS[name]
        for name in (
            "abs",
            "arccos",
            "arcsin",
            "arctan",
            "cos",
            "cosh",
            "exp",
            "expm1",
            "leaky_relu",
            "log",
            "log1p",
            "logsumexp",
            "max",
            "mean",
            "min",
            "negative",
            "positive",
            "prod",
            "reciprocal",
            "relu",
            "sigmoid",
            "sign",
            "sin",
            "sinh",
            "softplus",
            "sqrt",
            "square",
            "std",
            "sum",
            "tan",
            "tanh",
            "var",
        )
    },
    "clip": lambda x: ag.OPS["clip"](x, -1.0, 2.0),
    "clip above": lambda x: ag.OPS["clip"](x, a_max=0.5),
    "masked": lambda x: np.where(x > 0.3, x * x, -x),
    "between": lambda x: np.where((x > -1.0) & (x < 1.0), x, 0.5 * x),
    "outside": lambda x: np.where((x < -1.0) | (x > 1.0), x, 0.5 * x),
    "not positive": lambda x: np.where(np.logical_not(x > 0.3), x, 2.0 * x),
    "inverted": lambda x: np.where(~(x > 0.3), x, 2.0 * x),
    "is nan": lambda x: np.where(np.isnan(x), 7.0, x),
    "as an array": lambda x: x.reshape(1)[0] * x,
}
NUMBERS = (2, 3, -1, 0.5, -0.5, 1.0, 0.0, -0.0, 1e300, math.inf, -math.inf, math.nan)
BINARY = {
    name: ag.OPS[name] for name in ("add", "divide", "maximum", "minimum", "multiply", "power", "subtract")
} | {
    "where": lambda a, b: np.where(a > b, a, b * b),
    "mse": ag.mse,
    "mae": ag.mae,
    "huber": ag.huber,
    "dot": np.dot,
    "hypot": lambda a, b: np.sqrt(a * a + b * b),
    "equal": lambda a, b: np.where(a == b, a, -b),
    "unequal": lambda a, b: np.where(a != b, a, -b),
    "at least": lambda a, b: np.where(a >= b, a * 3.0, b),
    "at most": lambda a, b: np.where(a <= b, a * 3.0, b),
}


def eager(f, *xs):
    """f and its gradients at numbers, also where f is nan, which `backward` refuses."""
    tensors = [ag.Tensor(x) for x in xs]
    y = f(*tensors)
    one = np.ones(y.shape)[()]
    found = ag.gradients(y, tensors, grad=one, allow_unused=True) if y.requires_grad else [None] * len(xs)
    return [y.data, *(np.float64(0.0) if g is None else g for g in found)]


def compiled(fast, *xs):
    value, gradients = fast.value_and_grad(*xs)
    return [value, *gradients]


def told(x):
    """A number as it is compared: within 4 units in the last place, infinities and nan exactly."""
    return "nan" if math.isnan(x) else float(x)


def differences(f, points):
    """Differences between the compiled and the eager f, or their gradients."""
    count, wrong = len(points[0]), []
    fast = ag.compile(f, tuple(range(count)))
    with np.errstate(all="ignore"):
        for xs in points:
            value, *gradients = eager(f, *xs)
            expected, found = [value], [fast(*xs)]
            if math.isnan(value):
                with pytest.raises(ValueError, match="nan"):
                    fast.value_and_grad(*xs)
            else:
                expected, found = [*expected, value, *gradients], [*found, *compiled(fast, *xs)]
            for a, b in zip(map(told, found), map(told, expected), strict=True):
                if not (
                    a == b or ("nan" not in (a, b) and math.isclose(a, b, rel_tol=4e-15, abs_tol=5e-323))
                ):
                    wrong.append((xs, a, b))
    return wrong


@pytest.mark.parametrize("name", UNARY)
def test_unary_operations_are_those_of_numpy(name):
    assert differences(UNARY[name], [(x,) for x in VALUES]) == []


@pytest.mark.long
@pytest.mark.parametrize("name", BINARY)
def test_binary_operations_are_those_of_numpy(name):
    assert differences(BINARY[name], [(a, b) for a in VALUES for b in VALUES]) == []


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in BINARY if name not in ("mse", "mae", "huber", "dot")])
def test_a_constant_operand_is_the_number_that_it_is(name):
    f = BINARY[name]
    for number in NUMBERS:
        assert differences(lambda x, c=number: f(x, c), [(x,) for x in VALUES]) == [], number
        assert differences(lambda x, c=number: f(c, x), [(x,) for x in VALUES]) == [], number


@pytest.mark.parametrize("loss", [ag.bce, ag.bce_with_logits])
@pytest.mark.parametrize("y", [0.0, 1.0, 0.25])
def test_losses_of_one_number(loss, y):
    inner = ag.sigmoid if loss is ag.bce else lambda z: z
    assert differences(lambda z: loss(inner(z), y), [(z,) for z in VALUES if not math.isnan(z)]) == []


@pytest.mark.parametrize(
    "name", ["exp", "log", "sqrt", "sin", "tanh", "softplus", "sigmoid", "relu", "tan", "arctan"]
)
def test_such_a_program_is_plain_python(name):
    fast = ag.compile(UNARY[name])
    fast.value_and_grad(0.5)
    assert "numpy" not in fast.source
    space = {}
    exec(fast.source, space)
    assert space["run"](0.5) == pytest.approx(tuple(eager(UNARY[name], 0.5)), rel=1e-15)


def test_the_sign_of_zero_stays():
    for f in (np.sqrt, np.tanh, np.sin, lambda x: -x, lambda x: x * 2.0, np.arctan, lambda x: x / 3.0):
        fast = ag.compile(f)
        for x in (0.0, -0.0):
            assert math.copysign(1.0, fast(x)) == math.copysign(1.0, f(ag.Tensor(x)).item())
    fast = ag.compile(lambda x: 1.0 / (x * 0.0))
    assert fast(-1.0) == -math.inf
    assert fast(1.0) == math.inf


def count(x):
    """Conditions added up as NumPy adds them, by `or`."""
    return ((x > 0.0) + (x > 1.0)) * x


def product(x):
    """Conditions multiplied, and compared with each other."""
    return np.where((x > 0.0) * (x > 1.0), x, 0.0) + ((x > 0.0) == (x > 1.0)) * x


@pytest.mark.parametrize("f", [count, product])
def test_conditions_are_computed_as_numpy_does(f):
    assert differences(f, [(x,) for x in VALUES]) == []


@pytest.mark.parametrize("f", [lambda x: -x, lambda x: x + 1.0, np.exp, lambda x: x * 0.0 + 2.0, lambda x: x])
def test_results_are_numbers_of_numpy(f):
    fast = ag.compile(f)
    for found in (fast(2.0), *fast.value_and_grad(2.0), fast.grad(2.0), fast.hvp((2.0,), 1.0)):
        assert type(found) is np.float64
    w = ag.nn.Parameter(2.0)
    assert type(ag.compile(lambda x: w * x, optimizer=ag.optim.SGD([w], 0.1))(1.0)) is float
    assert type(w.data) is np.float64


def test_results_have_their_own_dtype():
    fast = ag.compile(lambda x: (x * 2.0, x > 1.0, np.argmax(x), np.logical_not(x > 1.0)))
    for x in (2.0, 0.5):
        found, expected = fast(x), (np.float64(2.0 * x), np.bool(x > 1.0), np.int64(0), np.bool(x <= 1.0))
        assert found == expected
        assert [np.asarray(v).dtype for v in found] == [np.asarray(v).dtype for v in expected]


@ag.op("whole")
def whole(x, n, *, which=0):
    """A number and what is made of a whole one, in several ways."""
    made = (n, n * 4, n**2, n // 2, ~n, n & 6, n | 8, n ^ 5, n % 3, -n, n > 2, abs(n), n - 9)
    return x + made[which]


@pytest.mark.parametrize("which", range(13))
def test_whole_numbers_compute_as_numpy_does(which):
    for n in (np.int64(5), np.int64(3), np.int64(2**62), np.int64(-7), np.int64(0)):
        with np.errstate(all="ignore"):
            assert ag.compile(lambda x, n: whole(x, n, which=which))(1.5, n) == whole(
                np.float64(1.5), n, which=which
            )


def test_whole_results_stay_whole():
    n = np.int64(2**62)
    found = ag.compile(lambda x, n: (x * 1.0, n * 3, n / 2))(1.5, n)
    with np.errstate(all="ignore"):
        expected = (np.float64(1.5), n * 3, n / 2)
    assert found == expected
    assert [v.dtype for v in found] == [v.dtype for v in expected]


STEPS = [
    ("exp", np.exp),
    ("log", np.log),
    ("sqrt", np.sqrt),
    ("sin", np.sin),
    ("tanh", np.tanh),
    ("neg", lambda x: -x),
    ("sigmoid", ag.sigmoid),
    ("softplus", ag.softplus),
    ("square", np.square),
    ("half", lambda x: x**0.5),
    ("inverse", lambda x: 1.0 / x),
    ("cube", lambda x: x**3),
    ("abs", np.abs),
    ("relu", ag.relu),
    ("big", lambda x: x * 1e200),
    ("small", lambda x: x * 1e-200),
    ("shift", lambda x: x - 1.0),
    ("clip", lambda x: np.clip(x, -2.0, 5.0)),
]


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(STEPS), min_size=1, max_size=6),
    st.lists(st.floats(), min_size=1, max_size=4),
)
def test_random_chains_agree(steps, points):
    def f(x):
        y = x
        for i, (_, step) in enumerate(steps):
            y = step(y) if i % 2 else step(y) + x * y
        return y

    fast = ag.compile(f)
    with np.errstate(all="ignore"):
        for x in points:
            expected, found = f(ag.Tensor(x)).item(), float(fast(x))
            if math.isfinite(expected) and math.isfinite(found):
                assert found == pytest.approx(expected, rel=1e-9, abs=1e-300)
            else:
                assert told(found) == told(expected)


@ag.op("steps")
def many_steps(x):
    """2 000 operations, none of which has a name of its own."""
    y = x
    for _ in range(2000):
        y = y * 1.0001 + 0.001
    return y


@many_steps.gradient("x")
def _(g, y, x):
    return g * 1.0001**2000


for op in (whole, many_steps):
    ag.OPS.pop(op.name)  # other tests check all ops in OPS


def sines(x):
    for _ in range(2000):
        x = np.sin(x) * 1.01
    return x


@pytest.mark.long
@pytest.mark.parametrize("f", [sines, many_steps])
def test_long_programs_compile(f):
    assert differences(f, [(0.5,), (1.0,)]) == []


def test_arguments_may_be_called_what_a_program_calls_its_functions():
    def one(exp, pow, x):
        return np.exp(x) * exp + x**1.5 * pow

    def other(abs, float, copysign):
        return np.abs(float) * abs + np.where(float > np.inf, 0.0, copysign)

    for f in (one, other):
        assert differences(f, [(1.5, 2.5, 0.5), (2.0, 3.0, 4.0)]) == []


def test_python_numbers_and_arrays_without_axes_are_the_same():
    fast = ag.compile(lambda x, y: np.exp(x) * y)
    expected = np.exp(2.0) * 3.0
    for two in (2, 2.0, np.float64(2.0), np.array(2.0), ag.Tensor(2.0).data):
        for three in (3, 3.0, np.array(3.0)):
            assert fast(two, three) == pytest.approx(expected, rel=1e-15)
            assert type(fast(two, three)) is np.float64
    assert len(fast._programs) == 1


def test_a_training_of_numbers_is_that_of_the_loop():
    def run(compiled):
        w, b = ag.nn.Parameter(0.3), ag.nn.Parameter(-0.2)
        optimizer = ag.optim.Adam([w, b], lr=0.1)

        def loss(x, y):
            return ag.bce(ag.sigmoid(w * x + b), y)

        step, losses = ag.compile(loss, optimizer=optimizer), []
        for i in range(40):
            x, y = math.sin(i), float(i % 3 == 0)
            if compiled:
                losses.append(step(x, y))
                continue
            value = loss(x, y)
            value.backward()
            optimizer.step()
            losses.append(value.item())
        if compiled:
            assert "numpy" not in step.source
        return [*losses, w.item(), b.item(), *(float(x) for state in optimizer.state for x in state)]

    assert run(True) == pytest.approx(run(False), rel=1e-12)


def test_what_raises_in_python_raises_nothing_and_warns_of_nan_as_numpy_does():
    fast = ag.compile(lambda x, y: np.log(x) / y + np.exp(x) ** y)
    for x, y in ((0.0, 1.0), (1.0, 0.0), (-1.0, 0.5), (1e4, 1e4), (math.inf, 0.0)):
        with np.errstate(all="ignore"):
            expected = np.log(np.float64(x)) / np.float64(y) + np.exp(np.float64(x)) ** y
        is_nan = math.isnan(expected)
        with pytest.warns(RuntimeWarning, match="invalid") if is_nan else nullcontext():
            assert told(fast(x, y)) == told(expected)
