"""check_op finds wrong rules, names what is wrong, and passes right ones."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.domains import MASK, NONZERO, POSITIVE
from autograd_lite.operation import case, op
from autograd_lite.testing import GradientError, check_op


@pytest.fixture(autouse=True)
def _registry():
    """Ops that a test defines leave OPS again."""
    before = dict(ag.OPS)
    yield
    ag.OPS.clear()
    ag.OPS.update(before)


def sin(x):
    return np.sin(x)


def cos(x):
    return np.cos(x)


def exp(x):
    return np.exp(x)


def log(x):
    return np.log(x)


def size(x):
    return np.abs(x)


def inverse(x):
    return np.linalg.inv(x)


def unary(forward, rule, **declaration):
    """An op of one input x from a forward and its rule (g, y, x)."""
    forward.__name__ = "mine"
    made = op("mine", **declaration)(forward)
    made.gradient("x")(rule)
    return made


def binary(forward, of_a, of_b, **declaration):
    forward.__name__ = "mine"
    made = op("mine", **declaration)(forward)
    made.gradient("a")(of_a)
    made.gradient("b")(of_b)
    return made


def in_place(g, y, x):
    g *= x
    return g


def overwrites_y(g, y, x):
    y[...] = g
    return y


CALLS = []


def remembers(g, y, x):
    CALLS.append(1)
    return g * np.cos(x) * (1.0 + 1e-3 * len(CALLS))


def nan_at_zero(g, y, x):
    return g * 2.0 * y / x


WRONG = {
    "sign": (cos, lambda g, y, x: g * np.sin(x), {}, "sign is flipped"),
    "twice": (exp, lambda g, y, x: 2.0 * g * y, {}, "twice the derivative"),
    "half": (lambda x: x * x, lambda g, y, x: g * x, {}, "half the derivative"),
    "constant": (sin, lambda g, y, x: g * 0.0, {}, "treated as constant"),
    "slightly off": (sin, lambda g, y, x: g * np.cos(x) * (1 + 1e-6), {}, "is wrong"),
    "dropped term": (lambda x: x * np.exp(x), lambda g, y, x: g * y, {}, "is wrong"),
    "only negative": (lambda x: x * x, lambda g, y, x: g * 2.0 * np.abs(x), {}, "is wrong"),
    "nan at 0": (lambda x: x * x, nan_at_zero, {}, "NaN or infinite at zero only"),
    "not linear in g": (sin, lambda g, y, x: g * np.abs(g) * np.cos(x), {}, "not linear in g"),
    "size of g": (sin, lambda g, y, x: np.abs(g) * np.cos(x), {}, "not linear in g"),
    "in place": (lambda x: x * x / 2.0, in_place, {}, "modifies what it is given"),
    "overwrites y": (lambda x: x + 0.0, overwrites_y, {"samples": (case((3,)),)}, "modifies what it is"),
    "has a memory": (sin, remembers, {}, "not deterministic"),
    "float64": (sin, lambda g, y, x: g * np.cos(x) * np.float64(1), {}, "float64 for float32"),
    "mean": (
        lambda x: x.mean(),
        lambda g, y, x: g * np.ones_like(x.data if hasattr(x, "op") else x),
        {"samples": (case((5,)),)},
        "off by a factor: the size of the input",
    ),
    "sum": (
        lambda x: x.sum(),
        lambda g, y, x: g * (1.0 / x.size) + 0.0 * x,
        {"samples": (case((7,)),)},
        "off by a factor: 1 / the size of the input",
    ),
    "transposed": (
        lambda x: x.T * 1.0,
        lambda g, y, x: g * 1.0,
        {"samples": (case((3, 3)),)},
        "transposed",
    ),
    "wrong shape": (
        lambda x: x.sum(),
        lambda g, y, x: np.ones((2, 2), x.dtype) * g,
        {"samples": (case((5,)),)},
        "returns shape",
    ),
    "second order": (
        # The same numbers on arrays, but the factor is a constant to the tensors.
        lambda x: x**3,
        lambda g, y, x: g * 3.0 * (x.data if hasattr(x, "op") else x) ** 2,
        {},
        "second-order gradient, is wrong",
    ),
    "another value on tensors": (
        sin,
        lambda g, y, x: g * np.cos(x) * (2.0 if hasattr(x, "op") else 1.0),
        {},
        "on tensors",
    ),
}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("name", WRONG)
def test_wrong_rule_of_one_input_is_found_and_named(name):
    forward, rule, declaration, message = WRONG[name]
    with pytest.raises(GradientError, match=message):
        check_op(unary(forward, rule, **declaration))


def ok_a(g, y, a, b):
    return g * b


def ok_b(g, y, a, b):
    return g * a


WRONG_PAIRS = {
    "swapped": (lambda a, b: a * b, ok_b, ok_a, {}, "are the two swapped"),
    "second input": (lambda a, b: a - b, lambda g, y, a, b: g, lambda g, y, a, b: g, {}, "b.. is wrong"),
    "mean for a sum": (
        lambda a, b: a * b,
        lambda g, y, a, b: g * b,
        lambda g, y, a, b: (g * a).mean(axis=0) if g.ndim > b.ndim else g * a,
        {},
        "b.. is wrong",
    ),
    "missing sum": (
        lambda a, b: a * b,
        lambda g, y, a, b: (g * b)[:1] if a.shape[:1] == (1,) and g.ndim else g * b,
        ok_b,
        {"samples": (case((1, 3), (2, 3)),)},
        "a.. is wrong",
    ),
    "matrix product": (
        lambda a, b: a @ b,
        lambda g, y, a, b: g @ b,
        lambda g, y, a, b: a.T @ g,
        {"samples": (case((3, 3), (3, 3)),)},
        "a.. is wrong",
    ),
}


@pytest.mark.parametrize("name", WRONG_PAIRS)
def test_wrong_rule_of_two_inputs_is_found(name):
    forward, of_a, of_b, declaration, message = WRONG_PAIRS[name]
    with pytest.raises(GradientError, match=message):
        check_op(binary(forward, of_a, of_b, **declaration))


RIGHT = {
    "1/x": (lambda x: 1.0 / x, lambda g, y, x: -g * y * y, {"domain": NONZERO}),
    "sin 1000x": (lambda x: np.sin(1000.0 * x), lambda g, y, x: g * 1000.0 * np.cos(1000.0 * x), {}),
    "abs": (size, lambda g, y, x: g * np.sign(x), {"domain": NONZERO}),
    "relu with kinks in reach": (lambda x: np.maximum(x, 0.0), lambda g, y, x: g * (x > 0), {}),
    "huge": (lambda x: 1e100 * x**3, lambda g, y, x: g * 3e100 * x * x, {}),
    "tiny": (lambda x: 1e-100 * np.exp(x), lambda g, y, x: g * y, {}),
    "offset": (lambda x: 1e8 + x, lambda g, y, x: g, {}),
    "log": (log, lambda g, y, x: g / x, {"domain": POSITIVE}),
    "returns g": (lambda x: +x, lambda g, y, x: g, {}),
    "sum of squares": (
        lambda x: (x * x).sum(),
        lambda g, y, x: 2.0 * g * x,
        {"samples": (case((40,)), case(()))},
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("seed", range(3))
def test_right_rule_passes(name, seed):
    forward, rule, declaration = RIGHT[name]
    report = check_op(unary(forward, rule, **declaration), seed=seed)
    assert report.examples >= 60
    assert report.checked >= 100
    assert report.worst < 1e-7


def test_report_counts_and_budget_scales():
    quick = check_op(ag.OPS["exp"], budget="quick")
    thorough = check_op(ag.OPS["exp"], budget="thorough")
    assert quick.op == "exp"
    assert quick.examples < thorough.examples
    assert quick.checked < thorough.checked
    assert quick == check_op(ag.OPS["exp"], budget="quick")


def test_unknown_budget_is_refused():
    with pytest.raises(ValueError, match="'quick', 'normal', 'thorough'"):
        check_op(ag.OPS["exp"], budget="huge")


def test_missing_rule_is_an_error_and_a_discrete_input_is_none():
    @op("f")
    def no_rule_for_b(a, b):
        """a b."""
        return a * b

    no_rule_for_b.gradient("a")(ok_a)
    with pytest.raises(GradientError, match="no gradient in 'b'"):
        check_op(no_rule_for_b)

    @op("f", domain={"b": MASK})
    def masked(a, b):
        """a where b."""
        return a * b

    masked.gradient("a")(ok_a)
    assert check_op(masked).undecided == 0


def test_op_sampled_outside_its_domain_is_untestable_not_passed():
    made = unary(lambda x: np.log(x - 2.0), lambda g, y, x: g / (x - 2.0), samples=(case((3,)),))
    with pytest.raises(ValueError, match=r"no value for any of the shapes .*not finite.*domain="):
        check_op(made)


def test_op_without_derivative_where_it_is_sampled_is_untestable_not_passed():
    a = np.pi * 1e4  # ordinary values have four decimals: all of them are kinks

    def rule(g, y, x):
        return g * (np.sign(np.round(np.sin(a * x), 9)) * np.cos(a * x) * a)

    made = unary(lambda x: np.abs(np.sin(a * x)), rule, samples=(case((3,)),))
    with pytest.raises(GradientError, match=r"untestable here.*declare domain="):
        check_op(made, order=1)


def test_first_order_only_is_said_and_can_be_chosen():
    made = unary(lambda x: np.sinc(x) * 0 + np.exp(x), lambda g, y, x: g * np.asarray(np.exp(1.0 * x)))
    report = check_op(made)
    assert (report.second_order, report.undecided) == (0, 0)
    assert "TypeError" in report.note
    with pytest.raises(GradientError, match="do not run on tensors"):
        check_op(made, order=2)
    assert check_op(made, order=1).note == ""
    with pytest.raises(ValueError, match="order=3"):
        check_op(made, order=3)


def test_shapes_that_do_not_fit_ask_for_samples():
    made = unary(inverse, lambda g, y, x: g, signature=None)
    with pytest.raises(ValueError, match="samples="):
        check_op(made)


def test_message_says_where_and_how_to_see_it_again():
    made = unary(exp, lambda g, y, x: 3.3 * g * y)
    with pytest.raises(GradientError) as caught:
        check_op(made, seed=4)
    text = str(caught.value)
    for part in (
        'mine.gradient("x") is wrong',
        "expected",
        "got",
        "test_check_op.py",
        "check_op(mine, example=dict(x=",
    ):
        assert part in text
    assert "3.3 times the derivative" in text
    assert len(text.splitlines()) <= 25
