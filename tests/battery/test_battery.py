"""The battery: in none of its cases is a result of autograd_lite wrong without an error or a warning."""

import re

import numpy as np
import pytest

from tests.battery.case import REFUSED, SILENT, Case, Outcome, is_right, run
from tests.battery.kinds import CASES, KINDS, compiles, key
from tests.battery.libraries import TITLES, ours, ours_compiled
from tests.battery.page import PAGE, load, page

# Errors of Python or of the library itself. They stop a program, but they do not say what to do.
CRASHES = ("IndexError: list", "KeyError", "NameError", "RecursionError", "SyntaxError", "UnboundLocalError")


# Not noticed yet: the result of a compiled function is an array, so the gradient of its parameters is lost.
OPEN = {"a compiled model in a loss with a penalty on its weights"}


def check(case: Case, outcome: Outcome) -> None:
    if case.title in OPEN:
        assert outcome.verdict == SILENT, "it is noticed now: take it off the list"
        return
    assert outcome.verdict != SILENT, f"{case.code}\ngives {outcome.text}, and right is {case.right}"
    if outcome.verdict == REFUSED:
        assert not outcome.text.startswith(CRASHES)
        assert case.says in outcome.text


@pytest.fixture(scope="module")
def eager():
    return ours()


@pytest.fixture(scope="module")
def compiled():
    return ours_compiled()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_no_result_is_silently_wrong(case, eager):
    check(case, run(case, "ours", eager))


@pytest.mark.parametrize("case", list(filter(compiles, CASES)), ids=lambda case: case.title)
def test_no_compiled_result_is_silently_wrong(case, compiled):
    check(case, run(case, "ours", compiled))


def test_the_page_is_made_from_the_results():
    assert PAGE.read_text("utf-8") == page(load())


def test_the_results_are_of_these_cases():
    names = [key(kind, case) for kind in KINDS for case in kind.cases]
    assert len(set(names)) == len(CASES)
    outcomes = load()["outcomes"]
    assert list(outcomes) == names, "cases were added or removed: make battery"
    assert all(set(row) == {*TITLES, "compiled"} for row in outcomes.values())


def test_the_results_have_no_silent_verdict_of_ours():
    rows = load()["outcomes"].items()
    silent = [name for name, row in rows if SILENT in (row["ours"][0], row["compiled"][0])]
    assert {name.partition(": ")[2] or name for name in silent} == OPEN


@pytest.mark.parametrize(
    ("code", "right", "verdict"),
    [
        ("1.0 + 1.0", 2, "right"),
        ("1.0 + 1e-9", 1, "right"),
        ("1.1", 1, "silent"),
        ("[1.0, 1.0]", 1, "silent"),
        ("nan", 1, "silent"),
        ("1.0", None, "silent"),
        ("1 / 0", 1, "refused"),
        ("import warnings\nwarnings.warn('x')\n2.0", 1, "warned"),
        ("import warnings\nwarnings.warn('x')\n1.0", 1, "right"),
        ("import warnings\nwarnings.warn('x', DeprecationWarning)\n2.0", 1, "silent"),
        ("ag.Tensor([3.0, 4.0])", [3, 4], "right"),
        ("None", 1, "refused"),
    ],
)
def test_verdicts(code, right, verdict, eager):
    assert run(Case("a case", code, right), "ours", eager).verdict == verdict


def test_tolerance_is_relative_to_the_largest_number():
    case = Case("tiny", "", [3e-162, 1e-162, 0])
    assert is_right(np.array([3e-162, 1e-162, 5e-324]), case)
    assert not is_right(np.array([3e-162, 1.1e-162, 0]), case)


def test_titles_are_unique_and_plain():
    for kind in KINDS:
        titles = [case.title for case in kind.cases]
        assert len(set(titles)) == len(titles)
        assert all(re.search("[a-z]", title) for title in titles)
