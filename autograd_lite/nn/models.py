"""Models of two classes: one neuron, and a small network that ends in one logit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite.modes import no_grad
from autograd_lite.nn.init import Initializer
from autograd_lite.nn.layers import LeakyReLU, Linear, ReLU, Sequential, Sigmoid, Tanh, refused
from autograd_lite.nn.module import Module
from autograd_lite.ops.activations import sigmoid
from autograd_lite.ops.linear import affine
from autograd_lite.randomness import generator
from autograd_lite.tensor import Parameter


class BinaryModel(Module):
    """What models of the classes 0 and 1 have in common; `threshold` cuts what calling them returns."""

    threshold = 0.0

    def logits(self, x: Any) -> Any:
        """The log odds of class 1 for each example of x (n, n_features), a Tensor of shape (n,)."""
        return self(x)

    def predict_proba(self, x: Any) -> Any:
        """The probability of class 1 for each example of x (n, n_features), a plain array of shape (n,)."""
        with no_grad():
            return sigmoid(self.logits(x)).data

    def predict(self, x: Any) -> Any:
        """The class of each example of x, integers 0 and 1, (n,): 1 where its probability is >= 1/2."""
        return (self.predict_proba(x) >= 0.5).astype(int)


class LogisticUnit(BinaryModel):
    """One neuron, sigmoid(x @ w + b): calling it returns the probability of class 1.

    x is (n, n_features), the output (n,), as labels are; w, (n_features,), and b, a number, start at
    0. Train it with `bce`, which reads the logit behind the probability and is right at any size.
    An `n_features` below 1 is a ValueError.
    """

    threshold = 0.5

    def __init__(self, n_features: int) -> None:
        if isinstance(n_features, bool) or not isinstance(n_features, int | np.integer) or n_features < 1:
            raise ValueError(
                f"LogisticUnit: n_features is {n_features!r}; give a whole number, 1 or more, such as "
                "X.shape[1]"
            )
        self.n_in = int(n_features)
        self.w = Parameter(np.zeros(n_features))
        self.b = Parameter(0.0)

    def forward(self, x: Any) -> Any:
        """The probability of class 1 for each example of x, a Tensor of shape (n,)."""
        return sigmoid(self.logits(x))

    def logits(self, x: Any) -> Any:
        """The log odds x @ w + b of class 1 for each example, a Tensor of shape (n,)."""
        try:
            return affine(x, self.w, self.b)
        except ValueError as error:
            raise refused(self, x, self.w, error) from error

    def kind(self) -> str:
        """Such as `LogisticUnit(30)`."""
        return f"LogisticUnit({self.n_in})"


# An activation, and the initialiser that suits it.
ACTIVATIONS: dict[str, tuple[type[Module], str]] = {
    "tanh": (Tanh, "xavier"),
    "sigmoid": (Sigmoid, "xavier"),
    "relu": (ReLU, "he"),
    "leaky_relu": (LeakyReLU, "he"),
}


class BinaryNetwork(BinaryModel, Sequential):
    """Linear layers with an activation between them: calling it returns one logit per example, (n,).

    `sizes` are the numbers of features, of hidden units, and 1: [30, 8, 1]. `activation` is "tanh",
    "sigmoid", "relu" or "leaky_relu"; `init` is by default what suits it: "xavier", or "he" for the
    rectifiers. The last W is (h,) and its b a number, so that no axis of length 1 needs to be dropped.
    Train it with `bce_with_logits`. `rng` is a seed, a generator, or None for the default one. Other sizes
    or names are a ValueError.

    >>> BinaryNetwork([2, 4, 1], rng=0)(np.zeros((3, 2))).shape
    (3,)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "tanh",
        init: str | Initializer | None = None,
        rng: Any = None,
    ) -> None:
        sizes = list(sizes)
        if len(sizes) < 2 or sizes[-1] != 1:
            raise ValueError(
                f"BinaryNetwork: sizes is {sizes}; it starts with the number of features and ends in 1, "
                "the one logit: [30, 8, 1]"
            )
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"BinaryNetwork: activation is {activation!r}; it is one of "
                f"{', '.join(map(repr, ACTIVATIONS))}"
            )
        between, suited = ACTIVATIONS[activation]
        init, rng = suited if init is None else init, generator(rng)
        layers: list[Module] = []
        for n_in, n_out in pairwise(sizes[:-1]):
            layers += [Linear(n_in, n_out, init=init, rng=rng), between()]
        super().__init__(*layers, Linear(sizes[-2], None, init=init, rng=rng))
