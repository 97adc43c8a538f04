"""The estimators that the tests of the ecosystem run on: one line each."""

import pytest
from sklearn.base import clone

from autograd_lite.estimators import BinaryNetworkClassifier
from autograd_lite.linear_model import LogisticRegression, SoftmaxRegression

ESTIMATORS = [
    BinaryNetworkClassifier(),
    LogisticRegression(),
    SoftmaxRegression(),
]


@pytest.fixture(params=ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def default(request):
    """An estimator with its defaults."""
    return clone(request.param)


@pytest.fixture
def estimator(default):
    """The same with a seed, where it draws numbers."""
    return default.set_params(random_state=0) if "random_state" in default.get_params() else default
