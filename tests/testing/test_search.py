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
    monkeypatch.setattr("autograd_lite.testing.search.HAS_HYPOTHESIS", False)
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
        lambda g, y, x: (2 * g * x * (1 if not np.ndim(x) or x.flags.c_contiguous else 2),),
        "memory layout",
    ),
}


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


def sort_rule(g, y, x):
    out = np.zeros_like(g)
    np.put_along_axis(out, np.argsort(x, axis=-1), g, -1)
    return (out,)


def shares(x, value):
    """1 / k for each of the k entries that have a value."""
    return (x == value).astype(x.dtype) / float(np.sum(x == value))


HARD_BUT_RIGHT = {
    "sort, ties of several": (np.sort, sort_rule, {"shapes": [((4,),), ((2, 3),)]}),
    "median of three": (
        np.median,
        lambda g, y, x: (g * (x == y) / float(np.sum(x == y)),),
        {"shapes": [((3,),)]},
    ),
    "range, ties share": (
        lambda x: x.max() - x.min(),
        lambda g, y, x: (g * (shares(x, x.max()) - shares(x, x.min())),),
        {"shapes": [((4,),), ((2, 4),)]},
    ),
    "a bound that float32 does not have": (
        lambda x: np.maximum(x, 0.001),
        lambda g, y, x: (g * (x > 0.001),),
        {},
    ),
    "digits lost in the forward": (lambda x: (x + 1e8) - 1e8, lambda g, y, x: (g,), {}),
    "infinite at zero": (
        lambda x: np.sqrt(np.abs(x)),
        lambda g, y, x: (g * np.sign(x) / (2 * y),),
        {},
    ),
    "declared lengths are those it is for": (
        lambda x, w: np.convolve(x, w, "valid"),
        lambda g, y, x, w: (np.convolve(g, w[::-1], "full"), np.convolve(x, g[::-1], "valid")[::-1]),
        {"shapes": [((5,), (2,)), ((4,), (3,))]},
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", HARD_BUT_RIGHT)
@pytest.mark.parametrize("seed", [0, 1])
def test_right_rules_that_look_wrong_pass(name, seed):
    forward, backward, options = HARD_BUT_RIGHT[name]
    assert check_function(forward, backward, seed=seed, **options).examples > 50


SIZE = {}


def _sized(x):
    SIZE["n"] = np.size(x)
    return np.mean(x)


HARD_TO_SEE = {
    "at one number": (np.square, lambda g, y, x: (np.where(x == 1.0, 7 * g, 2 * g * x),), {}),
    "nan for g = 0": (np.square, lambda g, y, x: (2 * x * g * (g / g),), {}),
    "small g is lost": (np.square, lambda g, y, x: (2 * x * np.where(np.abs(g) < 1e-4, 0.0, g),), {}),
    "order of memory": (
        np.square,
        lambda g, y, x: ((2 * g * x).reshape(-1, order="A").reshape(np.shape(x)),),
        {},
    ),
    "three axes": (np.square, lambda g, y, x: (2 * g * x * (1 if np.ndim(x) < 3 else 2),), {}),
    "many entries": (np.square, lambda g, y, x: (2 * g * x * (1 if np.size(x) < 16 else 2),), {}),
    "state of another size": (
        _sized,
        lambda g, y, x: (np.full(x.shape, g / SIZE["n"], x.dtype),),
        {"shapes": [((3,),)]},
    ),
    "between 5 and 6": (
        lambda x: np.clip(x, 0, 6),
        lambda g, y, x: (g * (x > 0) * (x < 5),),
        {},
    ),
    "overflow at 600": (np.exp, lambda g, y, x: (g * np.exp(np.minimum(x, 500.0)),), {}),
}


@pytest.mark.parametrize("name", HARD_TO_SEE)
def test_wrong_rules_that_look_right_are_found(name):
    forward, backward, options = HARD_TO_SEE[name]
    with np.errstate(all="ignore"), pytest.raises(GradientError):
        check_function(forward, backward, **options)


@pytest.fixture
def _registry():
    before = dict(ag.OPS)
    yield
    ag.OPS.clear()
    ag.OPS.update(before)


@pytest.mark.usefixtures("_registry")
def test_variadic_ops_are_tried_with_one_two_and_three_inputs():
    @ag.op("m")
    def middle(*xs):
        """The mean of arrays."""
        return np.mean(np.stack(xs), axis=0)

    middle.gradient("xs")(lambda g, y, *xs, index: g * 0.5)
    with pytest.raises(GradientError, match="wrong"):
        check_op(middle)


def _value(t):
    return t.data if hasattr(t, "op") else t


@pytest.mark.usefixtures("_registry")
def test_second_order_blames_the_rule_that_is_wrong():
    @ag.op("p")
    def product(a, b):
        """a b."""
        return a * b

    product.gradient("a")(lambda g, y, a, b: g * b)
    product.gradient("b")(lambda g, y, a, b: g * _value(a))
    with pytest.raises(GradientError, match=r'gradient\("b"\) is right, but .*second-order'):
        check_op(product)
    product.gradient("b")(lambda g, y, a, b: _value(g) * a)
    with pytest.raises(GradientError, match="differentiated by g"):
        check_op(product)


def test_methods_are_functions_too():
    class Layer:
        def forward(self, x):
            return x * x

        def backward(self, g, y, x):
            return (2 * g * x,)

    layer = Layer()
    assert check_function(layer.forward, layer.backward).undecided == 0


def test_what_returns_nothing_or_is_no_op_is_reported():
    with pytest.raises(ValueError, match="a return is missing"):
        check_function(lambda x: None, lambda g, y, x: (g,))
    with pytest.raises(TypeError, match="is not an op"):
        check_op(np.tanh)


@pytest.mark.usefixtures("_registry")
def test_gradcheck_moves_the_parameters_that_a_function_uses_by_itself():
    @ag.op("h")
    def halved(x):
        """x squared."""
        return x * x

    halved.gradient("x")(lambda g, y, x: g * x)
    model = ag.nn.BinaryNetwork([3, 2, 1])
    X, before = np.ones((4, 3)), [p.data.copy() for p in model.parameters()]
    assert gradcheck(lambda *_: model.logits(X).sum(), *model.parameters(), order=2).verdict == "pass"
    with pytest.raises(GradientError, match=r"half the derivative(.|\n)*halved.gradient"):
        gradcheck(lambda *_: halved(model.logits(X)).sum(), *model.parameters())
    for old, parameter in zip(before, model.parameters(), strict=True):
        np.testing.assert_array_equal(old, parameter.data)
    with pytest.raises(ValueError, match="uses none of its arguments"):
        gradcheck(lambda x: model.logits(X).sum(), X)
