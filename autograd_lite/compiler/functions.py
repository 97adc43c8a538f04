"""Functions of arrays as programs: values, gradients, Hessians."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np

from autograd_lite.autodiff import value_and_grad
from autograd_lite.compiler import record
from autograd_lite.compiler.batch import UnbatchedError
from autograd_lite.compiler.cached import Cached, array
from autograd_lite.compiler.leaves import Uses, uses_of
from autograd_lite.compiler.program import Program
from autograd_lite.randomness import drawing
from autograd_lite.tensor import Tensor


class Compiled(Cached):
    """A function of arrays as a NumPy program: what `compile` makes of `f`, `argnums` and `backend`.

    Called with arrays it returns an array. `value_and_grad`, `grad` and `hvp` are those of
    `ag.value_and_grad` and `ag.hvp` with the `argnums` of `compile`. What is returned is never written
    into again.
    """

    def __init__(self, f: Callable[..., Any], argnums: int | tuple[int, ...], backend: str) -> None:
        super().__init__(f, backend)
        update_wrapper(self, f, updated=())
        if isinstance(argnums, tuple | list) and not argnums:
            raise ValueError("compile: argnums is (), and no gradient is that of nothing; leave it out")
        self._batches = True  # whether a Hessian is one program, as far as is known
        self._argnums = argnums
        self._wanted = tuple(argnums) if isinstance(argnums, tuple | list) else (argnums,)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self._f, '__name__', self._f)}>"

    def __call__(self, *arrays: Any) -> Any:
        """The value of the function; given a tensor, what the function returns, as part of its graph."""
        if self._within(arrays):
            return self._f(*arrays)
        return self._run(record.value, arrays, ())[0]

    def value_and_grad(self, *arrays: Any) -> tuple[Any, Any]:
        """The value at `arrays`, one number, and its gradient; of tensors as from `ag.value_and_grad`.

        A value that is nan is returned as it is.
        """
        if self._within(arrays):
            return value_and_grad(self._f, self._argnums)(*arrays)  # type: ignore[no-any-return]
        value, *found = self._run(record.value, arrays, self._wanted)
        return value, found[0] if isinstance(self._argnums, int) else tuple(found)

    def grad(self, *arrays: Any) -> Any:
        """The gradient of the value, a single number, at `arrays`."""
        return self.value_and_grad(*arrays)[1]

    def hvp(self, arrays: Any, vs: Any) -> Any:
        """The Hessian of the value, a single number, times `vs`: as `ag.hvp`, in the arguments `argnums`.

        `arrays` are all arguments, in a tuple; `vs` is an array of the shape of the argument, or a tuple
        of such for a tuple `argnums`.
        """
        directions = (vs,) if isinstance(self._argnums, int) else tuple(vs)
        xs = [np.shape(arrays[i]) for i in self._wanted]
        if xs != [np.shape(v) for v in directions]:
            raise ValueError(
                f"compile: hvp gets directions of shapes {[np.shape(v) for v in directions]} for arguments "
                f"of shapes {xs}; they must be equal"
            )
        found = self._run(record.curvature, arrays, self._wanted, directions)
        return found[0] if isinstance(self._argnums, int) else tuple(found)

    def hessian(self, *arrays: Any) -> Any:
        """All second derivatives of the value at `arrays` in one argument x: shape x.shape + x.shape."""
        if len(self._wanted) != 1:
            raise ValueError(
                f"compile: a Hessian is that of one argument, and argnums is {self._argnums!r}; compile the "
                "function again with argnums of the one that you want"
            )
        x = array(arrays[self._wanted[0]])
        if self._batches:
            try:
                return self._run(record.hessian, arrays, self._wanted)[0].reshape(x.shape + x.shape)
            except UnbatchedError:  # something that is made for one vector at a time, now and ever after
                self._batches = False
        rows = [self._run(record.curvature, arrays, self._wanted, [v])[0] for v in _units(x)]
        return np.array(rows, x.dtype).reshape(x.shape + x.shape)

    def _within(self, arrays: Any) -> bool:
        """Whether the call is part of a graph, or of another function that is being recorded."""
        return drawing.get() is not None or any(isinstance(x, Tensor) for x in arrays)

    def _run(self, recorded: Any, given: Any, argnums: Any, directions: Any = ()) -> Any:
        jax = self._backend == "jax"
        arrays, more = [array(x, i, jax) for i, x in enumerate(given)], [array(v) for v in directions]
        argnums = tuple([_position(i, arrays) for i in argnums])
        key = recorded, argnums, tuple([(x.shape, x.dtype) for x in arrays])
        return self._results(key, arrays, more, (recorded, argnums, more))

    def _uses(self, arrays: Any, told: Any) -> Uses:
        return uses_of(self._f, arrays, told[1])

    def _recorded(self, arrays: Any, uses: Uses, told: Any) -> Program:
        recorded, argnums, directions = told
        return recorded(self._f, arrays, uses, argnums, *([directions] if directions else ()))  # type: ignore[no-any-return]


def _position(argnum: int, arrays: list[Any]) -> int:
    """The place of an argument that is to be differentiated."""
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


def _units(x: Any) -> Any:
    """All arrays of the shape of x with one entry 1 and the others 0."""
    return np.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)
