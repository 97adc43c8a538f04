"""Folding of large graphs: layers, and sequences of ops that repeat, are drawn as one card each.

Every fold is a run of consecutive ops in the order of evaluation. So no path leaves it and comes back, and
the folded graph has no cycle.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

_REPETITIONS = 3  # at least
_COMPARISONS = 2e8  # of tokens, at most, in the search for long periods: about a second
_SHARED = 7  # leaves that several repetitions use, at least: fewer stay outside of the fold


class Node(NamedTuple):
    """A node of the graph: the positions of its inputs, a token that equal ops share, the path of its layer.

    A node that `stays` is never folded.
    """

    inputs: tuple[int, ...]
    token: Hashable
    layer: str
    parameter: bool
    stays: bool


class Fold(NamedTuple):
    """A run of ops that is drawn as one card: the ops of each repetition, and the leaves inside.

    Nodes are given by position; `of` returns the fold of the nodes themselves. A layer has a `path` and
    one repetition; a repeated sequence has no path. Equal runs have equal tokens.
    """

    path: str
    rounds: tuple[tuple[Any, ...], ...]
    leaves: tuple[Any, ...] = ()
    token: Hashable = None

    @property
    def members(self) -> tuple[Any, ...]:
        """All nodes of the fold."""
        return (*(x for ops in self.rounds for x in ops), *self.leaves)

    def of(self, nodes: Sequence[Any]) -> Fold:
        """The fold with these nodes in place of their positions."""
        rounds = tuple(tuple(nodes[i] for i in ops) for ops in self.rounds)
        return Fold(self.path, rounds, tuple(nodes[i] for i in self.leaves))


def layer_by_layer(nodes: Sequence[Node]) -> list[int]:
    """An order of evaluation that finishes a layer before it begins the next, if that is possible.

    Layers that do not feed each other keep their order; without layers nothing changes.
    """
    first: dict[str, int] = {}
    users: list[list[int]] = [[] for _ in nodes]
    keys: list[tuple[int, int, int]] = []  # the number of layers before, the layer's first node, the node
    movable: list[bool] = []  # leaves, and results of leaves alone outside of layers: computed when needed
    for i, node in enumerate(nodes):
        level, layer, _ = max((keys[j] for j in node.inputs if nodes[j].inputs), default=(0, -1, 0))
        own = first.setdefault(node.layer, i) if node.layer else layer
        keys.append((level + (own != layer), own, i))
        movable.append(not node.inputs or (not node.layer and all(movable[j] for j in node.inputs)))
        for j in node.inputs:
            users[j].append(i)
    for i in reversed(range(len(nodes))):
        if movable[i] and users[i]:
            keys[i] = (*min(keys[user][:2] for user in users[i]), i)
    return sorted(range(len(nodes)), key=keys.__getitem__)  # no key is smaller than those of its inputs


def by_layers(nodes: Sequence[Node]) -> list[Fold]:
    """The outermost layers, each as a fold."""
    return _folds(nodes, _layer_units(nodes, 1))


def to_fit(nodes: Sequence[Node], most: int) -> tuple[list[Fold], int]:
    """The folds that leave at most `most` cards, or as few as possible, and the number of cards.

    Inner layers are folded before outer ones, and at each depth repetitions of layers too.
    """
    best: tuple[list[Fold], int] = ([], len(nodes))
    depth = max(node.layer.count(".") + bool(node.layer) for node in nodes)
    for parts in range(depth, -1, -1):
        for units in _with_repetitions(_layer_units(nodes, parts)):
            folds = _folds(nodes, units)
            count = len(nodes) - sum(len(fold.members) - 1 for fold in folds)
            best = min(best, (folds, count), key=lambda pair: pair[1])
            if best[1] <= most:
                return best
    return best


def _layer_units(nodes: Sequence[Node], depth: int) -> list[Fold]:
    """The ops in order, neighbours of the same layer as one unit; of its path, `depth` parts count."""
    units: list[Fold] = []
    for i, node in enumerate(nodes):
        if not node.inputs:
            continue
        path = "" if node.stays else ".".join(node.layer.split(".")[:depth])
        if path and units and units[-1].path == path:
            unit = units.pop()
            units.append(Fold(path, ((*unit.rounds[0], i),), token=(unit.token, node.token)))
        else:
            units.append(Fold(path, ((i,),), token=("stays", i) if node.stays else node.token))
    return units


def _with_repetitions(units: list[Fold]) -> Iterator[list[Fold]]:
    """The units; then again and again with the repetitions of the shortest period as one unit each."""
    numbers: dict[Hashable, int] = {}
    runs = [(0, 0)]
    while runs:
        yield units
        period, runs = _repetitions([numbers.setdefault(unit.token, len(numbers)) for unit in units])
        shorter: list[Fold] = []
        end = 0
        for start, count in runs:
            shorter += units[end:start]
            end = start + count * period
            shorter.append(_repeated([units[i : i + period] for i in range(start, end, period)]))
        units = shorter + units[end:]


def _repeated(blocks: list[list[Fold]]) -> Fold:
    """Equal blocks of units as one unit; its path is the module around all of them, if there is one."""
    paths = {unit.path.rpartition(".")[0] for block in blocks for unit in block}
    rounds = tuple(tuple(i for unit in block for ops in unit.rounds for i in ops) for block in blocks)
    token = (len(blocks), *(unit.token for unit in blocks[0]))
    return Fold(paths.pop() if len(paths) == 1 else "", rounds, token=token)


def _repetitions(tokens: list[int]) -> tuple[int, list[tuple[int, int]]]:
    """The shortest period that repeats anywhere, and the start and number of each of its repetitions."""
    n = len(tokens)
    array = np.array(tokens)
    for period in range(1, min(n // _REPETITIONS, int(_COMPARISONS / max(n, 1))) + 1):
        differ = np.flatnonzero(array[:-period] != array[period:])
        starts = np.concatenate(([0], differ + 1))
        lengths = np.concatenate((differ, [n - period])) - starts
        long = lengths >= (_REPETITIONS - 1) * period
        if long.any():
            counts = (lengths[long] + period) // period
            return period, list(zip(starts[long].tolist(), counts.tolist(), strict=True))
    return 0, []


def _folds(nodes: Sequence[Node], units: list[Fold]) -> list[Fold]:
    """The layers and repetitions among the units that hold more than one node, with their leaves."""
    folded = [unit for unit in units if unit.path or len(unit.rounds) > 1]
    unit_of = {i: u for u, unit in enumerate(folded) for ops in unit.rounds for i in ops}
    users: dict[int, list[int]] = {}
    for i, node in enumerate(nodes):
        for j in node.inputs:
            if not nodes[j].inputs:
                users.setdefault(j, []).append(i)
    leaves: list[list[int]] = [[] for _ in folded]
    for j, ops in users.items():
        u = unit_of.get(ops[0], -1)  # the unit that uses the leaf first
        outside = [i for i in ops if unit_of.get(i) != u]
        # A parameter of a layer may have later users, such as a penalty: still no path comes back.
        is_own = nodes[j].parameter and nodes[j].layer
        if u >= 0 and (not outside or (is_own and outside[0] > folded[u].rounds[-1][-1])):
            leaves[u].append(j)
    folds = []
    for unit, inside in zip(folded, leaves, strict=True):
        if len(unit.rounds) == 1:
            own = [j for j in inside if f"{nodes[j].layer}.".startswith(f"{unit.path}.")]
            folds.append(Fold(unit.path, unit.rounds, tuple(own)))
        else:
            folds.append(Fold("", unit.rounds, _leaves_of_repetitions(nodes, unit, inside, users)))
    return [fold for fold in folds if len(fold.members) > 1]


def _leaves_of_repetitions(
    nodes: Sequence[Node], unit: Fold, candidates: list[int], users: dict[int, list[int]]
) -> tuple[int, ...]:
    """The leaves in a fold of repetitions: parameters, or constants of which each repetition has its own.

    Leaves that several repetitions use are inside only if they are many.
    """
    round_of = {i: r for r, ops in enumerate(unit.rounds) for i in ops}
    shared = {j for j in candidates if len({round_of[i] for i in users[j] if i in round_of}) > 1}
    constants = {j for j in candidates if not nodes[j].parameter} - shared
    outside = shared if len(shared) < _SHARED else set()
    outside |= constants if len(constants) < len(unit.rounds) else set()
    return tuple(sorted(set(candidates) - outside))
