"""Names for the values of a program, and what each part of it is for: `dz1`, `z1 = X @ W1 + b1`."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.compiler.program import Ref
from autograd_lite.compiler.symbols import Recorder, Symbol
from autograd_lite.errors import file_of
from autograd_lite.tensor import Tensor

_LETTERS = {"affine": "z", "matmul": "z", "add": "z", "sigmoid": "p", "softmax": "p"}


class Namer:
    """Tells the values of a recording by the tensors they are the data, or the gradient, of."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._names: dict[Ref, str] = {}
        self._parts: list[tuple[Ref, str]] = []  # the last value of a part, and what the part is
        self._called: dict[int, str] = {}
        self._counts: dict[str, int] = {}

    def inputs(self, tensors: Iterable[Tensor], names: Iterable[str]) -> None:
        """Name the inputs."""
        for tensor, name in zip(tensors, names, strict=True):
            self._call(tensor, name)

    def value(self, symbol: Any, name: str) -> None:
        """Name one value, unless it has a name."""
        if isinstance(symbol, Symbol) and name:
            self._names.setdefault(symbol.ref, name)

    def forward(self, order: Sequence[Tensor], y: Tensor, last: str) -> None:
        """Name the results of a graph, y as `last`."""
        for tensor in sorted(order, key=_place):  # as they were computed
            if tensor.op is None or id(tensor) in self._called:
                continue
            written = self._written(tensor)
            known = self._names.get(tensor.data.ref) if isinstance(tensor.data, Symbol) else None
            self._call(tensor, known or (last if tensor is y else tensor.name or self._letter(tensor)))
            if isinstance(tensor.data, Symbol):
                told = f"{self._called[id(tensor)]} = {written}{self._line(tensor.data.ref)}"
                self._parts.append((tensor.data.ref, told))

    def backward(self, order: Sequence[Tensor], gradients: dict[Tensor, Any], prefix: str = "d") -> None:
        """Name the gradients of a graph, whose order is that of its evaluation."""
        through: dict[int, Tensor] = {}
        for tensor in reversed(order):
            through |= {id(x): tensor for x in tensor.inputs if isinstance(x, Tensor)}
        found = [(x, g.data if isinstance(g, Tensor) else g) for x, g in gradients.items()]
        for x, g in found:
            if isinstance(g, Symbol) and id(x) in through and id(x) in self._called:
                self.value(g, prefix + self._called[id(x)])
                self.part(g, f"back through {self._written(through[id(x)])}")

    def part(self, symbol: Any, told: str) -> None:
        """What has been computed since the last part, up to this value, is for."""
        if isinstance(symbol, Symbol):
            self._parts.append((symbol.ref, told))

    def of(self, tensor: Tensor) -> str:
        """What a tensor is called."""
        return self._called.get(id(tensor), "v")

    def told(self) -> tuple[list[str], list[str]]:
        """The names and the parts of all values."""
        count = len(self._recorder.examples)
        parts = [""] * count
        start = self._recorder.inputs
        for ref, told in sorted(self._parts, key=lambda part: part[0]):
            parts[start : ref + 1] = [told] * (ref + 1 - start)
            start = max(start, ref + 1)
        return [self._names.get(Ref(i), "") for i in range(count)], parts

    def _call(self, tensor: Tensor, name: str) -> None:
        self._called[id(tensor)] = name
        self.value(tensor.data, name)

    def _letter(self, tensor: Tensor) -> str:
        letter = _LETTERS.get(tensor.op.name, "a")
        self._counts[letter] = self._counts.get(letter, 0) + 1
        return f"{letter}{self._counts[letter]}"

    def _written(self, tensor: Tensor) -> str:
        """The op of a tensor with the names of its inputs, as in `X @ W1 + b1`."""
        op, first = tensor.op, tensor.inputs[0]
        told = [self._called.get(id(x)) or _constant(x) for x in tensor.inputs]
        if tensor.fused is not None:
            told[0] = self._written(first)  # it is not computed
        if isinstance(op.formula, str) and op.formula and not op.variadic:
            known = {name: _constant(value) for name, value in tensor.settings.items()}
            return str(op.formula.format(**known, **dict(zip(op.arguments, told, strict=True))))
        if op.infix:
            return f" {op.symbol} ".join(told) if len(told) > 1 else f"{op.symbol}{told[0]}"
        return f"{op.name}({', '.join(told)})"

    def _line(self, ref: Ref) -> str:
        found = self._recorder.lines.get(ref)
        return f"  ({os.path.basename(file_of(found[0].co_filename))}:{found[1]})" if found else ""


def _place(tensor: Tensor) -> int:
    return tensor.data.ref if isinstance(tensor.data, Symbol) else -1


def _constant(x: Any) -> str:
    x = x.data if isinstance(x, Tensor) else x
    return f"{x:g}" if isinstance(x, int | float | np.number) else "..."


def short(names: Sequence[str]) -> list[str]:
    """Names of parameters without their layers, `W1` for `layer1.W`, where that leaves them different."""
    parts = [re.fullmatch(r"(?:.*\.)?\D*?(\d*)\.(\w+)", name) for name in names]
    brief = [f"{m[2]}{m[1]}" if m else name for m, name in zip(parts, names, strict=True)]
    return [b if brief.count(b) == 1 else name for b, name in zip(brief, names, strict=True)]


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """What the function calls its arguments."""
    try:
        known = [
            p.name
            for p in inspect.signature(getattr(f, "forward", f)).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        known = []
    return (known + [f"x{i}" for i in range(len(known), count)])[:count]
