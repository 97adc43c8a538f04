"""A film of a training: drawings of the same graph at successive steps, on one HTML page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.drawing.cards import Card, FoldedCard
from autograd_lite.drawing.dot import Style, to_dot
from autograd_lite.drawing.files import AnyPath, saved
from autograd_lite.drawing.graph import data_of, walk
from autograd_lite.drawing.page import document, tip
from autograd_lite.drawing.render import layouts
from autograd_lite.drawing.scene import View, snapshot, view
from autograd_lite.drawing.statistics import LEVELS, Levels, Statistics, levels, summary
from autograd_lite.drawing.svg import fitted, for_page
from autograd_lite.drawing.text import number
from autograd_lite.drawing.theme import STAND_INS
from autograd_lite.modes import no_grad
from autograd_lite.tensor import Tensor

_GRID = 25  # points along each side of the plane
_POINTS = 200  # examples that are shown in the plane
_CHANGING = ("value", "gradient", "entries")  # lines of a tip
_SHADES = "ABCDEFGHIJKLMNOP0abcdefghijklmnop"  # from the most negative, over zero, to the most positive


class Frame(NamedTuple):
    """The drawing of one step."""

    step: int
    loss: float
    view: View
    plane: Any


class Film:
    """Drawings of model and loss as they train: a callback of `fit`, or `step` in a loop of your own."""

    def __init__(
        self, model: Callable[[Any], Any], module: Any, X: Any, y: Any, loss: Callable[[Any, Any], Any],
        every: int, style: Style, options: Mapping[str, Any], engine: str,
    ) -> None:  # fmt: skip
        self.frames: list[Frame] = []
        self.steps = 0
        self._model, self._module, self._loss, self._every = model, module, loss, every
        self._X, self._y = X, y
        self._style, self._options, self._engine = style, options, engine

    def __call__(self, epoch: int, logs: Mapping[str, float]) -> None:
        """What `fit` calls after each epoch: nothing to do, it has told of every step."""

    def begin(self, parameters: Any) -> None:
        """Record what is there before the first step."""
        self.end()

    def step(self) -> None:
        """Call it after each step of an optimiser: every so often it records a drawing.

        What is there before the first step is recorded by `record()`, called before the loop.
        """
        self.steps += 1
        if self.steps % self._every == 0:
            self.record()

    def end(self) -> None:
        """Record the end, unless that is done."""
        if not self.frames or self.frames[-1].step != self.steps:
            self.record()

    def record(self) -> None:
        """Record a drawing now, of the loss on all of X and y; nothing of the model changes."""
        modules = [module for _, module in getattr(self._module, "named_modules", list)()]
        modes = [module.training for module in modules]
        gradients: dict[Tensor, Any] = {}
        passes: dict[Tensor, int] = {}
        for module in modules:
            module.eval()
        try:
            with np.errstate(all="ignore"):  # what is not finite is told on its card
                value = self._loss(self._model(self._X), self._y)
                if not isinstance(value, Tensor) or value.size != 1:
                    told = f"a tensor of shape {value.shape}" if isinstance(value, Tensor) else repr(value)
                    raise TypeError(f"film: loss returned {told}; it must return a Tensor that is one number")
                gradients |= {x: x.grad for x in walk([value]) if isinstance(x, Tensor)}
                passes |= {x: x.backward_pass for x in gradients if hasattr(x, "backward_pass")}
                for tensor in gradients:
                    tensor.grad = None
                if math.isfinite(value.item()):
                    value.backward()
                named = {**(self._options["names"] or {}), value: "loss"}
                scene = snapshot([value], **{**self._options, "names": named})
                frame = Frame(self.steps, float(value.item()), view(scene), self._plane())
        finally:
            for module, mode in zip(modules, modes, strict=True):
                vars(module)["training"] = mode
            for tensor, gradient in gradients.items():
                tensor.grad = gradient
            for tensor, number_of_pass in passes.items():
                tensor.backward_pass = number_of_pass
        if self.frames and _ops(frame) != _ops(self.frames[0]):
            raise ValueError(
                f"film: the graph of step {self.steps} is not that of step {self.frames[0].step}; a film "
                "shows one graph whose numbers change, so compute the same operations at every step"
            )
        self.frames.append(frame)

    def _plane(self) -> Any:
        """The outputs of the model on a grid around two-dimensional examples of two classes, else None."""
        if self._X.ndim != 2 or self._X.shape[1] != 2 or len(np.unique(self._y)) > 2:
            return None
        low, high = _bounds(self._X)
        sides = [np.linspace(a, b, _GRID) for a, b in zip(low, high, strict=True)]
        grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        grid = grid.astype(self._X.dtype if self._X.dtype.kind == "f" else float)
        with no_grad():
            output = data_of(self._model(grid))
        return output.reshape(_GRID, _GRID) if output.size == _GRID * _GRID else None

    def save(self, path: AnyPath) -> AnyPath:
        """Write the film to `path`, which ends in .html; the file appears whole or not at all."""
        return saved(path, {".html": lambda: self.to_html().encode()})

    def to_html(self) -> str:
        """One HTML page, complete in itself, with a slider over the steps."""
        if not self.frames:
            raise ValueError(
                "film: nothing is recorded; give it to fit(callbacks=[film]), or call film.step() after each "
                "step of your loop"
            )
        dot = to_dot(
            _roomy([frame.view for frame in self.frames]), STAND_INS, self._style._replace(title=None)
        )
        data = {
            "kind": "film",
            "views": {"": for_page(fitted(*layouts([dot], self._engine)[0]))},
            "cards": {card.id: _fixed(card) for card in self.frames[0].view.cards},
            "frames": _frames(self.frames),
            "plane": self._plane_data(),
        }
        return document(self._style, "training film", ["graph.js", "film.js"], data)

    def _plane_data(self) -> Any:
        """The examples in the plane and where it ends, if every frame has one."""
        if any(frame.plane is None for frame in self.frames):
            return None
        low, high = _bounds(self._X)
        unit = ((self._X[:_POINTS] - low) / (high - low)).round(3).tolist()
        classes = (self._y.reshape(len(self._X), -1)[:_POINTS, 0] > 0.5).astype(int).tolist()
        outputs = np.array([frame.plane for frame in self.frames])
        known = outputs[np.isfinite(outputs)]
        probability = known.size > 0 and known.min() >= 0 and known.max() <= 1
        threshold = getattr(self._model, "threshold", 0.5 if probability else 0.0)
        margins = 2 * (outputs - threshold) if threshold else np.tanh((outputs - threshold) / 2)
        names = self._options["names"].items()
        return {
            "name": next((str(name) for name, x in names if x is self._X), "X"),
            "grid": _GRID,
            "low": [number(x) for x in low],
            "high": [number(x) for x in high],
            "points": [[*place, kind] for place, kind in zip(unit, classes, strict=True)],
            "margins": [_letters([[_margin(x) for x in row] for row in plane]) for plane in margins],
        }


def _ops(frame: Frame) -> list[tuple[str, str]]:
    """What every card of a frame was made by."""
    return [(x.id, x.recipe.about if isinstance(x, Card) and x.recipe else "") for x in frame.view.cards]


def _bounds(X: Any) -> tuple[Any, Any]:
    """The corners of the plane: a little beyond the examples."""
    low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    margin = np.where(high > low, 0.2 * (high - low), 1.0)
    return low - margin, high + margin


def _margin(x: float) -> int | None:
    """A margin as a level, finer near 0, where the boundary is."""
    return None if math.isnan(x) else round(math.copysign(LEVELS * math.sqrt(min(1.0, abs(x))), x))


def _fixed(card: Card | FoldedCard) -> dict[str, Any]:
    """What is told of a card at every step alike: all but its numbers and alerts."""
    told = tip(card._replace(alerts=()))
    return told | {"lines": [line for line in told["lines"] if line[0] not in _CHANGING]}


def _roomy(views: list[View]) -> View:
    """The view with every text as long as it ever gets, without what changes otherwise."""
    cards = []
    for versions in zip(*(v.cards for v in views), strict=True):
        first = versions[0]._replace(alerts=())
        if isinstance(first, FoldedCard):
            longest = max((card.grad for card in versions), key=len)
            cards.append(first._replace(grad=longest, absent="", bar=None))
            continue
        value = max((card.value for card in versions), key=lambda told: len(summary(told, gradient=False)))
        grads = [card.grad for card in versions if card.grad is not None]
        grad = max(grads, key=lambda told: len(summary(told, gradient=True)), default=None)
        cards.append(first._replace(value=value, grad=grad, absent="" if grad else first.absent))
    lanes = tuple(lane._replace(factor=None) for lane in views[0].edges)
    return views[0]._replace(cards=tuple(cards), edges=lanes)


def _frames(frames: list[Frame]) -> list[dict[str, Any]]:
    """Every frame as what has changed since the one before: texts, shades, widths of roads, alerts."""
    told, before = [], dict[str, Any]()
    for frame in frames:
        widths = {lane.source: lane.width for lane in frame.view.edges if lane.width is not None}
        now = {card.id: _state(card, widths.get(card.id)) for card in frame.view.cards}
        changed = {id_: state for id_, state in now.items() if state != before.get(id_)}
        told.append(
            {"step": frame.step, "loss": _digits(frame.loss), "told": number(frame.loss), "cards": changed}
        )
        before = now
    return told


def _state(card: Card | FoldedCard, width: float | None) -> list[Any]:
    """What a frame shows of a card: value, its shades, gradient, its shades, width of its road, alerts."""
    road = None if width is None else round(width, 2)
    if isinstance(card, FoldedCard):
        return ["", "", card.grad, "", road, list(card.alerts)]
    value, grad = (_told(told, told is card.grad) for told in (card.value, card.grad))
    return [*value, *grad, road, list(card.alerts)]


def _told(told: Statistics | None, gradient: bool) -> tuple[str, str]:
    return ("", "") if told is None else (summary(told, gradient), _letters(levels(told)))


def _letters(shades: Levels | list[list[int | None]]) -> str:
    return "".join("?" if x is None else _SHADES[x + LEVELS] for row in shades for x in row)


def _digits(x: float) -> float | str:
    """A number as JSON has it, and those that it has not as words."""
    return float(f"{x:.5g}") if math.isfinite(x) else number(x)
