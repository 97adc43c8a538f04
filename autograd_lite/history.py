"""What a training measured, and when to stop it: History and EarlyStopping."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.extras import require

Logs = dict[str, float]


class History:
    """What each epoch measured: `loss`, a list, and `metrics`, a list for each of the other names."""

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.metrics: dict[str, list[float]] = {}

    def append(self, logs: Logs) -> None:
        """Add the measurements of an epoch, `logs`, a number by name."""
        for name, value in logs.items():
            (self.loss if name == "loss" else self.metrics.setdefault(name, [])).append(value)

    def columns(self) -> dict[str, list[float]]:
        """All measurements by name, the loss first."""
        return {"loss": self.loss, **self.metrics}

    def plot(self, ax: Any = None) -> Any:
        """Losses over the epochs, and accuracies on an axis of their own, on the right; returns the Axes.

        It draws on `ax`, or on that of a new figure; needs matplotlib (extra `plot`).
        """
        ax = require("matplotlib.pyplot", "plot").subplots(layout="constrained")[1] if ax is None else ax
        columns = self.columns()
        losses = {name: values for name, values in columns.items() if name.endswith("loss")}
        sides = [(ax, "loss", "-", losses)]
        accuracies = {name: values for name, values in columns.items() if name.endswith("accuracy")}
        if accuracies:
            sides.append((ax.twinx(), "accuracy", "--", accuracies))
        lines: list[Any] = []
        for side, label, style, named in sides:
            for name, values in named.items():
                epochs = range(1, len(values) + 1)
                lines += side.plot(epochs, values, style, color=f"C{len(lines)}", label=name)
            side.set_ylabel(label)
        ax.set_xlabel("epoch")
        sides[-1][0].legend(handles=lines, loc="center right")  # above both, where losses are down already
        return ax

    def __repr__(self) -> str:
        """A table of about six epochs, the first and the last among them."""
        columns, n = self.columns(), len(self.loss)
        shown = sorted({round(i * (n - 1) / 5) for i in range(6)}) if n else []
        lines = ["  ".join(["epoch", *(f"{name:>12}" for name in columns)])]
        lines += ["  ".join([f"{i + 1:5}", *(f"{v[i]:12.6g}" for v in columns.values())]) for i in shown]
        return "\n".join(lines)


class EarlyStopping:
    """A callback that stops when `monitor` has not fallen by more than `min_delta` for `patience` epochs.

    `monitor` is by default "val_loss", or "loss" without validation. With `restore_best` the parameters
    end as they were after the best epoch, `best_epoch`, whose value was `best`. ("loss" is measured
    before each step of an epoch, "val_loss" after the last.) Goodfellow, Bengio and Courville (2016),
    algorithm 7.1. Raises a ValueError for a `patience` below 1, a `min_delta` below 0 or not finite, and
    after the first epoch for a `monitor` that is not measured.
    """

    def __init__(
        self,
        patience: int = 10,
        min_delta: float = 0.0,
        restore_best: bool = True,
        monitor: str | None = None,
    ) -> None:
        if isinstance(patience, bool) or not isinstance(patience, int | np.integer) or patience < 1:
            raise ValueError(f"EarlyStopping: patience is {patience!r}; give a number of epochs, 1 or more")
        if not 0 <= min_delta < np.inf:
            raise ValueError(f"EarlyStopping: min_delta is {min_delta!r}; give a finite number, 0 or more")
        self.patience, self.min_delta, self.monitor = int(patience), min_delta, monitor
        self.restore_best = restore_best
        self.begin(())

    def begin(self, parameters: Iterable[Any]) -> None:
        """Forget earlier training, and learn which `parameters` to restore."""
        self._parameters, self._data = list(parameters), list[Any]()
        self.best, self.best_epoch, self._waited = np.inf, 0, 0

    def __call__(self, epoch: int, logs: Logs) -> bool:
        """Whether to stop after this epoch."""
        monitor = self.monitor or ("val_loss" if "val_loss" in logs else "loss")
        if monitor not in logs:
            raise ValueError(
                f"EarlyStopping: monitor is {monitor!r}, and an epoch measures {', '.join(logs)}; choose "
                "one of these, or give fit its validation"
            )
        if logs[monitor] < self.best - self.min_delta:
            self.best, self.best_epoch, self._waited = logs[monitor], epoch, 0
            self._data = [p.data for p in self._parameters]  # nothing writes into them
        else:
            self._waited += 1
        return self._waited >= self.patience

    def end(self) -> None:
        """Give the parameters back the data of the best epoch."""
        if self.restore_best:
            for parameter, data in zip(self._parameters, self._data, strict=False):
                parameter.data = data
