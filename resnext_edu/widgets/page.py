"""An explorer outside of Jupyter: a page of its own, or a piece for somebody else's page. Neither asks for anything."""
import json
import zlib
from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resnext_edu.widgets.explorer import Explorer

LICENCE = "From resnext-edu, an executable course on ResNeXt; CC BY 4.0."
PAGE = """
:root { color-scheme: light dark; }  /* on another page the host decides, but this one follows the system */
body { margin: 0 auto; padding: 8px 12px; max-width: 1440px; background: var(--bg); color: var(--ink);
  font: 14px/1.4 var(--sans); }
h1 { font-size: 20px; margin: 0 16px 4px; }
"""


def fragment_of(explorer: "Explorer") -> str:
    """The explorer for a page: a picture, and a script that makes it move. Where scripts are off, the picture stays."""
    state = explorer.for_a_page()
    picture = state.pop("picture")
    state["packed"] = b64encode(zlib.compress(zlib.decompress(state["packed"]), 9)).decode()  # slower, and smaller
    data = json.dumps(state, ensure_ascii=False).replace("<", "\\u003c")  # nothing in it may end the script
    return (f'<figure class="rx-host"><style>{explorer._css}</style>'
            f'<div class="rx-static">{picture}</div>'
            f'<script type="application/json">{data}</script>'
            f'<figcaption class="rx-licence">{escape(explorer.about)}. {LICENCE}</figcaption></figure>'
            f'<script type="module">{script()}</script>\n')


def page_of(explorer: "Explorer") -> str:
    """A whole HTML page that needs no network, and may not use one."""
    policy = (f"default-src 'none'; img-src data:; style-src {_hash(PAGE)} {_hash(explorer._css)}; "
              f"script-src {_hash(script())}")
    title = escape(explorer.about)
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n'
            f'<style>{PAGE}</style>\n</head>\n<body class="rx-page">\n<main>\n<h1>{title}</h1>\n'
            f"{fragment_of(explorer)}</main>\n</body>\n</html>\n")


def script() -> str:
    """The component and what mounts it, as one module; who reads it reads the two files, so its comments stay there."""
    lines = "".join(map(source, ("explorer.js", "mount.js"))).splitlines()
    return "".join(f"{line.strip()}\n" for line in lines if line.strip() and not line.strip().startswith("//"))


def source(name: str) -> str:
    """What stands in one of the files beside this one."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The name by which a policy allows this text of a `<style>` or `<script>`, and no other."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
