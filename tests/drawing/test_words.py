"""The formulas on edges, captions and cards are true: evaluated with NumPy, they give the engine's results.

Every op is tried at the shapes and settings that it declares and at those of EXTRA. Its formulas are
translated to Python sign by sign, so Python's precedence applies; `grad` is the gradient of the result.
Rules that are prose and not an expression are in PROSE, each with the computation that it describes.
"""

import math
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.drawing import formulas
from autograd_lite.drawing.formulas import factor_of
from autograd_lite.drawing.naming import Names
from autograd_lite.drawing.steps import steps
from autograd_lite.drawing.text import number, parenthesise, shorten
from autograd_lite.nn import Parameter
from autograd_lite.operation import OPS, case
from autograd_lite.ops.reductions import keep
from autograd_lite.testing.examples import ORDINARY, Plan, plan_of
from autograd_lite.testing.subject import of_op
from autograd_lite.testing.values import weights

OURS = sorted(name for name, op in OPS.items() if op.forward.__module__.startswith("autograd_lite."))
FORWARDS = {name: OPS[name].forward for name in OURS} | {"BCE": OPS["bce"].forward, "float32": np.float32}
LETTERS = "abcdef"  # the names of the inputs
LOSSES = ("mse", "mae", "huber", "hinge", "bce", "bce_with_logits")
REDUCED = ("sum", "mean", "max", "min", "prod", "var", "std", "logsumexp", "norm")
BINARY = ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum")


def weighted(shapes, over, **more):
    """A case of a loss for every reduction, without weights and with weights of the shape `over`."""
    weight = np.arange(1.0, 1.0 + math.prod(over)).reshape(over)
    pairs = product(("mean", "sum", "none"), (None, weight))
    return [case(*shapes, reduction=reduction, sample_weight=w, **more) for reduction, w in pairs]


_STACKS = [((), ()), ((5,), ()), ((), (5,)), ((5,), (5,)), ((2, 1), (3,)), ((1,), ()), ((3, 1), (5,))]
_PAIRS = [
    ((3, 3), (3, 1)), ((3, 3), (1, 3)), ((3, 3), (3,)), ((1, 3), (3,)), ((3, 1), ()), ((4,), ()),
    ((4, 1), (1,)),
    ((2, 3, 4), (3, 4)), ((2, 3, 4), (3, 1)), ((2, 3, 4), ()), ((1, 1), ()), ((3, 1), (1, 3)), ((0, 3), (3,)),
]  # fmt: skip
_AFFINE = [
    ((3, 4), (4,), ()), ((3, 4), (4,), (1,)), ((3, 4), (4,), (3,)), ((3, 4), (4, 2), (3, 1)),
    ((3, 4), (4, 2), ()),
    ((4,), (4, 2), (2,)), ((4,), (4,), ()), ((1, 4), (4, 2), (2,)), ((5, 3, 4), (4, 2), (2,)),
    ((5, 3, 4), (4,), ()),
    ((3, 4), (5, 4, 2), (2,)), ((1, 4), (4, 1), (1,)),
]  # fmt: skip
_SPREAD = [
    case((2, 3), axis=axis, ddof=ddof, keepdims=kept)
    for axis, ddof, kept in product((None, 0, 1), (0, 1, 0.5), (False, True))
]
# Shapes and settings beyond those that an op declares.
EXTRA = {
    "matmul": [case((*s, 3, 4), (*t, 4, 2)) for s, t in _STACKS] + [case((1, 4), (4, 1)),
    case((4,), (1, 4, 2))]
    + [case((4,), (*t, 4, 2)) for _, t in _STACKS] + [case((*s, 3, 4), (4,)) for s, _ in _STACKS],
    "affine": [case(*shapes) for shapes in _AFFINE],
    "cross_entropy": [
        c for rows in ((4,), (1,), (2, 2), ()) for labels in (rows, (*rows, 3))
        for c in weighted(((*rows, 3), labels), rows)
    ],
    "var": _SPREAD, "std": _SPREAD,
    "sum": [case((2, 3), axis=np.int64(0)), case((2, 3), axis=(np.int64(1), 0))],
    "clip": [
        case((2, 3), a_min=-1.0, a_max=2.0), case((3,), min=-1.0), case((3,), a_max=2, min=0.5), case((3,)),
        case((3,), a_min=np.array([-1.0, 0.0, 0.5])), case((3,), a_max=np.array([[0.0], [1.0]])),
    ],
    "leaky_relu": [case((4,), slope=np.float64(0.25)), case((2, 3))],
    "huber": [case((4,), (4,), delta=2.0), case((4,), (4,), delta=np.float32(0.5))],
    "pad": [case((3,), pad_width=2, mode=mode) for mode in ("edge", "reflect", "symmetric", "wrap",
    "constant")],
    "where": [case((3, 3), (3, 1), ()), case((3,), (2, 3), (3,)), case((3, 1), (3,), (1, 3))],
    "softmax": [case((2, 3), axis=np.int64(0))],
    "astype": [case((3,), dtype=np.float32), case((3,), dtype="float32"), case((3,), dtype=np.dtype("f4"))],
}  # fmt: skip
EXTRA |= {name: [case(*shapes) for shapes in _PAIRS] for name in BINARY}
for _name in LOSSES:
    for _shape, _w in product([(4,), (2, 3), (1,), ()], (None, 3.0) if "bce" in _name else (None,)):
        EXTRA.setdefault(_name, []).extend(
            weighted((_shape, _shape), _shape, **({"pos_weight": _w} if _w else {}))
        )


