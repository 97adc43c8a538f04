"""LogisticRegression for two classes and SoftmaxRegression for any number."""

from typing import Any

from autograd_lite.linear_model.base import LinearClassifier
from autograd_lite.linear_model.classifiers import Examples
from autograd_lite.linear_model.losses import binary, softmax


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

    def _targets(self, examples: Examples) -> Any:
        return examples.codes.astype(float)

    def _intercept_shift(self, factors: Any) -> Any:
        shift = self._class_logits(factors)
        return shift[1:] - shift[:1]


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
