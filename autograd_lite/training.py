"""fit: training in mini-batches, with validation, a progress bar and callbacks."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import explained, whole_number
from autograd_lite.compiler import compile
from autograd_lite.extras import require
from autograd_lite.history import History, Logs
from autograd_lite.modes import no_grad
from autograd_lite.operation import OPS
from autograd_lite.optim import Optimizer
from autograd_lite.randomness import generator
from autograd_lite.tensor import Tensor, graph

Callback = Callable[[int, Logs], Any]
Step = Callable[[Any, Any, str], tuple[float, int | None]]  # (X, y, place) -> (loss, correct outputs)


@explained
def fit(
    model: Callable[[Any], Any],
    X: Any,
    y: Any,
    *,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    validation: float | tuple[Any, Any] | None = None,
    callbacks: Iterable[Callback] = (),
    progress: bool = True,
    rng: int | np.random.Generator | None = None,
    compile: bool = False,
) -> History:
    """Train `model` on examples X, (n, ...), with labels y, (n, ...), and return the history of each epoch.

    `model` is a Module or any function of X that returns a Tensor. `loss(model(X), y)` is the mean loss of
    a batch. `optimizer` holds the parameters. Each of the `epochs` is one pass through all examples, in
    batches of `batch_size` in a new random order; the last batch may be smaller. By default there is one
    batch. `Newton` and `LBFGS` make one step for each batch.

    `validation` is a pair (X, y), or the fraction of the examples to set aside at random. `progress` shows
    a bar if tqdm is installed (extra `train`). `rng` is a seed or a generator; with a seed, order and
    split are the same in every run. No dtype is changed: float32 X and parameters compute in float32. A
    Module is in prediction mode afterwards, as after `eval()`.

    Each of the `callbacks` is called as callback(epoch, logs) after each epoch, 1, 2, ...; training stops
    if one returns True. `logs` has "loss", and "val_loss", "accuracy" and "val_accuracy" if they are
    measured. A callback may also define `begin(parameters)`, `step()` and `end()`. They are called before
    training, after each step of the optimizer, and after training.

    With `compile` each step runs as one NumPy program (`ag.compile`). The results are the same except for
    rounding, and no `.grad` is set. A Python `if` on data is an error, and so are random numbers, except
    those of `Dropout`. Writing into an array that the model uses is not noticed.

    Raises ValueError or TypeError, before anything has changed, if X and y differ in length, are empty, not
    numeric or not finite, or if a setting is wrong. Raises ValueError during training if the loss does not
    reach a parameter, or if the loss or a gradient is not finite.
    """
    X, y = check_examples(X, y)
    whole_number("fit", "epochs", epochs)
    if batch_size is not None:
        whole_number("fit", "batch_size", batch_size)
    check_arguments(model, loss, optimizer, callbacks)
    make_step = _compiled_step if compile else _eager_step
    step = make_step(model, loss, optimizer, threshold_of(model, y))
    rng = generator(rng)
    callbacks = list(callbacks)
    X, y, held_out = split(X, y, validation, rng)
    history = History()
    parameters = list(getattr(optimizer, "params", ()))
    for parameter in parameters:
        parameter.grad = None  # an old gradient would hide that the loss does not reach the parameter
    start = [parameter._value for parameter in parameters]
    first_losses: list[float] = []  # of the first batch of each epoch
    notify(callbacks, "begin", parameters)
    try:
        for epoch in epochs_with_progress(epochs, progress, history):
            logs, first = _run_epoch(step, model, X, y, epoch, batches(len(X), batch_size, rng), callbacks)
            first_losses.append(first)
            history.append(logs | (evaluate(model, loss, *held_out) if held_out else {}))
            if run_callbacks(callbacks, epoch, history):
                break
    finally:
        notify([model], "eval")
    notify(callbacks, "end")
    if history.loss[-1] - first_losses[0] > abs(first_losses[0]):
        _warn_if_risen(model, loss, optimizer, X, y, start)
    return history


def _warn_if_risen(model: Any, loss: Any, optimizer: Any, X: Any, y: Any, start: list[Any]) -> None:
    """Warn if the loss is well above the loss with the parameters `start`, on the scale of the labels too."""
    some = slice(None, None, 1 + len(X) // 10_000)
    losses = []
    for data in (start, [parameter._value for parameter in optimizer.params]):
        for parameter, array in zip(optimizer.params, data, strict=True):
            parameter._value = array
        losses.append(evaluate(model, loss, X[some], y[some])["val_loss"])
    before, after = losses
    if after - before > max(abs(before), 0.1 * min(y.std(), y.var())):
        reach = np.abs(X).max(axis=0)
        column = ", ".join([":", *map(str, np.unravel_index(reach.argmax(), reach.shape))])
        scale = (
            f"standardise X, whose column [{column}] reaches {reach.max():.3g}, or "
            if reach.max() > 5
            else ""
        )
        lr = f" (lr is {optimizer.lr})" if hasattr(optimizer, "lr") else ""
        errors.warn(f"fit: the loss rose from {before:.4g} to {after:.4g}{lr}; {scale}lower lr")


def check_examples(X: Any, y: Any, prefix: str = "") -> tuple[Any, Any]:
    """Return X and y as arrays. Raises an error if they are empty, not finite, or differ in length."""
    arrays = []
    for name, value in ((f"{prefix}X", X), (f"{prefix}y", y)):
        array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError(
                f"fit: {name} has dtype {array.dtype}; pass an array of numbers, for example "
                f"{name.split()[-1]}.astype(float) if every entry is one"
            )
        if array.ndim == 0 or len(array) == 0:
            raise ValueError(f"fit: {name} has shape {array.shape}: no examples; give one row for each")
        if problem := errors.non_finite(array):
            raise ValueError(f"fit: {name} is not finite: {problem}; remove or replace such examples")
        arrays.append(array)
    X, y = arrays
    if len(X) != len(y):
        raise ValueError(
            f"fit: {prefix}X has shape {X.shape} and {prefix}y has shape {y.shape}: {len(X)} examples and "
            f"{len(y)} labels; give one label for each example"
        )
    return X, y


def check_arguments(model: Any, loss: Any, optimizer: Any, callbacks: Any) -> None:
    """Raise an error if an argument cannot be used, or if the optimizer leaves out a parameter."""
    for name, value in (("model", model), ("loss", loss)):
        if not callable(value):
            function = value if str(value) in OPS else "bce_with_logits"
            raise TypeError(f"fit: {name} is {value!r}; pass a function, such as ag.{function} for loss")
    if isinstance(optimizer, type) or not hasattr(optimizer, "step"):
        raise TypeError(
            f"fit: optimizer is {optimizer!r}; make one: ag.optim.Adam(model.parameters(), lr=0.01)"
        )
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"fit: callbacks is {callbacks!r}; pass a list of callbacks")
    module = getattr(model, "__self__", model)  # the object of a method such as model.logits
    parameters = module.parameters() if hasattr(module, "parameters") else []
    updated = {id(p) for p in getattr(optimizer, "params", ())}
    missing = [str(p.name) for p in parameters if p.requires_grad and id(p) not in updated]
    if missing:
        raise ValueError(
            f"fit: the optimizer leaves out {', '.join(missing)}; make it from model.parameters(), and "
            "freeze the parameters that must not change by p.requires_grad = False"
        )


def split(X: Any, y: Any, validation: Any, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Return X and y for training, and a pair (X, y) for validation, or None."""
    if validation is None:
        return X, y, None
    if isinstance(validation, tuple | list):
        if len(validation) != 2:
            raise ValueError(
                f"fit: validation has {len(validation)} parts; give (X, y), or a fraction such as 0.2"
            )
        X_val, y_val = check_examples(validation[0], validation[1], "validation ")
        if y_val.shape[1:] != y.shape[1:]:
            raise ValueError(
                f"fit: y has shape {y.shape} and validation y has shape {y_val.shape}; give both the "
                "shape of the model's output"
            )
        return X, y, (X_val, y_val)
    count = round(len(X) * validation) if isinstance(validation, float) and 0 < validation < 1 else 0
    if not 0 < count < len(X):
        raise ValueError(
            f"fit: validation is {validation!r} of {len(X)} examples; give (X, y), or a fraction between 0 "
            "and 1 that leaves examples on both sides"
        )
    order = rng.permutation(len(X))
    held_out = order[:count]
    rest = np.sort(order[count:])
    return X[rest], y[rest], (X[held_out], y[held_out])


