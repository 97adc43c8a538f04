"""A search for all that code reads: variables, attributes that it names, entries of containers, arrays."""

import sys
import threading
import types
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextvars import ContextVar
from functools import cached_property, partial
from io import IOBase
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np

from autograd_lite.compiler.calls import Calls, names_in, reads
from autograd_lite.operation import Op
from autograd_lite.tensor import Tensor

_READS_ALL = {"getattr", "vars", "__dict__", "asdict", "attrgetter"}  # they read attributes of any name
_INPUTS = ("lr", "params", "state", "_used")  # attributes of an optimiser that its program does not contain
DEFAULT = "a default argument"
_LIBRARIES = ("builtins", "numpy", "autograd_lite")

_Found = Iterable[tuple[str, Any]]


class Search:
    """A search for what the code of `calls` reaches from f, its optimizer and its global variables.

    Before the trace, when `counters` is None, the code of all functions that are found counts too.
    `counters` are (id of owner, key) of what this code changes and does not use. They are not watched.
    """

    def __init__(self, f: Any, optimizer: Any, calls: Calls, counters: set[Any] | None = None) -> None:
        self._roots = [("the function", f), ("the optimiser", optimizer)]
        self._optimizer = optimizer
        self._calls = calls
        self._ahead = counters is None
        self._counters = counters or set()
        self.codes = dict(calls.codes)
        count = -1
        while count != len(self.codes):
            count = len(self.codes)
            self.reads = reads(self.codes)
            self._search()

    def _search(self) -> None:
        self.readers: list[tuple[Callable[[Any], Iterable[Any]], Any]] = []
        self.owners: list[tuple[str, Any]] = []  # what can change, with its name; "" if its keys are names
        self.arrays: list[Any] = []
        self.tensors: list[Tensor] = []
        self.generators: list[Any] = []  # bit generators
        self.iterator = ""
        self._sizes: list[Any] = []  # a dictionary that grows has a new attribute, which may hide another
        if "numpy.random" in sys.modules:
            self.generators.append(np.random.get_bit_generator())  # type: ignore[attr-defined]
        found = deque(self._roots)
        for code, variables in list(self.codes.values()):
            globals_, imports, _ = names_in(code)
            self.owners.append(("", variables))
            found += self._entries(variables, globals_)
            found += [(name, sys.modules[name]) for name in imports if name in sys.modules]
        seen: dict[int, Any] = {}
        while found:
            name, value = found.popleft()
            if id(value) not in seen:
                seen[id(value)] = value
                found += self._inside(value, name)
        if self._sizes:
            self.readers.append((partial(map, len), self._sizes))

    def _inside(self, value: Any, name: str) -> _Found:
        """Watch an object, and return what is inside."""
        found: _Found = ()
        if parts := _of_kind(_PARTS, value):
            found = [(name, x) for x in parts(value)]
        elif reader := _of_kind(_READERS, value):
            self.owners += [(name, value)] if isinstance(value, _CHANGEABLE) else []
            found = self._read_by(reader, name, value)
        elif isinstance(value, Tensor):
            self.tensors += [value] if value.op is None else []
        elif isinstance(value, Iterator):
            is_read = name in self.reads or name == DEFAULT
            self.iterator = name if is_read and not isinstance(value, IOBase) else self.iterator
        elif isinstance(value, Op):
            self._add(value.forward, *value.rules.values())
            found = [(name, value.forward), (name, tuple(value.rules.values()))]
        elif isinstance(value, types.ModuleType):
            found = self._entries(vars(value), self.reads)
        elif isinstance(value, type):
            found = self._class(value)
        elif isinstance(value, types.FunctionType):
            found = self._function(value, name)
        elif hasattr(type(value), "__array__"):
            self.arrays.append(value)
        elif type(value).__module__ != "builtins":
            found = self._object(value, name)
        return found

    def _object(self, value: Any, name: str) -> _Found:
        kind = type(value)
        variables = getattr(value, "__dict__", {})
        wrapped = variables.get("__wrapped__")
        if hasattr(kind, "cache_clear"):  # a function that keeps its results may not run
            self._add(wrapped)
        if wrapped is not None or kind.__module__.startswith("autograd_lite.compiler"):
            return [(name, wrapped)]
        for attribute in ("bit_generator", "_bit_generator"):
            self.generators += [getattr(value, attribute)] if hasattr(kind, attribute) else []
        members = [item for k in kind.__mro__ for item in vars(k).items() if item[0] in self.reads]
        slots = [n for n, x in members if isinstance(x, types.MemberDescriptorType) and hasattr(value, n)]
        if slots:
            self.readers.append((attrgetter(*slots, slots[0]), value))
        is_own = kind.__module__.startswith(self._calls.package)
        reads_all = hasattr(kind, "named_parameters") or _READS_ALL & self.reads.keys()
        if reads_all or value is self._optimizer or (isinstance(value, Collection) and not is_own):
            names = [n for n in variables if value is not self._optimizer or n not in _INPUTS]
        else:
            names = list(self.reads)
        self.owners.append(("", variables))
        self._sizes.append(variables)
        found = [*self._entries(variables, names), *((n, getattr(value, n)) for n in slots)]
        return [(name, kind), *found]

    def _class(self, value: type) -> _Found:
        found: list[tuple[str, Any]] = []
        for kind in value.__mro__:
            if kind.__module__.partition(".")[0] not in _LIBRARIES:
                held = vars(kind)
                found += self._entries(held, [n for n, v in held.items() if n in self.reads or self._runs(v)])
                self.owners.append(("", kind))
                self._sizes.append(held)
        return found

    def _function(self, value: types.FunctionType, name: str) -> _Found:
        code = value.__code__
        if self._ahead:
            self._add(value)
        if id(code) not in self.codes:
            return ()
        self.readers.append((attrgetter("__defaults__", "__kwdefaults__"), value))
        cells = zip(code.co_freevars, value.__closure__ or (), strict=True)
        defaults = (DEFAULT, value.__defaults__), (DEFAULT, value.__kwdefaults__)
        return [*self._entries(vars(value), vars(value)), *defaults, *cells]

    def _entries(self, owner: Any, names: Iterable[str]) -> _Found:
        """Watch the variables or attributes that an owner has of these names, and return them."""
        present = [name for name in names if name in owner and (id(owner), name) not in self._counters]
        if present:
            self.readers.append((itemgetter(*present, present[0]), owner))  # two names or more: a tuple
        return [(name, owner[name]) for name in present]

    def _read_by(self, reader: Callable[[Any], Iterable[Any]], name: str, value: Any) -> _Found:
        """Watch what a reader returns of a value."""
        if id(value) in self._counters:
            return ()
        self.readers.append((reader, value))
        return [(name, x) for x in reader(value)]

    def _add(self, *functions: Any) -> None:
        """Count the code of the user's functions, and of functions inside them, as code that runs."""
        for function in functions:
            code = getattr(function, "__code__", None)
            codes = [code] if code and self._calls.is_users(code, function.__globals__) else []
            while codes:
                code = codes.pop()
                self.codes[id(code)] = code, function.__globals__
                codes += [x for x in code.co_consts if isinstance(x, types.CodeType)]

    def _runs(self, attribute: Any) -> bool:
        """True for a method or property whose code runs."""
        parts = _of_kind(_PARTS, attribute) or (lambda x: (x,))
        codes = [getattr(x, "__code__", None) for x in parts(attribute)]
        return any(id(code) in self.codes or (self._ahead and code is not None) for code in codes)


