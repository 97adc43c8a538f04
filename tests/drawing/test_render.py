"""Engines: each runs outside of the user's process, and the error says what went wrong there."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

import autograd_lite as ag
from autograd_lite.drawing import render
from autograd_lite.drawing.render import choose_engine, draw_with, to_png
from autograd_lite.nn import Parameter

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(ag.__file__).parents[1]
DOT = "digraph { a -> b }"
DRAW = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import autograd_lite as ag
w = ag.nn.Parameter([0.5, -1.25], name="权重 Wi")
loss = ag.bce(ag.sigmoid(np.array([[1.0, 2.0], [3.0, -4.0]]) @ w), np.array([1.0, 0.0]))
loss.backward()
drawing = ag.draw(loss, title="σ(z) → loss", engine="pygraphviz")
for path in sys.argv[2:]:
    drawing.save(path)
"""


def drawing(**settings):
    w = Parameter(0.5, name="w")
    loss = ag.sigmoid(w * 2.0)
    loss.backward()
    return ag.draw(loss, **settings)


def draw_elsewhere(folder, names, **environment):
    """Draw files in a process with this environment only; return everything that it prints."""
    (folder / "home").mkdir()
    (folder / "tmp").mkdir()
    (folder / "here").mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", DRAW, str(ROOT), *names],
        env={"PATH": "", "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), **environment},
        cwd=folder / "here",
        capture_output=True,
        check=False,
        text=True,
    )
    return ran.stdout + ran.stderr


def fake_pygraphviz(monkeypatch, folder, code):
    """A module pygraphviz that is found first, on a path of its own."""
    (folder / "path").mkdir()
    (folder / "path" / "pygraphviz.py").write_text(code)
    monkeypatch.syspath_prepend(folder / "path")


