"""The README's programs run, and what it says they print is what they print."""

import re
from pathlib import Path

import numpy as np
import pytest

from autograd_lite.__main__ import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _section(title):
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def _report(name):
    return (ROOT / "tests" / "benchmarks" / f"{name}.md").read_text(encoding="utf-8")


def _settled(report):
    """The lines of a report that do not depend on the time of day or the folder."""
    return [line for line in report.splitlines() if not line.startswith(("autograd_lite demo", "done in"))]


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


def test_the_demo_prints_what_the_readme_says(tmp_path, capsys):
    main(["demo", "--out", str(tmp_path / "demo")])
    printed = _settled(capsys.readouterr().out)
    told = _settled(re.search(r"```\n(autograd_lite demo.*?)```", README, re.DOTALL)[1])
    assert [NUMBER.sub("#", line) for line in printed] == [NUMBER.sub("#", line) for line in told]
    for one, other in zip(NUMBER.findall("\n".join(printed)), NUMBER.findall("\n".join(told)), strict=True):
        assert float(one) == pytest.approx(float(other), rel=0.02), (one, other)


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target
