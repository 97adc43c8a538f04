"""The command line: the demonstration meets its promises, the table of operations is complete."""

import re
import sys
from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite.__main__ import main

README = Path(__file__).parent.parent / "README.md"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory):
    """The printed report and the folder of pictures of one run."""
    out = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr("builtins.print", lambda *words: lines.append(" ".join(map(str, words))))
        assert main(["demo", "--out", str(out)]) == 0
    return "\n".join(lines), out


def _number(pattern, text):
    return float(re.search(pattern, text, re.DOTALL)[1])


def test_held_out_accuracy_and_losses(demonstration):
    report, _ = demonstration
    assert "seed 0" in report
    assert _number(r"Breast cancer.*?held-out accuracy (\S+)", report) >= 0.96
    assert _number(r"XOR:.*?network\s+loss (\S+)", report) < 0.01
    assert _number(r"XOR:.*?logistic unit\s+loss (\S+)", report) == pytest.approx(0.6931, abs=1e-3)
    assert _number(r"Iris:.*?network .*?held-out accuracy (\S+)", report) >= 0.93


def _without_folder_and_time(report):
    """The lines of a report that do not depend on the time of day or the folder."""
    return [line for line in report.splitlines() if not line.startswith(("autograd_lite demo", "done in"))]


def test_the_report_is_the_one_in_the_readme(demonstration):
    printed = _without_folder_and_time(demonstration[0])
    readme = README.read_text(encoding="utf-8")
    shown = _without_folder_and_time(re.search(r"```\n(autograd_lite demo.*?)```", readme, re.DOTALL)[1])
    assert [NUMBER.sub("#", line) for line in printed] == [NUMBER.sub("#", line) for line in shown]
    for one, other in zip(NUMBER.findall("\n".join(printed)), NUMBER.findall("\n".join(shown)), strict=True):
        assert float(one) == pytest.approx(float(other), rel=0.02), (one, other)


def test_cross_entropy_learns_where_squared_error_does_not(demonstration):
    report, _ = demonstration
    assert re.search(r"cross-entropy.*accuracy 0\.8\d+   learns", report)
    assert re.search(r"squared error.*does not learn", report)


def test_gradients_are_checked_and_counted(demonstration):
    report, _ = demonstration
    assert int(_number(r"Gradients: (\d+) ops checked", report)) == 7
    assert _number(r"over (\d+) 000 derivatives of first and second order", report) >= 6
    assert "fewer than 1 in 1000 had no verdict" in report


def test_pictures_are_written(demonstration):
    _, out = demonstration
    pictures = ["boundary.png", "curves.png", "network.png", "unit.png"]
    assert sorted(p.name for p in out.iterdir()) == sorted([*pictures, "network.html", "film.html"])
    assert all((out / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    assert all(b"</html>" in (out / name).read_bytes() for name in ("network.html", "film.html"))


def test_the_table_of_operations(capsys):
    assert main(["ops"]) == 0
    printed = capsys.readouterr().out
    names = {line.split()[0] for line in printed.splitlines()[1:] if not line.startswith(" ")}
    assert names == set(ag.OPS)
    assert "× y(1−y)" in printed
    assert "np.linalg.norm" in printed


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["dance"])
    assert "invalid choice: 'dance'" in capsys.readouterr().err


SCRIPT = """
import sys
import numpy as np
import autograd_lite as ag

w = ag.nn.Parameter(0.5)
net = ag.nn.LogisticUnit(2)
X, labels = np.ones((3, 2)), np.array([0.0, 1.0, 1.0])
loss = ag.bce(net(X), labels) + w * float(__name__ == "__main__")
loss.backward()
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """A script in a folder whose name has a blank, and that is the current one."""
    folder = tmp_path / "my lessons"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.path", sys.path[:])
    monkeypatch.setattr("sys.argv", ["autograd_lite"])
    (folder / "a:b.py").write_text(SCRIPT)
    return "a:b.py:loss"


def test_draw_writes_the_graph_of_the_tensor_that_a_script_leaves(script, tmp_path, capsys):
    assert main(["draw", script, "-o", "../graph.png"]) == 0
    assert capsys.readouterr().out == "wrote ../graph.png\n"
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


def test_draw_without_a_file_prints_the_table_with_the_names_of_the_script(script, capsys):
    assert main(["draw", script, "--model", "net"]) == 0
    rows = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert {"X", "labels", "w", "b"} <= set(rows)
    assert any(row.startswith("loss = ") for row in rows)


def test_draw_takes_the_settings_of_ag_draw(script, tmp_path):
    main(
        [
            "draw",
            script,
            "-o",
            str(tmp_path / "a.dot"),
            "--theme",
            "dark",
            "--direction",
            "TB",
            "--title",
            "T",
        ]
    )
    dot = (tmp_path / "a.dot").read_text()
    assert "rankdir=TB" in dot
    assert "<B>T</B>" in dot
    assert 'bgcolor="#0F172A"' in dot


@pytest.mark.parametrize(
    ("what", "more", "message"),
    [
        ("a:b.py:los", [], "leaves nothing in 'los', not a Tensor; it leaves w, loss"),
        ("a:b.py:X", [], "leaves a ndarray in 'X', not a Tensor; it leaves w, loss"),
        ("a:b.py:loss", ["--model", "X"], "leaves a ndarray in 'X', not a Module; it leaves net"),
        ("a:b.py:loss", ["--unfold", "q"], "unfold has 'q'; the folds are"),
        ("a:b.py:loss", ["-o", "x.gif"], "'x.gif' ends in '.gif'"),
        ("a:b.py:loss", ["-o", "no/x.png"], "there is no folder 'no'"),
        ("nope.py:loss", [], "there is no file 'nope.py'"),
        ("loss", [], "'loss' names no tensor; write script.py:loss"),
        ("a:b.py:", [], "names no tensor; write script.py:loss"),
    ],
)
def test_draw_reports_what_is_wrong_in_one_line(script, what, more, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["draw", what, *more])
    assert ended.value.code == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


def test_an_error_of_the_script_is_shown_as_python_shows_it(script, tmp_path, capsys):
    (tmp_path / "bad.py").write_text("def f():\n    raise KeyError('mine')\nf()\n")
    with pytest.raises(SystemExit, match=r"bad\.py ended with this error"):
        main(["draw", f"{tmp_path}/bad.py:loss"])
    printed = capsys.readouterr().err
    assert "line 2, in f" in printed
    assert "KeyError: 'mine'" in printed


def test_a_script_may_read_its_arguments_and_exit(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["autograd_lite", "draw", "x"])
    monkeypatch.setattr("sys.path", sys.path[:])
    script = tmp_path / "s.py"
    script.write_text(f"{SCRIPT}import argparse\nargparse.ArgumentParser().parse_args()\nsys.exit(0)\n")
    assert main(["draw", f"{script}:loss"]) == 0
    assert "loss = " in capsys.readouterr().out
    script.write_text("import sys\nsys.exit('no data')\n")
    with pytest.raises(SystemExit, match="no data"):
        main(["draw", f"{script}:loss"])


def test_a_path_that_cannot_be_written_is_reported_before_the_script_runs(tmp_path, capsys):
    script = tmp_path / "s.py"
    script.write_text("raise KeyError('ran')\n")
    with pytest.raises(SystemExit):
        main(["draw", f"{script}:loss", "-o", "x.jpg"])
    assert "'x.jpg' ends in '.jpg'" in capsys.readouterr().err
