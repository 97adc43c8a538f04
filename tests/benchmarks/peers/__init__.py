"""The table of peers, the libraries that are compared. Each has an adapter with some of these functions.

Each of them returns a function without arguments, called a run. `train(problem)` returns a function that
runs forward, backward and one SGD update, and returns `[loss]`. `differentiate(program, values)` returns a
function that returns `[output, *gradients]` of `program(leaves, relu)` at these Python floats.
`hessian(problem)` returns a function that returns the Hessian of the mean logistic loss of `problem.X @ w`
as one flat array. `join_and_sum(arrays)` and `cube(x)` return functions that call NumPy's functions, or an
operation that a user defined, 100 times.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Peer:
    """A library: the title of its column, its adapter, the package it imports, its distribution."""

    title: str
    adapter: str
    package: str
    distribution: str

    def function(self, name: str) -> Any:
        """Return the adapter's function of that name, or None if the adapter does not have it."""
        return getattr(import_module(f"peers.{self.adapter}"), name, None)


@dataclass(frozen=True)
class Table:
    """A table of ratios: the time of `base` divided by the time of each of `others`."""

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
# In each case the last peer that takes part is the reference with which the others must agree.
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