def results(name):
    """The op at every case, at ordinary numbers and at simple ones, which tie and are often 0."""
    op, subject = OPS[name], of_op(OPS[name])
    plan = Plan(
        subject,
        (
            *plan_of(subject).cases,
            *(case(*c.shapes, **op.defaults | c.settings) for c in EXTRA.get(name, [])),
        ),
    )
    for i, k in product(range(len(plan.cases)), range(4)):
        codes = bytes((7 * k + (5 if k < 2 else 3) * j) % (192 if k < 2 else 9) for j in range(plan.size(i)))
        example = plan.example(i, ORDINARY if k < 2 else 0, codes, (1, 3, 1, 2)[k])
        inputs, variables = list(example.inputs), example.variables
        if name == "cross_entropy" and inputs[1].ndim == inputs[0].ndim:
            rows = 0.2 + np.abs(weights(inputs[1].shape, k))
            inputs[1] = rows / rows.sum(axis=-1, keepdims=True)
        if variables:
            tried = [ag.Tensor(x) if j in variables else x for j, x in enumerate(inputs)]
            with np.errstate(all="ignore"):
                y = op(*tried, **example.settings)
            if np.isfinite(y.data).all():
                yield y


def named(y):
    """Names of one letter for what y was made from, and y."""
    nodes = [*y.inputs, y]
    said = {id(x): name for x, name in zip(nodes, [*LETTERS[: len(y.inputs)], "y"], strict=True)}
    return Names(nodes, {id(y)}, said, set(), False)


def formula_of(y, names):
    return formulas.formula_of(y, names.inputs(y))


def rule_of(y, position, names):
    return formulas.rule_of(y, position, names.inputs(y), names.of(y))


# Reading words.

READ = [
    (r"\((.+?) ([<>]) (.+?), ½ at a tie\)", r"where(\1 == \3, 0.5, \1 \2 \3)"),
    (r"\(1 if (\w+) > 0 else (\S+)\)", r"where(\1 > 0, 1, \2)"),
    (r"\(([^()]+) < (\w+) < ([^()]+)\)", r"((\1 < \2) & (\2 < \3))"),
    (r"^grad, where not (\w+)", r"where(\1, 0, grad)"),
    (r"^grad, where (\w+)", r"where(\1, grad, 0)"),
    (r"\|([^|]+)\|", r"abs(\1)"),
    (r"−", "-"), (r"[×·]", "*"), (r"÷", "/"), (r"\^", "**"), (r"²", "**2"), (r"√", "root"),
]  # fmt: skip
FUNCTIONS = {
    "root": np.sqrt, "σ": ag.sigmoid, "softplus": ag.softplus, "softmax": ag.softmax, "outer": np.outer,
    "tensordot": np.tensordot, "where": np.where, "clip": np.clip, "sign": np.sign, "exp": np.exp,
    "log": np.log,
    "cos": np.cos, "sin": np.sin, "cosh": np.cosh, "sinh": np.sinh, "sum": np.sum, "abs": np.abs,
    "slice": slice, "inf": np.inf, "float64": np.float64,
}  # fmt: skip


def read(words, known, numbers=r"\g<0>"):
    """The value of words, of which nothing is put in parentheses that was not; numbers are replaced."""
    known = {**FUNCTIONS, **known}
    for pattern, meaning in READ:
        words = re.sub(pattern, meaning, words)
    words = re.sub(r"(?<![\w.])\d[\d.]*(?:e-?\d+)?", numbers, words)
    words = re.sub(r"(\w+|\))\(", lambda m: m[0] if callable(known.get(m[1])) else f"{m[1]}*(", words)
    with np.errstate(all="ignore"):
        return np.asarray(eval(words, {"__builtins__": {}}, known))


