"""Two grouped layers in a row, and what lets their groups meet: who is reached by one input channel."""
from collections.abc import Sequence
from typing import NamedTuple

from resnext_edu.draw.block.grouped_layer import GroupedLayer, checked
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import kernel, line, mid, rect, tag, text
from resnext_edu.errors import ConfigError, number_of, shown

LEFT, SIDE, GAP = (112, 352, 592), 192, 10  # x: where each panel starts; its width; the space between two groups
TALL, CELL = 32, 24  # of a layer, and of a channel's number
Y = {"input": 134, "first": 194, "behind": 262, "second": 354, "output": 422}
MOST = 10  # channels: their numbers have one digit


class Panel(NamedTuple):
    """Two layers, and in which order the channels go from one to the other."""

    name: str
    code: str
    first: GroupedLayer
    second: GroupedLayer
    order: tuple[int, ...]  # the channel that stands at each place of the second layer

    def behind(self, start: int) -> list[int]:
        """The channels behind the first layer that this input reaches: those of its own group."""
        return [*self.first.reads(start)]

    def reached(self, start: int) -> list[int]:
        """The outputs that this input reaches."""
        places = [place for place, channel in enumerate(self.order) if channel in self.behind(start)]
        return sorted({output for place in places for output in self.second.reads(place)})


def shuffle_picture(channels: int = 8, groups: int = 2, start: int = 0) -> Picture:
    """Which outputs an input reaches through two grouped convolutions: alone, with a shuffle, behind a dense 1×1.

    Parameters
    ----------
    channels : int
        The channels, at most 10.
    groups : int
        Into how many groups they are cut. It must divide `channels`.
    start : int
        The input to follow, 0 … channels − 1.

    Returns
    -------
    Picture
        Always of the same size.

    Raises
    ------
    ConfigError
        If there are more than 10 channels, `groups` does not divide them, there is no such input, or a number is
        not a positive integer.

    References
    ----------
    Zhang et al. 2018, ShuffleNet, Section 3.1 and Figure 1.

    Examples
    --------
    >>> print(shuffle_picture().text.splitlines()[3])
    A shuffle between them (nn.ChannelShuffle(2)): behind the first layer, input 0 reaches 4 of 8 (0 1 2 3); \
behind the second, all 8.
    """
    if not isinstance(channels, int) or channels not in range(1, MOST + 1):
        raise ConfigError(f"channels must be 1 … {MOST}, so that each number has room; got {shown(channels)}")
    dense, cut = checked(channels, (1, groups), 0, 3, 1)
    start = number_of("an input", "start", start, channels)
    straight = tuple(range(channels))
    dealt = tuple(c for k in range(cut.each) for c in range(k, channels, cut.each))
    panels = (Panel("groups, and groups again", "nothing between them", cut, cut, straight),
              Panel("a shuffle between them", f"nn.ChannelShuffle({groups})", cut, cut, dealt),
              Panel("a dense 1×1 first", "as in ResNeXt", dense, cut, straight))
    title = "Groups alone never meet: something has to read across"
    how = f"Two layers, {channels} channels, groups={groups}. Heavy: what input {start} reaches."
    words = "\n".join((how, *(
        f"{panel.name[0].upper()}{panel.name[1:]} ({panel.code}): behind the first layer, input {start} reaches "
        f"{_said(panel.behind(start), channels)}; behind the second, {_said(panel.reached(start), channels)}."
        for panel in panels)))
    body = [text(16, Y[row] + 17, word, cls="soft") for row, word in (("input", "input"), ("output", "output"))]
    for left, panel in zip(LEFT, panels, strict=True):
        body += [_panel(panel, start, left)]
    return Picture(title, (how,), words, tuple(body), Y["output"] + 104)


def _said(reached: Sequence[int], channels: int) -> str:
    """The channels that are reached, in words."""
    if len(reached) == channels:
        return f"all {channels}"
    return f"{len(reached)} of {channels} ({' '.join(map(str, reached))})"


def _panel(panel: Panel, start: int, left: float) -> str:
    """One panel: three rows of channels, a layer between each two of them."""
    behind, reached, n = panel.behind(start), panel.reached(start), panel.first.channels
    read = [place for place, channel in enumerate(panel.order) if channel in behind]
    straight, middle, share = range(n), left + SIDE / 2, "all" if len(reached) == n else f"{len(reached)} of {n}"
    wires = [_wires(left, straight, [start], Y["input"] + CELL, Y["first"]),
             _wires(left, straight, behind, Y["first"] + TALL, Y["behind"]),
             _wires(left, panel.order, read, Y["behind"] + CELL, Y["second"]),
             _wires(left, straight, reached, Y["second"] + TALL, Y["output"])]
    return "".join((
        mid(middle, 98, panel.name, cls="b"), mid(middle, 118, panel.code, cls="mono" if "." in panel.code else "soft"),
        *wires, _layer(panel.first, {start}, left, Y["first"]), _layer(panel.second, {*read}, left, Y["second"]),
        *(_channels(left, n, heavy, Y[row]) for row, heavy in
          (("input", [start]), ("behind", behind), ("output", reached))),
        mid(middle, Y["output"] + 52, f"input {start} reaches {share}", cls="soft"),
        mid(middle, Y["output"] + 75, " ".join(map(str, reached)), cls="b")))


def _wires(left: float, order: Sequence[int], heavy: Sequence[int], top: float, bottom: float) -> str:
    """From each channel down to its place; order[k] is the channel that goes to place k. The heavy ones are on top."""
    pitch = SIDE / len(order)
    lines = sorted((place in heavy, left + pitch * (channel + .5), left + pitch * (place + .5))
                   for place, channel in enumerate(order))
    return "".join(line(x1, top, x2, bottom, "hi" if mine else "wire") for mine, x1, x2 in lines)


def _layer(layer: GroupedLayer, read: set[int], left: float, y: float) -> str:
    """A band for each group, in full colour if it reads one of these places; a dense layer is a 1×1."""
    wide, size = SIDE / layer.groups, 1 if layer.groups == 1 else 3
    gap, cls = min(GAP, wide / 3) if layer.groups > 1 else 0, f"c{(size + 1) // 2}"
    bands = (rect(left + wide * k + gap / 2, y, wide - gap, TALL,
                  cls if read & {*layer.reads(k * layer.each)} else f"{cls} pale") for k in range(layer.groups))
    return "".join(bands) + kernel(left - 22, y + TALL / 2, size, cls)


def _channels(left: float, count: int, heavy: Sequence[int], y: float) -> str:
    pitch, out = SIDE / count, []
    for c in range(count):
        x, mine = left + pitch * (c + .5), c in heavy
        out += [tag("rect", x=x - 8.5, y=y, width=17, height=CELL, rx=3, cls="open heavy" if mine else "open fine"),
                mid(x, y + 17, str(c), cls="b" if mine else "")]
    return "".join(out)
