"""History, the measurements of a training, and EarlyStopping, a callback that ends it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.arguments import explained, not_negative, whole_number
from autograd_lite.extras import require
from autograd_lite.tensor import Parameter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Logs = dict[str, float]


class History:
    """The measurements of each epoch: a list of losses, `loss`, and a list for each name in `metrics`."""

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.metrics: dict[str, list[float]] = {}

    def append(self, logs: Logs) -> None:
        """Add the measurements of one epoch; `logs` maps names to numbers."""
        for name, value in logs.items():
            (self.loss if name == "loss" else self.metrics.setdefault(name, [])).append(value)

    def columns(self) -> dict[str, list[float]]:
        """Return all measurements by name, the loss first."""
        return {"loss": self.loss, **self.metrics}

    def plot(self, ax: Axes | None = None) -> Axes:
        """Plot losses over the epochs, and accuracies on a second axis on the right; return the Axes.

        For a solver, the right axis shows the gradient norm on a logarithmic scale. It draws on `ax`, by
        default on the Axes of a new figure. It needs matplotlib (extra `plot`).
        """
        if ax is None:
            ax = require("matplotlib.pyplot", "plot").subplots(layout="constrained")[1]
        lines: list[Any] = []
        for label in ("loss", "accuracy", "gradient_norm"):
            names = [name for name in self.columns() if name.endswith(label)]
            if not names:
                continue
            side: Any = ax if label == "loss" else ax.twinx()
            for name in names:
                values = self.columns()[name]
                style = {"color": f"C{len(lines)}", "linestyle": "-" if side is ax else "--", "label": name}
                lines += side.plot(range(1, len(values) + 1), values, **style)
            side.set(ylabel=label.replace("_", " "), yscale="log" if label == "gradient_norm" else "linear")
        ax.set_xlabel("iteration" if "gradient_norm" in self.metrics else "epoch")
        side.legend(handles=lines, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
        return ax

    def __repr__(self) -> str:
        """Return a table of about six epochs, with the first and the last."""
        columns = self.columns()
        n = len(self.loss)
        shown = sorted({round(i * (n - 1) / 5) for i in range(6)}) if n else []
        lines = ["  ".join(["epoch", *(f"{name:>12}" for name in columns)])]
        lines += ["  ".join([f"{i + 1:5}", *(f"{v[i]:12.6g}" for v in columns.values())]) for i in shown]
        return "\n".join(lines)


class EarlyStopping:
    """A callback of `fit` that stops it if `monitor` has not improved for `patience` epochs.

    A loss improves if it falls, an accuracy if it rises; changes of at most `min_delta` do not count.
    `monitor` is by default "val_loss", or "loss" without validation. ("loss" is measured before each step of
    an epoch, "val_loss" after the last.) With
    `restore_best` the parameters end as they were after the best epoch. That epoch is `best_epoch`, its
    value `best`. Goodfellow, Bengio and Courville (2016), algorithm 7.1.

    Raises ValueError if `patience` is below 1, if `min_delta` is below 0 or not finite, and after the first
    epoch if `monitor` is not measured.
    """

    @explained
    def __init__(
        self,
        patience: int = 10,
        min_delta: float = 0.0,
        restore_best: bool = True,
        monitor: str | None = None,
    ) -> None:
        self.patience = whole_number("EarlyStopping", "patience", patience, unit="epochs")
        self.min_delta = not_negative("EarlyStopping", "min_delta", min_delta)
        self.restore_best = restore_best
        self.monitor = monitor
        self.begin(())

    def begin(self, parameters: Iterable[Parameter]) -> None:
        """Start anew, and remember which `parameters` to restore."""
        self._parameters = list(parameters)
        self._best_data: list[Any] = []
        self._epochs_since_best = 0
        self._sign = -1.0 if (self.monitor or "").endswith("accuracy") else 1.0
        self.best = self._sign * np.inf
        self.best_epoch = 0

    def __call__(self, epoch: int, logs: Logs) -> bool:
        """Return True if the training must stop after this epoch."""
        monitor = self.monitor or ("val_loss" if "val_loss" in logs else "loss")
        if monitor not in logs or not monitor.endswith(("loss", "accuracy")):
            raise ValueError(
                f"EarlyStopping: monitor is {monitor!r}, and an epoch measures {', '.join(logs)}; choose "
                "one of these, or give fit its validation"
            )
        if self._sign * (self.best - logs[monitor]) > self.min_delta:
            self.best = logs[monitor]
            self.best_epoch = epoch
            self._epochs_since_best = 0
            self._best_data = [p._value for p in self._parameters]  # no copies: nothing writes into data
        else:
            self._epochs_since_best += 1
        return self._epochs_since_best >= self.patience

    def end(self) -> None:
        """Give the parameters the data of the best epoch."""
        if self.restore_best:
            for parameter, data in zip(self._parameters, self._best_data, strict=False):
                parameter._value = data
