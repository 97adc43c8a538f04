"""Buffers: which results of a program are written into which memory, so that little of it serves many."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autograd_lite.compiler.program import Call, Kind, Program, Ref, refs, used

_WRITING = {".sum", ".max", ".min", ".mean", ".prod", ".cumsum", ".all", ".any"}  # methods with out=


def buffers(program: Program) -> tuple[dict[Ref, int], list[Kind]]:
    """The number of the buffer that each result is written into, and what the buffers are.

    A buffer is free again after the last use of what is in it, also through views; a result that is
    returned has none, so nothing that a user holds is ever written into.
    """
    base = bases(program)
    last: dict[Ref, Ref] = {}
    for ref, call in program.results():
        last |= {b: ref for r in used(call) for b in base[r]}
    kept = {b for r in refs(program.outputs) for b in base[r]}
    into: dict[Ref, int] = {}
    kinds: list[Kind] = []
    free: dict[Kind, list[int]] = {}
    for ref, call in program.results():
        read = dict.fromkeys(b for r in used(call) for b in base[r])
        dying = [] if call.view else [b for b in read if last.get(b) == ref and b in into]
        elementwise = is_ufunc(call) and call.function != "np.matmul"
        if elementwise:  # NumPy allows the result to replace an operand of the same shape and dtype
            _give_back(dying, into, kinds, free)
        kind = program.kinds[ref]
        if kind.shape and ref not in kept and not call.view and _writes(call):
            if not free.get(kind):
                free.setdefault(kind, []).append(len(kinds))
                kinds.append(kind)
            into[ref] = free[kind].pop()
        if not elementwise:
            _give_back(dying, into, kinds, free)
        if ref in into and ref not in last:
            free.setdefault(kind, []).append(into[ref])
    return into, kinds


def _give_back(
    dying: list[Ref], into: Mapping[Ref, int], kinds: list[Kind], free: dict[Kind, list[int]]
) -> None:
    for ref in dying:
        free.setdefault(kinds[into[ref]], []).append(into[ref])


def bases(program: Program) -> dict[Ref, set[Ref]]:
    """The values whose memory each value may share: itself, unless it is a view."""
    base = {Ref(i): {Ref(i)} for i in range(program.inputs)}
    for ref, call in program.results():
        base[ref] = {b for r in used(call) for b in base[r]} if call.view else {ref}
    return base


def _writes(call: Call) -> bool:
    return is_ufunc(call) or call.function in _WRITING


def is_ufunc(call: Call) -> bool:
    """Whether a call is one of a ufunc, in the dtype it has by itself."""
    name = call.function.removeprefix("np.")
    return isinstance(getattr(np, name, None), np.ufunc) and "dtype" not in dict(call.settings)
