"""The pytest plugin: the option `--gradcheck-budget`, and a fixture with its value.

Every run of pytest loads it if autograd_lite is installed, so it must import nothing of the package.
"""

import pytest

_NAME = "gradcheck_budget"
_BUDGETS = ("quick", "normal", "thorough")  # a copy of check.BUDGETS, because check takes long to import
_HELP = "how many generated inputs a gradient check tries"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option, and an ini setting of the same name, which is used if the option is missing."""
    group = parser.getgroup("autograd_lite")
    group.addoption(
        "--gradcheck-budget", dest=_NAME, choices=_BUDGETS, help=f"{_HELP} (default: {_BUDGETS[1]})"
    )
    parser.addini(_NAME, f"{_HELP}: {', '.join(_BUDGETS)}", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Copy the ini setting to the option if the option is missing."""
    budget = config.getoption(_NAME) or config.getini(_NAME)
    if budget and budget not in _BUDGETS:
        raise pytest.UsageError(f"{_NAME} = {budget!r}; it is one of {', '.join(_BUDGETS)}")
    setattr(config.option, _NAME, budget)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Return a line with the budget if it was set."""
    return [f"gradcheck budget: {config.getoption(_NAME)}"] if config.getoption(_NAME) else []


@pytest.fixture(name=_NAME, scope="session")
def _gradcheck_budget(pytestconfig: pytest.Config) -> str:
    """The budget of the command line: `check_op(my_op, budget=gradcheck_budget)`."""
    return str(pytestconfig.getoption(_NAME) or _BUDGETS[1])
