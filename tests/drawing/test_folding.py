"""Large graphs: layers and repetitions are folded; a graph that stays too large is an error."""

import re
import time

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing import folding
from autograd_lite.drawing.cards import FOREIGN_GRADIENT
from autograd_lite.nn import BinaryNetwork, Linear, Module, Parameter, Sequential, Tanh


def deep(layers, width=8, n=6):
    """A deep network and its loss, after backward."""
    X, y = np.random.default_rng(0).normal(size=(n, 3)), np.arange(n) % 2.0
    inner = [m for _ in range(layers) for m in (Linear(width, width, rng=0), Tanh())]
    model = Sequential(Linear(3, width, rng=0), Tanh(), *inner, Linear(width, None, rng=0))
    loss = ag.bce_with_logits(model(X), y)
    loss.backward()
    return model, loss, {"X": X, "y": y}


def names(drawing):
    """The first column of the table."""
    return [line.partition("  ")[0] for line in str(drawing).splitlines()[1:]]


def chain(length):
    """A chain of scalar ops that use the same two parameters again and again."""
    w, b = Parameter(0.5, name="w"), Parameter(0.1, name="b")
    h = ag.Tensor(1.0, name="h0")
    for _ in range(length // 3):
        h = np.tanh(h * w + b)
    return h


def thue_morse(length):
    """A chain of ops in an order without three repetitions of anything."""
    h = ag.Tensor(0.3, name="h0")
    for i in range(length):
        h = np.tanh(h) if i.bit_count() % 2 else np.sin(h)
    return h


def test_a_graph_that_fits_is_not_folded():
    model, loss, data = deep(1)
    drawing = ag.draw(loss, model=model, names=data)
    assert len(names(drawing)) == 1 + 3 * 3 + 2 + 2  # X; three layers of W, b, z; two tanh; y and loss
    assert drawing.to_dot().count("subgraph") == 3


def test_layers_fold_first_and_each_describes_its_content():
    model, loss, data = deep(3)
    drawing = ag.draw(loss, model=model, names=data, max_nodes=8)
    assert names(drawing) == [
        "X",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "layer5",
        "y",
        "loss = BCE(σ(z5), y)",
    ]
    table = str(drawing)
    assert "Linear(8 → 8) + tanh; (6, 8) → (6, 8); 4 nodes · 72 parameters" in table
    gradient = np.hypot(np.linalg.norm(model.layer2.W.grad), np.linalg.norm(model.layer2.b.grad))
    assert f"{gradient:.4g}" in table.splitlines()[3]
    dot = drawing.to_dot()
    assert "subgraph" not in dot
    assert dot.count("X ->") + dot.count("n0 -> f0") == 1


def test_then_repetitions_fold_with_the_range_of_their_gradients():
    model, loss, data = deep(40)
    drawing = ag.draw(loss, model=model, names=data, max_nodes=6)
    assert names(drawing) == [
        "X",
        "layer1",
        "40 × Linear(8 → 8) + tanh",
        "layer42",
        "y",
        "loss = BCE(σ(z42), y)",
    ]
    row = str(drawing).splitlines()[3]
    assert "layer2 … layer41; (6, 8) → (6, 8); 160 nodes · 2\N{NARROW NO-BREAK SPACE}880 parameters" in row
    layers = [layer for layer in model if isinstance(layer, Linear)][1:-1]
    sizes = [np.hypot(np.linalg.norm(layer.W.grad), np.linalg.norm(layer.b.grad)) for layer in layers]
    assert f"{min(sizes):.4g} … {max(sizes):.4g}".replace("e-0", "e-").replace("-", "−") in row


def test_a_bar_shows_the_size_of_the_gradient_on_a_log_scale():
    model, loss, data = deep(3)
    for p in model.parameters():
        p.grad = np.zeros_like(p.data)
    model.layer1.W.grad = np.full((3, 8), 1e-2 / np.sqrt(24))
    model.layer2.W.grad = np.full((8, 8), 1.0 / 8)
    dot = ag.draw(loss, model=model, names=data, max_nodes=8).to_dot().splitlines()
    bars = {
        name: next(line for line in dot if f"<B>{name}</B>" in line)
        for name in ("layer1", "layer2", "layer3")
    }
    assert 'WIDTH="78" HEIGHT="8" FIXEDSIZE="TRUE" BGCOLOR="#B84A00"' in bars["layer1"]  # 1 - 2/5 of 130
    assert 'WIDTH="130" HEIGHT="8" FIXEDSIZE="TRUE" BGCOLOR="#B84A00"' in bars["layer2"]
    assert 'HEIGHT="8" FIXEDSIZE="TRUE" BGCOLOR="#B84A00"' not in bars["layer3"]


def test_a_fold_shows_the_alerts_of_its_members():
    net = BinaryNetwork([4, 8, 8, 8, 8, 8, 1], activation="sigmoid", rng=0)
    loss = ag.bce_with_logits(net(np.ones((4, 4))), np.ones(4))
    loss.backward()
    drawing = ag.draw(loss, model=net, max_nodes=10)
    ratio = (
        f"{np.linalg.norm(net.layer6.W.grad) / 8**0.5 / (np.linalg.norm(net.layer1.W.grad) / 32**0.5):.0f}"
    )
    assert f"! W1: vanishing: {ratio}× smaller than layer6.W" in str(drawing).splitlines()[2]
    card = next(line for line in drawing.to_dot().splitlines() if "<B>layer1<" in line)
    assert 'color="#B91C1C" penwidth=3' in card


def test_a_gradient_of_another_pass_has_a_note_on_the_fold_and_no_alert():
    model, loss, data = deep(3)
    (model.layer2.W * 1e-12).sum().backward()
    row = str(ag.draw(loss, model=model, names=data, max_nodes=8)).splitlines()[3]
    assert FOREIGN_GRADIENT in row
    assert "!" not in row


def test_a_fold_is_unfolded_on_request():
    model, loss, data = deep(3)
    drawing = ag.draw(loss, model=model, names=data, max_nodes=8, unfold=["layer2"])
    assert [n for n in names(drawing) if "layer" in n] == [
        "layer1",
        "layer2.W",
        "layer2.b",
        "layer3",
        "layer4",
        "layer5",
    ]
    assert drawing.to_dot().count("subgraph") == 1
    repeats = "40 × Linear(8 → 8) + tanh"
    model, loss, data = deep(40)
    assert len(names(ag.draw(loss, model=model, names=data, max_nodes=6, unfold=[repeats]))) == 5 + 160


def test_the_error_for_a_wrong_unfold_lists_the_folds():
    model, loss, data = deep(3)
    with pytest.raises(ValueError, match="unfold has 'layer9'; the folds are 'layer1', 'layer2'"):
        ag.draw(loss, model=model, names=data, max_nodes=8, unfold=["layer9"])
    with pytest.raises(TypeError, match=r"unfold is 'layer1'; pass a list of titles: unfold=\['layer1'\]"):
        ag.draw(loss, unfold="layer1")


def test_what_cannot_be_folded_enough_is_an_error_with_counts_and_the_argument():
    with pytest.raises(
        ValueError, match=r"the graph has 301 tensors and max_nodes=60; .* or pass max_nodes=301"
    ):
        ag.draw(thue_morse(300))
    model, loss, data = deep(6)
    with pytest.raises(
        ValueError, match=r"has 34 tensors, 6 when its layers and repetitions are folded, and max_nodes=3"
    ):
        ag.draw(loss, model=model, names=data, max_nodes=3)
    assert len(names(ag.draw(thue_morse(300), max_nodes=301))) == 301


def test_shared_parameters_stay_beside_the_repetitions_that_use_them():
    h = chain(600)
    h.backward()
    drawing = ag.draw(h)
    last = ["v200 = a199 × w", "z200 = v200 + b", "h = tanh(z200)"]
    titles = names(drawing)
    assert titles[:4] == ["h0", "w", "b", "199 × (multiply → add → tanh)"]
    assert len(titles) == 4 + len(last)
    assert "used 200×" in str(drawing)
    assert drawing.to_dot().count("-> f0") == 3  # h0, w and b


class Block(Module):
    """Two layers and a way around them."""

    def __init__(self, width):
        self.inner, self.outer = Linear(width, width, rng=1), Linear(width, width, rng=2)

    def forward(self, x):
        return x + self.outer(np.tanh(self.inner(x)))


class Stack(Module):
    """Blocks in a list, and a last layer."""

    def __init__(self, blocks):
        self.body = Sequential(*(Block(4) for _ in range(blocks)))
        self.head = Linear(4, None, rng=3)

    def forward(self, x):
        return self.head(self.body(x))


def test_modules_within_modules_are_boxes_within_boxes():
    model = Stack(2)
    loss = ag.bce_with_logits(model(np.ones((3, 4))), np.ones(3))
    loss.backward()
    lines = ag.draw(loss, model=model).to_dot().splitlines()
    depth, seen = 0, {}
    for line in lines:
        depth += line.strip().startswith("subgraph") - (line == "  }")
        for path in ("body", "body.layer1", "body.layer1.inner", "head"):
            if f"<B>{path}</B>" in line and "graph [" in line:
                seen[path] = depth
    assert seen == {"body": 1, "body.layer1": 2, "body.layer1.inner": 3, "head": 1}
    assert any("<B>body</B>" in line and "Sequential · 80 parameters" in line for line in lines)


def test_inner_layers_fold_before_outer_ones():
    model = Stack(3)
    loss = ag.bce_with_logits(model(np.ones((3, 4))), np.ones(3))
    loss.backward()
    folded = names(ag.draw(loss, model=model, max_nodes=14))
    assert "body.layer1.inner" in folded
    few = names(ag.draw(loss, model=model, max_nodes=7))
    assert any("×" in name or name.startswith("body") for name in few)
    assert len(few) <= 7


@pytest.mark.parametrize("ops", [0, 1, 2, 3, 4, 5])
def test_every_small_chain_is_folded_if_that_helps(ops):
    h = ag.Tensor(0.5, name="h0")
    for _ in range(ops):
        h = np.tanh(h)
    drawing = ag.draw(h, max_nodes=ops + 1)
    assert len(names(drawing)) == ops + 1
    if ops > 3:  # the result stays, three others repeat
        assert names(ag.draw(h, max_nodes=3)) == ["h0", f"{ops - 1} × tanh", "h"]


def test_folds_never_make_a_cycle():
    rng = np.random.default_rng(0)
    for _ in range(200):
        nodes = [folding.Node((), "leaf", "", parameter=True, stays=False) for _ in range(3)]
        for i in range(3, 60):
            inputs = tuple(int(j) for j in rng.integers(max(0, i - 6), i, size=2))
            nodes.append(
                folding.Node(
                    inputs, int(rng.integers(2)), f"l{i // 7}" * int(rng.integers(2)), False, i == 59
                )
            )
        for most in (50, 20, 5, 1):
            folds, count = folding.to_fit(nodes, most)
            home = {i: f"f{f}" for f, fold in enumerate(folds) for i in fold.members}
            assert len({home.get(i, i) for i in range(len(nodes))}) == count
            assert len({i for fold in folds for i in fold.members}) == sum(len(f.members) for f in folds)
            after = {}  # the inputs of each node of the folded graph
            for i, node in enumerate(nodes):
                for j in node.inputs:
                    a, b = home.get(j, j), home.get(i, i)
                    if a != b:
                        after.setdefault(b, set()).add(a)
            assert not cyclic(after)


def cyclic(after):
    """True if a graph, as node -> its inputs, has a cycle."""
    left = {key: set(value) for key, value in after.items()}
    while left:
        free = [key for key, needs in left.items() if not needs & left.keys()]
        if not free:
            return True
        for key in free:
            del left[key]
    return False


@pytest.mark.long
def test_a_network_of_2000_ops_and_a_chain_of_100000_are_drawn():
    model, loss, _ = deep(660)
    started = time.perf_counter()
    svg = ag.draw(loss, model=model).to_svg()
    assert "660 × Linear(8 → 8) + tanh" in svg
    network = time.perf_counter() - started
    h = chain(100_000)
    started = time.perf_counter()
    assert "× (multiply → add → tanh)" in ag.draw(h).to_svg()
    assert (network < 3 * SLOW, time.perf_counter() - started < 15 * SLOW) == (True, True)


SLOW = 4  # times as long as promised, before a busy machine fails this


def test_the_backward_graph_has_a_region_of_its_own():
    x = ag.Tensor(1.0, name="x")
    y = np.tanh(x)
    (first,) = ag.gradients(y, [x], create_graph=True)
    dot = ag.draw(first).to_dot()
    assert dot.count("subgraph") == 1
    box = dot[dot.index("subgraph") : dot.index("\n  }")]
    assert "backward graph" in box
    assert 'fillcolor="#FFF7F0"' in box
    assert "<B>x</B>" not in box
    assert "<B>first</B>" in box
    (second,) = ag.gradients(first, [x], create_graph=True)
    both = ag.draw((first + second) * 1.0).to_dot()
    assert both.count("subgraph") == 2
    assert "backward graph of order 2" in both
    assert "backward graph" not in ag.draw(y).to_dot()


def test_a_gradient_penalty_draws_forward_and_backward_graph_apart():
    net = BinaryNetwork([2, 3, 1], activation="tanh", rng=0)
    X, y = np.ones((4, 2)), np.ones(4)
    loss = ag.bce_with_logits(net(X), y)
    (g,) = ag.gradients(loss, [net.layer1.W], create_graph=True)
    total = loss + (g * g).sum()
    total.backward()
    dot = ag.draw(total, model=net).to_dot()
    assert dot.count("subgraph") == 3
    clusters = re.findall(r"subgraph cluster_\d+ \{\n.*?<B>(.*?)</B>(.*?)\n  \}", dot, re.DOTALL)
    held = {name: re.findall(r"<B>([^<]*?)</B>", inside) for name, inside in clusters}
    assert held["layer1"] == ["W1", "b1", "z1 = X @ W1 + b1", "a1 = tanh(z1)"]
    assert "loss = BCE(σ(z2), y)" not in held["backward graph"]
    assert any(title.startswith("g = ") for title in held["backward graph"])
    assert "call backward()" not in dot
