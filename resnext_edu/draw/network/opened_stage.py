"""A stage from inside: its blocks with the shape after each convolution, and the shortcut beside them."""
from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from resnext_edu.counts.rows import TraceRow
from resnext_edu.draw.kit.solid import Scale
from resnext_edu.draw.kit.svg import WIDTH, arrow, end, line, mid, node, path, rect, room, shorten, text
from resnext_edu.draw.network.layers import BOTTLENECK, colours_of, steps_of, stride_of
from resnext_edu.draw.network.opened_layers import draw_layers, row_of_layers
from resnext_edu.draw.network.units import Unit, name_of, params_of
from resnext_edu.words import dims

LEFT, RIGHT = 30, WIDTH - 24
CHAIN, LINE = 142, 24  # the height of a block, and of a line
MOST = 8  # boxes: further ones are not listed


class Convolution(NamedTuple):
    """A convolution on the branch of a block.

    Parameters
    ----------
    row : TraceRow
        What it does.
    times : int
        How many of them are alike: 1, or as many as there are paths.
    """

    row: TraceRow
    times: int = 1

    @property
    def kernel(self) -> str:
        """The size of its kernel, such as 3×3."""
        return dims(self.row.kernel_size or ())

    @property
    def shape(self) -> str:
        """What it puts out, such as 32 × 4×56×56."""
        shape = dims(self.row.output_shape[1:])
        return f"{self.times} × {shape}" if self.times > 1 else shape

    @property
    def words(self) -> tuple[str, str]:
        """What stands above its arrow: a stride, and groups; each may be an empty string."""
        groups = f"{self.row.groups} groups" if self.row.groups != 1 else ""
        return stride_of(self.row), f"{self.times} of them" if self.times > 1 else groups


def chain(unit: Unit, form: str | None = None) -> list[Convolution]:
    """The convolutions of a block's branch, if they follow one another; separate paths that are alike count as one.

    Parameters
    ----------
    unit : Unit
        A box.
    form : {"grouped", "concat", "split_sum"}, optional
        Its convolutions in this form, if its rows are those of the grouped one; by default as its rows have them.

    Returns
    -------
    list of Convolution
        Empty if the box is not such a block.
    """
    if unit.lanes is None:
        return []
    rows = [row for row, _ in steps_of(unit.branch)]
    if unit.lanes.in_a_row:
        layers = [Convolution(row) for row in rows] if len(rows) <= 3 and all(row.kernel_size for row in rows) else []
        return _cut(layers, form) if form in ("concat", "split_sum") else layers
    alike = Counter((row.kernel_size, row.input_shape, row.output_shape) for row in rows if row.op == "conv2d")
    if [kernel for kernel, *_ in alike] != BOTTLENECK:
        return []
    first, second, third = times = [*alike.values()]
    if first != second or third not in (1, first):  # the branches differ, so they are not a block's paths
        return []
    firsts = (next(r for r in rows if (r.kernel_size, r.input_shape, r.output_shape) == key) for key in alike)
    return [Convolution(row, n) for row, n in zip(firsts, times, strict=True)]


def _cut(layers: list[Convolution], form: str) -> list[Convolution]:
    """The layers of a grouped block as a form with paths has them: C of each that it cuts. One path is not cut."""
    if [layer.row.kernel_size for layer in layers] != BOTTLENECK or layers[1].row.groups == 1:
        return layers
    first, second, third = (layer.row for layer in layers)
    paths = second.groups or 1
    return [Convolution(_of_a_path(first, paths, reads_all=True), paths), Convolution(_of_a_path(second, paths), paths),
            Convolution(_of_a_path(third, paths, puts_out_all=True), paths) if form == "split_sum" else layers[2]]


