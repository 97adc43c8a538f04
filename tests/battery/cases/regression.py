"""Logistic regression, its summary, and pictures of classifiers."""

from tests.battery.case import Case, Kind

OPTIMUM = """
def objective(X, y, intercept, w):
    z = X @ w + intercept
    return np.sum(np.logaddexp(0, z) - y * z) + 0.5 * w @ w

def is_optimal(model, X, y):
    \"\"\"Compare a fit with C=1 with 300 damped Newton steps on scaled columns.\"\"\"
    model.fit(X, y)
    A = np.column_stack([np.ones(len(X)), X])
    scale = np.abs(A).max(axis=0)
    A /= scale
    ridge = scale**-2.0 * (np.arange(len(scale)) > 0)
    v = np.zeros(len(scale))
    at = lambda v: objective(X, y, v[0], v[1:] / scale[1:])
    for _ in range(300):
        p = 1 / (1 + np.exp(-np.clip(A @ v, -700, 700)))
        slope = A.T @ (p - y) + ridge * v
        step = np.linalg.solve((A.T * (p * (1 - p))) @ A + np.diag(ridge + 1e-14), slope)
        t = 1.0
        while at(v - t * step) > at(v) - 1e-4 * t * slope @ step and t > 1e-12:
            t /= 2
        v = v - t * step
    return objective(X, y, model.intercept_, model.coef_.ravel()) < 1.001 * at(v) + 1e-9
"""
REGRESSION = [
    Case(
        "one corrupted row of 1e10, C=1",
        OPTIMUM
        + """
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
y = (X[:, 0] + 0.5 * rng.normal(size=60) > 0).astype(int)
X[5] = 1e10
is_optimal(ag.linear_model.LogisticRegression(C=1.0), X, y)
""",
        1,
    ),
    *[
        Case(
            f"heavy-tailed columns, C=1, sample {seed}",
            OPTIMUM
            + f"""
rng = np.random.default_rng({seed})
X = rng.standard_cauchy(size=(60, 3)) ** 5
y = (rng.random(60) < 0.5).astype(int)
is_optimal(ag.linear_model.LogisticRegression(C=1.0), X, y)
""",
            1,
        )
        for seed in (29, 50)
    ],
    Case(
        "separable classes without a penalty: no estimate exists",
        """
X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
ag.linear_model.LogisticRegression().fit(X, y).coef_
""",
    ),
    Case(
        "a feature called intercept",
        """
import pandas
X = pandas.DataFrame({"intercept": [-1.0, -0.5, 0.2, 0.4, 1.0, 0.1], "b": [0.0, 1.0, 0.5, -1.0, 0.3, 0.2]})
model = ag.linear_model.LogisticRegression().fit(X, np.array([0, 1, 0, 1, 1, 0]))
str(model.summary()).count("\\nintercept ")
""",
        1,
        rtol=0.0,
    ),
    Case(
        "the odds ratio of a feature in tiny units is not printed as 1, 1 to 1",
        """
rng = np.random.default_rng(0)
x = rng.normal(size=400) * 1e6
y = (x / 1e6 + rng.normal(size=400) > 0).astype(int)
text = str(ag.linear_model.LogisticRegression().fit(x[:, None], y).summary())
[line.split()[-3:] for line in text.splitlines() if line.startswith("x0")] == [["1", "1", "1"]]
""",
        0,
    ),
    Case(
        "collinear dummies: summary does not say that an estimate exists and that none does",
        """
import contextlib, warnings
group = np.arange(40) % 2
X = np.column_stack([group, 1 - group]).astype(float)
y = np.array([0, 0, 1, 1, 1, 0, 0, 1] * 5)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    text = ""
    with contextlib.suppress(ValueError):
        text = " ".join(str(ag.linear_model.LogisticRegression().fit(X, y).summary()).split())
"estimate exists" in text and ("no maximum-likelihood" in text or "not unique" in text or "no unique" in text)
""",
        0,
    ),
    Case(
        "predict of an example with nan",
        """
X, y = np.array([[-2.0], [-1.0], [1.0], [2.0], [0.5]]), np.array([0, 1, 0, 1, 1])
ag.linear_model.LogisticRegression().fit(X, y).predict([[np.nan]])
""",
    ),
    Case(
        "class_weight of a class that the data lack",
        """
X, y = np.array([[-2.0], [-1.0], [1.0], [2.0], [0.5]]), np.array([0, 1, 0, 1, 1])
ag.linear_model.LogisticRegression(class_weight={0: 1.0, 7: 5.0}).fit(X, y).coef_
""",
    ),
    Case(
        "p = 1/2 exactly: LogisticUnit and LogisticRegression predict the same class",
        """
X, y = np.array([[-1.0], [1.0], [-1.0], [1.0]]), np.array([0, 1, 1, 0])
unit = ag.nn.LogisticUnit(1)
model = ag.linear_model.LogisticRegression(C=1.0).fit(X, y)
model.coef_ = np.zeros_like(model.coef_)
model.intercept_ = np.zeros_like(model.intercept_)
unit.predict([[0.0]]) - model.predict([[0.0]])
""",
        0,
    ),
    Case(
        "a target that is not of two classes",
        """
X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0.1, 0.7, 0.4, 0.9])
ag.linear_model.LogisticRegression().fit(X, y).coef_
""",
    ),
    Case(
        "plots.roc: labels that the model does not know",
        """
import matplotlib
matplotlib.use("Agg")
X, y = np.array([[-2.0], [-1.0], [1.0], [2.0], [0.5]]), np.array([0, 1, 0, 1, 1])
model = ag.linear_model.LogisticRegression().fit(X, y)
ag.plots.roc(model, X, np.array(["no", "yes", "no", "yes", "yes"]))
1.0
""",
    ),
    Case(
        "plots.roc: labels 1 and 2 for a model of 0 and 1",
        """
import matplotlib
matplotlib.use("Agg")
X, y = np.array([[-2.0], [-1.0], [1.0], [2.0], [0.5]]), np.array([0, 1, 0, 1, 1])
model = ag.linear_model.LogisticRegression().fit(X, y)
ag.plots.roc(model, X, y + 1)
1.0
""",
    ),
    Case(
        "plots.roc: the area of logits beyond 40, which round to the probability 1",
        """
import matplotlib
matplotlib.use("Agg")
unit = ag.nn.LogisticUnit(1)
unit.w.data = np.array([1.0])
X, y = np.array([[-50.0], [40.0], [45.0], [50.0]]), np.array([0, 0, 1, 1])
float(ag.plots.roc(unit, X, y).get_legend().get_texts()[0].get_text().split()[-1])
""",
        1,
    ),
]

KINDS = [Kind("Logistic regression and pictures", "", REGRESSION)]
