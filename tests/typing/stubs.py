"""Write the type stubs of operators, methods, ops, NumPy's functions and lazily loaded modules.

`python -m tests.typing.stubs` (`make stubs`) writes them. With `--check` it only compares them with the files
and exits with 1 if one differs. Everything is read from OPS, from Tensor and from the NumPy functions that
tensors implement, so nothing here has to be edited for a new op.
"""

import ast
import builtins
import inspect
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import autodiff, operators
from autograd_lite import typing as aliases
from autograd_lite.guesses import TENSOR
from autograd_lite.protocol import NUMPY

PACKAGE = Path(ag.__file__).parent
DERIVATIVES = Path(__file__).parent / "derivatives.pyi"
TENSORS = "Tensor | ArrayLike"
SAMPLE = [[0.5, 0.1], [0.2, 0.3]]
Kind = inspect._ParameterKind

# The settings of functions that have no gradient, with the types that NumPy's signatures lack.
SETTINGS = {"axis": "Axis", "keepdims": "bool"}

HEADER = '''"""{summary}"""
# Written by `make stubs`; do not edit.
# mypy: disable-error-code="misc, overload-overlap, override"

'''

# The types for reading and for assigning differ: one may assign a number to data, and None to grad.
ATTRIBUTES = '''    @property
    def data(self) -> Array:
        """The value: an array, or a NumPy scalar if there are no axes."""
    @data.setter
    def data(self, value: ArrayLike) -> None: ...
    @property
    def grad(self) -> Array:
        """The gradient that the last `backward()` left, in the shape and dtype of the data; None before."""
    @grad.setter
    def grad(self, value: ArrayLike | None) -> None: ...'''


@dataclass(frozen=True)
class Parameter:
    """A parameter as it is written in a stub; `is_array` is False for a setting."""

    name: str
    kind: Kind
    annotation: str = "Any"
    default: str | None = None
    is_array: bool = False

    def text(self, arrays: str) -> str:
        """The source of the parameter, where an input has the type `arrays`."""
        stars = {Kind.VAR_POSITIONAL: "*", Kind.VAR_KEYWORD: "**"}.get(self.kind, "")
        annotation = self.annotation
        if self.is_array:
            annotation = f"Sequence[{arrays}]" if self.name == "arrays" and not stars else arrays
        default = "" if self.default is None else f" = {self.default}"
        return f"{stars}{self.name}: {annotation}{default}"


OTHERS = [Parameter("args", Kind.VAR_POSITIONAL), Parameter("kwargs", Kind.VAR_KEYWORD)]


