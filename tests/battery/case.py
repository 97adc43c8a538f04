"""A case of the battery: a program that each library runs, the right numbers, and the verdict on a run."""

import ast
import gc
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

RIGHT, REFUSED, WARNED, SILENT, MISSING = "right", "refused", "warned", "silent", "missing"
NO_SUCH_FUNCTION = re.compile(r"module '.*' has no attribute|VJP of \w+ wrt argnums .* not defined")
# Warnings that are not about the result.
UNRELATED = (DeprecationWarning, PendingDeprecationWarning, ResourceWarning, ImportWarning)


@dataclass(frozen=True)
class Case:
    """A situation: its title, a program, and the numbers that the author of the program wants.

    The last line of `code` is an expression, the result. It uses the names of `libraries.py`, which mean the
    same in every library. `instead` has the program of a library that needs other lines, or None if the
    library has no such thing. `right` comes from mathematics, never from a library. It is None if no number
    is right. With `nan` an entry may also be nan, because the derivative does not exist. `says` is a text
    that the error or warning of autograd_lite contains.
    """

    title: str
    code: str
    right: Any = None
    instead: Mapping[str, str | None] = field(default_factory=dict)
    nan: bool = False
    says: str = ""
    rtol: float = 1e-6

    def program(self, library: str) -> str | None:
        """Return the program that a library runs, or None."""
        return self.instead.get(library, self.code)


@dataclass(frozen=True)
class Kind:
    """Cases that go wrong in the same way, with a title and an explanation for the page."""

    title: str
    explanation: str
    cases: list[Case]


@dataclass(frozen=True)
class Outcome:
    """The verdict on a run, and what the program returned or the error that it raised."""

    verdict: str
    text: str = ""


def names_in(program: str) -> set[str]:
    """Return the names that a program reads."""
    return {node.id for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Name)}


def run(case: Case, library: str, names: Mapping[str, Any]) -> Outcome:
    """Run the program of a case with the names of a library."""
    program = case.program(library)
    if program is None or any(name in names and names[name] is None for name in names_in(program)):
        return Outcome(MISSING)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            numbers = as_numbers(execute(program, dict(names)))
        except Exception as error:
            if library != "ours" and NO_SUCH_FUNCTION.match(str(error)):
                return Outcome(MISSING)
            return Outcome(REFUSED, f"{type(error).__name__}: {error}")
        finally:
            gc.collect(0)
    text = " ".join(f"{number:.6g}" for number in numbers[:6]) + (" ..." if numbers.size > 6 else "")
    if is_right(numbers, case):
        return Outcome(RIGHT, text)
    words = [str(w.message) for w in caught if not issubclass(w.category, UNRELATED)]
    return Outcome(WARNED, f"{text}; {words[0]}") if words else Outcome(SILENT, text)


def execute(program: str, names: dict[str, Any]) -> Any:
    """Run a program and return the value of its last line."""
    *lines, last = ast.parse(program.strip()).body
    names["__name__"] = "program"
    exec(compile(ast.Module(lines, []), "program.py", "exec"), names)
    if not isinstance(last, ast.Expr):
        raise SyntaxError(f"the last line is not an expression: {program}")
    return eval(compile(ast.Expression(last.value), "program.py", "eval"), names)


def as_numbers(result: Any) -> np.ndarray:
    """Return a result of any library, or a list of results, as one row of numbers."""
    if isinstance(result, list | tuple):
        return np.concatenate([np.empty(0), *map(as_numbers, result)])
    if result is None:
        raise TypeError("the result is None")
    if hasattr(result, "detach"):  # a tensor of ours or of PyTorch
        result = result.detach().numpy()
    elif type(result).__module__.startswith("mygrad"):
        result = result.data
    return np.array(result, dtype=np.float64).ravel()


def is_right(numbers: np.ndarray, case: Case) -> bool:
    """True if the numbers are right, up to rounding."""
    if case.right is None:
        return False
    right = np.array(case.right, dtype=np.float64).ravel()
    if numbers.shape != right.shape:
        return False
    finite = np.abs(right[np.isfinite(right)])
    scale = finite.max(initial=0.0) or 1.0
    close = np.isclose(numbers, right, rtol=case.rtol, atol=1e-6 * case.rtol * scale, equal_nan=True)
    return bool(np.all(close | (np.isnan(numbers) & case.nan)))
