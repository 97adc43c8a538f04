"""What is checked: an op, or a plain pair of functions, told in one way."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite.domains import REAL, Domain, cores_of
from autograd_lite.errors import file_of
from autograd_lite.operation import Case, Op


class ContractError(TypeError):
    """What a backward returned is not a gradient for each input."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A forward and its gradient rules, with where they may be tried.

    `gradients(g, y, inputs, settings)` gives what the rules return, one for each input, None for an
    input without rule; `only` asks for the rule of one input where rules come one by one.
    """

    name: str
    arguments: tuple[str, ...]
    variadic: bool
    forward: Callable[..., Any]
    gradients: Callable[..., Any]
    domains: Mapping[str, Domain]
    declared: tuple[Case, ...]
    settings: tuple[Mapping[str, Any], ...]
    ruled: frozenset[str]
    signature: str | None = None
    op: Op | None = None  # where there are rules that run on tensors
    exact: bool = False  # whether gradients must have the shape of their input, broadcast or not
    code: Any = None
    said: str = ""  # how it is called again: `check_op(scale`

    def argument(self, position: int) -> str:
        """The name of the parameter that takes the input at a position."""
        return self.arguments[-1] if self.variadic else self.arguments[position]

    def label(self, position: int) -> str:
        """What a message calls the input at a position."""
        return f"{self.arguments[-1]}[{position}]" if self.variadic else self.arguments[position]

    def rule_name(self, position: int) -> str:
        """How a message calls the rule: `scale.gradient("a")`, or the function and its input."""
        if self.op is None:
            return f"the gradient of {self.name} in {self.label(position)}"
        return f'{self.name}.gradient("{self.argument(position)}")'

    def where(self, position: int) -> tuple[str, int]:
        """File and line of the rule."""
        code = self.code or _code(self.op.rules[self.argument(position)])  # type: ignore[union-attr]
        if code is None:
            return "", 0
        return file_of(code.co_filename), code.co_firstlineno


def _code(function: Any) -> Any:
    """The code of a function, of what a partial wraps, or of an object's __call__; None where it has none."""
    for _ in range(8):
        if hasattr(function, "__code__"):
            return function.__code__
        function = (
            getattr(function, "func", None) or getattr(function, "__wrapped__", None) or function.__call__
        )
    return None


def of_op(op: Op) -> Subject:
    """An op as it declares itself."""

    def gradients(g: Any, y: Any, inputs: Any, settings: Any, only: int | None = None) -> list[Any]:
        rules = op.rules_by_position or op.variadic_rules(len(inputs))
        return [
            rules[i](g, y, *inputs, **settings)
            if op.argument_at(i) in op.rules and only in (None, i)
            else None
            for i in range(len(inputs))
        ]

    return Subject(
        op.name, op.arguments, op.variadic, op.forward, gradients, op.domains, op.samples,
        (dict(op.defaults),), frozenset(op.rules), op.signature, op, said=f"check_op({op.name}",
    )  # fmt: skip


def of_tensors(name: str, count: int, value: Callable[..., Any], gradients: Callable[..., Any]) -> Subject:
    """A function of tensors: its value on arrays, and its gradients by the engine."""
    arguments = tuple(f"input {i}" for i in range(count))
    return Subject(
        name,
        arguments,
        False,
        value,
        gradients,
        dict.fromkeys(arguments, REAL),
        (),
        ({},),
        frozenset(arguments),
    )


