"""fit: training by mini-batches, with validation, progress and callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler import compile
from autograd_lite.extras import require
from autograd_lite.history import History, Logs
from autograd_lite.modes import no_grad
from autograd_lite.randomness import generator
from autograd_lite.tensor import Tensor

Callback = Callable[[int, Logs], Any]
Step = Callable[[Any, Any, str], tuple[float, int | None]]


def fit(
    model: Callable[[Any], Any], X: Any, y: Any, *, loss: Callable[[Any, Any], Any], optimizer: Any,
    epochs: int, batch_size: int | None = None, validation: float | tuple[Any, Any] | None = None,
    callbacks: Iterable[Callback] = (), progress: bool = True, rng: Any = None,
    compile: bool = False,
) -> History:  # fmt: skip
    """Train `model` on examples X, (n, ...), with labels y, (n, ...); returns what each epoch measured.

    `model` is a Module or any function of X that returns a Tensor; `loss(model(X), y)` is the mean loss
    of the examples it gets; `optimizer` holds the parameters (`Newton` and `LBFGS` make a whole step with
    each batch). Each of `epochs` is a pass through all examples, in batches of `batch_size` drawn in a new
    order (the last may be smaller), by default in one batch.
    `validation` is (X, y), or the fraction of the examples to set aside at random. `progress`
    shows a bar where tqdm is installed (extra `train`), nothing where it is not. `rng`, a seed or a
    generator, makes order and split repeat exactly. A Module ends ready for prediction, as after
    `eval()`. No dtype is changed: float32 X and parameters compute in float32.

    Each of `callbacks` is called as callback(epoch, logs) after each epoch, 1, 2, ...; `logs` has "loss",
    and "val_loss", "accuracy", "val_accuracy" where they are known; training stops when one returns True.
    One that has the methods `begin(parameters)`, `step()` or `end()` is told of the begin, as
    `EarlyStopping`, of every step of the optimizer, and of the end.

    With `compile` each step runs as one NumPy program (`ag.compile`), with the same results but for
    rounding, and leaves no `.grad`. A Python `if` on data, and random numbers other than those of
    `Dropout`, are an error; what is written into an array around the model is not noticed.

    Raises a ValueError or TypeError, before anything has changed, for data of unequal length, without
    examples, not numbers or not finite, and for wrong settings; and in training for a parameter that
    the loss does not reach, and for a loss or gradient that is not finite.
    """
    X, y = examples(X, y)
    for name, value in (("epochs", epochs), ("batch_size", len(X) if batch_size is None else batch_size)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"fit: {name} is {value!r}; give a whole number, 1 or more")
    _usable(model, loss, optimizer, callbacks)
    step = (_compiled if compile else _eager)(model, loss, optimizer)
    rng, callbacks = generator(rng), list(callbacks)
    X, y, held_out = split(X, y, validation, rng)
    history = History()
    _begin(callbacks, list(getattr(optimizer, "params", ())))
    try:
        for epoch in _numbered(epochs, progress, history):
            parts = batches(len(X), batch_size, rng)
            logs = _epoch(step, model, X, y, epoch, parts, callbacks)
            history.append(logs | (evaluate(model, loss, *held_out) if held_out else {}))
            if _stops(callbacks, epoch, history):
                break
    finally:
        _tell([model], "eval")
    _tell(callbacks, "end")
    return history


def examples(X: Any, y: Any, kind: str = "") -> tuple[Any, Any]:
    """Examples and labels as arrays of finite numbers, equally many and at least one."""
    arrays = []
    for name, value in ((f"{kind}X", X), (f"{kind}y", y)):
        array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError(
                f"fit: {name} has dtype {array.dtype}; pass an array of numbers, for example "
                f"{name.split()[-1]}.astype(float) where every entry is one"
            )
        if array.ndim == 0 or len(array) == 0:
            raise ValueError(f"fit: {name} has shape {array.shape}: no examples; give one row for each")
        if told := errors.non_finite(array):
            raise ValueError(f"fit: {name} is not finite: {told}; remove or replace such examples")
        arrays.append(array)
    if len(arrays[0]) != len(arrays[1]):
        shapes = " and ".join(f"{kind}{n} has shape {a.shape}" for n, a in zip("Xy", arrays, strict=True))
        raise ValueError(
            f"fit: {shapes}: {len(arrays[0])} examples and {len(arrays[1])} labels; give one label "
            "for each example"
        )
    return arrays[0], arrays[1]


def split(X: Any, y: Any, validation: Any, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Examples and labels to learn from, and a pair to validate with, or None."""
    if validation is None:
        return X, y, None
    if isinstance(validation, tuple | list):
        if len(validation) != 2:
            raise ValueError(
                f"fit: validation has {len(validation)} parts; give (X, y), or a fraction such as 0.2"
            )
        return X, y, examples(validation[0], validation[1], "validation ")
    count = round(len(X) * validation) if isinstance(validation, float) and 0 < validation < 1 else 0
    if not 0 < count < len(X):
        raise ValueError(
            f"fit: validation is {validation!r} of {len(X)} examples; give (X, y), or a fraction between 0 "
            "and 1 that leaves examples on both sides"
        )
    order = rng.permutation(len(X))
    held_out, kept = order[:count], np.sort(order[count:])
    return X[kept], y[kept], (X[held_out], y[held_out])