class Quotients(np.ndarray):
    """Numbers of which 0/0 is 0."""

    def __truediv__(self, other):
        return np.where((self == 0) & (other == 0), 0.0, np.divide(self, other)).view(Quotients)


def known_of(y, grad):
    """The names in formulas of y, with their values; reduced axes of a reduction have length 1."""
    known = dict(zip(LETTERS, map(np.asarray, y.values), strict=False)) | {
        "y": y.data,
        "grad": np.asarray(grad),
    }
    x, axis, kept = known["a"], y.settings.get("axis"), {"keepdims": True}
    if y.op.name in REDUCED:
        known |= {name: np.asarray(keep(known[name], x, axis)) for name in ("y", "grad")}
        known["mean"] = x.mean(axis=axis, **kept)
    given = {name: np.asarray(y.settings.get(name)) for name in ("sample_weight", "pos_weight")}
    labels = {"onehot": lambda labels: np.eye(y.values[0].shape[-1])[labels]}
    return {**known, **given, **labels, "Σ": lambda v: v.sum(axis=axis, **kept)}


def gradient_of(words, y, position, grad):
    """The value of a rule such as `grad × b, sum over 3 rows`."""
    shape = np.shape(y.values[position])
    words, *ends = re.split(r", (?=sum over \d|summed|0 where|0/0)", words)
    known = known_of(y, grad)
    if "0/0 as 0" in ends:
        known |= {name: known[name].view(Quotients) for name in "ab"}
    prose = PROSE.get(words.removeprefix("grad, ")) or PROSE.get(words.removeprefix("grad "))
    result = prose(y, position, grad) if prose else read(words, known)
    for end in ends:
        if zero := re.fullmatch(r"0 where (\w) = 0", end):
            result = np.where(known[zero[1]] == 0, 0.0, result)
        elif end.startswith("sum"):
            result = added(result if "@" in words or prose else np.broadcast_to(result, y.shape), end, shape)
    if y.size == math.prod(shape) == 1:
        return result.reshape(shape)
    assert np.broadcast_shapes(result.shape, shape) == shape, (words, result.shape, shape)
    return np.broadcast_to(result, shape)


def added(result, ends, shape):
    """A result after the sum over rows, columns, entries or a stack."""
    if ends == "summed over the stack":
        assert result.ndim > 2
        axes = [
            i for i in range(result.ndim - 2) if i < result.ndim - len(shape) or shape[i - result.ndim] == 1
        ]
    else:
        count, what = re.fullmatch(r"sum over (\d+) (rows?|columns?|entry|entries)", ends).groups()
        assert (count == "1") == (what in ("row", "column", "entry"))
        axes = {"r": [0], "c": [1]}.get(what[0])
        if axes is None:
            lead = result.ndim - len(shape)
            axes = [i for i in range(result.ndim) if i < lead or (shape[i - lead] == 1 != result.shape[i])]
        assert math.prod(result.shape[i] for i in axes) == int(count)
        assert what[0] == "e" or result.ndim <= 2
    total = result.sum(axis=tuple(axes), keepdims=True)
    assert total.size == math.prod(shape)
    return total.reshape(shape)


# Rules in prose, and the computations that they describe.


def returned(y, position, grad):
    """Each entry of grad goes to the entry that it was made of; those of several are added."""
    places = [np.zeros(np.shape(v)) for v in y.values]
    places[position] = 1.0 + np.arange(places[position].size).reshape(places[position].shape)
    settings = y.settings | ({"constant_values": 0} if y.op.name == "pad" else {})
    found = y.op.forward(*places, **settings)
    result = np.zeros(1 + places[position].size)
    np.add.at(result, found.astype(int), grad)
    return result[1:].reshape(places[position].shape)


def once(y, position, grad):
    """The same where each entry went to one place, or, of a scatter, to an index."""
    if y.op.name == "scatter":
        return grad[y.settings["index"]]
    assert np.array_equal(returned(y, position, np.ones_like(grad)), np.ones(np.shape(y.values[position])))
    return returned(y, position, grad)


def border(y, position, grad):
    """A part of grad, as large as x."""
    assert y.settings["mode"] == "constant"
    return once(y, position, grad)


def to_every(y, position, grad):
    return np.broadcast_to(keep(grad, y.values[0], y.settings["axis"]), y.values[0].shape)


def to_winners(extremum):
    """The largest entries, or the smallest, share it."""

    def computed(y, position, grad):
        x, axis = y.values[0], y.settings["axis"]
        won = x == extremum(x, axis=axis, keepdims=True)
        return keep(grad, x, axis) * won / won.sum(axis=axis, keepdims=True)

    return computed


