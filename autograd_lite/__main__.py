"""The command line: `python -m autograd_lite demo`, `... ops` and `... draw script.py:loss -o graph.png`."""

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


def _print_ops() -> None:
    """Print the table of operations: each input with its local derivative."""
    rows = [("operation", "symbol", "gradient", "domain", "NumPy")]
    for op in sorted(OPS.values(), key=lambda op: op.name):
        start = (op.name, op.symbol)
        end = ", ".join(op.numpy_names)
        for argument in op.arguments:
            rows.append((*start, f"{argument}: {op.local(argument)}", op.domains[argument].name, end))
            start = ("", "")
            end = ""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw(options: argparse.Namespace) -> None:
    """Run a script and draw one of its tensors."""
    script, _, name = options.what.rpartition(":")
    if not script or not name.isidentifier():
        raise ValueError(f"draw: {options.what!r} names no tensor; write script.py:loss")
    if options.out:
        check_path(options.out, FORMATS)  # before the script, which may train for an hour
    variables = _run(script)
    root = _variable(variables, name, Tensor, script)
    model = None if options.model is None else _variable(variables, options.model, Module, script)
    names = {
        key: value
        for key, value in variables.items()
        if isinstance(value, Tensor | np.ndarray) and key[0] != "_" and getattr(value, "name", None) is None
    }
    settings = {key: getattr(options, key) for key in (*CHOICES, "max_nodes", "title", "unfold")}
    drawing = draw(root, model=model, names=names, **settings)
    print(f"wrote {drawing.save(options.out)}" if options.out else drawing)


def _run(script: str) -> dict[str, Any]:
    """Run a script as Python does and return its variables; if it fails, the command ends."""
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


def _variable(variables: dict[str, Any], name: str, kind: type, script: str) -> Any:
    """Return a variable of a script. If it is not of this kind, the error names the variables that are."""
    value = variables.get(name)
    if isinstance(value, kind):
        return value
    given = f"a {type(value).__name__}" if name in variables else "nothing"
    others = [key for key, other in variables.items() if isinstance(other, kind)]
    raise ValueError(
        f"draw: {script} leaves {given} in {name!r}, not a {kind.__name__}; it leaves "
        f"{', '.join(others) or 'none'}"
    )


def _add_draw_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="SCRIPT:NAME", help="a script and the name of one of its tensors")
    parser.add_argument("-o", "--out", help=f"the file, {' '.join(FORMATS)}; without it, a table")
    parser.add_argument("--model", help="the name of the model, whose modules become boxes of layers")
    for option, choices in CHOICES.items():
        parser.add_argument(f"--{option}", choices=choices, default=choices[0])
    parser.add_argument("--max-nodes", type=int, default=60, help="more cards are folded (default 60)")
    parser.add_argument("--unfold", action="append", default=[], help="a fold to show whole; may be repeated")
    parser.add_argument("--title")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograd_lite", description="Learn backpropagation.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo_parser = commands.add_parser("demo", help="train, check and draw on real data")
    demo_parser.add_argument("--out", type=Path, default=Path("demo"), help="folder for the pictures")
    commands.add_parser("ops", help="print the table of operations")
    _add_draw_arguments(commands.add_parser("draw", help="draw the graph of a tensor of a script"))
    options = parser.parse_args(arguments)
    try:
        if options.command == "demo":
            demo.run(options.out)
        elif options.command == "draw":
            _draw(options)
        else:
            _print_ops()
    except BrokenPipeError:  # the reader of the output, such as `head`, has ended
        sys.stdout = None
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        parser.exit(1, f"{error}\n")  # a missing package or a wrong path needs no traceback
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
