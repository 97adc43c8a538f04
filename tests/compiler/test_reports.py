"""What the function itself reports, its program reports; and what is written into a program is only data."""

import copy
import enum
import math
import os
import signal
import threading
import time
import warnings

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.nn import Dropout, Linear, Parameter

X = np.arange(6.0).reshape(2, 3)


# nan and inf.

NAN = {
    "log": (lambda x: np.log(x).sum(), -X),
    "where": (lambda x: np.where(x > 9.0, x, np.nan).sum(), X),
    "a nan target": (lambda x: ag.mse(x, np.array([1.0, np.nan, 0.0])), X[0]),
    "0 / 0": (lambda x: x / x, 0.0),
    "inf - inf": (lambda x: x - x, np.inf),
    "an argument": (lambda x: (x * 2.0).sum(), np.full(3, np.nan)),
}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("name", NAN)
def test_nan_is_reported_as_in_the_function(name):
    f, x = NAN[name]
    fast = ag.compile(f)
    w = Parameter(1.0)
    step = ag.compile(lambda x: f(x) * w, optimizer=ag.optim.SGD([w], lr=0.1))
    for _ in range(2):
        with pytest.raises(ValueError, match="nan first appears in"):
            fast.grad(x)
        with pytest.raises(ValueError, match="nan first appears in"):
            step(x)
        with pytest.raises(ValueError, match="nan"):
            fast.hessian(x)
        with pytest.raises(ValueError, match="nan"):
            fast.hvp((x,), np.ones_like(x))
        assert math.isnan(fast(x))
    assert w.data == 1.0


@pytest.mark.filterwarnings("ignore:invalid value")
def test_nan_is_reported_at_a_later_call():
    fast = ag.compile(lambda x: np.log(x).sum())
    assert fast.grad(np.ones(2)).tolist() == [1.0, 1.0]
    assert fast.hessian(np.ones(2)).tolist() == [[-1.0, 0.0], [0.0, -1.0]]
    with pytest.raises(ValueError, match="nan first appears in the output of log"):
        fast.grad(-np.ones(2))
    with pytest.raises(ValueError, match="nan"):
        fast.hessian(-np.ones(2))
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        assert math.isnan(fast(-np.ones(2)))
    assert "invalid value encountered in log" in str(found[0].message)


def outcome(call):
    """Return the result of a call, or "nan" if it is refused because of one."""
    try:
        return call()
    except ValueError as error:
        assert "nan" in str(error)  # noqa: PT017
        return "nan"


MASKED = {
    "sqrt": lambda x: np.where(x >= 0.0, x, np.sqrt(-x)),
    "log": lambda x: np.where(x > 0.0, np.log(x), x),
    "power": lambda x: np.where(x > 0.0, x, x**0.5),
    "relu": lambda x: np.sqrt(ag.relu(x)),
}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("x", [1.0, 0.0, -1.0, np.array([1.0, -1.0, 0.0])])
@pytest.mark.parametrize("name", MASKED)
def test_a_gradient_that_is_not_finite_is_the_one_of_the_function(name, x):
    def f(x):
        return MASKED[name](x).sum()

    fast = ag.compile(f)
    fast.grad(np.full_like(x, 0.5))
    if np.isnan(f(x)):
        return
    for call, expected in (
        (lambda: fast.grad(x), lambda: ag.grad(f)(x)),
        (lambda: fast.hessian(x), lambda: ag.hessian(f)(x)),
        (lambda: fast.hvp((x,), np.ones_like(x)), lambda: ag.hvp(f, x, np.ones_like(x))),
    ):
        np.testing.assert_array_equal(outcome(call), outcome(expected))


def test_a_gradient_of_what_was_dropped_is_computed_with_the_same_mask():
    drop = Dropout(0.5, rng=0)
    fast = ag.compile(lambda x: np.sqrt(drop(x)).sum())
    for _ in range(20):
        value, gradient = fast.value_and_grad(np.ones(4))
        kept = round(value / math.sqrt(2.0))
        assert np.count_nonzero(np.isfinite(gradient) & (gradient > 0.0)) == kept


