"""Drawings: the contents of the cards, snapshots, formats, and names and values that might break them."""

import copy
import importlib
import re
import struct
import subprocess
import sys
import weakref
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.__main__ import main
from autograd_lite.drawing import FORMATS
from autograd_lite.drawing.statistics import statistics
from autograd_lite.drawing.text import escape, number
from autograd_lite.nn import BinaryNetwork, Parameter
from autograd_lite.tensor import graph


def neuron():
    w, b = Parameter(0.6, name="w"), Parameter(0.2, name="b")
    x = ag.Tensor(1.5, name="x", requires_grad=False)
    y = ag.Tensor(0.0, name="y", requires_grad=False)
    loss = ag.bce(ag.sigmoid(w * x + b), y)
    loss.name = "loss"
    return loss


def texts(drawing):
    """All words of the picture, in order."""
    root = ElementTree.fromstring(drawing.to_svg())
    return [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]


def card(dot, name):
    """The DOT line of the card with that name."""
    return next(line for line in dot.splitlines() if f"<B>{name}</B>" in line)


def test_a_scalar_graph_reads_as_the_chain_rule():
    loss = neuron()
    loss.backward()
    words = texts(ag.draw(loss))
    sigma = 1 / (1 + np.exp(-1.1))
    for expected in ("w", "param", "0.6", number(1.5 * sigma), "× x = 1.5", "BCE", "σ", "target", "×", "+"):
        assert any(expected == w.strip() for w in words), expected
    assert any(w.strip().endswith(f"= {number(sigma * (1 - sigma))}") for w in words)


def test_kinds_by_colour_and_two_lines_only_where_a_gradient_flows():
    loss = neuron()
    loss.backward()
    dot = ag.draw(loss).to_dot()
    assert 'color="#00735A" penwidth=2' in card(dot, "w")
    assert 'fillcolor="#FFF7D6"' in card(dot, "loss")
    assert 'fillcolor="#F8FAFC"' in card(dot, "x")
    edges = [line for line in dot.splitlines() if "->" in line]
    assert sum("dir=both" in edge for edge in edges) == 9
    assert sum('color="#94A3B8"' in edge for edge in edges) == 2  # x and y


def test_before_backward_it_says_so_and_a_constant_has_no_gradient_row():
    dot = ag.draw(neuron()).to_dot()
    assert "call backward()" in card(dot, "w")
    assert "grad" not in card(dot, "x")
    assert "0.0000" not in dot


def test_the_same_graph_gives_the_same_bytes():
    assert ag.draw(neuron()).to_dot() == ag.draw(neuron()).to_dot()
    script = (
        "import numpy as np, autograd_lite as ag\n"
        "w = ag.Tensor(0.5, name='w')\n"
        "print(ag.draw(np.tanh(w * np.ones((3, 4)) + w).sum()).to_dot())"
    )
    run = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout for _ in "ab"
    ]
    assert run[0] == run[1] != b""


def test_a_drawing_is_a_snapshot_and_keeps_no_tensor_alive():
    loss = neuron()
    loss.backward()
    drawing = ag.draw(loss)
    before = drawing.to_dot()
    w = next(t for t in graph(loss) if t.name == "w")
    w.data = 99.0
    dead = weakref.ref(loss)
    del loss
    assert dead() is None
    assert drawing.to_dot() == before


def test_names_come_from_variables_from_names_and_from_the_tensors():
    X, y = np.ones((4, 2)), np.zeros(4)
    weights = ag.Tensor(np.ones(2))
    p = ag.sigmoid(X @ weights)
    error = ag.bce(p, y)
    dot = ag.draw(error).to_dot()
    for title in ("z1 = X @ weights", "p = σ(z1)", "error = BCE(p, y)"):
        assert title in dot
    assert "q = σ(z1)" in ag.draw(error, names={"q": p}).to_dot()
    assert "r = σ(z1)" in ag.draw(error, names={p: "r"}).to_dot()


def test_layers_are_boxes_with_captions_and_a_dead_unit_is_an_alert():
    X = np.random.default_rng(0).normal(size=(16, 2))
    net = BinaryNetwork([2, 4, 1], activation="relu", rng=0)
    net.layer1.b.data = np.array([0.1, -60.0, 0.0, 0.0])
    loss = ag.bce_with_logits(net(X), np.ones(16))
    loss.backward()
    dot = ag.draw(loss, model=net).to_dot()
    assert dot.count("subgraph cluster_") == 2
    assert "Linear(2 → 4) + relu · 12 parameters" in dot
    assert "! unit 1 is dead: 0 on all 16 examples" in dot
    assert 'color="#B91C1C" penwidth=3' in card(dot, "a1 = relu\\(z1\\)".replace("\\", ""))
    assert "12 parameters" in ag.draw(loss).to_dot()


