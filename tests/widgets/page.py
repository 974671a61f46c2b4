"""What an explorer's page is told."""
import json
import zlib

from resnext_edu.widgets.explorer import Explorer


def unpacked(packed: bytes) -> dict[str, dict]:
    """Where the controls stand → the frame, as its page shows it: the script gives elements back their styles."""
    text = packed if packed.startswith(b"{") else zlib.decompress(packed)
    data = json.loads(text.replace(b" data-style=", b" style="))
    return {at: frame | {"svg": "".join(data["pieces"][k] for k in frame["svg"])} for at, frame in data["frames"].items()}


def pages(explorer: Explorer) -> dict[str, dict]:
    """All that its page may show."""
    return unpacked(explorer.packed)


def page(explorer: Explorer) -> dict:
    """What is shown there now."""
    return pages(explorer)[",".join(map(str, explorer.at))]
