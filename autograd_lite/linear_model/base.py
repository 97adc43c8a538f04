"""What logistic and softmax regression have in common: a fit from settings to a certified optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isinf, log
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from autograd_lite import errors
from autograd_lite.extras import require
from autograd_lite.linear_model.certificate import certified
from autograd_lite.linear_model.design import Design
from autograd_lite.linear_model.formula import Text, formula
from autograd_lite.linear_model.inference import Inference, inferred
from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.proximal import fista, proximal_newton
from autograd_lite.linear_model.solvers import bfgs, gradient_descent, lbfgs, lipschitz_lr, newton
from autograd_lite.linear_model.summary import Summary, summarised
from autograd_lite.linear_model.targets import class_factors, labels, present, undone_if_it_fails
from autograd_lite.linear_model.warn import warn
from autograd_lite.linear_model.watch import Watch

_base: Any = require("sklearn.base", "sklearn")
_validation = require("sklearn.utils.validation", "sklearn")


Solver = Callable[[Objective, Any, Watch], Any]
SMOOTH: dict[str, Solver] = {
    "newton": newton,
    "lbfgs": lbfgs,
    "bfgs": bfgs,
    "gd": gradient_descent,
    "gd-lipschitzlr": lipschitz_lr,
}
SPARSE: dict[str, Solver] = {"proximal-newton": proximal_newton, "fista": fista}

# What each setting must be, and how that is said.
_SETTINGS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "C": (lambda v: isinstance(v, Real) and float(v) > 0, "a positive number; np.inf is no penalty"),
    "l1_ratio": (lambda v: isinstance(v, Real) and 0 <= float(v) <= 1, "between 0 (L2) and 1 (L1)"),
    "tol": (lambda v: isinstance(v, Real) and 0 < float(v) < np.inf, "a positive number"),
    "max_iter": (lambda v: isinstance(v, Integral) and int(v) > 0, "a whole number, 1 or more"),
    "callback": (lambda v: v is None or callable(v), "a function of iteration and logs, or None"),
    "solver": (
        lambda v: isinstance(v, str) and v in ["auto", *SMOOTH, *SPARSE],
        f"one of {', '.join(map(repr, ['auto', *SMOOTH, *SPARSE]))}",
    ),
}


class LinearClassifier(_base.ClassifierMixin, _base.BaseEstimator):  # type: ignore[misc] # no types
    """See LogisticRegression."""

    _loss: Any  # of `losses`, in a staticmethod
    _most_classes: int | None = None

    def __init__(
        self,
        *,
        C: float = np.inf,
        l1_ratio: float = 0.0,
        fit_intercept: bool = True,
        class_weight: Any = None,
        prior_correction: bool = False,
        solver: str = "auto",
        tol: float = 1e-9,
        max_iter: int = 10_000,
        warm_start: bool = False,
        callback: Any = None,
        progress: bool = True,
    ) -> None:
        self.C, self.l1_ratio, self.fit_intercept = C, l1_ratio, fit_intercept
        self.class_weight, self.prior_correction = class_weight, prior_correction
        self.solver, self.tol, self.max_iter = solver, tol, max_iter
        self.warm_start, self.callback, self.progress = warm_start, callback, progress

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find the optimum for examples X, (n, n_features), dense or sparse, with labels y, (n,).

        `sample_weight`, (n,), counts examples: whole numbers are the same as repeated rows. Raises a
        ValueError or TypeError for settings and data that cannot be used. Warns with SeparationWarning
        or CollinearityWarning where there is no or no single maximum-likelihood estimate, and with
        scikit-learn's ConvergenceWarning where `max_iter` steps were not enough.
        """
        with undone_if_it_fails(self), np.errstate(all="ignore"):  # what is not finite is refused, by name
            watch = self._fit(X, y, sample_weight)
        warn(type(self).__name__, self.certificate_, watch, self.solver)
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> Watch:
        name = type(self).__name__
        self._check_settings()
        X, y = self._checked(X, y)
        classes, codes = labels(name, y, self._most_classes, "use SoftmaxRegression, or OneVsRestClassifier")
        counts, kept = np.ones(len(y)), None
        if sample_weight is not None:
            counts = _validation._check_sample_weight(sample_weight, X, ensure_non_negative=True)
            kept = present(name, classes, codes, counts)
            X, codes, counts = X[kept], codes[kept], counts[kept].astype(float)
        factors = class_factors(name, self.class_weight, classes, codes, counts)
        s = counts * factors[codes]
        total = float(s.sum())
        l1, l2 = self.l1_ratio / (self.C * total), (1.0 - self.l1_ratio) / (self.C * total)
        if not (0 < total < np.inf and l1 < np.inf and l2 < np.inf):
            raise ValueError(
                f"{name}: the weights of the examples sum to {total:g} and C is {self.C:g}, together out of "
                "the range of floats; multiply the weights by a constant"
            )
        design = Design(X, s / total, bool(self.fit_intercept))
        self._check_units(design)
        objective = Objective(design, self._targets(codes, len(classes)), self._loss, l1, l2)
        # Below this every example has a loss below log 2: all are right, and without a penalty the loss
        # has no minimum. A rare class has small gradients, and is to be fitted as closely as the others.
        floor = float(design.s.min()) * log(2) if isinf(self.C) else 0.0
        tol = self.tol * len(classes) * float(np.bincount(codes, design.s).min())
        watch = Watch(tol, self.max_iter, self.callback, self.progress, floor)
        try:
            u = self._solver(objective)(objective, self._start(objective, classes, factors), watch)
        finally:
            watch.close()
        self.classes_, self.history_, self.n_iter_ = classes, watch.history, watch.n_iter
        self._place(design, objective, u, factors)
        self._certify(objective, u, watch, kept, counts, factors, codes)
        return watch

    def _certify(
        self, objective: Objective, u: Any, watch: Watch, kept: Any, counts: Any, factors: Any, codes: Any
    ) -> None:
        """Set `certificate_`, and what `summary` needs of a fit that has one."""
        total = float((counts * factors[codes]).sum())
        done = certified(objective, u, watch, codes, total, self._names())
        self._inference: Inference | None = None
        if done.duality_gap is None and done.distance is not None and done.converged:
            found = inferred(objective, u, counts, factors, codes)
            shift = self._corrections(factors)
            found.coef[:, -1] -= shift[1:] - shift[0]
            self._inference, done = found, replace(done, distance=done.distance * found.ratio)
        if kept is not None and done.separation is not None:  # rows are those of X as it was given
            rows = np.flatnonzero(kept)[done.separation.rows]
            done = replace(done, separation=replace(done.separation, rows=rows))
        self.certificate_ = done

    def decision_function(self, X: Any) -> Any:
        """For X (n, n_features) the log odds of `classes_[1]`, (n,); of more classes a logit each, (n, K)."""
        _validation.check_is_fitted(self)
        X = _validation.validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        z = X @ self.coef_.T + self.intercept_
        if z.shape[1] == 1:
            return z[:, 0]
        return z[:, 1] - z[:, 0] if z.shape[1] == 2 else z

    def predict(self, X: Any) -> Any:
        """The most probable label of each example of X, (n,)."""
        z = self.decision_function(X)
        return self.classes_[(z > 0).astype(int) if z.ndim == 1 else z.argmax(axis=1)]

    def objective(self) -> Text:
        """The formula that `fit` minimises, with its numbers, as a text that prints itself."""
        self._check_settings()
        return formula(self, self._loss.__name__)

    def summary(self, level: float = 0.95) -> Summary:
        """Coefficients with standard errors, tests, intervals at `level` and odds ratios; see Summary.

        Raises a ValueError where the coefficients are no maximum-likelihood estimate though no penalty
        says so: the classes can be separated, columns are collinear, or the fit did not converge.
        """
        _validation.check_is_fitted(self)
        return summarised(self, level)

    def _checked(self, X: Any, y: Any) -> Any:
        """The data as scikit-learn checks them; of what is plainly right it only notes the features.

        For small data the whole check is a seventh of the time of a fit.
        """
        plain = (
            type(X) is type(y) is np.ndarray
            and X.dtype == np.float64
            and X.ndim == 2
            and y.shape == X.shape[:1]
            and X.size
            and y.dtype.kind in "iubf"
            and abs(X.sum() + y.sum()) < np.inf
        )
        told = {"skip_check_array": True} if plain else {"accept_sparse": "csr", "dtype": np.float64}
        return _validation.validate_data(self, X, y, **told)

    def _check_settings(self) -> None:
        for setting, (legal, told) in _SETTINGS.items():
            value = getattr(self, setting)
            if not legal(value):
                raise ValueError(f"{type(self).__name__}: {setting} is {value!r}; it must be {told}")
        if self.solver in SMOOTH and self.l1_ratio > 0 and not isinf(self.C):
            raise ValueError(
                f"{type(self).__name__}: solver {self.solver!r} cannot minimise the L1 penalty of "
                f"l1_ratio={self.l1_ratio:g}; use 'auto', 'proximal-newton' or 'fista'"
            )
        if self.l1_ratio > 0 and isinf(self.C):
            name, ratio = type(self).__name__, f"l1_ratio={self.l1_ratio:g}"
            errors.warn(f"{name}: {ratio} has no effect, since C is infinite; give C, for example C=1.0")
        if self.prior_correction and not self.fit_intercept:
            raise ValueError(
                f"{type(self).__name__}: prior_correction corrects the intercept, and fit_intercept is "
                f"{self.fit_intercept!r}; choose one of them"
            )

    def _check_units(self, design: Design) -> None:
        """Refuse features whose squares are out of the range of floats."""
        wide = ~np.isfinite(design.scale[: design.p])
        flat = np.flatnonzero(design.scale[: design.p] == 1.0)  # constant, or too small to be seen
        wide[flat] = [0 < _range(design.X[:, [j]]) < 1e-150 for j in flat]
        if wide.any():
            j = int(np.flatnonzero(wide)[0])
            raise ValueError(
                f"{type(self).__name__}: the squares of feature {self._names()[j]} are out of the range of "
                f"floats, its values span {_range(design.X[:, [j]]):.1e}; choose another unit for it"
            )

    def _targets(self, codes: Any, n_classes: int) -> Any:
        """The labels as the loss wants them: one-hot, a row for each class."""
        return (codes == np.arange(n_classes)[:, None]).astype(float)

    def _solver(self, objective: Objective) -> Solver:
        """The solver that `solver` names; "auto" takes Newton's method as long as its Hessians are cheap."""
        if self.solver != "auto":
            return (SMOOTH | SPARSE)[self.solver]
        size, n = objective.l1s.size, objective.design.n
        if objective.l1:
            return proximal_newton if size <= 1500 else fista
        return newton if size <= 500 and n * size**2 <= 10**8 else lbfgs

    def _start(self, objective: Objective, classes: Any, factors: Any) -> Any:
        """Zeros, or with `warm_start` the last fit's weights if they are for such data, and better."""
        zeros = np.zeros(objective.l1s.shape)
        if not (self.warm_start and hasattr(self, "coef_") and np.array_equal(classes, self.classes_)):
            return zeros
        b = self.intercept_ + self._shift(factors)
        w = np.concatenate([self.coef_, b[:, None]], axis=1)[:, : objective.design.q]
        if w.size != zeros.size:
            return zeros
        u = objective.centred(objective.design.standardised_weights(w.reshape(objective.shape)).ravel())
        better = objective.total(u, objective.first(u)[0]) <= objective.first(zeros)[0]
        return u if better else zeros

    def _place(self, design: Design, objective: Objective, u: Any, factors: Any) -> None:
        """Set `coef_` and `intercept_`, as scikit-learn has them."""
        w = np.atleast_2d(design.weights(u.reshape(objective.shape)))
        self.coef_ = w[:, : design.p].copy()
        self.intercept_ = np.zeros(len(w))
        if self.fit_intercept:
            self.intercept_ = w[:, -1] - self._shift(factors)

    def _corrections(self, factors: Any) -> Any:
        """What class weights add to the logits, as far as it is taken out (King and Zeng 2001): (K,)."""
        return np.log(factors) if self.prior_correction else np.zeros(len(factors))

    def _shift(self, factors: Any) -> Any:
        """The same for the intercepts, which sum to 0 over the classes."""
        shift = self._corrections(factors)
        return shift - shift.mean()

    def _names(self) -> list[str]:
        return list(getattr(self, "feature_names_in_", [f"x{j}" for j in range(self.n_features_in_)]))


def _range(column: Any) -> float:
    """What a column's values span."""
    return float(column.max() / 2 - column.min() / 2) * 2