def others(y, position, grad):
    x, axis = y.values[0], y.settings["axis"]
    result = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        rest = x.copy() if x.ndim else np.ones(())
        rest[place] = 1.0
        result[place] = np.asarray(keep(grad * rest.prod(**y.settings), x, axis) * np.ones(x.shape))[place]
    return result


def onward(y, position, grad):
    axis = y.settings["axis"] or 0
    places = range(grad.shape[axis])
    result = [np.take(grad, places[i:], axis).sum(axis=axis) for i in places]
    return np.stack(result, axis).reshape(y.values[0].shape)


def over_stack(y, position, grad):
    b = y.values[1]
    return sum(b[place] @ grad[place] for place in np.ndindex(b.shape[:-2]))


def by_entries(y, position, grad):
    """The gradient of any product: the rule says only which arrays are combined."""
    result = np.zeros(np.shape(y.values[position]))
    for place in np.ndindex(result.shape):
        unit = np.zeros(result.shape)
        unit[place] = 1.0
        values = [unit if i == position else v for i, v in enumerate(y.values)]
        result[place] = (grad * y.op.forward(*values, **y.settings)).sum()
    return result


PROSE = {
    **dict.fromkeys(("reshape back", "transpose back", "swap back", "move back", "flip back"), once),
    **dict.fromkeys(("squeeze back", "expand back", "its part", "its slice"), once),
    "back to its place": returned,
    "sum of the copies": returned,
    "without the border": border,
    "to every entry": to_every,
    "to the largest, shared by ties": to_winners(np.max),
    "to the smallest, shared by ties": to_winners(np.min),
    "× product of the others": others,
    "sum of grad from here on": onward,
    "sum of b @ grad over the stack": over_stack,
    "einsum of grad and the others": by_entries,  # its subscripts would be longer than a label
    "tensordot of grad and b": by_entries,  # of which axes is too long to tell
    "tensordot of a and grad": by_entries,
    "sums of grad × b": by_entries,  # of flattened arrays
    "sums of a × grad": by_entries,
}


def spoken(rule):
    """The rule of an edge as a caption has it."""
    return f"grad {rule}" if rule[0] in "×÷" else rule if re.search(r"\bgrad\b", rule) else f"grad, {rule}"


@pytest.mark.long
@pytest.mark.parametrize("name", OURS)
def test_the_rule_of_an_edge_is_the_gradient(name, monkeypatch):
    monkeypatch.setattr(formulas, "_RULE", 100)  # whole, as they are before they are cut off
    count = 0
    for y in results(name):
        grad = weights(y.shape, 2)
        with np.errstate(all="ignore"):
            y.backward(grad)
        for i, x in enumerate(y.inputs):
            if not isinstance(x, ag.Tensor):
                continue
            rule = rule_of(y, i, named(y))
            assert rule
            assert not rule.endswith("…")
            found = gradient_of(spoken(rule), y, i, np.asarray(grad))
            single = y.size == x.size == 1  # then it may be a number of four digits
            where = f"{name}{[np.shape(v) for v in y.values]} {y.settings}: {rule}"
            np.testing.assert_allclose(found, x.grad, rtol=6e-4 if single else 1e-6, atol=1e-9, err_msg=where)
            count += 1
    assert count


# Cards.


@pytest.mark.long
@pytest.mark.parametrize("name", OURS)
def test_the_formula_of_a_card_is_its_value(name):
    for y in results(name):
        formula = formula_of(y, named(y))
        if "indices, indices" in formula:  # of which each is another
            continue
        index = y.settings.get("index")
        known = dict(zip(LETTERS, map(np.asarray, y.values), strict=False)) | {
            "mask": index,
            "indices": index,
        }
        formula = re.sub(r"(\w+)=…", r"\1=given['\1']", formula)
        found = read(formula, {**FORWARDS, **known, "given": y.settings})
        np.testing.assert_allclose(found, y.data, rtol=1e-6, atol=1e-9, err_msg=formula)


