"""Every op of the registry: its declaration is complete, and its rules pass the generated check."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.testing import check_op
from autograd_lite.testing.examples import Example, plan_of
from autograd_lite.testing.subject import of_op

NAMES = sorted(ag.OPS)


def examples(op: ag.Op) -> list[Example]:
    """One example with ordinary values for each case of an op."""
    plan = plan_of(of_op(op))
    return [plan.example(i, 259, bytes(range(3, 3 + plan.size(i))), 1) for i in range(len(plan.cases))]


@pytest.mark.parametrize("name", NAMES)
def test_rules_are_right(name, gradcheck_budget):
    report = check_op(ag.OPS[name], budget=gradcheck_budget, order=1)
    assert report.examples >= {"quick": 60, "normal": 100, "thorough": 300}[gradcheck_budget]
    assert report.undecided <= report.checked / 4


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_second_derivatives_are_right(name, gradcheck_budget):
    report = check_op(ag.OPS[name], budget=gradcheck_budget, order=2)
    assert report.second_order >= {"quick": 5, "normal": 15, "thorough": 40}[gradcheck_budget]
    assert report.undecided <= report.checked / 4


@pytest.mark.parametrize("name", NAMES)
def test_declaration_is_complete(name):
    op = ag.OPS[name]
    assert op.__doc__
    assert op.__doc__.splitlines()[0].endswith(".")
    assert op.symbol
    assert set(op.domains) == set(op.arguments)
    for argument in op.arguments:
        assert argument in op.rules or op.domains[argument].discrete, argument
        assert op.formulas.get(argument) or op.domains[argument].discrete, argument


@pytest.mark.parametrize("name", NAMES)
def test_samples_run(name):
    op = ag.OPS[name]
    for example in examples(op):
        values = op(*example.inputs, **example.settings)
        tensors = [ag.Tensor(x) if i in example.variables else x for i, x in enumerate(example.inputs)]
        recorded = op(*tensors, **example.settings)
        assert np.isfinite(values).all()
        assert recorded.op is op
        np.testing.assert_array_equal(recorded.data, values, strict=True)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "astype"])
def test_float32_stays_float32(name):
    op = ag.OPS[name]
    for example in examples(op):
        tensors = [
            ag.Tensor(x.astype(np.float32)) if i in example.variables else x
            for i, x in enumerate(example.inputs)
        ]
        y = op(*tensors, **example.settings)
        assert y.dtype == np.float32
        (y * y).sum().backward()
        for position in example.variables:
            assert tensors[position].grad.dtype == np.float32
            rule = (op.rules_by_position or op.variadic_rules(len(example.inputs)))[position]
            raw = rule(np.ones_like(y.data), y.data, *y.values, **y.settings)
            assert np.asarray(raw).dtype == np.float32


@pytest.mark.parametrize("name", [n for n in NAMES if not (ag.OPS[n].samples or ag.OPS[n].signature)])
def test_elementwise_ops_take_empty_arrays(name):
    op = ag.OPS[name]
    inputs = [ag.Tensor(np.zeros((0, 3))) if a in op.rules else np.zeros((0, 3), bool) for a in op.arguments]
    y = op(*inputs)
    assert y.shape == (0, 3)
    y.backward(np.zeros((0, 3)))
    assert all(x.grad.shape == (0, 3) for x in inputs if isinstance(x, ag.Tensor))
