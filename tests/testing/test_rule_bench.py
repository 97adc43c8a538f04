"""The bench of right and wrong rules: nearly all wrong ones are found, and no right one is reported."""

import importlib
import pkgutil
import warnings

import pytest
import rule_bench
from rule_bench.entry import held_out

from autograd_lite.testing import GradientError, check_function

ENTRIES = [
    entry
    for module in pkgutil.iter_modules(rule_bench.__path__)
    for entry in getattr(importlib.import_module(f"rule_bench.{module.name}"), "ENTRIES", ())
]
KINDS = sorted({entry.kind for entry in ENTRIES})
FOUND = 0.98


def mistake(entry, rule):
    """The error that a check raises, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some wrong rules divide by zero on their way
        try:
            check_function(
                rule.forward or entry.forward, rule.backward, *entry.domains,
                shapes=entry.shapes, params=entry.params,
            )  # fmt: skip
        except GradientError as error:
            return error
    return None


def test_bench_is_large_and_names_are_unique():
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)
    assert sum(len(entry.right) for entry in ENTRIES) >= 100
    assert sum(len(entry.wrong) for entry in ENTRIES) >= 150


@pytest.mark.parametrize("kind", KINDS)
def test_no_right_rule_is_reported(kind):
    for entry in ENTRIES:
        for name, rule in entry.right.items() if entry.kind == kind else ():
            assert mistake(entry, rule) is None, (entry.name, name)


def test_wrong_rules_are_found_small_and_with_their_cause():
    found, numbers, caused, total, kept = 0, [], 0, 0, [0, 0]
    for entry in ENTRIES:
        for name, rule in entry.wrong.items():
            error = mistake(entry, rule)
            total += 1
            kept[1] += held_out(entry.name, name)
            if error is not None:
                found += 1
                kept[0] += held_out(entry.name, name)
                numbers.append(error.facts["example"]["numbers"])
                caused += bool(error.facts["cause"])
                assert len(str(error).splitlines()) <= 25
    median = sorted(numbers)[len(numbers) // 2]
    print(
        f"{found} of {total} wrong rules found ({kept[0]} of {kept[1]} of the third held out), "
        f"{median} numbers in the median example, {caused / found:.0%} with a cause"
    )
    assert found >= FOUND * total
    assert median <= 4
    assert caused >= 0.65 * found
