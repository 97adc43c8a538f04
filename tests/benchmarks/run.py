"""Compare the speed of autograd_lite with other libraries: `python tests/benchmarks/run.py [--quick]`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from time import perf_counter

import environment  # before any module that imports NumPy
from cases import CASES
from compiling import costs
from fits import fits
from peers import COMPILED, EAGER, PEERS, Peer, Table
from report import markdown

RESULTS = Path(__file__).parent / "RESULTS.md"
SECONDS, QUICK_SECONDS = 15.0, 2.0  # for each case


def available() -> list[Peer]:
    """Return the peers that can be imported; print why the others cannot."""
    found = []
    for peer in PEERS:
        try:
            peer.function("train")
        except (ImportError, AttributeError) as error:
            print(f"without {peer.title}: {error}")
        else:
            found.append(peer)
    return found


def peers_of(tables: list[Table]) -> set[Peer]:
    """Return all peers of these tables."""
    return {p for t in tables for p in (t.base, *t.others)}


def main() -> None:
    """Read the command line, measure the selected cases, print and write the report."""
    parser = ArgumentParser(description=__doc__)
    choices = [*CASES, "compiling", "fits"]
    parser.add_argument(
        "--only", choices=choices, action="append", help="measure only this case; may be repeated"
    )
    parser.add_argument("--compiled", action="store_true", help="measure only compiled programs")
    parser.add_argument("--quick", action="store_true", help="only a few rounds; the numbers are noisy")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file of the report")
    asked = parser.parse_args()
    start = perf_counter()
    print("one thread:", environment.ONE_THREAD)
    found, rows = available(), {}
    names = asked.only or choices
    tables = (COMPILED,) if asked.compiled else (EAGER, COMPILED)
    for case in (CASES[name] for name in names if name in CASES):
        wanted = peers_of([t for t in case.tables if t in tables])
        if wanted:
            print(case.title)
            seconds = QUICK_SECONDS if asked.quick else SECONDS
            rows[case] = case.measure([p for p in found if p in wanted], seconds)
    extra = costs(asked.quick) if "compiling" in names else []
    extra += fits(asked.quick) if "fits" in names else []
    report = markdown(rows, tables, extra, perf_counter() - start)
    asked.out.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
