"""Benchmark of whole fits of logistic and softmax regression against scikit-learn and statsmodels."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from report import cell, met, table
from timing import calibrate, clock, set_aside

import autograd_lite as ag

AGREEMENT = 1e-8  # the largest relative distance of a peer's objective from the best
TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)

HEADING = """\
## Fits

A call of `fit`, with checks and certificate, on float64 data; medians of interleaved rounds, one thread. Each
library uses the loosest of the tolerances 1e-4, 1e-5, ... with which its objective is within a relative 1e-8
of the best, or the one that comes closest. For scikit-learn the fastest solver counts. "NumPy by hand" is a
loop of Newton steps without any check. "First" is our first fit of that shape, which compiles. A cell is
ours / theirs and the target: **bold if the target is missed**.
"""

Fit = Callable[[Any], Any]  # takes a tolerance, returns weights (K, p + 1) with the intercept last
Name = tuple[str, str]  # a column of the report, and a solver
OURS, DEFAULT = ("autograd_lite", "auto"), ("autograd_lite", "with its own tolerance")


class Case(NamedTuple):
    """A data set, a penalty and the libraries that fit it; `targets` are ratios by the name of a column."""

    title: str
    data: Callable[[], tuple[Any, Any]]
    C: float
    peers: list[Name]
    targets: dict[str, float]


def fits(quick: bool) -> list[str]:
    """Measure all cases; returns the lines of the report."""
    columns = ["scikit-learn", "statsmodels", "NumPy by hand"]
    rows = []
    judged = []
    for case in CASES[: 2 if quick else None]:
        print(case.title)
        X, y = case.data()
        kind(y)  # imports the module before the clock starts
        start = perf_counter()
        ours(X, y, case.C, "")(None)
        first = perf_counter() - start
        times, settings = measured(case, X, y, 1.0 if quick else 12.0)
        mine = times[OURS]
        pairs = []
        for column in columns:
            found = min((t for name, t in times.items() if name[0] == column), key=median, default=None)
            ratio: Any = "-" if found is None else median(a / b for a, b in zip(mine, found, strict=True))
            pairs.append((ratio, case.targets.get(column)))
        judged += pairs
        of_sklearn = [name for name in times if name[0] == columns[0]]
        fastest = min(of_sklearn, key=lambda name: median(times[name]))
        shown = [median(mine), median(times[DEFAULT]), first]
        rows.append(
            [
                case.title,
                *(f"{1e3 * t:.3g} ms" for t in shown),
                *(cell(*pair) for pair in pairs),
                settings[fastest],
            ]
        )
    head = [
        "",
        "autograd_lite",
        "with its own tolerance",
        "first",
        *(f"/ {c}" for c in columns),
        "scikit-learn's",
    ]
    return [HEADING, *table(head, rows), *met(judged), ""]


def measured(case: Case, X: Any, y: Any, seconds: float) -> tuple[dict[Name, list[float]], dict[Name, str]]:
    """The times of each library and solver, and the settings of each."""
    best = objective(X, y, case.C, ours(X, y, case.C, "")(1e-10))
    ready: dict[Name, Callable[[], Any]] = {}
    settings = {}
    for name in [OURS, *case.peers]:
        fit = PEERS[name[0]](X, y, case.C, name[1])
        excesses = {}
        for tol in TOLERANCES:
            excesses[tol] = objective(X, y, case.C, fit(tol)) / best - 1
            if excesses[tol] <= AGREEMENT:
                break
        tol = min(excesses, key=lambda tol: max(excesses[tol], AGREEMENT))
        settings[name] = f"{name[1]}, tol {tol:g}" + (
            f", {excesses[tol]:.0e} above" * (excesses[tol] > AGREEMENT)
        )
        print(f"  {name[0]:16} {settings[name]}")
        ready[name] = lambda fit=fit, tol=tol: fit(tol)
    ready[DEFAULT] = lambda: ours(X, y, case.C, "")(None)
    set_aside()
    counts = {name: calibrate(run) for name, run in ready.items()}
    times: dict[Name, list[float]] = {name: [] for name in ready}
    stop = perf_counter() + seconds
    while perf_counter() < stop or len(times[OURS]) < 3:
        for name, run in ready.items():
            times[name].append(clock(run, counts[name]))
    return times, settings


def objective(X: Any, y: Any, C: float, W: Any) -> float:
    """The mean loss plus the penalty, for weights W of one logit (two classes) or of K logits."""
    z = X @ W[:, :-1].T + W[:, -1]
    z = np.hstack([np.zeros_like(z), z]) if z.shape[1] == 1 else z
    largest = z.max(axis=1)
    loss = np.log(np.exp(z - largest[:, None]).sum(axis=1)) + largest - z[np.arange(len(y)), y]
    return float(loss.mean() + (W[:, :-1] ** 2).sum() / (2 * C * len(y)))


def weights(model: Any) -> Any:
    """The weights of a fitted model as scikit-learn has them."""
    return np.hstack([model.coef_, model.intercept_[:, None]])


def ours(X: Any, y: Any, C: float, solver: str) -> Fit:
    """A fit by autograd_lite; a tolerance of None means its default."""
    return lambda tol: weights(kind(y)(C=C, progress=False, **({"tol": tol} if tol else {})).fit(X, y))


def kind(y: Any) -> Any:
    """Our model for such labels."""
    return ag.linear_model.LogisticRegression if y.max() == 1 else ag.linear_model.SoftmaxRegression


def scikit_learn(X: Any, y: Any, C: float, solver: str) -> Fit:
    """A fit by scikit-learn with this solver."""
    from sklearn.linear_model import LogisticRegression

    def fit(tol: float | None) -> Any:
        settings = {"tol": tol, "max_iter": 100_000} if tol else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return weights(LogisticRegression(C=C, solver=solver, **settings).fit(X, y))

    return fit


def statsmodels(X: Any, y: Any, C: float, method: str) -> Fit:
    """A fit by statsmodels' Logit."""
    from statsmodels.discrete.discrete_model import Logit

    def fit(tol: float | None) -> Any:
        with_ones = np.hstack([X, np.ones((len(X), 1))])
        return Logit(y, with_ones).fit(disp=0, method=method, tol=tol, maxiter=200).params[None]

    return fit


