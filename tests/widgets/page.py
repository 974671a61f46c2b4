"""What an explorer's page is told."""
import json
import zlib

from resnext_edu.widgets.explorer import Explorer


def pages(explorer: Explorer) -> dict[str, dict]:
    """Where the controls stand → the frame, as its page shows it: the script gives elements back their styles."""
    return json.loads(zlib.decompress(explorer.packed).replace(b" data-style=", b" style="))


def page(explorer: Explorer) -> dict:
    """What is shown there now."""
    return pages(explorer)[",".join(map(str, explorer.at))]
