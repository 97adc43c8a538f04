"""The page of a drawing in a browser: its steps, captions, folds, tooltips, keyboard, colours and sizes."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.nn import BinaryNetwork, Linear, Parameter, Sequential, Tanh

W1, W2, B, X1, X2 = 0.6, -1.1, 0.2, 1.5, -0.8
FORWARD = ["w1 × x1", "w2 × x2", "z1", "z2", "p", "loss"]
BACKWARD = ["loss", "p", "z2", "b", "z1", "w2 × x2", "w2", "w1 × x1", "w1"]
# The inputs of each card of the logistic unit.
INPUT_NAMES = {
    "w1 × x1": ["w1", "x1"],
    "w2 × x2": ["w2", "x2"],
    "z1": ["w1 × x1", "w2 × x2"],
    "z2": ["z1", "b"],
    "p": ["z2"],
    "loss": ["p", "y"],
}
INPUTS = {"w1": W1, "w2": W2, "b": B, "x1": X1, "x2": X2, "y": 0.0}


def unit(backward=True, **settings):
    """The logistic unit of two inputs."""
    w1, w2, b = (Parameter(INPUTS[name], name=name) for name in ("w1", "w2", "b"))
    x1, x2, y = (ag.Tensor(INPUTS[name], name=name, requires_grad=False) for name in ("x1", "x2", "y"))
    p = ag.sigmoid(w1 * x1 + w2 * x2 + b)
    p.name = "p"
    loss = ag.bce(p, y)
    if backward:
        loss.backward()
    return ag.draw(loss, names={"loss": loss}, **settings)


def four(x):
    """A number with four digits, as the page writes it."""
    return f"{x:.4g}".replace("-", "−")


def unit_numbers():
    """Value and gradient of every card of the unit, by the formulas of the textbook."""
    a, c = W1 * X1, W2 * X2
    z1 = a + c
    z2 = z1 + B
    p = 1 / (1 + math.exp(-z2))
    values = {**INPUTS, "w1 × x1": a, "w2 × x2": c, "z1": z1, "z2": z2, "p": p, "loss": -math.log(1 - p)}
    on_z = p * (1 - p) / (1 - p)
    grads = {"loss": 1.0, "p": 1 / (1 - p), "w1": on_z * X1, "w2": on_z * X2}
    return values, grads | dict.fromkeys(("z2", "b", "z1", "w1 × x1", "w2 × x2"), on_z)


def unit_captions():
    """The caption of every step of the unit."""
    v, g = ({name: four(x) for name, x in numbers.items()} for numbers in unit_numbers())
    a, c, z, on_z = v["w1 × x1"], v["w2 × x2"], v["z2"], g["z2"]
    slope = four(unit_numbers()[0]["p"] * (1 - unit_numbers()[0]["p"]))
    copied = f"{on_z} × 1 = {on_z}"
    return [
        f"w1 × x1 = 0.6 × 1.5 = {a}",
        f"w2 × x2 = −1.1 × −0.8 = {c}",
        f"z1 = w1 × x1 + w2 × x2 = {a} + {c} = {v['z1']}",
        f"z2 = z1 + b = {v['z1']} + 0.2 = {z}",
        f"p = σ(z2) = σ({z}) = {v['p']}",
        f"loss = BCE(p, y) = BCE({v['p']}, 0) = {v['loss']}",
        "start: ∂loss/∂loss = 1",
        f"grad(p) = 1 × (p−y)/(p(1−p)) = 1 × {g['p']} = {g['p']}",
        f"grad(z2) = {g['p']} × p(1−p) = {g['p']} × {slope} = {on_z}",
        f"grad(b) = {copied}",
        f"grad(z1) = {copied}",
        f"grad(w2 × x2) = {copied}",
        f"grad(w2) = {on_z} × x2 = {on_z} × −0.8 = {g['w2']}",
        f"grad(w1 × x1) = {copied}",
        f"grad(w1) = {on_z} × x1 = {on_z} × 1.5 = {g['w1']}",
    ]


def assert_unit_at(page, step):
    """Assert that the page shows the results of the first steps, and no others."""
    values, grads = unit_numbers()
    known = {*INPUTS, *FORWARD[:step]}
    back = BACKWARD[: max(step - len(FORWARD), 0)]
    for name, card in page.cards.items():
        assert card["value"] == (four(values[name]) if name in known else None), (step, name)
        assert card["grad"] == (four(grads[name]) if name in back else None), (step, name)
        assert card["asked"] == ("?" if name in grads and name not in back else None), (step, name)
    assert page.at == step


def edges_of(name, back):
    """The edges of a step: into the card whose value is computed, or out of it for its gradient."""
    if not back:
        return {*((source, f"op {name}") for source in INPUT_NAMES[name]), (f"op {name}", name)}
    uses = [target for target, sources in INPUT_NAMES.items() if name in sources]
    return {edge for target in uses for edge in ((name, f"op {target}"), (f"op {target}", target))}


def two_layers(back=True, seed=0):
    """A network of two layers, its input and labels, and the drawing of its loss."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(16, 2))
    y = (X[:, 0] > 0).astype(float)
    net = BinaryNetwork([2, 4, 1], rng=seed)
    loss = ag.bce_with_logits(net(X), y)
    if back:
        loss.backward()
    return net, X, y, ag.draw(loss, model=net, names={"X": X, "y": y, "loss": loss})


