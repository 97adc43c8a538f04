"""The loss over two weights and the curvature of it, computed by autodiff on a whole grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
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

_BLOCK = 20_000  # logits at once: their arrays stay in a processor's cache
_EPS = float(np.finfo(float).eps)
_TINY = 1e-250  # a curvature below has lost its digits, or loses them when it is multiplied


class Surface(NamedTuple):
    """A loss on the grid of two weights: entry [i, j] of each array is at w1[j], w2[i].

    `value` is the mean loss, `hessian` its second derivatives, (n, n, 2, 2), and `smallest` the smaller
    of the two eigenvalues: exactly `np.linalg.eigvalsh(hessian)[..., 0]`.
    """

    w1: Any
    w2: Any
    value: Any
    hessian: Any
    smallest: Any


def loss_named(told: str, loss: str | Loss) -> Loss:
    """The function (logits, y) -> mean loss that a name stands for; a function is itself."""
    if callable(loss):
        return loss
    if loss not in LOSSES:
        raise ValueError(
            f"{told}: loss is {loss!r}; it is {' or '.join(map(repr, LOSSES))}, or a function of a tensor "
            "of logits and of y that returns the mean loss"
        )
    return LOSSES[loss]


def surface(
    X: Any, y: Any, loss: str | Loss = "cross-entropy", *,
    w1: tuple[float, float] = (-10.0, 10.0), w2: tuple[float, float] = (-10.0, 10.0), n: int = 121,
) -> Surface:  # fmt: skip
    """The mean loss of the logits z = X @ (w1, w2), and its Hessian, at n times n pairs of weights.

    X is (m, 2) and y (m,), 0 or 1; there is no intercept but what a column of ones makes. `loss` is
    "cross-entropy", "squared error" (of the sigmoid), or a function such as `ag.bce_with_logits`: from a
    tensor of logits and labels of the same shape to their mean loss, a sum over examples of a function of
    each. Then all second derivatives d in the logits are one Hessian-vector product, with ones, of
    the graph, and the Hessian in the weights is X^T diag(d) X / m.

    Where one eigenvalue is hardly 1e-13 of the other, as of one example or of proportional columns,
    rounding would choose its sign, and cross-entropy, which is convex, would not seem so. So the
    off-diagonal entry is made smaller by the bound of the rounding errors of its sum (2 m + 8 units in the
    last place): such an eigenvalue is then not negative, and all others keep their sign.

    Raises a ValueError for data of other shapes, and for a loss that is no such mean, or not finite.
    """
    X = checks.features("surface", X, 2)
    y = checks.binary("surface", y, len(X))
    loss = loss_named("surface", loss)
    sides = [_side(name, limits, n) for name, limits in (("w1", w1), ("w2", w2))]
    W = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    rows = max(2, _BLOCK // len(X))
    _check_mean(loss, W[:rows] @ X.T, y)
    values, hessians = [], []
    for i in range(0, len(W), rows):
        Z = W[i : i + rows] @ X.T
        values.append(_values(loss, Z, y))
        hessians.append(_hessian(X, _second(loss, Z, y)))
    hessian = np.concatenate(hessians).reshape(n, n, 2, 2)
    smallest = np.linalg.eigvalsh(hessian)[..., 0]
    return Surface(sides[0], sides[1], np.concatenate(values).reshape(n, n), hessian, smallest)


def _side(name: str, limits: Any, n: int) -> Any:
    """The n values of a weight."""
    if np.shape(limits) != (2,) or not -np.inf < limits[0] < limits[1] < np.inf:
        raise ValueError(
            f"surface: {name} is {limits!r}; give its limits, the lower first, such as (-10, 10)"
        )
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
        raise ValueError(f"surface: n is {n!r}; give the number of values of each weight, 2 or more")
    return np.linspace(float(limits[0]), float(limits[1]), n)


def _values(loss: Loss, Z: Any, y: Any) -> Any:
    """The mean loss of each row of logits."""
    with no_grad():
        values = [loss(Tensor(z, requires_grad=False), y) for z in Z]
    if np.size(values[0]) != 1:
        raise ValueError(
            f"surface: loss returned shape {np.shape(values[0])} for {len(y)} logits; it must return their "
            "mean, one number"
        )
    array = np.array([float(v) for v in values])
    if what := errors.non_finite(array):
        raise ValueError(
            f"surface: the loss is not finite: {what} of the grid; narrow w1 and w2, or compute it from "
            "logits as ag.bce_with_logits does"
        )
    return array


def _second(loss: Loss, Z: Any, y: Any, v: Any = None) -> Any:
    """The second derivative of each example's loss in its logit, times v, by default 1."""
    targets = np.broadcast_to(y, Z.shape)
    return hvp(lambda z: loss(z, targets), Z, np.ones_like(Z) if v is None else v) * float(Z.size)


def _hessian(X: Any, curvature: Any) -> Any:
    """X^T diag(d) X / m for each row d of `curvature`; where no d is negative, it is semi-definite."""
    m = len(X)
    d = np.where(np.abs(curvature) < _TINY, 0.0, curvature)
    H = (d @ np.einsum("mi,mj->mij", X, X).reshape(m, 4) / m).reshape(-1, 2, 2)
    # Each sum has a relative error of at most m + 2 units: twice that, and a few for eigvalsh.
    H[:, [0, 1], [1, 0]] *= 1.0 - (2 * m + 8) * _EPS
    return H


def _check_mean(loss: Loss, Z: Any, y: Any) -> None:
    """Refuse a loss that is not the mean of a function of each logit."""
    alone_mean, targets = _values(loss, Z, y).mean(), np.broadcast_to(y, Z.shape)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], Z.shape)
    alone, along = _second(loss, Z, y), _second(loss, Z, y, signs)
    apart = np.abs(alone - signs * along).max() <= 1e-9 * np.abs(alone).max()
    with no_grad():
        together = float(loss(Tensor(Z, requires_grad=False), targets))
    if not (apart and np.isclose(together, alone_mean, rtol=1e-9)):
        raise ValueError(
            "surface: loss is not the mean over examples of a function of each logit and its label, so its "
            "Hessian would be wrong here; return a mean, as ag.bce_with_logits does, not a sum"
        )
