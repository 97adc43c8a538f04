"""numpy with functions that take and return tensors."""
# Written by `make stubs`; do not edit.
# mypy: disable-error-code="misc, overload-overlap, override"

from autograd_lite.numpy import linalg as linalg
from autograd_lite.tensor import Tensor
from autograd_lite.typing import Array
from autograd_lite.typing import ArrayLike
from autograd_lite.typing import Axis
from autograd_lite.typing import Number
from autograd_lite.typing import Shape
from builtins import bool as _bool
from collections.abc import Sequence
from numpy import False_ as False_
from numpy import ScalarType as ScalarType
from numpy import True_ as True_
from numpy import __array_namespace_info__ as __array_namespace_info__
from numpy import __version__ as __version__
from numpy import acosh as acosh
from numpy import angle as angle
from numpy import append as append
from numpy import apply_along_axis as apply_along_axis
from numpy import apply_over_axes as apply_over_axes
from numpy import arange as arange
from numpy import arccosh as arccosh
from numpy import arcsinh as arcsinh
from numpy import arctan2 as arctan2
from numpy import arctanh as arctanh
from numpy import argpartition as argpartition
from numpy import around as around
from numpy import array as array
from numpy import array_equiv as array_equiv
from numpy import array_split as array_split
from numpy import asanyarray as asanyarray
from numpy import asarray as asarray
from numpy import asarray_chkfinite as asarray_chkfinite
from numpy import ascontiguousarray as ascontiguousarray
from numpy import asfortranarray as asfortranarray
from numpy import asinh as asinh
from numpy import asmatrix as asmatrix
from numpy import astype as astype
from numpy import atan2 as atan2
from numpy import atanh as atanh
from numpy import atleast_1d as atleast_1d
from numpy import atleast_2d as atleast_2d
from numpy import atleast_3d as atleast_3d
from numpy import average as average
from numpy import bartlett as bartlett
from numpy import base_repr as base_repr
from numpy import binary_repr as binary_repr
from numpy import bincount as bincount
from numpy import bitwise_and as bitwise_and
from numpy import bitwise_count as bitwise_count
from numpy import bitwise_invert as bitwise_invert
from numpy import bitwise_left_shift as bitwise_left_shift
from numpy import bitwise_not as bitwise_not
from numpy import bitwise_or as bitwise_or
from numpy import bitwise_right_shift as bitwise_right_shift
from numpy import bitwise_xor as bitwise_xor
from numpy import blackman as blackman
from numpy import block as block
from numpy import bmat as bmat
from numpy import bool as bool
from numpy import bool_ as bool_
from numpy import broadcast as broadcast
from numpy import broadcast_arrays as broadcast_arrays
from numpy import broadcast_shapes as broadcast_shapes
from numpy import busday_count as busday_count
from numpy import busday_offset as busday_offset
from numpy import busdaycalendar as busdaycalendar
from numpy import byte as byte
from numpy import bytes_ as bytes_
from numpy import c_ as c_
from numpy import can_cast as can_cast
from numpy import cbrt as cbrt
from numpy import cdouble as cdouble
from numpy import ceil as ceil
from numpy import char as char
from numpy import character as character
from numpy import choose as choose
from numpy import clongdouble as clongdouble
from numpy import column_stack as column_stack
from numpy import common_type as common_type
from numpy import complex128 as complex128
from numpy import complex256 as complex256
from numpy import complex64 as complex64
from numpy import complexfloating as complexfloating
from numpy import compress as compress
from numpy import conj as conj
from numpy import conjugate as conjugate
from numpy import convolve as convolve
from numpy import copysign as copysign
from numpy import copyto as copyto
from numpy import core as core
from numpy import corrcoef as corrcoef
from numpy import correlate as correlate
from numpy import cov as cov
from numpy import cross as cross
from numpy import csingle as csingle
from numpy import ctypeslib as ctypeslib
from numpy import cumprod as cumprod
from numpy import cumulative_prod as cumulative_prod
from numpy import cumulative_sum as cumulative_sum
from numpy import datetime64 as datetime64
from numpy import datetime_as_string as datetime_as_string
from numpy import datetime_data as datetime_data
from numpy import deg2rad as deg2rad
from numpy import degrees as degrees
from numpy import delete as delete
from numpy import diag as diag
from numpy import diag_indices as diag_indices
from numpy import diag_indices_from as diag_indices_from
from numpy import diagflat as diagflat
from numpy import diagonal as diagonal
from numpy import diff as diff
from numpy import divmod as divmod
from numpy import double as double
from numpy import dsplit as dsplit
from numpy import dstack as dstack
from numpy import dtype as dtype
from numpy import dtypes as dtypes
from numpy import e as e
from numpy import ediff1d as ediff1d
from numpy import einsum_path as einsum_path
from numpy import emath as emath
from numpy import empty as empty
from numpy import errstate as errstate
from numpy import euler_gamma as euler_gamma
from numpy import exceptions as exceptions
from numpy import exp2 as exp2
from numpy import extract as extract
from numpy import eye as eye
from numpy import f2py as f2py
from numpy import fft as fft
from numpy import fill_diagonal as fill_diagonal
from numpy import finfo as finfo
from numpy import fix as fix
from numpy import flatiter as flatiter
from numpy import flatnonzero as flatnonzero
from numpy import flexible as flexible
from numpy import fliplr as fliplr
from numpy import flipud as flipud
from numpy import float128 as float128
from numpy import float16 as float16
from numpy import float32 as float32
from numpy import float64 as float64
from numpy import float_power as float_power
from numpy import floating
from numpy import floating as floating
from numpy import floor as floor
from numpy import floor_divide as floor_divide
from numpy import fmax as fmax
from numpy import fmin as fmin
from numpy import fmod as fmod
from numpy import format_float_positional as format_float_positional
from numpy import format_float_scientific as format_float_scientific
from numpy import frexp as frexp
from numpy import from_dlpack as from_dlpack
from numpy import frombuffer as frombuffer
from numpy import fromfile as fromfile
from numpy import fromfunction as fromfunction
from numpy import fromiter as fromiter
from numpy import frompyfunc as frompyfunc
from numpy import fromregex as fromregex
from numpy import fromstring as fromstring
from numpy import full as full
from numpy import full_like as full_like
from numpy import gcd as gcd
from numpy import generic as generic
from numpy import genfromtxt as genfromtxt
from numpy import geomspace as geomspace
from numpy import get_include as get_include
from numpy import get_printoptions as get_printoptions
from numpy import getbufsize as getbufsize
from numpy import geterr as geterr
from numpy import geterrcall as geterrcall
from numpy import gradient as gradient
from numpy import half as half
from numpy import hamming as hamming
from numpy import hanning as hanning
from numpy import heaviside as heaviside
from numpy import histogram as histogram
from numpy import histogram2d as histogram2d
from numpy import histogram_bin_edges as histogram_bin_edges
from numpy import histogramdd as histogramdd
from numpy import hsplit as hsplit
from numpy import hstack as hstack
from numpy import hypot as hypot
from numpy import i0 as i0
from numpy import identity as identity
from numpy import iinfo as iinfo
from numpy import imag as imag
from numpy import index_exp as index_exp
from numpy import indices as indices
from numpy import inexact as inexact
from numpy import inf as inf
from numpy import info as info
from numpy import insert as insert
from numpy import int16 as int16
from numpy import int32 as int32
from numpy import int64 as int64
from numpy import int8 as int8
from numpy import int_ as int_
from numpy import intc as intc
from numpy import integer as integer
from numpy import interp as interp
from numpy import intersect1d as intersect1d
from numpy import intp as intp
from numpy import invert as invert
from numpy import is_busday as is_busday
from numpy import iscomplex as iscomplex
from numpy import isdtype as isdtype
from numpy import isfortran as isfortran
from numpy import isin as isin
from numpy import isnat as isnat
from numpy import isneginf as isneginf
from numpy import isposinf as isposinf
from numpy import isreal as isreal
from numpy import isscalar as isscalar
from numpy import issubdtype as issubdtype
from numpy import iterable as iterable
from numpy import ix_ as ix_
from numpy import kaiser as kaiser
from numpy import kron as kron
from numpy import lcm as lcm
from numpy import ldexp as ldexp
from numpy import left_shift as left_shift
from numpy import lexsort as lexsort
from numpy import lib as lib
from numpy import linspace as linspace
from numpy import little_endian as little_endian
from numpy import load as load
from numpy import loadtxt as loadtxt
from numpy import log10 as log10
from numpy import log2 as log2
from numpy import logaddexp2 as logaddexp2
from numpy import logical_xor as logical_xor
from numpy import logspace as logspace
from numpy import long as long
from numpy import longdouble as longdouble
from numpy import longlong as longlong
from numpy import ma as ma
from numpy import mask_indices as mask_indices
from numpy import matrix as matrix
from numpy import matrix_transpose as matrix_transpose
from numpy import matvec as matvec
from numpy import median as median
from numpy import memmap as memmap
from numpy import meshgrid as meshgrid
from numpy import mgrid as mgrid
from numpy import min_scalar_type as min_scalar_type
from numpy import mintypecode as mintypecode
from numpy import mod as mod
from numpy import modf as modf
from numpy import nan as nan
from numpy import nan_to_num as nan_to_num
from numpy import nanargmax as nanargmax
from numpy import nanargmin as nanargmin
from numpy import nancumprod as nancumprod
from numpy import nancumsum as nancumsum
from numpy import nanmax as nanmax
from numpy import nanmean as nanmean
from numpy import nanmedian as nanmedian
from numpy import nanmin as nanmin
from numpy import nanpercentile as nanpercentile
from numpy import nanprod as nanprod
from numpy import nanquantile as nanquantile
from numpy import nanstd as nanstd
from numpy import nansum as nansum
from numpy import nanvar as nanvar
from numpy import ndarray as ndarray
from numpy import ndenumerate as ndenumerate
from numpy import ndindex as ndindex
from numpy import nditer as nditer
from numpy import nested_iters as nested_iters
from numpy import newaxis as newaxis
from numpy import nextafter as nextafter
from numpy import number as number
from numpy import object_ as object_
from numpy import ogrid as ogrid
from numpy import ones as ones
from numpy import packbits as packbits
from numpy import partition as partition
from numpy import percentile as percentile
from numpy import pi as pi
from numpy import piecewise as piecewise
from numpy import place as place
from numpy import poly as poly
from numpy import poly1d as poly1d
from numpy import polyadd as polyadd
from numpy import polyder as polyder
from numpy import polydiv as polydiv
from numpy import polyfit as polyfit
from numpy import polyint as polyint
from numpy import polymul as polymul
from numpy import polynomial as polynomial
from numpy import polysub as polysub
from numpy import polyval as polyval
from numpy import printoptions as printoptions
from numpy import promote_types as promote_types
from numpy import ptp as ptp
from numpy import put as put
from numpy import put_along_axis as put_along_axis
from numpy import putmask as putmask
from numpy import quantile as quantile
from numpy import r_ as r_
from numpy import rad2deg as rad2deg
from numpy import radians as radians
from numpy import random as random
from numpy import ravel_multi_index as ravel_multi_index
from numpy import real as real
from numpy import real_if_close as real_if_close
from numpy import rec as rec
from numpy import recarray as recarray
from numpy import record as record
from numpy import remainder as remainder
from numpy import require as require
from numpy import resize as resize
from numpy import result_type as result_type
from numpy import right_shift as right_shift
from numpy import rint as rint
from numpy import roll as roll
from numpy import rollaxis as rollaxis
from numpy import roots as roots
from numpy import rot90 as rot90
from numpy import round as round
from numpy import row_stack as row_stack
from numpy import s_ as s_
from numpy import save as save
from numpy import savetxt as savetxt
from numpy import savez as savez
from numpy import savez_compressed as savez_compressed
from numpy import sctypeDict as sctypeDict
from numpy import select as select
from numpy import set_printoptions as set_printoptions
from numpy import setbufsize as setbufsize
from numpy import setdiff1d as setdiff1d
from numpy import seterr as seterr
from numpy import seterrcall as seterrcall
from numpy import setxor1d as setxor1d
from numpy import short as short
from numpy import show_config as show_config
from numpy import show_runtime as show_runtime
from numpy import signedinteger as signedinteger
from numpy import sinc as sinc
from numpy import single as single
from numpy import sort as sort
from numpy import sort_complex as sort_complex
from numpy import spacing as spacing
from numpy import str_ as str_
from numpy import strings as strings
from numpy import take_along_axis as take_along_axis
from numpy import test as test
from numpy import testing as testing
from numpy import timedelta64 as timedelta64
from numpy import trace as trace
from numpy import trapezoid as trapezoid
from numpy import tri as tri
from numpy import tril as tril
from numpy import tril_indices as tril_indices
from numpy import tril_indices_from as tril_indices_from
from numpy import trim_zeros as trim_zeros
from numpy import triu as triu
from numpy import triu_indices as triu_indices
from numpy import triu_indices_from as triu_indices_from
from numpy import trunc as trunc
from numpy import typecodes as typecodes
from numpy import typename as typename
from numpy import typing as typing
from numpy import ubyte as ubyte
from numpy import ufunc as ufunc
from numpy import uint as uint
from numpy import uint16 as uint16
from numpy import uint32 as uint32
from numpy import uint64 as uint64
from numpy import uint8 as uint8
from numpy import uintc as uintc
from numpy import uintp as uintp
from numpy import ulong as ulong
from numpy import ulonglong as ulonglong
from numpy import union1d as union1d
from numpy import unique as unique
from numpy import unique_all as unique_all
from numpy import unique_counts as unique_counts
from numpy import unique_inverse as unique_inverse
from numpy import unique_values as unique_values
from numpy import unpackbits as unpackbits
from numpy import unravel_index as unravel_index
from numpy import unsignedinteger as unsignedinteger
from numpy import unstack as unstack
from numpy import unwrap as unwrap
from numpy import ushort as ushort
from numpy import vander as vander
from numpy import vdot as vdot
from numpy import vecdot as vecdot
from numpy import vecmat as vecmat
from numpy import vectorize as vectorize
from numpy import void as void
from numpy import vsplit as vsplit
from numpy import vstack as vstack
from numpy import zeros as zeros
from numpy.typing import NDArray
from typing import Any, TypeVar, overload
import numpy as _np

