"""The report on gradient checkers: tables in Markdown of the rules that they found, and of their times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, NamedTuple

from checker_adapters import CHECKERS
from report import machine, table
from timing import Samples

OURS, ONE, MANY = "autograd_lite", "one", "60"
COLUMNS = [*((checker, column) for checker in CHECKERS for column in (ONE, MANY)), (OURS, MANY)]

METHOD = """\
Each checker gets the same pairs of NumPy functions, with its default tolerances. "one" is one ordinary
input. "60" are 60 generated inputs: a rule counts as caught if it is reported at one of them; our checker
generates its own inputs. A wrong rule counts as caught only at inputs at which the first right rule is not
reported.
"""


class Verdict(NamedTuple):
    """The result of a checker for one rule; `ms` is its time in milliseconds, 0 if it was not measured."""

    entry: Any
    rule: str
    column: tuple[str, str]
    reported: bool
    ms: float = 0.0

    @property
    def wrong(self) -> bool:
        """True if the rule is wrong; a report on a right rule is a false alarm."""
        return self.rule in self.entry.wrong


def markdown(found: list[Verdict], speeds: Mapping[str, Mapping[str, Samples]], seconds: float) -> str:
    """Return the whole report."""
    from rule_bench.entry import held_out  # on the path only if the script runs

    wrong, right = [v for v in found if v.wrong], [v for v in found if not v.wrong]
    kinds = dict.fromkeys(v.entry.kind for v in found)
    body = [row(kind, [v for v in wrong if v.entry.kind == kind], counts) for kind in kinds]
    body.append(row("**all wrong rules caught**", wrong, percent))
    body.append(row("of them, held out", [v for v in wrong if held_out(v.entry.name, v.rule)], percent))
    body.append(row("right rules reported", right, percent))
    body.append(row("ms for a right rule", [v for v in right if v.ms], milliseconds))
    head = ["wrong rules caught", "rules", *(f"{checker}, {column}" for checker, column in COLUMNS)]
    return "\n".join(
        [
            "# Checkers of gradients\n",
            *machine(),
            f"\n{METHOD}",
            *table(head, body),
            "\n## A check of an ordinary function, ms\n",
            *table(["", OURS, "torch", "ours / torch"], [speed(*item) for item in speeds.items()]),
            f"\nMedian ratio: {median(map(ratio, speeds.values())):.2g}. "
            f"The whole run took {seconds:.0f} s.\n",
        ]
    )


def row(title: str, found: list[Verdict], cell: Callable[[list[Verdict]], str]) -> list[str]:
    """Return a row: the title, the number of rules, a cell for each column."""
    columns = [[v for v in found if v.column == column] for column in COLUMNS]
    return [title, str(max(map(len, columns))), *(cell(c) if c else "-" for c in columns)]


def counts(found: list[Verdict]) -> str:
    """Return the number of reported rules."""
    return str(sum(v.reported for v in found))


def percent(found: list[Verdict]) -> str:
    """Return the share of reported rules in percent."""
    return f"{100 * sum(v.reported for v in found) / len(found):.1f} %"


def milliseconds(found: list[Verdict]) -> str:
    """Return the median time."""
    return f"{median(v.ms for v in found):.3g}"


def speed(title: str, samples: Mapping[str, Samples]) -> list[str]:
    """Return the row of a function."""
    times = [median(samples[name]) / 1e3 for name in (OURS, "torch")]
    return [title, *(f"{ms:.2f}" for ms in times), f"{ratio(samples):.2g}"]


def ratio(samples: Mapping[str, Samples]) -> float:
    """Return the median over rounds of ours / theirs."""
    return median(a / b for a, b in zip(samples[OURS], samples["torch"], strict=True))