class Stub:
    """The text of a stub, and the imports that its annotations need."""

    def __init__(self, summary: str) -> None:
        self.header = HEADER.format(summary=summary)
        self.imports = {"from collections.abc import Sequence", "from typing import Any, TypeVar, overload"}
        self.imports |= {"from numpy import floating", "from numpy.typing import NDArray"}
        self.imports |= {"from autograd_lite.tensor import Tensor"}
        self.imports |= {
            f"from autograd_lite.typing import {name}" for name in ("Array", "ArrayLike", "Number")
        }
        self.body = ['F = TypeVar("F", bound=floating[Any])', ""]

    def resolved(self, annotation: Any, names: dict[str, Any]) -> str:
        """The source of an annotation of a module with the globals `names`; imports what it names."""
        if annotation is inspect.Parameter.empty:
            return "Any"
        text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
        for name in re.findall(r"(?<![.\w])[A-Za-z_]\w*", re.sub(r"'[^']*'|\"[^\"]*\"", "", text)):
            if name in aliases.__all__:
                self.imports.add(f"from autograd_lite.typing import {name}")
            elif isinstance(value := names.get(name), ModuleType):
                self.imports.add(f"import {value.__name__} as {name}")
            elif name in names and name != "Any":
                module = getattr(value, "__module__", None)
                if getattr(sys.modules.get(module), name, None) is not value:
                    module = names["__name__"]  # an alias, which does not know where it is defined
                self.imports.add(f"from {module} import {name}")
            elif not hasattr(builtins, name) and name != "Any":
                raise NameError(f"annotation {text}: {name} is not known")
        return text

    def parameters(self, function: Any) -> list[Parameter]:
        """The parameters of an op or a function; without annotation and default they are arrays."""
        names = getattr(inspect.unwrap(function), "__globals__", {})
        found = []
        for p in inspect.signature(function).parameters.values():
            annotation, default = self.resolved(p.annotation, names), shown(p.default)
            is_array = default is None and annotation == "Any" and p.kind is not p.VAR_KEYWORD
            found.append(Parameter(p.name, p.kind, annotation, default, is_array))
        return found

    def function(self, name: str, signature: str, returned: str, doc: str = "", indent: str = "") -> None:
        """Write a function; `signature` is the source of its parameters."""
        head = f"{name}({signature}) -> {returned}:"
        if "import numpy as _np" in self.imports:
            head = re.sub(r"\bbool\b", "_bool", head)  # bool is NumPy's there
        self.body.append(f"{indent}def {head}" + " ..." * (not doc))
        self.body += [docstring(doc, f"{indent}    ")] if doc else []

    def overloads(self, name: str, found: list[tuple[str, str]], doc: str, indent: str = "") -> None:
        """Write a function with one signature or several, pairs of parameters and result."""
        for i, (signature, returned) in enumerate(found):
            self.body += [f"{indent}@overload"] * (len(found) > 1)
            self.function(name, signature, returned, doc if i == 0 else "", indent)

    def instance(self, name: str, base: str, found: list[tuple[str, str]], doc: str) -> None:
        """Write an object that can be called, of a class of its own."""
        self.body += ["", f"class _{name}({base}):", docstring(doc, "    ")]
        self.overloads("__call__", found, doc, "    ")
        self.body += ["", f"{name}: _{name}", docstring(doc, "")]

    def text(self) -> str:
        """The whole text of the stub."""
        return self.header + "\n".join([*sorted(self.imports), "", *self.body]).rstrip() + "\n"


def shown(default: Any) -> str | None:
    """The source of a default value; None if there is no default."""
    if default is inspect.Parameter.empty:
        return None
    return repr(default) if default is None or isinstance(default, int | float | str) else "..."


def docstring(doc: str, indent: str) -> str:
    """The source of a docstring."""
    lines = inspect.cleandoc(doc).replace("\\", "\\\\").splitlines()
    text = "\n".join(f"{indent}{line}" if line else "" for line in lines).lstrip()
    return f'{indent}"""{text}"""' if len(lines) == 1 else f'{indent}"""{text}\n{indent}"""'


def listed(parameters: list[Parameter], arrays: str | Sequence[str] = TENSORS, *before: str) -> str:
    """Source of the parameters of a function, after the texts in `before`.

    `arrays` is the type of its inputs, or a list with a type for each.
    """
    texts, kinds = list(before), [p.kind for p in parameters]
    types = iter([arrays] * len(parameters) if isinstance(arrays, str) else arrays)
    for i, p in enumerate(parameters):
        if p.kind is Kind.KEYWORD_ONLY and not {Kind.KEYWORD_ONLY, Kind.VAR_POSITIONAL} & {*kinds[:i]}:
            texts.append("*")
        texts.append(p.text(next(types)) if p.is_array else p.text(""))
        if p.kind is Kind.POSITIONAL_ONLY and kinds[i + 1 : i + 2] != [Kind.POSITIONAL_ONLY]:
            texts.append("/")
    return ", ".join(texts)


def signatures(
    parameters: list[Parameter], of_arrays: list[tuple[str, str]], returned: str, *before: str
) -> list[tuple[str, str]]:
    """The overloads of a function: with a tensor among its inputs it returns `returned`; `of_arrays`.

    No two overloads accept the same array: for an array of unknown dtype mypy would infer Any then.
    """
    inputs = [p for p in parameters if p.is_array]
    if any(p.name == "arrays" or p.kind is Kind.VAR_POSITIONAL for p in inputs):
        types = [TENSORS] * len(inputs)  # nothing can say that one of many is a tensor
        return [*of_arrays, (listed(parameters, types, *before), returned)]
    count = len(inputs)
    types = [["ArrayLike"] * i + ["Tensor"] + [TENSORS] * (count - i - 1) for i in range(count)]
    return [*((listed(parameters, t, *before), returned) for t in types), *of_arrays]


def floats(inputs: list[Parameter]) -> str:
    """The type of inputs that are arrays of floats of one dtype, which the result has too."""
    return "NDArray[F]" if len(inputs) == 1 else "NDArray[F] | float"


