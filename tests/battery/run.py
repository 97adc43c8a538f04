"""Run the battery in all libraries and write results.json and the page: `make battery`, in .venv-bench.

`python -m tests.battery.run ours` runs our column alone and keeps the others.
"""

import json
import os
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}

from tests.battery.case import MISSING, Case, Kind, Outcome, names_in, run
from tests.battery.cases import (
    changes,
    compiling,
    data,
    guesses,
    losses,
    memory,
    numbers,
    regression,
    training,
)
from tests.battery.libraries import COMPILED, LIBRARIES, ours_compiled

RESULTS = Path(__file__).parent / "results.json"
MODULES = (guesses, changes, losses, data, numbers, training, compiling, regression, memory)
KINDS: list[Kind] = [kind for module in MODULES for kind in module.KINDS]
CASES: list[Case] = [case for kind in KINDS for case in kind.cases]
PACKAGES = ("autograd_lite", "torch", "jax", "autograd", "mygrad", "numpy")


def key(kind: Kind, case: Case) -> str:
    """Return the name of a case in results.json."""
    return f"{kind.title}: {case.title}"


def compiles(case: Case) -> bool:
    """True if autograd_lite runs the program of a case as a compiled one, too."""
    program = case.program("ours")
    return program is not None and bool(names_in(program) & COMPILED)


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
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    outcomes = results.setdefault("outcomes", {})
    for library in libraries:
        found = column(library)
        outcomes[library] = {name: [o.verdict, o.text[:200]] for name, o in found.items()}
        print(library, dict(Counter(outcome.verdict for outcome in found.values())))
    results["date"] = datetime.now(UTC).date().isoformat()
    results["versions"] = {name: version(name) for name in PACKAGES}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(LIBRARIES)
    main([*chosen, *(["compiled"] if "ours" in chosen else [])])
