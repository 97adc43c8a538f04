"""Files: what is saved is chosen by its suffix, and appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TypeVar

AnyPath = TypeVar("AnyPath", bound="str | os.PathLike[str]")


def saved(path: AnyPath, makers: Mapping[str, Callable[[], bytes]]) -> AnyPath:
    """Write to `path` what the maker of its suffix makes; the path.

    Raises a ValueError for another suffix, a FileNotFoundError where the folder is missing.
    """
    plain: str | os.PathLike[str] = path
    folder, name = os.path.split(os.fspath(plain))
    suffix = os.path.splitext(name)[1]
    if suffix.lower() not in makers:
        kinds = f"the kinds are {', '.join(makers)}" if len(makers) > 1 else f"it is {next(iter(makers))}"
        raise ValueError(f"draw: {name!r} ends in {suffix!r}; {kinds}")
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"draw: there is no folder {folder!r} for {name!r}; make it first")
    _write(folder, name, makers[suffix.lower()]())
    return path


def _write(folder: str, name: str, content: bytes) -> None:
    import tempfile  # slow to import, and `import autograd_lite` needs it not

    handle, temporary = tempfile.mkstemp(dir=folder or ".", prefix=".drawing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, os.path.join(folder, name))
    except BaseException:
        os.unlink(temporary)
        raise
