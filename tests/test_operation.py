"""Operations: what one block declares is all there is to an op."""

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.domains import POSITIVE
from autograd_lite.operation import OPS, Case, case


@pytest.fixture
def registry():
    """Ops that a test defines are gone after it."""
    before = dict(OPS)
    yield OPS
    for name in set(OPS) - set(before):
        del OPS[name]


def test_an_op_is_defined_in_one_place_and_everything_follows(registry):
    @ag.op("½x²", domain=POSITIVE, samples=(case((2, 3), scale=2.0),))
    def half_square(x, scale=1.0):
        """Half the square of x, times scale."""
        return scale * 0.5 * x * x

    @half_square.gradient("x", "× scale·{x}")
    def _(g, y, x, scale):
        return g * (scale * x)

    x = ag.Tensor([1.0, 2.0], name="x")
    half_square(x, scale=3.0).sum().backward()
    assert x.grad.tolist() == [3.0, 6.0]
    assert half_square(np.array([2.0])).tolist() == [2.0]
    assert ag.hessian(lambda v: half_square(v).sum())(np.ones(2)).tolist() == [[1, 0], [0, 1]]
    assert registry["half_square"] is half_square
    assert half_square.symbol == "½x²"
    assert half_square.domains == {"x": POSITIVE}
    assert half_square.formulas == {"x": "× scale·{x}"}
    assert half_square.samples == (Case(((2, 3),), {"scale": 2.0}),)
    assert half_square.__doc__ == "Half the square of x, times scale."


def test_a_missing_rule_is_told_at_once_and_by_name():
    with pytest.raises(TypeError, match="where has no gradient in 'condition'"):
        np.where(ag.Tensor([1.0, 0.0]), 1.0, 2.0)
    with pytest.raises(TypeError, match="cross_entropy has no gradient in 'labels'"):
        ag.cross_entropy(np.zeros((1, 2)), ag.Tensor([[0.5, 0.5]]))


def test_a_rule_for_no_input_and_a_rule_with_wrong_parameters_are_refused(registry):
    @ag.op("id")
    def same(x, scale=1.0):
        """x."""
        return x * scale

    with pytest.raises(ValueError, match="same has no such input; its inputs are x"):
        same.gradient("y")
    with pytest.raises(TypeError, match=r"takes \(g, y, x\) and must take \(g, y, x, scale\)"):
        same.gradient("x")(lambda g, y, x: g)


def test_names_belong_to_the_module_that_defined_them_and_a_cell_may_run_again(registry):
    def define():
        @ag.op("twice")
        def twice(x):
            """2 x."""
            return 2.0 * x

        return twice

    assert define() is not define()
    with pytest.raises(ValueError, match=r"defines tanh, which autograd_lite\.ops\.elementwise has"):

        @ag.op("mine")
        def tanh(x):
            """Mine."""
            return x

    with pytest.raises(ValueError, match="has no name"):
        ag.op("x")(lambda x: x)


def test_results_that_are_no_real_numbers_and_constants(registry):
    x = ag.Tensor([1.5, 2.5])
    assert not x.astype(int).requires_grad
    with pytest.raises(TypeError, match="multiply: its forward returned an array of dtype complex128"):
        x * np.array([1j, 2j])
    with pytest.raises(TypeError, match=r"mse: cannot compute with ndarray .* of dtype complex128"):
        ag.mse(x, np.array([1j, 2]))

    @ag.op("none")
    def forgets(x):
        """Nothing."""

    with pytest.raises(TypeError, match="forgets: its forward returned NoneType"):
        forgets(x)

    @ag.op("rows")
    def rows(x):
        """Sums of rows."""
        return x.sum(axis=1)

    rows.gradient("x")(lambda g, y, x: g)
    with pytest.raises(ValueError, match=r"returned shape \(3,\) for an input of shape \(3, 3\)"):
        rows(ag.Tensor(np.ones((3, 3)))).sum().backward()

    with pytest.raises(TypeError, match=r"\*ys stands beside other arrays"):

        @ag.op("mixed")
        def mixed(x, *ys):
            """Sum."""
            return x


