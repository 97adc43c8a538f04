"""The report of the benchmark: tables in Markdown, with the machine and the versions."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from peers import COMPILED, PEERS, Peer, Table
from timing import Samples

METHOD = """\
All libraries use float64, one thread, the same initial values and the same arithmetic. Before timing, all
losses agreed to 1e-9. Runs of the libraries are interleaved (A B C A B C ...). A training step is forward,
backward, an SGD update and the loss as a Python float. PyTorch and autograd_lite use their own optimiser;
for the others it is three lines of code. A ratio is the median over rounds of ours / theirs: **below 1,
ours is faster or smaller**. All imported objects are excluded from garbage collection. In the rows of
import and size, "NumPy by hand" is NumPy alone.
"""

COMPILED_METHOD = """
The first column is `ag.compile` after its first call, in the same run. "PyTorch" and "autograd_lite" are
eager. "torch.compile" compiles the whole step as one function, the fastest form that was found; "loss only"
compiles the loss but not `backward()` and the optimiser. For the scalar operations, eager libraries build
the graph in every run. A cell is the ratio and its target: **bold if the target is missed**.
"""


def markdown(
    rows: dict[Any, dict[str, Samples]], tables: tuple[Table, ...], extra: list[str], seconds: float
) -> str:
    """Return the whole report; `rows` has the samples of each peer for each case, `extra` more lines."""
    peers = [p for p in PEERS if any(p.title in found for found in rows.values())]
    medians = [
        [f"{c.title}, {c.unit}", *(absolute(found, p.title) for p in peers)] for c, found in rows.items()
    ]
    return "\n".join(
        [
            "# Benchmarks\n",
            *machine(),
            f"\n{METHOD}",
            *(line for which in tables for line in ratios(which, rows)),
            *extra,
            "## Medians\n",
            *table(["", *(p.title for p in peers)], medians),
            f"\nThe whole run took {seconds:.0f} s.\n",
        ]
    )


def ratios(which: Table, rows: dict[Any, dict[str, Samples]]) -> list[str]:
    """Return a table of ratios under its heading, with the targets it has; nothing without rows."""
    found = {c: samples for c, samples in rows.items() if which in c.tables and which.base.title in samples}
    if not found:
        return []
    judged = {
        c: [(ratio(samples, which.base, p), target(which, c, p)) for p in which.others]
        for c, samples in found.items()
    }
    body = [
        [c.title, absolute(samples, which.base.title, c.unit), *(cell(*pair) for pair in judged[c])]
        for c, samples in found.items()
    ]
    head = ["", which.base.title, *(f"/ {p.title}" for p in which.others)]
    verdicts = [pair for pairs in judged.values() for pair in pairs]
    method = COMPILED_METHOD if which is COMPILED else ""
    return [f"## {which.title}", method, *table(head, body), *met(verdicts), ""]


def target(which: Table, case: Any, peer: Peer) -> float | None:
    """Return the ratio to reach, which only the compiled table has."""
    return case.targets.get(peer) if which is COMPILED else None


def cell(value: float | str, goal: float | None = None) -> str:
    """Return a number, or a word, with the target if there is one: bold where it is missed."""
    if isinstance(value, str):
        return value
    if goal is None:
        return f"{value:#.2g}" if value < 9.95 else f"{value:,.0f}".replace(",", " ")
    text = f"{value:#.3g}" if value < 1 else number(value)
    return f"{text} (≤ {goal:g})" if value <= goal else f"**{text}** (≤ {goal:g})"


def met(judged: list[tuple[float | str, float | None]]) -> list[str]:
    """Return a line that counts how many of these numbers reach their targets, if any has one."""
    verdicts = [value <= goal for value, goal in judged if isinstance(value, float) and goal is not None]
    return [f"\nTargets met: {sum(verdicts)} of {len(verdicts)}."] if verdicts else []


def table(head: list[str], body: list[list[str]]) -> list[str]:
    """Return the lines of a Markdown table; numbers to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *body)]


def ratio(found: dict[str, Samples], base: Peer, peer: Peer) -> float | str:
    """Return base / peer, the peer's failure, or a dash where one has no such case."""
    ours, theirs = found.get(base.title), found.get(peer.title)
    if isinstance(theirs, str):
        return theirs
    if not isinstance(ours, list) or not theirs:
        return "-"
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def absolute(found: dict[str, Samples], peer: str, unit: str = "") -> str:
    """Return the median, the peer's failure, or a dash where one has no such case."""
    samples = found.get(peer)
    if not isinstance(samples, list):
        return samples or "-"
    return f"{number(median(samples))} {unit}".strip()


def number(value: float) -> str:
    """Return a number to three digits, or to all of its whole part."""
    decimals = max(0, 3 - len(str(int(value))))
    return f"{value:,.{decimals}f}".replace(",", " ")


def machine() -> list[str]:
    """Return lines on the machine, the versions and the day."""
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
