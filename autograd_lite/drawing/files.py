"""Files: what is saved is chosen by its suffix, and appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

AnyPath = TypeVar("AnyPath", bound="str | os.PathLike[str]")


def saved(path: AnyPath, makers: Mapping[str, Callable[[], bytes]]) -> AnyPath:
    """Write to `path` what the maker of its suffix makes; the path.

    Raises what `check` raises, before anything is made.
    """
    folder, name, suffix = check(path, tuple(makers))
    _write(folder, name, makers[suffix]())
    return path


def check(path: str | os.PathLike[str], suffixes: Sequence[str]) -> tuple[str, str, str]:
    """Folder, name and suffix of a path to write to.

    Raises a ValueError for another suffix, a FileNotFoundError where the folder is missing.
    """
    folder, name = os.path.split(os.fspath(path))
    suffix = os.path.splitext(name)[1]
    if suffix.lower() not in suffixes:
        raise ValueError(f"draw: {name!r} ends in {suffix!r}; the kinds are {', '.join(suffixes)}")
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"draw: there is no folder {folder!r} for {name!r}; make it first")
    return folder, name, suffix.lower()


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
