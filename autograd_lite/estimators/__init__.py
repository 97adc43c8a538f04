"""The models of `nn` as scikit-learn estimators (extra `sklearn`)."""

from autograd_lite.estimators.binary_network import BinaryNetworkClassifier

__all__ = ["BinaryNetworkClassifier"]
