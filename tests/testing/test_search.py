"""How a search works: reproducible, small examples, honest without hypothesis, values as promised."""

import json
import subprocess
import sys
import traceback

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.domains import NONZERO, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL, UNIT, Domain
from autograd_lite.testing import GradientError, check_function, check_op, gradcheck
from autograd_lite.testing.examples import plan_of, sweep
from autograd_lite.testing.subject import of_op
from autograd_lite.testing.values import PALETTES, special, table, values

WRONG = (
    "import sys\n{block}\nimport numpy as np\nfrom autograd_lite.testing import check_function\n"
    "def backward(g, y, a, b): return g * b, np.where(abs(a) < 4, g * a, 0)\n"
    "try: check_function(np.multiply, backward)\n"
    "except AssertionError as error: print(error.report())"
)


def run(code, **environment):
    """The facts that a program prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment or None
    )
    return json.loads(done.stdout)


def test_two_processes_say_the_same():
    one, two = (run(WRONG.format(block=""), PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert one == two
    assert one["shrunk"] == "shrunk"
    assert one["example"]["numbers"] == 2


def test_without_hypothesis_it_finds_the_same_mistake_and_says_that_it_cannot_shrink():
    facts = run(WRONG.format(block="sys.modules['hypothesis'] = None"))
    assert facts["shrunk"] == "not shrunk: install hypothesis"
    assert facts["input"] == "x1"


def test_right_rules_pass_without_hypothesis(monkeypatch):
    monkeypatch.setattr("autograd_lite.testing.search.find_spec", lambda name: None)
    assert check_op(ag.OPS["tanh"]).examples > 100


def test_seed_chooses_the_generated_examples():
    seen = []

    def square(x):
        seen.append(np.sum(x))
        return x * x

    def runs(seed):
        seen.clear()
        check_function(square, lambda g, y, x: (2 * g * x,), budget="quick", seed=seed)
        return list(seen)

    assert runs(0) == runs(0)
    assert runs(0) != runs(1)


DOMAINS = [
    REAL,
    POSITIVE,
    NONZERO,
    PROBABILITY,
    UNIT,
    NOT_NEGATIVE,
    Domain("far", low=1e3),
    Domain("slit", 1, 1.01),
]


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.name)
@pytest.mark.parametrize("palette", sorted(set(PALETTES)))
def test_values_lie_in_their_domain_and_are_equal_or_apart(domain, palette):
    numbers = table(domain, palette)
    assert len(numbers) == 256
    assert all(map(domain.holds, numbers))
    large = np.unique(numbers[np.abs(numbers) > 1e-5])
    assert np.diff(large).min(initial=1.0) >= 1e-9 * np.abs(large).max(initial=1.0)


def test_special_values_include_ends_only_of_closed_domains():
    assert 0.0 in special(NOT_NEGATIVE)
    assert {0.0, 1.0} <= set(special(UNIT))
    assert not {0.0, 1.0} & set(special(PROBABILITY))
    assert {0.0, 1.0, -1.0, 300.0, -800.0, 1e-8} <= set(special(REAL))


def test_sweep_has_zeros_ties_negatives_and_every_shape():
    examples = list(sweep(plan_of(of_op(ag.OPS["maximum"]))))
    pairs = {tuple(x.shape for x in e.inputs) for e in examples}
    assert {((2, 1), (1, 3)), ((), (2,)), ((1,), (1,)), ((2, 1, 2), (3, 1))} <= pairs
    assert any((e.inputs[0] == 0).all() and (e.inputs[1] == 0).all() for e in examples)
    assert any(np.array_equal(*e.inputs) and e.inputs[0].any() for e in examples)
    assert any((e.inputs[0] < 0).all() for e in examples)


def test_axes_and_keepdims_are_tried_where_no_samples_are_declared():
    def total(x, *, axis=None, keepdims=False):
        return np.sum(x, axis=axis, keepdims=keepdims)

    total.__name__ = "total"
    made = ag.op("t")(total)
    try:
        tried = {(repr(c.settings["axis"]), c.settings["keepdims"]) for c in plan_of(of_op(made)).cases}
    finally:
        del ag.OPS["total"]
    assert {("None", False), ("0", True), ("-1", False), ("(0, 1)", True)} <= tried


def test_bytes_are_values():
    np.testing.assert_array_equal(values(REAL, "simple", bytes([0, 1, 2, 5]), (2, 2)), [[0, 1], [-1, 0.5]])
    np.testing.assert_array_equal(
        values(Domain("c", choices=(3, 7)), "simple", bytes([0, 1, 2]), (3,)), [3, 7, 3]
    )


CONTRACT = {
    "none": (lambda g, y, x: (None,), "returns None"),
    "no tuple": (lambda g, y, x: 2 * g * x, "must return a tuple"),
    "too many": (lambda g, y, x: (g, g), "returns 2 gradients for 1 inputs"),
    "shape": (lambda g, y, x: (np.ones(7),), "returns shape"),
    "complex": (lambda g, y, x: (g * 2j,), "returns dtype complex128"),
    "float32": (lambda g, y, x: ((2 * g * x).astype(np.float32),), "returns dtype float32"),
    "float64": (lambda g, y, x: (np.float64(2) * g * x,), "float64 for float32 inputs"),
    "raises": (lambda g, y, x: (g[5],), "raises IndexError"),
    "writes g": (lambda g, y, x: (np.multiply(g, 2 * x, out=g if np.ndim(g) else None),), "modifies what"),
    "square of g": (lambda g, y, x: (2 * x * g * g,), "not linear in g"),
    "sign of g": (lambda g, y, x: (2 * x * np.abs(g),), "not linear in g"),
    "unit g": (lambda g, y, x: (2 * x * g / np.linalg.norm(np.atleast_1d(g)),), "not linear in g"),
    "clipped g": (lambda g, y, x: (2 * x * np.clip(g, -2, 2),), "not linear in g"),
    "layout": (
        lambda g, y, x: (2 * g * x * (1 if not np.ndim(x) or x.flags.c_contiguous else 2),), "memory layout",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRACT)
def test_contract(name):
    backward, words = CONTRACT[name]
    shapes = [((3,),), ((2, 3),), ((),)] if name != "raises" else None
    with pytest.raises(GradientError, match=words):
        check_function(np.square, backward, shapes=shapes)


CACHE = {}


def _cached(x):
    CACHE["x"] = x
    return np.sin(x)


_BUFFER = np.zeros(3)


def _buffered(x):
    _BUFFER[...] = np.sin(x)
    return _BUFFER


def _writing(x):
    x *= 2
    return x


STATE = {
    "stale cache": (_cached, lambda g, y, x: (g * np.cos(CACHE["x"]),), None, "depends on an earlier call"),
    "buffer": (_buffered, lambda g, y, x: (g * np.cos(x),), [((3,),)], "changes when it is called again"),
    "forward writes": (_writing, lambda g, y, x: (2 * g,), [((3,),)], "modifies its input"),
}


@pytest.mark.parametrize("name", STATE)
def test_state(name):
    forward, backward, shapes, words = STATE[name]
    with pytest.raises(GradientError, match=words):
        check_function(forward, backward, shapes=shapes)


def test_unreduced_gradients_are_the_engines_business_unless_exact_shapes_are_demanded():
    def backward(g, y, a, b):
        return g * b, g * a

    assert check_function(np.multiply, backward).undecided == 0
    with pytest.raises(GradientError, match="must have the input's shape"):
        check_function(np.multiply, backward, exact_shapes=True)


def test_shapes_and_params_as_people_write_them():
    def power(x, n=2):
        return x**n

    def backward(g, y, x, n=2):
        return (g * n * x ** (n - 1),)

    for shapes in ((3,), [(3,), (2, 2)], [((3,),), ((2, 2),)], "(n)", None):
        for params in (None, {"n": 3}, [{"n": 2}, {"n": 3}]):
            assert check_function(power, backward, shapes=shapes, params=params, budget="quick").checked > 20
    with pytest.raises(TypeError, match="got 2 domains"):
        check_function(_cached, backward, REAL, REAL)
    with pytest.raises(TypeError, match="is not a domain"):
        check_function(power, backward, 3)
    with pytest.raises(ValueError, match="takes 1 arrays"):
        check_function(power, backward, shapes=[((3,), (3,))])
    assert check_function(np.log, lambda g, y, x: (g / x,), (0.5, 2.0)).undecided == 0


def test_gradcheck_reports_without_raising():
    x = np.linspace(-1, 1, 40)
    report = gradcheck(lambda x, w: np.sin(x) * w, x, 2.0)
    assert report.verdict == "pass"
    assert report.coverage == {"input 0 (x)": "3 directions of 40 entries", "input 1 (w)": "all 1 entries"}
    assert report.detection > 0.999999
    untestable = gradcheck(np.abs, [0.0, 0.0], raises=False)
    assert (untestable.verdict, untestable.undecided) == ("no verdict", 2)
    assert "untestable" in untestable.message


def test_traceback_shows_the_callers_line_and_one_of_ours():
    with pytest.raises(GradientError) as caught:
        check_function(np.square, lambda g, y, x: (g,))
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames == ["test_traceback_shows_the_callers_line_and_one_of_ours", "check_function"]
    with pytest.raises(GradientError) as caught:
        gradcheck(np.abs, [0.0])
    assert len(traceback.extract_tb(caught.value.__traceback__)) == 2
