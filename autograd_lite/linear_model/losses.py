"""The losses of logistic and softmax regression, their derivatives as programs, and the formula as text.

A loss is a function (z, t, s) of ops that sums over examples. For two classes, the logits z and the labels t
(0 or 1) are (n,). For K classes, z is (K, n) and t is one-hot; classes come first because NumPy sums over a
first axis several times faster. The weights of the examples s are (n,).
"""

from collections.abc import Callable
from math import isinf
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


class Text(str):
    """A string that an interactive session shows without quotes."""

    __slots__ = ()

    __repr__ = str.__str__


def formula(model: Any, loss: Loss) -> Text:
    """The objective of `model` with this loss: the formula with its numbers, then the meaning of letters."""
    weights = "W" if loss is softmax else "w"
    loss_term = "log(sum_k exp(z_ik)) - z_i,y_i" if loss is softmax else "log(1 + exp(z_i)) - y_i z_i"
    weighted = model.class_weight is not None
    l2 = 1 - model.l1_ratio
    penalties = [(l2, f"/(2 C S) sum {weights}^2"), (model.l1_ratio, f"/(C S) sum |{weights}|")]
    penalty = "".join(f" + {share:g}{term}" for share, term in penalties if share)
    note = f"C = {model.C:g}, l1_ratio = {model.l1_ratio:g}: scikit-learn's J is C S times this one"
    if isinf(model.C):
        penalty = ""
        data = " of the weighted data" if weighted else ""
        note = f"no penalty: the optimum is the maximum-likelihood estimate{data}"
    class_weight = f", times class weight {model.class_weight!r}" if weighted else ""
    lines = [
        f"minimise over {weights}{' and b' if model.fit_intercept else ''}",
        f"  J = 1/S sum_i s_i [{loss_term}]{penalty}",
        f"z_i = x_i {weights}{' + b' if model.fit_intercept else ''}",
        f"s_i = sample weight, by default 1{class_weight}",
        "S = sum_i s_i",
        note,
    ]
    if model.fit_intercept:
        lines.append("b is not penalised")
    if weighted and model.prior_correction:
        lines.append("after the fit, prior_correction removes the effect of the class weights from b")
    return Text("\n".join(lines))
