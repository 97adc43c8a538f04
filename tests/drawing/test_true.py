"""Drawings say what is true: foreign gradients, infinities, layers of modules of every build."""

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing.cards import FOREIGN_GRADIENT
from autograd_lite.drawing.steps import steps
from autograd_lite.nn import BinaryNetwork, Linear, Module, Parameter, Sequential


def rows(drawing):
    """The lines of the table, by their first column."""
    lines = [line.split("  ") for line in str(drawing).splitlines()[1:]]
    return {line[0]: " ".join(filter(None, map(str.strip, line[1:]))) for line in lines}


def captions(drawing):
    """The text of each step of the page."""
    return [step.text for step in steps(drawing._scene)]


def boxes(drawing):
    """The layer of each card, by its title."""
    return {card.title: card.layer for card in drawing._scene.cards}


def test_a_gradient_of_another_graph_has_a_note_and_no_equation():
    a, b = Parameter(2.0, name="a"), Parameter(3.0, name="b")
    (a * 2).backward()
    table = rows(ag.draw(a * b))
    assert FOREIGN_GRADIENT in table["a"]
    assert "call backward()" in table["b"]
    assert "not reached" not in table["b"]
    one, two = a * 5.0, a * 7.0
    one.backward()
    two.backward(accumulate=True)
    drawing = ag.draw(one)
    assert FOREIGN_GRADIENT in rows(drawing)["a"]
    assert captions(drawing)[-1] == "grad(a) = 12"


def test_gradients_of_this_graph_have_no_note():
    w = Parameter(np.ones(3), name="w")
    for kept in ("leaves", "all"):
        loss = (w * 2.0).sum()
        loss.backward(keep=kept)
        assert FOREIGN_GRADIENT not in str(ag.draw(loss))
    loss.backward(np.float64(7.0))
    drawing = ag.draw(loss)
    assert FOREIGN_GRADIENT not in str(drawing)
    assert "start: grad(loss) = 7" in captions(drawing)
    vector = w * 2.0
    vector.backward(np.ones(3))
    assert FOREIGN_GRADIENT not in str(ag.draw(vector))


def test_below_several_roots_a_gradient_must_be_the_sum_of_their_passes():
    w, v = Parameter(2.0, name="w"), Parameter(3.0, name="v")
    one, two = w * 5.0, w * v
    one.backward()
    two.backward()
    table = rows(ag.draw([one, two]))
    assert FOREIGN_GRADIENT in table["w"]  # of `two` alone
    assert FOREIGN_GRADIENT not in table["v"]
    w.grad = v.grad = None
    one, two = w * 5.0, w * v
    one.backward()
    two.backward(accumulate=True)
    drawing = ag.draw([one, two])
    assert FOREIGN_GRADIENT not in rows(drawing)["w"]
    assert "grad(w) = 1 × 5 + 1 × v = 1 × 5 + 1 × 3 = 8" in captions(drawing)
    (one + two).backward()
    assert FOREIGN_GRADIENT not in str(ag.draw([one, two]))


def test_a_gradient_that_was_accumulated_twice_has_a_note():
    w = Parameter(2.0, name="w")
    loss = w * 3.0
    loss.backward()
    loss.backward(accumulate=True)
    drawing = ag.draw(loss)
    assert FOREIGN_GRADIENT in rows(drawing)["w"]
    assert captions(drawing)[-1] == "grad(w) = 6"


def test_a_gradient_of_the_user_s_own_making_is_not_judged():
    w = Parameter(2.0, name="w")
    w.grad = np.float64(5.0)
    assert FOREIGN_GRADIENT not in str(ag.draw(w * 3.0))


def test_a_film_leaves_the_gradients_to_the_graph_that_they_belong_to():
    w = Parameter(np.ones(2), name="w")
    loss = ag.mse(np.eye(2) @ w, np.ones(2))
    loss.backward()
    ag.film(lambda X: X @ w, np.eye(2), np.ones(2), loss=ag.mse).record()
    assert FOREIGN_GRADIENT not in str(ag.draw(loss))


