"""Turn a program for one vector into a program for all unit vectors at once.

The rows of a Hessian are its products with the unit vectors. If the unit vectors are the rows of one array,
the program computes all products by a few matrix products, such as X.T * d @ X.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.compiler.program import ArrayType, Call, Program, Ref, function_of, map_refs


class NotVectorizedError(Exception):
    """A call that has no rule for many vectors."""


class Vectorizer:
    """Replaces the last input of a program by all unit vectors, along a new first axis.

    The outputs must be linear in that input. `rows` are the old values that get the new axis.
    """

    def __init__(self, old: Program) -> None:
        self.old = old
        self.inputs = old.inputs - 1
        vector = Ref(self.inputs)
        shape, dtype, _ = old.calls[vector].type
        self.count = math.prod(shape)
        self.calls = list(old.calls[: self.inputs])
        self.new: dict[Ref, Any] = {Ref(i): Ref(i) for i in range(self.inputs)}
        self.rows = {vector}
        self.new[vector] = np.eye(self.count, dtype=dtype)
        if len(shape) != 1:
            self.new[vector] = self.reshaped(self.new[vector], shape, dtype)

    def program(self) -> Program:
        """Return the new program. Raises NotVectorizedError if a call has no rule."""
        for ref, call in self.old.results():
            if self.rows.intersection(call.uses()):
                self.rows.add(ref)
                self.new[ref] = self.vectorized(call)
            else:
                self.new[ref] = self.append(call.map(self.new.__getitem__))
        return Program(self.inputs, tuple(self.calls), tuple(map(self.output, self.old.outputs)))

    def output(self, x: Any) -> Any:
        """Return an output for all vectors. It is 0 if it does not depend on them, because it is linear."""
        return self.new[x] if self.has_rows(x) else np.zeros((self.count, *self.old.shape(x)))

    def vectorized(self, call: Call) -> Ref:
        """Return the result of a call for all vectors."""
        x = call.operands[0]
        if call.function == "np.matmul":
            return self.product(call, *call.operands)
        if call.function == "np.where" or (call.elementwise and not call.settings):
            return self.elementwise(call)
        if not self.has_rows(x) or len(call.uses()) > 1:
            raise NotVectorizedError(call.function)
        if call.function in (".reshape", ".ravel", ".flatten"):
            return self.reshaped(self.new[x], *call.type[:2], call.name, call.comment)
        kind = self.old.calls[x].type
        for candidate in _candidates(call, len(kind.shape)):
            if _works_by_rows(call, candidate, kind):
                return self.append_rows(candidate, self.new[x], *candidate.operands[1:])
        raise NotVectorizedError(call.function)

    def elementwise(self, call: Call) -> Ref:
        """Return the result of an elementwise call. Operands with fewer axes get them after the first."""
        operands = []
        for x in call.operands:
            new = self.renumbered(x)
            shape = self.old.shape(x)
            missing = len(call.type.shape) - len(shape)
            if self.has_rows(x) and missing:
                new = self.reshaped(new, (1,) * missing + shape, self.old.calls[x].type.dtype)
            operands.append(new)
        return self.append_rows(call, *operands)

    def product(self, call: Call, a: Any, b: Any) -> Ref:
        """Return a matrix product. Many vectors are the rows of a matrix."""
        ndims = len(self.old.shape(a)), len(self.old.shape(b))
        if (self.has_rows(a) and self.has_rows(b)) or max(ndims) > 2:
            raise NotVectorizedError("a product of stacks of matrices")
        left, right = self.renumbered((a, b))
        if self.has_rows(b) and ndims == (2, 1):
            transposed = ArrayType(self.old.shape(a)[::-1], call.type.dtype)
            left = self.append(Call(".swapaxes", (left, -1, -2), transposed, view=True))
        if self.has_rows(b) and ndims[1] == 1:
            left, right = right, left
        return self.append_rows(call, left, right)

    def has_rows(self, x: Any) -> bool:
        """True if an operand has the new first axis in the new program."""
        return isinstance(x, Ref) and x in self.rows

    def renumbered(self, x: Any) -> Any:
        """Return an operand with the values of the new program."""
        return map_refs(x, self.new.__getitem__)

    def reshaped(self, x: Any, shape: tuple[int, ...], dtype: Any, name: str = "", comment: str = "") -> Ref:
        """Return rows with entries of another shape."""
        rows = ArrayType((self.count, *shape), dtype)
        return self.append(Call(".reshape", (x, rows.shape), rows, (), True, name, comment))

    def append_rows(self, call: Call, *operands: Any) -> Ref:
        """Append a call to the new program, with these operands and a new first axis."""
        rows = ArrayType((self.count, *call.type.shape), call.type.dtype)
        return self.append(call._replace(operands=operands, type=rows))

    def append(self, call: Call) -> Ref:
        self.calls.append(call)
        return Ref(len(self.calls) - 1)


def _candidates(call: Call, ndim: int) -> Iterator[Call]:
    """Yield calls that may compute for rows what a call computes for one array of `ndim` axes."""
    x, *others = call.operands
    settings = dict(call.settings)
    yield call
    if call.function == "[]":
        index = others[0] if isinstance(others[0], tuple) else (others[0],)
        yield call._replace(operands=(x, (slice(None), *index)))
        return
    axis = settings.get("axis")
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    shifted = tuple(a % ndim + 1 for a in axes)
    settings["axis"] = shifted[0] if isinstance(axis, int) else shifted
    yield call._replace(settings=tuple(sorted(settings.items())))
    if all(isinstance(other, int) for other in others):
        yield call._replace(operands=(x, *(a % ndim + 1 for a in others)))


def _works_by_rows(call: Call, candidate: Call, kind: ArrayType) -> bool:
    """True if a candidate computes for two random rows what the call computes for each of them."""
    rows = np.random.default_rng(0).normal(size=(2, *kind.shape)).astype(kind.dtype)
    try:
        expected = np.stack([_run(call, row) for row in rows])
        found = _run(candidate, rows)
    except Exception:  # NumPy refuses the candidate
        return False
    return bool(np.shape(found) == expected.shape and np.allclose(found, expected, equal_nan=True))


def _run(call: Call, x: Any) -> Any:
    """Return the result of a call with x in place of its first operand."""
    return function_of(call)(x, *call.operands[1:], **dict(call.settings))
