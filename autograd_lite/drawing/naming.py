"""Names, formulas and local derivatives in the words of the user's variables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from autograd_lite.drawing.graph import is_loss
from autograd_lite.drawing.text import MINUS, escape, filled, number, shortened
from autograd_lite.tensor import Tensor

_SUMS = {(0,): ("row", "rows"), (1,): ("column", "columns")}  # over which an array of two axes is summed
_ENTRIES = ("entry", "entries")
_LANE = 40  # characters on a lane
_PRODUCT = 11  # characters of a product that is called by its formula, as `w × x` is
_FACTOR = 12  # characters of a name in the header of a scalar's card
_LONG = 24  # characters of a setting that is not written out
_LETTERS = {"affine": "z", "matmul": "z", "add": "z", "sigmoid": "p", "softmax": "p"}
_TARGETS = ("target", "labels")


class Names:
    """What each node is called: as the user says, else its own name, its variable, or a letter.

    A folded node, whose op is written into the formula of the one that uses it, is called by its own.
    """

    def __init__(
        self,
        nodes: list[Any],
        roots: Collection[int],
        said: Mapping[int, str],
        folded: set[int],
        scalar: bool,
    ) -> None:
        self._names: dict[int, str] = {}
        self._said = said
        self.targets: set[int] = set()
        short = _short(said)
        taken, counts = set(short.values()), dict[str, int]()
        for x in nodes:
            name = short.get(id(x))
            if name is None and id(x) in folded:
                name = formula_of(x, self)
            elif name is None and scalar and isinstance(x, Tensor) and x.op and x.op.name == "multiply":
                formula = formula_of(x, self)
                name = formula if len(formula) <= _PRODUCT else None
            if name is None:
                name = letter = self._letter(x, id(x) in roots and "loss" not in taken)
                while name != "loss" and (name == letter or name in taken):
                    counts[letter] = counts.get(letter, 0) + 1
                    name = f"{letter}{counts[letter]}"
                taken.add(name)
            self._names[id(x)] = str(name)
            if isinstance(x, Tensor) and x.op is not None:
                pairs = zip(x.op.arguments, x.inputs, strict=False)
                self.targets.update(id(i) for argument, i in pairs if argument in _TARGETS)

    @staticmethod
    def _letter(x: Any, last: bool) -> str:
        if not isinstance(x, Tensor) or x.op is None:
            return "x"
        if last and x.size == 1 and is_loss(x):
            return "loss"
        return _LETTERS.get(x.op.name, "a" if len(x.inputs) == 1 else "v")

    def of(self, x: Any) -> str:
        """The short name of a node; a bare number is itself."""
        return self._names.get(id(x)) or number(x.data if isinstance(x, Tensor) else x)

    def inputs(self, y: Tensor) -> list[str]:
        """The names of what y was made from."""
        return [self.of(x) for x in y.inputs]

    def full(self, x: Any) -> str:
        """The name of a node with its path: `layer1.W`."""
        return self._said.get(id(x)) or self.of(x)

    def owns(self, x: Any) -> bool:
        """Whether the user named it, by a name or a variable."""
        return id(x) in self._said


class _Brief:
    """In place of names: their beginnings, so that a header has room for all of them."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def inputs(self, y: Tensor) -> list[str]:
        """The names of what y was made from, each of at most 12 characters."""
        return [shortened(name, _FACTOR) for name in self._names.inputs(y)]


class Values:
    """In place of names: the numbers themselves."""

    def inputs(self, y: Tensor) -> list[str]:
        """The numbers that y was made from, as they were then; three dots for more than one."""
        return [number(np.ravel(v)[0]) if np.size(v) == 1 else "…" for v in y.values]


def said_names(nodes: list[Any], given: Any, variables: Mapping[int, str]) -> dict[int, str]:
    """The nodes that the user named: in `names=`, by the tensor's own name, or by a variable."""
    said = _by_identity(given)
    found = ((x, said.get(id(x)) or getattr(x, "name", None) or variables.get(id(x))) for x in nodes)
    named = ((x, " ".join(str(name).split())) for x, name in found if name)
    return {id(x): name for x, name in named if escape(name).strip()}


def _short(said: Mapping[int, str]) -> dict[int, str]:
    """Names without paths where that stays unambiguous: `layer1.W` as W1, `unit.w` as w."""
    short = {}
    for key, name in said.items():
        path, _, leaf = name.rpartition(".")
        short[key] = leaf + path[len(path.rstrip("0123456789")) :] if leaf.isidentifier() else name
    bearers = Counter(short.values())
    endings = Counter(ending for name in said.values() for ending in _endings(name))
    return {
        key: name
        if bearers[name] == 1
        else next((e for e in _endings(said[key]) if endings[e] == 1), said[key])
        for key, name in short.items()
    }


def _endings(path: str) -> list[str]:
    """`a.b.c` as c, b.c and a.b.c."""
    parts = path.split(".")
    return [".".join(parts[i:]) for i in reversed(range(len(parts)))]


def _by_identity(given: Any) -> dict[int, str]:
    """`names=` as identity -> name: from name -> tensor (such as locals()) or tensor -> name."""
    said = {}
    for key, value in (given or {}).items():
        name, x = (key, value) if isinstance(key, str) else (value, key)
        if isinstance(x, Tensor | np.ndarray):
            said[id(x)] = name
    return said


def _words(y: Tensor, names: Names | Values | _Brief) -> dict[str, str]:
    """The op's argument names with the user's names for them, and its settings."""
    words = {name: setting(value) for name, value in y.settings.items()}
    return words | dict(zip(y.op.arguments, names.inputs(y), strict=False))


