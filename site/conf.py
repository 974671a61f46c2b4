"""How Sphinx makes the site. `make site` prepares what it reads (tools/website) and then runs it."""
from pathlib import Path

project = "ResNeXt, and the proof"
author = "the authors of resnext-edu"
copyright = "the authors of resnext-edu; text and pictures CC BY 4.0, code MIT"
language = "en"

exclude_patterns = ["README.md"]  # its sections stand on several pages
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # every page shows what the committed notebook holds
nb_ipywidgets_js = {}  # explorers come as HTML; no script from elsewhere
nb_code_prompt_show = "Open when you have answered"
nb_code_prompt_hide = "Fold again"
highlight_language = "none"  # what has no language is a shell's, or an answer; examples with >>> are still Python

default_role = "py:obj"
add_module_names = False
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # docstrings say them
autodoc_default_options = {"members": True, "member-order": "bysource"}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_preprocess_types = True  # a type of ours is a link
napoleon_custom_sections = [("Attributes", "params_style")]  # told, but no target for every `path` in a text
suppress_warnings = ["myst.header"]  # a piece of the README may begin with a heading of its third level

html_theme = "furo"
html_title = "ResNeXt, and the proof"
html_theme_options = {"dark_css_variables": {"color-background-primary": "#111111"}}  # as pictures have it
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False  # the search finds every name
html_show_sphinx = False
html_show_search_summary = False  # it would fetch pages, which a page on a stick may not: static/search.js does it
html_search_scorer = str(Path(__file__).parent / "scorer.js")


def setup(app):
    """Two things about what docstrings say."""
    # A field of a NamedTuple is told by its class; Python itself says of it only where it stands.
    app.connect("autodoc-skip-member", lambda app, what, name, thing, skip, options:
                skip or (getattr(thing, "__doc__", None) or "").startswith("Alias for field number"))
    # In the first line of a property, Napoleon takes the words before a colon for a type: let that be an empty comment.
    app.connect("autodoc-process-docstring", lambda app, what, name, thing, options, lines:
                lines.__setitem__(slice(0, 0), ["..", ""] if what == "property" else []), priority=1)
