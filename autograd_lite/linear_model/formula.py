"""The formula that a fit minimises, in words and numbers."""

from __future__ import annotations

from math import isinf
from typing import Any

_LOSSES = {
    "binary": "log(1 + exp(z_i)) - y_i z_i",
    "softmax": "log(sum_k exp(z_ik)) - z_i,y_i",
}


class Text(str):
    """A text that shows itself as it is, without quotes."""

    __slots__ = ()

    __repr__ = str.__str__


def formula(model: Any, loss: str) -> Text:
    """What `model` minimises: the mean loss, the penalties with their numbers, and what the letters mean."""
    many = loss == "softmax"
    weights = "W" if many else "w"
    intercept = " + b" if model.fit_intercept else ""
    given = model.class_weight is not None
    lines = [f"minimise over {weights}{' and b' if model.fit_intercept else ''}"]
    lines.append(f"  J = 1/S sum_i s_i [{_LOSSES[loss]}]{_penalty(model, weights)}")
    lines.append(f"z_i = x_i {weights}{intercept}")
    lines.append(
        "s_i = sample weight, by default 1"
        + (f", times class weight {model.class_weight!r}" if given else "")
    )
    lines.append("S = sum_i s_i")
    if isinf(model.C):
        lines.append(
            "no penalty: the optimum is the maximum-likelihood estimate" + " of the weighted data" * given
        )
    else:
        lines.append(
            f"C = {model.C:g}, l1_ratio = {model.l1_ratio:g}: scikit-learn's J is C S times this one"
        )
    if model.fit_intercept:
        lines.append("b is not penalised")
    if given and model.prior_correction:
        lines.append("after the fit the class weights are taken out of b (prior_correction)")
    return Text("\n".join(lines))


def _penalty(model: Any, weights: str) -> str:
    if isinf(model.C):
        return ""
    parts = [
        (1 - model.l1_ratio, f"/(2 C S) sum {weights}^2"),
        (model.l1_ratio, f"/(C S) sum |{weights}|"),
    ]
    return "".join(f" + {share:g}{told}" for share, told in parts if share)
