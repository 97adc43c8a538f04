"""Turn a program for one vector into a program for all unit vectors at once, the rows of one array.

The Hessian is its products with all unit vectors. Computed together they are matrix products, such as
X.T * d @ X, and not a product for each unit vector.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.compiler.program import (
    ArrayType,
    Call,
    Program,
    Ref,
    function_of,
    map_call,
    map_refs,
    used_by,
)

_RESHAPES = (".reshape", ".ravel", ".flatten")


class NotVectorizedError(Exception):
    """A call that has no rule for many vectors."""


def for_unit_vectors(program: Program) -> Program:
    """Return the program with its last input replaced by all unit vectors, along a new first axis.

    The outputs must be linear in that input. Raises NotVectorizedError if a call has no rule.
    """
    return _Vectorizer(program).program()


class _Vectorizer:
    """Writes the new program. `rows` are the old values that get a new first axis, one entry per vector."""

    def __init__(self, old: Program) -> None:
        self.old = old
        self.inputs = old.inputs - 1
        vector = Ref(self.inputs)
        self.count = math.prod(old.types[vector].shape)
        self.calls: list[Call] = []
        self.types = list(old.types[: self.inputs])
        self.names = list(old.names[: self.inputs])
        self.comments = list(old.comments[: self.inputs])
        self.new: dict[Ref, Any] = {Ref(i): Ref(i) for i in range(self.inputs)}
        self.rows = {vector}
        self.new[vector] = np.eye(self.count, dtype=old.types[vector].dtype)
        if len(old.types[vector].shape) != 1:
            self.new[vector] = self.reshaped(self.new[vector], self.row_type(vector))

    def program(self) -> Program:
        for ref, call in self.old.results():
            if not self.rows.intersection(used_by(call)):
                renumbered = map_call(call, self.new.__getitem__)
                self.new[ref] = self.append(renumbered, self.old.types[ref], ref)
                continue
            self.rows.add(ref)
            self.new[ref] = self.vectorized(ref, call)
        outputs = tuple(self.output(x) for x in self.old.outputs)
        described = tuple(self.types), tuple(self.names), tuple(self.comments)
        return Program(self.inputs, tuple(self.calls), outputs, *described)

    def output(self, x: Any) -> Any:
        """Return an output for all vectors. It is 0 if it does not depend on them, because it is linear."""
        return self.new[x] if self.has_rows(x) else np.zeros((self.count, *self.old.shape(x)))

    def vectorized(self, ref: Ref, call: Call) -> Any:
        """Return the result of a call for all vectors."""
        x = call.operands[0]
        if call.function == "np.matmul":
            return self.product(ref, *call.operands)
        if call.function == "np.where" or (call.elementwise and not call.settings):
            return self.elementwise(ref, call)
        if not self.has_rows(x) or len(used_by(call)) > 1:
            raise NotVectorizedError(call.function)
        if call.function in _RESHAPES:
            return self.reshaped(self.new[x], self.row_type(ref), ref)
        for candidate in _candidates(call, len(self.old.types[x].shape)):
            if _works_by_rows(call, candidate, self.old.types[x]):
                operands = self.new[x], *candidate.operands[1:]
                return self.append(candidate._replace(operands=operands), self.row_type(ref), ref)
        raise NotVectorizedError(call.function)

    def elementwise(self, ref: Ref, call: Call) -> Any:
        """Return the result of an elementwise call. Operands with fewer axes get them after the first."""
        ndim = len(self.old.types[ref].shape)
        operands = [self.aligned(x, ndim) if self.has_rows(x) else self.renumbered(x) for x in call.operands]
        return self.append(Call(call.function, tuple(operands)), self.row_type(ref), ref)

    def aligned(self, x: Ref, ndim: int) -> Any:
        shape = self.old.types[x].shape
        if len(shape) == ndim:
            return self.new[x]
        wide = (self.count, *(1,) * (ndim - len(shape)), *shape)
        return self.reshaped(self.new[x], ArrayType(wide, self.old.types[x].dtype))

    def product(self, ref: Ref, a: Any, b: Any) -> Any:
        """Return a matrix product. Many vectors are the rows of a matrix."""
        ndims = len(self.old.shape(a)), len(self.old.shape(b))
        if (self.has_rows(a) and self.has_rows(b)) or max(ndims) > 2:
            raise NotVectorizedError("a product of stacks of matrices")
        left, right = self.renumbered((a, b))
        result = self.row_type(ref)
        if self.has_rows(b) and ndims == (2, 1):
            transposed = ArrayType(self.old.shape(a)[::-1], result.dtype)
            left = self.append(Call(".swapaxes", (left, -1, -2), view=True), transposed)
        if self.has_rows(b) and ndims[1] == 1:
            left, right = right, left
        return self.append(Call("np.matmul", (left, right)), result, ref)

    def has_rows(self, x: Any) -> bool:
        """True if an operand has the new first axis in the new program."""
        return isinstance(x, Ref) and x in self.rows

    def row_type(self, ref: Ref) -> ArrayType:
        old = self.old.types[ref]
        return ArrayType((self.count, *old.shape), old.dtype)

    def renumbered(self, x: Any) -> Any:
        """Return an operand with the values of the new program."""
        return map_refs(x, self.new.__getitem__)

    def reshaped(self, x: Any, kind: ArrayType, ref: Ref | None = None) -> Ref:
        return self.append(Call(".reshape", (x, kind.shape), view=True), kind, ref)

    def append(self, call: Call, kind: ArrayType, ref: Ref | None = None) -> Ref:
        """Append a call to the new program, with name and comment of an old value."""
        self.calls.append(call)
        self.types.append(kind)
        self.names.append("" if ref is None else self.old.names[ref])
        self.comments.append("" if ref is None else self.old.comments[ref])
        return Ref(len(self.types) - 1)


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
        expected = np.stack(
            [function_of(call)(row, *call.operands[1:], **dict(call.settings)) for row in rows]
        )
        found = function_of(candidate)(rows, *candidate.operands[1:], **dict(candidate.settings))
    except Exception:  # NumPy refuses the candidate
        return False
    return bool(np.shape(found) == expected.shape and np.allclose(found, expected, equal_nan=True))
