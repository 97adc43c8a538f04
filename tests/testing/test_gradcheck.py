"""gradcheck: right functions pass wherever they are smooth, wrong ones fail, the rest has no verdict."""

import subprocess
import sys

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.operation import op
from autograd_lite.testing import GradientError, gradcheck
from autograd_lite.testing.numerical import derivative


@pytest.fixture
def biased():
    """A cube whose gradient is wrong by a thousandth, gone from OPS afterwards."""

    @op("x³", numpy=())
    def biased_cube(x):
        """Cube of x, elementwise."""
        return x**3

    biased_cube.gradient("x")(lambda g, y, x: g * (3.003 * x * x))
    yield biased_cube
    del ag.OPS["biased_cube"]


SMOOTH = {
    "1/x near 0": (lambda x: 1 / x, [1e-6, -3e-9, 2.0]),
    "sin 1000x": (lambda x: np.sin(1000 * x), [0.1, 5.0, -70.0]),
    "large": (lambda x: x**2, [1e12, -3e150]),
    "tiny": (lambda x: x**2, [1e-12, -3e-100]),
    "log of tiny": (np.log, [1e-200, 1e-8, 1.0]),
    "beside kinks": (np.abs, [1e-3, -1e-6, 4.0]),
    "offset": (lambda x: 1e9 + np.sin(x), [0.3, 1.0]),
    "flat": (np.sign, [0.5, -2.0]),
    "independent": (lambda x: ag.Tensor(1.0) * 2.0, [0.5]),
    "loss": (lambda x: ag.bce_with_logits(x, np.array([1.0, 0.0, 1.0])), [0.5, -3.0, 30.0]),
    "bce of sigmoid": (lambda z: ag.bce(ag.sigmoid(z), np.array([0.0, 1.0])), [40.0, -50.0]),
    "matrix": (lambda x: x @ np.ones((60, 2)), np.linspace(-1, 1, 180).reshape(3, 60)),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("order", [1, 2])
def test_right_gradients_pass(name, order):
    f, x = SMOOTH[name]
    report = gradcheck(f, x, order=order)
    assert report.verdict == "pass"
    assert report.checked > 0


def test_kink_has_no_verdict_and_too_many_are_an_error():
    report = gradcheck(np.abs, [0.0, 1.0, -2.0])
    assert (report.verdict, report.checked, report.undecided) == ("pass", 3, 1)
    with pytest.raises(GradientError, match=r"untestable here: 2 of 3 .*not differentiable"):
        gradcheck(np.abs, [0.0, 1.0, 0.0])


@pytest.mark.parametrize("x", [0.0, np.inf, np.nan])
def test_not_finite_is_untestable(x):
    with pytest.raises(GradientError, match="untestable"):
        gradcheck(np.log, [x])


def test_jump_is_untestable():
    with pytest.raises(GradientError, match="untestable"):
        gradcheck(np.sign, [0.0])


def test_wrong_gradient_names_input_entry_and_numbers(biased):
    with pytest.raises(GradientError) as caught:
        gradcheck(lambda a, b: np.sum(a * biased(b)), [1.0, 2.0], [[0.0, 1.5], [0.0, 0.0]])
    text = str(caught.value)
    assert "input 1 (b), entry [0, 1]" in text
    assert "expected" in text
    assert "+-" in text


@pytest.mark.long
def test_wrong_gradient_of_many_entries_is_found_and_an_entry_named(biased):
    x = np.zeros(100)
    x[37] = 2.0
    with pytest.raises(GradientError, match=r"entry \[37\]"):
        gradcheck(lambda x: biased(x).sum(), x)


def test_tiny_wrong_gradient_is_found(biased):
    """A guessed absolute tolerance would hide it."""
    with pytest.raises(GradientError, match="gradient is wrong"):
        gradcheck(lambda x: 1e-12 * biased(x), [0.1])


def test_integer_inputs_are_constants():
    report = gradcheck(lambda x, i: x[i], np.array([1.0, 2.0]), np.array([0, 0, 1]))
    assert (report.verdict, report.checked) == ("pass", 2)
    with pytest.raises(TypeError, match="no floating-point input"):
        gradcheck(lambda i: i * 1.0, np.array([1, 2]))


def test_what_is_not_a_tensor_is_an_error():
    with pytest.raises(TypeError, match="returned float, not a tensor"):
        gradcheck(lambda x: 1.0, [0.5])
    with pytest.raises(ValueError, match="order=3"):
        gradcheck(np.sin, [0.5], order=3)


def test_random_function_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(GradientError, match="not deterministic"):
        gradcheck(lambda x: x * rng.random(), [0.5])


def test_no_entries_is_not_called_a_pass():
    assert gradcheck(np.sin, np.zeros((0,))).verdict == "no entries"


@pytest.mark.parametrize(
    ("phi", "expected"),
    [
        (np.sin, 1.0),
        (np.expm1, 1.0),
        (lambda t: 3 * t, 3.0),
        (lambda t: np.sin(1e3 * t), 1e3),
        (lambda t: t * t, 0.0),
    ],
)
def test_numerical_error_bars_hold_the_truth(phi, expected):
    estimate = derivative(phi, 1e-16)
    assert abs(estimate.value - expected) <= estimate.error
    assert estimate.error < 1e-10 * max(expected, 1)


@pytest.mark.parametrize(
    "phi", [np.abs, lambda t: max(t, 0.0), np.sign, np.cbrt, lambda t: np.nan if t < 0 else t]
)
def test_no_estimate_where_there_is_no_derivative(phi):
    assert not derivative(phi, 1e-16).error < 1e-3


def test_package_and_checker_do_not_import_hypothesis():
    code = (
        "import sys, autograd_lite.testing as testing; assert 'hypothesis' not in sys.modules; "
        "testing.strategies; assert 'hypothesis' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
