"""Interleaved timing, A B C A B C ..., so that a busy moment of the machine affects all libraries alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from time import perf_counter

ROUND = 0.005  # seconds; in a shorter round the clock and interrupts would matter
AGREEMENT = 1e-9  # the largest relative difference between the results of two libraries

Run = Callable[[], Sequence[float]]
Samples = list[float] | str  # times, or the name of the error


def interleave(runs: dict[str, Run], seconds: float, warmups: int) -> dict[str, Samples]:
    """Check that all runs agree, then time them for about `seconds`; return µs for each round."""
    results: dict[str, Samples] = {}
    finals = {}
    for name, run in runs.items():
        try:
            for _ in range(warmups):
                finals[name] = run()
        except RecursionError:
            results[name] = "RecursionError"
    agree(finals)
    set_aside()
    counts = {name: calibrate(runs[name]) for name in finals}
    samples: dict[str, list[float]] = {name: [] for name in finals}
    stop, rounds = perf_counter() + seconds, 0
    while perf_counter() < stop or rounds < 3:
        for name, count in counts.items():
            samples[name].append(1e6 * clock(runs[name], count))
        rounds += 1
    return {name: results.get(name) or samples[name] for name in runs}


def set_aside() -> None:
    """Exclude all imported objects from garbage collection, which would slow down every library."""
    gc.collect()
    gc.freeze()


def agree(finals: dict[str, Sequence[float]]) -> None:
    """Assert that all runs ended with the same numbers, and print the differences."""
    *_, (last, expected) = finals.items()
    for name, final in finals.items():
        gap = max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(final, expected, strict=True))
        print(f"  {name:24} {final[0]:.15f}  {gap:.0e} from {last}")
        assert gap < AGREEMENT, f"{name} and {last} differ: {final} and {expected}"


def calibrate(run: Run) -> int:
    """Return the number of runs in a round."""
    count = 1
    while (elapsed := count * clock(run, count)) < ROUND:
        count = max(2 * count, int(1.1 * count * ROUND / elapsed))
    return count


def clock(run: Run, count: int) -> float:
    """Return the mean time of `count` runs in seconds."""
    start = perf_counter()
    for _ in range(count):
        run()
    return (perf_counter() - start) / count
