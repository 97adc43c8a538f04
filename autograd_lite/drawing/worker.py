"""Program that draws every DOT file of the current folder: 0.dot in the format svg becomes 0.svg."""

import sys
from pathlib import Path


def main(formats: str, *packages: str) -> None:
    """Draw in each of the `formats`, separated by spaces; `packages` are the folders to import from."""
    sys.path += packages
    from pygraphviz import AGraph

    for source in sorted(Path().glob("*.dot")):
        graph = AGraph(filename=str(source))
        for format in formats.split():
            source.with_suffix(f".{format}").write_bytes(graph.draw(format=format, prog="dot"))


if __name__ == "__main__":
    main(*sys.argv[1:])
