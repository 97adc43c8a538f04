"""Tensor: a value and the recipe that made it; walking the graph; the backward pass. Names no op."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from autograd_lite import messages
from autograd_lite.messages import shape_of
from autograd_lite.protocol import AbstractArray, ArrayProtocol

NOTHING: dict[str, Any] = {}  # the settings of all that has none
_float64 = np.float64
_NAN_REMEDY = "remove or replace such rows, or keep that operation within its domain"
_new = object.__new__
_passes = itertools.count(1)


class Tensor(ArrayProtocol):
    """A value and the recipe that made it: `op` applied to `inputs` with `settings`.

    `data` is anything NumPy makes an array of; Python numbers and lists become float64, float32
    stays float32, and a 0-d array is held as a NumPy scalar. A tensor is differentiable unless its
    data is an integer or boolean array or `requires_grad=False`; `name` is what errors and drawings call
    it. Other data is a TypeError, ragged lists a ValueError. The data of the caller is copied; a plain
    array that an op takes is not: do not write into it, or into `.data`, between forward and backward.

    >>> w = Tensor([1.0, 2.0], name="w")
    >>> (w * w).sum().backward()
    >>> w.grad
    array([2., 4.])
    """

    line: tuple[Any, int]  # the code and line that called an op of the user's, on its result alone
    backward_pass: (
        int  # which call of backward filled `grad`; 0: several did; on the root too. Unset before any.
    )
    order: int  # of the derivative that it was made for, by create_graph=True, on such nodes alone
    __slots__ = (
        "__weakref__",
        "backward_pass",
        "data",
        "grad",
        "inputs",
        "line",
        "name",
        "op",
        "order",
        "requires_grad",
        "settings",
        "values",
    )

    def __init__(self, data: Any, *, name: str | None = None, requires_grad: bool | None = None) -> None:
        self.data = _own(data, name)
        differentiable = self.data.dtype.kind == "f"
        if requires_grad and not differentiable:
            raise TypeError(
                f"Tensor: {name or 'data'} has dtype {self.data.dtype} and can have no gradient; pass "
                f"floats, for example {name or 'data'}.astype(float), or requires_grad=False"
            )
        self.requires_grad = differentiable if requires_grad is None else requires_grad
        self.name = name
        self.grad = None
        self.op: Any = None
        self.inputs: tuple[Any, ...] = ()
        self.values: tuple[Any, ...] = ()
        self.settings: dict[str, Any] = NOTHING

    def detach(self) -> Tensor:
        """A constant with the same value: nothing flows back through it."""
        return node(None, (), (), NOTHING, self.data, requires_grad=False)

    def __reduce__(self) -> Any:
        """Pickle and deepcopy keep the value, not the graph that made it: they return a leaf."""
        return _restore, (type(self), self.data, self.name, self.requires_grad)

    def backward(self, grad: Any = None, *, accumulate: bool = False, keep: str = "all") -> None:
        """Fill `.grad` of every tensor that this one was made from, with d self / d tensor.

        Reverse mode (Griewank and Walther 2008). `.grad` is overwritten, so calling twice gives the same;
        `accumulate=True` adds instead. `keep="leaves"` leaves intermediate tensors without gradient and
        frees memory on the way. `grad`, of this tensor's shape, seeds the pass; only a number, not nan, needs
        none: else, and of a constant, a ValueError. Gradients are read-only: write `w.grad = 2 * w.grad`.
        """
        if keep not in ("all", "leaves"):
            raise ValueError(f'backward: keep={keep!r}; it is "all" or "leaves"')
        seed = seed_of(self, grad.data if isinstance(grad, Tensor) else grad, "backward")
        with np.errstate(all="ignore"):  # an infinite derivative is a value; nan is told by optimisers
            gradients = backpropagate(self, seed, keep_all=keep == "all")
        self.backward_pass = number = next(_passes)
        for tensor, g in gradients.items():
            tensor.backward_pass = number if tensor.grad is None or not accumulate else 0
            if not type(g) is _float64 is type(tensor.data):  # type: ignore[comparison-overlap]  # a scalar too
                g = finish(tensor, g)
            tensor.grad = tensor.grad + g if accumulate and tensor.grad is not None else g


class Parameter(Tensor):
    """A Tensor that an optimiser may update, of `data` with a `name`. `requires_grad=False` freezes it."""

    __slots__ = ()

    def __init__(self, data: Any, *, name: str | None = None, requires_grad: bool | None = None) -> None:
        super().__init__(data, name=name, requires_grad=requires_grad is None or requires_grad)


def node(op: Any, inputs: Any, values: Any, settings: Any, data: Any, requires_grad: bool = True) -> Tensor:
    """A Tensor around a result, without the checks and the copy that a user's data gets."""
    tensor = _new(Tensor)
    tensor.data = data
    tensor.op = op
    tensor.inputs = inputs
    tensor.values = values
    tensor.settings = settings
    tensor.requires_grad = requires_grad
    tensor.grad = None
    tensor.name = None
    return tensor