def test_at_the_start_no_computed_value_and_no_gradient_is_visible(page):
    page.open(unit())
    assert (
        page.caption
        == "Press play or the arrow keys: first the values, forward, then the gradients, backward."
    )
    assert_unit_at(page, 0)
    assert page.find("#first").get_attribute("disabled")
    assert page.find("#previous").get_attribute("disabled")
    assert page.edges("now") == set()


def test_every_step_shows_its_value_or_gradient_with_the_arithmetic(page):
    page.open(unit())
    captions = unit_captions()
    assert "grad(w1) = 0.8787 × x1 = 0.8787 × 1.5 = 1.318" in captions
    for step, expected in enumerate(captions, 1):
        page.find("#next").click()
        assert page.caption == expected
        assert_unit_at(page, step)
        assert page.find("output").text == f"{'backward' if step > 6 else 'forward'} {step} of 15"
    assert page.find("#next").get_attribute("disabled")
    for step in range(14, -1, -1):
        page.find("#previous").click()
        assert_unit_at(page, step)


# For every highlighted edge, the lines of each kind: the visible part and the width of each.
HIGHLIGHTED = """
const line = (path) => [probe.seen(path), getComputedStyle(path).strokeWidth];
return [...document.querySelectorAll('.edge.now')].map((edge) =>
  ['value', 'gradient'].map((part) => [...edge.querySelectorAll(`path.${part}`)].map(line)));
"""


def test_the_edges_of_a_step_are_highlighted(page):
    page.open(unit())
    for step, name in enumerate([*FORWARD, *BACKWARD], 1):
        page.press("ARROW_RIGHT")
        back = step > len(FORWARD)
        assert page.edges("now") == edges_of(name, back), (step, name)
        lit = page.run("return [...document.querySelectorAll('.node.now')].map(probe.name)")
        assert name in lit
        for value, gradient in page.run(HIGHLIGHTED):
            assert all(width == "4px" for _, width in value + gradient)
            assert all(part == (0.3 if back else 1) for part, _ in value)
            assert all(part == back for part, _ in gradient)
            assert not back or gradient


def test_slider_keys_and_buttons_all_step(page):
    page.open(unit())
    slider = page.find("input")
    page.click(slider, x=round(slider.size["width"] * 0.4))
    assert_unit_at(page, 14)
    page.press("ARROW_LEFT")  # a key of the slider itself
    assert_unit_at(page, 13)
    page.press("HOME")
    assert_unit_at(page, 0)
    page.run("document.activeElement.blur()")
    for key, step in (("ARROW_RIGHT", 1), ("END", 15), ("ARROW_RIGHT", 15), ("ARROW_LEFT", 14), ("HOME", 0)):
        page.press(key)
        assert_unit_at(page, step)
    page.step(9)
    assert_unit_at(page, 9)
    page.find("#first").click()
    assert_unit_at(page, 0)
    page.run("location.hash = '#7'")
    page.wait(lambda: page.at == 7)
    assert_unit_at(page, 7)


