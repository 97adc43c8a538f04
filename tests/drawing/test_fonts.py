"""Fonts: those that ship are what they say, every letter of a drawing is one, and none is a box."""

import hashlib
import io
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.ft2font import FT2Font
from matplotlib.image import imread

from autograd_lite.drawing import fonts
from autograd_lite.drawing.engines import pictures
from autograd_lite.drawing.render import chosen, render

DATA = Path(fonts.__file__).parent / "fonts_data"
FILES = sorted(path for path in DATA.iterdir() if path.suffix in {".otf", ".ttf"})
BARS = "−∣‖—"  # letters that fill their rectangle, or nearly
SIGNS = "σ×→←…·∂∑√∞≈≤≥²′⊙ᵀ÷γμ∗∇≠ℝ₁\N{SET MINUS}"
NAMES = "Wilm18ÄžБжЩשםبج权重學習ねヌ가힣☺"
STIX = Path(mpl.get_data_path(), "fonts", "ttf", "STIXGeneral.ttf")
SCRIPT = "\N{SCRIPT SMALL G}"  # in STIX, in none of ours


@pytest.fixture(autouse=True)
def no_system_fonts(monkeypatch):
    monkeypatch.setattr(fonts, "FOLDERS", ())


def letters(text, face=""):
    """A DOT file with a node for each character, all of one size, one above the other."""
    nodes = (f"{i} [label=<{face}{c}{face.replace('<', '</')}>]" for i, c in enumerate(text))
    return (
        "digraph { graph [rankdir=LR pad=0 nodesep=0 ranksep=0 bgcolor=white] "
        "node [shape=none fixedsize=true width=1 height=1 fontsize=48 fontname=Helvetica] "
        f"{'; '.join(nodes)} }}"
    )


def ink(png):
    """Where a PNG is dark."""
    return imread(io.BytesIO(png), format="png")[..., :3].mean(axis=-1) < 0.5


def cut(png, text):
    """The ink of each letter, by character: the nodes stand above each other, the first lowest."""
    return dict(zip(text[::-1], np.array_split(ink(png), len(text)), strict=True))