def by_hand(X: Any, y: Any, C: float, method: str) -> Fit:
    """Newton's method in ten lines."""
    penalty = np.append(np.full(X.shape[1], 1 / (C * len(y))), 0.0)
    with_ones = np.hstack([X, np.ones((len(X), 1))])

    def fit(tol: float) -> Any:
        w = np.zeros(X.shape[1] + 1)
        while True:
            p = 1 / (1 + np.exp(-(with_ones @ w)))
            g = with_ones.T @ (p - y) / len(y) + penalty * w
            if np.sqrt(g @ g) <= tol:
                return w[None]
            H = (with_ones.T * (p * (1 - p))) @ with_ones / len(y) + np.diag(penalty)
            w = w - np.linalg.solve(H, g)

    return fit


PEERS = {
    "autograd_lite": ours,
    "scikit-learn": scikit_learn,
    "statsmodels": statsmodels,
    "NumPy by hand": by_hand,
}


def breast_cancer() -> tuple[Any, Any]:
    """569 x 30, standardised."""
    X, y = ag.datasets.breast_cancer()
    return (X - X.mean(axis=0)) / X.std(axis=0), y.astype(int)


def generated(n: int, p: int) -> tuple[Any, Any]:
    """n x p normal features, labels drawn from a logistic model."""
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(n, p)), rng.normal(size=p)
    return X, (rng.random(n) < 1 / (1 + np.exp(-X @ w))).astype(int)


def digits() -> tuple[Any, Any]:
    """1797 x 64 pixels from 0 to 16, ten classes."""
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)


_SOLVERS = [("scikit-learn", solver) for solver in ("newton-cholesky", "lbfgs", "newton-cg")]
_STATSMODELS, _NUMPY = ("statsmodels", "newton"), ("NumPy by hand", "newton")
CASES = [
    Case("breast cancer 569x30, C=1", breast_cancer, 1.0, [*_SOLVERS, _NUMPY], {"scikit-learn": 0.5}),
    Case("200 000x50, C=1", lambda: generated(200_000, 50), 1.0, [*_SOLVERS, _NUMPY], {"scikit-learn": 1.0}),
    Case(
        "200 000x50, no penalty",
        lambda: generated(200_000, 50),
        np.inf,
        [*_SOLVERS, _STATSMODELS, _NUMPY],
        {"statsmodels": 0.15},
    ),
    Case(
        "6 000x10, no penalty",
        lambda: generated(6_000, 10),
        np.inf,
        [*_SOLVERS, _STATSMODELS, _NUMPY],
        {},
    ),
    Case(
        "digits 1797x64, 10 classes, C=1",
        digits,
        1.0,
        [("scikit-learn", "lbfgs"), ("scikit-learn", "newton-cholesky")],
        {"scikit-learn": 1.0},
    ),
]
