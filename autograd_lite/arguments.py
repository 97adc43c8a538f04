"""Checks of arguments. Each returns the value or raises an error that names the function and the argument."""

import inspect
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import wraps
from math import inf, nan
from typing import Any, ParamSpec, TypeVar

import numpy as np

from autograd_lite.guesses import ARGUMENTS

P = ParamSpec("P")
Result = TypeVar("Result")
Check = Callable[[str, str, Any], Any]  # called with the names of a function and an argument, and the value


def explained(function: Callable[P, Result]) -> Callable[P, Result]:
    """Decorator: a call with wrong arguments raises a TypeError that says what they are called here."""
    signature = inspect.signature(function)
    names = [name for name in signature.parameters if name != "self"]

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            here = {key: ARGUMENTS.get(key, "") for key in kwargs if key not in names}
            known = {key: name for key, name in here.items() if name.split(":")[0] in names}
            hints = [f"instead of {key}, give {name}" for key, name in known.items()]
            reason = "; ".join(hints) or f"{error}; the arguments are {', '.join(names)}"
            raise TypeError(f"{function.__qualname__.removesuffix('.__init__')}: {reason}") from None
        return function(*args, **kwargs)

    return checked


def is_whole_number(value: Any, least: int = 1) -> bool:
    """True if the value is an integer of Python or NumPy, not a bool, and at least `least`."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= least)


def whole_number(
    function: str, name: str, value: Any, least: int = 1, unit: str = "", example: str = ""
) -> int:
    """Return the value as an int.

    Raises ValueError if it is not an integer of at least `least`. The error names the `unit`, such as
    "points", and an `example`, such as "X.shape[1]".

    >>> whole_number("two_moons", "n", 1, least=2, unit="points")
    Traceback (most recent call last):
    ValueError: two_moons: n is 1; give a whole number of points, 2 or more
    """
    if not is_whole_number(value, least):
        of_unit = f" of {unit}" if unit else ""
        such_as = f", such as {example}" if example else ""
        raise ValueError(
            f"{function}: {name} is {value!r}; give a whole number{of_unit}, {least} or more{such_as}"
        )
    return int(value)


def one_of(function: str, name: str, value: Any, choices: Iterable[str], alternative: str = "") -> str:
    """Return the value; raises ValueError if it is not one of the choices.

    The error lists them, and then the `alternative`, a description of what else the argument may be.
    """
    names = list(choices)
    if not isinstance(value, str) or value not in names:
        alternatives = f", or {alternative}" if alternative else ""
        listed = ", ".join(map(repr, names))
        raise ValueError(f"{function}: {name} is {value!r}; it must be one of {listed}{alternatives}")
    return value


def number(condition: Callable[[float], bool], description: str) -> Check:
    """Return a check that converts a value to a Python float.

    It raises ValueError if the value is not a number or does not meet the condition. The error says that
    the value must be what the `description` says, such as "positive and finite".
    """

    def check(function: str, name: str, value: Any) -> float:
        try:
            converted = nan if isinstance(value, str) else float(value)
        except (TypeError, ValueError):
            converted = nan
        if not condition(converted):
            raise ValueError(f"{function}: {name} is {value!r}; it must be {description}")
        return converted

    return check


def no_masked(function: str, name: str, value: Any) -> None:
    """Raise ValueError if the value is a masked array with masked entries, whose mask NumPy would drop."""
    if np.ma.is_masked(value):
        first = np.argwhere(np.ma.getmaskarray(value))[0].tolist()
        raise ValueError(
            f"{function}: {name} has masked entries, the first at {first}; fill them, such as "
            f"{name}.filled(0), or leave out their rows"
        )


def only_numbers(function: str, name: str, value: Any) -> None:
    """Raise ValueError or TypeError if an array or data frame has masked entries, text or dates."""
    no_masked(function, name, value)
    array = np.asarray(value)
    texts = ""
    if array.dtype.kind in "mMUSV":
        texts = f"has dtype {array.dtype}"
    elif array.dtype.kind == "O":
        for index, entry in np.ndenumerate(array):
            if isinstance(entry, str | bytes | date | timedelta | np.datetime64 | np.timedelta64):
                texts = f"has {entry!r} at {list(index)}"
                break
    if texts:
        raise TypeError(
            f"{function}: {name} {texts}; give numbers: .astype(float) if all are digits, or "
            "encode categories and dates first"
        )


positive = number(lambda v: 0 < v < inf, "positive and finite")
not_negative = number(lambda v: 0 <= v < inf, "at least 0 and finite")
fraction = number(lambda v: 0 <= v < 1, "at least 0 and less than 1")
