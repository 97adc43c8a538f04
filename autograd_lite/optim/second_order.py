"""Second-order optimisation: Newton's direction and a line search, and the optimisers Newton and LBFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, isclose, isfinite
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import not_negative, whole_number
from autograd_lite.autodiff import gradients
from autograd_lite.extras import require
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.tensor import Parameter, Tensor, graph, start_gradient

_EPS = float(np.finfo(float).eps)
DISTINCT = 1e-13  # of a column's curvature, what must be left when the columns before it are known
_MOST = 2000  # entries of parameters: their Hessian takes 32 MB
_REMEDY = "standardise the features, and look for nan and inf in the data"


def newton_direction(g: Any, H: Any) -> tuple[Any, float]:
    """Newton's direction p = -(H + d I)^-1 g, and the damping d: 0 where H is positive definite.

    g is (n,), H (n, n). Where H is not, as where a loss is not convex or columns repeat, d is the
    smallest of 1e-10, 1e-9, ... times the largest entry of H that makes it so: p always descends.
    Raises a ValueError if H is not finite.
    """
    damping, damped = 0.0, H
    while not positive_definite(damped):
        largest = float(np.abs(H).max())
        if not largest < np.inf:
            raise ValueError(f"newton_direction: the Hessian is not finite; {_REMEDY}")
        damping = damping * 10 or 1e-10 * (largest or 1.0)
        damped = H + damping * np.eye(len(g))
    return np.linalg.solve(damped, -g), damping


def positive_definite(H: Any, distinct: float = DISTINCT) -> bool:
    """Whether H is, and each column keeps this part of its curvature when those before it are known."""
    try:
        pivots = np.linalg.cholesky(H).diagonal()
    except np.linalg.LinAlgError:
        return False
    return bool((pivots * pivots > distinct * H.diagonal()).all())  # False for nan


def backtrack(
    evaluate: Callable[[Any], tuple[Any, ...]], w: Any, p: Any, value: float, slope: float
) -> tuple[float, Any, tuple[Any, ...] | None]:
    """The first of the steps 1, 1/2, 1/4, ... along p that lowers the value: (step, w + step p, there).

    `evaluate(w)` returns a tuple that begins with the value; `there` is what it returned. Enough is
    Armijo's 1e-4 of what `slope`, the derivative along p, promises, but for rounding. A value that is
    not finite is refused like one that is too high. (0, w, None) where no step of 50 lowers it.
    """
    step, rounding = 1.0, 4 * _EPS * abs(value)
    for _ in range(50):
        there = evaluate(w + step * p)
        if -np.inf < there[0] <= value + 1e-4 * step * slope + rounding:
            return step, w + step * p, there
        step /= 2
    return 0.0, w, None


class Searching(Optimizer):
    """What optimisers share whose step evaluates the loss several times: `step(loss)`.

    A step moves all parameters together, as one vector, in float64. `moved` tells whether the last step
    changed any: where it is False, no point that was tried lowered the loss.
    """

    needs_loss = True
    moved = False

    def step(self, loss: Any = None) -> float:  # type: ignore[override]  # only these get a loss
        """Lower the loss, `loss()`, by new parameters; returns what it was before the step.

        `loss` is a function without arguments that computes the loss, a Tensor that is one number, anew:
        `optimizer.step(lambda: ag.bce(model(X), y))`. No `.grad` is read or written. The loss never
        rises but for rounding: where the loss or its gradient is not finite, a point is refused.
        Raises, with all parameters as before, for a loss that is not such a function, that does not
        reach a parameter, that is random, as with `Dropout`, that was computed before, and for a loss or
        derivative that is not finite before the step.
        """
        told = f"{type(self).__name__}.step"
        objective = Objective(told, [p for p in self.params if p.requires_grad], loss)
        before = after = [p.data for p in objective.params]
        try:
            with np.errstate(all="ignore"):  # what overflows is refused
                value, w = self.search(objective, _flat(before))
                found = objective.parts(w)
            self.moved = any((a != b).any() for a, b in zip(before, found, strict=True))
            after = found if self.moved else before
        finally:
            objective.rebind(after)
        return value

    def search(self, objective: Objective, w: Any) -> tuple[float, Any]:
        """The value of the `objective` at w, where it stands, and a point with a lower value, or w."""
        raise NotImplementedError


class Newton(Searching):
    """Newton's method: each step solves for the minimum of the loss's second-order Taylor polynomial.

    A step computes the whole Hessian, (n, n) for n numbers in all parameters, at most 2000, by n products
    with it. Where the Hessian is not positive definite it is damped until the direction descends
    (`newton_direction`), and the step is halved until it lowers the loss (`backtrack`); where none does,
    as at a minimum, all parameters stay and `moved` is False. `damping` is added to the Hessian's diagonal
    in every step (Levenberg and Marquardt): shorter steps. Nocedal and Wright (2006), chapter 3. `params`
    are those of `Optimizer`; more than 2000 numbers are a ValueError of `step`.

    >>> w = Parameter([3.0, -4.0], name="w")
    >>> Newton([w]).step(lambda: ((w - 1.0) ** 2).sum())
    29.0
    >>> w.data
    array([1., 1.])
    """

    settings = Optimizer.settings | {"damping": not_negative}

    def __init__(self, params: Iterable[Parameter], damping: float = 0.0) -> None:
        super().__init__(params)
        self.damping = damping

    def search(self, objective: Objective, w: Any) -> tuple[float, Any]:
        """The value of the `objective` at w, and the first point along Newton's direction that lowers it."""
        if len(w) > _MOST:
            raise ValueError(
                f"{objective.told}: the parameters have {len(w)} entries, and a Hessian is computed for at "
                f"most {_MOST}; use ag.optim.LBFGS"
            )
        value, grads = objective.start(create_graph=True)
        g = _flat([x.data for x in grads])
        p, _ = newton_direction(g, objective.hessian(grads) + self.damping * np.eye(len(w)))
        return value, backtrack(objective, w, p, value, float(g @ p))[1]


