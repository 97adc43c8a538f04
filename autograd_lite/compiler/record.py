"""Recording: a function of arrays run once on symbols, its gradient with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.program import Program
from autograd_lite.compiler.symbols import Recorder, Symbol
from autograd_lite.modes import recording
from autograd_lite.tensor import NOTHING, Tensor, backpropagate, graph, node

_LETTERS = {"affine": "z", "matmul": "z", "add": "z", "sigmoid": "p", "softmax": "p"}


class Recording(NamedTuple):
    """A program, and what its guards, the last of its outputs, were when it was recorded."""

    program: Program
    guards: tuple[bool, ...]


def recorded(
    f: Callable[..., Any], arrays: Sequence[Any], leaves: Sequence[Tensor], argnums: Sequence[int]
) -> Recording:
    """The program of f(*arrays), and of its gradients in the arguments `argnums`, after its value.

    Its inputs are the arrays and then the data of `leaves`, tensors that f uses without being given them.
    """
    recorder = Recorder()
    tensors = _arguments(recorder, f, arrays, argnums)
    with _recording(), _in_place_of(leaves, [recorder.input(leaf.data) for leaf in leaves]):
        y = f(*tensors)
        gradients = backward(y, [tensors[i] for i in argnums]) if argnums else {}
        told = named(recorder, [*tensors, *leaves], y, gradients)
    outputs = (_plain(y), *(_plain(gradients[tensors[i]]) for i in argnums))
    return _ended(recorder, outputs, told)


def recorded_step(
    f: Callable[..., Any],
    arrays: Sequence[Any],
    leaves: Sequence[Tensor],
    optimizer: Any,
    states: Sequence[Any],
) -> Recording:
    """The program of one training step: f(*arrays), its gradients, and the optimiser's update.

    Its inputs are the arrays, the data of `leaves`, the learning rate and the states of the parameters
    that are trained; its outputs the loss, for each of them its gradient, new data and new state.
    """
    recorder = Recorder()
    tensors = _arguments(recorder, f, arrays, ())
    symbols = [recorder.input(leaf.data) for leaf in leaves]
    rate = recorder.input(optimizer.lr)
    kept = [tuple(map(recorder.input, state)) for state in states]
    trained = trainable(optimizer)
    with _recording(), _in_place_of(leaves, symbols):
        y = f(*tensors)
        gradients = backward(y, trained)
        told = named(recorder, [*tensors, *leaves], y, gradients)
        moved = [
            _updated(optimizer, rate, x.data, gradients[x], s) for x, s in zip(trained, kept, strict=True)
        ]
    ends = [(gradients[x], p, *state) for x, (p, state) in zip(trained, moved, strict=True)]
    names = _renamed(told, len(recorder.examples), trained, symbols, leaves, rate, kept, moved)
    return _ended(recorder, (_plain(y), *(x for end in ends for x in end)), names)


def _arguments(
    recorder: Recorder, f: Callable[..., Any], arrays: Sequence[Any], argnums: Sequence[int]
) -> list[Tensor]:
    """Tensors around symbols for the arguments, called as f calls them; those of `argnums` differentiable."""
    tensors = [node(None, (), (), NOTHING, recorder.input(x), i in argnums) for i, x in enumerate(arrays)]
    for tensor, name in zip(tensors, argument_names(f, len(arrays)), strict=True):
        tensor.name = name
    return tensors


def _ended(recorder: Recorder, outputs: tuple[Any, ...], names: tuple[str, ...]) -> Recording:
    guards = tuple(bool(recorder.examples[guard]) for guard in recorder.guards)
    return Recording(recorder.program(outputs, names), guards)


def _renamed(
    told: tuple[str, ...],
    count: int,
    trained: Any,
    symbols: Any,
    leaves: Any,
    rate: Any,
    kept: Any,
    moved: Any,
) -> tuple[str, ...]:
    """The names, with those of the learning rate, of the states and of what is updated."""
    names = [*told, *(f"v{i}" for i in range(len(told), count))]
    names[rate.ref] = "lr"
    called = {id(leaf): names[symbol.ref] for leaf, symbol in zip(leaves, symbols, strict=True)}
    for x, state, (p, after) in zip(trained, kept, moved, strict=True):
        for i, (before, now) in enumerate(zip(state, after, strict=True)):
            names[before.ref] = f"{called[id(x)]}_state{i + 1}"
            if isinstance(now, Symbol) and now.ref >= len(told):
                names[now.ref] = f"new_{called[id(x)]}_state{i + 1}"
        names[p.ref] = f"new_{called[id(x)]}"
    return tuple(names)


def trainable(optimizer: Any) -> list[Tensor]:
    """The parameters that an optimiser moves."""
    return [p for p in optimizer.params if p.requires_grad]


def _updated(optimizer: Any, rate: Symbol, p: Any, g: Any, state: Any) -> tuple[Any, tuple[Any, ...]]:
    """The update of one parameter, with the learning rate as an input of the program."""
    lr = optimizer.lr
    object.__setattr__(optimizer, "lr", rate)  # past the check of a setting
    try:
        return optimizer.update(p, g, state)  # type: ignore[no-any-return]
    finally:
        object.__setattr__(optimizer, "lr", lr)


def leaves_of(f: Callable[..., Any], arrays: Sequence[Any], argnums: Sequence[int]) -> list[Tensor]:
    """The tensors that f uses and that are none of its arguments: those of its graph, and of its closure.

    What is in the graph both times that f is run is not made by f.
    """
    first, second = _leaves(f, arrays, argnums), _leaves(f, arrays, argnums)
    again = set(second)
    held = [t for held in _held(f) for t in _tensors(held)]
    return list(dict.fromkeys([*(t for t in first if t in again), *held]))


def _leaves(f: Callable[..., Any], arrays: Sequence[Any], argnums: Sequence[int]) -> list[Tensor]:
    """The tensors without an op in the graph of f(*arrays), constants too, but for the arguments."""
    tensors = [
        node(None, (), (), NOTHING, x, i in argnums or x.dtype.kind == "f") for i, x in enumerate(arrays)
    ]
    with _recording():
        y = f(*tensors)
    made = graph(y) if isinstance(y, Tensor) else []
    found = [x for t in made for x in (t, *t.inputs) if isinstance(x, Tensor) and x.op is None]
    given = set(tensors)
    return [t for t in found if t not in given]


def _held(f: Any) -> list[Any]:
    """What a function holds: its object, the variables it closes over, the globals it names."""
    code = getattr(f, "__code__", None)
    cells = [c.cell_contents for c in getattr(f, "__closure__", None) or () if c.cell_contents is not f]
    known = getattr(f, "__globals__", {})
    named = [known[name] for name in (code.co_names if code else ()) if name in known]
    return [getattr(f, "__self__", f), *cells, *named]


def _tensors(held: Any) -> list[Tensor]:
    """The tensors that something is, has as a module, or holds in a list, tuple or dictionary."""
    if isinstance(held, Tensor):
        return [held] if held.op is None else []
    if isinstance(held, list | tuple | dict):
        parts = held.values() if isinstance(held, dict) else held
        return [t for part in parts if not isinstance(part, list | tuple | dict) for t in _tensors(part)]
    return list(held.parameters()) if hasattr(held, "named_parameters") else []


@contextmanager
def _recording() -> Iterator[None]:
    token = recording.set(True)
    try:
        yield
    finally:
        recording.reset(token)


@contextmanager
def _in_place_of(tensors: Sequence[Tensor], symbols: Sequence[Symbol]) -> Iterator[None]:
    """The tensors with symbols for data, for as long as this lasts."""
    before = [tensor.data for tensor in tensors]
    try:
        for tensor, symbol in zip(tensors, symbols, strict=True):
            tensor.data = symbol
        yield
    finally:
        for tensor, data in zip(tensors, before, strict=True):
            tensor.data = data


def backward(y: Any, xs: Sequence[Tensor]) -> dict[Tensor, Any]:
    """The gradient of y, a single number, for everything between it and xs, in their shapes and dtypes."""
    if not isinstance(y, Tensor) or y.size != 1:
        told = f"a tensor of shape {y.shape}" if isinstance(y, Tensor) else type(y).__name__
        raise TypeError(
            f"compile: the function returns {told}; only a single number has a gradient by itself"
        )
    dtype = y.data.dtype.type
    seed = dtype(1) if not y.shape else np.ones(y.shape, dtype)
    found = backpropagate(y, seed, keep_all=True) if y.requires_grad else {}
    for x in xs:
        g = found.get(x, x.data.dtype.type(0))
        if getattr(g, "shape", ()) != x.shape:
            g = np.zeros(x.shape, x.data.dtype)
        found[x] = g if g.dtype == x.data.dtype else g.astype(x.data.dtype)
    return found


def named(recorder: Recorder, xs: Sequence[Tensor], y: Any, gradients: dict[Tensor, Any]) -> tuple[str, ...]:
    """A name for every value: of its tensor, `z1`, or of the tensor whose gradient it is, `dz1`."""
    names = [f"v{i}" for i in range(len(recorder.examples))]
    counts: dict[str, int] = {}
    called: dict[int, str] = {}
    order = [*xs, *(t for t in gradients if t.op is not None)]
    for tensor in sorted(order, key=lambda t: t.data.ref if isinstance(t.data, Symbol) else -1):
        name = "loss" if tensor is y else tensor.name or _letter(tensor, counts)
        called[id(tensor)] = name
        if isinstance(tensor.data, Symbol):
            names[tensor.data.ref] = name
    for tensor, g in gradients.items():
        if isinstance(g, Symbol) and names[g.ref] == f"v{g.ref}":
            names[g.ref] = f"d{called.get(id(tensor), 'v')}"
    return tuple(names)


def _letter(tensor: Tensor, counts: dict[str, int]) -> str:
    letter = _LETTERS.get(tensor.op.name, "a") if tensor.op else "w"
    counts[letter] = counts.get(letter, 0) + 1
    return f"{letter}{counts[letter]}"


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """What the function calls its arguments."""
    try:
        known = [
            p.name
            for p in inspect.signature(f).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        known = []
    return (known + [f"x{i}" for i in range(len(known), count)])[:count]


def _plain(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x
