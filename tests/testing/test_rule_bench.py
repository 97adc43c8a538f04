"""The bench of right and wrong rules: nearly all wrong ones are found, and no right one is reported."""

import importlib
import pkgutil
import warnings
from statistics import median_high

import pytest
import rule_bench

from autograd_lite.testing import GradientError, check_function

ENTRIES = [
    entry
    for module in pkgutil.iter_modules(rule_bench.__path__)
    for entry in getattr(importlib.import_module(f"rule_bench.{module.name}"), "ENTRIES", ())
]
RIGHT = {(entry.name, name): (entry, rule) for entry in ENTRIES for name, rule in entry.right.items()}
WRONG = {(entry.name, name): (entry, rule) for entry in ENTRIES for name, rule in entry.wrong.items()}
PARTS = 10

# Wrong rules that a check with default settings does not find: 1 % of the bench.
NOT_FOUND = {
    ("log_1_plus_exp", "complement_of_exp"),
    ("log_cosh", "double_exponential"),
    ("x_minus_sin", "1_minus_cos"),
    ("minimum", "close_is_tied"),
    ("cumulative_product", "second_zero"),
}


def mistake(entry, rule):
    """The error that a check raises, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some wrong rules divide by zero on their way
        try:
            check_function(
                rule.forward or entry.forward,
                rule.backward,
                *entry.domains,
                shapes=entry.shapes,
                params=entry.params,
            )
        except GradientError as error:
            return error
    return None


def test_bench_is_large_and_names_are_unique():
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)
    assert len(RIGHT) >= 100
    assert len(WRONG) >= 150
    assert WRONG.keys() >= NOT_FOUND


@pytest.mark.long
@pytest.mark.parametrize("key", RIGHT, ids="/".join)
def test_no_right_rule_is_reported(key):
    entry, rule = RIGHT[key]
    assert mistake(entry, rule) is None


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_wrong_rules_are_found_in_small_examples_and_with_their_cause(part):
    errors = {key: mistake(*WRONG[key]) for key in list(WRONG)[part::PARTS]}
    found = {key: error for key, error in errors.items() if error is not None}
    assert errors.keys() - found.keys() <= NOT_FOUND
    assert max(len(str(error).splitlines()) for error in found.values()) <= 25
    assert median_high(error.facts["example"]["numbers"] for error in found.values()) <= 4
    assert sum(bool(error.facts["cause"]) for error in found.values()) >= 0.6 * len(found)
