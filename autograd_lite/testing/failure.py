"""A mistake that a check has found, and GradientError, which reports it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np


class Failure(NamedTuple):
    """A mistake at one example.

    `kind` is "number", "subgradient" or "second order" for a wrong derivative, else the property that a
    rule lacks: "writes", "state", "linear", "contract", "float32", "layout", "tensors", "empty", "raises".
    `position` is the input whose gradient is wrong; it is -1 if the forward is wrong. `sentence` says what
    is wrong, unless the numbers say it: `entry` of the gradient is `got` instead of `expected`, which is
    known up to `error`.
    """

    kind: str
    position: int
    sentence: str = ""
    entry: tuple[int, ...] | None = None
    got: float = float("nan")
    expected: float = float("nan")
    error: float = 0.0


class GradientError(AssertionError):
    """A gradient that is wrong, or that cannot be checked.

    `facts` holds what the message says, by name: the input, the entry, the two numbers, the example.
    """

    def __init__(self, message: str, facts: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {"message": message}

    def report(self) -> str:
        """Return the facts of the message as JSON."""
        return json.dumps(_as_json(self.facts), allow_nan=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.facts)


def _as_json(value: Any) -> Any:
    """Replace what JSON does not have: arrays by lists, NaN, infinity and other objects by text."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else repr(value)
