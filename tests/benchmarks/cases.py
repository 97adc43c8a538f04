"""The table of cases: what is measured, on what data, with which of the two adapter functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import footprint
import numpy as np
from timing import Samples, interleave


@dataclass(frozen=True)
class Problem:
    """A binary classification problem and the first values of the network that learns it."""

    X: np.ndarray
    y: np.ndarray
    layers: list[tuple[np.ndarray, np.ndarray]]  # the last one ends in one logit: w is a vector
    activation: str
    lr: float


def problem(n: int, widths: list[int], activation: str = "tanh", lr: float = 0.1) -> Problem:
    """Returns `n` examples labelled by a noisy plane, and a network with these layer widths."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, widths[0]))
    y = (X @ rng.standard_normal(widths[0]) + rng.standard_normal(n) > 0).astype(float)
    layers = [(rng.standard_normal((m, k)) / np.sqrt(m), np.zeros(k)) for m, k in pairwise(widths[:-1])]
    last = rng.standard_normal(widths[-2]) / np.sqrt(widths[-2])
    return Problem(X, y, [*layers, (last, np.zeros(()))], activation, lr)


def scalar_graph(leaves: list[Any], relu: Callable[[Any], Any]) -> Any:
    """A graph of 400 operations on three scalars: additions, products, relu, squares."""
    x, w, b = leaves
    for _ in range(50):
        h = relu(x * w + b)
        x = relu(h**2 * w + x * b)
    return x


def chain(leaves: list[Any], _relu: Callable[[Any], Any]) -> Any:
    """A graph 50 000 operations deep: y = y w + b, again and again."""
    y, w, b = leaves
    for _ in range(25_000):
        y = y * w + b
    return y


@dataclass(frozen=True)
class Case:
    """A row of the table: `measure(peers, seconds)` gives samples, in `unit`, for each peer."""

    title: str
    unit: str
    measure: Callable[[list[Any], float], dict[str, Samples]]


def training(title: str, *args: Any, **settings: Any) -> Case:
    """A case that times one training step, after 100 steps whose last losses must agree."""

    def measure(peers: list[Any], seconds: float) -> dict[str, Samples]:
        data = problem(*args, **settings)
        makers = {p.title: p.function("train") for p in peers}
        steps = {title: make(data) for title, make in makers.items() if make}
        return interleave(steps, seconds, warmups=100)

    return Case(title, "µs", measure)


def scalars(title: str, program: Callable[..., Any], values: list[float]) -> Case:
    """A case that times building and differentiating a graph of Python floats."""

    def measure(peers: list[Any], seconds: float) -> dict[str, Samples]:
        makers = {p.title: p.function("differentiate") for p in peers}
        runs = {title: make(program, values) for title, make in makers.items() if make}
        return interleave(runs, seconds, warmups=1)

    return Case(title, "µs", measure)


CASES = {
    "logistic": training("logistic regression 569x30", 569, [30, 1]),
    "tanh": training("network 200x(2-16-16-1) tanh", 200, [2, 16, 16, 1]),
    "relu": training("network 128x(784-256-128-1) relu", 128, [784, 256, 128, 1], "relu", lr=0.01),
    "scalars": scalars("400 scalar operations", scalar_graph, [0.5, 0.5, 0.4]),
    "chain": scalars("chain of 50 000 operations", chain, [0.5, 0.999, 0.001]),
    "import": Case("import time", "ms", footprint.import_times),
    "size": Case("installed size, with dependencies", "MB", footprint.sizes),
}
