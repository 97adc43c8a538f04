"""Tables in Markdown of what was measured, and of the machine it was measured on."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from peers import OURS, PEERS
from timing import Samples

METHOD = """\
float64, one thread, same first values, same arithmetic; all losses agreed to 1e-9 before timing.
Competitors are interleaved (A B C A B C ...). A training step is forward, backward, SGD update and
the loss as a Python float; the optimiser is the library's own (ours, PyTorch) or three lines where
it has none. A ratio is the median over rounds of ours / theirs: **below 1, ours is faster or
smaller**. In the rows of import and size, "NumPy by hand" is NumPy alone.
"""


def markdown(rows: dict[Any, dict[str, Samples]], seconds: float) -> str:
    """Returns the whole report; `rows` has the samples of each peer for each case."""
    peers = [p.title for p in PEERS if p is not OURS]
    ratios = [
        [c.title, absolute(found, OURS.title, c.unit), *(ratio(found, p) for p in peers)]
        for c, found in rows.items()
    ]
    medians = [
        [f"{c.title}, {c.unit}", *(absolute(found, p.title) for p in PEERS)] for c, found in rows.items()
    ]
    return "\n".join(
        [
            "# Benchmarks\n",
            *machine(),
            f"\n{METHOD}\n## Ours / theirs\n",
            *table(["", OURS.title, *(f"/ {p}" for p in peers)], ratios),
            "\n## Medians\n",
            *table(["", *(p.title for p in PEERS)], medians),
            f"\nThe whole run took {seconds:.0f} s.\n",
        ]
    )


def table(head: list[str], body: list[list[str]]) -> list[str]:
    """Returns the lines of a Markdown table; numbers to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *body)]


def ratio(found: dict[str, Samples], peer: str) -> str:
    """Returns ours / theirs, the peer's failure, or a dash where one has no such case."""
    ours, theirs = found.get(OURS.title), found.get(peer)
    if isinstance(theirs, str):
        return theirs
    if not isinstance(ours, list) or not theirs:
        return "-"
    value = median(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{value:#.2g}" if value < 9.95 else f"{value:,.0f}".replace(",", " ")


def absolute(found: dict[str, Samples], peer: str, unit: str = "") -> str:
    """Returns the median, to three digits or to all of its whole part."""
    samples = found.get(peer)
    if not isinstance(samples, list):
        return samples or "-"
    value = median(samples)
    decimals = max(0, 3 - len(str(int(value))))
    return f"{value:,.{decimals}f} {unit}".strip().replace(",", " ")


def machine() -> list[str]:
    """Returns lines on the machine, the versions and the day."""
    names = dict.fromkeys([*(p.distribution for p in PEERS), "numpy"])
    versions = ", ".join(f"{name} {_version(name)}" for name in names)
    return [
        f"- {date.today()}, {_processor()}, {os.cpu_count()} cores, {platform.system()}",
        f"- Python {platform.python_version()}; {versions}",
    ]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
