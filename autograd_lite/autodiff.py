"""Derivatives as functions: gradients, Jacobians, Hessians and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Literal, Protocol, TypeVar, overload

import numpy as np

from autograd_lite import messages
from autograd_lite.modes import recording
from autograd_lite.ops.arithmetic import positive
from autograd_lite.tensor import Tensor, backpropagate, finish, graph, seed_of
from autograd_lite.typing import Array, ArrayLike

A_co = TypeVar("A_co", covariant=True)
T_co = TypeVar("T_co", covariant=True)

_inside: ContextVar[bool] = ContextVar("inside", default=False)  # a function being differentiated


class Variable(Tensor):
    """What a derivative hands to its function: only a derivative around it can watch it."""

    __slots__ = ()


class Derivative(Protocol[A_co, T_co]):
    """A function that returns derivatives: tensors if one of its first two arguments is one, else arrays."""

    @overload
    def __call__(self, x: Tensor, /, *xs: Any) -> T_co: ...
    @overload
    def __call__(self, x: ArrayLike, y: Tensor, /, *xs: Any) -> T_co: ...
    @overload
    def __call__(self, *xs: Any) -> A_co: ...


Arrays = tuple[Array, ...]
Tensors = tuple[Tensor, ...]


@overload
def gradients(
    y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, create_graph: Literal[True]
) -> list[Tensor]: ...
@overload
def gradients(
    y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, create_graph: Literal[False] = False
) -> list[Array]: ...
@overload
def gradients(
    y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, allow_unused: Literal[True]
) -> list[Array | None]: ...
@overload
def gradients(
    y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, create_graph: bool = False, allow_unused: bool
) -> list[Any]: ...
def gradients(
    y: Tensor,
    xs: Sequence[Tensor],
    *,
    grad: Any = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> list[Any]:
    """The gradient of `y` for each tensor of `xs`, leaf or intermediate; no `.grad` is touched.

    Plain arrays, or with `create_graph=True` tensors that can be differentiated again. `grad`, of the
    shape of `y`, seeds the pass; a tensor of one number needs none. A tensor that y does not depend
    on is a ValueError; `allow_unused=True` gives None in its place.

    Raises a TypeError for an entry of `xs` that is no differentiable tensor, a ValueError for a `y` that is
    constant, nan, or of more than one number without `grad`, and for a `grad` of another shape.
    """
    if isinstance(xs, Tensor):
        raise TypeError("gradients: xs is one tensor; pass a list: gradients(y, [x])")
    xs = list(xs)
    for i, x in enumerate(xs):
        if not (isinstance(x, Tensor) and x.requires_grad):
            raise TypeError(
                f"gradients: xs[{i}], {messages.name_of(x, 'a plain value')}, is not a differentiable "
                "tensor; make it one by ag.Tensor(...) with floats, before y is computed from it"
            )
    if isinstance(grad, Tensor) and not create_graph:
        grad = grad.data
    seed = seed_of(y, grad, "gradients")
    token = recording.set(create_graph)
    try:
        with np.errstate(all="ignore"):
            found = backpropagate(y, seed, keep_all=True, create_graph=create_graph, wanted=xs)
        result = [finish(x, found[x]) if x in found else None for x in xs]
        if create_graph:
            _note_order(y, result)
    finally:
        recording.reset(token)
    for i, (x, g) in enumerate(zip(xs, result, strict=True)):
        if g is None and not allow_unused:
            raise ValueError(
                f"gradients: {y.name or 'y'} does not depend on xs[{i}], {messages.name_of(x, 'a tensor')}"
                f" of shape {x.shape}; leave it out, or pass allow_unused=True to get None for it"
            )
        if create_graph and g is not None and not isinstance(g, Tensor):
            result[i] = Tensor(g, requires_grad=False)
    return result


def _note_order(y: Tensor, result: list[Any]) -> None:
    """Tell the nodes that were made for these gradients of y from those of y, for drawings."""
    before = set(graph(y))
    order = 1 + max((getattr(t, "order", 0) for t in before), default=0)
    stack = [g for g in result if isinstance(g, Tensor)]
    while stack:
        tensor = stack.pop()
        if tensor.op is not None and tensor not in before and not hasattr(tensor, "order"):
            tensor.order = order
            stack += [x for x in tensor.inputs if isinstance(x, Tensor)]


def _variables(function: str, xs: Sequence[Any]) -> list[Tensor]:
    """A fresh differentiable tensor for each argument."""
    made = []
    for i, x in enumerate(xs):
        if isinstance(x, Tensor) and x.requires_grad:
            made.append(positive(x))  # a node of its own: what else uses x is no argument of f
            continue
        value = Variable(x.data if isinstance(x, Tensor) else x)
        if not value.requires_grad:
            raise TypeError(f"{function}: argument {i} has dtype {value.dtype} and no gradient; pass floats")
        made.append(value)
    return made


def _watched(xs: Any) -> bool:
    """Whether a derivative with respect to one of `xs` may be asked for later."""
    return any(isinstance(x, Tensor) and x.requires_grad for x in xs)


def _at(f: Callable[..., Any], xs: Sequence[Any], function: str) -> tuple[Tensor, list[Tensor], bool]:
    """f at fresh variables, recorded in any mode, and whether someone else watches the result.

    Someone does when it depends on more than its own variables, by argument or by closure: on the
    variable of an outer derivative, or on a Parameter. Then results are tensors, so that nothing is lost.
    """
    recorded, inside = recording.set(True), _inside.set(True)
    try:
        variables = _variables(function, xs)
        y = f(*variables)
    finally:
        recording.reset(recorded)
        _inside.reset(inside)
    if not isinstance(y, Tensor):
        raise TypeError(
            f"{function}: {getattr(f, '__name__', 'f')} returned {type(y).__name__}, not a tensor; "
            "compute its result from its arguments with the operations of autograd_lite or NumPy"
        )
    own = set(variables)
    others = [t for t in graph(y) if t.op is None and t not in own] if y.requires_grad else []
    closed_over = any(_inside.get() or not isinstance(t, Variable) for t in others)
    return y, variables, recording.get() and (_watched(xs) or closed_over)


def _zeros(x: Tensor, like: Any) -> Any:
    """The gradient of something that does not depend on x."""
    zeros = np.zeros(x.shape, x.dtype)[()]
    return Tensor(zeros, requires_grad=False) if like else zeros


def _all_gradients(y: Tensor, xs: list[Tensor], grad: Any, create_graph: bool) -> list[Any]:
    """The gradients with zeros for what y does not depend on, as a function's derivative has them."""
    if not y.requires_grad:
        return [_zeros(x, create_graph) for x in xs]
    found = gradients(y, xs, grad=grad, create_graph=create_graph, allow_unused=True)
    return [_zeros(x, create_graph) if g is None else g for x, g in zip(xs, found, strict=True)]


