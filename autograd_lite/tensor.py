"""Tensor: a value and the recipe that computed it; the walk through the graph and the backward pass.

This module names no op. Each op installs its own operator and method on Tensor (see operation.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from functools import partial
from typing import Any, Never

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import no_matrix
from autograd_lite.checks.growth import EVERY, is_growing
from autograd_lite.checks.masks import LiveEntries, count_unmasked, is_finite, with_masks
from autograd_lite.protocol import AbstractArray, ArrayProtocol
from autograd_lite.typing import Array, ArrayLike

NO_SETTINGS: dict[str, Any] = {}
_float64 = np.float64
_pass_numbers = itertools.count(1)


class BackwardPass:
    """The origin of a gradient: "one" call of backward, a "sum" of several, or "assigned" by the user."""

    __slots__ = ("kind", "overwritten")

    def __init__(self, kind: str = "one") -> None:
        self.kind = kind
        self.overwritten = False  # True if a later call of backward has replaced a gradient of this one


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

    backward_pass: BackwardPass
    used_pass: BackwardPass
    derivative_order: int
    line: tuple[Any, int]
    __slots__ = (
        "__weakref__",
        "_grad",  # what `grad` returns; read-only as long as it may share memory with other gradients
        "_lent",  # the array that `data` has returned, which the user may write into; unset on results
        "_value",  # what `data` returns; the library replaces this array and never writes into it
        "backward_pass",  # the BackwardPass that filled grad
        "derivative_order",  # of a gradient's graph, made by create_graph=True; unset on other tensors
        "for_backward",  # None, or op, inputs and values for backward, and (array, view, bytes) to compare
        "inputs",
        "line",  # (code, line) of the user's call, if lines are recorded; see modes.py
        "name",
        "op",
        "requires_grad",
        "settings",
        "used_pass",  # the BackwardPass of the gradient that an optimiser's step used last
        "values",  # the data that the inputs had when the op ran
    )

    def __init__(self, data: Any, *, name: str | None = None, requires_grad: bool | None = None) -> None:
        self._value = _as_data(data, name)
        self._lent: Any = None
        differentiable = self._value.dtype.kind == "f"
        if requires_grad and not differentiable:
            raise errors.error(TypeError, "integer gradient", name=name or "data", dtype=self._value.dtype)
        self.requires_grad = differentiable if requires_grad is None else requires_grad
        self.name = name
        self._grad: Any = None
        self.op: Any = None
        self.inputs: tuple[Any, ...] = ()
        self.values: tuple[Any, ...] = ()
        self.settings: dict[str, Any] = NO_SETTINGS
        self.for_backward: tuple[Any, Any, Any, Any] | None = None

    @property
    def data(self) -> Array:
        """The value: an array, or a NumPy scalar if there are no axes.

        That of a parameter may be assigned, and written into between two training steps: a graph that used
        the old values then refuses to go backward. A new value is copied, in the dtype of the old one. The
        value of an operation's result is read-only.

        Raises TypeError if the tensor is the result of an operation, and for values that are not real
        numbers; ValueError if the tensor requires a gradient and the new value has another shape.
        """
        data: Array = self._value
        if type(data) is not np.ndarray:
            return data
        if self.op is not None:
            data = data.view()
            data.flags.writeable = False
        elif self._lent is not data:  # graphs that have used it keep theirs
            self._value = self._lent = data = data.copy()
        return data

    @data.setter
    def data(self, value: ArrayLike) -> None:
        self._value = _new_data(self, value)

    @property
    def grad(self) -> Array:
        """The gradient that `backward` has computed, in this tensor's shape and dtype; None before.

        It may be written into, as in `w.grad *= 0.5`, and assigned: an array of the same shape, or None.
        Raises TypeError for a tensor and for values that are not real numbers, ValueError for another shape.
        """
        g: Array = self._grad
        if type(g) is np.ndarray and not g.flags.writeable:
            self._grad = g = g.copy()
        return g

    @grad.setter
    def grad(self, value: ArrayLike | None) -> None:
        self._grad = None if value is None else _new_grad(self, value)
        self.backward_pass = BackwardPass("assigned")

    def detach(self) -> Tensor:
        """Return a constant with the same value, through which no gradient flows."""
        return leaf(self._value)

    def __reduce__(self) -> Any:
        """Pickle and copy the value without its graph: the result is a leaf."""
        return partial(type(self), name=self.name, requires_grad=self.requires_grad), (self._value,)

    def __copy__(self) -> Tensor:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: Any) -> Tensor:
        """Copy a leaf. Raises TypeError for a result, whose copy would have no graph."""
        if self.op is not None and self.requires_grad:
            raise errors.error(
                TypeError, "copy", name=self.name or "a tensor", what=f"the result of {self.op.name}"
            )
        if isinstance(self._value, AbstractArray) and not isinstance(self, Parameter):
            raise errors.error(TypeError, "copy", name="a tensor", what="a value of a compiled function")
        make, arguments = self.__reduce__()
        return make(*arguments)  # type: ignore[no-any-return]

    def backward(
        self, grad: Any = None, *, accumulate: bool = False, keep: str = "all", **unknown: Never
    ) -> None:
        """Fill `.grad` of every tensor that this one depends on with the derivative of this one.

        `grad` is the gradient to start from, in this tensor's shape. It may be omitted if the tensor has one
        element. `.grad` is overwritten, so a second call gives the same result; `accumulate=True` adds to it
        instead. `keep="leaves"` fills only leaves, which saves time and memory in a training loop.

        Raises ValueError if `grad` is missing or has another shape, if this tensor is NaN, or if it does not
        depend on a differentiable tensor; RuntimeError if a tensor or an array has got new values since it
        was used, or if `accumulate` would add to a gradient that a step of an optimiser has used; TypeError
        for an `unknown` argument, such as retain_graph. Reverse mode: Griewank and Walther (2008), chapter 3.
        """
        for argument in unknown:
            raise errors.error(TypeError, "backward argument", argument=argument)
        if keep not in ("all", "leaves"):
            raise ValueError(f'backward: keep={keep!r}; it must be "all" or "leaves"')
        seed = start_gradient(self, grad.data if isinstance(grad, Tensor) else grad, "backward")
        with np.errstate(all="ignore"):  # an infinite derivative is a value; optimisers report nan
            gradients = backpropagate(self, seed, keep)
        number = next(_pass_numbers)
        if number % EVERY == 0 and is_growing(graph(self)):
            errors.warn(errors.TEXTS["growth"])
        this_pass = BackwardPass()
        if self not in gradients:
            self.backward_pass = this_pass
        if accumulate:
            _refuse_used_gradients(gradients)
        for tensor, g in as_output_gradients(gradients).items():
            if accumulate and tensor._grad is not None:
                tensor._grad = tensor._grad + g
                tensor.backward_pass = BackwardPass("sum")
                continue
            if tensor._grad is not None:
                tensor.backward_pass.overwritten = True
            tensor._grad = g
            tensor.backward_pass = this_pass


def _refuse_used_gradients(tensors: Iterable[Tensor]) -> None:
    """Raise RuntimeError if a gradient that a step of an optimiser has used would be added to."""
    for tensor in tensors:
        used = tensor._grad is not None and tensor.backward_pass is getattr(tensor, "used_pass", None)
        if used and np.any(tensor._grad):
            raise errors.error(RuntimeError, "used gradient", name=tensor.name or "a parameter")


class Parameter(Tensor):
    """A Tensor that an optimiser may update: `data` with a `name`. `requires_grad=False` freezes it."""

    __slots__ = ()

    def __init__(self, data: Any, *, name: str | None = None, requires_grad: bool | None = None) -> None:
        super().__init__(data, name=name, requires_grad=requires_grad is None or requires_grad)


def leaf(data: Any, requires_grad: bool = False) -> Tensor:
    """Return a Tensor around an array without a copy and without checks."""
    tensor: Tensor = object.__new__(Tensor)
    tensor._value = data
    tensor._lent = None
    tensor.requires_grad = requires_grad
    tensor.name = tensor._grad = tensor.op = tensor.for_backward = None
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
    no_matrix("Tensor", name or "data", data)
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
    name = f"{tensor.name or 'the tensor'}.data"
    if tensor.op is not None:
        raise errors.error(TypeError, "set result", name=name, op=tensor.op.name)
    if isinstance(value, Tensor):
        raise errors.error(TypeError, "set tensor", name=name)
    new = _as_data(value, name)
    old = tensor._value
    if isinstance(new, AbstractArray) or isinstance(old, AbstractArray) or not tensor.requires_grad:
        return new
    if new.shape != old.shape:
        raise errors.error(ValueError, "set shape", name=name, shape=old.shape, given=new.shape)
    return new.astype(old.dtype)


def _new_grad(tensor: Tensor, value: Any) -> Any:
    """Return the gradient that the user assigns to a tensor; see `Tensor.grad`."""
    name = tensor.name or "the tensor"
    if isinstance(value, Tensor):
        raise errors.error(TypeError, "set tensor", name=f"{name}.grad")
    no_matrix(f"{name}.grad", "the new value", value)
    new = np.asarray(value)
    if new.dtype.kind not in "fiub":
        raise errors.error(TypeError, "set dtype", name=f"{name}.grad", dtype=new.dtype)
    if new.shape != tensor.shape:
        raise errors.error(ValueError, "set shape", name=f"{name}.grad", shape=tensor.shape, given=new.shape)
    new = new.astype(tensor.dtype, copy=False)
    return new if new.ndim else new[()]


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
    wanted = frozenset() if isinstance(keep, str) else frozenset(keep)
    needed = _depending_on(wanted, order) if wanted else None
    live = LiveEntries(root, seed) if create_graph and with_masks.get() else None
    if create_graph and live is None:
        count_unmasked(more=1)
    is_traced = isinstance(root._value, AbstractArray)  # its values are not known
    while True:
        gradients = {root: seed}
        finite, fused = _walk(order, gradients, keep == "leaves", needed, create_graph, live)
        for tensor, g in fused:
            x = tensor.inputs[0]
            if x in wanted or (keep == "all" and x.requires_grad):
                _add_skipped_gradient(gradients, tensor, g, create_graph)
        if wanted and finite:
            finite = all(is_finite(gradients[x]) for x in wanted if x in gradients)
        if finite or live is not None or is_traced:
            return gradients
        live = LiveEntries(root, seed)


def _walk(  # noqa: PLR0912 - the hottest loop of the engine: it calls rules and little else
    order: list[Tensor], gradients: Any, drop: bool, needed: Any, create_graph: bool, live: Any
) -> tuple[bool, list[tuple[Tensor, Any]]]:
    """Go backward through a graph once and add to `gradients`; `drop` removes those of results on the way.

    `needed` are the tensors that need a gradient, None for all. Return False if the gradient of a leaf is not
    finite, perhaps because of a mask; and the tensors whose op was fused with the one before.
    """
    may_mask = order[-1]._value.shape != ()  # the gradient to start from may have zeros
    leaf_gradients = []
    fused = []
    for tensor in reversed(order):
        if (g := gradients.get(tensor)) is None:
            continue
        if tensor.op is None:
            leaf_gradients.append(g)
            continue
        if drop:
            del gradients[tensor]
        op, inputs, arrays = tensor.op, tensor.inputs, tensor.values
        if tensor.for_backward is not None:
            op, inputs, arrays = _checked(tensor)
            if op is not tensor.op:
                fused.append((tensor, g))
        may_mask = may_mask or op.selects
        y: Any = tensor._value
        values = arrays
        if create_graph or live is not None:
            y, values = _replaced(tensor, op, inputs, arrays, create_graph, live)
        rules = op.rules_by_position or op.variadic_rules(len(inputs))
        count = 0 if tensor.settings else len(values)
        for x, array, rule in zip(inputs, arrays, rules):  # noqa: B905 - of one length; strict costs time
            if isinstance(x, Tensor) and x.requires_grad and (needed is None or x in needed):
                if x._value is not array:
                    _check_input(tensor, x, array)
                if count == 2:  # a call without * takes half the time
                    gx = rule(g, y, values[0], values[1])
                elif count == 1:
                    gx = rule(g, y, values[0])
                else:
                    gx = rule(g, y, *values, **tensor.settings)
                if type(gx) is _float64 is type(x._value):
                    pass  # as in most scalar graphs
                elif getattr(gx, "shape", None) != x._value.shape:
                    gx = unbroadcast(gx, x, tensor)
                gradients[x] = gradients[x] + gx if x in gradients else gx
    return not may_mask or all(map(is_finite, leaf_gradients)), fused


def _depending_on(wanted: frozenset[Tensor], order: list[Tensor]) -> set[Tensor]:
    """Return the tensors of a graph that are wanted or depend on a wanted one."""
    needed = set(wanted)
    for tensor in order:
        if any(isinstance(x, Tensor) and x in needed for x in tensor.inputs):
            needed.add(tensor)
    return needed


def _replaced(
    tensor: Tensor, op: Any, inputs: tuple[Any, ...], arrays: Any, create_graph: bool, live: Any
) -> tuple[Any, Any]:
    """Return what gradient rules take for output and inputs, if not the data alone."""
    y, values = tensor._value, arrays
    if create_graph:
        for x, array in zip(inputs, arrays, strict=True):
            _check_input(tensor, x, array)
        y, values = tensor, inputs
    return (y, values) if live is None else live.replaced(tensor, op, inputs, arrays, y, values)


def _check_input(tensor: Tensor, x: Any, array: Any) -> None:
    """Raise RuntimeError if an input got new data after the op ran: the gradient would mix two points."""
    if isinstance(x, Tensor) and has_new_data(x, array):
        raise errors.error(RuntimeError, "new data", name=x.name or "a tensor", op=tensor.op.name)


def has_new_data(x: Tensor, array: Any) -> bool:
    """Return True if the data of a tensor are no longer `array`, nor the copy that `data` has made of it."""
    if x._value is array:
        return False
    is_copy = x.op is None and x._lent is x._value and array.dtype == x.dtype
    return not (is_copy and np.array_equal(x._value, array, equal_nan=True))


def _checked(tensor: Tensor) -> tuple[Any, tuple[Any, ...], Any]:
    """Return op, inputs and data for backward; raises RuntimeError if an array was written into."""
    op, inputs, arrays, fingerprints = tensor.for_backward  # type: ignore[misc]
    for array, view, before in fingerprints:
        if view.tobytes() != before:
            raise _written(tensor, array)
    return op, inputs, arrays


def _written(tensor: Tensor, array: Any) -> Exception:
    """Return the error for an array that was written into after an op used it."""
    position = next(i for i, value in enumerate(tensor.values) if value is array)
    name = errors.name_of(tensor.inputs[position], f"input {position} of {tensor.op.name}")
    return errors.error(RuntimeError, "written", name=name, op=tensor.op.name)


def _add_skipped_gradient(gradients: Any, tensor: Tensor, g: Any, create_graph: bool) -> None:
    """Add the gradient for the first input of a fused op, which the backward pass has gone past."""
    x = tensor.inputs[0]
    if create_graph:
        for value, array in zip(tensor.inputs, tensor.values, strict=True):
            _check_input(tensor, value, array)
    y, values = (tensor, tensor.inputs) if create_graph else (tensor._value, tensor.values)
    gx = tensor.op.rules_by_position[0](g, y, *values, **tensor.settings)
    if getattr(gx, "shape", None) != x._value.shape:
        gx = unbroadcast(gx, x, tensor)
    gradients[x] = gradients[x] + gx if x in gradients else gx


def unbroadcast(g: Any, x: Tensor, tensor: Tensor) -> Any:
    """Return a gradient in the shape of the input `x`: summed over axes along which x was repeated.

    A gradient that itself has fewer entries than x is repeated. Raises ValueError if its shape fits neither
    x nor the output `tensor`.
    """
    shape = x._value.shape
    try:
        got = g.shape
    except AttributeError:  # a Python number, or None
        if g is None:
            raise _shape_error("None", x, tensor) from None
        got = ()
    if got == shape:
        return g
    if len(got) > max(tensor._value.ndim, len(shape)):
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
        if type(g) is _float64 is type(tensor._value):
            continue
        dtype = tensor._value.dtype
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
    data = tensor._value
    names = {"function": function, "name": tensor.name or "this tensor", "shape": data.shape}
    if not tensor.requires_grad:
        raise errors.error(ValueError, "constant", **names)
    if grad is None:
        if data.size != 1:
            raise errors.error(ValueError, "not a scalar", **names)
        if not isinstance(data, AbstractArray) and data != data:  # noqa: PLR0124 - nan differs from itself
            raise errors.error(ValueError, "nan", **names, origin=errors.origin_of_nan(graph(tensor)))
        return data.dtype.type(1) if data.shape == () else np.ones_like(data)
    no_matrix(function, "grad", grad)
    if errors.shape_of(grad) != data.shape:
        raise errors.error(ValueError, "seed shape", **names, given=errors.shape_of(grad))
    return grad if isinstance(grad, Tensor) else np.array(grad, dtype=data.dtype)[()]
