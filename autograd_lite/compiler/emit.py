"""Python source of a program: straight-line NumPy code that writes its results into buffers."""

from collections import Counter
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.buffers import buffers
from autograd_lite.compiler.constants import Constants, dtype_argument, literal
from autograd_lite.compiler.program import GUARD, SCATTER, Call, Program, Ref, refs

ATOM = 6  # precedence of a name or a call: higher than all operators
UNARY = 4  # precedence of -x
COMPARISON = 1  # precedence of x < y
_DEEPEST = 8  # nested expressions in a line
PREFIX = {"np.negative": ("-{}", UNARY), "np.absolute": ("abs({})", ATOM)}
INFIX = {
    "np.greater": (">", COMPARISON),
    "np.less": ("<", COMPARISON),
    "np.greater_equal": (">=", COMPARISON),
    "np.less_equal": ("<=", COMPARISON),
    "np.equal": ("==", COMPARISON),
    "np.not_equal": ("!=", COMPARISON),
    "np.add": ("+", 2),
    "np.subtract": ("-", 2),
    "np.multiply": ("*", 3),
    "np.divide": ("/", 3),
    "np.matmul": ("@", 3),
    "np.remainder": ("%", 3),
    "np.floor_divide": ("//", 3),
    "np.power": ("**", 5),
}
_NOT_ASSOCIATIVE = (COMPARISON, 5)  # precedences: Python reads a < b < c and a ** b ** c in another way


class Source(NamedTuple):
    """A module with a function `run` of `inputs`, and the arrays that are too long to be shown in it."""

    text: str
    inputs: tuple[str, ...]
    constants: dict[str, Any]


class Expression(NamedTuple):
    """Python source of a value, and the precedence of its operator."""

    text: str
    precedence: int = ATOM


