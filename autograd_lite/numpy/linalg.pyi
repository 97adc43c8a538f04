"""numpy.linalg with functions that take and return tensors."""
# Written by `make stubs`; do not edit.
# mypy: disable-error-code="misc, overload-overlap, override"

from autograd_lite.tensor import Tensor
from autograd_lite.typing import Array
from autograd_lite.typing import ArrayLike
from autograd_lite.typing import Axis
from autograd_lite.typing import Number
from builtins import bool as _bool
from collections.abc import Sequence
from numpy import floating
from numpy.linalg import LinAlgError as LinAlgError
from numpy.linalg import cholesky as cholesky
from numpy.linalg import cond as cond
from numpy.linalg import cross as cross
from numpy.linalg import det as det
from numpy.linalg import diagonal as diagonal
from numpy.linalg import eig as eig
from numpy.linalg import eigh as eigh
from numpy.linalg import eigvals as eigvals
from numpy.linalg import eigvalsh as eigvalsh
from numpy.linalg import inv as inv
from numpy.linalg import lstsq as lstsq
from numpy.linalg import matmul as matmul
from numpy.linalg import matrix_norm as matrix_norm
from numpy.linalg import matrix_power as matrix_power
from numpy.linalg import matrix_rank as matrix_rank
from numpy.linalg import matrix_transpose as matrix_transpose
from numpy.linalg import multi_dot as multi_dot
from numpy.linalg import outer as outer
from numpy.linalg import pinv as pinv
from numpy.linalg import qr as qr
from numpy.linalg import slogdet as slogdet
from numpy.linalg import solve as solve
from numpy.linalg import svd as svd
from numpy.linalg import svdvals as svdvals
from numpy.linalg import tensordot as tensordot
from numpy.linalg import tensorinv as tensorinv
from numpy.linalg import tensorsolve as tensorsolve
from numpy.linalg import trace as trace
from numpy.linalg import vecdot as vecdot
from numpy.linalg import vector_norm as vector_norm
from numpy.typing import NDArray
from typing import Any, TypeVar, overload
import numpy as _np

F = TypeVar("F", bound=floating[Any])

@overload
def norm(x: Tensor, ord: None = None, axis: Axis = None, keepdims: _bool = False) -> Tensor:
    """Euclidean (Frobenius) norm over axes, as `np.linalg.norm`; where x is zero its gradient is 0.

    Raises ValueError if `ord` is not None.
    """
@overload
def norm(x: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...
