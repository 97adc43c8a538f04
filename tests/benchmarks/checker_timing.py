"""The times of our gradcheck and PyTorch's on ordinary functions, written in each library's operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import environment  # noqa: F401 - before any module that imports NumPy
import numpy as np
import torch
from timing import Run, Samples, interleave
from torch.nn import functional

import autograd_lite as ag
from autograd_lite.testing import gradcheck

_rng = np.random.default_rng(0)
X, Y = _rng.normal(size=(20, 3)), (_rng.random(20) < 0.5).astype(float)
TX, TY = torch.tensor(X), torch.tensor(Y)


def _mlp(x: Any, W: Any, b: Any, w: Any) -> Any:
    return ag.bce_with_logits(np.tanh(x @ W + b) @ w, Y)


def _torch_mlp(x: Any, W: Any, b: Any, w: Any) -> Any:
    return functional.binary_cross_entropy_with_logits(torch.tanh(x @ W + b) @ w, TY)


# Title: ours, theirs, the shapes of the inputs.
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "sin(x), 5": (np.sin, torch.sin, ((5,),)),
    "x³ − 2x, one number": (lambda x: x**3 - 2 * x, lambda x: x**3 - 2 * x, ((),)),
    "sum(x y), 10": (lambda x, y: (x * y).sum(), lambda x, y: (x * y).sum(), ((10,), (10,))),
    "a b, (4, 1) and (1, 5)": (lambda a, b: a * b, lambda a, b: a * b, ((4, 1), (1, 5))),
    "log(1 + exp(x)), 3x4": (
        lambda x: np.log(1 + np.exp(x)),
        lambda x: torch.log(1 + torch.exp(x)),
        ((3, 4),),
    ),
    "norm of x, 10": (lambda x: np.sqrt((x**2).sum()), lambda x: torch.sqrt((x**2).sum()), ((10,),)),
    "tanh(x W), 4x3 and 3x2": (
        lambda x, W: np.tanh(x @ W),
        lambda x, W: torch.tanh(x @ W),
        ((4, 3), (3, 2)),
    ),
    "softmax, 4x5": (
        lambda x: ag.softmax(x, axis=-1),
        lambda x: torch.softmax(x, -1),
        ((4, 5),),
    ),
    "logsumexp, 4x5": (
        lambda x: ag.logsumexp(x, axis=-1),
        lambda x: torch.logsumexp(x, -1),
        ((4, 5),),
    ),
    "standardise, 6x3": (
        lambda x: (x - x.mean(axis=0)) / np.sqrt(((x - x.mean(axis=0)) ** 2).mean(axis=0) + 1e-3),
        lambda x: (x - x.mean(0)) / torch.sqrt(((x - x.mean(0)) ** 2).mean(0) + 1e-3),
        ((6, 3),),
    ),
    "squared differences, 12": (
        lambda x: ((x[1:] - x[:-1]) ** 2).mean(),
        lambda x: ((x[1:] - x[:-1]) ** 2).mean(),
        ((12,),),
    ),
    "logistic loss, 20x3": (
        lambda w, b: ag.bce_with_logits(X @ w + b, Y),
        lambda w, b: functional.binary_cross_entropy_with_logits(TX @ w + b, TY),
        ((3,), ()),
    ),
    "network 20x(3-8-1)": (
        lambda W, b, w: _mlp(X, W, b, w),
        lambda W, b, w: _torch_mlp(TX, W, b, w),
        ((3, 8), (8,), (8,)),
    ),
}


def speeds(seconds: float) -> dict[str, dict[str, Samples]]:
    """Return the times of a check in µs for each function and library. The values of both must agree."""
    found = {}
    for title, (ours, theirs, shapes) in FUNCTIONS.items():
        print(title)
        inputs = [np.asarray(_rng.normal(size=shape)) for shape in shapes]
        tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
        runs: dict[str, Run] = {
            "autograd_lite": _run(gradcheck, ours, inputs, ours(*map(ag.Tensor, inputs)).numpy()),
            "torch": _run(_torch_gradcheck, theirs, tensors, theirs(*tensors).detach().numpy()),
        }
        found[title] = interleave(runs, seconds, warmups=1)
    return found


def _torch_gradcheck(f: Callable[..., Any], *inputs: Any) -> None:
    torch.autograd.gradcheck(f, inputs)


def _run(check: Callable[..., Any], f: Callable[..., Any], inputs: Any, value: Any) -> Run:
    """Return a check that returns the function's value, which `interleave` compares."""
    values = np.ravel(value).tolist()

    def run() -> list[float]:
        check(f, *inputs)
        return values

    return run
