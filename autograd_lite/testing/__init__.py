"""Checking gradients: of an op over its own domain, of a plain pair, of a function, of a graph."""

from typing import Any

from autograd_lite.extras import require
from autograd_lite.testing.check import OpReport, check_function, check_op
from autograd_lite.testing.failure import GradientError
from autograd_lite.testing.gradcheck import Report, gradcheck
from autograd_lite.testing.locate import Located, locate
from autograd_lite.testing.suite import op_tests

__all__ = [
    "GradientError",
    "Located",
    "OpReport",
    "Report",
    "check_function",
    "check_op",
    "gradcheck",
    "locate",
    "op_tests",
    "strategies",
]


def __getattr__(name: str) -> Any:
    if name == "strategies":  # imports hypothesis, which only those who write tests have
        require("hypothesis", "test")
        return require("autograd_lite.testing.strategies", "test")
    raise AttributeError(f"module 'autograd_lite.testing' has no attribute {name!r}")