def batches(n: int, batch_size: int | None, rng: np.random.Generator) -> list[Any]:
    """Return the indices of the examples of each batch: a random order in pieces, or one batch of all."""
    if batch_size is None:
        return [slice(None)]
    order = rng.permutation(n)
    return [order[i : i + batch_size] for i in range(0, n, batch_size)]


def evaluate(model: Any, loss: Any, X: Any, y: Any) -> Logs:
    """Return the mean loss, and the accuracy if it can be measured, of validation examples."""
    notify([model], "eval")
    with no_grad(), np.errstate(over="ignore", invalid="ignore"):
        output = model(X)
        logs = {"val_loss": float(loss(output, y).item())}
    correct = count_correct(output, y, threshold_of(model, y))
    return logs if correct is None else logs | {"val_accuracy": correct / len(y)}


def threshold_of(model: Any, y: Any) -> float | None:
    """Return the output above which a model means class 1; None if y has other labels than 0, 1 or -1, 1."""
    labels = ((y == 0) | (y == 1)).all() or (np.abs(y) == 1).all()
    return getattr(model, "threshold", None) if labels else None


def count_correct(output: Any, y: Any, threshold: float | None) -> int | None:
    """Return the number of outputs that agree with the labels, or None if outputs are not classes.

    Outputs are classes if there is a `threshold` above which they mean class 1, or if the labels are integers
    (n,) and the outputs are one score for each class (n, classes).
    """
    scores = output.data if isinstance(output, Tensor) else output
    if threshold is not None and scores.shape == y.shape:
        return int(np.count_nonzero((scores > threshold) == (y > 0)))
    if y.dtype.kind in "iu" and y.ndim == 1 and scores.ndim == 2 and y.max() < scores.shape[1] > 1:
        return int(np.count_nonzero(scores.argmax(axis=1) == y))
    return None


