"""Exported programs: files that need only NumPy, compute what the functions compute, and refuse the rest."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.nn import BinaryNetwork, Dropout, Linear, Sequential
from autograd_lite.testing.examples import plan_of
from autograd_lite.testing.subject import of_op

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(20, 3)), (rng.random(20) > 0.5).astype(float)

# Runs exported files where autograd_lite cannot be imported: each with each of its inputs, noting what it
# returns, or raises, and at the end what was imported beside Python's own modules.
RUNNER = """
import importlib.util, json, pathlib, sys
import numpy as np
before = {name.partition(".")[0] for name in sys.modules}
sys.modules["autograd_lite"] = None
folder, told, values = pathlib.Path(sys.argv[1]), {}, {}
jobs = json.loads((folder / "jobs.json").read_text())
given = np.load(folder / "given.npz")

def flat(found):
    return [x for part in found for x in flat(part)] if isinstance(found, tuple) else [found]

for name, (file, function, calls) in jobs.items():
    told[name] = []
    try:
        spec = importlib.util.spec_from_file_location(file, folder / f"{file}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except Exception as error:
        told[name] = [f"{type(error).__name__}: {error}"] * calls
        continue
    for i in range(calls):
        arrays = [given[f"{name} {i} {j}"][()] for j in range(int(given[f"{name} {i}"]))]
        try:
            with np.errstate(all="ignore"):
                found = flat(getattr(module, function)(*arrays))
            values |= {f"{name} {i} {j}": x for j, x in enumerate(found)}
            told[name].append(len(found))
        except Exception as error:
            told[name].append(f"{type(error).__name__}: {error}")
after = {name.partition(".")[0] for name in sys.modules} - before - set(sys.stdlib_module_names)
np.savez(folder / "found.npz", **values)
told["imported"] = sorted(name for name in after - {"autograd_lite"} if not name.startswith("_"))
(folder / "told.json").write_text(json.dumps(told))
"""


def run(folder, jobs):
    """The results of all calls, or the errors, of exported functions: {name: (file, function, inputs)}."""
    given = {}
    for name, (_, _, calls) in jobs.items():
        for i, arrays in enumerate(calls):
            given[f"{name} {i}"] = len(arrays)
            given |= {f"{name} {i} {j}": np.asarray(x) for j, x in enumerate(arrays)}
    np.savez(folder / "given.npz", **given)
    listed = {name: (file, function, len(calls)) for name, (file, function, calls) in jobs.items()}
    (folder / "jobs.json").write_text(json.dumps(listed))
    (folder / "runner.py").write_text(RUNNER)
    subprocess.run([sys.executable, folder / "runner.py", folder], check=True, cwd=folder)
    told = json.loads((folder / "told.json").read_text())
    assert set(told.pop("imported")) <= {"numpy", "cython_runtime"}  # numpy.random has the latter
    found = np.load(folder / "found.npz")

    def result(name, i, n):
        return n if isinstance(n, str) else [found[f"{name} {i} {j}"][()] for j in range(n)]

    return {name: [result(name, i, n) for i, n in enumerate(calls)] for name, calls in told.items()}


def exported(folder, fast, *calls, function="function", file="program"):
    """Results, or errors, of the file of the program that ran last, for each tuple of arrays."""
    fast.export(folder / f"{file}.py")
    return run(folder, {file: (file, function, calls)})[file]


def loaded(folder, fast):
    """The function of an exported file, in this process."""
    fast.export(folder / "program.py")
    text = (folder / "program.py").read_text(encoding="utf-8")
    space = {}
    exec(text, space)
    return space[text.rpartition("\ndef ")[2].partition("(")[0]]


def ulps(a, b):
    """The largest distance of two arrays in units in the last place of their largest entry."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    finite = np.isfinite(b)
    np.testing.assert_array_equal(finite, np.isfinite(a))
    np.testing.assert_array_equal(a[~finite], b[~finite])
    scale = np.abs(b[finite]).max(initial=0.0)
    spacing = np.spacing(np.maximum(scale, 1e-300).astype(b.dtype if b.dtype.kind == "f" else float))
    return float(np.abs(a[finite].astype(float) - b[finite]).max(initial=0.0) / spacing)


class Case:
    """An op with inputs, weighed so that it is a function of one value."""

    def __init__(self, op):
        plan = plan_of(of_op(op))
        i = max(range(len(plan.cases)), key=lambda i: (min(plan.size(i), 30), i))
        self.op, self.example = op, plan.example(i, 259, bytes(range(3, 3 + plan.size(i))), 1)
        self.places = sorted(self.example.variables)
        self.xs = [np.asarray(self.example.inputs[i], float)[()] for i in self.places]
        shape = np.shape(op(*self.example.inputs, **self.example.settings))
        self.weights = np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)

    def __call__(self, *xs):
        inputs = list(self.example.inputs)
        for place, x in zip(self.places, xs, strict=True):
            inputs[place] = x
        return (self.op(*inputs, **self.example.settings) * self.weights).sum()


