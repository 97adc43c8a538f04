"""The table that `Module.summary` returns."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One layer: its path, its kind, the shape of its output, its numbers of parameters and frozen ones."""

    layer: str
    kind: str
    output: str
    parameters: int
    frozen: int


def table(rows: list[Row]) -> str:
    """Return a text table with a header, a line for each layer, and the totals."""
    cells = [("layer", "kind", "output shape", "parameters")]
    cells += [(r.layer, r.kind, r.output, f"{r.parameters:,}") for r in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for *texts, size in cells:
        padded = [text.ljust(width) for text, width in zip(texts, widths[:-1], strict=True)]
        lines.append("  ".join([*padded, size.rjust(widths[-1])]))
    rule = "─" * len(lines[0])
    total = sum(r.parameters for r in rows)
    frozen = sum(r.frozen for r in rows)
    totals = f"total {total:,}: {total - frozen:,} trainable, {frozen:,} frozen"
    return "\n".join([lines[0], rule, *lines[1:], rule, totals])