def _run_epoch(
    step: Step, model: Any, X: Any, y: Any, epoch: int, indices: list[Any], callbacks: list[Any]
) -> tuple[Logs, float]:
    """Make a step with each batch; return the mean loss and accuracy, and the loss of the first batch.

    They are measured before each step.
    """
    values: list[float] = []
    hits: int | None = 0
    notify([model], "train")
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow is an error below, with its place
        for number, index in enumerate(indices, 1):
            labels = y[index]
            value, correct = step(X[index], labels, f"in epoch {epoch}, batch {number} of {len(indices)}")
            notify(callbacks, "step")
            values.append(len(labels) * value)
            hits = None if hits is None or correct is None else hits + correct
    logs = {"loss": sum(values) / len(y)}
    if hits is not None:
        logs["accuracy"] = hits / len(y)
    return logs, values[0] / len(y[indices[0]])


def _eager_step(model: Any, loss: Any, optimizer: Any, threshold: float | None) -> Step:
    """Return a function that makes one step with a batch."""

    def step(X: Any, y: Any, place: str) -> tuple[float, int | None]:
        output = model(X)
        value = loss(output, y)
        _refuse_broadcasting(value, output, y)
        number = _finite_loss(value, place, optimizer, X)
        if getattr(optimizer, "needs_loss", False):
            optimizer.step(lambda: loss(model(X), y))
        else:
            value.backward(keep="leaves")
            optimizer.step()
        return number, count_correct(output, y, threshold)

    return step


