"""Calling an op: the data of its inputs through its forward, and the result recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import messages
from autograd_lite.modes import recording
from autograd_lite.protocol import AbstractArray
from autograd_lite.signature import mismatch
from autograd_lite.tensor import NOTHING, Tensor, node

_PLAIN = frozenset((np.ndarray, np.float64, np.float32, float, int, bool, np.bool_, np.int64))


def apply(op: Any, inputs: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """The forward on the data of `inputs`, recorded when one of them asks for a gradient."""
    values: list[Any] = []
    tensors = wanted = converted = False
    for x in inputs:
        if isinstance(x, Tensor):
            tensors, wanted, x = True, wanted or x.requires_grad, x.data
        elif type(x) not in _PLAIN or (type(x) is np.ndarray and x.dtype.kind not in "fiub"):
            x, converted = _constant(op, x), True
        elif (op.samples or op.noted) and type(x) in (int, float, bool):  # its rules may ask for .ndim
            x, converted = np.asarray(x)[()], True
        values.append(x)
    if converted:
        inputs = tuple(x if isinstance(x, Tensor) else v for x, v in zip(inputs, values, strict=True))
    for name, setting in settings.items():
        if isinstance(setting, Tensor):
            settings[name] = _plain_setting(op, name, setting)
    if op.check is not None:
        op.check(op, inputs, values, settings)
    try:
        forward = _through(op, inputs) if op.through else op.forward
        data = forward(*values, **settings)
    except (ValueError, TypeError, IndexError) as error:
        raise explained(op, inputs, error) from error
    if not tensors:
        return data
    if not (wanted and recording.get() and _floating(op, data)):
        return _constant_of(op, inputs, values, settings, data)
    if op.incomplete:
        _all_have_rules(op, inputs)
    return node(op, inputs, values, settings, data)


def _floating(op: Any, data: Any) -> bool:
    """Whether a result can be differentiated; an error where it is not an array of real numbers."""
    kind = getattr(getattr(data, "dtype", None), "kind", None)
    if kind is None or kind not in "fiub":
        made = f"an array of dtype {data.dtype}" if kind else f"{type(data).__name__}"
        raise TypeError(f"{op.name}: its forward returned {made}; it must return an array of real numbers")
    return bool(kind == "f")


def _constant_of(op: Any, inputs: Any, values: Any, settings: Any, data: Any) -> Tensor:
    """A result that asks for no gradient; it forgets how it was made unless an op may look through it."""
    _floating(op, data)
    if op.kept or isinstance(data, AbstractArray):  # a trace must find the tensors that were used
        return node(op, inputs, values, settings, data, False)
    return node(None, (), (), NOTHING, data, False)


def _through(op: Any, inputs: Any) -> Any:
    """The forward to run: the op's, or its identity with the op that made its first input."""
    x = inputs[0]
    if isinstance(x, Tensor) and x.op in op.through:
        stable = op.through[x.op].forward
        return lambda _, *rest, **settings: stable(x.values[0], *rest, **settings)
    return op.forward


def _all_have_rules(op: Any, inputs: Any) -> None:
    """Say now, not in backward, that an input which asks for a gradient cannot have one."""
    for i, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad and op.argument_at(i) not in op.rules:
            no_rule(op.name, op.argument_at(i))


# One call, unrolled for the two commonest arities: half of what an op costs beyond NumPy.


def unary(op: Any) -> Callable[[Any], Any]:
    """The call of an op with one input and no settings."""
    forward, track = op.forward, recording.get

    def call(x: Any) -> Any:
        if not isinstance(x, Tensor):
            return apply(op, (x,), {})
        value = x.data
        try:
            data = forward(value)
        except (ValueError, TypeError) as error:
            raise explained(op, (x,), error) from error
        if x.requires_grad and track() and (type(data) is np.float64 or _floating(op, data)):
            return node(op, (x,), (value,), NOTHING, data)
        return _constant_of(op, (x,), (value,), NOTHING, data)

    return call


def binary(op: Any) -> Callable[[Any, Any], Any]:
    """The call of an op with two inputs and no settings."""
    forward, track = op.forward, recording.get

    def call(a: Any, b: Any) -> Any:
        if isinstance(a, Tensor):
            x, wanted = a.data, a.requires_grad
        elif type(a) in _PLAIN:
            x, wanted = a, False
        else:
            return apply(op, (a, b), {})
        if isinstance(b, Tensor):
            z, wanted = b.data, wanted or b.requires_grad
        elif type(b) in _PLAIN and isinstance(a, Tensor):
            z = b
        else:
            return apply(op, (a, b), {})
        try:
            data = forward(x, z)
        except (ValueError, TypeError) as error:
            raise explained(op, (a, b), error) from error
        if wanted and track() and (type(data) is np.float64 or _floating(op, data)):
            return node(op, (a, b), (x, z), NOTHING, data)
        return _constant_of(op, (a, b), (x, z), NOTHING, data)

    return call


def no_rule(name: str, argument: str, *_: Any, **__: Any) -> Any:
    """What stands in the place of a rule that nobody gave: an error."""
    raise TypeError(
        f"{name} has no gradient in {argument!r}; pass plain data (.data or .detach()), or give it a "
        f'rule with @{name}.gradient("{argument}")'
    )


def _constant(op: Any, x: Any) -> Any:
    """An input that is neither tensor nor array: NumPy numbers and lists are, other things are not."""
    if isinstance(x, AbstractArray):
        return x
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{op.name}: cannot compute with {type(x).__name__} {messages.name_of(x, '')} of dtype "
            f"{array.dtype}; pass numbers, arrays or tensors"
        )
    return x if isinstance(x, np.generic) else array


def _plain_setting(op: Any, name: str, setting: Tensor) -> Any:
    if setting.requires_grad:
        raise TypeError(
            f"{op.name} has no gradient in {name!r}: it is a setting, not an input; pass plain data "
            "(.data or .detach())"
        )
    return setting.data


def explained(op: Any, inputs: Any, error: Exception) -> Exception:
    """The error of a forward, told in the user's words: names, shapes, what differs, what to do."""
    defaults = op.arguments if not op.variadic else [f"{op.arguments[-1]}[{i}]" for i in range(len(inputs))]
    told = messages.shapes(inputs, defaults)
    reason = mismatch(op.signature, [messages.shape_of(x) for x in inputs]) or str(error.__cause__ or error)
    hint = f". {op.hint}" if op.hint else ""
    kind = next(k for k in (IndexError, TypeError, ValueError) if isinstance(error, k))
    return kind(f"{op.name}: {told}: {reason}{hint}")