# Parameters and results of NumPy's functions.


def numpy_function(implementation: Any) -> Any:
    """The NumPy function that an op or a function implements for tensors, or None."""
    return next((function for function, other in NUMPY.items() if other is implementation), None)


def passes_on(implementation: Any) -> bool:
    """True for an implementation that only calls the NumPy function itself, which has no gradient."""
    kinds = {p.kind for p in inspect.signature(implementation).parameters.values()}
    return not isinstance(implementation, ag.Op) and kinds == {Kind.VAR_POSITIONAL, Kind.VAR_KEYWORD}


def returned_by(implementation: Any) -> str:
    """The type of what an op, a composition of ops, or a NumPy function returns for tensors."""
    if isinstance(implementation, ag.Op):
        return "Tensor"
    annotation = inspect.signature(implementation).return_annotation
    if isinstance(annotation, str) and annotation != "Any":
        return annotation.replace("Any", "Tensor")  # such as list[Any]
    if not passes_on(implementation):
        return "Tensor"
    function = numpy_function(implementation)
    return result_type(function, ag.Tensor(SAMPLE), max(1, len(required(function))))


def result_type(function: Any, x: Any, count: int) -> str:
    """The type of what a NumPy function returns for tensors or arrays such as x, found by calling it."""
    try:
        result = function(*[x] * count)
    except (TypeError, ValueError):  # it needs more than arrays
        return "Array"
    if isinstance(result, np.generic):
        return "Any" if isinstance(x, np.ndarray) else "Array"  # as NumPy's stubs say: a number or an array
    if isinstance(result, tuple):
        return "tuple[int, ...]" if isinstance(result[0], int) else "tuple[Array, ...]"
    names = {bool: "bool", int: "int", str: "str", ag.Tensor: "Tensor"}
    return names.get(type(result), "_np.dtype[Any]" if isinstance(result, np.dtype) else "Array")


def required(function: Any) -> list[str]:
    """The names of the arguments that a NumPy function needs."""
    if isinstance(function, np.ufunc):
        return ["x1", "x2"][: function.nin]
    kinds = (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind in kinds]


def numpy_parameters(stub: Stub, function: Any, implementation: Any) -> list[Parameter]:
    """The parameters of a NumPy function that its implementation takes, under NumPy's names."""
    if isinstance(function, np.ufunc):
        names = ["x"] if function.nin == 1 else [f"x{i + 1}" for i in range(function.nin)]
        return [Parameter(name, Kind.POSITIONAL_ONLY, is_array=True) for name in names]
    own = stub.parameters(implementation)
    if not isinstance(implementation, ag.Op) and not passes_on(implementation):
        return own
    settings = {p.name: p for p in own if not p.is_array}
    if passes_on(implementation):
        settings = {name: Parameter(name, Kind.KEYWORD_ONLY, text) for name, text in SETTINGS.items()}
        stub.imports.add("from autograd_lite.typing import Axis")
    arrays = len(required(function)) if passes_on(implementation) else len(own) - len(settings)
    return merged(list(inspect.signature(function).parameters.values()), settings, max(1, arrays))


def merged(theirs: list[inspect.Parameter], settings: dict[str, Parameter], arrays: int) -> list[Parameter]:
    """NumPy's parameters: the first ones are `arrays` many arrays, of the others those in `settings`."""
    found = [Parameter(p.name, p.kind, is_array=True) for p in theirs[:arrays]]
    kind = Kind.POSITIONAL_OR_KEYWORD
    for p in theirs[arrays:]:
        if p.name not in settings:
            kind = Kind.KEYWORD_ONLY  # from here on positions differ
            continue
        own = settings[p.name]
        kind = Kind.KEYWORD_ONLY if p.kind is p.KEYWORD_ONLY else kind
        found.append(replace(own, kind=kind, default=shown(p.default)))
    names = {p.name for p in found}
    return found + [
        replace(p, kind=Kind.KEYWORD_ONLY) for p in settings.values() if p.default and p.name not in names
    ]


# operators.pyi.


