"""Calling an op: run its forward on the data of its inputs and record the result in the graph."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.arguments import no_matrix
from autograd_lite.checks.fingerprint import compared, copied
from autograd_lite.modes import OFF, ON, WITH_LINES, recording
from autograd_lite.protocol import AbstractArray
from autograd_lite.tensor import NO_SETTINGS, Tensor

_ARRAYS = frozenset((np.ndarray, np.float64, np.float32, np.bool_, np.int64))
_NUMBERS = frozenset((int, float, bool))
_FORWARD_ERRORS = (ValueError, TypeError, IndexError)
_array = np.ndarray
_float64 = np.float64
_FLOAT64 = np.dtype(np.float64)
_mode = recording.get
_new = object.__new__


def call(op: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """Run an op with any number of inputs and settings; return a Tensor if one of the inputs is a Tensor."""
    values: list[Any] = []
    is_recorded = wanted = is_converted = writable = False
    for x in inputs:
        if isinstance(x, Tensor):
            is_recorded = True
            wanted = wanted or x.requires_grad
            writable = writable or (x.op is None and x._lent is x._value)
            values.append(x._value)
        elif type(x) is np.ndarray and x.dtype.kind in "fiub":
            writable = True
            values.append(x)
        else:
            is_converted = True
            values.append(_as_array(op, x))
            writable = writable or type(values[-1]) is _array  # perhaps in the memory of a table or a file
    if is_converted:
        values = values if op.infix else _without_python_numbers(op, values)
        inputs = tuple([x if isinstance(x, Tensor) else v for x, v in zip(inputs, values, strict=True)])
    if settings is not op.default_settings:
        settings = {name: as_setting(op.name, name, setting) for name, setting in settings.items()}
    used = op
    arrays: Any = values
    if op.fusions and isinstance(inputs[0], Tensor) and inputs[0].op in op.fusions:
        inner = inputs[0]  # its own input goes into the fused op
        used = op.fusions[inner.op]
        arrays = (inner.values[0], *values[1:])
    if used.check is not None:
        used.check(op, inputs, arrays, settings)
    try:
        data = used.forward(*arrays, **settings)
    except _FORWARD_ERRORS as error:
        raise errors.of_forward(op, inputs, error) from error
    if not is_recorded:
        return data
    tensor = record(op, inputs, tuple(values), settings, data, wanted, writable)
    if used is not op and tensor.op is op:
        fingerprints = tensor.for_backward[3] if tensor.for_backward else ()
        tensor.for_backward = (used, (inner.inputs[0], *inputs[1:]), arrays, fingerprints)
    return tensor


def unary(op: Any) -> Callable[[Any], Any]:
    """Return `call` unrolled for an op with one input and no settings."""
    forward = op.forward

    def call_unary(x: Any) -> Any:
        if not isinstance(x, Tensor):
            return call(op, (x,), NO_SETTINGS)
        value = x._value
        try:
            data = forward(value)
        except _FORWARD_ERRORS as error:
            raise errors.of_forward(op, (x,), error) from error
        wanted = x.requires_grad
        writable = x.op is None and x._lent is value
        if type(data) is _float64 and wanted and not writable and _mode() == ON and not op.incomplete:
            tensor = _new(Tensor)  # as in record, without a call: scalar graphs are the slowest per number
            tensor._value = data
            tensor.requires_grad = True
            tensor.name = tensor._grad = tensor.for_backward = None
            tensor.op = op
            tensor.inputs = (x,)
            tensor.values = (value,)
            tensor.settings = NO_SETTINGS
            return tensor
        return record(op, (x,), (value,), NO_SETTINGS, data, wanted, writable)

    return call_unary


def binary(op: Any) -> Callable[[Any, Any], Any]:
    """Return `call` unrolled for an op with two inputs and no settings."""
    forward = op.forward
    plain = _ARRAYS | _NUMBERS if op.infix else _ARRAYS

    def call_binary(a: Any, b: Any) -> Any:
        if isinstance(a, Tensor):
            x = a._value
            wanted = a.requires_grad
            writable = a.op is None and a._lent is x
        elif type(a) in plain and isinstance(b, Tensor):
            x = a
            wanted = False
            writable = type(a) is _array
        else:
            return call(op, (a, b), NO_SETTINGS)
        if isinstance(b, Tensor):
            z = b._value
            wanted = wanted or b.requires_grad
            writable = writable or (b.op is None and b._lent is z)
        elif type(b) in plain:
            z = b
            writable = writable or type(b) is _array
        else:
            return call(op, (a, b), NO_SETTINGS)
        try:
            data = forward(x, z)
        except _FORWARD_ERRORS as error:
            raise errors.of_forward(op, (a, b), error) from error
        if type(data) is _float64 and wanted and not writable and _mode() == ON and not op.incomplete:
            tensor = _new(Tensor)  # as in record
            tensor._value = data
            tensor.requires_grad = True
            tensor.name = tensor._grad = tensor.for_backward = None
            tensor.op = op
            tensor.inputs = (a, b)
            tensor.values = (x, z)
            tensor.settings = NO_SETTINGS
            return tensor
        return record(op, (a, b), (x, z), NO_SETTINGS, data, wanted, writable)

    return call_binary


def record(
    op: Any, inputs: Any, values: Any, settings: Any, data: Any, wanted: bool, writable: bool
) -> Tensor:
    """Return the result of an op as a Tensor, in the graph if a gradient is wanted and can exist.

    `writable` is True if the user may write into one of the `values`: an array, or data of a leaf that the
    user has asked for.
    """
    if type(data) is not _float64 and not (type(data) is np.ndarray and data.dtype is _FLOAT64):
        wanted = _is_floating(op, data) and wanted
    mode = _mode() if wanted else OFF
    if mode and op.incomplete:
        _require_rules(op, inputs)
    tensor: Tensor = _new(Tensor)
    tensor._value = data
    tensor.requires_grad = mode > OFF
    tensor.name = tensor._grad = tensor.for_backward = None
    if mode or op.keeps_inputs or isinstance(data, AbstractArray):
        tensor.op = op
        tensor.inputs = inputs
        tensor.values = values
        tensor.settings = settings
        if writable:
            fingerprints = []
            for x, value in zip(inputs, values):  # noqa: B905 - of one length; strict costs time
                if type(value) is _array and (type(x) is _array or (x.op is None and x._lent is value)):
                    view = compared(value)
                    fingerprints.append((value, view, view.tobytes()))
            tensor.for_backward = (op, inputs, values, fingerprints)
    else:
        tensor.op = None
        tensor._lent = data  # it may be a view of an array that the user may write into
        tensor.inputs = tensor.values = ()
        tensor.settings = NO_SETTINGS
    if mode == WITH_LINES:
        tensor.line = errors.caller_line()
    return tensor


def _is_floating(op: Any, data: Any) -> bool:
    """True if a result can be differentiated; raises TypeError unless it is an array of real numbers."""
    dtype = getattr(data, "dtype", None)
    if dtype is None or dtype.kind not in "fiub":
        returned = type(data).__name__ if dtype is None else f"an array of dtype {dtype}"
        raise errors.error(TypeError, "bad result", op=op.name, returned=returned)
    return bool(dtype.kind == "f")


def _as_array(op: Any, x: Any) -> Any:
    """Return an input that is not a Tensor as an array or a number; raises TypeError if it is neither."""
    if type(x) in _NUMBERS or isinstance(x, AbstractArray):
        return x
    no_matrix(op.name, errors.name_of(x, "an input"), x)
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        names = {"op": op.name, "type": type(x).__name__, "name": errors.name_of(x, "")}
        raise errors.error(TypeError, "not numbers", **names, dtype=array.dtype)
    return x if isinstance(x, np.generic) else array


def _without_python_numbers(op: Any, values: list[Any]) -> list[Any]:
    """Replace Python numbers by NumPy numbers of the same dtype as the floating-point arrays beside them.

    So a rule may use `.ndim` of every input, and float32 stays float32. An op with an operator gets Python
    numbers as they are: NumPy computes `t * 2.0` in the dtype of t.
    """
    is_label = [op.domains[op.argument_at(i)].discrete for i in range(len(values))]
    dtypes = [
        x.dtype for x, label in zip(values, is_label, strict=True) if type(x) not in _NUMBERS and not label
    ]
    floats = [dtype for dtype in dtypes if dtype.kind == "f"]
    arrays = []
    for x, label in zip(values, is_label, strict=True):
        if type(x) in _NUMBERS and (label or type(x) is not bool):
            beside = floats or (dtypes if type(x) is int else [])
            x = np.asarray(x, np.result_type(*beside) if beside and not label else None)[()]
        arrays.append(x)
    return arrays


def as_setting(op: str, name: str, setting: Any) -> Any:
    """Return a setting that stays as it is: arrays and lists are copied, a constant tensor is its data.

    Raises TypeError if it is a differentiable tensor.
    """
    if isinstance(setting, Tensor) and setting.requires_grad:
        raise errors.error(TypeError, "tensor as setting", op=op, setting=name)
    return setting._value if isinstance(setting, Tensor) else copied(setting)


def _require_rules(op: Any, inputs: Any) -> None:
    """Raise TypeError now, not in backward, if a differentiable input has no gradient rule."""
    for i, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad and op.argument_at(i) not in op.rules:
            raise errors.error(TypeError, "no rule", op=op.name, argument=op.argument_at(i))
