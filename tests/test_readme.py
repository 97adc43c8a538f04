"""The README's programs run, and what it says they print is what they print."""

import re
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.__main__ import main
from autograd_lite.operation import OPS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _settled(report):
    """The lines of a report that do not depend on the time of day or the folder."""
    return [line for line in report.splitlines() if not line.startswith(("autograd_lite demo", "done in"))]


def test_the_first_program_is_short_and_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(PROGRAMS[0].splitlines()) <= 20
    exec(PROGRAMS[0], {})
    assert (tmp_path / "unit.png").read_bytes().startswith(b"\x89PNG")


def test_an_operation_in_one_place():
    scope = {"ag": ag, "np": np}
    try:
        exec(PROGRAMS[1], scope)
        assert ag.grad(scope["softsign"])(-1.0) == 0.25
    finally:
        OPS.pop("softsign")


def test_a_wrong_rule_is_told_as_the_readme_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scope = {"ag": ag, "np": np}
    told = re.search(r"```\nGradientError: (.*?)\n```", README, re.DOTALL)[1]
    try:
        with pytest.raises(ag.testing.GradientError) as caught:
            exec(compile(PROGRAMS[2], "myops.py", "exec"), scope)
        assert str(caught.value) == told
    finally:
        OPS.pop("scale")


def test_the_compiled_program_is_the_one_shown():
    scope = {"ag": ag, "np": np}
    exec(compile(PROGRAMS[3].replace("print(step.source)", ""), "xor.py", "exec"), scope)
    shown = re.search(r"```\n(    # back through.*?)```", README, re.DOTALL)[1]
    assert shown in scope["step"].source
    assert scope["step"](*ag.datasets.xor()) < 0.01


def test_the_summary_of_the_fit_is_the_one_shown(capsys):
    exec(PROGRAMS[4], {"ag": ag, "np": np})
    shown = re.search(r"```\n(LogisticRegression, .*?)```", README, re.DOTALL)[1]
    small = re.compile(r"\d\.\de-\d+")  # what is left of a gradient is another on every machine
    lines = [small.sub("#", line.rstrip()) for line in capsys.readouterr().out.splitlines()]
    assert lines == small.sub("#", shown).splitlines()


def test_the_tables_of_the_benchmark_are_those_of_its_report():
    report = (Path(__file__).parent / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    rows = [line for line in README.split("## Speed")[1].splitlines() if line.startswith("| ")]
    assert len(rows) > 12
    assert all(row in report for row in rows)


def test_the_demo_prints_what_the_readme_says(tmp_path, capsys):
    main(["demo", "--out", str(tmp_path / "demo")])
    printed = _settled(capsys.readouterr().out)
    told = _settled(re.search(r"```\n(autograd_lite demo.*?)```", README, re.DOTALL)[1])
    assert [NUMBER.sub("#", line) for line in printed] == [NUMBER.sub("#", line) for line in told]
    for one, other in zip(NUMBER.findall("\n".join(printed)), NUMBER.findall("\n".join(told)), strict=True):
        assert float(one) == pytest.approx(float(other), rel=0.02), (one, other)


def test_the_number_of_operations():
    builtin = [op for op in OPS.values() if op.forward.__module__.startswith("autograd_lite.ops")]
    assert f"the table of the {len(builtin)} operations" in README.replace("\n", " ")


def test_pictures_and_links_exist():
    root = Path(__file__).parent.parent
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (root / target).is_file(), target
