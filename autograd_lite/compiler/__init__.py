"""Compilation: a function recorded once and run ever after as one flat, readable NumPy program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.compiler.functions import Compiled
from autograd_lite.compiler.steps import CompiledStep


def compile(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    optimizer: Any = None,
    backend: str = "numpy",
    steps: int = 1,
) -> Compiled | CompiledStep:
    """f, a function of arrays, as a program that is recorded at its first call and run as NumPy ever after.

    With `optimizer`, f is a loss of its parameters, and each call is a step of training that returns the
    loss; if f returns a tuple, (loss, output), so does the step. Parameters and other tensors that f uses
    are read anew at every call, and `Dropout` draws anew. There is one program for each tuple of shapes
    and dtypes, kept for the 32 of them that were used last.

    `backend="jax"` runs the same program under jax.jit (extra `jax`), on the device that JAX chooses.
    `steps` many steps are made in one call, on the same arrays; a call returns the array of their losses.

    Compiled functions may be called from several threads; while one is recorded, at its first call with
    new shapes, other threads must not use its parameters otherwise. Where a variable that f takes from
    around it, or an attribute of a module, is replaced, f is recorded again; what is written into an array
    around it is not noticed: pass that array as an argument.

    `argnums` are the arguments that gradients are for, as of `ag.grad`. What cannot be compiled is a
    TypeError or ValueError at the first call, a Python `if` on data with its line; so are settings that do
    not go together, and an optimiser that evaluates the loss itself, such as `Newton`, at once.
    """
    if not callable(f):
        raise TypeError(f"compile: f is {f!r}; pass a function of arrays")
    if optimizer is None:
        if steps != 1:
            raise ValueError("compile: steps are those of an optimizer, and there is none; pass optimizer=")
        return Compiled(f, argnums, backend)
    return CompiledStep(f, optimizer, backend, steps)


__all__ = ["Compiled", "CompiledStep", "compile"]