def of_pair(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    domains: Sequence[Any],
    shapes: Any,
    params: Any,
    exact: bool,
) -> Subject:
    """A plain pair: `forward(*x, **params)` and `backward(g, y, *x, **params) -> tuple`."""
    name = getattr(forward, "__name__", "forward")
    signature = shapes if isinstance(shapes, str) else None
    settings = tuple(map(dict, [params] if isinstance(params, Mapping) else params or [{}]))
    arguments, variadic = _inputs_of(forward, name, settings, domains, shapes)
    known = tuple(_domain(d) for d in domains) or (REAL,) * len(arguments)
    if len(known) != len(arguments) and not variadic:
        raise TypeError(
            f"check_function: {name} takes {len(arguments)} arrays ({', '.join(arguments)}) and got "
            f"{len(known)} domains; give one for each, or none (any real numbers)"
        )
    cases = () if shapes is None or signature else _cases(name, shapes, len(arguments), variadic, settings)
    by_name = dict(zip(arguments, known, strict=False))

    def gradients(g: Any, y: Any, inputs: Any, settings: Any, only: int | None = None) -> list[Any]:
        found = backward(g, y, *inputs, **settings)
        if not isinstance(found, tuple | list) or len(found) != len(inputs):
            given = f"{len(found)} gradients" if isinstance(found, tuple | list) else type(found).__name__
            raise ContractError(
                f"returns {given} for {len(inputs)} inputs; it must return a tuple, one for each"
            )
        return list(found)

    return Subject(
        name, arguments, variadic, forward, gradients, by_name, cases, settings,
        frozenset(a for a, d in by_name.items() if not d.discrete), signature,
        exact=exact, code=_code(backward),
        said=f"check_function({name}, {getattr(backward, '__name__', 'backward')}",
    )  # fmt: skip


def _inputs_of(
    forward: Any, name: str, settings: Any, domains: Any, shapes: Any
) -> tuple[tuple[str, ...], bool]:
    """The names of the arrays that a forward takes: parameters that are not settings."""
    counted = len(domains) or (len(cores_of(shapes)) if isinstance(shapes, str) else 0)
    code = getattr(forward, "__code__", None)
    if code is None:  # a function of NumPy itself
        return tuple(f"x{i}" for i in range(counted or getattr(forward, "nin", 1))), False
    names, star = tuple(inspect.signature(forward).parameters), bool(code.co_flags & inspect.CO_VARARGS)
    names = names[1:] if hasattr(forward, "__self__") else names  # a method's self is bound
    held = set(settings[0]) | set(forward.__kwdefaults__ or {})
    found = tuple(n for n in names if n not in held)
    if not star:
        defaults = len(forward.__defaults__ or ())
        positional = code.co_varnames[: code.co_argcount]
        optional = positional[len(positional) - defaults :] if defaults else ()
        found = tuple(n for n in found if n not in optional) if not counted else found[:counted]
    if not found:
        raise TypeError(
            f"check_function: {name} takes no array: a parameter without default that is not in params"
        )
    return found, star


def _domain(given: Any) -> Domain:
    """A Domain, a pair (low, high), or a list of choices."""
    if isinstance(given, Domain):
        return given
    if isinstance(given, tuple) and len(given) == 2:
        low, high = map(float, given)
        if low < high:
            return Domain(f"{low:g} < x < {high:g}", low=low, high=high)
    raise TypeError(
        f"check_function: {given!r} is not a domain; pass one of autograd_lite.domains (REAL, POSITIVE, "
        "...), a pair (low, high), or Domain(name, choices=(...)) for labels"
    )


def _cases(name: str, shapes: Any, count: int, variadic: bool, settings: Any) -> tuple[Case, ...]:
    """Cases for shapes as people write them: of one input, of all inputs, or a list of the latter."""
    listed = [shapes] if all(isinstance(n, int) for n in shapes) else list(shapes)
    if all(isinstance(n, int) for shape in listed for n in shape):  # shapes, not yet cases
        listed = [(shape,) for shape in listed] if count == 1 and not variadic else [tuple(listed)]
    for case in listed:
        if len(case) != count and not variadic:
            raise ValueError(
                f"check_function: shapes={shapes!r}, and {name} takes {count} arrays; give a list of cases, "
                f"each with {count} shapes, such as [{', '.join(['((2, 3), (3,))'[:13]] * 1)}]"
            )
    return tuple(Case(tuple(map(tuple, case)), {}) for case in listed)
