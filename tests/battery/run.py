"""Run the battery in some libraries, and write their columns into results.json: `make battery` runs all.

`python -m tests.battery.run ours compiled` runs autograd_lite, and keeps the results of the others.
"""

import json
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.battery.case import MISSING, Outcome, run
from tests.battery.kinds import KINDS, compiles, key
from tests.battery.libraries import LIBRARIES, ours_compiled

RESULTS = Path(__file__).parent / "results.json"
PACKAGES = {
    "ours": "autograd_lite",
    "compiled": "numpy",
    "torch": "torch",
    "jax": "jax",
    "hips": "autograd",
    "mygrad": "mygrad",
}


def column(library: str) -> dict[str, Outcome]:
    """Return the outcomes of all cases in one library; "compiled" is autograd_lite compiled."""
    if library == "compiled":
        names = ours_compiled()
        return {
            key(kind, case): run(case, "ours", names) if compiles(case) else Outcome(MISSING)
            for kind in KINDS
            for case in kind.cases
        }
    names = LIBRARIES[library]()
    return {key(kind, case): run(case, library, names) for kind in KINDS for case in kind.cases}


def main(libraries: list[str]) -> None:
    """Run the columns of some libraries and write all results."""
    before = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {"outcomes": {}, "versions": {}}
    columns = {library: column(library) for library in libraries}
    for library, found in columns.items():
        print(library, dict(Counter(outcome.verdict for outcome in found.values())))
    rows = []
    for name in (key(kind, case) for kind in KINDS for case in kind.cases):
        row = before["outcomes"].get(name, {})
        row |= {library: [found[name].verdict, short(found[name].text)] for library, found in columns.items()}
        rows.append(f"{json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}")
    head = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": before["versions"]
        | {PACKAGES[library]: version(PACKAGES[library]) for library in libraries},
    }
    text = json.dumps(head)[1:-1] + ',\n"outcomes": {\n' + ",\n".join(rows)
    RESULTS.write_text(f"{{{text}\n}}}}\n", encoding="utf-8")


def short(text: str) -> str:
    """Return the beginning of a text, without addresses in memory."""
    return re.sub("0x[0-9a-f]{6,}", "0x...", text)[:120]


if __name__ == "__main__":
    main(sys.argv[1:])
