"""PyTorch, `torch.compile`: the whole training step as one function, as in JAX.

Tried, in µs a step of the network 200x(2-16-16-1), where eager PyTorch takes 350 and the step below 115:
the loss compiled, `backward()` and SGD (foreach, fused or neither, or compiled) after it 430 to 500; all
that in one function, which breaks at `backward()`, 470 to 600, with compiled autograd 1960. Of the step
below: without `cpp_wrapper` 125, with `max-autotune` or `reduce-overhead` the same. Leaving out the guards,
which PyTorch calls unsafe, would bring it to 99.
"""

import warnings

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

torch.set_num_threads(1)
warnings.filterwarnings("ignore", category=FutureWarning, module="torch._inductor")  # about itself
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}


def compiled(function):
    """The function compiled for exactly the shapes it gets, in one piece."""
    return torch.compile(function, fullgraph=True, dynamic=False, options={"cpp_wrapper": True})


try:
    compiled(torch.neg)(torch.zeros(2))
except Exception as error:  # no compiler, no headers of Python, no such platform
    raise ImportError(str(error).partition("\n")[0]) from error


def train(problem):
    """Returns one compiled training step; an update in place leaves a 0-d parameter as it is (2.13)."""
    parameters = [torch.tensor(p) for layer in problem.layers for p in layer]
    X, y = torch.tensor(problem.X), torch.tensor(problem.y)
    activation, lr = ACTIVATIONS[problem.activation], problem.lr

    def loss(parameters, X, y):
        *hidden, w, b = parameters
        for W, c in zip(hidden[::2], hidden[1::2], strict=True):
            X = activation(X @ W + c)
        return binary_cross_entropy_with_logits(X @ w + b, y)

    def update(parameters, X, y):
        gradients, value = torch.func.grad_and_value(loss)(parameters, X, y)
        return [p - lr * g for p, g in zip(parameters, gradients, strict=True)], value

    compiled_update = compiled(update)

    def step():
        nonlocal parameters
        parameters, value = compiled_update(parameters, X, y)
        return [value.item()]

    return step


def hessian(problem):
    """Returns a run of the compiled Hessian, reverse over reverse as in the eager adapter."""
    w, X, y = map(torch.tensor, (problem.layers[-1][0], problem.X, problem.y))

    def loss(w, X, y):
        return binary_cross_entropy_with_logits(X @ w, y)

    function = compiled(torch.func.jacrev(torch.func.jacrev(loss)))
    return lambda: function(w, X, y).numpy().ravel()
