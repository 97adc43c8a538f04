"""The pages under tutorials/: their programs run as they stand, and draw the pictures that they show."""

import re
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parent.parent / "tutorials"
PAGES = sorted(TUTORIALS.glob("*.md"))


def programs(page):
    """The programs of a page, each a text."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_programs_run_and_draw_what_the_page_shows(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    for number, program in enumerate(programs(page), 1):
        exec(compile(program, f"{page.name}, program {number}", "exec"), {"__name__": "__main__"})
    shown = set(re.findall(r"\]\((pictures/[^)]+)\)", page.read_text(encoding="utf-8")))
    drawn = {f"pictures/{path.name}" for path in (tmp_path / "pictures").iterdir()}
    photographed = {"pictures/page.png", "pictures/film.png"}  # of a browser
    assert shown == drawn | (shown & photographed)
    assert all((TUTORIALS / target).is_file() for target in shown)


def test_there_is_a_page():
    assert [page.name for page in PAGES] == ["drawings.md"]
    assert len(programs(PAGES[0])) == 6
