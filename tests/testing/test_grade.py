"""grade gives marks to students' ops: full ones to right ops, hints and not answers to wrong ones."""

import json
import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.operation import op
from autograd_lite.testing.grade import FAMILIES, grade
from autograd_lite.testing.hints import HINTS

VALUES = {f"value: {family.name}" for family in FAMILIES}
NUMBERS = {family.name for family in FAMILIES}
INEXACT = NUMBERS  # float32 counts only where float64 is right
RULES = {
    "rules: change nothing they are given", "rules: linear in g", "rules: same result twice",
    "rules: any memory layout, one array twice",
}  # fmt: skip
TIES = "rules: share out ties between inputs"


@pytest.fixture(autouse=True)
def _registry():
    """Ops that a test defines leave OPS again."""
    before = dict(ag.OPS)
    yield
    ag.OPS.clear()
    ag.OPS.update(before)


def gradient(argument, kinds):
    return {f"gradient in {argument}: {kind}" for kind in kinds}


def names(cases):
    return {case.name for case in cases}


def stop(*arrays):
    raise RuntimeError("the answer is 42")


def leave(*arrays):
    raise SystemExit(3)


def in_place(g, y, x):
    g *= 1 - y * y
    return (g,)


LAST = []


def keeping_tanh(x):
    LAST[:] = [np.array(x)]
    return np.tanh(x)


