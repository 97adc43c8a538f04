"""BinaryNetworkClassifier: a small network for two classes, as a scikit-learn estimator."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite import optim
from autograd_lite.arguments import explained, is_whole_number, one_of
from autograd_lite.extras import require
from autograd_lite.linear_model.classifiers import (
    Classifier,
    ClassWeight,
    check_sample_weight,
    class_factors,
    encode_labels,
    restore_on_error,
)
from autograd_lite.nn import BinaryNetwork
from autograd_lite.ops.cross_entropies import bce_with_logits
from autograd_lite.randomness import generator
from autograd_lite.training import Callback, fit

_validation = require("sklearn.utils.validation", "sklearn")

# The optimisers that need only gradients, by their names in lower case.
OPTIMIZERS: dict[str, Any] = {
    name.lower(): getattr(optim, name)
    for name in sorted(optim.__all__, key=str.lower)
    if name != "Optimizer" and not getattr(optim, name).needs_loss
}


class BinaryNetworkClassifier(Classifier):
    """A scikit-learn classifier of two classes: a `BinaryNetwork` that `ag.fit` trains on cross-entropy.

    Scale the features first, for example with `make_pipeline(StandardScaler(), BinaryNetworkClassifier())`.
    The network does not scale them, and the defaults suit features of about unit size. Labels may have any
    type.

    `hidden` are the numbers of units of the hidden layers. `activation` is "tanh", "sigmoid", "relu" or
    "leaky_relu". `optimizer` is "adam", "adamw", "rmsprop" or "sgd" of `ag.optim`, with learning rate `lr`
    and `weight_decay` for all parameters. `epochs`, `batch_size` (None: all examples), `progress` and
    `callbacks` mean what they mean in `ag.fit`. Every step is one compiled program, so callbacks see no
    gradients. To stop early, pass `callbacks=[ag.EarlyStopping(20, min_delta=1e-4)]`.

    `class_weight` is None, "balanced" or a dictionary such as {"sick": 5.0}. With `warm_start`, `fit`
    continues from the weights of the last fit, with a new optimizer. `random_state` is a seed, a RandomState
    or a generator for the first weights and the order of batches; None uses the default generator
    (`ag.seed`).

    A fit sets `classes_` (sorted), `network_`, `n_iter_` (its number of epochs) and `history_`, its
    `ag.History`, which has the accuracy if there are no weights.

    >>> import autograd_lite as ag
    >>> X, y = ag.datasets.two_moons()
    >>> BinaryNetworkClassifier(random_state=0).fit(X, y).score(X, y)
    1.0
    """

    network_: BinaryNetwork
    _most_classes = 2

    @explained
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
        class_weight: ClassWeight = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        progress: bool = False,
        callbacks: Iterable[Callback] = (),
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.progress = progress
        self.callbacks = callbacks

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on the examples X, (n, n_features), with labels y, (n,); returns the estimator.

        The loss is the mean over the examples, weighted by `sample_weight`, (n,), and `class_weight`. Without
        batches, a whole number as weight is the same as repeating the row. Raises ValueError or TypeError if
        settings or data cannot be used; the estimator then keeps the result of the last fit.
        """
        with restore_on_error(self):
            return self._fit(X, y, sample_weight)

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        warm = self.warm_start and hasattr(self, "network_")
        X, y = _validation.validate_data(self, X, y, dtype=np.float64, reset=not warm)
        name = type(self).__name__
        remedy = "wrap the estimator in sklearn.multiclass.OneVsRestClassifier"
        classes, codes = encode_labels(name, y, 2, remedy)
        target: Any = codes.astype(float)
        loss: Any = bce_with_logits
        if sample_weight is not None or self.class_weight is not None:
            weights = check_sample_weight(name, sample_weight, classes, codes)
            weights = weights / weights.max()  # products of huge weights would overflow
            factors = class_factors(name, self.class_weight, classes, codes, weights)
            weights = weights * (factors / factors.max())[codes]
            target = np.column_stack([target, weights / weights.mean()])
            loss = _weighted_loss
        rng = self._generator()
        network = self._network(X.shape[1], rng)
        if warm:
            self._copy_weights(network, classes)
        kind = OPTIMIZERS[one_of(name, "optimizer", self.optimizer, OPTIMIZERS)]
        optimizer = kind(network.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        settings = {key: getattr(self, key) for key in ("epochs", "batch_size", "callbacks", "progress")}
        settings |= {"loss": loss, "optimizer": optimizer, "rng": rng}
        self.history_ = fit(network, X, target, compile=True, **settings)
        self.classes_ = classes
        self.network_ = network
        self.n_iter_ = len(self.history_.loss)
        return self

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """The log odds of `classes_[1]`, (n,), for each example of X, (n, n_features)."""
        _validation.check_is_fitted(self)
        X = _validation.validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(self.network_.checked_logits(X))

    def _network(self, n_features: int, rng: np.random.Generator) -> BinaryNetwork:
        hidden = list(self.hidden) if isinstance(self.hidden, tuple | list) else [0]
        if not all(map(is_whole_number, hidden)):
            raise self._error("hidden", "give the units, 1 or more, of each hidden layer, such as (32,)")
        return BinaryNetwork([n_features, *hidden, 1], self.activation, rng=rng)

    def _generator(self) -> np.random.Generator:
        seed = self.random_state
        if isinstance(seed, np.random.RandomState):
            seed = seed.randint(2**31)
        try:
            return generator(seed)
        except TypeError:
            remedy = "give a seed (a whole number, 0 or more), a RandomState, a generator, or None"
            raise self._error("random_state", remedy) from None

    def _copy_weights(self, network: BinaryNetwork, classes: Any) -> None:
        """Copy the weights of the last fit into a new network; raises ValueError if they do not fit."""
        rule = "with warm_start a fit continues from the last one; set warm_start=False to begin anew"
        if not np.array_equal(classes, self.classes_):
            before = self.classes_.tolist()
            raise ValueError(
                f"{type(self).__name__}: the classes were {before} in the last fit, and now they are "
                f"{classes.tolist()}; {rule}"
            )
        try:
            network.load_state_dict(self.network_.state_dict())
        except ValueError:
            raise self._error("hidden", f"it was another in the last fit, and {rule}") from None

    def _error(self, name: str, remedy: str) -> ValueError:
        return ValueError(f"{type(self).__name__}: {name} is {getattr(self, name)!r}; {remedy}")


def _weighted_loss(logit: Any, y: Any) -> Any:
    """The mean loss for labels y[:, 0] and weights y[:, 1]."""
    return bce_with_logits(logit, y[:, 0], sample_weight=y[:, 1])
