"""The types of the functions of autodiff.py, which the generator copies into the stub of the package.

They depend on arguments: on `argnums`, on `create_graph`, and on whether a tensor is among the arguments.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeVar, overload

from autograd_lite.tensor import Tensor
from autograd_lite.typing import Array, ArrayLike

A_co = TypeVar("A_co", covariant=True)
T_co = TypeVar("T_co", covariant=True)

class Derivative(Protocol[A_co, T_co]):
    """A function that returns derivatives: tensors if one of its first two arguments is one, else arrays."""

    @overload
    def __call__(self, x: Tensor, /, *xs: Any) -> T_co: ...
    @overload
    def __call__(self, x: ArrayLike, y: Tensor, /, *xs: Any) -> T_co: ...
    @overload
    def __call__(self, *xs: Any) -> A_co: ...

Function = Callable[..., Any]
Arrays = tuple[Array, ...]
Tensors = tuple[Tensor, ...]

@overload
def gradients(y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, create_graph: Literal[True]) -> list[Tensor]: ...
@overload
def gradients(
    y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, create_graph: Literal[False] = False
) -> list[Array]: ...
@overload
def gradients(
    y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, create_graph: Literal[True], allow_unused: Literal[True]
) -> list[Tensor | None]: ...
@overload
def gradients(
    y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, allow_unused: Literal[True]
) -> list[Array | None]: ...
@overload
def gradients(
    y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, create_graph: bool = False, allow_unused: bool
) -> list[Any]: ...
@overload
def value_and_grad(f: Function, argnums: int = 0) -> Derivative[tuple[Array, Array], tuple[Tensor, Tensor]]: ...
@overload
def value_and_grad(
    f: Function, argnums: tuple[int, ...]
) -> Derivative[tuple[Array, Arrays], tuple[Tensor, Tensors]]: ...
@overload
def grad(f: Function, argnums: int = 0) -> Derivative[Array, Tensor]: ...
@overload
def grad(f: Function, argnums: tuple[int, ...]) -> Derivative[Arrays, Tensors]: ...
@overload
def vjp(f: Function, x: Tensor, /, *xs: Any) -> tuple[Tensor, Callable[[Tensor | ArrayLike], Tensors]]: ...
@overload
def vjp(f: Function, *xs: Any) -> tuple[Array, Callable[[ArrayLike], Arrays]]: ...
@overload
def jvp(f: Function, xs: Tensor, vs: Any) -> tuple[Tensor, Tensor]: ...
@overload
def jvp(f: Function, xs: Any, vs: Any) -> tuple[Array, Array]: ...
@overload
def hvp(f: Function, xs: list[Any] | tuple[Any, ...], vs: Any) -> Arrays: ...
@overload
def hvp(f: Function, xs: Tensor, vs: Any) -> Tensor: ...
@overload
def hvp(f: Function, xs: ArrayLike, vs: Any) -> Array: ...
def jacobian(f: Function) -> Derivative[Array, Tensor]: ...
def hessian(f: Function) -> Derivative[Array, Tensor]: ...
