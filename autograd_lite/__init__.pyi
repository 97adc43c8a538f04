"""autograd_lite: a computational-graph autodiff framework on NumPy, small enough to read in an evening."""
# Written by `make stubs`; do not edit.
# mypy: disable-error-code="misc, overload-overlap, override"

from autograd_lite import datasets as datasets
from autograd_lite import estimators as estimators
from autograd_lite import linear_model as linear_model
from autograd_lite import nn as nn
from autograd_lite import numpy as numpy
from autograd_lite import optim as optim
from autograd_lite import plots as plots
from autograd_lite import testing as testing
from autograd_lite import typing as typing
from autograd_lite.compiler import compile as compile
from autograd_lite.drawing import Drawing as Drawing
from autograd_lite.drawing import draw as draw
from autograd_lite.drawing import film as film
from autograd_lite.guesses import MODULE as MODULE
from autograd_lite.history import EarlyStopping as EarlyStopping
from autograd_lite.history import History as History
from autograd_lite.modes import no_grad as no_grad
from autograd_lite.operation import OPS as OPS
from autograd_lite.operation import Op as Op
from autograd_lite.operation import op as op
from autograd_lite.randomness import seed as seed
from autograd_lite.tensor import Tensor
from autograd_lite.tensor import Tensor as Tensor
from autograd_lite.training import fit as fit
from autograd_lite.typing import Array
from autograd_lite.typing import Array, ArrayLike
from autograd_lite.typing import ArrayLike
from autograd_lite.typing import Axis
from autograd_lite.typing import Number
from autograd_lite.typing import Reduction
from collections.abc import Callable, Sequence
from collections.abc import Sequence
from numpy import floating
from numpy.typing import NDArray
from typing import Any, Literal, Protocol, TypeVar, overload
from typing import Any, TypeVar, overload

F = TypeVar("F", bound=floating[Any])

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
def gradients(y: Tensor, xs: Sequence[Tensor], *, grad: Any = None, create_graph: Literal[True]) -> list[Tensor]:
    """Return the gradient of `y` for each tensor of `xs`, leaf or intermediate; no `.grad` is touched.

    The gradients are arrays, or tensors that can be differentiated again with `create_graph=True`. `grad` is
    the gradient to start from, in the shape of `y`; it may be omitted if y has one element. For a tensor that
    y does not depend on the result is None with `allow_unused=True`.

    Raises ValueError for such a tensor otherwise, for a `y` that is constant or NaN or has several elements
    without `grad`, and for a `grad` of another shape; TypeError if an entry of `xs` is not a differentiable
    tensor.
    """
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
def value_and_grad(f: Function, argnums: int = 0) -> Derivative[tuple[Array, Array], tuple[Tensor, Tensor]]:
    """Return a function that computes f(*xs), a single number, and its gradient in the arguments `argnums`.

    The gradient is an array for an integer `argnums`, a tuple of arrays for a tuple. Called with tensors,
    or if f depends on other differentiable tensors such as a Parameter, the results are tensors, so that they
    can be differentiated again. One backward pass serves all arguments, at a small multiple of the cost of f
    (Griewank and Walther 2008, chapter 3).

    The function raises TypeError for arguments that are not floats and if f does not return a tensor,
    ValueError if f returns several numbers, or NaN.
    """
@overload
def value_and_grad(
    f: Function, argnums: tuple[int, ...]
) -> Derivative[tuple[Array, Arrays], tuple[Tensor, Tensors]]: ...
@overload
def grad(f: Function, argnums: int = 0) -> Derivative[Array, Tensor]:
    """Return a function that computes the gradient of f, a single number, in the arguments `argnums`.

    Arguments, results and errors are as in `value_and_grad`.

    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    """
@overload
def grad(f: Function, argnums: tuple[int, ...]) -> Derivative[Arrays, Tensors]: ...
@overload
def vjp(f: Function, x: Tensor, /, *xs: Any) -> tuple[Tensor, Callable[[Tensor | ArrayLike], Tensors]]:
    """Return f(*xs) and a function that maps v to the products v^T J, one for each argument.

    `xs` are the arguments of f. v has the shape of f(*xs); the function raises ValueError for another shape.

    >>> y, product = vjp(lambda x: x**2, np.array([1.0, 3.0]))
    >>> product(np.array([1.0, 10.0]))
    (array([ 2., 60.]),)
    """
