"""Cost of compiling: the time to record a program, and the memory of a compiled step."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from cases import CASES, Problem
from peers import OURS, OURS_COMPILED, Peer
from report import cell, met, table
from timing import set_aside

import autograd_lite as ag

LENGTHS = (1_250, 2_500, 5_000, 10_000)  # operations; each twice the one before
REPEATS = 3
NETWORK_MS = 50.0  # target
CHAIN_MS = 3_000.0  # target for the longest chain
GROWTH = 2.2  # target for the time of twice the length; 2 is linear

TIMES = """\
## Cost of compiling

The time of `ag.compile` and the first call, which records the program and runs it once; median of
{repeats}. The process has compiled other programs before. A chain repeats y = y w + b on arrays of 8
numbers and ends with a sum. "Growth" is the time divided by the time of half the length. A number is
followed by its target: **bold if the target is missed**.
"""
MEMORY = """
## Peak memory of one step

Measured by tracemalloc in the fourth training step: the arrays that exist between steps (buffers,
gradients) plus the most that the step adds to them. X, y and the parameters are not counted.
"""


def costs(quick: bool) -> list[str]:
    """Measure everything; return the lines of the report."""
    return [*times(1 if quick else REPEATS), *memory(), ""]


def times(repeats: int) -> list[str]:
    """Return the table of compile times."""
    networks = [(CASES[name].title, partial(network, CASES[name].data())) for name in ("tanh", "relu")]
    networks[0][1]()  # the first compilation of a process is slower
    body = [[title, (milliseconds(run, repeats), NETWORK_MS), ("", None)] for title, run in networks]
    for ending, method in (("value", "__call__"), ("value and gradients", "value_and_grad")):
        found = [milliseconds(partial(chain, n, method), repeats) for n in LENGTHS]
        for i, n in enumerate(LENGTHS):
            goal = CHAIN_MS if n == LENGTHS[-1] else None
            growth = (found[i] / found[i - 1], GROWTH) if i else ("", None)
            body.append([f"chain of {n} operations, {ending}", (found[i], goal), growth])
    return judged(TIMES.format(repeats=repeats), ["", "ms", "growth"], body)


def memory() -> list[str]:
    """Return the table of peaks, compiled and eager."""
    body = []
    for case in (c for c in CASES.values() if c.data):
        data = case.data()
        eager, compiled = (peak(p, data) for p in (OURS, OURS_COMPILED))
        body.append([case.title, (eager, None), (compiled, None), (compiled / eager, 1.0)])
    return judged(MEMORY, ["", "eager, kB", "compiled, kB", "compiled / eager"], body)


def judged(heading: str, head: list[str], body: list[list[Any]]) -> list[str]:
    """Return a table whose cells are pairs of number and target, and the number of targets that are met."""
    rows = [[title, *(cell(*pair) for pair in pairs)] for title, *pairs in body]
    return [heading, *table(head, rows), *met([pair for _, *pairs in body for pair in pairs])]


def milliseconds(run: Callable[[], Any], repeats: int) -> float:
    """Return the median time of a run."""
    found = []
    for _ in range(repeats):
        set_aside()
        start = perf_counter()
        run()
        found.append(1e3 * (perf_counter() - start))
    return median(found)


def network(data: Problem) -> None:
    """Compile a training step and run it once."""
    OURS_COMPILED.function("train")(data)()


def chain(length: int, method: str) -> None:
    """Compile a chain of `length` operations and call this method of the compiled function."""

    def f(y: Any, w: Any, b: Any) -> Any:
        for _ in range(length // 2):
            y = y * w + b
        return np.sum(y)

    arrays = [np.full(8, value) for value in (0.5, 0.999, 0.001)]
    getattr(ag.compile(f, argnums=(0, 1, 2)), method)(*arrays)


def peak(peer: Peer, data: Problem) -> float:
    """Return the peak memory of a step in kilobytes, without X, y and the parameters."""
    tracemalloc.start()
    try:
        step = peer.function("train")(data)
        for _ in range(3):
            step()
        gc.collect()
        between_steps = bytes_of_arrays() - sum(p.nbytes for layer in data.layers for p in layer)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        step()
        _, highest = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (between_steps + highest - before) / 1e3


def bytes_of_arrays() -> int:
    """Return the size in bytes of all arrays that were allocated since tracing began and still exist."""
    arrays = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([arrays]).traces)