def test_a_hidden_tensor_starts_from_the_gradient_it_got():
    w = Parameter(2.0, name="w")
    hidden = w * 3.0
    (hidden * 4.0).backward()
    table = captions(ag.draw(hidden, names={"h": hidden}))
    assert "start: grad(h) = 4" in table
    assert table[-1] == "grad(w) = 4 × 3 = 12"


def test_a_graph_is_drawn_when_a_rule_of_the_user_s_fails():
    @ag.op("brittle")
    def brittle(x):
        """x times 2."""
        return x * 2.0

    @brittle.gradient("x")
    def _(g, y, x):
        if fails:
            raise KeyError("broken")
        return g * 2.0

    try:
        fails = False
        w = Parameter(np.ones(2), name="w")
        loss = brittle(w).sum()
        loss.backward()
        fails = True
        assert FOREIGN_GRADIENT not in str(ag.draw(loss))
    finally:
        ag.OPS.pop("brittle")


def test_infinities_are_extremes_and_only_nan_is_nan():
    low = ag.Tensor(np.full((3, 3), -np.inf), name="low")
    mixed = ag.Tensor(np.array([np.inf, -np.inf, np.nan, 1.0] * 2), name="mixed")
    none = ag.Tensor(np.full(9, np.nan), name="none")
    table = rows(ag.draw([low, mixed, none]))
    assert table["low"].startswith("tensor (3, 3) −inf")
    assert table["mixed"].startswith("tensor (8,) −inf … inf")
    assert table["none"].startswith("tensor (9,) NaN")


@pytest.mark.parametrize(
    ("entry", "norm"), [(1e200, "3.162e200"), (1e-200, "3.162e−200"), (5e-324, "1.482e−323")]
)
def test_norms_neither_overflow_nor_underflow(entry, norm):
    w = Parameter(np.ones(10), name="w")
    (w * np.full(10, entry)).sum().backward()
    dot = ag.draw(w).to_dot()
    assert f"norm {norm}" in dot


def test_a_gradient_of_exactly_zero_has_vanished():
    a, b = Parameter(np.ones(3), name="l1.W"), Parameter(np.ones(3), name="l2.W")
    (a * 0.0 + b).sum().backward()
    table = rows(ag.draw([(a * 0.0 + b).sum()]))
    loss = (a * 0.0 + b).sum()
    loss.backward()
    table = rows(ag.draw(loss))
    assert "! vanishing: 0 everywhere, unlike l2.W" in table["l1.W"]
    assert "!" not in table["l2.W"]


def test_dead_units_are_found_whatever_the_rectifier_and_the_shape():
    z = ag.Tensor(np.stack([np.full((2, 3), -1.0), np.ones((2, 3))], axis=-1), name="z")
    for made in (ag.relu(z), np.maximum(z, 0.0), np.maximum(0.0, z)):
        assert "! unit 0 is dead: 0 on all 6 examples" in str(ag.draw(made))
    assert "dead" not in str(ag.draw(np.maximum(z, 1.0) * 0.0))
    assert str(ag.draw(np.maximum(z, 0.0) * 1.0)).count("dead") == 1  # not again after the rectifier


def test_dead_units_are_found_in_a_rectifier_of_the_user_s():
    @ag.op("ramp")
    def ramp(x):
        """x where it is positive, else 0."""
        return np.where(x > 0, x, 0.0)

    @ramp.gradient("x")
    def _(g, y, x):
        return g * (x > 0)

    try:
        assert "! unit 0 is dead" in str(ag.draw(ramp(ag.Tensor(np.ones((4, 2)) * [-1.0, 1.0]))))
    finally:
        ag.OPS.pop("ramp")


SCRIPT = """
import numpy as np, autograd_lite as ag
from autograd_lite.nn import Linear, Sequential, Tanh
inner = [Sequential(Linear(3, 3, rng=seed), Tanh()) for seed in range(2)]
model = Sequential(*inner, Linear(3, None, rng=2))
loss = ag.bce_with_logits(model(np.ones((4, 3))), np.ones(4))
loss.backward()
drawing = ag.draw(loss, model=model)
print(drawing.to_dot(), drawing.to_svg(), drawing.to_html(), ag.draw(loss, model=model, max_nodes=8).to_dot())
"""


