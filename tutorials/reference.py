"""Parts of the site that are generated from the code: docstrings as reST, and the page of all operations."""

import inspect
import re
import sys

import numpy as np

import autograd_lite as ag
from autograd_lite import estimators, linear_model, plots, testing
from autograd_lite.protocol import NUMPY, numpy_name

MODULES = (ag, ag.nn, ag.optim, testing, testing.strategies, linear_model, estimators, plots, ag.datasets)
PUBLIC = {f"{module.__name__}.{name}": getattr(module, name) for module in MODULES for name in module.__all__}
FAMILIES = (  # the modules of autograd_lite.ops, in the order of the page
    "arithmetic",
    "elementwise",
    "activations",
    "losses",
    "cross_entropies",
    "reductions",
    "linear",
    "shapes",
    "indexing",
)
LINKS = {path.replace("autograd_lite.", "ag.", 1): path for path in PUBLIC} | {
    path.rpartition(".")[2]: path for path, thing in PUBLIC.items() if isinstance(thing, type)
}
SPAN = re.compile(r"`([^`]+)`(\w?)|([\\*_|])")
FOLDED = """\
.. raw:: html

   <details><summary>Source</summary>

.. code-block:: python

{}

.. raw:: html

   </details>"""


# Docstrings.


def docstring(app, what, name, thing, options, lines):
    """Replace the lines of a docstring by reST. Handler of Sphinx's event `autodoc-process-docstring`."""
    lines[:] = as_rest("\n".join(lines)).split("\n")


def as_rest(text):
    """Return a docstring, which is plain text with `code` in it, as reST.

    Examples and indented blocks are not changed.
    """
    return "\n\n".join(map(_paragraph, re.split(r"\n(?:[ \t]*\n)+", text)))


def _paragraph(text):
    if text.startswith(">>>"):
        return text
    return f"::\n\n{text}" if text.startswith(" ") else SPAN.sub(_span, text)


def _span(found):
    """Return the reST of a span of code, with a link if it is a public name, or of a character to escape."""
    code, after, sign = found.groups()
    if sign:
        return f"\\{sign}"
    path = LINKS.get(code.removesuffix("()"))
    span = f":py:obj:`{code} <{path}>`" if path else f"``{' '.join(code.split())}``"
    return f"{span}\\ {after}" if after else span


# The page of operations.


def fill(app, page, source):
    """Replace the comments in the page of operations by generated text. Handler of `source-read`."""
    if page == "operations":
        for part in (operations, composed, plain):
            source[0] = source[0].replace(f"<!-- {part.__name__} -->", part())


def operations():
    """Return all operations as Markdown: a table, then for each its documentation, rules and source."""
    table = ["| operation | | local derivative, for each input | NumPy |", "| --- | --- | --- | --- |"]
    parts = []
    for family in FAMILIES:
        module = sys.modules[f"autograd_lite.ops.{family}"]
        parts.append(f"## {family.replace('_', ' ').capitalize()}\n\n{module.__doc__}\n")
        for op in (op for op in ag.OPS.values() if op.__module__ == module.__name__):
            rules = "<br>".join(f"{name}: {op.local(name)}" for name in op.arguments)
            numpy = " ".join(f"`{name}`" for name in numpy_names(op))
            table.append(f"| [{op.name}](#op-{op.name}) | {_cell(op.symbol)} | {_cell(rules)} | {numpy} |")
            parts.append(f"(op-{op.name})=\n```{{eval-rst}}\n{entry(op)}\n```\n")
    return "\n".join([*table, "", *parts])


def entry(op):
    """Return an operation as reST: signature, docstring, rules, domains, symbol, source."""
    path = next((path for path, thing in PUBLIC.items() if thing is op), f"{op.__module__}.{op.name}")
    signature = inspect.signature(op)
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    head = f"{path}{signature.replace(parameters=bare, return_annotation=signature.empty)}"
    facts = [
        f"- gradient in `{name}`: {op.local(name)}; checked over: {domain_in_words(op, name)}"
        for name in op.arguments
    ]
    facts.append(f"- symbol: {op.symbol}" + "".join(f"; `{name}`" for name in numpy_names(op)))
    source = "\n\n\n".join(inspect.getsource(part).rstrip() for part in (op.forward, *op.rules.values()))
    body = "\n\n".join(
        [as_rest(inspect.getdoc(op)), as_rest("\n".join(facts)), FOLDED.format(_indented(source))]
    )
    return f".. py:function:: {head}\n\n{_indented(body)}"


def domain_in_words(op, name):
    """Return the domain of an input, and for functions of one number the rule's slope at a kink at 0."""
    domain = op.domains[name]
    takes_numbers = not op.samples or any(sample.shapes == ((),) for sample in op.samples)
    if len(op.arguments) > 1 or not takes_numbers or not domain.holds(-1e-6):
        return domain.name
    with np.errstate(all="ignore"):
        at_zero, left, right = (op.forward(np.array(x)) for x in (0.0, -1e-6, 1e-6))
    has_jump = abs(right - left) > 1e-3
    has_kink = abs(right - 2 * at_zero + left) > 1e-9
    if not np.isfinite(at_zero) or not (has_jump or has_kink):
        return domain.name
    slope = op.rules[name](np.array(1.0), at_zero, np.array(0.0), **op.defaults)
    return f"real, with a {'jump' if has_jump else 'kink'} at 0, where the rule gives {slope:g}"


def numpy_names(op):
    """Return the names of the NumPy functions that call this operation, directly or through a wrapper."""
    wrapped = [numpy_name(f) for f, implementation in NUMPY.items() if _is_wrapper(implementation, op)]
    return [*op.numpy_names, *wrapped]


def composed():
    """Return the NumPy functions that are composed of operations."""
    names = []
    for function, implementation in NUMPY.items():
        is_op = isinstance(implementation, ag.Op)
        if not is_op and not _is_plain(implementation) and not _wraps_an_op(implementation):
            names.append(numpy_name(function))
    return " ".join(f"`{name}`" for name in names)


def plain():
    """Return the NumPy functions whose results are plain arrays."""
    names = [numpy_name(f) for f, implementation in NUMPY.items() if _is_plain(implementation)]
    return " ".join(f"`{name}`" for name in names)


def _is_wrapper(implementation, op):
    return implementation.__name__ == f"_{op.name}"


def _wraps_an_op(implementation):
    return any(_is_wrapper(implementation, op) for op in ag.OPS.values())


def _is_plain(implementation):
    return implementation.__module__ == "autograd_lite.ops.plain"


def _cell(text):
    """Return a text with the characters escaped that have a meaning in a cell of a Markdown table."""
    return re.sub(r"([|*_\\])", r"\\\1", text)


def _indented(text):
    return "\n".join(f"   {line}".rstrip() for line in text.split("\n"))
