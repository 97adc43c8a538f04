"""A program as a file that imports only NumPy."""

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite.compiler.constants import array_literal, literal
from autograd_lite.compiler.emit import Source
from autograd_lite.compiler.program import ArrayType

_CHECK = """\
    {name} = np.asarray({name}, {dtype}){index}
    if {name}.shape != {kind.shape}:
        raise ValueError(f"{function}: {name} has shape {{{name}.shape}}; this program is for {kind.shape}")
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


def module(
    name: str,
    source: Source,
    types: Sequence[ArrayType],
    values: Mapping[str, Any],
    random: Mapping[str, Any],
) -> str:
    """Return the text of a module with the function `run` of a program, and a function `name` that calls it.

    `types` are the types of the inputs. The inputs `values` and `random` are not arguments of the function.
    The module contains the `values`, numbers and arrays. It draws arrays of the shapes `random` at each call.
    """
    drawn = {x: f"np.random.random({shape})" for x, shape in random.items()}
    taken = {
        *keyword.kwlist,
        *values,
        *drawn,
        "np",
        *re.findall(r"^(?:def )?(\w+)", source.text, re.MULTILINE),
    }
    while name in taken:
        name += "_"
    pairs = zip(source.inputs, types, strict=False)
    arguments = {x: kind for x, kind in pairs if x not in values and x not in drawn}
    constants = {**source.constants, **values}
    definitions = "".join(f"\n{x} = {array_literal(v)}" for x, v in constants.items())
    checks = ""
    for x, kind in arguments.items():
        index = "" if kind.shape else "[()]"
        checks += _CHECK.format(function=name, name=x, kind=kind, dtype=literal(kind.dtype), index=index)
    return _MODULE.format(
        name=name,
        arguments=", ".join(arguments),
        text=source.text,
        constants=f"{definitions}\n" if constants else "",
        checks=checks,
        refusal=_REFUSAL.format(name=name) if "return None" in source.text else "",
        inputs=", ".join(drawn.get(x, x) for x in source.inputs),
    )
