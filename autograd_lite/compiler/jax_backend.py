"""Programs under jax.jit: the same calls, compiled by XLA for a CPU, a GPU or a TPU (extra `jax`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.compiler.program import GUARD, SCATTER, Call, Program, Ref, function_of, map_refs
from autograd_lite.extras import require


class JaxFunction:
    """A program as a function of arrays. A training step makes `steps` steps in a call.

    `carried` has a list for each parameter: the positions of the inputs that a step updates, its data and
    its state. Results are read-only NumPy arrays. If they come back as arguments, they are taken from the
    device.
    """

    def __init__(self, program: Program, steps: int = 1, carried: Sequence[Sequence[int]] = ()) -> None:
        self._jax = require("jax", "jax")
        self._program = program
        self._steps = steps
        self._carried = carried
        self._run = self._jax.jit(self._run_once if steps == 1 else self._run_often)
        self._on_device: dict[int, tuple[Any, Any]] = {}  # results of the last call, by identity

    def __call__(self, inputs: Sequence[Any]) -> Any:
        with self._jax.enable_x64(True):
            known = [self._on_device.get(id(x), (None, x)) for x in inputs]
            pairs = zip(inputs, known, strict=True)
            results, guards_hold = self._run(*[device if host is x else x for x, (host, device) in pairs])
        if not guards_hold:
            return None
        self._on_device = {}
        return self._to_host(results, self._program.outputs)

    def _to_host(self, result: Any, output: Any) -> Any:
        if isinstance(result, tuple):
            return tuple([self._to_host(x, o) for x, o in zip(result, output, strict=True)])
        if isinstance(output, Ref) and self._program.calls[output].type.python_scalar:
            return result.item()
        host = np.asarray(result)[()]
        self._on_device[id(host)] = host, result
        return host

    def _run_once(self, *inputs: Any) -> Any:
        """Return the results, and whether all guards hold."""
        numpy = self._jax.numpy
        values = list(inputs)
        guards_hold = True
        for _, call in self._program.results():
            operands, settings = map_refs((call.operands, call.settings), values.__getitem__)
            settings = dict(settings)
            if call.function == "[]":  # JAX returns another entry for an index that is out of range
                for index, size in _traced_indices(call.operands[1], operands[1], operands[0].shape):
                    in_range = numpy.all((index >= -size) & (index < size))
                    guards_hold = numpy.logical_and(guards_hold, in_range)
            if call.function == GUARD:
                guards_hold = numpy.logical_and(guards_hold, operands[0] == settings["expected"])
                values.append(None)
            else:
                values.append(self._result(call, operands, settings))
        return map_refs(self._program.outputs, values.__getitem__), guards_hold

    def _run_often(self, *inputs: Any) -> Any:
        """Return the results of the last of many steps, with all losses and the sum of all squares."""
        positions = [position for positions in self._carried for position in positions]

        def body(carried: Any, _: Any) -> Any:
            values = list(inputs)
            for position, x in zip(positions, carried, strict=True):
                values[position] = x
            (loss, squares, others, *updated), guards_hold = self._run_once(*values)
            return [x for part in updated for x in part], (loss, squares, others, guards_hold)

        last, (losses, squares, others, guards_hold) = self._jax.lax.scan(
            body, [inputs[position] for position in positions], None, length=self._steps
        )
        values = iter(last)
        updated = [tuple([next(values) for _ in positions]) for positions in self._carried]
        others = self._jax.tree.map(lambda x: x[-1], others)
        return (losses, squares.sum(), others, *updated), guards_hold.all()

    def _result(self, call: Call, operands: Any, settings: Any) -> Any:
        """Return the result of one call, by the function of JAX with the same name."""
        numpy = self._jax.numpy
        dtype = call.type.dtype
        if call.ufunc and dtype.kind == "f":  # JAX has other rules for mixed dtypes
            operands = [x.astype(dtype) if getattr(x, "dtype", dtype) != dtype else x for x in operands]
        first, *others = operands
        if call.function == ".item":
            return first.reshape(-1)[others[0]]
        if call.function == SCATTER:
            at = numpy.zeros(settings["shape"], first.dtype).at[settings["index"]]
            return at.add(first) if settings["adds"] else at.set(first)
        if call.function[0] in ".[":
            first = numpy.asarray(first)
        try:
            function = function_of(call, numpy, type(first))
        except AttributeError:
            raise TypeError(
                f"compile: jax.numpy has no {call.function}, which the function calls; use backend='numpy'"
            ) from None
        return function(first, *others, **settings)


def _traced_indices(index: Any, values: Any, shape: tuple[int, ...]) -> list[tuple[Any, int]]:
    """Return the parts of an index that the program computes, each with the length of its axis."""
    parts = index if isinstance(index, tuple) else (index,)
    values = values if isinstance(values, tuple) else (values,)
    axis = 0
    found = []
    for part, value in zip(parts, values, strict=True):
        if isinstance(part, Ref):
            found.append((value, shape[axis]))
        if part is Ellipsis:
            axis += len(shape) - sum(x is not None and x is not Ellipsis for x in parts)
        elif part is not None:
            axis += 1
    return found
