"""Recording: a function of arrays run once on symbols, with its derivatives and an optimiser's step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite.compiler.batch import batched
from autograd_lite.compiler.leaves import Uses, graphs_recorded
from autograd_lite.compiler.naming import Namer, argument_names, short
from autograd_lite.compiler.program import Program, Ref
from autograd_lite.compiler.simplify import simplified
from autograd_lite.compiler.symbols import Recorder, Symbol
from autograd_lite.tensor import Tensor, backpropagate, graph, leaf


class Recording:
    """A function run on symbols: `arrays` are its arguments, `uses` what it uses beside them."""

    def __init__(
        self, f: Callable[..., Any], arrays: Sequence[Any], uses: Uses, wanted: Sequence[int] = ()
    ) -> None:
        self.recorder = Recorder()
        self.namer = Namer(self.recorder)
        self.leaves = uses.tensors
        self.tensors = [leaf(self.recorder.input(x), i in wanted) for i, x in enumerate(arrays)]
        self.symbols = [self.recorder.input(leaf.data) for leaf in self.leaves]
        self.draws = [self.recorder.input(x) for x in uses.drawn]
        self.wanted = [self.tensors[i] for i in wanted]
        self.outputs: tuple[Any, ...] = ()  # what the function returns beside its value
        names = argument_names(f, len(arrays))
        for tensor, name in zip(self.tensors, names, strict=True):
            tensor.name = name
        told = short([leaf.name or f"w{i + 1}" for i, leaf in enumerate(self.leaves)])
        self._f, self._told = f, [*names, *told]

    @contextmanager
    def running(self) -> Iterator[Any]:
        """The result of the function, with symbols for the data of the leaves as long as this lasts."""
        before, draws = [leaf.data for leaf in self.leaves], iter(self.draws)
        try:
            for leaf, symbol in zip(self.leaves, self.symbols, strict=True):
                leaf.data = symbol
            self.namer.inputs([*self.tensors, *self.leaves], self._told)
            for i, draw in enumerate(self.draws):
                self.namer.value(draw, f"random{i + 1}")
            with graphs_recorded(lambda rng, shape: next(draws)):
                y = self._f(*self.tensors)
                if isinstance(y, tuple) and y:
                    y, *others = y
                    self.outputs = tuple(others)
                _refuse_containers(y, *self.outputs)
                for output in (y, *self.outputs):
                    if isinstance(output, Tensor):
                        last = "loss" if output is y and not y.shape else "output"
                        self.namer.forward(graph(output), output, last)
                yield y
        finally:
            self.recorder.closed = True
            for leaf, data in zip(self.leaves, before, strict=True):
                leaf.data = data

    def gradients(self, y: Any, xs: Sequence[Tensor]) -> list[Any]:
        """The gradients of y, a single number, for xs, in their shapes and dtypes."""
        found = _backward(y)
        self.namer.backward(graph(y), found)
        return [_like(x, found.get(x)) for x in xs]

    def products(self, y: Any, xs: Sequence[Tensor], directions: Sequence[Symbol]) -> list[Any]:
        """The Hessian of y, a single number, for xs, times directions."""
        first = _backward(y, create_graph=True)
        self.namer.backward(graph(y), first)
        along: list[tuple[Any, Any]] = [(first.get(x), v) for x, v in zip(xs, directions, strict=True)]
        terms = [(g * v).sum() for g, v in along if isinstance(g, Tensor) and g.requires_grad]
        if not terms:
            return [_like(x, None) for x in xs]
        total = sum(terms[1:], terms[0])
        self.namer.forward(graph(total), total, "along")
        found = _backward(total)
        for x in xs:
            self.namer.value(found.get(x), f"Hv_{self.namer.of(x)}")
        self.namer.backward(graph(total), found, "d_")
        return [_like(x, found.get(x)) for x in xs]

    def program(self, *outputs: Any) -> Program:
        """The program that ends in these results."""
        return self.recorder.program(_plain(outputs), *self.namer.told())


def value(f: Any, arrays: Sequence[Any], uses: Uses, argnums: Sequence[int]) -> Program:
    """The program of f(*arrays), and then of its gradients in the arguments `argnums`."""
    recording = Recording(f, arrays, uses, argnums)
    with recording.running() as y:
        gradients = recording.gradients(y, recording.wanted) if argnums else ()
        value = (y, *recording.outputs) if recording.outputs else y
        return recording.program(value, *gradients)


def curvature(
    f: Any, arrays: Sequence[Any], uses: Uses, argnums: Sequence[int], directions: Sequence[Any]
) -> Program:
    """The program of the Hessian of f(*arrays) in the arguments `argnums` times `directions`, more inputs."""
    recording = Recording(f, arrays, uses, argnums)
    vs = [recording.recorder.input(v) for v in directions]
    with recording.running() as y:
        for v, x in zip(vs, recording.wanted, strict=True):
            recording.namer.value(v, f"v_{recording.namer.of(x)}")
        return recording.program(*recording.products(y, recording.wanted, vs))


def hessian(f: Any, arrays: Sequence[Any], uses: Uses, argnums: Sequence[int]) -> Program:
    """The program of the Hessian of f(*arrays) in one argument: its products with all unit vectors."""
    direction = np.zeros_like(arrays[argnums[0]])[()]
    program = simplified(curvature(f, arrays, uses, argnums, [direction]))
    names = tuple(name.replace("Hv_", "H_", 1) for name in program.names)
    return batched(program._replace(names=names), Ref(program.inputs - 1))


def step(f: Any, arrays: Sequence[Any], uses: Uses, optimizer: Any, states: Any) -> Program:
    """The program of one training step: f(*arrays), its gradients, and the optimiser's update.

    Its inputs are the arrays, the data of the leaves, the learning rate and the states of the parameters
    that are trained; its outputs the loss, a number that is finite if all gradients are, what f returns
    beside the loss, and for each of the parameters its new data and new state.
    """
    recording = Recording(f, arrays, uses)
    rate = recording.recorder.input(optimizer.lr)
    kept = [tuple(map(recording.recorder.input, state)) for state in states]
    trained = trainable(optimizer)
    with recording.running() as y:
        gradients = recording.gradients(y, trained)
        _refuse_unreached(y, trained)
        finite = _squares(gradients)
        recording.namer.value(finite, "squares")
        recording.namer.part(finite, "a number that is finite if all gradients are")
        recording.namer.value(rate, "lr")
        moved, labels = [], [*getattr(optimizer, "state_names", ()), *"123456789"]
        for x, g, state in zip(trained, gradients, kept, strict=True):
            p, after = _updated(optimizer, rate, x.data, g, state)
            _refuse_other_dtype(x, p)
            _name_update(recording.namer, recording.namer.of(x), labels, state, p, after)
            moved.append((p, *after))
        return recording.program(y, finite, recording.outputs, *moved)


def _refuse_unreached(y: Tensor, trained: Sequence[Tensor]) -> None:
    """An error for a parameter that would never move."""
    reached = set(graph(y)) | {x for t in graph(y) for x in t.inputs if isinstance(x, Tensor)}
    for x in trained:
        if x not in reached:
            raise ValueError(
                f"compile: {x.name or f'a parameter of shape {x.shape}'} has no gradient: the loss does not "
                "reach it; compute the loss from it, or leave it out of the optimiser"
            )


def _refuse_other_dtype(x: Tensor, p: Any) -> None:
    """An error for an update that would change the dtype of a parameter."""
    if p.dtype != x.data.dtype:
        raise ValueError(
            f"compile: {x.name or 'a parameter'} is {x.data.dtype} and the optimiser's state is not; make a "
            "new optimiser after model.astype()"
        )


def _name_update(namer: Namer, name: str, labels: Sequence[str], state: Any, p: Any, after: Any) -> None:
    for before, label in zip(state, labels, strict=False):
        namer.value(before, f"{name}_{label}")
    for now, label in zip(after, labels, strict=False):
        namer.value(now, f"new_{name}_{label}")
        namer.part(now, f"step of {name}")
    namer.value(p, f"new_{name}")
    namer.part(p, f"step of {name}")


def _squares(gradients: Sequence[Any]) -> Any:
    """The sum of the squares of all entries."""
    total: Any = 0.0
    for g in gradients:
        total = total + (g * g if g.ndim == 0 else g @ g if g.ndim == 1 else np.vdot(g, g))
    return total


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


def _backward(y: Any, create_graph: bool = False) -> dict[Tensor, Any]:
    """The gradient of y, a single number, for everything it depends on."""
    if not isinstance(y, Tensor) or y.size != 1:
        told = f"a tensor of shape {y.shape}" if isinstance(y, Tensor) else type(y).__name__
        raise TypeError(
            f"compile: the function returns {told}; only a single number has a gradient by itself"
        )
    if not y.requires_grad:
        return {}
    dtype = y.data.dtype.type
    seed = dtype(1) if not y.shape else np.ones(y.shape, dtype)
    return backpropagate(y, seed, create_graph=create_graph)


def _refuse_containers(*outputs: Any) -> None:
    """An error for a function that returns what a program cannot."""
    for output in outputs:
        if isinstance(output, list | dict | set | str | tuple) or output is None:
            raise TypeError(
                f"compile: the function returns a {type(output).__name__}, which a program cannot; return an "
                "array, or a tuple of arrays"
            )


def _like(x: Tensor, g: Any) -> Any:
    """A gradient in the shape and dtype of its tensor."""
    if isinstance(g, int | float) and not isinstance(g, np.generic):
        g = x.data.dtype.type(g)
    if g is not None and x.shape and not g.shape:
        return np.full(x.shape, g) if not isinstance(g, Symbol | Tensor) else g * np.ones(x.shape, g.dtype)
    if g is None or getattr(g, "shape", ()) != x.shape:
        return np.zeros(x.shape, x.data.dtype)[()]
    return g if g.dtype == x.data.dtype else g.astype(x.data.dtype)


def _plain(x: Any) -> Any:
    if isinstance(x, tuple):
        return tuple(map(_plain, x))
    x = x.data if isinstance(x, Tensor) else x
    scalar = isinstance(x, Symbol) and isinstance(x.example, np.ndarray) and not x.shape
    return x[()] if scalar else x  # as everywhere here: an array without axes is a number
