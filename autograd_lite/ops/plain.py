"""NumPy functions and operators whose result has no gradient: they return plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.operation import answer
from autograd_lite.protocol import numpy_name
from autograd_lite.tensor import Tensor


def _bare(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _plain(function: Any) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*map(_bare, args), **{name: _bare(x) for name, x in kwargs.items()})

    call.__doc__ = f"As `{numpy_name(function)}`: a plain result, without gradient."
    return call


_OPERATORS: dict[Any, str] = {
    np.less: "__lt__", np.less_equal: "__le__", np.greater: "__gt__", np.greater_equal: "__ge__",
    np.equal: "__eq__", np.not_equal: "__ne__",
}  # fmt: skip
_METHODS: dict[Any, str] = {
    np.argmax: "argmax",
    np.argmin: "argmin",
    np.argsort: "argsort",
    np.any: "any",
    np.all: "all",
}
_FUNCTIONS: tuple[Any, ...] = (
    np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_and, np.logical_or, np.logical_not,
    np.isclose, np.allclose, np.array_equal, np.shape, np.ndim, np.size, np.count_nonzero, np.nonzero,
    np.argwhere, np.zeros_like, np.ones_like, np.empty_like, np.result_type,
    np.searchsorted, np.digitize, np.array2string, np.array_repr, np.array_str, np.may_share_memory,
    np.shares_memory, np.iscomplexobj, np.isrealobj,
)  # fmt: skip

for _methods in (_OPERATORS, _METHODS):
    for _function, _method in _methods.items():
        answer(_function, method=_method)(_plain(_function))
for _function in _FUNCTIONS:
    answer(_function)(_plain(_function))