def test_a_setting_is_shown_unless_it_is_the_default():
    w = Parameter(np.ones((2, 3)), name="w")
    weight = np.arange(100.0)
    expected = {
        "sum(w, axis=0)": np.sum(w, axis=np.int64(0)),
        "sum(w, axis=(1, 0))": np.sum(w, axis=(np.int64(1), 0)),
        "sum(w)": w.sum(),
        "astype(w, dtype=float32)": w.astype(np.float32),
        "w[:, ::-1]": np.flip(w, -1),
    }
    for formula, y in expected.items():
        assert formula_of(y, Names([w, y], set(), {id(w): "w"}, set(), False)) == formula
    p = Parameter(np.ones(100), name="p")
    loss = ag.bce(p * 0.5, np.ones(100), sample_weight=weight, pos_weight=2.0)
    names = Names(
        [*loss.inputs, loss], set(), dict(zip(map(id, loss.inputs), "py", strict=True)), set(), False
    )
    assert formula_of(loss, names) == "BCE(p, y, pos_weight=2, sample_weight=…)"


# Graphs of single numbers, in which products without a name are called by what they are.

NUMBERS = (-4.0, -2.0, -0.5, 0.5, 2.0, 4.0)
STEPS = {
    1: (
        lambda a: -a,
        np.square,
        abs,
        np.exp,
        ag.relu,
        ag.sigmoid,
        np.sin,
        np.tanh,
        np.reciprocal,
        lambda a: a**2,
        lambda a: a**3,
        lambda a: a**1,
        lambda a: a**-1,
        lambda a: np.sqrt(abs(a)),
        ag.softplus,
        lambda a: 2.0**a,
    ),
    2: (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: abs(a) ** b,
        np.maximum,
        lambda a, b: b * a,
        lambda a, b: a * b,
    ),
}


@st.composite
def graphs(draw):
    """The result of a few operations on single numbers, some of them named."""
    made = [Parameter(draw(st.sampled_from(NUMBERS)), name=f"w{i}") for i in range(3)]
    made += [draw(st.sampled_from(NUMBERS))]
    for _ in range(draw(st.integers(1, 5))):
        count = draw(st.integers(1, 2))
        inputs = [draw(st.sampled_from(made)) for _ in range(count)]
        if not any(isinstance(x, ag.Tensor) for x in inputs):
            inputs[0] = made[0]
        with np.errstate(all="ignore"):
            made.append(draw(st.sampled_from(STEPS[count]))(*inputs))
    assume(1e-6 < abs(made[-1].item()) < 1e6)
    return made[-1]


def near(words, known, value):
    """True if a formula of numbers with four digits has a value; the sign of a zero is not written."""
    sizes = [abs(v) for v in known.values() if not callable(v) and math.isfinite(v)]
    sizes += map(float, re.findall(r"\d+(?:\.\d+)?", words))
    found = read(words, known, numbers=r"float64(\g<0>)")  # unlike Python's, they can be divided by 0
    if not math.isfinite(value):
        return np.array_equal(abs(found), abs(value), equal_nan=True)
    return math.isclose(found, value, rel_tol=2e-3, abs_tol=1e-3 * max(sizes, default=0.0))


@given(graphs())
def test_formulas_worked_numbers_and_factors_of_single_numbers(y):
    y.backward()
    scene = ag.draw(y, max_nodes=100)._scene
    cards = {card.id: card for card in scene.cards}
    known = {card.short: np.float64(card.value.rows[0][0]) for card in scene.cards}
    for card in scene.cards:
        for formula in (card.recipe.formula, card.recipe.worked) if card.recipe else ():
            if "…" not in formula:
                assert near(formula, {**FORWARDS, **known}, known[card.short]), (formula, card)
    for edge in scene.edges:
        if edge.factor is not None and "…" not in edge.rule:
            rule, _, zero = edge.rule.partition(", 0 where ")
            rule = "× 0" if zero and known[zero.removesuffix(" = 0")] == 0 else rule
            assert near(f"1 {rule}", known, edge.factor), (edge, cards[edge.target])


# The rules that a reader meets most, as they are written on edges.