def operators_stub() -> str:
    """Operators, methods and properties of Tensor that ops install."""
    stub = Stub("Operators, methods and properties that ops install on Tensor.")
    doc = docstring(operators.OperatorsMixin.__doc__ or "", "    ")
    stub.body += ["class OperatorsMixin:", doc, "    __slots__ = ()", ATTRIBUTES]
    for name, attribute in vars(ag.Tensor).items():
        doc = getattr(attribute, "__doc__", "") or ""
        if isinstance(attribute, property):
            if (
                attribute.fget.__module__ == ag.Tensor.__module__ or name in TENSOR
            ):  # in ATTRIBUTES, or refused
                continue
            stub.body.append("    @property")
            stub.function(name, "self", "Tensor", doc, "    ")
        elif isinstance(attribute, FunctionType) and is_installed(attribute):
            implementation = getattr(attribute, "__wrapped__", attribute)
            signature = listed(method_parameters(stub, name, implementation), TENSORS, "self")
            stub.function(name, signature, method_result(stub, implementation), doc, "    ")
    return stub.text()


def is_installed(method: FunctionType) -> bool:
    """True for a method that a module of ours installs, False for one of tensor.py or of a user."""
    return method.__module__.startswith("autograd_lite.") and method.__module__ != ag.Tensor.__module__


def method_parameters(stub: Stub, name: str, implementation: Any) -> list[Parameter]:
    """The parameters of a method after self."""
    if passes_on(implementation):
        parameters = numpy_parameters(stub, numpy_function(implementation), implementation)
    else:
        parameters = stub.parameters(implementation)
    if not name.startswith("__"):
        return parameters[1:]
    reflected = name.startswith("__r") and len(parameters) == 2
    other = parameters[:1] if reflected else parameters[1:]
    return [replace(p, kind=Kind.POSITIONAL_ONLY) for p in other]


def method_result(stub: Stub, implementation: Any) -> str:
    """The type that a method returns: its annotation if it is precise, or else what a call returns."""
    annotation = getattr(implementation, "__annotations__", {}).get("return", "Any")
    if "Any" not in str(annotation):
        return stub.resolved(annotation, implementation.__globals__)
    return returned_by(implementation)


# numpy/__init__.pyi and numpy/linalg.pyi.


def numpy_stub(module: ModuleType) -> str:
    """The functions of a module of NumPy that tensors implement, and all the others as they are."""
    stub = Stub(f"{module.__name__} with functions that take and return tensors.")
    stub.imports |= {"import numpy as _np", "from builtins import bool as _bool"}
    for name in sorted(module.__all__):
        function = getattr(module, name)
        if function is np.linalg:
            stub.imports.add("from autograd_lite.numpy import linalg as linalg")
            continue
        if not callable(function) or isinstance(function, type) or not takes_tensors(function):
            stub.imports.add(f"from {module.__name__} import {name} as {name}")
            continue
        found = numpy_overloads(stub, function, NUMPY[function])
        doc = NUMPY[function].__doc__ or f"Same as NumPy's `{name}`."
        if isinstance(function, np.ufunc):
            stub.instance(name, "_np.ufunc", [(f"self, {text}", returned) for text, returned in found], doc)
        else:
            stub.overloads(name, found, doc)
    return stub.text()


def takes_tensors(function: Any) -> bool:
    """True if tensors implement a function of NumPy, and NumPy's signature names the inputs."""
    if function not in NUMPY:
        return False
    kinds = [p.kind for p in inspect.signature(function).parameters.values()]
    return not (passes_on(NUMPY[function]) and kinds[0] is Kind.VAR_POSITIONAL)


def numpy_overloads(stub: Stub, function: Any, implementation: Any) -> list[tuple[str, str]]:
    """Parameters and result of a NumPy function: with a tensor, of numbers, of arrays."""
    parameters = numpy_parameters(stub, function, implementation)
    general = [*(p for p in parameters if p.is_array), *OTHERS]
    if any(p.kind is Kind.VAR_POSITIONAL for p in parameters):
        general = [*parameters, OTHERS[1]]
    returned = returned_by(implementation)
    if "Tensor" not in returned:
        return [(listed(general), returned)]
    arrays = [p for p in parameters if p.is_array]
    of_arrays = returned.replace("Tensor", result_type(function, np.array(SAMPLE), len(arrays)))
    found = [(listed(general, "Number"), "Any")] if isinstance(function, np.ufunc) else []
    if "Array" in of_arrays:
        found.append((listed(general, floats(arrays)), of_arrays.replace("Array", "NDArray[F]")))
    found.append((listed(general, "ArrayLike"), of_arrays))
    if (needed := len(required(function))) < len(arrays):  # as in where(condition)
        found.append((listed(arrays[:needed], "ArrayLike"), result_type(function, np.array(SAMPLE), needed)))
    return signatures(parameters, found, returned)


