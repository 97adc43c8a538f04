"""op_tests: one pytest test for each op of a module, `test_my_ops = ag.testing.op_tests(my_module)`."""

import ast
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, ModuleType
from typing import Any

from autograd_lite.extras import require
from autograd_lite.operation import Op
from autograd_lite.testing.check import check_op

Source = ModuleType | Op | Iterable[Op] | Mapping[str, Op]


def op_tests(*sources: Source, seed: int = 0, order: int | None = None) -> Callable[..., None]:
    """Return a test function for pytest that runs `check_op` on every op of the sources, a test each.

    A source is an op, a collection of ops such as `ag.OPS`, or a module: the ops that it defines, not those
    that it imports. `seed` and `order` are the same as in `check_op`. pytest's option `--gradcheck-budget`
    chooses how many examples are tried.

    Raises ValueError if the sources have no op, TypeError if an element is not an op.
    """
    pytest = require("pytest", "test")
    ops = dict.fromkeys(op for source in sources for op in _ops_of(source))
    if not ops:
        raise ValueError(
            f"op_tests: no op is defined in {', '.join(map(_describe, sources)) or 'nothing'}; "
            "give it the module where @op makes yours, or the ops themselves"
        )

    def check(op: Op, config: Any) -> None:
        __tracebackhide__ = True
        # pytest has no such option if the package is on sys.path but not installed.
        budget = config.getoption("gradcheck_budget", None) or "normal"
        check_op(op, budget=budget, seed=seed, order=order)

    params = [pytest.param(op, id=op.name) for op in sorted(ops, key=lambda op: op.name)]
    test: Callable[..., None] = pytest.mark.parametrize("op", params)(_at_line_of(sys._getframe(1), check))
    return test


def _ops_of(source: Any) -> list[Op]:
    if isinstance(source, ModuleType):
        return [op for op in _ops_in(source) if op.forward.__module__ == source.__name__]
    values = source.values() if isinstance(source, Mapping) else source
    ops = list(values) if isinstance(values, Iterable) else [values]
    for op in ops:
        if not isinstance(op, Op):
            raise TypeError(f"op_tests: {op!r} is not an op; decorate its forward with @op, or leave it out")
    return ops


def _ops_in(module: ModuleType) -> list[Op]:
    return [value for value in vars(module).values() if isinstance(value, Op)]


def _describe(source: Any) -> str:
    """Return the name of a source without ops, with the modules that its imported ops come from."""
    if not isinstance(source, ModuleType):
        return repr(source)
    origins = sorted({op.forward.__module__ for op in _ops_in(source)})
    return source.__name__ + (f" (its ops come from {', '.join(origins)})" if origins else "")


def _at_line_of(user: FrameType, check: Callable[[Op, Any], None]) -> Any:
    """Return a test that calls `check`, and whose line is the user's: pytest shows the line of a failure."""
    tree = ast.parse("def op_tests(op, request): check(op, request.config)")
    for node in ast.walk(tree):
        vars(node).update(lineno=user.f_lineno, end_lineno=user.f_lineno)
        vars(node).update(col_offset=-1, end_col_offset=-1)  # no columns: nothing is underlined
    namespace = {"check": check}
    exec(compile(tree, user.f_code.co_filename, "exec"), namespace)
    return namespace["op_tests"]
