"""A graph belongs to the values that its forward used: what changed since is named, never used in silence."""

import copy

import numpy as np
import pandas as pd
import pytest

import autograd_lite as ag
from autograd_lite.checks.fingerprint import compared, copied
from autograd_lite.nn import Parameter


def test_a_loss_that_is_built_once_is_refused_after_the_first_step():
    w = Parameter(np.zeros(2), name="w")
    loss = ag.bce(ag.sigmoid(np.eye(2) @ w), np.array([0.0, 1.0]))
    optimizer = ag.optim.SGD([w], lr=0.1)
    loss.backward()
    loss.backward()  # twice at the same point is right
    optimizer.step()
    with pytest.raises(RuntimeError, match=r"w got new data after matmul used it.* inside the loop"):
        loss.backward()
    with pytest.raises(RuntimeError, match="w got new data"):
        ag.gradients(loss, [w])


def _set(w):
    w.data = w.data + 1.0


def _subtract(w):
    w.data -= 1.0


def _one_entry(w):
    w.data[-1] = 7.0


def _by_view(w):
    w.data.reshape(-1)[:] = 0.0


def _under_no_grad(w):
    with ag.no_grad():
        w *= 0.5


@pytest.mark.parametrize("change", [_set, _subtract, _one_entry, _by_view, _under_no_grad])
@pytest.mark.parametrize("shape", [(2,), (3, 40), (80, 90)])
def test_a_parameter_that_changes_after_the_forward(change, shape):
    w = Parameter(np.ones(shape), name="w")
    before = (w * w).sum()
    change(w)
    with pytest.raises(RuntimeError, match=r"w got new data|w was written into"):
        before.backward()
    after = (w * w).sum()
    after.backward()
    np.testing.assert_array_equal(w.grad, 2 * w.data)
    held = w.data
    held += 1.0  # an array that the user has had all along
    with pytest.raises(RuntimeError, match="w "):
        after.backward()


def test_reading_a_value_changes_nothing():
    w = Parameter(np.ones(3), name="w")
    loss = (w * w).sum()
    assert w.data.tolist() == [1.0, 1.0, 1.0]
    loss.backward()
    assert w.grad.tolist() == [2.0, 2.0, 2.0]
    assert w.data is w.data


ARRAYS = {
    "a factor": lambda v, c: (v * c).sum(),
    "from the left": lambda v, c: (c * v).sum(),
    "a product": lambda v, c: v @ c,
    "a view": lambda v, c: (v * c[::-1]).sum(),
    "a target": ag.mse,
    "a divisor": lambda v, c: (v / c).sum(),
    "a condition": lambda v, c: np.where(c > 2.5, v, 0.0).sum() + (v * c).sum(),
    "a fused target": lambda v, c: ag.bce(ag.sigmoid(v), c / 10.0) + (v * c).sum(),
}


