"""Names, formulas and local derivatives in the words of the user's variables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from autograd_lite.drawing.text import escape, number, shortened
from autograd_lite.tensor import Tensor

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
                name = shortened(formula_of(x, self), 11)
            elif name is None:
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
        if last and x.size == 1:
            return "loss"
        return _LETTERS.get(x.op.name, "a" if len(x.inputs) == 1 else "v")

    def of(self, x: Any) -> str:
        """The short name of a node; a bare number is itself."""
        return self._names.get(id(x)) or number(x)

    def full(self, x: Any) -> str:
        """The name of a node with its path: `layer1.W`."""
        return self._said.get(id(x)) or self.of(x)

    def owns(self, x: Any) -> bool:
        """Whether the user named it, by a name or a variable."""
        return id(x) in self._said


class Values:
    """In place of names: the numbers themselves."""

    def of(self, x: Any) -> str:
        """The number that a node is, or three dots for more than one."""
        data = x.data if isinstance(x, Tensor) else x
        return number(np.ravel(data)[0]) if np.size(data) == 1 else "…"


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


def _words(y: Tensor, names: Names | Values) -> dict[str, str]:
    """The op's argument names with the user's names for them."""
    words = {argument: names.of(x) for argument, x in zip(y.op.arguments, y.inputs, strict=False)}
    return words | {"y": names.of(y)}


def formula_of(y: Tensor, names: Names | Values) -> str:
    """How y was made: `X @ W1 + b1`, `relu(z1)`, `sum(v1, axis=0)`."""
    op, inputs = y.op, [names.of(x) for x in y.inputs]
    if op.formula:
        return _filled(op.formula, _words(y, names))
    if op.infix and len(inputs) == 2:
        return f" {op.symbol} ".join(inputs)
    if op.name == "getitem":
        return f"{inputs[0]}[{_index(y.settings['index'])}]"
    settings = [
        f"{name}={value}"
        for name, value in y.settings.items()
        if isinstance(value, bool | int | float | str | tuple) and value != op.defaults[name]
    ]
    return f"{op.name}({', '.join((*inputs, *settings))})"


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
    formula = formula_of(x, names)
    return shortened(formula if name == formula else f"{name} = {formula}", 26 if scalar else 44)


def rule_of(y: Tensor, position: int, names: Names) -> str:
    """The local derivative on a lane, in the words of the op's own rule: `× x1`, `X.T @ grad`."""
    op, x = y.op, y.inputs[position]
    template = op.formulas.get(op.argument_at(position), "")
    ratio = max(y.size, 1) / max(x.size, 1)
    n = round(max(ratio, 1 / ratio))
    if n == 1:
        template = template.replace("/{n}", "").replace("÷ {n}", "× 1")
    rule = _filled(template, _words(y, names) | {"n": str(n)})
    if not op.samples and ratio > 1:
        rows = " rows" if n == len(y.data) else ""
        rule = f"{rule}, sum over {n}{rows}".removeprefix("× 1, ")
    return shortened(rule, 40)


def _filled(template: str, words: dict[str, str]) -> str:
    try:
        return template.format(**words)
    except (KeyError, IndexError, ValueError):  # braces of the op's author that name no input
        return template


def factor_of(y: Tensor, position: int) -> float | None:
    """The local derivative as a number: the op's rule asked with a gradient of 1, for single numbers."""
    if not y.size == y.inputs[position].size == 1:
        return None
    rules = y.op.order or y.op.variadic_order(y.values)
    try:
        with np.errstate(all="ignore"):
            return float(rules[position](1.0, y.data, *y.values, **y.settings))
    except (TypeError, ValueError, AttributeError):  # a rule that needs arrays: the words must do
        return None
