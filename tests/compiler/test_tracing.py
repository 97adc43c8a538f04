"""How often f runs when it is traced, and new ops with axes: the compiler needs no change for them."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.nn import Dropout, Parameter
from autograd_lite.protocol import holds

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 4)) + 3.0


class Model:
    """A loss that counts its runs."""

    def __init__(self, dropout):
        self.runs = 0
        self.w = Parameter(np.ones(4), name="w")
        self.dropout = Dropout(0.5, rng=0) if dropout else lambda x: x

    def __call__(self, x):
        self.runs += 1
        return (self.dropout(x * self.w) ** 2).sum()


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("use", ["value", "value and gradient", "step", "Hessian"])
def test_f_runs_twice_at_the_first_call_and_then_to_compare(use, dropout):
    model = Model(dropout)

    def f(x):
        return model(x)

    optimizer = ag.optim.SGD([model.w], lr=1e-4)
    call = {
        "value": ag.compile(f),
        "value and gradient": ag.compile(f).value_and_grad,
        "step": ag.compile(f, optimizer=optimizer),
        "Hessian": ag.compile(f).hessian,
    }[use]
    for i in range(1, 10):
        call(X)
        compared = 0 if use == "Hessian" else i.bit_length() - 1  # at the calls 2, 4, 8
        assert model.runs == 2 + compared
    before = model.runs
    call(X[:3])
    assert model.runs == before + 2


def test_each_method_traces_f():
    runs = []

    def f(x):
        runs.append(1)
        return (x * x).sum()

    fast = ag.compile(f)
    for call in (fast, fast.value_and_grad):
        call(X)
    assert len(runs) == 4


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("method", ["value", "grad"])
def test_f_runs_a_third_time_for_a_tensor_that_only_its_graph_shows(method, requires_grad):
    hidden = np.array([None])  # the compiler does not look into arrays of objects
    hidden[0] = ag.Tensor(2.0, requires_grad=requires_grad)
    runs = []

    def f(x):
        runs.append(1)
        return (x * hidden[0]).sum()

    fast = ag.compile(f)
    call = fast if method == "value" else lambda x: fast.grad(x).sum()
    assert call(np.ones(3)) == 6.0
    assert len(runs) == 3
    hidden[0].data = np.float64(5.0)
    assert call(np.ones(3)) == 15.0
    assert len(runs) == 4  # the last one to compare


def test_a_tensor_that_f_creates_is_a_constant():
    runs = []

    def f(x):
        runs.append(1)
        return (x * ag.Tensor([1.0, 2.0, 3.0])).sum()

    fast = ag.compile(f)
    assert fast.grad(np.ones(3)).tolist() == [1.0, 2.0, 3.0]
    assert len(runs) == 2
    assert "def run(x):" in fast.source


def test_f_runs_once_more_to_raise_its_own_error():
    runs = []

    def f(x, y):
        runs.append(1)
        return ag.bce(x, y)

    with pytest.raises(ValueError, match=r"bce: y\[0\] is 2.0"):
        ag.compile(f)(np.array([0.5]), np.array([2.0]))
    assert len(runs) == 2


settings = types.ModuleType("users_settings")


def test_attributes_of_python_modules_and_classes_are_read_at_each_call():
    class Config:
        shift = ag.Tensor(1.0, requires_grad=False)

    settings.scale = ag.Tensor(2.0, requires_grad=False)
    settings.factor = 1.0
    fast = ag.compile(lambda x: (x * settings.scale + Config.shift).sum() * settings.factor)
    assert fast(np.ones(3)) == 9.0
    settings.scale.data = np.float64(3.0)
    assert fast(np.ones(3)) == 12.0
    settings.factor = 2.0
    assert fast(np.ones(3)) == 24.0
    globals()["Config"] = Config


# Ops with axes that no part of the compiler knows.

NEW_OPS = '''
import numpy as np
import autograd_lite as ag
from autograd_lite.operation import case
from autograd_lite.protocol import holds

@ag.op("running product", samples=(case((3, 4), axis=1),))
def running_product(x, axis=0):
    """Running product along an axis."""
    return x.cumprod(axis=axis)

@running_product.gradient("x")
def _(g, y, x, axis):
    return np.flip(np.flip(g * y, axis).cumsum(axis=axis), axis) / x

@ag.op("median", samples=(case((5, 3), axis=0),))
def middle(x, axis=0):
    """Median along an axis, of an odd number of entries."""
    return np.median(x, axis=axis)

@middle.gradient("x")
def _(g, y, x, axis):
    hit = x == np.expand_dims(y, axis)
    return np.expand_dims(g, axis) * hit

@ag.op("centred", samples=(case((3, 4), axis=1),))
def centred(x, axis=0):
    """Difference from the mean along an axis."""
    return x - x.mean(axis=axis, keepdims=True)

@centred.gradient("x")
def _(g, y, x, axis):
    return g - g.mean(axis=axis, keepdims=True)

@ag.op("trace of a stack")
def stack_trace(x):
    """Sums of the diagonals of the last two axes."""
    return x.trace(axis1=-2, axis2=-1)

@stack_trace.gradient("x")
def _(g, y, x):
    return g[..., None, None] * np.eye(*x.shape[-2:])

@ag.op("positive part")
def guarded(x):
    """x, if all entries are positive, and otherwise its absolute values."""
    return x * 1.0 if holds((x > 0).all()) else abs(x)

@guarded.gradient("x")
def _(g, y, x):
    return g if holds((x > 0).all()) else g * np.sign(x)
'''
CALLS = {
    "running product, columns": (lambda m, x: m.running_product(x * x), X),
    "running product, rows": (lambda m, x: m.running_product(x, axis=1), X),
    "running product, last axis": (lambda m, x: m.running_product(x, axis=-1), X),
    "median, columns": (lambda m, x: m.middle(x * x), X[:5]),
    "median, rows": (lambda m, x: m.middle(x, axis=-1), X[:, :3]),
    "centred": (lambda m, x: m.centred(np.exp(0.1 * x), axis=1), X),
    "trace": (lambda m, x: m.stack_trace(x.reshape(2, 3, 4) ** 2), X),
    "positive": (lambda m, x: m.guarded(x), X),
    "negative": (lambda m, x: m.guarded(x - 4.0), X),
}


@pytest.fixture(scope="module")
def new_ops(tmp_path_factory):
    """A module with ops of a user, written to a file."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "new_ops.py").write_text(NEW_OPS, encoding="utf-8")
    sys.path.insert(0, str(folder))
    import new_ops

    sys.path.remove(str(folder))
    yield new_ops
    for name, op in list(ag.OPS.items()):
        if op.__module__ == "new_ops":
            del ag.OPS[name]
    del sys.modules["new_ops"]


