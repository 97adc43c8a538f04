"""The README's programs run, and what it says they print is what they print."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from autograd_lite.operation import OPS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ENGINE = [
    "messages",
    "modes",
    "domains",
    "protocol",
    "signature",
    "tensor",
    "calling",
    "operation",
    "autodiff",
]


def _section(title):
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def _report(name):
    return (ROOT / "tests" / "benchmarks" / f"{name}.md").read_text(encoding="utf-8")


def test_the_first_program_is_short_and_draws_and_compiles_what_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (program,) = PROGRAMS
    assert len(program.splitlines()) <= 20
    exec(compile(program, "unit.py", "exec"), scope := {})
    assert (tmp_path / "unit.png").read_bytes().startswith(b"\x89PNG")
    shown = re.search(r"```\n(    # back through.*?)```", README, re.DOTALL)[1]
    assert shown in capsys.readouterr().out
    assert scope["losses"][0] == pytest.approx(np.log(2))
    assert scope["losses"][-1] < 0.06


def test_the_tables_of_the_benchmark_are_those_of_its_report():
    rows = [line for line in _section("Speed").splitlines() if line.startswith("| ")]
    assert len(rows) > 12
    assert all(row in _report("RESULTS") for row in rows)


def test_the_numbers_of_the_checkers_are_those_of_their_report():
    shown = [line for line in _section("Wrong gradients found").splitlines() if " % |" in line]
    columns, *rows = [line for line in _report("CHECKERS").splitlines() if line.startswith("| ")]
    of = ["torch, 60", "JAX, 60", "HIPS, 60", "autograd_lite, 60"]
    places = [[cell.strip() for cell in columns.split("|")].index(name) for name in of]
    named = ["all wrong rules caught", "of them, held out", "right rules reported"]
    for line, name in zip(shown, named, strict=True):
        (row,) = [row for row in rows if name in row]
        told = [float(cell.strip(" *%")) for cell in line.split("|")[2:6]]
        assert told == pytest.approx([float(row.split("|")[i].strip(" %")) for i in places], abs=0.5)
    assert "Median ratio: 0.34." in _report("CHECKERS")


def test_the_engine_has_about_a_thousand_lines():
    files = [ROOT / "autograd_lite" / f"{name}.py" for name in ENGINE]
    assert 900 < sum(_code_lines(file.read_text("utf-8")) for file in files) < 1100


def _code_lines(source):
    """The number of lines that are neither blank, nor a comment, nor a docstring."""
    holders = ast.Module | ast.FunctionDef | ast.ClassDef
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, holders)]
    docs = [node.body[0] for node in nodes if ast.get_docstring(node)]
    told = {line for doc in docs for line in range(doc.lineno, doc.end_lineno + 1)}
    lines = [line.strip() for i, line in enumerate(source.splitlines(), 1) if i not in told]
    return sum(bool(line) and line[0] != "#" for line in lines)


def test_the_number_of_operations():
    builtin = [op for op in OPS.values() if op.forward.__module__.startswith("autograd_lite.ops")]
    assert f"a page of the {len(builtin)} operations" in README.replace("\n", " ")


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target
