"""Compare our gradient checker with others on right and wrong rules: `checkers.py [--quick]`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from itertools import product
from pathlib import Path
from pkgutil import iter_modules
from time import perf_counter
from typing import Any, NamedTuple
from zlib import crc32

import environment  # noqa: F401 - before any module that imports NumPy
import numpy as np
from checker_adapters import CHECKERS, check, quiet, seed, time_limit, warm_up
from checker_report import MANY, ONE, OURS, Verdict, markdown
from checker_timing import speeds

from autograd_lite import testing
from autograd_lite.domains import REAL, Domain

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "material"))
RESULTS = HERE / "CHECKERS.md"
DRAWS = 60  # inputs for each entry
DECADES = (1e-6, 1e-3, 10.0, 100.0)  # factors for small and large inputs
GRID = (-2.0, -1.0, -0.5, 0.0, 0.0, 0.5, 1.0, 1.0, 2.0)  # simple numbers, with zeros and ties

# Shapes for elementwise ops, an ordinary one first. A pair is repeated cyclically for three inputs.
EQUAL = ((2, 3), (3,), (1,), ())
BROADCAST = (((2, 1), (1, 3)), ((), (3,)), ((3,), ()), ((2, 3), (3,)))


class Example(NamedTuple):
    """Inputs and settings of a check; `variables` are the positions of the differentiable inputs."""

    inputs: list[Any]
    params: dict[str, Any]
    variables: list[int]


def entries(quick: bool) -> list[Any]:
    """Return all entries of the bench, or every fifth if `quick`."""
    folder = import_module("rule_bench").__path__
    modules = [import_module(f"rule_bench.{module.name}") for module in iter_modules(folder)]
    found = [entry for module in modules for entry in getattr(module, "ENTRIES", ())]
    return found[::5] if quick else found


def cases(entry: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return the shapes and settings of an entry that its forward accepts, in the entry's order."""
    rng, found = np.random.default_rng(0), []
    for shapes, params in product(shapes_of(entry), settings_of(entry)):
        example = draw(entry, shapes, params, "ordinary", rng)
        if accepts(entry, example):
            found.append((shapes, params))
    return found


def accepts(entry: Any, example: Example) -> bool:
    """Return True if the forward has finite values for this example."""
    try:
        return bool(np.isfinite(entry.forward(*example.inputs, **example.params)).all())
    except Exception:  # a forward may raise anything for an input that it does not accept
        return False


def settings_of(entry: Any) -> list[dict[str, Any]]:
    """Return the settings to try as a list; an entry has a list of dictionaries, one dictionary, or None."""
    return entry.params if isinstance(entry.params, list) else [entry.params or {}]


def shapes_of(entry: Any) -> list[Any]:
    """Return the shapes to try, each a tuple for all inputs; without a list, those for elementwise ops."""
    if entry.shapes is not None:
        return list(entry.shapes)
    count = len(entry.domains) or getattr(entry.forward, "nin", None)  # a ufunc has nin
    if not count:
        parameters = signature(entry.forward).parameters.values()
        names = {p.name for p in parameters if p.default is p.empty}
        count = len(names - settings_of(entry)[0].keys())
    pairs = BROADCAST if count > 1 else ()
    return [(s,) * count for s in EQUAL] + [tuple(p[i % 2] for i in range(count)) for p in pairs]


def domains_of(entry: Any, count: int) -> list[Domain]:
    """Return a domain for each input: from the entry, one for all inputs, or all real numbers."""
    given = [d if isinstance(d, Domain) else Domain("an interval", *d) for d in entry.domains] or [REAL]
    return given * count if len(given) == 1 else given


def examples(entry: Any) -> dict[str, list[Example]]:
    """Return one ordinary example, and many examples of several kinds for all cases of the entry."""
    plan = cases(entry)
    rng = np.random.default_rng(crc32(entry.name.encode()))
    one = draw(entry, *plan[0], "ordinary", rng)
    if len(plan) > DRAWS:
        plan = [plan[i] for i in rng.permutation(len(plan))]
    kinds = rng.choice(["ordinary", "ordinary", "grid", "decades"], DRAWS)
    many = [draw(entry, *plan[i % len(plan)], kind, rng) for i, kind in enumerate(kinds)]
    return {ONE: [one], MANY: [example for example in many if accepts(entry, example)]}


