"""A new solver is a function and one row of SOLVERS: estimators, checks and errors need no other change."""

import importlib.util

import numpy as np
import pytest

from autograd_lite.linear_model import SOLVERS, LogisticRegression, Solver

MODULE = '''
import numpy as np

from autograd_lite.linear_model import SOLVERS, Solver


def momentum(objective, u, monitor):
    """Gradient descent with Nesterov's momentum."""
    step = 1.0 / objective.gradient_lipschitz()
    last = u
    k = 0
    while True:
        value, g = objective.value_and_gradient(u)
        if monitor(value, np.linalg.norm(g), step):
            return u
        v = u + k / (k + 3) * (u - last)
        last = u
        u = v - step * objective.value_and_gradient(v)[1]
        k += 1


SOLVERS["momentum"] = Solver(momentum, False, "gradient descent with Nesterov's momentum")
'''


@pytest.fixture
def momentum(tmp_path, monkeypatch):
    """The module, loaded; its row is removed after the test."""
    monkeypatch.setitem(SOLVERS, "momentum", None)
    path = tmp_path / "momentum.py"
    path.write_text(MODULE)
    spec = importlib.util.spec_from_file_location("momentum", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    return X, X @ [1.0, -2.0, 0.5] + rng.logistic(size=200) > 0


def test_a_solver_in_another_module_fits(momentum):
    X, y = data()
    model = LogisticRegression(C=1.0, solver="momentum").fit(X, y)
    assert model.certificate_.converged
    np.testing.assert_allclose(model.coef_, LogisticRegression(C=1.0).fit(X, y).coef_, rtol=1e-6)


def test_errors_name_it_and_its_l1_flag_is_obeyed(momentum):
    X, y = data()
    with pytest.raises(ValueError, match=r"solver is 'sgd'; it must be one of 'auto', .*, 'momentum'"):
        LogisticRegression(solver="sgd").fit(X, y)
    with pytest.raises(
        ValueError, match=r"'momentum' cannot minimise .*; use 'auto' or 'proximal-newton' or"
    ):
        LogisticRegression(solver="momentum", C=1.0, l1_ratio=0.5).fit(X, y)


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_every_row_describes_a_solver_in_one_line(solver):
    assert isinstance(solver, Solver)
    assert callable(solver.minimise)
    assert 10 < len(solver.description) < 100
    assert "\n" not in solver.description
