"""Op, the @op decorator, and OPS, the registry of all operations: an op is written in one place."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, update_wrapper, wraps
from types import MappingProxyType
from typing import Any, NamedTuple, overload

from autograd_lite.calling import as_setting, binary, call, unary
from autograd_lite.domains import REAL, Domain
from autograd_lite.errors import error, shapes
from autograd_lite.modes import recording
from autograd_lite.protocol import NUMPY, numpy_name
from autograd_lite.tensor import NO_SETTINGS, Tensor
from autograd_lite.typing import ArrayLike

OPS: dict[str, Op] = {}
"""Every op by its name, users' ops included. Checks, drawings and the table of operations read it."""

Rule = Callable[..., Any]
Words = Callable[[Tensor], str]


class Case(NamedTuple):
    """One way to try an op: the shapes of its inputs and its settings."""

    shapes: tuple[tuple[int, ...], ...]
    settings: dict[str, Any]


def case(*shapes: tuple[int, ...], **settings: Any) -> Case:
    """Return a `Case`, as written in the declaration of an op: `case((2, 3), axis=0)`."""
    return Case(shapes, settings)


@dataclass(eq=False, repr=False)
class Op:
    """A differentiable operation: a forward, one gradient rule per input, and how to draw and check it.

    A call with arrays returns the result of `forward`. A call with a Tensor returns a Tensor that remembers
    the op, its inputs and its settings. Raises ValueError with the names and shapes of all inputs if they do
    not fit, TypeError for inputs that are not real numbers.

    Checks read `domain` (one for all inputs, or one for each name), `signature` (of shapes, in NumPy's gufunc
    notation) and `samples` (a `case` of shapes and settings, or a dictionary of settings alone, for all
    shapes); they say where the op can be tried. A function
    `check(op, inputs, values, settings)` raises an error for bad values, and `hint` ends the message about
    shapes that do not fit. Drawings write its `symbol`, the result by `formula`, as in `{x} @ {w} + {b}` or
    as a function of the result, and an unnamed result with a `letter` and a number, as z1. `infix` is True if
    it implements one of Python's operators. `selects` is True if the values of its inputs, or its settings,
    decide on which entries the result depends, as in a maximum: the gradient of the others is exactly zero.
    """

    forward: Callable[..., Any]
    symbol: str
    domain: Domain | Mapping[str, Domain] = REAL
    signature: str | None = None
    samples: tuple[Any, ...] = ()  # cases, and dictionaries of settings until `__post_init__` moves them
    check: Callable[..., None] | None = None
    hint: str = ""
    formula: str | Words = ""
    letter: str = "a"
    infix: bool = False
    selects: bool = False

    def __post_init__(self) -> None:
        update_wrapper(self, self.forward)
        self.name = self.forward.__name__
        self.arguments, self.defaults, self.variadic = _parameters_of(self.forward)
        self.sample_settings = [sample for sample in self.samples if isinstance(sample, dict)]
        self.samples = tuple(sample for sample in self.samples if not isinstance(sample, dict))
        for unknown in [
            name for settings in self.sample_settings for name in settings.keys() - self.defaults
        ]:
            known = ", ".join(self.defaults) or "none"
            raise ValueError(f"op {self.name}: samples has {unknown!r}; the settings of {self.name}: {known}")
        self.rule_settings = tuple(self.defaults)  # the settings that a rule takes
        parameters = inspect.signature(self.forward).parameters
        self.positional_settings = [
            name for name in self.defaults if parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY
        ]
        domains = (
            self.domain if isinstance(self.domain, Mapping) else dict.fromkeys(self.arguments, self.domain)
        )
        self.domains = {name: domains.get(name, REAL) for name in self.arguments}
        self.rules: dict[str, Rule] = {}
        self.formulas: dict[str, str] = {}  # the local derivative in each input
        self.words: dict[str, Words] = {}  # the same for one result
        self.fusions: dict[Op, Op] = {}
        self.composites: dict[Op, Op] = {}  # inner op -> the op by which drawings name this op after it
        self.keeps_inputs = False  # constant results keep op and inputs, because a fused op needs them
        self.numpy_names: tuple[str, ...] = ()
        self._update_rules()
        self.default_settings = dict(self.defaults) or NO_SETTINGS
        self._arity = -1 if self.variadic else len(self.arguments)
        is_plain = not (self.defaults or self.variadic or self.check)
        unrolled: Any = {1: unary, 2: binary}.get(self._arity) if is_plain else None
        self._unrolled: Callable[..., Any] | None = unrolled(self) if unrolled else None

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join((*self.arguments, *self.defaults))})>"

    def __reduce__(self) -> str:
        return self.forward.__qualname__

    @overload
    def __call__(self, x: Tensor, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, x: ArrayLike, y: Tensor, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != self._arity:
            return call(self, *self._bind(args, kwargs))
        if self._unrolled is None:
            return call(self, args, self.default_settings)
        return self._unrolled(*args)

    def gradient(
        self, argument: str, formula: str = "", words: Words | None = None
    ) -> Callable[[Rule], Rule]:
        """Register the decorated rule `(g, y, *inputs, **settings)` as the gradient in the input `argument`.

        g is the gradient of the result y. The rule returns an array of the shape of the input or of the
        result, and writes into nothing; the engine undoes broadcasting. `formula` is the local derivative in
        drawings, with names of inputs and settings in braces: `"× {y}(1−{y})"`. If it depends on shapes or
        settings, `words(y)` returns the formula for one result. Raises ValueError if the op has no such
        input, TypeError for a rule with other parameters.
        """
        if argument not in self.arguments:
            inputs = ", ".join(self.arguments)
            raise error(ValueError, "no such input", op=self.name, argument=argument, inputs=inputs)

        def register(rule: Rule) -> Rule:
            self.check_rule(argument, rule)
            self.rules[argument] = rule
            self.formulas[argument] = formula
            self.words[argument] = words or (lambda y: formula)
            self._update_rules()
            return rule

        return register

    def check_rule(self, argument: str, rule: Rule) -> None:
        """Raise TypeError if the `rule` for `argument` does not take the parameters of a rule of this op."""
        index = ("index",) if self.variadic else ()
        expected = ("g", "y", *self.arguments, *index, *self.rule_settings)
        parameters = inspect.signature(rule).parameters.values()
        names = tuple(p.name for p in parameters)
        if names != expected and not any(p.kind is p.VAR_KEYWORD for p in parameters):
            given, wanted = ", ".join(names), ", ".join(expected)
            raise error(
                TypeError, "rule parameters", op=self.name, argument=argument, given=given, expected=wanted
            )

    def _update_rules(self) -> None:
        missing = {name: partial(_no_rule, self.name, name) for name in self.arguments}
        rules = [self.rules.get(name, missing[name]) for name in self.arguments]
        self.incomplete = len(self.rules) < len(self.arguments)
        self.rules_by_position: list[Rule] = [] if self.variadic else rules

    def argument_at(self, position: int) -> str:
        """Return the name of the input at a position; all inputs of a variadic op share one."""
        return self.arguments[-1] if self.variadic else self.arguments[position]

    def template(self, y: Tensor) -> str:
        """Return the formula of one result, `y`, in drawings, or an empty string."""
        return self.formula(y) if callable(self.formula) else self.formula

    def local(self, argument: str) -> str:
        """Return the local derivative in the input `argument` as a formula, or "none" without a rule."""
        return self.formulas.get(argument, "none").replace("{", "").replace("}", "")

    def variadic_rules(self, count: int) -> list[Rule]:
        """Return the rule of a variadic op for each of `count` inputs, with `index` set to its position."""
        argument = self.arguments[-1]
        rule = self.rules.get(argument) or partial(_no_rule, self.name, argument)
        return [partial(rule, index=i) for i in range(count)]

    def fuse_with(self, inner: Op, fused: Op) -> None:
        """Declare that this op after `inner` equals `fused`, which is computed in its place."""
        self.fusions[inner] = fused
        inner.keeps_inputs = True

    def _bind(self, args: Any, kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the inputs in order and all settings, as the forward's signature names them."""
        if (self.variadic or len(args) == self._arity) and kwargs.keys() <= self.default_settings.keys():
            return args, self.default_settings | kwargs
        count = len(args) if self.variadic else len(self.arguments)
        inputs = args[:count]
        settings = dict(zip(self.positional_settings, args[count:], strict=False))
        unknown = [k for k in kwargs if k not in self.defaults and k not in self.arguments]
        repeated = [k for k in kwargs if k in settings or k in self.arguments[: len(inputs)]]
        missing = [k for k in self.arguments[len(inputs) :] if k not in kwargs and not self.variadic]
        if "out" in unknown:
            raise error(TypeError, "out", op=self.name)
        too_many = ["too many arguments"] if len(args) > count + len(self.positional_settings) else []
        wrong = {"does not take": unknown, "got twice": repeated, "needs": missing, "got": too_many}
        for verb, names in wrong.items():
            if names:
                call = repr(self).removeprefix("<op ").removesuffix(">")
                raise error(
                    TypeError, "arguments", op=self.name, problem=f"{verb} {', '.join(names)}", call=call
                )
        inputs += tuple(kwargs[k] for k in self.arguments[len(inputs) :] if k in kwargs)
        given = {k: v for k, v in kwargs.items() if k in self.defaults}
        return inputs, self.default_settings | settings | given


def _no_rule(op: str, argument: str, *_: Any, **__: Any) -> Any:
    """Raise TypeError: the rule of an input without a rule."""
    raise error(TypeError, "no rule", op=op, argument=argument)


def _parameters_of(forward: Any) -> tuple[tuple[str, ...], Mapping[str, Any], bool]:
    """Return array inputs, settings with their defaults, and whether the inputs are variadic."""
    parameters = inspect.signature(forward).parameters.values()
    settings = {p.name: p.default for p in parameters if p.default is not p.empty}
    arguments = tuple(p.name for p in parameters if p.default is p.empty)
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    for p in parameters:
        if p.kind is p.VAR_KEYWORD:
            raise error(TypeError, "any settings", op=forward.__name__, argument=p.name)
    if variadic and len(arguments) > 1:
        raise error(TypeError, "variadic", op=forward.__name__, argument=arguments[-1])
    if not arguments:
        raise error(TypeError, "no array", op=forward.__name__)
    return arguments, MappingProxyType(settings), variadic


def op(
    symbol: str,
    *,
    numpy: Any = (),
    operator: str | None = None,
    method: str | None = None,
    **declaration: Any,
) -> Callable[[Callable[..., Any]], Op]:
    """Turn the decorated forward into an `Op`, register it in OPS and install it on Tensor and for NumPy.

    In the forward's signature a parameter without default is an array, one with a default is a setting.

    `symbol` represents the op in drawings. `numpy` is the NumPy function, or a tuple of them, that it
    implements for tensors; `operator` is the name of a Python operator, such as "add"; `method` is a name on
    Tensor. `declaration` may have `domain`, `signature`, `samples`, `check`, `hint`, `formula`, `letter` and
    `selects`, which `Op` describes.

    Raises ValueError for a lambda, and for a name that an op of another module or Tensor already has;
    TypeError for a forward without arrays.
    """

    if callable(symbol):
        raise error(TypeError, "no symbol", op=getattr(symbol, "__name__", symbol))

    def decorate(forward: Callable[..., Any]) -> Op:
        new = Op(forward, symbol, infix=operator is not None, **declaration)
        return install_op(new, numpy, operator, method)

    return decorate


def install_op(new: Op, numpy: Any = (), operator: str | None = None, method: str | None = None) -> Op:
    """Register an op in OPS, for its NumPy functions, and as operator and method of Tensor."""
    _require_free_name(new.name, new.forward.__module__)
    functions = numpy if isinstance(numpy, tuple) else (numpy,)
    new.numpy_names = tuple(numpy_name(f) for f in functions)
    implements(*functions, method=method)(new)
    if operator is not None:
        infix = new._unrolled or _method(new)
        install(f"__{operator}__", _described(infix, new, f"__{operator}__"))
        if len(new.arguments) == 2:
            reflected = _described(lambda b, a: infix(a, b), new, f"__r{operator}__")
            install(f"__r{operator}__", reflected)
            install(f"__i{operator}__", _in_place(infix, new))
    OPS[new.name] = new
    return new


def _in_place(infix: Any, op: Op) -> Any:
    """Return the operator such as -= of Tensor: it updates a leaf under no_grad, and makes a new result else.

    It raises TypeError for a leaf that needs a gradient, if operations are recorded.
    """

    def update(self: Tensor, other: Any) -> Tensor:
        result: Tensor = infix(self, other)
        if self.op is not None or not self.requires_grad:
            return result
        if recording.get():
            raise error(TypeError, "in place", name=self.name or "the tensor", symbol=op.symbol)
        self.data = result.data
        return self

    return update


def _require_free_name(name: str, module: str) -> None:
    """Raise ValueError for a lambda, and if another module has an op of that name; a cell may run again."""
    if not name.isidentifier():
        raise error(ValueError, "lambda", op=name)
    if name in OPS and OPS[name].forward.__module__ != module:
        raise error(ValueError, "name taken", op=name, module=module, other=OPS[name].forward.__module__)


def implements(*functions: Any, method: str | None = None) -> Callable[[Any], Any]:
    """Let the decorated function or op implement NumPy functions for tensors, and a method of Tensor."""

    def register(implementation: Any) -> Any:
        NUMPY.update(dict.fromkeys(functions, implementation))
        if method is not None:
            install(method, method_of(implementation, method))
        return implementation

    return register


def composition(*functions: Any, method: str | None = None, arrays: int = 1) -> Callable[[Any], Any]:
    """Let the decorated function of ops implement NumPy functions and a method, as an op does.

    Of its arguments the first `arrays` may be differentiable, the others are settings. Its errors name the
    NumPy function, and the names and shapes of the arrays.
    """
    name = functions[0].__name__

    def register(function: Any) -> Any:
        parameters = list(inspect.signature(function).parameters)

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            inputs = args[:arrays]
            settings = [
                as_setting(name, k, x) for k, x in zip(parameters[arrays:], args[arrays:], strict=False)
            ]
            kwargs = {k: x if k in parameters[:arrays] else as_setting(name, k, x) for k, x in kwargs.items()}
            try:
                return function(*inputs, *settings, **kwargs)
            except (ValueError, TypeError, IndexError) as problem:
                if str(problem).partition(" ")[0].rstrip(":") in OPS:
                    raise
                kind = next(k for k in (IndexError, TypeError, ValueError) if isinstance(problem, k))
                raise kind(f"{name}: {shapes(inputs, parameters)}: {problem}") from problem

        return implements(*functions, method=method)(call)

    return register


def method_of(function: Any, name: str) -> Any:
    """Return a method of Tensor with the docstring and the signature of an op or a function."""
    return _described(_method(function), function, name)


def refusing(name: str, here: str) -> property:
    """Return an attribute of Tensor that only says what another library's name is called `here`."""

    def refuse(self: Tensor) -> Any:
        raise error(AttributeError, "no attribute", attribute=name, here=here)

    return property(refuse, doc=f"Refuse another library's name; here it is {here}.")


def _method(function: Any) -> Any:
    """Return a plain function around an Op, so that Tensor can have it as a method."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    return method


def _described(method: Any, source: Any, name: str) -> Any:
    """Return the method with its own name, and the docstring and signature of an op or a function."""
    update_wrapper(method, source, updated=())
    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    return method


def install(name: str, attribute: Any) -> None:
    """Give Tensor an operator, a method or a property."""
    if any(name in kind.__dict__ for kind in Tensor.__mro__[:-1]):  # all but object
        raise error(ValueError, "attribute taken", name=name)
    setattr(Tensor, name, attribute)
