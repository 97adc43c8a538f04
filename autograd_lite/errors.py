"""The texts of errors and warnings: names, shapes, values, remedies. Correct calls run none of this.

A value is called by the name that the user gave it: a tensor's `name`, or the variable that holds it.
"""

import contextlib
import inspect
import os
import sys
import warnings
from typing import Any

import numpy as np

from autograd_lite.domains import cores_of

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
# Our code, contextlib, which calls our context managers, and NumPy's operators of tracers.
_NOT_USER_CODE = (_PACKAGE, contextlib.__file__, np.lib.mixins.__file__)


def caller_names() -> dict[int, str]:
    """Return the names of the arrays and tensors among the caller's variables, by identity."""
    names: dict[int, str] = {}
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return names
    for name, value in {**frame.f_globals, **frame.f_locals}.items():
        if hasattr(value, "dtype") and hasattr(value, "shape") and not name.startswith("_"):
            names[id(value)] = name
    if sys.version_info < (3, 13) and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        frame.f_locals.clear()  # a copy of the variables, which the frame would keep alive
    return names


def caller_line() -> tuple[Any, int]:
    """Return the user's code that called the library, and its line."""
    frame, _ = _caller()
    return frame.f_code, frame.f_lineno


def _caller() -> tuple[Any, int]:
    """Return the user's frame, and its distance as `warnings.warn` counts it for our caller."""
    frame = sys._getframe(2)
    level = 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_NOT_USER_CODE):
        frame = frame.f_back
        level += 1
    return frame, level


def file_of(path: str) -> str:
    """Return the name of a code file for a message: relative to the current folder, `In[3]` for a cell."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = getattr(getattr(shell, "compile", None), "format_code_name", lambda path: None)(path)
    if cell:
        return str(cell[1])
    try:
        here = os.getcwd() + os.sep
    except FileNotFoundError:  # the current folder was deleted
        return path
    return os.path.relpath(path) if path.startswith(here) else path


def warn(text: str) -> None:
    """Issue a UserWarning at the user's line that called the library."""
    warnings.warn(text, stacklevel=_caller()[1])


def name_of(value: Any, default: str) -> str:
    """Return the tensor's name, else the name of the caller's variable that holds it, else `default`."""
    own = getattr(value, "name", None)
    if isinstance(own, str):
        return own
    return default if isinstance(value, np.generic) else caller_names().get(id(value), default)


def shape_of(value: Any) -> Any:
    """Return the shape of an array, a tensor or a number; None for None."""
    try:
        return value.shape
    except AttributeError:
        return None if value is None else np.shape(value)


def shapes(values: Any, defaults: Any) -> str:
    """Return a sentence such as `X has shape (569, 30) and w has shape (31,)`."""
    return " and ".join(
        f"{name_of(value, default)} has shape {shape_of(value)}"
        for value, default in zip(values, defaults, strict=False)
    )


def first(mask: Any) -> str:
    """Return where a boolean mask is first true, as an index: `[3]`, `[0, 2]`; empty for a number."""
    where = np.argwhere(np.asarray(mask))[0]
    return f"[{', '.join(map(str, where))}]" if where.size else ""


def non_finite(value: Any) -> str:
    """Return `3 of 64 entries are nan, the first at [0, 2]`; empty if every entry is finite."""
    array = np.asarray(value)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    bad = np.isnan(array)
    kind = "nan" if bad.any() else "inf"
    bad = bad if bad.any() else np.isinf(array)
    if array.ndim == 0:
        return f"is {kind}"
    return f"{np.count_nonzero(bad)} of {array.size} entries are {kind}, the first at {first(bad)}"


def of_forward(op: Any, inputs: Any, error: Exception) -> Exception:
    """Return the error of a forward with names, shapes, the lengths that differ, and a hint."""
    defaults = op.arguments
    if op.variadic:
        defaults = [f"{op.arguments[-1]}[{i}]" for i in range(len(inputs))]
    reason = mismatch(op.signature, [shape_of(x) for x in inputs]) or str(error.__cause__ or error)
    hint = f". {op.hint}" if op.hint else ""
    kind = next(k for k in (IndexError, TypeError, ValueError) if isinstance(error, k))
    return kind(f"{op.name}: {shapes(inputs, defaults)}: {reason}{hint}")


def mismatch(signature: str | None, shapes: list[tuple[int, ...]]) -> str:
    """Return the lengths that contradict each other by a gufunc signature, as `30 != 31`, or nothing."""
    lengths: dict[str, int] = {}
    cores = cores_of(signature) if signature else []
    for core, shape in zip(cores, shapes, strict=False):
        letters = core
        if len(shape) < len(core):  # a vector where the signature has a matrix
            letters = core[1:] if core == cores[0] else core[: len(shape)]
        for letter, n in zip(reversed(letters), reversed(shape), strict=False):
            if lengths.setdefault(letter, n) != n:
                return f"{lengths[letter]} != {n}"
    return ""


def origin_of_nan(order: Any) -> str:
    """Return the first NaN in a list of tensors, inputs before outputs, and what to do about it."""
    remedy = "remove or replace such rows, or keep that operation within its domain"
    for tensor in order:
        for i, (x, value) in enumerate(zip(tensor.inputs, tensor.values, strict=True)):
            if not hasattr(x, "requires_grad") and np.isnan(value).any():
                name = name_of(x, f"input {i} of {tensor.op.name}")
                return f"nan first appears in {name}: {non_finite(value)}; {remedy}"
        if np.isnan(tensor.data).any():
            name = tensor.name or (f"the output of {tensor.op.name}" if tensor.op else "a tensor")
            return f"nan first appears in {name}: {non_finite(tensor.data)}; {remedy}"
    return "no input has a nan"


