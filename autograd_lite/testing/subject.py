"""The subject of a check: an op, a pair of NumPy functions, or a function of tensors, in one form."""

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.domains import REAL, Domain, cores_of
from autograd_lite.errors import file_of
from autograd_lite.operation import Case, Op
from autograd_lite.testing.failure import RuleError


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress NumPy's floating-point errors and all warnings: examples are at the ends of domains."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True, eq=False)
class Subject:
    """A forward and its gradient rules, and the declaration of where they may be tried.

    `gradients(g, y, inputs, settings)` returns a list with the gradient for each input, None for an
    input without rule. `domains` has a domain for each argument, `differentiable` the arguments that
    have a gradient. `declared` lists cases; if it is empty, shapes follow from `signature`, a gufunc
    signature, or from nothing: elementwise. `settings` lists the settings to try with every shape.
    """

    name: str
    arguments: tuple[str, ...]
    forward: Callable[..., Any]
    gradients: Callable[[Any, Any, Sequence[Any], Mapping[str, Any]], list[Any]]
    domains: Mapping[str, Domain]
    differentiable: frozenset[str]
    variadic: bool = False
    declared: tuple[Case, ...] = ()
    settings: tuple[Mapping[str, Any], ...] = ({},)
    signature: str | None = None
    op: Op | None = None
    exact_shapes: bool = False  # True if a gradient must have its input's shape even where it is broadcast
    code: Any = None  # code object of the rules; None for an op, which has one per rule
    call: str = ""  # the beginning of the line that repeats the check: `check_op(scale`

    def argument(self, position: int) -> str:
        """Return the parameter that takes the input at a position."""
        return self.arguments[-1] if self.variadic else self.arguments[position]

    def label(self, position: int) -> str:
        """Return the name of the input at a position in messages: `a`, or `xs[0]` of a variadic op."""
        return f"{self.argument(position)}[{position}]" if self.variadic else self.arguments[position]

    def domain(self, position: int) -> Domain:
        """Return the domain of the input at a position."""
        return self.domains[self.argument(position)]

    def rule_name(self, position: int) -> str:
        """Return the name of a rule in messages: `scale.gradient("a")`, or the function and its input."""
        if self.op is None:
            return f"the gradient of {self.name} in {self.label(position)}"
        return f'{self.name}.gradient("{self.argument(position)}")'

    def where(self, position: int) -> tuple[str, int]:
        """Return file and line of the rule; ("", 0) if it is not written in Python."""
        code = self.code or _code_of(self.op.rules[self.argument(position)] if self.op else None)
        return (file_of(code.co_filename), code.co_firstlineno) if code else ("", 0)


def _code_of(function: Any) -> Any:
    function = getattr(function, "func", function)  # of a partial
    return getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)


def of_op(op: Op) -> Subject:
    """Return the subject that an op declares."""

    def gradients(g: Any, y: Any, inputs: Sequence[Any], settings: Mapping[str, Any]) -> list[Any]:
        rules = op.rules_by_position or op.variadic_rules(len(inputs))
        return [
            rules[i](g, y, *inputs, **settings) if op.argument_at(i) in op.rules else None
            for i in range(len(inputs))
        ]

    return Subject(
        op.name,
        op.arguments,
        op.forward,
        gradients,
        op.domains,
        frozenset(op.rules),
        variadic=op.variadic,
        declared=op.samples,
        settings=tuple({**op.defaults, **settings} for settings in ({}, *op.sample_settings)),
        signature=op.signature,
        op=op,
        call=f"check_op({op.name}",
    )


def of_pair(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    domains: Sequence[Any],
    shapes: Any,
    params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
    exact_shapes: bool,
) -> Subject:
    """Return the subject for `forward(*x, **params)` and `backward(g, y, *x, **params) -> tuple`."""
    name = getattr(forward, "__name__", "forward")
    signature = shapes if isinstance(shapes, str) else None
    settings = tuple(map(dict, [params] if isinstance(params, Mapping) else params or [{}]))
    counted = len(domains) or (len(cores_of(signature)) if signature else 0)
    arguments, variadic = _arrays_of(forward, name, settings[0], counted)
    checked = tuple(map(_domain, domains)) or (REAL,) * len(arguments)
    if len(checked) != len(arguments) and not variadic:
        raise TypeError(
            f"check_function: {name} takes {len(arguments)} arrays ({', '.join(arguments)}) and got "
            f"{len(checked)} domains; give one for each, or none (any real numbers)"
        )
    by_name = dict(zip(arguments, checked, strict=False))

    def gradients(g: Any, y: Any, inputs: Sequence[Any], settings: Mapping[str, Any]) -> list[Any]:
        found = backward(g, y, *inputs, **settings)
        if not isinstance(found, tuple | list) or len(found) != len(inputs):
            given = f"{len(found)} gradients" if isinstance(found, tuple | list) else type(found).__name__
            sentence = f"returns {given} for {len(inputs)} inputs; it must return a tuple, one for each"
            raise RuleError("contract", 0, sentence)
        return list(found)

    return Subject(
        name,
        arguments,
        forward,
        gradients,
        by_name,
        frozenset(argument for argument, domain in by_name.items() if not domain.discrete),
        variadic=variadic,
        declared=() if shapes is None or signature else _cases(name, shapes, len(arguments), variadic),
        settings=settings,
        signature=signature,
        exact_shapes=exact_shapes,
        code=_code_of(backward),
        call=f"check_function({name}, {getattr(backward, '__name__', 'backward')}",
    )


def _arrays_of(
    forward: Callable[..., Any], name: str, settings: Mapping[str, Any], count: int
) -> tuple[tuple[str, ...], bool]:
    """Return the parameters of a forward that are arrays, and True if the last one is `*args`.

    They are the first `count` parameters, or if it is 0, those without default that are not settings.
    """
    if not hasattr(forward, "__code__"):  # a function of NumPy itself
        return tuple(f"x{i}" for i in range(count or getattr(forward, "nin", 1))), False
    parameters = [
        p
        for p in inspect.signature(forward).parameters.values()
        if p.name not in settings and p.kind is not p.VAR_KEYWORD
    ]
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if count and not variadic:
        found = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY or p.default is p.empty][:count]
    else:
        found = [p.name for p in parameters if p.default is p.empty]
    if not found:
        raise TypeError(
            f"check_function: {name} takes no array: a parameter without default that is not in params"
        )
    return tuple(found), variadic


def _domain(given: Any) -> Domain:
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


def _cases(name: str, shapes: Any, count: int, variadic: bool) -> tuple[Case, ...]:
    """Return a case for each tuple of shapes; one shape, or one tuple of shapes, may stand alone."""
    listed = [shapes] if all(isinstance(n, int) for n in shapes) else list(shapes)
    if all(isinstance(n, int) for shape in listed for n in shape):  # shapes, not yet cases
        listed = [(shape,) for shape in listed] if count == 1 and not variadic else [tuple(listed)]
    for case in listed:
        if len(case) != count and not variadic:
            raise ValueError(
                f"check_function: shapes={shapes!r}, and {name} takes {count} arrays; give a list of cases, "
                f"each with {count} shapes, such as [({', '.join(['(2, 3)'] * count)},)]"
            )
    return tuple(Case(tuple(map(tuple, case)), {}) for case in listed)
