"""Random graphs: what they contain, where they stay, how they print and how they shrink."""

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from graphs import Graph, Step, graphs
from hypothesis import find, given, settings

import autograd_lite as ag
from autograd_lite.domains import Domain
from autograd_lite.operation import case

STEP = 1e-5

pytestmark = pytest.mark.long  # they test what other tests use


def values_of(graph):
    """Every value of a graph, leaves first, from nothing but its public parts."""
    values = list(graph.arrays())
    for step in graph.steps:
        values.append(np.asarray(step.op(*(values[i] for i in step.inputs), **step.settings)))
    return values


def numerical(graph):
    """Central differences of a graph in every entry of every leaf."""
    xs = graph.arrays()
    found = [np.zeros(x.shape) for x in xs]
    for x, gradient in zip(xs, found, strict=True):
        for entry in np.ndindex(x.shape):
            kept = x[entry]
            x[entry] = kept + STEP
            above = graph(*xs)
            x[entry] = kept - STEP
            gradient[entry] = (above - graph(*xs)) / (2 * STEP)
            x[entry] = kept
    return found


def right(graph):
    """Return True if backpropagation agrees with central differences."""
    root, leaves = graph.build()
    root.backward()
    found = [leaf.grad for leaf in leaves]
    return all(np.allclose(g, n, rtol=1e-5, atol=1e-5) for g, n in zip(found, numerical(graph), strict=True))


def drawn(count, **options):
    """The first graphs of a strategy, always the same ones."""
    found = []

    @settings(max_examples=count, derandomize=True, database=None)
    @given(graphs(**options))
    def collect(graph):
        found.append(graph)

    collect()
    return found


def smallest(condition, **options):
    """The graph that hypothesis shrinks to."""
    chosen = settings(max_examples=2000, derandomize=True, database=None)
    return find(graphs(**options), condition, settings=chosen)


def used(graph):
    return Counter(i for step in graph.steps for i in step.inputs)


def broadcasts(graph):
    shapes = [value.shape for value in values_of(graph)]
    elementwise = [step for step in graph.steps if not step.op.samples]
    return any(len({shapes[i] for i in step.inputs}) > 1 for step in elementwise)


@pytest.fixture
def make_op():
    """Registers ops for one test."""
    before = dict(ag.OPS)

    def make(forward, rule=None, **options):
        made = ag.op("?", **options)(forward)
        if rule is not None:
            made.gradient(made.arguments[0])(rule)
        return made

    yield make
    ag.OPS.clear()
    ag.OPS.update(before)


@pytest.fixture
def break_rule(monkeypatch):
    """Replaces the gradient rule of a registered op for one test."""

    def replace(name, argument, rule):
        op = ag.OPS[name]
        monkeypatch.setitem(op.rules, argument, rule)
        monkeypatch.setattr(op, "rules_by_position", [op.rules[a] for a in op.arguments])

    return replace


@given(graphs())
def test_backprop_of_a_random_graph_equals_central_differences(graph):
    assert right(graph)


@given(graphs(kinks="any"))
def test_values_are_finite_moderate_and_of_every_leaf_something_is_made(graph):
    assert all(np.abs(value).max() <= 1e3 for value in values_of(graph))
    assert set(range(len(graph.leaves))) <= set(used(graph))
    assert 1 <= len(graph.steps) <= 12


@given(graphs(max_ops=3))
def test_max_ops_bounds_the_steps(graph):
    assert 1 <= len(graph.steps) <= 3


@pytest.mark.parametrize("kinks", ["avoid", "seek", "any"])
def test_two_hundred_graphs_have_structure(kinks):
    found = drawn(200, kinks=kinks)
    assert sum(max(used(graph).values()) > 1 for graph in found) > 100
    assert sum(any(len(set(s.inputs)) < len(s.inputs) for s in graph.steps) for graph in found) > 40
    assert sum(map(broadcasts, found)) > 40
    assert len({step.op.name for graph in found for step in graph.steps}) > 35
    assert sum(len(graph.steps) for graph in found) > 800


