"""Tensor: a value and the recipe that computed it; the walk through the graph and the backward pass.

This module names no op. Each op installs its own operator and method on Tensor (see operation.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.fingerprint import fingerprint
from autograd_lite.masks import LiveEntries, is_finite
from autograd_lite.protocol import AbstractArray, ArrayProtocol

NO_SETTINGS: dict[str, Any] = {}
_float64 = np.float64
_pass_numbers = itertools.count(1)


class Tensor(ArrayProtocol):
    """A value together with the recipe that computed it: `op`, applied to `inputs` with `settings`.

    `data` is anything that NumPy makes an array of; it is copied. Python numbers and lists become float64,
    float32 stays float32, and an array without axes becomes a NumPy scalar. `name` is used in errors and
    drawings. `requires_grad` is True unless the data is an integer or boolean array; False makes a constant.
    Raises TypeError for data that are not real numbers, ValueError for ragged lists.

    A plain array that an op takes is not copied. Writing into it between forward and backward is an error; of
    an array of more than 4096 entries only a sample is compared.

    >>> w = Tensor([1.0, 2.0], name="w")
    >>> (w * w).sum().backward()
    >>> w.grad
    array([2., 4.])
    """

    backward_pass: int
    derivative_order: int
    line: tuple[Any, int]
    __slots__ = (
        "__weakref__",
        "_data",  # what `data` returns; the library replaces this array and never writes into it
        "_lent",  # the array that `data` has returned, which the user may write into; unset on results
        "backward_pass",  # the number of the backward pass that filled grad; 0 if several did
        "derivative_order",  # of a gradient's graph, made by create_graph=True; unset on other tensors
        "for_backward",  # None, or op, inputs and values for backward, and (array, fingerprint) pairs
        "grad",
        "inputs",
        "line",  # (code, line) of the user's call, if lines are recorded; see modes.py
        "name",
        "op",
        "requires_grad",
        "settings",
        "values",  # the data that the inputs had when the op ran
    )

    def __init__(self, data: Any, *, name: str | None = None, requires_grad: bool | None = None) -> None:
        self._data = _as_data(data, name)
        self._lent: Any = None
        differentiable = self._data.dtype.kind == "f"
        if requires_grad and not differentiable:
            raise errors.error(TypeError, "integer gradient", name=name or "data", dtype=self._data.dtype)
        self.requires_grad = differentiable if requires_grad is None else requires_grad
        self.name = name
        self.grad = None
        self.op: Any = None
        self.inputs: tuple[Any, ...] = ()
        self.values: tuple[Any, ...] = ()
        self.settings: dict[str, Any] = NO_SETTINGS
        self.for_backward: tuple[Any, Any, Any, Any] | None = None

    @property
    def data(self) -> Any:
        """The value: an array, or a NumPy scalar if there are no axes.

        That of a parameter may be assigned, and written into between two training steps: a graph that used
        the old values then refuses to go backward. A new value is copied, in the dtype of the old one. The
        value of an operation's result is read-only.

        Raises TypeError if the tensor is the result of an operation, and for values that are not real
        numbers; ValueError if the tensor requires a gradient and the new value has another shape.
        """
        data = self._data
        if type(data) is not np.ndarray:
            return data
        if self.op is not None:
            data = data.view()
            data.flags.writeable = False
            return data
        if self._lent is not data:  # graphs that have used it keep theirs
            self._data = self._lent = data = data.copy()
        return data

    @data.setter
    def data(self, value: Any) -> None:
        self._data = _new_data(self, value)

    def detach(self) -> Tensor:
        """Return a constant with the same value, through which no gradient flows."""
        return leaf(self._data)

    def __reduce__(self) -> Any:
        """Pickle and copy the value without its graph: the result is a leaf."""
        return partial(type(self), name=self.name, requires_grad=self.requires_grad), (self._data,)

    def __deepcopy__(self, memo: Any) -> Tensor:
        if self.op is not None and self.requires_grad:
            raise errors.error(TypeError, "deep copy", name=self.name or "a tensor", op=self.op.name)
        make, arguments = self.__reduce__()
        return make(*arguments)

    def backward(self, grad: Any = None, *, accumulate: bool = False, keep: str = "all") -> None:
        """Fill `.grad` of every tensor that this one depends on with the derivative of this one.

        `grad` is the gradient to start from, in this tensor's shape. It may be omitted if the tensor has one
        element. `.grad` is overwritten, so a second call gives the same result; `accumulate=True` adds to it
        instead. `keep="leaves"` fills only leaves, which saves time and memory in a training loop. Gradients
        are read-only arrays: write `w.grad = 2 * w.grad`.

        Raises ValueError if `grad` is missing or has another shape, if this tensor is NaN, or if it does not
        depend on a differentiable tensor. Reverse mode: Griewank and Walther (2008), chapter 3.
        """
        if keep not in ("all", "leaves"):
            raise ValueError(f'backward: keep={keep!r}; it must be "all" or "leaves"')
        seed = start_gradient(self, grad.data if isinstance(grad, Tensor) else grad, "backward")
        with np.errstate(all="ignore"):  # an infinite derivative is a value; optimisers report nan
            gradients = backpropagate(self, seed, keep)
        self.backward_pass = number = next(_pass_numbers)
        for tensor, g in as_output_gradients(gradients).items():
            if accumulate and tensor.grad is not None:
                tensor.grad = tensor.grad + g
                tensor.backward_pass = 0
            else:
                tensor.grad = g
                tensor.backward_pass = number


class Parameter(Tensor):
    """A Tensor that an optimiser may update: `data` with a `name`. `requires_grad=False` freezes it."""

    __slots__ = ()

    def __init__(self, data: Any, *, name: str | None = None, requires_grad: bool | None = None) -> None:
        super().__init__(data, name=name, requires_grad=requires_grad is None or requires_grad)


def leaf(data: Any, requires_grad: bool = False) -> Tensor:
    """Return a Tensor around an array without a copy and without checks."""
    tensor: Tensor = object.__new__(Tensor)
    tensor._data = data
    tensor._lent = None
    tensor.requires_grad = requires_grad
    tensor.name = tensor.grad = tensor.op = tensor.for_backward = None
    tensor.inputs = tensor.values = ()
    tensor.settings = NO_SETTINGS
    return tensor


def _as_data(data: Any, name: str | None) -> Any:
    """Return a copy of the user's data in a dtype that a graph computes with; 0-d becomes a scalar."""
    if type(data) is float:
        return _float64(data)
    if isinstance(data, AbstractArray):
        return data
    if isinstance(data, Tensor):
        raise errors.error(TypeError, "tensor as data", name=name or "data")
    try:
        array = np.array(data)
    except ValueError as error:
        raise errors.error(ValueError, "ragged", name=name or "data", reason=error) from None
    if array.dtype.kind in "iu" and not isinstance(data, np.ndarray | np.generic):
        array = array.astype(_float64)
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise errors.error(TypeError, "dtype", name=name or "data", dtype=array.dtype)
    return array if array.ndim else array[()]


