"""autograd_lite compiled: `ag.compile` records a program at its first call."""

import numpy as np

import autograd_lite as ag

ACTIVATIONS = {"tanh": np.tanh, "relu": ag.relu}


def train(problem):
    """Return a compiled training step, with `ag.optim.SGD`."""
    layers = [(ag.nn.Parameter(W), ag.nn.Parameter(b)) for W, b in problem.layers]
    optimizer = ag.optim.SGD([p for layer in layers for p in layer], lr=problem.lr)
    *hidden, (w, b) = layers
    X, y, activation = problem.X, problem.y, ACTIVATIONS[problem.activation]

    def loss(X, y):
        h = X
        for W, c in hidden:
            h = activation(ag.affine(h, W, c))
        return ag.bce_with_logits(ag.affine(h, w, b), y)

    compiled = ag.compile(loss, optimizer=optimizer)
    return lambda: [compiled(X, y)]


def differentiate(program, values):
    """Return a run of the compiled value and gradients of `program`."""
    fast = ag.compile(lambda *leaves: program(leaves, ag.relu), argnums=tuple(range(len(values))))

    def run():
        value, gradients = fast.value_and_grad(*values)
        return [float(value), *map(float, gradients)]

    return run


def hessian(problem):
    """Return a run of the compiled Hessian."""
    fast = ag.compile(lambda w, X, y: ag.bce_with_logits(X @ w, y))
    w, X, y = problem.layers[-1][0], problem.X, problem.y
    return lambda: fast.hessian(w, X, y).ravel()
