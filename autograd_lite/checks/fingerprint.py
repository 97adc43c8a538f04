"""Fingerprints: has an array been written into since an op used it?"""

from functools import lru_cache
from typing import Any

import numpy as np

_WHOLE = 4_096  # entries; a larger array is sampled, because a copy would take as long as the op itself
_SAMPLES = 64


def compared(array: Any) -> Any:
    """Return an array, or a view of about 64 of its entries, spread evenly, if it is large.

    Its bytes, taken when an op uses the array and again in the backward pass, must be equal.
    """
    return array[_grid(array.shape)] if array.size > _WHOLE else array


@lru_cache(maxsize=256)
def _grid(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return slices that take about 64 entries of an array; all of its axes count as equally long."""
    along_each = round(_SAMPLES ** (1 / sum(n > 1 for n in shape)))
    return tuple(slice(None, None, -(-n // along_each)) for n in shape)


def copied(setting: Any) -> Any:
    """Return a setting that later writes into it do not reach: arrays, tables and lists are copied."""
    if isinstance(setting, np.ndarray) or (hasattr(setting, "iloc") and hasattr(setting, "copy")):
        return setting.copy()
    if type(setting) in (list, tuple):
        return type(setting)(map(copied, setting))
    return setting
