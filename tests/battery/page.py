"""The page of the battery, tutorials/right_or_refused.md, from results.json and the cases.

`python -m tests.battery.page` writes it.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.battery.case import MISSING, REFUSED, RIGHT, SILENT, WARNED, Case, Kind
from tests.battery.kinds import CASES, KINDS, key
from tests.battery.libraries import TITLES
from tests.battery.run import RESULTS

PAGE = Path(__file__).parents[2] / "tutorials" / "right_or_refused.md"
CELLS = {RIGHT: "✓", SILENT: "✕", REFUSED: "refuses", WARNED: "warns", MISSING: "–"}
SHORT = {"ours": "ours", "torch": "torch", "jax": "JAX", "hips": "HIPS", "mygrad": "MyGrad"}

# Narrow tables, so that six columns fit on a phone.
STYLE = """\
<style>
@media (max-width: 40em) {
  article table.docutils { font-size: 0.7rem; }
  article table.docutils :is(th, td) { padding: 0.1rem 0.2rem; overflow-wrap: anywhere; }
}
</style>
"""
INTRODUCTION = """\
# Right, or refused

A program makes a mistake that newcomers make, or computes at the edge of the numbers. Then the result is
right, or the library refuses with an error, or it warns, or the number is wrong without a word. Only the last
one costs days. This page compares five libraries in {cases} situations. It is generated from one run of
`tests/battery/` (`make battery`).

**How a verdict is decided.** A case is a short program whose last line is its result. The right result comes
from mathematics, never from a library. ✓ means that the result is right, "refuses" that there was an error,
"warns" that the result is wrong and there was a warning, and ✕ that it is wrong and there was neither. A dash
means that the library does not have the function or the concept. A derivative that does not exist may be nan,
and nan in the data may give nan. Every error counts as a refusal, whatever its text. autograd_lite runs
functions also as compiled programs (`ag.compile`). If that changes the verdict, the cell has both: eager /
compiled.

**How the programs are written.** The same program runs in all libraries. `np` is the NumPy module of each,
and for PyTorch its functions by NumPy's names. `grad`, `hessian` and `value` differentiate or call a
function. `record(f, x)` returns the value and a function that runs the backward pass. `leaf` makes a
parameter. `use` hands over a NumPy array without a copy (`torch.from_numpy`, `jnp.asarray`). All compute in
float64. A library without a loss or an activation gets the formula of textbooks. PyTorch gets its own idiom
where it differs, such as `opt.zero_grad()`. JAX asks for functions without side effects and does not check
that.

Run on {date} with {versions}.
"""


def load() -> dict[str, Any]:
    """Return the results of the run."""
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


def verdict(results: dict[str, Any], library: str, kind: Kind, case: Case) -> str:
    """Return the verdict on a case in a library."""
    found: str = results["outcomes"][key(kind, case)][library][0]
    return found


def cell(results: dict[str, Any], library: str, kind: Kind, case: Case) -> str:
    """Return the cell of a case in a library; for autograd_lite with the compiled verdict if it differs."""
    eager = verdict(results, library, kind, case)
    if library == "ours":
        compiled = verdict(results, "compiled", kind, case)
        if compiled not in (MISSING, eager):
            return f"{CELLS[eager]} / {CELLS[compiled]}"
    return CELLS[eager]


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; its first column is text."""
    lines = [head, ["---", *[":-:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summary(results: dict[str, Any]) -> str:
    """Return the counts of verdicts over the cases that all five libraries answer."""
    shared = [
        (kind, case)
        for kind in KINDS
        for case in kind.cases
        if all(verdict(results, library, kind, case) != MISSING for library in TITLES)
    ]
    rows = []
    for library, title in TITLES.items():
        counts = Counter(verdict(results, library, kind, case) for kind, case in shared)
        rows.append([title, *(str(counts[v]) for v in (RIGHT, REFUSED, WARNED, SILENT))])
    text = f"Verdicts on the {len(shared)} cases that all five libraries have:"
    return f"{text}\n\n{table(['', 'right', 'refuses', 'warns', '✕ silent'], rows)}\n"


def section(results: dict[str, Any], kind: Kind) -> str:
    """Return the table of a kind, and its programs below it, folded."""
    libraries = [
        library
        for library in TITLES
        if any(verdict(results, library, kind, case) != MISSING for case in kind.cases)
    ]
    rows = [
        [escaped(case.title), *(cell(results, library, kind, case) for library in libraries)]
        for case in kind.cases
    ]
    programs = "\n\n".join(f"# {case.title}\n{program(case)}\n{answer(case)}" for case in kind.cases)
    parts = [
        f"## {kind.title}",
        kind.explanation,
        table(["", *(SHORT[library] for library in libraries)], rows),
        f"<details><summary>The programs</summary>\n\n~~~python\n{programs}\n~~~\n\n</details>",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def program(case: Case) -> str:
    """Return the program of a case as autograd_lite runs it."""
    text = case.program("ours")
    return (text if text is not None else case.code).strip()


def answer(case: Case) -> str:
    """Return the comment with the right numbers."""
    if case.right is None:
        return "# right: an error or a warning"
    numbers = case.right if isinstance(case.right, list | tuple) else [case.right]
    shown = [f"{float(number):.6g}" for number in numbers[:6]]
    more = ", ..." if len(numbers) > 6 else ""
    return f"# right: {', '.join(shown)}{more}{', or nan' if case.nan else ''}"


def escaped(text: str) -> str:
    """Return a title with the characters escaped that mean something in a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def page(results: dict[str, Any]) -> str:
    """Return the whole page."""
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    head = INTRODUCTION.format(cases=len(CASES), date=results["date"], versions=versions)
    return "\n".join([head, STYLE, summary(results), *(section(results, kind) for kind in KINDS)])


if __name__ == "__main__":
    PAGE.write_text(page(load()), encoding="utf-8")
    print(f"wrote {PAGE}")
