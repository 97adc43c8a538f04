"""The palette: a theme is a colour for each name, the same names in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from autograd_lite.drawing.statistics import LEVELS

Theme = Mapping[str, str]


class Look(NamedTuple):
    """How a card of one kind is drawn, besides its colours: the width of its border, and its style."""

    width: float
    style: str = "rounded,filled"


LOOKS = {
    "parameter": Look(2.0),
    "frozen": Look(1.4, "rounded,filled,dashed"),
    "input": Look(1.2),
    "target": Look(1.2),
    "tensor": Look(1.2),
    "loss": Look(2.0),
    "result": Look(2.0),
    "layer": Look(1.4),
    "repeat": Look(1.4),
}


def _theme(
    zero: tuple[int, int, int], negative: tuple[int, int, int], positive: tuple[int, int, int],
    kinds: Mapping[str, str], **colours: str,
) -> Theme:  # fmt: skip
    """All colours by name; each kind has its fill, border and name in one string."""
    cells = {
        shade(level): _mixed(zero, negative if level < 0 else positive, abs(level) / LEVELS)
        for level in range(-LEVELS, LEVELS + 1)
    }
    parts = {
        f"{kind}-{part}": colour
        for kind, look in kinds.items()
        for part, colour in zip(("fill", "border", "name"), look.split(), strict=True)
    }
    dashes = {dash(level): _legible(cells[shade(level)]) for level in range(-LEVELS, 0)}
    return {**colours, **parts, **cells, **dashes}


def shade(level: int) -> str:
    """The name of the colour of a heat cell: cell-n16 is the most negative, cell-p0 zero."""
    return f"cell-{'n' if level < 0 else 'p'}{abs(level)}"


def dash(level: int) -> str:
    """The name of the colour of the dash on a negative cell."""
    return f"dash-{abs(level)}"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, from 1 to 21; text needs 4.5."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _legible(ground: str) -> str:
    """Black or white, whichever is the softer one that still has a contrast of 4.5."""
    return min(("#000000", "#FFFFFF"), key=lambda ink: (contrast(ink, ground) < 4.5, contrast(ink, ground)))


def _mixed(start: tuple[int, int, int], end: tuple[int, int, int], part: float) -> str:
    return "#" + "".join(f"{round(s + (e - s) * part):02X}" for s, e in zip(start, end, strict=True))


LIGHT = _theme(
    background="#FFFFFF", ink="#0F172A", muted="#56657A", value="#0B5F95", gradient="#B84A00",
    alert="#B91C1C", quiet="#94A3B8", op="#334155", op_ink="#FFFFFF", cell_border="#D5DCE5",
    layer="#F3F9FD", layer_border="#BFD7EA", backward="#FFF7F0", backward_border="#F0C9A8", track="#E1E8F0",
    zero=(247, 247, 247), negative=(33, 102, 172), positive=(194, 65, 12),
    kinds={
        "parameter": "#EFFBF6 #00735A #00735A", "frozen": "#F8FAFC #00735A #56657A",
        "input": "#F8FAFC #64748B #334155", "target": "#F8FAFC #64748B #334155",
        "tensor": "#FFFFFF #94A3B8 #0F172A",
        "loss": "#FFF7D6 #0F172A #0F172A", "result": "#FFF7D6 #0F172A #0F172A",
        "layer": "#F3F9FD #0B5F95 #0B5F95", "repeat": "#F3F9FD #0B5F95 #0B5F95",
    },
)  # fmt: skip

DARK = _theme(
    background="#0F172A", ink="#F1F5F9", muted="#A3B1C6", value="#6CB8EE", gradient="#FF9D5C",
    alert="#FF8A8A", quiet="#64748B", op="#CBD5E1", op_ink="#0F172A", cell_border="#3B4A63",
    layer="#14223A", layer_border="#2F4A6B", backward="#2A1E17", backward_border="#5E4330", track="#33445E",
    zero=(51, 65, 85), negative=(96, 165, 250), positive=(251, 146, 60),
    kinds={
        "parameter": "#10302B #4FD1A5 #4FD1A5", "frozen": "#1A2538 #4FD1A5 #A3B1C6",
        "input": "#1A2538 #7C8CA5 #E2E8F0", "target": "#1A2538 #7C8CA5 #E2E8F0",
        "tensor": "#1E293B #7C8CA5 #F1F5F9",
        "loss": "#3A3213 #F1F5F9 #F1F5F9", "result": "#3A3213 #F1F5F9 #F1F5F9",
        "layer": "#14223A #6CB8EE #6CB8EE", "repeat": "#14223A #6CB8EE #6CB8EE",
    },
)  # fmt: skip

THEMES = {"light": LIGHT, "dark": DARK}

# Stand-ins, one for each name: a picture made with them can be given any colours afterwards.
NAMES = {f"#A0{i:04X}": name for i, name in enumerate(LIGHT, 1)}
STAND_INS: Theme = {name: stand_in for stand_in, name in NAMES.items()}
