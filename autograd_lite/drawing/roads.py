"""Lanes: the way of a value forward and of its gradient back, between two cards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from autograd_lite.drawing.text import number

CARD, FOLD = "n", "f"  # what the ids of cards and folds begin with


class Lane(NamedTuple):
    """A road from an input to what was made of it.

    `rule` is the local derivative in words, `factor` the same as a number where there is one; `width`
    is None where no gradient flows.
    """

    source: str
    target: str
    rule: str
    factor: float | None
    width: float | None


def width_of(size: float, largest: float) -> float:
    """The width of a lane, in points: from 1 to 2.6, on a log scale of four decades."""
    part = 1 + math.log10(size / largest) / 4 if 0 < size <= largest < math.inf else 0.0
    return 1.0 + 1.6 * min(max(part, 0.0), 1.0)


def joined(lanes: Iterable[Lane], home: Mapping[str, str]) -> tuple[Lane, ...]:
    """Lanes between what is drawn: `home` says in which fold a card is.

    Of the lanes between a fold and another card, the widest stays.
    """
    found: dict[object, Lane] = {}
    for i, lane in enumerate(lanes):
        source, target = home.get(lane.source, lane.source), home.get(lane.target, lane.target)
        if source == target:
            continue
        if source[0] == target[0] == CARD:
            found[i] = lane
            continue
        other = found.get((source, target))
        if other is None or (lane.width or 0.0) > (other.width or 0.0):
            found[source, target] = Lane(source, target, "", None, lane.width)
    return tuple(found.values())


def labelled(lane: Lane) -> str:
    """The local derivative as it stands on the lane: `× p(1−p) = 0.1066`."""
    if lane.factor is None or not any(c.isalpha() for c in lane.rule):
        return lane.rule
    return f"{lane.rule} = {'× ' * lane.rule.startswith('÷')}{number(lane.factor)}"
