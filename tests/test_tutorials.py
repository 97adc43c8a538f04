"""The pages under tutorials/: their programs run, and draw and print what the pages show.

`python -m tests.test_tutorials` replaces the outputs in the pages by what the programs print now.
"""

import re
from contextlib import chdir, redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from autograd_lite.operation import OPS

TUTORIALS = Path(__file__).parent.parent / "tutorials"
DRAWINGS, COMPILING = TUTORIALS / "drawings.md", TUTORIALS / "compiling.md"
PAGES = {  # pages whose programs are parts of one file, and the name of that file
    "api": "typed.py",
    "checking": "myops.py",
    "compiling": "xor.py",
    "contributing": "gauss.py",
    "gradients": "gradients.py",
    "how_it_works": "how_it_works.py",
    "index": "unit.py",
    "logistic_regression": "fits.py",
}
WITHOUT = {"comparisons", "operations", "right_or_refused"}  # pages without programs
ROUNDING = re.compile(r"\b\d(\.\d+)?e-(0[6-9]|[1-9]\d)")  # differs between machines
BLOCK = re.compile(r"^```(python|python output|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def read(page):
    return (TUTORIALS / f"{page}.md").read_text(encoding="utf-8")


def programs(page):
    """The programs of a page, each a text."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def as_it_runs(text, file):
    """The text of a page whose programs are parts of one file, with what each prints in the next block."""
    scope, lines, printed = {"__name__": "__main__"}, 0, ""

    def rerun(block):
        nonlocal lines, printed
        kind, body = block.groups()
        if kind != "python":
            body, printed = body if printed is None else f"{printed}\n", ""
            return f"```{kind}\n{body}```"
        assert not printed, f"the page does not show {printed!r}"
        code = compile("\n" * lines + body, file, "exec")  # with its line numbers in the file
        lines += body.count("\n")
        if 'backend="jax"' in body and find_spec("jax") is None:
            printed = None  # not known without JAX
        else:
            with redirect_stdout(StringIO()) as out:
                exec(code, scope)
            printed = out.getvalue().rstrip("\n")
        return block[0]

    known = set(OPS)
    try:
        with TemporaryDirectory() as folder, chdir(folder):
            text = BLOCK.sub(rerun, text)
    finally:
        for name in OPS.keys() - known:
            del OPS[name]
    assert not printed, f"the page does not show {printed!r}"
    return text


@pytest.mark.long
def test_programs_run_and_draw_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    for number, program in enumerate(programs(DRAWINGS), 1):
        exec(compile(program, f"{DRAWINGS.name}, program {number}", "exec"), {"__name__": "__main__"})
    shown = set(re.findall(r"\]\((pictures/[^)]+)\)", DRAWINGS.read_text(encoding="utf-8")))
    drawn = {f"pictures/{path.name}" for path in (tmp_path / "pictures").iterdir()}
    photographed = {"pictures/page.png", "pictures/film.png"}  # of a browser
    assert shown == drawn | (shown & photographed)
    assert all((TUTORIALS / target).is_file() for target in shown)


@pytest.mark.parametrize("page", PAGES)
def test_programs_print_what_the_page_shows(page):
    text = read(page)
    assert ROUNDING.sub("#", as_it_runs(text, PAGES[page])) == ROUNDING.sub("#", text)


def test_tables_read_lines_of_the_program():
    text = COMPILING.read_text(encoding="utf-8")
    program = re.search(r"```python output\n(.*?)```", text, re.DOTALL)[1].splitlines()
    told = [line for cell in re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE) for line in cell.split("`, `")]
    assert len(told) == 20
    assert {line.strip("`") for line in told} <= {line.strip() for line in program}


def test_what_a_page_shows_is_checked():
    page = "```python\nprint(1 + 1)\n```\n\nSo it is:\n\n```text\n3\n```\n"
    assert as_it_runs(page, "x.py") == page.replace("3", "2")
    with pytest.raises(AssertionError, match="does not show '2'"):
        as_it_runs(page[:27], "x.py")


def test_no_page_is_left_out():
    assert {path.stem for path in TUTORIALS.glob("*.md")} == {*PAGES, *WITHOUT, "drawings"}
    assert not any(programs(TUTORIALS / f"{page}.md") for page in WITHOUT)
    assert len(programs(DRAWINGS)) == 6


if __name__ == "__main__":
    for page, file in PAGES.items():
        written = as_it_runs(read(page), file)
        (TUTORIALS / f"{page}.md").write_text(written, encoding="utf-8")
