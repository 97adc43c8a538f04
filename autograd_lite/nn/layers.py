"""Layers: linear maps, activations, dropout, and sequences of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, overload

import numpy as np

from autograd_lite import errors
from autograd_lite.nn.init import Initializer, initial_weights
from autograd_lite.nn.module import Module
from autograd_lite.ops import activations, elementwise
from autograd_lite.ops.linear import affine, matmul
from autograd_lite.randomness import generator, uniform
from autograd_lite.tensor import Parameter, Tensor


class Linear(Module):
    """x @ W + b: x is (..., n_in), W (n_in, n_out), b (n_out,), the output (..., n_out).

    With `n_out=None` there is one output, without an axis: W is (n_in,), b a number, the output (...).
    `bias=False` leaves out b. `init` is "plain", "xavier", "he" or a function (rng, n_in, n_out) -> array
    of shape (n_in, n_out). b starts at 0. `rng` is a seed, a generator, or None for the default generator.
    Raises ValueError if a size is below 1 or if `init` is unknown or returns another shape.
    """

    def __init__(
        self,
        n_in: int,
        n_out: int | None,
        bias: bool = True,
        init: str | Initializer = "xavier",
        rng: int | np.random.Generator | None = None,
    ) -> None:
        weights = initial_weights("Linear", init, rng, n_in, 1 if n_out is None else n_out)
        self.n_in = n_in
        self.n_out = n_out
        self.W = Parameter(weights[:, 0] if n_out is None else weights)
        self.b = Parameter(np.zeros(() if n_out is None else n_out, weights.dtype)) if bias else None

    def forward(self, x: Any) -> Tensor:
        """Return x @ W + b. Raises ValueError, with the layer's name, if x has not n_in features."""
        return linear_map(self, x, self.W, self.b)

    def kind(self) -> str:
        """Return a short description, such as `Linear(2 → 4)`."""
        bias = "" if self.b is not None else ", bias=False"
        return f"Linear({self.n_in} → {self.n_out or 1}{bias})"


def linear_map(layer: Any, x: Any, w: Parameter, b: Parameter | None) -> Tensor:
    """Return x @ w + b. If x has not `layer.n_in` features, the error names the layer."""
    try:
        output: Tensor = matmul(x, w) if b is None else affine(x, w, b)
    except ValueError as error:
        shape = errors.shape_of(x)
        if shape[-1:] == (layer.n_in,):
            raise
        name = errors.name_of(x, "x")
        w_name = w.name or "its weight"
        raise ValueError(
            f"{w_name.rpartition('.')[0] or type(layer).__name__}: {name} has shape {shape} and {w_name} has "
            f"shape {w.shape}: {layer.kind()} takes {layer.n_in} features and {name} "
            f"{f'has {shape[-1]}' if shape else 'is one number'}; pass examples in rows, of shape "
            f"(n, {layer.n_in}), or make the layer with as many inputs as there are features"
        ) from error
    return output


class Activation(Module):
    """A layer that applies a function to each entry.

    `class Swish(Activation, name="swish")` makes a layer available in `BinaryNetwork` as "swish". `init` is
    the initialiser for the weights of the layer before the activation.
    """

    by_name: ClassVar[dict[str, type[Activation]]] = {}
    init: ClassVar[str] = "xavier"

    def __init_subclass__(cls, name: str = "") -> None:
        if name:
            Activation.by_name[name] = cls


class Tanh(Activation, name="tanh"):
    """Hyperbolic tangent, elementwise."""

    forward = elementwise.tanh


class Sigmoid(Activation, name="sigmoid"):
    """1 / (1 + e^-z), elementwise."""

    forward = activations.sigmoid


class ReLU(Activation, name="relu"):
    """max(z, 0), elementwise."""

    init = "he"
    forward = activations.relu


class LeakyReLU(Activation, name="leaky_relu"):
    """z where z > 0 and `slope` z elsewhere; the op `leaky_relu`."""

    init = "he"

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, z: Any) -> Any:
        """Return the output, in the shape of z."""
        return activations.leaky_relu(z, self.slope)


class Softmax(Module):
    """Probabilities that add up to 1 along `axis`; for training prefer logits and `cross_entropy`."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z: Any) -> Any:
        """Return the output, in the shape of z."""
        return activations.softmax(z, self.axis)


class Dropout(Module):
    """In training, each entry is 0 with probability p, else divided by 1 - p; in prediction, unchanged.

    Srivastava et al. (2014), scaled in training to keep the mean. `rng` is a seed, a generator, or None for
    the default generator. Raises ValueError if `p` is outside [0, 1).
    """

    def __init__(self, p: float = 0.5, rng: int | np.random.Generator | None = None) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"Dropout: p is {p!r}; give a probability of dropping, 0 <= p < 1")
        self.p = float(p)
        self.rng = None if rng is None else generator(rng)

    def forward(self, x: Any) -> Any:
        """Return the output, in the shape and dtype of x; x itself in prediction."""
        if not self.training or self.p == 0:
            return x
        mask = uniform(self.rng, errors.shape_of(x)) >= self.p
        dtype = getattr(x, "dtype", np.dtype(float))
        return x * (mask / (1.0 - self.p)).astype(dtype if dtype.kind == "f" else float)


class Sequential(Module):
    """`layers` one after the other. `model[0]`, `model[:-1]`, `len(model)` and loops work as with a list.

    Layers with parameters become the attributes `layer1`, `layer2`, ..., so that their parameters are
    called `layer1.W`. Other layers are named after their class: `tanh1`, `dropout1`. Raises TypeError if
    a layer is not a Module.

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
                given = f"the class {layer.__name__}" if isinstance(layer, type) else repr(layer)
                raise TypeError(
                    f"Sequential: layers[{i}] is {given}; give modules one by one: "
                    "Sequential(Linear(2, 4), Tanh(), Linear(4, 1))"
                )
            kind = "layer" if layer.parameters() else type(layer).__name__.lower()
            counts[kind] = counts.get(kind, 0) + 1
            setattr(self, f"{kind}{counts[kind]}", layer)

    @property
    def n_in(self) -> int | None:
        """The number of features that the first layer with parameters takes; None if it is unknown."""
        return next((n for layer in self if (n := getattr(layer, "n_in", None)) is not None), None)

    def forward(self, x: Any) -> Any:
        """Return the output of the last layer, for the input `x` of the first."""
        for layer in self:
            x = layer(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return iter([layer for layer in vars(self).values() if isinstance(layer, Module)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        layers = list(iter(self))
        return Sequential(*layers[index]) if isinstance(index, slice) else layers[index]
