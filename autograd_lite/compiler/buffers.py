"""Buffers: arrays into which a program writes its results, each used again after its value's last use."""

import inspect
from collections import defaultdict
from functools import cache

import numpy as np

from autograd_lite.compiler.program import ArrayType, Call, Program, Ref, refs


def buffers(program: Program) -> tuple[dict[Ref, int], list[ArrayType]]:
    """Return the number of the buffer that each result is written into, and the types of the buffers.

    A buffer is free again after the last use of its value, also through views. An output has no buffer, so
    no array that a user holds is written into.
    """
    bases = memory_bases(program)
    last_use = {base: ref for ref, call in program.results() for x in call.uses() for base in bases[x]}
    outputs = {base for x in refs(program.outputs) for base in bases[x]}
    assigned: dict[Ref, int] = {}
    types: list[ArrayType] = []
    free: dict[ArrayType, list[int]] = defaultdict(list)

    def release(values: list[Ref]) -> None:
        for x in values:
            free[program.calls[x].type].append(assigned[x])

    for ref, call in program.results():
        operands = dict.fromkeys(base for x in call.uses() for base in bases[x])
        unneeded = [x for x in operands if last_use[x] == ref and x in assigned and not call.view]
        may_replace_operand = call.elementwise  # NumPy allows it for the same shape and dtype
        if may_replace_operand:
            release(unneeded)
        if call.type.shape and ref not in outputs and _takes_out(call):
            if not free[call.type]:
                free[call.type].append(len(types))
                types.append(call.type)
            assigned[ref] = free[call.type].pop()
        if not may_replace_operand:
            release(unneeded)
        if ref in assigned and ref not in last_use:
            release([ref])
    return assigned, types


def memory_bases(program: Program) -> dict[Ref, set[Ref]]:
    """Return the values whose memory each value may share. A value that is not a view has its own memory."""
    bases: dict[Ref, set[Ref]] = {}
    for i, call in enumerate(program.calls):
        bases[Ref(i)] = {base for x in call.uses() for base in bases[x]} if call.view else {Ref(i)}
    return bases


def _takes_out(call: Call) -> bool:
    """True if a call can write its result into an array."""
    fits = not call.view and len(call.operands) <= _operands_before_out(call.function)
    return fits or call.ufunc is not None


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
