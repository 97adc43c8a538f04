"""Drawings: short names, folded products, parameters that nothing reaches, text held in place."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.nn import Linear, Module, Parameter
from autograd_lite.operation import OPS


class Pair(Module):
    """Two layers, of which the graph uses one."""

    def __init__(self):
        super().__init__()
        self.used, self.spare = Linear(2, 3), Linear(2, 3)

    def forward(self, x):
        return self.used(x)


def unit():
    """The logistic unit, its product and sum in one line."""
    X, y = np.arange(10.0).reshape(5, 2), np.ones(5)
    w, b = Parameter([0.5, -0.5], name="w"), Parameter(0.0, name="b")
    z = X @ w + b
    loss = ag.bce_with_logits(z, y)
    loss.backward()
    return ag.draw(loss)


def test_a_product_that_only_a_sum_uses_is_part_of_the_sum_s_formula():
    dot = unit().to_dot()
    assert "<B>z = X @ w + b</B>" in dot
    assert "X.T @ grad" in dot
    assert "sum over 5 rows" in dot
    assert len(str(unit()).splitlines()) == 1 + 6  # X, w, b, z, y, loss


def test_a_product_with_a_name_or_a_second_use_keeps_its_card():
    X, w = np.ones((3, 2)), Parameter(np.ones(2), name="w")
    product = X @ w
    dot = ag.draw(product + 1.0).to_dot()
    assert "<B>product = X @ w</B>" in dot
    scores = [X @ w]
    dot = ag.draw(scores[0] + scores[0]).to_dot()
    assert "<B>z1 = X @ w</B>" in dot
    assert "sum of 2 gradients" in dot


def test_paths_are_shortened_where_that_is_unambiguous():
    a, b = Parameter(1.0, name="layer1.W"), Parameter(2.0, name="net.layer2.W")
    dot = ag.draw(a * b).to_dot()
    assert "<B>W1</B>" in dot
    assert "× W2 = 2" in dot
    a, b = Parameter(1.0, name="left.W"), Parameter(2.0, name="right.W")
    drawing = ag.draw(a * b)
    assert "× right.W = 2" in drawing.to_dot()
    assert "left.W" in str(drawing)


def test_a_made_up_name_is_never_one_that_the_user_took():
    z1 = ag.Tensor(np.ones(2), name="z1")
    dot = ag.draw(np.tanh((z1 + 1.0) + z1)).to_dot()
    assert "<B>z2 = z1 + 1</B>" in dot


def test_a_parameter_of_the_model_that_the_result_does_not_need_has_an_alert():
    net = Pair()
    loss = ag.mse(net(np.ones((4, 2))), np.zeros((4, 3)))
    loss.backward()
    dot = ag.draw(loss, model=net).to_dot()
    assert dot.count("! not reached by backward") == 2  # spare.W and spare.b
    assert "call backward()" not in dot
    assert "spare" not in ag.draw(loss).to_dot()


def test_every_text_of_an_svg_is_held_to_its_width():
    root = ElementTree.fromstring(unit().to_svg())
    texts = list(root.iter("{http://www.w3.org/2000/svg}text"))
    assert texts
    assert all(float(text.get("textLength")) > 0 for text in texts)
    assert {text.get("lengthAdjust") for text in texts} == {"spacingAndGlyphs"}


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*missing' for 'a.png'; make it first"):
        unit().save(tmp_path / "missing" / "a.png")


@pytest.mark.parametrize("name", ["\x00", "\u200b", "\ud800", "", "{", "x" * 500])
def test_names_of_nothing_visible_and_of_too_much_can_be_drawn(name, capfd):
    svg = ag.draw(Parameter(1.0, name=name) * 2.0, title=name).to_svg()
    assert "param<" in svg
    assert svg.count('class="node"') == 3
    assert "syntax error" not in capfd.readouterr().err


def test_a_tensor_draws_itself_and_a_frozen_parameter_is_dashed():
    fixed = Parameter(2.0, name="fixed", requires_grad=False)
    dot = (ag.Tensor(1.0, name="x") * fixed).draw().to_dot()
    (card,) = (line for line in dot.splitlines() if "<B>fixed</B>" in line)
    assert "dashed" in card
    assert "param, frozen" in card
    assert "call backward()" not in card


def test_importing_the_package_imports_no_engine():
    script = "import sys, autograd_lite; print({'graphviz', 'pygraphviz', 'tempfile'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert run.stdout.strip() == "set()"


def headers(drawing):
    """The headers of the cards, inputs first."""
    return re.findall(r'POINT-SIZE="15" COLOR="#\w+"><B>(.*?)</B>', drawing.to_dot())


def test_only_a_loss_is_called_a_loss():
    x = ag.Tensor(0.5, name="x")
    drawing = ag.draw([np.tanh(x)][0])
    assert headers(drawing) == ["x", "a1 = tanh(x)"]
    assert str(drawing).splitlines()[-1].split()[3:5] == ["result", "0.4621"]
    assert "loss" not in drawing.to_dot()
    assert headers(ag.draw([ag.bce(ag.sigmoid(x), 1.0)][0]))[-1] == "loss"
    w = Parameter(np.ones(2), name="w")
    assert headers(ag.draw([(w * w).sum()][0]))[-1] == "a1 = sum(v1)"
    assert headers(ag.draw([ag.mse(w, np.zeros(2))][0]))[-1].startswith("loss = ")


def test_a_result_that_the_user_names_loss_is_a_loss():
    w = Parameter(2.0, name="w")
    loss = w**2
    row = str(ag.draw(loss)).splitlines()[-1].split()
    assert row[:2] == ["loss", "loss"]
    cost = w**2
    assert str(ag.draw(cost)).splitlines()[-1].split()[:2] == ["cost", "result"]


def test_a_loss_of_the_user_is_one():
    @ag.op("far")
    def far(prediction, target, *, reduction="mean"):
        """The mean distance."""
        return np.abs(prediction - target).mean()

    @far.gradient("prediction")
    def _(g, y, prediction, target, reduction):
        return g * np.sign(prediction - target) / prediction.size

    try:
        drawing = ag.draw([far(ag.Tensor(np.ones(3), name="x"), np.zeros(3))][0])
    finally:
        OPS.pop("far")
    assert headers(drawing)[-1].startswith("loss = ")


def test_a_film_ends_in_the_loss_whatever_made_it():
    w = Parameter(np.ones(2), name="w")
    film = ag.film(lambda X: X @ w, np.eye(2), np.ones(2), loss=lambda p, y: ((p - y) ** 2).mean())
    film.record()
    assert film.frames[0].view.cards[-1].short == "loss"


def test_a_product_of_long_names_has_a_name_that_can_be_read():
    w_attendance, attendance = Parameter(0.6), ag.Tensor(0.8, requires_grad=False)
    b = Parameter(0.1)
    z = w_attendance * attendance + b
    drawing = ag.draw(z)
    assert headers(drawing) == ["w_attendance", "attendance", "v1 = w_attendance × attendance", "b", "z"]
    assert "z = v1 + b" in ag.draw(z, detail="tensor").to_dot()
    w = Parameter(0.6, name="w")
    assert headers(ag.draw(w * b + b))[2] == "w × b"


def test_every_name_has_its_part_in_the_header_of_a_product():
    a, b = Parameter(1.0, name="weight_of_the_attendance"), Parameter(2.0, name="attendance_of_the_lectures")
    assert headers(ag.draw([a * b][0]))[-1] == "v1 = weight_of_t… × attendance_…"