def test_play_goes_on_by_itself_and_stops_at_the_end(page):
    page.open(unit())
    button = page.find("#play")
    page.step(13)
    button.click()
    assert (button.text, page.at) == ("pause", 14)
    page.wait(lambda: page.at == 15)
    assert button.text == "play"
    page.run("document.activeElement.blur()")
    page.press(" ")  # starts again from the beginning
    assert (button.text, page.at) == ("pause", 0)
    page.wait(lambda: page.at == 1)
    page.press(" ")
    assert (button.text, page.at) == ("play", 1)
    page.step(14)
    button.click()
    assert (button.text, page.at) == ("play", 15)  # because the end is reached
    page.step(1)
    button.click()
    page.press("ARROW_LEFT")  # a step by hand stops the player
    assert (button.text, page.at) == ("play", 1)


def test_the_captions_of_a_network_agree_with_numpy(page):
    net, X, y, drawing = two_layers()
    (W, b), (v, c) = ((layer.W.data, layer.b.data) for layer in (net.layer1, net.layer2))
    z = X @ W + b
    a = np.tanh(z)
    s = a @ v + c
    ds = (1 / (1 + np.exp(-s)) - y) / 16
    da = np.outer(ds, v)
    dz = da * (1 - a * a)
    grads = {"z2": ds, "W2": a.T @ ds, "a1": da, "z1": dz, "b1": dz.sum(0), "W1": X.T @ dz}
    norm = {name: four(np.linalg.norm(g)) for name, g in grads.items()}
    ends = [f"{four(array.min())} … {four(array.max())}" for array in (z, a, s)]
    expected = [
        f"z1 = X @ W1 + b1, (16, 4): {ends[0]}",
        f"a1 = tanh(z1), (16, 4): {ends[1]}",
        f"z2 = a1 @ W2 + b2, (16,): {ends[2]}",
        f"loss = BCE(σ(z2), y) = {four(np.mean(np.log1p(np.exp(s)) - y * s))}",
        "start: ∂loss/∂loss = 1",
        f"grad(z2) = grad(loss) × (σ(z2)−y)/16: norm {norm['z2']}",
        f"grad(b2) = grad(z2), sum over 16 rows = {four(ds.sum())}",
        f"grad(W2) = a1.T @ grad(z2): norm {norm['W2']}",
        f"grad(a1) = outer(grad(z2), W2): norm {norm['a1']}",
        f"grad(z1) = grad(a1) × (1−a1²): norm {norm['z1']}",
        f"grad(b1) = grad(z1), sum over 16 rows: norm {norm['b1']}",
        f"grad(W1) = X.T @ grad(z1): norm {norm['W1']}",
    ]
    page.open(drawing)
    assert page.cards["z1"]["cells"] == 0
    marks = page.run("return probe.named('z1').querySelectorAll('.unknown').length")
    assert marks == 1  # not one for each square
    for caption in expected:
        page.press("ARROW_RIGHT")
        assert page.caption == caption
    assert page.cards["z1"]["cells"] == 2 * 16


