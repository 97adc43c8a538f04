"""autograd_lite: a computational-graph autodiff framework on NumPy, small enough to read in an evening."""

import importlib
from typing import Any

from autograd_lite import datasets, nn, optim
from autograd_lite.autodiff import grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd_lite.compiler import compile
from autograd_lite.drawing import Drawing, draw, film
from autograd_lite.guesses import MODULE
from autograd_lite.history import EarlyStopping, History
from autograd_lite.modes import no_grad
from autograd_lite.operation import OPS, Op, op
from autograd_lite.ops.activations import leaky_relu, log_softmax, relu, sigmoid, softmax, softplus
from autograd_lite.ops.cross_entropies import bce, bce_with_logits, cross_entropy
from autograd_lite.ops.linear import affine
from autograd_lite.ops.losses import hinge, huber, mae, mse
from autograd_lite.ops.reductions import logsumexp
from autograd_lite.randomness import seed
from autograd_lite.tensor import Tensor
from autograd_lite.training import fit

__version__ = "0.1.0"

__all__ = [
    "OPS", "Drawing", "EarlyStopping", "History", "Op", "Tensor", "affine", "bce", "bce_with_logits",
    "compile", "cross_entropy", "datasets", "draw", "film", "fit", "grad", "gradients", "hessian", "hinge",
    "huber", "hvp", "jacobian", "jvp", "leaky_relu", "log_softmax", "logsumexp", "mae", "mse", "nn",
    "no_grad", "op", "optim", "relu", "seed", "sigmoid", "softmax", "softplus", "testing", "value_and_grad",
    "vjp",
]  # fmt: skip


# Loaded when they are first used: testing takes a fifth of the import's time, the others need extras.
_LATER = ("testing", "linear_model", "estimators", "plots", "numpy", "typing")

del globals()["tensor"]  # the module: it would hide the message for whoever writes ag.tensor(...)


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return importlib.import_module(f"autograd_lite.{name}")
    if name in OPS:
        return OPS[name]
    remedy = f"; here it is {MODULE[name]}" if name in MODULE else ""
    raise AttributeError(f"module 'autograd_lite' has no attribute {name!r}{remedy}")
