"""Derivatives as functions: gradients, Jacobians, Hessians and their products with vectors."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.checks.masks import count_unmasked, is_finite, with_masks
from autograd_lite.modes import OFF, ON, recording
from autograd_lite.ops.arithmetic import positive
from autograd_lite.tensor import Tensor, as_output_gradients, backpropagate, graph, start_gradient

_differentiating: ContextVar[bool] = ContextVar("differentiating", default=False)


class Variable(Tensor):
    """The argument that a derivative passes to its function."""

    __slots__ = ()

    def __deepcopy__(self, memo: Any) -> Tensor:
        """Raise TypeError: the derivative would not reach a copy."""
        raise errors.error(TypeError, "copy", name="a tensor", what="the argument of a derivative")


def gradients(
    y: Tensor,
    xs: Sequence[Tensor],
    *,
    grad: Any = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> list[Any]:
    """Return the gradient of `y` for each tensor of `xs`, leaf or intermediate; no `.grad` is touched.

    The gradients are arrays, or tensors that can be differentiated again with `create_graph=True`. `grad` is
    the gradient to start from, in the shape of `y`; it may be omitted if y has one element. For a tensor that
    y does not depend on the result is None with `allow_unused=True`.

    Raises ValueError for such a tensor otherwise, for a `y` that is constant or NaN or has several elements
    without `grad`, and for a `grad` of another shape; TypeError if an entry of `xs` is not a differentiable
    tensor.
    """
    xs = _differentiable(xs)
    if isinstance(grad, Tensor) and not create_graph:
        grad = grad.data
    seed = start_gradient(y, grad, "gradients")
    token = recording.set((recording.get() or ON) if create_graph else OFF)
    try:
        with np.errstate(all="ignore"):
            found = backpropagate(y, seed, xs, create_graph)
        found = as_output_gradients({x: found[x] for x in xs if x in found})
        result = [found.get(x) for x in xs]
        if create_graph:
            _mark_derivative_order(y, result)
    finally:
        recording.reset(token)
    for i, (x, g) in enumerate(zip(xs, result, strict=True)):
        if g is None and not allow_unused:
            raise ValueError(
                f"gradients: {y.name or 'y'} does not depend on xs[{i}], {errors.name_of(x, 'a tensor')}"
                f" of shape {x.shape}; leave it out, or pass allow_unused=True to get None for it"
            )
        if create_graph and g is not None and not isinstance(g, Tensor):
            result[i] = Tensor(g, requires_grad=False)
    return result


def _differentiable(xs: Sequence[Tensor]) -> list[Tensor]:
    """Return xs as a list; raises TypeError unless it is a sequence of differentiable tensors."""
    if isinstance(xs, Tensor):
        raise TypeError("gradients: xs is one tensor; pass a list: gradients(y, [x])")
    xs = list(xs)
    for i, x in enumerate(xs):
        if not (isinstance(x, Tensor) and x.requires_grad):
            raise TypeError(
                f"gradients: xs[{i}], {errors.name_of(x, 'a plain value')}, is not a differentiable tensor; "
                "make it one by ag.Tensor(...) with floats, before y is computed from it"
            )
    return xs


def _mark_derivative_order(y: Tensor, result: list[Any]) -> None:
    """Note on each node of the gradients' graph which derivative of y it computes, for drawings."""
    before = set(graph(y))
    order = 1 + max((getattr(t, "derivative_order", 0) for t in before), default=0)
    stack = [g for g in result if isinstance(g, Tensor)]
    while stack:
        tensor = stack.pop()
        if tensor.op is not None and tensor not in before and not hasattr(tensor, "derivative_order"):
            tensor.derivative_order = order
            stack += [x for x in tensor.inputs if isinstance(x, Tensor)]


def _variables(function: str, xs: Sequence[Any]) -> list[Tensor]:
    """Return a fresh differentiable tensor for each argument."""
    variables = []
    for i, x in enumerate(xs):
        if isinstance(x, Tensor) and x.requires_grad:
            variables.append(positive(x))  # a node of its own: other uses of x do not count as arguments of f
            continue
        variable = Variable(x.data if isinstance(x, Tensor) else x)
        if not variable.requires_grad:
            raise TypeError(
                f"{function}: argument {i} has dtype {variable.dtype} and no gradient; pass floats"
            )
        variables.append(variable)
    return variables