def _own(data: Any, name: str | None) -> Any:
    """A copy of the user's data in a dtype that a graph computes with; 0-d becomes a scalar."""
    if type(data) is float or isinstance(data, AbstractArray):
        return np.float64(data) if type(data) is float else data
    if isinstance(data, Tensor):
        raise TypeError(
            f"Tensor: {name or 'data'} is a Tensor already; use it as it is, or .detach() for its value"
        )
    try:
        array = np.array(data)
    except ValueError as error:
        raise ValueError(f"Tensor: {name or 'data'} is not an array: {error}") from None
    if array.dtype.kind in "iu" and not isinstance(data, np.ndarray | np.generic):
        array = array.astype(np.float64)
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise TypeError(
            f"Tensor: {name or 'data'} has dtype {array.dtype}; a graph computes with float16, "
            "float32 and float64 (integers and booleans as constants)"
        )
    return array if array.ndim else array[()]


def _restore(cls: type[Tensor], data: Any, name: str | None, requires_grad: bool) -> Tensor:
    return cls(data, name=name, requires_grad=requires_grad)


# Walking the graph.


def graph(root: Tensor) -> list[Tensor]:
    """The differentiable tensors that `root` was made from, itself last, inputs before outputs."""
    order: list[Tensor] = []
    seen: set[Tensor] = set()
    stack: list[Any] = [root]
    while stack:
        tensor = stack.pop()
        if tensor is None:  # all inputs of the tensor under this mark are in order
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
    root: Tensor, seed: Any, *, keep_all: bool, create_graph: bool = False, wanted: Any = None
) -> dict[Tensor, Any]:
    """The gradient of `root` for each tensor it depends on; `keep_all=False` forgets intermediates.

    The rules run on arrays, or on the tensors themselves when the result must be differentiable.
    With `wanted`, a collection of tensors, only what lies between them and `root` is computed.
    """
    order = graph(root)
    needed = None if wanted is None else _leading_to(wanted, order)
    gradients: dict[Tensor, Any] = {root: seed}
    passed_by: list[tuple[Tensor, Any]] = []
    for tensor in reversed(order):
        if (op := tensor.op) is None or (g := gradients.get(tensor)) is None:
            continue
        if not keep_all:
            del gradients[tensor]
        y, values = _alive(tensor) if create_graph else (tensor.data, tensor.values)
        settings, rules = tensor.settings, op.order or op.variadic_order(values)
        for i, x in enumerate(tensor.inputs):
            if isinstance(x, Tensor) and x.requires_grad and (needed is None or x in needed):
                gx = rules[i](g, y, *values, **settings) if settings else rules[i](g, y, *values)
                if type(gx) is not _float64 and shape_of(gx) != x.data.shape:
                    gx = _fit(gx, x, tensor)
                if op.through and i == 0 and x.op in op.through:
                    passed_by.append((x, gx))
                    x, gx = _through(tensor, x, g, y, values)
                gradients[x] = gradients[x] + gx if x in gradients else gx
    for x, gx in passed_by if keep_all else ():
        gradients[x] = gradients[x] + gx if x in gradients else gx
    return gradients


def _leading_to(wanted: Any, order: list[Tensor]) -> set[Tensor]:
    """Those of `order` that depend on a wanted tensor, the wanted ones included."""
    needed = set(wanted)
    for tensor in order:
        if any(isinstance(x, Tensor) and x in needed for x in tensor.inputs):
            needed.add(tensor)
    return needed


def _alive(tensor: Tensor) -> tuple[Tensor, tuple[Any, ...]]:
    """The node and its inputs as tensors, which stand for the arrays it saw only if none was rebound."""
    for x, value in zip(tensor.inputs, tensor.values, strict=True):
        if isinstance(x, Tensor) and x.data is not value:
            raise RuntimeError(
                f"gradients: {x.name or 'a tensor'} got new data after {tensor.op.name} used it, so the "
                "gradient of that graph cannot be differentiated again; build the graph anew"
            )
    return tensor, tensor.inputs


