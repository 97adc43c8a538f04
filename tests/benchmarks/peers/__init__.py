"""The table of competitors. Each has a small adapter module with one or both of two functions.

`train(problem)` returns a `step()` that runs forward, backward and one SGD update, and returns
`[loss]`. `differentiate(program, values)` returns a `run()` that builds `program(leaves, relu)`
from Python floats, runs backward, and returns `[output, *gradients]`.
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


OURS = Peer("autograd_lite", "ours", "autograd_lite", "autograd_lite")
PEERS = (
    OURS,
    Peer("PyTorch", "torch_peer", "torch", "torch"),
    Peer("JAX jit", "jax_peer", "jax", "jax"),
    Peer("HIPS autograd", "hips_peer", "autograd", "autograd"),
    Peer("MyGrad", "mygrad_peer", "mygrad", "mygrad"),
    Peer("MyGrad, guard off", "mygrad_unguarded_peer", "mygrad", "mygrad"),
    Peer("micrograd", "micrograd_peer", "micrograd.engine", "micrograd"),
    Peer("NumPy by hand", "numpy_peer", "numpy", "numpy"),
)
