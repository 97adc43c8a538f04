"""One pytest test for each op of a module: `test_my_ops = ag.testing.op_tests(my_module)`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from types import FrameType, ModuleType
from typing import Any

from autograd_lite.extras import require
from autograd_lite.operation import Op
from autograd_lite.testing.check import check_op

_TEST = "def op_tests(op, request): check(op, request.config)"


def op_tests(*sources: Any, seed: int = 0, order: int | None = None) -> Any:
    """A test function for pytest that runs `check_op` on every op of the sources, a test each.

    A source is a module, an op, or a collection of ops such as `ag.OPS`. Of a module it takes the ops
    that the module defines, not those that it imports. pytest's option `--gradcheck-budget` says how
    many examples are tried; `seed` and `order` are those of `check_op`. No op at all is a ValueError, what
    is none a TypeError.
    """
    pytest = require("pytest", "test")
    ops = dict.fromkeys(op for source in sources for op in _ops_of(source))
    if not ops:
        raise ValueError(
            f"op_tests: no op is defined in {', '.join(map(_told, sources)) or 'nothing'}; "
            "give it the module where @op makes yours, or the ops themselves"
        )

    def check(op: Op, config: Any) -> None:
        __tracebackhide__ = True
        # Where the package is on sys.path but not installed, pytest has no such option.
        budget = config.getoption("gradcheck_budget", None) or "normal"
        check_op(op, budget=budget, seed=seed, order=order)

    params = [pytest.param(op, id=op.name) for op in sorted(ops, key=lambda op: op.name)]
    return pytest.mark.parametrize("op", params)(_placed(check, sys._getframe(1)))


def _ops_of(source: Any) -> list[Op]:
    """The ops of a source; of a module, those it defines."""
    if isinstance(source, ModuleType):
        return [op for op in _ops_seen(source) if op.forward.__module__ == source.__name__]
    held = source.values() if isinstance(source, Mapping) else source
    ops = list(held) if isinstance(held, Iterable) else [held]
    for op in ops:
        if not isinstance(op, Op):
            raise TypeError(f"op_tests: {op!r} is not an op; decorate its forward with @op, or leave it out")
    return ops


def _ops_seen(module: ModuleType) -> list[Op]:
    return [value for value in vars(module).values() if isinstance(value, Op)]


def _told(source: Any) -> str:
    """A source where no op was found, with the modules that its ops come from."""
    if not isinstance(source, ModuleType):
        return repr(source)
    origins = sorted({op.forward.__module__ for op in _ops_seen(source)})
    return source.__name__ + (f" (its ops come from {', '.join(origins)})" if origins else "")


def _placed(check: Any, user: FrameType) -> Any:
    """A test that calls `check` and whose code is the user's line, which pytest then shows, not ours."""
    tree = ast.parse(_TEST)
    for node in ast.walk(tree):  # columns would underline a part of the line; -1 is for none
        vars(node).update(lineno=user.f_lineno, end_lineno=user.f_lineno, col_offset=-1, end_col_offset=-1)
    made = {"check": check}
    exec(compile(tree, user.f_code.co_filename, "exec"), made)
    return made["op_tests"]
