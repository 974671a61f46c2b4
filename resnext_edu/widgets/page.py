"""An explorer outside of Jupyter: a page of its own, or a piece for somebody else's page. Neither asks for anything."""
import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from resnext_edu.draw.kit.svg import DARK, JUPYTER

if TYPE_CHECKING:
    from resnext_edu.widgets.explorer import Explorer

LICENCE = "From resnext-edu, an executable course on ResNeXt. CC BY 4.0."
PAGE = """
body { margin: 0 auto; padding: 12px; max-width: 1440px; background: var(--jp-layout-color0, #fff);
  color: var(--jp-ui-font-color1, #212121); font: 14px/1.4 system-ui, sans-serif; }
h1 { font-size: 20px; margin: 0 16px 8px; } .rx-licence { color: var(--jp-ui-font-color2, #616161); margin: 8px 16px; }
@media print { .rx-rail, .rx-licence a { display: none; } }
"""


def fragment_of(explorer: "Explorer") -> str:
    """The explorer for a page: a picture, and a script that makes it move. Where scripts are off, the picture stays."""
    state = explorer.for_a_page()
    picture, state["packed"] = state.pop("picture"), b64encode(state["packed"]).decode()
    data = json.dumps(state, ensure_ascii=False).replace("<", "\\u003c")  # nothing in it may end the script
    return (f'<figure class="rx-host" style="margin:0"><style>{explorer._css}</style>'
            f'<div class="rx-static">{picture}</div>'
            f'<script type="application/json">{data}</script></figure>'
            f'<script type="module">{script()}</script>\n')


def page_of(explorer: "Explorer") -> str:
    """A whole HTML page that needs no network, and may not use one."""
    allowed = b64encode(sha256(script().encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'"
    title = escape(explorer.about)
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n'
            f"<style>{PAGE}{_dark()}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{fragment_of(explorer)}"
            f'<p class="rx-licence">{escape(LICENCE)}</p>\n</main>\n</body>\n</html>\n')


def script() -> str:
    """The component and what mounts it, as one module."""
    return "".join(map(source, ("explorer.js", "mount.js")))


def source(name: str) -> str:
    """What stands in one of the files beside this one."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _dark() -> str:
    """The saved page alone follows the system's theme; on another page the host decides."""
    page = "".join(f"{variable}:{DARK[name]};" for name, variable in JUPYTER.items())
    rx = "".join(f"--{name}:{value};" for name, value in DARK.items())
    return f"@media (prefers-color-scheme:dark){{:root{{{page}color-scheme:dark}}:root .rx{{{rx}}}}}"
