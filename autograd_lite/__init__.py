"""autograd_lite: a computational-graph autodiff framework on NumPy, small enough to read in an evening."""

from autograd_lite.autodiff import grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd_lite.modes import no_grad
from autograd_lite.operation import OPS, Op, op
from autograd_lite.ops.activations import leaky_relu, log_softmax, relu, sigmoid, softmax, softplus
from autograd_lite.ops.cross_entropies import bce, bce_with_logits, cross_entropy
from autograd_lite.ops.linear import affine
from autograd_lite.ops.losses import hinge, huber, mae, mse
from autograd_lite.ops.reductions import logsumexp
from autograd_lite.tensor import Tensor

__version__ = "0.1.0"

__all__ = [
    "OPS", "Op", "Tensor", "affine", "bce", "bce_with_logits", "cross_entropy", "grad", "gradients",
    "hessian", "hinge", "huber", "hvp", "jacobian", "jvp", "leaky_relu", "log_softmax", "logsumexp",
    "mae", "mse", "no_grad", "op", "relu", "sigmoid", "softmax", "softplus", "value_and_grad", "vjp",
]  # fmt: skip
