"""Checks of gradients: of an op over its own domain, of a pair of functions, of a function, of a graph."""
# Written by `make stubs`; do not edit.
# mypy: disable-error-code="misc, overload-overlap, override"

from autograd_lite.extras import require as require
from autograd_lite.tensor import Tensor
from autograd_lite.testing import strategies as strategies
from autograd_lite.testing.check import OpReport as OpReport
from autograd_lite.testing.check import check_function as check_function
from autograd_lite.testing.check import check_op as check_op
from autograd_lite.testing.failure import GradientError as GradientError
from autograd_lite.testing.gradcheck import Report as Report
from autograd_lite.testing.gradcheck import gradcheck as gradcheck
from autograd_lite.testing.locate import Located as Located
from autograd_lite.testing.locate import locate as locate
from autograd_lite.testing.pytest_suite import op_tests as op_tests
from autograd_lite.typing import Array
from autograd_lite.typing import ArrayLike
from autograd_lite.typing import Number
from collections.abc import Sequence
from numpy import floating
from numpy.typing import NDArray
from typing import Any, TypeVar, overload

F = TypeVar("F", bound=floating[Any])

__all__ = ['GradientError', 'Located', 'OpReport', 'Report', 'check_function', 'check_op', 'gradcheck', 'locate', 'op_tests', 'strategies']
