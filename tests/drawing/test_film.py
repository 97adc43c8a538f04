"""Films: what they record, that they change nothing, and their page in a browser."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing import Film
from autograd_lite.nn import BinaryNetwork, Dropout, Linear, LogisticUnit, Parameter, Sequential

GRID = 25


def examples(features=2, count=40):
    """Points of two classes that no line separates."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(count, features))
    return X, (X[:, 0] * X[:, 1] > 0).astype(float)


class Notes:
    """A callback that keeps the parameters as they are before the first step and after each."""

    def __init__(self, net):
        self.net, self.kept = net, []

    def __call__(self, epoch, logs):
        pass

    def begin(self, parameters):
        self.step()

    def step(self):
        self.kept.append([p.data.copy() for p in self.net.parameters()])


def trained(net, X, y, steps=10, every=1, loss=ag.bce_with_logits, **settings):
    """A film of a training with fit, and the parameters at each step."""
    film, notes = ag.film(net, X, y, loss=loss, every=every, **settings), Notes(net)
    ag.fit(
        net,
        X,
        y,
        loss=loss,
        optimizer=ag.optim.Adam(net.parameters(), lr=0.1),
        epochs=steps,
        callbacks=[film, notes],
        progress=False,
        rng=0,
    )
    return film, notes.kept


@pytest.fixture(scope="module")
def xor():
    """A film of 200 steps of a small network, the parameters at each step, and the examples."""
    X, y = examples()
    film, kept = trained(BinaryNetwork([2, 2, 1], rng=1), X, y, steps=200, title="XOR")
    return film, kept, X, y


def numbers(text):
    """The numbers in a text of a card."""
    return [
        float(part.replace("−", "-")) for part in text.replace(",", " ").split() if part not in ("…", "norm")
    ]


def shown(array, grad):
    """The numbers of an array on its card: all if they are few, else the norm or the extremes."""
    array = np.asarray(array)
    if array.size <= 6 and (array.ndim < 2 or array.shape[0] == 1):
        return array.ravel().tolist()
    return [np.linalg.norm(array)] if grad else [array.min(), array.max()]


def by_hand(parameters, X, y):
    """Value and gradient of every card of the network, by the formulas of the textbook."""
    W, b, v, c = parameters
    z = X @ W + b
    a = np.tanh(z)
    s = a @ v + c
    ds = (1 / (1 + np.exp(-s)) - y) / len(y)
    da = np.outer(ds, v)
    dz = da * (1 - a * a)
    return {
        "W1": (W, X.T @ dz),
        "b1": (b, dz.sum(0)),
        "z1": (z, dz),
        "a1": (a, da),
        "W2": (v, a.T @ ds),
        "b2": (c, ds.sum()),
        "z2": (s, ds),
        "loss": (np.mean(np.log1p(np.exp(s)) - y * s), 1.0),
        "X": (X, None),
        "y": (y, None),
    }


def logits(parameters, X):
    W, b, v, c = parameters
    return np.tanh(X @ W + b) @ v + c


def corners(X):
    """The lower left corner of the plane that the film shows, and how far it goes from there."""
    low, high = X.min(axis=0), X.max(axis=0)
    return low - 0.2 * (high - low), 1.4 * (high - low)


def plane(page, X):
    """The points of the plane, by their places on the page, and the classes they are coloured for.

    These are 1 and -1, and 0 for neither.
    """
    script = """const number = (cell) => (name) => Number(cell.getAttribute(name));
      const place = (cell) => ['x', 'y', 'width', 'height'].map(number(cell));
      const cells = [...document.querySelectorAll('rect.plane')];
      return [number(document.querySelector('figure svg svg'))('width'),
        cells.map((cell) => [...place(cell), cell.getAttribute('fill')])];"""
    size, cells = page.run(script)
    x, y, width, height = np.array([cell[:4] for cell in cells]).T
    low, whole = corners(X)
    middle = np.column_stack([x + (width - 0.5) / 2, size - y - (height - 0.5) / 2]) / size
    kinds = [0 if "-p0" in fill else 1 if "-p" in fill else -1 for *_, fill in cells]
    return low + middle * whole, np.array(kinds)


