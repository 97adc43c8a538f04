"""Module: a function with parameters, which are found among its attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import partial
from typing import Any, Self

import numpy as np

from autograd_lite.tensor import Parameter, Tensor


class Module:
    """A function with parameters: subclass it, assign parameters and modules, and define `forward`.

    Parameters and modules are found among the attributes, also in lists, tuples and dictionaries, in order
    of assignment. Nothing is registered, and `super().__init__()` need not be called. A parameter without a
    name is named after its attribute, such as `layer1.W`, for errors and drawings. Arrays and constant
    Tensors may be attributes too; they are not parameters. Raises TypeError if a differentiable Tensor that
    is not a Parameter is assigned.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope = Parameter(2.0)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> Line()(3.0).item(), Line().parameters()
    (6.0, [Parameter(2., name='slope')])
    """

    training = True

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) is Tensor and value.requires_grad and value.op is None:
            raise TypeError(
                f"{type(self).__name__}.{name} is a Tensor, which no optimiser would find; make it an "
                "ag.nn.Parameter, or use requires_grad=False if it is a constant"
            )
        object.__setattr__(self, name, value)
        for path, part in _parts(name, value):
            if isinstance(part, Parameter):
                part.name = path if part.name is None else part.name
                continue
            for inner, parameter in part.named_parameters():
                if parameter.name == inner:  # keep a name that the user or another module gave
                    parameter.name = f"{path}.{inner}"

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        output: Tensor = self.forward(*args, **kwargs)
        return output

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output from `args` and `kwargs`. Calling the module calls it; subclasses define it."""
        kind = type(self).__name__
        raise NotImplementedError(f"{kind} has no forward; define it: def forward(self, x): ...")

    def named_modules(self) -> list[tuple[str, Module]]:
        """Return this module, with the path "", and each module inside it once, with a path such as `a.b`."""
        inside = _descendants(self, "", {id(self)})
        return [("", self), *((path, part) for path, part in inside if isinstance(part, Module))]

    def named_parameters(self) -> list[tuple[str, Parameter]]:
        """Return every parameter once, with its path, such as `encoder.layer1.W`."""
        inside = _descendants(self, "", {id(self)})
        return [(path, part) for path, part in inside if isinstance(part, Parameter)]

    def parameters(self) -> list[Parameter]:
        """Return every parameter once, also frozen ones, as a list for an optimiser."""
        return [parameter for _, parameter in self.named_parameters()]

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return copies of all parameters as arrays, by path."""
        return {path: np.array(parameter.data) for path, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set every parameter to the value that `state` has for its path, in the parameter's own dtype.

        Raises ValueError, before any parameter has changed, if `state` does not fit. The error lists every
        path that is missing, unexpected, of another shape or not numeric.
        """
        own = dict(self.named_parameters())
        arrays = {path: np.asarray(value) for path, value in state.items()}
        wrong = [f"{path} is missing" for path in own.keys() - arrays.keys()]
        wrong += [f"{path} is unexpected" for path in arrays.keys() - own.keys()]
        for path in own.keys() & arrays.keys():
            if arrays[path].dtype.kind not in "fiub":
                wrong.append(f"{path} has dtype {arrays[path].dtype}")
            elif arrays[path].shape != own[path].shape:
                wrong.append(f"{path} has shape {arrays[path].shape}, not {own[path].shape}")
        if wrong:
            raise ValueError(
                f"load_state_dict: {'; '.join(sorted(wrong))}. Load it into the kind and size of model "
                f"that it was saved from: {type(self).__name__} has {', '.join(own) or 'no parameters'}"
            )
        for path, parameter in own.items():
            parameter.data = np.array(arrays[path], dtype=parameter.dtype)[()]

    def astype(self, dtype: Any) -> Self:
        """Convert all parameters to another `dtype`, such as np.float32, and return this module.

        Raises TypeError if it is not float16, float32 or float64.
        """
        if np.dtype(dtype).kind != "f" or np.dtype(dtype).itemsize > 8:
            raise TypeError(f"astype: {np.dtype(dtype)} is not float16, float32 or float64")
        for parameter in self.parameters():
            parameter._value = parameter._value.astype(dtype)
            parameter.grad = None
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all inside it to training, or to prediction with `mode=False`; return it."""
        for _, module in self.named_modules():
            vars(module)["training"] = mode  # fit does this in every epoch: without the checks of setattr
        return self

    def eval(self) -> Self:
        """Switch this module and all inside it to prediction: `Dropout` returns its input. Return it."""
        return self.train(False)

    def summary(self, x: Any = None) -> str:
        """Return a text table of the layers: name, kind, output shape and number of parameters.

        Output shapes are those for the batch `x`. Without it, they are shown for a batch of `n` examples if
        the module has the attribute `n_in`, its number of features, and as `?` otherwise. A shared parameter
        counts once. The module itself is not changed.
        """
        shapes = self._output_shapes(x)
        rows = [("layer", "kind", "output shape", "parameters")]
        total = 0
        frozen = 0
        counted = set[int]()
        for path, module in self.named_modules():
            parts = [part for name, value in vars(module).items() for _, part in _parts(name, value)]
            parameters = [part for part in parts if isinstance(part, Parameter)]
            if not parameters and any(isinstance(part, Module) for part in parts):
                continue
            new = [p for p in parameters if id(p) not in counted]
            counted.update(map(id, new))
            frozen += sum(p.size for p in new if not p.requires_grad)
            total += sum(p.size for p in new)
            rows.append((path or "—", module.kind(), shapes.get(path, "?"), f"{sum(p.size for p in new):,}"))
        width = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            f"{layer:{width[0]}}  {kind:{width[1]}}  {shape:{width[2]}}  {size:>{width[3]}}"
            for layer, kind, shape, size in rows
        ]
        rule = "─" * len(lines[0])
        totals = f"total {total:,}: {total - frozen:,} trainable, {frozen:,} frozen"
        return "\n".join([lines[0], rule, *lines[1:], rule, totals])

    def _output_shapes(self, x: Any) -> dict[str, str]:
        """Return the output shape of each module, by path, when a copy of this one is called with x."""
        batch = "1" if x is not None else "n"
        if x is None:
            if (n_in := getattr(self, "n_in", None)) is None:
                return {}
            x = np.zeros((1, n_in))
        shapes: dict[str, str] = {}
        copy = deepcopy(self).eval()

        def record(path: str, forward: Any, *args: Any, **kwargs: Any) -> Any:
            y = forward(*args, **kwargs)
            shapes[path] = str(np.shape(getattr(y, "data", y))).replace("(1,", f"({batch},")
            return y

        for path, module in copy.named_modules():
            object.__setattr__(module, "forward", partial(record, path, module.forward))
        copy(x)
        for _, module in copy.named_modules():
            object.__delattr__(module, "forward")  # it refers to the module, and a cycle is freed late
        return shapes

    def kind(self) -> str:
        """Return a short description: the class and its settings."""
        settings = [
            f"{name}={value!r}"
            for name, value in vars(self).items()
            if isinstance(value, int | float | str) and name != "training"
        ]
        return f"{type(self).__name__}({', '.join(settings)})"

    def __repr__(self) -> str:
        lines = [
            f"  {path}: {part!r}".replace("\n", "\n  ")
            for name, value in vars(self).items()
            for path, part in _parts(name, value)
            if isinstance(part, Module)
        ]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"]) if lines else self.kind()


def _parts(path: str, value: Any) -> Iterator[tuple[str, Parameter | Module]]:
    """Yield the parameters and modules that an attribute is or contains, each with its path."""
    if isinstance(value, Parameter | Module):
        yield path, value
    elif isinstance(value, list | tuple | dict):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _parts(f"{path}.{key}", item)


def _descendants(module: Module, prefix: str, seen: set[int]) -> Iterator[tuple[str, Parameter | Module]]:
    """Yield the parameters and modules inside a module, each once, in order of assignment, with paths."""
    for name, value in vars(module).items():
        for path, part in _parts(prefix + name, value):
            if id(part) not in seen:
                seen.add(id(part))
                yield path, part
                if isinstance(part, Module):
                    yield from _descendants(part, f"{path}.", seen)