def _compiled_step(model: Any, loss: Any, optimizer: Any, threshold: float | None) -> Step:
    """Return a function that makes one step with a batch as one program.

    If the program fails, the step runs eagerly instead, so that errors are the same as without `compile`.
    """
    eager = _eager_step(model, loss, optimizer, threshold)

    def loss_and_output(X: Any, y: Any) -> Any:
        output = model(X)
        value = loss(output, y)
        _refuse_broadcasting(value, output, y)
        return value, output

    program = compile(loss_and_output, optimizer=optimizer)

    def step(X: Any, y: Any, place: str) -> tuple[float, int | None]:
        before = optimizer.state, [p._value for p in optimizer.params]
        try:
            number, output = program(X, y)
            if abs(number) < np.inf:
                return number, count_correct(output, y, threshold)
        except Exception as compile_error:  # no parameter has changed
            try:
                eager(X, y, place)
            except Exception as error:
                raise error from None
            _restore(optimizer, *before)
            compile_error.add_note(
                "fit: this step changed nothing; compile=False trains what cannot be compiled"
            )
            raise
        _restore(optimizer, *before)
        return eager(X, y, place)  # raises the error for a loss that is not finite

    return step


def _refuse_broadcasting(loss: Any, output: Any, y: Any) -> None:
    """Raise ValueError if an operation of the loss broadcasts output and labels to more entries than both."""
    if errors.shape_of(output) == y.shape or not (isinstance(loss, Tensor) and isinstance(output, Tensor)):
        return
    of_model = set(graph(output))
    for tensor in graph(loss):
        shapes = [getattr(x, "shape", None) for x in (*tensor.inputs, *tensor.settings.values())]
        broadcast = output.shape in shapes and y.shape in shapes and tensor.size > max(output.size, y.size)
        if broadcast and tensor not in of_model:
            raise ValueError(
                f"fit: the output of the model has shape {output.shape} and y has shape {y.shape}, and "
                f"{tensor.op.name} in the loss broadcasts both to {tensor.shape}; make the shapes equal: "
                "y[:, None] has shape (n, 1), and a model that ends in nn.Linear(n_in, None) returns (n,)"
            )


def _restore(optimizer: Any, state: Any, data: list[Any]) -> None:
    """Undo a step and remove all gradients."""
    optimizer.state = state
    for parameter, before in zip(optimizer.params, data, strict=True):
        parameter._value = before
        parameter.grad = None


def _finite_loss(value: Any, place: str, optimizer: Any, X: Any) -> float:
    """Return the loss of a batch as a float. Raises an error if it is not one finite number."""
    if not isinstance(value, Tensor) or value.size != 1:
        given = f"a tensor of shape {value.shape}" if isinstance(value, Tensor) else repr(value)
        raise TypeError(f"fit: loss returned {given}; it must return a Tensor that is one number, the mean")
    number = float(value.item())
    if not abs(number) < np.inf:
        lr = f" (lr is {optimizer.lr}); lower lr, or" if hasattr(optimizer, "lr") else ";"
        raise ValueError(
            f"fit: the loss is {number} {place}{lr} standardise X: its entries reach {np.abs(X).max():.3g}"
        )
    return number


def run_callbacks(callbacks: list[Callback], epoch: int, history: History) -> bool:
    """Call every callback with the logs of this epoch; return True if one of them stops the training."""
    logs = {name: values[-1] for name, values in history.columns().items()}
    results = [callback(epoch, logs) for callback in callbacks]
    return any(results)


def notify(listeners: Iterable[Any], event: str, *args: Any) -> None:
    """Call the method named `event` of each listener that has one."""
    for listener in listeners:
        if (method := getattr(listener, event, None)) is not None:
            method(*args)


def epochs_with_progress(epochs: int, progress: bool, history: History) -> Iterator[int]:
    """Yield 1, 2, ..., epochs, with a progress bar if it is wanted and tqdm is installed."""
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
            finally:  # also after the last epoch of a training that stops early
                columns = history.columns().items()
                text = " ".join(f"{name} {values[-1]:.4g}" for name, values in columns if values)
                bar.set_postfix_str(text, refresh=False)
                bar.update()
