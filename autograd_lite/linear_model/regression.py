"""LogisticRegression for two classes, SoftmaxRegression for any number, and what they share."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from math import isinf, log
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite import errors
from autograd_lite.arguments import Check, number, one_of, positive, whole_number
from autograd_lite.extras import require
from autograd_lite.linear_model.certificate import Certificate, certify, doubt, warn_about_fit
from autograd_lite.linear_model.classifiers import (
    Classifier,
    ClassWeight,
    Examples,
    check_sample_weight,
    class_factors,
    encode_labels,
    restore_on_error,
)
from autograd_lite.linear_model.collinearity import Matrix
from autograd_lite.linear_model.design import Design
from autograd_lite.linear_model.losses import Text, binary, formula, softmax
from autograd_lite.linear_model.monitor import SolverMonitor
from autograd_lite.linear_model.objective import Objective
from autograd_lite.linear_model.solvers import SOLVERS, choose
from autograd_lite.linear_model.summary import Inference, Summary, infer, summarise

_validation = require("sklearn.utils.validation", "sklearn")
_MOST_STEPS = 300  # of Newton's method and of a second search; one that needs more usually never arrives

_SETTINGS: dict[str, Check] = {
    "C": number(lambda v: v > 0, "a positive number; np.inf means no penalty"),
    "l1_ratio": number(lambda v: 0 <= v <= 1, "between 0 (L2) and 1 (L1)"),
    "tol": positive,
    "max_iter": whole_number,
}


_ELSEWHERE = {
    "penalty": "give C (np.inf, the default, for None) and l1_ratio (0 for 'l2', 1 for 'l1')",
    "multi_class": "SoftmaxRegression is 'multinomial'; for 'ovr' use sklearn.multiclass.OneVsRestClassifier",
    "random_state": "leave it out: no solver draws random numbers",
    "n_jobs": "leave it out: NumPy's matrix products use all cores",
    "verbose": "it is called progress, True or False",
    "dual": "leave it out: solvers work on the weights",
    "intercept_scaling": "leave it out: the intercept is not penalised",
    "alpha": "give C, which is 1 / alpha",
}


class LinearClassifier(Classifier):
    """Base class of LogisticRegression and SoftmaxRegression; see there for the settings."""

    coef_: np.ndarray
    intercept_: np.ndarray
    certificate_: Certificate
    _loss: Any  # a loss of `losses`, as a staticmethod
    _inference: Inference | None
    _accepts_sparse = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give the class the signature of its `__init__`, which `__new__` would hide."""
        super().__init_subclass__(**kwargs)
        parameters = list(inspect.signature(cls.__init__).parameters.values())
        cls.__signature__ = inspect.Signature(parameters[1:])

    def __new__(cls, *_: Any, **settings: Any) -> Self:
        """Raise TypeError for a setting of other libraries, with its name or its counterpart here."""
        for setting in settings.keys() & _ELSEWHERE.keys():
            raise TypeError(f"{cls.__name__}: there is no setting {setting}; {_ELSEWHERE[setting]}")
        return super().__new__(cls)  # type: ignore[no-any-return]

    def __init__(
        self,
        *,
        C: float = np.inf,
        l1_ratio: float = 0.0,
        fit_intercept: bool = True,
        class_weight: ClassWeight = None,
        prior_correction: bool = False,
        solver: str = "auto",
        tol: float = 1e-9,
        max_iter: int = 10_000,
        warm_start: bool = False,
        callback: Callable[[int, dict[str, float]], Any] | None = None,
        progress: bool = True,
    ) -> None:
        self.C = C
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.prior_correction = prior_correction
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.callback = callback
        self.progress = progress

    def fit(self, X: Matrix, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Find the optimum for the examples X, (n, n_features), dense or sparse, with labels y, (n,).

        `sample_weight`, (n,), counts the examples: a whole number is the same as repeating the row. Returns
        the estimator. Raises ValueError or TypeError if settings or data cannot be used. Warns with
        SeparationWarning or CollinearityWarning if there is no unique maximum-likelihood estimate, and with
        scikit-learn's ConvergenceWarning if the solver did not converge.
        """
        with restore_on_error(self), np.errstate(all="ignore"):  # errors name what is not finite
            monitor, doubts = self._fit(X, y, sample_weight)
        warn_about_fit(type(self).__name__, self.certificate_, monitor, self.solver, doubts)
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> tuple[SolverMonitor, str]:
        name = type(self).__name__
        self._check_settings()
        X, y = self._validated(X, y, accept_sparse="csr")
        remedy = "use SoftmaxRegression, or OneVsRestClassifier"
        classes, codes = encode_labels(name, y, self._most_classes, remedy)
        counts = check_sample_weight(name, sample_weight, classes, codes)
        rows = np.flatnonzero(counts)
        if len(rows) < len(y):
            X = X[rows]
            codes = codes[rows]
            counts = counts[rows]
        factors = class_factors(name, self.class_weight, classes, codes, counts)
        examples = Examples(codes, counts, factors)
        objective = self._objective(X, examples)
        s = objective.design.s
        # A rare class has small gradients, and should be fitted as closely as the others.
        tol = self.tol * len(classes) * float(np.bincount(codes, s).min())
        # Below this loss, each example has a loss below log 2, so all are right: without a penalty the loss
        # has no minimum.
        loss_floor = float(s.min()) * log(2) if isinf(self.C) else 0.0
        monitor = SolverMonitor(tol, self.max_iter, self.callback, self.progress, loss_floor)
        start = self._start(objective, classes, factors)
        try:
            objective, u, certificate = self._solve(objective, start, monitor, examples)
        finally:
            monitor.close()
        self.classes_ = classes
        self.history_ = monitor.history
        self.n_iter_ = monitor.n_iter
        self._set_coefficients(objective, u, factors)
        self._set_certificate(certificate, objective, u, examples, rows)
        doubts = "" if certificate.proven else doubt(objective, certificate, rows, self._names())
        return monitor, doubts

    def _solve(
        self, objective: Objective, u: Any, monitor: SolverMonitor, examples: Examples
    ) -> tuple[Objective, Any, Certificate]:
        """Minimise from the start u; the objective that was used, its weights and their certificate.

        If the result is not proven to be near the optimum, a second search goes on from it. With "auto" it is
        a search in other coordinates: if a column has a few huge entries, the curvature in the standardised
        ones is below rounding.
        """
        names = self._names()
        auto = self.solver == "auto"
        solver = choose(objective) if auto else SOLVERS[self.solver]
        if auto and solver in (SOLVERS["newton"], SOLVERS["proximal-newton"]):
            monitor.resume(monitor.tol, _MOST_STEPS)
        u = solver.minimise(objective, u, monitor)
        certificate = certify(objective, u, monitor, examples, names)
        if certificate.proven or monitor.stopped or monitor.n_iter >= self.max_iter:
            return objective, u, certificate
        other = objective.with_robust_scales() if auto else objective
        w = objective.design.original_weights(u.reshape(objective.shape))
        monitor.resume(1e-6 * monitor.tol, _MOST_STEPS)
        v = other.design.standardised_weights(w).ravel()
        v = choose(other).minimise(other, v, monitor) if auto else solver.minimise(other, v, monitor)
        second = certify(other, v, monitor, examples, names)
        return other, v, replace(second, converged=second.converged or second.proven)

    def _objective(self, X: Any, examples: Examples) -> Objective:
        s = examples.weights
        total = float(s.sum())
        l1 = self.l1_ratio / (self.C * total)
        l2 = (1.0 - self.l1_ratio) / (self.C * total)
        if not (0 < total < np.inf and l1 < np.inf and l2 < np.inf):
            raise ValueError(
                f"{type(self).__name__}: the weights of the examples sum to {total:g} and C is {self.C:g}, "
                "together out of the range of floats; multiply the weights by a constant"
            )
        design = Design(X, s / total, bool(self.fit_intercept))
        self._check_units(design)
        t = examples.codes
        if self._loss is not binary:
            t = t == np.arange(len(examples.factors))[:, None]  # one-hot
        return Objective(design, t.astype(float), self._loss, l1, l2)

    def _set_certificate(
        self, certificate: Certificate, objective: Objective, u: Any, examples: Examples, rows: Any
    ) -> None:
        """Set `certificate_` and the inference for `summary`; `rows` index the rows with positive weight."""
        self._inference = None
        if certificate.converged and certificate.duality_gap is None and certificate.distance is not None:
            inference = infer(objective, u, examples)
            correction = self._class_logits(examples.factors)
            inference.coef[:, -1] -= correction[1:] - correction[0]
            certificate = replace(certificate, distance=certificate.distance * inference.ratio)
            self._inference = inference
        if certificate.separation is not None:
            separation = replace(certificate.separation, rows=rows[certificate.separation.rows])
            certificate = replace(certificate, separation=separation)
        self.certificate_ = certificate

    def decision_function(self, X: Matrix) -> np.ndarray:
        """The log odds of `classes_[1]`, (n,), for X (n, n_features); of K > 2 classes the logits, (n, K)."""
        _validation.check_is_fitted(self)
        X = self._validated(X, accept_sparse="csr", reset=False)
        z: np.ndarray = X @ self.coef_.T + self.intercept_
        if z.shape[1] == 1:
            return z[:, 0]
        return z[:, 1] - z[:, 0] if z.shape[1] == 2 else z

    def objective(self) -> Text:
        """The formula that `fit` minimises, with its numbers, as a string that prints itself."""
        self._check_settings()
        return formula(self, self._loss)

    def summary(self, level: float = 0.95) -> Summary:
        """The table of coefficients with standard errors, tests, odds ratios and intervals at `level`.

        Raises ValueError if the coefficients are neither penalised nor a maximum-likelihood estimate: the
        classes can be separated, columns are collinear, or the fit did not converge.
        """
        _validation.check_is_fitted(self)
        return summarise(self, level)

    def _check_settings(self) -> None:
        name = type(self).__name__
        for setting, check in _SETTINGS.items():
            check(name, setting, getattr(self, setting))
        one_of(name, "solver", self.solver, ["auto", *SOLVERS])
        ratio = f"l1_ratio={self.l1_ratio:g}"
        if self.l1_ratio > 0 and isinf(self.C):
            errors.warn(f"{name}: {ratio} has no effect, since C is infinite; give C, for example C=1.0")
        elif self.l1_ratio > 0 and self.solver != "auto" and not SOLVERS[self.solver].l1:
            others = " or ".join(["'auto'", *(repr(other) for other in SOLVERS if SOLVERS[other].l1)])
            raise ValueError(
                f"{name}: solver {self.solver!r} cannot minimise the L1 penalty of {ratio}; use {others}"
            )
        if self.prior_correction and not self.fit_intercept:
            raise ValueError(
                f"{name}: prior_correction corrects the intercept, and fit_intercept is "
                f"{self.fit_intercept!r}; choose one of them"
            )

    def _check_units(self, design: Design) -> None:
        """Raise ValueError if the squares of a feature are out of the range of floats."""
        scale = design.scale[: design.p]
        for j in np.flatnonzero((scale == 1.0) | ~np.isfinite(scale)):  # 1 if the spread is or seems to be 0
            column = design.X[:, [j]]
            spread = float(column.max() / 2 - column.min() / 2)
            if spread and not 1e-150 < spread < 1e150:
                raise ValueError(
                    f"{type(self).__name__}: the squares of feature {self._names()[j]} are out of the range "
                    f"of floats, its values span {2 * spread:.1e}; choose another unit for it"
                )

    def _start(self, objective: Objective, classes: Any, factors: Any) -> Any:
        """Zeros, or with `warm_start` the weights of the last fit if they fit the data and lower the loss."""
        zeros = np.zeros(objective.l1s.shape)
        if not (self.warm_start and hasattr(self, "coef_") and np.array_equal(classes, self.classes_)):
            return zeros
        b = self.intercept_ + self._intercept_shift(factors)
        w = np.column_stack([self.coef_, b])[:, : objective.design.q]
        if w.size != zeros.size:
            return zeros
        u = objective.centred(objective.design.standardised_weights(w.reshape(objective.shape)).ravel())
        value = objective.total(u, objective.value_and_gradient(u)[0])
        return u if value <= objective.value_and_gradient(zeros)[0] else zeros

    def _set_coefficients(self, objective: Objective, u: Any, factors: Any) -> None:
        """Set `coef_` and `intercept_` in scikit-learn's shapes."""
        design = objective.design
        w = np.atleast_2d(design.original_weights(u.reshape(objective.shape)))
        self.coef_ = w[:, : design.p].copy()
        self.intercept_ = np.zeros(len(w))
        if self.fit_intercept:
            self.intercept_ = w[:, -1] - self._intercept_shift(factors)

    def _class_logits(self, factors: Any) -> Any:
        """The effect of class weights on the logits, (K,), that `prior_correction` removes."""
        return np.log(factors) if self.prior_correction else np.zeros(len(factors))

    def _intercept_shift(self, factors: Any) -> Any:
        """The same effect on the intercept of two classes, or on those of K classes, which sum to 0."""
        shift = self._class_logits(factors)
        return shift[1:] - shift[:1] if self._loss is binary else shift - shift.mean()

    def _names(self) -> list[str]:
        return list(getattr(self, "feature_names_in_", [f"x{j}" for j in range(self.n_features_in_)]))


class LogisticRegression(LinearClassifier):
    """Logistic regression for two classes, without a penalty by default, as a scikit-learn classifier.

    `C` and `l1_ratio` mean what they mean in scikit-learn: the fit minimises C times the sum of the losses
    plus (1 - l1_ratio)/2 sum w^2 + l1_ratio sum |w|. The intercept is never penalised; `fit_intercept=False`
    leaves it out. C=np.inf (the default) is maximum likelihood (McCullagh and Nelder 1989, chapter 4).
    `objective()` prints the formula with its numbers.

    `class_weight` is None, "balanced" or a dictionary from labels to weights. It shifts the predicted
    probabilities away from the base rate. `prior_correction=True` removes this shift, the log of the ratio of
    the weights, from the intercept (King and Zeng 2001). Then probabilities and predictions are right for the
    population.

    `solver` is "auto", which chooses the fastest, or a name in `ag.linear_model.SOLVERS`, which describes
    each. All work on standardised features, so `tol`, the norm of the gradient at which a fit has converged,
    does not depend on units. `coef_` is for the original features. A fit takes at most `max_iter` steps. With
    `warm_start` it starts from the last coefficients if they are better than zeros. `callback(iteration,
    logs)` is called at each iterate and stops the fit if it returns True. If `progress` is True and tqdm is
    installed, a fit of more than a second shows a progress bar.

    A fit sets `coef_` (1, n_features), `intercept_` (1,), `classes_` (sorted), `n_iter_`, and `history_`, an
    `ag.History` of loss, gradient_norm, step and time in seconds. `certificate_` says how far the fit can be
    from the optimum, and whether there is one.

    >>> import autograd_lite as ag
    >>> X, y = ag.datasets.breast_cancer()
    >>> model = LogisticRegression(C=1.0).fit(X, y)
    >>> print(model.certificate_)
    converged: gradient norm ...
    objective: within ... of the optimum (duality gap)
    weights: within ... of the optimum (strong convexity)
    """

    _loss = staticmethod(binary)
    _most_classes = 2


class SoftmaxRegression(LinearClassifier):
    """Softmax (multinomial logistic) regression for K classes, with the settings of LogisticRegression.

    `coef_` is (K, n_features) and `intercept_` (K,), also for two classes. Adding the same vector to the
    weights of all classes does not change the probabilities; a fit finds the weights that sum to 0 over the
    classes. `summary()` reports differences to the first class.

    >>> import autograd_lite as ag
    >>> X, y = ag.datasets.iris()
    >>> SoftmaxRegression(C=1.0).fit(X, y).score(X, y)
    0.97...
    """

    _loss = staticmethod(softmax)
