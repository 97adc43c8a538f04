"""Configuration of Sphinx for `make docs`: a site from these pages, the notebooks, the docstrings and OPS."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import formulas
import reference

import autograd_lite as ag

project, author = "autograd_lite", "autograd_lite maintainers"
version = release = ag.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["site", "**.ipynb_checkpoints"]
html_theme, html_title = "furo", "autograd_lite"
html_show_copyright = False
pygments_dark_style = "github-dark"
html_math_renderer = "mathml"
html_static_path, html_css_files = ["style"], ["site.css"]

nb_execution_mode = "off"  # `make tutorials` executes them, and a test compares the outputs
nb_mime_priority_overrides = [("html", "image/svg+xml", 10)]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 80


def setup(app):
    """Connect the generators of docstrings, formulas and the page of operations."""
    app.add_html_math_renderer("mathml", (formulas.inline, None), (formulas.display, None))
    app.connect("autodoc-process-docstring", reference.docstring)
    app.connect("source-read", reference.fill)
