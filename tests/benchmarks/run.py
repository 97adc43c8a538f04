"""Compares autograd_lite with its peers, in a table: `python tests/benchmarks/run.py [--quick]`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from time import perf_counter

import environment  # before all that imports NumPy
from cases import CASES
from peers import PEERS, Peer
from report import markdown

RESULTS = Path(__file__).parent / "RESULTS.md"
SECONDS, QUICK_SECONDS = 30.0, 2.0  # for each case


def available() -> list[Peer]:
    """Returns the peers that can be imported, and says why the others cannot."""
    found = []
    for peer in PEERS:
        try:
            peer.function("train")
        except (ImportError, AttributeError) as error:
            print(f"without {peer.title}: {error}")
        else:
            found.append(peer)
    return found


def main() -> None:
    """Reads the command line, measures the cases asked for, prints and writes the report."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=CASES, action="append", help="this case; may be repeated")
    parser.add_argument("--quick", action="store_true", help="a few rounds: a smoke test, noisy")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the report goes")
    asked = parser.parse_args()
    start = perf_counter()
    print("one thread:", environment.ONE_THREAD)
    peers = available()
    rows = {}
    for case in (CASES[name] for name in asked.only or CASES):
        print(case.title)
        rows[case] = case.measure(peers, QUICK_SECONDS if asked.quick else SECONDS)
    report = markdown(rows, perf_counter() - start)
    asked.out.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
