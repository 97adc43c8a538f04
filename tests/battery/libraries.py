"""The five libraries: the names that the programs of the battery use, with the same meaning in each.

Peers are imported by the function that needs them: they are installed in .venv-bench only. All compute in
float64. A library without a loss or an activation gets the formula of textbooks.
"""

import argparse
import collections
import contextlib
import copy
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag

TITLES = {
    "ours": "autograd_lite",
    "torch": "PyTorch",
    "jax": "JAX",
    "hips": "HIPS autograd",
    "mygrad": "MyGrad",
}
COMMON = {
    "numpy": np,
    "math": math,
    "copy": copy,
    "types": types,
    "argparse": argparse,
    "collections": collections,
    "contextlib": contextlib,
    "inf": math.inf,
    "nan": math.nan,
}
# Names that some libraries do not have. Programs that use them do not run there.
ABSENT: dict[str, Any] = dict.fromkeys(
    ["ag", "leaf", "no_grad", "hessian", "pullback", "jit", "SGD", "Adam", "AdamW", "RMSprop"]
)
COMPILED = {"value", "grad", "hessian"}  # a program that uses one of them runs as a compiled one, too
ACTIVATIONS = ["sigmoid", "softmax", "log_softmax", "logsumexp", "relu", "softplus"]
LOSSES = ["mse", "mae", "huber", "bce", "bce_with_logits", "hinge", "cross_entropy"]


