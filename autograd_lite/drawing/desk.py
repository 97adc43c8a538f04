"""Where cards are made from tensors, with all that has to be known of the whole graph to write one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.drawing.alerts import alerts_of, vanishing
from autograd_lite.drawing.belonging import strangers
from autograd_lite.drawing.cards import STRANGE, Card, Folded, Recipe
from autograd_lite.drawing.graph import changed, data_of, inline, is_loss, kind_of, made, parts, uses_of
from autograd_lite.drawing.naming import Names, Values, formula_of, titled
from autograd_lite.drawing.statistics import norm_of, statistics
from autograd_lite.drawing.text import number, plural, shape
from autograd_lite.tensor import Parameter, Tensor

_DECADES = 5  # of a gradient bar
_TOLD = 3  # kinds of alerts on a folded card

_TAGS = {
    "parameter": "param",
    "frozen": "param, frozen",
    "input": "input",
    "target": "target",
    "loss": "loss",
    "result": "result",
}


class Desk:
    """Makes the cards of one graph."""

    def __init__(
        self, walked: Sequence[Any], nodes: Sequence[Any], roots: Sequence[Tensor], names: Names,
        layers: Mapping[int, str], apart: set[int], scalar: bool, show: str, marks: Mapping[int, str],
    ) -> None:  # fmt: skip
        self.roots, self.names, self.layers, self.apart = set(map(id, roots)), names, layers, apart
        self.scalar, self.show = scalar, show
        self.uses, self.changed = uses_of(list(walked)), changed(list(walked))
        self.strange = strangers(roots, nodes)
        held = [x for x in nodes if isinstance(x, Tensor) and x.grad is not None]
        self.ran = any(id(x) not in self.strange for x in held)
        weights = [x for x in held if isinstance(x, Parameter) and id(x) not in self.strange]
        self.lost = {**vanishing([(id(x), x.name or names.of(x), x.grad) for x in weights]), **marks}
        self.largest = max(filter(math.isfinite, map(norm, nodes)), default=0.0)

    def card(self, x: Any, id_: str) -> Card:
        """The card of a node."""
        data, wants = data_of(x), self._wants(x)
        name = self.names.of(x)
        kind = kind_of(x, self.roots, id(x) in self.names.targets, is_loss(x) or name == "loss")
        count, notes = self.uses.get(id(x), 0), []
        if count > 1 and (wants or not made(x)):
            notes.append(f"sum of {count} gradients" if made(x) else f"used {count}×")
        if id(x) in self.changed:
            notes.append("changed since the forward pass")
        notes += [STRANGE] if wants and id(x) in self.strange else []
        notes += [f"view of {self.names.of(i)}" for i in _viewed(x)]
        told = wants and x.grad is not None
        return Card(
            id=id_, name=self.names.full(x), short=name, title=titled(x, self.names, self.scalar),
            kind=kind, tag=_tag(kind, data, self.scalar), value=statistics(data),
            grad=statistics(x.grad) if told else None,
            absent="" if told or not wants else self._absent(x), wants_grad=wants,
            recipe=self._recipe(x) if made(x) else None, notes=tuple(notes), alerts=self.alerts(x),
            layer=self.layers.get(id(x), ""),
        )  # fmt: skip

    def _recipe(self, x: Tensor) -> Recipe:
        """How a tensor was made."""
        documented = (x.op.forward.__doc__ or "").partition("\n")[0]
        return Recipe(
            symbol=x.op.symbol or x.op.name,
            formula=formula_of(x, self.names),
            worked=formula_of(x, Values()) if self.scalar and all(np.size(v) == 1 for v in x.values) else "",
            settings=", ".join(f"{name}={value!r:.40}" for name, value in x.settings.items()),
            about=": ".join(filter(None, (x.op.name, documented))),
        )

    def _wants(self, x: Any) -> bool:
        """Whether the card of a node has a gradient row."""
        return isinstance(x, Tensor) and x.requires_grad and self.show != "values"

    def _absent(self, x: Tensor) -> str:
        """What is said in place of a gradient that is not there."""
        if self._missed(x) or (not self.ran and hasattr(x, "derivative_order")):
            return ""
        return "gradient not kept" if self.ran else "call backward()"

    def _missed(self, x: Any) -> bool:
        """Whether the gradient should have come to a leaf, and did not."""
        if not self._wants(x) or id(x) in self.roots or made(x):
            return False
        return not self.uses.get(id(x), 0) or (self.ran and x.grad is None)

    def alerts(self, x: Any) -> tuple[str, ...]:
        """What is wrong with a node, in words."""
        tensor = isinstance(x, Tensor)
        alerts = alerts_of(data_of(x), x.grad if tensor else None, made(x) and _rectified(x))
        alerts += (self.lost[id(x)],) if id(x) in self.lost else ()
        return (*alerts, "not reached by backward") if self._missed(x) else alerts

    def folded(
        self, rounds: Sequence[Sequence[Any]], leaves: Sequence[Any], title: str, caption: str, id_: str,
        inside: str, members: tuple[str, ...], bounds: float,
    ) -> Folded:  # fmt: skip
        """The card of a layer, or of repetitions; `bounds` is the largest gradient of any fold."""
        nodes = [*(x for part in rounds for x in part), *leaves]
        weights = [x for x in nodes if isinstance(x, Parameter)]
        sizes = self.sizes(rounds, leaves)
        found = [(self.names.of(x), alert) for x in nodes for alert in self.alerts(x)]
        held = [plural(len(nodes), "node")]
        held += [plural(sum(x.size for x in weights), "parameter")] if weights else []
        wanted = any(map(self._wants, nodes))
        absent = "" if sizes or not wanted else "gradient not kept" if self.ran else "call backward()"
        return Folded(
            id=id_, title=title, kind="layer" if len(rounds) == 1 else "repeat",
            tag=self._through(rounds, nodes),
            caption=caption if len(rounds) == 1 else _span(rounds[0], rounds[-1], self),
            grad=_range(sizes) if wanted else "", bar=_bar(max(sizes, default=0.0), bounds, wanted),
            absent=absent, notes=(" · ".join(held), *[STRANGE] * any(id(x) in self.strange for x in nodes)),
            alerts=_together(found), layer=inside, members=members,
        )  # fmt: skip

    def _through(self, rounds: Sequence[Sequence[Any]], nodes: Sequence[Any]) -> str:
        """The shapes that go into a fold and come out of it: `(64, 8) → (64, 16)`."""
        inside = set(map(id, nodes))
        entering = [
            x for y in rounds[0] for *_, x in parts(y, self.apart)
            if id(x) not in inside and not inline(x) and not isinstance(x, Parameter)
        ]  # fmt: skip
        ends = (data_of(x) for x in (*entering[:1], rounds[-1][-1]))
        return " → ".join(filter(None, (shape(np.shape(x)) for x in ends)))

    def sizes(self, rounds: Sequence[Sequence[Any]], leaves: Sequence[Any]) -> list[float]:
        """The size of the gradient in each repetition: of its own parameters, or else of what it makes.

        A repetition with more or fewer parameters than most, such as a first one, is left out.
        """
        places: dict[int, set[int]] = {}
        used = ((r, x) for r, part in enumerate(rounds) for y in part for *_, x in parts(y, self.apart))
        for r, x in used:
            places.setdefault(id(x), set()).add(r)
        owned: list[list[Any]] = [[] for _ in rounds]
        for leaf in leaves:
            where = places.get(id(leaf), set())
            if isinstance(leaf, Parameter) and leaf.grad is not None and len(where) == 1:
                owned[min(where)].append(leaf)
        usual = Counter(map(len, owned)).most_common(1)[0][0]
        chosen = [own or [part[-1]] for own, part in zip(owned, rounds, strict=True) if len(own) == usual]
        return [math.hypot(*map(norm, part)) for part in chosen if any(x.grad is not None for x in part)]


def _viewed(x: Any) -> list[Any]:
    """The inputs whose memory a tensor shares."""
    arrays = [i for i in x.inputs if isinstance(data_of(i), np.ndarray)] if made(x) else []
    return [i for i in arrays if isinstance(x.data, np.ndarray) and np.may_share_memory(x.data, data_of(i))]


def _rectified(x: Tensor) -> bool:
    """Whether an op like relu made a tensor: 0 wherever its input is below 0."""
    return x.op.name == "relu" or (
        x.op.name == "maximum" and any(np.ndim(i) == 0 and i == 0 for i in x.inputs)
    )


def _tag(kind: str, data: Any, scalar: bool) -> str:
    """The small words at the right of a header: `param (2, 4)`; the end among tensors is a `scalar`."""
    if kind in ("loss", "result") and not scalar:
        return "scalar"
    dtype = "" if (name := str(np.asarray(data).dtype)) == "float64" else name
    return " ".join(filter(None, (_TAGS.get(kind, ""), shape(np.shape(data)), dtype)))


def norm(x: Any) -> float:
    """The norm of the gradient of a node, 0 where it has none."""
    g = x.grad if isinstance(x, Tensor) else None
    return 0.0 if g is None else abs(float(g)) if g.ndim == 0 else norm_of(g)


def _range(sizes: list[float]) -> str:
    low, high = number(min(sizes, default=0.0)), number(max(sizes, default=0.0))
    return "" if not sizes else low if low == high else f"{low} … {high}"


def _bar(size: float, largest: float, wanted: bool) -> float | None:
    """A size as a part of the largest one, on a log scale; None where there is no gradient."""
    if not (wanted and math.isfinite(largest) and largest > 0):
        return None
    return min(max(1 + math.log10(size / largest) / _DECADES, 0.03), 1.0) if size > 0 else 0.0


def _span(first: Sequence[Any], last: Sequence[Any], desk: Desk) -> str:
    """From where to where repetitions go: by their layers, else by what they make."""
    ends = [desk.layers.get(id(part[-1]), "") or desk.names.of(part[-1]) for part in (first, last)]
    return " … ".join(ends)


def _together(found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The alerts of many nodes: of each kind the first, and how many more there are."""
    kinds: dict[str, list[str]] = {}
    for name, alert in found:
        kinds.setdefault(alert.partition(":")[0], []).append(f"{name}: {alert}")
    told = [f"{first}, and {len(more)} more" if more else first for first, *more in kinds.values()]
    left = len(told) - _TOLD
    return (*told[:_TOLD], f"and {plural(left, 'more alert')}") if left > 0 else tuple(told)