def test_a_tooltip_has_every_statistic_and_the_paths_to_the_result_are_highlighted(page):
    net, _, y, drawing = two_layers()
    page.open(drawing)
    page.hover("W1")
    assert "gradient\nnot computed yet" in page.find("#tip").text
    page.press("END")
    tooltip = page.find("#tip").text
    for array in (net.layer1.W.data, net.layer1.W.grad):
        names = {"min": array.min(), "mean": array.mean(), "max": array.max(), "std": array.std()}
        statistics = ", ".join(f"{name} {four(x)}" for name, x in names.items())
        assert f"{statistics}, norm {four(np.linalg.norm(array))}" in tooltip
    assert tooltip.startswith("W1\nwhat\nparameter (2, 4) float64")
    assert page.edges("path") == {("W1", "z1"), ("z1", "a1"), ("a1", "z2"), ("z2", "loss")}
    page.hover("y")
    assert f"{np.count_nonzero(y == 0)} zeros of 16" in page.find("#tip").text
    assert page.edges("path") == {("y", "loss")}
    page.click(page.find("h1"))
    assert not page.find("#tip").is_displayed()
    assert page.edges("path") == set()


def test_all_paths_of_a_value_that_is_used_twice_are_highlighted(page):
    w, v = Parameter(2.0, name="w"), Parameter(3.0, name="v")
    square = w * w
    total = square * v + square
    page.open(ag.draw(total, names={"square": square, "total": total}, detail="tensor"))
    (product,) = set(page.cards) - {"w", "v", "square", "total"}
    after = {(product, "total")}
    page.hover("w")
    assert page.edges("path") == {("w", "square"), ("square", product), ("square", "total")} | after
    assert page.run("return document.querySelectorAll('.edge.path').length") == 5  # two from w to its square
    page.hover("v")
    assert page.edges("path") == {("v", product)} | after


def fold_states(page):
    """The folded ones of the two layers, by the labels of their cards and boxes."""
    script = """return [...document.querySelectorAll('[aria-expanded]')].map((shape) => [
      ...shape.getAttribute('aria-label').split(/[ ;]/).slice(0, 2), shape.getAttribute('aria-expanded')])"""
    found = page.run(script)
    assert {name for _, name, _ in found} == {"layer1", "layer2"}
    assert {(verb, expanded) for verb, _, expanded in found} <= {("fold", "true"), ("unfold", "false")}
    return {name for verb, name, _ in found if verb == "unfold"}


def box(page, name):
    """The caption of a layer: on its box, or on its card if it is folded."""
    script = """return [...document.querySelectorAll('[aria-expanded]')].find(
      (shape) => shape.querySelector('text').textContent === arguments[0]).querySelector('text')"""
    return page.run(script, name)


def test_layers_fold_in_every_combination_and_the_step_stays(page):
    page.open(two_layers()[-1])
    captions = []
    for _ in range(12):
        page.press("ARROW_RIGHT")
        captions.append(page.caption)
    page.step(5)
    whole = set(page.cards)
    for name, folded in (
        ("layer1", {"layer1"}),
        ("layer2", {"layer1", "layer2"}),
        ("layer1", {"layer2"}),
        ("layer2", set()),
    ):
        page.click(box(page, name))
        assert fold_states(page) == folded
        assert page.at == 5
        assert page.caption == captions[4]
        inside = {"layer1": {"W1", "b1", "z1", "a1"}, "layer2": {"W2", "b2", "z2"}}
        hidden = set().union(*(inside[layer] for layer in folded))
        assert set(page.cards) == (whole - hidden) | folded
        page.press("HOME")
        for caption in captions:
            page.press("ARROW_RIGHT")
            assert page.caption == caption
        page.step(5)


def test_folds_open_and_close_by_keyboard_and_by_their_buttons(page):
    page.open(two_layers()[-1])
    fold, unfold = (page.find(f"[data-view='{key}']") for key in ("", "f0 f1"))
    assert (fold.text, unfold.text) == ("fold all", "unfold all")
    fold.click()
    assert fold_states(page) == {"layer1", "layer2"}
    assert (fold.is_enabled(), unfold.is_enabled()) == (False, True)
    unfold.click()
    assert fold_states(page) == set()
    assert (fold.is_enabled(), unfold.is_enabled()) == (True, False)
    focused = "return document.activeElement.getAttribute('aria-label')"
    page.run("document.querySelector('.cluster[tabindex]').focus()")
    (name,) = {"layer1", "layer2"} & set(page.run(focused).split())
    page.press("ENTER")
    assert fold_states(page) == {name}
    assert page.run(focused).startswith(f"unfold {name}; ")  # the focus stays on the same layer
    page.press(" ")
    assert fold_states(page) == set()
    assert page.at == 0  # a space on a fold does not play


