"""Random graphs of operations, a hypothesis strategy for properties of whole graphs.

A graph is read from a list of byte strings, one for each step. Zeros stand for the first op on a new
leaf with one entry. If a byte chooses something that does not fit, the next choice is used. So hypothesis
shrinks graphs in its usual way: it drops elements of the list and lowers bytes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import chain, cycle, islice, product
from operator import add
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from autograd_lite.domains import Domain
from autograd_lite.errors import mismatch
from autograd_lite.operation import OPS, Op
from autograd_lite.tensor import Tensor

Shape = tuple[int, ...]

_JOINING = ("add", "multiply", "subtract", "divide", "maximum", "minimum", "power", "matmul", "concatenate")
_ELEMENTWISE = [
    "negative",
    "square",
    "exp",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "arctan",
    "softplus",
    "abs",
    "relu",
    "leaky_relu",
    "clip",
    "sqrt",
    "log",
    "log1p",
    "expm1",
    "reciprocal",
    "sinh",
    "cosh",
    "tan",
    "arcsin",
    "arccos",
]
_REARRANGING = [
    "sum",
    "mean",
    "max",
    "min",
    "prod",
    "var",
    "std",
    "logsumexp",
    "cumsum",
    "softmax",
    "log_softmax",
    "reshape",
    "transpose",
    "stack",
]
_COMMON = (
    *_ELEMENTWISE,
    *_JOINING,
    *_REARRANGING,
    *_JOINING,
    *_JOINING,
)  # often, so that graphs share values
_SHAPES = ((), (1,), (2,), (3,), (2, 1), (1, 3), (2, 3), (3, 2), (3, 3), (4,), (2, 3, 2))
_LARGEST, _BOUND, _MARGIN = 64, 1e3, 0.05  # entries of a value, their size, distance from a domain's end
_SLOT, _GENE = 8, 26  # bytes for an input: value, shape, six entries; for a step: op, settings, three inputs
_REFUSALS = (ValueError, TypeError, IndexError, ArithmeticError)


class Step(NamedTuple):
    """An op applied to earlier values, by their index: the leaves come first, then the steps."""

    op: Op
    inputs: tuple[int, ...]
    settings: dict[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """A computational graph as data: leaves by name and the steps that follow. Its repr is its source.

    Called with an array or tensor for each leaf it returns one number: the values that no step uses,
    added up with weights of either sign, since after a plain sum every gradient is 1, and a rule
    that mixes up the entries of g looks right.
    """

    leaves: dict[str, Any]
    steps: tuple[Step, ...]

    def __call__(self, *leaves: Any) -> Any:
        return reduce(add, map(_total, self._outputs(leaves).values()))

    def __repr__(self) -> str:
        count = len(self.leaves)
        names = [*self.leaves, *(f"v{count + i}" for i in range(len(self.steps)))]
        lines = ["# import numpy as np, autograd_lite as ag"]
        lines += [f'{name} = ag.Tensor({_source(x)}, name="{name}")' for name, x in self.leaves.items()]
        for name, (op, inputs, settings) in zip(names[count:], self.steps, strict=True):
            given = [names[i] for i in inputs] + [f"{k}={_source(v)}" for k, v in settings.items()]
            lines.append(f'{name} = ag.OPS["{op.name}"]({", ".join(given)})')
        total = "({0} * np.cos(np.arange({0}.size)).reshape({0}.shape)).sum()"
        named = ((names[i], y) for i, y in self._outputs(self.arrays()).items())
        terms = [total.format(name) if y.shape else name for name, y in named]
        return "\n".join([*lines, f"root = {' + '.join(terms)}"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # what hypothesis prints
        printer.text(f"\n{self!r}\n")

    def build(self) -> tuple[Tensor, list[Tensor]]:
        """The root, a tensor of one number, and the leaves it was made from, new and named."""
        leaves = [Tensor(x, name=name) for name, x in self.leaves.items()]
        return self(*leaves), leaves

    def arrays(self) -> tuple[Any, ...]:
        """A copy of the data of each leaf."""
        return tuple(x.copy() for x in self.leaves.values())

    def _outputs(self, leaves: Sequence[Any]) -> dict[int, Any]:
        if (got := len(leaves)) != (n := len(self.leaves)):
            raise TypeError(f"graph takes {n} arrays or tensors ({', '.join(self.leaves)}), got {got}")
        values = [x if isinstance(x, Tensor) else np.asarray(x, float)[()] for x in leaves]
        for op, inputs, settings in self.steps:
            values.append(op(*(values[i] for i in inputs), **settings))
        used = {i for step in self.steps for i in step.inputs}
        return {i: value for i, value in enumerate(values) if i not in used}


def _total(y: Any) -> Any:
    return (y * np.cos(np.arange(y.size)).reshape(y.shape)).sum() if y.shape else y


def _source(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_source, value))}{',' if len(value) == 1 else ''})"
    return f"np.{value.__name__}" if isinstance(value, type) else repr(value)


def graphs(
    ops: Iterable[Op] | None = None, *, max_ops: int = 12, kinks: str = "avoid"
) -> st.SearchStrategy[Graph]:
    """A strategy for random graphs of up to `max_ops` steps, each one of `ops`, or of the common ops.

    Values are used several times, twice by one op, and broadcast. An op is applied only well within
    its domain, where its result is finite and at most 1000. With `kinks="avoid"` a graph is smooth
    around its leaves: no tie of a maximum, no bound of clip within about 0.001. `"seek"` draws small
    integers and halves, so that zeros and ties are frequent; `"any"` does neither. Raises ValueError
    for ops that have no gradient or fit nowhere. To check an engine on graphs of an op of yours:

        @given(graphs([scale, ag.OPS["add"], ag.OPS["matmul"]]))
        def test_gradients(graph): gradcheck(graph, *graph.arrays())
    """
    if kinks not in _KINKS:
        raise ValueError(f'graphs: kinks={kinks!r}; it is "avoid", "seek" or "any"')
    chosen = tuple(OPS[name] for name in _COMMON) if ops is None else tuple(ops)
    if not chosen:
        raise ValueError("graphs: ops is empty; pass some ops, or None for the common ones")
    for op in chosen if ops else ():
        _demand_usable(op, kinks)
    genes = st.lists(st.binary(min_size=_GENE, max_size=_GENE), min_size=1, max_size=max_ops)
    strategy = st.composite(lambda draw: _graph(chosen, kinks, draw(genes)))  # a map would print its call
    return strategy().filter(lambda graph: bool(graph.steps))


def _demand_usable(op: Op, kinks: str) -> None:
    if lacking := [name for name in op.arguments if name not in op.rules]:
        raise ValueError(f"graphs: {op.name} has no gradient in {lacking[0]}; add its rule, or leave it out")
    rng = np.random.default_rng(0)
    if not any(_graph((op,), kinks, [rng.bytes(_GENE)]).steps for _ in range(20)):
        shapes = _declared(op)[0] if _declared(op) else ((),) * len(op.arguments)
        reason = _refusal(op, 0, shapes) or f"its result is over {_BOUND:g}, saturated or not smooth"
        raise ValueError(
            f"graphs: {op.name} fits nowhere (shapes {', '.join(map(str, shapes))}: {reason}); declare "
            "where it does with @op(..., domain=, signature=, samples=), or leave it out"
        )


# Reading bytes. A value is known by a reference, leaf i by i and step i by ~i, and held at several
# points: at the leaves, then on two lines through all of them, along which what is smooth has almost
# no third and fourth difference. No two entries of leaves change alike on both lines.

_GRID = np.array(sorted((k / 50 for k in range(-128, 128)), key=lambda v: (len(f"{abs(v):g}"), abs(v), -v)))
_HALVES = np.array([0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1.5, -1.5])
_SLOPES = np.concatenate([np.linspace(-1.6, -0.4, 6), np.linspace(0.4, 1.6, 6)])
_LINES = np.stack([np.tile(_SLOPES, 12), np.repeat(_SLOPES, 12)])
_LINES += np.random.default_rng(0).uniform(-0.05, 0.05, _LINES.shape)  # so that sums of entries differ too
_OFFSETS = np.concatenate([0 * _LINES[:1], *(0.002 * np.outer((-2, -1, 1, 2), line) for line in _LINES)])
_BENDS = np.array([[0, -1, 2, -2, 1, 0, 0, 0, 0], [6, 1, -4, -4, 1, 0, 0, 0, 0]])
_BENDS = np.concatenate([_BENDS, _BENDS[:, [0, 5, 6, 7, 8, 1, 2, 3, 4]]])  # the same on the second line
_POINT = (_OFFSETS[:1], _BENDS[:0, :1])
# For each choice of kinks: the numbers of leaves, the simplest first; offsets of the other points from them;
# coefficients of the differences that show a kink.
_KINKS = {"avoid": (_GRID, _OFFSETS, _BENDS), "seek": (_HALVES, *_POINT), "any": (_GRID, *_POINT)}


def _graph(ops: tuple[Op, ...], kinks: str, genes: Sequence[bytes]) -> Graph:
    """The graph that the bytes stand for; a step for which nothing fits is left out."""
    values: dict[int, Any] = {}
    steps: list[Step] = []
    for gene in genes:
        for step, new, y in islice(_moves(ops, kinks, gene, values), 1):
            values |= new | {~len(steps): y}
            steps.append(step)
    leaves = {f"x{i}": np.array(x[0]) for i, x in values.items() if i >= 0}
    index = [*range(len(leaves)), *(len(leaves) + i for i in reversed(range(len(steps))))]  # ~i: from its end
    return Graph(leaves, tuple(step._replace(inputs=tuple(index[i] for i in step.inputs)) for step in steps))


def _moves(ops: tuple[Op, ...], kinks: str, gene: bytes, values: dict[int, Any]) -> Iterator[Any]:
    """Well-behaved steps, their new leaves and their results; the one that the bytes ask for first."""
    slots = [gene[i : i + _SLOT] for i in range(2, len(gene), _SLOT)]
    for op in dict.fromkeys(_turned(ops, gene[0])):
        for settings, choices in islice(_layouts(op, kinks, gene[1], slots, values), 3):
            for shift in range(3 if any(isinstance(c, tuple) for c in choices) else 1):
                new, inputs = _inputs(op, kinks, slots, choices, values, shift)
                y = _result(op, kinks, [(values | new)[i] for i in inputs], settings)
                if y is not None:
                    yield Step(op, inputs, settings), new, y


def _layouts(op: Op, kinks: str, form: int, slots: Sequence[bytes], values: dict[int, Any]) -> Iterator[Any]:
    """Settings and inputs whose shapes fit: those asked for, others, and new leaves as declared.

    An input is the reference of a value, the shape of a new leaf, or None: the first input again.
    """
    forms = _forms(op)
    order = _turned(range(len(forms)), form)
    pools = [_pool(op, kinks, i, slots[i % len(slots)], values) for i in range(forms[order[0]][1])]
    for choices in chain(islice(product(*pools), 1000), _turned(_declared(op), form)):
        plain = (choices[0] if c is None else c for c in choices)
        found = tuple(values[c].shape[1:] if isinstance(c, int) else c for c in plain)
        for i in order:
            if forms[i][1] == len(found) and not _refusal(op, i, found):
                yield forms[i][0], choices


def _pool(op: Op, kinks: str, position: int, slot: bytes, values: dict[int, Any]) -> list[Any]:
    """List the choices for an input, the one asked for first: earlier values, then new leaves."""
    domain = op.domains[op.argument_at(position)]
    fitting = [i for i, x in reversed(values.items()) if _inside(domain, x, kinks)]
    earlier = [None, *fitting] if position else fitting
    new = _turned(list(dict.fromkeys(chain(_SHAPES, *_declared(op)))), slot[1])
    asked = slot[0] % (len(earlier) + 1)
    return [*_turned(earlier, asked - 1), *new] if asked else new


def _inputs(op: Op, kinks: str, slots: Sequence[bytes], choices: Any, values: Any, shift: int) -> Any:
    """New leaves, in the domains of the op, and the references of its inputs; `shift` varies entries."""
    leaves: dict[int, Any] = {}
    inputs: list[int] = []
    for position, (slot, choice) in enumerate(zip(cycle(slots), choices, strict=False)):
        if isinstance(choice, tuple):
            number, i = max([-1, *values, *leaves]) + 1, np.arange(math.prod(choice))
            entries = _entries(op.domains[op.argument_at(position)], kinks)
            drawn = np.frombuffer(slot, np.uint8, offset=2)[i % 6] + 41 * (i // 6)
            x = entries[(drawn + shift * (position + 1 + i)) % len(entries)]
            offsets = _KINKS[kinks][1][:, (12 * number + i) % _LINES.shape[1]]
            leaves[number] = (x + offsets).reshape(-1, *choice)
            choice = number
        inputs.append(inputs[0] if choice is None else choice)
    return leaves, tuple(inputs)


def _result(op: Op, kinks: str, inputs: Sequence[Any], settings: dict[str, Any]) -> Any:
    """The result at all points, or None where the op is not well-behaved."""
    _, offsets, differences = _KINKS[kinks]
    if not all(_inside(op.domains[op.argument_at(i)], x, kinks) for i, x in enumerate(inputs)):
        return None
    with np.errstate(all="ignore"), suppress(*_REFUSALS):
        y = np.array([op(*(x[k] for x in inputs), **settings) for k in range(len(offsets))])
        rows = y.reshape(len(y), -1)
        moved, bent = np.ptp(rows, axis=0), np.abs(differences @ rows).max(axis=0, initial=0.0)
        # A kink bends by at least half of what the slope changes times the step of the line.
        smooth = ((moved == 0) | (moved > 1e-7)) & (bent <= np.maximum(1e-7, 1e-3 * moved))
        return y if (smooth & (np.abs(rows) <= _BOUND)).all() else None
    return None


def _inside(domain: Domain, x: Any, kinks: str) -> bool:
    """Return True if x is well inside a domain, and away from points it avoids unless kinks are allowed."""
    low, high, avoid = domain.low, domain.high, domain.avoid
    margin = min(_MARGIN, 0.04 * (high - low))
    within = (low == -np.inf or x.min() > low + margin) and (high == np.inf or x.max() < high - margin)
    return bool(within and (kinks != "avoid" or all(abs(x - point).min() > _MARGIN for point in avoid)))


@lru_cache
def _entries(domain: Domain, kinks: str) -> Any:
    """List the numbers for leaves in a domain, the simplest first."""
    low = domain.low if np.isfinite(domain.low) else min(-5.0, domain.high - 10.0)
    high = domain.high if np.isfinite(domain.high) else low + 10.0
    candidates = (_KINKS[kinks][0], np.linspace(low, high, 256))
    usual, even = (np.array([v for v in x if _inside(domain, v, kinks)]) for x in candidates)
    return usual if len(usual) > 1 else even


@lru_cache
def _forms(op: Op) -> tuple[tuple[dict[str, Any], int], ...]:
    """Settings and numbers of inputs to try an op with: its defaults, then those it declares."""
    usual = 2 if op.variadic else len(op.arguments)
    forms = [({}, usual), *((sample.settings, len(sample.shapes)) for sample in op.samples)]
    return tuple({repr(form): form for form in forms}.values())


@lru_cache
def _declared(op: Op) -> tuple[tuple[Shape, ...], ...]:
    """The shapes that an op declares in its samples."""
    return tuple(s.shapes for s in op.samples if max(map(math.prod, s.shapes)) <= _LARGEST)


@lru_cache(maxsize=2**16)
def _refusal(op: Op, form: int, shapes: tuple[Shape, ...]) -> str:
    """Why an op does not take these shapes, by its signature or its forward; nothing if it does."""
    entries = (_entries(op.domains[op.argument_at(i)], "avoid") for i in range(len(shapes)))
    inputs = [np.resize(values, shape)[()] for values, shape in zip(entries, shapes, strict=True)]
    try:
        with warnings.catch_warnings(action="ignore"):
            y = np.asarray(op(*inputs, **_forms(op)[form][0]))
    except _REFUSALS as error:
        return str(error)
    fits = y.dtype == float and 0 < y.size <= _LARGEST and np.isfinite(y).all()
    return mismatch(op.signature, list(shapes)) if fits else f"the result is {y.dtype} of shape {y.shape}"


def _turned(items: Sequence[Any], start: int) -> list[Any]:
    """The items in order from one of them, around the end."""
    return [items[(start + i) % len(items)] for i in range(len(items))]