CASES = {
    name: Case(op)
    for name, op in sorted(ag.OPS.items())
    if (op.__module__ or "").startswith("autograd_lite.")
}


@pytest.fixture(scope="module")
def ops(tmp_path_factory):
    """Exported values and gradients of every op, all run by one process."""
    folder, jobs = tmp_path_factory.mktemp("ops"), {}
    for name, case in CASES.items():
        fast = ag.compile(case, tuple(range(len(case.xs))))
        fast.value_and_grad(*case.xs)
        fast.export(folder / f"op_{name}.py")
        jobs[name] = f"op_{name}", "function", [case.xs]
    return run(folder, jobs)


@pytest.mark.parametrize("name", CASES)
def test_every_op_is_exported_with_its_gradient(ops, name):
    case = CASES[name]
    (found,) = ops[name]
    assert not isinstance(found, str), found
    value, gradients = ag.value_and_grad(case, tuple(range(len(case.xs))))(*case.xs)
    assert len(found) == 1 + len(gradients)
    assert max(ulps(a, b) for a, b in zip(found, [value, *gradients], strict=True)) <= 4


def network_loss(x, y):
    """A loss of a network that stands around the function."""
    return ag.bce_with_logits(NETWORK(x), y)


NETWORK = BinaryNetwork([3, 8, 1], rng=0)


def test_a_model_is_held_as_it_is_and_the_function_keeps_its_name(tmp_path):
    before = NETWORK.state_dict()
    fast = ag.compile(network_loss)
    fast(X, Y)
    fast.export(tmp_path / "program.py")
    expected = network_loss(X, Y).item()
    for p in NETWORK.parameters():
        p.data = p.data * 0.0
    try:
        assert network_loss(X, Y).item() != expected
        found = run(tmp_path, {"program": ("program", "network_loss", [(X, Y), (X[::-1], Y[::-1])])})[
            "program"
        ]
    finally:
        NETWORK.load_state_dict(before)
    np.testing.assert_allclose([x for (x,) in found], expected, rtol=1e-14)


def test_the_text_is_readable_and_imports_numpy_alone(tmp_path):
    fast = ag.compile(network_loss)
    fast(X, Y)
    fast.export(tmp_path / "program.py")
    text = (tmp_path / "program.py").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if "import" in line] == ["import numpy as np"]
    assert "def network_loss(x, y):" in text
    assert str(Path.cwd()) not in text


def test_other_shapes_and_other_data_are_refused(tmp_path):
    def f(p, y, x):
        return ag.bce(p, y) + np.prod(x)

    p, y, x = np.array([0.2, 0.7]), np.array([0.0, 1.0]), np.array([2.0, 3.0])
    fast = ag.compile(f, 2)
    fast.value_and_grad(p, y, x)
    good, *wrong = exported(
        tmp_path,
        fast,
        (p, y, x),
        (p[:1], y, x),
        (p, y, x[None]),
        (p, y + 1.0, x),
        (p + 1.0, y, x),
        (p, y, x * 0.0),
        function="f",
    )
    value, gradient = ag.value_and_grad(f, 2)(p, y, x)
    np.testing.assert_allclose(good[0], value, rtol=1e-14)
    np.testing.assert_allclose(good[1], gradient, rtol=1e-14)
    assert wrong[0] == "ValueError: f: p has shape (1,); this program is for (2,)"
    assert wrong[1] == "ValueError: f: x has shape (1, 2); this program is for (2,)"
    assert all("for other data" in told for told in wrong[2:])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x**-1).sum(),
        lambda x: np.exp(-x).sum(),
        lambda x: (x * x[0] / 3.0).sum(),
        lambda x: np.maximum(x, 1.5).sum(),
        lambda x: (x @ np.eye(3) * 0.5).sum(),
        lambda x: (x**2 / 7.0).sum(),
    ],
)
@pytest.mark.parametrize("kind", ["int64", "int32", "float32", "bool", "list"])
def test_arrays_of_another_dtype_are_computed_right_or_refused(tmp_path, f, kind):
    fast = ag.compile(f)
    fast.value_and_grad(np.array([1.0, 2.0, 3.0]))
    x = np.array([1, 2, 4]).astype("int64" if kind == "list" else kind)
    try:
        found = loaded(tmp_path, fast)(x.tolist() if kind == "list" else x)
    except (TypeError, ValueError):
        return
    value, gradient = ag.value_and_grad(f)(x.astype(float))
    np.testing.assert_allclose(found[0], value, rtol=1e-6)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-6)


