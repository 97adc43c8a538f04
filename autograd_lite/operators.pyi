"""Operators, methods and properties that ops install on Tensor."""
# Written by `make stubs`; do not edit.
# mypy: disable-error-code="misc, overload-overlap, override"

from autograd_lite.drawing.drawings import Detail
from autograd_lite.drawing.drawings import Direction
from autograd_lite.drawing.drawings import Drawing
from autograd_lite.drawing.drawings import EngineName
from autograd_lite.drawing.drawings import Names
from autograd_lite.drawing.drawings import Show
from autograd_lite.drawing.drawings import ThemeName
from autograd_lite.tensor import Tensor
from autograd_lite.typing import Array
from autograd_lite.typing import ArrayLike
from autograd_lite.typing import Axis
from autograd_lite.typing import DTypeLike
from autograd_lite.typing import Index
from autograd_lite.typing import Number
from autograd_lite.typing import Shape
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from numpy import floating
from numpy.typing import NDArray
from typing import Any, TypeVar, overload

F = TypeVar("F", bound=floating[Any])

class OperatorsMixin:
    """Operators, methods and properties that ops install on Tensor.

    The class is empty at run time: `install` adds them to Tensor itself. Its stub, `operators.pyi`, lists
    them for editors and type checkers. `make stubs` writes the stub.
    """
    __slots__ = ()
    @property
    def data(self) -> Array:
        """The value: an array, or a NumPy scalar if there are no axes."""
    @data.setter
    def data(self, value: ArrayLike) -> None: ...
    @property
    def grad(self) -> Array:
        """The gradient that the last `backward()` left, in the shape and dtype of the data; None before."""
    @grad.setter
    def grad(self, value: ArrayLike | None) -> None: ...
    def __add__(self, b: Tensor | ArrayLike, /) -> Tensor:
        """Sum a + b, elementwise; a and b broadcast."""
    def __radd__(self, a: Tensor | ArrayLike, /) -> Tensor:
        """Sum a + b, elementwise; a and b broadcast."""
    def __iadd__(self, other: Tensor | ArrayLike, /) -> Tensor: ...
    def __sub__(self, b: Tensor | ArrayLike, /) -> Tensor:
        """Difference a - b, elementwise; a and b broadcast."""
    def __rsub__(self, a: Tensor | ArrayLike, /) -> Tensor:
        """Difference a - b, elementwise; a and b broadcast."""
    def __isub__(self, other: Tensor | ArrayLike, /) -> Tensor: ...
    def __mul__(self, b: Tensor | ArrayLike, /) -> Tensor:
        """Product a b, elementwise; a and b broadcast."""
    def __rmul__(self, a: Tensor | ArrayLike, /) -> Tensor:
        """Product a b, elementwise; a and b broadcast."""
    def __imul__(self, other: Tensor | ArrayLike, /) -> Tensor: ...
    def __truediv__(self, b: Tensor | ArrayLike, /) -> Tensor:
        """Quotient a / b, elementwise; a and b broadcast."""
    def __rtruediv__(self, a: Tensor | ArrayLike, /) -> Tensor:
        """Quotient a / b, elementwise; a and b broadcast."""
    def __itruediv__(self, other: Tensor | ArrayLike, /) -> Tensor: ...
    def __neg__(self) -> Tensor:
        """Negation -x, elementwise; as floats if x is unsigned or boolean."""
    def copy(self) -> Tensor:
        """The same value +x, as a node of its own."""
    def __pos__(self) -> Tensor:
        """The same value +x, as a node of its own."""
    def __pow__(self, b: Tensor | ArrayLike, /) -> Tensor:
        """Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""
    def __rpow__(self, a: Tensor | ArrayLike, /) -> Tensor:
        """Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""
    def __ipow__(self, other: Tensor | ArrayLike, /) -> Tensor: ...
    def __abs__(self) -> Tensor:
        """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    def clip(self, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Tensor:
        """x limited to [a_min, a_max], elementwise; the derivative is 1 inside, 0 at and beyond a bound.

        None means no bound. `min` and `max` are other names of the bounds, as in `np.clip`. Raises ValueError if
        a bound is given by both names.
        """
    def astype(self, dtype: DTypeLike = ...) -> Tensor:
        """The values of x in another dtype; the gradient comes back in the old one.

        In an integer or boolean dtype the result is a constant.
        """
    def reshape(self, *shape: int | Shape) -> Tensor:
        """The entries of x in another shape: `t.reshape(2, 3)` or `t.reshape((2, 3))`; one length may be -1."""
    def transpose(self, *axes: int | Shape) -> Tensor:
        """x with its `axes` in another order, `t.transpose(1, 0)` or `t.transpose((1, 0))`; default: reversed."""
    def ravel(self) -> Tensor:
        """All entries of x along one axis, in row-major order."""
    def flatten(self) -> Tensor:
        """All entries of x along one axis, in row-major order."""
    def squeeze(self, axis: Axis = None) -> Tensor:
        """x without its axes of length 1, or without the given ones, as `np.squeeze`."""
    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """x with two axes exchanged, as `np.swapaxes`."""
    @property
    def T(self) -> Tensor:
        """The axes in reverse order."""
    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged."""
    def __getitem__(self, index: Index, /) -> Tensor:
        """The entries at an index, as in NumPy: slices, integers, None, integer and boolean arrays."""
    def take(self, indices: Tensor | ArrayLike, axis: int | None = None) -> Tensor:
        """Entries of the flattened x, or slices along an axis, by integer indices, as `np.take`."""
    def repeat(self, repeats: Tensor | ArrayLike, axis: int | None = None) -> Tensor:
        """Each entry of the flattened x, or each slice along an axis, repeated, as `np.repeat`."""
    def sum(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Sum over axes, as `np.sum`."""
    def mean(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Arithmetic mean over axes, as `np.mean`."""
    def max(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Largest entry over axes, as `np.max`; equal largest entries share the gradient equally."""
    def min(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Smallest entry over axes, as `np.min`; equal smallest entries share the gradient equally."""
    def prod(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Product over axes, as `np.prod`; its gradient is right at zeros too."""
    def var(self, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Tensor:
        """Variance over axes, as `np.var`: mean squared distance from the mean, with n - ddof in place of n."""
    def std(self, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Tensor:
        """Standard deviation over axes, as `np.std`: the root of `var`; the gradient of equal entries is 0."""
    def cumsum(self, axis: int | None = None) -> Tensor:
        """Cumulative sum along an axis, or over all entries in order, as `np.cumsum`."""
    def logsumexp(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """log of the sum of e^x over axes, for any size of x; `axis` and `keepdims` as in `np.sum`.

        >>> float(logsumexp(np.array([0.0, -50.0])))
        1.9287498479639178e-22

        The largest term is set apart and log1p takes the rest, so that small excesses over the maximum
        survive (Blanchard, Higham and Higham 2021).
        """
    def __matmul__(self, b: Tensor | ArrayLike, /) -> Tensor:
        """Matrix product a @ b over the last two axes; leading axes broadcast, vectors as in NumPy."""
    def __rmatmul__(self, a: Tensor | ArrayLike, /) -> Tensor:
        """Matrix product a @ b over the last two axes; leading axes broadcast, vectors as in NumPy."""
    def __imatmul__(self, other: Tensor | ArrayLike, /) -> Tensor: ...
    def dot(self, b: Tensor | ArrayLike) -> Tensor:
        """Product of a and b as in `np.dot`: the last axis of a with the last but one of b, or its only one."""
    def __lt__(self, x2: Tensor | ArrayLike, /) -> Array:
        """As `np.less`; the result is a plain array without gradient."""
    def __le__(self, x2: Tensor | ArrayLike, /) -> Array:
        """As `np.less_equal`; the result is a plain array without gradient."""
    def __gt__(self, x2: Tensor | ArrayLike, /) -> Array:
        """As `np.greater`; the result is a plain array without gradient."""
    def __ge__(self, x2: Tensor | ArrayLike, /) -> Array:
        """As `np.greater_equal`; the result is a plain array without gradient."""
    def __eq__(self, x2: Tensor | ArrayLike, /) -> Array:
        """As `np.equal`; the result is a plain array without gradient."""
    def __ne__(self, x2: Tensor | ArrayLike, /) -> Array:
        """As `np.not_equal`; the result is a plain array without gradient."""
    def argmax(self, axis: Axis = None, *, keepdims: bool = ...) -> Array:
        """As `np.argmax`; the result is a plain array without gradient."""
    def argmin(self, axis: Axis = None, *, keepdims: bool = ...) -> Array:
        """As `np.argmin`; the result is a plain array without gradient."""
    def argsort(self, axis: Axis = -1) -> Array:
        """As `np.argsort`; the result is a plain array without gradient."""
    def any(self, axis: Axis = None, *, keepdims: bool = ...) -> Array:
        """As `np.any`; the result is a plain array without gradient."""
    def all(self, axis: Axis = None, *, keepdims: bool = ...) -> Array:
        """As `np.all`; the result is a plain array without gradient."""
    def sigmoid(self) -> Tensor:
        """Logistic function 1 / (1 + e^-z), elementwise, in (0, 1), to full relative accuracy in both tails."""
    def sigmoid_slope(self) -> Tensor:
        """Derivative of the sigmoid, sigmoid(z) sigmoid(-z), elementwise, in [0, 1/4]; accurate in both tails."""
    def relu(self) -> Tensor:
        """Rectifier max(z, 0), elementwise (Nair and Hinton 2010); its derivative at 0 is taken as 0."""
    def leaky_relu(self, slope: float = 0.01) -> Tensor:
        """z where z > 0 and slope z elsewhere (Maas, Hannun and Ng 2013); the derivative at 0 is `slope`."""
    def softplus(self) -> Tensor:
        """log(1 + e^z), elementwise, accurate for any z; a smooth rectifier (Dugas et al. 2001)."""
    def softmax(self, axis: Axis = -1) -> Tensor:
        """e^z over its sum along `axis`: probabilities that add up to 1, for any size of z."""
    def log_softmax(self, axis: int = -1) -> Tensor:
        """Logarithm of the softmax of z along `axis`, accurate where a probability is near 0 or near 1.

        The largest term is set apart and log1p takes the rest (Blanchard, Higham and Higham 2021).
        """
    def negative(self) -> Tensor:
        """Negation -x, elementwise; as floats if x is unsigned or boolean."""
    def positive(self) -> Tensor:
        """The same value +x, as a node of its own."""
    def square(self) -> Tensor:
        """Square x^2, elementwise."""
    def reciprocal(self) -> Tensor:
        """Reciprocal 1 / x, elementwise."""
    def exp(self) -> Tensor:
        """Exponential e^x, elementwise."""
    def expm1(self) -> Tensor:
        """e^x - 1, elementwise, accurate for small x."""
    def log(self) -> Tensor:
        """Natural logarithm of x, elementwise."""
    def log1p(self) -> Tensor:
        """log(1 + x), elementwise, accurate for small x."""
    def sqrt(self) -> Tensor:
        """Square root of x, elementwise; its derivative at 0 is infinite."""
    def abs(self) -> Tensor:
        """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    def abs_slope(self) -> Tensor:
        """Derivative of abs: the sign of x, elementwise. Its own derivative is 0, and NaN at the jump."""
    def sign(self) -> Tensor:
        """Sign of x: -1, 0 or 1, elementwise; its derivative is 0 everywhere, at the jump too."""
    def sin(self) -> Tensor:
        """Sine of x in radians, elementwise."""
    def cos(self) -> Tensor:
        """Cosine of x in radians, elementwise."""
    def tan(self) -> Tensor:
        """Tangent of x in radians, elementwise."""
    def sinh(self) -> Tensor:
        """Hyperbolic sine of x, elementwise."""
    def cosh(self) -> Tensor:
        """Hyperbolic cosine of x, elementwise."""
    def tanh(self) -> Tensor:
        """Hyperbolic tangent of x, elementwise, in (-1, 1)."""
    def arctan(self) -> Tensor:
        """Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
    def arcsin(self) -> Tensor:
        """Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""
    def arccos(self) -> Tensor:
        """Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""
    def broadcast_to(self, shape: int | Shape = ...) -> Tensor:
        """x repeated along axes of length 1 to a larger `shape`, as `np.broadcast_to`."""
    def concatenate(self, *, axis: int | None = 0) -> Tensor:
        """The `arrays` joined along an existing axis, or flattened and joined if axis is None."""
    def stack(self, *, axis: int = 0) -> Tensor:
        """The `arrays`, of one shape, joined along a new axis."""
    def getitem(self, index: Any = ...) -> Tensor:
        """x[index]: slices, integers, None, integer and boolean arrays; repeated indices add up."""
    def scatter(self, index: Any = ..., shape: Any = ...) -> Tensor:
        """Zeros of `shape` with x added at `index`: the transpose of indexing."""
    def pad(self, pad_width: Any = 0, mode: str = 'constant', *, constant_values: Any = 0) -> Tensor:
        """x with a border, as `np.pad`: a constant, or its own entries by "edge", "reflect", "symmetric", "wrap".

        Raises ValueError for another `mode`.
        """
    def einsum(self, *, subscripts: str = '') -> Tensor:
        """Sums of products of `operands` by `subscripts` in Einstein's notation, as in NumPy: `ij,jk->ik`."""
    def norm(self, ord: None = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Euclidean (Frobenius) norm over axes, as `np.linalg.norm`; where x is zero its gradient is 0.

        Raises ValueError if `ord` is not None.
        """
    def draw(self, *, model: Any = None, detail: Detail = 'auto', show: Show = 'both', names: Names | None = None, direction: Direction = 'auto', theme: ThemeName = 'light', max_nodes: int = 60, engine: EngineName = 'auto', title: str | None = None, unfold: Iterable[str] = ..., marks: Mapping[Tensor, str] | None = None) -> Drawing:
        """A `Drawing` of the graph that ends in `tensor`, or in each of a list of tensors, as it is now.

        - `model`: the nn.Module whose layers become boxes with captions.
        - `detail`: "scalar" draws each op as a sign of its own, "tensor" in the card of its result; "auto" is
          "scalar" if all values are single numbers.
        - `show`: "both", "values" or "gradients".
        - `names`: name -> tensor, such as `locals()`, or tensor -> name. Other tensors get their own name, or
          the name of the variable that holds them.
        - `direction`: "LR" is left to right, "TB" top to bottom; "auto" depends on the length of the graph.
        - `theme`: "light" or "dark"; `title`: a heading.
        - `max_nodes`: number of cards, at most. A larger graph has its layers folded into one card each, then
          its repetitions. `unfold`: titles of folded cards to draw in full.
        - `engine`: "pygraphviz", "dot", or "auto" for the first that is installed.
        - `marks`: tensor -> words, an alert on its card.

        Raises TypeError or ValueError for a wrong argument, ValueError if the folded graph is still too large.
        """
