"""Logistic and softmax regression: solvers, certified fits and inference (extra `sklearn`)."""

from autograd_lite.linear_model.certificate import Certificate, CollinearityWarning, SeparationWarning
from autograd_lite.linear_model.collinearity import Dependence, collinear
from autograd_lite.linear_model.regression import LogisticRegression, SoftmaxRegression
from autograd_lite.linear_model.separation import Separation, separation
from autograd_lite.linear_model.solvers import SOLVERS, Solver
from autograd_lite.linear_model.summary import Summary

__all__ = [
    "SOLVERS",
    "Certificate",
    "CollinearityWarning",
    "Dependence",
    "LogisticRegression",
    "Separation",
    "SeparationWarning",
    "SoftmaxRegression",
    "Solver",
    "Summary",
    "collinear",
    "separation",
]
