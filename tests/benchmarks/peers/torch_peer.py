"""PyTorch, eager, on the CPU."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

torch.set_num_threads(1)
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}


def leaf(value):
    """Return a differentiable float64 tensor."""
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


class _Cube(torch.autograd.Function):
    """x^3 with a gradient of its own."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (3.0 * x * x)


def train(problem):
    """Return a training step, with `torch.optim.SGD`."""
    layers = [(leaf(W), leaf(b)) for W, b in problem.layers]
    parameters = [p for layer in layers for p in layer]
    optimizer = torch.optim.SGD(parameters, lr=problem.lr, foreach=False)  # the fastest form here
    *hidden, (w, b) = layers
    X, y = torch.tensor(problem.X), torch.tensor(problem.y)
    activation = ACTIVATIONS[problem.activation]

    def step():
        h = X
        for W, c in hidden:
            h = activation(torch.addmm(c, h, W))
        loss = binary_cross_entropy_with_logits(torch.addmv(b, h, w), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return [loss.item()]

    return step


def differentiate(program, values):
    """Return a function that builds and differentiates `program` on 0-d tensors."""

    def run():
        leaves = [leaf(v) for v in values]
        out = program(leaves, torch.relu)
        out.backward()
        return [out.item(), *(t.grad.item() for t in leaves)]

    return run


def hessian(problem):
    """Return a run of the Hessian. Reverse over reverse takes half the time of both `hessian` functions."""
    w, X, y = map(torch.tensor, (problem.layers[-1][0], problem.X, problem.y))
    function = torch.func.jacrev(torch.func.jacrev(lambda w: binary_cross_entropy_with_logits(X @ w, y)))
    return lambda: function(w).numpy().ravel()


def join_and_sum(arrays):
    """Return a run of torch.cat and torch.sum."""
    tensors = [leaf(a) for a in arrays]

    def run():
        for _ in range(100):
            sums = torch.cat(tensors, dim=1).sum(dim=0)
        return sums.detach().numpy()

    return run


def cube(x):
    """Return a run of a subclass of `torch.autograd.Function`."""
    t = leaf(x)
    ones = torch.ones_like(t)

    def run():
        for _ in range(100):
            t.grad = None
            _Cube.apply(t).backward(ones)
        return t.grad.numpy()

    return run