def boxed(letter):
    """Whether the ink has a straight frame on its four sides, as the sign for a missing letter has."""
    rows, columns = np.flatnonzero(letter.any(1)), np.flatnonzero(letter.any(0))
    shape = letter[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return all(side.mean() > 0.9 for side in (shape[0], shape[-1], shape[:, 0], shape[:, -1]))


def leaning(letter):
    """By how many pixels the ink of the first row lies right of that of the last."""
    rows = np.flatnonzero(letter.any(1))
    return np.flatnonzero(letter[rows[0]]).mean() - np.flatnonzero(letter[rows[-1]]).mean()


@pytest.mark.parametrize("face", ["", "<B>", "<I>"])
def test_every_letter_is_inked_and_none_is_a_box_or_like_another(face):
    text = SIGNS + NAMES + BARS
    drawn = cut(render(letters(text, face), "png", "auto", 0.5), text)
    assert [c for c, shape in drawn.items() if shape.sum() < 10] == []
    assert [c for c, shape in drawn.items() if c not in BARS and boxed(shape)] == []
    assert len({shape.tobytes() for shape in drawn.values()}) == len(text)


def test_a_box_is_known_as_one():
    (without,) = pictures(chosen("auto"), [letters("Wi")], ["png"], [])[0]
    assert all(boxed(shape) for shape in cut(without, "Wi").values())
    files, lacking = fonts.ours("🙂🚀")
    assert lacking == {"🙂", "🚀"}
    (numbered,) = pictures(chosen("auto"), [letters("🙂🚀")], ["png"], files)[0]
    assert all(boxed(shape) for shape in cut(numbered, "🙂🚀").values())


def test_bold_and_italic_differ_from_upright_also_where_the_font_has_no_such_face():
    upright, bold, italic = (
        cut(render(letters("W权∣", face), "png", "auto"), "W权∣") for face in ("", "<B>", "<I>")
    )
    assert bold["W"].sum() > 1.15 * upright["W"].sum()
    assert bold["权"].sum() > 1.15 * upright["权"].sum()
    assert leaning(upright["∣"]) < 1
    assert leaning(italic["∣"]) > 4
    assert (italic["W"] != upright["W"]).any()


def test_names_are_drawn_as_they_are_and_l_is_no_I():
    as_said = "0x1F", "4x8", "->"
    for_typographers = "0×1F", "4×8", "→"
    for plain, changed in zip(as_said, for_typographers, strict=True):
        first, second = (render(f'digraph {{a [label="{x}"]}}', "png", "auto") for x in (plain, changed))
        assert first != second
    drawn = cut(render(letters("lI"), "png", "auto"), "lI")
    widths = [np.ptp(np.flatnonzero(drawn[c].any(0))) for c in "lI"]
    assert widths[0] > 1.5 * widths[1]


def test_a_letter_that_no_font_has_is_its_number_except_in_an_svg():
    dot, told = (f'digraph {{a [label="{name}"]}}' for name in ("w🙂\ud800", "wU+1F642U+D800"))
    assert render(dot, "png", "auto") == render(told, "png", "auto")
    undated = [re.sub(rb"/CreationDate.*", b"", render(x, "pdf", "auto")) for x in (dot, told)]
    assert undated[0] == undated[1]
    assert "w🙂" in render(dot, "svg", "auto").decode()


def test_a_letter_that_ours_lack_comes_from_the_system(monkeypatch, tmp_path):
    assert fonts.legible(SCRIPT)[0] == f"U+{ord(SCRIPT):04X}"
    (tmp_path / "a.ttf").write_bytes(b"no font")
    (tmp_path / "b.otf").symlink_to(tmp_path / "nothing")
    for name in "dbgaefc":  # the first by the alphabet, whatever order the file system has
        (tmp_path / name).mkdir()
        shutil.copy(STIX, tmp_path / name / "c.TTF")
    monkeypatch.setattr(fonts, "FOLDERS", ("/nowhere", str(tmp_path)))
    text, files = fonts.legible(SCRIPT + "🙂")
    assert text == SCRIPT + "U+1F642"
    assert files[-1] == str(tmp_path / "a" / "c.TTF")
    assert len(files) == 4
    drawn = cut(render(letters(SCRIPT), "png", "auto"), SCRIPT)
    assert not boxed(drawn[SCRIPT])


def test_a_font_of_coloured_pictures_is_not_used(tmp_path):
    data = FILES[0].read_bytes()
    assert fonts._draws(str(FILES[0]), "W")
    coloured = tmp_path / "coloured.ttf"
    coloured.write_bytes(data.replace(b"GPOS", b"COLR", 1))
    assert not fonts._draws(str(coloured), "W")


@pytest.mark.parametrize("path", [*FILES, STIX], ids=lambda path: path.name)
def test_the_reader_agrees_with_freetype(path):
    known = FT2Font(str(path)).get_charmap()
    chosen = random.Random(0)
    codes = [*chosen.sample(sorted(known), 300), *chosen.sample(range(0x20, 0x20000), 300), 0xFFFF, 0x10FFFF]
    assert [hex(c) for c in codes if fonts._draws(str(path), chr(c)) != bool(known.get(c))] == []


def map_4(segments, glyphs=()):
    """A map of format 4 with such segments of (first, last, delta, offset)."""
    first, last, delta, offset = zip(*segments, (0xFFFF, 0xFFFF, 1, 0), strict=True)
    words = [*last, 0, *first, *delta, *offset, *glyphs]
    count = len(segments) + 1
    return struct.pack(f">{7 + len(words)}H", 4, 14 + 2 * len(words), 0, 2 * count, 0, 0, 0, *words)


def map_12(groups):
    """A map of format 12 with such groups of (first, last, glyph)."""
    body = b"".join(struct.pack(">III", *group) for group in groups)
    return struct.pack(">HHIII", 12, 0, 16 + len(body), 0, len(groups)) + body


@pytest.mark.parametrize(
    ("platform", "encoding", "table", "drawn"),
    [
        (0, 3, map_4([(65, 67, 5, 0), (70, 70, 65536 - 70, 0)]), "ABC"),
        (3, 1, map_4([(65, 68, 0, 4)], (0, 9, 0, 9)), "BD"),
        (3, 1, map_4([(65, 66, 0, 6), (67, 68, 3, 8)], (0, 7, 0, 7)), "BD"),
        (3, 10, map_12([(65, 66, 3), (67, 68, 0), (0x1F642, 0x1F642, 8)]), "ABD🙂"),
        (0, 4, map_12([(67, 67, 1)]), "C"),
        (3, 0, map_4([(65, 67, 5, 0)]), ""),
        (1, 0, map_12([(65, 67, 5)]), ""),
        (0, 5, struct.pack(">HH12H", 14, 0, *range(65, 77)), ""),
        (0, 3, struct.pack(">HHHHH4H", 6, 18, 0, 65, 4, 1, 2, 3, 4), ""),
    ],
    ids=range(9),
)
def test_maps_of_both_formats_and_only_those_of_unicode(tmp_path, platform, encoding, table, drawn):
    cmap = struct.pack(">HHHHI", 0, 1, platform, encoding, 12) + table
    font = tmp_path / "small.ttf"
    head = struct.pack(">4sHHHH4sIII", b"\0\1\0\0", 1, 0, 0, 0, b"cmap", 0, 28, len(cmap))
    font.write_bytes(head + cmap)
    assert "".join(c for c in "ABCDEF🙂" if fonts._draws(str(font), c)) == drawn


def test_the_first_font_of_a_collection_is_read(tmp_path):
    data = FILES[0].read_bytes()
    (count,) = struct.unpack(">4xH", data[:6])
    entries = struct.iter_unpack(">4sIII", data[12 : 12 + 16 * count])
    moved = b"".join(struct.pack(">4sIII", tag, check, at + 16, size) for tag, check, at, size in entries)
    collection = tmp_path / "a.ttc"
    head = struct.pack(">4sHHII", b"ttcf", 1, 0, 1, 16)
    collection.write_bytes(head + data[:12] + moved + data[12 + 16 * count :])
    assert fonts._draws(str(collection), "W")
    assert not fonts._draws(str(collection), "权")


def test_a_broken_font_has_no_letters_and_raises_nothing(tmp_path):
    source, broken = FILES[0].read_bytes(), tmp_path / "broken.ttf"
    damage = random.Random(1)
    for size in (0, 3, 11, 12, 40, 200, 5000, len(source) - 1):
        broken.write_bytes(source[:size])
        assert not fonts._draws(str(broken), "W")
    (at,) = struct.unpack_from(">I", source, source.index(b"cmap") + 8)
    for _ in range(300):
        spoiled = bytearray(source)
        for _ in range(8):
            spoiled[damage.choice((damage.randrange(300), at + damage.randrange(200)))] = damage.randrange(
                256
            )
        broken.write_bytes(spoiled)
        assert fonts._draws(str(broken), "W") in {True, False}
        assert fonts._draws(str(broken), "🙂") in {True, False}


def test_the_fonts_are_those_of_the_list_with_their_licences():
    said = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    sums = dict(reversed(line.split()) for line in re.findall(r"^[0-9a-f]{64}  \S+$", said, re.MULTILINE))
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
    assert all(path.name in said for path in licences)
    for licence in ("OFL-1.1", "Bitstream-Vera", "Apache-2.0"):
        assert licence in project["license"].split(" AND ")
        assert licence in said


def test_the_cache_is_written_where_it_is_said(tmp_path):
    told = fonts.environment(fonts.ours("w")[0], str(tmp_path))
    script = "import pygraphviz as p; p.AGraph('digraph { a }').draw('a.png', prog='dot')"
    subprocess.run([sys.executable, "-c", script], env=told, cwd=tmp_path, check=True, capture_output=True)
    assert any((tmp_path / "cache").iterdir())


def test_a_drawing_leaves_no_mark_beside_the_fonts():
    before = sorted(os.listdir(DATA))
    render("digraph {a}", "png", "auto")
    assert sorted(os.listdir(DATA)) == before
    assert [name for name in before if name.startswith(".")] == []