def _new_data(tensor: Tensor, value: Any) -> Any:
    """Return the new value of a tensor, checked and copied; see `Tensor.data`."""
    name = tensor.name or "the tensor"
    if tensor.op is not None:
        raise errors.error(TypeError, "set result", name=name, op=tensor.op.name)
    if isinstance(value, Tensor):
        raise errors.error(TypeError, "set tensor", name=name)
    new = _as_data(value, tensor.name)
    old = tensor._data
    if isinstance(new, AbstractArray) or isinstance(old, AbstractArray) or not tensor.requires_grad:
        return new
    if new.shape != old.shape:
        raise errors.error(ValueError, "set shape", name=name, shape=old.shape, given=new.shape)
    return new.astype(old.dtype)


def graph(root: Tensor) -> list[Tensor]:
    """Return the differentiable tensors that `root` depends on, inputs before outputs, `root` last."""
    order: list[Tensor] = []
    seen: set[Tensor] = set()
    stack: list[Any] = [root]
    while stack:
        tensor = stack.pop()
        if tensor is None:  # a mark: all inputs of the tensor below it are in order
            order.append(stack.pop())
        elif tensor not in seen:
            seen.add(tensor)
            stack.append(tensor)
            stack.append(None)
            for x in tensor.inputs:
                if isinstance(x, Tensor) and x.requires_grad and x not in seen:
                    if x.op is None:
                        seen.add(x)
                        order.append(x)
                    else:
                        stack.append(x)
    return order


