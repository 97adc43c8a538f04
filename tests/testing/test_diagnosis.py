"""The probable cause is named when all evidence agrees, and only then; the message is short and complete."""

import json

import numpy as np
import pytest

from autograd_lite.domains import NONZERO, POSITIVE
from autograd_lite.testing import GradientError, check_function

MATRICES = [((2, 3), (3, 2)), ((3, 3), (3, 3)), ((1, 2), (2, 1))]
ROWS = {"shapes": [((3,),), ((2, 3),), ((4, 2),), ((3, 3),)]}


def product(a, b):
    return a @ b


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def mean(x, axis=None):
    return x.mean(axis=axis)


def mean_rule(g, y, x, axis=None):
    return (np.broadcast_to(g / x.size if axis is None else np.expand_dims(g, axis) / x.size, x.shape),)


CAUSES = {
    "sign": (np.cos, lambda g, y, x: (g * np.sin(x),), {}, "the sign is flipped"),
    "twice": (np.exp, lambda g, y, x: (2 * g * y,), {}, "twice the derivative"),
    "half": (np.square, lambda g, y, x: (g * x,), {}, "half the derivative"),
    "factor": (np.exp2, lambda g, y, x: (g * y,), {}, "1.4427 times the derivative"),
    "constant": (np.sin, lambda g, y, x: (g * 0,), {}, "treated as constant"),
    "relative": (np.sin, lambda g, y, x: (g * np.cos(x) * 1.0001,), {}, "relative error of 0.0001"),
    "epsilon": (np.log, lambda g, y, x: (g / (x + 1e-5),), {"domains": (POSITIVE,)}, "something small"),
    "y missing": (np.reciprocal, lambda g, y, x: (-g * y,), {"domains": (NONZERO,)}, "a factor y is missing"),
    "x too many": (np.square, lambda g, y, x: (2 * g * x * x,), {}, "too many"),
    "1 - y missing": (sigmoid, lambda g, y, x: (g * y,), {}, r"factor \(1 - y\) is missing"),
    "input for output": (
        np.tanh,
        lambda g, y, x: (g * (1 - x * x),),
        {},
        "the input in place of y",
    ),
    "square missing": (
        lambda x: x / (1 + np.abs(x)),
        lambda g, y, x: (g / (1 + np.abs(x)),),
        {},
        "a square is missing",
    ),
    "term": (lambda x: x * np.exp(x), lambda g, y, x: (g * np.exp(x) * x,), {}, None),
    "swapped": (np.multiply, lambda g, y, a, b: (g * a, g * b), {}, "swapped"),
    "transposed": (
        lambda x: x * x,
        lambda g, y, x: (2 * (g * x).T if x.shape == (3, 3) else 2 * g * x,),
        ROWS,
        "transposed",
    ),
    "places": (np.cumsum, lambda g, y, x: (np.cumsum(g).reshape(x.shape),), {"shapes": [((4,),)]}, None),
    "length": (lambda x: x.mean(), lambda g, y, x: (np.full(x.shape, g),), ROWS, "the size of the input"),
    "setting": (
        mean,
        mean_rule,
        {**ROWS, "params": [{"axis": None}, {"axis": 0}]},
        "axis",
    ),
    "negative": (np.square, lambda g, y, x: (2 * g * abs(x),), {}, "flipped, only where it is negative"),
    "large": (
        np.tanh,
        lambda g, y, x: (g * (1 - y * y) * (abs(x) < 3),),
        {},
        "zero where .*, only .* far",
    ),
    "nan": (np.square, lambda g, y, x: (2 * g * y / x,), {}, "NaN or infinite at zero only"),
    "tie": (np.maximum, lambda g, y, a, b: (g * (a >= b), g * (b >= a)), {}, "for g = 1 is 2; it must be 1"),
    "neither": (np.maximum, lambda g, y, a, b: (g * (a > b), g * (b > a)), {}, "g = 1 is 0; it must be 1"),
    "kink": (np.abs, lambda g, y, x: (g * x / np.abs(x),), {}, "at the kink, the gradient for g = 1 is nan"),
    "summed first": (
        np.multiply,
        lambda g, y, a, b: (g.sum() * b.sum() if a.ndim == 0 < b.ndim else g * b, g * a),
        {},
        "sums g before multiplying",
    ),
    "nothing sure": (np.sin, lambda g, y, x: (g * (np.cos(x) + 0.1 * np.sin(7 * x)),), {}, None),
}


@pytest.mark.long
@pytest.mark.parametrize("name", CAUSES)
def test_cause(name):
    forward, backward, options, words = CAUSES[name]
    options = dict(options)
    with pytest.raises(GradientError) as caught:
        check_function(forward, backward, *options.pop("domains", ()), **options)
    text, facts = str(caught.value), json.loads(caught.value.report())
    if words is None:
        assert "probable cause" not in text
    else:
        assert caught.match(words)
    assert len(text.splitlines()) <= 25
    assert facts["example"]["numbers"] <= 9
    assert facts["file"].endswith("test_diagnosis.py")


def test_what_is_reproduced_fails_again_alone():
    def square(x):
        return x * x

    def backward(g, y, x):
        return (2 * g * np.abs(x),)

    with pytest.raises(GradientError) as caught:
        check_function(square, backward)
    line = json.loads(caught.value.report())["reproduce"]
    assert line == "check_function(square, backward, example=dict(x=-1.0, g=-0.92))"
    with pytest.raises(GradientError, match=r"got -1\.84   expected 1\.84"):
        eval(line, {"check_function": check_function, "square": square, "backward": backward})
    assert check_function(square, backward, example={"x": 1.0, "g": 1.0}).checked == 1
    with pytest.raises(ValueError, match="example has no x"):
        check_function(square, backward, example={"z": 1.0})