@overload
def vjp(f: Function, *xs: Any) -> tuple[Array, Callable[[ArrayLike], Arrays]]: ...
@overload
def jvp(f: Function, xs: Tensor, vs: Any) -> tuple[Tensor, Tensor]:
    """Return f(*xs) and its directional derivative J v.

    `xs` and `vs` are sequences of arrays with equal shapes, or two arrays. Raises ValueError if shapes
    differ. J v is computed as the derivative in u of u^T J v, which is linear in u: two backward passes.

    >>> jvp(lambda x: x**2, np.array([1.0, 3.0]), np.array([1.0, 10.0]))
    (array([1., 9.]), array([ 2., 60.]))
    """
@overload
def jvp(f: Function, xs: Any, vs: Any) -> tuple[Array, Array]: ...
@overload
def hvp(f: Function, xs: list[Any] | tuple[Any, ...], vs: Any) -> Arrays:
    """Return the Hessian of f, a single number, at `xs` times `vs`: an array, or a tuple for sequences.

    `xs` and `vs` are arrays, or sequences of arrays, with equal shapes. Raises ValueError if they differ. The
    Hessian is not computed: the product is the gradient of gradient times v (Pearlmutter 1994).
    """
@overload
def hvp(f: Function, xs: Tensor, vs: Any) -> Tensor: ...
@overload
def hvp(f: Function, xs: ArrayLike, vs: Any) -> Array: ...
def jacobian(f: Function) -> Derivative[Array, Tensor]:
    """Return a function that computes all derivatives of f at x: an array of shape f(x).shape + x.shape.

    It makes one backward pass for each entry of f(x).
    """
def hessian(f: Function) -> Derivative[Array, Tensor]:
    """Return a function that computes all second derivatives of f, a single number: shape x.shape + x.shape.

    It makes one backward pass through the gradient for each entry of x.

    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
__version__: str

__all__ = ['Drawing', 'EarlyStopping', 'History', 'OPS', 'Op', 'Tensor', 'affine', 'bce', 'bce_with_logits', 'compile', 'cross_entropy', 'datasets', 'draw', 'film', 'fit', 'grad', 'gradients', 'hessian', 'hinge', 'huber', 'hvp', 'jacobian', 'jvp', 'leaky_relu', 'log_softmax', 'logsumexp', 'mae', 'mse', 'nn', 'no_grad', 'op', 'optim', 'relu', 'seed', 'sigmoid', 'softmax', 'softplus', 'testing', 'value_and_grad', 'vjp']

class _affine(Op):
    """x @ w + b: examples in rows, w of shape (k, n) with b (n,), or w (k,) with b a number."""
    @overload
    def __call__(self, x: Tensor, w: Tensor | ArrayLike, b: Tensor | ArrayLike) -> Tensor:
        """x @ w + b: examples in rows, w of shape (k, n) with b (n,), or w (k,) with b a number."""
    @overload
    def __call__(self, x: ArrayLike, w: Tensor, b: Tensor | ArrayLike) -> Tensor: ...
    @overload
    def __call__(self, x: ArrayLike, w: ArrayLike, b: Tensor) -> Tensor: ...
    @overload
    def __call__(self, x: float, w: float, b: float) -> float: ...
    @overload
    def __call__(self, x: NDArray[F] | float, w: NDArray[F] | float, b: NDArray[F] | float) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, w: ArrayLike, b: ArrayLike) -> Array: ...

affine: _affine
"""x @ w + b: examples in rows, w of shape (k, n) with b (n,), or w (k,) with b a number."""

class _bce(Op):
    """Binary cross-entropy: the mean of -[y log p + (1 - y) log(1 - p)], p `probability` and y `target`.

    Minus the log-likelihood of the labels (Bishop 2006, equation 4.90). `pos_weight`, a number or an array
    of the target's shape, multiplies the first term. Infinite if a certain prediction is wrong. If p is
    `sigmoid(z)`, value and gradient equal those of `bce_with_logits(z, y)`, finite for any z.

    >>> from autograd_lite.tensor import Tensor
    >>> bce(sigmoid(Tensor([-1000.0])), np.array([1.0])).item()
    1000.0

    Shapes, `reduction`, `sample_weight` and errors are the same as in `mse`; raises ValueError also for an
    entry outside [0, 1].
    """
    @overload
    def __call__(self, probability: Tensor, target: Tensor | ArrayLike, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor:
        """Binary cross-entropy: the mean of -[y log p + (1 - y) log(1 - p)], p `probability` and y `target`.

        Minus the log-likelihood of the labels (Bishop 2006, equation 4.90). `pos_weight`, a number or an array
        of the target's shape, multiplies the first term. Infinite if a certain prediction is wrong. If p is
        `sigmoid(z)`, value and gradient equal those of `bce_with_logits(z, y)`, finite for any z.

        >>> from autograd_lite.tensor import Tensor
        >>> bce(sigmoid(Tensor([-1000.0])), np.array([1.0])).item()
        1000.0

        Shapes, `reduction`, `sample_weight` and errors are the same as in `mse`; raises ValueError also for an
        entry outside [0, 1].
        """
    @overload
    def __call__(self, probability: ArrayLike, target: Tensor, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor: ...
    @overload
    def __call__(self, probability: float, target: float, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> float: ...
    @overload
    def __call__(self, probability: NDArray[F] | float, target: NDArray[F] | float, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> NDArray[F]: ...
    @overload
    def __call__(self, probability: ArrayLike, target: ArrayLike, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> Array: ...

bce: _bce
"""Binary cross-entropy: the mean of -[y log p + (1 - y) log(1 - p)], p `probability` and y `target`.

