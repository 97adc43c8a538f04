"""Interleaved timing, A B C A B C ...: a busy moment of the machine strikes everybody alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from time import perf_counter

ROUND = 0.005  # seconds: a round shorter than this would measure the clock and the interrupts
AGREEMENT = 1e-9

Run = Callable[[], Sequence[float]]
Samples = list[float] | str  # or what went wrong


def interleave(runs: dict[str, Run], seconds: float, warmups: int) -> dict[str, Samples]:
    """Checks that all runs agree, then times them for about `seconds`; returns µs per round."""
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
    """Keeps the collector from searching all that competitors have imported, whoever is at work."""
    gc.collect()
    gc.freeze()


def agree(finals: dict[str, Sequence[float]]) -> None:
    """Asserts that all runs ended with the same numbers, and prints how closely."""
    *_, (last, expected) = finals.items()
    for name, final in finals.items():
        gap = max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(final, expected, strict=True))
        print(f"  {name:24} {final[0]:.15f}  {gap:.0e} from {last}")
        assert gap < AGREEMENT, f"{name} and {last} differ: {final} and {expected}"


def calibrate(run: Run) -> int:
    """Returns how many runs make a round."""
    count = 1
    while (elapsed := count * clock(run, count)) < ROUND:
        count = max(2 * count, int(1.1 * count * ROUND / elapsed))
    return count


def clock(run: Run, count: int) -> float:
    """Returns the mean time of `count` runs, in seconds."""
    start = perf_counter()
    for _ in range(count):
        run()
    return (perf_counter() - start) / count
