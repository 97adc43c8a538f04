"""Summary: the table of a fit, with standard errors, tests, intervals and odds ratios, and their numbers."""

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np

from autograd_lite.arguments import number
from autograd_lite.extras import require
from autograd_lite.linear_model.classifiers import Examples
from autograd_lite.linear_model.objective import Objective

_FORMATS = {"z": "{:.2f}", "p": "{:.3g}"}  # the other columns have four digits
_TEXT_COLUMNS = "class", "name"
_LOGARITHMS = {"odds ratio": "coef", "or low": "low", "or high": "high"}  # the columns of log odds
_INTERVALS = ("low", "coef", "high"), ("or low", "odds ratio", "or high")


@dataclass(frozen=True)
class Inference:
    """The numbers behind a summary; coefficients are differences to the first class.

    `coef` is (K - 1, q) with the intercept last, `covariance` the covariance matrix of its flat entries.
    `null_log_likelihood` belongs to the intercept alone, None without one. If weights rule out a likelihood
    (`robust` is True), both log-likelihoods are None, and the covariance is the sandwich of White (1980) and
    Huber (1967). `ratio` is how many times smaller a robust standard error can be than the one from the
    curvature alone, at least 1.
    """

    coef: Any
    covariance: Any
    robust: bool
    log_likelihood: float | None
    null_log_likelihood: float | None
    ratio: float = 1.0


def infer(objective: Objective, u: Any, examples: Examples) -> Inference:
    """The inference of a fit u without penalty, whose covariance is (m H)^-1, with m the sum of the weights.

    Sample weights that are whole numbers count examples. With other sample weights, and with class weights,
    the covariance is the sandwich H^-1 B H^-1, where B sums the squares of the gradients of the examples.
    """
    design = objective.design
    value, _, H = objective.value_gradient_hessian(u)
    total = float(examples.weights.sum())
    inverse = np.linalg.inv(H) / total
    whole = bool((examples.counts == np.round(examples.counts)).all())
    robust = not (whole and (examples.factors == 1).all())
    change = design.original_weights(np.eye(design.q)).T  # the linear map from u to coef
    coef = np.atleast_2d(design.original_weights(u.reshape(objective.shape)))
    if objective.classes:
        identity = np.eye(objective.classes)
        change = np.kron(identity[1:] - identity[0], change)
        coef = coef[1:] - coef[0]
    covariance = change @ inverse @ change.T
    if not robust:
        null = None
        if design.fit_intercept:
            totals = np.bincount(examples.codes, examples.counts)
            null = float(totals @ np.log(totals / totals.sum()))
        return Inference(coef, covariance, robust, -total * value, null)
    repeats = examples.counts if whole else examples.counts**2
    r = np.atleast_2d(objective.residuals(u))
    squares = repeats * examples.factors[examples.codes] ** 2 * r[:, None] * r
    B = sum(objective.gram(part, X) for X, part in design.split(squares))
    sandwich = change @ (inverse @ B @ inverse) @ change.T
    ratio = max(1.0, float(np.sqrt((covariance.diagonal() / sandwich.diagonal()).max())))
    return Inference(coef, sandwich, robust, None, None, ratio)


@dataclass(repr=False, eq=False)
class Summary:
    """The table of a fit; `str()` prints it and `frame()` returns a DataFrame.

    `columns` are arrays by name, with a row for each class and coefficient. `low` and `high` are the ends of
    the confidence interval at `level` (Wald: coef -+ z std err). `or low` and `or high` are the ends for the
    odds ratio e^coef, which an intercept does not have. A penalised fit only has `coef` and `odds ratio`.

    `statistics` are the log-likelihood, McFadden's R2 = 1 - log L / log L_0 with L_0 the likelihood of the
    intercept alone, and the likelihood-ratio test of all features. The table has `title` above and `notes`
    below. See McCullagh and Nelder (1989), and McFadden (1974) for his R2.
    """

    title: str
    columns: dict[str, Any]
    statistics: dict[str, float]
    notes: list[str]

    def frame(self) -> Any:
        """The columns as a pandas DataFrame (extra `pandas`), with a row for each coefficient."""
        return require("pandas", "pandas").DataFrame(self.columns)

    def __str__(self) -> str:
        cells = []
        rows = [dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]
        digits = [_digits(row) for row in rows]
        for name in self.columns:
            texts = [name, *map(_text, rows, [name] * len(rows), digits)]
            width = max(map(len, texts))
            align = "<" if name in _TEXT_COLUMNS else ">"
            cells.append([f"{text:{align}{width}}" for text in texts])
        table = ["  ".join(row).rstrip() for row in zip(*cells, strict=True)]
        statistics = ", ".join(f"{name} {value:.6g}" for name, value in self.statistics.items())
        header = [self.title, statistics] if statistics else [self.title]
        return "\n".join([*header, "", *table, "", *self.notes])

    __repr__ = __str__


def _text(row: dict[str, Any], name: str, digits: int) -> str:
    """The text of an entry of a row; odds ratios near 1 as 1 + x, and huge or tiny ones as exp(x)."""
    value = row[name]
    if isinstance(value, str):
        return value
    if np.isnan(value):
        return ""
    log_odds = row[_LOGARITHMS[name]] if name in _LOGARITHMS else 1.0
    if 0 < abs(log_odds) < 1e-3:
        return f"1{np.expm1(log_odds):+.{digits}g}"
    if abs(log_odds) > 700:
        return f"exp({log_odds:.{digits}g})"
    return _FORMATS.get(name, f"{{:.{digits}g}}").format(value)


