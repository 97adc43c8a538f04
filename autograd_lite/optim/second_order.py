"""Second-order optimisation: Newton's direction, a line search, and the optimisers Newton and LBFGS."""

from collections.abc import Callable, Iterable
from math import inf, isclose, isfinite
from typing import Any, ClassVar

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import Check, explained, not_negative, whole_number
from autograd_lite.autodiff import gradients
from autograd_lite.extras import require
from autograd_lite.optim.optimizer import Optimizer, describe
from autograd_lite.tensor import Parameter, Tensor, graph, has_new_data, start_gradient

_EPS = float(np.finfo(float).eps)
SINGULAR = 1e-13  # a matrix with a smaller relative pivot counts as singular
_MOST_ENTRIES = 2000  # entries of all parameters: their Hessian takes 32 MB
_REMEDY = "standardise the features, and look for nan and inf in the data"


def newton_direction(g: Any, H: Any) -> tuple[Any, float]:
    """Newton's direction p = -(H + d I)^-1 g, (n,), and the damping d; g is (n,), H (n, n).

    d is 0 if H is positive definite. Otherwise it is the smallest of 1e-10, 1e-9, ... times the largest entry
    of H that makes H + d I positive definite, so that p always descends. Raises ValueError if H is not
    finite.
    """
    damping = 0.0
    damped = H
    while not positive_definite(damped):
        largest = float(np.abs(H).max())
        if not largest < np.inf:
            raise ValueError(f"newton_direction: the Hessian is not finite; {_REMEDY}")
        damping = damping * 10 or 1e-10 * (largest or 1.0)
        damped = H + damping * np.eye(len(g))
    return np.linalg.solve(damped, -g), damping


def positive_definite(H: Any, least_pivot: float = SINGULAR) -> bool:
    """True if H is positive definite and each pivot is more than `least_pivot` times its diagonal entry."""
    try:
        pivots = np.linalg.cholesky(H).diagonal()
    except np.linalg.LinAlgError:
        return False
    return bool((pivots * pivots > least_pivot * H.diagonal()).all())  # False for nan


def backtrack(
    evaluate: Callable[[Any], tuple[Any, ...]], w: Any, p: Any, value: float, slope: float
) -> tuple[float, Any, tuple[Any, ...] | None]:
    """A step along p from w that lowers the value: (step, w + step p, evaluate(w + step p)).

    `evaluate(w)` returns a tuple that begins with the value at w. `slope` is the derivative of the value
    along p. The steps 1, 1/2, 1/4, ... are tried until the value falls by 1e-4 step |slope| (Armijo), up to
    rounding; a value that is not finite is too high. Returns (0, w, None) if 50 steps fail.
    """
    step = 1.0
    rounding = 4 * _EPS * abs(value)
    for _ in range(50):
        point = evaluate(w + step * p)
        if -np.inf < point[0] <= value + 1e-4 * step * slope + rounding:
            return step, w + step * p, point
        step /= 2
    return 0.0, w, None


