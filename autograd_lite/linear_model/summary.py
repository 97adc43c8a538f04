"""The table of a fit: coefficients, standard errors, tests, intervals and odds ratios."""

from __future__ import annotations

from math import erfc, sqrt
from numbers import Real
from statistics import NormalDist
from typing import Any

import numpy as np

from autograd_lite.extras import require
from autograd_lite.linear_model.certificate import Certificate
from autograd_lite.linear_model.inference import Inference

_WRITTEN = {"z": "{:.2f}", "p": "{:.3g}"}  # how numbers are written; the others with four digits


class Summary:
    """Coefficients by class and name: `columns` are arrays by name, `frame()` a DataFrame, `str()` a table.

    `low` and `high` are the ends of the confidence interval at `level` (Wald: coef -+ z std err), `or
    low` and `or high` those of the odds ratio e^coef, which the intercept has not. `statistics` are the
    log-likelihood, McFadden's R2 = 1 - log L / log L_0 with L_0 the likelihood of the intercept alone,
    and the likelihood-ratio test of all features. Where a penalty made the estimates only `coef` and
    `odds ratio` are there. `title` and `notes` stand above and below the table. See McCullagh and Nelder
    (1989), and McFadden (1974) on his R2.
    """

    def __init__(
        self, title: str, columns: dict[str, Any], statistics: dict[str, float], notes: list[str]
    ) -> None:
        self.title, self.columns, self.statistics, self.notes = title, columns, statistics, notes

    def frame(self) -> Any:
        """The columns as a pandas DataFrame (extra `pandas`), a row for each coefficient."""
        return require("pandas", "pandas").DataFrame(self.columns)

    def __str__(self) -> str:
        cells = {
            name: [name, *[v if isinstance(v, str) else _written(v, name) for v in column]]
            for name, column in self.columns.items()
        }
        width = {name: max(map(len, column)) for name, column in cells.items()}
        words = "class", "name"
        lines = [
            "  ".join(
                f"{cell:{'<' if name in words else '>'}{width[name]}}"
                for name, cell in zip(cells, row, strict=True)
            ).rstrip()
            for row in zip(*cells.values(), strict=True)
        ]
        told = [f"{k} {v:.6g}" for k, v in self.statistics.items()]
        return "\n".join([self.title, *([", ".join(told)] if told else []), "", *lines, "", *self.notes])

    __repr__ = __str__


def _written(value: float, name: str) -> str:
    return "" if np.isnan(value) else _WRITTEN.get(name, "{:.4g}").format(value)


def coefficients(names: list[str], classes: list[Any], W: Any, fit_intercept: bool) -> dict[str, Any]:
    """The columns of coefficients W, (rows, q), the intercept last: its row comes first, as it is read."""
    order = [len(names), *range(len(names))] if fit_intercept else list(range(len(names)))
    told = [*names, "intercept"]
    columns: dict[str, Any] = {"class": [str(c) for c in classes for _ in order]} if len(W) > 1 else {}
    columns["name"] = [told[j] for _ in W for j in order]
    columns["coef"] = W[:, order].ravel()
    return columns


def tests(columns: dict[str, Any], inference: Inference, fit_intercept: bool, level: float) -> None:
    """Add standard errors, tests and intervals to the columns of the same coefficients."""
    k, q = inference.coef.shape
    order = [q - 1, *range(q - 1)] if fit_intercept else list(range(q))
    error = np.sqrt(inference.covariance.diagonal()).reshape(k, q)[:, order].ravel()
    coef = columns["coef"]
    far = NormalDist().inv_cdf(0.5 + level / 2) * error
    columns["std err"], columns["z"] = error, coef / error
    columns["p"] = np.array([erfc(abs(z) / sqrt(2)) for z in columns["z"]])
    columns["low"], columns["high"] = coef - far, coef + far


def odds_ratios(columns: dict[str, Any], per_class: int, fit_intercept: bool) -> None:
    """Add e^coef, and e^ of the interval's ends, for features."""
    n = len(columns["coef"])
    features = np.arange(n) % per_class > 0 if fit_intercept else np.ones(n, bool)
    for name, of in (("odds ratio", "coef"), ("or low", "low"), ("or high", "high")):
        if of in columns:
            with np.errstate(over="ignore"):
                columns[name] = np.where(features, np.exp(columns[of]), np.nan)


def likelihoods(inference: Inference) -> dict[str, float]:
    """The statistics of the whole fit; none where weights make its objective no likelihood."""
    full, null = inference.log_likelihood, inference.null_log_likelihood
    if full is None:
        return {}
    told = {"log-likelihood": full}
    if null is not None:
        df = inference.coef.size - len(inference.coef)
        ratio = max(2.0 * (full - null), 0.0)
        p = float(require("scipy.special", "sklearn").chdtrc(df, ratio)) if df else 1.0
        told |= {"McFadden's R2": 1.0 - full / null, f"likelihood ratio chi2({df})": ratio, "p": p}
    return told


def _why(done: Certificate) -> str:
    """Why a fit without penalty has no summary."""
    if done.collinear or (done.separation is not None and done.separation.kind in ("complete", "quasi")):
        return "for there is no maximum-likelihood estimate to report"
    return "for the fit is not known to be at the maximum-likelihood estimate"


def summarised(model: Any, level: float) -> Summary:
    """The summary of a fitted model; a ValueError where its coefficients are no estimate of anything."""
    name, done = type(model).__name__, model.certificate_
    if not (isinstance(level, Real) and 0 < float(level) < 1):
        raise ValueError(f"{name}: level is {level!r}; give the probability of the interval, such as 0.95")
    penalised = done.duality_gap is not None
    if not penalised and model._inference is None:
        raise ValueError(f"{name}: no summary, {_why(done)}.\n{done}")
    classes, names = model.classes_.tolist(), model._names()
    many = len(model.coef_) > 1
    if penalised:
        told = f"C={model.C:g}, l1_ratio={model.l1_ratio:g}"
        notes = [
            f"Penalised ({told}): coefficients are drawn towards 0. They are no maximum-likelihood",
            "estimate and have no standard errors, tests or intervals here.",
        ]
        W = np.concatenate([model.coef_, model.intercept_[:, None]], axis=1)
        columns = coefficients(names, classes, W, model.fit_intercept)
        title = f"{name}, penalised" + ("" if many else f": log odds of {classes[1]!r}")
        statistics: dict[str, float] = {}
    else:
        inference = model._inference
        columns = coefficients(names, classes[1:], inference.coef, model.fit_intercept)
        tests(columns, inference, model.fit_intercept, level)
        title = f"{name}, maximum likelihood: log odds " + (
            f"against {classes[0]!r}" if many else f"of {classes[1]!r} against {classes[0]!r}"
        )
        statistics, notes = likelihoods(inference), [f"Intervals at {100 * level:g}%."]
        if inference.robust:
            notes.append("Weighted: standard errors are robust (the sandwich), and there is no likelihood.")
    odds_ratios(columns, len(names) + model.fit_intercept, model.fit_intercept)
    if model.class_weight is not None:
        notes.append(
            f"Class weights {model.class_weight!r} shift the intercept; "
            + ("prior_correction has taken the shift out." if model.prior_correction else
               "probabilities are not those of the population: prior_correction=True takes the shift out.")
        )  # fmt: skip
    return Summary(title, columns, statistics, [*notes, str(done)])