def batches(n: int, batch_size: int | None, rng: np.random.Generator) -> list[Any]:
    """Indices of the examples of each batch: all as they are, or a random order in pieces."""
    if batch_size is None:
        return [slice(None)]
    order = rng.permutation(n)
    return [order[i : i + batch_size] for i in range(0, n, batch_size)]


def evaluate(model: Any, loss: Any, X: Any, y: Any) -> Logs:
    """Mean loss, and accuracy where it is known, of examples that are not learned from."""
    _tell([model], "eval")
    with no_grad(), np.errstate(over="ignore", invalid="ignore"):
        output = model(X)
        logs = {"val_loss": float(loss(output, y).item())}
    hits = correct(model, output, y)
    return logs if hits is None else logs | {"val_accuracy": hits / len(y)}


def correct(model: Any, output: Any, y: Any) -> int | None:
    """How many outputs agree with labels; None where outputs are no classes.

    They are where the model has a `threshold`, as those of two classes have, and where integer labels
    (n,) meet one score for each class (n, classes).
    """
    threshold = getattr(model, "threshold", None)
    scores = output.data if isinstance(output, Tensor) else output
    if threshold is not None and scores.shape == y.shape:
        return int(np.count_nonzero((scores >= threshold) == y))
    if y.dtype.kind in "iu" and y.ndim == 1 and scores.ndim == 2:
        return int(np.count_nonzero(scores.argmax(axis=1) == y))
    return None


def _epoch(
    step: Step, model: Any, X: Any, y: Any, epoch: int, parts: list[Any], callbacks: list[Any]
) -> Logs:
    """One pass through all batches; mean loss and accuracy as measured on the way, before each step."""
    total, hits = 0.0, 0
    _tell([model], "train")
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused, with its place
        for number, part in enumerate(parts, 1):
            yb = y[part]
            value, right = step(X[part], yb, f"in epoch {epoch}, batch {number} of {len(parts)}")
            total += len(yb) * value
            _tell(callbacks, "step")
            hits = -1 if right is None or hits < 0 else hits + right
    logs = {"loss": total / len(y)}
    return logs if hits < 0 else logs | {"accuracy": hits / len(y)}


def _eager(model: Any, loss: Any, optimizer: Any) -> Step:
    """A step on a batch: its loss, a finite number, and how many outputs were correct, before the step."""

    def step(X: Any, y: Any, where: str) -> tuple[float, int | None]:
        output = model(X)
        value = loss(output, y)
        number = _finite(value, where, optimizer, X)
        if getattr(optimizer, "needs_loss", False):
            optimizer.step(lambda: loss(model(X), y))
        else:
            value.backward(keep="leaves")
            optimizer.step()
        return number, correct(model, output, y)

    return step


