"""Fewer multiply–adds: how much less time do they take? Measured on one machine, in benchmarks/results.json."""
from collections.abc import Mapping
from itertools import pairwise
from math import ceil, floor, inf, isfinite, log2
from textwrap import wrap
from typing import Any

from resnext_edu.draw.kit.axes import Axis
from resnext_edu.draw.kit.marks import DASHED, joined, point, whisker
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, line, mid, path, rect, room, shorten, text
from resnext_edu.draw.measured.caption import LETTERS, Caption, cut
from resnext_edu.draw.measured.values import factor
from resnext_edu.errors import DataError, message_of, positive_int
from resnext_edu.words import plural, superscript

LEFT, RIGHT, HIGH = 88, 434, 300  # of the plot: x of 1 group and of the most, and its height
BARS, WIDEST, ROW = 500, 110, 44  # of the blocks: their x, the widest name, the height of a row
MOST = 10  # doublings that have a hairline
Ratios = dict[str, tuple[float, float, float]]  # name → median, low and high of a time over the reference's
Place = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


def speedup_picture(results: Mapping[str, Any]) -> Picture:
    """How many times faster a convolution gets with more groups, beside how many times less it computes.

    On the right are whole blocks: their times beside that of 1×64d.

    Parameters
    ----------
    results : mapping of str to object
        What `make bench` writes to benchmarks/results.json. Its part "cardinality" is drawn: `groups` and `blocks`
        (name → median, low and high of a time, in units of the first one's), `channels` and `size` of the
        convolution, `torch`, `threads` and `rounds`.

    Returns
    -------
    Picture

    Raises
    ------
    DataError
        If that part is missing, or a time is not a finite number above 0.

    References
    ----------
    Table 3 of the paper, for the errors at the same budget.

    Examples
    --------
    >>> half = {"median": .5, "low": .4, "high": .6}
    >>> one = {"median": 1, "low": 1, "high": 1}
    >>> part = {"torch": "2.6.0", "threads": 1, "rounds": 60, "channels": 128, "size": 56}
    >>> part |= {"groups": {"1": one, "2": half}, "blocks": {"1×64d": one, "32×4d": one}}
    >>> print(speedup_picture({"cardinality": part}).text.splitlines()[3])
    2 groups: 2.0 times faster (middle half 1.7 to 2.5), with 2 times fewer MACs.
    """
    try:
        part = dict(results)["cardinality"]
        groups, blocks = _ratios(part["groups"]), _ratios(part["blocks"])
        counts = {name: positive_int("groups", int(name)) for name in groups}
        channels, size, threads, rounds = (
            positive_int(name, part[name]) for name in ("channels", "size", "threads", "rounds"))
        where = f"{plural(threads, 'thread')}, CPU, PyTorch {part['torch']}, {rounds} rounds."
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"the results have no times of groups and blocks ({message_of(error)}); measure them again "
                        "with `make bench`") from error
    # how many times faster: (median, low, high) of each number of groups
    faster = {counts[name]: (1 / median, 1 / high, 1 / low) for name, (median, low, high) in groups.items()}
    layer = f"a 3×3 of {channels} channels on {size}×{size}"
    caption = Caption("Multiply–adds are not time", (
        "Each time in units of the first one's. Whisker: the middle half of all rounds.",
        *wrap(f"Measured with {where} Another machine has other numbers.", LETTERS)))
    top = caption.bottom + 96
    body = [_heading(16, caption.bottom + 36, layer, "times faster; each line is a doubling", BARS - 40),
            _plot({count: faster[count] for count in sorted(faster)}, top),
            _heading(BARS, caption.bottom + 36, "a whole block", "its time; dashed: 1×64d", WIDTH - 16 - BARS),
            _bars(blocks, top)]
    words = [f"{layer}:"]
    words += [f"{count} groups: {factor(median, 1)} times faster (middle half {factor(low, 1)} to {factor(high, 1)}), "
              f"with {count} times fewer MACs." for count, (median, low, high) in faster.items() if count != 1]
    words += [f"Block {name}: {factor(median, 2)} of the time of 1×64d (middle half {factor(low, 2)} to "
              f"{factor(high, 2)})." for name, (median, low, high) in blocks.items()]
    return caption.picture(words, body, top + max(HIGH + 76, ROW * len(blocks) + 8))


def _heading(x: float, y: float, what: str, unit: str, space: float) -> str:
    return text(x, y, cut(what, space), cls="b") + text(x, y + 20, unit, cls="soft")


