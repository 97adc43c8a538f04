"""The table of competitors. Each has a small adapter module with one or more of five functions.

`train(problem)` returns a `step()` that runs forward, backward and one SGD update, and returns
`[loss]`. `differentiate(program, values)` returns a `run()` that gives `[output, *gradients]` of
`program(leaves, relu)` at these Python floats. `hessian(problem)` returns a `run()` that gives the
entries of the Hessian of the mean logistic loss of `problem.X @ w`, row by row in one array.
`join_and_sum(arrays)` returns a `run()` that joins the arrays along axis 1 and sums over axis 0, 100 times,
and gives the sums. `cube(x)` returns a `run()` of x^3, a user's own operation, 100 times, and its gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Peer:
    """A competitor: its column title, its adapter, the package it imports, its distribution."""

    title: str
    adapter: str
    package: str
    distribution: str

    def function(self, name: str) -> Any:
        """Returns the adapter's function of that name, or None where the peer has no such case."""
        return getattr(import_module(f"peers.{self.adapter}"), name, None)


@dataclass(frozen=True)
class Table:
    """A table of ratios: the time of `base` over that of each of `others`."""

    title: str
    base: Peer
    others: tuple[Peer, ...]


OURS = Peer("autograd_lite", "ours", "autograd_lite", "autograd_lite")
OURS_COMPILED = Peer("autograd_lite compiled", "ours_compiled", "autograd_lite", "autograd_lite")
TORCH = Peer("PyTorch", "torch_peer", "torch", "torch")
TORCH_COMPILED = Peer("torch.compile", "torch_compiled_peer", "torch", "torch")
TORCH_COMPILED_LOSS = Peer("torch.compile, loss only", "torch_compiled_loss_peer", "torch", "torch")
JAX = Peer("JAX jit", "jax_peer", "jax", "jax")
HIPS = Peer("HIPS autograd", "hips_peer", "autograd", "autograd")
MYGRAD = Peer("MyGrad", "mygrad_peer", "mygrad", "mygrad")
MYGRAD_UNGUARDED = Peer("MyGrad, guard off", "mygrad_unguarded_peer", "mygrad", "mygrad")
MICROGRAD = Peer("micrograd", "micrograd_peer", "micrograd.engine", "micrograd")
NUMPY = Peer("NumPy by hand", "numpy_peer", "numpy", "numpy")

EAGER = Table("Ours / theirs", OURS, (TORCH, JAX, HIPS, MYGRAD, MYGRAD_UNGUARDED, MICROGRAD, NUMPY))
COMPILED = Table(
    "Compiled: ours / theirs",
    OURS_COMPILED,
    (TORCH, TORCH_COMPILED, TORCH_COMPILED_LOSS, JAX, NUMPY, MICROGRAD, OURS),
)
# The last one that takes part in a case is what the others must agree with.
PEERS = (
    OURS,
    OURS_COMPILED,
    TORCH,
    TORCH_COMPILED,
    TORCH_COMPILED_LOSS,
    JAX,
    HIPS,
    MYGRAD,
    MYGRAD_UNGUARDED,
    MICROGRAD,
    NUMPY,
)
