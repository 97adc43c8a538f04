"""Buffers: arrays into which a program writes its results, each used again after its value's last use."""

import inspect
from functools import cache

import numpy as np

from autograd_lite.compiler.program import ArrayType, Call, Program, Ref, refs, used_by


def buffers(program: Program) -> tuple[dict[Ref, int], list[ArrayType]]:
    """Return the number of the buffer that each result is written into, and the types of the buffers.

    A buffer is free again after the last use of its value, also through views. An output has no buffer, so
    no array that a user holds is written into.
    """
    bases = memory_bases(program)
    last_use: dict[Ref, Ref] = {}
    for ref, call in program.results():
        last_use |= {base: ref for x in used_by(call) for base in bases[x]}
    outputs = {base for x in refs(program.outputs) for base in bases[x]}
    assigned: dict[Ref, int] = {}
    types: list[ArrayType] = []
    free: dict[ArrayType, list[int]] = {}

    for ref, call in program.results():
        operands = dict.fromkeys(base for x in used_by(call) for base in bases[x])
        unneeded = [x for x in operands if last_use[x] == ref and x in assigned and not call.view]
        kind = program.types[ref]
        may_replace_operand = call.elementwise  # NumPy allows it for the same shape and dtype
        if may_replace_operand:
            _release(unneeded, assigned, types, free)
        if kind.shape and ref not in outputs and _takes_out(call):
            if not free.get(kind):
                free[kind] = [len(types)]
                types.append(kind)
            assigned[ref] = free[kind].pop()
        if not may_replace_operand:
            _release(unneeded, assigned, types, free)
        if ref in assigned and ref not in last_use:
            free[kind].append(assigned[ref])
    return assigned, types


def _release(
    values: list[Ref], assigned: dict[Ref, int], types: list[ArrayType], free: dict[ArrayType, list[int]]
) -> None:
    for ref in values:
        free.setdefault(types[assigned[ref]], []).append(assigned[ref])


def memory_bases(program: Program) -> dict[Ref, set[Ref]]:
    """Return the values whose memory each value may share. A value that is not a view has its own memory."""
    bases = {Ref(i): {Ref(i)} for i in range(program.inputs)}
    for ref, call in program.results():
        bases[ref] = {base for x in used_by(call) for base in bases[x]} if call.view else {ref}
    return bases


def _takes_out(call: Call) -> bool:
    """True if a call can write its result into an array."""
    if call.ufunc is not None:
        return True
    return not call.view and len(call.operands) <= _operands_before_out(call.function)


@cache
def _operands_before_out(name: str) -> int:
    """Return how many operands a NumPy function, or a method of that name, takes before `out`.

    It is 0 for a function without `out`, and for one with a `mode`, which fills `out` by a copy.
    """
    function = getattr(np, name.removeprefix("np.").removeprefix("."), None)
    try:
        parameters = [] if isinstance(function, np.ufunc) else [*inspect.signature(function).parameters]  # type: ignore[arg-type]
    except (TypeError, ValueError):  # it is not a function, or has no signature
        return 0
    return parameters.index("out") if "out" in parameters and "mode" not in parameters else 0
