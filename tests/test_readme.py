"""The programs in the README run, and its tables agree with the reports."""

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


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


def test_the_tables_of_the_benchmark_agree_with_its_report():
    rows = [line for line in _section("Speed").splitlines() if line.startswith("| ")]
    assert len(rows) > 12
    assert all(row in _report("RESULTS") for row in rows)


def test_the_numbers_of_the_checkers_agree_with_their_report():
    shown = [line for line in _section("Wrong gradients found").splitlines() if " % |" in line]
    columns, *rows = [line for line in _report("CHECKERS").splitlines() if line.startswith("| ")]
    of = ["torch, 60", "JAX, 60", "HIPS, 60", "autograd_lite, 60"]
    places = [[cell.strip() for cell in columns.split("|")].index(name) for name in of]
    named = ["all wrong rules caught", "of them, held out", "right rules reported"]
    for line, name in zip(shown, named, strict=True):
        (row,) = [row for row in rows if name in row]
        percentages = [float(cell.strip(" *%")) for cell in line.split("|")[2:6]]
        assert percentages == pytest.approx([float(row.split("|")[i].strip(" %")) for i in places], abs=0.5)
    assert "Median ratio: 0.34." in _report("CHECKERS")


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target
