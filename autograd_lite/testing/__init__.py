"""Checking gradients: of a function at given inputs, and of an op over inputs of its own domain."""

from typing import Any

from autograd_lite.extras import require
from autograd_lite.testing.check import OpReport, check_op
from autograd_lite.testing.gradcheck import Report, gradcheck
from autograd_lite.testing.verdicts import GradientError

__all__ = ["GradientError", "OpReport", "Report", "check_op", "gradcheck", "strategies"]


def __getattr__(name: str) -> Any:
    if name == "strategies":  # imports hypothesis, which only those who write tests have
        require("hypothesis", "dev")
        return require("autograd_lite.testing.strategies", "dev")
    raise AttributeError(f"module 'autograd_lite.testing' has no attribute {name!r}")
