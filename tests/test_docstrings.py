"""Every public name has a docstring: a sentence first, and no parameter that it does not name."""

import inspect
import re
from operator import attrgetter
from typing import Any

import numpy as np
import pytest
from reference import MODULES

import autograd_lite as ag
from autograd_lite.compiler import Compiled, CompiledStep
from autograd_lite.drawing import Film

# Classes that `compile` and `film` return, whose methods are public.
MADE = (Compiled, CompiledStep, Film)

# Parameters that a docstring may leave out, and why. After "as `np.name`" it may leave out NumPy's.
UNNAMED = {
    "linear_model.SoftmaxRegression": (
        "C l1_ratio fit_intercept class_weight prior_correction solver tol max_iter warm_start callback "
        "progress",
        "it refers to LogisticRegression, which names them",
    ),
    "Film.begin": ("parameters", "fit gives them to every callback; a film does not use them"),
}


def held_by(kind: type) -> dict[str, Any]:
    """The public methods and properties of a class, with those of our classes that it extends."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("autograd_lite")]
    found = {}
    for name in sorted({name for base in ours for name in vars(base) if not name.startswith("_")}):
        value = inspect.getattr_static(kind, name)
        value = getattr(value, "__func__", value)
        if isinstance(value, property) or callable(value):
            found[f"{kind.__name__}.{name}"] = value
    return found


def public() -> dict[str, Any]:
    """All public functions, classes, methods, properties and ops by name."""
    found = {f"op {op.name}": op for op in ag.OPS.values() if op.__module__.startswith("autograd_lite")}
    for module in MODULES:
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value):  # neither a module nor OPS
                found[f"{module.__name__.removeprefix('autograd_lite.')}.{name}"] = value
    for kind in [*found.values(), *MADE]:
        found |= held_by(kind) if isinstance(kind, type) else {}
    return found


def parameters(value: Any) -> list[str]:
    """Names of the parameters of a callable, without self, args and kwargs."""
    if isinstance(value, property):
        return []
    try:
        named = inspect.signature(value.forward if isinstance(value, ag.Op) else value).parameters
    except ValueError:  # a class without __init__, such as a warning
        return []
    return [name for name in named if name not in ("self", "args", "kwargs")]


def told_by_numpy(doc: str) -> str:
    """NumPy's docstrings of the functions that a docstring refers to by "as `np.name`"."""
    paths = re.findall(r"\b[Aa]s `np\.([\w.]+)`", doc)
    return " ".join(attrgetter(path)(np).__doc__ for path in paths) + " x a b" * bool(paths)  # our arrays


def faults(value: Any, excused: str = "") -> list[str]:
    """List the faults of the docstring of a public name."""
    doc = inspect.getdoc(value) or ""
    if isinstance(value, type) and "__init__" in vars(value):
        doc += "\n" + (inspect.getdoc(vars(value)["__init__"]) or "")
    lines = doc.strip().splitlines()
    if not lines:
        return ["no docstring"]
    prose = "\n".join(line for line in lines if not line.startswith((">>> ", "... ")))
    told = re.findall(r"\w+", f"{prose} {told_by_numpy(prose)} {excused}")
    found = [] if lines[0].endswith((".", ":")) else [f"no sentence: {lines[0]}"]
    return found + [f"{name} is not named" for name in parameters(value) if name not in told]


PUBLIC = public()


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_is_a_sentence_and_names_every_parameter(name: str) -> None:
    excused, _ = UNNAMED.get(name, ("", ""))
    assert faults(PUBLIC[name], excused) == []


def test_all_that_is_public_was_found() -> None:
    assert {"autograd_lite.grad", "op sigmoid", "Tensor.argmax", "Tensor.T", "nn.Linear"} <= PUBLIC.keys()
    assert len(PUBLIC) > 400


@pytest.mark.parametrize("name", UNNAMED)
def test_exception_is_needed(name: str) -> None:
    assert [f"{x} is not named" for x in UNNAMED[name][0].split()] == faults(PUBLIC[name])


def documented(doc: str | None) -> Any:
    """A function of x and axis with this docstring."""

    def function(x: Any, axis: Any = None) -> None: ...

    function.__doc__ = doc
    return function


@pytest.mark.parametrize(
    ("doc", "found"),
    [
        (None, ["no docstring"]),
        ("The sum of x over `axis`.", []),
        ("The sum of x over `axis`", ["no sentence: The sum of x over `axis`"]),
        ("The sum of x over axes.", ["axis is not named"]),
        ("The sum of x.\n\n>>> sum(x, axis=0)", ["axis is not named"]),
        ("Sum over axes, as `np.sum`.", []),
        ("Sum over axes, as `np.exp`.", ["axis is not named"]),
    ],
)
def test_a_fault_is_found(doc: str | None, found: list[str]) -> None:
    assert faults(documented(doc)) == found
