"""The losses of logistic and softmax regression in their logits, with derivatives from the graph.

A loss is built from ops and sums over examples; z is (n,) with labels t of 0 and 1 for two classes, or
(K, n) with t one-hot for K of them; s, (n,), weighs the examples. Classes come first because NumPy sums over
a first axis several times faster. What is called here are programs that were compiled from the graph.
"""

from __future__ import annotations

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
    """Two programs: (z, t, s) -> (loss, gradient in z); (z, t, s, v) -> these, and the Hessian times v."""

    def first(z: Any, t: Any, s: Any) -> Any:
        return value_and_grad(lambda z: loss(z, t, s))(z)

    def second(z: Any, t: Any, s: Any, v: Any) -> Any:
        along = hvp(lambda z: loss(z, t, s), [z], [v])
        return (*first(z, t, s), *along)

    return compile(first), compile(second)


PROGRAMS: dict[Loss, tuple[Any, Any]] = {loss: derivatives(loss) for loss in (binary, softmax)}
