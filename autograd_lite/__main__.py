"""The command line: `python -m autograd_lite demo`, `... ops` and `... draw script.py:loss -o graph.png`."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite import demo
from autograd_lite.drawing import CHOICES, FORMATS, check_path, draw
from autograd_lite.nn import Module
from autograd_lite.operation import OPS
from autograd_lite.tensor import Tensor


def _ops() -> None:
    """Print the table of operations: each input with its local derivative."""
    rows = [("operation", "symbol", "gradient", "domain", "NumPy")]
    for op in sorted(OPS.values(), key=lambda op: op.name):
        numpy = ", ".join(op.numpy_names)
        for i, argument in enumerate(op.arguments):
            head = (op.name, op.symbol) if i == 0 else ("", "")
            rows.append(
                (
                    *head,
                    f"{argument}: {op.local(argument)}",
                    op.domains[argument].name,
                    numpy if i == 0 else "",
                )
            )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw(options: argparse.Namespace) -> None:
    """Run a script and draw the tensor that it leaves in a name."""
    script, _, name = options.what.rpartition(":")
    if not script or not name.isidentifier():
        raise ValueError(f"draw: {options.what!r} names no tensor; write script.py:loss")
    if options.out:
        check_path(options.out, FORMATS)  # before the script, which may train for an hour
    left = _run(script)
    root = _left(left, name, Tensor, script)
    model = None if options.model is None else _left(left, options.model, Module, script)
    arrays = {key: held for key, held in left.items() if isinstance(held, Tensor | np.ndarray)}
    names = {key: x for key, x in arrays.items() if key[0] != "_" and getattr(x, "name", None) is None}
    drawing = draw(
        root, model=model, names=names, detail=options.detail, show=options.show, theme=options.theme,
        direction=options.direction, max_nodes=options.max_nodes, title=options.title, unfold=options.unfold,
    )  # fmt: skip
    print(f"wrote {drawing.save(options.out)}" if options.out else drawing)


def _run(script: str) -> dict[str, Any]:
    """What a script leaves in its variables, run as if by itself; an error of its own ends the command."""
    if not os.path.isfile(script):
        raise FileNotFoundError(f"draw: there is no file {script!r}")
    sys.argv = [script]
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    variables: dict[str, Any] = {"__name__": "__main__", "__file__": script}
    try:
        with open(script, "rb") as file:
            exec(compile(file.read(), script, "exec"), variables)
    except SystemExit as end:
        if end.code:
            raise
    except Exception:
        traceback.print_exc()
        raise SystemExit(f"draw: {script} ended with this error, so there is nothing to draw") from None
    return variables


def _left(variables: dict[str, Any], name: str, kind: type, script: str) -> Any:
    """The variable of that name, which is of that kind; an error with those that are."""
    held = variables.get(name)
    if isinstance(held, kind):
        return held
    told = f"a {type(held).__name__}" if name in variables else "nothing"
    others = [key for key, value in variables.items() if isinstance(value, kind)]
    raise ValueError(
        f"draw: {script} leaves {told} in {name!r}, not a {kind.__name__}; it leaves "
        f"{', '.join(others) or 'none'}"
    )


def _drawing_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="SCRIPT:NAME", help="a script and the tensor it leaves in a name")
    parser.add_argument("-o", "--out", help=f"the file, {' '.join(FORMATS)}; without it, a table")
    parser.add_argument("--model", help="the name of the model, whose modules caption the layers")
    for option, choices in CHOICES.items():
        parser.add_argument(f"--{option}", choices=choices, default=choices[0])
    parser.add_argument("--max-nodes", type=int, default=60, help="more cards are folded (default 60)")
    parser.add_argument("--unfold", action="append", default=[], help="a fold to show whole; may be repeated")
    parser.add_argument("--title")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograd_lite", description="Learn backpropagation.")
    commands = parser.add_subparsers(dest="command", required=True)
    demonstration = commands.add_parser("demo", help="train, check and draw on real data")
    demonstration.add_argument("--out", type=Path, default=Path("demo"), help="folder for the pictures")
    commands.add_parser("ops", help="print the table of operations")
    _drawing_arguments(commands.add_parser("draw", help="draw the graph of a tensor that a script computes"))
    options = parser.parse_args(arguments)
    try:
        if options.command == "demo":
            demo.run(options.out)
        elif options.command == "draw":
            _draw(options)
        else:
            _ops()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = None
    except (
        ImportError,
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # something to install, or a path: no traceback
        parser.exit(1, f"{error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
