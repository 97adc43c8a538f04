"""Names, titles and paths that hypothesis thinks of: none breaks a drawing, none gets out of its place.

100 of them by default, 2 500 with HYPOTHESIS_PROFILE=deep.
"""

import contextlib
import io
import json
import os
import re
import tempfile
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pygraphviz
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.drawing.dot import Style
from autograd_lite.drawing.page import html_page
from autograd_lite.nn import Parameter

MANY = settings(max_examples=2_500 if settings.default.max_examples > 100 else 100)
PIECES = [
    "<b>", "</TD>", "&amp;", "&#10;", '"', "'", "\\N", "\\", "{", "}", "{y}", "|", "]]>", "-->", "<!--",
    "</script>", "{{data}}", "$(touch x)", ";", "%s", "\n", "\r\n", "\t", "\0", "\x1b[31m", "\u202e",
    "\u2028", "\ud800", "权重", "🙂", "👩\u200d👧", "σ", "é", "e\u0301", ".", "..", "/",
    "layer1.W", "loss", " ", "x" * 300,
]  # fmt: skip
NAMES = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), min_size=1, max_size=5).map("".join)
ODD = [*PIECES, "digraph {", "subgraph cluster_0 {", "<TABLE>", "n0 -> n1"]


def with_examples(test):
    """The test, run for every odd piece before anything is generated."""
    for piece in ODD:
        test = example(piece)(test)
    return test


def visible(name):
    """The name as a drawing writes it."""
    kept = "".join(c for c in re.sub(r"[\n\r\t]", " ", name) if c.isprintable() or c == " ")
    return " ".join(kept.replace("\\", "\N{SET MINUS}").split())


def laid_out(dot):
    """The SVG that Graphviz makes of DOT, and what it complains about."""
    graph = pygraphviz.AGraph(string=dot)
    with contextlib.redirect_stderr(io.StringIO()) as said:
        svg = graph.draw(format="svg", prog="dot")
    return ElementTree.fromstring(svg), said.getvalue()


@MANY
@with_examples
@given(NAMES)
def test_a_name_stays_what_it_is(name):
    w, b = Parameter(0.5, name=name), Parameter(0.1, name="b")
    loss = ag.bce(ag.sigmoid(w * 2.0 + b), 1.0)
    loss.backward()
    drawing = ag.draw(loss, names={"loss": loss}, title=name)
    svg, said = laid_out(drawing.to_dot())
    assert "rror" not in said
    groups = [g for g in svg.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "node"]
    assert len(groups) == 6 + 4  # w, b, a product, a sum, p and the loss; four signs of ops
    texts = " ".join("".join(t.itertext()) for t in svg.iter("{http://www.w3.org/2000/svg}text"))
    shown = visible(name)
    assert shown[:20].strip() in " ".join(texts.split())
    assert str(drawing)


@MANY
@with_examples
@given(NAMES)
def test_a_name_or_title_ends_no_script_and_no_tag_of_a_page(name):
    html = html_page(Style("light", "auto", name, "both"), name, [], {"text": name})
    assert html.count("<script") == html.count("</script>") == 2
    assert html.count("<!--") == 0
    assert html.encode()
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert json.loads(data) == {"text": name}
    (title,) = re.findall(r"<title>(.*?)</title>", html, re.DOTALL)
    assert " ".join(unescape(title).split()) == (visible(name) or "Backpropagation")


def possible(name):
    """True if a file can have this name, and a suffix."""
    try:
        length = len(os.fsencode(name))
    except UnicodeEncodeError:
        return False
    return length <= 255 and not set(name) & {"/", "\0"} and bool(name.removesuffix(".dot").strip("."))


@MANY
@with_examples
@given(NAMES)
def test_a_path_is_written_to_and_no_other(name):
    drawing = ag.draw(Parameter(1.0, name="w") * 2.0)
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder, "inner")
        inner.mkdir()
        path = os.path.join(inner, f"{name}.dot")
        if possible(f"{name}.dot"):
            drawing.save(path)
            assert Path(path).read_text(encoding="utf-8") == drawing.to_dot()
        else:
            with contextlib.suppress(OSError, ValueError):
                drawing.save(path)
        left = [p for p in Path(folder).rglob("*") if p.is_file()]
        assert len(left) <= 1
        assert all(p.samefile(path) for p in left)
