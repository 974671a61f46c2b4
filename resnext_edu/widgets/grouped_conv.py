"""Lesson 02: one convolution, from dense to depthwise."""
from math import prod

from resnext_edu.draw.block.grouped import grouped_picture
from resnext_edu.draw.block.grouped_layer import GroupedLayer
from resnext_edu.errors import positive_int
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops


def grouped_conv_frame(groups: int, follow: int = 5, *, channels: int = 16, kernel: int = 3, size: int = 56) -> Frame:
    """A convolution with so many groups: its connections, its matrix, what is stored, and the counts.

    Examples
    --------
    >>> grouped_conv_frame(4).numbers
    {'inputs read by an output': 4, 'weight': (16, 4, 3, 3), 'weights': 576, 'MACs': 1806336}
    """
    picture = grouped_picture(channels, (groups,), follow, kernel, size)
    layer = GroupedLayer(channels, groups, follow, kernel, size)
    return Frame(picture, {"inputs read by an output": layer.each, "weight": layer.weight,
                           "weights": prod(layer.weight), "MACs": layer.macs})


class GroupedConvExplorer(Explorer):
    """A slider from groups = 1 (dense) to as many groups as channels (depthwise).

    Parameters
    ----------
    channels : int
        Input channels, and as many output channels; at most 32.
    follow : int
        The output to follow, 0 … channels − 1.
    kernel, size : int
        Height and width of a kernel, and of the map.

    Examples
    --------
    >>> explorer = GroupedConvExplorer()
    >>> explorer.move(groups=16)
    >>> explorer.numbers["weight"], explorer.numbers["weights"]
    ((16, 1, 3, 3), 144)
    """

    def __init__(self, channels: int = 16, *, follow: int = 5, kernel: int = 3, size: int = 56):
        channels = positive_int("channels", channels)
        stops = [groups for groups in range(1, channels + 1) if channels % groups == 0]
        words = [f"{groups} ({GroupedLayer(channels, groups, 0, kernel, size).kind})" for groups in stops]

        def frame(groups: int) -> Frame:
            return grouped_conv_frame(groups, follow, channels=channels, kernel=kernel, size=size)

        super().__init__([Stops("groups", stops, words)], frame, "A convolution from dense to depthwise")