@given(graphs())
def test_build_makes_new_named_leaves_and_a_scalar(graph):
    root, leaves = graph.build()
    again, others = graph.build()
    assert root.shape == ()
    assert [leaf.name for leaf in leaves] == list(graph.leaves) == [f"x{i}" for i in range(len(leaves))]
    assert not {id(leaf) for leaf in leaves} & {id(leaf) for leaf in others}
    assert root.data == again.data == graph(*graph.arrays()) == graph(*leaves).data


@given(graphs(kinks="any"))
def test_repr_runs_and_gives_the_same_value(graph):
    names = {"np": np, "ag": ag}
    exec(repr(graph), names)
    assert names["root"].data == graph.build()[0].data
    assert [names[name].name for name in graph.leaves] == list(graph.leaves)


def test_repr_of_settings_is_source():
    """An index, a tuple, a type: whatever a declared sample may hold."""
    ops = [ag.OPS[name] for name in ("getitem", "transpose", "astype", "pad", "einsum")]
    for graph in drawn(100, ops=ops):
        exec(repr(graph), names := {"np": np, "ag": ag})
        assert names["root"].data == graph.build()[0].data


def test_repr_reads_as_it_is_built():
    tanh, add = ag.OPS["tanh"], ag.OPS["add"]
    graph = Graph({"x0": np.array(0.5)}, (Step(tanh, (0,), {}), Step(add, (1, 1), {})))
    assert repr(graph).splitlines()[1:] == [
        'x0 = ag.Tensor(np.array(0.5), name="x0")',
        'v1 = ag.OPS["tanh"](x0)',
        'v2 = ag.OPS["add"](v1, v1)',
        "root = v2",
    ]


def test_the_arrays_are_copies():
    graph = Graph({"x0": np.array([0.5])}, (Step(ag.OPS["tanh"], (0,), {}),))
    graph.arrays()[0][:] = 9.0
    assert graph.leaves["x0"] == [0.5]


def test_leaves_of_one_graph_are_equal_or_far_apart():
    for graph in drawn(100):
        entries = np.unique(np.concatenate([x.ravel() for x in graph.arrays()]))
        assert (np.diff(entries) > 1e-6).all()


# Kinks.


def gaps(graph):
    """How far apart the arguments of a maximum are, and those of relu from 0."""
    values = values_of(graph)
    for step in graph.steps:
        x = [values[i] for i in step.inputs]
        if step.op.name == "maximum" and step.inputs[0] != step.inputs[1]:
            yield np.abs(x[0] - x[1]).min()
        if step.op.name == "relu":
            yield np.abs(x[0]).min()


PIECEWISE = [ag.OPS[name] for name in ("maximum", "relu", "multiply")]


def test_seek_finds_zeros_and_ties_and_avoid_has_none():
    assert sum(any(gap == 0 for gap in gaps(graph)) for graph in drawn(200, ops=PIECEWISE, kinks="seek")) > 60
    entries = np.concatenate([x.ravel() for graph in drawn(50, kinks="seek") for x in graph.arrays()])
    assert (entries == 0).mean() > 0.05
    assert np.isin(np.abs(entries), [0, 0.5, 1, 1.5, 2]).all()


@pytest.mark.parametrize("name", ["maximum", "minimum", "max", "min", "abs", "clip", "relu", "sign", "std"])
def test_avoid_keeps_an_op_smooth(name):
    ops = [ag.OPS[name], ag.OPS["subtract"], ag.OPS["negative"]]
    assert all(right(graph) for graph in drawn(150, ops=ops))


