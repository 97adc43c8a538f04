"""A program for one vector made into a program for all unit vectors at once, as rows of one array.

So the Hessian, which is the products with all unit vectors, takes the matrix products that one writes by
hand, X.T * d @ X, and not a product at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.compiler.buffers import is_ufunc
from autograd_lite.compiler.program import Call, Eye, Kind, Program, Ref, axes_of, mapped, shape_of, used


class UnbatchedError(Exception):
    """A call that does not say how it is made for many vectors."""


def batched(program: Program, x: Ref) -> Program:
    """The program with the last of its inputs, x, replaced by all unit vectors of its shape, along axis 0."""
    return _Batch(program, x).program()


class _Batch:
    def __init__(self, old: Program, x: Ref) -> None:
        self.old, self.rows = old, int(np.prod(old.kinds[x].shape))
        self.inputs, self.calls = int(x), list[Call]()
        self.kinds, self.names, self.parts = list(old.kinds[:x]), list(old.names[:x]), list(old.parts[:x])
        self.now: dict[Ref, Any] = {Ref(i): Ref(i) for i in range(x)}
        self.many: set[Ref] = {x}  # values of the old program that have an axis more in the new one
        eye, shape = Eye(self.rows, old.kinds[x].dtype), (self.rows, *old.kinds[x].shape)
        self.now[x] = eye if len(shape) == 2 else self.call(".reshape", eye, shape, kind=self.kind(x))

    def program(self) -> Program:
        """The new program."""
        for ref, call in self.old.results():
            if not self.many.intersection(used(call)):
                self.now[ref] = self.add(
                    ref, Call(call.function, *self.renumbered(call), call.view), self.old.kinds[ref]
                )
                continue
            self.many.add(ref)
            self.now[ref] = self.rule(call)(ref, call)
        outputs = tuple(self.output(x) for x in self.old.outputs)
        return Program(
            self.inputs, tuple(self.calls), outputs, tuple(self.kinds), tuple(self.names), tuple(self.parts)
        )

    def output(self, x: Any) -> Any:
        """A result for all vectors: 0 where it depends on none, being linear in them."""
        if self.is_many(x):
            return self.now[x]
        return np.zeros((self.rows, *shape_of(self.old, x)))

    def rule(self, call: Call) -> Callable[[Ref, Call], Any]:
        """How a call is made for many vectors."""
        if call.function in _RULES:
            return getattr(self, _RULES[call.function])  # type: ignore[no-any-return]
        if is_ufunc(call) and not call.settings:
            return self.elementwise
        raise UnbatchedError(call.function)

    def elementwise(self, ref: Ref, call: Call) -> Any:
        """Entry by entry: what has fewer axes than the result gets them after the first."""
        ndim = len(self.old.kinds[ref].shape)
        operands = [self.aligned(x, ndim) if self.is_many(x) else self.value(x) for x in call.operands]
        return self.call(call.function, *operands, kind=self.kind(ref), ref=ref)

    def aligned(self, x: Ref, ndim: int) -> Any:
        """A value with as many axes as the result has, besides the first."""
        shape = self.old.kinds[x].shape
        if len(shape) == ndim:
            return self.now[x]
        wide = (self.rows, *(1,) * (ndim - len(shape)), *shape)
        return self.call(".reshape", self.now[x], wide, kind=Kind(wide, self.old.kinds[x].dtype))

    def product(self, ref: Ref, call: Call) -> Any:
        """Matrix products: vectors of which there are many are the rows of a matrix."""
        a, b = call.operands
        many_a, many_b = self.is_many(a), self.is_many(b)
        ndim_a, ndim_b = (len(shape_of(self.old, x)) for x in (a, b))
        kind = self.kind(ref)
        if many_a and many_b:
            if ndim_a == ndim_b == 1:
                both = Kind(self.kind(a).shape, kind.dtype)
                each = self.call("np.multiply", self.now[a], self.now[b], kind=both)
                return self.call(".sum", each, settings=(("axis", (1,)),), kind=kind, ref=ref)
            raise UnbatchedError("a product of two values")
        if many_b and ndim_b == 1 and ndim_a == 2:
            shape = Kind(shape_of(self.old, a)[::-1], kind.dtype)
            turned = self.call(".swapaxes", self.value(a), -1, -2, kind=shape, view=True)
            return self.call("np.matmul", self.now[b], turned, kind=kind, ref=ref)
        if many_b and ndim_b == 1 and ndim_a == 1:
            return self.call("np.matmul", self.now[b], self.value(a), kind=kind, ref=ref)
        if max(ndim_a, ndim_b) > 2:
            raise UnbatchedError("a product of stacks")
        return self.call("np.matmul", self.value(a), self.value(b), kind=kind, ref=ref)

    def reduction(self, ref: Ref, call: Call) -> Any:
        """Along the same axes, one further."""
        settings = dict(call.settings)
        settings["axis"] = tuple(a + 1 for a in axes_of(self.old, call))
        told = tuple(sorted(settings.items()))
        return self.call(
            call.function, self.now[call.operands[0]], settings=told, kind=self.kind(ref), ref=ref
        )

    def reshaped(self, ref: Ref, call: Call) -> Any:
        """To the shape of the result, which is known."""
        kind = self.kind(ref)
        return self.call(".reshape", self.now[call.operands[0]], kind.shape, kind=kind, ref=ref, view=True)

    def swapped(self, ref: Ref, call: Call) -> Any:
        """The same axes, one further."""
        x, *axes = call.operands
        ndim = len(self.old.kinds[x].shape)
        turned = [a % ndim + 1 for a in axes]
        return self.call(".swapaxes", self.now[x], *turned, kind=self.kind(ref), ref=ref, view=True)

    def same(self, ref: Ref, call: Call) -> Any:
        """The call as it is."""
        operands, settings = self.renumbered(call)
        return self.call(call.function, *operands, settings=settings, kind=self.kind(ref), ref=ref)

    def is_many(self, x: Any) -> bool:
        """Whether an operand has an axis more in the new program."""
        return isinstance(x, Ref) and x in self.many

    def kind(self, ref: Ref) -> Kind:
        """What the old value is, of which there now are many."""
        kind = self.old.kinds[ref]
        return Kind((self.rows, *kind.shape), kind.dtype)

    def value(self, x: Any) -> Any:
        """An operand in the new program."""
        return mapped(x, self.now.__getitem__)

    def renumbered(self, call: Call) -> tuple[Any, Any]:
        """The operands and settings of a call in the new program."""
        return self.value(call.operands), self.value(call.settings)

    def call(
        self,
        function: str,
        *operands: Any,
        kind: Kind,
        settings: Any = (),
        ref: Ref | None = None,
        view: bool = False,
    ) -> Ref:
        """A call at the end of the new program."""
        return self.add(ref, Call(function, operands, settings, view or function == ".reshape"), kind)

    def add(self, ref: Ref | None, call: Call, kind: Kind) -> Ref:
        """A call at the end of the new program, named as in the old one."""
        self.calls.append(call)
        self.kinds.append(kind)
        self.names.append(self.old.names[ref] if ref is not None else "")
        self.parts.append(self.old.parts[ref] if ref is not None else "")
        return Ref(len(self.kinds) - 1)


_RULES = {
    "np.matmul": "product", "np.where": "elementwise", ".sum": "reduction", ".mean": "reduction",
    ".max": "reduction", ".min": "reduction", ".prod": "reduction", ".reshape": "reshaped",
    ".ravel": "reshaped", ".swapaxes": "swapped", ".astype": "same", ".copy": "same",
}  # fmt: skip