def test_a_film_of_200_steps_is_small_and_shows_every_step_as_it_was(page, xor, tmp_path):
    film, kept, X, y = xor
    page.open(film)
    assert (tmp_path / "page.html").stat().st_size <= 1_000_000
    assert len(kept) == 201
    for step in (0, 1, 57, 199, 200):
        page.step(step)
        expected = by_hand(kept[step], X, y)
        cards = page.cards
        assert set(cards) == set(expected)
        for name, (value, grad) in expected.items():
            assert numbers(cards[name]["value"]) == pytest.approx(shown(value, False), rel=6e-4, abs=1e-12)
            assert (cards[name]["grad"] is None) == (grad is None)
            if grad is not None:
                assert numbers(cards[name]["grad"]) == pytest.approx(shown(grad, True), rel=6e-4, abs=1e-12)
        assert page.caption == f"step {step}: loss {cards['loss']['value']}"
        assert page.find("output").text == f"step {step} of 200"
        page.hover("W1")
        assert f"gradient\n{cards['W1']['grad']}" in page.find("#tip").text
        label = page.run("return probe.named('W1').getAttribute('aria-label')")
        texts = f"value: {cards['W1']['value']}; gradient: {cards['W1']['grad']}"
        assert label == f"W1; what: parameter (2, 2) float64; {texts}"


# For each square of a gradient: true if it has a dash.
DASHES = """return [...probe.named('W1').querySelectorAll('.cell.gradient + path')].map(
  (dash) => dash.getAttribute('stroke') !== 'none')"""


def test_squares_take_the_colours_of_the_step(page, xor):
    film, kept, X, y = xor
    page.open(film)
    cells = (
        "return [...probe.named('W1').querySelectorAll('.cell.gradient')].map((e) => e.getAttribute('fill'))"
    )
    for step in (0, 30, 200):
        page.step(step)
        gradient = by_hand(kept[step], X, y)["W1"][1].ravel()
        assert [("-n" in fill) for fill in page.run(cells)] == (gradient < 0).tolist()
        assert page.run(DASHES) == (gradient < 0).tolist()


def test_the_mark_is_on_the_curve_of_the_loss(page, xor):
    film, kept, X, y = xor
    page.open(film)
    line = page.find(".curve").get_attribute("d")
    points = [tuple(map(float, part.split(","))) for part in line.replace("M", "").split("L")]
    assert len(points) == 201
    mark = "return ['cx', 'cy'].map((name) => Number(document.querySelector('.dot').getAttribute(name)))"
    for step in (0, 90, 200):
        page.step(step)
        assert page.run(mark) == pytest.approx(points[step], abs=0.1)
    losses = [by_hand(kept[step], X, y)["loss"][0] for step in (0, 90, 200)]
    heights = [points[step][1] for step in (0, 90, 200)]
    expected = heights[0] + (losses[1] - losses[0]) / (losses[2] - losses[0]) * (heights[2] - heights[0])
    assert heights[1] == pytest.approx(expected, abs=0.2)


def test_the_colours_and_the_boundary_of_the_plane_agree_with_the_model(page, xor):
    film, kept, X, y = xor
    page.open(film)
    shapes = set()
    for step in (0, 40, 200):
        page.step(step)
        points, kinds = plane(page, X)
        margin = np.tanh(logits(kept[step], points) / 2)
        sure = np.abs(margin) > 0.05
        assert np.array_equal(kinds[sure], np.sign(margin)[sure])
        line = page.find(".boundary").get_attribute("d")
        shapes.add(line)
        size = float(page.find("figure svg svg").get_attribute("width"))
        ends = np.array([[float(x) for x in end.split(",")] for end in line.replace("M", "L").split("L")[1:]])
        corner, whole = corners(X)
        there = corner + np.column_stack([ends[:, 0], size - ends[:, 1]]) / size * whole
        around = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]) * whole / (GRID - 1)
        near = logits(kept[step], (there[:, None] + around).reshape(-1, 2)).reshape(-1, 9) > 0
        assert (near.any(1) & ~near.all(1)).all()  # both classes are next to the line
        if step == 0:  # the model is still smooth, so the line is exactly where the margin is 0
            assert np.abs(np.tanh(logits(kept[step], there) / 2)).max() < 0.01
    assert len(shapes) == 3
    kinds = page.run(
        "return ['rect', 'circle'].map((kind) => document.querySelectorAll(`${kind}.example`).length)"
    )
    assert kinds == [int(y.sum()), int((1 - y).sum())]