Minus the log-likelihood of the labels (Bishop 2006, equation 4.90). `pos_weight`, a number or an array
of the target's shape, multiplies the first term. Infinite if a certain prediction is wrong. If p is
`sigmoid(z)`, value and gradient equal those of `bce_with_logits(z, y)`, finite for any z.

>>> from autograd_lite.tensor import Tensor
>>> bce(sigmoid(Tensor([-1000.0])), np.array([1.0])).item()
1000.0

Shapes, `reduction`, `sample_weight` and errors are the same as in `mse`; raises ValueError also for an
entry outside [0, 1].
"""

class _bce_with_logits(Op):
    """Binary cross-entropy of sigmoid(z): the mean of max(z, 0) - z y + log(1 + e^-|z|).

    z is `logit`, y `target`. A sum of terms that are never negative, so nothing cancels. `pos_weight`, a
    number or an array of the target's shape, multiplies the terms of positive targets. Shapes, `reduction`,
    `sample_weight` and errors are the same as in `mse`; raises ValueError also for a target outside [0, 1].
    """
    @overload
    def __call__(self, logit: Tensor, target: Tensor | ArrayLike, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor:
        """Binary cross-entropy of sigmoid(z): the mean of max(z, 0) - z y + log(1 + e^-|z|).

        z is `logit`, y `target`. A sum of terms that are never negative, so nothing cancels. `pos_weight`, a
        number or an array of the target's shape, multiplies the terms of positive targets. Shapes, `reduction`,
        `sample_weight` and errors are the same as in `mse`; raises ValueError also for a target outside [0, 1].
        """
    @overload
    def __call__(self, logit: ArrayLike, target: Tensor, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor: ...
    @overload
    def __call__(self, logit: float, target: float, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> float: ...
    @overload
    def __call__(self, logit: NDArray[F] | float, target: NDArray[F] | float, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> NDArray[F]: ...
    @overload
    def __call__(self, logit: ArrayLike, target: ArrayLike, *, pos_weight: Any = None, sample_weight: Any = None, reduction: Reduction = 'mean') -> Array: ...

bce_with_logits: _bce_with_logits
"""Binary cross-entropy of sigmoid(z): the mean of max(z, 0) - z y + log(1 + e^-|z|).

z is `logit`, y `target`. A sum of terms that are never negative, so nothing cancels. `pos_weight`, a
number or an array of the target's shape, multiplies the terms of positive targets. Shapes, `reduction`,
`sample_weight` and errors are the same as in `mse`; raises ValueError also for a target outside [0, 1].
"""

class _cross_entropy(Op):
    """Cross-entropy of softmax(logits) over the last axis: the mean over examples of -log p[label].

    For logits (n, K) the `labels` are integers 0 to K - 1, (n,), or rows of probabilities, (n, K), in which
    there is no gradient (Bishop 2006, equation 4.108). `reduction` is the same as in `mse`, `sample_weight`
    is (n,). Raises ValueError for other shapes and labels, for rows that do not add up to 1 (to 2e-5), and if
    there are no examples.
    """
    @overload
    def __call__(self, logits: Tensor, labels: Tensor | ArrayLike, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor:
        """Cross-entropy of softmax(logits) over the last axis: the mean over examples of -log p[label].

        For logits (n, K) the `labels` are integers 0 to K - 1, (n,), or rows of probabilities, (n, K), in which
        there is no gradient (Bishop 2006, equation 4.108). `reduction` is the same as in `mse`, `sample_weight`
        is (n,). Raises ValueError for other shapes and labels, for rows that do not add up to 1 (to 2e-5), and if
        there are no examples.
        """
    @overload
    def __call__(self, logits: ArrayLike, labels: Tensor, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor: ...
    @overload
    def __call__(self, logits: float, labels: float, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> float: ...
    @overload
    def __call__(self, logits: NDArray[F] | float, labels: NDArray[F] | float, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> NDArray[F]: ...
    @overload
    def __call__(self, logits: ArrayLike, labels: ArrayLike, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Array: ...

cross_entropy: _cross_entropy
"""Cross-entropy of softmax(logits) over the last axis: the mean over examples of -log p[label].