def test_avoid_needs_no_declaration_of_a_kink(make_op):
    def fold(x):
        return np.abs(x - 0.5) + 2.0 * np.abs(x - 1.0)

    def rule(g, y, x):
        return g * (np.sign(x - 0.5) + 2.0 * np.sign(x - 1.0))

    op = make_op(fold, rule)
    entries = np.concatenate([x.ravel() for graph in drawn(200, ops=[op], max_ops=1) for x in graph.arrays()])
    assert len(np.unique(entries)) > 50
    assert np.abs(entries - 0.5).min() > 1e-3
    assert np.abs(entries - 1.0).min() > 1e-3


# Ops of one's own.


def cube(x):
    return x * x * x


def hundredth(x):
    return x / 100.0


def test_a_wrong_op_shrinks_to_itself_alone(make_op):
    wrong = make_op(cube, lambda g, y, x: g * x * x)
    ops = [*(ag.OPS[name] for name in ("negative", "add", "tanh", "matmul", "sum")), wrong]
    graph = smallest(lambda graph: not right(graph), ops=ops)
    assert [step.op for step in graph.steps] == [wrong]
    assert [x.shape for x in graph.leaves.values()] == [()]
    assert repr(graph).splitlines()[1] == 'x0 = ag.Tensor(np.array(1.0), name="x0")'


@pytest.mark.parametrize(
    ("name", "argument", "rule", "entries"),
    [
        ("tanh", "x", lambda g, y, x: g, 1),
        ("multiply", "b", lambda g, y, a, b: g * b, 2),
        ("matmul", "b", lambda g, y, a, b: 0.0 * b, 2),
        ("mean", "x", lambda g, y, x, axis, keepdims: 0.0 * x, 1),
        ("max", "x", lambda g, y, x, axis, keepdims: np.full(x.shape, np.mean(g)), 2),
    ],
)
def test_a_broken_op_of_the_library_shrinks_to_one_step(break_rule, name, argument, rule, entries):
    break_rule(name, argument, rule)
    graph = smallest(lambda graph: not right(graph))
    assert [step.op.name for step in graph.steps] == [name]
    assert sum(x.size for x in graph.leaves.values()) == entries


def test_without_a_condition_the_smallest_graph_is_one_op_on_zero():
    graph = smallest(lambda graph: True)
    assert [(step.op.name, step.inputs) for step in graph.steps] == [("negative", (0,))]
    assert graph.leaves == {"x0": 0.0}


def test_sharing_shrinks_to_one_leaf():
    graph = smallest(lambda graph: any(len(set(step.inputs)) == 1 < len(step.inputs) for step in graph.steps))
    assert len(graph.steps) == len(graph.leaves) == 1


@pytest.mark.parametrize(
    "domain", [Domain("narrow", 100.0, 100.5), Domain("far", low=50.0), Domain("cold", high=-30.0)]
)
def test_leaves_lie_in_the_domain_of_their_op(make_op, domain):
    op = make_op(hundredth, lambda g, y, x: g / 100.0, domain=domain)
    entries = np.concatenate([x.ravel() for graph in drawn(50, ops=[op]) for x in graph.arrays()])
    assert (entries > domain.low).all()
    assert (entries < domain.high).all()
    assert len(np.unique(entries)) > 10


def test_declared_shapes_and_signatures_are_used(make_op):
    def only(x, axis=0):
        if x.shape not in ((5, 7), (2, 2, 4)):
            raise ValueError("it takes (5, 7) and (2, 2, 4)")
        return x.sum(axis=axis)

    def rule(g, y, x, axis):
        return np.broadcast_to(np.expand_dims(g, axis), x.shape)

    op = make_op(only, rule, samples=(case((5, 7)), case((2, 2, 4), axis=2)))
    found = drawn(150, ops=[op, ag.OPS["matmul"]])
    assert {x.shape for graph in found for x in graph.arrays()} >= {(5, 7), (2, 2, 4)}
    assert {step.op.name for graph in found for step in graph.steps} == {"only", "matmul"}
    assert all(right(graph) for graph in found)


