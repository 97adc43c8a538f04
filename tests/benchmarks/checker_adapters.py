"""Adapters that run the gradient checkers of other libraries on a pair of NumPy functions."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import autograd.test_util
import environment  # noqa: F401 - before any module that imports NumPy
import jax.test_util
import numpy as np
import torch
from autograd.extend import defvjp, primitive

jax.config.update("jax_enable_x64", True)

TIME_LIMIT = 20.0  # seconds; a check that takes longer counts as crashed


class Pair:
    """A forward and a backward as functions of the differentiable inputs only.

    The two are called as `forward(*x, **params)` and `backward(g, y, *x, **params)`.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        inputs: Sequence[Any],
        params: Mapping[str, Any],
        variables: Sequence[int],
    ) -> None:
        self._forward, self._backward, self._params = forward, backward, dict(params)
        self._inputs = [np.array(x) for x in inputs]  # a copy: a rule may write into it
        self._places = [i for i in variables if self._inputs[i].dtype.kind == "f"]
        self.variables = [self._inputs[i] for i in self._places]

    def value(self, *x: Any) -> Any:
        """Return the output as an array."""
        return np.asarray(self._forward(*self._full(x), **self._params))

    def gradients(self, g: Any, y: Any, *x: Any) -> tuple[Any, ...]:
        """Return the rule's gradients for the differentiable inputs, with broadcasting undone."""
        full = self._full(x)
        found = self._backward(np.asarray(g), np.asarray(y), *full, **self._params)
        if not isinstance(found, tuple | list) or len(found) != len(full):
            raise TypeError(f"the rule returned {type(found).__name__}, not {len(full)} gradients")
        return tuple(_fitted(found[i], np.shape(y), full[i].shape) for i in self._places)

    def _full(self, floats: Sequence[Any]) -> list[Any]:
        full = list(self._inputs)
        for i, x in zip(self._places, floats, strict=True):
            full[i] = np.asarray(x)
        return full


def _fitted(g: Any, output: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Return a gradient in the shape of its input: broadcast to it, or summed over broadcast axes."""
    got = np.shape(g)
    if g is None or got == shape or not (_broadcasts(got, shape) or _broadcasts(got, output)):
        return g  # a wrong shape is left for the engine to report
    g = np.sum(g, axis=tuple(range(len(got) - len(shape))))
    repeated = tuple(i for i, n in enumerate(shape) if g.ndim == len(shape) and n == 1 != g.shape[i])
    return np.broadcast_to(np.sum(g, axis=repeated, keepdims=True), shape)


def _broadcasts(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, other) == other
    except ValueError:
        return False


class _TorchPair(torch.autograd.Function):
    """A pair as an autograd Function of PyTorch. The arrays are views of the tensors, not copies."""

    @staticmethod
    def forward(ctx: Any, pair: Pair, *x: Any) -> Any:
        ctx.pair, ctx.x = pair, [tensor.detach().numpy() for tensor in x]
        ctx.y = pair.value(*ctx.x)
        return _tensor(ctx.y)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return None, *map(_tensor, ctx.pair.gradients(g.numpy(), ctx.y, *ctx.x))


def _tensor(x: Any) -> Any:
    """Return a tensor that shares the memory of an array; one with negative strides must be copied."""
    if x is None:
        return None
    x = np.asarray(x)
    return torch.from_numpy(x.copy() if min(x.strides, default=0) < 0 else x)


def torch_slow(pair: Pair, fast_mode: bool = False) -> None:
    """Run `torch.autograd.gradcheck` on every entry of the Jacobian."""
    tensors = [torch.tensor(x, requires_grad=True) for x in pair.variables]
    torch.autograd.gradcheck(lambda *x: _TorchPair.apply(pair, *x), tensors, fast_mode=fast_mode)


def torch_fast(pair: Pair) -> None:
    """Run `torch.autograd.gradcheck` along random directions."""
    torch_slow(pair, fast_mode=True)


def jax_check(pair: Pair) -> None:
    """Run `jax.test_util.check_grads`. Without `jit` a custom_vjp can run NumPy code."""

    def forward(*x: Any) -> Any:
        x = tuple(map(np.asarray, x))
        y = pair.value(*x)
        return y, (y, x)

    function = jax.custom_vjp(lambda *x: forward(*x)[0])
    function.defvjp(forward, lambda saved, g: pair.gradients(g, saved[0], *saved[1]))
    jax.test_util.check_grads(function, pair.variables, order=1, modes=["rev"])


def hips_check(pair: Pair) -> None:
    """Run `autograd.test_util.check_grads`."""

    def rule(i: int) -> Callable[..., Any]:
        return lambda y, *x: lambda g: pair.gradients(g, y, *x)[i]

    function = primitive(pair.value)
    places = tuple(range(len(pair.variables)))
    defvjp(function, *map(rule, places))
    autograd.test_util.check_grads(function, places, modes=["rev"], order=1)(*pair.variables)


CHECKERS: dict[str, Callable[[Pair], None]] = {
    "torch": torch_slow,
    "torch fast": torch_fast,
    "JAX": jax_check,
    "HIPS": hips_check,
}


def check(
    checker: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Sequence[Any],
    params: Mapping[str, Any],
    variables: Sequence[int],
) -> bool:
    """Return True if the checker reports a mistake at these inputs. Any exception counts as a report."""
    try:
        with time_limit(), quiet():
            CHECKERS[checker](Pair(forward, backward, inputs, params, variables))
    except Exception:
        return True
    return False


def warm_up() -> None:
    """Run every checker once, because some import modules only then, and assert that it finds a mistake."""
    x = [np.linspace(0.1, 1.0, 3)]
    for checker in CHECKERS.values():
        checker(Pair(np.sin, lambda g, y, x: (g * np.cos(x),), x, {}, [0]))
    blind = [name for name in CHECKERS if not check(name, np.sin, lambda g, y, x: (-g,), x, {}, [0])]
    assert not blind, f"{blind} take a wrong rule for right"


def seed(number: int) -> None:
    """Seed the random directions of PyTorch and HIPS autograd. JAX uses the same directions in every run."""
    torch.manual_seed(number)
    np.random.seed(number)  # noqa: NPY002 - the generator that HIPS autograd draws from


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress warnings, for example about overflow and read-only arrays."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise TimeoutError in the running code after `TIME_LIMIT` seconds."""

    def give_up(*_: Any) -> None:
        raise TimeoutError(f"not done after {TIME_LIMIT:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
