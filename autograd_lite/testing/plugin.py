"""The pytest plugin: `--gradcheck-budget`, and the fixture that tells it to a test of your own.

Every pytest run loads it where autograd_lite is installed, so it imports nothing of ours.
"""

from __future__ import annotations

import pytest

_NAME = "gradcheck_budget"
_BUDGETS = ("quick", "normal", "thorough")  # those of check.py, which takes long to import
_HELP = "how many generated inputs a gradient check tries"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option, and the ini setting of the same name that counts where it is not given."""
    group = parser.getgroup("autograd_lite")
    group.addoption(
        "--gradcheck-budget", dest=_NAME, choices=_BUDGETS, help=f"{_HELP} (default: {_BUDGETS[1]})"
    )
    parser.addini(_NAME, f"{_HELP}: {', '.join(_BUDGETS)}", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Let the option hold the ini setting where it was not given."""
    budget = config.getoption(_NAME) or config.getini(_NAME)
    if budget and budget not in _BUDGETS:
        raise pytest.UsageError(f"{_NAME} = {budget!r}; it is one of {', '.join(_BUDGETS)}")
    setattr(config.option, _NAME, budget)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """The budget, where one was given."""
    return [f"gradcheck budget: {config.getoption(_NAME)}"] if config.getoption(_NAME) else []


@pytest.fixture(name=_NAME, scope="session")
def _gradcheck_budget(pytestconfig: pytest.Config) -> str:
    """The budget of the command line: `check_op(my_op, budget=gradcheck_budget)`."""
    return str(pytestconfig.getoption(_NAME) or _BUDGETS[1])