def fake_dot(monkeypatch, folder, script):
    """A program dot that is found first."""
    folder.joinpath("bin").mkdir()
    folder.joinpath("bin", "dot").write_text(f"#!/bin/sh\n{script}\n")
    folder.joinpath("bin", "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "bin"), prepend=os.pathsep)


def cards(svg, png):
    """Each card of an SVG, as pairs of a text and its pixels in the PNG of the same drawing."""
    root, pixels = ElementTree.fromstring(svg), imread(png)[..., :3]
    scale = pixels.shape[1] / float(root.get("viewBox").split()[2])
    (graph,) = root.findall(f"{SVG}g")
    dx, dy = map(float, re.search(r"translate\((\S+) (\S+)\)", graph.get("transform")).groups())
    for node in (g for g in graph.iter(f"{SVG}g") if g.get("class") == "node"):
        card = []
        for text in node.iter(f"{SVG}text"):
            x, y, size, width = (float(text.get(k)) for k in ("x", "y", "font-size", "textLength"))
            left = x + dx - (width / 2 if text.get("text-anchor") == "middle" else 0)
            edges = (y + dy - 0.9 * size, y + dy + 0.2 * size, left, left + width)
            top, bottom, left, right = (round(edge * scale) for edge in edges)
            card.append((text.text, pixels[top:bottom, left:right]))
        yield card


def test_without_a_path_and_without_fonts_every_card_has_letters(tmp_path):
    assert draw_elsewhere(tmp_path, ["a.png", "a.svg"], FONTCONFIG_FILE="/nonexistent/fonts.conf") == ""
    here = tmp_path / "here"
    found = list(cards((here / "a.svg").read_bytes(), here / "a.png"))
    assert len(found) >= 5
    assert any("权重" in text for card in found for text, _ in card)
    for card in found:
        assert card
        for text, pixels in card:
            ink = np.abs(pixels - np.median(pixels, axis=(0, 1))).max(-1) > 0.35
            assert ink.mean() > 0.02, text
            # The top and bottom of a line of boxes are all ink, unlike those of a line of letters.
            assert sum(c.isalnum() for c in text) < 3 or ink.mean(1).max() < 0.72, text


def test_nothing_is_written_except_the_file_and_nothing_is_printed(tmp_path):
    assert draw_elsewhere(tmp_path, ["a.png", "b.pdf", "c.svg"]) == ""
    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert written == ["here/a.png", "here/b.pdf", "here/c.svg"]


def test_a_png_is_the_same_each_time_and_in_each_environment(monkeypatch, tmp_path):
    source = drawing().to_dot()
    first = to_png(source, "pygraphviz", 1)
    assert to_png(source, "pygraphviz", 1) == first
    odd = tmp_path / "a & <b> 'c'"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    (tmp_path / "fonts.conf").write_text("<fontconfig><dir>/nonexistent</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    assert to_png(source, "pygraphviz", 1) == first
    assert os.environ["FONTCONFIG_FILE"] == str(tmp_path / "fonts.conf")


SLOW = "import os, pathlib, time; pathlib.Path({file!r}).write_text(str(os.getpid())); time.sleep(60)"


def test_a_hang_of_pygraphviz_ends_at_the_limit(monkeypatch, tmp_path):
    mark = tmp_path / "process"
    fake_pygraphviz(monkeypatch, tmp_path, SLOW.format(file=str(mark)))
    monkeypatch.setattr(render, "SECONDS", 2.5)
    began = time.monotonic()
    with pytest.raises(
        RuntimeError, match=r"stopped after 2\.5 seconds.* smaller max_nodes= or .*direction="
    ):
        draw_with("pygraphviz", [DOT], ["svg"])
    assert time.monotonic() - began < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_a_crash_is_an_error_and_the_users_program_lives(monkeypatch, tmp_path):
    fake_pygraphviz(monkeypatch, tmp_path, "import os; os.write(2, b'lost a spline\\n'); os.abort()")
    with pytest.raises(RuntimeError, match=r"the engine 'pygraphviz' crashed: lost a spline"):
        draw_with("auto", [DOT], ["svg"])
    fake_dot(monkeypatch, tmp_path, "kill -SEGV $$")
    with pytest.raises(RuntimeError, match=r"the engine 'dot' crashed: it gave no reason"):
        draw_with("dot", [DOT], ["png"])


def test_an_engine_that_cannot_be_started_or_imported_is_an_error(monkeypatch, tmp_path):
    fake_pygraphviz(monkeypatch, tmp_path, "raise ImportError('libgvc.so is too old')")
    with pytest.raises(RuntimeError, match=r"'pygraphviz' fails: .*libgvc\.so is too old"):
        draw_with("pygraphviz", [DOT], ["svg"])
    fake_dot(monkeypatch, tmp_path, "")
    (tmp_path / "bin" / "dot").write_bytes(b"\x7fELF")
    with pytest.raises(RuntimeError, match=r"'dot' does not start: .*Exec format error"):
        draw_with("dot", [DOT], ["svg"])


@pytest.mark.parametrize(
    ("dot", "message"),
    [
        ("digraph {", "Error: syntax error in line 1"),
        ("digraph { a [label=<<B>x</I>>] }", "Error: mismatched tag"),
        ("", "fails"),
    ],
)
@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_dot_that_graphviz_cannot_read_is_an_error(dot, format, message):
    with pytest.raises(RuntimeError, match=message):
        draw_with("pygraphviz", [dot], [format])


def test_an_error_of_dot_is_an_error(monkeypatch, tmp_path):
    fake_dot(monkeypatch, tmp_path, "echo 'Warning: no' >&2; echo 'Error: bad label' >&2; exit 1")
    with pytest.raises(RuntimeError, match=r"the engine 'dot' fails: Error: bad label$"):
        draw_with("dot", [DOT], ["svg"])


COUNTING = """
import os, pathlib, sys
print("welcome")
class AGraph:
    def __init__(self, filename):
        self.name = filename
    def draw(self, format, prog):
        with open({log!r}, "a") as file:
            print(os.getpid(), self.name, prog, file=file)
        return format.encode() + b" of " + pathlib.Path(self.name).read_bytes()
"""


def test_all_drawings_are_made_by_one_process_and_what_it_prints_is_ignored(monkeypatch, tmp_path, capfd):
    log = tmp_path / "log"
    fake_pygraphviz(monkeypatch, tmp_path, COUNTING.format(log=str(log)))
    drawings = draw_with("pygraphviz", [f"drawing {i}" for i in range(12)], ["svg", "json"])
    assert drawings == [[b"svg of drawing %d" % i, b"json of drawing %d" % i] for i in range(12)]
    lines = [line.split() for line in log.read_text().splitlines()]
    (process,) = {process for process, _, _ in lines}
    assert process != str(os.getpid())
    assert {name for _, name, _ in lines} == {f"{i}.dot" for i in range(12)}
    assert {program for _, _, program in lines} == {"dot"}
    assert capfd.readouterr() == ("", "")


def test_many_drawings_at_once_are_what_single_ones_are():
    dots = [drawing(theme=theme, title="权").to_dot() for theme in ("light", "dark")]
    together = draw_with("pygraphviz", dots, ["svg", "json"])
    assert together == [draw_with("pygraphviz", [dot], ["svg", "json"])[0] for dot in dots]
    assert all(svg.startswith(b"<?xml") and layout.startswith(b"{") for svg, layout in together)
    assert together[0] != together[1]
    assert draw_with("pygraphviz", [], ["svg"]) == []


def test_dot_gets_the_source_and_the_bundled_fonts(monkeypatch, tmp_path):
    script = 'cat; echo "$@"; grep -c Inter "$FONTCONFIG_FILE"'
    fake_dot(monkeypatch, tmp_path, script)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "bin", prepend=os.pathsep)
    (pictures,) = draw_with("dot", ["σ\ud800"], ["svg", "json"])
    assert pictures == ["σ?-Kdot -Tsvg\n1\n".encode(), "σ?-Kdot -Tjson\n1\n".encode()]


def test_nothing_found_by_chance_takes_the_place_of_a_module(monkeypatch, tmp_path):
    for name in ("pygraphviz", "site", "tempfile", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken by mistake')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert draw_with("pygraphviz", [DOT], ["svg"])[0][0].startswith(b"<?xml")


def test_engines_that_are_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    assert choose_engine("auto") == choose_engine("pygraphviz") == "pygraphviz"
    with pytest.raises(RuntimeError, match=r"'dot' is not installed; pip install pygraphviz.* or install"):
        draw_with("dot", [DOT], ["svg"])
    (tmp_path / "pygraphviz").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.delitem(sys.modules, "pygraphviz", raising=False)
    with pytest.raises(RuntimeError, match=r"'pygraphviz' is not installed; pip install .* or install"):
        draw_with("pygraphviz", [DOT], ["svg"])
    with pytest.raises(RuntimeError, match="no engine is installed; pip install"):
        choose_engine("auto")
    fake_dot(monkeypatch, tmp_path, "")
    assert choose_engine("auto") == "dot"


@pytest.mark.parametrize(
    "name",
    ["a 'b' \"c\"; d.png", "two\nlines.svg", "$(touch x).pdf", "-Tsvg.png", "权重 🙂.svg", "%s{0}.dot"],
)
def test_any_file_name_is_only_a_name(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    assert drawing().save(name) == name
    assert os.listdir() == [name]
    assert Path(name).stat().st_size > 500


def test_a_drawing_that_fails_leaves_the_folder_as_it_was(monkeypatch, tmp_path):
    (tmp_path / "out").mkdir()
    before = tmp_path / "out" / "before.png"
    before.write_bytes(b"as it was")
    fake_pygraphviz(monkeypatch, tmp_path, "import os; os.abort()")
    for name in ("before.png", "new.png"):
        with pytest.raises(RuntimeError, match="crashed"):
            drawing(engine="pygraphviz").save(tmp_path / "out" / name)
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [b"as it was"]


def test_importing_the_package_imports_none_of_this():
    heavy = {"subprocess", "tempfile", "shutil", "json", "graphviz", "pygraphviz"}
    script = f"import sys, numpy; before = set(sys.modules); import autograd_lite; \
print(sorted({heavy} & set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True, cwd=ROOT)
    assert ran.stdout == "[]\n"
