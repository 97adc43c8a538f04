"""Building of cards: the graph of some tensors is analysed as a whole, then each node gets its card."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.drawing import graph
from autograd_lite.drawing.alerts import alerts_of, vanishing
from autograd_lite.drawing.cards import FOREIGN_GRADIENT, Card, Recipe
from autograd_lite.drawing.formulas import formula_of, worked_formula
from autograd_lite.drawing.layers import layers_of, parameter_paths
from autograd_lite.drawing.naming import Names, title_of, user_names
from autograd_lite.drawing.statistics import norm_of, statistics
from autograd_lite.drawing.text import shape
from autograd_lite.tensor import Parameter, Tensor

_TAGS = {"parameter": "param", "frozen": "param, frozen", "tensor": ""}  # other kinds are their own tags


class CardBuilder:
    """The graph that ends in `roots`, and the cards of its nodes; the arguments are documented at `draw`."""

    def __init__(
        self,
        roots: Sequence[Tensor],
        model: Any,
        detail: str,
        names: Any,
        show: str,
        marks: Mapping[Any, str],
    ) -> None:
        walked = graph.walk(roots)
        if foreign := [x for x in marks if id(x) not in set(map(id, walked))]:
            raise ValueError(f"draw: marks has {foreign[0]!r}, which is not a tensor of this graph")
        self.show = show
        are_single = all(np.size(graph.data_of(x)) == 1 for x in walked)
        self.scalar = detail == "scalar" or (detail == "auto" and are_single)
        self.roots = set(map(id, roots))
        walked = graph.unreached(model, walked) + [x for x in walked if not graph.is_inline(x)]
        paths = parameter_paths(walked, model)
        named = user_names(walked, names, errors.caller_names(), paths)
        self.uses = Counter(id(i) for x in walked if isinstance(x, Tensor) for i in x.inputs)
        self.merged = set() if self.scalar else graph.merged_nodes(walked, named, self.uses)
        self.merged -= self.roots.union(map(id, marks))
        self.nodes = [x for x in walked if id(x) not in self.merged]
        self.names = Names(walked, self.roots, named, self.merged, self.scalar)
        self.layers = layers_of(self.nodes, self.roots, self.merged, paths)
        self.rebound = graph.rebound(walked)
        self.foreign = graph.foreign_gradients(roots, walked)
        tensors = [x for x in self.nodes if isinstance(x, Tensor)]
        reached = [x for x in tensors if x.grad is not None and id(x) not in self.foreign]
        self.has_run = bool(reached)
        weights = [(id(x), x.name or self.names.of(x), x.grad) for x in reached if isinstance(x, Parameter)]
        self.marks = vanishing(weights) | {id(x): text for x, text in marks.items()}
        self.largest = max(filter(math.isfinite, map(gradient_norm, self.nodes)), default=0.0)

    def card(self, x: Any, id_: str) -> Card:
        """The card of a node."""
        name = self.names.of(x)
        kind = graph.kind_of(x, self.roots, id(x) in self.names.targets, graph.is_loss(x) or name == "loss")
        wants_grad = self.wants_grad(x)
        has_grad = wants_grad and x.grad is not None
        return Card(
            id=id_,
            name=self.names.named.get(id(x), name),
            short=name,
            title=title_of(x, self.names, self.scalar),
            kind=kind,
            tag=self._tag(x, kind),
            value=statistics(graph.data_of(x)),
            grad=statistics(x.grad) if has_grad else None,
            absent="" if has_grad or not wants_grad else self._absent(x),
            wants_grad=wants_grad,
            recipe=self._recipe(x) if graph.has_op(x) else None,
            notes=tuple(self._notes(x)),
            alerts=tuple(self.alerts(x)),
            layer=self.layers[id(x)],
        )

    def _tag(self, x: Any, kind: str) -> str:
        """The small text at the right of a title: `param (2, 4)`; `scalar` for the end of a tensor graph."""
        if kind in ("loss", "result") and not self.scalar:
            return "scalar"
        array = np.asarray(graph.data_of(x))
        dtype = "" if array.dtype == np.float64 else str(array.dtype)
        return " ".join(filter(None, (_TAGS.get(kind, kind), shape(array.shape), dtype)))

    def _recipe(self, x: Tensor) -> Recipe:
        summary = (x.op.forward.__doc__ or "").partition("\n")[0]
        return Recipe(
            symbol=x.op.symbol or x.op.name,
            formula=formula_of(x, self.names.inputs(x)),
            worked=worked_formula(x) if self.scalar else "",
            settings=", ".join(f"{name}={value!r:.40}" for name, value in x.settings.items()),
            about=": ".join(filter(None, (x.op.name, summary))),
        )

    def _notes(self, x: Any) -> list[str]:
        count = self.uses[id(x)]
        notes = []
        if count > 1 and not graph.has_op(x):
            notes.append(f"used {count}×")
        if count > 1 and graph.has_op(x) and self.wants_grad(x):
            notes.append(f"sum of {count} gradients")
        if id(x) in self.rebound:
            notes.append("changed since the forward pass")
        if id(x) in self.foreign and self.wants_grad(x):
            notes.append(FOREIGN_GRADIENT)
        return notes + [f"view of {self.names.of(i)}" for i in graph.viewed_inputs(x)]

    def alerts(self, x: Any) -> list[str]:
        """Everything that is wrong with a node, in words."""
        alerts = alerts_of(x)
        alerts += [self.marks[id(x)]] if id(x) in self.marks else []
        alerts += ["not reached by backward"] if self._is_missed(x) else []
        return alerts

    def wants_grad(self, x: Any) -> bool:
        """True if the card of a node has a gradient row."""
        return isinstance(x, Tensor) and x.requires_grad and self.show != "values"

    def _absent(self, x: Tensor) -> str:
        """The text in place of a missing gradient."""
        if self._is_missed(x) or (not self.has_run and hasattr(x, "derivative_order")):
            return ""
        return "gradient not kept" if self.has_run else "call backward()"

    def _is_missed(self, x: Any) -> bool:
        """True for a leaf without gradient after backward, or with no way to get one."""
        if not self.wants_grad(x) or id(x) in self.roots or graph.has_op(x):
            return False
        return not self.uses[id(x)] or (self.has_run and x.grad is None)


def gradient_norm(x: Any) -> float:
    """The norm of the gradient of a node, 0 if it has no gradient."""
    return norm_of(x.grad) if isinstance(x, Tensor) and x.grad is not None else 0.0
