"""Programs over many rows in blocks: the rows of a block stay in the cache from forward to backward.

A training step reads the examples twice, for `X @ w` and for `dz @ X`. When they are larger than the
caches of a processor, reading them is most of its time, and a block at a time they are read once.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from autograd_lite.compiler.buffers import is_ufunc
from autograd_lite.compiler.program import (
    GUARD,
    Call,
    Kind,
    Ones,
    Program,
    Ref,
    axes_of,
    changed,
    mapped,
    refs,
    shape_of,
    used,
)
from autograd_lite.compiler.simplify import keeping, without_unused

_LARGE = 4 << 20  # bytes of rows that are worth blocks
_BLOCK = 1 << 19  # bytes of the rows of one block
_FEWEST = 64  # rows of a block, of which NumPy's calls are worth their start

# What a value is: of all rows, its transpose, a question about the rows of a block, a sum over rows, what
# comes after a sum, or none of these.
_ROWS, _TURNED, _ASKED, _SUM, _AFTER, _WHOLE = "rows", "turned", "asked", "sum", "after", "whole"
_OF_ROWS = {_ROWS, _TURNED, _ASKED, _SUM}
_CONSTANT = "constant"
# Comparisons of the smallest, or of the largest, entry with a number.
_COMPARING = {
    "np.greater_equal": (".argmin", ".min"), "np.greater": (".argmin", ".min"),
    "np.less_equal": (".argmax", ".max"), "np.less": (".argmax", ".max"),
}  # fmt: skip


class Blocks(NamedTuple):
    """A program in parts: sums over the rows of a block, of the rows that remain, and what follows from them.

    The inputs `rows`, of `length` rows, are cut into blocks of `size` rows. `block` and `last`, None where
    no rows remain, have all inputs of the whole program, `finish` the sums and then those that are not rows.
    """

    rows: tuple[int, ...]
    length: int
    size: int
    block: Program
    last: Program | None
    finish: Program


def blocked(program: Program) -> Blocks | None:
    """The program in blocks of rows; None where that is not what it does, or too small to matter."""
    arrays = [kind for kind in program.kinds[: program.inputs] if kind.shape]
    sizes = [(math.prod(kind.shape) * kind.dtype.itemsize, kind.shape[0]) for kind in arrays]
    largest, length = max(sizes, default=(0, 0))
    if largest < _LARGE or (size := _size(length, largest // length)) == length:
        return None
    roles = _Roles(program, length).found
    if roles is None or any(roles[ref] in _OF_ROWS - {_SUM} for ref in refs(program.outputs)):
        return None
    sums = [ref for ref, _ in program.results() if roles[ref] == _SUM]
    rows = tuple(i for i in range(program.inputs) if roles[Ref(i)] == _ROWS)
    rest = length % size
    last = _part(program, roles, sums, rest) if rest else None
    return Blocks(rows, length, size, _part(program, roles, sums, size), last, _finish(program, roles, sums))


def _size(length: int, bytes_of_row: int) -> int:
    """The rows of a block, if possible so many that no rows remain."""
    size = min(max(_FEWEST, _BLOCK // bytes_of_row), length)
    return next((n for n in range(size, size // 2, -1) if length % n == 0), size)


class _Roles:
    """What each value of a program is; `found` is None where one needs all rows other than as a sum."""

    def __init__(self, program: Program, length: int) -> None:
        self.program, self.length = program, length
        inputs = [Ref(i) for i in range(program.inputs)]
        self.roles = {ref: _ROWS if self.shape(ref)[:1] == (length,) else _WHOLE for ref in inputs}
        self.found = self.roles if all(self.add(ref, call) for ref, call in program.results()) else None

    def add(self, ref: Ref, call: Call) -> bool:
        """Find the role of one more value, if it has one."""
        found = {self.roles[r] for r in used(call)}
        if not found & (_OF_ROWS - {_SUM}):
            role: str | None = _AFTER if found & {_SUM, _AFTER} else _WHOLE
        elif found & {_SUM, _AFTER} or len(used(call)) > sum(isinstance(x, Ref) for x in call.operands):
            role = None
        else:
            told = [self.roles[x] if isinstance(x, Ref) else _CONSTANT for x in call.operands]
            name = _RULES.get(call.function, "elementwise" if is_ufunc(call) else "")
            role = getattr(self, name)(ref, call, told) if name else None
        if role is not None:
            self.roles[ref] = role
        return role is not None

    def elementwise(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """Rows, of operands that have a value for each row or one for all; or a question about a block."""
        if _ASKED in told:
            return _ASKED if told == [_ASKED, _CONSTANT] and call.function in _COMPARING else None
        beside = all(map(self.beside, call.operands, told, [len(self.shape(ref))] * len(told)))
        return _ROWS if beside and self.shape(ref)[:1] == (self.length,) and _TURNED not in told else None

    def beside(self, x: Any, role: str, ndim: int) -> bool:
        """Whether an operand of a call whose result has `ndim` axes is of each row, or the same for all."""
        shape = self.shape(x)
        return len(shape) == ndim if role == _ROWS else len(shape) < ndim or shape[:1] == (1,)

    def product(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """Rows times a matrix are rows; rows transposed, or a vector of all rows, times rows a sum."""
        a, b = (len(self.shape(x)) for x in call.operands)
        if max(a, b) > 2:
            return None
        if told[0] == _ROWS and a == 2 and told[1] in (_WHOLE, _CONSTANT):
            return _ROWS
        over_rows = told[0] == _TURNED or (
            a == 1 and (told[0] == _ROWS or isinstance(call.operands[0], Ones))
        )
        return _SUM if over_rows and told[1] == _ROWS else None

    def reduction(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """Rows, where it is along other axes; along all, a question about each block."""
        axes, settings = self.axes(call), {name for name, _ in call.settings}
        if told != [_ROWS] or settings - {"axis", "keepdims", "initial"}:
            return None
        if 0 not in axes:
            return _ROWS
        return _ASKED if len(axes) == len(self.shape(call.operands[0])) else None

    def added(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """Sums: rows, where it is along other axes, else a sum over rows."""
        role = None if "initial" in dict(call.settings) else self.reduction(ref, call, told)
        if 0 in self.axes(call) and self.program.kinds[ref].dtype.kind != "f":
            return None
        return _SUM if role == _ASKED or (told == [_ROWS] and self.axes(call) == {0}) else role

    def place(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """Where the smallest or largest entry of a block is."""
        return _ASKED if told == [_ROWS] and not call.settings else None

    def entry(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """The smallest or largest entry of a block."""
        return _ASKED if told == [_ROWS, _ASKED] else None

    def turned(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """The transpose of rows."""
        return _TURNED if told[0] == _ROWS and len(self.shape(ref)) == 2 else None

    def indexed(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """All rows with other axes, or what rows say of a table."""
        index = call.operands[1]
        if told in ([_CONSTANT, _ROWS], [_WHOLE, _ROWS]):
            return _ROWS
        first = index[0] if isinstance(index, tuple) and index else index
        all_rows = first is Ellipsis or (isinstance(first, slice) and first == slice(None))
        return _ROWS if told[0] == _ROWS and all_rows and self.shape(ref)[:1] == (self.length,) else None

    def reshaped(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """Rows of another shape."""
        shape = call.operands[1]
        rows = isinstance(shape, tuple) and shape[:1] == (self.length,)
        return _ROWS if told[0] == _ROWS and rows else None

    def same(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """Rows of another dtype."""
        return _ROWS if told[0] == _ROWS else None

    def guard(self, ref: Ref, call: Call, told: list[str]) -> str | None:
        """A condition that holds for all rows exactly where it holds for each block."""
        expected, asked = dict(call.settings)["expected"], self.made(call.operands[0])
        if asked.function in (".all", ".any"):
            return _ASKED if (asked.function == ".all") == expected else None
        if asked.function not in _COMPARING or not expected:
            return None
        entry = self.made(asked.operands[0])
        entry = self.made(entry.operands[1]) if entry.function == ".item" else entry
        return _ASKED if entry.function in _COMPARING[asked.function] else None

    def axes(self, call: Call) -> set[int]:
        """The axes along which a call reduces its operand."""
        return set(axes_of(self.program, call))

    def made(self, ref: Ref) -> Call:
        """The call that made a value."""
        return self.program.calls[ref - self.program.inputs]

    def shape(self, x: Any) -> tuple[int, ...]:
        """The shape of an operand."""
        return shape_of(self.program, x)


_RULES = {
    "np.matmul": "product", "np.where": "elementwise", ".sum": "added", ".max": "reduction",
    ".min": "reduction", ".all": "reduction", ".any": "reduction", ".argmin": "place", ".argmax": "place",
    ".item": "entry", ".swapaxes": "turned", "[]": "indexed", ".reshape": "reshaped", ".astype": "same",
    GUARD: "guard",
}  # fmt: skip


def _part(program: Program, roles: dict[Ref, str], sums: list[Ref], size: int) -> Program:
    """The program of the sums over `size` of the rows."""
    kinds = tuple(_shorter(kind, roles[Ref(i)], size) for i, kind in enumerate(program.kinds))
    calls = tuple(call._replace(operands=_resized(call, size)) if roles[ref] in _OF_ROWS else call
                  for ref, call in program.results())  # fmt: skip
    elsewhere = {
        ref for ref, call in program.results() if call.function == GUARD and roles[ref] not in _OF_ROWS
    }
    kept = {ref for ref, _ in program.results() if roles[ref] != _AFTER} - elsewhere
    return without_unused(keeping(program._replace(calls=calls, kinds=kinds, outputs=tuple(sums)), kept, {}))


def _finish(program: Program, roles: dict[Ref, str], sums: list[Ref]) -> Program:
    """The program of what follows from the sums, its first inputs; rows it has none."""
    given = [*sums, *(Ref(i) for i in range(program.inputs) if roles[Ref(i)] == _WHOLE)]
    made = [ref for ref, _ in program.results() if roles[ref] in (_AFTER, _WHOLE)]
    number = {ref: Ref(i) for i, ref in enumerate((*given, *made))}
    calls = tuple(changed(program.calls[ref - program.inputs], number.__getitem__) for ref in made)
    told = [tuple(whole[ref] for ref in number) for whole in (program.kinds, program.names, program.parts)]
    outputs = mapped(program.outputs, number.__getitem__)
    return without_unused(Program(len(given), calls, outputs, *told))  # type: ignore[arg-type]


def _shorter(kind: Kind, role: str, size: int) -> Kind:
    if role == _ROWS:
        return kind._replace(shape=(size, *kind.shape[1:]))
    return kind._replace(shape=(*kind.shape[:-1], size)) if role == _TURNED else kind


def _resized(call: Call, size: int) -> tuple[Any, ...]:
    if call.function == ".reshape":
        return call.operands[0], (size, *call.operands[1][1:])
    return tuple(Ones(size, x.dtype) if isinstance(x, Ones) else x for x in call.operands)