@pytest.mark.parametrize("name", CALLS)
def test_a_new_op_compiles_with_all_features(new_ops, name, tmp_path):
    call, x = CALLS[name]

    def f(x):
        return (call(new_ops, x) ** 2).sum()

    fast = ag.compile(f)
    value, gradient = ag.value_and_grad(f)(x)
    assert fast(x) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(fast.grad(x), gradient, rtol=1e-12)
    namespace = {}
    fast.export(tmp_path / "program.py")
    exec((tmp_path / "program.py").read_text(encoding="utf-8"), namespace)
    np.testing.assert_allclose(namespace["f"](x)[1], gradient, rtol=1e-12)
    np.testing.assert_allclose(fast.hessian(x), ag.hessian(f)(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fast.hvp((x,), x), ag.hvp(f, x, x), rtol=1e-9, atol=1e-9)
    w = Parameter(x)
    step = ag.compile(lambda c: f(w * c), optimizer=ag.optim.SGD([w], lr=1e-3))
    assert step(np.float64(1.0)) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(w.data, x - 1e-3 * gradient, rtol=1e-12)
    assert fast(-x) == pytest.approx(f(-x), rel=1e-13)  # other data, and other answers to conditions


@pytest.mark.parametrize("name", CALLS)
def test_a_new_op_runs_in_jax(new_ops, name):
    pytest.importorskip("jax")
    call, x = CALLS[name]

    def f(x):
        return (call(new_ops, x) ** 2).sum()

    fast = ag.compile(f, backend="jax")
    value, gradient = ag.value_and_grad(f)(x)
    found, found_gradient = fast.value_and_grad(x)
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(found_gradient, gradient, rtol=1e-11)


def test_the_hessian_of_linear_calls_along_an_axis_is_one_program(new_ops):
    fast = ag.compile(lambda x: (new_ops.centred(x**3, axis=1) ** 2).sum() + np.cumsum(x**2, axis=0).sum())
    fast.hessian(X)
    assert len(fast._programs) == 1  # not one for each unit vector


METHODS = {
    "sort": lambda x: np.sort(x, axis=0)[1].sum(),
    "sort in place": lambda x: (x.data.sort(), x)[1],
    "round": lambda x: x * np.round(x.data, 1),
    "diff": lambda x: x[1:] * np.diff(x.data, axis=0),
    "ptp": lambda x: x * np.ptp(x.data, axis=0),
    "percentile": lambda x: x * np.percentile(x.data, 30, axis=0),
    "kron": lambda x: (x * np.kron(x.data[:2, :2], np.ones((3, 2)))).sum(),
    "diagonal": lambda x: x[:4] * x.data.diagonal(),
    "rot90": lambda x: x[:4] * np.rot90(x.data[:4]),
    "cumprod": lambda x: x * x.data.cumprod(axis=1),
    "partition": lambda x: x * np.partition(x.data, 1, axis=0),
    "conj": lambda x: x * x.data.conj(),
    "take": lambda x: x[:, :2] * x.data.take([0, 2], axis=1),
    "unique": lambda x: np.unique(x.data).sum() * x,
    "inverse": lambda x: x[:4] @ np.linalg.inv(x.data[:4]),
    "dot": lambda x: x[:4] * np.dot(x.data[:4], x.data[:4]),
    "searchsorted": lambda x: x * np.searchsorted(np.arange(5.0), x.data),
    "stack": lambda x: np.stack([x, x])[0] * np.stack([x.data, x.data]).sum(axis=0),
    "astype": lambda x: x * x.data.astype(np.float32, copy=False),
    "fill": lambda x: (x.data.fill(0.0), x)[1],
    "broadcast": lambda x: x * np.broadcast_to(x.data[0], (6, 4)),
    "real": lambda x: x * np.real(x.data),
    "clip": lambda x: x * x.data.clip(2.0, 3.0),
    "swap in layout": lambda x: x * np.ravel(x.data.T, order="F").reshape(6, 4),
}


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", METHODS)
def test_any_numpy_call_is_right_or_refused(name, order):
    f = METHODS[name]
    fast = ag.compile(f)
    for x in (X, np.asarray(X[::-1], order=order), X * 1.5):
        before = x.copy()
        try:
            found = fast(x)
        except (TypeError, ValueError) as error:
            assert "compile: " in str(error) or "has no gradient here" in str(error)  # noqa: PT017
            continue
        np.testing.assert_array_equal(x, before)
        expected = f(ag.Tensor(x))
        np.testing.assert_allclose(found, expected.data, rtol=1e-13)
        np.testing.assert_allclose(fast(x), found)


def test_an_op_of_the_package_has_one_place():
    """No file of the compiler names an op that is not a NumPy primitive."""
    folder = Path(ag.__file__).parent / "compiler"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    ours = {name for name in ag.OPS if not hasattr(np, name) and not hasattr(np.linalg, name)}
    assert {name for name in ours if f'"{name}"' in text} == set()


def test_a_condition_that_holds_is_a_bool():
    assert holds(np.array([1.0]) > 0) is True
    assert holds(0.0) is False
