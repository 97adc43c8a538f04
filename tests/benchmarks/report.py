"""Tables in Markdown of what was measured, and of the machine it was measured on."""

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
float64, one thread, same first values, same arithmetic; all losses agreed to 1e-9 before timing.
Competitors are interleaved (A B C A B C ...). A training step is forward, backward, SGD update and
the loss as a Python float; the optimiser is the library's own (ours, PyTorch) or three lines where
it has none. A ratio is the median over rounds of ours / theirs: **below 1, ours is faster or
smaller**. The garbage collector does not search what all of them have imported. In the rows of import
and size, "NumPy by hand" is NumPy alone.
"""

COMPILED_METHOD = """
`ag.compile` after its first call, in the same run. "PyTorch" and "autograd_lite" are eager.
"torch.compile" has the whole step in one compiled function, the fastest form found; "loss only" compiles
the loss, and leaves `backward()` and the optimiser as they are. Of the scalar operations, who is eager
builds the graph at every run. A cell is the ratio and its target: **bold where the target is missed**.
"""


def markdown(
    rows: dict[Any, dict[str, Samples]], tables: tuple[Table, ...], extra: list[str], seconds: float
) -> str:
    """Returns the whole report; `rows` has the samples of each peer for each case, `extra` more lines."""
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
    """Returns a table of ratios under its heading, with the targets it has; nothing without rows."""
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
    """Returns the ratio to reach, which only the compiled table has."""
    return case.targets.get(peer) if which is COMPILED else None


def cell(value: float | str, goal: float | None = None) -> str:
    """Returns a number, or a word, with the target if there is one: bold where it is missed."""
    if isinstance(value, str):
        return value
    if goal is None:
        return f"{value:#.2g}" if value < 9.95 else f"{value:,.0f}".replace(",", " ")
    text = f"{value:#.3g}" if value < 1 else number(value)
    return f"{text} (≤ {goal:g})" if value <= goal else f"**{text}** (≤ {goal:g})"


def met(judged: list[tuple[float | str, float | None]]) -> list[str]:
    """Returns a line that counts how many of these numbers reach their targets, if any has one."""
    verdicts = [value <= goal for value, goal in judged if isinstance(value, float) and goal is not None]
    return [f"\nTargets met: {sum(verdicts)} of {len(verdicts)}."] if verdicts else []


def table(head: list[str], body: list[list[str]]) -> list[str]:
    """Returns the lines of a Markdown table; numbers to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *body)]


def ratio(found: dict[str, Samples], base: Peer, peer: Peer) -> float | str:
    """Returns base / peer, the peer's failure, or a dash where one has no such case."""
    ours, theirs = found.get(base.title), found.get(peer.title)
    if isinstance(theirs, str):
        return theirs
    if not isinstance(ours, list) or not theirs:
        return "-"
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def absolute(found: dict[str, Samples], peer: str, unit: str = "") -> str:
    """Returns the median, the peer's failure, or a dash where one has no such case."""
    samples = found.get(peer)
    if not isinstance(samples, list):
        return samples or "-"
    return f"{number(median(samples))} {unit}".strip()


def number(value: float) -> str:
    """Returns a number to three digits, or to all of its whole part."""
    decimals = max(0, 3 - len(str(int(value))))
    return f"{value:,.{decimals}f}".replace(",", " ")


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