def _plot(faster: dict[int, tuple[float, float, float]], top: float) -> str:
    """How many times faster, over the groups; both axes go in doublings. Dashed: how many times fewer MACs."""
    most, bottom = max(*faster, 2), top + HIGH
    values = [value for times in faster.values() for value in times]
    across = Axis(1, most, LEFT, RIGHT, log=True)
    up = Axis(min(*values, 1), max(*values, most), bottom, top, log=True)
    places = {count: (across.at(count), up.at(median)) for count, (median, _, _) in faster.items()}
    curve, dashed = [*places.values()], [(across.at(count), up.at(count)) for count in (1, most)]
    label = "dashed: times fewer MACs"
    taken: list[Box] = [(LEFT, top + 6, LEFT + room(label), top + 26)]
    out = [_doublings(up), _groups([*faster], across, bottom + 20), joined(dashed, DASHED), joined(curve),
           text(LEFT, top + 20, label, cls="soft halo")]
    for count, (x, y) in places.items():
        median, low, high = faster[count]
        out += [path(("M", x, up.at(low), "V", up.at(high)), "edge"), point(x, y, 4.5)]
        words = factor(median, 0 if median >= 10 else 1) + "×"
        box = _free(x, y, room(words), [*pairwise(curve), *pairwise(dashed)], taken)
        if box and box[3] < bottom + 26:
            taken += [box]
            out += [text(box[0] + 2, box[3] - 2, words, cls="b halo")]
    return "".join(out)


def _doublings(up: Axis) -> str:
    """A hairline for each doubling, or for each few of them, with its number."""
    first, last = ceil(log2(up.low)), floor(log2(up.high))
    few = 1 + (last - first) // MOST
    powers = (power for power in range(first, last + 1) if power % few == 0)
    return "".join(line(LEFT - 16, up.at(2.0 ** power), RIGHT + 16, up.at(2.0 ** power), "hair")
                   + end(LEFT - 24, up.at(2.0 ** power) + 5, f"{_power(power)}×", cls="soft") for power in powers)


def _power(power: int) -> str:
    """A power of two, in full if it is short: 0.25, 128, 2¹⁰."""
    return f"{2.0 ** power:g}" if -2 <= power < 10 else f"2{superscript(power)}"


def _groups(counts: list[int], across: Axis, bottom: float) -> str:
    """The numbers of groups below the plot, as far as there is room for them."""
    out, free = [mid((LEFT + RIGHT) / 2, bottom + 44, "groups", cls="b")], -inf
    for count in counts:
        x, half = across.at(count), room(f"{count}") / 2
        if x - half > free:
            out += [mid(x, bottom + 22, f"{count}", cls="soft")]
            free = x + half + 6
    return "".join(out)


def _free(x: float, y: float, wide: float, lines: list[tuple[Place, Place]], taken: list[Box]) -> Box | None:
    """The first place beside a point where its number touches no other number and, if there is one, no line."""
    places = ((x + 2, y + 22), (x - wide - 2, y + 22), (x - wide / 2, y - 11), (x + 4, y - 9), (x - wide - 2, y - 9),
              (x + 9, y + 6))
    boxes = [(left - 2, low - 13, left + wide, low + 2) for left, low in places]
    free = [box for box in boxes if box[2] < BARS - 16 and not any(
        box[0] < right and left < box[2] and box[1] < low and high < box[3] for left, high, right, low in taken)]
    return next((box for box in free if not any(_cut(box, *ends) for ends in lines)), free[0] if free else None)


def _cut(box: Box, start: Place, stop: Place) -> bool:
    """Whether a line, looked at in 64 places, goes through a box."""
    return any(box[0] < start[0] + (stop[0] - start[0]) * k / 64 < box[2]
               and box[1] < start[1] + (stop[1] - start[1]) * k / 64 < box[3] for k in range(65))


def _bars(blocks: Ratios, top: float) -> str:
    """A bar for each block: its time in units of that of 1×64d, which is dashed."""
    words = {name: f"{factor(median, 2)}×" for name, (median, _, _) in blocks.items()}
    left = BARS + 12 + min(WIDEST, max(map(room, blocks)))
    unit = (WIDTH - 25 - max(map(room, words.values())) - left) / max(map(max, blocks.values()))
    out = [joined([(left + unit, top - 10), (left + unit, top + ROW * len(blocks) - 10)], DASHED)]
    for k, (name, (median, low, high)) in enumerate(blocks.items()):
        y = top + ROW * k + 12
        out += [text(BARS, y + 5, shorten(name, left - BARS - 12)), rect(left, y - 8, unit * median, 16, "bar")]
        out += [whisker(left + unit * low, left + unit * high, y)] if low < high else []
        out += [text(left + unit * max(median, high) + 9, y + 5, words[name], cls="b halo")]
    return "".join(out)


def _ratios(found: Mapping[str, Any]) -> Ratios:
    ratios = {name: (float(ratio["median"]), float(ratio["low"]), float(ratio["high"]))
              for name, ratio in found.items()}
    times = [time for ratio in ratios.values() for time in ratio]
    if not times or not all(isfinite(time) and time > 0 and isfinite(1 / time) for time in times):
        raise ValueError(f"{found} must hold times above 0")
    return ratios