def test_a_fold_has_its_value_and_gradient_when_all_its_members_have_them(page):
    page.open(two_layers()[-1])
    page.find("[data-view='']").click()
    waits = "return probe.named(arguments[0]).classList.contains('waiting')"
    for step, waiting, gradient, highlighted in (
        (1, True, False, {("X", "layer1")}),
        (2, False, False, set()),
        (3, False, False, {("layer1", "layer2")}),
        (8, False, False, set()),
        (9, False, False, {("layer1", "layer2")}),
        (11, False, False, set()),
        (12, False, True, set()),
    ):
        page.step(step)
        assert page.run(waits, "layer1") == waiting
        assert bool(page.cards["layer1"]["grad"]) == gradient
        assert page.edges("now") - {("layer2", "loss")} == highlighted, step


def test_of_many_layers_one_or_all_are_open(page):
    net = Sequential(*(Linear(2, 2, rng=i) for i in range(18)))
    loss = ag.mse(net(np.ones((3, 2))), np.zeros((3, 2)))
    loss.backward()
    page.open(ag.draw(loss, model=net, max_nodes=200))
    open_ones = "return document.querySelectorAll('.cluster').length"
    assert page.run(open_ones) == 18
    page.click(box(page, "layer3"))
    assert page.run(open_ones) == 0
    page.click(box(page, "layer3"))
    assert page.run(open_ones) == 18


def trained(**settings):
    """A film of a few steps of the two layers."""
    net, X, y, _ = two_layers()
    film = ag.film(net, X, y, loss=ag.bce_with_logits, **settings)
    ag.fit(
        net,
        X,
        y,
        loss=ag.bce_with_logits,
        optimizer=ag.optim.Adam(net.parameters(), lr=0.1),
        epochs=4,
        callbacks=[film],
        progress=False,
    )
    return film


LONG = "a_name_that_nobody_would_want_to_read_aloud_" * 3


def wordy():
    """A page with long names and a long title."""
    w, x = Parameter(np.linspace(-1, 1, 12).reshape(4, 3), name=f"w_{LONG}"), np.ones((5, 4))
    product = x @ w
    loss = ag.mse(product, np.zeros((5, 3)))
    loss.backward()
    names = {f"x_{LONG}": x, f"product_{LONG}": product, f"loss_{LONG}": loss}
    return ag.draw(loss, names=names, title=f"{LONG * 4} {'words ' * 60}")


KINDS = {"unit": unit, "layers": lambda: two_layers()[-1], "long names": wordy, "film": trained}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_a_name_for_screen_readers(page, kind):
    page.open(KINDS[kind]())
    tree = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = {}
    for node in tree:
        if not node["ignored"] and "role" in node:
            named.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
    roles = ("button", "slider", "image", "img", "DisclosureTriangle", "toolbar", "region", "group")
    found = [name for role in roles for name in named.get(role, [])]
    assert all(found)
    assert len(named["slider"]) == 1
    assert {"first step", "previous step", "play", "next step"} <= set(named["button"])
    for name, card in page.cards.items():
        label = page.run("return probe.named(arguments[0]).getAttribute('aria-label')", name)
        assert " ".join(label.split()) in found
        assert not card["value"] or "value: " in label
    caption = page.find("#caption")
    assert (caption.get_attribute("role"), caption.get_attribute("aria-live")) == ("status", "polite")
    valued = page.find("input").get_attribute("aria-valuetext")
    assert valued == caption.text


def test_a_screen_reader_gets_only_the_numbers_of_that_step(page):
    page.open(unit())
    label = "return probe.named(arguments[0]).getAttribute('aria-label')"
    assert page.run(label, "w1") == "w1; what: parameter float64; value: 0.6; gradient: not computed yet"
    assert "2.1" not in page.run(label, "loss")
    page.press("END")
    assert page.run(label, "w1").startswith("w1; what: parameter float64; value: 0.6; gradient: 1.318")


