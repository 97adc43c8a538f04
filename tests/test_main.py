"""The command line: the demonstration meets its promises, the table of operations is complete."""

import re

import pytest

import autograd_lite as ag
from autograd_lite.__main__ import main


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


def test_cross_entropy_learns_where_squared_error_does_not(demonstration):
    report, _ = demonstration
    assert re.search(r"cross-entropy.*accuracy 0\.8\d+   learns", report)
    assert re.search(r"squared error.*does not learn", report)


def test_gradients_are_checked_and_counted(demonstration):
    report, _ = demonstration
    assert int(_number(r"Gradients: (\d+) ops checked", report)) == 7
    assert int(_number(r"(\d+) derivatives of first and second order", report)) > 500


def test_pictures_are_written(demonstration):
    _, out = demonstration
    assert sorted(p.name for p in out.iterdir()) == ["boundary.png", "curves.png", "network.png", "unit.png"]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in out.iterdir())


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
