"""A program as a file of its own, which imports only NumPy."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.compiler.constants import array_literal, literal
from autograd_lite.compiler.emit import Source
from autograd_lite.compiler.program import Kind

_CHECK = """\
    {0} = np.asarray({0}, {3}){4}
    if {0}.shape != {2}:
        raise ValueError(f"{1}: {0} has shape {{{0}.shape}}; this program is for {2}")
"""
_REFUSAL = """\
    if results is None:
        raise ValueError("{0}: the program was made for other data: other labels, or zeros in other places")
"""
_FUNCTION = '''"""{name}({arguments}) as NumPy, written by autograd_lite. It serves one thread at a time."""

{text}
{values}
def {name}({arguments}):
    """What `run` returns for them, in a tuple if there are several results."""
{checks}    results = run({passed})
{refusal}    return results if len(results) > 1 else results[0]
'''


class Drawn:
    """The shape of random numbers, in the place of a value."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


def module(name: str, source: Source, kinds: Sequence[Kind], held: Mapping[str, Any]) -> str:
    """The text of a module with the function `run` of a program and a function `name` that calls it.

    `kinds` are those of the inputs. Those that are `held` have a value, which the module contains, or are
    `Drawn` anew at each call; the function takes the others.
    """
    taken = {*keyword.kwlist, *held, "np", *re.findall(r"^(?:def )?(\w+)", source.text, re.MULTILINE)}
    while name in taken:
        name += "_"
    given = {n: kind for n, kind in zip(source.inputs, kinds, strict=False) if n not in held}
    drawn = {n: f"np.random.random({x.shape})" for n, x in held.items() if isinstance(x, Drawn)}
    values = {**source.constants, **{n: x for n, x in held.items() if n not in drawn}}
    return _FUNCTION.format(
        name=name,
        arguments=", ".join(given),
        text=source.text,
        values="".join(f"\n{n} = {_written(x)}" for n, x in values.items()) + "\n" * bool(values),
        checks="".join(
            _CHECK.format(n, name, kind.shape, literal(kind.dtype), "" if kind.shape else "[()]")
            for n, kind in given.items()
        ),
        refusal=_REFUSAL.format(name) if "return None" in source.text else "",
        passed=", ".join(drawn.get(n, n) for n in source.inputs),
    )


def _written(x: Any) -> str:
    return array_literal(x) if isinstance(x, np.ndarray) else str(literal(x))