def recorder(leaf: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return `record` for tensors with `backward`."""

    def record(f: Callable[..., Any], x: Any) -> Any:
        """Return f(x) and a function that returns its gradient for x."""
        t = leaf(x)
        y = f(t)

        def back() -> Any:
            y.backward()
            return t.grad

        return y, back

    return record


def ours() -> dict[str, Any]:
    """Return the names of autograd_lite, which runs eagerly."""
    return {
        **ABSENT,
        **COMMON,
        **{name: getattr(ag, name) for name in LOSSES + ACTIVATIONS},
        **{name: getattr(ag.optim, name) for name in ("SGD", "Adam", "AdamW", "RMSprop")},
        "ag": ag,
        "np": np,
        "array": np.array,
        "use": lambda x: x,
        "value": lambda f: lambda *xs: f(*map(ag.Tensor, xs)),
        "grad": ag.grad,
        "hessian": ag.hessian,
        "record": recorder(lambda x: ag.Tensor(x, name="x")),
        "pullback": ag.vjp,
        "leaf": ag.nn.Parameter,
        "no_grad": ag.no_grad,
        "jit": ag.compile,
    }


def ours_compiled() -> dict[str, Any]:
    """Return the names of autograd_lite, whose functions run as compiled programs, each twice."""

    def value(f: Callable[..., Any]) -> Callable[..., Any]:
        fast = ag.compile(f)
        return lambda *xs: [fast(*xs) for _ in range(2)][1]

    def grad(f: Callable[..., Any]) -> Callable[..., Any]:
        fast = ag.compile(f)
        return lambda *xs: [fast.grad(*xs) for _ in range(2)][1]

    def hessian(f: Callable[..., Any]) -> Callable[..., Any]:
        fast = ag.compile(f)
        return lambda *xs: [fast.hessian(*xs) for _ in range(2)][1]

    return ours() | {"value": value, "grad": grad, "hessian": hessian}


def torch() -> dict[str, Any]:
    """Return the names of PyTorch."""
    import torch
    from torch.nn import functional

    torch.set_default_dtype(torch.float64)

    class Numpy:
        """Functions of PyTorch by the names and with the defaults of NumPy."""

        std = staticmethod(lambda x: torch.std(x, correction=0))
        var = staticmethod(lambda x: torch.var(x, correction=0))
        max = staticmethod(torch.amax)
        min = staticmethod(torch.amin)
        power = staticmethod(torch.pow)
        abs = absolute = staticmethod(torch.abs)
        array = staticmethod(torch.tensor)

        def __getattr__(self, name: str) -> Any:
            return getattr(torch, name)

    def tensor(x: Any) -> Any:
        return torch.tensor(np.asanyarray(x))

    def leaf(x: Any) -> Any:
        return tensor(x).requires_grad_()

    def grad(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, *more: record(lambda t: f(t, *map(tensor, more)), x)[1]()

    def pullback(f: Callable[..., Any], x: Any) -> Any:
        y, back = torch.func.vjp(f, tensor(x))
        return y, lambda v: back(tensor(v))[0]

    def of_tensors(loss: Callable[..., Any]) -> Callable[..., Any]:
        return lambda p, t, **settings: loss(p, tensor(t) if isinstance(t, float) else t, **settings)

    record = recorder(leaf)
    return {
        **ABSENT,
        **COMMON,
        "torch": torch,
        "np": Numpy(),
        "array": torch.tensor,
        "use": torch.from_numpy,
        "value": lambda f: lambda *xs: f(*map(tensor, xs)),
        "grad": grad,
        "hessian": lambda f: lambda x: torch.autograd.functional.hessian(f, tensor(x)),
        "record": record,
        "pullback": pullback,
        "leaf": leaf,
        "no_grad": torch.no_grad,
        "jit": lambda f: torch.compile(f, backend="eager"),
        **{name: getattr(torch.optim, name) for name in ("SGD", "Adam", "AdamW", "RMSprop")},
        "sigmoid": torch.sigmoid,
        "softmax": lambda z: torch.softmax(z, -1),
        "log_softmax": lambda z: torch.log_softmax(z, -1),
        "logsumexp": lambda z: torch.logsumexp(z, -1),
        "relu": torch.relu,
        "softplus": functional.softplus,
        "mse": of_tensors(functional.mse_loss),
        "mae": of_tensors(functional.l1_loss),
        "huber": of_tensors(functional.huber_loss),
        "bce": of_tensors(functional.binary_cross_entropy),
        "bce_with_logits": of_tensors(functional.binary_cross_entropy_with_logits),
        "hinge": lambda s, t: torch.clamp(1 - t * s, min=0).mean(),
        "cross_entropy": functional.cross_entropy,
    }


def textbook(np: Any, names: dict[str, Any]) -> dict[str, Any]:
    """Return losses as formulas, for libraries without such functions."""
    softplus, log_softmax = names["softplus"], names["log_softmax"]

    def bce(p: Any, t: Any) -> Any:
        return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()

    def huber(p: Any, t: Any) -> Any:
        e = np.abs(p - t)
        return np.where(e < 1, 0.5 * e**2, e - 0.5).mean()

    return {
        "mse": lambda p, t: ((p - t) ** 2).mean(),
        "mae": lambda p, t: np.abs(p - t).mean(),
        "huber": huber,
        "bce": bce,
        "bce_with_logits": lambda z, t: (softplus(z) - t * z).mean(),
        "hinge": lambda s, t: np.maximum(0.0, 1 - t * s).mean(),
        "cross_entropy": lambda z, y: -log_softmax(z)[list(range(len(y))), y].mean(),
    }


def jax() -> dict[str, Any]:
    """Return the names of JAX."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")

    def arrays(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *xs: f(*map(jnp.asarray, xs))

    def pullback(f: Callable[..., Any], x: Any) -> Any:
        y, back = jax.vjp(f, jnp.asarray(x))
        return y, lambda v: back(jnp.asarray(v))[0]

    def record(f: Callable[..., Any], x: Any) -> Any:
        y, back = pullback(f, x)
        return y, lambda: back(jnp.ones_like(y))

    names = {
        "sigmoid": jax.nn.sigmoid,
        "softmax": jax.nn.softmax,
        "log_softmax": jax.nn.log_softmax,
        "logsumexp": jax.nn.logsumexp,
        "relu": jax.nn.relu,
        "softplus": jax.nn.softplus,
    }
    return {
        **ABSENT,
        **COMMON,
        **names,
        **textbook(jnp, names),
        "jax": jax,
        "np": jnp,
        "array": jnp.array,
        "use": jnp.asarray,
        "value": arrays,
        "grad": lambda f: arrays(jax.grad(f)),
        "hessian": lambda f: arrays(jax.hessian(f)),
        "record": record,
        "pullback": pullback,
        "jit": jax.jit,
    }


def hips() -> dict[str, Any]:
    """Return the names of HIPS autograd."""
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import expit, logsumexp

    def arrays(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *xs: f(*map(np.asanyarray, xs))

    def pullback(f: Callable[..., Any], x: Any) -> Any:
        back, y = autograd.make_vjp(f)(np.asanyarray(x))
        return y, back

    def record(f: Callable[..., Any], x: Any) -> Any:
        y, back = pullback(f, x)
        return y, lambda: back(1.0)

    def log_softmax(z: Any) -> Any:
        return z - logsumexp(z, axis=-1, keepdims=True)

    names = {
        "sigmoid": expit,
        "softmax": lambda z: anp.exp(log_softmax(z)),
        "log_softmax": log_softmax,
        "logsumexp": lambda z: logsumexp(z, axis=-1),
        "relu": lambda z: anp.maximum(0.0, z),
        "softplus": lambda z: anp.logaddexp(0.0, z),
    }
    return {
        **ABSENT,
        **COMMON,
        **names,
        **textbook(anp, names),
        "autograd": autograd,
        "np": anp,
        "array": anp.array,
        "use": lambda x: x,
        "value": arrays,
        "grad": lambda f: arrays(autograd.grad(f)),
        "hessian": lambda f: arrays(autograd.hessian(f)),
        "record": record,
        "pullback": pullback,
    }


def mygrad() -> dict[str, Any]:
    """Return the names of MyGrad."""
    import mygrad as mg
    from mygrad.nnet import activations

    def softplus(z: Any) -> Any:
        return mg.logaddexp(0.0, z)

    names = {
        "sigmoid": activations.sigmoid,
        "softmax": activations.softmax,
        "log_softmax": activations.logsoftmax,
        "logsumexp": lambda z: mg.log(mg.sum(mg.exp(z), axis=-1)),
        "relu": activations.relu,
        "softplus": softplus,
    }
    record = recorder(mg.tensor)
    return {
        **ABSENT,
        **COMMON,
        **names,
        **textbook(mg, names),
        "mg": mg,
        "np": mg,
        "array": np.array,
        "use": lambda x: x,
        "value": lambda f: lambda *xs: f(*map(mg.tensor, xs)),
        "grad": lambda f: lambda x, *more: record(lambda t: f(t, *more), x)[1](),
        "record": record,
        "leaf": mg.tensor,
        "no_grad": lambda: mg.no_autodiff,
    }


LIBRARIES = {"ours": ours, "torch": torch, "jax": jax, "hips": hips, "mygrad": mygrad}
