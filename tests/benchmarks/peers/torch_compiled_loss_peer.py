"""PyTorch with `torch.compile` for the loss only; `backward()` and the optimiser are not compiled."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from peers.torch_compiled_peer import ACTIVATIONS, compiled
from peers.torch_peer import leaf


def train(problem):
    """Return a training step, with a compiled loss and `torch.optim.SGD`."""
    layers = [(leaf(W), leaf(b)) for W, b in problem.layers]
    parameters = [p for layer in layers for p in layer]
    optimizer = torch.optim.SGD(parameters, lr=problem.lr, foreach=False)
    *hidden, (w, b) = layers
    X, y = torch.tensor(problem.X), torch.tensor(problem.y)
    activation = ACTIVATIONS[problem.activation]

    def loss_of(X, y):
        for W, c in hidden:
            X = activation(X @ W + c)
        return binary_cross_entropy_with_logits(X @ w + b, y)

    loss_of = compiled(loss_of)

    def step():
        loss = loss_of(X, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return [loss.item()]

    return step
