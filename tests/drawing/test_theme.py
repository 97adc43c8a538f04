"""The palette: every text can be read on its ground, in both themes and in greyscale."""

import itertools
import re

import numpy as np
import pytest
from colours import contrast

import autograd_lite as ag
from autograd_lite.drawing.statistics import LEVELS
from autograd_lite.drawing.theme import BORDERS, DARK, LIGHT, STAND_INS, THEMES, shade
from autograd_lite.nn import BinaryNetwork, Parameter

ON_CARDS = ("value", "gradient", "muted", "alert", "ink")
PAIRS = [
    *((text, f"{kind}-fill") for kind in BORDERS for text in (*ON_CARDS, f"{kind}-name")),
    *itertools.product(ON_CARDS, ("background", "layer", "backward")),
    ("op_ink", "op"),
    ("background", "alert"),
    *((f"dash-{abs(level)}", shade(level)) for level in range(-LEVELS, 0)),
]


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_text_has_a_contrast_of_at_least_4_5(theme):
    assert {
        pair: round(contrast(*map(theme.get, pair)), 2)
        for pair in PAIRS
        if contrast(*map(theme.get, pair)) < 4.5
    } == {}


def test_contrast_is_as_in_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(
        4.48, abs=0.005
    )  # a well-known pair, which is just too little
    assert contrast("#0B5F95", "#FFFFFF") == pytest.approx(6.8, abs=0.05)  # the table of the palette
    assert contrast("#B84A00", "#FFFFFF") == pytest.approx(5.2, abs=0.05)


def everything():
    """Functions of a theme; their drawings together contain every kind of text."""
    X, y = np.random.default_rng(0).normal(size=(8, 2)), np.arange(8) % 2.0
    X[0, 0] = np.nan
    net = BinaryNetwork([2, 3, 1], rng=0)
    frozen = Parameter(2.0, name="frozen", requires_grad=False)
    loss = ag.bce_with_logits(net(np.nan_to_num(X)) * frozen, y)
    loss.backward()
    (g,) = ag.gradients(loss, [net.layer1.W], create_graph=True)
    unit = ag.bce(ag.sigmoid(Parameter(0.3, name="w") * 2.0), 1.0)
    unit.backward()
    return [
        lambda theme: ag.draw(loss, model=net, theme=theme, title="t"),
        lambda theme: ag.draw(loss, model=net, theme=theme, max_nodes=8),
        lambda theme: ag.draw(g, model=net, theme=theme, max_nodes=90),
        lambda theme: ag.draw(unit, theme=theme),
        lambda theme: ag.draw(ag.Tensor(X, name="X"), theme=theme),
    ]


@pytest.mark.parametrize("name", THEMES)
def test_drawings_use_only_these_pairs(name):
    """The colour of a text is the first of a pair, the ground of a card or cell the second of one."""
    theme = THEMES[name]
    texts = {theme[text] for text, _ in PAIRS}
    grounds = {theme[ground] for _, ground in PAIRS} | {theme[shade(level)] for level in range(LEVELS + 1)}
    grounds |= {theme["gradient"], theme["track"]}  # a bar, which has no text
    for make in everything():
        dot = make(name).to_dot()
        assert set(re.findall(r'<FONT POINT-SIZE="[\d.]+" COLOR="(#\w+)"', dot)) <= texts
        assert set(re.findall(r'(?:fillcolor|bgcolor|BGCOLOR)="(#\w+)"', dot)) <= grounds


def test_both_themes_name_the_same_colours_and_every_name_has_a_stand_in():
    assert LIGHT.keys() == DARK.keys() == STAND_INS.keys()
    assert len(set(STAND_INS.values())) == len(STAND_INS)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_shades_run_evenly_away_from_zero(theme):
    zero = theme[shade(0)]
    for sign in (-1, 1):
        steps = [contrast(theme[shade(sign * level)], zero) for level in range(LEVELS + 1)]
        assert steps == sorted(steps)
        assert steps[-1] > 2