def _plain(y: Tensor, watched: bool) -> Any:
    return y if watched else y.data


@overload
def value_and_grad(
    f: Callable[..., Any], argnums: int = 0
) -> Derivative[tuple[Array, Array], tuple[Tensor, Tensor]]: ...
@overload
def value_and_grad(
    f: Callable[..., Any], argnums: tuple[int, ...]
) -> Derivative[tuple[Array, Arrays], tuple[Tensor, Tensors]]: ...
def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that returns f(*xs), a single number, and its gradient in the arguments `argnums`.

    Arguments are arrays and so are the results. Called with tensors, or where f depends on other
    differentiable tensors such as a Parameter, it returns tensors, so that it can be differentiated
    again. One array for an integer `argnums`, a tuple of them for a tuple.

    One pass back through what f did, so at a small multiple of its cost, for any number of arguments
    (Griewank and Walther 2008, chapter 3). Raises a TypeError for arguments that are not floats and where f
    returns no tensor, a ValueError where that is more than one number, or nan.
    """
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def derivative(*xs: Any) -> Any:
        if not all(-len(xs) <= i < len(xs) for i in wanted):
            raise ValueError(f"grad: argnums={argnums!r}, and the function is called with {len(xs)}")

        def of_wanted(*variables: Any) -> Any:
            full = list(xs)
            for position, variable in zip(wanted, variables, strict=True):
                full[position] = variable
            return f(*full)

        of_wanted.__name__ = getattr(f, "__name__", "f")
        y, variables, watched = _at(of_wanted, [xs[i] for i in wanted], "grad")
        if y.size != 1:
            raise ValueError(
                f"grad: {getattr(f, '__name__', 'f')} returned shape {y.shape}; a gradient belongs to "
                "a single number: reduce it, or use ag.jacobian"
            )
        found = _all_gradients(y, variables, None, watched)
        return _plain(y, watched), found[0] if isinstance(argnums, int) else tuple(found)

    return derivative


@overload
def grad(f: Callable[..., Any], argnums: int = 0) -> Derivative[Array, Tensor]: ...
@overload
def grad(f: Callable[..., Any], argnums: tuple[int, ...]) -> Derivative[Arrays, Tensors]: ...
def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that returns the gradient of f, a single number, in the arguments `argnums`.

    All else is as in `value_and_grad`.

    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    """
    both: Callable[..., Any] = value_and_grad(f, argnums)
    return lambda *xs: both(*xs)[1]


