"""What compiling costs: the time of recording a program, and the memory of a compiled step."""

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

LENGTHS = (1_250, 2_500, 5_000, 10_000)  # each twice the one before
REPEATS = 3
NETWORK_MS, CHAIN_MS = 50.0, 3_000.0  # targets, the chain's for the longest
GROWTH = 2.2  # the most that twice the length may take, to count as linear

TIMES = """\
## What compiling costs

`ag.compile` and the first call, which records the program and runs it once, in a process that has
compiled before; median of {repeats}. A chain is y = y w + b again and again, on arrays of 8 numbers, then a
sum; "growth" is the time over that of half the length. A number is followed by its target: **bold where
the target is missed**.
"""
MEMORY = """
## Peak memory of one step

The fourth step of a training. Counted by tracemalloc: the arrays that live on between steps (buffers,
gradients), and the most that the step adds to them. Not counted: X, y and the parameters.
"""


def costs(quick: bool) -> list[str]:
    """Measures everything, and returns the lines of the report."""
    return [*times(1 if quick else REPEATS), *memory(), ""]


def times(repeats: int) -> list[str]:
    """Returns the table of compile times."""
    networks = [(CASES[name].title, partial(network, CASES[name].data())) for name in ("tanh", "relu")]
    networks[0][1]()  # in a process that has compiled before
    body = [[title, (milliseconds(run, repeats), NETWORK_MS), ("", None)] for title, run in networks]
    for ending, method in (("value", "__call__"), ("value and gradients", "value_and_grad")):
        found = [milliseconds(partial(chain, n, method), repeats) for n in LENGTHS]
        for i, n in enumerate(LENGTHS):
            goal = CHAIN_MS if n == LENGTHS[-1] else None
            growth = (found[i] / found[i - 1], GROWTH) if i else ("", None)
            body.append([f"chain of {n} operations, {ending}", (found[i], goal), growth])
    return judged(TIMES.format(repeats=repeats), ["", "ms", "growth"], body)


def memory() -> list[str]:
    """Returns the table of peaks, compiled and eager."""
    body = []
    for case in (c for c in CASES.values() if c.data):
        data = case.data()
        eager, compiled = (peak(p, data) for p in (OURS, OURS_COMPILED))
        body.append([case.title, (eager, None), (compiled, None), (compiled / eager, 1.0)])
    return judged(MEMORY, ["", "eager, kB", "compiled, kB", "compiled / eager"], body)


def judged(heading: str, head: list[str], body: list[list[Any]]) -> list[str]:
    """Returns a table of pairs of number and target, and how many targets are met."""
    rows = [[title, *(cell(*pair) for pair in pairs)] for title, *pairs in body]
    return [heading, *table(head, rows), *met([pair for _, *pairs in body for pair in pairs])]


def milliseconds(run: Callable[[], Any], repeats: int) -> float:
    """Returns the median time of a run."""
    found = []
    for _ in range(repeats):
        set_aside()
        start = perf_counter()
        run()
        found.append(1e3 * (perf_counter() - start))
    return median(found)


def network(data: Problem) -> None:
    """Compiles a training step and makes it."""
    OURS_COMPILED.function("train")(data)()


def chain(length: int, method: str) -> None:
    """Compiles a chain of so many operations and calls it by this method."""

    def f(y: Any, w: Any, b: Any) -> Any:
        for _ in range(length // 2):
            y = y * w + b
        return np.sum(y)

    arrays = [np.full(8, value) for value in (0.5, 0.999, 0.001)]
    getattr(ag.compile(f, argnums=(0, 1, 2)), method)(*arrays)


def peak(peer: Peer, data: Problem) -> float:
    """Returns the kilobytes that a step holds at most, X, y and parameters apart."""
    tracemalloc.start()
    try:
        step = peer.function("train")(data)
        for _ in range(3):
            step()
        gc.collect()
        held = arrays_held() - sum(p.nbytes for layer in data.layers for p in layer)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        step()
        _, highest = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (held + highest - before) / 1e3


def arrays_held() -> int:
    """Returns the bytes of all arrays made since tracing began."""
    arrays = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([arrays]).traces)
