"""The behaviour of each library in the same situations: `python tests/benchmarks/behaviours.py`."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import warnings
import weakref
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import environment  # noqa: F401 - before any module that imports NumPy

# isort: split
import autograd
import autograd.numpy as anp
import jax
import jax.numpy as jnp
import mygrad as mg
import numpy as np
import torch
from autograd.misc.optimizers import sgd as hips_sgd
from jax.example_libraries.optimizers import sgd as jax_sgd
from micrograd.engine import Value
from report import machine, table

import autograd_lite as ag

REPORT = Path(__file__).parent / "BEHAVIOURS.md"
CHAIN = 50_000  # operations
TIMEOUT = 50.0  # seconds for a question that runs in its own process
REPORTED = "an error or a warning"

METHOD = """
A cell is the result of a small function in `behaviours.py`: numbers, or the type of an error. The type of a
warning is in parentheses. **Bold marks a wrong number without an error or a warning.** A dash means that
the question does not apply to the library. All libraries run eagerly with their defaults, so PyTorch and
JAX use float32. `np` is the library's NumPy module unless the question says otherwise; for autograd_lite it
is NumPy itself. The optimisers are from `example_libraries` for JAX and from `misc` for HIPS autograd.
PyTorch and micrograd add up gradients on purpose, and PyTorch ignores a parameter without a gradient on
purpose.
"""


class Library(NamedTuple):
    """A library: its title, its NumPy module and its relu.

    `leaf` creates a tensor with `backward`. Other libraries have `derive`, a module with `value_and_grad`.
    """

    title: str
    numpy: Any
    relu: Any
    leaf: Any = None
    derive: Any = None

    def value_and_gradient(self, f: Any, x: Any) -> tuple[Any, Any]:
        """Return f(x) and its gradient."""
        if self.derive:
            return self.derive.value_and_grad(f)(self.numpy.array(x))
        w = self.leaf(x)
        y = f(w)
        y.backward()
        return y.data, w.grad

    def gradient(self, f: Any, x: Any) -> Any:
        """Return the gradient of f at x."""
        return self.value_and_gradient(f, x)[1]

    def tensor(self, x: Any) -> Any:
        """Return x as a tensor or array of the library."""
        return (self.leaf or self.numpy.array)(x)


torch_leaf = partial(torch.tensor, requires_grad=True)
LIBRARIES = OURS, TORCH, JAX, HIPS, MYGRAD, MICROGRAD = (
    Library("autograd_lite", np, ag.relu, leaf=ag.Tensor),
    Library("PyTorch", torch, torch.relu, leaf=torch_leaf),
    Library("JAX", jnp, jax.nn.relu, derive=jax),
    Library("HIPS autograd", anp, partial(anp.maximum, 0.0), derive=autograd),
    Library("MyGrad", mg, mg.nnet.relu, leaf=mg.tensor),
    Library("micrograd", None, Value.relu, leaf=Value),
)
ARRAYS = LIBRARIES[:-1]


def of(f: Any, x: Any) -> Callable[[Library], Any]:
    """Return a function of a library: the gradient of f(np, w) with respect to w at x."""
    return lambda library: library.gradient(partial(f, library.numpy), x)


def twice(library: Library) -> Any:
    """Return the gradient of w * w at 1 after two rounds of forward and backward."""
    if library.derive:
        return [library.gradient(lambda w: w * w, 1.0) for _ in range(2)][1]
    w = library.leaf(1.0)
    for _ in range(2):
        (w * w).backward()
    return w.grad


def extremes(losses: dict[Library, Any], library: Library) -> list[Any]:
    """Return value and gradient of loss(z, y) at large logits that are wrong."""
    ends = (-800.0, 1.0), (40.0, 0.0)
    return [library.value_and_gradient(partial(losses[library], y=y), z) for z, y in ends]


def squared_error(losses: dict[Library, Any], library: Library) -> Any:
    """Return the loss of three predictions and the same three numbers as a column."""
    column = library.tensor([[1.0], [2.0], [3.0]])
    return library.value_and_gradient(lambda w: losses[library](w, column), [1.0, 2.0, 3.0])[0]


def stepped(library: Library, loss: Any) -> Any:
    """Return the parameters u = v = 1 after a step of the library's gradient descent on loss(u, v)."""
    if library is JAX:
        init, update, get = jax_sgd(0.1)
        state = init((1.0, 1.0))
        return get(update(0, jax.grad(lambda p: loss(*p))(get(state)), state))
    if library is HIPS:
        slope = autograd.grad(lambda p, _: loss(*p))
        return hips_sgd(slope, [1.0, 1.0], num_iters=1, step_size=0.1, mass=0.0)
    kind, descent = (ag.nn.Parameter, ag.optim.SGD) if library is OURS else (torch_leaf, torch.optim.SGD)
    parameters = kind(1.0), kind(1.0)
    optimiser = descent(parameters, lr=0.1)
    loss(*parameters).backward()
    optimiser.step()
    return [p.data for p in parameters]


