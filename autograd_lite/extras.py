"""Optional dependencies: a missing one is told in one line, with what to install."""

from __future__ import annotations

import importlib
from typing import Any

_PACKAGES = {"sklearn": "scikit-learn"}  # where the package has another name than its module


def require(module: str, extra: str) -> Any:
    """The module, or an ImportError that says what to install, and which extra of autograd_lite has it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        missing = (error.name or module).partition(".")[0]
        raise ImportError(
            f"{module} is not installed; pip install {_PACKAGES.get(missing, missing)} "
            f"(autograd_lite's extra {extra!r} has it)"
        ) from error