def _through(tensor: Tensor, x: Tensor, g: Any, y: Any, values: Any) -> tuple[Tensor, Any]:
    """The gradient for the input of `x`, by the stable form of `tensor.op` after `x.op`."""
    inner = x.inputs[0]
    z = inner if y is tensor else x.values[0]
    gz = tensor.op.through[x.op].order[0](g, y, z, *values[1:], **tensor.settings)
    return inner, gz if shape_of(gz) == inner.shape else _fit(gz, inner, tensor)


def _fit(g: Any, x: Tensor, tensor: Tensor) -> Any:
    """Undo broadcasting: `g` summed over the axes along which `x` was repeated, or repeated itself."""
    shape, got = x.data.shape, shape_of(g)
    if got is None or len(got) > max(tensor.ndim, len(shape)):
        raise _misfit(got, x, tensor)
    if (extra := len(got) - len(shape)) > 0:
        if len(got) == 2 and extra == 1 and type(g) is np.ndarray:
            g = np.ones(got[0], g.dtype) @ g  # the sum over rows, in half the time of sum(axis=0)
        else:
            g = g.sum(axis=tuple(range(extra)) if shape else None)
        got = got[extra:]
    if len(got) == len(shape):
        repeated = tuple(i for i, n in enumerate(shape) if n == 1 != got[i])
        g = g.sum(axis=repeated, keepdims=True) if repeated else g
    if shape_of(g) == shape:
        return g
    if len(got) not in (0, len(shape)):
        raise _misfit(got, x, tensor)
    try:
        return np.broadcast_to(g, shape)
    except (TypeError, ValueError):
        raise _misfit(got, x, tensor) from None


def _misfit(got: Any, x: Tensor, tensor: Tensor) -> ValueError:
    returned = "None" if got is None else f"shape {got}"
    return ValueError(
        f"{tensor.op.name}: a gradient rule returned {returned} for an input of shape {x.shape} and an "
        f"output of shape {tensor.shape}; it must equal one of the two, or have its axes with lengths 1"
    )


def finish(tensor: Tensor, g: Any) -> Any:
    """A gradient as it is handed out: in the dtype of its tensor, 0-d as a scalar, read-only.

    Gradients may share memory with each other and with arrays of the graph.
    """
    if type(g) in (int, float) or g.dtype != tensor.data.dtype:  # a rule may say 0.0
        g = np.asarray(g, tensor.data.dtype) if type(g) in (int, float) else g.astype(tensor.data.dtype)
    if type(g) is np.ndarray:
        g = g.view() if g.ndim else g[()]
        g.setflags(write=False)
    return g


def seed_of(tensor: Tensor, grad: Any, verb: str) -> Any:
    """The gradient that a pass starts from: `grad`, or one for a tensor of a single number."""
    name = tensor.name or "this tensor"
    if not tensor.requires_grad:
        raise ValueError(
            f"{verb}: {name} depends on no differentiable tensor: everything it was made from is "
            "constant (integers, requires_grad=False, detached, made under no_grad: update w.data instead)"
        )
    if grad is None:
        if tensor.size != 1:
            raise ValueError(
                f"{verb}: {name} has shape {tensor.shape}, and only a single number has a gradient by "
                "itself; reduce it (.sum(), .mean()) or pass grad= of that shape"
            )
        if not isinstance(data := tensor.data, AbstractArray) and math.isnan(data.item()):
            raise ValueError(f"{verb}: {name} is nan; {_origin_of_nan(tensor)}")
        return tensor.data.dtype.type(1) if tensor.ndim == 0 else np.ones_like(tensor.data)
    if shape_of(grad) != tensor.shape:
        raise ValueError(
            f"{verb}: grad has shape {shape_of(grad)} and {name} has shape {tensor.shape}; they must be equal"
        )
    return grad if isinstance(grad, Tensor) else np.array(grad, dtype=tensor.dtype)[()]


def _origin_of_nan(root: Tensor) -> str:
    """Where a NaN first appears on the way to `root`, and what to do about it."""
    for tensor in graph(root):
        for i, (x, value) in enumerate(zip(tensor.inputs, tensor.values, strict=True)):
            if not isinstance(x, Tensor) and np.isnan(value).any():
                name = messages.name_of(x, f"input {i} of {tensor.op.name}")
                return f"nan first appears in {name}: {messages.non_finite(value)}; {_NAN_REMEDY}"
        if np.isnan(tensor.data).any():
            name = tensor.name or (f"the output of {tensor.op.name}" if tensor.op else "a tensor")
            return f"nan first appears in {name}: {messages.non_finite(tensor.data)}; {_NAN_REMEDY}"
    return "no input has a nan"
