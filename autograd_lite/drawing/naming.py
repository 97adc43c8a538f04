"""Names of the nodes of a drawing: the user's own, short where that is unambiguous, or letters."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from autograd_lite.drawing.formulas import formula_of
from autograd_lite.drawing.graph import has_op, is_loss, is_product
from autograd_lite.drawing.text import escape, number, shorten
from autograd_lite.tensor import Tensor

_PRODUCT = 11  # characters of a product's formula that may serve as its name, such as `w × x`
_FACTOR = 12  # characters of a name within the title of a card in a scalar graph
_TARGETS = ("target", "labels")  # the arguments of losses that take targets


class Names:
    """The name of each node: the user's, else a letter with a number (z1), or "loss".

    The names that the user gave, by identity, are `named`. A node that is merged into another's card is named
    by its formula, and so is a short product of single numbers.
    """

    def __init__(
        self,
        nodes: list[Any],
        roots: Collection[int],
        named: Mapping[int, str],
        merged: set[int],
        scalar: bool,
    ) -> None:
        self._names = short_names(named)
        self.named = named
        self.targets: set[int] = set()
        taken = set(self._names.values())
        counts: Counter[str] = Counter()
        for x in nodes:
            if has_op(x):
                pairs = zip(x.op.arguments, x.inputs, strict=False)
                self.targets.update(id(i) for argument, i in pairs if argument in _TARGETS)
            if id(x) in named:
                continue
            name = ""
            if id(x) in merged or (scalar and has_op(x) and is_product(x)):
                formula = formula_of(x, self.inputs(x))
                name = formula if id(x) in merged or len(formula) <= _PRODUCT else ""
            if not name:
                name = letter = _letter(x, id(x) in roots and "loss" not in taken)
                while name != "loss" and (name == letter or name in taken):
                    counts[letter] += 1
                    name = f"{letter}{counts[letter]}"
                taken.add(name)
            self._names[id(x)] = name

    def of(self, x: Any) -> str:
        """The short name of a node; a number without card is its own name."""
        return self._names.get(id(x)) or number(x.data if isinstance(x, Tensor) else x)

    def inputs(self, y: Tensor) -> list[str]:
        """The short names of the inputs of y."""
        return [self.of(x) for x in y.inputs]


def _letter(x: Any, may_be_loss: bool) -> str:
    """The letter of an unnamed node, or "loss"."""
    if not has_op(x):
        return "x"
    if may_be_loss and x.size == 1 and is_loss(x):
        return "loss"
    return "v" if x.op.letter == "a" and len(x.inputs) > 1 else str(x.op.letter)


def user_names(
    nodes: list[Any], given: Any, variables: Mapping[int, str], paths: Mapping[int, str]
) -> dict[int, str]:
    """The user's names by identity: from `names=`, else the tensor's own name, else its variable.

    `given` maps names to tensors, as locals() does, or tensors to names. A parameter that the user did not
    rename gets its path in the model.
    """
    pairs = ((key, x) if isinstance(key, str) else (x, key) for key, x in (given or {}).items())
    renamed = {id(x): name for name, x in pairs}
    named = {}
    for x in nodes:
        own = getattr(x, "name", None)
        name = renamed.get(id(x)) or own or variables.get(id(x))
        name = paths.get(id(x), name) if name == own else name
        name = " ".join(str(name or "").split())
        if escape(name).strip():
            named[id(x)] = name
    return named


def short_names(named: Mapping[int, str]) -> dict[int, str]:
    """Names without paths if they stay different: `layer1.W` as W1, `unit.w` as w.

    Otherwise a name is the shortest end of its path that no other name has.
    """
    options = {}
    for key, name in named.items():
        *path, leaf = name.split(".")
        module = ".".join(path)
        compact = leaf + module[len(module.rstrip("0123456789")) :] if leaf.isidentifier() else name
        ends = (".".join((*path[i:], leaf)) for i in range(len(path), -1, -1))
        options[key] = list(dict.fromkeys((compact, *ends)))
    owners = Counter(option for found in options.values() for option in found)
    return {key: next((x for x in found if owners[x] == 1), named[key]) for key, found in options.items()}


def title_of(x: Any, names: Names, scalar: bool) -> str:
    """The header of a card: its name and formula; the name alone if a scalar graph shows the op apart."""
    name = names.of(x)
    if not has_op(x):
        return shorten(name, 40)
    if scalar and (id(x) in names.named or name == "loss"):
        return shorten(name, 26)
    inputs = names.inputs(x)
    formula = formula_of(x, [shorten(i, _FACTOR) for i in inputs] if scalar else inputs)
    return shorten(formula if name == formula else f"{name} = {formula}", 34 if scalar else 44)
