"""NumPy functions and operators whose result has no gradient: they return plain arrays."""

import numpy as np

from autograd_lite.operation import implements
from autograd_lite.protocol import numpy_name
from autograd_lite.tensor import Tensor

_METHODS = {
    np.less: "__lt__",
    np.less_equal: "__le__",
    np.greater: "__gt__",
    np.greater_equal: "__ge__",
    np.equal: "__eq__",
    np.not_equal: "__ne__",
    np.argmax: "argmax",
    np.argmin: "argmin",
    np.argsort: "argsort",
    np.any: "any",
    np.all: "all",
}
_FUNCTIONS = """
    isnan isinf isfinite signbit logical_and logical_or logical_not isclose allclose array_equal shape ndim
    size count_nonzero nonzero argwhere zeros_like ones_like empty_like result_type searchsorted digitize
    array2string array_repr array_str may_share_memory shares_memory iscomplexobj isrealobj
"""


def _unwrap(x):
    return x.data if isinstance(x, Tensor) else x


def _on_data(function):
    """Return a NumPy function for tensors that runs on their data."""

    def call(*args, **kwargs):
        return function(*map(_unwrap, args), **{name: _unwrap(x) for name, x in kwargs.items()})

    call.__doc__ = f"As `{numpy_name(function)}`; the result is a plain array without gradient."
    return call


for _function, _method in _METHODS.items():
    implements(_function, method=_method)(_on_data(_function))
for _name in _FUNCTIONS.split():
    implements(getattr(np, _name))(_on_data(getattr(np, _name)))
