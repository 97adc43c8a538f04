"""op_tests and the pytest plugin, as a user's own pytest runs them."""

import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import autograd_lite as ag
from autograd_lite.ops import losses
from autograd_lite.testing import check, plugin, pytest_suite
from autograd_lite.testing.pytest_suite import op_tests

ROOT = Path(__file__).parents[2]

MINE = """
import numpy as np

from autograd_lite import op, sigmoid

calls = []


@op("2sin")
def wave(x):
    calls.append(x)
    return 2 * np.sin(x)


@wave.gradient("x")
def _(g, y, x):
    return 2 * g * np.cos(x)


@op("3")
def scale(x):
    return x * 3.0


@scale.gradient("x")
def _(g, y, x):
    return g * 2.0
"""

TESTS = """
import mine
from autograd_lite.testing.pytest_suite import op_tests

test_ops = op_tests(mine)


def test_calls():
    print("calls:", len(mine.calls))
"""

FIXTURE = """

def test_fixture(gradcheck_budget):
    print("fixture:", gradcheck_budget)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A user's folder: a module with a right and a wrong op, and its tests."""
    path = tmp_path_factory.mktemp("user")
    (path / "mine.py").write_text(MINE)
    (path / "test_mine.py").write_text(TESTS)
    (path / "test_more.py").write_text(FIXTURE)
    return path


def run(folder, *options, load=True):
    """pytest in that folder with this tree's plugin, or with none; whatever is installed."""
    blocked = ["no:autograd_lite", "no:hypothesispytest", "no:cacheprovider"]  # the second for speed
    plugins = [*blocked, *(["autograd_lite.testing.plugin"] if load else [])]
    command = [sys.executable, "-m", "pytest", *(f"-p{name}" for name in plugins), *options]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return SimpleNamespace(code=done.returncode, out=done.stdout + done.stderr)


@pytest.fixture(scope="module")
def quick(folder):
    return run(folder, "--gradcheck-budget=quick", "-v", "-rP", "-Werror")


@pytest.fixture(scope="module")
def bare(folder):
    return run(folder, "test_mine.py", "-rP", "--tb=short", "-Werror", load=False)


def calls(ran):
    return int(re.search(r"calls: (\d+)", ran.out)[1])


def test_every_op_of_the_module_is_a_test(quick):
    outcomes = dict(re.findall(r"^test_mine\.py::test_ops\[(\w+)\] (\w+)", quick.out, re.MULTILINE))
    assert outcomes == {"scale": "FAILED", "wave": "PASSED"}
    assert quick.code == 1


def test_the_failure_is_the_message_and_the_users_line(quick, bare):
    for ran in quick, bare:
        assert 'GradientError: scale.gradient("x") is wrong' in ran.out
        assert re.search(r"gradient in x +got \S+ +expected", ran.out)
        assert "test_ops = op_tests(mine)\nE " in ran.out
        assert "test_mine.py:5: " in ran.out
        for module in pytest_suite, check:
            assert Path(module.__file__).name not in ran.out
        assert "traceback entries are hidden" not in ran.out


def test_the_budget_of_the_command_line_is_used(quick, bare):
    assert "gradcheck budget: quick\n" in quick.out
    assert "fixture: quick\n" in quick.out
    assert calls(quick) < calls(bare)


def test_without_the_plugin_the_budget_is_normal(bare):
    assert bare.code == 1
    assert "1 failed, 2 passed" in bare.out
    assert "gradcheck budget" not in bare.out


@pytest.mark.long
@pytest.mark.parametrize("options", [["--gradcheck-budget=x"], ["-ogradcheck_budget=x"]])
def test_a_budget_that_is_none_is_a_usage_error(folder, options):
    ran = run(folder, *options)
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "'x'" in ran.out
    assert all(name in ran.out for name in check.BUDGETS)


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "header", "fixture"),
    [
        ([], None, "normal"),
        (["-ogradcheck_budget=thorough"], "thorough", "thorough"),
        (["-ogradcheck_budget=thorough", "--gradcheck-budget=quick"], "quick", "quick"),
    ],
)
def test_the_ini_setting_counts_where_the_option_is_not_given(folder, options, header, fixture):
    ran = run(folder, "test_more.py", "-rP", *options)
    assert re.findall(r"gradcheck budget: (.*)", ran.out) == ([header] if header else [])
    assert f"fixture: {fixture}\n" in ran.out


def test_pytest_finds_the_plugin_where_the_package_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"autograd_lite": plugin.__name__}


def test_the_plugin_knows_the_budgets_of_check_op_and_imports_nothing_of_ours():
    assert tuple(check.BUDGETS) == plugin._BUDGETS
    assert inspect.signature(check.check_op).parameters["budget"].default == plugin._BUDGETS[1]
    assert not re.search(r"^\s*(from|import) (?!__future__|pytest)", inspect.getsource(plugin), re.MULTILINE)


def ids_of(*sources):
    """The ids of the tests that op_tests makes, each of which is the name of its op."""
    (mark,) = op_tests(*sources).pytestmark
    params = mark.args[1]
    assert [param.values[0].name for param in params] == [param.id for param in params]
    return [param.id for param in params]


def test_sources_are_modules_ops_and_collections_each_op_once():
    assert ids_of(losses) == ["hinge", "huber", "mae", "mse"]
    assert ids_of(ag.OPS) == ids_of(ag.OPS.values()) == sorted(ag.OPS)
    assert ids_of(ag.sigmoid, losses, [ag.mae, ag.relu], ag.relu) == [
        "hinge",
        "huber",
        "mae",
        "mse",
        "relu",
        "sigmoid",
    ]


@pytest.mark.parametrize(
    ("sources", "error", "message"),
    [
        ((), ValueError, "no op is defined in nothing"),
        (([], ModuleType("mine")), ValueError, r"no op is defined in \[\], mine; give it the module"),
        ((ag,), ValueError, r"in autograd_lite \(its ops come from autograd_lite.ops.activations, "),
        ((len,), TypeError, "<built-in function len> is not an op; decorate"),
        (({"mean": 3},), TypeError, "3 is not an op"),
    ],
)
def test_no_op_is_an_error(sources, error, message):
    with pytest.raises(error, match=message):
        op_tests(*sources)


def test_seed_and_order_are_those_of_check_op(monkeypatch):
    seen = {}
    monkeypatch.setattr(pytest_suite, "check_op", lambda op, **given: seen.update(given, op=op))
    request = SimpleNamespace(config=SimpleNamespace(getoption=lambda name, default: default))
    op_tests(ag.relu, seed=3, order=1)(ag.relu, request)
    assert seen == {"op": ag.relu, "budget": "normal", "seed": 3, "order": 1}
