"""The command line: `python -m autograd_lite demo [--out DIR]` and `python -m autograd_lite ops`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograd_lite import demo
from autograd_lite.operation import OPS


def _ops() -> None:
    """Print the table of operations: each input with its local derivative."""
    rows = [("operation", "symbol", "gradient", "domain", "NumPy")]
    for op in sorted(OPS.values(), key=lambda op: op.name):
        numpy = ", ".join(op.numpy_names)
        for i, argument in enumerate(op.arguments):
            rule = f"{argument}: {op.formulas.get(argument, 'none')}".replace("{", "").replace("}", "")
            head = (op.name, op.symbol) if i == 0 else ("", "")
            rows.append((*head, rule, op.domains[argument].name, numpy if i == 0 else ""))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograd_lite", description="Learn backpropagation.")
    commands = parser.add_subparsers(dest="command", required=True)
    demonstration = commands.add_parser("demo", help="train, check and draw on real data")
    demonstration.add_argument("--out", type=Path, default=Path("demo"), help="folder for the pictures")
    commands.add_parser("ops", help="print the table of operations")
    options = parser.parse_args(arguments)
    try:
        if options.command == "demo":
            demo.run(options.out)
        else:
            _ops()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = None
    except (ImportError, OSError, RuntimeError) as error:  # something to install, or a path: no traceback
        parser.exit(1, f"{error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
