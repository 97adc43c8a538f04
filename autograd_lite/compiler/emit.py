"""A program as Python source: straight-line NumPy that writes results into buffers used again and again."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.buffers import buffers, is_ufunc
from autograd_lite.compiler.constants import Constants, dtype_argument, literal
from autograd_lite.compiler.program import GUARD, PLACED, Call, Eye, Ones, Program, Ref, refs, shape_of, used
from autograd_lite.compiler.rows import Blocks, blocked

ATOM = 6  # how tightly an expression holds together: more than any operator
_PREFIX = {"np.negative": ("-{}", 4), "np.absolute": ("abs({})", ATOM)}
_INFIX = {
    "np.greater": (">", 1), "np.less": ("<", 1), "np.greater_equal": (">=", 1), "np.less_equal": ("<=", 1),
    "np.equal": ("==", 1), "np.not_equal": ("!=", 1), "np.add": ("+", 2), "np.subtract": ("-", 2),
    "np.multiply": ("*", 3), "np.divide": ("/", 3), "np.matmul": ("@", 3), "np.remainder": ("%", 3),
    "np.floor_divide": ("//", 3), "np.power": ("**", 5),
}  # fmt: skip


_DEEPEST = 8  # expressions within expressions


class Source(NamedTuple):
    """A module with a function `run` of `inputs`, and the arrays that are too long to be shown in it."""

    text: str
    inputs: tuple[str, ...]
    constants: dict[str, Any]


def emitted(program: Program) -> Source:
    """The source of a program; a value is called by its name, made different from others."""
    program = with_names_apart(program)
    blocks = blocked(program)
    return Writer(program, Constants()).source() if blocks is None else _in_blocks(program, blocks)


def with_names_apart(program: Program) -> Program:
    """The program with names of which no two are the same."""
    counts: Counter[str] = Counter()
    names = []
    for name in program.names:
        counts[name] += bool(name)
        names.append(f"{name}_{counts[name]}" if counts[name] > 1 else name)
    return program._replace(names=tuple(names))


def _in_blocks(program: Program, blocks: Blocks) -> Source:
    """The source of a program that takes its rows in blocks."""
    constants = Constants()
    inputs = tuple(constants.local(name) for name in program.names[: program.inputs])
    start, rows, sums, part = map(constants.name, ("start", "rows", "sums", "part"))
    parts = {f"rows_of_{blocks.size}": blocks.block, f"rows_of_{blocks.length % blocks.size}": blocks.last}
    writers = {constants.name(name): Writer(each, constants) for name, each in parts.items() if each}
    finish, (first, *last) = constants.name("finish"), writers
    end = blocks.length // blocks.size * blocks.size
    chosen = f"({first} if {start} < {end} else {last[0]})" if last else first
    given = [f"{name}[{rows}]" if i in blocks.rows else name for i, name in enumerate(inputs)]
    whole = [name for i, name in enumerate(inputs) if i not in blocks.rows]
    many = len(blocks.block.outputs)
    writers[finish] = Writer(blocks.finish, constants)
    functions = [line for name, writer in writers.items() for line in (*writer.function(name), "")]
    buffers = [line for writer in writers.values() for line in writer.buffers()]
    text = [
        "import numpy as np", "", *constants.lines, *buffers, "", *functions,
        f"def run({', '.join(inputs)}):",
        f'    """{blocks.size} rows at a time, so that they stay in the cache."""',
        f"    {sums} = [0.0] * {many}",
        f"    for {start} in range(0, {blocks.length}, {blocks.size}):",
        f"        {rows} = slice({start}, {start} + {blocks.size})",
        f"        {part} = {chosen}({', '.join(given)})",
        f"        if {part} is None:",
        "            return None",
        f"        {sums} = [a + b for a, b in zip({sums}, {part})]",
        f"    return {finish}({', '.join((f'*{sums}', *whole))})", "",
    ]  # fmt: skip
    return Source("\n".join(text), inputs, constants.long)


class Writer:
    """Writes the calls of a program, and notes the constants that they need."""

    def __init__(self, program: Program, constants: Constants) -> None:
        self.program, self.constants = program, constants
        self.into, self.kinds = buffers(program)
        self.names = {Ref(i): constants.local(name) for i, name in enumerate(program.names) if name}
        self.temporaries = [constants.name(f"t{i + 1}") for i in range(len(self.kinds))]
        self.inlined = _inlined(program, {*self.names, *self.into, *self.repeated()})
        self.written: dict[Ref, tuple[str, int]] = {}  # expressions that stand where they are used
        self.count = 0

    def source(self) -> Source:
        """The whole module, of one function."""
        function = self.function("run")
        text = [*self.imports(), "", *self.constants.lines, *self.buffers(), "", *function, ""]
        return Source("\n".join(text), self.inputs(), self.constants.long)

    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(self.name(Ref(i)) for i in range(self.program.inputs))

    def function(self, name: str) -> list[str]:
        """The lines of the program as a function."""
        body, program, inputs = self.body(), self.program, self.inputs()
        given = ", ".join(f"{name} {kind.shape}" for name, kind in zip(inputs, program.kinds, strict=False))
        outputs = ", ".join(self.operand(x) for x in program.outputs)
        told = wrap(f"{outputs} of {given}.", 100, break_long_words=False, break_on_hyphens=False)
        return [
            f"def {name}({', '.join(inputs)}):",
            *('    """' + "\n    ".join(told) + '"""').splitlines(),
            *body,
            f"    return {outputs}{',' * (len(program.outputs) == 1)}",
        ]  # fmt: skip

    def repeated(self) -> list[Ref]:
        """The values that the expression of a call would repeat."""
        return []

    def imports(self) -> list[str]:
        """The lines that import what the program needs."""
        return ["import numpy as np"]

    def buffers(self) -> list[str]:
        """The lines that make the buffers."""
        made = zip(self.temporaries, self.kinds, strict=True)
        return [f"{name} = np.empty({kind.shape}{dtype_argument(kind.dtype)})" for name, kind in made]

    def body(self) -> list[str]:
        """The lines of the function, each part under what it is for."""
        lines, part = list[str](), ""
        for ref, call in self.program.results():
            found = self.expression(ref, call) if call.function != GUARD else ("", ATOM)
            if ref in self.inlined:
                self.written[ref] = found
                continue
            if self.program.parts[ref] not in (part, ""):
                part = self.program.parts[ref]
                lines.append(f"    # {' '.join(part.splitlines())}")
            lines += [f"    {line}" for line in self.statements(ref, call, found[0])]
        return lines

    def statements(self, ref: Ref, call: Call, written: str) -> list[str]:
        """The lines of one call."""
        told = dict(call.settings)
        if call.function == GUARD:
            return [f"if {'not ' * told['expected']}{self.held(call.operands[0], 4)}:", "    return None"]
        if ref in self.into and ref not in self.names:
            self.names[ref] = self.temporaries[self.into[ref]]
            return [written]
        name = self.name(ref)
        if call.function != PLACED:
            return [f"{name} = {written}"]
        x, index = self.operand(call.operands[0]), told["index"]
        if told["adds"]:
            return [f"{name} = {written}", f"np.add.at({name}, {self.operand(index)}, {x})"]
        return [f"{name} = {written}", f"{name}[{self.index(index)}] = {x}"]

    def expression(self, ref: Ref, call: Call) -> tuple[str, int]:
        """A call as Python, and how tightly it holds together."""
        function, told = call.function, dict(call.settings)
        settings = [f"{name}={self.operand(value)}" for name, value in call.settings]
        if ref in self.into:
            settings.append(f"out={self.temporaries[self.into[ref]]}")
        if not settings and function in _PREFIX:
            written, tightness = _PREFIX[function]
            return written.format(self.held(call.operands[0], tightness)), tightness
        if function == "np.matmul" and not told and all(self.ndim(x) in (1, 2) for x in call.operands):
            function = ".dot"  # the same product, called sooner
        elif not settings and function in _INFIX:
            sign, tightness = _INFIX[function]
            strict = tightness in (1, 5)  # a < b < c and a ** b ** c are read from elsewhere
            left, right = (self.held(x, tightness + (i or strict)) for i, x in enumerate(call.operands))
            return f"{left} {sign} {right}", tightness
        return self.called(ref, call, function, settings), ATOM

    def called(self, ref: Ref, call: Call, function: str, settings: list[str]) -> str:
        """A call as Python calls a function or a method, or takes an index."""
        x, told = self.held(call.operands[0], ATOM), dict(call.settings)
        first, *others = [self.operand(x) for x in self.ready(ref, call)]
        if function == PLACED:
            return f"np.zeros({self.operand(told['shape'])}, {first}.dtype)"
        if function == ".swapaxes" and self.ndim(call.operands[0]) == 2 and sum(call.operands[1:]) % 2:
            return f"{x}.T"
        if function == "[]":
            return f"{x}[{self.index(call.operands[1])}]"
        if function.startswith("."):
            return f"{x}{function}({', '.join((*others, *settings))})"
        return f"{function}({', '.join((first, *others, *settings))})"

    def ready(self, ref: Ref, call: Call) -> list[Any]:
        """The operands, with numbers beside an array as names of arrays, which NumPy takes sooner."""
        operands = list(call.operands)
        if len(operands) == 2 and ref in self.into and is_ufunc(call) and call.function != "np.matmul":
            for i, other in ((0, 1), (1, 0)):
                x, kind = (
                    operands[i],
                    self.program.kinds[operands[other]] if isinstance(operands[other], Ref) else None,
                )
                if kind and kind.shape and kind.dtype.kind == "f" and _fits(x, kind.dtype):
                    operands[i] = _Named(self.constants.number(x, kind.dtype))
        return operands

    def operand(self, x: Any) -> str:
        """A reference by its name, a constant as Python writes it."""
        if isinstance(x, Ref):
            return self.written[x][0] if x in self.written else self.name(x)
        if isinstance(x, _Named):
            return x.name
        if isinstance(x, tuple | list):
            inner = ", ".join(map(self.operand, x))
            return f"[{inner}]" if isinstance(x, list) else f"({inner}{',' * (len(x) == 1)})"
        if isinstance(x, slice):
            return f"slice({self.operand(x.start)}, {self.operand(x.stop)}, {self.operand(x.step)})"
        if isinstance(x, Ones | Eye):
            return self.constants.made(x)
        return self.constants.array(x) if (written := literal(x)) is None else written

    def held(self, x: Any, tightness: int) -> str:
        """An operand in parentheses, unless it holds together so tightly."""
        told = self.operand(x)
        own = (
            self.written[x][1] if isinstance(x, Ref) and x in self.written else 4 if told[0] == "-" else ATOM
        )
        return told if own >= tightness else f"({told})"

    def index(self, x: Any) -> str:
        """What stands between square brackets."""
        if isinstance(x, slice):
            ends = ["" if end is None else self.operand(end) for end in (x.start, x.stop, x.step)]
            return ":".join(ends[:2] if x.step is None else ends)
        if isinstance(x, tuple) and x:
            return ", ".join(map(self.index, x)) + "," * (len(x) == 1)
        return self.operand(x)

    def name(self, ref: Ref) -> str:
        """What a value is called; one that nobody named by a number."""
        if ref not in self.names:
            self.count += 1
            while f"v{self.count}" in self.program.names:
                self.count += 1
            self.names[ref] = self.constants.local(f"v{self.count}")
        return self.names[ref]

    def ndim(self, x: Any) -> int:
        """The number of axes of an operand."""
        return len(shape_of(self.program, x))


def _fits(x: Any, dtype: np.dtype[Any]) -> bool:
    """Whether an operand is a number, and one that leaves a dtype as it is."""
    number = isinstance(x, int | float | np.floating) and not isinstance(x, bool | Ref)
    return number and np.result_type(dtype, x) == dtype


class _Named(NamedTuple):
    """A constant that has a name."""

    name: str


def _inlined(program: Program, kept: set[Ref]) -> set[Ref]:
    """Numbers and views that are used once, by what is computed next: they stand where they are used."""
    uses = Counter(ref for call in program.calls for ref in used(call))
    kept = kept | set(refs(program.outputs))
    user: dict[Ref, Ref] = {}
    found: set[Ref] = set()
    statement = Ref(program.inputs + len(program.calls))  # the next that is not inlined
    for ref, call in reversed(list(program.results())):
        simple = (call.view or not program.kinds[ref].shape) and call.function not in (PLACED, GUARD)
        if simple and ref not in kept and uses[ref] == 1 and user[ref] <= statement:
            found.add(ref)
        else:
            statement = ref
        user |= dict.fromkeys(used(call), ref)
    depth: dict[Ref, int] = {}
    for ref, call in program.results():
        depth[ref] = 1 + max((depth[r] for r in used(call) if r in found), default=0)
        if depth[ref] > _DEEPEST:
            found.discard(ref)
    return found
