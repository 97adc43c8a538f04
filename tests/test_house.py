"""The house rules that a machine can check: who may import whom, sizes and docstrings."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "autograd_lite"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A room is a module or folder of the package. It may import itself and the rooms above it.
ROOMS = [
    "typing",
    "numpy",
    "operators",
    "extras",
    "guesses",
    "arguments",
    "randomness",
    "modes",
    "domains",
    "errors",
    "protocol",
    "checks",
    "tensor",
    "calling",
    "operation",
    "ops",
    "autodiff",
    "compiler",
    "drawing",
    "testing",
    "nn",
    "optim",
    "history",
    "training",
    "io",
    "linear_model",
    "estimators",
    "plots",
    "datasets",
    "__init__",
    "demo",
    "__main__",
]


def room_of(path: Path) -> str:
    """The room that a module of the package belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(node: ast.AST) -> list[str]:
    """The rooms that an import statement names; none for any other node."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            return ["a relative name"]  # never a room, so always a fault
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        return []
    parts = [name.split(".") for name in names]
    inside = [name[1:] for name in parts if name[0] == PACKAGE.name]
    # `from autograd_lite import Tensor` names no room: it asks the package itself.
    return [name[0] if name and room_exists(name[0]) else "__init__" for name in inside]


def room_exists(name: str) -> bool:
    """Whether the package has such a module or folder, in the list or not."""
    return name in ROOMS or (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def import_faults(tree: ast.Module, room: str) -> list[str]:
    """What is wrong with the imports of a module of `room`."""
    above = ROOMS[: ROOMS.index(room) + 1]
    found = []
    for node in ast.walk(tree):
        for other in imported_rooms(node):
            if other not in above:
                found.append(f"line {node.lineno}: {room} imports {other}, which is not above it")
            if node not in tree.body:
                found.append(f"line {node.lineno}: imports {other} late; do it at the top")
    return found


def size_faults(tree: ast.Module) -> list[str]:
    """Functions of more than 40 lines, their signatures and docstrings not counted."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[ast.get_docstring(node) is not None :]
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            if lines > 40:
                found.append(f"line {node.lineno}: {node.name} has {lines} lines; 40 are allowed")
    return found


def faults(source: str, room: str) -> list[str]:
    """Every house rule that a module of `room` breaks, a sentence each."""
    if room not in ROOMS:
        return [f"{room} is not a room; give it a place in ROOMS"]
    tree = ast.parse(source)
    found = import_faults(tree, room) + size_faults(tree)
    if not ast.get_docstring(tree):
        found.append("no module docstring")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_keeps_the_house_rules(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8"), room_of(path)) == []


# Lines of Python that a reader of the package has before them, by part. A new feature is paid for by readers.
BUDGETS = {
    "the engine and the ops": (4520, ROOMS[ROOMS.index("modes") : ROOMS.index("autodiff") + 1]),
    "the package": (20400, ROOMS),
}


@pytest.mark.parametrize("part", BUDGETS)
def test_the_package_stays_within_its_budget(part: str) -> None:
    allowed, rooms = BUDGETS[part]
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in MODULES if room_of(path) in rooms)
    assert lines <= allowed, f"{part}: {lines} lines; {allowed} are allowed"


def test_the_first_rooms_exist() -> None:
    first = {"tensor", "operation", "ops", "autodiff", "datasets", "__init__"}
    assert first <= {room_of(path) for path in MODULES}


def lines(n: int) -> str:
    """A body of n lines for a function."""
    return "    x = 1\n" * n


@pytest.mark.parametrize(
    ("room", "code", "fault"),
    [
        ("tensor", "from autograd_lite.ops.linear import matmul", "tensor imports ops"),
        ("tensor", "from autograd_lite import ops", "tensor imports ops"),
        ("tensor", "import autograd_lite.ops.linear as linear", "tensor imports ops"),
        ("tensor", "import numpy, autograd_lite.ops", "tensor imports ops"),
        ("tensor", "import autograd_lite as ag", "tensor imports __init__"),
        ("tensor", "from autograd_lite import Tensor", "tensor imports __init__"),
        ("ops", "from .losses import mse", "a relative name"),
        ("drawing", "def f():\n    from autograd_lite.tensor import Tensor", "late"),
        ("drawing", "if TYPE_CHECKING:\n    import autograd_lite.tensor", "late"),
        ("attic", "", "attic is not a room"),
        ("ops", f"def f():\n{lines(41)}", "f has 41 lines"),
        ("ops", f"class C:\n  async def f(self):\n{lines(41)}", "f has 41 lines"),
    ],
)
def test_a_broken_rule_is_found(room: str, code: str, fault: str) -> None:
    (found,) = faults(f'"""A module."""\n{code}', room)
    assert fault in found


def test_a_missing_docstring_is_found() -> None:
    assert faults("x = 1", "ops") == ["no module docstring"]


@pytest.mark.parametrize(
    "code",
    [
        "import numpy\nfrom autograd_lite.tensor import Tensor",
        "from autograd_lite import errors, tensor\nimport autograd_lite.ops.losses",
        "def f():\n    import scipy",
        f'def f():\n    """{lines(50)}"""\n{lines(40)}',
        'def f():\n    """Only a docstring."""',
        "\n" * 2000,
    ],
)
def test_what_is_allowed_has_no_fault(code: str) -> None:
    assert faults(f'"""A module."""\n{code}', "ops") == []
