"""Cards and the edges between them, as plain numbers and text."""

from typing import NamedTuple

from autograd_lite.drawing.statistics import Statistics
from autograd_lite.drawing.text import number

FOREIGN_GRADIENT = "gradient not from this backward pass alone"


class Recipe(NamedTuple):
    """The op behind a tensor: its sign, the formula in names and in numbers, settings and documentation.

    `worked`, the formula in numbers, is empty unless all of them are single ones.
    """

    symbol: str
    formula: str
    worked: str
    settings: str
    about: str


class Card(NamedTuple):
    """The card of a tensor or a constant; `absent` is the text in place of a missing gradient."""

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


class FoldedCard(NamedTuple):
    """Many cards drawn as one; `bar` is the size of its gradient on a log scale, from 0 to 1.

    `members` are the ids of the cards it unfolds to; it is empty if there are too many to draw.
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


AnyCard = Card | FoldedCard


class Edge(NamedTuple):
    """An edge from an input to a result.

    `rule` is the local derivative in words, `factor` the same as a number, if it is one; `width` is None
    if no gradient flows.
    """

    source: str
    target: str
    rule: str = ""
    factor: float | None = None
    width: float | None = None

    @property
    def label(self) -> str:
        """The local derivative, with its number: `× p(1−p) = 0.1066`."""
        if self.factor is None or not any(c.isalpha() for c in self.rule):
            return self.rule
        sign = "× " if self.rule.startswith("÷") else ""
        return f"{self.rule} = {sign}{number(self.factor)}"
