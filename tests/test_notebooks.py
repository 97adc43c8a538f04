"""The notebooks under tutorials/: they run, their asserts hold, and their outputs are up to date.

`python -m tests.test_notebooks` executes them and saves their outputs.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

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


def execute(notebook, folder):
    """Run all cells in a folder; no times are kept, so that to run again changes nothing."""
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=60, resources=place, record_timing=False).execute()


def texts(cell):
    """Outputs of a cell: for each its type, its kinds of data, and its text, or ""."""
    shown: list = []
    for output in joined(cell.outputs):
        data = output.get("data", {})
        pictured = any(kind.startswith("image/") for kind in data) or "text/html" in data
        text = output.get("text") or ("" if pictured else data.get("text/plain", ""))
        shown.append((output.output_type, sorted(data), text))
    return shown


def joined(outputs):
    """Merge neighbouring outputs of the same stream."""
    made: list = []
    for output in outputs:
        if made and output.output_type == made[-1].output_type == "stream" and output.name == made[-1].name:
            made[-1].text += output.text
        else:
            made.append(output)
    return made


def test_there_are_notebooks():
    assert NOTEBOOKS


@each_notebook
def test_a_notebook_is_committed_as_it_ran(path):
    notebook = read(path)
    nbformat.validate(notebook)
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert all(output.output_type != "error" and output.get("name") != "stderr" for output in outputs)
    assert path.stat().st_size < 1_500_000


@each_notebook
def test_a_notebook_has_two_exercises_with_solutions(path):
    cells = read(path).cells
    assert cells[0].source.startswith("# ")
    told = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert told.count("<summary>Solution</summary>") == len(SOLUTION.findall(told)) == 2


@pytest.mark.long
@each_notebook
def test_a_notebook_prints_what_it_shows(path, tmp_path):
    notebook = read(path)
    shown = [texts(cell) for cell in code(notebook)]
    told = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    notebook.cells += [nbformat.v4.new_code_cell(solution) for solution in SOLUTION.findall(told)]
    execute(notebook, tmp_path)
    for cell, before in zip(code(notebook), shown, strict=False):  # the solutions follow
        now = texts(cell)
        assert [what[:2] for what in now] == [what[:2] for what in before], cell.source
        if "times" not in cell.metadata.get("tags", []):
            for (*_, one), (*_, other) in zip(now, before, strict=True):
                same(one, other)


def same(one, other):
    """Assert that two texts are the same, up to 1 % in each number and 1e-7 for rounding."""
    assert NUMBER.sub("#", one) == NUMBER.sub("#", other)
    for a, b in zip(NUMBER.findall(one), NUMBER.findall(other), strict=True):
        assert float(a) == pytest.approx(float(b), rel=0.01, abs=1e-7), (one, other)


if __name__ == "__main__":
    for path in NOTEBOOKS:
        print(path.name)
        notebook = read(path)
        with TemporaryDirectory() as folder:
            execute(notebook, folder)
        notebook.metadata["language_info"] = {"name": "python"}  # no version
        for cell in code(notebook):
            cell.outputs = joined(cell.outputs)
        nbformat.write(notebook, path)
