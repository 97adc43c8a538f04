"""Op, the @op decorator, and OPS, the registry of all operations: an op is written in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, update_wrapper
from typing import Any, NamedTuple, overload

from autograd_lite.calling import apply, binary, no_rule, unary
from autograd_lite.domains import REAL, Domain
from autograd_lite.messages import caller_line
from autograd_lite.protocol import NUMPY, numpy_name
from autograd_lite.signature import names_of, parameters_of
from autograd_lite.tensor import Tensor
from autograd_lite.typing import ArrayLike

OPS: dict[str, Op] = {}
"""Every op by its name, those of users too: what checks, drawings and the table of operations read."""

Rule = Callable[..., Any]
Words = Callable[[Tensor], str]


class Case(NamedTuple):
    """One way to try an op: the shapes of its inputs and its settings."""

    shapes: tuple[tuple[int, ...], ...]
    settings: dict[str, Any]


def case(*shapes: tuple[int, ...], **settings: Any) -> Case:
    """A `Case`, as it is written in an op's declaration: `case((2, 3), axis=0)`."""
    return Case(shapes, settings)


class Op:
    """A differentiable operation: forward, one gradient rule per input, symbol, domain, documentation.

    Called with arrays it returns its forward, a plain array; called with at least one tensor it
    returns a tensor that remembers the op, its inputs and its settings. Shapes that do not fit are a
    ValueError with the names and shapes of all inputs, what is no number a TypeError.

    The decorator `op` makes it of `forward` and tells what `symbol`, `domain`, `signature`, `samples`,
    `check`, `hint` and `formula` are; `infix` says whether it has one of Python's operators.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        symbol: str,
        *,
        domain: Domain | Mapping[str, Domain],
        signature: str | None,
        samples: tuple[Case, ...],
        check: Callable[..., None] | None,
        hint: str,
        formula: str,
        letter: str,
        infix: bool,
    ) -> None:
        self.forward, self.symbol, self.name = forward, symbol, forward.__name__
        self.__name__, self.__qualname__, self.__doc__ = self.name, forward.__qualname__, forward.__doc__
        self.__module__ = forward.__module__
        self.__wrapped__ = forward  # so that help() and inspect.signature() tell its parameters
        self.arguments, self.defaults, self.variadic = parameters_of(forward)
        domains = domain if isinstance(domain, Mapping) else dict.fromkeys(self.arguments, domain)
        self.domains = {name: domains.get(name, REAL) for name in self.arguments}
        self.signature, self.samples, self.check = signature, samples, check
        self.hint, self.formula, self.infix = hint, formula, infix
        self.letter = letter
        self.rules: dict[str, Rule] = {}
        self.formulas: dict[str, str] = {}
        self.words: dict[str, Words] = {}
        self.through: dict[Op, Op] = {}
        self.kept = False  # whether constants remember that it made them, for an op that sees through it
        self.order: list[Rule] = []
        self.numpy_names: tuple[str, ...] = ()
        self.noted = not (self.__module__ or "").startswith("autograd_lite.")  # ours are checked already
        self._settings = dict(self.defaults)
        self._arity = -1 if self.variadic else len(self.arguments)
        self._fast: Callable[..., Any] | None = None
        self._order_rules()
        bare = not (self.defaults or self.variadic or check or (samples and not infix))
        if bare and len(self.arguments) <= (1 if self.noted else 2):
            self._fast = (unary, binary)[len(self.arguments) - 1](self)

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join((*self.arguments, *self.defaults))})>"

    def __reduce__(self) -> str:
        return self.__qualname__

    @overload
    def __call__(self, x: Tensor, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, x: ArrayLike, y: Tensor, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) == self._arity:
            y = self._fast(*args) if self._fast else apply(self, args, self._settings.copy())
        else:
            y = apply(self, *self._bind(args, kwargs))
        if self.noted and isinstance(y, Tensor):
            y.line = caller_line()
        return y

    def gradient(
        self, argument: str, formula: str = "", words: Words | None = None
    ) -> Callable[[Rule], Rule]:
        """Register the rule `(g, y, *inputs, **settings)` for one input, `argument`.

        `formula` is the local derivative as a drawing writes it, with `{y}` and the names of inputs
        and settings in braces: `"× {y}(1−{y})"`; where it depends on shapes or settings, `words(y)`
        gives the formula of one result, a tensor. A rule returns a gradient of the shape of the input
        or of the output (the engine undoes broadcasting) and changes nothing it is given. Raises a
        ValueError for a name that is no input, a TypeError for a rule with other parameters.
        """
        if argument not in self.arguments:
            raise ValueError(
                f"{self.name}.gradient({argument!r}): {self.name} has no such input; its inputs are "
                f"{', '.join(self.arguments)}"
            )

        def register(rule: Rule) -> Rule:
            expected = (
                "g",
                "y",
                *self.arguments,
                *(("index",) if self.variadic else ()),
                *self.defaults,
            )
            given = names_of(rule)
            if given != expected and not rule.__code__.co_flags & 8:  # 8: it takes **settings
                raise TypeError(
                    f"{self.name}.gradient({argument!r}): the rule takes ({', '.join(given)}) and must "
                    f"take ({', '.join(expected)})"
                )
            self.rules[argument], self.formulas[argument] = rule, formula
            self.words[argument] = words or (lambda y: formula)
            self._order_rules()
            return rule

        return register

    def _order_rules(self) -> None:
        missing = [partial(no_rule, self.name, argument) for argument in self.arguments]
        found = zip(self.arguments, missing, strict=True)
        self.incomplete = len(self.rules) < len(self.arguments)
        self.order = [] if self.variadic else [self.rules.get(name, none) for name, none in found]

    def argument_at(self, position: int) -> str:
        """The name of the input at a position; the inputs of a variadic op share one."""
        return self.arguments[-1] if self.variadic else self.arguments[position]

    def local(self, argument: str) -> str:
        """The local derivative in the input `argument`, in words; "none" where it has no rule."""
        return self.formulas.get(argument, "none").replace("{", "").replace("}", "")

    def variadic_order(self, values: Any) -> list[Rule]:
        """The rules of a variadic op, one for each of `values`; the rule is told which by `index`."""
        argument = self.arguments[-1]
        rule = self.rules.get(argument) or partial(no_rule, self.name, argument)
        return [partial(rule, index=i) for i in range(len(values))]

    def sees_through(self, inner: Op, stable: Op) -> None:
        """Declare that this op after `inner` is `stable`, in value and gradient, and better computed so."""
        self.through[inner] = stable
        inner.kept = True

    def _bind(self, args: Any, kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments as the forward's signature names them: inputs in order, settings complete."""
        if self.variadic:
            inputs, rest = args, ()
        else:
            count = len(self.arguments)
            inputs, rest = args[:count], args[count:]
        if len(inputs) == self._arity and not rest and self.defaults.keys() >= kwargs.keys():
            return inputs, self._settings | kwargs
        named: dict[str, Any] = dict(zip(self.defaults, rest, strict=False))
        unknown = [k for k in kwargs if k not in self.defaults and k not in self.arguments]
        twice = [k for k in kwargs if k in named or k in self.arguments[: len(inputs)]]
        missing = [k for k in self.arguments[len(inputs) :] if k not in kwargs and not self.variadic]
        if unknown or twice or missing or len(rest) > len(self.defaults):
            wrong = unknown or twice or missing
            problem = "does not take" if unknown else "got twice" if twice else "needs"
            if "out" in unknown:
                raise TypeError(
                    f"{self.name} cannot write a tensor into an array (out=, or an in-place operator "
                    f"such as a += t): make a new one, a = {self.name}(...)"
                )
            raise TypeError(
                f"{self.name} {problem + ' ' + ', '.join(wrong) if wrong else 'got too many arguments'}; "
                f"for tensors it is {self.name}({', '.join((*self.arguments, *self.defaults))})"
            )
        inputs += tuple(kwargs[k] for k in self.arguments[len(inputs) :] if k in kwargs)
        return inputs, {k: kwargs.get(k, named.get(k, v)) for k, v in self.defaults.items()}