NAMES = [
    "one",
    "half",
    "two",
    "zero",
    "number",
    "ones",
    "constant",
    "t1",
    "v1",
    "a1",
    "np",
    "run",
    "x",
    "w",
    "lambda",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_may_have_any_name(tmp_path, name):
    w = ag.nn.Parameter(rng.normal(size=3), name="w")

    def f(x):
        return (np.maximum(np.exp(x) * x, 1.0) * 0.5 * w * np.array([1.0, 2.0, 0.0]) / 2.0).sum(axis=0) + 0.3

    f.__name__ = name
    fast = ag.compile(f)
    fast.value_and_grad(X[0])
    found = loaded(tmp_path, fast)(X[0])
    x, w = X[0], w.data
    factors = w * np.array([1.0, 2.0, 0.0]) / 4.0
    np.testing.assert_allclose(found[0], (np.maximum(np.exp(x) * x, 1.0) * factors).sum() + 0.3, rtol=1e-13)
    slopes = np.where(np.exp(x) * x > 1.0, np.exp(x) * (1.0 + x), 0.0)
    np.testing.assert_allclose(found[1], slopes * factors, rtol=1e-12, atol=1e-15)


CONSTANTS = {
    "long": np.arange(100.0) - 50.0,
    "long, of big-endian numbers": np.arange(100.0).astype(">f8"),
    "short, of big-endian numbers": np.arange(5.0).astype(">f8"),
    "in columns": np.asfortranarray(rng.normal(size=(12, 9))),
    "strided": rng.normal(size=(24, 18))[::2, ::2],
    "turned": rng.normal(size=(9, 12)).T,
    "repeated": np.broadcast_to(rng.normal(size=9), (12, 9)),
    "float32": rng.normal(size=100).astype(np.float32),
    "float16": rng.normal(size=100).astype(np.float16),
    "whole": np.arange(-50, 50),
    "small whole": np.arange(100, dtype=np.uint8),
    "conditions": np.arange(100) % 3 == 0,
    "not finite": np.array([np.nan, np.inf, -np.inf, 0.0, -0.0]),
    "not finite, long": np.resize([np.nan, np.inf, -np.inf, 0.0, -0.0], 100),
    "zeros of both signs": np.array([0.0, -0.0]),
    "all equal": np.full(100, 0.1),
    "one number": np.float64(0.1),
    "one number of float32": np.float32(0.1),
    "without axes": np.array(0.1),
    "one entry": np.array([0.1]),
    "none": np.zeros((3, 0)),
}


@pytest.mark.parametrize("held", ["constant", "parameter"])
@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_and_parameters_are_written_exactly(tmp_path, name, held):
    c = CONSTANTS[name]
    if held == "parameter":
        c = ag.Tensor(c, requires_grad=False)
    shape = np.shape(CONSTANTS[name])
    for dtype in (np.float64, np.float32):
        x = np.linspace(1.0, 2.0, int(np.prod(shape))).reshape(shape).astype(dtype)[()]
        fast = ag.compile(lambda x: (x * c, c / x, x / c))
        with np.errstate(all="ignore"):
            fast(x)
            found = loaded(tmp_path, fast)(x)
            n = np.asarray(CONSTANTS[name])[()]
            expected = (x * n, n / x, x / n)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)
            assert np.asarray(a).dtype == np.asarray(b).dtype.newbyteorder("=")


