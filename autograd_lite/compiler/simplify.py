"""Passes over a program: each returns a program that computes the same with less work."""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.compiler.buffers import memory_bases
from autograd_lite.compiler.constants import is_identity_matrix, literal
from autograd_lite.compiler.program import GUARD, INPUT, ArrayType, Call, Program, Ref, refs, select

_POWERS = {2: "np.square", 0.5: "np.sqrt", -1: "np.reciprocal"}  # NumPy computes x ** 2 as np.square(x)
_SHORT = 1024  # entries that BLAS adds with nearly the accuracy of NumPy's pairwise summation
_NEUTRAL = {  # for each operand, the constant that leaves the other operand as it is
    "np.multiply": (1, 1),
    "np.divide": (None, 1),
    "np.add": (0, 0),
    "np.subtract": (None, 0),
    "np.power": (None, 1),
}
_NUMERIC = (int, float, np.generic, np.ndarray)
_COMPARED_BY_VALUE = 4096  # bytes of a constant array; longer ones are compared by identity


def simplified(program: Program) -> Program:
    """Return the program after all passes."""
    program = fold_identities(reduce_strength(program))
    return copy_aliased_outputs(eliminate_dead_code(eliminate_common_subexpressions(program)))


def reduce_strength(program: Program) -> Program:
    """Replace powers and sums by cheaper calls: x ** 2 by np.square(x), a sum of rows by ones @ x."""
    return program._replace(calls=tuple(_cheaper(program, call) for call in program.calls))


def _cheaper(program: Program, call: Call) -> Call:
    x = call.operands[0] if call.operands else None
    if not isinstance(x, Ref) or call.type.python_scalar or call.type.dtype.kind != "f":
        return call
    shape, dtype, _ = program.calls[x].type
    if call.function == "np.power":
        exponent = call.operands[1]
        is_number = isinstance(exponent, int | float | np.generic) and not isinstance(exponent, Ref)
        if is_number and exponent in _POWERS and (shape or exponent == 2):
            return call._replace(function=_POWERS[exponent], operands=(x,), settings=())
    if call.function == ".sum" and dtype == call.type.dtype and shape and shape[0]:
        settings = dict(call.settings)
        short_vector = len(shape) == 1 and settings.keys() <= {"axis"} and shape[0] <= _SHORT
        rows = len(shape) == 2 and settings.keys() == {"axis"} and settings["axis"] in (0, (0,))
        if short_vector or rows:
            return call._replace(function="np.matmul", operands=(_ones(shape[0], dtype), x), settings=())
    return call


@lru_cache(maxsize=8)
def _ones(count: int, dtype: np.dtype[Any]) -> Any:
    return np.ones(count, dtype)


def fold_identities(program: Program) -> Program:
    """Remove x * 1, x + 0, -(-x), transposes of transposes, and other calls that change nothing."""
    same: dict[Ref, Ref] = {}
    calls: list[Call] = []
    for i, call in enumerate(program.calls):
        calls.append(call.map(lambda r: same.get(r, r)))
        known = _unchanged_operand(calls)
        # x + 0 turns -0.0 into 0.0, which no comparison can see.
        if known is not None and calls[known].type == call.type:
            same[Ref(i)] = known
    return _replaced(program, same)


def _unchanged_operand(calls: list[Call]) -> Ref | None:
    """Return an earlier value of the same entries as the result of the last call, if there is one."""
    call = calls[-1]
    x = next((operand for operand in call.operands if isinstance(operand, Ref)), None)
    if x is None:
        return None
    unchanged = False
    match call.function:
        case "np.multiply" | "np.divide" | "np.add" | "np.subtract" | "np.power":
            return _other_than_neutral(call)
        case "np.matmul":
            unchanged = any(map(is_identity_matrix, call.operands))
        case ".swapaxes":
            unchanged = len({axis % len(call.type.shape) for axis in call.operands[1:]}) == 1
        case ".reshape":
            unchanged = True
        case ".sum" | ".mean" | ".max" | ".min" | ".prod":
            unchanged = not calls[x].type.shape
        case "np.negative" | ".transpose":
            inner = calls[x]
            if inner.function == call.function and len(inner.operands) == len(call.operands) == 1:
                return inner.operands[0]  # type: ignore[no-any-return]
    return x if unchanged else None


