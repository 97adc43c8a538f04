"""The table of cases: for each its title, its data, the adapters' function that it times, and targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import footprint
import numpy as np
from peers import (
    COMPILED,
    EAGER,
    JAX,
    MICROGRAD,
    NUMPY,
    TORCH,
    TORCH_COMPILED,
    TORCH_COMPILED_LOSS,
    Peer,
    Table,
)
from timing import Samples, interleave


@dataclass(frozen=True)
class Problem:
    """A binary classification problem and the initial values of the network that learns it."""

    X: np.ndarray
    y: np.ndarray
    layers: list[tuple[np.ndarray, np.ndarray]]  # the last one ends in one logit: w is a vector
    activation: str
    lr: float


def problem(n: int, widths: list[int], activation: str = "tanh", lr: float = 0.1) -> Problem:
    """Return `n` examples with labels from a noisy plane, and a network with these layer widths."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, widths[0]))
    y = (X @ rng.standard_normal(widths[0]) + rng.standard_normal(n) > 0).astype(float)
    layers = [(rng.standard_normal((m, k)) / np.sqrt(m), np.zeros(k)) for m, k in pairwise(widths[:-1])]
    last = rng.standard_normal(widths[-2]) / np.sqrt(widths[-2])
    return Problem(X, y, [*layers, (last, np.zeros(()))], activation, lr)


def scalar_graph(leaves: list[Any], relu: Callable[[Any], Any]) -> Any:
    """Build a graph of 400 operations on three scalars: additions, products, relu, squares."""
    x, w, b = leaves
    for _ in range(50):
        h = relu(x * w + b)
        x = relu(h**2 * w + x * b)
    return x


def chain(leaves: list[Any], _relu: Callable[[Any], Any]) -> Any:
    """Build a chain of 50 000 operations: y = y w + b, repeated."""
    y, w, b = leaves
    for _ in range(25_000):
        y = y * w + b
    return y


@dataclass(frozen=True, eq=False)
class Case:
    """A row of the tables.

    `measure(peers, seconds)` returns the samples of each peer in `unit`. `targets` has the target for the
    ratio of the compiled program to each peer. `data` creates the problem of a case that trains.
    """

    title: str
    unit: str
    measure: Callable[[list[Any], float], dict[str, Samples]]
    tables: tuple[Table, ...] = (EAGER,)
    targets: Mapping[Peer, float] = field(default_factory=dict)
    data: Callable[[], Problem] | None = None


BOTH = (EAGER, COMPILED)


def timed(title: str, function: str, *arguments: Callable[[], Any], warmups: int, **more: Any) -> Case:
    """Return a case that times the result of the adapters' `function` for these arguments.

    `arguments` are functions that create the arguments when the case is measured.
    """

    def measure(peers: list[Any], seconds: float) -> dict[str, Samples]:
        values = [argument() for argument in arguments]
        factories = {p.title: p.function(function) for p in peers}
        runs = {title: factory(*values) for title, factory in factories.items() if factory}
        return interleave(runs, seconds, warmups)

    return Case(title, "µs", measure, **more)


def training(title: str, data: Callable[[], Problem], **more: Any) -> Case:
    """Return a case that times a training step, after 100 steps whose last losses must agree."""
    return timed(title, "train", data, warmups=100, data=data, **more)


def scalars(title: str, program: Callable[..., Any], values: list[float], **more: Any) -> Case:
    """Return a case that times the value and gradients of a graph of Python floats.

    Eager libraries also build the graph in each run.
    """
    return timed(title, "differentiate", lambda: program, lambda: values, warmups=1, **more)


def training_targets(eager: float, compiled: float, jax: float, numpy: float) -> dict[Peer, float]:
    """Return the targets of a training step; both forms of torch.compile have the same."""
    return {
        TORCH: eager,
        TORCH_COMPILED: compiled,
        TORCH_COMPILED_LOSS: compiled,
        JAX: jax,
        NUMPY: numpy,
    }


CASES = {
    "logistic": training(
        "logistic regression 569x30",
        partial(problem, 569, [30, 1]),
        tables=BOTH,
        targets=training_targets(0.15, 0.15, 0.65, 0.95),
    ),
    "tanh": training(
        "network 200x(2-16-16-1) tanh",
        partial(problem, 200, [2, 16, 16, 1]),
        tables=BOTH,
        targets=training_targets(0.25, 0.25, 0.75, 0.95),
    ),
    "relu": training(
        "network 128x(784-256-128-1) relu",
        partial(problem, 128, [784, 256, 128, 1], "relu", lr=0.01),
        tables=BOTH,
        targets=training_targets(0.85, 0.85, 1.0, 0.65),
    ),
    "large": training(
        "logistic regression 200 000x100",
        partial(problem, 200_000, [100, 1]),
        tables=(COMPILED,),
        targets=training_targets(0.75, 0.75, 0.75, 0.95),
    ),
    "hessian": timed(
        "Hessian, logistic regression 1000x50",
        "hessian",
        partial(problem, 1000, [50, 1]),
        warmups=20,
        tables=(COMPILED,),
        targets={TORCH: 0.1, JAX: 0.9, NUMPY: 1.5},
    ),
    "scalars": scalars(
        "400 scalar operations",
        scalar_graph,
        [0.5, 0.5, 0.4],
        tables=BOTH,
        targets={TORCH: 0.02, MICROGRAD: 0.1},
    ),
    "chain": scalars("chain of 50 000 operations", chain, [0.5, 0.999, 0.001]),
    "calls": timed(
        "100 calls of np.concatenate and np.sum",
        "join_and_sum",
        lambda: [np.arange(12.0).reshape(3, 4) + i for i in range(4)],
        warmups=1,
    ),
    "user": timed("a user's own op, 100 times", "cube", lambda: np.linspace(-1.0, 1.0, 30), warmups=1),
    "import": Case("import time", "ms", footprint.import_times),
    "size": Case("installed size, with dependencies", "MB", footprint.sizes),
}
