"""Checks of gradients: of an op over its own domain, of a pair of functions, of a function, of a graph."""

from types import ModuleType

from autograd_lite.extras import require
from autograd_lite.testing.check import OpReport, check_function, check_op
from autograd_lite.testing.failure import GradientError
from autograd_lite.testing.gradcheck import Report, gradcheck
from autograd_lite.testing.locate import Located, locate
from autograd_lite.testing.pytest_suite import op_tests

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


def __getattr__(name: str) -> ModuleType:
    if name == "strategies":  # not imported above, because it needs hypothesis, an extra
        require("hypothesis", "test")
        module: ModuleType = require("autograd_lite.testing.strategies", "test")
        return module
    raise AttributeError(f"module 'autograd_lite.testing' has no attribute {name!r}")
