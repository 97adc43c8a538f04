"""BinaryNetworkClassifier: a small network for two classes, as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from autograd_lite import optim
from autograd_lite.extras import require
from autograd_lite.linear_model.targets import both, class_factors, labels, present, undone_if_it_fails
from autograd_lite.modes import no_grad
from autograd_lite.nn import BinaryNetwork
from autograd_lite.ops.cross_entropies import bce_with_logits
from autograd_lite.randomness import generator
from autograd_lite.training import Callback, fit

_base: Any = require("sklearn.base", "sklearn")
_validation = require("sklearn.utils.validation", "sklearn")

# The optimisers that need only gradients, by their names in lower case.
OPTIMIZERS: dict[str, Any] = {
    name.lower(): getattr(optim, name)
    for name in sorted(optim.__all__, key=str.lower)
    if name != "Optimizer" and not getattr(optim, name).needs_loss
}


class BinaryNetworkClassifier(_base.ClassifierMixin, _base.BaseEstimator):  # type: ignore[misc] # no types
    """A `BinaryNetwork` that `ag.fit` trains on cross-entropy, as a scikit-learn classifier of two classes.

    Scale the features first, for example by `make_pipeline(StandardScaler(), BinaryNetworkClassifier())`:
    the network takes them as they are, and the defaults suit features of about unit size. Labels may be
    of any kind: strings, numbers, booleans.

    `hidden` are the numbers of units of the hidden layers, `activation` is "tanh", "sigmoid", "relu" or
    "leaky_relu". `optimizer` is "adam", "adamw", "rmsprop" or "sgd" of `ag.optim`, which get the learning
    rate `lr` and `weight_decay`, for all parameters. `epochs`, `batch_size` (None: all examples),
    `progress` and `callbacks` are those of `ag.fit`; every step is one compiled program, so callbacks see
    no gradients. To stop early, pass `callbacks=[ag.EarlyStopping(20, min_delta=1e-4)]`.

    `class_weight` is None, "balanced" or a dictionary such as {"sick": 5.0}. With `warm_start` a further
    `fit` goes on from the weights of the last one, with a new optimizer. `random_state`, a seed, a
    RandomState or a generator, makes the first weights and the order of batches repeat exactly; None
    draws from the default generator (`ag.seed`).

    A fit sets `classes_`, sorted; `network_`; `history_`, the `ag.History` of this fit, with the accuracy
    where no weights were given; `n_iter_`, the number of its epochs; `n_features_in_`, and
    `feature_names_in_` for a DataFrame.

    >>> import autograd_lite as ag
    >>> X, y = ag.datasets.two_moons()
    >>> BinaryNetworkClassifier(random_state=0).fit(X, y).score(X, y)
    1.0
    """

    def __init__(
        self,
        hidden: Sequence[int] = (32,),
        *,
        activation: str = "tanh",
        optimizer: str = "adam",
        lr: float = 0.03,
        epochs: int = 500,
        batch_size: int | None = None,
        weight_decay: float = 0.001,
        class_weight: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        progress: bool = False,
        callbacks: Iterable[Callback] = (),
    ) -> None:
        self.hidden, self.activation = hidden, activation
        self.optimizer, self.lr, self.weight_decay = optimizer, lr, weight_decay
        self.epochs, self.batch_size = epochs, batch_size
        self.class_weight, self.warm_start, self.random_state = class_weight, warm_start, random_state
        self.progress, self.callbacks = progress, callbacks

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator: this one knows two classes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on examples X, (n, n_features), with labels y, (n,); returns this estimator.

        The loss is the mean over examples weighted by `sample_weight`, (n,), and `class_weight`: without
        batches, whole numbers as weights are the same as rows that are repeated. Raises a ValueError or
        TypeError for settings and data that cannot be used; what the last fit learned then stays.
        """
        with undone_if_it_fails(self):
            return self._fit(X, y, sample_weight)

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        again = self.warm_start and hasattr(self, "network_")
        X, y = _validation.validate_data(self, X, y, dtype=np.float64, reset=not again)
        name = type(self).__name__
        classes, codes = labels(name, y, 2, "wrap the estimator in sklearn.multiclass.OneVsRestClassifier")
        target: Any = codes.astype(float)
        loss: Any = bce_with_logits
        if sample_weight is not None or self.class_weight is not None:
            each = _validation._check_sample_weight(sample_weight, X, ensure_non_negative=True)
            present(name, classes, codes, each)
            each = each / each.max()  # products of huge weights would overflow
            factors = class_factors(name, self.class_weight, classes, codes, each)
            each = each * (factors / factors.max())[codes]
            target, loss = np.column_stack([target, each / each.mean()]), _weighted
        rng = self._generator()
        network = self._network(X.shape[1], rng)
        if again:
            self._go_on(network, classes)
        history = fit(
            network, X, target, loss=loss, optimizer=self._optimizer(network), epochs=self.epochs,
            batch_size=self.batch_size, callbacks=self.callbacks, progress=self.progress, rng=rng,
            compile=True,
        )  # fmt: skip
        self.classes_, self.network_ = classes, network
        self.history_, self.n_iter_ = history, len(history.loss)
        return self

    def decision_function(self, X: Any) -> Any:
        """The log odds of `classes_[1]` for each example of X (n, n_features); (n,)."""
        _validation.check_is_fitted(self)
        X = _validation.validate_data(self, X, dtype=np.float64, reset=False)
        with no_grad():
            return self.network_.logits(X).data

    def predict_proba(self, X: Any) -> Any:
        """The probabilities of the two classes, in the order of `classes_`, for each example of X; (n, 2)."""
        return both(self.decision_function(X))

    def predict(self, X: Any) -> Any:
        """The more probable label of each example of X, (n,)."""
        z = self.decision_function(X)
        return self.classes_[(z > 0).astype(int)]

    def _network(self, n_features: int, rng: np.random.Generator) -> BinaryNetwork:
        """A new network for so many features."""
        hidden = list(self.hidden) if isinstance(self.hidden, tuple | list) else [0]
        if not all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0 for n in hidden):
            raise self._refusal("hidden", "give the units, 1 or more, of each hidden layer, such as (32,)")
        return BinaryNetwork([n_features, *hidden, 1], self.activation, rng=rng)

    def _optimizer(self, network: BinaryNetwork) -> Any:
        """A new optimizer of the network's parameters."""
        if self.optimizer not in list(OPTIMIZERS):
            raise self._refusal("optimizer", f"it is one of {', '.join(map(repr, OPTIMIZERS))}")
        return OPTIMIZERS[self.optimizer](network.parameters(), lr=self.lr, weight_decay=self.weight_decay)

    def _generator(self) -> np.random.Generator:
        """The generator that `random_state` means."""
        seed = self.random_state
        try:
            return generator(seed.randint(2**31) if isinstance(seed, np.random.RandomState) else seed)
        except TypeError:
            told = "give a seed (a whole number, 0 or more), a RandomState, a generator, or None"
            raise self._refusal("random_state", told) from None

    def _go_on(self, network: BinaryNetwork, classes: Any) -> None:
        """Give a new network the weights of the last fit's, if it is of the same kind."""
        told = "with warm_start a fit goes on from the last one; set warm_start=False to begin anew"
        if not np.array_equal(classes, self.classes_):
            was, now = self.classes_.tolist(), classes.tolist()
            raise ValueError(f"{type(self).__name__}: the classes were {was} and are {now}; {told}")
        try:
            network.load_state_dict(self.network_.state_dict())
        except ValueError:
            raise self._refusal("hidden", f"it was another in the last fit, and {told}") from None

    def _refusal(self, name: str, told: str) -> ValueError:
        """The error that a parameter cannot be used."""
        return ValueError(f"{type(self).__name__}: {name} is {getattr(self, name)!r}; {told}")


def _weighted(logit: Any, y: Any) -> Any:
    """The mean loss where the columns of y, (n, 2), are labels and weights."""
    return bce_with_logits(logit, y[:, 0], sample_weight=y[:, 1])
