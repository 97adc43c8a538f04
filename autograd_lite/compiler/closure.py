"""Variables and tensors that a function takes from its surroundings, and whether any was replaced."""

import dis
import sys
from collections.abc import Callable
from functools import partial
from operator import is_
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from autograd_lite.tensor import Tensor

_LIBRARIES = ("autograd_lite.", "numpy", "builtins", "functools")
_COMPARED_BY_VALUE = (bool, int, float, str, tuple, type(None))


class ClosureWatcher:
    """Watches the variables that a function, and the functions it calls, take from their surroundings.

    These are closure and global variables, default arguments, attributes of modules and of the user's
    objects, and the entries of lists and dictionaries. Arrays are compared by identity: writing into one
    is not noticed.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._cells: list[Any] = []
        self._variables: list[tuple[dict[str, Any], str]] = []
        self._containers: list[Any] = []  # lists, dictionaries, and the attributes of objects
        self._fixed: list[Any] = []  # values that cannot be replaced without replacing what holds them
        seen: dict[int, Any] = {}
        found = [f]
        while found:
            for value in found:
                seen[id(value)] = value
                self._visit(value)
            found = [value for value in (*self._read(), *self._fixed) if id(value) not in seen]
        self.restart()

    def restart(self) -> None:
        """Compare with the present values from now on."""
        self._values = self._read()

    def unchanged(self) -> bool:
        """True if no variable was replaced."""
        try:
            now = self._read()
        except (KeyError, ValueError):  # a variable was deleted
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
        """Return the tensors among the values, each once."""
        found = [t for value in (*self._fixed, *self._values) for t in _tensors(value)]
        return list({id(t): t for t in found}.values())

    def _read(self) -> list[Any]:
        """Return the present values of all variables."""
        now = [cell.cell_contents for cell in self._cells]
        now += [variables[name] for variables, name in self._variables]
        for container in self._containers:
            now += container.values() if isinstance(container, dict) else container
        return now

    def _visit(self, value: Any) -> None:
        """Watch what a function, method, module or container holds."""
        if isinstance(value, partial):
            self._fixed += [value.func, *value.args, *value.keywords.values()]
        elif isinstance(value, MethodType):
            self._fixed += [value.__self__, value.__func__]
        elif isinstance(value, FunctionType) and (value is self._f or not _in_library(value.__module__)):
            self._visit_function(value)
        elif "__wrapped__" in getattr(value, "__dict__", ()):  # another compiled function
            self._fixed.append(value.__wrapped__)
        elif isinstance(value, list | dict):
            self._containers.append(value)
        elif isinstance(value, tuple):
            self._fixed += value
        elif not isinstance(value, type) and (
            hasattr(type(value), "named_parameters") or self._is_user_object(value)
        ):
            self._containers.append(vars(value))
            self._fixed += [getattr(type(value), name, None) for name in ("forward", "__call__")]

    def _visit_function(self, function: FunctionType) -> None:
        self._cells += function.__closure__ or ()
        variables = function.__globals__
        attributes = _names(function.__code__, "LOAD_ATTR")
        for name in _names(function.__code__, "LOAD_GLOBAL", "LOAD_NAME"):
            if name in variables:
                self._variables.append((variables, name))
                self._watch_attributes(variables[name], attributes)
        self._fixed += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        self._fixed += vars(function).values()  # what a decorator wrapped

    def _watch_attributes(self, owner: Any, names: list[str]) -> None:
        """Watch the data, but not the functions, that a Python module or class of the user holds."""
        if not isinstance(owner, ModuleType | type):
            return
        module = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
        if module.partition(".")[0] in sys.stdlib_module_names or _in_library(f"{module}."):
            return
        held: Any = vars(owner)
        for name in names:
            if isinstance(held.get(name), Tensor) or not callable(held.get(name, len)):
                self._variables.append((held, name))

    def _is_user_object(self, value: Any) -> bool:
        """True for an object of a class that is defined in the same package as the function."""
        if not hasattr(value, "__dict__") or type(value).__module__.startswith(_LIBRARIES):
            return False
        module = getattr(self._f, "__module__", None) or type(self._f).__module__
        return type(value).__module__.partition(".")[0] == module.partition(".")[0]


def _names(code: CodeType, *instructions: str) -> list[str]:
    """Return the names that code, and code within it, looks up by one of the bytecode instructions."""
    own = [step.argval for step in dis.get_instructions(code) if step.opname in instructions]
    inner = [
        name for part in code.co_consts if isinstance(part, CodeType) for name in _names(part, *instructions)
    ]
    return list(dict.fromkeys([*own, *inner]))


def _in_library(module: str | None) -> bool:
    return module is not None and module.startswith(_LIBRARIES)


def _same(now: Any, before: Any) -> bool:
    if now is before:
        return True
    return type(now) is type(before) and isinstance(now, _COMPARED_BY_VALUE) and bool(now == before)


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value] if value.op is None else []
    return list(value.parameters()) if hasattr(type(value), "named_parameters") else []
