"""Four blocks in a row: VGG's pair, Inception's branches, ResNet's bottleneck, and ResNeXt, which takes from each."""
from typing import NamedTuple

from resnext_edu.config import BlockSpec
from resnext_edu.cost import conv_weights
from resnext_edu.draw.block.bottleneck import flow, taper
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, arrow, end, line, mid, node, path, pill, rect, text

Y = {"name": 92, "input": 130, "first": 190, "second": 244, "third": 308, "sum": 360, "add": 388, "output": 412,
     "takes": 470, "weights": 533, "end": 566}
X = (124, 322, 520, 718)  # the middles of the four
UNIT = 9 / 16  # of a channel's width
MANY, FEW = 256 * UNIT, 64 * UNIT
POOLING = 0  # in place of a convolution's channels
INCEPTION = ((64,), (96, 128), (16, 32), (POOLING, 32))  # Inception 3a: the output channels of each convolution
GAP = 20  # between two branches


class Ancestor(NamedTuple):
    """A block in words.

    Attributes
    ----------
    name, year : str, int
        Of the network that brought it; the year of its preprint, which its conference may follow by one.
    layers : str
        Its layers, as short as the picture has them.
    story : str
        Its layers in full, for the text alternative.
    weights : int
        How many weights its convolutions store.
    takes : tuple of two str
        What ResNeXt takes from it, in two lines.
    """

    name: str
    year: int
    layers: str
    story: str
    weights: int
    takes: tuple[str, str]


ANCESTORS = (
    Ancestor("VGG", 2014, "3×3 · 3×3", "two 3×3 convolutions of 256 channels", 2 * 3 * 3 * 256 * 256,
             ("one shape,", "stacked many times")),
    Ancestor("Inception", 2014, "1×1 · 3×3 · 5×5 · pool",
             "of 192 channels, four branches make 64 (a 1×1), 128 (a 1×1 to 96, a 3×3), 32 (a 1×1 to 16, a 5×5) and 32 "
             "(a pooling, a 1×1), side by side 256", 192 * (64 + 96 + 16 + 32) + 3 * 3 * 96 * 128 + 5 * 5 * 16 * 32,
             ("split, transform,", "merge")),
    Ancestor("ResNet", 2015, "1×1 · 3×3 · 1×1", "a 1×1 from 256 to 64 channels, a 3×3, a 1×1 back to 256, a shortcut",
             sum(conv_weights(BlockSpec(256, 256, cardinality=1, width_per_group=64)).values()),
             ("a bottleneck,", "a shortcut around it")),
    Ancestor("ResNeXt", 2016, "32 × (1×1 · 3×3 · 1×1)",
             "32 paths, each a 1×1 from 256 to 4 channels, a 3×3, a 1×1 back to 256, their sum, a shortcut",
             sum(conv_weights(BlockSpec(256, 256, cardinality=32, width_per_group=4)).values()),
             ("all three: 32 paths", "of one shape")),
)


def ancestors_picture() -> Picture:
    """VGG's pair of 3×3s, Inception 3a, ResNet's bottleneck and ResNeXt's block, each as wide as it has channels.

    Returns
    -------
    Picture
        Always the same one.

    References
    ----------
    Simonyan and Zisserman 2014 (VGG); Szegedy et al. 2014, Table 1 (Inception 3a); He et al. 2015, Figure 5; Xie et
    al. 2016, Figure 1.

    Examples
    --------
    >>> print(ancestors_picture().text.splitlines()[1])
    VGG (2014): two 3×3 convolutions of 256 channels; 1,179,648 weights. It gave: one shape, stacked many times.
    """
    title = "ResNeXt takes one idea from each of three blocks"
    how = "As wide as they have channels, without BatchNorm and ReLU. Years: preprints (ResNeXt: CVPR 2017)."
    words = "\n".join(f"{one.name} ({one.year}): {one.story}; {one.weights:,} weights. "
                      f"{'It is' if one is ANCESTORS[-1] else 'It gave'}: {' '.join(one.takes)}."
                      for one in ANCESTORS)
    body = [line(16, Y[name] - 22, WIDTH - 16, Y[name] - 22, "hair") for name in ("takes", "weights")]
    for one, x, draw in zip(ANCESTORS, X, (_vgg, _inception, _resnet, _resnext), strict=True):
        body += [draw(x), _caption(x - 81, one)]
    return Picture(title, (how,), words, tuple(body), Y["end"])