def freed(library: Library) -> str:
    """Return "yes" if the tensor h = w * w is freed when the last reference to its graph disappears."""
    watched = []

    def f(w: Any) -> Any:
        h = w * w
        watched.append(
            weakref.ref(h._value if library is HIPS else h)
        )  # its boxes do not allow weak references
        return h * h if library is MICROGRAD else (h * h).sum()

    gc.disable()
    try:
        library.gradient(f, 1.0 if library is MICROGRAD else [1.0, 2.0])
        return "yes" if watched[0]() is None else "no"
    finally:
        gc.enable()


def overwritten(library: Library) -> list[Any]:
    """Return the gradients of sum(w * x) if the array x is set to 0 between forward and backward."""

    def f(x: Any, w: Any) -> Any:
        y = (w * (torch.from_numpy(x) if library is TORCH else x)).sum()
        x[:] = 0
        return y

    xs = np.array([1.0, 2.0]), np.array([1.0, 2.0], np.float32)
    return [[library.gradient(partial(f, x), 3.0)] for x in xs]


def entry_set(_: Any, w: Any) -> Any:
    """Return the sum of 2 w after its first entry was set to 0."""
    h = w * 2
    h[0] = 0.0
    return h.sum()


def kinks(library: Library) -> list[Any]:
    """Return the derivatives of relu and abs at 0, and the gradient of max at a tie."""
    at_zero = [library.gradient(f, 0.0) for f in (library.relu, library.numpy.abs)]
    return [*at_zero, *library.gradient(library.numpy.max, [1.0, 1.0])]


def dtypes(library: Library) -> str:
    """Return the dtypes of a float32 tensor times two kinds of numbers, and of a tensor from a list."""
    x = library.tensor(np.ones(2, np.float32))
    found = x * 2.5, x * np.float64(2.5), library.tensor([1.0, 2.0])
    return ", ".join(str(t.dtype).removeprefix("torch.") for t in found)


class Question(NamedTuple):
    """A row of the table: its title, the right result, the function that asks, and the libraries to ask.

    `right` is the correct numbers, or `REPORTED` if any number is wrong. With another text only nan is wrong.
    """

    title: str
    right: Any
    ask: Callable[[Library], Any]
    libraries: Collection[Library] = ARRAYS
    alone: bool = False  # runs in its own process, because it may crash


BCE: dict[Library, Any] = {
    OURS: lambda z, y: ag.bce(ag.sigmoid(z), np.float64(y)),
    TORCH: lambda z, y: torch.nn.functional.binary_cross_entropy(torch.sigmoid(z), torch.tensor(y)),
}
LOGIT_BCE: dict[Library, Any] = {
    OURS: lambda z, y: ag.bce_with_logits(z, np.float64(y)),
    TORCH: lambda z, y: torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(y)),
    JAX: lambda z, y: jax.nn.softplus(z) - y * z,
    HIPS: lambda z, y: anp.logaddexp(0.0, z) - y * z,
    MYGRAD: lambda z, y: mg.logaddexp(0.0, z) - y * z,
}
MSE = {OURS: ag.mse, TORCH: torch.nn.functional.mse_loss}
PLAIN_MSE = dict.fromkeys(ARRAYS, lambda p, t: ((p - t) ** 2).mean())
GRAD = {OURS: ag.grad, TORCH: torch.func.grad, JAX: jax.grad, HIPS: autograd.grad}
STEPPING = (OURS, TORCH, JAX, HIPS)
ENDS = [[800.0, -1.0], [40.0, 1.0]]