def backpropagate(
    root: Tensor, seed: Any, keep: str | Collection[Tensor] = "all", create_graph: bool = False
) -> dict[Tensor, Any]:
    """Return the gradient of `root` for the tensors to `keep`: "all", "leaves", or a collection of tensors.

    Rules run on arrays, or on the tensors themselves with `create_graph=True`, so that the gradients can be
    differentiated again. Only rules on a path from `root` to a kept tensor run. Raises RuntimeError if a leaf
    or an array has other values than when the graph was built.
    """
    order = graph(root)
    gradients, finite = _walk(order, seed, keep, create_graph)
    if not finite:
        gradients, _ = _walk(order, seed, keep, create_graph, LiveEntries(root, seed))
    return gradients


def _walk(  # noqa: PLR0912 - the hottest loop of the engine: it calls rules and little else
    order: list[Tensor], seed: Any, keep: Any, create_graph: bool, live: LiveEntries | None = None
) -> tuple[dict[Tensor, Any], bool]:
    """Go backward through a graph once; entries that are not `live` are left out of every sum.

    Return the gradients, and whether those of leaves and of the tensors to keep are finite.
    """
    wanted = set() if isinstance(keep, str) else set(keep)
    needed = _depending_on(wanted, order) if wanted else None
    gradients = {order[-1]: seed}
    finite = True
    fused = []
    for tensor in reversed(order):
        if (g := gradients.get(tensor)) is None:
            continue
        if tensor.op is None:
            finite = finite and (isfinite(g) if type(g) is _float64 else is_finite(g))
            continue
        if keep == "leaves":
            del gradients[tensor]
        if tensor.for_backward is None:
            op, inputs, arrays = tensor.op, tensor.inputs, tensor.values
        else:
            op, inputs, arrays, fingerprints = tensor.for_backward
            for array, before in fingerprints:
                if fingerprint(array) != before:
                    raise _written(tensor, array)
            if op is not tensor.op:
                fused.append((tensor, g))
        y: Any = tensor._data
        values = arrays
        settings = tensor.settings
        if create_graph:
            _check_inputs(op, inputs, arrays)
            y, values = tensor, inputs
        if live is not None:
            y, values = live.replaced(tensor, op, inputs, arrays, y, values)
        rules = op.rules_by_position or op.variadic_rules(len(inputs))
        count = 0 if settings else len(values)
        for x, array, rule in zip(inputs, arrays, rules):  # noqa: B905 - of one length; strict costs time
            if isinstance(x, Tensor) and x.requires_grad and (needed is None or x in needed):
                if x._data is not array:
                    _check_inputs(op, inputs, arrays)
                if count == 2:  # a call without * takes half the time
                    gx = rule(g, y, values[0], values[1])
                elif count == 1:
                    gx = rule(g, y, values[0])
                else:
                    gx = rule(g, y, *values, **settings)
                if type(gx) is _float64 is type(x._data):  # type: ignore[comparison-overlap]
                    pass  # as in most scalar graphs
                elif getattr(gx, "shape", None) != x._data.shape:
                    gx = unbroadcast(gx, x, tensor)
                gradients[x] = gradients[x] + gx if x in gradients else gx
    for tensor, g in fused:
        x = tensor.inputs[0]
        if x in wanted or (keep == "all" and x.requires_grad):
            _add_skipped_gradient(gradients, tensor, g, create_graph)
    return gradients, finite and all(is_finite(gradients[x]) for x in wanted if x in gradients)


def _depending_on(wanted: set[Tensor], order: list[Tensor]) -> set[Tensor]:
    """Return the tensors of a graph that are wanted or depend on a wanted one."""
    needed = wanted.copy()
    for tensor in order:
        if any(isinstance(x, Tensor) and x in needed for x in tensor.inputs):
            needed.add(tensor)
    return needed


def _check_inputs(op: Any, inputs: tuple[Any, ...], arrays: tuple[Any, ...]) -> None:
    """Raise RuntimeError if an input got new data after the op ran: the gradient would mix two points."""
    for x, array in zip(inputs, arrays, strict=True):
        if isinstance(x, Tensor) and x._data is not array and not _same(x, array):
            raise errors.error(RuntimeError, "new data", name=x.name or "a tensor", op=op.name)


def _same(x: Tensor, array: Any) -> bool:
    """True if a leaf's data are a copy that `data` has made of an array, with the same values."""
    lent = x.op is None and x._lent is x._data
    return lent and array.dtype == x.dtype and np.array_equal(x._data, array, equal_nan=True)


def _written(tensor: Tensor, array: Any) -> Exception:
    """Return the error for an array that was written into after an op used it."""
    position = next(i for i, value in enumerate(tensor.values) if value is array)
    name = errors.name_of(tensor.inputs[position], f"input {position} of {tensor.op.name}")
    return errors.error(RuntimeError, "written", name=name, op=tensor.op.name)


