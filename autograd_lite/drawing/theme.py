"""The palette, read from web/palette.css: a theme maps the name of each colour to its value."""

import os
import re
from collections.abc import Mapping

_WEB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "web")
Theme = Mapping[str, str]
# The width of the border of each kind of card, in points.
BORDERS = {
    "parameter": 2.0,
    "frozen": 1.4,
    "input": 1.2,
    "target": 1.2,
    "tensor": 1.2,
    "loss": 2.0,
    "result": 2.0,
    "layer": 1.4,
    "repeat": 1.4,
}


def read_web(name: str) -> str:
    """The text of a file of the folder web."""
    with open(os.path.join(_WEB, name), encoding="utf-8") as file:
        return file.read()


def shade(level: int) -> str:
    """Name of the colour of a heat cell: cell-n16 is the most negative one, cell-p0 is zero."""
    return f"cell-{'n' if level < 0 else 'p'}{abs(level)}"


_PALETTE = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\);", read_web("palette.css"))
LIGHT: Theme = {name: light for name, light, _ in _PALETTE}
DARK: Theme = {name: dark for name, _, dark in _PALETTE}
THEMES = {"light": LIGHT, "dark": DARK}

# A stand-in colour for each name: svg.embed replaces them by CSS variables.
NAMES = {f"#A0{i:04X}": name for i, name in enumerate(LIGHT, 1)}
STAND_INS: Theme = {name: stand_in for stand_in, name in NAMES.items()}
