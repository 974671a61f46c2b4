"""A network's stages beside those of a reference: small bars with numbers, and ticks where the reference's end."""
from resnext_edu.config import ResNeXtConfig
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.kit.svg import WIDTH, end, line, rect, text
from resnext_edu.words import dims, memory

COLUMNS = {  # attribute of a trace → x of its bars, x where its numbers end, its title
    "total_params": (262, 424, "parameters"),
    "total_macs": (448, 608, "MACs"),
    "conv_activations": (632, 804, "activation memory"),
}
LONGEST, ROW = 64, 22


def change(now: int, reference: int) -> str:
    """By how much a count differs from the reference's: −2 %, or 3.2 × if it is at least twice as large.

    Parameters
    ----------
    now, reference : int
        The two counts; `reference` is not 0.

    Examples
    --------
    >>> change(98, 100), change(320, 100), change(100, 100)
    ('−2 %', '3.2 ×', '0 %')
    """
    if now >= 2 * reference:
        return f"{now / reference:,.1f} ×"
    percent = round(100 * (now / reference - 1))
    return f"{percent:+} %".replace("-", "−") if percent else "0 %"


def short_amount(what: str, value: int) -> str:
    """A count, as exact as there is room: 25,028,904; 4,230.5 M; 57.6 MB.

    Parameters
    ----------
    what : str
        One of `COLUMNS`.
    value : int
        Parameters, MACs, or numbers of 4 bytes each.

    Examples
    --------
    >>> short_amount("total_macs", 4_230_479_872)
    '4,230.5 M'
    """
    if what == "total_params":
        return f"{value:,}" if value < 1e8 else f"{value / 1e6:,.1f} M"
    if what == "total_macs":
        return f"{value / 1e6:,.1f} M" if value < 1e10 else f"{value / 1e9:,.1f} G"
    return memory(value) if value else "–"


def stage_bars(config: ResNeXtConfig, now: Trace, before: Trace, name: str, y: float) -> str:
    """The table of a network's stages, with its totals above those of the reference.

    Parameters
    ----------
    config : ResNeXtConfig
        The network.
    now, before : Trace
        Its cost, and that of the reference.
    name : str
        The reference's name.
    y : float
        The height of the header.

    Returns
    -------
    str
        SVG.
    """
    stages, others, blocks = now.by_stage(), before.by_stage(), config.stages()
    foot = y + ROW * (len(stages) + 1) + 4
    out = [line(16, y - 24, WIDTH - 16, y - 24, "hair"), line(16, foot - 17, WIDTH - 16, foot - 17, "hair")]
    out += [text(x, y, title, cls="b") for x, title in ((16, "stage"), (74, "output"), (188, "C×d"))]
    for row, (stage, part) in enumerate(stages.items(), 1):
        specs, shape = blocks.get(stage), part.rows[-1].output_shape[1:]
        out += [text(16, y + ROW * row, stage), text(74, y + ROW * row, dims(shape), cls="soft")]
        out += [text(188, y + ROW * row, f"{specs[0].cardinality}×{specs[0].width_per_group}")] if specs else []
    out += [text(16, foot, "total", cls="b"), text(16, foot + 20, name, cls="soft")]
    for what, (left, right, title) in COLUMNS.items():
        counts = [(getattr(part, what), getattr(others[stage], what)) for stage, part in stages.items()]
        mine, other, unit = getattr(now, what), getattr(before, what), LONGEST / max(map(max, counts))
        out += [text(left, y, title, cls="b"), text(left, foot, change(mine, other), cls="b"),
                end(right, foot, short_amount(what, mine), cls="b"),
                end(right, foot + 20, short_amount(what, other), cls="soft")]
        for row, (value, base) in enumerate(counts, 1):
            out += [rect(left, y + ROW * row - 11, unit * value, 12, "bar") if value else "",
                    rect(left + unit * base - 1, y + ROW * row - 14, 2, 18, "ink") if base else "",
                    end(right, y + ROW * row, short_amount(what, value))]
    return "".join(out)
