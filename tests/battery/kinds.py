"""All cases of the battery by kind, in the order of the page."""

from tests.battery.case import Case, Kind, names_in
from tests.battery.cases import (
    changes,
    compiling,
    data,
    guesses,
    losses,
    memory,
    numbers,
    regression,
    training,
)
from tests.battery.libraries import COMPILED

MODULES = (guesses, changes, losses, data, numbers, training, compiling, regression, memory)
KINDS: list[Kind] = [kind for module in MODULES for kind in module.KINDS]
CASES: list[Case] = [case for kind in KINDS for case in kind.cases]


def key(kind: Kind, case: Case) -> str:
    """Return the name of a case in results.json."""
    return f"{kind.title}: {case.title}"


def compiles(case: Case) -> bool:
    """True if autograd_lite runs the program of a case as a compiled one, too."""
    program = case.program("ours")
    return program is not None and bool(names_in(program) & COMPILED)
