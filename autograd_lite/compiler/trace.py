"""Tracing: run a function on tracers, with its derivatives and an optimiser's update, to get a program."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.draws import Draws, graphs_recorded
from autograd_lite.compiler.naming import Namer, argument_names, short
from autograd_lite.compiler.program import Program, refs
from autograd_lite.compiler.simplify import simplified
from autograd_lite.compiler.tracer import Trace, Tracer, as_refs
from autograd_lite.compiler.vectorize import Vectorizer
from autograd_lite.tensor import Tensor, backpropagate, graph, leaf


class Inputs(NamedTuple):
    """Arguments, random numbers and captured tensors of a function that is traced.

    `possible` are tensors that the function may hold, or may have created in the run before.
    """

    arrays: Sequence[Any]
    draws: Draws
    known: Sequence[Tensor]
    possible: Sequence[Tensor] = ()


class Traced(NamedTuple):
    """A program, and what its function uses in addition to its arguments.

    After the arguments, the inputs of the program are the data of the tensors `captured` and random numbers:
    `sources` has a generator and a shape for each array of them. `others` are tensors with data that the
    program contains.
    """

    program: Program
    captured: list[Tensor]
    sources: list[tuple[Any, Any]]
    others: list[Tensor]


class TracedFunction:
    """A function that runs on tracers. `wanted` are the positions of arguments to differentiate."""

    def __init__(self, f: Callable[..., Any], inputs: Inputs, wanted: Sequence[int] = ()) -> None:
        self._f = f
        self._inputs = inputs
        self._trace = Trace()
        self.namer = Namer(self._trace)
        self.arguments = [leaf(self._trace.input(x), i in wanted) for i, x in enumerate(inputs.arrays)]
        self.wanted = [self.arguments[i] for i in wanted]
        self._leaves = {x: self._trace.input(x._value) for x in (*inputs.known, *inputs.possible)}
        self._draws: list[Tracer] = []
        self._more: list[Tracer] = []
        self._others: list[Tensor] = []
        self.outputs: tuple[Any, ...] = ()  # what the function returns beside its value

    def input(self, example: Any, name: str = "") -> Tracer:
        """Return a tracer for an input in addition to arguments, captured tensors and random numbers."""
        tracer = self._trace.input(example)
        self._more.append(tracer)
        self.namer.value(tracer, name)
        return tracer

    @contextmanager
    def running(self) -> Iterator[Any]:
        """Run the function and yield its value. Its tensors have tracers for data until the block ends."""
        before = [leaf._value for leaf in self._leaves]
        try:
            for leaf, tracer in self._leaves.items():
                leaf._value = tracer
            self._name_inputs()
            self._inputs.draws.sources = []
            with graphs_recorded(self._draw):
                y = self._f(*self.arguments)
                if isinstance(y, tuple) and y:
                    y, *others = y
                    self.outputs = tuple(others)
                for output in (y, *self.outputs):
                    _refuse_container(output)
                self._visit_graphs(y)
                yield y
        finally:
            self._trace.closed = True
            for leaf, data in zip(self._leaves, before, strict=True):
                leaf._value = data

    def gradients(self, y: Any, xs: Sequence[Tensor]) -> list[Any]:
        """Return the gradient of y, a single number, for each tensor of xs, in its shape and dtype."""
        found = _backward(y)
        self.namer.backward(graph(y), found)
        return [_cast_like(x, found.get(x)) for x in xs]

    def products(self, y: Any, xs: Sequence[Tensor], directions: Sequence[Tracer]) -> list[Any]:
        """Return the Hessian of y, a single number, for xs, times the directions."""
        first = _backward(y, create_graph=True)
        self.namer.backward(graph(y), first)
        slopes: list[tuple[Any, Any]] = [(first.get(x), v) for x, v in zip(xs, directions, strict=True)]
        terms = [(g * v).sum() for g, v in slopes if isinstance(g, Tensor) and g.requires_grad]
        if not terms:
            return [_cast_like(x, None) for x in xs]
        slope = sum(terms[1:], terms[0])
        self.namer.forward(graph(slope), slope, "slope")
        found = _backward(slope)
        for x in xs:
            self.namer.value(found.get(x), f"Hv_{self.namer.name_of(x)}")
        self.namer.backward(graph(slope), found, "d_")
        return [_cast_like(x, found.get(x)) for x in xs]

    def result(self, *outputs: Any) -> Traced:
        """Return the program that computes these outputs."""
        outputs = _to_data(outputs)
        used = {ref for call in self._trace.calls for ref in call.uses()}
        used.update(refs(as_refs(outputs)))
        known = {*self._inputs.known}
        captured = {x: tracer for x, tracer in self._leaves.items() if x in known or tracer.ref in used}
        arguments: list[Any] = [x._value for x in self.arguments]
        self.namer.write_comments()
        inputs = [*arguments, *captured.values(), *self._draws, *self._more]
        program = self._trace.program(inputs, outputs)
        return Traced(program, list(captured), self._inputs.draws.sources, self._others)

    def _name_inputs(self) -> None:
        names = argument_names(self._f, len(self.arguments))
        for tensor, name in zip(self.arguments, names, strict=True):
            tensor.name = name
        names += short([leaf.name or f"w{i + 1}" for i, leaf in enumerate(self._leaves)])
        for tensor, name in zip((*self.arguments, *self._leaves), names, strict=True):
            self.namer.name_tensor(tensor, name)

    def _draw(self, rng: Any, shape: Any) -> Tracer:
        tracer = self._trace.input(self._inputs.draws.draw(rng, shape))
        self._draws.append(tracer)
        self.namer.value(tracer, f"random{len(self._draws)}")
        return tracer

    def _visit_graphs(self, y: Any) -> None:
        """Name the values of the graph, and find its other tensors with data, constants too."""
        outputs = [x for x in (y, *self.outputs) if isinstance(x, Tensor)]
        for output in outputs:
            self.namer.forward(graph(output), output, "loss" if output is y and not y.shape else "output")
        seen = dict.fromkeys((*self.arguments, *self._leaves))
        while outputs:
            tensor = outputs.pop()
            if tensor not in seen:
                seen[tensor] = None
                outputs += [x for x in tensor.inputs if isinstance(x, Tensor)]
                if tensor.op is None and not isinstance(tensor._value, Tracer):
                    self._others.append(tensor)


def value(f: Any, inputs: Inputs, argnums: Sequence[int]) -> Traced:
    """Trace f and then its gradients for the arguments `argnums`."""
    traced = TracedFunction(f, inputs, argnums)
    with traced.running() as y:
        gradients = traced.gradients(y, traced.wanted) if argnums else ()
        return traced.result((y, *traced.outputs) if traced.outputs else y, *gradients)


def curvature(f: Any, inputs: Inputs, argnums: Sequence[int], directions: Sequence[Any]) -> Traced:
    """Trace the Hessian of f for the arguments `argnums` times `directions`, which are further inputs."""
    traced = TracedFunction(f, inputs, argnums)
    vs = [traced.input(v) for v in directions]
    with traced.running() as y:
        for v, x in zip(vs, traced.wanted, strict=True):
            traced.namer.value(v, f"v_{traced.namer.name_of(x)}")
        return traced.result(*traced.products(y, traced.wanted, vs))


def hessian(f: Any, inputs: Inputs, argnums: Sequence[int]) -> Traced:
    """Trace the Hessian of f for one argument, as its products with all unit vectors."""
    direction = np.zeros_like(inputs.arrays[argnums[0]])[()]
    traced = curvature(f, inputs, argnums, [direction])
    program = simplified(traced.program)
    calls = tuple(call._replace(name=call.name.replace("Hv_", "H_", 1)) for call in program.calls)
    return traced._replace(program=Vectorizer(program._replace(calls=calls)).program())


def step(f: Any, inputs: Inputs, optimizer: Any, states: Any) -> Traced:
    """Trace one training step: the loss, its gradients, and the optimiser's update of each parameter.

    Further inputs are the learning rate and the states of the trained parameters. Outputs are the loss, a
    number that is finite if all gradients are finite, the tuple of what f returns beside the loss, and for
    each parameter a tuple of its new data and new state.
    """
    traced = TracedFunction(f, inputs)
    namer = traced.namer
    rate = traced.input(optimizer.lr, "lr")
    old_states = [tuple(map(traced.input, state)) for state in states]
    parameters = trainable(optimizer)
    with traced.running() as y:
        gradients = traced.gradients(y, parameters)
        _refuse_unreached(y, parameters)
        squares = _sum_of_squares(gradients)
        namer.value(squares, "squares")
        namer.comment(squares, "a number that is finite if all gradients are finite")
        updated = []
        labels = [*getattr(optimizer, "state_names", ()), *"123456789"]
        for x, g, state in zip(parameters, gradients, old_states, strict=True):
            p, new_state = _updated(optimizer, rate, x._value, g, state)
            if p.dtype != x._value.dtype:
                raise ValueError(
                    f"compile: {x.name or 'a parameter'} is {x.dtype} and the optimiser's state is not; "
                    "make a new optimiser after model.astype()"
                )
            _name_update(namer, namer.name_of(x), labels, state, p, new_state)
            updated.append((p, *new_state))
        return traced.result(y, squares, traced.outputs, *updated)


def trainable(optimizer: Any) -> list[Tensor]:
    """Return the parameters that an optimiser updates."""
    return [p for p in optimizer.params if p.requires_grad]


def _refuse_unreached(y: Tensor, parameters: Sequence[Tensor]) -> None:
    nodes = graph(y)
    reached = {x for t in nodes for x in (t, *t.inputs) if isinstance(x, Tensor)}
    for x in parameters:
        if x not in reached:
            raise ValueError(
                f"compile: {x.name or f'a parameter of shape {x.shape}'} has no gradient: the loss does not "
                "reach it; compute the loss from it, or leave it out of the optimiser"
            )


def _name_update(namer: Namer, name: str, labels: Sequence[str], state: Any, p: Any, new_state: Any) -> None:
    for value, label in zip(state, labels, strict=False):
        namer.value(value, f"{name}_{label}")
    for value, label in zip(new_state, labels, strict=False):
        namer.value(value, f"new_{name}_{label}")
        namer.comment(value, f"update of {name}")
    namer.value(p, f"new_{name}")
    namer.comment(p, f"update of {name}")


def _sum_of_squares(gradients: Sequence[Any]) -> Any:
    total: Any = 0.0
    for g in gradients:
        total = total + (g * g if g.ndim == 0 else g @ g if g.ndim == 1 else np.vdot(g, g))
    return total


def _updated(optimizer: Any, rate: Tracer, p: Any, g: Any, state: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return new data and state of a parameter, with the learning rate as an input of the program."""
    lr = optimizer.lr
    object.__setattr__(optimizer, "lr", rate)  # without the check of a setting
    try:
        return optimizer.update(p, g, state)  # type: ignore[no-any-return]
    finally:
        object.__setattr__(optimizer, "lr", lr)


