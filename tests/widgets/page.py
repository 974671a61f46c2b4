"""What stands in a widget, found by what it is and not by its place."""
import json
import zlib

import ipywidgets


def inside(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    """The widget and all that stands in it, in the order of the page."""
    return [widget, *(found for child in getattr(widget, "children", ()) for found in inside(child))]


def html(widget: ipywidgets.Widget) -> list[str]:
    """What the HTML widgets hold, from the first to the last."""
    return [each.value for each in inside(widget) if isinstance(each, ipywidgets.HTML)]


def picture(widget: ipywidgets.Widget) -> str:
    """The only picture there."""
    (found,) = [words for words in html(widget) if "<svg" in words]
    return found


def numbers(widget: ipywidgets.Widget) -> ipywidgets.Widget:
    """What shows the numbers: the only widget that has `texts`."""
    (found,) = [each for each in inside(widget) if each.has_trait("texts")]
    return found


def button(widget: ipywidgets.Widget, name: str) -> ipywidgets.Widget:
    """The only one with this name that can be clicked."""
    (found,) = [each for each in inside(widget) if each.has_trait("clicks") and each.name == name]
    return found


def pages(explorer: ipywidgets.Widget) -> list[dict]:
    """All frames of an explorer, as its page reads them."""
    return json.loads(zlib.decompress(explorer.packed))
