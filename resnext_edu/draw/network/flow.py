"""The flow chart of a network: a shape in every box, each shortcut beside its branch, equal blocks folded into one."""
from collections.abc import Sequence

from resnext_edu.counts.rows import TraceRow
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, arrow, end, kernel, line, node, path, pill, rect, room, shorten, text
from resnext_edu.draw.network.flow_words import layers_of, leaving, story
from resnext_edu.draw.network.layers import check_rows, colours_of, steps_of
from resnext_edu.draw.network.units import Unit, folded, name_of, params_of, units_of
from resnext_edu.errors import UnknownNameError, nearest_name
from resnext_edu.words import dims

LEFT, WIDE = 140, 400  # x and width of the boxes in the middle
TRUNK = LEFT + WIDE / 2
BESIDE, NARROW = 580, WIDTH - 16 - 580  # x and width of the boxes on a shortcut
SIDE = BESIDE + NARROW / 2
PAD, ROW, GAP, FORK, JOIN, BEHIND = 11, 20, 16, 12, 22, 5
SIGNS = {"add": "+", "mul": "×"}


def flow_picture(trace: Trace, opened: str | None = None) -> Picture:
    """The flow chart of a network. It needs only the rows of a trace, whichever model they come from.

    Neighbours are folded into one box only if all their shapes and counts agree. The rows' `inputs` say what goes
    beside what. A block that has more than a branch and a shortcut cannot be opened.

    Parameters
    ----------
    trace : Trace
        From `trace(model)` or `analytic_cost(config)`.
    opened : str, optional
        The block whose layers are shown one by one, such as "layer2.0". By default the first with a projection;
        without a projection, the first with a shortcut; without a shortcut, the first that can be opened.

    Returns
    -------
    Picture
        As high as the network needs.

    Raises
    ------
    ConfigError
        If it is no `Trace`, or has no rows.
    UnknownNameError
        If `opened` is not the name of a block that can be opened.

    References
    ----------
    Table 1 of the paper, and its Figure 1 for a single block.

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> from resnext_edu.cost import analytic_cost
    >>> picture = flow_picture(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d")))
    >>> print(picture.text.splitlines()[5].partition(";")[0])
    layer1.1 … layer1.2, × 2: 1×1 · 3×3 in 32 groups · 1×1 to 256×56×56
    """
    check_rows(trace)
    rows = _without_batch(trace.rows)
    units = units_of(rows)
    name = _to_open(units, opened)
    groups = [part for group in folded(units) for part in _apart(group, name)]

    residual = sum(unit.lanes is not None and unit.join.op == "add" for unit in units)
    title = (f"{residual} blocks, each with its shortcut beside it" if residual > 1 else
             "A block with its shortcut beside it" if residual else "From the input to the output")
    how = "Right: the shape that leaves a box, channels × height × width. × n: n boxes alike in all shapes and counts."
    words = "\n".join((f"The input: {dims(rows[0].input_shape)}.", *(story(group, name) for group in groups)))
    y, last, body = 84.0 + 26, "", [_input(rows[0].input_shape)]
    for group in groups:
        stage = group[0].stage
        if stage not in (last, group[0].name):
            body += [text(16, y + GAP + PAD + 10, shorten(stage, LEFT - 60), cls="big")]
        drawn, y = _drawn(group, y, is_open=group[0].name == name)
        body += [drawn]
        last = stage
    return Picture(title, (how,), words, tuple(body), y + 16)


