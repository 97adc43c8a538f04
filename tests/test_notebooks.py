"""The notebooks under tutorials/: they run, their asserts hold, and what they show is what they print."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

TUTORIALS = Path(__file__).parent.parent / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("[0-9]*.ipynb"))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
SOLUTION = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell):
    """What a cell shows: for each output its kind, and its text if it has one; a stream may come in parts."""
    shown: list = []
    for output in cell.outputs:
        data = output.get("data", {})
        pictured = any(kind.startswith("image/") for kind in data) or "text/html" in data
        text = output.get("text") or ("" if pictured else data.get("text/plain", ""))
        if output.output_type == "stream" and shown and shown[-1][0] == "stream":
            text = shown.pop()[2] + text
        shown.append((output.output_type, sorted(data), text))
    return shown


def test_there_are_notebooks():
    assert NOTEBOOKS


@each_notebook
def test_a_notebook_is_committed_as_it_ran(path):
    notebook = read(path)
    nbformat.validate(notebook)
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert all(output.output_type != "error" and output.get("name") != "stderr" for output in outputs)
    assert path.stat().st_size < 1_500_000


@each_notebook
def test_a_notebook_has_two_exercises_with_solutions(path):
    cells = read(path).cells
    assert cells[0].source.startswith("# ")
    told = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert told.count("<summary>Solution</summary>") == len(SOLUTION.findall(told)) == 2


@each_notebook
def test_a_notebook_prints_what_it_shows(path, tmp_path):
    notebook = read(path)
    shown = [texts(cell) for cell in code(notebook)]
    told = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    notebook.cells += [nbformat.v4.new_code_cell(solution) for solution in SOLUTION.findall(told)]
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell, before in zip(code(notebook), shown, strict=False):  # the solutions follow
        now = texts(cell)
        assert [what[:2] for what in now] == [what[:2] for what in before], cell.source
        if "times" not in cell.metadata.get("tags", []):
            for (*_, one), (*_, other) in zip(now, before, strict=True):
                same(one, other)


def same(one, other):
    """Assert that two texts are the same, numbers within 1 %, where rounding is no number."""
    assert NUMBER.sub("#", one) == NUMBER.sub("#", other)
    for a, b in zip(NUMBER.findall(one), NUMBER.findall(other), strict=True):
        assert float(a) == pytest.approx(float(b), rel=0.01, abs=1e-7), (one, other)
