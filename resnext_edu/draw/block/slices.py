"""What `groups=` does: it cuts the channels into slices of neighbours. Beside it, no cut, and the wrong cut."""
from collections.abc import Sequence

from resnext_edu.draw.block.grouped_layer import GroupedLayer, checked
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import kernel as glyph
from resnext_edu.draw.kit.svg import line, mid, rect, tag, text
from resnext_edu.errors import ConfigError, shown

LEFT, SIDE, GAP = (112, 352, 592), 192, 10  # x: where each panel starts; its width; the space between two groups
BAND, TALL = 232, 40  # of the layer: its top and its height
Y = {"input": 138, "output": 318, "end": 440}
CELL = 24  # the height of a channel's number
MOST = 10  # channels: their numbers have one digit


def slices_picture(channels: int = 8, groups: int = 2, follow: int = 5, kernel: int = 3) -> Picture:
    """One convolution three times: not cut, cut into slices of neighbours, and dealt out in turn.

    Parameters
    ----------
    channels : int
        Input channels, and as many output channels; at most 10.
    groups : int
        Into how many slices they are cut. It must divide `channels`.
    follow : int
        The output channel to follow, 0 … channels − 1.
    kernel : int
        Height and width of a kernel.

    Returns
    -------
    Picture
        Always of the same size.

    Raises
    ------
    ConfigError
        If there are more than 10 channels, `groups` does not divide them, there is no such output, or a number is
        not a positive integer.

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, Section 3.3: grouped convolutions.

    Examples
    --------
    >>> print(slices_picture().text.splitlines()[-1])
    Dealt out in turn (x[:, 0::2], x[:, 1::2]): output 5 reads 1 3 5 7. This is another function.
    """
    if not isinstance(channels, int) or channels not in range(1, MOST + 1):
        raise ConfigError(f"channels must be 1 … {MOST}, so that each number has room; got {shown(channels)}")
    dense, cut = checked(channels, (1, groups), follow, kernel, 1)
    each = cut.each
    neighbours, hands = list(range(channels)), [c for k in range(groups) for c in range(k, channels, groups)]
    panels = (
        (dense, neighbours, "not cut", "x", "this is groups=1"),
        (cut, neighbours, "neighbours together", _code([f"{k * each}:{(k + 1) * each}" for k in range(groups)]),
         f"this is groups={groups}"),
        (cut, hands, "dealt out in turn", _code([f"{k}::{groups}" for k in range(groups)]),
         "this is the same" if hands == neighbours else "this is another function"),
    )
    title = "Groups: small convolutions, each on a slice of neighbours"
    how = f"A {kernel}×{kernel} convolution, {channels} → {channels} channels, in three ways. Heavy: what output " \
          f"{follow} reads."
    words = "\n".join((how, *(
        f"{name.capitalize()} ({code}): output {follow} reads {_read(layer, order)}. {is_.capitalize()}."
        for layer, order, name, code, is_ in panels)))
    body = [text(16, Y["input"] + 17, "input", cls="soft"), text(16, Y["output"] + 17, "output", cls="soft"),
            text(16, BAND + 25, f"{kernel}×{kernel}", cls="b c2"), glyph(76, BAND + 20, kernel, "c2")]
    for left, (layer, order, *labels) in zip(LEFT, panels, strict=True):
        body += [_wires(layer, order, left), _layer(layer, left), _channels(layer, order, left),
                 _labels(layer, order, left + SIDE / 2, *labels)]
    return Picture(title, (how,), words, tuple(body), Y["end"])


def _code(cuts: Sequence[str]) -> str:
    """The slices in Python; if there are more than two, the first two and an ellipsis."""
    return ", ".join(f"x[:, {cut}]" for cut in cuts[:2]) + (", …" if len(cuts) > 2 else "")


def _reads(layer: GroupedLayer, order: Sequence[int]) -> list[int]:
    """The inputs that the followed output reads, where input order[k] stands at place k of the layer."""
    return [order[place] for place in layer.reads(layer.follow)]


def _read(layer: GroupedLayer, order: Sequence[int]) -> str:
    return " ".join(map(str, _reads(layer, order)))


def _wires(layer: GroupedLayer, order: Sequence[int], left: float) -> str:
    """From each input to its place in the layer, and from there to the output below; the heavy ones on top."""
    pitch, mine = SIDE / layer.channels, _reads(layer, order)
    lines: list[tuple[bool, float, float, float, float]] = []
    for place, channel in enumerate(order):
        x = left + pitch * (place + .5)
        lines += [(channel in mine, left + pitch * (channel + .5), Y["input"] + CELL, x, BAND),
                  (place == layer.follow, x, BAND + TALL, x, Y["output"])]
    return "".join(line(x1, y1, x2, y2, "hi" if heavy else "wire") for heavy, x1, y1, x2, y2 in sorted(lines))


def _layer(layer: GroupedLayer, left: float) -> str:
    """A band for each group, and a gap between two."""
    wide, mine = SIDE / layer.groups, layer.follow // layer.each
    gap = min(GAP, wide / 3) if layer.groups > 1 else 0
    return "".join(rect(left + wide * k + gap / 2, BAND, wide - gap, TALL, "c2" if k == mine else "c2 pale")
                   for k in range(layer.groups))


def _channels(layer: GroupedLayer, order: Sequence[int], left: float) -> str:
    pitch, out = SIDE / layer.channels, []
    for row, heavy in (("input", _reads(layer, order)), ("output", [layer.follow])):
        for c in range(layer.channels):
            x, followed = left + pitch * (c + .5), c in heavy
            out += [tag("rect", x=x - 8.5, y=Y[row], width=17, height=CELL, rx=3,
                        cls="open heavy" if followed else "open fine"),
                    mid(x, Y[row] + 17, str(c), cls="b" if followed else "")]
    return "".join(out)


def _labels(layer: GroupedLayer, order: Sequence[int], x: float, name: str, code: str, is_: str) -> str:
    return "".join((
        mid(x, 98, name, cls="b"), mid(x, 120, code, cls="mono"),
        mid(x, Y["output"] + 52, f"output {layer.follow} reads", cls="soft"),
        mid(x, Y["output"] + 73, _read(layer, order), cls="b"),
        mid(x, Y["output"] + 102, is_)))
