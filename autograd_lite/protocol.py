"""The protocols of Python and NumPy that make a tensor work in operators and in NumPy's functions."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from autograd_lite import errors
from autograd_lite.modes import recording
from autograd_lite.operators import OperatorsMixin
from autograd_lite.typing import Array, DTypeLike, Shape

NUMPY: dict[Any, Callable[..., Any]] = {}  # NumPy function -> its implementation for tensors


class AbstractArray:
    """A stand-in for an array whose values are not known yet, such as a tracer of the compiler.

    It has `shape`, `dtype` and `ndim`, and implements `__array_ufunc__` and `__array_function__`. Ops pass
    it through as they pass arrays.
    """

    __slots__ = ()

    def holds(self) -> bool:
        """Return the value of a condition for the present data, and check it again for other data."""
        raise NotImplementedError


def holds(condition: Any) -> bool:
    """Return whether a condition on data holds, for an `if` in an op: its forward, its check or a rule.

    A compiled function checks the condition again at each call. A plain `if` on data cannot be compiled.
    """
    return condition.holds() if isinstance(condition, AbstractArray) else bool(condition)


def primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let an AbstractArray among the arguments, or in a tuple of them, implement the decorated function.

    For functions that cannot run on an AbstractArray, for example because they write into an array.
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
    """The part of `Tensor` that Python's operators and NumPy's functions use.

    A NumPy function called on a tensor returns a tensor if it is differentiable, a plain array if it has
    nothing to differentiate (comparisons, argmax), and raises TypeError otherwise.
    """

    __slots__ = ()
    _value: Any
    grad: Any
    name: str | None
    op: Any
    requires_grad: bool

    @property
    def shape(self) -> Shape:
        """The length of each axis."""
        return self._value.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._value.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of entries."""
        return self._value.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of the data."""
        return self._value.dtype  # type: ignore[no-any-return]

    def item(self) -> float:
        """Return the only entry as a Python number. Raises ValueError unless there is exactly one."""
        return self._value.item()  # type: ignore[no-any-return]

    def numpy(self) -> Array:
        """Return a read-only view of the data as an array."""
        view = np.asarray(self._value).view()
        view.flags.writeable = False
        return view

    def __len__(self) -> int:
        if not self._value.shape:
            raise TypeError("len() of a tensor without axes")
        return int(self._value.shape[0])

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))  # type: ignore[misc]  # for tensors Self is Tensor

    def __bool__(self) -> bool:
        return bool(self._value)

    def __float__(self) -> float:
        return float(self._as_number("float"))

    def __int__(self) -> int:
        return int(self._as_number("int"))

    def __round__(self, ndigits: int | None = None) -> Any:
        """Return the value rounded, a plain number or array: the derivative of rounding is zero."""
        return round(self.item(), ndigits) if self.size == 1 else np.round(self._value, ndigits or 0)

    def _as_number(self, function: str) -> Any:
        """Return the value, with a warning if its gradient may be lost.

        A result that has a gradient has been the start of `backward`, or part of it: its value is reported.
        """
        if self.requires_grad and recording.get() and (self.op is None or self.grad is None):
            errors.warn(errors.TEXTS["float"].format(name=self.name or "a tensor", function=function))
        return self._value

    def __format__(self, spec: str) -> str:
        return format(self._value.item() if spec and not self.ndim else str(self), spec)

    def __repr__(self) -> str:
        parts = [np.array2string(np.asarray(self._value), prefix="Tensor(", separator=", ")]
        if self.name:
            parts.append(f"name={self.name!r}")
        if self.op:
            parts.append(f"op={self.op.name}")
        if self.dtype != np.float64:
            parts.append(f"dtype={self.dtype}")
        if not self.requires_grad:
            parts.append("requires_grad=False")
        return f"{type(self).__name__}({', '.join(parts)})"

    def __setitem__(self, index: Any, value: Any) -> None:
        raise errors.error(TypeError, "writing", name=self.name or "a tensor")

    __hash__ = object.__hash__

    # It returns an array. `object` keeps type checkers from taking a tensor for one: X @ t would be an array.
    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> object:
        if self.requires_grad:
            raise errors.error(TypeError, "to array", name=self.name or "a tensor")
        return np.array(self._value, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            raise errors.error(TypeError, "ufunc method", function=f"np.{ufunc.__name__}.{method}")
        if ufunc not in NUMPY:
            raise errors.error(TypeError, "no numpy", function=numpy_name(ufunc))
        return NUMPY[ufunc](*inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func not in NUMPY:
            raise errors.error(TypeError, "no numpy", function=numpy_name(func))
        implementation = NUMPY[func]
        is_direct = len(args) <= 1 and kwargs.keys() <= _settings_of(implementation)
        if not is_direct or any(value is np._NoValue for value in kwargs.values()):
            args, kwargs = _translate(func, implementation, args, kwargs)
        return implementation(*args, **kwargs)


def _translate(func: Any, implementation: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Return the arguments of a NumPy function as its implementation takes them, without those at a default.

    So NumPy's own names and positions work, as in `np.sum(a=t)` and `np.sum(t, 0, None)`.
    """
    parameters = _parameters(func)
    if parameters is None:
        return args, kwargs
    count = len(getattr(implementation, "arguments", ()))
    given = dict(zip(parameters, args, strict=False)) | kwargs
    arrays = []
    for i, (name, default) in enumerate(parameters.items()):
        if name in given and (i < count or default is inspect.Parameter.empty):
            arrays.append(given.pop(name))
    unset = object()
    settings = {k: v for k, v in given.items() if v is not parameters.get(k, unset)}
    return arrays, settings


@functools.cache
def _settings_of(implementation: Any) -> frozenset[str]:
    """Return the settings of an implementation, which it takes by the same names as the NumPy function."""
    parameters = inspect.signature(implementation).parameters.values()
    return frozenset(p.name for p in parameters if p.default is not p.empty)


@functools.cache
def _parameters(func: Any) -> dict[str, Any] | None:
    """Return the parameters of a NumPy function with their defaults; None if they cannot be translated."""
    try:
        parameters = inspect.signature(func).parameters.values()
    except ValueError:  # written in C; its arguments are named as the op's
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return {p.name: p.default for p in parameters}


def numpy_name(function: Any) -> str:
    """Return the name of a NumPy function as users write it: `np.tanh`, `np.linalg.norm`."""
    module = getattr(function, "__module__", None) or "numpy"  # a ufunc has no module
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"
