"""What Python and NumPy ask of a tensor, answered for anything that has `data`, `name` and `op`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Self

import numpy as np

from autograd_lite import messages
from autograd_lite.modes import recording
from autograd_lite.operators import OperatorsMixin
from autograd_lite.typing import Array, DTypeLike, Shape

NUMPY: dict[Any, Callable[..., Any]] = {}  # NumPy function -> what answers it for tensors


class AbstractArray:
    """A stand-in for an array whose values are not known yet, such as a tracer of the compiler.

    It has `shape`, `dtype` and `ndim`, and implements `__array_ufunc__` and `__array_function__`. Ops pass
    it through as they pass arrays.
    """

    __slots__ = ()


def primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let an AbstractArray among the arguments implement a function, as it implements NumPy's functions.

    For functions that cannot run on an AbstractArray, for example because they write into an array.
    Arguments that are tuples are searched too.
    """

    @functools.wraps(function)
    def call(*args: Any, **settings: Any) -> Any:
        for x in (*args, *settings.values()):
            for part in x if isinstance(x, tuple) else (x,):
                if isinstance(part, AbstractArray):
                    return part.__array_function__(function, (), args, settings)  # type: ignore[attr-defined]
        return function(*args, **settings)

    return call


class ArrayProtocol(OperatorsMixin):
    """The part of `Tensor` that makes it a guest in Python's operators and in NumPy's functions.

    NumPy gets one of three answers: a tensor (differentiable), a plain result (comparisons, argmax),
    or a refusal that says what to do.
    """

    __slots__ = ()
    name: str | None
    op: Any
    requires_grad: bool

    # What NumPy calls an array's attributes.

    @property
    def shape(self) -> Shape:
        """The length of each axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of the data."""
        return self.data.dtype

    def item(self) -> float:
        """The one entry, as a Python number; a ValueError where there are more or none."""
        return self.data.item()  # type: ignore[no-any-return]

    def numpy(self) -> Array:
        """A read-only view of the data, as an array."""
        view = np.asarray(self.data).view()
        view.flags.writeable = False
        return view

    # What Python asks of a number or a sequence.

    def __len__(self) -> int:
        if not self.data.shape:
            raise TypeError("len() of a tensor without axes")
        return int(self.data.shape[0])

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))  # type: ignore[misc]  # for tensors Self is Tensor

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        value = float(self.data)
        if self.requires_grad and self.grad is None and recording.get():  # after backward it is reported
            messages.warn(
                f"float() of {self.name or 'a tensor'}, which math.exp and its like call too, is a plain "
                "number and loses the gradient; write np.exp in a formula, and .item() for the value"
            )
        return value

    def __int__(self) -> int:
        return int(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.data.item() if spec and not self.ndim else str(self), spec)

    def __repr__(self) -> str:
        told = [np.array2string(np.asarray(self.data), prefix="Tensor(", separator=", ")]
        told += [f"name={self.name!r}"] if self.name else []
        told += [f"op={self.op.name}"] if self.op else []
        told += [] if self.dtype == np.float64 else [f"dtype={self.dtype}"]
        told += [] if self.requires_grad else ["requires_grad=False"]
        return f"{type(self).__name__}({', '.join(told)})"

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            f"{self.name or 'a tensor'} is part of a graph and cannot be written into; build a new "
            "tensor, for example np.where(mask, new, old)"
        )

    __hash__ = object.__hash__

    # What NumPy asks of a guest.

    # It returns an array. `object` keeps type checkers from taking a tensor for one: X @ t would be an array.
    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> object:
        if self.requires_grad:
            raise TypeError(
                f"making a NumPy array of {self.name or 'a tensor'} would lose its gradient without a "
                "word; use .numpy() for its value, np.stack and np.concatenate to join tensors, and "
                ".to_numpy() of a DataFrame or Series beside it"
            )
        return np.array(self.data, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            raise TypeError(
                f"np.{ufunc.__name__}.{method} is not recorded for tensors; use an operation such as "
                "np.sum, np.max or np.cumsum"
            )
        answer = NUMPY.get(ufunc) or _refuse(ufunc)
        return answer(*inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        answer = NUMPY.get(func) or _refuse(func)
        if kwargs or len(args) > 1:
            args, kwargs = _told(func, len(getattr(answer, "arguments", ())), args, kwargs)
        return answer(*args, **kwargs)


def _told(func: Any, arrays: int, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments of a NumPy function without those at their default: arrays in order, rest by name.

    So NumPy's own names and positions work (`np.sum(a=t)`, `np.sum(t, 0, None)`), whatever an op calls
    its inputs.
    """
    try:
        parameters = list(inspect.signature(func).parameters.values())
    except ValueError:  # written in C: its arguments are the op's
        return args, kwargs
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return args, kwargs
    told = dict(zip((p.name for p in parameters), args, strict=False)) | kwargs
    first = [p.name for i, p in enumerate(parameters) if i < arrays or p.default is p.empty]
    required = [told.pop(name) for name in first if name in told]
    defaults = {p.name: p.default for p in parameters}
    return required, {k: v for k, v in told.items() if k not in defaults or v is not defaults[k]}


def numpy_name(function: Any) -> str:
    """What a NumPy function is called in code: `np.tanh`, `np.linalg.norm`."""
    module = getattr(function, "__module__", None) or "numpy"  # a ufunc has none
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"


def _refuse(function: Any) -> NoReturn:
    raise TypeError(
        f"{numpy_name(function)} has no gradient here. If none is needed, call it on .data; if one is, "
        "compose it from the operations of autograd_lite.OPS, or define it with @autograd_lite.op"
    )
