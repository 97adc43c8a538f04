"""Optional dependencies. If one is missing, the error says in one line what to install."""

import importlib
from typing import Any

_PACKAGES = {"sklearn": "scikit-learn"}  # packages with another name than their module


def require(module: str, extra: str) -> Any:
    """Import and return a module. If it is missing, the error says what to install and which extra has it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        missing = (error.name or module).partition(".")[0]
        raise ImportError(
            f"{module} is not installed; pip install {_PACKAGES.get(missing, missing)} "
            f"(autograd_lite's extra {extra!r} has it)"
        ) from error