@overload
def vjp(f: Callable[..., Any], x: Tensor, /, *xs: Any) -> tuple[Tensor, Callable[[Any], Tensors]]: ...
@overload
def vjp(f: Callable[..., Any], *xs: Any) -> tuple[Array, Callable[[ArrayLike], Arrays]]: ...
def vjp(f: Callable[..., Any], *xs: Any) -> Any:
    """f(*xs), and the function from v, of its shape, to the products v^T J, one for each argument.

    A v of another shape is a ValueError.

    >>> y, product = vjp(lambda x: x**2, np.array([1.0, 3.0]))
    >>> product(np.array([1.0, 10.0]))
    (array([ 2., 60.]),)
    """
    y, variables, watched = _at(f, xs, "vjp")

    def product(v: Any) -> tuple[Any, ...]:
        return tuple(_all_gradients(y, variables, v, watched or _watched((v,))))

    return _plain(y, watched), product


def _same_shapes(name: str, xs: Any, vs: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """Arguments and their directions as sequences; a single array stands for a sequence of one."""
    if not isinstance(xs, list | tuple):
        xs, vs = (xs,), (vs,)
    shapes = [messages.shape_of(x) for x in xs], [messages.shape_of(v) for v in vs]
    if shapes[0] != shapes[1]:
        raise ValueError(f"{name}: xs have shapes {shapes[0]} and vs {shapes[1]}; they must be equal")
    return xs, vs


def _along(gradients: list[Any], vs: Any) -> Any:
    """The sum of gradient times direction, to be differentiated; None where it is constant."""
    terms = [(g * v).sum() for g, v in zip(gradients, vs, strict=True) if g.requires_grad]
    return sum(terms[1:], terms[0]) if terms else None


@overload
def jvp(f: Callable[..., Any], xs: Tensor, vs: Any) -> tuple[Tensor, Tensor]: ...
@overload
def jvp(f: Callable[..., Any], xs: Any, vs: Any) -> tuple[Array, Array]: ...
def jvp(f: Callable[..., Any], xs: Any, vs: Any) -> tuple[Any, Any]:
    """f(*xs) and its directional derivative J v; xs and vs are sequences of equal shapes.

    J v is the derivative in u of the product u^T J v, which is linear in u. A single array stands for a
    sequence of one; unequal shapes are a ValueError.

    >>> jvp(lambda x: x**2, np.array([1.0, 3.0]), np.array([1.0, 10.0]))
    (array([1., 9.]), array([ 2., 60.]))
    """
    xs, vs = _same_shapes("jvp", xs, vs)
    y, variables, watched = _at(f, xs, "jvp")
    watched = watched or _watched(vs)
    u = Variable(np.zeros(y.shape, y.dtype))
    total = _along(_all_gradients(y, variables, u, True), vs)
    product = _zeros(y, watched) if total is None else _all_gradients(total, [u], None, watched)[0]
    return _plain(y, watched), product


@overload
def hvp(f: Callable[..., Any], xs: list[Any] | tuple[Any, ...], vs: Any) -> Arrays: ...
@overload
def hvp(f: Callable[..., Any], xs: Tensor, vs: Any) -> Tensor: ...
@overload
def hvp(f: Callable[..., Any], xs: ArrayLike, vs: Any) -> Array: ...
def hvp(f: Callable[..., Any], xs: Any, vs: Any) -> Any:
    """The Hessian of f, a single number, at `xs` times `vs`: an array, or a tuple where they are sequences.

    `xs` and `vs` are arrays, or sequences, of equal shapes, else a ValueError. It is the gradient of the
    product of gradient and v, at a small multiple of the cost of f: no Hessian is made (Pearlmutter 1994).
    """
    single = not isinstance(xs, list | tuple)
    xs, vs = _same_shapes("hvp", xs, vs)
    y, variables, watched = _at(f, xs, "hvp")
    watched = watched or _watched(vs)
    total = _along(_all_gradients(y, variables, None, True), vs)
    if total is None:
        found = [_zeros(x, watched) for x in variables]
    else:
        found = _all_gradients(total, variables, None, watched)
    return found[0] if single else tuple(found)


def jacobian(f: Callable[..., Any]) -> Derivative[Array, Tensor]:
    """A function that returns all derivatives of f at x: an array of shape f(x).shape + x.shape.

    By a pass back for each entry of f(x).
    """

    def derivative(x: Any) -> Any:
        y, (variable,), watched = _at(f, (x,), "jacobian")
        rows = []
        for i in range(y.size):
            one = np.zeros(y.size, y.dtype)
            one[i] = 1.0
            rows += _all_gradients(y, [variable], one.reshape(y.shape), watched)
        shape = (*y.shape, *variable.shape)
        return np.stack(rows).reshape(shape) if rows else np.zeros(shape, variable.dtype)

    return derivative  # type: ignore[return-value]  # it takes one argument


def hessian(f: Callable[..., Any]) -> Derivative[Array, Tensor]:
    """A function that returns all second derivatives of f, a single number: shape x.shape + x.shape.

    By a pass back through the gradient for each entry of x.

    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacobian(grad(f))