def test_fan_out_and_reuse_are_marked():
    w = Parameter(2.0, name="w")
    square = w * w
    total = square + square * 3.0
    total.backward()
    dot = ag.draw(total).to_dot()
    assert "used 2×" in card(dot, "w")
    assert "sum of 2 gradients" in card(dot, "square")


def test_vanishing_and_exploding_gradients_are_alerts():
    a, b = Parameter(np.ones(8), name="l1.W"), Parameter(np.ones(8), name="l2.W")
    loss = (a * 1e-3 + b).sum()
    loss.backward()
    dot = ag.draw(loss).to_dot()
    assert "vanishing: 1000× smaller than l2.W" in card(dot, "W1")
    huge = (Parameter(np.ones(8), name="h") * 1e9).sum()
    huge.backward()
    assert "exploding: gradient up to 1.0e+09" in ag.draw(huge).to_dot()


def test_gradients_that_were_not_kept_are_not_an_alert():
    loss = neuron()
    loss.backward(keep="leaves")
    dot = ag.draw(loss).to_dot()
    assert "gradient not kept" in card(dot, "loss")
    assert "call backward()" not in dot


def test_a_parameter_that_was_updated_since_is_marked():
    loss = neuron()
    loss.backward()
    loss.inputs[0].inputs[0].inputs[0].inputs[0].data = np.float64(9)
    assert "changed since the forward pass" in card(ag.draw(loss).to_dot(), "w")
    assert "changed since" not in card(ag.draw(loss).to_dot(), "b")


def test_the_signs_of_a_scalar_layer_are_inside_its_box():
    w, b = Parameter(0.5, name="unit.w"), Parameter(0.1, name="unit.b")
    loss = ag.bce(ag.sigmoid(w * 2.0 + b), 1.0)
    box = re.search(r"subgraph cluster_0 \{(.*?)\n  \}", ag.draw(loss).to_dot(), re.DOTALL)[1]
    assert len(re.findall(r"^\s+on\d+ \[id", box, re.MULTILINE)) == 3


def test_an_array_has_no_number_on_its_edge():
    w = Parameter(0.5, name="w")
    total = (w * np.ones(4)).sum()
    total.backward()
    assert "= 1 " not in " ".join(texts(ag.draw(total, detail="scalar")))
    assert "v[:, 2, ::-1, ...]" in ag.draw(ag.Tensor(np.ones((2, 3, 4)), name="v")[:, 2, ::-1, ...]).to_dot()


@pytest.mark.parametrize(
    "data",
    [
        np.nan,
        np.inf,
        np.array([np.nan, 1.0, -np.inf, 2, 3, 4, 5, 6]),
        np.zeros((0, 3)),
        np.zeros(9),
        np.full((5, 5), 1e300),
        np.ones((2, 3, 4)),
        np.float32(1.5),
        np.full(8, 5e-324),
    ],
)
def test_any_value_can_be_drawn(data):
    leaf = ag.Tensor(data, name="t")
    assert any("t" in w for w in texts(ag.draw(leaf)))
    made = leaf * 2.0
    made.backward(np.ones(made.shape))
    assert texts(ag.draw(made, detail="tensor"))


def test_nan_is_an_alert():
    x = ag.Tensor(np.array([np.nan, 1.0, np.inf]), name="x")
    assert "! NaN in 1 of 3" in ag.draw(x).to_dot()
    assert "! inf in 1 of 3" in ag.draw(x).to_dot()


NASTY = [
    "a\\N\\G",
    '"; rm -rf /; "',
    "<b>&amp;</b>",
    "a{b}|c\\n",
    "two\nlines",
    "\x00\x1b[0m",
    "权重 σ 🙂",
    "-->",
    "{y}",
]


@pytest.mark.parametrize("name", NASTY)
def test_any_name_can_be_drawn(name):
    w = Parameter(1.0, name=name)
    loss = w * 2.0 + w
    loss.backward()
    printed = "".join(texts(ag.draw(loss, title=name)))
    visible = "".join(c for c in name.replace("\n", " ") if c.isprintable()).replace("\\", "\N{SET MINUS}")
    assert visible in printed


