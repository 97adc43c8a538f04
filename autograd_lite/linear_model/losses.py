"""The losses of logistic and softmax regression, and their derivatives as compiled programs.

A loss is a function (z, t, s) of ops that sums over examples. For two classes, the logits z and the labels t
(0 or 1) are (n,). For K classes, z is (K, n) and t is one-hot; classes come first because NumPy sums over a
first axis several times faster. The weights of the examples s are (n,).
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.autodiff import hvp, value_and_grad
from autograd_lite.compiler import compile
from autograd_lite.ops.activations import log_softmax
from autograd_lite.ops.cross_entropies import bce_with_logits

Loss = Callable[[Any, Any, Any], Any]


def binary(z: Any, t: Any, s: Any) -> Any:
    """sum_i s_i [log(1 + e^z_i) - t_i z_i], the negative log-likelihood of two classes."""
    return bce_with_logits(z, t, reduction="none") @ s


def softmax(z: Any, t: Any, s: Any) -> Any:
    """-sum_i s_i sum_k t_ki log p_ki with p = softmax(z), the negative log-likelihood of K classes."""
    return -(log_softmax(z, axis=0) * t).sum(axis=0) @ s


def derivatives(loss: Loss) -> tuple[Any, Any]:
    """Two compiled programs: (z, t, s) -> (loss, gradient in z), and (z, t, s, v) -> these and the product of
    the Hessian in z with v.
    """

    def value_and_gradient(z: Any, t: Any, s: Any) -> Any:
        return value_and_grad(lambda z: loss(z, t, s))(z)

    def hessian_product(z: Any, t: Any, s: Any, v: Any) -> Any:
        product = hvp(lambda z: loss(z, t, s), [z], [v])
        return (*value_and_gradient(z, t, s), *product)

    return compile(value_and_gradient), compile(hessian_product)


PROGRAMS: dict[Loss, tuple[Any, Any]] = {loss: derivatives(loss) for loss in (binary, softmax)}