def error(kind: type[Exception], text: str, **values: Any) -> Exception:
    """Return an exception with a text of TEXTS, filled in."""
    return kind(TEXTS[text].format(**values))


TEXTS = {
    # Making a tensor.
    "integer gradient": "Tensor: {name} has dtype {dtype} and can have no gradient; pass floats, for "
    "example {name}.astype(float), or requires_grad=False",
    "tensor as data": "Tensor: {name} is a Tensor already; use it as it is, or .detach() for its value",
    "ragged": "Tensor: {name} is not an array: {reason}",
    "dtype": "Tensor: {name} has dtype {dtype}; a graph computes with float16, float32 and float64 "
    "(integers and booleans as constants)",
    # Giving a tensor new data.
    "set result": "{name}: it is the result of {op} and follows from its inputs; write `ag.Tensor(...)` "
    "for a tensor with values of your own",
    "set tensor": "{name}: the new value is a Tensor; pass its value, `{name} = new.data`",
    "set shape": "{name}: the new value has shape {given} and the tensor has shape {shape}; pass that shape, "
    "or make a new tensor",
    "set dtype": "{name}: the new value has dtype {dtype}; pass real numbers",
    "copy": "copy: {name} is {what}, and a copy would lose its gradient; use it as it is, for nothing writes "
    "into it, or take .numpy() for the value",
    # Declaring an op.
    "no such input": "{op}.gradient({argument!r}): {op} has no such input; its inputs are {inputs}",
    "rule parameters": "{op}.gradient({argument!r}): the rule takes ({given}) and must take ({expected})",
    "variadic": "op {op}: *{argument} stands beside other arrays; let it take all arrays, or make them "
    "settings",
    "any settings": "op {op}: **{argument} cannot be a setting; give each setting a name and a default",
    "no array": "op {op}: a forward needs at least one array, a parameter without default",
    "no symbol": 'op: {op} is decorated without a symbol; write @ag.op("symbol") above it',
    "lambda": "op: {op} has no name; define its forward with def",
    "name taken": "op: {module} defines {op}, which {other} has; choose another name",
    "attribute taken": "Tensor has {name} already; an op cannot replace it",
    # Calling an op.
    "no rule": "{op} has no gradient in {argument!r}; pass plain data (.data or .detach()), or give it a "
    'rule with @{op}.gradient("{argument}")',
    "tensor as setting": "{op} has no gradient in {setting!r}: it is a setting, not an input; pass plain "
    "data (.data or .detach())",
    "not numbers": "{op}: cannot compute with {type} {name} of dtype {dtype}; pass numbers, arrays or "
    "tensors",
    "bad result": "{op}: its forward returned {returned}; it must return an array of real numbers",
    "out": "{op} cannot write a tensor into an array (out=, or an in-place operator such as a += t): make "
    "a new one, a = {op}(...)",
    "arguments": "{op} {problem}; for tensors it is {call}",
    # Tensors in Python and NumPy.
    "no numpy": "{function} has no gradient here. If none is needed, call it on .data; if one is, compose "
    "it from the operations of autograd_lite.OPS, or define it with @autograd_lite.op",
    "ufunc method": "{function} is not recorded for tensors; use an operation such as np.sum, np.max or "
    "np.cumsum",
    "float": "{function}() of {name} is a plain number and loses the gradient; math.exp and its like call it "
    "too. Write np.exp in a formula, and {name}.item() for the value",
    "in place": "{name} {symbol}= ...: {name} has a gradient of its own, and cannot be a result too. To "
    "update it, write the line inside `with ag.no_grad():`; to compute with it, give the result another name",
    "no attribute": "a Tensor has no {attribute}; here it is {here}",
    "to array": "converting {name} to a NumPy array would lose its gradient; use .numpy() for its value, "
    "np.stack or np.concatenate to join tensors, and .to_numpy() of a DataFrame or Series that is used "
    "together with the tensor",
    "writing": "{name} is part of a graph and cannot be written into; build a new tensor, for example "
    "np.where(mask, new, old)",
    # Going backward.
    "growth": "backward: the graph grows with every step, because it goes on from results of earlier steps. "
    "Update a parameter inside `with ag.no_grad():`, as in w -= lr * w.grad, or set w.data; .detach() a "
    "state that is carried over",
    "backward argument": "backward: {argument} is not an argument. A graph is kept as long as its result, so "
    "that backward() may be called again; ag.gradients(loss, [w], create_graph=True) returns gradients that "
    "can be differentiated again",
    "constant": "{function}: {name} depends on no differentiable tensor. A tensor is constant if it is "
    "integer, detached, or made with requires_grad=False or under no_grad; to update a parameter, set w.data",
    "not a scalar": "{function}: {name} has shape {shape}, and only a single number has a gradient by "
    "itself; reduce it (.sum(), .mean()) or pass grad= of that shape",
    "seed shape": "{function}: grad has shape {given} and {name} has shape {shape}; they must be equal",
    "nan": "{function}: {name} is nan; {origin}",
    "used gradient": "backward: accumulate=True would add to a gradient of {name} that a step has used; "
    "after a step, call the first backward() without accumulate, or set {name}.grad = None before it",
    "new data": "backward: {name} got new data after {op} used it, so this result belongs to values that "
    "{name} no longer has; compute it again from the new ones: inside the loop, before each backward",
    "written": "backward: {name} was written into after {op} used it, so the gradient would mix two points; "
    "compute the result again after the change, or write into a copy",
    "gradient shape": "{op}: a gradient rule returned {returned} for an input of shape {shape} and an "
    "output of shape {output}; it must equal one of the two, or have its axes with lengths 1",
}
