"""The formula that a fit minimises, as text."""

from math import isinf
from typing import Any

from autograd_lite.linear_model.losses import Loss, softmax


class Text(str):
    """A string that an interactive session shows without quotes."""

    __slots__ = ()

    __repr__ = str.__str__


def formula(model: Any, loss: Loss) -> Text:
    """The objective of `model` with this loss: the formula with its numbers, then the meaning of letters."""
    weights = "W" if loss is softmax else "w"
    loss_term = "log(sum_k exp(z_ik)) - z_i,y_i" if loss is softmax else "log(1 + exp(z_i)) - y_i z_i"
    unpenalised = isinf(model.C)
    weighted = model.class_weight is not None
    penalties = [
        (1 - model.l1_ratio, f"/(2 C S) sum {weights}^2"),
        (model.l1_ratio, f"/(C S) sum |{weights}|"),
    ]
    penalty = "" if unpenalised else "".join(f" + {share:g}{term}" for share, term in penalties if share)
    lines = [
        f"minimise over {weights}{' and b' if model.fit_intercept else ''}",
        f"  J = 1/S sum_i s_i [{loss_term}]{penalty}",
        f"z_i = x_i {weights}{' + b' if model.fit_intercept else ''}",
        "s_i = sample weight, by default 1",
        "S = sum_i s_i",
    ]
    if weighted:
        lines[3] += f", times class weight {model.class_weight!r}"
    if unpenalised:
        data = " of the weighted data" if weighted else ""
        lines.append(f"no penalty: the optimum is the maximum-likelihood estimate{data}")
    else:
        lines.append(
            f"C = {model.C:g}, l1_ratio = {model.l1_ratio:g}: scikit-learn's J is C S times this one"
        )
    if model.fit_intercept:
        lines.append("b is not penalised")
    if weighted and model.prior_correction:
        lines.append("after the fit, prior_correction removes the effect of the class weights from b")
    return Text("\n".join(lines))
