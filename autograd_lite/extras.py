"""Optional dependencies: a missing one is told in one line, with what to install."""

from __future__ import annotations

import importlib
from typing import Any


def require(module: str, extra: str) -> Any:
    """The module, or an ImportError that says which extra of autograd_lite brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f'{module} is not installed; it comes with: pip install "autograd_lite[{extra}]"'
        ) from error