def test_numbers_with_arguments_that_raise_in_python(tmp_path):
    fast = ag.compile(lambda x, y: np.log(x) / y + np.exp(x))
    fast(2.0, 3.0)
    calls = [(2.0, 3.0), (0.0, 1.0), (1.0, 0.0), (-1.0, 2.0), (1000.0, 1.0), (np.inf, np.nan)]
    found = exported(tmp_path, fast, *calls)
    with np.errstate(all="ignore"):
        for (x, y), result in zip(np.array(calls), found, strict=True):
            assert not isinstance(result, str), result
            np.testing.assert_allclose(result[0], np.log(x) / y + np.exp(x), rtol=1e-14)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_a_step_takes_and_returns_all_that_it_moves(tmp_path, optimizer):
    def train(folder):
        net = BinaryNetwork([3, 4, 1], rng=0)
        made = getattr(ag.optim, optimizer)(net.parameters(), lr=0.1)

        def loss(x, y):
            return ag.bce_with_logits(net(x), y)

        if folder is None:
            return net, made, loss
        given = [p.data for p in net.parameters()]
        states = [v for p in given for v in made.start(p)]
        step = ag.compile(loss, optimizer=made)
        step(X, Y)
        return exported(folder, step, (X, Y, *given, 0.1, *states), function="loss")[0]

    net, made, loss = train(None)
    value = loss(X, Y)
    value.backward()
    made.step()
    found = train(tmp_path)
    assert not isinstance(found, str), found
    moved = [v for p, state in zip(net.parameters(), made.state, strict=True) for v in (p.data, *state)]
    assert len(found) == 2 + len(moved)
    for a, b in zip([found[0], *found[2:]], [value.item(), *moved], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def test_second_derivatives_are_exported(tmp_path):
    def f(w, x, y):
        return ag.bce_with_logits(x @ w, y)

    w, v = rng.normal(size=3), rng.normal(size=3)
    fast = ag.compile(f)
    fast.hvp((w, X, Y), v)
    (product,) = exported(tmp_path, fast, (w, X, Y, v), function="f", file="product")
    fast.hessian(w, X, Y)
    (hessian,) = exported(tmp_path, fast, (w, X, Y), function="f", file="hessian")
    p = 1.0 / (1.0 + np.exp(-X @ w))
    expected = X.T * (p * (1.0 - p) / 20) @ X
    np.testing.assert_allclose(hessian[0], expected, rtol=1e-12)
    np.testing.assert_allclose(product[0], expected @ v, rtol=1e-12)


@pytest.mark.parametrize("scalar", [False, True])
def test_dropout_draws_in_the_file(tmp_path, scalar):
    drop, alone = Sequential(Linear(3, 64, rng=0), Dropout(0.5, rng=1)), Dropout(0.5, rng=1)
    fast = ag.compile((lambda x: alone(x) * 3.0) if scalar else drop)
    x = 2.0 if scalar else X
    fast(x)
    found = exported(tmp_path, fast, *[(x,)] * 8)
    assert not any(isinstance(result, str) for result in found), found
    means = [np.mean(y) for (y,) in found]
    assert len(set(means)) == 2 if scalar else len(set(means)) == 8
    whole = 6.0 if scalar else drop[0](X).data
    for (y,) in found:
        assert np.all((y == 0.0) | np.isclose(y, 2.0 * whole))


def test_what_a_file_returns_belongs_to_the_caller(tmp_path):
    w = ag.nn.Parameter(np.array([1.0, 2.0]))
    for f in (
        lambda x: (x * np.array([3.0, 4.0])).sum(),
        lambda x: (x * w).sum(),
        lambda x: (x * 0.0).sum() + 1.0,
        lambda x: (x * np.arange(2.0)).sum() + 0.0 * np.exp(x).sum(),
    ):
        fast = ag.compile(f)
        fast.value_and_grad(np.ones(2))
        function = loaded(tmp_path, fast)
        expected = [np.array(part) for part in function(np.ones(2))]
        function(np.ones(2))[1][...] = 99.0
        for a, b in zip(function(np.ones(2)), expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_nothing_is_exported_before_the_first_call(tmp_path):
    with pytest.raises(RuntimeError, match="nothing is compiled yet; call the function once"):
        ag.compile(network_loss).export(tmp_path / "program.py")
    assert not (tmp_path / "program.py").exists()