class LBFGS(Searching):
    """Limited-memory BFGS, SciPy's L-BFGS-B without bounds (extra `sklearn`): for any number of parameters.

    A step makes up to `max_iter` iterations, each a line search along a direction that the last `memory`
    changes of the gradient determine (Liu and Nocedal, 1989), and ends at the best point found. Each step
    starts anew. Other than PyTorch's, it needs no `zero_grad` and no `backward` in the function, no `lr`,
    and never ends above the loss where it began. `params` are those of `Optimizer`.

    >>> w = Parameter([3.0, -4.0], name="w")
    >>> LBFGS([w]).step(lambda: ((w - 1.0) ** 2).sum())
    29.0
    >>> w.data.round(6)
    array([1., 1.])
    """

    settings = Optimizer.settings | {"max_iter": whole_number, "memory": whole_number}

    def __init__(self, params: Iterable[Parameter], max_iter: int = 20, memory: int = 10) -> None:
        super().__init__(params)
        self.max_iter, self.memory = max_iter, memory

    def search(self, objective: Objective, w: Any) -> tuple[float, Any]:
        """The value of the `objective` at w, and the point of the lowest value that SciPy evaluated."""
        minimize = require("scipy.optimize", "sklearn").minimize
        start, grads = objective.start()
        best = start, w, _flat(grads)

        def evaluate(x: Any) -> tuple[float, Any]:
            nonlocal best
            value, g = objective(x)
            if value == inf:
                # SciPy would end its search at inf. It is told of a parabola instead, with the slope of the
                # best point and its minimum a quarter of the way from there: it tries that next.
                return best[0] + abs(best[2] @ (x - best[1])), -3.0 * best[2]
            if value <= best[0]:
                best = value, x.copy(), g
            return value, g

        options = {"maxiter": self.max_iter, "maxcor": self.memory, "ftol": 0.0, "gtol": 0.0}
        minimize(evaluate, w, jac=True, method="L-BFGS-B", options=options)
        return start, best[1]


