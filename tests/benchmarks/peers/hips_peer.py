"""HIPS autograd."""

import autograd
import autograd.numpy as np


def _relu(z):
    return np.maximum(0.0, z)


ACTIVATIONS = {"tanh": np.tanh, "relu": _relu}


def train(problem):
    """Return a training step. The library's SGD runs a whole loop, so the update is written here."""
    activation = ACTIVATIONS[problem.activation]
    layers = problem.layers

    def loss(layers):
        *hidden, (w, b) = layers
        h = problem.X
        for W, c in hidden:
            h = activation(np.dot(h, W) + c)
        z = np.dot(h, w) + b
        return np.mean(np.logaddexp(0.0, z) - problem.y * z)

    value_and_grad = autograd.value_and_grad(loss)

    def step():
        nonlocal layers
        value, gradients = value_and_grad(layers)
        layers = [
            (W - problem.lr * dW, b - problem.lr * db)
            for (W, b), (dW, db) in zip(layers, gradients, strict=True)
        ]
        return [float(value)]

    return step


def differentiate(program, values):
    """Return a function that builds and differentiates `program` on Python floats."""

    def run():
        value, gradients = autograd.value_and_grad(lambda leaves: program(leaves, _relu))(values)
        return [float(value), *map(float, gradients)]

    return run
