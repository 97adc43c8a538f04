"""The code that runs while a function is traced, and its calls whose result changes from run to run."""

import dis
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from random import Random
from types import CodeType, FrameType, ModuleType
from typing import Any

import numpy as np

from autograd_lite import errors

# Folders of code that is not the user's: the standard library, installed packages, and this package.
_FOLDERS = tuple(os.path.dirname(path) + os.sep for path in (os.__file__, os.path.dirname(np.__file__)))
_LIBRARIES = (*_FOLDERS, "<frozen", os.path.dirname(os.path.dirname(__file__)) + os.sep)
_CLOCKS = {"now", "today", "utcnow", *dir(time)} - {"sleep"}
_RANDOM = {"urandom", "random", "getrandbits"}
_UNREPEATABLE = _CLOCKS | _RANDOM | {"open", "input"}


class Calls:
    """The code that runs while f is traced, by its id, each with its global variables."""

    def __init__(self, f: Callable[..., Any]) -> None:
        while isinstance(f, partial):
            f = f.func
        module = getattr(f, "__module__", None) or type(f).__module__
        self.package = module.partition(".")[0]
        self.codes: dict[int, tuple[CodeType, dict[str, Any]]] = {}
        self._seen: dict[int, CodeType] = {}
        self.unrepeatable = ""  # a call whose result changes from run to run, with its line
        if hasattr(f, "__code__"):
            self.codes[id(f.__code__)] = f.__code__, f.__globals__

    @contextmanager
    def observed(self) -> Iterator[None]:
        """Notice the calls of this thread until the block ends."""
        before: Any = sys.getprofile()
        sys.setprofile(self._notice)
        try:
            yield
        finally:
            sys.setprofile(None)
            if hasattr(before, "enable"):  # cProfile
                before.enable()
            else:
                sys.setprofile(before)

    def is_users(self, code: CodeType, variables: dict[str, Any]) -> bool:
        """True for code outside libraries, and for code of the package that defines f."""
        if "_tuple_new" in variables:  # a named tuple
            return False
        if not code.co_filename.startswith(_LIBRARIES) or variables is vars(os):  # os.getenv reads os.environ
            return True
        package = str(variables.get("__name__", "")).partition(".")[0]
        is_library = package in ("autograd_lite", "numpy") or package in sys.stdlib_module_names
        return package == self.package and not is_library

    def _notice(self, frame: FrameType, event: str, called: Any) -> None:
        code = frame.f_code
        if event == "call":
            if id(code) not in self._seen:
                self._seen[id(code)] = code
                if self.is_users(code, frame.f_globals):
                    self.codes[id(code)] = code, frame.f_globals
        elif event == "c_call" and called.__name__ in _UNREPEATABLE and self._is_unrepeatable(called, code):
            while id(frame.f_code) not in self.codes and frame.f_back is not None:
                frame = frame.f_back
            owner = getattr(called.__self__, "__name__", type(called.__self__).__name__).lower()
            place = f"{errors.file_of(frame.f_code.co_filename)}:{frame.f_lineno}"
            self.unrepeatable = f"{owner}.{called.__name__} in {place}"

    def _is_unrepeatable(self, called: Any, caller: CodeType) -> bool:
        """True for random numbers; in the user's own code also for clocks, input and files."""
        owner = called.__self__
        if called.__name__ in _RANDOM:
            return isinstance(owner, Random | ModuleType)
        module = getattr(owner, "__module__", None) or getattr(owner, "__name__", "")
        return id(caller) in self.codes and module in ("time", "datetime", "builtins", "io", "_io")


@lru_cache(4096)
def names_in(code: CodeType) -> tuple[list[str], list[str], Counter[str]]:
    """Return the global variables and the imports of a code, and how often it reads each name.

    Its strings count as names that it reads, for `getattr(x, "name")`.
    """
    steps = [x for x in dis.get_instructions(code) if isinstance(x.argval, str)]
    texts = [x for x in code.co_consts if isinstance(x, str)]
    variables = [x.argval for x in steps if x.opname in ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_FROM")]
    imports = [x.argval for x in steps if x.opname == "IMPORT_NAME"]
    loads = [
        x.argval for x in steps if x.opname.startswith(("LOAD_", "IMPORT_FROM")) and "FAST" not in x.opname
    ]
    variables += texts if "globals" in variables else []
    return list(dict.fromkeys(variables)), imports, Counter(loads)


def reads(codes: dict[int, tuple[CodeType, dict[str, Any]]]) -> Counter[str]:
    """Return how often each name is read in all codes together."""
    return sum((names_in(code)[2] for code, _ in codes.values()), Counter())