def summed_as_if_averaged(g, y, x, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return (np.ones_like(x) * g,)


def product(a, b):
    return a * b


def tanh_rule(g, y, x):
    return (g * (1 - y * y),)


# The reference, the student's pair, the cases that fail, and a word of each hint.
PLANTED = {
    "sign": (
        "tanh", (np.tanh, lambda g, y, x: (-g * (1 - y * y),)),
        gradient("x", INEXACT) | RULES, "Check the sign",
    ),
    "treated as constant": (
        "tanh", (np.tanh, lambda g, y, x: (0 * g,)), gradient("x", INEXACT) | RULES, "depend on this input",
    ),
    "negative numbers": (
        "square", (np.square, lambda g, y, x: (2 * g * abs(x),)),
        gradient("x", ["negative numbers"]), "a negative one",
    ),
    "nan at zero": (
        "square", (np.square, lambda g, y, x: (2 * g * y / x,)),
        gradient("x", ["zeros and ties"]), "division by zero",
    ),
    "large numbers": (
        "softplus", (lambda z: np.logaddexp(0, z), lambda g, y, z: (g * np.exp(z) / (1 + np.exp(z)),)),
        gradient("z", ["tiny and large numbers"]), "overflow",
    ),
    "overflow in the forward": (
        "softplus", (lambda z: np.log(1 + np.exp(z)), lambda g, y, z: (g / (1 + np.exp(-z)),)),
        {"value: tiny and large numbers"}, "overflow",
    ),
    "wrong forward, right rule": (
        "tanh", (lambda x: 2 * np.tanh(x), lambda g, y, x: (2 * g * (1 - np.tanh(x) ** 2),)),
        VALUES, "go by your own forward",
    ),
    "both at ties": (
        "maximum", (np.maximum, lambda g, y, a, b: (g * (a >= b), g * (b >= a))),
        {"rules: share out ties between inputs"}, "Equal entries share",
    ),
    "swapped": (
        "multiply", (product, lambda g, y, a, b: (g * a, g * b)),
        gradient("a", INEXACT) | gradient("b", INEXACT) | RULES | {TIES}, "Which input is this rule for",
    ),
    "length": (
        "mean",
        (lambda x, axis=None, keepdims=False: x.mean(axis=axis, keepdims=keepdims), summed_as_if_averaged),
        gradient("x", INEXACT) | RULES, "off by a length",
    ),
    "writes": (
        "tanh", (np.tanh, in_place), {"rules: change nothing they are given"}, "is changed on the way",
    ),
    "not linear in g": (
        "tanh", (np.tanh, lambda g, y, x: (abs(g) * (1 - y * y),)),
        gradient("x", INEXACT) | RULES, "twice as much gradient",
    ),
    "depends on the last forward": (
        "tanh", (keeping_tanh, lambda g, y, x: (g * (1 - np.tanh(LAST[0]) ** 2),)),
        gradient("x", ["float32"]) | {"rules: same result twice"}, "kept from an earlier call",
    ),
    "float64 for float32": (
        "tanh", (np.tanh, lambda g, y, x: (g * (1 - y * y) * np.float64(1),)),
        gradient("x", ["float32"]), "something else comes out",
    ),
    "memory layout": (
        "tanh", (np.tanh, lambda g, y, x: ((g.ravel("K") * (1 - y * y).ravel()).reshape(x.shape),)),
        {"rules: any memory layout, one array twice"}, "transposed view",
    ),
    "one rule returns None": (
        "multiply", (product, lambda g, y, a, b: (g * b, None)),
        gradient("b", NUMBERS), "No gradient comes back",
    ),
    "no tuple": (
        "tanh", (np.tanh, lambda g, y, x: g * (1 - y * y)), gradient("x", NUMBERS) | RULES, "a tuple",
    ),
    "rule raises": ("tanh", (np.tanh, stop), gradient("x", NUMBERS) | RULES, "stops with an error"),
    "all raises": ("tanh", (stop, stop), VALUES | gradient("x", NUMBERS) | RULES, ""),
    "all exits": ("tanh", (leave, leave), VALUES | gradient("x", NUMBERS) | RULES, "stops with an error"),
    "returns nothing": (
        "tanh", (lambda x: None, lambda g, y, x: None), VALUES | gradient("x", NUMBERS) | RULES, "",
    ),
    "nothing done yet": (
        "tanh", (np.zeros_like, lambda g, y, x: (0 * g,)), VALUES | gradient("x", INEXACT) | RULES, "",
    ),
    "a setting is missing": (
        "sum",
        (lambda x, axis=None: x.sum(axis), lambda g, y, x, axis=None: summed_as_if_averaged(g, y, x, axis)),
        {"value: every shape and setting"} | gradient("x", ["every shape and setting"]), "setting keepdims",
    ),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", PLANTED)
def test_mistake_fails_the_fitting_cases_with_a_hint_that_is_no_answer(name):
    reference, student, expected, words = PLANTED[name]
    given = grade(student, ag.OPS[reference])
    assert names(given.failed) == expected
    assert given.score < 1
    for case in given.failed:
        assert words in case.hint or case.hint == "Counts once a gradient is right."
        assert case.hint
        assert not re.search(
            r"\d|\w\s*[*/^=]\s*\w|\.py", case.hint.replace("float32", "").replace("float64", "")
        )
    assert all(not case.hint for case in given.passed)


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["tanh", "mean", "multiply", "cross_entropy", "bce", "concatenate", "maximum"]
)
@pytest.mark.parametrize("budget", ["quick", "normal"])
def test_a_reference_passes_against_itself(name, budget):
    given = grade(ag.OPS[name], ag.OPS[name], budget=budget, seed=3)
    assert given.score == 1.0
    assert not given.failed
    assert "second derivative" in names(given.passed)


@pytest.mark.parametrize("name", ["sign", "swapped", "all raises"])
def test_report_is_json_and_the_same_again(name):
    reference, student, *_ = PLANTED[name]
    given = grade(student, ag.OPS[reference], seed=5)
    facts = json.loads(given.report())
    assert facts["score"] == given.score
    assert [case["name"] for case in facts["cases"]] == [case.name for case in given.cases]
    assert grade(student, ag.OPS[reference], seed=5).report() == given.report()


def test_table_names_each_case_and_says_a_hint_once():
    reference, student, *_ = PLANTED["sign"]
    lines = str(grade(student, ag.OPS[reference])).splitlines()
    assert lines[0] == "tanh"
    assert "  FAIL  gradient in x: ordinary numbers" in str(lines[7])
    assert sum("Check the sign" in line for line in lines) == 1
    assert "6 of 16 cases, score 0.37" in lines[-1]


def test_other_names_missing_rules_and_second_derivatives_of_an_op():
    @op("·")
    def mine(left, right):
        """Product."""
        return left * right

    @mine.gradient("left")
    def _(g, y, left, right):
        return g * (right.data if hasattr(right, "op") else right)

    given = grade(mine, ag.OPS["multiply"])
    assert given.op == "mine"
    assert names(given.failed) == gradient("b", NUMBERS) | {"second derivative"}
    assert {case.weight for case in given.failed if case.name == "second derivative"} == {0.0}

    @mine.gradient("right")
    def _(g, y, left, right):
        return g * left

    given = grade(mine, ag.OPS["multiply"])
    assert names(given.failed) == {"second derivative"}
    assert given.score == 1.0
    assert "(not in the score)" in str(given)


def test_a_fault_of_the_reference_is_not_the_students():
    @op("m")
    def wrong(x):
        """Its own rule is wrong."""
        return np.tanh(x)

    wrong.gradient("x")(lambda g, y, x: 2 * g * y)
    assert grade((np.tanh, lambda g, y, x: (2 * g * y,)), wrong).score == 1.0
    assert grade((np.tanh, tanh_rule), wrong).score == 1.0


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "words"),
    [
        ((np.tanh, ag.OPS["tanh"]), {}, TypeError, "a pair"),
        (((np.tanh, tanh_rule), np.tanh), {}, TypeError, "made with @ag.op"),
        (
            ((np.tanh, tanh_rule), ag.OPS["tanh"]),
            {"budget": "huge"},
            ValueError,
            "'quick', 'normal', 'thorough'",
        ),
        (((np.tanh, tanh_rule), ag.OPS["tanh"]), {"seed": -1}, ValueError, "whole number"),
    ],
)
def test_wrong_arguments_are_refused_with_a_remedy(arguments, settings, error, words):
    with pytest.raises(error, match=words):
        grade(*arguments, **settings)