def _any_differentiable(xs: Any) -> bool:
    return any(isinstance(x, Tensor) and x.requires_grad for x in xs)


def _evaluate(f: Callable[..., Any], xs: Sequence[Any], function: str) -> tuple[Tensor, list[Tensor], bool]:
    """Return f at fresh variables, the variables, and whether the derivative must be differentiable.

    It must be if f depends on more than its variables, by argument or by closure: on the variable of an
    outer derivative, or on a Parameter. Then results are tensors, so that no gradient is lost.
    """
    mode = recording.set(recording.get() or ON)
    inside = _differentiating.set(True)
    try:
        variables = _variables(function, xs)
        y = f(*variables)
    finally:
        recording.reset(mode)
        _differentiating.reset(inside)
    if not isinstance(y, Tensor):
        raise TypeError(
            f"{function}: {_name(f)} returned {type(y).__name__}, not a tensor; compute its result from its "
            "arguments with the operations of autograd_lite or NumPy"
        )
    own = set(variables)
    others = [t for t in graph(y) if t.op is None and t not in own] if y.requires_grad else []
    closed_over = any(_differentiating.get() or not isinstance(t, Variable) for t in others)
    return y, variables, bool(recording.get() and (_any_differentiable(xs) or closed_over))


def _masked(derivative: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that computes derivatives of gradients compute them again, with masks, if needed."""

    @wraps(derivative)
    def compute(*xs: Any) -> Any:
        before = count_unmasked()
        found = derivative(*xs)
        if with_masks.get() or count_unmasked() == before or _all_finite(found):
            return found
        token = with_masks.set(True)
        try:
            return derivative(*xs)
        finally:
            with_masks.reset(token)

    return compute


def _all_finite(found: Any) -> bool:
    return all(map(_all_finite, found)) if isinstance(found, tuple) else is_finite(found)


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", "f")


def _zeros(x: Tensor, as_tensor: bool) -> Any:
    """Return the gradient of something that does not depend on x."""
    zeros = np.zeros(x.shape, x.dtype)[()]
    return Tensor(zeros, requires_grad=False) if as_tensor else zeros


def _all_gradients(y: Tensor, xs: list[Tensor], grad: Any, create_graph: bool) -> list[Any]:
    """Return the gradients of y for xs, zeros for a tensor that y does not depend on."""
    if not y.requires_grad:
        return [_zeros(x, create_graph) for x in xs]
    found = gradients(y, xs, grad=grad, create_graph=create_graph, allow_unused=True)
    return [_zeros(x, create_graph) if g is None else g for x, g in zip(xs, found, strict=True)]


def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """Return a function that computes f(*xs), a single number, and its gradient in the arguments `argnums`.

    The gradient is an array for an integer `argnums`, a tuple of arrays for a tuple. Called with tensors,
    or if f depends on other differentiable tensors such as a Parameter, the results are tensors, so that they
    can be differentiated again. One backward pass serves all arguments, at a small multiple of the cost of f
    (Griewank and Walther 2008, chapter 3).

    The function raises TypeError for arguments that are not floats and if f does not return a tensor,
    ValueError if f returns several numbers, or NaN.
    """
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @_masked
    def derivative(*xs: Any) -> Any:
        if not all(-len(xs) <= i < len(xs) for i in wanted):
            raise ValueError(f"grad: argnums={argnums!r}, and the function is called with {len(xs)}")

        def of_wanted(*variables: Any) -> Any:
            full = list(xs)
            for position, variable in zip(wanted, variables, strict=True):
                full[position] = variable
            return f(*full)

        of_wanted.__name__ = _name(f)
        y, variables, as_tensors = _evaluate(of_wanted, [xs[i] for i in wanted], "grad")
        if y.size != 1:
            raise ValueError(
                f"grad: {_name(f)} returned shape {y.shape}; a gradient belongs to a single number: reduce "
                "it, or use ag.jacobian"
            )
        found = _all_gradients(y, variables, None, as_tensors)
        value = y if as_tensors else y.data
        return value, found[0] if isinstance(argnums, int) else tuple(found)

    return derivative


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """Return a function that computes the gradient of f, a single number, in the arguments `argnums`.

    Arguments, results and errors are as in `value_and_grad`.

    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    """
    derivative = value_and_grad(f, argnums)
    return lambda *xs: derivative(*xs)[1]


def vjp(f: Callable[..., Any], *xs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return f(*xs) and a function that maps v to the products v^T J, one for each argument.

    `xs` are the arguments of f. v has the shape of f(*xs); the function raises ValueError for another shape.

    >>> y, product = vjp(lambda x: x**2, np.array([1.0, 3.0]))
    >>> product(np.array([1.0, 10.0]))
    (array([ 2., 60.]),)
    """
    y, variables, as_tensors = _evaluate(f, xs, "vjp")

    def product(v: Any) -> tuple[Any, ...]:
        return tuple(_all_gradients(y, variables, v, as_tensors or _any_differentiable((v,))))

    return (y if as_tensors else y.data), product


def _same_shapes(name: str, xs: Any, vs: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return arguments and directions as sequences; raises ValueError if their shapes differ."""
    if not isinstance(xs, list | tuple):
        xs, vs = (xs,), (vs,)
    shapes = [errors.shape_of(x) for x in xs]
    directions = [errors.shape_of(v) for v in vs]
    if shapes != directions:
        raise ValueError(f"{name}: xs have shapes {shapes} and vs {directions}; they must be equal")
    return xs, vs


def _directional(gradients: list[Any], vs: Any) -> Any:
    """Return the sum of gradient times direction as a tensor; None if it is constant."""
    terms = [(g * v).sum() for g, v in zip(gradients, vs, strict=True) if g.requires_grad]
    return sum(terms[1:], terms[0]) if terms else None


def jvp(f: Callable[..., Any], xs: Any, vs: Any) -> tuple[Any, Any]:
    """Return f(*xs) and its directional derivative J v.

    `xs` and `vs` are sequences of arrays with equal shapes, or two arrays. Raises ValueError if shapes
    differ. J v is computed as the derivative in u of u^T J v, which is linear in u: two backward passes.

    >>> jvp(lambda x: x**2, np.array([1.0, 3.0]), np.array([1.0, 10.0]))
    (array([1., 9.]), array([ 2., 60.]))
    """
    xs, vs = _same_shapes("jvp", xs, vs)
    y, variables, as_tensors = _evaluate(f, xs, "jvp")
    as_tensors = as_tensors or _any_differentiable(vs)
    u = Variable(np.zeros(y.shape, y.dtype))
    total = _directional(_all_gradients(y, variables, u, True), vs)
    product = _zeros(y, as_tensors) if total is None else _all_gradients(total, [u], None, as_tensors)[0]
    return (y if as_tensors else y.data), product


@_masked
def hvp(f: Callable[..., Any], xs: Any, vs: Any) -> Any:
    """Return the Hessian of f, a single number, at `xs` times `vs`: an array, or a tuple for sequences.

    `xs` and `vs` are arrays, or sequences of arrays, with equal shapes. Raises ValueError if they differ. The
    Hessian is not computed: the product is the gradient of gradient times v (Pearlmutter 1994).
    """
    single = not isinstance(xs, list | tuple)
    xs, vs = _same_shapes("hvp", xs, vs)
    y, variables, as_tensors = _evaluate(f, xs, "hvp")
    as_tensors = as_tensors or _any_differentiable(vs)
    total = _directional(_all_gradients(y, variables, None, True), vs)
    if total is None:
        found = [_zeros(x, as_tensors) for x in variables]
    else:
        found = _all_gradients(total, variables, None, as_tensors)
    return found[0] if single else tuple(found)


def jacobian(f: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return a function that computes all derivatives of f at x: an array of shape f(x).shape + x.shape.

    It makes one backward pass for each entry of f(x).
    """

    @_masked
    def derivative(x: Any) -> Any:
        y, (variable,), as_tensors = _evaluate(f, (x,), "jacobian")
        rows = []
        for i in range(y.size):
            unit = np.zeros(y.size, y.dtype)
            unit[i] = 1.0
            rows += _all_gradients(y, [variable], unit.reshape(y.shape), as_tensors)
        shape = (*y.shape, *variable.shape)
        return np.stack(rows).reshape(shape) if rows else np.zeros(shape, variable.dtype)

    return derivative


def hessian(f: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return a function that computes all second derivatives of f, a single number: shape x.shape + x.shape.

    It makes one backward pass through the gradient for each entry of x.

    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacobian(grad(f))
