"""The loss over two weights and its curvature, computed by automatic differentiation on a whole grid."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import one_of, whole_number
from autograd_lite.autodiff import hvp
from autograd_lite.modes import no_grad
from autograd_lite.ops.activations import sigmoid
from autograd_lite.ops.cross_entropies import bce_with_logits
from autograd_lite.ops.losses import mse
from autograd_lite.plots import checks
from autograd_lite.tensor import Tensor

Loss = Callable[[Any, Any], Any]

LOSSES: dict[str, Loss] = {
    "cross-entropy": bce_with_logits,
    "squared error": lambda z, y: mse(sigmoid(z), y),
}

_BLOCK = 20_000  # logits computed at once, so that their arrays stay in the processor's cache
_EPS = float(np.finfo(float).eps)
_TINY = 1e-250  # smaller curvatures are subnormal after a product and lose their digits


class Surface(NamedTuple):
    """A loss on the grid of two weights: entry [i, j] of each array belongs to w1[j], w2[i].

    `value` is the mean loss, (n, n). `hessian` has its second derivatives, (n, n, 2, 2). `smallest` is the
    smaller of the two eigenvalues, (n, n): exactly `np.linalg.eigvalsh(hessian)[..., 0]`.
    """

    w1: np.ndarray
    w2: np.ndarray
    value: np.ndarray
    hessian: np.ndarray
    smallest: np.ndarray


def loss_named(function: str, loss: str | Loss) -> Loss:
    """Return the function (logits, y) -> mean loss with this name; a function is returned as it is."""
    if callable(loss):
        return loss
    alternative = "a function of a tensor of logits and of y that returns the mean loss"
    return LOSSES[one_of(function, "loss", loss, LOSSES, alternative)]


def surface(
    X: Any,
    y: Any,
    loss: str | Loss = "cross-entropy",
    *,
    w1: tuple[float, float] = (-10.0, 10.0),
    w2: tuple[float, float] = (-10.0, 10.0),
    n: int = 121,
) -> Surface:
    """Return the mean loss of the logits z = X @ (w1, w2) and its Hessian, on a grid of n times n weights.

    X is (m, 2) and y (m,), 0 or 1. For an intercept, one of the columns of X must be ones. `w1` and `w2`
    are the limits of the weights. `loss` is "cross-entropy", "squared error" (of the sigmoid), or
    a function of a tensor of logits and of labels in the same shape that returns the mean over examples, such
    as `ag.bce_with_logits`. An eigenvalue that is zero except for rounding, as with proportional columns,
    is not negative.

    Raises ValueError if the data have another shape, or if the loss is not such a mean or not finite.
    """
    X = checks.features("surface", X, 2)
    y = checks.binary_labels("surface", y, len(X))
    loss = loss_named("surface", loss)
    whole_number("surface", "n", n, least=2, unit="values of each weight")
    for name, limits in (("w1", w1), ("w2", w2)):
        if np.shape(limits) != (2,) or not -np.inf < limits[0] < limits[1] < np.inf:
            raise ValueError(
                f"surface: {name} is {limits!r}; give its limits, the lower first, such as (-10, 10)"
            )
    sides = [np.linspace(float(low), float(high), n) for low, high in (w1, w2)]
    W = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    rows = max(2, _BLOCK // len(X))
    _check_mean(loss, W[:rows] @ X.T, y)
    values = []
    hessians = []
    for i in range(0, len(W), rows):
        Z = W[i : i + rows] @ X.T
        values.append(_values(loss, Z, y))
        hessians.append(_hessian(X, _second_derivatives(loss, Z, y)))
    hessian = np.concatenate(hessians).reshape(n, n, 2, 2)
    smallest = np.linalg.eigvalsh(hessian)[..., 0]
    return Surface(sides[0], sides[1], np.concatenate(values).reshape(n, n), hessian, smallest)


def _values(loss: Loss, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean loss of each row of logits."""
    with no_grad():
        values = [loss(Tensor(z, requires_grad=False), y) for z in Z]
    if np.size(values[0]) != 1:
        raise ValueError(
            f"surface: loss returned shape {np.shape(values[0])} for {len(y)} logits; it must return their "
            "mean, one number"
        )
    array = np.array([float(v) for v in values])
    if problem := errors.non_finite(array):
        raise ValueError(
            f"surface: the loss is not finite: {problem} of the grid; narrow w1 and w2, or compute it from "
            "logits as ag.bce_with_logits does"
        )
    return array


def _second_derivatives(loss: Loss, Z: np.ndarray, y: np.ndarray, v: Any = 1.0) -> np.ndarray:
    """Return the second derivative of each example's loss in its logit, times v.

    The mean loss is a sum over examples, so its Hessian in the logits is diagonal. Its product with a vector
    of ones is the diagonal.
    """
    targets = np.broadcast_to(y, Z.shape)
    product: np.ndarray = hvp(lambda z: loss(z, targets), Z, v * np.ones_like(Z)) * float(Z.size)
    return product


def _hessian(X: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Return X^T diag(d) X / m for each row d of `curvature`; semidefinite if no entry of d is negative.

    With one example or proportional columns, one eigenvalue is zero, and rounding would choose its sign:
    cross-entropy, which is convex, would not look so. So the off-diagonal entry is reduced by the bound of
    its rounding error. Then such an eigenvalue is not negative, and all others keep their sign.
    """
    m = len(X)
    d = np.where(np.abs(curvature) < _TINY, 0.0, curvature)
    H: np.ndarray = (d @ np.einsum("mi,mj->mij", X, X).reshape(m, 4) / m).reshape(-1, 2, 2)
    # The relative error of each sum is at most m + 2 units: twice that, and a few units for eigvalsh.
    H[:, [0, 1], [1, 0]] *= 1.0 - (2 * m + 8) * _EPS
    return H


def _check_mean(loss: Loss, Z: np.ndarray, y: np.ndarray) -> None:
    """Raise ValueError if the loss is not the mean of a function of each logit."""
    targets = np.broadcast_to(y, Z.shape)
    mean_of_rows = _values(loss, Z, y).mean()
    signs = np.random.default_rng(0).choice([-1.0, 1.0], Z.shape)
    diagonal = _second_derivatives(loss, Z, y)
    product = _second_derivatives(loss, Z, y, signs)
    is_diagonal = np.abs(diagonal - signs * product).max() <= 1e-9 * np.abs(diagonal).max()
    with no_grad():
        mean_of_all = float(loss(Tensor(Z, requires_grad=False), targets))
    if not (is_diagonal and np.isclose(mean_of_all, mean_of_rows, rtol=1e-9)):
        raise ValueError(
            "surface: loss is not the mean over examples of a function of each logit and its label, so its "
            "Hessian would be wrong here; return a mean, as ag.bce_with_logits does, not a sum"
        )