For logits (n, K) the `labels` are integers 0 to K - 1, (n,), or rows of probabilities, (n, K), in which
there is no gradient (Bishop 2006, equation 4.108). `reduction` is the same as in `mse`, `sample_weight`
is (n,). Raises ValueError for other shapes and labels, for rows that do not add up to 1 (to 2e-5), and if
there are no examples.
"""

class _hinge(Op):
    """Hinge loss: the mean of max(0, 1 - target score), targets -1 and +1; gradient 0 on the margin.

    The loss of support vector machines (Cortes and Vapnik 1995). Shapes, `reduction`, `sample_weight` and
    errors are the same as in `mse`; raises ValueError also for other targets. The target has no gradient.
    """
    @overload
    def __call__(self, score: Tensor, target: Tensor | ArrayLike, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor:
        """Hinge loss: the mean of max(0, 1 - target score), targets -1 and +1; gradient 0 on the margin.

        The loss of support vector machines (Cortes and Vapnik 1995). Shapes, `reduction`, `sample_weight` and
        errors are the same as in `mse`; raises ValueError also for other targets. The target has no gradient.
        """
    @overload
    def __call__(self, score: ArrayLike, target: Tensor, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor: ...
    @overload
    def __call__(self, score: float, target: float, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> float: ...
    @overload
    def __call__(self, score: NDArray[F] | float, target: NDArray[F] | float, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> NDArray[F]: ...
    @overload
    def __call__(self, score: ArrayLike, target: ArrayLike, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Array: ...

hinge: _hinge
"""Hinge loss: the mean of max(0, 1 - target score), targets -1 and +1; gradient 0 on the margin.

The loss of support vector machines (Cortes and Vapnik 1995). Shapes, `reduction`, `sample_weight` and
errors are the same as in `mse`; raises ValueError also for other targets. The target has no gradient.
"""

class _huber(Op):
    """Huber loss: the mean of e^2 / 2 where |e| <= delta, and of delta (|e| - delta / 2) elsewhere.

    e is prediction - target (Huber 1964). Shapes, `reduction`, `sample_weight` and errors are the same as in
    `mse`; raises ValueError also if `delta` is not positive.
    """
    @overload
    def __call__(self, prediction: Tensor, target: Tensor | ArrayLike, *, delta: float = 1.0, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor:
        """Huber loss: the mean of e^2 / 2 where |e| <= delta, and of delta (|e| - delta / 2) elsewhere.

        e is prediction - target (Huber 1964). Shapes, `reduction`, `sample_weight` and errors are the same as in
        `mse`; raises ValueError also if `delta` is not positive.
        """
    @overload
    def __call__(self, prediction: ArrayLike, target: Tensor, *, delta: float = 1.0, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor: ...
    @overload
    def __call__(self, prediction: float, target: float, *, delta: float = 1.0, sample_weight: Any = None, reduction: Reduction = 'mean') -> float: ...
    @overload
    def __call__(self, prediction: NDArray[F] | float, target: NDArray[F] | float, *, delta: float = 1.0, sample_weight: Any = None, reduction: Reduction = 'mean') -> NDArray[F]: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike, *, delta: float = 1.0, sample_weight: Any = None, reduction: Reduction = 'mean') -> Array: ...

huber: _huber
"""Huber loss: the mean of e^2 / 2 where |e| <= delta, and of delta (|e| - delta / 2) elsewhere.

