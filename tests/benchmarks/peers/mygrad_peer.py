"""MyGrad with its defaults: it locks the memory of its arrays against writing."""

import mygrad
from mygrad.nnet.activations import relu

ACTIVATIONS = {"tanh": mygrad.tanh, "relu": relu}


def train(problem):
    """Return a training step. MyGrad has no optimiser, so the update is written here."""
    layers = [(mygrad.tensor(W), mygrad.tensor(b)) for W, b in problem.layers]
    *hidden, (w, b) = layers
    parameters = [p for layer in layers for p in layer]
    X, y, lr, activation = problem.X, problem.y, problem.lr, ACTIVATIONS[problem.activation]

    def step():
        h = X
        for W, c in hidden:
            h = activation(mygrad.matmul(h, W) + c)
        z = mygrad.matmul(h, w) + b
        loss = mygrad.mean(mygrad.logaddexp(0.0, z) - y * z)
        loss.backward()
        for p in parameters:
            p.data -= lr * p.grad
        return [loss.item()]

    return step


def differentiate(program, values):
    """Return a function that builds and differentiates `program` on 0-d tensors."""

    def run():
        leaves = [mygrad.tensor(v) for v in values]
        out = program(leaves, relu)
        out.backward()
        return [out.item(), *(t.grad.item() for t in leaves)]

    return run


def join_and_sum(arrays):
    """Return a run of mygrad's functions."""
    tensors = [mygrad.tensor(a) for a in arrays]

    def run():
        for _ in range(100):
            sums = mygrad.concatenate(tensors, axis=1).sum(axis=0)
        return sums.data

    return run
