"""Compile functions: trace a function once, then run the traced calls as a readable NumPy program."""

from collections.abc import Callable
from typing import Any, Literal, overload

from autograd_lite.compiler.functions import Compiled, R
from autograd_lite.compiler.steps import CompiledStep
from autograd_lite.typing import Array

Backend = Literal["numpy", "jax"]


@overload
def compile(f: Callable[..., R], argnums: int = 0, *, backend: Backend = "numpy") -> Compiled[R, Array]: ...


@overload
def compile(
    f: Callable[..., R], argnums: tuple[int, ...], *, backend: Backend = "numpy"
) -> Compiled[R, tuple[Array, ...]]: ...


@overload
def compile(
    f: Callable[..., tuple[Any, ...]], *, optimizer: Any, backend: Backend = "numpy", steps: int = 1
) -> CompiledStep[tuple[Any, ...]]: ...


@overload
def compile(
    f: Callable[..., Any], *, optimizer: Any, backend: Backend = "numpy", steps: Literal[1] = 1
) -> CompiledStep[float]: ...


@overload
def compile(
    f: Callable[..., Any], *, optimizer: Any, backend: Backend = "numpy", steps: int
) -> CompiledStep[Array]: ...


def compile(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    optimizer: Any = None,
    backend: str = "numpy",
    steps: int = 1,
) -> Compiled[Any, Any] | CompiledStep[Any]:
    """Return a function that computes the same as f, as one flat NumPy program.

    f is a function of arrays that returns an array or a tuple of arrays. Its `value_and_grad`, `grad`,
    `hvp` and `hessian` differentiate the arguments `argnums` (a position or a tuple of them).

    With an `optimizer`, f is a loss of its parameters. Each call of what is returned makes a training step
    and returns the loss before it, a float; if f returns (loss, output), so does the call. It makes `steps`
    steps on the same arrays, and returns an array of their losses if they are several.
    `backend="jax"` runs the program under jax.jit on the device that JAX chooses (extra `jax`).

    f is traced at the first call for each tuple of shapes and dtypes. It runs twice then, because the second
    run must compute the same as the first. It runs a third time to raise its own error if it cannot be
    traced, for a Hessian that cannot be one program, and if only its graph shows a tensor that it uses. The
    value, the gradient, `hvp` and `hessian` have separate programs, and the 32 programs that were used last
    are kept. f is traced again if a condition that an op checks changes.

    What f has read from its surroundings while it was traced is read again and compared before each run, and
    f is traced again if it has changed; what cannot be compared is refused when f is traced. Arrays are
    compared whole up to 8 KiB, and longer ones by 256 of their entries. At the calls 2, 4, 8, 16, ... f runs
    too, with its side effects, and its value must be the same. If a result is not finite, f runs as well, to
    report where nan comes from and to compute the gradient.

    Parameters and other tensors that f uses are read at each call, and `Dropout` draws at each call. A
    result is an array, through which no gradient flows to the parameters: train with `optimizer`, or call f
    itself in a loss. Several threads may call a compiled function; while it is traced, other threads must
    not use its parameters otherwise.

    Raises TypeError or ValueError at the first call if f cannot be compiled, for example because of a
    Python `if` on data, with the line; and at once for settings that do not go together, and for an
    optimiser that evaluates the loss itself, such as `Newton`. Raises ValueError at a later call if f itself
    computes another value than its program.

    >>> import numpy as np
    >>> fast = compile(lambda x: (x * x).sum())
    >>> fast.grad(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    if not callable(f):
        raise TypeError(f"compile: f is {f!r}; pass a function of arrays")
    if optimizer is None:
        if steps != 1:
            raise ValueError("compile: steps counts training steps, which need an optimizer; pass optimizer=")
        return Compiled(f, argnums, backend)
    return CompiledStep(f, optimizer, backend, steps)


__all__ = ["Compiled", "CompiledStep", "compile"]
