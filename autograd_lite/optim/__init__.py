"""Optimisers: pure updates in plain NumPy."""

from autograd_lite.optim.first_order import SGD, Adam, AdamW, RMSprop
from autograd_lite.optim.optimizer import Optimizer

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop"]
