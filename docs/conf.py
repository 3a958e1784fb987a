"""Sphinx configuration."""

import sys
from pathlib import Path

import regexplore

sys.path.insert(0, str(Path(__file__).parent))
import pages

pages.write_all()

project = "regexplore"
author = "The regexplore maintainers"
copyright = "the regexplore maintainers"
release = regexplore.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "furo"
html_static_path = ["_static", "generated/static"]
html_css_files = ["notebooks.css", "cards.css"]
html_title = f"regexplore {release}"
exclude_patterns = ["_build"]

nb_execution_mode = "cache"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_in_temp = True
# Widgets do not live on a page: the card beside each is shown, and no script is fetched from elsewhere.
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [
    ("html", "text/html", 0),
    ("html", "application/vnd.jupyter.widget-view+json", None),
]
nb_merge_streams = True

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_ivar = True
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# ref.python: a short name in an annotation that two classes have, as Rule of audits and of faults.
suppress_warnings = ["mystnb.unknown_mime_type", "ref.python"]