def test_an_op_of_many_inputs_gets_the_shapes_it_declares(make_op):
    def layered(a, b, c, d):
        if [x.shape for x in (a, b, c, d)] != [(2, 3), (3, 4), (4,), (1, 2)]:
            raise ValueError("wrong shapes")
        return (a @ b @ c) * d[0]

    rules = {
        "b": lambda g, y, a, b, c, d: a.T @ np.outer(g * d[0], c),
        "c": lambda g, y, a, b, c, d: (g * d[0]) @ a @ b,
        "d": lambda g, y, a, b, c, d: (g * (a @ b @ c)).reshape(1, 2),
    }
    op = make_op(
        layered,
        lambda g, y, a, b, c, d: np.outer(g * d[0], b @ c),
        samples=(case((2, 3), (3, 4), (4,), (1, 2)),),
    )
    for name, rule in rules.items():
        op.gradient(name)(rule)
    assert all(right(graph) for graph in drawn(20, ops=[op], max_ops=2))


def test_every_op_with_all_its_rules_fits_or_says_why():
    fitting = []
    for op in ag.OPS.values():
        try:
            graphs([op])
        except ValueError as error:
            assert "leave it out" in str(error)  # noqa: PT017
        else:
            fitting.append(op.name)
    assert len(fitting) >= 60


# Errors.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinks": "none"}, 'kinks=\'none\'; it is "avoid", "seek" or "any"'),
        ({"ops": []}, "ops is empty; pass some ops"),
        ({"ops": [ag.OPS["where"]]}, "where has no gradient in condition; add its rule"),
    ],
)
def test_a_bad_argument_is_reported(options, message):
    with pytest.raises(ValueError, match="graphs: ") as caught:
        graphs(**options)
    assert message in str(caught.value)


def test_an_op_that_fits_nowhere_is_reported(make_op):
    def picky(x):
        raise ValueError("it wants a unicorn")

    op = make_op(picky, lambda g, y, x: g)
    with pytest.raises(ValueError, match=r"picky fits nowhere.*wants a unicorn.*samples="):
        graphs([op])


@pytest.mark.parametrize("domain", [Domain("saturates", 12.0, 15.0), Domain("overflows", high=-300.0)])
def test_an_op_that_is_saturated_or_huge_everywhere_is_reported(make_op, domain):
    def steep(x):
        return np.where(x < 0, 5.0 * x, np.tanh(x))

    op = make_op(steep, lambda g, y, x: np.where(x < 0, 5.0 * g, g * (1.0 - y * y)), domain=domain)
    with pytest.raises(ValueError, match=r"steep fits nowhere.* over 1000, saturated or not smooth"):
        graphs([op])


def test_a_wrong_number_of_arrays_is_reported():
    graph = Graph({"x0": np.array(0.5)}, (Step(ag.OPS["tanh"], (0,), {}),))
    with pytest.raises(TypeError, match=r"takes 1 arrays or tensors \(x0\), got 2"):
        graph(1.0, 2.0)


def test_no_health_check_fails_with_the_default_settings():
    @settings(suppress_health_check=(), deadline=2000, max_examples=200)
    @given(graphs(), graphs(kinks="seek"), graphs(kinks="any"))
    def three(a, b, c):
        pass

    three()


FAILING = """
from hypothesis import given, settings
from graphs import graphs

@settings(database=None, derandomize=True)
@given(g=graphs())
def fails(g):
    raise AssertionError

fails()
"""


def test_a_falsifying_graph_is_printed_as_its_source():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    printed = subprocess.run(
        [sys.executable, "-c", FAILING], env=environment, capture_output=True, text=True, check=False
    ).stderr
    lines = printed.splitlines()
    start = lines.index("# import numpy as np, autograd_lite as ag")
    exec("\n".join(lines[start : lines.index("root = v1") + 1]), names := {"np": np, "ag": ag})
    assert names["root"].data == 0.0
    assert "_graph(" not in printed
