"""AlexNet of 2012: five convolutions on two graphics cards, and which of them reads what both have made."""
from typing import NamedTuple

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import end, mid, path, pill, rect, text
from resnext_edu.words import dims

TOWERS = (234, 442)  # x: the middles of the two towers
NOTES, SHAPE = 580, 670  # x
PILL, TOP, PITCH, TALL = 84, 172, 66, 24  # y: of the image, of the first convolution; from one to the next; its height
UNIT = .46  # of width, for a channel


class LayerOfTowers(NamedTuple):
    """A convolution of both towers together: its outputs, its inputs, the side of its kernels, its groups."""

    outputs: int
    inputs: int
    side: int
    groups: int

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """The shape of its weight."""
        return self.outputs, self.inputs // self.groups, self.side, self.side

    @property
    def read(self) -> str:
        """What one tower reads."""
        own = f"its own {self.inputs // 2}"
        return f"each GPU reads {own if self.groups == 2 else f'all {self.inputs}'}"


ALEXNET = tuple(LayerOfTowers(*sizes) for sizes in (
    (96, 3, 11, 1), (256, 96, 5, 2), (384, 256, 3, 1), (384, 384, 3, 2), (256, 384, 3, 2)))


def towers_picture() -> Picture:
    """The five convolutions of AlexNet on its two GPUs; the tower on the left is followed.

    Returns
    -------
    Picture

    References
    ----------
    Krizhevsky, Sutskever, Hinton 2012, Section 3.5 and Figure 2: the sizes of all kernels.

    Examples
    --------
    >>> print(towers_picture().text.splitlines()[5])
    conv3, 3×3: groups=1, so each GPU reads all 256 channels and makes 192. Its weight is (384, 256, 3, 3).
    """
    title = "AlexNet: two towers that meet in the third convolution"
    how = "As wide as each GPU has channels. Outlined: all that GPU 1 reads."
    middle, bottom = sum(TOWERS) / 2, TOP + PITCH * len(ALEXNET)
    last = len(ALEXNET)
    tints = [_flow(tower, k) for tower in (1, 0) for k in range(last + 1)]
    body = [*(path(flow, "tensor") for flow in tints), *(path(_flow(0, k), "edge") for k in range(last)),
            pill(middle, PILL, 124, "3×224×224"), text(16, PILL + 18, "image"),
            *(_layer(k, layer) for k, layer in enumerate(ALEXNET)),
            pill(middle, bottom, 264, "linear layers, which read both"), text(16, bottom + 18, "output")]
    body += [mid(x, PILL + 18, f"GPU {k}", cls="big") for k, x in ((1, TOWERS[0] - 70), (2, TOWERS[1] + 70))]
    words = "\n".join((how, "The image, 3×224×224, is read by both. Each convolution stands on two GPUs, with half of "
                       "its channels on each.", *(
        f"conv{k}, {dims((layer.side, layer.side))}: groups={layer.groups}, so {layer.read} channels and makes "
        f"{layer.outputs // 2}. Its weight is {layer.weight}." for k, layer in enumerate(ALEXNET, 1)),
        "The linear layers behind read both towers."))
    return Picture(title, (how,), words, tuple(body), bottom + 42)


def _flow(tower: int, k: int) -> list[str | float]:
    """What a tower's convolution k reads, from one tower above it or from both. The last k is linear."""
    x, y, middle = TOWERS[tower], TOP + PITCH * k, sum(TOWERS) / 2
    if k == len(ALEXNET):
        return _trapezoid(x, _half(k - 1), y - PITCH + TALL, middle + (60 if tower else -60), 60, y)
    if k == 0:
        return _trapezoid(middle, 46, PILL + 26, x, _half(k), y)
    sources = TOWERS if ALEXNET[k].groups == 1 else (x,)
    return [step for above in sources for step in _trapezoid(above, _half(k - 1), y - PITCH + TALL, x, _half(k), y)]


def _trapezoid(x1: float, half1: float, y1: float, x2: float, half2: float, y2: float) -> list[str | float]:
    return ["M", x1 - half1, y1, "H", x1 + half1, "L", x2 + half2, y2, "H", x2 - half2, "Z"]


def _half(k: int) -> float:
    """Half of the width of one tower at convolution k."""
    return UNIT * ALEXNET[k].outputs / 2


def _layer(k: int, layer: LayerOfTowers) -> str:
    y, half, each = TOP + PITCH * k, _half(k), str(layer.outputs // 2)
    return "".join((
        *(rect(x - half, y, 2 * half, TALL, cls) for x, cls in zip(TOWERS, ("c2", "c2 pale"), strict=True)),
        end(TOWERS[0] - half - 8, y + 17, each, cls="b"), text(TOWERS[1] + half + 8, y + 17, each),
        text(16, y + 8, f"conv{k + 1}", cls="b"), text(16, y + 27, dims((layer.side, layer.side)), cls="soft"),
        text(NOTES, y + 8, f"groups={layer.groups}", cls="b" if layer.groups == 1 else ""),
        text(SHAPE, y + 8, str(layer.weight), cls="mono"), text(NOTES, y + 27, layer.read, cls="soft")))