# __init__.pyi of the package, and of testing.


def package_stub(package: ModuleType) -> str:
    """The public names of a package whose `__getattr__` loads modules when they are first used."""
    stub = Stub(inspect.cleandoc(package.__doc__ or "").splitlines()[0])
    name = package.__name__
    derivatives = write_derivatives(stub) if package is ag else set()
    tree = ast.parse(Path(package.__file__ or "").read_text("utf-8"))
    bound = {"__version__"} if hasattr(package, "__version__") else set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograd_lite"):
            for alias in node.names:
                bound.add(alias.asname or alias.name)
                if not isinstance(getattr(package, alias.name), ag.Op) and alias.name not in derivatives:
                    stub.imports.add(
                        f"from {node.module} import {alias.name} as {alias.asname or alias.name}"
                    )
    for later in sorted({*package.__all__, *getattr(package, "_LATER", ())} - bound):
        stub.imports.add(f"from {name} import {later} as {later}")
    if hasattr(package, "__version__"):
        stub.body += ["__version__: str", ""]
    stub.body.append(f"__all__ = {sorted(package.__all__)}")
    for op_name in sorted(bound):
        value = getattr(package, op_name)
        if isinstance(value, ag.Op):
            stub.instance(op_name, "Op", op_overloads(stub, value), value.__doc__ or "")
    return stub.text()


def write_derivatives(stub: Stub) -> set[str]:
    """Write the functions of derivatives.pyi with their docstrings; return their names."""
    source = DERIVATIVES.read_text("utf-8")
    lines = source.splitlines()
    written: set[str] = set()
    for node in ast.parse(source).body[1:]:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.ImportFrom):
            stub.imports.add(text)
            continue
        if isinstance(node, ast.FunctionDef):
            function = getattr(autodiff, node.name)
            names = {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}
            if not names <= inspect.signature(function).parameters.keys():
                raise TypeError(f"derivatives.pyi: {node.name} has other parameters in autodiff.py")
            if node.name not in written:
                text = f"{text.removesuffix(' ...')}\n{docstring(function.__doc__, '    ')}"
            written.add(node.name)
        stub.body.append(text)
    return written


def op_overloads(stub: Stub, op: ag.Op) -> list[tuple[str, str]]:
    """Parameters and result of an op: with a tensor among its inputs, of numbers, of arrays."""
    parameters = stub.parameters(op)
    inputs = [p for p in parameters if p.is_array]
    kinds = (("float", "float"), (floats(inputs), "NDArray[F]"), ("ArrayLike", "Array"))
    of_arrays = [(listed(parameters, arrays, "self"), returned) for arrays, returned in kinds]
    return signatures(parameters, of_arrays, "Tensor", "self")


def stubs() -> dict[Path, str]:
    """The text of every stub, by path."""
    return {
        PACKAGE / "__init__.pyi": package_stub(ag),
        PACKAGE / "operators.pyi": operators_stub(),
        PACKAGE / "numpy" / "__init__.pyi": numpy_stub(np),
        PACKAGE / "numpy" / "linalg.pyi": numpy_stub(np.linalg),
        PACKAGE / "testing" / "__init__.pyi": package_stub(ag.testing),
    }


def comparable(text: str) -> list[str]:
    """The lines of a stub without the names of NumPy that it only passes on: they differ between versions."""
    return [line for line in text.splitlines() if not line.startswith("from numpy")]


def main(arguments: list[str]) -> int:
    """Write the stubs, or only compare them; returns the exit status."""
    outdated = []
    for path, text in stubs().items():
        if path.is_file() and comparable(path.read_text("utf-8")) == comparable(text):
            continue
        outdated.append(str(path.relative_to(PACKAGE.parent)))
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
    if "--check" in arguments and outdated:
        print(f"{', '.join(outdated)}: not what OPS and Tensor say; write them again with `make stubs`")
        return 1
    print(f"wrote {', '.join(outdated)}" if outdated else "the stubs are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