# The element with the focus: its kind, outline, border of its shape, and true if the tooltip is open.
FOCUSED = """
const e = document.activeElement, style = getComputedStyle(e), path = e.querySelector(':scope > path');
return [e.matches('g') ? e.classList[0] : e.localName, `${style.outlineStyle} ${style.outlineWidth}`,
  path && getComputedStyle(path).strokeWidth, !document.getElementById('tip').hidden];
"""


def test_the_focus_is_visible_and_opens_the_tooltip(page):
    page.open(two_layers()[-1])
    seen = []
    for _ in range(16):
        page.press("TAB")
        seen.append(page.run(FOCUSED))
    kinds = [kind for kind, *_ in seen]
    assert {kind: kinds.count(kind) for kind in kinds} == {"button": 3, "input": 1, "cluster": 2, "node": 10}
    for kind, outline, border, tip in seen:
        drawn = kind in ("cluster", "node")
        assert border == "4px" if drawn else outline == "solid 3px"
        assert tip == (kind == "node")


MOVING = """return [...document.querySelectorAll('*')].filter(
  (e) => Math.max(...getComputedStyle(e).transitionDuration.split(',').map(parseFloat)) > 0).length"""


def test_nothing_moves_if_the_reader_prefers_reduced_motion(page):
    page.open(unit(), motion=True)
    assert page.run(MOVING) > 0
    page.press("ARROW_RIGHT")
    page.wait(lambda: page.cards["w1 × x1"]["value"])
    page.media(motion=False)
    assert page.run(MOVING) == 0


def test_nothing_flashes_when_a_page_opens_or_a_layer_unfolds(page):
    page.open(two_layers()[-1], motion=True)
    running = "return document.getAnimations().length"
    assert page.run(running) == 0
    page.find("[data-view='']").click()
    assert page.run(running) == 0
    page.press("END")
    assert page.run(running) > 0


def everything(**settings):
    """Every kind of card: frozen, input, target, alert, layer, and a graph of gradients."""
    net, X, y, _ = two_layers()
    net.layer1.b.requires_grad = False
    loss = ag.bce_with_logits(net(X), y)
    (g,) = ag.gradients(loss, [net.layer2.W], create_graph=True)
    total = (g * g).sum() * 1e9 + loss  # explodes
    total.backward()
    return ag.draw(total, model=net, **settings)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("make", "step"), [(everything, 3), (unit, 12), (trained, 2)])
def test_every_text_has_contrast(page, make, step, dark):
    page.open(make(), dark=dark)
    page.step(step)
    name = next(iter(page.cards))
    page.hover(name)
    found = page.run("return probe.contrasts()")
    assert len(found) > 40
    assert [text for text in found if text[0] < 4.5] == []
    background = page.run("return getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(15, 23, 42)" if dark else "rgb(255, 255, 255)")


def test_a_page_with_the_dark_theme_is_always_dark(page):
    page.open(unit(theme="dark"), dark=False)
    page.step(12)
    assert min(page.run("return probe.contrasts()"))[0] >= 4.5
    assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(15, 23, 42)"


@pytest.mark.parametrize("kind", KINDS)
def test_the_layout_has_no_faults_at_any_width(page, kind):
    page.open(KINDS[kind]())
    left = "return probe.shapes().sort((a, b) => a.getBBox().x - b.getBBox().x).map(probe.name)"
    names = page.run(left)
    ends = (names[0], names[-1])
    page.press("ESCAPE")  # the browser notes that the keyboard is used, so the focus opens the tooltip
    for width in (1920, 1400, 1000, 600, 400):
        page.resize(width)
        for step in (0, 3):
            page.step(step)
            assert page.run("return probe.misplaced()") == [], (width, step)
        for name in ends:
            page.run("probe.named(arguments[0]).focus()", name)
            tip = page.find("#tip").rect
            assert tip["width"] > 100
            assert tip["x"] >= 0
            assert tip["x"] + tip["width"] <= width + 1