def test_squares_that_overflow_are_no_error():
    w = Parameter(np.ones(2))
    step = ag.compile(lambda x: (w * x).sum(), optimizer=ag.optim.SGD([w], lr=1e-201))
    step(np.full(2, 1e200))
    np.testing.assert_allclose(w.data, 0.9)
    fast = ag.compile(lambda x: (x * 1e200).sum())
    assert fast.grad(np.ones(2)).tolist() == [1e200, 1e200]


# Settings and names are data.


class Whole(int):
    def __repr__(self):
        return "PWNED.append(1) or 1"

    __str__ = __repr__


class Real(float):
    def __repr__(self):
        return "PWNED.append(1) or 1"

    __str__ = __repr__


class Text(str):
    def __repr__(self):
        return "PWNED.append(1) or 'C'"

    __str__ = __repr__


class Axis(enum.IntEnum):
    ROWS = 0
    COLUMNS = 1


class Order(enum.StrEnum):
    C = "C"


SETTINGS = {
    "an int": lambda x: x.sum(axis=Whole(1)),
    "a factor": lambda x: x * Whole(3) * Real(2.5),
    "an exponent": lambda x: x ** Whole(3),
    "an index": lambda x: x[Whole(1)],
    "a slice": lambda x: x[:, Whole(1) :],
    "a shape": lambda x: x.reshape((Whole(3), Whole(2))),
    "full": lambda x: x * np.full((Whole(2), 3), Real(2.5)),
    "clip": lambda x: np.clip(x, Whole(1), Real(2.5)),
    "a str": lambda x: np.ravel(x.data, order=Text("C")) * 1.0,
    "IntEnum": lambda x: x.sum(axis=Axis.COLUMNS) + x.sum(axis=(Axis.ROWS, Axis.COLUMNS)),
    "StrEnum": lambda x: np.ravel(x.data, order=Order.C) * 1.0,
    "np.str_": lambda x: np.ravel(x.data, order=np.str_("C")) * 1.0,
    "np.int64": lambda x: x.sum(axis=np.int64(1)),
    "shape, ndim, size": lambda x: x * np.shape(x)[1] * np.ndim(x) * np.size(x) * np.size(x, 1),
    "of results": lambda x: (x * 2.0) * np.shape(x.data * 2.0)[0] * np.size(x.data),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_written_as_a_literal(name, tmp_path):
    f = SETTINGS[name]
    fast = ag.compile(f)
    expected = f(ag.Tensor(X)).data
    np.testing.assert_array_equal(fast(X), expected)
    assert not any("PWNED" in line.partition("#")[0] for line in fast.source.splitlines())
    fast.export(tmp_path / "program.py")
    space = {}
    exec((tmp_path / "program.py").read_text(encoding="utf-8"), space)
    found = [value for key, value in space.items() if callable(value) and key not in ("run", "np")]
    np.testing.assert_array_equal(found[-1](X), expected)


@pytest.mark.parametrize("name", ["a\0b", "a\x0bb", "x\u2028y", "\ud800", "a\rPWNED", 'x"""\nPWNED'])
def test_a_name_is_written_as_a_name(name):
    p = Parameter(2.0, name=name)
    fast = ag.compile(lambda x: (x * p).sum(), optimizer=ag.optim.Adam([p], lr=0.1))
    assert fast(X) == 30.0
    assert not any(line.strip().startswith("PWNED") for line in fast.source.splitlines())


# Copies, and processes.


def test_a_copy_within_a_function_is_a_copy():
    net = Linear(3, 2, rng=0)

    def f(x):
        other = copy.deepcopy(net)
        return (other(x) ** 2).sum() + (copy.deepcopy(net.W) * copy.copy(net.W)).sum()

    fast = ag.compile(f)
    for _ in range(3):
        assert fast(X) == pytest.approx(f(X).item(), rel=1e-14)
        net.W.data = 2.0 * net.W.data


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_process_that_forks_while_a_thread_traces():
    tracing, done = threading.Event(), threading.Event()

    def slow(x):
        tracing.set()
        done.wait(0.2)
        return x.sum()

    thread = threading.Thread(target=lambda: ag.compile(slow)(X))
    thread.start()
    tracing.wait()
    child = os.fork()
    if child == 0:
        os._exit(int(ag.compile(lambda x: x.sum())(X) != 15.0))
    done.set()
    thread.join()
    for _ in range(100):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert (ended, status) == (child, 0)
