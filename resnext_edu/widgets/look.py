"""How an explorer looks: one style sheet for its pictures, numbers and words. The controls bring their own."""
import ipywidgets

from resnext_edu.draw.kit.svg import css

ALIVE = "rx-alive"  # the class of what works without a kernel
BROKEN = ".jupyter-widgets-disconnected::before"  # Lab's red broken link, which would stand there, too

LOOK = f"""
.rx:not(:root) {{ max-width: 1000px; }}  /* wider, and a slider would not be on one screen with its picture */
.rx-numbers {{ font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 14px; line-height: 1.4;
  font-variant-numeric: tabular-nums; color: var(--jp-ui-font-color1, #212121); padding: 4px 16px; max-width: 1000px;
  margin: auto; }}
.rx-list {{ display: flex; flex-wrap: wrap; gap: 4px 20px; }}
.rx-soft {{ color: var(--jp-ui-font-color2, #616161); min-height: 1.4em; }}
.rx-new {{ font-weight: 600; text-decoration: underline; text-underline-offset: 3px; }}
.rx-heard {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }}
.{ALIVE}{BROKEN}, .{ALIVE} {BROKEN} {{ content: none; }}
"""

KERNEL = '<div class="rx-numbers rx-soft">Computed as you move: this needs a running kernel.</div>'


def style() -> ipywidgets.HTML:
    """The style sheet, as a widget that takes no room."""
    return ipywidgets.HTML(f"<style>{css()} {LOOK}</style>", layout=ipywidgets.Layout(display="none"))


def wide(**more: str) -> ipywidgets.Layout:
    """As wide as the page. A box would else scroll if it lacks a pixel, and a keyboard could not reach into it."""
    return ipywidgets.Layout(**{"width": "100%", "margin": "0", "overflow": "visible"} | more)