QUESTIONS = [
    Question("w * w, two rounds of forward and backward: gradient at 1", 2.0, twice, LIBRARIES),
    Question("the library's cross-entropy of sigmoid(z), value and gradient: z = -800, y = 1; z = 40, y = 0",
             ENDS, partial(extremes, BCE), BCE),
    Question("the same of the logit z", ENDS, partial(extremes, LOGIT_BCE), LOGIT_BCE),
    Question("the library's squared error of (3,) and (3, 1)", REPORTED, partial(squared_error, MSE), MSE),
    Question("((p - t) ** 2).mean() of (3,) and (3, 1)", REPORTED, partial(squared_error, PLAIN_MSE)),
    Question("a step on a loss that does not depend on a parameter, which is 1: the parameter", "",
             lambda library: stepped(library, lambda u, v: u * u)[1], STEPPING),
    Question("a step on a loss that is nan: the parameter", REPORTED,
             lambda library: stepped(library, lambda u, v: u * v * math.nan)[0], STEPPING),
    Question(f"a chain of {CHAIN} additions: derivative", 1.0,
             of(lambda _, w: sum([1.0] * CHAIN, w), 1.0), LIBRARIES, alone=True),
    Question("an intermediate is freed with the garbage collector off", "yes", freed, LIBRARIES),
    Question("np.where(w > 0, np.tanh(w), 0).sum() by `import numpy`: gradient at [0.5, -1]",
             [1 - math.tanh(0.5) ** 2, 0.0],
             of(lambda _, w: np.where(w > 0, np.tanh(w), 0.0).sum(), [0.5, -1.0])),
    Question("w * math.exp(w): gradient at 1", 2 * math.e, of(lambda _, w: w * math.exp(w), 1.0), LIBRARIES),
    Question("(w * x).sum(), NumPy array x set to 0 before backward: derivative, x of float64; of float32",
             [[3.0], [3.0]], overwritten),
    Question("h = 2 * w; h[0] = 0; h.sum(): gradient", [0.0, 2.0], of(entry_set, [1.0, 1.0])),
    Question("np.where(w > 0, np.sqrt(w), 0).sum(): gradient at [0, 4]", [0.0, 0.25],
             of(lambda m, w: m.where(w > 0, m.sqrt(w), 0.0).sum(), [0.0, 4.0])),
    Question("relu at 0, abs at 0, max at [1, 1]: gradients", "0 to 1, -1 to 1, sum 1", kinks),
    Question("tanh at 0.5: second derivative", -2 * math.tanh(0.5) / math.cosh(0.5) ** 2,
             lambda lib: GRAD[lib](GRAD[lib](lib.numpy.tanh))(lib.numpy.asarray(0.5)), GRAD),
    Question("dtypes of float32 * 2.5, float32 * np.float64(2.5), a list of floats", "", dtypes),
]  # fmt: skip


def text(outcome: Any) -> str:
    """Return a text unchanged, and numbers with commas within a row and semicolons between rows."""
    if isinstance(outcome, str):
        return outcome
    return "; ".join(", ".join(f"{v + 0.0:.4g}" for v in row) for row in np.atleast_2d(outcome))


def cell(question: Question, library: Library) -> str:
    """Return the cell of a question: bold if it is a wrong number without an error or a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            outcome = question.ask(library)
            numbers = None if isinstance(outcome, str) else np.asarray(outcome, np.float64)
        except Exception as error:
            return type(error).__name__
    if numbers is None:
        return str(outcome)
    if caught:
        return f"{text(numbers)} ({', '.join(sorted({w.category.__name__ for w in caught}))})"
    if isinstance(question.right, str):
        wrong = question.right == REPORTED or np.isnan(numbers).any()
    else:
        wrong = not np.allclose(numbers, question.right, rtol=1e-4)
    return f"**{text(numbers)}**" if wrong else text(numbers)


def cell_alone(row: int, column: int) -> str:
    """Return the same from a new process, which may crash or run too long."""
    command = [sys.executable, __file__, str(row), str(column)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return f"not in {TIMEOUT:g} s"
    return done.stdout.strip() or f"crash (exit status {done.returncode})"


def main() -> None:
    """Ask all questions, print and write the report. Questions that may crash run in other processes."""
    start, columns = perf_counter(), range(len(LIBRARIES))
    asked = [(i, j) for i, q in enumerate(QUESTIONS) for j in columns if LIBRARIES[j] in q.libraries]
    with ThreadPoolExecutor(2) as pool:
        waiting = {(i, j): pool.submit(cell_alone, i, j) for i, j in asked if QUESTIONS[i].alone}
        cells = {(i, j): cell(QUESTIONS[i], LIBRARIES[j]) for i, j in asked if not QUESTIONS[i].alone}
    cells |= {place: answer.result() for place, answer in waiting.items()}
    rows = [
        [q.title, text(q.right), *(cells.get((i, j), "-") for j in columns)] for i, q in enumerate(QUESTIONS)
    ]
    lines = [*machine(), METHOD, *table(["", "right", *(lib.title for lib in LIBRARIES)], rows)]
    report = "\n".join(["# Behaviours\n", *lines, f"\nThe whole run took {perf_counter() - start:.0f} s.\n"])
    REPORT.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    if sys.argv[1:]:  # started by `cell_alone`
        print(cell(QUESTIONS[int(sys.argv[1])], LIBRARIES[int(sys.argv[2])]))
    else:
        main()
