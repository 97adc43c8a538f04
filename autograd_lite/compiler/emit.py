"""A program as Python source: straight-line NumPy that writes results into buffers used again and again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.program import Call, Kind, Program, Ref, refs, used

_WRITING = {".sum", ".max", ".min", ".mean", ".prod", ".cumsum", ".all", ".any"}  # methods with out=
_UNARY = {"np.negative": "-{}", "np.absolute": "abs({})"}
_INFIX = {
    "np.add": "+", "np.subtract": "-", "np.multiply": "*", "np.divide": "/", "np.power": "**",
    "np.matmul": "@", "np.greater": ">", "np.less": "<", "np.greater_equal": ">=", "np.less_equal": "<=",
    "np.equal": "==", "np.not_equal": "!=",
}  # fmt: skip


PLACED = "placed"  # zeros with an array written, or added, at an index


class Source(NamedTuple):
    """The text of a function `run`, the buffers it writes into, and the arrays that it holds as constants."""

    text: str
    buffers: dict[str, Kind]
    constants: dict[str, Any]


def emitted(program: Program) -> Source:
    """The source of a program; its values are called by their names, made different where they are not."""
    names = _different(program.names)
    writer = _Writer(names)
    into, buffers = _buffers(program, names)
    lines = []
    for ref, call in program.results():
        lines.append(f"    {writer.line(ref, call, into.get(ref))}")
    arguments = ", ".join(names[: program.inputs])
    outputs = ", ".join(writer.operand(x) for x in program.outputs)
    returned = f"    return {outputs}{',' * (len(program.outputs) == 1)}"
    text = "\n".join((f"def run({arguments}):", *lines, returned, ""))
    return Source(text, buffers, writer.constants)


def _different(names: tuple[str, ...]) -> list[str]:
    """The names, each a Python name of its own."""
    taken: set[str] = set()
    found = []
    for name in names:
        kept = "".join(c if c.isalnum() and c.isascii() else "_" for c in name) or "v"
        kept = kept if not kept[0].isdigit() else f"v{kept}"
        unique, count = kept, 1
        while unique in taken or unique in {"np", "run"}:
            count += 1
            unique = f"{kept}_{count}"
        taken.add(unique)
        found.append(unique)
    return found


class _Writer:
    """Writes calls and operands; remembers the arrays among the constants."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.constants = names, dict[str, Any]()

    def line(self, ref: Ref, call: Call, buffer: str | None) -> str:
        """One assignment; two lines for what is placed in an array of zeros."""
        name = self.names[ref]
        if call.function != PLACED:
            return f"{name} = {self.expression(call, buffer)}"
        told = dict(call.settings)
        x, index = self.operand(call.operands[0]), self.index(told["index"])
        write = (
            f"np.add.at({name}, {self.operand(told['index'])}, {x})"
            if told["adds"]
            else f"{name}[{index}] = {x}"
        )
        return f"{name} = np.zeros({self.operand(told['shape'])}, {x}.dtype)\n    {write}"

    def expression(self, call: Call, buffer: str | None) -> str:
        """A call as Python, with `out=` where its result has a buffer."""
        operands = [self.operand(x) for x in call.operands]
        settings = [f"{name}={self.operand(value)}" for name, value in call.settings]
        if buffer is not None:
            settings.append(f"out={buffer}")
        elif call.function in _UNARY:
            return _UNARY[call.function].format(operands[0])
        elif call.function in _INFIX and not settings:
            return f"{operands[0]} {_INFIX[call.function]} {operands[1]}"
        if call.function == "[]":
            return f"{operands[0]}[{self.index(call.operands[1])}]"
        if call.function.startswith("."):
            return f"{operands[0]}{call.function}({', '.join((*operands[1:], *settings))})"
        return f"{call.function}({', '.join((*operands, *settings))})"

    def operand(self, x: Any) -> str:
        """A reference by its name, a constant as Python writes it."""
        if isinstance(x, Ref):
            return self.names[x]
        if isinstance(x, tuple | list):
            inner = ", ".join(map(self.operand, x))
            return f"[{inner}]" if isinstance(x, list) else f"({inner}{',' * (len(x) == 1)})"
        if isinstance(x, slice):
            return f"slice({self.operand(x.start)}, {self.operand(x.stop)}, {self.operand(x.step)})"
        return self._constant(x) if (written := _literal(x)) is None else written

    def index(self, x: Any) -> str:
        """What stands between square brackets."""
        if isinstance(x, slice):
            ends = ["" if end is None else self.operand(end) for end in (x.start, x.stop, x.step)]
            return ":".join(ends[:2] if x.step is None else ends)
        if isinstance(x, tuple) and x:
            return ", ".join(map(self.index, x)) + "," * (len(x) == 1)
        return self.operand(x)

    def _constant(self, x: Any) -> str:
        for name, known in self.constants.items():
            if known is x:
                return name
        if not isinstance(x, np.ndarray):
            raise TypeError(f"compile: a program cannot hold {x!r}; pass it as an argument or a number")
        name = f"constant{len(self.constants) + 1}"
        self.constants[name] = x
        return name


