"""Every differentiable operation, a block each; importing this fills OPS and installs the operators."""

from autograd_lite.ops import (
    activations,
    arithmetic,
    cross_entropies,
    elementwise,
    indexing,
    linear,
    losses,
    plain,
    reductions,
    shapes,
)

__all__ = [
    "activations",
    "arithmetic",
    "cross_entropies",
    "elementwise",
    "indexing",
    "linear",
    "losses",
    "plain",
    "reductions",
    "shapes",
]
