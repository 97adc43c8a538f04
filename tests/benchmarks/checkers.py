"""Compares our gradient checker with its peers on right and wrong rules: `checkers.py [--quick]`."""

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

import environment  # noqa: F401 - before all that imports NumPy
import numpy as np
from checker_adapters import CHECKERS, check, patience, quiet, seed, warm_up
from checker_report import MANY, ONE, OURS, Verdict, markdown
from checker_timing import speeds

from autograd_lite import testing
from autograd_lite.domains import REAL, Domain

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "material"))
RESULTS = HERE / "CHECKERS.md"
DRAWS = 60
DECADES = (1e-6, 1e-3, 10.0, 100.0)
GRID = (-2.0, -1.0, -0.5, 0.0, 0.0, 0.5, 1.0, 1.0, 2.0)

# Shapes for an elementwise op, an ordinary one first; a pair is repeated cyclically for three inputs.
EQUAL = ((2, 3), (3,), (1,), ())
BROADCAST = (((2, 1), (1, 3)), ((), (3,)), ((3,), ()), ((2, 3), (3,)))


class Example(NamedTuple):
    """Inputs and settings to check a rule at; `variables` are the positions of the differentiable inputs."""

    inputs: list[Any]
    params: dict[str, Any]
    variables: list[int]


def entries(quick: bool) -> list[Any]:
    """All entries of the bench; every fifth if `quick`."""
    folder = import_module("rule_bench").__path__
    modules = [import_module(f"rule_bench.{module.name}") for module in iter_modules(folder)]
    found = [entry for module in modules for entry in getattr(module, "ENTRIES", ())]
    return found[::5] if quick else found


def cases(entry: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Shapes and settings of an entry that its forward accepts, in the entry's order."""
    rng, found = np.random.default_rng(0), []
    for shapes, params in product(shapes_of(entry), settings_of(entry)):
        example = draw(entry, shapes, params, "ordinary", rng)
        if accepts(entry, example):
            found.append((shapes, params))
    return found


def accepts(entry: Any, example: Example) -> bool:
    """Return True if the forward has a finite value there."""
    try:
        return bool(np.isfinite(entry.forward(*example.inputs, **example.params)).all())
    except Exception:  # whatever a forward raises where it does not accept
        return False


def settings_of(entry: Any) -> list[dict[str, Any]]:
    """The settings to try, given as a list of dictionaries, as one, or not at all."""
    return entry.params if isinstance(entry.params, list) else [entry.params or {}]


def shapes_of(entry: Any) -> list[Any]:
    """The shapes that an entry names, a tuple for all inputs each, or those of an elementwise op."""
    if entry.shapes is not None:
        return list(entry.shapes)
    count = len(entry.domains) or getattr(entry.forward, "nin", None)  # which a ufunc has
    if not count:
        parameters = signature(entry.forward).parameters.values()
        names = {p.name for p in parameters if p.default is p.empty}
        count = len(names - settings_of(entry)[0].keys())
    pairs = BROADCAST if count > 1 else ()
    return [(s,) * count for s in EQUAL] + [tuple(p[i % 2] for i in range(count)) for p in pairs]


def domains_of(entry: Any, count: int) -> list[Domain]:
    """A domain for each input: the entry's, one for all, or any real numbers."""
    given = [d if isinstance(d, Domain) else Domain("an interval", *d) for d in entry.domains] or [REAL]
    return given * count if len(given) == 1 else given


def examples(entry: Any) -> dict[str, list[Example]]:
    """One ordinary example, and many of varied kind over all the entry's cases."""
    plan = cases(entry)
    rng = np.random.default_rng(crc32(entry.name.encode()))
    one = draw(entry, *plan[0], "ordinary", rng)
    if len(plan) > DRAWS:
        plan = [plan[i] for i in rng.permutation(len(plan))]
    kinds = rng.choice(["ordinary", "ordinary", "grid", "decades"], DRAWS)
    many = [draw(entry, *plan[i % len(plan)], kind, rng) for i, kind in enumerate(kinds)]
    return {ONE: [one], MANY: [example for example in many if accepts(entry, example)]}


def draw(entry: Any, shapes: Any, params: dict[str, Any], kind: str, rng: np.random.Generator) -> Example:
    """Inputs of the entry's domains: ordinary, simple numbers with zeros and ties, or far or near."""
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
    """Yield every peer's verdict on every rule; a kill counts where the first right rule passes."""
    first, *others = entry.right.items()
    for (column, tried), checker in product(examples(entry).items(), CHECKERS):
        start = perf_counter()
        reported = list(reports(checker, entry, first, tried))
        elapsed = 1e3 * (perf_counter() - start)
        yield Verdict(entry, first[0], (checker, column), any(reported), elapsed)
        valid = [example for example, told in zip(tried, reported, strict=True) if not told]
        for item in others:
            yield Verdict(entry, item[0], (checker, column), any(reports(checker, entry, item, tried)))
        for item in entry.wrong.items():
            yield Verdict(entry, item[0], (checker, column), any(reports(checker, entry, item, valid)))


def reports(checker: str, entry: Any, item: tuple[str, Any], tried: list[Example]) -> Iterator[bool]:
    """Yield for each example True if a peer reports the rule."""
    name, rule = item
    seed(crc32(f"{entry.name}/{name}".encode()))
    for example in tried:
        yield check(checker, rule.forward or entry.forward, rule.backward, *example)


def judge_ours(entry: Any) -> Iterator[Verdict]:
    """Yield the verdict of our checker on every rule, at inputs that it chooses."""
    check_function = getattr(testing, "check_function", None)
    excused = False
    for name, rule in [*entry.right.items(), *entry.wrong.items()] if check_function else ():
        forward, start, told = rule.forward or entry.forward, perf_counter(), False
        settings = {"shapes": entry.shapes, "params": entry.params, "budget": "normal", "seed": 0}
        try:
            with patience():
                check_function(forward, rule.backward, *entry.domains, **settings)
        except testing.GradientError:
            told = True
        except Exception as error:
            print(f"{OURS} crashed on {entry.name}/{name}: {type(error).__name__}: {error}")
            told = name in entry.right  # so that a crash counts against us either way
        elapsed = 1e3 * (perf_counter() - start)
        right = name in entry.right
        excused = told if name == next(iter(entry.right)) else excused
        yield Verdict(entry, name, (OURS, MANY), told and (right or not excused), elapsed if right else 0.0)


def mistakes_of_ours(found: list[Verdict]) -> list[str]:
    """Return a line for each mistake of our checker, except of held-out rules: it is not tuned to them."""
    from rule_bench.entry import held_out

    ours = [v for v in found if v.column[0] == OURS and v.reported != v.wrong]
    return [
        f"{OURS} {'misses the wrong' if v.wrong else 'reports the right'} {v.entry.name}/{v.rule}"
        for v in ours
        if not held_out(v.entry.name, v.rule)
    ]


def main() -> None:
    """Reads the command line, runs all checkers on the bench, prints and writes the report."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fifth entry, short timings: noisy")
    parser.add_argument("--kind", action="append", help="entries of this kind only; may be repeated")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the report goes")
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
