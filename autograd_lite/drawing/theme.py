"""The palette: what each kind of card is coloured, in light and dark."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """How a card of one kind is drawn: fill, border, width of the border, colour of its name, style."""

    fill: str
    border: str
    width: float
    name: str
    style: str = "rounded,filled"


class Theme(NamedTuple):
    """Colours of a drawing; value and gradient are the two lanes of every road."""

    background: str
    ink: str
    muted: str
    value: str
    gradient: str
    parameter: str
    alert: str
    quiet: str
    op: str
    op_ink: str
    layer_fill: str
    layer_border: str
    cell_border: str
    zero: tuple[int, int, int]
    negative: tuple[int, int, int]
    positive: tuple[int, int, int]
    kinds: dict[str, Look]


LIGHT = Theme(
    background="#FFFFFF", ink="#0F172A", muted="#56657A", value="#0B5F95", gradient="#B84A00",
    parameter="#00735A", alert="#B91C1C", quiet="#94A3B8", op="#334155", op_ink="#FFFFFF",
    layer_fill="#F3F9FD", layer_border="#BFD7EA", cell_border="#D5DCE5",
    zero=(247, 247, 247), negative=(33, 102, 172), positive=(194, 65, 12),
    kinds={
        "parameter": Look("#EFFBF6", "#00735A", 2.0, "#00735A"),
        "frozen": Look("#F8FAFC", "#00735A", 1.4, "#56657A", "rounded,filled,dashed"),
        "input": Look("#F8FAFC", "#64748B", 1.2, "#334155"),
        "target": Look("#F8FAFC", "#64748B", 1.2, "#334155"),
        "constant": Look("#F8FAFC", "#94A3B8", 1.0, "#56657A"),
        "tensor": Look("#FFFFFF", "#94A3B8", 1.2, "#0F172A"),
        "loss": Look("#FFF7D6", "#0F172A", 2.0, "#0F172A"),
    },
)  # fmt: skip

DARK = Theme(
    background="#0F172A", ink="#F1F5F9", muted="#A3B1C6", value="#6CB8EE", gradient="#FF9D5C",
    parameter="#4FD1A5", alert="#FF8A8A", quiet="#64748B", op="#CBD5E1", op_ink="#0F172A",
    layer_fill="#14223A", layer_border="#2F4A6B", cell_border="#3B4A63",
    zero=(51, 65, 85), negative=(96, 165, 250), positive=(251, 146, 60),
    kinds={
        "parameter": Look("#10302B", "#4FD1A5", 2.0, "#4FD1A5"),
        "frozen": Look("#1A2538", "#4FD1A5", 1.4, "#A3B1C6", "rounded,filled,dashed"),
        "input": Look("#1A2538", "#7C8CA5", 1.2, "#E2E8F0"),
        "target": Look("#1A2538", "#7C8CA5", 1.2, "#E2E8F0"),
        "constant": Look("#1A2538", "#64748B", 1.0, "#A3B1C6"),
        "tensor": Look("#1E293B", "#7C8CA5", 1.2, "#F1F5F9"),
        "loss": Look("#3A3213", "#F1F5F9", 2.0, "#F1F5F9"),
    },
)  # fmt: skip

THEMES = {"light": LIGHT, "dark": DARK}


def shade(theme: Theme, x: float) -> str:
    """The colour of a heat cell, for x from -1 (negative) over 0 to 1 (positive)."""
    end = theme.negative if x < 0 else theme.positive
    part = min(abs(x), 1.0) ** 0.75  # small entries stay visible
    return "#" + "".join(f"{round(z + (e - z) * part):02X}" for z, e in zip(theme.zero, end, strict=True))
