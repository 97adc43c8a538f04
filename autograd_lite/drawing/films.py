"""Films: drawings of the same graph at successive steps of a training."""

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite.arguments import whole_number
from autograd_lite.drawing.cards import Card
from autograd_lite.drawing.drawings import AnyPath, Settings, check_path, draw
from autograd_lite.drawing.film_page import GRID, Frame, corners, film_page, plane_data
from autograd_lite.drawing.graph import data_of, walk
from autograd_lite.drawing.scene import view
from autograd_lite.modes import no_grad
from autograd_lite.tensor import Tensor


@dataclass(eq=False, repr=False)
class Film:
    """Drawings of a model and its loss at steps of a training. `film` makes one.

    `model`, `X`, `y`, `loss`, `every`, `names` and `settings` are the arguments of `film`. `frames` are the
    recorded drawings, `steps` is the number of steps of the training so far.
    """

    model: Callable[[Any], Any]
    X: NDArray[Any]
    y: NDArray[Any]
    loss: Callable[..., Tensor]
    every: int
    names: Mapping[Any, Any]
    settings: Settings
    frames: list[Frame] = field(default_factory=list)
    steps: int = 0

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
        if self.steps % self.every == 0:
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
        with ExitStack() as stack:
            stack.enter_context(np.errstate(all="ignore"))  # a card shows what is not finite
            owner = getattr(self.model, "__self__", self.model)  # of a method
            module: Any = owner if hasattr(owner, "named_modules") else None
            for _, part in module.named_modules() if module is not None else ():
                stack.callback(vars(part).update, training=part.training)
            if module is not None:
                module.eval()
            loss = self.loss(self.model(self.X), self.y)
            if not isinstance(loss, Tensor) or loss.size != 1:
                found = f"a tensor of shape {loss.shape}" if isinstance(loss, Tensor) else repr(loss)
                raise TypeError(f"film: loss returned {found}; it must return a Tensor that is one number")
            for tensor in (x for x in walk([loss]) if isinstance(x, Tensor)):
                if hasattr(tensor, "backward_pass"):
                    stack.callback(setattr, tensor, "backward_pass", tensor.backward_pass)
                stack.callback(setattr, tensor, "_grad", tensor._grad)
                tensor._grad = None
            if math.isfinite(loss.item()):
                loss.backward()
            settings: Settings = {**self.settings, "names": {**self.names, loss: "loss"}}
            self._drawing = draw(loss, model=module, **settings)
            frame = Frame(self.steps, float(loss.item()), view(self._drawing._scene), self._outputs())
        if self.frames and _ops(frame) != _ops(self.frames[0]):
            raise ValueError(
                f"film: the graph of step {self.steps} is not that of step {self.frames[0].step}; a film "
                "shows one graph whose numbers change, so compute the same operations at every step"
            )
        self.frames.append(frame)

    def _outputs(self) -> NDArray[Any] | None:
        """The outputs of the model on a grid around examples (n, 2) of two classes, else None."""
        if self.X.ndim != 2 or self.X.shape[1] != 2 or len(np.unique(self.y)) > 2:
            return None
        sides = [np.linspace(low, high, GRID) for low, high in zip(*corners(self.X), strict=True)]
        grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        grid = grid.astype(self.X.dtype if self.X.dtype.kind == "f" else float)
        with no_grad():
            output = data_of(self.model(grid))
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
            name = next((str(name) for name, array in self.names.items() if array is self.X), "X")
            outputs = np.array([frame.outputs for frame in self.frames])
            plane = plane_data(name, self.X, self.y, outputs, getattr(self.model, "threshold", None))
        return film_page(self.frames, plane, self._drawing._style, self._drawing._engine)


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
    max_nodes, engine and title are the same as in `draw`. Raises TypeError or ValueError for wrong arguments.

    The film is a callback: `fit(..., callbacks=[film])`. In a loop of your own call `film.record()` before
    the loop and `film.step()` after each step of the optimizer. Then `film.save("film.html")` writes one
    page with a slider over the steps. It shows values, gradients, the curve of the loss, and for examples
    (n, 2) of two classes the decision boundary.

    Each drawing costs one forward and one backward pass over X and y. A `model` that is a Module, or a
    method of one, is drawn in evaluation mode and does not change. If `model` is a function around a Module
    with Dropout, each drawing uses up random numbers.
    """
    X, y = (np.asarray(x.data if isinstance(x, Tensor) else x) for x in (X, y))
    for name, value in (("model", model), ("loss", loss)):
        if not callable(value):
            raise TypeError(
                f"film: {name} is {value!r}; pass a function, such as ag.bce_with_logits for loss"
            )
    if X.ndim == 0 or y.ndim == 0 or not 0 < len(X) == len(y):
        raise ValueError(f"film: X has shape {X.shape} and y {y.shape}; give one label for each example")
    whole_number("film", "every", every, unit="steps")
    draw(Tensor(0.0), **settings)  # raises an error for a wrong setting
    names = settings.get("names")
    return Film(model, X, y, loss, every, {"X": X, "y": y} if names is None else names, settings)
