"""Drawings of a graph: every tensor is a card, every edge carries a value forward and a gradient back."""

from autograd_lite.drawing.drawings import CHOICES, FORMATS, Drawing, check_path, draw
from autograd_lite.drawing.films import Film, film
from autograd_lite.operation import install

__all__ = ["CHOICES", "FORMATS", "Drawing", "Film", "check_path", "draw", "film"]

draw.film = film  # type: ignore[attr-defined]  # the former name of `film`
install("draw", draw)
