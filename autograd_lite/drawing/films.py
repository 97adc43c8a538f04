"""Films: drawings of the same graph at successive steps of a training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite.drawing.cards import Card
from autograd_lite.drawing.drawings import AnyPath, Settings, check_path, draw
from autograd_lite.drawing.film_page import GRID, Frame, corners, film_page, plane_data
from autograd_lite.drawing.graph import data_of, walk
from autograd_lite.drawing.scene import view
from autograd_lite.modes import no_grad
from autograd_lite.tensor import Tensor


class Film:
    """Drawings of a model and its loss at steps of a training; `film` makes one."""

    def __init__(
        self,
        model: Callable[[Any], Any],
        X: NDArray[Any],
        y: NDArray[Any],
        loss: Callable[..., Tensor],
        every: int,
        settings: Settings,
    ) -> None:
        self.frames: list[Frame] = []
        self.steps = 0
        self._model = model
        self._module = model if hasattr(model, "named_modules") else getattr(model, "__self__", None)
        self._X = X
        self._y = y
        self._loss = loss
        self._every = every
        self._settings = settings
        names: Any = settings.get("names")
        self._names = {"X": X, "y": y} if names is None else names

    def __call__(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Do nothing: `fit` calls this after each epoch, and `step` after each step."""

    def begin(self, parameters: Any) -> None:
        """Record the start, unless it is recorded already; `fit` calls this before the first step."""
        self.end()

    def step(self) -> None:
        """Count a step, and record every `every`-th one; call it after each step of the optimizer.

        In a loop of your own call `record()` before the loop to include the start.
        """
        self.steps += 1
        if self.steps % self._every == 0:
            self.record()

    def end(self) -> None:
        """Record the end, unless the last step is recorded already."""
        if not self.frames or self.frames[-1].step != self.steps:
            self.record()

    def record(self) -> None:
        """Record a drawing now, of the loss on all of X and y; nothing in the model changes.

        Raises TypeError if the loss is not a Tensor with one element, ValueError if the graph differs from
        the one in the first frame by more than its numbers.
        """
        with self._evaluation_mode(), np.errstate(all="ignore"):  # a card shows what is not finite
            loss = self._loss(self._model(self._X), self._y)
            if not isinstance(loss, Tensor) or loss.size != 1:
                found = f"a tensor of shape {loss.shape}" if isinstance(loss, Tensor) else repr(loss)
                raise TypeError(f"film: loss returned {found}; it must return a Tensor that is one number")
            with _own_gradients(loss):
                if math.isfinite(loss.item()):
                    loss.backward()
                settings = self._settings | {"names": {**self._names, loss: "loss"}}
                self._drawing = draw(loss, model=self._module, **settings)
            frame = Frame(self.steps, float(loss.item()), view(self._drawing._scene), self._outputs())
        if self.frames and _ops(frame) != _ops(self.frames[0]):
            raise ValueError(
                f"film: the graph of step {self.steps} is not that of step {self.frames[0].step}; a film "
                "shows one graph whose numbers change, so compute the same operations at every step"
            )
        self.frames.append(frame)

    @contextmanager
    def _evaluation_mode(self) -> Iterator[None]:
        """Switch the model to evaluation, then each of its modules back to its own mode."""
        modules = [module for _, module in getattr(self._module, "named_modules", list)()]
        modes = [module.training for module in modules]
        try:
            for module in modules:
                module.eval()
            yield
        finally:
            for module, mode in zip(modules, modes, strict=True):
                vars(module)["training"] = mode

    def _outputs(self) -> NDArray[Any] | None:
        """The outputs of the model on a grid around examples (n, 2) of two classes, else None."""
        if self._X.ndim != 2 or self._X.shape[1] != 2 or len(np.unique(self._y)) > 2:
            return None
        sides = [np.linspace(low, high, GRID) for low, high in zip(*corners(self._X), strict=True)]
        grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        grid = grid.astype(self._X.dtype if self._X.dtype.kind == "f" else float)
        with no_grad():
            output = data_of(self._model(grid))
        return output.reshape(GRID, GRID) if output.size == GRID * GRID else None

    def save(self, path: AnyPath) -> AnyPath:
        """Write the film to `path`, which ends in .html, and return `path`.

        Raises ValueError for another suffix or if nothing is recorded.
        """
        check_path(path, [".html"])
        content = self.to_html()
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(content)
        return path

    def to_html(self) -> str:
        """One HTML page with a slider over the steps; it loads nothing from outside."""
        if not self.frames:
            raise ValueError(
                "film: nothing is recorded; give it to fit(callbacks=[film]), or call film.step() after each "
                "step of your loop"
            )
        plane = None
        if all(frame.outputs is not None for frame in self.frames):
            name = next((str(name) for name, array in self._names.items() if array is self._X), "X")
            outputs = np.array([frame.outputs for frame in self.frames])
            plane = plane_data(name, self._X, self._y, outputs, getattr(self._model, "threshold", None))
        return film_page(self.frames, plane, self._drawing._style, self._drawing._engine)


@contextmanager
def _own_gradients(loss: Tensor) -> Iterator[None]:
    """Clear the gradients in the graph of `loss`, and restore them at the end."""
    before = {tensor: tensor.grad for tensor in walk([loss]) if isinstance(tensor, Tensor)}
    try:
        for tensor in before:
            tensor.grad = None
        yield
    finally:
        for tensor, gradient in before.items():
            tensor.grad = gradient


def _ops(frame: Frame) -> list[tuple[str, str]]:
    """The op of every card of a frame."""
    return [(x.id, x.recipe.about if isinstance(x, Card) and x.recipe else "") for x in frame.view.cards]


def film(
    model: Callable[[Any], Any],
    X: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    *,
    loss: Callable[..., Tensor],
    every: int = 1,
    **settings: Unpack[Settings],
) -> Film:
    """A `Film` of a training: drawings of `loss(model(X), y)` after steps of the optimizer.

    X and y are arrays with one row for each example. `loss` returns a Tensor with one element. `every` is
    the number of steps from one drawing to the next. The `settings` detail, show, names, direction, theme,
    max_nodes, engine and title are the same as in `draw`.

    The film is a callback: `fit(..., callbacks=[film])`. In a loop of your own call `film.record()` before
    the loop and `film.step()` after each step of the optimizer. Then `film.save("film.html")` writes one
    page with a slider over the steps. It shows values, gradients, the curve of the loss, and for examples
    (n, 2) of two classes the decision boundary.

    Each drawing costs one forward and one backward pass over X and y. A `model` that is a Module, or a
    method of one, is drawn in evaluation mode and does not change. If `model` is a function around a Module
    with Dropout, each drawing uses up random numbers.

    Raises TypeError or ValueError for a wrong argument.
    """
    X, y = (np.asarray(x.data if isinstance(x, Tensor) else x) for x in (X, y))
    for name, value in (("model", model), ("loss", loss)):
        if not callable(value):
            raise TypeError(
                f"film: {name} is {value!r}; pass a function, such as ag.bce_with_logits for loss"
            )
    if X.ndim == 0 or y.ndim == 0 or not 0 < len(X) == len(y):
        raise ValueError(f"film: X has shape {X.shape} and y {y.shape}; give one label for each example")
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ValueError(f"film: every={every!r}; give a whole number of steps, 1 or more")
    draw(Tensor(0.0), **settings)  # raises an error for a wrong setting
    return Film(model, X, y, loss, every, settings)
