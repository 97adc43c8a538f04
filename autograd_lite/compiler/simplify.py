"""Passes: each makes a program that computes the same with less. Pure functions from program to program."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from autograd_lite.compiler.buffers import bases
from autograd_lite.compiler.program import (
    GUARD,
    Call,
    Eye,
    Kind,
    Ones,
    Program,
    Ref,
    changed,
    mapped,
    refs,
    shape_of,
    used,
)


def simplified(program: Program) -> Program:
    """The program after all passes, each of which leaves nothing to those before it."""
    return owned(without_unused(shared(without_identities(cheaper(program)))))


def owned(program: Program) -> Program:
    """With copies of results that are constants, or views of them or of inputs: a result is the caller's."""
    calls, kinds, base = list(program.calls), list(program.kinds), bases(program)
    returned: set[Any] = set()

    def own(x: Any) -> Any:
        if isinstance(x, tuple):
            return tuple(map(own, x))
        shape = shape_of(program, x)
        memory = base[x] if isinstance(x, Ref) else set()
        made = bool(memory) and not memory & returned and min(memory) >= program.inputs
        returned.update(memory)
        if not shape or made:
            return x
        dtype = program.kinds[x].dtype if isinstance(x, Ref) else x.dtype
        calls.append(Call(".copy", (x,), (), False))
        kinds.append(Kind(shape, dtype))
        return Ref(len(kinds) - 1)

    outputs = own(program.outputs)
    more = ("",) * (len(kinds) - len(program.kinds))
    return Program(
        program.inputs, tuple(calls), outputs, tuple(kinds), program.names + more, program.parts + more
    )


def without_unused(program: Program) -> Program:
    """Only the calls that an output or a guard depends on."""
    needed = set(refs(program.outputs))
    kept = []
    for ref, call in reversed(list(program.results())):
        if ref in needed or call.function == GUARD:
            needed.update(used(call))
            kept.append(ref)
    return keeping(program, set(kept), {})


def shared(program: Program) -> Program:
    """Equal calls made once."""
    first: dict[Hashable, Ref] = {}
    same: dict[Ref, Any] = {}
    for ref, call in program.results():
        key = _key(_ordered(changed(call, lambda r: same.get(r, r))))
        if (known := first.setdefault(key, ref)) is not ref:
            same[ref] = known
    return keeping(program, {ref for ref, _ in program.results() if ref not in same}, same)


def _ordered(call: Call) -> Call:
    """The call with operands in order where their order does not matter."""
    a_and_b = call.operands
    if call.function in ("np.add", "np.multiply") and all(isinstance(x, Ref) for x in a_and_b):
        return call._replace(operands=tuple(sorted(a_and_b)))
    return call


def without_identities(program: Program) -> Program:
    """Without x * 1, x + 0, -(-x), transposes of transposes, and whatever else changes nothing."""
    same: dict[Ref, Any] = {}
    made: dict[Ref, Call] = {}
    for ref, call in program.results():
        call = changed(call, lambda r: same.get(r, r))
        made[ref] = call
        if (simple := _identity(program, ref, call, made)) is not None:
            same[ref] = simple
    return keeping(program, {ref for ref, _ in program.results() if ref not in same}, same)


_POWERS = {2: "np.square", 0.5: "np.sqrt", -1: "np.reciprocal"}  # as NumPy computes x ** 2
_FEW = 1024  # entries that BLAS adds up to the last digits but one, without NumPy's pairs of halves


def cheaper(program: Program) -> Program:
    """Powers and sums by cheaper calls: x ** 2 as a square, sums over rows as products with ones."""
    calls = [_cheaper(program, ref, call) for ref, call in program.results()]
    return program._replace(calls=tuple(calls))


def _cheaper(program: Program, ref: Ref, call: Call) -> Call:
    x = call.operands[0] if call.operands else None
    if not isinstance(x, Ref) or program.kinds[ref].bare or program.kinds[ref].dtype.kind != "f":
        return call
    (*_, rows), dtype = (0, *program.kinds[x].shape[:1]), program.kinds[x].dtype
    ndim, axis = len(program.kinds[x].shape), dict(call.settings).get("axis")
    squared = call.function == "np.power" and _number(call.operands[1]) == 2
    if squared or (call.function == "np.power" and ndim and _number(call.operands[1]) in _POWERS):
        return Call(_POWERS[_number(call.operands[1])], (x,), (), False)
    if call.function == ".sum" and dtype == program.kinds[ref].dtype and rows:
        whole = ndim == 1 and set(dict(call.settings)) <= {"axis"} and rows <= _FEW
        by_rows = ndim == 2 and set(dict(call.settings)) == {"axis"} and axis in (0, (0,))
        if whole or by_rows:
            return Call("np.matmul", (Ones(rows, dtype), x), (), False)
    return call