def _of_kind(table: dict[type, Any], value: Any) -> Any:
    return next((entry for kind, entry in table.items() if isinstance(value, kind)), None)


def _contents(cell: types.CellType) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:  # it is empty
        return []


def _value_of(variable: ContextVar[Any]) -> list[Any]:
    try:
        return [variable.get()]
    except LookupError:
        return []


_CHANGEABLE = (dict, list, deque, set, types.CellType)
_PARTS: dict[type, Callable[[Any], Iterable[Any]]] = {  # what an object that cannot change holds
    tuple: iter,
    frozenset: iter,
    partial: lambda x: (x.func, x.args, x.keywords),
    types.MethodType: lambda x: (x.__self__, x.__func__),
    types.BuiltinMethodType: lambda x: () if isinstance(x.__self__, types.ModuleType) else (x.__self__,),
    property: lambda x: (x.fget,),
    cached_property: lambda x: (x.func,),
    classmethod: lambda x: (x.__func__,),
    staticmethod: lambda x: (x.__func__,),
}
_READERS: dict[type, Callable[[Any], Iterable[Any]]] = {
    dict: lambda x: (*x, *x.values()),
    types.MappingProxyType: lambda x: (*x, *x.values()),
    list: iter,
    deque: iter,
    set: iter,
    types.CellType: _contents,
    ContextVar: _value_of,
    weakref.ref: lambda x: (x(),),
    bytearray: lambda x: (bytes(x),),
    array: lambda x: (x.tobytes(),),
    threading.local: lambda x: vars(x).values(),
}