def _compiled(model: Any, loss: Any, optimizer: Any) -> Step:
    """The same as one program. A step that fails is undone and made eagerly, to fail in the same words."""
    eager = _eager(model, loss, optimizer)

    def objective(X: Any, y: Any) -> Any:
        output = model(X)
        return loss(output, y), output

    program = compile(objective, optimizer=optimizer)

    def step(X: Any, y: Any, where: str) -> tuple[float, int | None]:
        before = optimizer.state, [p.data for p in optimizer.params]
        try:
            number, output = program(X, y)
            if abs(number) < np.inf:
                return number, correct(model, output, y)
        except Exception as refused:
            _restore(optimizer, *before)
            try:
                eager(X, y, where)
            except Exception as error:
                raise error from None
            _restore(optimizer, *before)
            refused.add_note("fit: this step changed nothing; compile=False trains what cannot be compiled")
            raise
        _restore(optimizer, *before)
        return eager(X, y, where)  # refuses the loss

    return step


def _restore(optimizer: Any, state: Any, data: list[Any]) -> None:
    """Undo a step, and leave no gradients."""
    optimizer.state = state
    for parameter, before in zip(optimizer.params, data, strict=True):
        parameter.data, parameter.grad = before, None


def _finite(value: Any, where: str, optimizer: Any, X: Any) -> float:
    """The loss of a batch as a number; an error that says where if it is none, or not finite."""
    if not isinstance(value, Tensor) or value.size != 1:
        told = f"a tensor of shape {value.shape}" if isinstance(value, Tensor) else repr(value)
        raise TypeError(f"fit: loss returned {told}; it must return a Tensor that is one number, the mean")
    number = float(value.item())
    if not abs(number) < np.inf:
        lr = f" (lr is {optimizer.lr}); lower lr, or" if hasattr(optimizer, "lr") else ";"
        raise ValueError(
            f"fit: the loss is {number} {where}{lr} standardise X: its entries reach {np.abs(X).max():.3g}"
        )
    return number


def _usable(model: Any, loss: Any, optimizer: Any, callbacks: Any) -> None:
    """Refuse what cannot train, and an optimiser that leaves out a parameter of the model."""
    for name, value in (("model", model), ("loss", loss)):
        if not callable(value):
            raise TypeError(f"fit: {name} is {value!r}; pass a function, such as ag.bce_with_logits for loss")
    if isinstance(optimizer, type) or not hasattr(optimizer, "step"):
        raise TypeError(
            f"fit: optimizer is {optimizer!r}; make one: ag.optim.Adam(model.parameters(), lr=0.01)"
        )
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"fit: callbacks is {callbacks!r}; pass a list of callbacks")
    module = getattr(model, "__self__", model)  # of a method such as model.logits
    updated = {id(p) for p in getattr(optimizer, "params", ())}
    left = [p for p in getattr(module, "parameters", list)() if p.requires_grad and id(p) not in updated]
    if left:
        raise ValueError(
            f"fit: the optimizer leaves out {', '.join(str(p.name) for p in left)}; make it from "
            "model.parameters(), and freeze by p.requires_grad = False what shall stay"
        )


def _begin(callbacks: list[Any], parameters: list[Any]) -> None:
    """Forget old gradients, which would hide that the loss misses a parameter; tell the callbacks."""
    for parameter in parameters:
        parameter.grad = None
    _tell(callbacks, "begin", parameters)


def _stops(callbacks: list[Callback], epoch: int, history: History) -> bool:
    """Whether a callback stops the training; each of them sees every epoch."""
    logs = {name: values[-1] for name, values in history.columns().items()}
    answers = [callback(epoch, logs) for callback in callbacks]
    return any(answers)


def _tell(listeners: Iterable[Any], event: str, *args: Any) -> None:
    """Call the method `event` of those that have it."""
    for listener in listeners:
        if (method := getattr(listener, event, None)) is not None:
            method(*args)


def _numbered(epochs: int, progress: bool, history: History) -> Iterator[int]:
    """The numbers 1, 2, ... of the epochs, behind a bar if there shall and can be one."""
    try:
        tqdm = require("tqdm", "train").tqdm if progress else None
    except ImportError:
        tqdm = None
    if tqdm is None:
        yield from range(1, epochs + 1)
        return
    with tqdm(total=epochs, unit="epoch") as bar:
        for epoch in range(1, epochs + 1):
            try:
                yield epoch
            finally:  # also after the last one of a training that stops early
                columns = history.columns().items()
                told = " ".join(f"{name} {values[-1]:.4g}" for name, values in columns if values)
                bar.set_postfix_str(told, refresh=False)
                bar.update()