@pytest.mark.parametrize(
    ("model", "loss"),
    [(lambda unit: unit, ag.bce), (lambda unit: unit.logits, ag.bce_with_logits)],
    ids=["probabilities", "logits"],
)
def test_the_boundary_of_a_unit_is_where_its_probability_is_one_half(page, model, loss):
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])  # whole numbers
    y = np.array([0, 1, 1, 1])
    unit = LogisticUnit(2)
    unit.w.data, unit.b.data = np.array([1.5, 0.7]), np.float64(-0.6)
    film = ag.film(model(unit), X, y, loss=loss)
    film.record()
    page.open(film)
    points, kinds = plane(page, X)
    z = points @ unit.w.data + unit.b.data
    sure = np.abs(z) > 0.1
    assert np.array_equal(kinds[sure], np.sign(z)[sure])


def test_only_two_features_and_two_classes_have_a_plane(page):
    X, y = examples(features=3)
    film, _ = trained(BinaryNetwork([3, 2, 1], rng=0), X, y, steps=2)
    page.open(film)
    assert page.run(
        "return [document.querySelectorAll('.plane').length, document.querySelectorAll('figure').length]"
    ) == [0, 1]
    net = Sequential(Linear(2, 1, rng=0))
    X = X[:, :2]
    film, _ = trained(net, X, X[:, :1] * 2.0, steps=2, loss=ag.mse)
    page.open(film)  # no plane either, because the labels are not classes
    assert page.run("return document.querySelectorAll('.plane').length") == 0


def test_slider_keys_and_play_move_the_film(page, xor):
    page.open(xor[0])
    slider = page.find("input")
    page.click(slider)
    assert page.at == pytest.approx(100, abs=2)
    page.run("document.activeElement.blur()")
    page.press("END")
    assert (page.at, page.find("#next").is_enabled()) == (200, False)
    page.press("HOME", "ARROW_RIGHT")
    assert page.caption.startswith("step 1: loss 0.")
    page.step(196)
    page.find("#play").click()
    assert page.find("#caption").get_attribute("aria-live") == "off"  # a screen reader would read every step
    page.wait(lambda: page.at == 200)
    assert page.find("#play").text == "play"
    assert page.find("#caption").get_attribute("aria-live") == "polite"


def test_training_with_a_film_gives_the_same_parameters(xor):
    X, y = examples()
    net = Sequential(Linear(2, 8, rng=0), Dropout(0.5, rng=0), Linear(8, 1, rng=1))
    one, other = copy.deepcopy(net), copy.deepcopy(net)
    for model, callbacks in ((one, [ag.film(one, X, y[:, None], loss=ag.mse)]), (other, [])):
        ag.fit(
            model,
            X,
            y[:, None],
            loss=ag.mse,
            optimizer=ag.optim.Adam(model.parameters(), lr=0.1),
            epochs=5,
            batch_size=16,
            callbacks=callbacks,
            progress=False,
            rng=0,
        )
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        assert np.array_equal(p.data, q.data)


@pytest.mark.parametrize("model", ["module", "function"])
def test_recording_leaves_gradients_and_flags_alone(model):
    X, y = examples()
    net = BinaryNetwork([2, 2, 1], rng=0)
    net.train()
    net.layer2.eval()
    gradients = [np.full(p.shape, 7.0) for p in net.parameters()]
    for p, g in zip(net.parameters(), gradients, strict=True):
        p.grad = g
    before = [(module, module.training) for _, module in net.named_modules()]

    def plain(X):
        return net(X)

    ag.film(net if model == "module" else plain, X, y, loss=ag.bce_with_logits).record()
    assert all(np.array_equal(p.grad, g) for p, g in zip(net.parameters(), gradients, strict=True))
    assert [(module, module.training) for _, module in net.named_modules()] == before
    assert {flag for _, flag in before} == {True, False}


def test_a_loop_of_your_own_and_every_fifth_step(page):
    X, y = examples()
    net = BinaryNetwork([2, 2, 1], rng=0)
    optimizer = ag.optim.SGD(net.parameters(), lr=0.5)
    film, notes = ag.film(net, X, y, loss=ag.bce_with_logits, every=5), Notes(net)
    film.record()
    notes.step()
    for _ in range(12):
        ag.bce_with_logits(net(X), y).backward()
        optimizer.step()
        film.step()
        notes.step()
    film.end()
    film.end()  # records nothing, because the last step is recorded
    assert [frame.step for frame in film.frames] == [0, 5, 10, 12]
    page.open(film)
    for at, step in enumerate((0, 5, 10, 12)):
        page.step(at)
        loss = by_hand(notes.kept[step], X, y)["loss"][0]
        assert page.caption.startswith(f"step {step}: loss ")
        assert numbers(page.cards["loss"]["value"]) == pytest.approx([loss], rel=6e-4)


