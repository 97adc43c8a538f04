"""Formulas of the site as MathML, which browsers set by themselves: no script, no network."""

import re

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

APART = re.compile(r"(<mi>[a-z]{2,}</mi>)(?=\s*<m[in]>)")  # log 2, not log2
BARE = re.compile(r"\\(?:[dt]?frac|sqrt) *[^{\s\[\\]")
_LOG = logging.getLogger(__name__)


def inline(translator, node):
    """A formula within a line, in place of Sphinx's visit to its node."""
    _write(translator, node, as_block=False)


def display(translator, node):
    """A formula by itself."""
    _write(translator, node, as_block=True)


def _write(translator, node, as_block):
    tex = node.astext()
    try:
        if BARE.search(tex):
            raise MathError(r"docutils reads \frac12 as 12 over what follows: write \frac{1}{2}")
        translator.body.append(APART.sub(r"\1<mspace width='0.17em'/>", tex2mathml(tex, as_block)))
    except MathError as error:
        _LOG.warning("%s: %s", tex, error, location=node)
    raise SkipNode