def _add_skipped_gradient(gradients: Any, tensor: Tensor, g: Any, create_graph: bool) -> None:
    """Add the gradient for the first input of a fused op, which the backward pass has gone past."""
    x = tensor.inputs[0]
    if create_graph:
        _check_inputs(tensor.op, tensor.inputs, tensor.values)
    y, values = (tensor, tensor.inputs) if create_graph else (tensor._data, tensor.values)
    gx = tensor.op.rules_by_position[0](g, y, *values, **tensor.settings)
    if getattr(gx, "shape", None) != x._data.shape:
        gx = unbroadcast(gx, x, tensor)
    gradients[x] = gradients[x] + gx if x in gradients else gx


def unbroadcast(g: Any, x: Tensor, tensor: Tensor) -> Any:
    """Return a gradient in the shape of the input `x`: summed over axes along which x was repeated.

    A gradient that itself has fewer entries than x is repeated. Raises ValueError if its shape fits neither
    x nor the output `tensor`.
    """
    shape = x._data.shape
    try:
        got = g.shape
    except AttributeError:  # a Python number, or None
        if g is None:
            raise _shape_error("None", x, tensor) from None
        got = ()
    if got == shape:
        return g
    if len(got) > max(tensor._data.ndim, len(shape)):
        raise _shape_error(f"shape {got}", x, tensor)
    if (extra := len(got) - len(shape)) > 0:
        if len(got) == 2 and extra == 1 and type(g) is np.ndarray:
            g = np.ones(got[0], g.dtype) @ g  # the sum over rows, in half the time of sum(axis=0)
        else:
            g = g.sum(axis=tuple(range(extra)) if shape else None)
        got = got[extra:]
        if got == shape:
            return g
    repeated = tuple([i for i, (n, m) in enumerate(zip(shape, got, strict=False)) if n == 1 != m])
    if repeated and len(got) == len(shape):
        g = g.sum(axis=repeated, keepdims=True)
        got = g.shape
    if got == shape:
        return g
    if len(got) not in (0, len(shape)):
        raise _shape_error(f"shape {got}", x, tensor)
    try:
        return np.broadcast_to(g, shape)
    except (TypeError, ValueError):
        raise _shape_error(f"shape {got}", x, tensor) from None


def _shape_error(returned: str, x: Tensor, tensor: Tensor) -> Exception:
    op = tensor.op.name
    return errors.error(
        ValueError, "gradient shape", op=op, returned=returned, shape=x.shape, output=tensor.shape
    )


def as_output_gradients(gradients: dict[Tensor, Any]) -> dict[Tensor, Any]:
    """Convert gradients to what users get: in the dtype of their tensor, read-only, 0-d ones as scalars.

    They may share memory with each other and with arrays of the graph.
    """
    for tensor, g in gradients.items():
        if type(g) is _float64 is type(tensor._data):  # type: ignore[comparison-overlap]
            continue
        dtype = tensor._data.dtype
        if type(g) in (int, float):  # a rule may return 0.0
            g = dtype.type(g)
        elif g.dtype != dtype:
            g = g.astype(dtype)
        if isinstance(g, np.ndarray):
            g = g.view() if g.ndim else g[()]
            g.setflags(write=False)
        gradients[tensor] = g
    return gradients


def start_gradient(tensor: Tensor, grad: Any, function: str) -> Any:
    """Return the gradient that a backward pass starts from: `grad`, or one for a single element."""
    data = tensor._data
    names = {"function": function, "name": tensor.name or "this tensor", "shape": data.shape}
    if not tensor.requires_grad:
        raise errors.error(ValueError, "constant", **names)
    if grad is None:
        if data.size != 1:
            raise errors.error(ValueError, "not a scalar", **names)
        if not isinstance(data, AbstractArray) and data != data:  # noqa: PLR0124 - nan differs from itself
            raise errors.error(ValueError, "nan", **names, origin=errors.origin_of_nan(graph(tensor)))
        return data.dtype.type(1) if data.shape == () else np.ones_like(data)
    if errors.shape_of(grad) != data.shape:
        raise errors.error(ValueError, "seed shape", **names, given=errors.shape_of(grad))
    return grad if isinstance(grad, Tensor) else np.array(grad, dtype=data.dtype)[()]
