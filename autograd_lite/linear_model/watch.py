"""What watches a solver: history, callback, progress, and when it is time to stop."""

from __future__ import annotations

from math import inf, isfinite
from time import perf_counter
from typing import Any

from autograd_lite.extras import require
from autograd_lite.history import History

_PATIENCE = 1.0  # seconds before a bar appears


class Watch:
    """Called by a solver with each iterate: (loss, gradient norm, step); returns whether to stop.

    Stops when the gradient norm is at most `tol` (then `converged`), after `max_iter` steps, when
    `callback(iteration, logs)` returns True, and when the loss is below `floor`; iterate 0 is the start.
    """

    def __init__(
        self, tol: float, max_iter: int, callback: Any = None, progress: bool = False, floor: float = 0.0
    ) -> None:
        self.tol, self.max_iter, self.callback, self.progress = tol, max_iter, callback, progress
        self.floor = floor
        self.patience, self._idle = inf, 0  # steps that may bring nothing; a solver sets how many
        self._best = inf, inf
        self.history, self.converged, self.stopped = History(), False, False
        self.n_iter = -1
        self._start = perf_counter()
        self._bar: Any = None

    def __call__(self, loss: float, gradient_norm: float, step: float) -> bool:
        self.n_iter += 1
        time = perf_counter() - self._start
        logs = {"loss": loss, "gradient_norm": gradient_norm, "step": step, "time": time}
        self.history.append(logs)
        self.converged, self.stopped = gradient_norm <= self.tol, loss < self.floor
        if loss < self._best[0] - 1e-15 * abs(loss) or gradient_norm < self._best[1] / 2:
            self._idle = 0
        self._idle, self._best = self._idle + 1, (min(loss, self._best[0]), min(gradient_norm, self._best[1]))
        if self.callback is not None and self.callback(self.n_iter, logs):
            self.stopped = True
        if self.progress and time > _PATIENCE:
            self._show(logs)
        over = self.n_iter >= self.max_iter or self._idle > self.patience or not isfinite(loss)
        return self.converged or self.stopped or over

    def close(self) -> None:
        """Finish the bar, if there is one."""
        if self._bar is not None:
            self._bar.close()

    def _show(self, logs: dict[str, float]) -> None:
        if self._bar is None:
            try:
                self._bar = require("tqdm", "train").tqdm(unit=" steps")
            except ImportError:
                self.progress = False
                return
        told = f"loss {logs['loss']:.6g} gradient {logs['gradient_norm']:.1e}"
        self._bar.set_postfix_str(told, refresh=False)
        self._bar.update(self.n_iter - self._bar.n)
