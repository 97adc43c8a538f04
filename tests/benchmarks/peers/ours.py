"""autograd_lite, eager."""

import numpy as np

import autograd_lite as ag

ACTIVATIONS = {"tanh": np.tanh, "relu": ag.relu}


@ag.op("x³")
def cube_of(x):
    """x^3, elementwise."""
    return x * x * x


@cube_of.gradient("x")
def _(g, y, x):
    return g * (3.0 * x * x)


def train(problem):
    """Return a training step, with `ag.optim.SGD`."""
    layers = [(ag.nn.Parameter(W), ag.nn.Parameter(b)) for W, b in problem.layers]
    optimizer = ag.optim.SGD([p for layer in layers for p in layer], lr=problem.lr)
    *hidden, (w, b) = layers
    X, y, activation = problem.X, problem.y, ACTIVATIONS[problem.activation]

    def step():
        h = X
        for W, c in hidden:
            h = activation(ag.affine(h, W, c))
        loss = ag.bce_with_logits(ag.affine(h, w, b), y)
        loss.backward(keep="leaves")
        optimizer.step()
        return [loss.item()]

    return step


def differentiate(program, values):
    """Return a function that builds and differentiates `program` on scalar Tensors."""

    def run():
        leaves = [ag.Tensor(v) for v in values]
        out = program(leaves, ag.relu)
        out.backward()
        return [out.item(), *(float(t.grad) for t in leaves)]

    return run


def hessian(problem):
    """Return a run of the Hessian."""
    w, X, y = problem.layers[-1][0], problem.X, problem.y
    function = ag.hessian(lambda w: ag.bce_with_logits(X @ w, y))
    return lambda: function(w).ravel()


def join_and_sum(arrays):
    """Return a run of NumPy's functions on Tensors."""
    tensors = [ag.Tensor(a) for a in arrays]

    def run():
        for _ in range(100):
            sums = np.sum(np.concatenate(tensors, axis=1), axis=0)
        return sums.data

    return run


def cube(x):
    """Return a run of an operation that is defined as users define theirs."""
    t = ag.Tensor(x)

    def run():
        for _ in range(100):
            y = cube_of(t)
            y.backward(np.ones_like(x))
        return t.grad

    return run