@pytest.mark.parametrize("f", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("n", [2, 5000])
def test_an_array_that_is_written_into_after_the_forward(f, n):
    v, c = ag.Tensor(np.ones(n)), np.linspace(2.0, 3.0, n)
    loss = f(v, c)
    loss.backward()
    c[:] = 0.5
    with pytest.raises(RuntimeError, match=r"was written into after .* compute the result again"):
        loss.backward()
    with pytest.raises(RuntimeError, match="was written into"):
        ag.gradients(loss, [v], create_graph=True)


def test_the_error_names_the_array():
    v, batch = ag.Tensor([1.0, 1.0]), np.array([2.0, 3.0])
    loss = (v * batch).sum()
    batch[0] = 7.0
    with pytest.raises(RuntimeError, match="batch was written into after multiply used it"):
        loss.backward()


SETTINGS = {
    "index": (lambda v, i: v[i], [0, 0, 2], 1),
    "index array": (lambda v, i: v[i], np.array([0, 0, 2]), 1),
    "mask": (lambda v, m: v[m], np.array([True, False, True]), False),
    "tuple of indices": (lambda v, i: (v[None] * 1.0)[(np.zeros(3, int), i)], np.array([0, 0, 2]), 1),
    "take": (np.take, np.array([0, 2, 2]), 1),
    "repeat": (np.repeat, np.array([1, 0, 2]), 1),
    "clip": (lambda v, high: np.clip(v, 0.0, high), np.array([0.5, 5.0, 5.0]), -1.0),
    "sample_weight": (
        lambda v, w: ag.mse(v, np.zeros(3), sample_weight=w),
        np.array([1.0, 2.0, 0.0]),
        9.0,
    ),
}


@pytest.mark.parametrize(("f", "setting", "new"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_that_is_written_into_after_the_forward(f, setting, new):
    def gradient(change):
        v, own = ag.Tensor([1.0, 2.0, 3.0]), copy.deepcopy(setting)
        loss = f(v, own).sum()
        if change:
            own[0] = new
        loss.backward()
        return v.grad

    np.testing.assert_array_equal(gradient(True), gradient(False))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (np.array([3, -4]), [6.0, -8.0]),
        ([3, -4], [6.0, -8.0]),
        (np.array([True, False]), [2.0, 0.0]),
        (np.array([3, 4], np.float32), [6.0, 8.0]),
        (np.array([3, 4], np.uint8), [6.0, 8.0]),
    ],
)
def test_new_data_are_converted(new, expected):
    w = Parameter([1.0, 2.0])
    w.data = new
    (w * w).sum().backward()
    assert w.dtype == w.grad.dtype == np.float64
    assert w.grad.tolist() == expected
    assert w.data is not new


@pytest.mark.parametrize(
    ("new", "error", "match"),
    [
        (np.zeros(3), ValueError, r"w.data: the new value has shape \(3,\) and the tensor has shape \(2,\)"),
        (1.0, ValueError, r"shape \(\)"),
        (ag.Tensor([1.0, 2.0]), TypeError, "pass its value, `w.data = new.data`"),
        ([1j, 2.0], TypeError, "complex"),
        (["1", "2"], TypeError, "dtype"),
        (np.ma.array([1.0, 2.0], mask=[True, False]), ValueError, "masked entries"),
    ],
)
def test_new_data_that_do_not_fit(new, error, match):
    w = Parameter([1.0, 2.0], name="w")
    with pytest.raises(error, match=match):
        w.data = new
    assert w.data.tolist() == [1.0, 2.0]


def test_the_value_of_a_result_is_not_to_be_set():
    p = ag.sigmoid(ag.Tensor([0.0, 1.0]))
    with pytest.raises(TypeError, match="it is the result of sigmoid"):
        p.data = [0.5, 0.5]
    with pytest.raises(ValueError, match="read-only"):
        p.data[:] = 0.5


@pytest.mark.parametrize("shape", [(4096,), (4097,), (569, 30), (3, 2000, 4), (1, 5000), (70_000,)])
@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_a_fingerprint_notices_other_values(shape, order):
    x = np.random.default_rng(0).standard_normal((*shape, 2))[..., 0]
    x = x if order == "strided" else np.array(x, order=order)
    before = fingerprint(x)
    assert len(before) <= 8 * 4096
    assert fingerprint(x) == before
    x += 1.0
    assert fingerprint(x) != before


def test_a_small_array_is_compared_entry_by_entry():
    x = np.zeros(4096)
    before = fingerprint(x)
    x[1234] = 1.0
    assert fingerprint(x) != before


def fingerprint(x):
    return compared(x).tobytes()


def test_settings_are_copied_at_every_depth():
    inner, array = [1, 2], np.arange(2)
    own = copied((inner, [array], slice(None), None))
    inner[0] = array[0] = 9
    assert own[0] == [1, 2]
    assert own[1][0].tolist() == [0, 1]


def test_a_result_is_not_copied_without_its_graph():
    x = ag.Tensor([1.0, 2.0], name="x")
    u = x * 2.0
    u.name = "u"
    with pytest.raises(TypeError, match="copy: u is the result of multiply"):
        copy.deepcopy({"of a model": [u]})
    with pytest.raises(TypeError, match="copy: u is the result of multiply"):
        copy.copy(u)
    for duplicate in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="the argument of a derivative, and a copy would lose"):
            ag.grad(lambda x, duplicate=duplicate: duplicate(x) * x)(1.0)
    assert copy.deepcopy(x).data.tolist() == [1.0, 2.0]
    assert copy.deepcopy(u.detach()).data.tolist() == [2.0, 4.0]


def test_arrays_in_files_and_tables(tmp_path):
    w = Parameter([1.0, 1.0], name="w")
    mapped = np.memmap(tmp_path / "data", dtype=float, mode="w+", shape=2)
    series = pd.Series([2.0, 3.0])
    for loss, data in (((w * mapped).sum(), mapped), (ag.mse(w, series), series.to_numpy())):
        data.flags.writeable = True
        data[0] = 7.0
        with pytest.raises(RuntimeError, match="was written into after"):
            loss.backward()