def draw(entry: Any, shapes: Any, params: dict[str, Any], kind: str, rng: np.random.Generator) -> Example:
    """Draw inputs from the entry's domains.

    `kind` is "ordinary", "grid" (simple numbers with zeros and ties) or "decades" (small and large numbers).
    """
    inputs, domains = [], domains_of(entry, len(shapes))
    for domain, shape in zip(domains, shapes, strict=True):
        x = np.asarray(domain.sample(rng, shape))
        if kind != "ordinary" and not domain.discrete:
            anchor = rng.choice([p for p in (0.0, domain.low, domain.high) if np.isfinite(p)])
            scaled = anchor + (x - anchor) * rng.choice(DECADES)
            other = rng.choice(GRID, shape) if kind == "grid" else scaled
            inside = (domain.low < other) & (other < domain.high) & ~np.isin(other, domain.avoid)
            x = np.where(inside, other, x)
        inputs.append(x)
    return Example(inputs, params, [i for i, domain in enumerate(domains) if not domain.discrete])


def judge(entry: Any) -> Iterator[Verdict]:
    """Yield the verdict of every peer on every rule.

    A wrong rule counts as caught only at inputs at which the first right rule is not reported.
    """
    first, *others = entry.right.items()
    for (column, tried), checker in product(examples(entry).items(), CHECKERS):
        start = perf_counter()
        reported = list(reports(checker, entry, first, tried))
        elapsed = 1e3 * (perf_counter() - start)
        yield Verdict(entry, first[0], (checker, column), any(reported), elapsed)
        valid = [example for example, alarm in zip(tried, reported, strict=True) if not alarm]
        for item in others:
            yield Verdict(entry, item[0], (checker, column), any(reports(checker, entry, item, tried)))
        for item in entry.wrong.items():
            yield Verdict(entry, item[0], (checker, column), any(reports(checker, entry, item, valid)))


def reports(checker: str, entry: Any, item: tuple[str, Any], tried: list[Example]) -> Iterator[bool]:
    """Yield True for each example at which a peer reports the rule, and False for the others."""
    name, rule = item
    seed(crc32(f"{entry.name}/{name}".encode()))
    for example in tried:
        yield check(checker, rule.forward or entry.forward, rule.backward, *example)


def judge_ours(entry: Any) -> Iterator[Verdict]:
    """Yield the verdict of our checker on every rule; it generates its own inputs."""
    check_function = getattr(testing, "check_function", None)
    false_alarm = False  # on the first right rule
    for name, rule in [*entry.right.items(), *entry.wrong.items()] if check_function else ():
        forward = rule.forward or entry.forward
        start = perf_counter()
        reported = False
        settings = {"shapes": entry.shapes, "params": entry.params, "budget": "normal", "seed": 0}
        try:
            with time_limit():
                check_function(forward, rule.backward, *entry.domains, **settings)
        except testing.GradientError:
            reported = True
        except Exception as error:
            print(f"{OURS} crashed on {entry.name}/{name}: {type(error).__name__}: {error}")
            reported = name in entry.right  # a crash counts against us for right and for wrong rules
        elapsed = 1e3 * (perf_counter() - start)
        right = name in entry.right
        if name == next(iter(entry.right)):
            false_alarm = reported
        caught = reported and (right or not false_alarm)
        yield Verdict(entry, name, (OURS, MANY), caught, elapsed if right else 0.0)


def mistakes_of_ours(found: list[Verdict]) -> list[str]:
    """Return a line for each mistake of our checker, without held-out rules: it must not be tuned to them."""
    from rule_bench.entry import held_out

    ours = [v for v in found if v.column[0] == OURS and v.reported != v.wrong]
    return [
        f"{OURS} {'misses the wrong' if v.wrong else 'reports the right'} {v.entry.name}/{v.rule}"
        for v in ours
        if not held_out(v.entry.name, v.rule)
    ]


def main() -> None:
    """Read the command line, run all checkers on the bench, print and write the report."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fifth entry and short, noisy timings")
    parser.add_argument("--kind", action="append", help="only entries of this kind; may be repeated")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file of the report")
    asked = parser.parse_args()
    start, found = perf_counter(), []
    warm_up()
    bench = [e for e in entries(asked.quick) if not asked.kind or e.kind in asked.kind]
    for i, entry in enumerate(bench):
        print(f"{i + 1}/{len(bench)} {entry.kind} {entry.name}", flush=True)
        with quiet():
            found += [*judge(entry), *judge_ours(entry)]
    text = markdown(found, speeds(0.05 if asked.quick else 1.0), perf_counter() - start)
    asked.out.write_text(text, encoding="utf-8")
    print(*mistakes_of_ours(found), text, sep="\n")


if __name__ == "__main__":
    main()