def test_the_same_bytes_whatever_the_hash_seed():
    outputs = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, env=environment)
        outputs.add(run.stdout)
    assert len(outputs) == 1


class Dense(Module):
    """A layer as a beginner writes it: the product and the sum are ops of their own."""

    def __init__(self):
        self.W, self.b = Parameter(np.ones((4, 3))), Parameter(np.zeros(3))

    def forward(self, x):
        return x @ self.W + self.b


def test_a_layer_written_by_hand_folds_with_its_shapes_and_gradient():
    model = Sequential(Dense())
    loss = model(np.ones((2, 4))).sum()
    loss.backward()
    table = rows(ag.draw(loss, model=model, max_nodes=3))
    size = np.hypot(np.linalg.norm(model[0].W.grad), np.linalg.norm(model[0].b.grad))
    assert table["layer1"] == f"layer {size:.4g} Dense(); (2, 4) → (2, 3); 3 nodes · 15 parameters"


def test_an_empty_tensor_has_a_page():
    empty = ag.Tensor(np.zeros((0, 3)), name="empty")
    drawing = ag.draw((empty * 2).sum())
    assert "empty" in drawing.to_html()
    assert captions(drawing)[0].endswith("(0, 3): empty")


class Listed(Module):
    """Layers in a list that grows, and weights in a list."""

    def __init__(self):
        self.layers = []
        for seed in range(2):
            self.layers.append(Linear(4, 4, rng=seed))
        self.scales = [Parameter(1.0), Parameter(2.0)]

    def forward(self, x):
        for layer, scale in zip(self.layers, self.scales, strict=True):
            x = np.tanh(layer(x)) * scale
        return x


def test_layers_in_lists_have_boxes_and_names():
    model = Listed()
    loss = model(np.ones((2, 4))).sum()
    loss.backward()
    drawing = ag.draw(loss, model=model)
    table = rows(drawing)
    assert {"layers.0.W", "layers.1.W", "scales.0", "scales.1"} <= table.keys()
    assert set(boxes(drawing).values()) == {"", "layers.0", "layers.1"}


class Residual(Module):
    """x + f(x), and an activation."""

    def __init__(self):
        self.f = Linear(4, 4, rng=0)

    def forward(self, x):
        return np.tanh(x + self.f(x))


def test_a_residual_connection_belongs_to_the_module_around_the_layer():
    class Net(Module):
        def __init__(self):
            self.r1, self.r2, self.head = Residual(), Residual(), Linear(4, None, rng=1)

        def forward(self, x):
            return self.head(self.r2(self.r1(x)))

    model = Net()
    loss = ag.bce_with_logits(model(np.ones((3, 4))), np.ones(3))
    loss.backward()
    drawing = ag.draw(loss, model=model)
    assert sorted(set(boxes(drawing).values())) == ["", "head", "r1", "r1.f", "r2", "r2.f"]
    ops = {card.title.partition(" = ")[2]: card.layer for card in drawing._scene.cards if card.recipe}
    assert [layer for title, layer in ops.items() if title.startswith("tanh")] == ["r1", "r2"]
    assert "Residual · 20 parameters" in drawing.to_dot()


def test_a_sequence_of_one_is_called_by_its_kind():
    model = Sequential(Sequential(Linear(2, 2, rng=0)), Linear(2, None, rng=1))
    loss = model(np.ones((3, 2))).sum()
    loss.backward()
    assert "Sequential(" not in ag.draw(loss, model=model).to_dot()


def test_towers_that_meet_are_joined_outside_of_both():
    class Towers(Module):
        def __init__(self):
            self.left, self.right = Sequential(Linear(2, 2, rng=0)), Sequential(Linear(2, 2, rng=1))

        def forward(self, x):
            return self.left(x) * self.right(x)

    model = Towers()
    loss = model(np.ones((3, 2))).sum()
    loss.backward()
    joined = [
        card.layer
        for card in ag.draw(loss, model=model)._scene.cards
        if card.recipe and card.recipe.symbol == "×"
    ]
    assert joined == [""]


