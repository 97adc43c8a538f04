"""Module: a function with parameters, which it finds among its attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Self

import numpy as np

from autograd_lite.nn.summary import Row, table
from autograd_lite.tensor import Parameter, Tensor


class Module:
    """A function with parameters: subclass it, assign parameters and modules, write `forward`.

    Its parameters are the attributes that are a `Parameter` or a `Module`, or lists, tuples and
    dictionaries of them, in order of assignment; nothing is registered, `super().__init__()` is not
    needed. What is assigned takes its name from the attribute, `layer1.W`, for errors and drawings,
    unless it has one. An array or another Tensor is no parameter; to assign a differentiable leaf
    that is none is a TypeError.

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
                "ag.nn.Parameter, or say requires_grad=False where it is a constant"
            )
        object.__setattr__(self, name, value)
        for path, held in _held(name, value):
            if isinstance(held, Module):
                for inner, parameter in held.named_parameters():
                    if parameter.name == inner:  # not one that the user, or another module, named
                        parameter.name = f"{path}.{inner}"
            elif held.name is None:
                held.name = path

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module returns; each kind of module defines its own."""
        kind = type(self).__name__
        raise NotImplementedError(f"{kind} has no forward; define it: def forward(self, x): ...")

    def named_modules(self) -> list[tuple[str, Module]]:
        """This module, as "", and all below it, each once, with paths such as `encoder.layer1`."""
        below = _walk(self, "", {id(self)})
        return [("", self), *((path, held) for path, held in below if isinstance(held, Module))]

    def named_parameters(self) -> list[tuple[str, Parameter]]:
        """Every parameter, each once, with its path, such as `encoder.layer1.W`."""
        below = _walk(self, "", {id(self)})
        return [(path, held) for path, held in below if isinstance(held, Parameter)]

    def parameters(self) -> list[Parameter]:
        """Every parameter, each once, frozen ones included: what an optimiser takes."""
        return [parameter for _, parameter in self.named_parameters()]

    def state_dict(self) -> dict[str, Any]:
        """Copies of all parameters as arrays, by path."""
        return {path: np.array(parameter.data) for path, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Give every parameter the value that `state` has for its path, in the parameter's own dtype.

        Raises one ValueError with all that is missing, unexpected, of another shape, or no number;
        then nothing has changed.
        """
        own = dict(self.named_parameters())
        arrays = {path: np.asarray(value) for path, value in state.items()}
        wrong = [f"{path} is missing" for path in own if path not in arrays]
        wrong += [f"{path} is unexpected" for path in arrays if path not in own]
        for path in own.keys() & arrays.keys():
            array, shape = arrays[path], own[path].shape
            if array.dtype.kind not in "fiub":
                wrong.append(f"{path} has dtype {array.dtype}")
            elif array.shape != shape:
                wrong.append(f"{path} has shape {array.shape}, not {shape}")
        if wrong:
            raise ValueError(
                f"load_state_dict: {'; '.join(sorted(wrong))}. Load it into the kind and size of model "
                f"that it was saved from: {type(self).__name__} has {', '.join(own) or 'no parameters'}"
            )
        for path, parameter in own.items():
            parameter.data = np.array(arrays[path], dtype=parameter.dtype)[()]

    def astype(self, dtype: Any) -> Self:
        """This module with its parameters in another `dtype`, such as np.float32; others are a TypeError."""
        if np.dtype(dtype).kind != "f" or np.dtype(dtype).itemsize > 8:
            raise TypeError(f"astype: {np.dtype(dtype)} is not float16, float32 or float64")
        for parameter in self.parameters():
            parameter.data, parameter.grad = parameter.data.astype(dtype), None
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all below it to training: `Dropout` drops; `mode=False` is `eval`."""
        for _, module in self.named_modules():
            vars(module)["training"] = mode  # plain: fit does this for every epoch
        return self

    def eval(self) -> Self:
        """Switch this module and all below it to prediction: `Dropout` passes everything on."""
        return self.train(False)

    def summary(self, x: Any = None) -> str:
        """A text table of the layers: name, kind, output shape, number of parameters.

        Output shapes are what comes out for the batch `x`. Without one, a module that knows its number
        of features (`n_in`) shows them for a batch of `n`, and any other shows `?`. A shared parameter
        counts once. The module itself is not changed.
        """
        shapes = self._output_shapes(x)
        rows, counted = [], set[int]()
        for path, module in self.named_modules():
            own = [p for p in _own(module) if id(p) not in counted]
            counted.update(map(id, own))
            if _own(module) or not any(isinstance(m, Module) for _, m in _walk(module, "", set())):
                frozen = sum(p.size for p in own if not p.requires_grad)
                shape = shapes.get(path, "?")
                rows.append(Row(path or "—", module.kind(), shape, sum(p.size for p in own), frozen))
        return table(rows)

    def _output_shapes(self, x: Any) -> dict[str, str]:
        """The output shape of each module, by path, seen when a copy of this one is called with x."""
        batch = "n" if x is None else None
        if x is None:
            if (n_in := getattr(self, "n_in", None)) is None:
                return {}
            x = np.zeros((1, n_in))
        shapes: dict[str, str] = {}
        copy = deepcopy(self).eval()

        def watched(path: str, forward: Any) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                y = forward(*args, **kwargs)
                lengths = [str(n) for n in np.shape(getattr(y, "data", y))]
                lengths[:1] = [batch or n for n in lengths[:1]]
                shapes[path] = f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"
                return y

            return call

        for path, module in copy.named_modules():
            object.__setattr__(module, "forward", watched(path, module.forward))
        copy(x)
        for _, module in copy.named_modules():
            object.__delattr__(module, "forward")  # it holds the module: a cycle
        return shapes

    def kind(self) -> str:
        """What the module is, in a few characters: its class and its settings."""
        settings = [
            f"{name}={value!r}"
            for name, value in vars(self).items()
            if isinstance(value, int | float | str) and name != "training"
        ]
        return f"{type(self).__name__}({', '.join(settings)})"

    def __repr__(self) -> str:
        lines = [
            f"  {path}: {held!r}".replace("\n", "\n  ")
            for name, value in vars(self).items()
            for path, held in _held(name, value)
            if isinstance(held, Module)
        ]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"]) if lines else self.kind()


def _held(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The parameters and modules that an attribute is, or contains, each with its path."""
    if isinstance(value, Parameter | Module):
        yield name, value
    elif isinstance(value, list | tuple | dict):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _held(f"{name}.{key}", part)


def _walk(module: Module, prefix: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The parameters and modules below a module, each once, in order of assignment, with paths."""
    for name, value in vars(module).items():
        for path, held in _held(prefix + name, value):
            if id(held) not in seen:
                seen.add(id(held))
                yield path, held
                if isinstance(held, Module):
                    yield from _walk(held, f"{path}.", seen)


def _own(module: Module) -> list[Parameter]:
    """The parameters of a module itself."""
    held = (pair for name, value in vars(module).items() for pair in _held(name, value))
    return [value for _, value in held if isinstance(value, Parameter)]