def _caption(x: float, one: Ancestor) -> str:
    out = [text(x, Y["takes"] + 20 * k, words) for k, words in enumerate(one.takes)]
    out += [text(x, Y["weights"], f"{one.weights:,}", cls="big"), text(x, Y["weights"] + 19, "weights", cls="soft")]
    return "".join((text(x, Y["name"], one.name, (f"  {one.year}", "soft"), cls="big"),
                    text(x, Y["name"] + 21, one.layers, cls="soft"), *out))


def _ends(x: float, comes: str = "256×56×56", goes: str = "256×56×56") -> str:
    return pill(x, Y["input"], 116, comes) + pill(x, Y["output"], 116, goes)


def _vgg(x: float) -> str:
    out, top = [], Y["input"] + 13
    for y in (Y["first"] + 8, Y["third"] - 18):
        out += [flow(x, top, y, MANY), taper(x, y, 34, MANY, MANY, "c2")]
        top = y + 34
    return "".join((*out, flow(x, top, Y["output"] + 13, MANY), _ends(x)))


def _inception(x: float) -> str:
    """Each branch reads the whole input; their outputs stand side by side."""
    out, left, start = [], x - (MANY + 3 * GAP) / 2, x - MANY / 2
    for first, *second in INCEPTION:
        last = (second or [first])[0]
        out += [_branch(x, left + last * UNIT / 2, first, last), _joins(left, start, last * UNIT)]
        left, start = left + last * UNIT + GAP, start + last * UNIT
    return "".join((*out, rect(x - MANY / 2, Y["third"] + 32, MANY, 3, "ink"),
                    flow(x, Y["third"] + 35, Y["output"] + 13, MANY), _ends(x, "192×28×28", "256×28×28")))


def _branch(x: float, middle: float, first: int, last: int) -> str:
    """One convolution, or two; a pooling is an empty box. The number of channels stands below each."""
    wide, y, tip = (first or last) * UNIT, Y["first"], Y["input"] + 26
    out = [path(("M", x, tip, "L", middle - wide / 2, y, "h", wide, "Z"), "tensor")]
    out += [rect(middle - wide / 2, y, wide, 22, "c1" if first else "open"),
            mid(middle, y + 40, f"{first}") if first else mid(middle, y + 40, "pool")]
    if first == last:
        return "".join((*out, flow(middle, y + 22, Y["third"] + 16, wide)))
    out += [flow(middle, y + 22, Y["second"], wide), rect(middle - last * UNIT / 2, Y["second"], last * UNIT, 34,
                                                          "c2" if first else "c1"),
            flow(middle, Y["second"] + 34, Y["third"] + 16, last * UNIT), mid(middle, Y["second"] + 54, f"{last}")]
    return "".join(out)


def _joins(left: float, start: float, wide: float) -> str:
    """From a branch to its place in the concatenation."""
    top = Y["third"] + 16
    return path(("M", left, top, "h", wide, "L", start + wide, top + 16, "h", -wide, "Z"), "tensor")


def _resnet(x: float) -> str:
    out = [_shortcut(x), flow(x, Y["input"] + 13, Y["first"], MANY), taper(x, Y["first"], 22, MANY, FEW, "c1"),
           flow(x, Y["first"] + 22, Y["second"], FEW), taper(x, Y["second"], 34, FEW, FEW, "c2"),
           flow(x, Y["second"] + 34, Y["third"], FEW), taper(x, Y["third"], 22, FEW, MANY, "c3"),
           flow(x, Y["third"] + 22, Y["output"] + 13, MANY), node(x, Y["add"], "+")]
    return "".join((*out, _waist(x - FEW / 2, "64 wide"), _ends(x)))


def _resnext(x: float) -> str:
    p = Paths(x - 64 * UNIT, 128 * UNIT, count=32, follow=5)
    out = [_shortcut(x), p.fan(Y["input"] + 26, Y["first"], True), p.layer(Y["first"], 22, True, "c1"),
           p.flow(Y["first"] + 22, Y["second"], True), p.layer(Y["second"], 34, True, "c2"),
           p.flow(Y["second"] + 34, Y["third"], True), p.layer(Y["third"], 22, True, "c3"),
           p.fan(Y["sum"], Y["third"] + 22, True), line(x, Y["sum"], x, Y["output"], "edge"), node(x, Y["sum"], "Σ")]
    return "".join((*out, node(x, Y["add"], "+"), _waist(p.x, "32 × 4"), _ends(x)))


def _shortcut(x: float) -> str:
    side = x + 84
    return path(("M", x, Y["input"] + 13, "H", side, "V", Y["add"], "H", x + 10), "edge") + arrow(x + 11, Y["add"], 180)


def _waist(left: float, wide: str) -> str:
    return end(left - 8, Y["second"] + 22, wide, cls="soft")
