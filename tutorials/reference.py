"""What the site takes from the code: docstrings as reST, and the page of all operations, from OPS."""

import inspect
import re
import sys

import numpy as np

import autograd_lite as ag
from autograd_lite import estimators, linear_model, plots, testing
from autograd_lite.protocol import NUMPY, numpy_name

MODULES = (ag, ag.nn, ag.optim, testing, testing.strategies, linear_model, estimators, plots, ag.datasets)
PUBLIC = {f"{module.__name__}.{name}": getattr(module, name) for module in MODULES for name in module.__all__}
FAMILIES = (
    "arithmetic", "elementwise", "activations", "losses", "cross_entropies", "reductions", "linear", "shapes",
    "indexing",
)  # fmt: skip
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
    """Sphinx's event for a docstring: its lines as reST."""
    lines[:] = as_rest("\n".join(lines)).split("\n")


def as_rest(text):
    """A docstring, plain text with `code` in it, as reST; examples and indented blocks stay as they are."""
    return "\n\n".join(map(_paragraph, re.split(r"\n(?:[ \t]*\n)+", text)))


def _paragraph(text):
    if text.startswith(">>>"):
        return text
    return f"::\n\n{text}" if text.startswith(" ") else SPAN.sub(_span, text)


def _span(found):
    """A span of code, linked where it is a public name, or a sign that reST must not read."""
    code, after, sign = found.groups()
    if sign:
        return f"\\{sign}"
    path = LINKS.get(code.removesuffix("()"))
    told = f":py:obj:`{code} <{path}>`" if path else f"``{' '.join(code.split())}``"
    return f"{told}\\ {after}" if after else told


# The page of operations.


def fill(app, page, source):
    """Sphinx's event for a page: what is generated, where it has a comment for it."""
    if page == "operations":
        source[0] = source[0].replace("<!-- operations -->", operations()).replace("<!-- plain -->", plain())


def operations():
    """All operations as Markdown: a table, then by module each with documentation, rules and source."""
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
    """An operation as reST: signature, docstring, symbol, rules, domains, source."""
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
    """Where an input may lie; for functions of one number, the kink at 0 and what the rule gives there."""
    domain = op.domains[name]
    of_numbers = not op.samples or any(sample.shapes == ((),) for sample in op.samples)
    if len(op.arguments) > 1 or not of_numbers or not domain.holds(-1e-6):
        return domain.name
    with np.errstate(all="ignore"):
        here, left, right = (op.forward(np.array(x)) for x in (0.0, -1e-6, 1e-6))
    jump, bend = abs(right - left) > 1e-3, abs(right - 2 * here + left) > 1e-9
    if not np.isfinite(here) or not (jump or bend):
        return domain.name
    slope = op.rules[name](np.array(1.0), here, np.array(0.0), **op.defaults)
    return f"real, with a {'jump' if jump else 'kink'} at 0, where the rule gives {slope:g}"


def numpy_names(op):
    """The NumPy functions that are this operation for tensors, by themselves or through a wrapper."""
    wrapped = [numpy_name(f) for f, answer in NUMPY.items() if answer.__name__ == f"_{op.name}"]
    return [*op.numpy_names, *wrapped]


def plain():
    """The NumPy functions that answer with plain results."""
    names = [numpy_name(f) for f, answer in NUMPY.items() if answer.__module__ == "autograd_lite.ops.plain"]
    return " ".join(f"`{name}`" for name in names)


def _cell(text):
    """A text as it must stand in a cell of a Markdown table."""
    return re.sub(r"([|*_\\])", r"\\\1", text)


def _indented(text):
    return "\n".join(f"   {line}".rstrip() for line in text.split("\n"))