def _backward(y: Any, create_graph: bool = False) -> dict[Tensor, Any]:
    """Return the gradient of y, a single number, for each tensor it depends on."""
    if not isinstance(y, Tensor) or y.size != 1:
        returned = f"a tensor of shape {y.shape}" if isinstance(y, Tensor) else type(y).__name__
        raise TypeError(f"compile: the function returns {returned}; only a single number has a gradient")
    if not y.requires_grad:
        return {}
    dtype = y._value.dtype.type
    seed = dtype(1) if not y.shape else np.ones(y.shape, dtype)
    return backpropagate(y, seed, create_graph=create_graph)


def _refuse_container(output: Any) -> None:
    if isinstance(output, list | dict | set | str | tuple) or output is None:
        raise TypeError(
            f"compile: the function returns a {type(output).__name__}, which a program cannot return; "
            "return an array, or a tuple of arrays"
        )


def _cast_like(x: Tensor, g: Any) -> Any:
    """Return a gradient in the shape and dtype of its tensor. None is a gradient of zeros."""
    if isinstance(g, int | float) and not isinstance(g, np.generic):
        g = x._value.dtype.type(g)
    if g is not None and x.shape and not g.shape:
        return np.full(x.shape, g) if not isinstance(g, Tracer | Tensor) else g * np.ones(x.shape, g.dtype)
    if g is None or getattr(g, "shape", ()) != x.shape:
        return np.zeros(x.shape, x._value.dtype)[()]
    return g if g.dtype == x._value.dtype else g.astype(x._value.dtype)


def _to_data(x: Any) -> Any:
    """Return outputs as tracers and arrays. An array without axes becomes a number."""
    if isinstance(x, tuple):
        return tuple(map(_to_data, x))
    x = x._value if isinstance(x, Tensor) else x
    without_axes = isinstance(x, Tracer) and isinstance(x.example, np.ndarray) and not x.shape
    return x[()] if without_axes else x