def test_the_start_is_only_recorded_on_request():
    X, y = examples()
    net = BinaryNetwork([2, 2, 1], rng=0)
    film = ag.film(net, X, y, loss=ag.bce_with_logits)
    net.layer2.b.data = np.float64(3.0)  # the first step
    film.step()
    assert [frame.step for frame in film.frames] == [1]


def test_a_second_training_goes_on_with_the_film():
    X, y = examples()
    net = BinaryNetwork([2, 2, 1], rng=0)
    film = ag.film(net, X, y, loss=ag.bce_with_logits)
    for _ in range(2):
        ag.fit(
            net,
            X,
            y,
            loss=ag.bce_with_logits,
            optimizer=ag.optim.Adam(net.parameters(), lr=0.1),
            epochs=2,
            callbacks=[film],
            progress=False,
        )
    assert [frame.step for frame in film.frames] == [0, 1, 2, 3, 4]


def test_a_loss_that_is_nan_on_the_way_is_shown(page):
    X, y = examples()
    net = BinaryNetwork([2, 2, 1], rng=0)
    film = ag.film(net, X, y, loss=ag.bce_with_logits)
    film.record()
    for p in net.parameters():
        p.grad = np.full(p.shape, 7.0)  # of an earlier step, not of this loss
    good = net.layer1.W.data
    for broken in (good * np.nan, good * np.inf, good):
        net.layer1.W.data = broken
        film.step()
    page.open(film)
    page.step(1)
    assert page.caption == "step 1: loss NaN"
    assert page.cards["loss"]["value"] == "NaN"
    assert page.cards["W1"]["grad"] in (None, "")
    assert set(page.run(DASHES)) == {False}
    squares = (
        "return [...probe.named('W1').querySelectorAll('.cell.gradient')].map((e) => e.getAttribute('fill'))"
    )
    assert set(page.run(squares)) == {"var(--cell-p0)"}
    assert "! loss = BCE(σ(z2), y): NaN" in page.find(".alerts").text
    assert page.run("return probe.named('loss').classList.contains('alarm')")
    assert page.find(".dot").get_attribute("visibility") == "hidden"
    assert set(
        page.run("return [...document.querySelectorAll('rect.plane')].map((c) => c.getAttribute('fill'))")
    ) == {"var(--alert)"}
    for step, alerts in ((2, True), (3, False), (0, False)):
        page.step(step)
        assert bool(page.find(".alerts").text) == alerts
        assert page.find(".dot").get_attribute("visibility") == ("hidden" if step == 2 else "visible")
    assert page.cards["W1"]["grad"].startswith("norm ")


def test_a_film_of_nothing_but_nan_opens(page):
    X, y = examples()
    net = BinaryNetwork([2, 2, 1], rng=0)
    net.layer1.W.data = net.layer1.W.data * np.nan
    film = ag.film(net, X, y, loss=ag.bce_with_logits)
    film.record()
    page.open(film)
    assert page.caption == "step 0: loss NaN"
    assert not page.find("#play").is_enabled()
    assert page.find(".curve").get_attribute("d") == ""


def test_a_model_that_is_nan_on_a_part_of_the_plane_has_a_boundary_elsewhere(page):
    w = Parameter(2.0, name="w")
    X = np.array([[0.1, 0.0], [1.0, 1.0], [0.2, 2.0], [0.9, 0.5]])
    made = ag.film(lambda X: 1.0 - w * np.sqrt(X[:, 0]), X, X[:, 0] < 0.25, loss=ag.bce_with_logits)
    made.record()
    page.open(made)
    fills = page.run(
        "return [...document.querySelectorAll('rect.plane')].map((cell) => cell.getAttribute('fill'))"
    )
    assert {fill == "var(--alert)" for fill in fills} == {True, False}
    line = page.find(".boundary").get_attribute("d")
    assert "L" in line
    assert "NaN" not in line


