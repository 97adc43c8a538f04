"""The table that `Module.summary` returns."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A layer of the table: where it is, what it is, what comes out, how many numbers it learns."""

    layer: str
    kind: str
    output: str
    parameters: int
    frozen: int


def table(rows: list[Row]) -> str:
    """The layers under a head, in columns, and a line of totals."""
    cells = [("layer", "kind", "output shape", "parameters")]
    cells += [(r.layer, r.kind, r.output, f"{r.parameters:,}") for r in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join([*(c.ljust(w) for c, w in zip(row[:3], widths, strict=False)), row[3].rjust(widths[3])])
        for row in cells
    ]
    total, frozen = sum(r.parameters for r in rows), sum(r.frozen for r in rows)
    rule = "─" * len(lines[0])
    told = f"total {total:,}: {total - frozen:,} trainable, {frozen:,} frozen"
    return "\n".join([lines[0], rule, *lines[1:], rule, told])
