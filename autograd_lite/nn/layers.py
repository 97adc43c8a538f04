"""Layers: linear maps, activations, dropout, and their sequence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.nn.init import Initializer, initial
from autograd_lite.nn.module import Module
from autograd_lite.ops import activations, elementwise
from autograd_lite.ops.linear import affine, matmul
from autograd_lite.randomness import generator, uniform
from autograd_lite.tensor import Parameter


class Linear(Module):
    """x @ W + b: x is (..., n_in), W (n_in, n_out), b (n_out,), the output (..., n_out).

    With `n_out=None` there is one output and no axis for it: W is (n_in,), b a number, the output
    (...). `bias=False` leaves b out. `init` is "plain", "xavier", "he" or a function (rng, n_in, n_out) ->
    array of shape (n_in, n_out); b starts at 0. `rng` is a seed, a generator, or None for the default one.
    Raises a ValueError for a size below 1 and for another `init`, or one whose result does not fit.
    """

    def __init__(
        self,
        n_in: int,
        n_out: int | None,
        bias: bool = True,
        init: str | Initializer = "xavier",
        rng: Any = None,
    ) -> None:
        weights = initial("Linear", init, rng, n_in, 1 if n_out is None else n_out)
        self.n_in, self.n_out = n_in, n_out
        self.W = Parameter(weights[:, 0] if n_out is None else weights)
        self.b = Parameter(np.zeros(() if n_out is None else n_out, weights.dtype)) if bias else None

    def forward(self, x: Any) -> Any:
        """The output for a batch `x`; a wrong number of features is a ValueError naming the layer."""
        try:
            return matmul(x, self.W) if self.b is None else affine(x, self.W, self.b)
        except ValueError as error:
            raise refused(self, x, self.W, error) from error

    def kind(self) -> str:
        """Such as `Linear(2 → 4)`."""
        bias = "" if self.b is not None else ", bias=False"
        return f"Linear({self.n_in} → {self.n_out or 1}{bias})"


def refused(layer: Any, x: Any, w: Parameter, error: ValueError) -> ValueError:
    """The error of a layer for x: which layer has which weights, and how many features x lacks."""
    shape, wanted = errors.shape_of(x), layer.n_in
    if shape[-1:] == (wanted,):
        return error
    name, own = errors.name_of(x, "x"), w.name or "its weight"
    given = shape[-1] if shape else "none"
    return ValueError(
        f"{own.rpartition('.')[0] or type(layer).__name__}: {name} has shape {shape} and {own} has shape "
        f"{w.shape}: {layer.kind()} takes {wanted} features and {name} has {given}; pass examples in "
        f"rows, of shape (n, {wanted}), or make the layer with as many inputs as there are features"
    )


class Sigmoid(Module):
    """1 / (1 + e^-z), elementwise."""

    forward = activations.sigmoid


class Tanh(Module):
    """Hyperbolic tangent, elementwise."""

    forward = elementwise.tanh


class ReLU(Module):
    """max(z, 0), elementwise."""

    forward = activations.relu


class LeakyReLU(Module):
    """z where z > 0 and `slope` z elsewhere; as the op `leaky_relu`."""

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, z: Any) -> Any:
        """The output, of the shape of z."""
        return activations.leaky_relu(z, self.slope)


class Softmax(Module):
    """Probabilities that add up to 1 along `axis`; for training prefer logits and `cross_entropy`."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z: Any) -> Any:
        """The output, of the shape of z."""
        return activations.softmax(z, self.axis)


class Dropout(Module):
    """In training, each entry is 0 with probability p, else divided by 1 - p; in prediction, x itself.

    Srivastava et al. (2014), scaled in training so that the mean stays. `rng` is a seed, a generator,
    or None for the default one. A `p` outside [0, 1) is a ValueError.
    """

    def __init__(self, p: float = 0.5, rng: Any = None) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"Dropout: p is {p!r}; give a probability of dropping, 0 <= p < 1")
        self.p = float(p)
        self.rng = None if rng is None else generator(rng)

    def forward(self, x: Any) -> Any:
        """The output, of the shape and dtype of x."""
        if not self.training or self.p == 0:
            return x
        kept = uniform(self.rng, errors.shape_of(x)) >= self.p
        dtype = getattr(x, "dtype", np.dtype(float))
        return x * (kept / (1.0 - self.p)).astype(dtype if dtype.kind == "f" else float)


class Sequential(Module):
    """`layers` one after the other; `model[0]`, `model[:-1]`, `len(model)` and loops see them in order.

    Layers with parameters are the attributes `layer1`, `layer2`, ..., so that their parameters are
    `layer1.W`; the others are named after their kind: `tanh1`, `dropout1`. What is no Module is a TypeError.

    >>> Sequential(Linear(2, 4), Tanh(), Linear(4, 1))
    Sequential(
      layer1: Linear(2 → 4)
      tanh1: Tanh()
      layer2: Linear(4 → 1)
    )
    """

    def __init__(self, *layers: Module) -> None:
        counts: dict[str, int] = {}
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                told = f"the class {layer.__name__}" if isinstance(layer, type) else repr(layer)
                raise TypeError(
                    f"Sequential: layers[{i}] is {told}; give modules one by one: "
                    "Sequential(Linear(2, 4), Tanh(), Linear(4, 1))"
                )
            kind = "layer" if layer.parameters() else type(layer).__name__.lower()
            counts[kind] = counts.get(kind, 0) + 1
            setattr(self, f"{kind}{counts[kind]}", layer)

    @property
    def n_in(self) -> int | None:
        """The number of features that the first layer with parameters takes, where it says so."""
        return next((n for layer in self if (n := getattr(layer, "n_in", None)) is not None), None)

    def forward(self, x: Any) -> Any:
        """The output of the last layer, where `x` goes into the first."""
        for layer in self:
            x = layer(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return iter([layer for layer in vars(self).values() if isinstance(layer, Module)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, index: int | slice) -> Module:
        layers = list(iter(self))
        return Sequential(*layers[index]) if isinstance(index, slice) else layers[index]
