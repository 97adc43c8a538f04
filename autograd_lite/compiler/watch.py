"""What a function holds: tensors that it uses without being given them, and whether anything was replaced."""

from __future__ import annotations

import dis
from collections.abc import Callable
from functools import partial
from operator import is_
from types import CodeType, FunctionType, MethodType
from typing import Any

from autograd_lite.tensor import Tensor

_OURS = ("autograd_lite.", "numpy", "builtins", "functools")
_PLAIN = (bool, int, float, str, tuple, type(None))


class Watch:
    """The variables that a function and the functions it calls close over, and the attributes of its modules.

    Arrays are watched by identity: what is written into one is not seen.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._cells: list[Any] = []
        self._globals: list[tuple[dict[str, Any], str]] = []
        self._objects: list[dict[str, Any]] = []
        self._lists: list[Any] = []
        self._fixed: list[Any] = []  # what cannot be replaced without what holds it
        seen: dict[int, Any] = {}
        found = [f]
        while found:  # a function holds functions
            for value in found:
                seen[id(value)] = value
                self._visit(value)
            found = [value for value in (*self._read(), *self._fixed) if id(value) not in seen]
        self.again()

    def again(self) -> None:
        """Start from what everything is now."""
        self._values = self._read()

    def unchanged(self) -> bool:
        """Whether everything is still what it was."""
        try:
            now = self._read()
        except (KeyError, ValueError):  # a variable that is no more
            return False
        if len(now) != len(self._values):
            return False
        if all(map(is_, now, self._values)):
            return True
        if not all(map(_same, now, self._values)):
            return False
        self._values = now
        return True

    def tensors(self) -> list[Tensor]:
        """The tensors among what is held, each once."""
        found = [t for value in (*self._fixed, *self._values) for t in _tensors(value)]
        return list({id(t): t for t in found}.values())

    def _read(self) -> list[Any]:
        """All values, as they now are."""
        now = [cell.cell_contents for cell in self._cells]
        now += [known[name] for known, name in self._globals]
        for held in self._objects:
            now += held.values()
        for values in self._lists:
            now += values.values() if isinstance(values, dict) else values
        return now

    def _visit(self, value: Any) -> None:
        """Watch what a function, method, module or container holds."""
        if isinstance(value, partial):
            self._fixed += [value.func, *value.args, *value.keywords.values()]
        elif isinstance(value, MethodType):
            self._fixed += [value.__self__, value.__func__]
        elif isinstance(value, FunctionType) and (value is self._f or not _is_ours(value.__module__)):
            self._cells += value.__closure__ or ()
            known = value.__globals__
            self._globals += [(known, name) for name in _names(value.__code__) if name in known]
            self._fixed += [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
            self._fixed += vars(value).values()  # what a decorator has wrapped
        elif "__wrapped__" in getattr(value, "__dict__", ()):  # another compiled function
            self._fixed.append(value.__wrapped__)
        elif isinstance(value, list | dict):
            self._lists.append(value)
        elif isinstance(value, tuple):
            self._fixed += value
        elif not isinstance(value, type) and (
            hasattr(type(value), "named_parameters") or self._is_the_users(value)
        ):
            self._objects.append(vars(value))
            self._fixed += [getattr(type(value), name, None) for name in ("forward", "__call__")]

    def _is_the_users(self, value: Any) -> bool:
        """Whether something is an object of a class that stands where the function does."""
        place = getattr(self._f, "__module__", None) or type(self._f).__module__
        known = type(value).__module__.startswith(_OURS)
        return (
            not known
            and hasattr(value, "__dict__")
            and type(value).__module__.split(".")[0] == place.split(".")[0]
        )


def _names(code: CodeType) -> list[str]:
    """The names that code, and code within it, looks up among the globals."""
    own = [step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
    inner = [name for part in code.co_consts if isinstance(part, CodeType) for name in _names(part)]
    return list(dict.fromkeys([*own, *inner]))


def _is_ours(module: str | None) -> bool:
    return module is not None and module.startswith(_OURS)


def _same(now: Any, before: Any) -> bool:
    return now is before or (type(now) is type(before) and isinstance(now, _PLAIN) and bool(now == before))


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value] if value.op is None else []
    return list(value.parameters()) if hasattr(type(value), "named_parameters") else []