class Writer:
    """Writes the calls of a program as Python, and collects the constants that they need."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.constants = Constants()
        self.buffer_of, self.buffer_types = buffers(program)
        names = [call.name for call in program.calls]
        self.names = {Ref(i): self.constants.name(name) for i, name in enumerate(names) if name}
        self.buffer_names = [self.constants.name(f"t{i + 1}") for i in range(len(self.buffer_types))]
        self.inlined = _inlined(program, {*self.names, *self.buffer_of, *self.repeated()})
        self.expressions: dict[Ref, Expression] = {}  # of values that are inlined where they are used
        self.unnamed = self.constants.numbered("v")

    def source(self) -> Source:
        function = self.function()
        buffers = zip(self.buffer_names, self.buffer_types, strict=True)
        empty = [f"{name} = np.empty({kind.shape}{dtype_argument(kind.dtype)})" for name, kind in buffers]
        lines = [*self.imports(), "", *self.constants.lines, *empty, "", *function, ""]
        return Source("\n".join(lines), self.inputs(), self.constants.long)

    def imports(self) -> list[str]:
        return ["import numpy as np"]

    def repeated(self) -> list[Ref]:
        """Return the values that the expression of a call would repeat."""
        return []

    def inputs(self) -> tuple[str, ...]:
        return tuple(self.name(Ref(i)) for i in range(self.program.inputs))

    def function(self) -> list[str]:
        body = self.body()
        inputs = self.inputs()
        pairs = zip(inputs, self.program.calls, strict=False)
        given = ", ".join(f"{name} {call.type.shape}" for name, call in pairs)
        outputs = ", ".join(self.operand(x) for x in self.program.outputs)
        summary = wrap(f"{outputs} of {given}.", 100, break_long_words=False, break_on_hyphens=False)
        docstring = '    """' + "\n    ".join(summary) + '"""'
        returned = f"    return {outputs}{',' * (len(self.program.outputs) == 1)}"
        return [f"def run({', '.join(inputs)}):", *docstring.splitlines(), *body, returned]

    def body(self) -> list[str]:
        """Return the lines of the function, each block of them under its comment."""
        lines: list[str] = []
        comment = ""
        for ref, call in self.program.results():
            expression = self.expression(ref, call) if call.function != GUARD else Expression("")
            if ref in self.inlined:
                self.expressions[ref] = expression
                continue
            if call.comment not in (comment, ""):
                comment = call.comment
                lines.append(f"    # {''.join(c if c.isprintable() else ' ' for c in comment)}")
            lines += [f"    {line}" for line in self.statements(ref, call, expression.text)]
        return lines

    def statements(self, ref: Ref, call: Call, expression: str) -> list[str]:
        settings = dict(call.settings)
        if call.function == GUARD:
            negation = "not " if settings["expected"] else ""
            return [f"if {negation}{self.parenthesised(call.operands[0], UNARY)}:", "    return None"]
        if ref in self.buffer_of and ref not in self.names:
            self.names[ref] = self.buffer_names[self.buffer_of[ref]]
            return [expression]
        name = self.name(ref)
        if call.function != SCATTER:
            return [f"{name} = {expression}"]
        x = self.operand(call.operands[0])
        if settings["adds"]:
            return [f"{name} = {expression}", f"np.add.at({name}, {self.operand(settings['index'])}, {x})"]
        return [f"{name} = {expression}", f"{name}[{self.index(settings['index'])}] = {x}"]

    def expression(self, ref: Ref, call: Call) -> Expression:
        """Return a call as a Python expression."""
        function = call.function
        settings = [f"{name}={self.operand(value)}" for name, value in call.settings]
        if ref in self.buffer_of:
            settings.append(f"out={self.buffer_names[self.buffer_of[ref]]}")
        if not settings and function in PREFIX:
            pattern, precedence = PREFIX[function]
            return Expression(pattern.format(self.parenthesised(call.operands[0], precedence)), precedence)
        is_product = function == "np.matmul" and not call.settings
        if is_product and {len(self.program.shape(x)) for x in call.operands} <= {1, 2}:
            function = ".dot"  # the same product in a faster call
        elif not settings and function in INFIX:
            sign, precedence = INFIX[function]
            left_precedence = precedence + (precedence in _NOT_ASSOCIATIVE)
            left = self.parenthesised(call.operands[0], left_precedence)
            right = self.parenthesised(call.operands[1], precedence + 1)
            return Expression(f"{left} {sign} {right}", precedence)
        return Expression(self.called(ref, call, function, settings))

    def called(self, ref: Ref, call: Call, function: str, settings: list[str]) -> str:
        """Return a call of a function or method, or an indexing."""
        x = self.parenthesised(call.operands[0], ATOM)
        first, *others = self.operands(ref, call)
        if function == SCATTER:
            return f"np.zeros({self.operand(dict(call.settings)['shape'])}, {first}.dtype)"
        if function == ".swapaxes" and len(call.type.shape) == 2 and sum(call.operands[1:]) % 2:
            return f"{x}.T"
        if function == "[]":
            return f"{x}[{self.index(call.operands[1])}]"
        if function.startswith("."):
            return f"{x}{function}({', '.join((*others, *settings))})"
        return f"{function}({', '.join((first, *others, *settings))})"

    def operands(self, ref: Ref, call: Call) -> list[str]:
        """Return the operands, with numbers as arrays that have names, because NumPy takes these faster."""
        written = list(map(self.operand, call.operands))
        if len(written) == 2 and ref in self.buffer_of and call.elementwise:
            for i, (x, other) in enumerate((call.operands, call.operands[::-1])):
                kind = self.program.calls[other].type if isinstance(other, Ref) else None
                if kind and kind.shape and kind.dtype.kind == "f" and _keeps_dtype(x, kind.dtype):
                    written[i] = self.constants.number(x, kind.dtype)
        return written

    def operand(self, x: Any) -> str:
        """Return the source of a value or a constant."""
        if isinstance(x, Ref):
            return self.expressions[x].text if x in self.expressions else self.name(x)
        if isinstance(x, tuple | list):
            inner = ", ".join(map(self.operand, x))
            return f"[{inner}]" if isinstance(x, list) else f"({inner}{',' * (len(x) == 1)})"
        if isinstance(x, slice):
            return f"slice({self.operand(x.start)}, {self.operand(x.stop)}, {self.operand(x.step)})"
        written = literal(x)
        return self.constants.array(x) if written is None else written

    def parenthesised(self, x: Any, precedence: int) -> str:
        """Return an operand, in parentheses if its precedence is lower."""
        text = self.operand(x)
        own = UNARY if text[0] == "-" else ATOM
        if isinstance(x, Ref) and x in self.expressions:
            own = self.expressions[x].precedence
        return text if own >= precedence else f"({text})"

    def index(self, x: Any) -> str:
        """Return an index as it is written between square brackets."""
        if isinstance(x, slice):
            ends = ["" if end is None else self.operand(end) for end in (x.start, x.stop, x.step)]
            return ":".join(ends[:2] if x.step is None else ends)
        if isinstance(x, tuple) and x:
            return ", ".join(map(self.index, x)) + "," * (len(x) == 1)
        return self.operand(x)

    def name(self, ref: Ref) -> str:
        """Return the name of a value. Unnamed values are called v1, v2, ..."""
        if ref not in self.names:
            self.names[ref] = next(self.unnamed)
        return self.names[ref]


def _keeps_dtype(x: Any, dtype: np.dtype[Any]) -> bool:
    """True if an operand is a number that leaves the dtype of an array as it is."""
    is_number = isinstance(x, int | float | np.floating) and not isinstance(x, bool | Ref)
    return is_number and np.result_type(dtype, x) == dtype


def _inlined(program: Program, excluded: set[Ref]) -> set[Ref]:
    """Return the values to write where they are used: numbers and views that only the next statement uses."""
    uses = Counter(ref for call in program.calls for ref in call.uses())
    excluded = excluded | set(refs(program.outputs))
    user: dict[Ref, Ref] = {}
    found: set[Ref] = set()
    statement = Ref(len(program.calls))  # the next one that is not inlined
    for ref, call in reversed(list(program.results())):
        simple = (call.view or not call.type.shape) and call.function not in (SCATTER, GUARD)
        if simple and ref not in excluded and uses[ref] == 1 and user[ref] <= statement:
            found.add(ref)
        else:
            statement = ref
        user |= dict.fromkeys(call.uses(), ref)
    depth: dict[Ref, int] = {}
    for ref, call in program.results():
        depth[ref] = 1 + max((depth[x] for x in call.uses() if x in found), default=0)
        if depth[ref] > _DEEPEST:
            found.discard(ref)
    return found