e is prediction - target (Huber 1964). Shapes, `reduction`, `sample_weight` and errors are the same as in
`mse`; raises ValueError also if `delta` is not positive.
"""

class _leaky_relu(Op):
    """z where z > 0 and slope z elsewhere (Maas, Hannun and Ng 2013); the derivative at 0 is `slope`."""
    @overload
    def __call__(self, z: Tensor, slope: float = 0.01) -> Tensor:
        """z where z > 0 and slope z elsewhere (Maas, Hannun and Ng 2013); the derivative at 0 is `slope`."""
    @overload
    def __call__(self, z: float, slope: float = 0.01) -> float: ...
    @overload
    def __call__(self, z: NDArray[F], slope: float = 0.01) -> NDArray[F]: ...
    @overload
    def __call__(self, z: ArrayLike, slope: float = 0.01) -> Array: ...

leaky_relu: _leaky_relu
"""z where z > 0 and slope z elsewhere (Maas, Hannun and Ng 2013); the derivative at 0 is `slope`."""

class _log_softmax(Op):
    """Logarithm of the softmax of z along `axis`, accurate where a probability is near 0 or near 1.

    The largest term is set apart and log1p takes the rest (Blanchard, Higham and Higham 2021).
    """
    @overload
    def __call__(self, z: Tensor, axis: int = -1) -> Tensor:
        """Logarithm of the softmax of z along `axis`, accurate where a probability is near 0 or near 1.

        The largest term is set apart and log1p takes the rest (Blanchard, Higham and Higham 2021).
        """
    @overload
    def __call__(self, z: float, axis: int = -1) -> float: ...
    @overload
    def __call__(self, z: NDArray[F], axis: int = -1) -> NDArray[F]: ...
    @overload
    def __call__(self, z: ArrayLike, axis: int = -1) -> Array: ...

log_softmax: _log_softmax
"""Logarithm of the softmax of z along `axis`, accurate where a probability is near 0 or near 1.

The largest term is set apart and log1p takes the rest (Blanchard, Higham and Higham 2021).
"""

class _logsumexp(Op):
    """log of the sum of e^x over axes, for any size of x; `axis` and `keepdims` as in `np.sum`.

    >>> float(logsumexp(np.array([0.0, -50.0])))
    1.9287498479639178e-22

    The largest term is set apart and log1p takes the rest, so that small excesses over the maximum
    survive (Blanchard, Higham and Higham 2021).
    """
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """log of the sum of e^x over axes, for any size of x; `axis` and `keepdims` as in `np.sum`.

        >>> float(logsumexp(np.array([0.0, -50.0])))
        1.9287498479639178e-22

        The largest term is set apart and log1p takes the rest, so that small excesses over the maximum
        survive (Blanchard, Higham and Higham 2021).
        """
    @overload
    def __call__(self, x: float, axis: Axis = None, *, keepdims: bool = False) -> float: ...
    @overload
    def __call__(self, x: NDArray[F], axis: Axis = None, *, keepdims: bool = False) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, axis: Axis = None, *, keepdims: bool = False) -> Array: ...

logsumexp: _logsumexp
"""log of the sum of e^x over axes, for any size of x; `axis` and `keepdims` as in `np.sum`.

>>> float(logsumexp(np.array([0.0, -50.0])))
1.9287498479639178e-22

The largest term is set apart and log1p takes the rest, so that small excesses over the maximum
survive (Blanchard, Higham and Higham 2021).
"""

class _mae(Op):
    """Mean absolute error: the mean of |prediction - target|; its gradient at 0 is taken as 0.

    Shapes, `reduction`, `sample_weight` and errors are the same as in `mse`.
    """
    @overload
    def __call__(self, prediction: Tensor, target: Tensor | ArrayLike, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor:
        """Mean absolute error: the mean of |prediction - target|; its gradient at 0 is taken as 0.

        Shapes, `reduction`, `sample_weight` and errors are the same as in `mse`.
        """
    @overload
    def __call__(self, prediction: ArrayLike, target: Tensor, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor: ...
    @overload
    def __call__(self, prediction: float, target: float, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> float: ...
    @overload
    def __call__(self, prediction: NDArray[F] | float, target: NDArray[F] | float, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> NDArray[F]: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Array: ...

mae: _mae
"""Mean absolute error: the mean of |prediction - target|; its gradient at 0 is taken as 0.

