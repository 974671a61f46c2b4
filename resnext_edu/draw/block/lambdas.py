"""Eight convolutions on eight slices, each cut by a lambda: which slice each of them reads when it runs."""
from collections.abc import Sequence

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import kernel, line, mid, rect, tag, text
from resnext_edu.words import plural

SLICES, PER_SLICE = 8, 4  # slices, and the channels of each
MINE = 2  # the convolution in full colour
KEPT, LOOKED_UP = tuple(range(SLICES)), (SLICES - 1,) * SLICES  # the slice that each convolution reads
LEFT, SIDE, GAP = (112, 472), 320, 8  # x: where each panel starts; its width; the space between two convolutions
CELL, TALL = 26, 34  # the height of a slice's number, and of a convolution
Y = {"slice": 168, "conv": 264, "output": 336, "reads": 394, "end": 434}


def lambdas_picture() -> Picture:
    """Which slices are read if each lambda keeps its own number, and if each looks it up when it runs.

    Returns
    -------
    Picture

    Examples
    --------
    >>> print(lambdas_picture().text.splitlines()[-1])
    lambda x: …, whose i is 7 by then: convolution 2 reads slice 7. The output depends on 4 of 32 channels: 28–31. \
Nobody reads slices 0–6.
    """
    title = "Eight convolutions, and all of them read the last slice"
    how = f"{SLICES * PER_SLICE} channels, in {SLICES} slices of {PER_SLICE}. Heavy: what convolution {MINE} reads."
    panels = ((KEPT, "each keeps its own number", "lambda x, i=i: …"),
              (LOOKED_UP, f"each looks i up, and i is {LOOKED_UP[0]}", "lambda x: …"))
    words = "\n".join((
        f"{how} Convolution k was meant to read slice k.",
        f"{panels[0][2]}, which keeps each i: convolution {MINE} reads slice {KEPT[MINE]}. "
        f"The output depends on {_channels(KEPT)}.",
        f"{panels[1][2]}, whose i is {LOOKED_UP[0]} by then: convolution {MINE} reads slice {LOOKED_UP[MINE]}. "
        f"The output depends on {_channels(LOOKED_UP)}. Nobody reads slices {_unread(LOOKED_UP)}."))
    body = [text(16, Y["slice"] + 18, "slice", cls="soft"), text(16, Y["output"] + 18, "output", cls="soft"),
            text(16, Y["conv"] + 23, "3×3", cls="b c2"), kernel(76, Y["conv"] + TALL / 2, 3, "c2")]
    for left, (reads, name, code) in zip(LEFT, panels, strict=True):
        middle = left + SIDE / 2
        body += [mid(middle, 98, name, cls="b"), mid(middle, 120, code, cls="mono"), _nobody(reads, left),
                 _wires(reads, left), _convolutions(left), _cells(left, Y["slice"], reads[MINE]),
                 _cells(left, Y["output"], MINE), mid(middle, Y["reads"], "the output depends on", cls="soft"),
                 mid(middle, Y["reads"] + 21, _channels(reads), cls="b")]
    return Picture(title, (how,), words, tuple(body), Y["end"])


def _channels(reads: Sequence[int]) -> str:
    """The input channels that matter, counted and named."""
    mine = sorted(slice_ * PER_SLICE + c for slice_ in {*reads} for c in range(PER_SLICE))
    if len(mine) == SLICES * PER_SLICE:
        return f"all {plural(len(mine), 'channel')}"
    return f"{len(mine)} of {SLICES * PER_SLICE} channels: {mine[0]}–{mine[-1]}"


def _unread(reads: Sequence[int]) -> str:
    """The slices that no convolution reads; they are neighbours."""
    missing = [k for k in range(SLICES) if k not in reads]
    return f"{missing[0]}–{missing[-1]}" if missing else ""


def _nobody(reads: Sequence[int], left: float) -> str:
    """A line above the slices that no convolution reads."""
    missing, pitch, y = [k for k in range(SLICES) if k not in reads], SIDE / SLICES, Y["slice"] - 9
    if not missing:
        return ""
    start, stop = left + pitch * missing[0] + GAP / 2, left + pitch * (missing[-1] + 1) - GAP / 2
    return line(start, y, stop, y, "edge") + mid((start + stop) / 2, y - 8, "nobody reads these")


def _wires(reads: Sequence[int], left: float) -> str:
    """From each slice that is read to its convolution, and from there to its output; the heavy ones are on top."""
    pitch, lines = SIDE / SLICES, []
    for conv, slice_ in enumerate(reads):
        x = left + pitch * (conv + .5)
        lines += [(conv == MINE, left + pitch * (slice_ + .5), Y["slice"] + CELL, x, Y["conv"]),
                  (conv == MINE, x, Y["conv"] + TALL, x, Y["output"])]
    return "".join(line(x1, y1, x2, y2, "hi" if heavy else "wire") for heavy, x1, y1, x2, y2 in sorted(lines))


def _convolutions(left: float) -> str:
    pitch = SIDE / SLICES
    return "".join(rect(left + pitch * k + GAP / 2, Y["conv"], pitch - GAP, TALL, "c2" if k == MINE else "c2 pale")
                   for k in range(SLICES))


def _cells(left: float, y: float, heavy: int) -> str:
    """A frame with a number for each slice, or for what each convolution puts out."""
    pitch, out = SIDE / SLICES, []
    for k in range(SLICES):
        out += [tag("rect", x=left + pitch * k + GAP / 2, y=y, width=pitch - GAP, height=CELL, rx=3,
                    cls="open heavy" if k == heavy else "open fine"),
                mid(left + pitch * (k + .5), y + 18, str(k), cls="b" if k == heavy else "")]
    return "".join(out)