A, B, C = (
    Parameter(np.full(shape, 2.0), name=name)
    for name, shape in [("A", (3, 4)), ("B", (4, 2)), ("C", (5, 3, 4))]
)
W, V = Parameter(np.ones(4), name="w"), Parameter(np.ones(4), name="v")
Z, P = Parameter(np.ones((4, 3)), name="z"), Parameter(np.full(4, 0.25), name="p")
COLUMN, ROW = Parameter(np.ones((3, 1)), name="c"), Parameter(np.ones(4), name="b")
TIMES = np.array([1.0, 2.0, 3.0, 4.0])
RULES = [
    (A @ B, "grad @ B.T", "A.T @ grad"),
    (A @ W, "outer(grad, w)", "A.T @ grad"),
    (W @ B, "grad @ B.T", "outer(w, grad)"),
    (W @ V, "× v", "× w"),
    (C @ B, "grad @ B.T", "C.mT @ grad, summed over the stack"),
    (np.dot(A, B), "grad @ B.T", "A.T @ grad"),
    (ag.affine(A, W, ROW[:3]), "outer(grad, w)", "A.T @ grad", "× 1"),
    (ag.affine(A, W, ROW[0]), "outer(grad, w)", "A.T @ grad", "sum over 3 rows"),
    (A + ROW, "× 1", "sum over 3 rows"),
    (A[:1] + ROW, "× 1", "sum over 1 row"),
    (A * COLUMN, "× c", "× A, sum over 4 columns"),
    (C + COLUMN, "× 1", "sum over 20 entries"),
    (ag.mse(P, TIMES), "× 2(p−t)/4"),
    (ag.mse(P, TIMES, reduction="sum"), "× 2(p−t)"),
    (ag.mse(P, TIMES, sample_weight=TIMES), "× sample_weight·2(p−t)/4"),
    (ag.bce(P, np.ones(4)), "× (p−t)/(p(1−p))/4"),
    (ag.cross_entropy(Z, np.array([0, 1, 2, 0])), "× (softmax(z) − onehot(t))/4"),
    (ag.cross_entropy(Z, np.eye(4)[:, :3] + [0, 0, 0] + np.eye(4)[:, 3:] / 3), "× (softmax(z) − t)/4"),
    (ag.cross_entropy(Z, np.array([0, 1, 2, 0]), reduction="none"),
    "grad[..., None] × (softmax(z) − onehot(…"),
    (np.var(W, ddof=1), "× 2(w−mean)/3"),
    (np.std(Parameter(TIMES, name="w"), ddof=1), "× (w−mean)/(3·y)"),
    (np.maximum(W, 2.0), "× (w > 2, ½ at a tie)"),
    (W**2, "× 2·w"), (W**1, "× 1"), (W**3, "× 3·w²"), (W**0.5, "× 0.5·w^(−0.5)"), (W**-1, "× −1·w^(−2)"),
    (W.sum(), "to every entry"), (W.max(), "to the largest, shared by ties"), (W.mean(), "÷ 4"),
]  # fmt: skip


@pytest.mark.parametrize(("y", "rules"), [(y, rules) for y, *rules in RULES])
def test_rules(y, rules):
    said = {id(x): x.name for x in y.inputs if isinstance(x, Parameter)}
    said |= {id(x): "v" for x in y.inputs if isinstance(x, ag.Tensor) and id(x) not in said}
    said |= {id(x): "t" for x in y.inputs if isinstance(x, np.ndarray)} | {id(y): "y"}
    names = Names([*(x for x in y.inputs if np.ndim(x)), y], set(), said, set(), False)
    wanted = [i for i, x in enumerate(y.inputs) if isinstance(x, ag.Tensor)]
    assert [rule_of(y, i, names) for i in wanted] == rules


def captions_and_labels(y, **named):
    """The captions of a graph that ends in y, and the labels of its edges."""
    y.backward()
    scene = ag.draw(y, names={**named, "y": y})._scene
    return [step.text for step in steps(scene)], [edge.label for edge in scene.edges]


@pytest.mark.parametrize(
    ("graph", "caption", "label"),
    [
        (lambda a, b, c: c / (a * b), "y = c ÷ (a × b) = 12 ÷ −6 = −2", "÷ (a × b) = × −0.1667"),
        (lambda a, b, c: c / (a * b), "grad(a × b) = 1 × (−y/(a × b)) = 1 × −0.3333 = −0.3333", "× a = 2"),
        (lambda a, b, c: a * b / (b * c), "y = a × b ÷ (b × c) = −6 ÷ −36 = 0.1667", "× c = 12"),
        (lambda a, b, c: (a * b) ** 2, "y = (a × b)^2 = (−6)^2 = 36", "× 2·a × b = −12"),
        (lambda a, b, c: np.square(b), "y = b² = (−3)² = 9", "× 2·b = −6"),
        (lambda a, b, c: -b, "y = −b = −(−3) = 3", "× (−1)"),
        (lambda a, b, c: -(-3.0 * a), "y = −(−3 × a) = −(−6) = 6", "× −3"),
        (lambda a, b, c: a - (-3.0 * a), "y = a − (−3 × a) = 2 − (−6) = 8", "× −3"),
        (lambda a, b, c: c - a * b, "y = c − a × b = 12 − (−6) = 18", "× b = −3"),
        (lambda a, b, c: b * b, "y = b × b = −3 × −3 = 9", "× b = −3"),
        (lambda a, b, c: 2.0**b, "y = 2^b = 2^(−3) = 0.125", "× y·log(2) = 0.08664"),
        (lambda a, b, c: np.maximum(b, -3.0), "grad(b) = 1 × (b > −3, ½ at a tie) = 1 × 0.5 = 0.5",
         "× (b > −3, ½ at a tie) = 0.5"),
        (lambda a, b, c: ag.bce(a / 4.0, 0.0), "grad(v1) = 1 × (v1−0)/(v1(1−v1)) = 1 × 2 = 2",
         "× (v1−0)/(v1(1−v1)) = 2"),
        (lambda a, b, c: ag.leaky_relu(b), "grad(b) = 1 × (1 if b > 0 else 0.01) = 1 × 0.01 = 0.01",
         "× (1 if b > 0 else 0.01) = 0.01"),
    ],
)  # fmt: skip
def test_parentheses_stand_where_they_must(graph, caption, label):
    a, b, c = (Parameter(x, name=name) for name, x in zip("abc", (2.0, -3.0, 12.0), strict=True))
    captions, labels = captions_and_labels(graph(a, b, c))
    assert caption in captions
    assert label in labels


