"""Formulas of the site as MathML, which browsers draw without a script or the network."""

import re

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

NAME_BEFORE_NUMBER = re.compile(r"(<mi>[a-z]{2,}</mi>)(?=\s*<m[in]>)")  # needs a space: log 2, not log2
MISSING_BRACES = re.compile(r"\\(?:[dt]?frac|sqrt) *[^{\s\[\\]")
_LOG = logging.getLogger(__name__)


def inline(translator, node):
    """Write a formula within a line, in place of Sphinx's visitor of its node."""
    _write(translator, node, as_block=False)


def display(translator, node):
    """Write a formula in a block of its own."""
    _write(translator, node, as_block=True)


def _write(translator, node, as_block):
    tex = node.astext()
    try:
        if MISSING_BRACES.search(tex):
            raise MathError(r"docutils reads \frac12 as 12 over the next term: write \frac{1}{2}")
        translator.body.append(
            NAME_BEFORE_NUMBER.sub(r"\1<mspace width='0.17em'/>", tex2mathml(tex, as_block))
        )
    except MathError as error:
        _LOG.warning("%s: %s", tex, error, location=node)
    raise SkipNode
