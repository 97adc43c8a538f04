"""The time to import a package and its size on disk."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from timing import Samples

TIMED_IMPORT = "import time; start = time.perf_counter(); import {0}; print(time.perf_counter() - start)"


def import_times(peers: list[Any], seconds: float) -> dict[str, Samples]:
    """Return the import times of each package in milliseconds, in new processes and interleaved rounds."""
    samples: dict[str, Samples] = {p.title: [] for p in peers}
    for p in peers:  # a first import fills the disk cache and writes the byte code
        _import_time(p.package)
    stop, rounds = perf_counter() + seconds, 0
    while perf_counter() < stop or rounds < 3:
        for p in peers:
            samples[p.title].append(1e3 * _import_time(p.package))
        rounds += 1
    return samples


def _import_time(package: str) -> float:
    command = [sys.executable, "-c", TIMED_IMPORT.format(package)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def sizes(peers: list[Any], _seconds: float) -> dict[str, Samples]:
    """Return the size of each package and its requirements in megabytes, without optional extras."""
    return {p.title: [_megabytes(_source(p.package) | _installed(p.distribution))] for p in peers}


def _megabytes(files: set[Path]) -> float:
    return sum(f.stat().st_size for f in files if f.is_file()) / 1e6


def _source(package: str) -> set[Path]:
    """Return the files in the package's folder, because an editable install does not record them."""
    root = find_spec(package.partition(".")[0])
    folders = root.submodule_search_locations if root else None
    return {f.resolve() for folder in folders or () for f in Path(folder).rglob("*")}


def _installed(name: str, seen: set[str] | None = None) -> set[Path]:
    """Return the files that this distribution and its requirements recorded at installation."""
    seen = set() if seen is None else seen
    if name in seen:
        return set()
    seen.add(name)
    try:
        found = distribution(name)
    except PackageNotFoundError:  # required only on another platform
        return set()
    files = {Path(str(found.locate_file(f))).resolve() for f in found.files or ()}
    for requirement in found.requires or ():
        if "extra ==" not in requirement:
            files |= _installed(re.split(r"[^\w.-]", requirement)[0].lower(), seen)
    return files