def test_numbers_have_four_digits_and_a_true_minus():
    assert [number(x) for x in (0.87868, -1.1, 1e-5, -2.5e300, 12345.6, 0.0, np.nan, -np.inf)] == [
        "0.8787",
        "−1.1",
        "1e−5",
        "−2.5e300",
        "1.235e4",
        "0",
        "NaN",
        "−inf",
    ]
    assert escape('<&">') == "&lt;&amp;&quot;&gt;"


def test_at_most_32_entries_are_kept():
    array = statistics(np.arange(1000.0).reshape(10, 100))
    assert sum(map(len, array.rows)) == 32
    assert array.rows[1][0] == 100.0
    assert (array.low, array.high, array.size) == (0.0, 999.0, 1000)
    assert len(statistics(np.arange(100.0)).rows[0]) == 8


def test_png_svg_pdf_and_dot_files(tmp_path):
    drawing = ag.draw(neuron())
    for suffix, start in (
        (".png", b"\x89PNG\r\n\x1a\n"),
        (".svg", b"<?xml"),
        (".pdf", b"%PDF"),
        (".dot", b"digraph"),
    ):
        path = tmp_path / f"a name; with 'quotes'{suffix}"
        assert drawing.save(path) == path
        assert path.read_bytes().startswith(start)
    assert len(list(tmp_path.iterdir())) == 4
    small, large = (struct.unpack(">II", drawing.to_png(scale=s)[16:24]) for s in (1, 2))
    assert large[0] == pytest.approx(2 * small[0], rel=0.02)


def test_a_huge_picture_is_scaled_down_with_a_warning(monkeypatch):
    monkeypatch.setattr(importlib.import_module("autograd_lite.drawing.render"), "PIXELS", 10_000)
    with pytest.warns(UserWarning, match="million pixels at scale 2; drawn at scale"):
        png = ag.draw(neuron()).to_png()
    width, height = struct.unpack(">II", png[16:24])
    assert width * height <= 12_000


def test_the_warning_points_at_the_line_that_saved(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.import_module("autograd_lite.drawing.render"), "PIXELS", 10_000)
    with pytest.warns(UserWarning, match="million pixels") as warnings:
        ag.draw(neuron()).save(tmp_path / "a.png")
    assert warnings[0].filename == __file__


def test_the_error_for_a_scale_without_a_pixel():
    with pytest.raises(ValueError, match="scale=1e-06 leaves no pixel; a scale of 1 is"):
        ag.draw(neuron()).to_png(scale=1e-6)


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"'x.gif' ends in '.gif'; the formats are .png, .svg, .pdf, .html, .dot"
    ):
        ag.draw(neuron()).save(tmp_path / "x.gif")
    assert list(tmp_path.iterdir()) == []


def test_the_systems_dot_draws_if_pygraphviz_is_missing(monkeypatch, tmp_path):
    fake = tmp_path / "dot"
    fake.write_text("#!/bin/sh\ncase $2 in -Tsvg) echo '<svg/>';; *) echo '{}'; esac\n")
    fake.chmod(0o755)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert ag.draw(neuron()).to_svg().strip() == "<svg/>"


