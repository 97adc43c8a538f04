"""SolverMonitor: the history, the callback, the progress bar and the stopping rules of a solver."""

from dataclasses import dataclass, field
from math import inf, isfinite
from time import perf_counter
from typing import Any

from autograd_lite.extras import require
from autograd_lite.history import History

_BAR_DELAY = 1.0  # seconds; a shorter fit shows no progress bar


@dataclass(eq=False)
class SolverMonitor:
    """A solver calls it with the loss, gradient norm and step length of each iterate; True means stop.

    The solver has to stop if the gradient norm is at most `tol` (then `converged` is True), after `max_iter`
    steps, if `callback(iteration, logs)` returns True, if the loss is below `loss_floor` or not finite, or
    after `patience` steps without progress. Iterate 0 is the start.
    """

    tol: float
    max_iter: int
    callback: Any = None
    progress: bool = False
    loss_floor: float = 0.0
    patience: float = inf  # a solver that can stall lowers it
    history: History = field(default_factory=History, init=False)
    converged: bool = field(default=False, init=False)
    stopped: bool = field(default=False, init=False)
    n_iter: int = field(default=-1, init=False)
    _start: float = field(default_factory=perf_counter, init=False)
    _last_step = 0  # of this search; 0 means `max_iter`
    _idle_steps = 0
    _best_loss = inf
    _best_norm = inf
    _bar: Any = field(default=None, init=False)

    def __call__(self, loss: float, gradient_norm: float, step: float) -> bool:
        self.n_iter += 1
        time = perf_counter() - self._start
        logs = {"loss": loss, "gradient_norm": gradient_norm, "step": step, "time": time}
        self.history.append(logs)
        self.converged = gradient_norm <= self.tol
        self.stopped = loss < self.loss_floor
        if loss < self._best_loss - 1e-8 * abs(loss) or gradient_norm < self._best_norm / 2:
            self._idle_steps = 0
        self._idle_steps += 1
        self._best_loss = min(loss, self._best_loss)
        self._best_norm = min(gradient_norm, self._best_norm)
        if self.callback is not None and self.callback(self.n_iter, logs):
            self.stopped = True
        if self.progress and time > _BAR_DELAY:
            self._update_bar(logs)
        out_of_steps = self.n_iter >= (self._last_step or self.max_iter)
        stalled = self._idle_steps > self.patience or not isfinite(loss)
        return self.converged or self.stopped or out_of_steps or stalled

    def resume(self, tol: float, steps: int) -> None:
        """Prepare for a search to the gradient norm `tol`, or for `steps` more steps."""
        self.tol = tol
        self._last_step = min(self.max_iter, self.n_iter + steps)
        self._idle_steps = 0
        self._best_loss = inf
        self._best_norm = inf

    def close(self) -> None:
        """Finish the progress bar, if there is one."""
        if self._bar is not None:
            self._bar.close()

    def _update_bar(self, logs: dict[str, float]) -> None:
        if self._bar is None:
            try:
                self._bar = require("tqdm", "train").tqdm(unit=" steps")
            except ImportError:
                self.progress = False
                return
        text = f"loss {logs['loss']:.6g} gradient {logs['gradient_norm']:.1e}"
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(self.n_iter - self._bar.n)
