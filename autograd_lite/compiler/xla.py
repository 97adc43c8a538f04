"""Programs under jax.jit: the same calls, compiled by XLA for a CPU, a GPU or a TPU (extra `jax`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.compiler.buffers import is_ufunc
from autograd_lite.compiler.program import GUARD, PLACED, Call, Eye, Ones, Program, Ref
from autograd_lite.extras import require


class Jitted:
    """A program as a function of arrays; of a step, as many steps in a call as `steps` says.

    `carried` are the inputs, a list for each parameter, that a step gives new values to: its data, its
    state. Results are NumPy arrays that cannot be written into; those that come back stay on the device.
    """

    def __init__(self, program: Program, steps: int = 1, carried: Sequence[Sequence[int]] = ()) -> None:
        self._jax = require("jax", "jax")
        self._program, self._steps, self._carried = program, steps, carried
        self._run = self._jax.jit(self._once if steps == 1 else self._often)
        self._known: dict[int, tuple[Any, Any]] = {}  # results, by identity, and where they are on the device

    def __call__(self, *parts: Sequence[Any]) -> Any:
        given = [x for part in parts for x in part]
        with self._jax.enable_x64(True):
            known = [self._known.get(id(x), (None, x)) for x in given]
            results, fits = self._run(
                *[d if host is x else x for x, (host, d) in zip(given, known, strict=True)]
            )
        if not fits:
            return None
        self._known = {}
        return self._to_host(results, self._program.outputs)

    def _to_host(self, result: Any, output: Any) -> Any:
        if isinstance(result, tuple):
            return tuple([self._to_host(x, o) for x, o in zip(result, output, strict=True)])
        if isinstance(output, Ref) and self._program.kinds[output].bare:
            return result.item()
        host = np.asarray(result)[()]
        self._known[id(host)] = host, result
        return host

    def _once(self, *given: Any) -> Any:
        """The results, and whether all guards hold."""
        numpy, values, fits = self._jax.numpy, list(given), True
        for ref, call in self._program.results():
            operands = [self._operand(x, values) for x in call.operands]
            settings = {name: self._operand(value, values) for name, value in call.settings}
            if call.function == "[]":  # JAX takes another entry for an index that is out of range
                for index, size in _indices(call.operands[1], operands[1], operands[0].shape):
                    fits = numpy.logical_and(fits, numpy.all((index >= -size) & (index < size)))
            if call.function == GUARD:
                fits = numpy.logical_and(fits, operands[0] == settings["expected"])
                values.append(None)
            else:
                values.append(self._made(ref, call, operands, settings))
        return self._operand(self._program.outputs, values), fits

    def _often(self, *given: Any) -> Any:
        """The results of the last of many steps, with the losses of all and the sum of their squares."""
        places = [place for places in self._carried for place in places]

        def body(carried: Any, _: Any) -> Any:
            values = list(given)
            for place, x in zip(places, carried, strict=True):
                values[place] = x
            (loss, squares, others, *moved), fits = self._once(*values)
            return [x for part in moved for x in part], (loss, squares, others, fits)

        last, (losses, squares, others, fits) = self._jax.lax.scan(
            body, [given[place] for place in places], None, length=self._steps
        )
        end = iter(last)
        ends = [tuple([next(end) for _ in places]) for places in self._carried]
        others = self._jax.tree.map(lambda x: x[-1], others)
        return (losses, squares.sum(), others, *ends), fits.all()

    def _operand(self, x: Any, values: Any) -> Any:
        if isinstance(x, Ref):
            return values[x]
        if isinstance(x, tuple | list):
            return type(x)(self._operand(part, values) for part in x)
        if isinstance(x, slice):
            return slice(*self._operand((x.start, x.stop, x.step), values))
        if isinstance(x, Ones | Eye):
            return getattr(self._jax.numpy, type(x).__name__.lower())(x.count, dtype=x.dtype)
        return x

    def _made(self, ref: Ref, call: Call, operands: Any, settings: Any) -> Any:
        """The result of one call, by the function of the same name."""
        dtype = self._program.kinds[ref].dtype
        if is_ufunc(call) and dtype.kind == "f":  # JAX has other rules for mixed dtypes
            operands = [x.astype(dtype) if getattr(x, "dtype", dtype) != dtype else x for x in operands]
        first, *others = operands
        if call.function == "[]":
            return self._jax.numpy.asarray(first)[others[0]]
        if call.function == ".item":
            return first.reshape(-1)[others[0]]
        if call.function == PLACED:
            at = self._jax.numpy.zeros(settings["shape"], first.dtype).at[settings["index"]]
            return at.add(first) if settings["adds"] else at.set(first)
        if call.function.startswith("."):
            return getattr(self._jax.numpy.asarray(first), call.function[1:])(*others, **settings)
        function = self._jax.numpy
        for name in call.function.split(".")[1:]:
            function = getattr(function, name)
        return function(*operands, **settings)


def _indices(told: Any, index: Any, shape: tuple[int, ...]) -> list[tuple[Any, int]]:
    """The values among the parts of an index, each with the length of its axis."""
    told, index = (x if isinstance(x, tuple) else (x,) for x in (told, index))
    taken = [part for part in told if part is not None]
    axes = iter(range(len(shape)))
    found = []
    for part, value in zip(told, index, strict=True):
        if part is Ellipsis:
            for _ in range(len(shape) - len(taken) + 1):
                next(axes)
        elif part is not None:
            axis = next(axes)
            found += [(value, shape[axis])] if isinstance(part, Ref) else []
    return found
