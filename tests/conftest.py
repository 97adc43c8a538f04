"""Hypothesis profiles: dev (default), ci (where CI is set), deep; HYPOTHESIS_PROFILE chooses."""

import os

from hypothesis import settings

collect_ignore = ["benchmarks"]  # runs in an environment of its own: `make bench`

# No deadlines: on a busy machine they fail tests that are right.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("deep", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))