def test_no_hint_holds_a_number_or_a_formula():
    told = [hint for _, hint in HINTS] + [h for family in FAMILIES for h in (family.hint, family.value_hint)]
    for hint in told:
        assert not re.search(r"\d", hint.replace("float32", "").replace("float64", ""))
        assert "exp" not in hint


def hints(given):
    return {case.name: case.hint for case in given.failed}


def test_zeros_earn_nothing_and_rules_that_raise_share_out_no_ties():
    assert grade((np.tanh, lambda g, y, x: (0 * x,)), ag.OPS["tanh"]).score < 0.4
    assert TIES in hints(grade((product, stop), ag.OPS["multiply"]))


def test_shapes_that_clash_and_arguments_that_do_not_fit_are_told_apart():
    clash = hints(grade((np.matmul, lambda g, y, a, b: (g @ b, a @ g)), ag.OPS["matmul"]))
    assert "Shapes clash" in clash["gradient in a: ordinary numbers"]
    few = hints(grade((np.tanh, lambda g, x: (g,)), ag.OPS["tanh"]))
    assert "in this order" in few["gradient in x: ordinary numbers"]


def test_a_missing_setting_is_named_and_its_gradient_does_not_pass():
    def mse(y, t):
        return ((y - t) ** 2).mean()

    found = hints(grade((mse, lambda g, v, y, t: (k := 2 * g * (y - t) / y.size, -k)), ag.OPS["mse"]))
    assert set(found) == {
        "value: every shape and setting",
        *gradient("prediction", ["every shape and setting"]),
        *gradient("target", ["every shape and setting"]),
    }
    assert all("The setting reduction" in hint for hint in found.values())


@pytest.mark.parametrize(
    ("reference", "pair"),
    [
        ("sigmoid", (lambda x: 1 / (1 + np.exp(x)), lambda g, y, x: (-g * y * (1 - y),))),
        ("tanh", (lambda x: np.tanh(x.astype(np.float32)).astype(x.dtype), tanh_rule)),
    ],
)
def test_a_slip_in_the_forward_costs_no_gradient(reference, pair):
    assert all(name.startswith("value") for name in hints(grade(pair, ag.OPS[reference])))


def test_equal_entries_are_blamed_only_where_some_are_equal():
    def bce(p, t, reduction="mean", **settings):
        q = np.clip(p, 1e-7, 1 - 1e-7)
        loss = -(t * np.log(q) + (1 - t) * np.log(1 - q))
        return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](loss)

    def rule(g, y, p, t, reduction="mean", **settings):
        q, g = np.clip(p, 1e-7, 1 - 1e-7), g / p.size if reduction == "mean" else g
        return g * (q - t) / (q * (1 - q)), g * (np.log(1 - q) - np.log(q))

    found = hints(grade((bce, rule), ag.OPS["bce"]))
    assert found
    assert not any("Equal entries" in hint for hint in found.values())
