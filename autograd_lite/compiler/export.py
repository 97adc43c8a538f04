"""A program as a file that imports only NumPy."""

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.compiler.constants import array_literal, literal
from autograd_lite.compiler.emit import Source
from autograd_lite.compiler.program import ArrayType

_CHECK = """\
    {name} = np.asarray({name}, {dtype}){to_number}
    if {name}.shape != {shape}:
        raise ValueError(f"{function}: {name} has shape {{{name}.shape}}; this program is for {shape}")
"""
_REFUSAL = """\
    if results is None:
        raise ValueError("{name}: the program is for other data: other labels, or zeros in other places")
"""
_MODULE = '''"""{name}({arguments}) as NumPy, written by autograd_lite. Call it from one thread at a time."""

{text}
{constants}
def {name}({arguments}):
    """Return the results of `run`, as a tuple if there are several."""
{checks}    results = run({inputs})
{refusal}    return results if len(results) > 1 else results[0]
'''


class Random:
    """The value of an input that is drawn at each call."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


def module(name: str, source: Source, types: Sequence[ArrayType], values: Mapping[str, Any]) -> str:
    """Return the text of a module with the function `run` of a program, and a function `name` that calls it.

    `types` are the types of the inputs. `values` has the inputs that are not arguments of the function:
    numbers and arrays, which the module contains, and `Random` inputs.
    """
    taken = {*keyword.kwlist, *values, "np", *re.findall(r"^(?:def )?(\w+)", source.text, re.MULTILINE)}
    while name in taken:
        name += "_"
    arguments = {x: kind for x, kind in zip(source.inputs, types, strict=False) if x not in values}
    random = {x: f"np.random.random({v.shape})" for x, v in values.items() if isinstance(v, Random)}
    constants = {**source.constants, **{x: v for x, v in values.items() if x not in random}}
    definitions = "".join(f"\n{x} = {_written(v)}" for x, v in constants.items())
    return _MODULE.format(
        name=name,
        arguments=", ".join(arguments),
        text=source.text,
        constants=f"{definitions}\n" if constants else "",
        checks="".join(_check(name, x, kind) for x, kind in arguments.items()),
        refusal=_REFUSAL.format(name=name) if "return None" in source.text else "",
        inputs=", ".join(random.get(x, x) for x in source.inputs),
    )


def _check(function: str, name: str, kind: ArrayType) -> str:
    """Return the lines that convert an argument and refuse another shape."""
    to_number = "" if kind.shape else "[()]"
    return _CHECK.format(
        function=function, name=name, shape=kind.shape, dtype=literal(kind.dtype), to_number=to_number
    )


def _written(x: Any) -> str:
    return array_literal(x) if isinstance(x, np.ndarray) else str(literal(x))
