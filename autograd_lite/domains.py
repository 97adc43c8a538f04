"""Domains of operations: intervals of the real line, labels, masks; and shapes that fit together."""

from typing import Any, NamedTuple

import numpy as np


class Domain(NamedTuple):
    """The values that an input may take: the interval (low, high), or one of a few `choices`.

    `closed` includes the ends. `avoid` lists points at which the op or its gradient is not defined.
    """

    name: str
    low: float = -np.inf
    high: float = np.inf
    avoid: tuple[float, ...] = ()
    choices: tuple[Any, ...] = ()
    closed: bool = False

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any = float) -> Any:
        """Return ordinary values of the domain: of size about one, away from its ends and `avoid`.

        No two are equal unless the domain is a set of choices.
        """
        if self.choices:
            return np.asarray(rng.choice(np.array(self.choices), size=shape))
        low, high = max(self.low, -2.5), min(self.high, 2.5)
        margin = 0.04 * (high - low)
        x = rng.uniform(low + margin, high - margin, shape)
        for point in self.avoid:
            x = np.where(np.abs(x - point) < 0.1, x + np.where(x < point, -0.1, 0.1), x)
        return x.astype(dtype)

    def holds(self, number: float) -> bool:
        """True if a number lies in the interval and is not to be avoided."""
        inside = self.low < number < self.high or (self.closed and number in (self.low, self.high))
        return inside and number not in self.avoid

    @property
    def discrete(self) -> bool:
        """True if the input is a constant by nature: labels, indices, masks."""
        return bool(self.choices)


def cores_of(signature: str) -> list[list[str]]:
    """Return the letters of each input in a gufunc signature: [m, k] and [k, n] for `(m,k),(k,n)->(m,n)`."""
    inputs = signature.replace(" ", "").partition("->")[0].strip("()")
    return [[letter for letter in core.split(",") if letter] for core in inputs.split("),(")]


REAL = Domain("real")
POSITIVE = Domain("positive", low=0.0)
NOT_NEGATIVE = Domain("x >= 0", low=0.0, closed=True)
NONZERO = Domain("nonzero", avoid=(0.0,))
OPEN_UNIT = Domain("-1 < x < 1", low=-1.0, high=1.0)
PROBABILITY = Domain("0 < p < 1", low=0.0, high=1.0)
UNIT = Domain("0 <= p <= 1", low=0.0, high=1.0, closed=True)
ABOVE_MINUS_ONE = Domain("x > -1", low=-1.0)
MASK = Domain("boolean", choices=(False, True))
BINARY = Domain("0 or 1", choices=(0.0, 1.0))
SIGNS = Domain("-1 or +1", choices=(-1.0, 1.0))
CLASSES = Domain("0, 1 or 2", choices=(0, 1, 2))