class FlatLoss:
    """A loss as a function of one float64 vector, all entries of `params`; errors begin with `name`."""

    def __init__(self, name: str, params: list[Parameter], loss: Any) -> None:
        if not callable(loss):
            given = "missing" if loss is None else f"a {type(loss).__name__}, not a function"
            raise TypeError(
                f"{name}: loss is {given}; a step evaluates it several times, so pass a function of no "
                "arguments: optimizer.step(lambda: ag.bce(model(X), y))"
            )
        if not params:
            raise ValueError(
                f"{name}: every parameter is frozen, so there is nothing to train; set p.requires_grad = True"
            )
        self.name = name
        self.params = params
        self._loss = loss

    def __call__(self, w: Any) -> tuple[float, Any]:
        """The loss at w and its gradient, (n,); (inf, None) if one of them is not finite."""
        self.assign(w)
        loss = self._evaluate()
        value = float(loss.item())
        if isfinite(value) and np.isfinite(g := _flatten(self._gradients(loss))).all():
            return value, g
        return inf, None

    def start(self, create_graph: bool = False) -> tuple[float, list[Any]]:
        """The loss at the current parameters and its gradient in each, Tensors with `create_graph`.

        Raises ValueError if one is not finite, if the loss was computed before, or if it is random.
        """
        self.assign(_flatten([p._value for p in self.params]))  # a loss from before depends on other arrays
        loss = self._evaluate()
        self._check_computed_now(loss)
        start_gradient(loss, None, self.name)  # raises if it is nan, a constant, or has several elements
        value = float(loss.item())
        grads = self._gradients(loss, create_graph)
        if not isfinite(value):
            raise ValueError(f"{self.name}: the loss is {value}; {_REMEDY}")
        for p, g in zip(self.params, grads, strict=True):
            if problem := errors.non_finite(g.data if create_graph else g):
                raise ValueError(
                    f"{self.name}: the gradient of {describe(p)} is not finite: {problem}; {_REMEDY}"
                )
        again = float(self._evaluate().item())
        if not isclose(value, again, rel_tol=1e-4):
            raise ValueError(
                f"{self.name}: loss() returned {value} and then {again} at the same parameters, and a step "
                "compares such values; call model.eval() if it has Dropout, and draw batches outside of loss"
            )
        return value, grads

    def hessian(self, grads: list[Any]) -> Any:
        """The Hessian of the loss, (n, n), from its gradients with graph; each entry of them gives a row."""
        rows = []
        zeros = [np.zeros(p.shape) for p in self.params]
        for p, g in zip(self.params, grads, strict=True):
            for unit in np.eye(g.size, dtype=g.dtype).reshape(g.size, *g.shape):
                row: Any = zeros  # if the loss is linear in p
                if g.requires_grad:
                    row = gradients(g, self.params, grad=unit, allow_unused=True)
                rows.append(_flatten(z if x is None else x for x, z in zip(row, zeros, strict=True)))
                if not np.isfinite(rows[-1]).all():
                    raise ValueError(
                        f"{self.name}: a second derivative of the loss in {describe(p)} is not finite; "
                        f"{_REMEDY}"
                    )
        return np.array(rows)

    def assign(self, w: Any) -> None:
        """Set the parameters to the entries of w, as new data in their shapes and dtypes."""
        ends = np.cumsum([p.size for p in self.params])[:-1]
        for p, part in zip(self.params, np.split(w, ends), strict=True):
            p._value = part.reshape(p.shape).astype(p.dtype)[()]

    def _evaluate(self) -> Tensor:
        loss = self._loss()
        if isinstance(loss, Tensor):
            return loss
        raise TypeError(
            f"{self.name}: loss() returned {loss!r}; it must return the loss, a Tensor that is one number"
        )

    def _check_computed_now(self, loss: Tensor) -> None:
        trained = {id(p) for p in self.params}
        for tensor in graph(loss):
            for x, value in zip(tensor.inputs, tensor.values, strict=True):
                if id(x) in trained and has_new_data(x, value):
                    raise ValueError(
                        f"{self.name}: loss() returned what was computed from {describe(x)} before the "
                        "step; let it compute all of it anew: optimizer.step(lambda: ag.bce(model(X), y))"
                    )

    def _gradients(self, loss: Tensor, create_graph: bool = False) -> list[Any]:
        grads = gradients(loss, self.params, create_graph=create_graph, allow_unused=True)
        for p, g in zip(self.params, grads, strict=True):
            if g is None:
                raise ValueError(
                    f"{self.name}: {describe(p)} has no gradient: the loss does not reach it; compute the "
                    "loss from it, or leave it out of the optimiser"
                )
        return grads


def _flatten(arrays: Iterable[Any]) -> Any:
    """The entries of all arrays as one new float64 vector."""
    return np.concatenate([np.ravel(a) for a in arrays], dtype=float)


class LossOptimizer(Optimizer):
    """Base class of optimisers whose `step(loss)` evaluates the loss several times.

    A step moves all parameters together, as one vector in float64. `moved` is True if the last step changed a
    parameter; if it is False, no point that was tried lowered the loss.
    """

    needs_loss = True
    moved = False

    def step(self, loss: Callable[[], Tensor] | None = None) -> float:  # type: ignore[override]
        """Find parameters with a lower loss; returns the loss before the step.

        `loss` is a function without arguments that computes the loss from the parameters and returns it, a
        Tensor with one element: `optimizer.step(lambda: ag.bce(model(X), y))`. A step neither reads nor
        writes `.grad`. The loss never rises, up to rounding: points with a loss or gradient that is not
        finite are rejected.

        Raises TypeError or ValueError, and leaves all parameters as they were, if `loss` is not such a
        function, does not depend on a parameter, is random (as with `Dropout`), was computed before the step,
        or is not finite before the step or has derivatives that are not.
        """
        name = f"{type(self).__name__}.step"
        flat_loss = FlatLoss(name, [p for p in self.params if p.requires_grad], loss)
        before = [p._value for p in flat_loss.params]
        self.moved = False
        try:
            with np.errstate(all="ignore"):  # points that overflow are rejected
                value, w = self.search(flat_loss, _flatten(before))
                flat_loss.assign(w)
            self.moved = any(
                np.any(p._value != data) for p, data in zip(flat_loss.params, before, strict=True)
            )
        finally:
            if not self.moved:
                for p, data in zip(flat_loss.params, before, strict=True):
                    p._value = data
        return value

    def search(self, flat_loss: FlatLoss, w: Any) -> tuple[float, Any]:
        """The value of `flat_loss` at w, the current parameters, and a point where it is lower, or w."""
        raise NotImplementedError


