"""Fonts: the bundled ones draw every letter of a drawing, and none of them as an empty box."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from matplotlib.ft2font import FT2Font
from matplotlib.image import imread

from autograd_lite.drawing import render
from autograd_lite.drawing.render import draw_with, to_pdf, to_png, to_svgs

DATA = Path(render.__file__).parent / "fonts_data"
FILES = sorted(path for path in DATA.iterdir() if path.suffix in {".otf", ".ttf"})
BARS = "−∣‖—"  # letters that fill their rectangle, or almost
SIGNS = "σ×→←…·∂∑√∞≈≤≥²′⊙ᵀ÷γμ∗∇≠ℝ₁\N{SET MINUS}"
NAMES = "Wilm18ÄžБжЩשםبج权重學習ねヌ가힣☺"


def letters(text, face=""):
    """A DOT file with a node for each character, all of one size, one above the other."""
    nodes = (f"{i} [label=<{face}{c}{face.replace('<', '</')}>]" for i, c in enumerate(text))
    return (
        "digraph { graph [rankdir=LR pad=0 nodesep=0 ranksep=0 bgcolor=white] "
        "node [shape=none fixedsize=true width=1 height=1 fontsize=48 fontname=Helvetica] "
        f"{'; '.join(nodes)} }}"
    )


def ink(png):
    """The dark pixels of a PNG, as a matrix of booleans."""
    return imread(io.BytesIO(png), format="png")[..., :3].mean(axis=-1) < 0.5


def cut(png, text):
    """The ink of each letter, by character: the nodes stand above each other, the first lowest."""
    return dict(zip(text[::-1], np.array_split(ink(png), len(text)), strict=True))


def boxed(letter):
    """True if the ink has a straight frame on its four sides, like the sign for a missing letter."""
    rows, columns = np.flatnonzero(letter.any(1)), np.flatnonzero(letter.any(0))
    shape = letter[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return all(side.mean() > 0.9 for side in (shape[0], shape[-1], shape[:, 0], shape[:, -1]))


def leaning(letter):
    """The distance in pixels from the ink of the last row to the right, to the ink of the first row."""
    rows = np.flatnonzero(letter.any(1))
    return np.flatnonzero(letter[rows[0]]).mean() - np.flatnonzero(letter[rows[-1]]).mean()


@pytest.mark.parametrize("face", ["", "<B>", "<I>"])
def test_every_letter_is_inked_and_none_is_a_box_or_like_another(face):
    text = SIGNS + NAMES + BARS
    drawn = cut(to_png(letters(text, face), "auto", 0.5), text)
    assert [c for c, shape in drawn.items() if shape.sum() < 10] == []
    assert [c for c, shape in drawn.items() if c not in BARS and boxed(shape)] == []
    assert len({shape.tobytes() for shape in drawn.values()}) == len(text)


def test_a_missing_glyph_is_a_box(monkeypatch, tmp_path):
    """What `boxed` finds: a character that the fonts lack, and every one if there are no fonts."""
    (missing,) = draw_with("auto", [letters("🙂🚀")], ["png"])[0]
    assert all(boxed(shape) for shape in cut(missing, "🙂🚀").values())
    shutil.copy(DATA / "fonts.conf", tmp_path)
    monkeypatch.setattr(render, "FONTS", str(tmp_path))
    (without,) = draw_with("auto", [letters("Wi")], ["png"])[0]
    assert all(boxed(shape) for shape in cut(without, "Wi").values())


def test_bold_and_italic_differ_from_upright_also_where_the_font_has_no_such_face():
    upright, bold, italic = (
        cut(to_png(letters("W权∣", face), "auto", 1), "W权∣") for face in ("", "<B>", "<I>")
    )
    assert bold["W"].sum() > 1.15 * upright["W"].sum()
    assert bold["权"].sum() > 1.15 * upright["权"].sum()
    assert leaning(upright["∣"]) < 1
    assert leaning(italic["∣"]) > 4
    assert (italic["W"] != upright["W"]).any()


def test_names_are_drawn_as_they_are_and_l_differs_from_I():
    for plain, ligature in (("0x1F", "0×1F"), ("4x8", "4×8"), ("->", "→")):
        first, second = (to_png(f'digraph {{a [label="{x}"]}}', "auto", 1) for x in (plain, ligature))
        assert first != second
    drawn = cut(to_png(letters("lI"), "auto", 1), "lI")
    widths = [np.ptp(np.flatnonzero(drawn[c].any(0))) for c in "lI"]
    assert widths[0] > 1.5 * widths[1]


def test_a_character_that_no_font_has_is_its_number_except_in_an_svg():
    dot, numbered = (f'digraph {{a [label="{name}"]}}' for name in ("w🙂\ud800", "wU+1F642U+D800"))
    assert to_png(dot, "auto", 1) == to_png(numbered, "auto", 1)
    undated = [re.sub(rb"/CreationDate.*", b"", to_pdf(x, "auto")) for x in (dot, numbered)]
    assert undated[0] == undated[1]
    assert "w🙂" in to_svgs([dot], "auto")[0].decode()


def test_the_table_of_characters_agrees_with_the_fonts():
    expected = set(range(128)).union(*(FT2Font(str(path)).get_charmap() for path in FILES))
    drawn = {code for code in range(0x110000) if render.replace_missing_glyphs(chr(code)) == chr(code)}
    assert drawn == expected


def test_the_fonts_are_listed_with_their_checksums_and_licences():
    sources = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    sums = dict(reversed(line.split()) for line in re.findall(r"^[0-9a-f]{64}  \S+$", sources, re.MULTILINE))
    assert sums == {name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in sums}
    assert {path.name for path in FILES} <= set(sums)
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 7_000_000
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text("utf-8"))[
        "project"
    ]
    named = {path for pattern in project["license-files"] for path in Path(__file__).parents[2].glob(pattern)}
    licences = set(DATA.glob("LICENSE-*.txt"))
    assert len(licences) == 3
    assert licences | {DATA / "SOURCES.md"} <= named
    assert all(path.name in sources for path in licences)
    for licence in ("OFL-1.1", "Bitstream-Vera", "Apache-2.0"):
        assert licence in project["license"].split(" AND ")
        assert licence in sources


def test_the_cache_of_the_fonts_is_in_the_temporary_folder(tmp_path):
    script = "import pygraphviz as p; p.AGraph('digraph { a }').draw('a.png', prog='dot')"
    with render.bundled_fonts(str(tmp_path)):
        subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
    assert any((tmp_path / "cache").iterdir())
    assert "FONTCONFIG_FILE" not in os.environ


def test_a_drawing_leaves_no_mark_beside_the_fonts():
    before = sorted(os.listdir(DATA))
    to_png("digraph {a}", "auto", 1)
    assert sorted(os.listdir(DATA)) == before
    assert [name for name in before if name.startswith(".")] == []
