"""Names for the values of a program, and comments that say what they are for: `dz1`, `z1 = X @ W1 + b1`."""

import inspect
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from autograd_lite.compiler.program import Ref
from autograd_lite.compiler.tracer import Trace, Tracer
from autograd_lite.errors import file_of
from autograd_lite.tensor import Tensor


class Namer:
    """Names the values of a trace after the tensors whose data or gradient they are."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._comments: dict[Ref, str] = {}  # the comment of a block of calls, by its last value
        self._tensors: dict[int, str] = {}
        self._counts: Counter[str] = Counter()

    def name_tensor(self, tensor: Tensor, name: str) -> None:
        self._tensors[id(tensor)] = name
        self.value(tensor._value, name)

    def value(self, value: Any, name: str) -> None:
        """Name one value, unless it has a name."""
        calls = self._trace.calls
        if isinstance(value, Tracer) and not calls[value.ref].name:
            calls[value.ref] = calls[value.ref]._replace(name=name)

    def forward(self, nodes: Sequence[Tensor], y: Tensor, name: str) -> None:
        """Name the results of a graph; y is called `name`."""
        for tensor in sorted(nodes, key=lambda x: getattr(x._value, "ref", -1)):  # in order of computation
            if tensor.op is None or id(tensor) in self._tensors:
                continue
            formula = self._formula(tensor)
            x = tensor._value
            known = self._trace.calls[x.ref].name if isinstance(x, Tracer) else ""
            self.name_tensor(tensor, known or (name if tensor is y else tensor.name or self._letter(tensor)))
            if isinstance(x, Tracer):
                code, line = self._trace.lines.get(x.ref, (None, 0))
                place = f"  ({os.path.basename(file_of(code.co_filename))}:{line})" if code else ""
                self.comment(x, f"{self._tensors[id(tensor)]} = {formula}{place}")

    def backward(self, nodes: Sequence[Tensor], gradients: dict[Tensor, Any], prefix: str = "d") -> None:
        """Name the gradients of a graph. `nodes` are in the order of evaluation."""
        user: dict[int, Tensor] = {}  # the first node that uses a tensor
        for tensor in reversed(nodes):
            user |= {id(x): tensor for x in tensor.inputs if isinstance(x, Tensor)}
        for x, g in gradients.items():
            g = g._value if isinstance(g, Tensor) else g
            if id(x) in user and id(x) in self._tensors:
                self.value(g, prefix + self._tensors[id(x)])
                self.comment(g, f"back through {self._formula(user[id(x)])}")

    def comment(self, value: Any, comment: str) -> None:
        """Say what the values since the last comment, up to this one, are computed for."""
        if isinstance(value, Tracer):
            self._comments.setdefault(value.ref, comment)

    def name_of(self, tensor: Tensor) -> str:
        return self._tensors.get(id(tensor), "v")

    def write_comments(self) -> None:
        """Write the comments into the calls of the trace."""
        start = 0
        for last in sorted(self._comments):
            for i in range(start, last + 1):
                self._trace.calls[i] = self._trace.calls[i]._replace(comment=self._comments[last])
            start = last + 1

    def _letter(self, tensor: Tensor) -> str:
        letter = tensor.op.letter
        self._counts[letter] += 1
        return f"{letter}{self._counts[letter]}"

    def _formula(self, tensor: Tensor) -> str:
        """Return the op of a tensor with the names of its inputs, such as `X @ W1 + b1`."""
        op = tensor.op
        names = [self._tensors.get(id(x)) or _number(x) for x in tensor.inputs]
        if (
            tensor.for_backward is not None and tensor.for_backward[0] is not tensor.op
        ):  # fused: the first input is not computed
            names[0] = self._formula(tensor.inputs[0])
        template = op.template(tensor)
        if template and not op.variadic:
            settings = {name: _number(value) for name, value in tensor.settings.items()}
            return str(template.format(**settings, **dict(zip(op.arguments, names, strict=True))))
        if op.infix:
            return f" {op.symbol} ".join(names) if len(names) > 1 else f"{op.symbol}{names[0]}"
        return f"{op.name}({', '.join(names)})"


def _number(x: Any) -> str:
    x = x._value if isinstance(x, Tensor) else x
    return f"{x:g}" if isinstance(x, int | float | np.number) else "..."


def short(names: Sequence[str]) -> list[str]:
    """Return names of parameters without their layers, `W1` for `layer1.W`, if that leaves them different."""
    parts = [re.fullmatch(r"(?:.*\.)?\D*?(\d*)\.(\w+)", name) for name in names]
    brief = [f"{m[2]}{m[1]}" if m else name for m, name in zip(parts, names, strict=True)]
    return [b if brief.count(b) == 1 else name for b, name in zip(brief, names, strict=True)]


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return the names that a function gives its first `count` arguments."""
    names: list[str] = []
    with suppress(TypeError, ValueError):  # it has no signature
        parameters = inspect.signature(getattr(f, "forward", f)).parameters.values()
        names += [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (names + [f"x{i}" for i in range(len(names), count)])[:count]