def op(
    symbol: str,
    *,
    domain: Domain | Mapping[str, Domain] = REAL,
    signature: str | None = None,
    samples: tuple[Case, ...] = (),
    numpy: Any = (),
    operator: str | None = None,
    method: str | None = None,
    check: Callable[..., None] | None = None,
    hint: str = "",
    formula: str = "",
    letter: str = "a",
) -> Callable[[Callable[..., Any]], Op]:
    """Turn a forward into an `Op`: register it in OPS and install it where it says.

    In the forward's signature a parameter without default is an array, one with a default is a
    setting. `symbol` stands for it in drawings. `domain` (one, or one per input), `signature` (NumPy's
    gufunc notation) and `samples` say where it may be tried; `numpy` is the NumPy function (or functions)
    that it answers for tensors, `operator` Python's name of its operator, `method` a name on Tensor;
    `check` refuses bad values, given the op, its inputs, their arrays and the settings; `hint` ends the
    message about shapes that do not fit; `formula` is how a drawing writes the result, `{x} @ {w} + {b}`;
    `letter` begins the name of an unnamed result, as in z1.

    Raises a ValueError for a lambda, and for a name that an op of another module or Tensor has already; a
    TypeError for a forward without arrays.
    """

    def decorate(forward: Callable[..., Any]) -> Op:
        _free(forward)
        made = Op(
            forward, symbol, domain=domain, signature=signature, samples=samples, check=check,
            hint=hint, formula=formula, letter=letter, infix=operator is not None,
        )  # fmt: skip
        answers = numpy if isinstance(numpy, tuple) else (numpy,)
        made.numpy_names = tuple(numpy_name(f) for f in answers)
        answer(*answers, method=method)(made)
        if operator is not None:
            call = made._fast or _method(made, operator)
            install(f"__{operator}__", _described(call, made, f"__{operator}__"))
            if len(made.arguments) == 2:
                reflected = _described(lambda b, a: call(a, b), made, f"__r{operator}__")
                install(f"__r{operator}__", reflected)
        OPS[made.name] = made
        return made

    return decorate


