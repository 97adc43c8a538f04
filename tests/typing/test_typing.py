"""The stubs are up to date, editors complete what ops install, and the types of a user program are true."""

import inspect
import runpy
import subprocess
import sys
import typing
from pathlib import Path
from types import NoneType, UnionType

import jedi
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import numpy as typed_numpy

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "typing" / "user.py"
INSTALLED = ["__add__", "__radd__", "__matmul__", "__neg__", "__getitem__", "__lt__", "sum", "reshape", "any"]


def test_the_stubs_are_what_the_generator_writes():
    # In a process of its own: other tests define ops, which would appear among ours.
    command = [sys.executable, "-m", "tests.typing.stubs", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("name", INSTALLED)
def test_installed_functions_have_a_name_and_a_docstring(name):
    method = vars(ag.Tensor)[name]
    assert (method.__name__, method.__qualname__) == (name, f"Tensor.{name}")
    assert inspect.getdoc(method)


def completions(source):
    """The completions that an editor offers at the end of a source, by name."""
    script = jedi.Script(source, project=jedi.Project(ROOT, sys_path=[str(ROOT), *sys.path]))
    lines = source.splitlines()
    return {found.name: found for found in script.complete(len(lines), len(lines[-1]))}


@pytest.mark.parametrize(
    "value", ["ag.Tensor([1.0])", "ag.nn.Parameter(1.0) * 2.0", "ag.sigmoid(ag.Tensor(0.0))"]
)
def test_an_editor_completes_the_methods_of_a_tensor(value):
    offered = completions(f"import autograd_lite as ag\nt = {value}\nt.")
    for name in ("sum", "mean", "reshape", "T", "draw", "backward", "detach"):
        doc = inspect.getdoc(inspect.getattr_static(ag.Tensor, name))
        assert doc in offered[name].docstring()
    assert {"data", "grad", "shape", "name", "requires_grad"} <= offered.keys()


def test_an_editor_completes_modules_that_are_loaded_when_they_are_used():
    names = {"sigmoid", "mse", "compile", "testing", "linear_model", "estimators", "plots"}
    assert names <= completions("import autograd_lite as ag\nag.").keys()
    names = {"check_op", "gradcheck", "strategies"}
    assert names <= completions("import autograd_lite as ag\nag.testing.").keys()


def test_numpy_of_the_package_is_numpy():
    assert typed_numpy.exp is np.exp
    assert typed_numpy.linalg is np.linalg
    assert {"float64", "random"} <= set(dir(typed_numpy))
    with pytest.raises(AttributeError, match="has no attribute 'expp'"):
        _ = typed_numpy.expp


# The user program is run, and the types in its assertions are compared with the values.


def fits(value, expected):
    """True if a value is of a type, as far as it can be known at run time."""
    kind, parts = typing.get_origin(expected) or expected, typing.get_args(expected)
    if kind is typing.Any:
        return True
    if kind in (typing.Union, UnionType):
        return any(fits(value, part) for part in parts)
    if kind is np.ndarray:
        return fits_array(value, *typing.get_args(parts[1]))
    return isinstance(value, kind or NoneType) and contents_fit(value, kind, parts)


def fits_array(value, dtype):
    """True for an array of a dtype, and for NumPy's scalar, which an array without axes is."""
    is_array = isinstance(value, np.ndarray | np.generic)
    return is_array and (dtype is typing.Any or np.issubdtype(value.dtype, typing.get_origin(dtype) or dtype))


def contents_fit(value, kind, parts):
    """True if the contents of a list, a dictionary or a tuple have the types in its brackets."""
    if kind is tuple and parts[-1] is not Ellipsis:
        return len(parts) == len(value) and all(map(fits, value, parts))
    if kind is dict:
        return all(fits(x, parts[0]) and fits(y, parts[1]) for x, y in value.items())
    return kind not in (list, tuple) or all(fits(x, parts[0]) for x in value)


def test_what_an_editor_shows_is_true(monkeypatch, tmp_path):
    checked = []

    def assert_type(value, expected):
        assert fits(value, expected), f"assertion {len(checked) + 1}: {value!r} is not {expected}"
        checked.append(expected)
        return value

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(typing, "assert_type", assert_type)
    runpy.run_path(str(PROGRAM))
    assert len(checked) > 150


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, str),
        (np.ones(2), ag.Tensor),
        (ag.Tensor(1.0), np.ndarray[tuple[typing.Any, ...], np.dtype[typing.Any]]),
        (np.ones(2, int), np.ndarray[tuple[typing.Any, ...], np.dtype[np.float64]]),
        ((1.0, 2.0), tuple[float]),
        ((1.0, "2"), tuple[float, ...]),
        ([1.0, None], list[float]),
        ({"a": 1.0}, dict[str, str]),
        (1.0, int | None),
        (0.0, None),
    ],
)
def test_a_wrong_type_is_found(value, expected):
    assert not fits(value, expected)