class Objective:
    """The loss as a function of all trained parameters, as one float64 vector; `told` begins its errors."""

    def __init__(self, told: str, params: list[Parameter], loss: Any) -> None:
        if not callable(loss):
            given = "missing" if loss is None else f"a {type(loss).__name__}, not a function"
            raise TypeError(
                f"{told}: loss is {given}; a step evaluates it several times, so pass a function of no "
                "arguments: optimizer.step(lambda: ag.bce(model(X), y))"
            )
        if not params:
            raise ValueError(
                f"{told}: every parameter is frozen, so there is nothing to train; set p.requires_grad = True"
            )
        self.told, self.params, self._loss = told, params, loss

    def __call__(self, w: Any) -> tuple[float, Any]:
        """The loss at w and its gradient, (n,); the loss is inf where one of them is not finite."""
        self.rebind(self.parts(w))
        loss = self._evaluated()
        value = float(loss.item())
        if isfinite(value) and np.isfinite(g := _flat(self._gradients(loss))).all():
            return value, g
        return inf, None

    def start(self, create_graph: bool = False) -> tuple[float, list[Any]]:
        """The loss as the parameters are and its gradient in each; an error if one is not finite.

        Also an error if the loss is not computed anew, or is another one then: a search compares values.
        """
        self.rebind([p.data.copy() for p in self.params])  # what was computed before has seen other arrays
        loss = self._evaluated()
        self._refuse_what_was_computed_before(loss)
        start_gradient(loss, None, self.told)  # an error if it is nan, constant, or not one number
        value, grads = float(loss.item()), self._gradients(loss, create_graph)
        if not isfinite(value):
            raise ValueError(f"{self.told}: the loss is {value}; {_REMEDY}")
        for p, g in zip(self.params, grads, strict=True):
            if bad := errors.non_finite(g.data if create_graph else g):
                raise ValueError(f"{self.told}: the gradient of {_name(p)} is not finite: {bad}; {_REMEDY}")
        if not isclose(value, again := float(self._evaluated().item()), rel_tol=1e-4):
            raise ValueError(
                f"{self.told}: loss() returned {value} and then {again} at the same parameters, and a step "
                "compares such values; call model.eval() if it has Dropout, and draw batches outside of loss"
            )
        return value, grads

    def hessian(self, grads: list[Any]) -> Any:
        """All second derivatives of the loss, (n, n), from its gradients: a row for each of their entries."""
        blocks, zeros = [], [np.zeros(p.shape) for p in self.params]
        for p, g in zip(self.params, grads, strict=True):
            block = np.zeros((g.size, sum(z.size for z in zeros)))
            units = np.eye(g.size, dtype=g.dtype).reshape(g.size, *g.shape)
            for i, unit in enumerate(units if g.requires_grad else ()):  # else the loss is linear in p
                row = gradients(g, self.params, grad=unit, allow_unused=True)
                block[i] = _flat(z if x is None else x for x, z in zip(row, zeros, strict=True))
            if not np.isfinite(block).all():
                raise ValueError(
                    f"{self.told}: a second derivative of the loss in {_name(p)} is not finite; {_REMEDY}"
                )
            blocks.append(block)
        return np.concatenate(blocks)

    def parts(self, w: Any) -> list[Any]:
        """The vector cut into new data for the parameters, in their shapes and dtypes."""
        ends = np.cumsum([p.size for p in self.params])[:-1]
        cut = zip(self.params, np.split(w, ends), strict=True)
        return [part.reshape(p.shape).astype(p.dtype)[()] for p, part in cut]

    def rebind(self, parts: list[Any]) -> None:
        """Give the parameters these data."""
        for p, data in zip(self.params, parts, strict=True):
            p.data = data

    def _evaluated(self) -> Tensor:
        loss = self._loss()
        if isinstance(loss, Tensor):
            return loss
        raise TypeError(
            f"{self.told}: loss() returned {loss!r}; it must return the loss, a Tensor that is one number"
        )

    def _refuse_what_was_computed_before(self, loss: Tensor) -> None:
        trained = {id(p) for p in self.params}
        for tensor in graph(loss):
            for x, value in zip(tensor.inputs, tensor.values, strict=True):
                if id(x) in trained and x.data is not value:
                    raise ValueError(
                        f"{self.told}: loss() returned what was computed from {_name(x)} before the step; "
                        "let it compute all of it anew: optimizer.step(lambda: ag.bce(model(X), y))"
                    )

    def _gradients(self, loss: Tensor, create_graph: bool = False) -> list[Any]:
        found = gradients(loss, self.params, create_graph=create_graph, allow_unused=True)
        for p, g in zip(self.params, found, strict=True):
            if g is None:
                raise ValueError(
                    f"{self.told}: {_name(p)} has no gradient: the loss does not reach it; compute the loss "
                    "from it, or leave it out of the optimiser"
                )
        return found


def _flat(arrays: Iterable[Any]) -> Any:
    """The entries of all arrays as one new float64 vector."""
    return np.concatenate([np.ravel(a) for a in arrays], dtype=float)


def _name(p: Parameter) -> str:
    return p.name or f"a parameter of shape {p.shape}"