def _free(forward: Callable[..., Any]) -> None:
    """Refuse a name that cannot be called or that another module's op has; a cell may run again."""
    name, module = forward.__name__, forward.__module__
    if not name.isidentifier():
        raise ValueError(f"op: {name} has no name; define its forward with def")
    if name in OPS and OPS[name].forward.__module__ != module:
        taken = OPS[name].forward.__module__
        raise ValueError(f"op: {module} defines {name}, which {taken} has; choose another name")


def answer(*functions: Any, method: str | None = None) -> Callable[[Any], Any]:
    """Let a Python function or an op answer NumPy functions for tensors, and as a method of Tensor."""

    def register(answering: Any) -> Any:
        for function in functions:
            NUMPY[function] = answering
        if method is not None:
            install(method, _method(answering, method))
        return answering

    return register


def _method(function: Any, name: str) -> Any:
    """A plain function around one that is no descriptor, such as an Op, so that it binds `self`."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    return _described(method, function, name)


def _described(method: Any, source: Any, name: str) -> Any:
    """The method with the docstring and signature of `source`, an op or a function, and its own name."""
    update_wrapper(method, source, updated=())
    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    return method


def install(name: str, attribute: Any) -> None:
    """Give Tensor an operator, a method or a property."""
    if name in Tensor.__dict__:
        raise ValueError(f"Tensor has {name} already; an op cannot replace it")
    setattr(Tensor, name, attribute)
