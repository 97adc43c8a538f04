"""PyTorch with `torch.compile` for the whole training step as one function, as in JAX.

This form is the fastest of those that were tried. Times in µs for a step of the network 200x(2-16-16-1):
350 eager PyTorch
115 the form below
430 to 500 only the loss compiled, then `backward()` and SGD (foreach, fused, neither, or compiled)
470 to 600 the same in one compiled function, which breaks the graph at `backward()`
1960 the same with compiled autograd
125 the form below without `cpp_wrapper`; `max-autotune` and `reduce-overhead` give the same
99 the form below without guards, which PyTorch calls unsafe
"""

import warnings

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

torch.set_num_threads(1)
warnings.filterwarnings("ignore", category=FutureWarning, module="torch._inductor")  # about itself
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}


def compiled(function):
    """Return the function compiled as one graph for the exact shapes that it gets."""
    return torch.compile(function, fullgraph=True, dynamic=False, options={"cpp_wrapper": True})


try:
    compiled(torch.neg)(torch.zeros(2))
except Exception as error:  # a missing compiler or Python header, or a platform without support
    raise ImportError(str(error).partition("\n")[0]) from error


def train(problem):
    """Return a compiled training step. In PyTorch 2.13 an update in place does not change a 0-d parameter."""
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
    """Return a run of the compiled Hessian: reverse over reverse, as in the eager adapter."""
    w, X, y = map(torch.tensor, (problem.layers[-1][0], problem.X, problem.y))

    def loss(w, X, y):
        return binary_cross_entropy_with_logits(X @ w, y)

    function = compiled(torch.func.jacrev(torch.func.jacrev(loss)))
    return lambda: function(w, X, y).numpy().ravel()