def test_numbers_among_arrays_and_lists_as_settings():
    t = ag.Tensor([1.0, 2.0])
    for product in (np.dot(t, 2.0), np.inner(2, t), np.outer(t, 2.0), np.einsum("i,->i", t, 2.0)):
        product.sum().backward()
        assert t.grad.tolist() == [2.0, 2.0]
    ag.mse(t, np.zeros(2), sample_weight=[1, 3], reduction="sum").backward()
    assert t.grad.tolist() == [2.0, 12.0]
    np.take(t, (0, 0)).sum().backward()
    assert t.grad.tolist() == [2.0, 0.0]
    places = np.array([0, 1])
    total = t[places].sum()
    places[:] = 0
    total.backward()
    assert t.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.sum(a=t), lambda t: np.sum(t, 0, None, None, True), lambda t: np.max(t, 1, None, True),
        lambda t: np.var(t, 0, None, None, 1), lambda t: np.clip(a=t, a_min=0, a_max=2, out=None),
        lambda t: np.tile(A=t, reps=2), lambda t: np.pad(array=t, pad_width=1),
        lambda t: np.where(t > 2, t, 0.0),
        lambda t: np.reshape(t, (3, 2), order="C"), lambda t: np.transpose(a=t, axes=(1, 0)),
        lambda t: np.take(t, [0, 2], 1), lambda t: np.concatenate((t, t), 1), lambda t: np.flip(m=t, axis=1),
    ],
)  # fmt: skip
def test_numpy_s_own_names_and_positions(call):
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
    assert np.array_equal(call(ag.Tensor(x)).data, call(x))


def test_a_bound_of_clip_is_given_once():
    t, low = ag.Tensor([-1.0, 2.0]), np.array([0.0, 0.5])
    assert np.clip(t, low, max=1.0).data.tolist() == [0.0, 1.0]
    for settings in ({"min": 2.0}, {"min": low}):
        with pytest.raises(ValueError, match="clip: a bound is given twice"):
            np.clip(t, low, 1.0, **settings)


def test_an_op_that_cannot_be_installed_is_not_in_the_registry(registry):
    with pytest.raises(ValueError, match="Tensor has sum already"):

        @ag.op("total", method="sum")
        def total(x):
            """Sum."""
            return x.sum()

    assert "total" not in ag.OPS


def test_a_rule_of_the_wrong_shape_is_an_error(registry):
    @ag.op("bad")
    def bad(x):
        """x."""
        return x * 1.0

    bad.gradient("x")(lambda g, y, x: np.ones(7))
    with pytest.raises(
        ValueError, match=r"bad: a gradient rule returned shape \(7,\) for an input of shape \(3,\)"
    ):
        bad(ag.Tensor(np.ones(3))).sum().backward()
    bad.gradient("x")(lambda g, y, x: None)
    with pytest.raises(ValueError, match="returned None"):
        bad(ag.Tensor(np.ones(3))).sum().backward()


def test_operators_mix_with_arrays_lists_and_numbers_on_both_sides():
    x = ag.Tensor([1.0, 2.0])
    for y in (
        np.ones(2) + x,
        [1.0, 1.0] + x,  # noqa: RUF005 - not lists
        x + [1, 1],  # noqa: RUF005 - not lists
        1 + x,
        np.float64(1) + x,
        x + np.array([True, True]),
    ):
        assert isinstance(y, ag.Tensor)
        assert y.data.tolist() == [2.0, 3.0]
    A = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert (A @ x).data.tolist() == [5.0, 11.0]
    assert (x @ A).data.tolist() == [7.0, 10.0]
    assert (2.0**x).data.tolist() == [2.0, 4.0]
    assert (1.0 / x).data.tolist() == [1.0, 0.5]
    assert (x.T @ A.T).data.tolist() == [5.0, 11.0]


def test_ops_pickle_by_name_and_lists_become_arrays_of_the_graph():
    assert pickle.loads(pickle.dumps(ag.sigmoid)) is ag.sigmoid
    assert copy.deepcopy({"activation": ag.relu})["activation"] is ag.relu
    assert type((ag.Tensor([1.0, 2.0]) + [1, 2]).inputs[1]) is np.ndarray  # noqa: RUF005


def test_arrays_in_arrays_out():
    assert type(ag.sigmoid(np.zeros(2))) is np.ndarray
    assert type(ag.mse(np.zeros(2), np.ones(2))) is np.float64
    assert ag.bce_with_logits(0.0, 1) == pytest.approx(np.log(2))


def test_every_op_is_complete():
    without = {(op.name, a) for op in OPS.values() for a in op.arguments if a not in op.rules}
    assert without == {("where", "condition"), ("cross_entropy", "labels"), ("hinge", "target")}
    for op in OPS.values():
        assert op.symbol
        assert op.__doc__.strip().endswith(".")
        assert set(op.domains) == set(op.arguments)
        assert set(op.formulas) == set(op.rules)