class Newton(LossOptimizer):
    """Newton's method: each step solves for the minimum of the loss's second-order Taylor polynomial.

    `params` are the parameters to train. A step computes the Hessian of all their n entries, (n, n), by n
    Hessian-vector products; `step` raises ValueError if n is above 2000. If the Hessian is not positive
    definite, it is damped until the direction descends. The step is halved until it lowers the loss. If none
    does, as at a minimum, the parameters stay and `moved` is False. `damping` (default 0) is added to the
    diagonal of the Hessian in every step, which makes steps shorter (Levenberg and Marquardt). Nocedal and
    Wright (2006), chapter 3.

    >>> w = Parameter([3.0, -4.0], name="w")
    >>> Newton([w]).step(lambda: ((w - 1.0) ** 2).sum())
    29.0
    >>> w.data
    array([1., 1.])
    """

    settings: ClassVar[dict[str, Check]] = {"damping": not_negative}

    @explained
    def __init__(self, params: Iterable[Parameter], damping: float = 0.0) -> None:
        super().__init__(params)
        self.damping = damping

    def search(self, flat_loss: FlatLoss, w: Any) -> tuple[float, Any]:
        """The value of `flat_loss` at w, the current parameters, and a lower point in Newton's direction."""
        if len(w) > _MOST_ENTRIES:
            raise ValueError(
                f"{flat_loss.name}: the parameters have {len(w)} entries, and a Hessian is computed for at "
                f"most {_MOST_ENTRIES}; use ag.optim.LBFGS"
            )
        value, grads = flat_loss.start(create_graph=True)
        g = _flatten([x.data for x in grads])
        H = flat_loss.hessian(grads) + self.damping * np.eye(len(w))
        p, _ = newton_direction(g, H)
        return value, backtrack(flat_loss, w, p, value, float(g @ p))[1]


class LBFGS(LossOptimizer):
    """Limited-memory BFGS (SciPy's L-BFGS-B without bounds, extra `sklearn`), for any number of parameters.

    `params` are the parameters to train. A step makes up to `max_iter` iterations (default 20), each a line
    search along a direction from the last `memory` (default 10) changes of the gradient (Liu and Nocedal
    1989), and ends at the best point found. Each step starts with an empty memory. Unlike PyTorch's LBFGS, it
    has no `lr`, its function calls neither `zero_grad` nor `backward`, and the loss never ends higher than it
    began.

    >>> w = Parameter([3.0, -4.0], name="w")
    >>> LBFGS([w]).step(lambda: ((w - 1.0) ** 2).sum())
    29.0
    >>> w.data.round(6)
    array([1., 1.])
    """

    settings: ClassVar[dict[str, Check]] = {"max_iter": whole_number, "memory": whole_number}

    @explained
    def __init__(self, params: Iterable[Parameter], max_iter: int = 20, memory: int = 10) -> None:
        super().__init__(params)
        self.max_iter = max_iter
        self.memory = memory

    def search(self, flat_loss: FlatLoss, w: Any) -> tuple[float, Any]:
        """The value of `flat_loss` at w, the current parameters, and the lowest point SciPy evaluated."""
        minimize = require("scipy.optimize", "sklearn").minimize
        start, grads = flat_loss.start()
        best = start, w, _flatten(grads)

        def evaluate(x: Any) -> tuple[float, Any]:
            nonlocal best
            value, g = flat_loss(x)
            if value == inf:
                # SciPy would stop at inf. Instead it gets a parabola with the slope at the best point and its
                # minimum a quarter of the way from there, and tries that minimum next.
                return best[0] + abs(best[2] @ (x - best[1])), -3.0 * best[2]
            if value <= best[0]:
                best = value, x.copy(), g
            return value, g

        options = {"maxiter": self.max_iter, "maxcor": self.memory, "ftol": 0.0, "gtol": 0.0}
        minimize(evaluate, w, jac=True, method="L-BFGS-B", options=options)
        return start, best[1]