def test_captions_show_the_values_that_were_used_not_later_ones():
    w = Parameter(2.0, name="w")
    y = w * 3.0 + 1.0
    y.backward()
    w.data = np.float64(9.0)
    captions = [step.text for step in steps(ag.draw(y, names={"y": y})._scene)]
    assert captions[:2] == ["w × 3 = 2 × 3 = 6", "y = w × 3 + 1 = 6 + 1 = 7"]
    assert "grad(w) = 1 × 3 = 3" in captions


@pytest.mark.parametrize("name", OURS)
def test_captions_of_gradients_are_the_rules_of_edges(name):
    for y in results(name):
        if y.size > 1:
            break
    y.backward(weights(y.shape, 2))
    names = {letter: x for letter, x in zip(LETTERS, y.inputs, strict=False) if isinstance(x, ag.Tensor)}
    scene = ag.draw(y, names={**named_arrays(y), **names, "y": y}, detail="tensor")._scene
    captions = [step.text for step in steps(scene) if step.text.startswith("grad(")]
    assert len(captions) == len(names)
    for caption in captions:
        letter, words = re.match(r"grad\((\w)\) = (.*)", caption.partition(": norm ")[0]).groups()
        words = words if ": norm " in caption else words.rpartition(" = ")[0]
        if words.endswith("…"):
            continue
        position = LETTERS.index(letter)
        found = gradient_of(words.replace("grad(y)", "grad"), y, position, np.asarray(weights(y.shape, 2)))
        np.testing.assert_allclose(found, y.inputs[position].grad, rtol=1e-6, atol=1e-9, err_msg=caption)


def named_arrays(y):
    """The arrays that y was made from, by letter."""
    return {letter: x for letter, x in zip(LETTERS, y.inputs, strict=False) if isinstance(x, np.ndarray)}


# Ops of a user's.


@pytest.fixture
def made():
    """An op of the user's with a rule; it is gone after the test."""

    def make(forward, rule, formula="× {x}"):
        op = ag.op("mine")(forward)
        op.gradient("x", formula)(rule)
        return op

    yield make
    OPS.pop("mine", None)


@pytest.mark.parametrize("error", [KeyError, IndexError, AssertionError, ZeroDivisionError, RuntimeError])
def test_a_rule_that_raises_draws_without_a_number(made, error):
    def mine(x):
        """x."""
        return x * 1.0

    def rule(g, y, x):
        raise error("no")

    for shape in ((), (1,), (3,)):
        y = made(mine, rule)(ag.Tensor(np.ones(shape), name="x"))
        assert factor_of(y, 0) is None
        assert "× x" in ag.draw(y).to_dot()


def test_a_rule_is_asked_as_the_engine_asks_it(made):
    asked = []

    def mine(x):
        """x."""
        return x * 1.0

    def rule(g, y, x):
        asked.append((type(g), g.dtype, g.shape))
        return g / (x - x)

    for data in (2.0, np.float32(2.0), np.ones((1, 1))):
        y = made(mine, rule)(ag.Tensor(data))
        assert factor_of(y, 0) == math.inf
        with np.errstate(all="ignore"):
            y.backward(np.ones((1, 1)) if y.ndim else None)
        assert asked[-2] == asked[-1]