def formula_of(y: Tensor, names: Names | Values | _Brief) -> str:
    """How y was made: `X @ W1 + b1`, `relu(z1)`, `sum(v1, axis=0)`; with Values, in single numbers."""
    op, words, inputs = y.op, _words(y, names), names.inputs(y)
    template = op.formula
    if op.name == "getitem":
        template = "{x}" if isinstance(names, Values) else f"{{x}}[{_index(y.settings['index'])}]"
        return filled(template, words)
    if not template and op.infix and len(inputs) == 2:
        template = f"{{{op.arguments[0]}}} {op.symbol} {{{op.arguments[1]}}}"
    told = [
        f"{name}={words[name]}"
        for name, value in y.settings.items()
        if setting(op.defaults[name]) != words[name] and f"{{{name}}}" not in template
    ]
    if not template:
        return f"{op.name}({', '.join((*inputs, *told))})"
    if isinstance(names, Values):
        template = template.replace("@", "×")  # what is left of it between single numbers
    made = filled(template, words)
    close = ")" if made.endswith(")") else ""
    return ", ".join((made.removesuffix(close), *told)) + close


def setting(value: Any) -> str:
    """A setting as it is typed, where that is short, else three dots: `−1`, `(0, 2)`, `'sum'`, `float32`."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist() if value.size <= _LONG else ...
    if isinstance(value, list | tuple) and len(value) <= _LONG:
        told = ", ".join(map(setting, value)) + "," * (isinstance(value, tuple) and len(value) == 1)
        told = f"({told})" if isinstance(value, tuple) else f"[{told}]"
    elif isinstance(value, type | np.dtype):
        told = value.__name__ if isinstance(value, type) else value.name
    elif isinstance(value, float):
        told = number(value)
    elif isinstance(value, int):
        told = str(value).replace("-", MINUS)
    else:
        told = "…" if value is ... else repr(value)
    return told if len(told) <= _LONG and told.isprintable() else "…"


def _index(index: Any) -> str:
    """An index as it is typed: `:, 2`, `::-1`, `mask`."""
    if isinstance(index, tuple):
        return ", ".join(map(_index, index))
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop, index.step)]
        return ":".join(ends[:2] if index.step is None else ends)
    if isinstance(index, np.ndarray | list):
        return "mask" if np.asarray(index).dtype.kind == "b" else "indices"
    return "..." if index is Ellipsis else str(index)


def titled(x: Any, names: Names, scalar: bool) -> str:
    """The header of a card: name and formula; in a scalar graph, where ops stand apart, only one."""
    name = names.of(x)
    if not isinstance(x, Tensor) or x.op is None:
        return shortened(name, 40)
    if scalar and (names.owns(x) or name == "loss"):
        return shortened(name, 26)
    formula = formula_of(x, _Brief(names) if scalar else names)
    return shortened(formula if name == formula else f"{name} = {formula}", 34 if scalar else 44)


def rule_of(y: Tensor, position: int, names: Names) -> str:
    """The local derivative on a lane, in the words of the op's own rule: `× x1`, `X.T @ grad`.

    Where the engine then undoes broadcasting, that is told too: `× x1, sum over 16 rows`.
    """
    try:
        template = y.op.words[y.op.argument_at(position)](y)
    except Exception:  # words of the user's that fail, or that nobody gave, say nothing
        return ""
    rule = filled(template, _words(y, names) | {"y": names.of(y)})
    if y.size == np.size(y.values[position]) == 1:
        factor = None if not rule or rule[0] in "×÷" else factor_of(y, position)
        return shortened(rule if factor is None else f"× {number(factor)}", _LANE)
    if rule and not rule.startswith("sum ") and ", sum" not in rule:
        rule = f"{rule}{_summed(y, position)}".removeprefix("× 1, ")
    return shortened(rule, _LANE)


def factor_of(y: Tensor, position: int) -> float | None:
    """The local derivative as a number: the op's rule asked with a gradient of 1, for single numbers."""
    if not y.size == np.size(y.values[position]) == 1:
        return None
    found = _ruled(y, position)
    return None if found is None or found.size != 1 else float(found.item())


def _ruled(y: Tensor, position: int) -> Any:
    """What the op's rule returns for a gradient of ones, as an array of floats; None where it fails."""
    ones = np.broadcast_to(np.ones((), y.dtype), y.shape)[()]
    try:
        rules = y.op.rules_by_position or y.op.variadic_rules(len(y.values))
        with np.errstate(all="ignore"):
            return np.asarray(rules[position](ones, y.data, *y.values, **y.settings), float)
    except Exception:  # whatever is wrong with a rule of the user's, backward tells; here the words must do
        return None


def _summed(y: Tensor, position: int) -> str:
    """What the engine adds up to undo broadcasting of an input: `, sum over 16 rows`."""
    shape = np.shape(y.values[position])
    if shape == y.shape or (len(shape) >= y.ndim and 1 not in shape):
        return ""
    found = _ruled(y, position)
    extra = -1 if found is None else found.ndim - len(shape)
    if extra < 0:
        return ""
    repeated = (extra + i for i, n in enumerate(shape) if n == 1 != found.shape[extra + i])
    axes = (*range(extra), *repeated)
    one, more = _SUMS.get(axes, _ENTRIES) if found.ndim <= 2 else _ENTRIES
    count = math.prod(found.shape[axis] for axis in axes)
    return f", sum over {count} {one if count == 1 else more}" if axes else ""