def _digits(row: dict[str, Any]) -> int:
    """Four digits, or as many as show that the ends of the intervals of a row differ."""
    for digits in range(4, 17):
        intervals = [names for names in _INTERVALS if names[0] in row and not np.isnan(row[names[0]])]
        if all(len({_text(row, name, digits) for name in names}) == 3 for names in intervals):
            break
    return digits


def summarise(model: Any, level: float) -> Summary:
    """The summary of a fitted model; raises ValueError if its coefficients do not estimate anything."""
    name = type(model).__name__
    number(lambda v: 0 < v < 1, "the probability of the interval, such as 0.95")(name, "level", level)
    if model.certificate_.duality_gap is not None:
        summary = _penalised(model, name)
    elif model._inference is not None:
        summary = _maximum_likelihood(model, name, level)
    else:
        kind = model.certificate_.separation.kind
        if kind in ("complete", "quasi"):
            reason = "there is no maximum-likelihood estimate to report"
        elif model.certificate_.collinear:
            reason = "columns are collinear, so there is more than one maximum-likelihood estimate"
        else:
            reason = "it is not certain that the fit is at the maximum-likelihood estimate"
        raise ValueError(f"{name}: no summary, because {reason}.\n{model.certificate_}")
    if model.class_weight is not None:
        effect = (
            "prior_correction has taken the shift out."
            if model.prior_correction
            else "probabilities differ from the population's: prior_correction=True takes the shift out."
        )
        summary.notes.append(f"Class weights {model.class_weight!r} shift the intercept; {effect}")
    summary.notes.append(str(model.certificate_))
    _add_odds_ratios(model, summary.columns)
    return summary


def _penalised(model: Any, name: str) -> Summary:
    classes = model.classes_.tolist()
    many = len(model.coef_) > 1
    W = np.concatenate([model.coef_, model.intercept_[:, None]], axis=1)
    columns = _coefficients(model, classes, W)
    notes = [
        f"Penalised (C={model.C:g}, l1_ratio={model.l1_ratio:g}): coefficients are drawn towards 0. They are",
        "not maximum-likelihood estimates, and have no standard errors, tests or intervals here.",
    ]
    title = f"{name}, penalised" + ("" if many else f": log odds of {classes[1]!r}")
    return Summary(title, columns, {}, notes)


def _maximum_likelihood(model: Any, name: str, level: float) -> Summary:
    inference = model._inference
    first, *others = model.classes_.tolist()
    columns = _coefficients(model, others, inference.coef)
    _add_tests(model, columns, inference.covariance, level)
    odds = f"against {first!r}" if len(model.coef_) > 1 else f"of {others[0]!r} against {first!r}"
    notes = [f"Intervals at {100 * level:g}%."]
    if inference.robust:
        notes.append("Weighted: standard errors are robust (the sandwich), and there is no likelihood.")
    title = f"{name}, maximum likelihood: log odds {odds}"
    return Summary(title, columns, _statistics(inference), notes)


def _coefficients(model: Any, classes: list[Any], W: Any) -> dict[str, Any]:
    """The columns of coefficients W, (rows, p + 1), intercept last; the table begins with the intercept."""
    names = model._names()
    if model.fit_intercept:
        W = np.roll(W[:, : len(names) + 1], 1, axis=1)
        names = ["(intercept)" if "intercept" in names else "intercept", *names]
    columns: dict[str, Any] = {}
    if len(W) > 1:
        columns["class"] = [str(label) for label in classes for _ in names]
    columns["name"] = names * len(W)
    columns["coef"] = W[:, : len(names)].ravel()
    return columns


def _add_tests(model: Any, columns: dict[str, Any], covariance: Any, level: float) -> None:
    """Add standard errors, tests and intervals."""
    error = np.sqrt(covariance.diagonal()).reshape(model._inference.coef.shape)
    if model.fit_intercept:
        error = np.roll(error, 1, axis=1)
    columns["std err"] = error.ravel()
    columns["z"] = columns["coef"] / columns["std err"]
    columns["p"] = np.array([erfc(abs(z) / sqrt(2)) for z in columns["z"]])
    half_width = NormalDist().inv_cdf(0.5 + level / 2) * columns["std err"]
    columns["low"] = columns["coef"] - half_width
    columns["high"] = columns["coef"] + half_width


def _add_odds_ratios(model: Any, columns: dict[str, Any]) -> None:
    """Add e^coef and e^ of the ends of the interval; nan for intercepts."""
    row = np.arange(len(columns["coef"])) % (model.n_features_in_ + model.fit_intercept)
    features = (row > 0) | (not model.fit_intercept)
    for name, source in _LOGARITHMS.items():
        if source in columns:
            with np.errstate(over="ignore"):
                columns[name] = np.where(features, np.exp(columns[source]), np.nan)


def _statistics(inference: Inference) -> dict[str, float]:
    """The statistics of the whole fit; empty if weights rule out a likelihood."""
    if inference.log_likelihood is None:
        return {}
    statistics = {"log-likelihood": inference.log_likelihood}
    null = inference.null_log_likelihood
    if null is not None:
        df = inference.coef.size - len(inference.coef)
        ratio = max(2.0 * (inference.log_likelihood - null), 0.0)
        statistics["McFadden's R2"] = 1.0 - inference.log_likelihood / null
        statistics[f"likelihood ratio chi2({df})"] = ratio
        statistics["p"] = float(require("scipy.special", "sklearn").chdtrc(df, ratio)) if df else 1.0
    return statistics
