"""LogisticRegression for two classes and SoftmaxRegression for any number."""

from __future__ import annotations

from typing import Any

from autograd_lite.linear_model.base import LinearClassifier
from autograd_lite.linear_model.losses import binary, softmax
from autograd_lite.linear_model.targets import both
from autograd_lite.ops.activations import softmax as softmax_of


class LogisticRegression(LinearClassifier):
    """Logistic regression of two classes; without a penalty unless you ask for one.

    `C` and `l1_ratio` are scikit-learn's: C times the sum of losses plus (1 - l1_ratio)/2 sum w^2 +
    l1_ratio sum |w| is minimised, the intercept is never penalised, C=np.inf (the default) is maximum
    likelihood (McCullagh and Nelder 1989, chapter 4). `objective()` prints the formula with its numbers.
    `fit_intercept=False` leaves the intercept out.

    `class_weight` is None, "balanced" or a dictionary by label. It shifts the predicted probabilities
    away from the base rate; `prior_correction=True` takes the shift, the log of the ratio of the weights,
    out of the intercept again (King and Zeng 2001), so that probabilities, and then predictions too, are
    those of the population.

    `solver` is "newton", "lbfgs", "bfgs", "gd" (gradient descent with the step 1/L, L = sigma_max(X)^2 /
    (4 m) + l2: the loss never rises) or "gd-lipschitzlr" (with that of arXiv 1902.07399, which may), for
    L1 "proximal-newton" or "fista" (Beck and Teboulle 2009); "auto" takes the quickest. All work on
    standardised features, so `tol`, for the norm of the gradient there, does not depend on units;
    coefficients are those of the features as they are. A fit makes at most `max_iter` steps, with
    `warm_start` from the coefficients of the last one where these are better than zeros.
    `callback(iteration, logs)` is called with each iterate and stops the fit when it returns True; a fit of
    more than a second shows a bar if `progress` (and tqdm is there).

    A fit sets `coef_` (1, n_features), `intercept_` (1,), `classes_`, sorted; `history_`, an `ag.History`
    of loss, gradient_norm, step and time in seconds; `n_iter_`; `certificate_`, how far the fit is from
    the optimum at most and whether there is one; `n_features_in_`, and `feature_names_in_` for a DataFrame.

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

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator: this one knows two classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def predict_proba(self, X: Any) -> Any:
        """The probabilities of the two classes, in the order of `classes_`, for each example of X; (n, 2)."""
        return both(self.decision_function(X))

    def _targets(self, codes: Any, n_classes: int) -> Any:
        return codes.astype(float)

    def _shift(self, factors: Any) -> Any:
        shift = self._corrections(factors)
        return shift[1:] - shift[:1]


class SoftmaxRegression(LinearClassifier):
    """Softmax (multinomial logistic) regression of K classes; settings are those of LogisticRegression.

    `coef_` is (K, n_features), `intercept_` (K,), also for two classes. Weights that are shifted alike
    for all classes give the same probabilities: those that sum to 0 over the classes are found, and
    `summary()` reports differences to the first class.

    >>> import autograd_lite as ag
    >>> X, y = ag.datasets.iris()
    >>> SoftmaxRegression(C=1.0).fit(X, y).score(X, y)
    0.97...
    """

    _loss = staticmethod(softmax)

    def predict_proba(self, X: Any) -> Any:
        """The probabilities of the classes, in the order of `classes_`, for each example of X; (n, K)."""
        z = self.decision_function(X)
        return both(z) if z.ndim == 1 else softmax_of(z, axis=1)
