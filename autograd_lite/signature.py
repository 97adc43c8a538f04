"""Reading signatures: what a function's parameters are called, and which lengths must agree."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def names_of(function: Any) -> tuple[str, ...]:
    """The parameters of a function, in order, `*args` where it stands."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    keyword = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    total = code.co_argcount + code.co_kwonlyargcount
    star = code.co_varnames[total : total + 1] if code.co_flags & 4 else ()
    return (*positional, *star, *keyword)


def parameters_of(forward: Any) -> tuple[tuple[str, ...], Mapping[str, Any], bool]:
    """Array inputs, settings with their defaults, and whether the last input is variadic."""
    names, defaults = names_of(forward), forward.__defaults__ or ()
    settings = dict(forward.__kwdefaults__ or {})
    positional = forward.__code__.co_varnames[: forward.__code__.co_argcount]
    if defaults:
        settings = dict(zip(positional[-len(defaults) :], defaults, strict=True)) | settings
    arguments = tuple(name for name in names if name not in settings)
    if forward.__code__.co_flags & 4 and len(arguments) > 1:
        raise TypeError(
            f"op {forward.__name__}: *{arguments[-1]} stands beside other arrays; let it take all arrays, "
            "or make them settings"
        )
    if not arguments:
        raise TypeError(
            f"op {forward.__name__}: a forward needs at least one array, a parameter without default"
        )
    return arguments, MappingProxyType(settings), bool(forward.__code__.co_flags & 4)


def cores_of(signature: str) -> list[list[str]]:
    """The letters of each input in a gufunc signature: `(m,k),(k,n)->(m,n)` has [m, k] and [k, n]."""
    inputs = signature.replace(" ", "").partition("->")[0].strip("()")
    return [[letter for letter in core.split(",") if letter] for core in inputs.split("),(")]


def mismatch(signature: str | None, shapes: list[tuple[int, ...]]) -> str:
    """Which lengths of the shapes contradict each other (`30 != 31`), by a gufunc signature."""
    lengths: dict[str, int] = {}
    cores = cores_of(signature) if signature else []
    for core, shape in zip(cores, shapes, strict=False):
        letters = core
        if len(shape) < len(core):  # a vector where the signature has a matrix: NumPy's rule
            letters = core[1:] if core == cores[0] else core[: len(shape)]
        for letter, n in zip(reversed(letters), reversed(shape), strict=False):
            if lengths.setdefault(letter, n) != n:
                return f"{lengths[letter]} != {n}"
    return ""
