"""Layers and models: modules that find their own parameters."""

from autograd_lite.nn.init import he, plain, xavier
from autograd_lite.nn.layers import Dropout, LeakyReLU, Linear, ReLU, Sequential, Sigmoid, Softmax, Tanh
from autograd_lite.nn.models import BinaryNetwork, LogisticUnit
from autograd_lite.nn.module import Module
from autograd_lite.tensor import Parameter

__all__ = [
    "BinaryNetwork",
    "Dropout",
    "LeakyReLU",
    "Linear",
    "LogisticUnit",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "he",
    "plain",
    "xavier",
]