_NEUTRAL = {  # the constant that changes nothing, by side: None where it does
    "np.multiply": (1, 1), "np.divide": (None, 1), "np.add": (0, 0), "np.subtract": (None, 0),
    "np.power": (None, 1),
}  # fmt: skip


def _identity(program: Program, ref: Ref, call: Call, made: dict[Ref, Call]) -> Ref | None:
    """The earlier value that a call only repeats, if it does."""
    found = None
    if call.function in _NEUTRAL:
        for neutral, constant, other in zip(
            _NEUTRAL[call.function], call.operands, reversed(call.operands), strict=True
        ):
            if neutral is not None and isinstance(other, Ref) and _all(constant, neutral):
                found = other
    elif call.function == "np.matmul" and any(isinstance(x, Eye) for x in call.operands):
        found = next((x for x in call.operands if isinstance(x, Ref)), None)
    elif (
        call.function == ".swapaxes"
        and len({a % len(program.kinds[ref].shape) for a in call.operands[1:]}) == 1
    ):
        found = call.operands[0]
    elif call.function == "np.negative":
        inner = made.get(call.operands[0])
        found = inner.operands[0] if inner and inner.function == "np.negative" else None
    elif call.function == ".transpose" and len(call.operands) == 1:
        inner = made.get(call.operands[0])
        if inner and inner.function == ".transpose" and len(inner.operands) == 1:
            found = inner.operands[0]
    elif call.function in (".reshape", ".sum", ".mean", ".max", ".min") and isinstance(call.operands[0], Ref):
        alone = call.function == ".reshape" or not program.kinds[call.operands[0]].shape
        found = call.operands[0] if alone else None
    # A signed zero: x + 0 turns -0.0 into 0.0, which no comparison sees.
    return found if found is not None and program.kinds[found] == program.kinds[ref] else None


def _all(constant: Any, neutral: float) -> bool:
    """Whether a constant is this number, or an array of nothing else."""
    if isinstance(constant, np.ndarray):
        return bool((constant == neutral).all())
    return bool(_number(constant) == neutral)


def _number(x: Any) -> Any:
    """A constant if it is a number, None for anything else."""
    return x if isinstance(x, int | float | np.generic) and not isinstance(x, Ref) else None


def keeping(program: Program, kept: set[Ref], same: dict[Ref, Any]) -> Program:
    """The program with these calls only, its values numbered anew; `same` has what stands for others."""
    number = {Ref(i): Ref(i) for i in range(program.inputs)}
    calls, kinds = [], list(program.kinds[: program.inputs])
    names, parts = list(program.names[: program.inputs]), list(program.parts[: program.inputs])

    def renumbered(ref: Ref) -> Any:
        while ref in same:
            ref = same[ref]
        return number[ref]

    called: dict[Ref, str] = {}  # a value that stands for one with a name gets its name
    for ref, standing in same.items():
        while standing in same:
            standing = same[standing]
        called.setdefault(standing, program.names[ref])
    for ref, call in program.results():
        if ref in kept:
            calls.append(changed(call, renumbered))
            number[ref] = Ref(len(kinds))
            kinds.append(program.kinds[ref])
            names.append(program.names[ref] or ("" if call.view else called.get(ref, "")))
            parts.append(program.parts[ref])
    outputs = mapped(program.outputs, renumbered)
    return Program(program.inputs, tuple(calls), outputs, tuple(kinds), tuple(names), tuple(parts))


def _key(operand: Any) -> Hashable:
    """What makes two operands equal: references, numbers and short arrays by value, long ones by identity."""
    kind = type(operand)
    if kind is Ref or kind is str or operand is None:
        return operand  # type: ignore[no-any-return]
    if kind is Call:
        return operand.function, _key(operand.operands), _key(operand.settings)
    if kind is tuple or kind is list:
        return kind, *[_key(part) for part in operand]
    if kind is slice:
        return slice, _key(operand.start), _key(operand.stop), _key(operand.step)
    return kind, _array_key(operand) if kind is np.ndarray else repr(operand)


def _array_key(x: Any) -> Hashable:
    return (x.shape, x.dtype.str, x.tobytes()) if x.nbytes <= 4096 else id(x)
