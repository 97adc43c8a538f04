"""Compiled functions of arrays: values, gradients, Hessians."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite.autodiff import hessian, hvp, value_and_grad
from autograd_lite.checks.masks import is_finite
from autograd_lite.compiler import trace
from autograd_lite.compiler.cache import ProgramCache, as_array, data_of, first_of
from autograd_lite.compiler.draws import replayed
from autograd_lite.compiler.trace import Inputs, Traced
from autograd_lite.compiler.vectorize import NotVectorizedError
from autograd_lite.randomness import drawing
from autograd_lite.tensor import Tensor, leaf
from autograd_lite.typing import Array

R = TypeVar("R")  # what the function returns
G = TypeVar("G")  # its gradient: an array, or a tuple of arrays


class Compiled(ProgramCache, Generic[R, G]):
    """A function of arrays that runs as a NumPy program. `ag.compile` returns it.

    Call it with arrays. What it returns belongs to the caller and is never written into again.
    """

    def __init__(self, f: Callable[..., Any], argnums: int | tuple[int, ...], backend: str) -> None:
        super().__init__(f, backend)
        update_wrapper(self, f, updated=())
        if isinstance(argnums, tuple | list) and not argnums:
            raise ValueError("compile: argnums is empty; give at least one position, or leave it out")
        self._argnums = argnums
        self._wanted = tuple(argnums) if isinstance(argnums, tuple | list) else (argnums,)
        self._vectorizes = True  # False once a Hessian could not be computed as one program

    def __repr__(self) -> str:
        return f"<compiled {getattr(self._f, '__name__', self._f)}>"

    @overload
    def __call__(self: Compiled[Tensor, G], *arrays: Any) -> Array: ...
    @overload
    def __call__(self: Compiled[tuple[Any, ...], G], *arrays: Any) -> tuple[Array, ...]: ...
    @overload
    def __call__(self, *arrays: Any) -> Any: ...

    def __call__(self, *arrays: Any) -> Any:
        """Return the value of the function at `arrays`, an array or a tuple of arrays.

        If an argument is a tensor, return a tensor that is part of its graph.
        """
        if self._in_graph(arrays):
            return self._f(*arrays)
        return self._run(trace.value, arrays, ())[0]

    def value_and_grad(self, *arrays: Any) -> tuple[Array, G]:
        """Return the value, a single number, and its gradient at `arrays`, the arguments of the function.

        The gradient is an array, or a tuple of arrays for a tuple `argnums`. If an argument is a tensor,
        return the same as `ag.value_and_grad`.
        """
        if self._in_graph(arrays):
            return value_and_grad(self._f, self._argnums)(*arrays)  # type: ignore[no-any-return]
        value, *gradients = self._run(trace.value, arrays, self._wanted)
        return value, gradients[0] if isinstance(self._argnums, int) else tuple(gradients)  # type: ignore[return-value]

    def grad(self, *arrays: Any) -> G:
        """Return the gradient of the value at `arrays`: an array, or a tuple for a tuple `argnums`."""
        return self.value_and_grad(*arrays)[1]

    def hvp(self, arrays: Sequence[Any], vs: Any) -> G:
        """Return the Hessian of the value for the arguments `argnums`, times a direction.

        `arrays` is a tuple of all arguments. `vs` is an array in the shape of the differentiated argument;
        for a tuple `argnums` it is a tuple of arrays, and so is the result. Raises ValueError for other
        shapes.
        """
        directions = (vs,) if isinstance(self._argnums, int) else tuple(vs)
        shapes = [np.shape(arrays[i]) for i in self._wanted]
        if shapes != [np.shape(v) for v in directions]:
            raise ValueError(
                f"compile: hvp: the directions have shapes {[np.shape(v) for v in directions]} and the "
                f"arguments have shapes {shapes}; they must be equal"
            )
        products = self._run(trace.curvature, arrays, self._wanted, directions)
        return products[0] if isinstance(self._argnums, int) else tuple(products)  # type: ignore[return-value]

    def hessian(self, *arrays: ArrayLike) -> NDArray[Any]:
        """Return all second derivatives of the value at `arrays`, the arguments of the function.

        For one argument x they are an array of shape x.shape + x.shape. Raises ValueError if `argnums` has
        several positions.
        """
        if len(self._wanted) != 1:
            raise ValueError(
                f"compile: hessian differentiates one argument, and argnums is {self._argnums!r}; compile "
                "the function again with a single position"
            )
        x = as_array(arrays[self._wanted[0]])
        if self._vectorizes:
            try:
                return self._run(trace.hessian, arrays, self._wanted)[0].reshape(x.shape + x.shape)  # type: ignore[no-any-return]
            except NotVectorizedError:
                self._vectorizes = False
        units = np.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)
        rows = [self._run(trace.curvature, arrays, self._wanted, [v])[0] for v in units]
        return np.array(rows, x.dtype).reshape(x.shape + x.shape)

    def _in_graph(self, arrays: Any) -> bool:
        """True if an argument is a tensor, or if the call is inside a function that is being traced."""
        return drawing.get() is not None or any(isinstance(x, Tensor) for x in arrays)

    def _run(self, tracing: Any, given: Any, argnums: Any, directions: Any = ()) -> Any:
        jax = self._backend == "jax"
        arrays = [as_array(x, i, jax) for i, x in enumerate(given)]
        more = [as_array(v) for v in directions]
        argnums = tuple([_position(i, arrays) for i in argnums])
        key = tracing, argnums, tuple([(x.shape, x.dtype) for x in arrays])
        return self._results(key, arrays, more, (tracing, argnums, more))

    def _value_of(self, results: Any, context: Any) -> Any:
        return results[0] if context[0] is trace.value else None

    def _checked(self, results: Any, arrays: Any, draws: Any, context: Any) -> Any:
        if all(is_finite(first_of(x)) for x in results):
            return results
        tracing, argnums, directions = context
        xs = [arrays[i] for i in argnums]

        def f(*xs: Any) -> Any:
            return self._value(*(dict(zip(argnums, xs, strict=True)).get(i, x) for i, x in enumerate(arrays)))

        with replayed(draws):
            if tracing is trace.hessian:
                return (hessian(f)(*xs).reshape(results[0].shape),)
            if tracing is trace.curvature:
                return hvp(f, xs, directions)
            if argnums:
                return results[0], *value_and_grad(f, tuple(range(len(xs))))(*xs)[1]
            if np.isnan(first_of(results[0])).any():
                return data_of(self._f(*map(leaf, arrays))), *results[1:]  # with its warnings, and its masks
        return results

    def _trace(self, inputs: Inputs, context: Any) -> Traced:
        tracing, argnums, directions = context
        return tracing(self._f, inputs, argnums, *([directions] if directions else ()))  # type: ignore[no-any-return]


def _position(argnum: int, arrays: list[Any]) -> int:
    """Return the position, 0 or more, of an argument to differentiate."""
    if isinstance(argnum, bool) or not isinstance(argnum, int | np.integer):
        raise TypeError(f"compile: argnums has {argnum!r}; give positions of arguments, such as (0, 1)")
    if not -len(arrays) <= argnum < len(arrays):
        raise ValueError(
            f"compile: argnums has {argnum}, and the function is called with {len(arrays)} arguments"
        )
    i = argnum % len(arrays)
    if arrays[i].dtype.kind != "f":
        raise TypeError(f"compile: argument {i} has dtype {arrays[i].dtype} and no gradient; pass floats")
    return i