def _other_than_neutral(call: Call) -> Ref | None:
    pairs = zip(_NEUTRAL[call.function], call.operands, reversed(call.operands), strict=True)
    for neutral, constant, other in pairs:
        is_constant = isinstance(constant, _NUMERIC) and not isinstance(constant, Ref)
        if neutral is not None and isinstance(other, Ref) and is_constant and np.all(constant == neutral):
            return other
    return None


def eliminate_common_subexpressions(program: Program) -> Program:
    """Make equal calls once."""
    first: dict[Hashable, Ref] = {}
    same: dict[Ref, Ref] = {}
    for ref, call in program.results():
        call = call.map(lambda r: same.get(r, r))
        if call.function in ("np.add", "np.multiply") and all(isinstance(x, Ref) for x in call.operands):
            call = call._replace(operands=tuple(sorted(call.operands)))  # their order does not matter
        known = first.setdefault(_key((call.function, call.operands, call.settings)), ref)
        if known is not ref:
            same[ref] = known
    return _replaced(program, same)


def _key(operand: Any) -> Hashable:
    """Return a key that is equal for equal operands."""
    kind = type(operand)
    if kind is Ref or kind is str or operand is None:
        return operand  # type: ignore[no-any-return]
    if kind is tuple or kind is list:
        return kind, *[_key(part) for part in operand]
    if kind is slice:
        return slice, _key(operand.start), _key(operand.stop), _key(operand.step)
    if kind is np.ndarray:
        by_value = operand.nbytes <= _COMPARED_BY_VALUE
        return (operand.shape, operand.dtype.str, operand.tobytes()) if by_value else (kind, id(operand))
    return kind, literal(operand) or id(operand)


def eliminate_dead_code(program: Program) -> Program:
    """Keep only the calls that an output or a guard depends on."""
    needed = set(refs(program.outputs))
    order: list[Ref] = []
    for i, call in reversed(list(enumerate(program.calls))):
        if i in needed or call.function in (INPUT, GUARD):
            needed.update(call.uses())
            order.append(Ref(i))
    return select(program.calls, order[::-1], program.outputs, {})


def copy_aliased_outputs(program: Program) -> Program:
    """Copy outputs that are constants, inputs or views, so that the caller may write into what it gets."""
    calls = list(program.calls)
    bases = memory_bases(program)
    returned: set[Ref] = set()

    def copied(x: Any) -> Any:
        if isinstance(x, tuple):
            return tuple(map(copied, x))
        if not program.shape(x):
            return x
        memory = bases[x] if isinstance(x, Ref) else set()
        fresh = bool(memory) and not memory & returned and min(memory) >= program.inputs
        returned.update(memory)
        if fresh:
            return x
        calls.append(
            Call(".copy", (x,), calls[x].type if isinstance(x, Ref) else ArrayType(x.shape, x.dtype))
        )
        return Ref(len(calls) - 1)

    outputs = copied(program.outputs)  # appends to the calls
    return Program(program.inputs, tuple(calls), outputs)


def _replaced(program: Program, same: dict[Ref, Ref]) -> Program:
    """Return the program without the values that `same` replaces by others."""
    calls = list(program.calls)
    for ref, kept in same.items():  # a value without a name gets the name of one that it replaces
        call = calls[kept]
        if call.function != INPUT and not call.view and not call.name:
            calls[kept] = call._replace(name=calls[ref].name)
    order = [ref for ref in map(Ref, range(len(calls))) if ref not in same]
    return select(calls, order, program.outputs, same)
