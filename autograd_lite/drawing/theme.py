"""The palette: a theme maps the name of each colour to its value, with the same names in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from autograd_lite.drawing.statistics import LEVELS

Theme = Mapping[str, str]
Rgb = tuple[int, int, int]


class Look(NamedTuple):
    """A kind of card: width and style of its border; its fill, border and name in light and dark."""

    width: float
    style: str
    light: str
    dark: str


_SOLID = "rounded,filled"
LOOKS = {
    "parameter": Look(2.0, _SOLID, "#EFFBF6 #00735A #00735A", "#10302B #4FD1A5 #4FD1A5"),
    "frozen": Look(1.4, f"{_SOLID},dashed", "#F8FAFC #00735A #56657A", "#1A2538 #4FD1A5 #A3B1C6"),
    "input": Look(1.2, _SOLID, "#F8FAFC #64748B #334155", "#1A2538 #7C8CA5 #E2E8F0"),
    "target": Look(1.2, _SOLID, "#F8FAFC #64748B #334155", "#1A2538 #7C8CA5 #E2E8F0"),
    "tensor": Look(1.2, _SOLID, "#FFFFFF #94A3B8 #0F172A", "#1E293B #7C8CA5 #F1F5F9"),
    "loss": Look(2.0, _SOLID, "#FFF7D6 #0F172A #0F172A", "#3A3213 #F1F5F9 #F1F5F9"),
    "result": Look(2.0, _SOLID, "#FFF7D6 #0F172A #0F172A", "#3A3213 #F1F5F9 #F1F5F9"),
    "layer": Look(1.4, _SOLID, "#F3F9FD #0B5F95 #0B5F95", "#14223A #6CB8EE #6CB8EE"),
    "repeat": Look(1.4, _SOLID, "#F3F9FD #0B5F95 #0B5F95", "#14223A #6CB8EE #6CB8EE"),
}
_COLOURS = {  # light and dark
    "background": "#FFFFFF #0F172A",
    "ink": "#0F172A #F1F5F9",
    "muted": "#56657A #A3B1C6",
    "value": "#0B5F95 #6CB8EE",
    "gradient": "#B84A00 #FF9D5C",
    "alert": "#B91C1C #FF8A8A",
    "quiet": "#94A3B8 #64748B",
    "op": "#334155 #CBD5E1",
    "op_ink": "#FFFFFF #0F172A",
    "cell_border": "#D5DCE5 #3B4A63",
    "layer": "#F3F9FD #14223A",
    "layer_border": "#BFD7EA #2F4A6B",
    "backward": "#FFF7F0 #2A1E17",
    "backward_border": "#F0C9A8 #5E4330",
    "track": "#E1E8F0 #33445E",
}


def shade(level: int) -> str:
    """Name of the colour of a heat cell: cell-n16 is the most negative one, cell-p0 is zero."""
    return f"cell-{'n' if level < 0 else 'p'}{abs(level)}"


def dash(level: int) -> str:
    """Name of the colour of the dash on a negative heat cell."""
    return f"dash-{abs(level)}"


def _theme(column: int, zero: Rgb, negative: Rgb, positive: Rgb, dashes: list[str]) -> Theme:
    """All colours by name. Heat cells go from `zero` to `negative` and `positive`; `dashes` are on them."""
    theme = {name: colours.split()[column] for name, colours in _COLOURS.items()}
    for kind, look in LOOKS.items():
        fill, border, name = (look.light, look.dark)[column].split()
        theme |= {f"{kind}-fill": fill, f"{kind}-border": border, f"{kind}-name": name}
    for level in range(-LEVELS, LEVELS + 1):
        part = abs(level) / LEVELS
        ends = zip(zero, negative if level < 0 else positive, strict=True)
        theme[shade(level)] = "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in ends)
    return theme | {dash(level): colour for level, colour in enumerate(dashes, 1)}


# A dash has a contrast of at least 4.5 to its cell.
LIGHT = _theme(0, (247, 247, 247), (33, 102, 172), (194, 65, 12), ["#000000"] * 14 + ["#FFFFFF"] * 2)
DARK = _theme(1, (51, 65, 85), (96, 165, 250), (251, 146, 60), ["#FFFFFF"] * 8 + ["#000000"] * 8)
THEMES = {"light": LIGHT, "dark": DARK}

# A stand-in colour for each name: svg.embed replaces them by CSS variables.
NAMES = {f"#A0{i:04X}": name for i, name in enumerate(LIGHT, 1)}
STAND_INS: Theme = {name: stand_in for stand_in, name in NAMES.items()}