def test_a_penalty_on_the_weights_is_in_no_layer_and_folds_leave_it_out():
    model = BinaryNetwork([4, 3, 1], rng=0)
    X, y = np.ones((5, 4)), np.ones(5)
    penalty = sum((p**2).sum() for p in model.parameters())
    loss = ag.bce_with_logits(model(X), y) + 0.01 * penalty
    loss.backward()
    table = boxes(ag.draw(loss, model=model))
    assert {title for title, layer in table.items() if layer == "layer1"} == {
        "W1",
        "b1",
        "z1 = X @ W1 + b1",
        "a1 = tanh(z1)",
    }
    folded = rows(ag.draw(loss, model=model, max_nodes=22))
    assert "4 nodes · 15 parameters" in folded["layer1"]
    assert "3 nodes · 4 parameters" in folded["layer2"]


class Neuron(Module):
    """A neuron of single numbers."""

    def __init__(self, rng, n):
        self.w, self.b = [Parameter(v) for v in rng.normal(size=n)], Parameter(0.0)

    def forward(self, x):
        return np.maximum(sum((w * v for w, v in zip(self.w, x, strict=True)), self.b), 0.0)


class Layers(Module):
    """Neurons in layers, in lists of lists."""

    def __init__(self, sizes):
        rng = np.random.default_rng(0)
        self.layers = [[Neuron(rng, n) for _ in range(m)] for n, m in pairwise(sizes)]

    def forward(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]


def test_a_network_of_single_numbers_folds_neuron_by_neuron():
    model = Layers([2, 16, 16, 1])
    loss = (model([1.0, -2.0]) - 1.0) ** 2
    loss.backward()
    table = rows(ag.draw(loss, model=model))
    assert [name for name in table if name.startswith("layers.0.")] == [f"layers.0.{i}" for i in range(16)]
    assert all("8 nodes · 3 parameters" in table[f"layers.0.{i}"] for i in range(16))
    assert all("50 nodes · 17 parameters" in table[f"layers.1.{i}"] for i in range(16))
    few = rows(ag.draw(loss, model=model, max_nodes=9))
    assert any(name.startswith("16 × Neuron") for name in few)


def test_the_result_is_never_folded_away():
    h = ag.Tensor(0.5, name="h0")
    for _ in range(300):
        h = np.tanh(h)
    table = rows(ag.draw(h))
    assert list(table) == ["h0", "299 × tanh", "h"]
    assert f"{h.item():.4g}" in table["h"]


def test_the_title_of_repetitions_counts_equal_ops_within_one():
    x = ag.Tensor(0.5, name="x")
    for _ in range(50):
        for _ in range(4):
            x = np.tanh(x)
        x = np.sin(x)
    assert any(title.startswith("49 × (4 × tanh → sin)") for title in rows(ag.draw(x, max_nodes=12)))


def test_lists_of_tensors_are_drawn_as_one_graph():
    w = Parameter(2.0, name="w")
    drawing = ag.draw([w * 2.0, w * 3.0])
    table = rows(drawing)
    assert "used 2×" in table["w"]
    assert len(table) == 3
    assert drawing.to_dot().count("#FFF7D6") == 2


def test_dtypes_views_settings_and_documentation_are_shown():
    x = ag.Tensor(np.arange(6.0, dtype=np.float32).reshape(2, 3), name="x")
    turned = x.T.sum(axis=0)
    drawing = ag.draw(turned)
    assert "float32" in drawing.to_dot()
    table = rows(drawing)
    assert any("view of x" in text for text in table.values())
    html = drawing.to_html()
    assert "axis=0, keepdims=False" in html
    assert "transpose: The axes of x in another order" in html


def test_gradients_alone_are_drawn_on_orange_edges_alone():
    w = Parameter(2.0, name="w")
    loss = w * 2.0
    loss.backward()
    edges = [line for line in ag.draw(loss, show="gradients").to_dot().splitlines() if "->" in line]
    assert edges
    assert not any("#0B5F95" in edge for edge in edges)
