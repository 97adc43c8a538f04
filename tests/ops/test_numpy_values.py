"""NumPy's functions on tensors give NumPy's values exactly, with NumPy's own arguments."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.protocol import NUMPY
from autograd_lite.tensor import Tensor

RNG = np.random.default_rng(7)
A = RNG.normal(size=(2, 3))
B = RNG.normal(size=(2, 3))
V = RNG.normal(size=4)
C = RNG.normal(size=(2, 3, 4))
P = RNG.uniform(0.1, 0.9, (2, 3))
ONE = np.float64(0.37)

UNARY = [
    "negative",
    "positive",
    "copy",
    "square",
    "reciprocal",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "abs",
    "absolute",
    "fabs",
    "sign",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "arctan",
    "arcsin",
    "arccos",
]
BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "power",
    "maximum",
    "minimum",
    "logaddexp",
]
REDUCTIONS = ["sum", "mean", "max", "amax", "min", "amin", "prod", "var", "std"]
AXES = [
    {},
    {"axis": None},
    {"axis": 0},
    {"axis": 1},
    {"axis": -1},
    {"axis": (0, 2)},
    {"axis": (-1, 1)},
    {"axis": 0, "keepdims": True},
    {"axis": None, "keepdims": True},
    {"axis": (0, -1), "keepdims": True},
    {"axis": ()},
]


def calls():
    """(function name, positional arguments, keyword arguments); arrays become tensors in the test."""
    for name in UNARY:
        yield from ((name, (x,), {}) for x in (P, P[0], ONE, P[:0]))
    for name in BINARY:
        yield from (
            (name, pair, {})
            for pair in ((P, P[::-1]), (P, 2.0), (2.0, P), (P, P[0]), (P[:, :1], P[:1]), (ONE, P))
        )
    for name in REDUCTIONS:
        yield from ((name, (C,), settings) for settings in AXES)
        yield from ((name, (C, axis), {}) for axis in (0, -1, None, (0, 1)))
        yield from ((name, (x,), {}) for x in (V, ONE))
    yield from OTHERS


OTHERS = [
    ("var", (C,), {"ddof": 1}),
    ("std", (C,), {"axis": 1, "ddof": 1}),
    ("cumsum", (A,), {}),
    ("cumsum", (A, 0), {}),
    ("cumsum", (A,), {"axis": -1}),
    ("cumsum", (V,), {"axis": None}),
    ("reshape", (A, (3, 2)), {}),
    ("reshape", (A, -1), {}),
    ("reshape", (A,), {"shape": (6,)}),
    ("reshape", (C, (4, -1)), {}),
    ("ravel", (C,), {}),
    ("transpose", (C,), {}),
    ("transpose", (C, (1, 2, 0)), {}),
    ("transpose", (C,), {"axes": (-1, 0, 1)}),
    ("swapaxes", (C, 0, -1), {}),
    ("swapaxes", (C,), {"axis1": 1, "axis2": 2}),
    ("moveaxis", (C, 0, -1), {}),
    ("moveaxis", (C, (0, 1), (2, 0)), {}),
    ("moveaxis", (C,), {"source": 2, "destination": 0}),
    ("expand_dims", (A, 1), {}),
    ("expand_dims", (A,), {"axis": (0, -1)}),
    ("expand_dims", (ONE, 0), {}),
    ("squeeze", (A[None, :, None],), {}),
    ("squeeze", (A[None],), {"axis": 0}),
    ("squeeze", (A[None], 0), {}),
    ("broadcast_to", (V, (3, 4)), {}),
    ("broadcast_to", (A[:, :1],), {"shape": (2, 3)}),
    ("concatenate", ([A, B],), {}),
    ("concatenate", ((A, B), 1), {}),
    ("concatenate", ([A, B],), {"axis": -1}),
    ("concatenate", ([A, V],), {"axis": None}),
    ("concatenate", ([A],), {}),
    ("stack", ([A, B],), {}),
    ("stack", ([A, B], 1), {}),
    ("stack", ((A, B),), {"axis": -1}),
    ("stack", ([ONE, ONE],), {}),
    ("split", (V, 2), {}),
    ("split", (C, [1, 3]), {"axis": 2}),
    ("split", (C, 2, -1), {}),
    ("split", (V, [1]), {}),
    ("flip", (C,), {}),
    ("flip", (C, 0), {}),
    ("flip", (C,), {"axis": (0, -1)}),
    ("tile", (V, 2), {}),
    ("tile", (A, (2, 1, 3)), {}),
    ("tile", (A,), {"reps": 2}),
    ("repeat", (A, 2), {}),
    ("repeat", (A, 3, 1), {}),
    ("repeat", (A, [1, 0, 2]), {"axis": -1}),
    ("repeat", (V,), {"repeats": 2, "axis": 0}),
    ("take", (V, [0, -1, 0]), {}),
    ("take", (A, np.array([[0, 2], [1, 1]])), {"axis": 1}),
    ("take", (A, 1), {}),
    ("take", (A, 1, 0), {}),
    ("take", (A,), {"indices": [1], "axis": -1}),
    ("pad", (A, 1), {}),
    ("pad", (V, (2, 0)), {"constant_values": 4.0}),
    ("pad", (A, ((0, 1), (2, 1)), "edge"), {}),
    ("pad", (V, 2), {"mode": "reflect"}),
    ("pad", (V, 2), {"mode": "wrap"}),
    ("pad", (V, 2), {"mode": "symmetric"}),
    ("clip", (A, -0.5, 0.5), {}),
    ("clip", (A,), {"min": -0.5}),
    ("clip", (A,), {"max": 0.5}),
    ("clip", (A,), {"min": -0.5, "max": 0.5}),
    ("clip", (A,), {"a_min": -0.5, "a_max": 0.5}),
    ("clip", (A, None, 0.2), {}),
    ("where", (A > 0, A, B), {}),
    ("where", (A > 0, A, 0.0), {}),
    ("where", (A[0] > 0, 1.0, A), {}),
    ("matmul", (A, B.T), {}),
    ("matmul", (C, V), {}),
    ("matmul", (A[0], C), {}),
    ("matmul", (V, V), {}),
    ("dot", (A, B.T), {}),
    ("dot", (V, V), {}),
    ("dot", (2.0, A), {}),
    ("dot", (A, C.swapaxes(1, 2)[:, :3, :2].repeat(1, 0)), {}),
    ("inner", (A, B), {}),
    ("inner", (V, V), {}),
    ("inner", (A, 2.0), {}),
    ("outer", (V, A), {}),
    ("outer", (2.0, V), {}),
    ("tensordot", (C, C), {"axes": ((0, 1, 2), (0, 1, 2))}),
    ("tensordot", (A, B.T, 1), {}),
    ("tensordot", (A, C), {"axes": ((0, 1), (0, 1))}),
    ("tensordot", (A, B, 0), {}),
    ("tensordot", (A, B), {}),
    ("tensordot", (A, B), {"axes": (0, 0)}),
    ("einsum", ("ij,kj->ik", A, B), {}),
    ("einsum", ("ij->j", A), {}),
    ("einsum", ("ij,ij", A, B), {}),
    ("einsum", ("ii->i", A @ B.T), {}),
    ("einsum", ("...j,ij->...i", V[:3], A), {}),
    ("einsum", ("i , j -> ij", V, V), {}),
    ("linalg.norm", (A,), {}),
    ("linalg.norm", (V,), {}),
    ("linalg.norm", (A,), {"axis": 0}),
    ("linalg.norm", (C, None, 1), {}),
    ("linalg.norm", (C,), {"axis": (0, 2), "keepdims": True}),
]


def numpy_function(name):
    return np.linalg.norm if name == "linalg.norm" else getattr(np, name)


def with_tensors(value):
    """The same arguments, every float array (or NumPy number) as a tensor."""
    if isinstance(value, list | tuple) and any(isinstance(x, np.ndarray | np.generic) for x in value):
        return type(value)(with_tensors(x) for x in value)
    is_float = isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f"
    return Tensor(value) if is_float else value


@pytest.mark.parametrize(("name", "args", "kwargs"), list(calls()))
def test_value_shape_and_dtype_are_numpys(name, args, kwargs):
    expected = numpy_function(name)(*args, **kwargs)
    got = numpy_function(name)(*map(with_tensors, args), **kwargs)
    for mine, theirs in zip(
        *((got, expected) if isinstance(expected, list) else ([got], [expected])), strict=True
    ):
        assert isinstance(mine, Tensor)
        assert mine.shape == np.shape(theirs)
        assert mine.dtype == theirs.dtype
        assert np.asarray(mine.data).tobytes() == np.asarray(theirs).tobytes()


def test_the_table_names_every_function_that_ops_answer():
    tabled = {numpy_function(name) for name, _, _ in calls()}
    differentiable = {f for op in ag.OPS.values() for f in _functions(op)}
    missing = differentiable | {np.concatenate, np.stack, np.split, np.einsum, np.ravel}
    assert {f.__name__ for f in missing - tabled} == set()


def _functions(op):
    return [numpy_function(name.removeprefix("np.")) for name in op.numpy_names]


@pytest.mark.parametrize("name", sorted({n for op in ag.OPS.values() for n in op.numpy_names}))
def test_names_lead_back_to_the_op(name):
    assert numpy_function(name.removeprefix("np.")) in NUMPY


@pytest.mark.parametrize(
    "name", [*UNARY, *BINARY, "sum", "mean", "max", "prod", "var", "cumsum", "clip", "matmul"]
)
@pytest.mark.parametrize(
    "unsupported", [{"out": np.zeros((2, 3))}, {"dtype": np.float32}, {"where": np.ones((2, 3), bool)}]
)
def test_arguments_without_a_gradient_are_refused(name, unsupported):
    args = (Tensor(P), Tensor(P)) if name in BINARY or name == "matmul" else (Tensor(P),)
    with pytest.raises(TypeError):
        getattr(np, name)(*args, **unsupported)


def test_comparisons_and_searches_return_plain_arrays():
    t = Tensor(A)
    for got, expected in (
        (t > 0, A > 0),
        (t <= B, A <= B),
        (t >= A, A >= A - 1),
        (t == B, A == B),
        (t != B, A != B),
        (np.argmax(t, axis=1), A.argmax(1)),
        (t.argmin(), A.argmin()),
        (np.isnan(t), np.isnan(A)),
        (np.argsort(t), np.argsort(A)),
        (np.isfinite(t), np.isfinite(A)),
    ):
        assert not isinstance(got, Tensor)
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("call", [np.median, np.sort, np.linalg.inv, np.floor, np.cumprod, np.linalg.det])
def test_what_has_no_gradient_is_refused_with_a_remedy(call):
    with pytest.raises(TypeError, match=r"no gradient here|autograd_lite"):
        call(Tensor(A @ B.T))
