"""Optimisers: how parameters move, given their gradients."""

from autograd_lite.optim.first_order import SGD, Adam, AdamW, RMSprop
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.second_order import LBFGS, Newton

__all__ = ["LBFGS", "SGD", "Adam", "AdamW", "Newton", "Optimizer", "RMSprop"]