HOSTILE = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "\"'`; window.hacked=1; //",
    "{{data}} {{script}}",
    "$& $1 \\1",
    "two\nlines",
    "🙂 权重 σ",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_as_it_is(page, name):
    w = Parameter(2.0, name=name)
    loss = w * 3.0
    loss.backward()
    page.open(ag.draw(loss, names={"loss": loss}, title=name))
    plain = " ".join(name.split())
    drawn = plain.replace("\\", "\N{SET MINUS}")  # which Graphviz leaves as it is
    assert page.find("h1").text == page.driver.title == drawn
    assert page.run("return probe.title(probe.shapes()[0])").rstrip("…") in drawn
    page.run("probe.shapes()[0].focus()")
    page.press("END")
    assert page.caption == f"grad({plain}) = 1 × 3 = 3"
    assert page.find("#tip strong").text.rstrip("…") in plain
    assert page.run("return [window.hacked, document.scripts.length, document.images.length]") == [None, 2, 0]


def deep():
    """A network of 300 layers, too many to unfold."""
    net = Sequential(*(layer for i in range(300) for layer in (Linear(3, 3, rng=i), Tanh())))
    loss = ag.mse(net(np.ones((4, 3))), np.zeros((4, 3)))
    loss.backward()
    return ag.draw(loss, model=net, names={"loss": loss})


def square():
    """A value that is used twice."""
    w = Parameter(3.0, name="w")
    total = w * w
    total.backward()
    return ag.draw(total, names={"total": total})


def broken():
    """A graph with NaN and inf."""
    x = Parameter([1.0, np.nan, np.inf], name="x")
    double = x * 2.0
    return ag.draw(double.sum(), names={"double": double})


def penalty():
    """The gradient of a gradient."""
    x = ag.Tensor(1.0, name="x")
    y = np.tanh(x)
    (slope,) = ag.gradients(y, [x], create_graph=True)
    slope.backward()
    return ag.draw(slope, names={"slope": slope, "y": y})


BOTH = "Press play or the arrow keys: first the values, forward, then the gradients, backward."
ONLY_FORWARD = "Press play or the arrow keys: the values, forward."
NO_BACKWARD = f"{ONLY_FORWARD} For gradients, call backward() before drawing."
SLOPE = four(-2 * math.tanh(1) * (1 - math.tanh(1) ** 2))


@pytest.mark.parametrize(
    ("make", "start", "count", "end"),
    [
        (lambda: unit(backward=False), NO_BACKWARD, 6, "loss = BCE(p, y) = BCE(0.8787, 0) = 2.109"),
        (lambda: unit(show="values"), ONLY_FORWARD, 6, "loss = BCE(p, y) = BCE(0.8787, 0) = 2.109"),
        (
            lambda: unit(show="gradients"),
            "Press play or the arrow keys: the gradients, backward.",
            9,
            "grad(w1) = 0.8787 × x1 = 0.8787 × 1.5 = 1.318",
        ),
        (
            lambda: ag.draw(Parameter(2.0, name="w")),
            "Nothing to compute: the graph is a leaf.",
            0,
            "Nothing to compute: the graph is a leaf.",
        ),
        (deep, BOTH, 4, "grad through 300 × Linear(3 → 3) + tanh: 2.204e−40 … 1.09e−20"),
        (square, BOTH, 3, "grad(w) = 1 × w + 1 × w = 1 × 3 + 1 × 3 = 6"),
        (broken, NO_BACKWARD, 2, "a1 = sum(double) = NaN"),
        (penalty, BOTH, 9, f"grad(x) = −1.523 × (1−y²) = −1.523 × 0.42 = {SLOPE}"),
    ],
    ids=["before backward", "values", "gradients", "leaf", "deep", "square", "NaN", "create_graph"],
)
def test_every_kind_of_graph_steps_from_start_to_end(page, make, start, count, end):
    page.open(make())
    assert page.caption == start
    for step in range(1, count + 1):
        page.press("ARROW_RIGHT")
        assert page.at == step
        assert page.caption
    page.press("ARROW_RIGHT")
    assert (page.at, page.caption) == (count, end)
    assert page.find("#play").is_enabled() == (count > 0)


