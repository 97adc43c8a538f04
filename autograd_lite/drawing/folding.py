"""Which nodes of a large graph are drawn as one card: layers, and parts that repeat.

Every fold is a stretch of the order of evaluation, so no path leaves it and comes back, and the folded
graph has no cycle either.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np

_AT_LEAST = 3  # repetitions
_COMPARED = 2e8  # tokens, before the search for long periods ends
_SHARED = 6  # leaves that all repetitions use stay outside, if they are no more than this


class Node(NamedTuple):
    """A node of the graph: the nodes it was made from, what it looks like, the layer it belongs to.

    A node that `stays` is never folded.
    """

    inputs: tuple[int, ...]
    token: Hashable
    layer: str
    parameter: bool
    stays: bool


class Fold(NamedTuple):
    """Nodes to draw as one card: `rounds` lists them by repetition, one for a layer; then its leaves."""

    path: str
    rounds: tuple[tuple[int, ...], ...]
    leaves: tuple[int, ...]

    @property
    def members(self) -> tuple[int, ...]:
        """All nodes of the fold."""
        return (*(i for part in self.rounds for i in part), *self.leaves)


class _Unit(NamedTuple):
    """A stretch of ops that is drawn as one: by itself, as a layer, or as repetitions of something."""

    token: Hashable
    path: str
    rounds: tuple[tuple[int, ...], ...]


def layer_by_layer(nodes: list[Node]) -> list[int]:
    """An order of evaluation that ends one layer before it begins the next, where that is possible.

    Layers that do not feed each other follow as they first appear; without any layer the order stays.
    """
    first: dict[str, int] = {}
    for i, node in enumerate(nodes):
        first.setdefault(node.layer, i)
    users: list[list[int]] = [[] for _ in nodes]
    keys: list[tuple[int, int, int]] = []  # how many layers come before, which of those, and the order
    for i, node in enumerate(nodes):
        level, layer, _ = max((keys[j] for j in node.inputs if nodes[j].inputs), default=(0, -1, 0))
        if node.layer and first[node.layer] != layer:
            level, layer = level + 1, first[node.layer]
        keys.append((level, layer, i))
        for j in set(node.inputs):
            users[j].append(i)
    loose: list[bool] = []  # leaves, and what is made of them outside of all layers: as late as may be
    for node in nodes:
        loose.append(not node.inputs or (not node.layer and all(loose[j] for j in node.inputs)))
    for i in reversed(range(len(nodes))):
        if loose[i] and users[i]:
            keys[i] = (*min(keys[user][:2] for user in users[i]), i)
    missing = [len(set(node.inputs)) for node in nodes]
    ready = [keys[i] for i, count in enumerate(missing) if not count]
    heapify(ready)
    order = []
    while ready:
        *_, i = heappop(ready)
        order.append(i)
        for user in users[i]:
            missing[user] -= 1
            if not missing[user]:
                heappush(ready, keys[user])
    return order


def by_layers(nodes: list[Node]) -> list[Fold]:
    """The outermost layers, each a fold."""
    return _folds(nodes, _units(nodes, 1))


def to_fit(nodes: list[Node], most: int) -> tuple[list[Fold], int]:
    """The folds that bring the graph to at most `most` cards, if any can, and the number of cards.

    Inner layers are folded before outer ones, and what repeats among them before going outward.
    """
    best: tuple[list[Fold], int] = ([], len(nodes))
    for depth in range(max(node.layer.count(".") + bool(node.layer) for node in nodes), -1, -1):
        for units in _ever_shorter(_units(nodes, depth)):
            folds = _folds(nodes, units)
            best = min(best, (folds, count(nodes, folds)), key=lambda pair: pair[1])
            if best[1] <= most:
                return best
    return best


def count(nodes: list[Node], folds: list[Fold]) -> int:
    """How many cards there are when these are folded."""
    return len(nodes) - sum(len(fold.members) - 1 for fold in folds)


def _units(nodes: list[Node], depth: int) -> list[_Unit]:
    """The ops in order, neighbours of the same layer together; `depth` counts the parts of its path."""
    units: list[_Unit] = []
    for i, node in enumerate(nodes):
        if not node.inputs:
            continue
        path = "" if node.stays else ".".join(node.layer.split(".")[:depth])
        if path and units and units[-1].path == path:
            last = units[-1]
            units[-1] = _Unit((last.token, node.token), path, ((*last.rounds[0], i),))
        else:
            units.append(_Unit(("stays", i) if node.stays else node.token, path, ((i,),)))
    return units


def _ever_shorter(units: list[_Unit]) -> Iterator[list[_Unit]]:
    """The units, then with their repetitions as one, the shortest first, until none is left."""
    yield units
    numbers: dict[Hashable, int] = {}
    while True:
        tokens = np.array([numbers.setdefault(unit.token, len(numbers)) for unit in units])
        found = _repetitions(tokens)
        if not found:
            return
        period, stretches = found
        shorter: list[_Unit] = []
        end = 0
        for start, rounds in stretches:
            shorter += units[end:start]
            end = start + rounds * period
            blocks = [units[i : i + period] for i in range(start, end, period)]
            token = (rounds, *(unit.token for unit in blocks[0]))
            paths = {unit.path.rpartition(".")[0] for block in blocks for unit in block}
            outer = paths.pop() if len(paths) == 1 else ""
            flat = tuple(tuple(i for unit in b for part in unit.rounds for i in part) for b in blocks)
            shorter.append(_Unit(token, outer, flat))
        units = shorter + units[end:]
        yield units


def _repetitions(tokens: np.ndarray) -> tuple[int, list[tuple[int, int]]] | None:
    """The shortest period that repeats anywhere, and where: start and number of repetitions."""
    n = len(tokens)
    for period in range(1, min(n // _AT_LEAST, int(_COMPARED / max(n, 1))) + 1):
        differ = np.flatnonzero(tokens[:-period] != tokens[period:])
        starts = np.concatenate(([0], differ + 1))
        lengths = np.concatenate((differ, [n - period])) - starts
        long = lengths >= (_AT_LEAST - 1) * period
        if long.any():
            rounds = (lengths[long] + period) // period
            return period, list(zip(starts[long].tolist(), rounds.tolist(), strict=True))
    return None


def _folds(nodes: list[Node], units: list[_Unit]) -> list[Fold]:
    """The units that hold more than one node, with the leaves that belong to them."""
    home = {  # op -> its unit and its repetition
        i: (u, r)
        for u, unit in enumerate(units) if unit.path or len(unit.rounds) > 1
        for r, part in enumerate(unit.rounds) for i in part
    }  # fmt: skip
    users: dict[int, list[int]] = {}
    for i, node in enumerate(nodes):
        for leaf in node.inputs:
            if not nodes[leaf].inputs:
                users.setdefault(leaf, []).append(i)
    held: dict[int, list[int]] = {}
    shared: dict[int, list[int]] = {}
    for leaf, ops in users.items():
        u, r = home.get(min(ops), (-1, 0))  # by the first op that uses it; it may serve later ones too
        inside = [i for i in ops if home.get(i, (-1, 0))[0] == u]
        own = nodes[leaf].parameter and bool(nodes[leaf].layer)
        if u >= 0 and (len(inside) == len(ops) or (own and _after(ops, units[u]))):
            alone = all(home[i] == (u, r) for i in inside)
            (held if alone else shared).setdefault(u, []).append(leaf)
    folds = []
    for u in sorted({u for u, _ in home.values()}):
        unit = units[u]
        leaves = _leaves(nodes, unit, held.get(u, []), shared.get(u, []))
        if sum(map(len, unit.rounds)) + len(leaves) > 1:
            folds.append(Fold(unit.path if len(unit.rounds) == 1 else "", unit.rounds, tuple(leaves)))
    return folds


def _after(ops: list[int], unit: _Unit) -> bool:
    """Whether the ops outside a unit all come after it: then its fold can feed them without a cycle."""
    inside = {i for part in unit.rounds for i in part}
    return all(i in inside or i > max(inside) for i in ops)


def _leaves(nodes: list[Node], unit: _Unit, held: list[int], shared: list[int]) -> list[int]:
    """The leaves that go into a fold: the layer's own, or what each of the repetitions has."""
    if len(unit.rounds) == 1:
        return [i for i in held if f"{nodes[i].layer}.".startswith(f"{unit.path}.")]
    others = [i for i in held if not nodes[i].parameter]
    kept = others if len(others) >= len(unit.rounds) else []
    own = [i for i in held if nodes[i].parameter] + kept
    return sorted(own + (shared if len(shared) > _SHARED else []))