def _without_batch(rows: Sequence[TraceRow]) -> list[TraceRow]:
    batch = rows[0].input_shape[:1]

    def one(shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape[1:] if shape[:1] == batch and len(shape) > 1 else shape

    return [row._replace(input_shape=one(row.input_shape), output_shape=one(row.output_shape)) for row in rows]


def _to_open(units: Sequence[Unit], opened: str | None) -> str | None:
    """The name of the block to show from inside, if there is one."""
    can = {unit.name: unit for unit in units if unit.lanes and unit.lanes.in_a_row}
    if opened is not None and opened not in [*can]:
        raise UnknownNameError(nearest_name("block to open", opened, can))
    best = max(can.values(), key=lambda unit: (unit.join.op == "add", bool(unit.shortcut)), default=None)
    return opened or (best.name if best else None)


def _apart(group: list[Unit], opened: str | None) -> list[list[Unit]]:
    """A group that has the opened block falls into three: the blocks before it, itself, and those behind it."""
    names = [unit.name for unit in group]
    k = names.index(opened) if opened in names else len(group)
    return [part for part in (group[:k], group[k:k + 1], group[k + 1:]) if part]


def _input(shape: tuple[int, ...]) -> str:
    return text(16, 84 + 18, "input", cls="big") + pill(TRUNK, 84, room(dims(shape)) + 30, dims(shape))


def _drawn(group: list[Unit], y: float, is_open: bool) -> tuple[str, float]:
    """A box from height y down, the way to it, and what goes beside it; and the height at which it ends."""
    unit, top = group[0], y + GAP + (FORK if group[0].lanes else 0)
    box, bottom = _from_inside(unit, top) if is_open else _shut(group, top)
    way = line(TRUNK, y, TRUNK, top, "edge") + arrow(TRUNK, top, 90)
    if not unit.lanes:
        return way + box, bottom
    return way + _beside(group, y + GAP / 2, top, bottom) + box, bottom + JOIN + 10


def _shut(group: list[Unit], y: float) -> tuple[str, float]:
    unit, out = group[0], []
    params, layers = params_of(group), layers_of(unit) if layers_of(unit) != unit.name else ""
    lines = [(name_of(group), dims(leaving(unit)))]
    if layers + params:
        fits = room(layers + params) + 3 * PAD < WIDE
        lines += [(layers, params)] if fits else [(layers, ""), (params, "")]
    behind = BEHIND * min(len(group) - 1, 2)
    for k in range(behind, 0, -BEHIND):
        out += [rect(LEFT + k, y + k, WIDE, _height(lines), "open", 4)]
    if len(group) > 1:
        out += [end(LEFT - 10, y + _height(lines) - PAD, f"× {len(group)}", cls="big")]
    return "".join((*out, _box(LEFT, y, WIDE, lines))), y + _height(lines) + behind


def _from_inside(unit: Unit, y: float) -> tuple[str, float]:
    """The layers of the branch, one below the other; and the height at which they end."""
    steps, out = steps_of(unit.branch), []
    colours = colours_of([row for row, _ in steps], "")
    out += [text(16, y + PAD + 4 + 2 * ROW, shorten(unit.name, LEFT - 30)),
            text(16, y + PAD + 4 + 3 * ROW, "opened", cls="soft")]
    for k, ((row, words), colour) in enumerate(zip(steps, colours, strict=True)):
        if k:
            out += [line(TRUNK, y, TRUNK, y + GAP, "edge"), arrow(TRUNK, y + GAP, 90)]
            y += GAP
        lines = [(row.path.removeprefix(f"{unit.name}."), dims(row.output_shape)), (words, "")]
        out += [_box(LEFT, y, WIDE, lines, colour)]
        y += _height(lines)
    return "".join(out), y


def _beside(group: list[Unit], fork: float, top: float, bottom: float) -> str:
    """The shortcut: it leaves above the box, goes down beside it, and ends where both are joined."""
    unit, join = group[0], bottom + JOIN
    sign, shape = SIGNS.get(unit.join.op), unit.join.output_shape
    label = dims(shape) if sign else f"{unit.join.op}: {dims(shape)}"
    half = 10 if sign else room(label) / 2 + 12
    out = [path(("M", TRUNK, fork, "H", SIDE, "V", join, "H", TRUNK + half), "edge"),
           arrow(TRUNK + half + 1, join, 180), line(TRUNK, bottom, TRUNK, join, "edge")]
    out += [node(TRUNK, join, sign) if sign else pill(TRUNK, join - 13, 2 * half, label)]
    if sign and shape != leaving(unit):  # for example where a number is multiplied by a map
        out += [end(TRUNK - half - 10, join + 5, label, cls="b")]
    elif after := " · ".join(words for _, words in steps_of(unit.behind)):
        out += [end(TRUNK - half - 10, join + 5, f"then {after}", cls="soft")]
    lines = [part for row, words in steps_of(unit.shortcut)
             for part in (("", dims(row.output_shape)), (words, ""))]
    if lines:
        y = (top + bottom - _height(lines)) / 2
        return "".join((*out, arrow(SIDE, y, 90), _box(BESIDE, y, NARROW, lines)))
    says = ["identity", "around each"] if len(group) > 1 else ["identity"]
    return "".join((*out, *(text(SIDE + 10, (top + bottom) / 2 + 5 + ROW * k, words, cls="soft" if k else "")
                            for k, words in enumerate(says))))


def _height(lines: list[tuple[str, str]]) -> float:
    return 2 * PAD + ROW * len(lines) - 6


def _box(x: float, y: float, wide: float, lines: list[tuple[str, str]], conv: str = "") -> str:
    """Lines in a frame, each with words on its left and on its right; the first has the box's name and shape."""
    out, indent = [rect(x, y, wide, _height(lines), "open", 4)], PAD
    if conv:
        out, indent = [*out, kernel(x + 24, y + _height(lines) / 2, 3 if conv == "c2" else 1, conv)], 46
    for k, (left, right) in enumerate(lines):
        base = y + PAD + 10 + ROW * k
        if left:
            space = wide - indent - PAD - (room(right) + PAD if right else 0)
            out += [text(x + indent, base, shorten(left, space), cls=("soft" if k else f"b {conv}".strip()))]
        if right:
            out += [end(x + wide - PAD, base, right, cls="b" if "×" in right or k == 0 else "soft")]
    return "".join(out)