def _literal(x: Any) -> str | None:
    """A constant that Python can write in a few characters; None for any other."""
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return f"np.{np.dtype(x).name}"
    if isinstance(x, float):  # np.float64 too, which computes the same
        return repr(float(x)) if math.isfinite(x) else f"float({str(float(x))!r})"
    if isinstance(x, np.generic):
        return f"np.{x.dtype.name}({x.item()!r})"
    if isinstance(x, type):
        return x.__name__
    return repr(x) if x is None or isinstance(x, bool | int | str) else None


def _buffers(program: Program, names: list[str]) -> tuple[dict[Ref, str], dict[str, Kind]]:
    """Which results are written into which buffer, and what the buffers are.

    A buffer is free again after the last use of what is in it, also through views; a result that is
    returned has none, so nothing that a user holds is ever written into.
    """
    base = _bases(program)
    last: dict[Ref, Ref] = {}
    for ref, call in program.results():
        last |= {b: ref for r in used(call) for b in base[r]}
    kept = {b for r in refs(program.outputs) for b in base[r]}
    into: dict[Ref, str] = {}
    kinds: dict[str, Kind] = {}
    free: dict[Kind, list[str]] = {}
    for ref, call in program.results():
        bases = dict.fromkeys(b for r in used(call) for b in base[r])
        dying = [] if call.view else [b for b in bases if last.get(b) == ref and b in into]
        elementwise = _ufunc(call) and call.function != "np.matmul"
        if elementwise:  # NumPy allows the result to replace an operand of the same shape and dtype
            _give_back(dying, into, kinds, free)
        kind = program.kinds[ref]
        if kind.shape and ref not in kept and not call.view and (_ufunc(call) or call.function in _WRITING):
            name = free[kind].pop() if free.get(kind) else f"buffer{len(kinds) + 1}"
            kinds[name] = kind
            into[ref] = name
        if not elementwise:
            _give_back(dying, into, kinds, free)
        if ref in into and ref not in last:
            free.setdefault(kind, []).append(into[ref])
    return into, kinds


def _give_back(
    dying: list[Ref], into: Mapping[Ref, str], kinds: Mapping[str, Kind], free: dict[Kind, list[str]]
) -> None:
    for ref in dying:
        free.setdefault(kinds[into[ref]], []).append(into[ref])


def _bases(program: Program) -> dict[Ref, set[Ref]]:
    """The values whose memory each value may share: itself, unless it is a view."""
    base = {Ref(i): {Ref(i)} for i in range(program.inputs)}
    for ref, call in program.results():
        base[ref] = {b for r in used(call) for b in base[r]} if call.view else {ref}
    return base


def _ufunc(call: Call) -> bool:
    name = call.function.removeprefix("np.")
    return isinstance(getattr(np, name, None), np.ufunc) and "dtype" not in dict(call.settings)