def film(**settings):
    X, y = examples()
    known = {"model": BinaryNetwork([2, 2, 1], rng=0), "X": X, "y": y, "loss": ag.bce_with_logits} | settings
    return ag.film(known.pop("model"), known.pop("X"), known.pop("y"), **known)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"model": 3}, TypeError, r"film: model is 3; pass a function"),
        ({"loss": "bce"}, TypeError, r"film: loss is 'bce'; pass a function, such as ag.bce_with_logits"),
        ({"every": 0}, ValueError, r"film: every is 0; give a whole number of steps"),
        ({"every": 1.5}, ValueError, r"film: every is 1.5"),
        ({"y": np.ones(3)}, ValueError, r"film: X has shape \(40, 2\) and y \(3,\); give one label"),
        ({"theme": "pink"}, ValueError, r"theme is 'pink'"),
    ],
)
def test_wrong_arguments(settings, error, message):
    with pytest.raises(error, match=message):
        film(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": lambda p, y: 0.5}, r"film: loss returned 0.5; it must return a Tensor that is one number"),
        ({"loss": lambda p, y: p}, r"film: loss returned a tensor of shape \(40,\); it must return a Tensor"),
    ],
)
def test_the_error_for_a_loss_that_is_not_a_number(settings, message):
    with pytest.raises(TypeError, match=message):
        film(**settings).record()


def test_a_film_without_a_frame_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match=r"film: nothing is recorded; give it to fit\(callbacks=\[film\]\)"):
        film().save(tmp_path / "film.html")
    made = film()
    made.record()
    with pytest.raises(ValueError, match=r"'film.gif' ends in '.gif'; .*\.html"):
        made.save(tmp_path / "film.gif")
    assert list(tmp_path.iterdir()) == []


def test_the_error_for_a_graph_that_changes():
    w, deep = Parameter(1.0, name="w"), []

    def model(X):
        return np.tanh(w * X[:, 0]) if deep else w * X[:, 0]

    X, y = examples()
    made = ag.film(model, X, y, loss=ag.mse)
    made.record()
    deep.append(True)
    with pytest.raises(ValueError, match="the graph of step 1 is not that of step 0; a film shows one graph"):
        made.step()
    assert isinstance(made, Film)
    assert len(made.frames) == 1


def test_titles_and_names_of_a_film_run_nothing(page):
    nasty = "</script><script>window.hacked=1</script>{{data}}"
    X, y = examples()
    net = BinaryNetwork([2, 2, 1], rng=0)
    made = ag.film(net, X, y, loss=ag.bce_with_logits, title=nasty, names={nasty: X, "y": y})
    made.record()
    page.open(made)
    assert page.find("h1").text == nasty
    assert page.run("return [window.hacked, document.scripts.length]") == [None, 2]
    assert (
        page.run("return [...document.querySelectorAll('.tick')].map((tick) => tick.textContent)")[-2]
        == f"{nasty}[:, 0]"
    )


@pytest.mark.parametrize(
    ("width", "height", "under"), [(1400, 900, True), (1400, 520, False), (1000, 600, True)]
)
def test_the_figures_are_where_they_leave_more_room_to_the_drawing(page, xor, width, height, under):
    page.open(xor[0], width=width, height=height)
    places = """const main = document.querySelector('main'), own = main.getBoundingClientRect();
      return [[...document.querySelectorAll('figure')].map((figure) => {
        const { left, top } = figure.getBoundingClientRect();
        return [left >= own.right, top >= own.bottom];
      }), main.scrollHeight <= main.clientHeight && main.scrollWidth <= main.clientWidth];"""
    assert page.run(places) == [[[not under, under]] * 2, True]


def test_no_text_is_wider_than_its_card_at_any_step(page, xor):
    page.open(xor[0])
    wide = """return probe.shapes().flatMap((shape) => {
      const card = shape.querySelector('path').getBBox();
      return [...shape.querySelectorAll('text:not(:empty)')].filter((text) => {
        const { x, width } = text.getBBox();
        return x < card.x - 1 || x + width > card.x + card.width + 1;
      }).map((text) => text.textContent);
    })"""
    for step in range(0, 201, 20):
        page.step(step)
        assert page.run(wide) == []
    page.run(
        "document.querySelector('main > svg').style.fontFamily = 'monospace'"
    )  # a viewer without the font Inter
    for step in (1, 200):
        page.step(step)
        assert page.run(wide) == []
