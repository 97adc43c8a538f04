"""HIPS autograd."""

import autograd
import autograd.numpy as np
from autograd.extend import defvjp, primitive


def _relu(z):
    return np.maximum(0.0, z)


ACTIVATIONS = {"tanh": np.tanh, "relu": _relu}


@primitive
def _cube(x):
    return x * x * x


defvjp(_cube, lambda y, x: lambda g: g * (3.0 * x * x))


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


def join_and_sum(arrays):
    """Return a run of autograd.numpy's functions while a function is differentiated."""

    def run():
        def calls(arrays):
            for _ in range(100):
                sums = np.sum(np.concatenate(arrays, axis=1), axis=0)
            return sums

        return autograd.make_vjp(calls)(arrays)[1]

    return run


def cube(x):
    """Return a run of an operation that is defined by `primitive` and `defvjp`."""

    def run():
        for _ in range(100):
            pull_back, _y = autograd.make_vjp(_cube)(x)
            gradient = pull_back(np.ones_like(x))
        return gradient

    return run