def _of_a_path(row: TraceRow, paths: int, reads_all: bool = False, puts_out_all: bool = False) -> TraceRow:
    """What one of so many paths has of a convolution: its part of the channels and of the weights."""
    (batch, reads, *size), (_, puts_out, *smaller) = row.input_shape, row.output_shape
    return row._replace(input_shape=(batch, reads if reads_all else reads // paths, *size),
                        output_shape=(batch, puts_out if puts_out_all else puts_out // paths, *smaller),
                        groups=1, params=row.params // paths, macs=(row.macs or 0) // paths)


def activations_of(layers: Sequence[Convolution]) -> int:
    """How many numbers these convolutions put out together."""
    return sum(layer.times * prod(layer.row.output_shape) for layer in layers)


def drawer_height(groups: Sequence[list[Unit]], scale: Scale) -> float:
    """How high `drawer` is, in units."""
    if row := row_of_layers(groups, scale):
        return row.height
    heights = [CHAIN if chain(group[0]) else LINE for group in groups[:MOST]]
    return 16 + sum(heights) + (LINE if len(groups) > MOST else 0)


def drawer(groups: Sequence[list[Unit]], y: float, scale: Scale, form: str | None = None) -> str:
    """The opened stage: its boxes from height y down, those that are alike folded into one."""
    if row := row_of_layers(groups, scale):
        return draw_layers(row, y)
    out = []
    y += 6
    for group in groups[:MOST]:
        layers = chain(group[0], form)
        out.append(_block(group, layers, y, scale) if layers else _line(group, y))
        y += CHAIN if layers else LINE
    if len(groups) > MOST:
        out.append(text(LEFT, y + 18, f"and {len(groups) - MOST} more", cls="soft"))
    return "".join(out)


def unit_words(groups: Sequence[list[Unit]], form: str | None = None) -> list[str]:
    """The same in words, one line for each box."""
    said = []
    for group in groups:
        unit, layers = group[0], chain(group[0], form)
        steps = [dims(unit.entry[1:])] if unit.entry[1:] else []
        steps += [f"{layer.kernel}{_in_brackets(layer)} to {layer.shape}" for layer in layers]
        if not layers:
            steps += [f"{_plain(unit)} to {dims(unit.rows[-1].output_shape[1:])}"]
        beside = f"; shortcut: {_shortcut(unit)}" if layers else ""
        said.append(f"{_name(group)}: {', '.join(steps)}{beside}; {_params(group)}.")
    return said


def _block(group: list[Unit], layers: list[Convolution], y: float, scale: Scale) -> str:
    unit, middle = group[0], y + 72
    shapes = [unit.entry[1:], *(layer.row.output_shape[1:] for layer in layers), unit.rows[-1].output_shape[1:]]
    wide = [scale.width(shape) for shape in shapes]
    last = RIGHT - max(wide[-1], room(dims(shapes[-1])))
    labels = [dims(shapes[0]), *(layer.shape for layer in layers), dims(shapes[-1])]
    x = _places(wide[:-1], labels, last)
    name, how = shorten(_name(group), 440), "Under an arrow: its weights."
    out = [text(LEFT, y + 20, name, cls="big"), end(RIGHT, y + 20, _params(group), cls="soft")]
    if (start := LEFT + 17 / 14 * room(name) + 14) + room(how) + room(_params(group)) < RIGHT:
        out += [text(start, y + 20, how, cls="soft")]
    out += [scale.box(shape, left, middle) + text(left, y + 112, label, cls="b")
            for shape, left, label in zip(shapes, x, labels, strict=True)]
    for k, (layer, colour) in enumerate(zip(layers, colours_of([layer.row for layer in layers], "ink"), strict=True)):
        out += [_arrow(layer, colour, x[k] + wide[k] + 8, x[k + 1] - 8, middle)]
    add = (x[-2] + wide[-2] + x[-1]) / 2
    out += [line(x[-2] + wide[-2] + 8, middle, x[-1] - 12, middle, "edge"), arrow(x[-1] - 8, middle),
            node(add, middle, "+"), _way_beside(unit, y, add, middle)]
    return "".join(out)


def _places(wide: list[float], labels: list[str], last: float) -> list[float]:
    """Where each box starts: with equal arrows between them, unless a label is longer than its box and arrow."""
    steps = wide  # from one box to the next, before equal gaps are added
    for _ in steps:
        gap = (last - LEFT - sum(steps)) / len(steps)
        steps = [max(step, room(label) + 10 - gap) for step, label in zip(steps, labels, strict=False)]
    gap = (last - LEFT - sum(steps)) / len(steps)
    return [LEFT + k * gap + sum(steps[:k]) for k in range(len(steps))] + [last]


def _arrow(layer: Convolution, colour: str, start: float, tip: float, y: float) -> str:
    """A convolution as an arrow, with its kernel and stride and groups above, its weights below."""
    centre, (stride, groups) = (start + tip) / 2, layer.words
    return "".join((
        path(("M", start, y - 1.5, "H", tip - 8, "v", -4, "L", tip, y, "L", tip - 8, y + 5.5, "v", -4, "H", start, "Z"),
             colour),
        mid(centre, y - 25, (layer.kernel, f"big {colour}"), (f" {stride}" if stride else "", "soft")),
        mid(centre, y - 9, groups, cls="soft"), mid(centre, y + 20, f"{layer.row.params:,}")))


def _way_beside(unit: Unit, y: float, add: float, middle: float) -> str:
    says = f"shortcut: {_shortcut(unit)}"
    return "".join((path(("M", LEFT + 12, y + 118, "V", y + 132, "H", add, "V", middle + 12), "edge"),
                    arrow(add, middle + 11, 270), rect(LEFT + 50, y + 122, room(says) * .84 + 12, 20, "bg"),
                    text(LEFT + 56, y + 137, says)))


def _line(group: list[Unit], y: float) -> str:
    unit = group[0]
    out, says, params = dims(unit.rows[-1].output_shape[1:]), _plain(unit), _params(group)
    return "".join((text(LEFT, y + 18, (shorten(_name(group), 200), "b")), text(236, y + 18, shorten(says, 270)),
                    text(520, y + 18, out, cls="b"), end(RIGHT, y + 18, params, cls="soft")))


def _name(group: list[Unit]) -> str:
    return name_of(group) + (f", × {len(group)}" if len(group) > 1 else "")


def _params(group: list[Unit]) -> str:
    return params_of(group) or "no parameters"


def _plain(unit: Unit) -> str:
    steps = steps_of(unit.rows)
    return steps[0][1] if len(steps) == 1 else f"{len(unit.rows)} calls"


def _shortcut(unit: Unit) -> str:
    return "; ".join(f"{words.split(' · ')[0]}, to {dims(row.output_shape[1:])}, {row.params:,} weights"
                     for row, words in steps_of(unit.shortcut)) or "the input itself"


def _in_brackets(layer: Convolution) -> str:
    said = ", ".join(filter(None, layer.words))
    return f" ({said})" if said else ""