def test_the_error_without_any_engine_names_two_remedies(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(RuntimeError, match=r"pip install pygraphviz.*or install Graphviz"):
        ag.draw(neuron()).to_svg()
    with pytest.raises(RuntimeError, match="the engine 'dot' is not installed"):
        ag.draw(neuron(), engine="dot").to_svg()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"theme": "pink"}, "theme is 'pink'; it must be one of 'light', 'dark'"),
        ({"detail": "all"}, "detail is 'all'"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"show": "none"}, "show is 'none'"),
        ({"max_nodes": 0}, "max_nodes is 0; give a whole number"),
        ({"max_nodes": 3}, r"has 8 tensors and max_nodes=3; .* pass max_nodes=8"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ag.draw(neuron(), **arguments)


def test_other_errors():
    with pytest.raises(TypeError, match="a ndarray has no graph"):
        ag.draw(np.ones(3))
    with pytest.raises(TypeError, match=r"model is a int; pass an nn\.Module"):
        ag.draw(neuron(), model=3)
    with pytest.raises(TypeError, match="names is a list; pass a dictionary"):
        ag.draw(neuron(), names=["w"])
    with pytest.raises(ValueError, match="scale=0; give a positive number"):
        ag.draw(neuron()).to_png(scale=0)
    with pytest.raises(ValueError, match="engine is 'neato'"):
        ag.draw(neuron(), engine="neato").to_svg()
    with pytest.raises(ValueError, match="the list of tensors is empty"):
        ag.draw([])
    with pytest.raises(TypeError, match=r"model is a type; pass an nn\.Module"):
        ag.draw(neuron(), model=ag.nn.Linear)
    with pytest.raises(TypeError, match="unfold is None; pass a list of titles"):
        ag.draw(neuron(), unfold=None)
    with pytest.raises(ValueError, match="theme is array"):
        ag.draw(neuron(), theme=np.ones(2))
    with pytest.raises(ValueError, match="scale='2'; give a positive number"):
        ag.draw(neuron()).to_png(scale="2")
    with pytest.raises(ValueError, match="marks has 'w', which is not a tensor of this graph"):
        ag.draw(neuron(), marks={"w": "wrong"})


def test_dark_theme_and_direction_and_show():
    loss = neuron()
    loss.backward()
    dark = ag.draw(loss, theme="dark", direction="TB").to_dot()
    assert "rankdir=TB" in dark
    assert 'bgcolor="#0F172A"' in dark
    assert "#B84A00" not in dark
    assert "grad" not in re.sub("gradient of the result", "", ag.draw(loss, show="values").to_dot())
    assert ">value<" not in card(ag.draw(loss, show="gradients").to_dot(), "w")


def test_the_table_and_the_notebook():
    loss = neuron()
    loss.backward()
    drawing = ag.draw(loss)
    lines = str(drawing).splitlines()
    assert lines[0].split() == ["tensor", "kind", "shape", "value", "grad"]
    assert lines[1].split()[:3] == ["w", "parameter", "0.6"]
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert drawing.to_graphviz().source == drawing.to_dot()
    assert copy.deepcopy(drawing).to_dot() == drawing.to_dot()


def test_a_notebook_shows_a_drawing_as_it_is_but_no_wider_than_its_column():
    drawing = ag.draw(neuron())
    picture = ElementTree.fromstring(drawing.to_svg())
    shown = ElementTree.fromstring(drawing._repr_mimebundle_()["image/svg+xml"])
    assert shown.attrib == {**picture.attrib, "style": "max-width:min(100%,900px);height:auto"}
    assert ElementTree.tostring(shown[0]) == ElementTree.tostring(picture[0])


def test_a_format_is_a_row_of_the_table(monkeypatch, tmp_path, capsys):
    """Its row is all that `save`, the error for an unknown suffix and the command line need."""
    drawing = ag.draw(neuron())
    monkeypatch.setitem(FORMATS, ".txt", lambda drawing, scale: str(drawing).encode())
    assert drawing.save(tmp_path / "table.txt").read_text("utf-8") == str(drawing)
    with pytest.raises(ValueError, match=r"the formats are .png, .svg, .pdf, .html, .dot, .txt"):
        drawing.save(tmp_path / "x.gif")
    (tmp_path / "script.py").write_text("import autograd_lite as ag\nloss = ag.Tensor(2.0) * 3.0\n")
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["draw", f"{tmp_path / 'script.py'}:loss", "-o", str(tmp_path / "loss.txt")]) == 0
    assert "loss" in (tmp_path / "loss.txt").read_text("utf-8")
    with pytest.raises(SystemExit):
        main(["draw", "--help"])
    assert ".txt" in capsys.readouterr().out


def legend(drawing):
    """The lines above the cards."""
    return re.findall(r'POINT-SIZE="12" COLOR="#56657A">([^<]*)</FONT></TD></TR>', drawing.to_dot())


def test_a_legend_is_as_wide_as_its_drawing():
    loss = neuron()
    loss.backward()
    wide, narrow = (legend(ag.draw(loss, direction=direction)) for direction in ("LR", "TB"))
    assert len(wide) == 1
    assert len(narrow) > 1
    assert max(map(len, narrow)) <= 60
    assert [entry for line in narrow for entry in line.split("   —   ")] == wide[0].split("   —   ")
    size = ElementTree.fromstring(ag.draw(loss, direction="TB").to_svg()).get("width")
    assert float(size.removesuffix("pt")) < 420