def test_before_backward_every_card_says_what_to_call(page):
    page.open(unit(backward=False))
    texts = page.run("return probe.shapes().map((shape) => [probe.name(shape), shape.textContent])")
    assert {name for name, text in texts if "call backward()" in text} == {*FORWARD, "w1", "w2", "b"}
    page.press("END")
    assert (
        page.run("return [...document.querySelectorAll('.gradient, .unknown')].filter(probe.seen).length")
        == 0
    )


def test_show_selects_values_or_gradients(page):
    page.open(unit(show="values"))
    assert page.run("return document.querySelectorAll('.gradient, .unknown').length") == 0
    page.open(unit(show="gradients"))
    assert all(card["grad"] is None for card in page.cards.values())
    page.press("END")
    _, grads = unit_numbers()
    assert {name: card["grad"] for name, card in page.cards.items() if card["grad"]} == {
        name: four(x) for name, x in grads.items()
    }
    assert {name for name, card in page.cards.items() if card["value"]} == {"x1", "x2", "y"}


def test_a_step_over_a_fold_that_cannot_be_opened(page):
    page.open(deep())
    assert page.run("return document.querySelectorAll('[aria-expanded], [data-view]').length") == 0
    name = "300 × Linear(3 → 3) + tanh"
    for card, edges in (
        (name, {("x1", name)}),
        ("loss", {(name, "loss"), ("x2", "loss")}),
        ("loss", set()),
        (name, {(name, "loss")}),
    ):
        page.press("ARROW_RIGHT")
        assert page.run("return [...document.querySelectorAll('.node.now')].map(probe.name)") == [card]
        assert page.edges("now") == edges
    assert page.cards[name]["grad"]


def test_alerts_and_their_red_border_appear_with_their_value_or_gradient(page):
    alerts = """const shape = probe.named(arguments[0]);
      const border = getComputedStyle(shape.querySelector('path')).stroke;
      const seen = [...shape.querySelectorAll('.alert')].filter(probe.seen).map((text) => text.textContent);
      return [border === 'rgb(185, 28, 28)', seen];"""
    both = [True, ["! NaN in 1 of 3", "! inf in 1 of 3"]]
    page.open(broken())
    assert page.run(alerts, "x") == both
    assert page.run(alerts, "double") == [False, []]
    label = "return probe.named('double').getAttribute('aria-label')"
    assert "NaN" not in page.run(label)
    page.step(1)
    assert "! NaN in 1 of 3" in page.run(label)
    assert page.run(alerts, "double")[1] == both[1]
    assert page.cards["double"]["value"].split() == ["2,", "NaN,", "inf"]
    page.step(2)
    assert page.run(alerts, "double") == both
    page.open(deep())
    name = "300 × Linear(3 → 3) + tanh"
    page.step(3)
    assert page.run(alerts, name) == [False, []]
    page.step(4)
    page.hover("x1")
    assert page.run(alerts, name)[1][0].startswith("! b1: vanishing: ")


def test_the_graph_of_a_gradient_has_a_region_of_its_own(page):
    page.open(penalty())
    assert page.run("return document.querySelector('.cluster').textContent").startswith("backward graph")
    page.find("[data-view='']").click()
    assert "backward graph" in page.cards
    page.press("END")
    assert page.caption.startswith("grad(x) = ")


def test_a_tensor_may_have_the_name_of_a_label(page):
    grad = Parameter(np.arange(8.0), name="grad")
    loss = grad.sum()
    loss.backward()
    page.open(ag.draw(loss))
    assert page.cards["grad"]["cells"] == 8