Shapes, `reduction`, `sample_weight` and errors are the same as in `mse`.
"""

class _mse(Op):
    """Mean squared error: the mean of (prediction - target)^2, without a factor 1/2.

    >>> float(mse(np.array([100.0, 150.0, 200.0]), np.array([95.0, 140.0, 190.0])))
    75.0

    `prediction` and `target` have one shape. `reduction` is "mean", "sum" or "none"; `sample_weight`, of that
    shape, multiplies each element's loss. Raises ValueError if shapes differ (nothing broadcasts) or
    if both are empty.
    """
    @overload
    def __call__(self, prediction: Tensor, target: Tensor | ArrayLike, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor:
        """Mean squared error: the mean of (prediction - target)^2, without a factor 1/2.

        >>> float(mse(np.array([100.0, 150.0, 200.0]), np.array([95.0, 140.0, 190.0])))
        75.0

        `prediction` and `target` have one shape. `reduction` is "mean", "sum" or "none"; `sample_weight`, of that
        shape, multiplies each element's loss. Raises ValueError if shapes differ (nothing broadcasts) or
        if both are empty.
        """
    @overload
    def __call__(self, prediction: ArrayLike, target: Tensor, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Tensor: ...
    @overload
    def __call__(self, prediction: float, target: float, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> float: ...
    @overload
    def __call__(self, prediction: NDArray[F] | float, target: NDArray[F] | float, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> NDArray[F]: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike, *, sample_weight: Any = None, reduction: Reduction = 'mean') -> Array: ...

mse: _mse
"""Mean squared error: the mean of (prediction - target)^2, without a factor 1/2.

>>> float(mse(np.array([100.0, 150.0, 200.0]), np.array([95.0, 140.0, 190.0])))
75.0

`prediction` and `target` have one shape. `reduction` is "mean", "sum" or "none"; `sample_weight`, of that
shape, multiplies each element's loss. Raises ValueError if shapes differ (nothing broadcasts) or
if both are empty.
"""

class _relu(Op):
    """Rectifier max(z, 0), elementwise (Nair and Hinton 2010); its derivative at 0 is taken as 0."""
    @overload
    def __call__(self, z: Tensor) -> Tensor:
        """Rectifier max(z, 0), elementwise (Nair and Hinton 2010); its derivative at 0 is taken as 0."""
    @overload
    def __call__(self, z: float) -> float: ...
    @overload
    def __call__(self, z: NDArray[F]) -> NDArray[F]: ...
    @overload
    def __call__(self, z: ArrayLike) -> Array: ...

relu: _relu
"""Rectifier max(z, 0), elementwise (Nair and Hinton 2010); its derivative at 0 is taken as 0."""

class _sigmoid(Op):
    """Logistic function 1 / (1 + e^-z), elementwise, in (0, 1), to full relative accuracy in both tails."""
    @overload
    def __call__(self, z: Tensor) -> Tensor:
        """Logistic function 1 / (1 + e^-z), elementwise, in (0, 1), to full relative accuracy in both tails."""
    @overload
    def __call__(self, z: float) -> float: ...
    @overload
    def __call__(self, z: NDArray[F]) -> NDArray[F]: ...
    @overload
    def __call__(self, z: ArrayLike) -> Array: ...

sigmoid: _sigmoid
"""Logistic function 1 / (1 + e^-z), elementwise, in (0, 1), to full relative accuracy in both tails."""

class _softmax(Op):
    """e^z over its sum along `axis`: probabilities that add up to 1, for any size of z."""
    @overload
    def __call__(self, z: Tensor, axis: Axis = -1) -> Tensor:
        """e^z over its sum along `axis`: probabilities that add up to 1, for any size of z."""
    @overload
    def __call__(self, z: float, axis: Axis = -1) -> float: ...
    @overload
    def __call__(self, z: NDArray[F], axis: Axis = -1) -> NDArray[F]: ...
    @overload
    def __call__(self, z: ArrayLike, axis: Axis = -1) -> Array: ...

softmax: _softmax
"""e^z over its sum along `axis`: probabilities that add up to 1, for any size of z."""

class _softplus(Op):
    """log(1 + e^z), elementwise, accurate for any z; a smooth rectifier (Dugas et al. 2001)."""
    @overload
    def __call__(self, z: Tensor) -> Tensor:
        """log(1 + e^z), elementwise, accurate for any z; a smooth rectifier (Dugas et al. 2001)."""
    @overload
    def __call__(self, z: float) -> float: ...
    @overload
    def __call__(self, z: NDArray[F]) -> NDArray[F]: ...
    @overload
    def __call__(self, z: ArrayLike) -> Array: ...

softplus: _softplus
"""log(1 + e^z), elementwise, accurate for any z; a smooth rectifier (Dugas et al. 2001)."""
