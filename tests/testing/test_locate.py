"""locate names the node whose own rule is wrong, and never a right one."""

import random
from pathlib import Path

import numpy as np
import pytest
from graphs import graphs
from hypothesis import HealthCheck, Phase, given, settings

import autograd_lite as ag
from autograd_lite.modes import WITH_LINES, recording
from autograd_lite.operation import op
from autograd_lite.testing import GradientError, gradcheck, locate

# A wrong rule for some ops: (input, rule).
WRONG = {
    "tanh": ("x", lambda g, y, x: g * (1 - y)),
    "exp": ("x", lambda g, y, x: g * y * 1.001),
    "sin": ("x", lambda g, y, x: -g * np.cos(x)),
    "cos": ("x", lambda g, y, x: g * np.sin(x)),
    "square": ("x", lambda g, y, x: 2.0 * g * np.abs(x)),
    "sigmoid": ("z", lambda g, y, z: g * y),
    "softplus": ("z", lambda g, y, z: g * y),
    "add": ("b", lambda g, y, a, b: -g),
    "subtract": ("b", lambda g, y, a, b: g),
    "multiply": ("a", lambda g, y, a, b: 2.0 * g * b),
    "divide": ("b", lambda g, y, a, b: -g * y),
    "maximum": ("a", lambda g, y, a, b: 0.5 * g * (a > b)),
    "matmul": ("a", lambda g, y, a, b: -ag.OPS["matmul"].rules["a"](g, y, a, b)),
    "sum": ("x", lambda g, y, x, axis, keepdims: 2.0 * ag.OPS["sum"].rules["x"](g, y, x, axis, keepdims)),
}
GRAPHS = 300


def broken(right):
    """A copy of an op with one wrong rule; it is not registered."""
    made = ag.Op(
        right.forward,
        right.symbol,
        domain=dict(right.domains),
        signature=right.signature,
        samples=right.samples,
        check=right.check,
        hint="",
        formula="",
        letter="a",
        infix=False,
    )
    argument, rule = WRONG[right.name]
    made.rules = {**right.rules, argument: rule}
    made._update_rules()
    return made


def random_graphs(kinks):
    """Random graphs that have an op with a wrong twin."""
    found = []

    @settings(
        max_examples=1000,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(graphs(max_ops=14, kinks=kinks))
    def collect(graph):
        if any(step.op.name in WRONG for step in graph.steps):
            found.append(graph)

    collect()
    random.Random(0).shuffle(found)
    return found[:GRAPHS]


def leaf_gradients(graph):
    """The root of a graph, and the gradients of its leaves."""
    root, leaves = graph.build()
    root.backward()
    return root, [leaf.grad for leaf in leaves]


@pytest.mark.long
def test_exactly_the_wrong_node_is_named_in_random_graphs():
    choose, active, exact = random.Random(1), 0, 0
    for graph in random_graphs("avoid"):
        right, gradients = leaf_gradients(graph)
        assert locate(right) is None
        i = choose.choice([i for i, step in enumerate(graph.steps) if step.op.name in WRONG])
        twin = broken(graph.steps[i].op)
        steps = list(graph.steps)
        steps[i] = type(steps[i])(twin, steps[i].inputs, steps[i].settings)
        root, wrong = leaf_gradients(type(graph)(graph.leaves, tuple(steps)))
        found = locate(root)
        assert found is None or found.op is twin
        same = all(np.allclose(a, b, rtol=1e-9, atol=1e-12) for a, b in zip(gradients, wrong, strict=True))
        active += not same
        exact += found is not None and not same
    print(f"locate: {exact} of {active} active mistakes named in {GRAPHS} graphs")
    assert active >= GRAPHS / 2
    assert exact >= 0.98 * active


@pytest.fixture
def biased():
    """A registered op with a wrong rule, gone from OPS afterwards."""

    @op("b")
    def biased(x):
        """x squared."""
        return x * x

    biased.gradient("x", "× {x}")(lambda g, y, x: g * x)
    yield biased
    del ag.OPS["biased"]


def test_what_is_found_says_op_rule_and_the_line_that_made_it(biased):
    x = ag.Tensor([1.0, -2.0], name="x")
    token = recording.set(WITH_LINES)
    h = biased(np.tanh(x))
    loss = (h * h).sum()
    recording.reset(token)
    found = locate(loss)
    assert found.tensor is h
    assert (found.op, found.argument) == (biased, "x")
    assert found.made == f"test_locate.py:{biased_line()}"
    assert "test_locate.py:" in found.rule
    assert "got" in str(found)
    assert "expected" in str(found)
    svg = found.draw().to_dot()
    assert "wrong rule" in svg
    assert "wrong rule" not in ag.draw(loss).to_dot()


def test_the_line_is_empty_if_it_was_not_recorded(biased):
    found = locate(biased(ag.Tensor([1.0, -2.0])))
    assert found.made == ""
    assert "made at" not in str(found)


def test_gradcheck_names_the_line_of_any_op(biased):
    def f(x):
        h = biased(np.tanh(x))
        return h * h

    with pytest.raises(GradientError, match=rf"where .*, made at test_locate\.py:{biased_line(1)}"):
        gradcheck(f, [1.0, -2.0])


def biased_line(which=0):
    """The line of this file that calls the op for the first or second time."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return [i for i, line in enumerate(lines, 1) if line.strip() == "h = biased(np.tanh(x))"][which]


def test_a_right_graph_has_nothing_to_locate_and_a_constant_no_graph():
    x = ag.Tensor([1.0, 2.0])
    assert locate((x * x).sum()) is None
    for wrong in (ag.Tensor(1.0, requires_grad=False), np.ones(3)):
        with pytest.raises(ValueError, match="computed from differentiable ones"):
            locate(wrong)
