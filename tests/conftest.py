"""Configuration of all tests: the sample of long tests, and the hypothesis profiles.

A run takes a tenth of the tests marked `long`. Which tenth depends on the date, so ten days in a row run them
all. The header of the report names it: `--sample=3` repeats a run of part 3, `--sample=all` runs all of them.
`--sample=rest` runs what such a run has not: half of the long tests, those of the next five days, and the
tests that get more examples from the options of `make test-all`.
If the command line names a file or a test, no test of that file is left out.

HYPOTHESIS_PROFILE chooses how many examples hypothesis generates: "dev" (the default), "ci" (the default if
CI is set; the same examples in every run), or "deep" (twice as many).
"""

import os
import time
import zlib
from collections import Counter

import pytest
from hypothesis import settings

collect_ignore = ["benchmarks"]  # runs in an environment of its own: `make bench`

PARTS = 10  # a run takes one part in ten of the long tests

# Fixtures that are made once for many tests and take long: xdist runs all tests of one of them in one worker.
SHARED = ("chromium", "demonstration", "folder", "site")

# No deadlines: on a busy machine they fail tests that are right.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("deep", deadline=None, derandomize=bool(os.environ.get("CI")), max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_addoption(parser):
    parser.addoption(
        "--sample",
        choices=[*map(str, range(PARTS)), "all", "rest"],
        help=f"which of {PARTS} parts of the long tests to run, all, or the rest (default: by date)",
    )


@pytest.hookimpl(tryfirst=True)  # before xdist copies the options to its workers
def pytest_configure(config):
    """Choose the part now, once: workers that start at midnight must collect the same tests."""
    if config.getoption("sample") is None:
        config.option.sample = str(int(time.time() // 86_400) % PARTS)


def pytest_report_header(config):
    sample = config.getoption("sample")
    if sample == "all":
        return "long tests: all of them"
    if sample == "rest":
        return "long tests: those of the next five days, and the tests with examples"
    repeat = f"--sample={sample} repeats it, --sample=all runs all"
    return f"long tests: part {sample} of 0 to {PARTS - 1} ({repeat})"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config, items):
    """Group the tests that share a fixture, and leave out the long tests that are not in the sample."""
    for item in items:
        for fixture in set(SHARED).intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(fixture))
    leave_out_long_tests(config, items)


def leave_out_long_tests(config, items):
    """Keep the long tests that are in the sample, or in a file that the command line names."""
    sample = config.getoption("sample")
    if sample == "all":
        return
    rest = sample == "rest"
    first = int(time.time() // 86_400) % PARTS if rest else int(sample)
    parts = {(first + i) % PARTS for i in range(1, PARTS // 2 + 1)} if rest else {first}
    named = named_files(config)
    chosen, left_out = [], []
    cases = Counter()
    for item in items:
        is_long = item.get_closest_marker("long") is not None
        if item.path in named:
            keep = True
        elif is_long or (rest and "gradcheck_budget" in getattr(item, "fixturenames", ())):
            function = item.nodeid.partition("[")[0]
            # Functions start with different parts, so that those with few cases do not all run on one day.
            keep = (zlib.crc32(function.encode()) + cases[function]) % PARTS in parts
            cases[function] += 1
        else:
            keep = not rest or getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        (chosen if keep else left_out).append(item)
    items[:] = chosen
    config.hook.pytest_deselected(items=left_out)


def named_files(config):
    """The test files that the command line names, alone or in the name of a test."""
    paths = {config.invocation_params.dir / argument.partition("::")[0] for argument in config.args}
    return {path.resolve() for path in paths if path.is_file()}
