"""Settings in checks of ops: dictionaries as samples, and settings that were tried at one value only."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.operation import case
from autograd_lite.testing import check_function, check_op


def powers(*, rule_power=None, **declaration):
    """An op x^power whose rule is right at `rule_power` only, or everywhere."""

    @ag.op("^", **declaration)
    def to_the_power(x, power=2):
        """x^power."""
        return x**power

    @to_the_power.gradient("x")
    def _(g, y, x, power):
        n = power if rule_power is None else rule_power
        return g * n * x ** (n - 1)

    return to_the_power


def shifts(right, **declaration):
    """An op of two inputs and two settings; the rule ignores `scale` unless it is right."""

    @ag.op("s", **declaration)
    def shifted(a, b, scale=1.0, flag=False):
        """scale a b + flag."""
        return scale * a * b + flag

    @shifted.gradient("a")
    def _(g, y, a, b, scale, flag):
        return g * b * (scale if right else 1.0)

    @shifted.gradient("b")
    def _(g, y, a, b, scale, flag):
        return g * a * scale

    return shifted


def test_a_rule_that_is_right_at_the_default_only_is_reported_as_such():
    report = check_op(powers(rule_power=2), budget="quick")
    assert report.tried_once == ("power=2",)
    assert "tried at one value only: power=2" in str(report)
    report = check_op(shifts(False), budget="quick")
    assert report.tried_once == ("scale=1.0", "flag=False")


@pytest.mark.parametrize(
    "samples", [({"power": 3},), ({"power": 3}, {"power": 4}), (case((2, 3)), {"power": 3})]
)
def test_dictionaries_of_settings_are_samples(samples):
    with pytest.raises(ag.testing.GradientError, match=r"gradient in x.*\n|is wrong"):
        check_op(powers(rule_power=2, samples=samples), budget="quick")
    assert check_op(powers(samples=samples), budget="quick").tried_once == ()


def test_one_setting_of_two_is_tried_at_one_value():
    samples = ({"scale": -2.5},)
    assert check_op(shifts(True, samples=samples), budget="quick").tried_once == ("flag=False",)
    with pytest.raises(ag.testing.GradientError, match="is wrong"):
        check_op(shifts(False, samples=samples), budget="quick")


def test_an_unknown_setting_in_samples_is_refused():
    with pytest.raises(ValueError, match="samples has 'powr'; the settings of to_the_power: power"):
        powers(samples=({"powr": 3},))


def test_params_with_one_value_are_reported():
    def forward(x, k=2.0):
        return k * x

    def backward(g, y, x, k):
        return (g * k,)

    once = check_function(forward, backward, params={"k": 2.0}, budget="quick")
    assert once.tried_once == ("k=2.0",)
    several = check_function(forward, backward, params=[{"k": 2.0}, {"k": 3.0}], budget="quick")
    assert several.tried_once == ()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0 * x).sum(),
        lambda x: np.maximum(x, -2.0).sum() + np.sqrt(x[x > 0]).sum(),
        lambda x: np.sqrt(ag.relu(x)[:2]).sum() + (x[2:] ** 2).sum(),
    ],
)
def test_gradcheck_accepts_zeros_that_a_mask_made(f):
    ag.testing.gradcheck(f, np.array([0.5, 1.5, -0.7, -3.0]))
