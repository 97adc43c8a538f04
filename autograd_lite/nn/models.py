"""Models of two classes: one neuron, and a small network that ends in one logit."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import is_whole_number, one_of, whole_number
from autograd_lite.modes import no_grad
from autograd_lite.nn.init import Initializer
from autograd_lite.nn.layers import Activation, Linear, Sequential, linear_map
from autograd_lite.nn.module import Module
from autograd_lite.ops.activations import sigmoid
from autograd_lite.protocol import AbstractArray
from autograd_lite.randomness import generator
from autograd_lite.tensor import Parameter, Tensor


class BinaryModel(Module):
    """Base class of models of the classes 0 and 1; an output above `threshold` means class 1.

    `predict` and `predict_proba` raise ValueError if an entry of x is not finite, or a logit is nan.
    """

    threshold = 0.0

    def logits(self, x: Any) -> Tensor:
        """Return the log odds of class 1 for each example of x (n, n_features), a Tensor of shape (n,)."""
        return self(x)

    def predict_proba(self, x: Any) -> np.ndarray:
        """Return the probability of class 1 for each example of x (n, n_features), an array of shape (n,)."""
        probability: np.ndarray = sigmoid(self.checked_logits(x))
        return probability

    def predict(self, x: Any) -> np.ndarray:
        """Return the class of each example of x, integers (n,): 1 where its logit is above 0."""
        label: np.ndarray = (self.checked_logits(x) > 0).astype(int)
        return label

    def checked_logits(self, x: Any) -> Any:
        """Return the logits of x as an array; raises ValueError if x is not finite, or a logit is nan."""
        values = x.data if isinstance(x, Tensor) else x
        traced = isinstance(values, AbstractArray)  # while the model is being compiled
        if problem := "" if traced else errors.non_finite(values):
            name = errors.name_of(x, "x")
            raise ValueError(f"predict: {name} is not finite: {problem}; remove or replace such examples")
        with no_grad():
            z = self.logits(x).data
        if not traced and np.isnan(z).any():
            raise ValueError("predict: logits are nan; look for nan and inf in the parameters of the model")
        return z


class LogisticUnit(BinaryModel):
    """One neuron, sigmoid(x @ w + b): calling it returns the probability of class 1.

    x is (n, n_features) and the output (n,), the shape of labels. w, (n_features,), and b, a number, start
    at 0. Train it with `bce`, which uses the logit behind the probability and is accurate at any size.
    Raises ValueError if `n_features` is below 1.
    """

    threshold = 0.5

    def __init__(self, n_features: int) -> None:
        self.n_in = whole_number("LogisticUnit", "n_features", n_features, example="X.shape[1]")
        self.w = Parameter(np.zeros(n_features))
        self.b = Parameter(0.0)

    def forward(self, x: Any) -> Any:
        """Return the probability of class 1 for each example of x, a Tensor of shape (n,)."""
        return sigmoid(self.logits(x))

    def logits(self, x: Any) -> Tensor:
        """Return the log odds x @ w + b of class 1 for each example, a Tensor of shape (n,)."""
        return linear_map(self, x, self.w, self.b)

    def kind(self) -> str:
        """Return a short description, such as `LogisticUnit(30)`."""
        return f"LogisticUnit({self.n_in})"


class BinaryNetwork(BinaryModel, Sequential):
    """Linear layers with an activation between them: calling it returns one logit per example, (n,).

    `sizes` are the numbers of features, of hidden units, and 1: [30, 8, 1]. `activation` is the name of an
    activation: "tanh", "sigmoid", "relu" or "leaky_relu". `init` is by default the initialiser that suits
    it: "he" for the rectifiers, "xavier" for the others. The last W is (h,) and its b a number, so the
    output has no axis of length 1. Train it with `bce_with_logits`. `rng` is a seed, a generator, or None
    for the default generator. Raises ValueError for other sizes and unknown names.

    >>> BinaryNetwork([2, 4, 1], rng=0)(np.zeros((3, 2))).shape
    (3,)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "tanh",
        init: str | Initializer | None = None,
        rng: int | np.random.Generator | None = None,
    ) -> None:
        if is_whole_number(sizes):
            given = [n for n in (sizes, activation, init, rng) if is_whole_number(n)]
            raise TypeError(
                f"BinaryNetwork: sizes is {sizes}; give all sizes as a list: BinaryNetwork({given})"
            )
        sizes = list(sizes)
        if len(sizes) < 2 or sizes[-1] != 1:
            raise ValueError(
                f"BinaryNetwork: sizes is {sizes}; it starts with the number of features and ends in 1, "
                "the one logit: [30, 8, 1]"
            )
        kind = Activation.by_name[one_of("BinaryNetwork", "activation", activation, Activation.by_name)]
        init = kind.init if init is None else init
        rng = generator(rng)
        layers: list[Module] = []
        for n_in, n_out in pairwise(sizes[:-1]):
            layers += [Linear(n_in, n_out, init=init, rng=rng), kind()]
        super().__init__(*layers, Linear(sizes[-2], None, init=init, rng=rng))