def test_a_rule_mentions_only_the_broadcasting_that_the_engine_undoes(made):
    def mine(x):
        """Twice."""
        return np.stack([x, x])

    y = made(mine, lambda g, y, x: g[0] + g[1], "both")(ag.Tensor(np.ones(3), name="x"))
    assert rule_of(y, 0, named(y)) == "both"

    def mine(x):
        """Twice."""
        return np.stack([x, x])

    y = made(mine, lambda g, y, x: g, "× 1")(ag.Tensor(np.ones(3), name="x"))
    assert rule_of(y, 0, named(y)) == "sum over 2 rows"
    y = made(mine, lambda g, y, x: g, "")(ag.Tensor(np.ones(3), name="x"))
    assert rule_of(y, 0, named(y)) == ""


def test_a_formula_of_the_user_s_may_have_settings_and_strange_braces():
    try:

        @ag.op("mine", formula="mine({x})")
        def mine(x, scale=1.0, shift=0.0):
            """A line."""
            return scale * x + shift

        mine.gradient("x", "× {scale} {unknown}")(lambda g, y, x, scale, shift: g * scale)
        y = mine(ag.Tensor(np.ones(3), name="x"), scale=-2.0)
        names = named(y)
        assert formula_of(y, names) == "mine(a, scale=−2)"
        assert rule_of(y, 0, names) == "× −2 {unknown}"
    finally:
        OPS.pop("mine", None)


def test_a_formula_of_the_user_s_may_depend_on_the_result():
    try:

        @ag.op("mine", formula=lambda y: f"{{x}}↑{y.settings['times']}")
        def mine(x, times=2):
            """A power."""
            return x**times

        mine.gradient("x")(lambda g, y, x, times: g * times * x ** (times - 1))
        y = mine(ag.Tensor(3.0, name="x"), times=4)
        assert formula_of(y, named(y)) == "a↑4"
        assert formulas.worked_formula(y) == "3↑4"
    finally:
        OPS.pop("mine", None)


def test_an_entry_of_an_array_is_written_with_its_index():
    x = ag.Tensor(np.array([3.0]), name="x")
    y = x[0] * 2.0
    captions, _ = captions_and_labels(y)
    assert captions[:2] == ["a1 = x[0] = 3", "y = a1 × 2 = 3 × 2 = 6"]


def test_words_of_the_user_s_may_depend_on_the_result_and_may_fail(made):
    def mine(x):
        """Mean."""
        return x.mean()

    op = made(mine, lambda g, y, x: np.full(x.shape, g / x.size))
    op.gradient("x", "÷ n", lambda y: f"÷ {len(y.values[0])}")(lambda g, y, x: np.full(x.shape, g / x.size))
    y = op(ag.Tensor(np.ones(3), name="x"))
    assert (op.formulas["x"], rule_of(y, 0, named(y))) == ("÷ n", "÷ 3")
    op.gradient("x", "÷ n", lambda y: f"÷ {len(y.values[9])}")(lambda g, y, x: np.full(x.shape, g / x.size))
    assert rule_of(y, 0, named(y)) == ""


# Letters and signs.


@pytest.mark.parametrize(
    ("word", "before", "after", "expected"),
    [
        ("a × b", "c × ", "", "a × b"), ("a × b", "c ÷ ", "", "(a × b)"), ("a + b", "c − ", "", "(a + b)"),
        ("a + b", "c + ", "", "a + b"), ("a × b", "", "²", "(a × b)"), ("a × b", "", ".T", "(a × b)"),
        ("X @ w", "c × ", "", "(X @ w)"), ("X @ w", "", " + b", "X @ w"), ("layer1.W", "", ".T", "layer1.W"),
        ("−3", "2 × ", "", "−3"), ("−3", "", "²", "(−3)"), ("−3", "−", "", "(−3)"),
        ("3.2e−5", "", "²", "3.2e−5"),
        ("−3.2e−5", "a − ", "", "(−3.2e−5)"), ("3", "2", "", "(3)"),
        ("p", "2", "(1", "p"), ("f(a + b)", "c ÷ ", "", "f(a + b)"),
        ("a × b", "σ(", ")", "a × b"), ("a × b", "|", "|", "a × b"), ("権重", "÷ ", "", "権重"),
        ("(", "÷ ", "", "("),
    ],
)  # fmt: skip
def test_a_word_is_in_parentheses_where_it_would_be_torn_apart(word, before, after, expected):
    assert parenthesise(word, before, after) == expected


def test_numbers_have_no_negative_zero_and_are_not_cut_in_two():
    assert number(-0.0) == number(0.0) == "0"
    assert shorten("× clip(a−b, −1.25, 1.25)/128", 28) == "× clip(a−b, −1.25, 1.25)/128"
    assert shorten("× clip(a−b, −1.25, 1.25)/128", 27) == "× clip(a−b, −1.25, 1.25)/…"
    assert shorten("1111111111", 5) == "1111…"