F = TypeVar("F", bound=floating[Any])


class _abs(_np.ufunc):
    """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

abs: _abs
"""Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""

class _absolute(_np.ufunc):
    """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

absolute: _absolute
"""Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""

class _acos(_np.ufunc):
    """Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

acos: _acos
"""Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""

class _add(_np.ufunc):
    """Sum a + b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """Sum a + b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

add: _add
"""Sum a + b, elementwise; a and b broadcast."""
def all(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.all`; the result is a plain array without gradient."""
def allclose(a: Tensor | ArrayLike, b: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> _bool:
    """As `np.allclose`; the result is a plain array without gradient."""
@overload
def amax(a: Tensor, axis: Axis = None, *, keepdims: _bool = ...) -> Tensor:
    """Largest entry over axes, as `np.max`; equal largest entries share the gradient equally."""
@overload
def amax(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...
@overload
def amin(a: Tensor, axis: Axis = None, *, keepdims: _bool = ...) -> Tensor:
    """Smallest entry over axes, as `np.min`; equal smallest entries share the gradient equally."""
@overload
def amin(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...
def any(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.any`; the result is a plain array without gradient."""

class _arccos(_np.ufunc):
    """Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

arccos: _arccos
"""Inverse cosine of x in radians, elementwise, for -1 <= x <= 1."""

class _arcsin(_np.ufunc):
    """Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

arcsin: _arcsin
"""Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""

class _arctan(_np.ufunc):
    """Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

arctan: _arctan
"""Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
def argmax(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.argmax`; the result is a plain array without gradient."""
def argmin(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.argmin`; the result is a plain array without gradient."""
def argsort(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.argsort`; the result is a plain array without gradient."""
def argwhere(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.argwhere`; the result is a plain array without gradient."""
def array2string(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> str:
    """As `np.array2string`; the result is a plain array without gradient."""
def array_equal(a1: Tensor | ArrayLike, a2: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> _bool:
    """As `np.array_equal`; the result is a plain array without gradient."""
def array_repr(arr: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> str:
    """As `np.array_repr`; the result is a plain array without gradient."""
def array_str(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> str:
    """As `np.array_str`; the result is a plain array without gradient."""

class _asin(_np.ufunc):
    """Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

asin: _asin
"""Inverse sine of x in radians, elementwise, for -1 <= x <= 1."""

class _atan(_np.ufunc):
    """Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

atan: _atan
"""Inverse tangent of x in radians, elementwise, in (-pi/2, pi/2)."""
@overload
def broadcast_to(array: Tensor, shape: int | Shape) -> Tensor:
    """x repeated along axes of length 1 to a larger `shape`, as `np.broadcast_to`."""
@overload
def broadcast_to(array: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def broadcast_to(array: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def clip(a: Tensor, a_min: Any = ..., a_max: Any = ..., *, min: Any = ..., max: Any = ...) -> Tensor:
    """x limited to [a_min, a_max], elementwise; the derivative is 1 inside, 0 at and beyond a bound.

    None means no bound. `min` and `max` are other names of the bounds, as in `np.clip`. Raises ValueError if
    a bound is given by both names.
    """
@overload
def clip(a: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def clip(a: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def concat(arrays: Sequence[NDArray[F]], *args: Any, **kwargs: Any) -> NDArray[F]:
    """Same as NumPy's `concat`."""
@overload
def concat(arrays: Sequence[ArrayLike], *args: Any, **kwargs: Any) -> Array: ...
@overload
def concat(arrays: Sequence[Tensor | ArrayLike], axis: int | None = 0) -> Tensor: ...
@overload
def concatenate(arrays: Sequence[NDArray[F]], *args: Any, **kwargs: Any) -> NDArray[F]:
    """Same as NumPy's `concatenate`."""
@overload
def concatenate(arrays: Sequence[ArrayLike], *args: Any, **kwargs: Any) -> Array: ...
@overload
def concatenate(arrays: Sequence[Tensor | ArrayLike], axis: int | None = 0) -> Tensor: ...
@overload
def copy(a: Tensor) -> Tensor:
    """The same value +x, as a node of its own."""
@overload
def copy(a: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def copy(a: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...

class _cos(_np.ufunc):
    """Cosine of x in radians, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Cosine of x in radians, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

cos: _cos
"""Cosine of x in radians, elementwise."""

class _cosh(_np.ufunc):
    """Hyperbolic cosine of x, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Hyperbolic cosine of x, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

cosh: _cosh
"""Hyperbolic cosine of x, elementwise."""
def count_nonzero(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.count_nonzero`; the result is a plain array without gradient."""
@overload
def cumsum(a: Tensor, axis: int | None = None) -> Tensor:
    """Cumulative sum along an axis, or over all entries in order, as `np.cumsum`."""
@overload
def cumsum(a: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def cumsum(a: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
def digitize(x: Tensor | ArrayLike, bins: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.digitize`; the result is a plain array without gradient."""

class _divide(_np.ufunc):
    """Quotient a / b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """Quotient a / b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

divide: _divide
"""Quotient a / b, elementwise; a and b broadcast."""
@overload
def dot(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """Product of a and b as in `np.dot`: the last axis of a with the last but one of b, or its only one."""
@overload
def dot(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def dot(a: NDArray[F] | float, b: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def dot(a: ArrayLike, b: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def einsum(subscripts: str, *operands: NDArray[F], **kwargs: Any) -> NDArray[F]:
    """Same as NumPy's `einsum`."""
@overload
def einsum(subscripts: str, *operands: ArrayLike, **kwargs: Any) -> Array: ...
@overload
def einsum() -> Array: ...
@overload
def einsum(subscripts: str, *operands: Tensor | ArrayLike) -> Tensor: ...
def empty_like(prototype: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
    """As `np.empty_like`; the result is a plain array without gradient."""

class _equal(_np.ufunc):
    """As `np.equal`; the result is a plain array without gradient."""
    def __call__(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.equal`; the result is a plain array without gradient."""

equal: _equal
"""As `np.equal`; the result is a plain array without gradient."""

class _exp(_np.ufunc):
    """Exponential e^x, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Exponential e^x, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

exp: _exp
"""Exponential e^x, elementwise."""
@overload
def expand_dims(x: Tensor, axis: Tensor | ArrayLike) -> Tensor:
    """Same as NumPy's `expand_dims`."""
@overload
def expand_dims(x: ArrayLike, axis: Tensor) -> Tensor: ...
@overload
def expand_dims(x: NDArray[F] | float, axis: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def expand_dims(x: ArrayLike, axis: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...

class _expm1(_np.ufunc):
    """e^x - 1, elementwise, accurate for small x."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """e^x - 1, elementwise, accurate for small x."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

expm1: _expm1
"""e^x - 1, elementwise, accurate for small x."""

class _fabs(_np.ufunc):
    """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

fabs: _fabs
"""Absolute value |x|, elementwise; its derivative at 0 is taken as 0."""
@overload
def flip(x: Tensor, axis: Axis = None) -> Tensor:
    """Same as NumPy's `flip`."""
@overload
def flip(x: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def flip(x: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...

class _greater(_np.ufunc):
    """As `np.greater`; the result is a plain array without gradient."""
    def __call__(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.greater`; the result is a plain array without gradient."""

greater: _greater
"""As `np.greater`; the result is a plain array without gradient."""

class _greater_equal(_np.ufunc):
    """As `np.greater_equal`; the result is a plain array without gradient."""
    def __call__(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.greater_equal`; the result is a plain array without gradient."""

greater_equal: _greater_equal
"""As `np.greater_equal`; the result is a plain array without gradient."""
@overload
def inner(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """Same as NumPy's `inner`."""
@overload
def inner(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def inner(a: NDArray[F] | float, b: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def inner(a: ArrayLike, b: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
def isclose(a: Tensor | ArrayLike, b: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.isclose`; the result is a plain array without gradient."""
def iscomplexobj(x: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> _bool:
    """As `np.iscomplexobj`; the result is a plain array without gradient."""

class _isfinite(_np.ufunc):
    """As `np.isfinite`; the result is a plain array without gradient."""
    def __call__(self, x: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.isfinite`; the result is a plain array without gradient."""

isfinite: _isfinite
"""As `np.isfinite`; the result is a plain array without gradient."""

class _isinf(_np.ufunc):
    """As `np.isinf`; the result is a plain array without gradient."""
    def __call__(self, x: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.isinf`; the result is a plain array without gradient."""

isinf: _isinf
"""As `np.isinf`; the result is a plain array without gradient."""

class _isnan(_np.ufunc):
    """As `np.isnan`; the result is a plain array without gradient."""
    def __call__(self, x: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.isnan`; the result is a plain array without gradient."""

isnan: _isnan
"""As `np.isnan`; the result is a plain array without gradient."""
def isrealobj(x: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> _bool:
    """As `np.isrealobj`; the result is a plain array without gradient."""

class _less(_np.ufunc):
    """As `np.less`; the result is a plain array without gradient."""
    def __call__(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.less`; the result is a plain array without gradient."""

less: _less
"""As `np.less`; the result is a plain array without gradient."""

class _less_equal(_np.ufunc):
    """As `np.less_equal`; the result is a plain array without gradient."""
    def __call__(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.less_equal`; the result is a plain array without gradient."""

less_equal: _less_equal
"""As `np.less_equal`; the result is a plain array without gradient."""

class _log(_np.ufunc):
    """Natural logarithm of x, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Natural logarithm of x, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

log: _log
"""Natural logarithm of x, elementwise."""

class _log1p(_np.ufunc):
    """log(1 + x), elementwise, accurate for small x."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """log(1 + x), elementwise, accurate for small x."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

log1p: _log1p
"""log(1 + x), elementwise, accurate for small x."""

class _logaddexp(_np.ufunc):
    """log(e^a + e^b), elementwise, broadcasting, as `np.logaddexp`: no exponential overflows."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """log(e^a + e^b), elementwise, broadcasting, as `np.logaddexp`: no exponential overflows."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

logaddexp: _logaddexp
"""log(e^a + e^b), elementwise, broadcasting, as `np.logaddexp`: no exponential overflows."""

class _logical_and(_np.ufunc):
    """As `np.logical_and`; the result is a plain array without gradient."""
    def __call__(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.logical_and`; the result is a plain array without gradient."""

logical_and: _logical_and
"""As `np.logical_and`; the result is a plain array without gradient."""

class _logical_not(_np.ufunc):
    """As `np.logical_not`; the result is a plain array without gradient."""
    def __call__(self, x: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.logical_not`; the result is a plain array without gradient."""

logical_not: _logical_not
"""As `np.logical_not`; the result is a plain array without gradient."""

class _logical_or(_np.ufunc):
    """As `np.logical_or`; the result is a plain array without gradient."""
    def __call__(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.logical_or`; the result is a plain array without gradient."""

logical_or: _logical_or
"""As `np.logical_or`; the result is a plain array without gradient."""

class _matmul(_np.ufunc):
    """Matrix product a @ b over the last two axes; leading axes broadcast, vectors as in NumPy."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """Matrix product a @ b over the last two axes; leading axes broadcast, vectors as in NumPy."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

matmul: _matmul
"""Matrix product a @ b over the last two axes; leading axes broadcast, vectors as in NumPy."""
@overload
def max(a: Tensor, axis: Axis = None, *, keepdims: _bool = ...) -> Tensor:
    """Largest entry over axes, as `np.max`; equal largest entries share the gradient equally."""
@overload
def max(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...

class _maximum(_np.ufunc):
    """The larger of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """The larger of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

maximum: _maximum
"""The larger of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
def may_share_memory(a: Tensor | ArrayLike, b: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> _bool:
    """As `np.may_share_memory`; the result is a plain array without gradient."""
@overload
def mean(a: Tensor, axis: Axis = None, *, keepdims: _bool = ...) -> Tensor:
    """Arithmetic mean over axes, as `np.mean`."""
@overload
def mean(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...
@overload
def min(a: Tensor, axis: Axis = None, *, keepdims: _bool = ...) -> Tensor:
    """Smallest entry over axes, as `np.min`; equal smallest entries share the gradient equally."""
@overload
def min(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...

class _minimum(_np.ufunc):
    """The smaller of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """The smaller of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

minimum: _minimum
"""The smaller of a and b, elementwise, broadcasting; equal arguments share the gradient equally."""
@overload
def moveaxis(x: Tensor, source: Tensor | ArrayLike, destination: Tensor | ArrayLike) -> Tensor:
    """Same as NumPy's `moveaxis`."""
@overload
def moveaxis(x: ArrayLike, source: Tensor, destination: Tensor | ArrayLike) -> Tensor: ...
@overload
def moveaxis(x: ArrayLike, source: ArrayLike, destination: Tensor) -> Tensor: ...
@overload
def moveaxis(x: NDArray[F] | float, source: NDArray[F] | float, destination: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def moveaxis(x: ArrayLike, source: ArrayLike, destination: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...

class _multiply(_np.ufunc):
    """Product a b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """Product a b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

multiply: _multiply
"""Product a b, elementwise; a and b broadcast."""
def ndim(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> int:
    """As `np.ndim`; the result is a plain array without gradient."""

class _negative(_np.ufunc):
    """Negation -x, elementwise; as floats if x is unsigned or boolean."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Negation -x, elementwise; as floats if x is unsigned or boolean."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

negative: _negative
"""Negation -x, elementwise; as floats if x is unsigned or boolean."""
def nonzero(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> tuple[Array, ...]:
    """As `np.nonzero`; the result is a plain array without gradient."""

class _not_equal(_np.ufunc):
    """As `np.not_equal`; the result is a plain array without gradient."""
    def __call__(self, x1: Tensor | ArrayLike, x2: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.not_equal`; the result is a plain array without gradient."""

not_equal: _not_equal
"""As `np.not_equal`; the result is a plain array without gradient."""
def ones_like(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.ones_like`; the result is a plain array without gradient."""
@overload
def outer(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """Same as NumPy's `outer`."""
@overload
def outer(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def outer(a: NDArray[F] | float, b: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def outer(a: ArrayLike, b: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def pad(array: Tensor, pad_width: Any, mode: str = 'constant', *, constant_values: Any = 0) -> Tensor:
    """x with a border, as `np.pad`: a constant, or its own entries by "edge", "reflect", "symmetric", "wrap".

    Raises ValueError for another `mode`.
    """
@overload
def pad(array: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def pad(array: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def permute_dims(a: Tensor, axes: Any = None) -> Tensor:
    """The axes of x in another order, as `np.transpose`; reversed by default."""
@overload
def permute_dims(a: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def permute_dims(a: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...

class _positive(_np.ufunc):
    """The same value +x, as a node of its own."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """The same value +x, as a node of its own."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

positive: _positive
"""The same value +x, as a node of its own."""

class _pow(_np.ufunc):
    """Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

pow: _pow
"""Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""

class _power(_np.ufunc):
    """Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

power: _power
"""Power a^b, elementwise; where b = 0 the derivative in a is 0, and where a = 0 <= b that in b is 0."""
@overload
def prod(a: Tensor, axis: Axis = None, *, keepdims: _bool = ...) -> Tensor:
    """Product over axes, as `np.prod`; its gradient is right at zeros too."""
@overload
def prod(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...
@overload
def ravel(x: Tensor) -> Tensor:
    """All entries of x along one axis, in row-major order."""
@overload
def ravel(x: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def ravel(x: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...

class _reciprocal(_np.ufunc):
    """Reciprocal 1 / x, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Reciprocal 1 / x, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

reciprocal: _reciprocal
"""Reciprocal 1 / x, elementwise."""
@overload
def repeat(x: Tensor, repeats: Tensor | ArrayLike, axis: int | None = None) -> Tensor:
    """Each entry of the flattened x, or each slice along an axis, repeated, as `np.repeat`."""
@overload
def repeat(x: ArrayLike, repeats: Tensor, axis: int | None = None) -> Tensor: ...
@overload
def repeat(x: NDArray[F] | float, repeats: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def repeat(x: ArrayLike, repeats: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def reshape(a: Tensor, /, shape: int | Shape) -> Tensor:
    """The entries of x in row-major order with another `shape`; one length may be -1."""
@overload
def reshape(a: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def reshape(a: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...
def searchsorted(a: Tensor | ArrayLike, v: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.searchsorted`; the result is a plain array without gradient."""
def shape(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> tuple[int, ...]:
    """As `np.shape`; the result is a plain array without gradient."""
def shares_memory(a: Tensor | ArrayLike, b: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> _bool:
    """As `np.shares_memory`; the result is a plain array without gradient."""

class _sign(_np.ufunc):
    """Sign of x: -1, 0 or 1, elementwise; its derivative is 0 everywhere, at the jump too."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Sign of x: -1, 0 or 1, elementwise; its derivative is 0 everywhere, at the jump too."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

sign: _sign
"""Sign of x: -1, 0 or 1, elementwise; its derivative is 0 everywhere, at the jump too."""

class _signbit(_np.ufunc):
    """As `np.signbit`; the result is a plain array without gradient."""
    def __call__(self, x: Tensor | ArrayLike, /, *args: Any, **kwargs: Any) -> Array:
        """As `np.signbit`; the result is a plain array without gradient."""

signbit: _signbit
"""As `np.signbit`; the result is a plain array without gradient."""

class _sin(_np.ufunc):
    """Sine of x in radians, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Sine of x in radians, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

sin: _sin
"""Sine of x in radians, elementwise."""

class _sinh(_np.ufunc):
    """Hyperbolic sine of x, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Hyperbolic sine of x, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

sinh: _sinh
"""Hyperbolic sine of x, elementwise."""
def size(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> int:
    """As `np.size`; the result is a plain array without gradient."""
@overload
def split(x: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Same as NumPy's `split`."""
@overload
def split(x: NDArray[F], *args: Any, **kwargs: Any) -> list[NDArray[F]]: ...
@overload
def split(x: ArrayLike, *args: Any, **kwargs: Any) -> list[Array]: ...

class _sqrt(_np.ufunc):
    """Square root of x, elementwise; its derivative at 0 is infinite."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Square root of x, elementwise; its derivative at 0 is infinite."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

sqrt: _sqrt
"""Square root of x, elementwise; its derivative at 0 is infinite."""

class _square(_np.ufunc):
    """Square x^2, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Square x^2, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

square: _square
"""Square x^2, elementwise."""
@overload
def squeeze(x: Tensor, axis: Axis = None) -> Tensor:
    """x without its axes of length 1, or without the given ones, as `np.squeeze`."""
@overload
def squeeze(x: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def squeeze(x: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def stack(arrays: Sequence[NDArray[F]], *args: Any, **kwargs: Any) -> NDArray[F]:
    """Same as NumPy's `stack`."""
@overload
def stack(arrays: Sequence[ArrayLike], *args: Any, **kwargs: Any) -> Array: ...
@overload
def stack(arrays: Sequence[Tensor | ArrayLike], axis: int = 0) -> Tensor: ...
@overload
def std(a: Tensor, axis: Axis = None, *, ddof: float = 0, keepdims: _bool = ...) -> Tensor:
    """Standard deviation over axes, as `np.std`: the root of `var`; the gradient of equal entries is 0."""
@overload
def std(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...

class _subtract(_np.ufunc):
    """Difference a - b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """Difference a - b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

subtract: _subtract
"""Difference a - b, elementwise; a and b broadcast."""
@overload
def sum(a: Tensor, axis: Axis = None, *, keepdims: _bool = ...) -> Tensor:
    """Sum over axes, as `np.sum`."""
@overload
def sum(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...
@overload
def swapaxes(x: Tensor, axis1: int, axis2: int) -> Tensor:
    """x with two axes exchanged, as `np.swapaxes`."""
@overload
def swapaxes(x: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def swapaxes(x: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def take(x: Tensor, indices: Tensor | ArrayLike, axis: int | None = None) -> Tensor:
    """Entries of the flattened x, or slices along an axis, by integer indices, as `np.take`."""
@overload
def take(x: ArrayLike, indices: Tensor, axis: int | None = None) -> Tensor: ...
@overload
def take(x: NDArray[F] | float, indices: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def take(x: ArrayLike, indices: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...

class _tan(_np.ufunc):
    """Tangent of x in radians, elementwise."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Tangent of x in radians, elementwise."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

tan: _tan
"""Tangent of x in radians, elementwise."""

class _tanh(_np.ufunc):
    """Hyperbolic tangent of x, elementwise, in (-1, 1)."""
    @overload
    def __call__(self, x: Tensor, /) -> Tensor:
        """Hyperbolic tangent of x, elementwise, in (-1, 1)."""
    @overload
    def __call__(self, x: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x: NDArray[F], /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

tanh: _tanh
"""Hyperbolic tangent of x, elementwise, in (-1, 1)."""
@overload
def tensordot(a: Tensor, b: Tensor | ArrayLike, axes: Any = 2) -> Tensor:
    """Sum of products over pairs of axes, as `np.tensordot`: a product of two matrices."""
@overload
def tensordot(a: ArrayLike, b: Tensor, axes: Any = 2) -> Tensor: ...
@overload
def tensordot(a: NDArray[F] | float, b: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def tensordot(a: ArrayLike, b: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def tile(x: Tensor, reps: Tensor | ArrayLike) -> Tensor:
    """Same as NumPy's `tile`."""
@overload
def tile(x: ArrayLike, reps: Tensor) -> Tensor: ...
@overload
def tile(x: NDArray[F] | float, reps: NDArray[F] | float, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def tile(x: ArrayLike, reps: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...
@overload
def transpose(a: Tensor, axes: Any = None) -> Tensor:
    """The axes of x in another order, as `np.transpose`; reversed by default."""
@overload
def transpose(a: NDArray[F], *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def transpose(a: ArrayLike, *args: Any, **kwargs: Any) -> Array: ...

class _true_divide(_np.ufunc):
    """Quotient a / b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: Tensor, x2: Tensor | ArrayLike, /) -> Tensor:
        """Quotient a / b, elementwise; a and b broadcast."""
    @overload
    def __call__(self, x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x1: Number, x2: Number, /, *args: Any, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, x1: NDArray[F] | float, x2: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
    @overload
    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...

true_divide: _true_divide
"""Quotient a / b, elementwise; a and b broadcast."""
@overload
def var(a: Tensor, axis: Axis = None, *, ddof: float = 0, keepdims: _bool = ...) -> Tensor:
    """Variance over axes, as `np.var`: mean squared distance from the mean, with n - ddof in place of n."""
@overload
def var(a: ArrayLike, *args: Any, **kwargs: Any) -> Any: ...
@overload
def where(condition: Tensor, x: Tensor | ArrayLike, y: Tensor | ArrayLike, /) -> Tensor:
    """a where `condition` is true and b elsewhere, broadcasting; entries not chosen get gradient 0."""
@overload
def where(condition: ArrayLike, x: Tensor, y: Tensor | ArrayLike, /) -> Tensor: ...
@overload
def where(condition: ArrayLike, x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def where(condition: NDArray[F] | float, x: NDArray[F] | float, y: NDArray[F] | float, /, *args: Any, **kwargs: Any) -> NDArray[F]: ...
@overload
def where(condition: ArrayLike, x: ArrayLike, y: ArrayLike, /, *args: Any, **kwargs: Any) -> Array: ...
@overload
def where(condition: ArrayLike, /) -> tuple[Array, ...]: ...
def zeros_like(a: Tensor | ArrayLike, *args: Any, **kwargs: Any) -> Array:
    """As `np.zeros_like`; the result is a plain array without gradient."""
