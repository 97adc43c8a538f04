"""Cards: what a drawing tells of one tensor, or of many that are folded into one. Plain numbers and words."""

from __future__ import annotations

from typing import NamedTuple

from autograd_lite.drawing.statistics import Statistics

STRANGE = "gradient not of this graph alone"


class Recipe(NamedTuple):
    """How a tensor was made: the op's sign, the formula in names, the same in numbers, and more in words.

    `worked`, in numbers, is empty unless all of them are single ones.
    """

    symbol: str
    formula: str
    worked: str
    settings: str
    about: str


class Card(NamedTuple):
    """A tensor or a constant: what stands on its card; `absent` is said where a gradient is missing."""

    id: str
    name: str
    short: str
    title: str
    kind: str
    tag: str
    value: Statistics
    grad: Statistics | None
    absent: str
    wants_grad: bool
    recipe: Recipe | None
    notes: tuple[str, ...]
    alerts: tuple[str, ...]
    layer: str


class Folded(NamedTuple):
    """Cards drawn as one; `bar` is the size of its gradient on a log scale, from 0 to 1.

    `members` are the cards it can be unfolded to, none where there are too many to draw.
    """

    id: str
    title: str
    kind: str
    tag: str
    caption: str
    grad: str
    bar: float | None
    absent: str
    notes: tuple[str, ...]
    alerts: tuple[str, ...]
    layer: str
    members: tuple[str, ...]

    @property
    def short(self) -> str:
        """What it is called: its title."""
        return self.title
